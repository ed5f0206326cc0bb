
/*
 * Finds access tokens in a reply that is passed on in pieces.
 *
 * Two kinds are found: the tokens of the request, wherever they stand, and
 * what looks like an access token (access-<environment>- and 36 bytes of hex
 * digits and dashes) as a whole JSON string that is the value of a member
 * whose name ends in "token", or an element of an array whose name ends in
 * "tokens".  What looks like one elsewhere in a string is only counted.
 *
 * Promises: no byte of a token that is found was released before; however the
 * reply is cut into pieces, what is found is the same; no more than
 * NGX_PLAID_TRIPWIRE_HOLD bytes are held back.
 */


#ifndef _NGX_PLAID_TRIPWIRE_H_INCLUDED_
#define _NGX_PLAID_TRIPWIRE_H_INCLUDED_


#include "ngx_plaid.h"


/* tokens of one request: Plaid takes 99 Items for an asset report */
#define NGX_PLAID_TRIPWIRE_TOKENS   100

/* "access-development-", and 36 bytes */
#define NGX_PLAID_TRIPWIRE_LOOK     55

/* the longest token less one byte */
#define NGX_PLAID_TRIPWIRE_HOLD     (NGX_PLAID_TOKEN_MAX - 1)

/* levels of JSON that are followed; deeper ones have no member */
#define NGX_PLAID_TRIPWIRE_DEPTH    64


typedef enum {
    NGX_PLAID_TRIPWIRE_OUTSIDE = 0, /* of strings */
    NGX_PLAID_TRIPWIRE_STRING,
    NGX_PLAID_TRIPWIRE_ESCAPE       /* the byte after a backslash */
} ngx_plaid_tripwire_state_e;


typedef struct {
    /* set by the caller; "tokens" must stay */

    ngx_str_t                  *tokens;     /* of the request */
    ngx_uint_t                  ntokens;

    /* of NGX_PLAID_TRIPWIRE_LOOK without consequences */

    ngx_uint_t                  seen;

    /* private */

    size_t                      hold;       /* bytes held back */
    size_t                      common;     /* prefix of all tokens */

    ngx_plaid_tripwire_state_e  state;
    ngx_uint_t                  depth;
    ngx_uint_t                  look;       /* bytes matched by a look-alike */
    ngx_uint_t                  env;        /* its environment */
    u_char                      tail[6];    /* of the string, last byte last */
    unsigned                    whole:1;    /* it began with the string */
    unsigned                    member:1;   /* a name ended in "token" */
    unsigned                    list:1;     /* or in "tokens" */
    unsigned                    named:1;    /* after a colon */
    uint64_t                    lists;      /* a bit a level: such an array */
    uint64_t                    arrays;     /* a bit a level: an array */
} ngx_plaid_tripwire_t;


/* Begins; "tokens" and "ntokens" are set, all else need not be. */
void ngx_plaid_tripwire_init(ngx_plaid_tripwire_t *tw);

/*
 * Looks at the "len" bytes at "p", of which the first "held" ones were looked
 * at before.  NGX_OK: "*safe" of them may be released, the others are to come
 * first in the next call; with "last" that is all of them.  NGX_DECLINED: a
 * token was found, and nothing may be released any more.
 */
ngx_int_t ngx_plaid_tripwire_look(ngx_plaid_tripwire_t *tw, u_char *p,
    size_t len, size_t held, ngx_uint_t last, size_t *safe);

/* 1 when what looks like an access token stands anywhere in "s". */
ngx_uint_t ngx_plaid_tripwire_within(ngx_str_t *s);


#endif /* _NGX_PLAID_TRIPWIRE_H_INCLUDED_ */

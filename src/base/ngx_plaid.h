
/*
 * Names and limits that every part of the module shares.
 *
 * Layers, each including only those above it: ngx_plaid_* knows bytes, pools,
 * chains and events, never a request; ngx_http_plaid_* knows requests.
 */


#ifndef _NGX_PLAID_H_INCLUDED_
#define _NGX_PLAID_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_PLAID_VERSION         "0.1.0"
#define NGX_PLAID_USER_AGENT      "ngx_http_plaid_module/" NGX_PLAID_VERSION

/* longest public or access token taken: four times the longest one known */
#define NGX_PLAID_TOKEN_MAX       512

/* longest account_id, item_id, request_id or error code kept */
#define NGX_PLAID_ID_MAX          128

/* longest error or display message kept; goes into a header and a log line */
#define NGX_PLAID_MESSAGE_MAX     512


/*
 * The beginning of what our ngx_event_t structures have as data: nginx's debug
 * log reads an fd there, as from an ngx_connection_t (ngx_event_ident()).
 */
typedef struct {
    void          *unused[3];
    ngx_socket_t   fd;
} ngx_plaid_ident_t;


/*
 * Wipes "s" and empties it; for every string that held a token or a secret.
 */
static ngx_inline void
ngx_plaid_wipe(ngx_str_t *s)
{
    if (s->len) {
        ngx_explicit_memzero(s->data, s->len);
        s->len = 0;
    }
}


/* Tells whether "s", if not empty, stands anywhere in the "len" bytes. */
static ngx_inline ngx_uint_t
ngx_plaid_contains(u_char *data, size_t len, ngx_str_t *s)
{
    u_char  *p, *last;

    if (s->len == 0 || len < s->len) {
        return 0;
    }

    last = data + len - s->len + 1;

    for (p = data; p < last; p++) {

        p = memchr(p, s->data[0], last - p);

        if (p == NULL) {
            return 0;
        }

        if (ngx_memcmp(p, s->data, s->len) == 0) {
            return 1;
        }
    }

    return 0;
}


#endif /* _NGX_PLAID_H_INCLUDED_ */

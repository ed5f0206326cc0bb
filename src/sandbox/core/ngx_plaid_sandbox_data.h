
/*
 * The bank behind the sandbox: institutions, accounts, transactions and what
 * else the replies are made of.  All constant; the values of the legacy API
 * are those that Plaid's own sandbox returned.
 */


#ifndef _NGX_PLAID_SANDBOX_DATA_H_INCLUDED_
#define _NGX_PLAID_SANDBOX_DATA_H_INCLUDED_


#include "ngx_plaid_sandbox.h"


#define NGX_PLAID_SANDBOX_AUTH         0x0001
#define NGX_PLAID_SANDBOX_CONNECT      0x0002   /* now "transactions" */
#define NGX_PLAID_SANDBOX_INFO         0x0004   /* now "identity" */
#define NGX_PLAID_SANDBOX_BALANCE      0x0008
#define NGX_PLAID_SANDBOX_INCOME       0x0010
#define NGX_PLAID_SANDBOX_RISK         0x0020
#define NGX_PLAID_SANDBOX_ASSETS       0x0040
#define NGX_PLAID_SANDBOX_INVESTMENTS  0x0080
#define NGX_PLAID_SANDBOX_LIABILITIES  0x0100
#define NGX_PLAID_SANDBOX_SIGNAL       0x0200
#define NGX_PLAID_SANDBOX_TRANSFER     0x0400
#define NGX_PLAID_SANDBOX_STATEMENTS   0x0800

#define NGX_PLAID_SANDBOX_ALL_SIX      0x003f   /* of the legacy API */

/* of the current API: the banks of the real sandbox have every product */
#define NGX_PLAID_SANDBOX_SUPPORTED                                           \
    (NGX_PLAID_SANDBOX_AUTH | NGX_PLAID_SANDBOX_CONNECT                       \
     | NGX_PLAID_SANDBOX_INFO | NGX_PLAID_SANDBOX_BALANCE                     \
     | NGX_PLAID_SANDBOX_ASSETS | NGX_PLAID_SANDBOX_INVESTMENTS               \
     | NGX_PLAID_SANDBOX_LIABILITIES | NGX_PLAID_SANDBOX_SIGNAL               \
     | NGX_PLAID_SANDBOX_TRANSFER | NGX_PLAID_SANDBOX_STATEMENTS)


typedef struct {
    const char                  *ins;           /* "ins_3" */
    const char                  *type;          /* "chase", NULL: not legacy */
    const char                  *id;            /* legacy */
    const char                  *name;
    const char                  *username;      /* labels on the screen */
    const char                  *pin;           /* NULL: none asked for */
    const char                  *mfa;           /* legacy, by spaces */
    ngx_uint_t                   products;      /* legacy */
    ngx_uint_t                   oauth;
    const char                  *country;
    const char                  *color;
} ngx_plaid_sandbox_institution_t;


typedef struct {
    const char                  *id;            /* legacy "_id" */
    const char                  *name;
    const char                  *official;
    const char                  *mask;
    const char                  *type;
    const char                  *subtype;       /* current */
    const char                  *legacy_subtype;
    double                       available;
    double                       current;
    double                       limit;         /* 0: null */
    const char                  *number;        /* NULL: none */
    ngx_uint_t                   product;       /* that it comes with; 0: any */
    ngx_uint_t                   unknown;       /* the available balance */
    const char                  *currency;      /* NULL: the bank's */
    json_t                      *custom;        /* of user_custom; borrowed */
} ngx_plaid_sandbox_account_t;


extern const ngx_plaid_sandbox_institution_t
    ngx_plaid_sandbox_institutions[];
extern const ngx_uint_t  ngx_plaid_sandbox_institutions_n;

extern const ngx_plaid_sandbox_account_t  ngx_plaid_sandbox_accounts[];

/* those of every user, and with those that come with a product */
extern const ngx_uint_t  ngx_plaid_sandbox_accounts_n;
extern const ngx_uint_t  ngx_plaid_sandbox_all_accounts_n;

#define NGX_PLAID_SANDBOX_LEGACY_ITEM                                         \
    "KdDjmojBERUKx3JkDd9RuxA5EvejA4SENO4AA"
#define NGX_PLAID_SANDBOX_LEGACY_USER                                         \
    "eJXpMzpR65FP4RYno6rzuA7OZjd9n3Hna0RYa"
#define NGX_PLAID_SANDBOX_ROUTING      "021000021"


/*
 * The row of an institution by its legacy type ("chase"), legacy id or
 * current id ("ins_3"); NGX_ERROR when there is none.
 */
ngx_int_t ngx_plaid_sandbox_institution(const char *name);

/* The row by "type" alone, of "len" bytes. */
ngx_int_t ngx_plaid_sandbox_institution_type(const char *type, size_t len);

/*
 * The bit of a product, 0 when unknown: of the legacy API ("connect"), of the
 * current one ("transactions").
 */
ngx_uint_t ngx_plaid_sandbox_legacy_product(const char *name);
ngx_uint_t ngx_plaid_sandbox_product(const char *name);

/*
 * The bit of a product that has endpoints of its own in the legacy API: all
 * but balance; 0 for another text.
 */
ngx_uint_t ngx_plaid_sandbox_path_product(ngx_str_t *name);

/* The names of the bits in "products", as an array. */
json_t *ngx_plaid_sandbox_legacy_products(ngx_uint_t products);
json_t *ngx_plaid_sandbox_products(ngx_uint_t products);

/* A logo as PNG in base64; null when there is no memory. */
json_t *ngx_plaid_sandbox_logo(ngx_pool_t *pool, ngx_uint_t row);

/* The currency of an institution's accounts: "USD" or "CAD". */
const char *ngx_plaid_sandbox_currency(ngx_uint_t institution);

/* A number, without a fraction where it has none. */
json_t *ngx_plaid_sandbox_number(double value);


#endif /* _NGX_PLAID_SANDBOX_DATA_H_INCLUDED_ */

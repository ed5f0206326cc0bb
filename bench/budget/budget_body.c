
/*
 * The parsers: a small body with a token, and two without one, of which the
 * longer shows the cost of a byte.
 */


#include "budget.h"
#include "ngx_plaid_body.h"


#define TOKEN  "public-sandbox-b0e2c4ee-a763-4df5-bfe9-46a46bce993d"

/* bodies without a token have many fields, until this length */
#define BUDGET_BODY  65536


typedef struct {
    const char  *name;
    const char  *type;
    const char  *start;
    const char  *field;        /* one with a token in it */
    const char  *filler;
    const char  *end;
} budget_body_t;


static budget_body_t  budget_kinds[] = {

    { "form", "application/x-www-form-urlencoded",
      "", "public_token=" TOKEN "&",
      "field_name=some+value+%C3%A9+of+a+field+that+nobody+looks+at&",
      "institution=ins_109508" },

    { "multipart", "multipart/form-data; boundary=----benchboundary7MA4",
      "",
      "------benchboundary7MA4\r\n"
      "Content-Disposition: form-data; name=\"public_token\"\r\n\r\n"
      TOKEN "\r\n",
      "------benchboundary7MA4\r\n"
      "Content-Disposition: form-data; name=\"field_name\"\r\n\r\n"
      "some value of a field that nobody looks at\r\n",
      "------benchboundary7MA4--\r\n" },

    { "json", "application/json",
      "{", "\"public_token\":\"" TOKEN "\",",
      "\"field_%05d\":\"some value of a field that nobody looks at\",",
      "\"institution\":\"ins_109508\"}" }
};


static ngx_str_t
budget_compose(budget_body_t *kind, size_t len, ngx_uint_t token)
{
    char       *p;
    ngx_str_t   body;
    ngx_uint_t  i;

    body.data = calloc(1, len + 1024);
    budget_must(body.data);

    p = stpcpy((char *) body.data, kind->start);

    if (token) {
        p = stpcpy(p, kind->field);
    }

    for (i = 0; (size_t) (p - (char *) body.data) < len; i++) {

        /* a JSON object has no name twice */

        if (strstr(kind->filler, "%05d")) {
            p += snprintf(p, 256, "\"field_%05d\":\"some value of a field "
                          "that nobody looks at\",", (int) i);
        } else {
            p = stpcpy(p, kind->filler);
        }
    }

    p = stpcpy(p, kind->end);

    body.len = p - (char *) body.data;

    return body;
}


static void
budget_body(budget_body_t *kind, const char *what, size_t len,
    ngx_uint_t token)
{
    char                     name[64];
    size_t                   cuts[1];
    ngx_str_t                body, type;
    ngx_uint_t               n;
    ngx_pool_t              *pool;
    ngx_array_t             *fields;
    ngx_chain_t             *in;
    ngx_plaid_body_e         rc;
    ngx_plaid_body_found_t   found;

    body = budget_compose(kind, len, token);
    type = unit_str(kind->type);

    budget_begin();

    for (n = 0; n < BUDGET_TIMES; n++) {
        pool = unit_pool();
        fields = unit_names(pool, "public_token");
        cuts[0] = 0;
        in = unit_chain(pool, &body, cuts, 0);

        budget_on();
        rc = ngx_plaid_body_search(pool, &unit_log, in, 1024 * 1024, &type,
                                   fields, &found);
        budget_off();

        budget_must(rc == (token ? NGX_PLAID_BODY_FOUND
                                 : NGX_PLAID_BODY_ABSENT));
        unit_chain_free(in);
        unit_pool_destroy(pool);
    }

    snprintf(name, sizeof(name), "%s, %s", kind->name, what);
    budget_end(name);

    free(body.data);
}


void
budget_bodies(void)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(budget_kinds) / sizeof(budget_kinds[0]); i++) {
        budget_body(&budget_kinds[i], "with a token", 0, 1);
        budget_body(&budget_kinds[i], "1 KB without", 1024, 0);
        budget_body(&budget_kinds[i], "64 KB without", BUDGET_BODY, 0);
    }
}


/* A page for a person who has opened the sandbox's address. */


#include "ngx_http_plaid_sandbox.h"


/* the page without the endpoints, and what one of them takes beside its path */
#define NGX_HTTP_PLAID_SANDBOX_INDEX   4096
#define NGX_HTTP_PLAID_SANDBOX_ROW     128


static const char  ngx_http_plaid_sandbox_index_head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Plaid sandbox</title>\n"
    "<style>:root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52em;margin:2em auto;"
    "padding:0 1em}code{font-size:14px}td{padding:2px 12px 2px 0;"
    "vertical-align:top}small{opacity:.75;overflow-wrap:anywhere}</style>"
    "</head>\n"
    "<body><main><h1>A sandbox of Plaid</h1>\n"
    "<p>This is plaid_sandbox of ngx_http_plaid_module, not Plaid: all data "
    "is made up. Keys are <code>test_id</code> and <code>test_secret</code> "
    "unless configured otherwise; users log in as <code>user_good</code> with "
    "<code>pass_good</code>, or <code>plaid_test</code> with "
    "<code>plaid_good</code> in the legacy API.</p>\n"
    "<p><a href=\"sandbox/_stats\">Counts</a>, "
    "<a href=\"sandbox/_calls\">the last calls</a>, "
    "<a href=\"link/v2/stable/link-initialize.js\">Link's script</a>.</p>\n";


static u_char *ngx_http_plaid_sandbox_index_rows(u_char *p, ngx_uint_t flags,
    const char *title);


ngx_int_t
ngx_http_plaid_sandbox_index(ngx_http_request_t *r)
{
    u_char                           *p;
    size_t                            size;
    ngx_int_t                         rc;
    ngx_str_t                         body;
    ngx_uint_t                        i;
    const ngx_plaid_sandbox_route_t  *route;

    static ngx_str_t  html = ngx_string("text/html; charset=utf-8");

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    size = NGX_HTTP_PLAID_SANDBOX_INDEX;

    for (i = 0; (route = ngx_plaid_sandbox_route(i)) != NULL; i++) {
        size += NGX_HTTP_PLAID_SANDBOX_ROW + ngx_strlen(route->path)
                + (route->fields ? ngx_strlen(route->fields) : 0);
    }

    body.data = ngx_pnalloc(r->pool, size);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_cpymem(body.data, ngx_http_plaid_sandbox_index_head,
                   sizeof(ngx_http_plaid_sandbox_index_head) - 1);

    p = ngx_http_plaid_sandbox_index_rows(p, NGX_PLAID_SANDBOX_CURRENT,
                                          "Current API");
    p = ngx_http_plaid_sandbox_index_rows(p, 0, "Legacy API");
    p = ngx_http_plaid_sandbox_index_rows(p, NGX_PLAID_SANDBOX_CURRENT
                                             |NGX_PLAID_SANDBOX_OPERATOR,
                                          "For tests");
    p = ngx_sprintf(p, "</main></body></html>\n");

    body.len = p - body.data;

    rc = ngx_http_plaid_sandbox_send_header(r, NGX_HTTP_OK, body.len, &html);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_plaid_sandbox_send_body(r, &body, 1);
}


/* The endpoints of one kind, with what they require. */

static u_char *
ngx_http_plaid_sandbox_index_rows(u_char *p, ngx_uint_t flags,
    const char *title)
{
    size_t                            n;
    ngx_uint_t                        i;
    const char                       *f;
    const ngx_plaid_sandbox_route_t  *route;

    p = ngx_sprintf(p, "<h2>%s</h2><table>\n", title);

    for (i = 0; (route = ngx_plaid_sandbox_route(i)) != NULL; i++) {

        if ((route->flags & (NGX_PLAID_SANDBOX_CURRENT
                             |NGX_PLAID_SANDBOX_LINK
                             |NGX_PLAID_SANDBOX_OPERATOR))
            != flags)
        {
            continue;
        }

        p = ngx_sprintf(p, "<tr><td>%s<td><code>%s</code><td><small>",
                        (route->methods & NGX_PLAID_SANDBOX_POST) ? "POST"
                        : (route->methods & NGX_PLAID_SANDBOX_GET) ? "GET"
                        : (route->methods & NGX_PLAID_SANDBOX_PATCH) ? "PATCH"
                        : "DELETE", route->path);

        for (f = route->fields; f && *f; f += n + (f[n] == ' ')) {
            n = strcspn(f, " ");

            if (f[1] == '!') {
                p = ngx_sprintf(p, "%*s ", n - 2, f + 2);
            }
        }

        p = ngx_sprintf(p, "</small>\n");
    }

    return ngx_sprintf(p, "</table>\n");
}


/*
 * A module as there are public ones: it ends POST_READ for each request, and
 * has the say in the rewrite phases before modules that were loaded earlier.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


static ngx_int_t ngx_http_test_post_read_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_test_post_read_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_test_rewrite_handler(ngx_http_request_t *r);


static ngx_http_module_t  ngx_http_test_post_read_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_test_post_read_init,          /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_test_post_read_module = {
    NGX_MODULE_V1,
    &ngx_http_test_post_read_module_ctx,   /* module context */
    NULL,                                  /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* what nginx's build writes into a file of its own */

ngx_module_t  *ngx_modules[] = {
    &ngx_http_test_post_read_module,
    NULL
};

char  *ngx_module_names[] = {
    "ngx_http_test_post_read_module",
    NULL
};

char  *ngx_module_order[] = {
    NULL
};


static ngx_int_t
ngx_http_test_post_read_init(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    static ngx_http_phases  phases[] = {
        NGX_HTTP_POST_READ_PHASE,
        NGX_HTTP_SERVER_REWRITE_PHASE,
        NGX_HTTP_REWRITE_PHASE
    };

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < 3; i++) {
        h = ngx_array_push(&cmcf->phases[phases[i]].handlers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = i ? ngx_http_test_rewrite_handler
               : ngx_http_test_post_read_handler;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_test_post_read_handler(ngx_http_request_t *r)
{
    return NGX_OK;
}


/* says which of our headers it has seen */

static ngx_int_t
ngx_http_test_rewrite_handler(ngx_http_request_t *r)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_strncasecmp(h[i].key.data, (u_char *) "X-Plaid-", 8)
                == 0)
            {
                ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                              "test module has seen \"%V\"", &h[i].key);
            }
        }
    }

    return NGX_DECLINED;
}

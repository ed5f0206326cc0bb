
#include "ngx_http_plaid_directives.h"
#include "ngx_http_plaid_check.h"
#include "ngx_http_plaid_redis.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_seal.h"
#include "ngx_http_plaid_status.h"
#include "ngx_http_plaid_trust.h"
#include "ngx_http_plaid_variables.h"
#include "ngx_plaid_body.h"
#include "ngx_plaid_headers.h"


static char *ngx_http_plaid_client(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_exchange(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_field(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_http_plaid_header_refused(ngx_str_t *name);
static ngx_uint_t ngx_http_plaid_noname(ngx_conf_t *cf);
static char *ngx_http_plaid_merge_use(ngx_conf_t *cf,
    ngx_http_plaid_loc_conf_t *conf);


static ngx_conf_enum_t  ngx_http_plaid_errors[] = {
    { ngx_string("reject"), NGX_HTTP_PLAID_REJECT },
    { ngx_string("pass"), NGX_HTTP_PLAID_PASS },
    { ngx_null_string, 0 }
};


ngx_command_t  ngx_http_plaid_directives[] = {

    { ngx_string("plaid_client"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_plaid_client,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_plaid_exchange,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange_field"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_field,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange_required"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_loc_conf_t, required),
      NULL },

    { ngx_string("plaid_exchange_header"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange_errors"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_loc_conf_t, errors),
      ngx_http_plaid_errors },

    { ngx_string("plaid_exchange_max_body"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_loc_conf_t, max_body),
      NULL },

    { ngx_string("plaid_exchange_check"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_check,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_exchange_check_set"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE2,
      ngx_http_plaid_check_set,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_replay_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_plaid_replay_conf_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_plaid_redis_conf_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_replay"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_http_plaid_replay_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_seal_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_seal_key_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_seal"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_plaid_seal,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_trust_headers"),
      NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_trust,
      NGX_HTTP_SRV_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_plaid_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_plaid_header_t  ngx_http_plaid_default_header = {
    ngx_string("X-Plaid-Access-Token"),
    (u_char *) "x-plaid-access-token",
    0
};


void *
ngx_http_plaid_directives_create_main(ngx_conf_t *cf)
{
    /* no clients, no names, no zone */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_main_conf_t));
}


void *
ngx_http_plaid_directives_create_srv(ngx_conf_t *cf)
{
    /* nobody is trusted */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_srv_conf_t));
}


void *
ngx_http_plaid_directives_create_loc(ngx_conf_t *cf)
{
    ngx_http_plaid_loc_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_loc_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->use = NGX_CONF_UNSET_PTR;
    conf->fields = NGX_CONF_UNSET_PTR;
    conf->required = NGX_CONF_UNSET;
    conf->header = NGX_CONF_UNSET_PTR;
    conf->errors = NGX_CONF_UNSET_UINT;
    conf->max_body = NGX_CONF_UNSET_SIZE;
    conf->check = NGX_CONF_UNSET_PTR;
    conf->check_set = NGX_CONF_UNSET_PTR;
    conf->replay = NGX_CONF_UNSET_PTR;
    conf->seal = NGX_CONF_UNSET_PTR;

    return conf;
}


char *
ngx_http_plaid_directives_merge_loc(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_plaid_loc_conf_t *prev = parent;
    ngx_http_plaid_loc_conf_t *conf = child;

    char       *rv;
    ngx_str_t  *field;

    if (conf->use == NGX_CONF_UNSET_PTR && ngx_http_plaid_noname(cf)) {
        conf->written = prev->written;
    }

    ngx_conf_merge_ptr_value(conf->use, prev->use, NULL);
    ngx_conf_merge_ptr_value(conf->fields, prev->fields, NULL);
    ngx_conf_merge_value(conf->required, prev->required, 0);
    ngx_conf_merge_ptr_value(conf->header, prev->header,
                             &ngx_http_plaid_default_header);
    ngx_conf_merge_uint_value(conf->errors, prev->errors,
                              NGX_HTTP_PLAID_REJECT);
    ngx_conf_merge_size_value(conf->max_body, prev->max_body, 64 * 1024);
    ngx_conf_merge_ptr_value(conf->check, prev->check, NULL);
    ngx_conf_merge_ptr_value(conf->check_set, prev->check_set, NULL);

    conf->replayed = (conf->replay != NGX_CONF_UNSET_PTR);

    if (conf->replay == NGX_CONF_UNSET_PTR) {
        conf->replay = prev->replay;
    }

    ngx_http_plaid_default_header.hash =
                          ngx_hash_key(ngx_http_plaid_default_header.lowcase,
                                       ngx_http_plaid_default_header.name.len);

    rv = ngx_http_plaid_seal_merge(cf, prev, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (conf->use == NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_http_plaid_trust_check(cf, "plaid_exchange") != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->fields == NULL) {
        conf->fields = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
        if (conf->fields == NULL) {
            return NGX_CONF_ERROR;
        }

        field = ngx_array_push(conf->fields);
        if (field == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_str_set(field, "public_token");
    }

    if (ngx_http_plaid_replay_conf_merge(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_plaid_merge_use(cf, conf);
}


/* "if" and "limit_except" are their location */

static ngx_uint_t
ngx_http_plaid_noname(ngx_conf_t *cf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    return clcf->noname;
}


/* a client may be defined after its use: not earlier than here is it found */

static char *
ngx_http_plaid_merge_use(ngx_conf_t *cf, ngx_http_plaid_loc_conf_t *conf)
{
    ngx_http_plaid_use_t        *use;
    ngx_http_plaid_main_conf_t  *pmcf;

    use = conf->use;

    if (use->client) {
        return ngx_http_plaid_seal_client(cf, conf->seal, use->client);
    }

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (pmcf->clients) {
        use->client = ngx_http_plaid_client_find(pmcf->clients, &use->name);
    }

    if (use->client == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_exchange\" names no plaid_client: \"%V\" "
                      "in %s:%ui", &use->name, use->file, use->line);
        return NGX_CONF_ERROR;
    }

    return ngx_http_plaid_seal_client(cf, conf->seal, use->client);
}


static char *
ngx_http_plaid_client(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_main_conf_t *pmcf = conf;

    return ngx_http_plaid_client_block(cf, &pmcf->clients);
}


static char *
ngx_http_plaid_exchange(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t                         *value, s;
    ngx_http_plaid_use_t              *use;
    ngx_http_compile_complex_value_t   ccv;

    if (plcf->use != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (cf->args->nelts == 3) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" after \"off\" in "
                               "\"plaid_exchange\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        plcf->use = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty client name";
    }

    use = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_use_t));
    if (use == NULL) {
        return NGX_CONF_ERROR;
    }

    use->name = value[1];
    use->file = cf->conf_file->file.name.data;
    use->line = cf->conf_file->line;

    plcf->use = use;
    plcf->written = 1;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "if=", 3) != 0 || value[2].len == 3) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" in \"plaid_exchange\"",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    s.data = value[2].data + 3;
    s.len = value[2].len - 3;

    use->condition = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (use->condition == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &s;
    ccv.complex_value = use->condition;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_field(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t   *value, *field;
    ngx_uint_t   i, k;

    if (plcf->fields != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    plcf->fields = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                    sizeof(ngx_str_t));
    if (plcf->fields == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0 || value[i].len > NGX_PLAID_FIELD_MAX) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid name \"%V\" in "
                               "\"plaid_exchange_field\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        for (k = 1; k < i; k++) {
            if (ngx_strcmp(value[k].data, value[i].data) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "duplicate name \"%V\" in "
                                   "\"plaid_exchange_field\"", &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        field = ngx_array_push(plcf->fields);
        if (field == NULL) {
            return NGX_CONF_ERROR;
        }

        *field = value[i];
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_loc_conf_t *plcf = conf;

    ngx_str_t                   *value, *name;
    ngx_http_plaid_header_t     *header;
    ngx_http_plaid_main_conf_t  *pmcf;

    if (plcf->header != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_plaid_header_refused(&value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid header name \"%V\" in "
                           "\"plaid_exchange_header\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    header = ngx_palloc(cf->pool, sizeof(ngx_http_plaid_header_t));
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    header->name = value[1];

    header->lowcase = ngx_pnalloc(cf->pool, value[1].len);
    if (header->lowcase == NULL) {
        return NGX_CONF_ERROR;
    }

    header->hash = ngx_hash_strlow(header->lowcase, value[1].data,
                                   value[1].len);

    plcf->header = header;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);

    if (pmcf->names == NULL) {
        pmcf->names = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
        if (pmcf->names == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    name = ngx_array_push(pmcf->names);
    if (name == NULL) {
        return NGX_CONF_ERROR;
    }

    *name = value[1];

    if (ngx_http_plaid_variables_add_header(cf, name) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* names with a meaning to nginx or to the connection, and our own names */

static ngx_uint_t
ngx_http_plaid_header_refused(ngx_str_t *name)
{
    size_t       i;
    u_char       ch, c;
    ngx_str_t    start;
    ngx_uint_t   n;

    static ngx_str_t  content = ngx_string("Content-");

    static ngx_str_t  refused[] = {
        ngx_string("Accept"),
        ngx_string("Accept-Encoding"),
        ngx_string("Accept-Language"),
        ngx_string("Authorization"),
        ngx_string("Connection"),
        ngx_string("Cookie"),
        ngx_string("Date"),
        ngx_string("Depth"),
        ngx_string("Destination"),
        ngx_string("Expect"),
        ngx_string("Forwarded"),
        ngx_string("Host"),
        ngx_string("HTTP2-Settings"),
        ngx_string("Keep-Alive"),
        ngx_string("Overwrite"),
        ngx_string("Proxy-Authenticate"),
        ngx_string("Proxy-Authorization"),
        ngx_string("Proxy-Connection"),
        ngx_string("Range"),
        ngx_string("TE"),
        ngx_string("Trailer"),
        ngx_string("Transfer-Encoding"),
        ngx_string("Upgrade"),
        ngx_string("Via"),
        ngx_string("X-Forwarded-For"),
        ngx_string("X-Forwarded-Host"),
        ngx_string("X-Forwarded-Port"),
        ngx_string("X-Forwarded-Proto"),
        ngx_string("X-Real-IP"),
        ngx_string("X-Plaid-Status"),
        ngx_string("X-Plaid-Item-Id"),
        ngx_string("X-Plaid-Account-Id"),
        ngx_string("X-Plaid-Request-Id"),
        ngx_string("X-Plaid-Stripe-Bank-Account-Token"),
        ngx_string("X-Plaid-Processor-Token"),
        ngx_string("X-Plaid-Error-Type"),
        ngx_string("X-Plaid-Error-Code"),
        ngx_string("X-Plaid-Error-Message"),
        ngx_null_string
    };

    if (name->len == 0) {
        return 1;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];
        c = (u_char) (ch | 0x20);

        if ((c < 'a' || c > 'z') && (ch < '0' || ch > '9')
            && ch != '-' && ch != '_')
        {
            return 1;
        }
    }

    if (name->len >= content.len) {
        start.data = name->data;
        start.len = content.len;

        if (ngx_plaid_headers_equal(&start, &content)) {
            return 1;
        }
    }

    for (n = 0; refused[n].len; n++) {
        if (ngx_plaid_headers_equal(name, &refused[n])) {
            return 1;
        }
    }

    /* what this nginx looks at itself: it would miss it in each request */

    for (n = 0; ngx_http_headers_in[n].name.len; n++) {
        if (ngx_plaid_headers_equal(name, &ngx_http_headers_in[n].name)) {
            return 1;
        }
    }

    return 0;
}

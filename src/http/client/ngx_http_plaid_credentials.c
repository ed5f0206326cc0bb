
#include "ngx_http_plaid_client_conf.h"


typedef struct {
    ngx_array_t               *clients;
    ngx_uint_t                 files;
    ngx_uint_t                 next;        /* to be looked at */

    /* event ident must be after 3 pointers as in ngx_connection_t */
    ngx_int_t                  ident;

    ngx_event_t                event;
} ngx_http_plaid_watch_t;


static void ngx_http_plaid_client_wipe(void *data);
static ngx_int_t ngx_http_plaid_credential_copy(ngx_http_request_t *r,
    ngx_http_plaid_credential_t *credential, ngx_pool_t *pool, ngx_str_t *dst);
static void ngx_http_plaid_watch_handler(ngx_event_t *ev);
static ngx_plaid_secret_t *ngx_http_plaid_watch_file(ngx_array_t *clients,
    ngx_uint_t n);
static ngx_uint_t ngx_http_plaid_watch_files(ngx_array_t *clients);


char *
ngx_http_plaid_credential_value(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    const char                        *why;
    ngx_str_t                         *value;
    ngx_http_plaid_credential_t       *credential;
    ngx_http_compile_complex_value_t   ccv;

    credential = (ngx_http_plaid_credential_t *) (p + cmd->offset);

    if (credential->value) {
        return "is duplicate";
    }

    value = cf->args->elts;

    credential->value = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (credential->value == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = credential->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (credential->value->lengths) {
        return NGX_CONF_OK;
    }

    why = ngx_plaid_secret_check(&value[1]);

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "value of \"%V\" %s",
                           &cmd->name, why);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_plaid_client_wiped(cf, value[1].data, value[1].len)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_credential_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                    *value;
    ngx_plaid_secret_t           *file;
    ngx_http_plaid_credential_t  *credential;

    credential = (ngx_http_plaid_credential_t *) (p + cmd->offset);

    if (credential->file) {
        return "is duplicate";
    }

    value = cf->args->elts;

    file = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_secret_t));
    if (file == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_plaid_client_wiped(cf, file->data, NGX_PLAID_SECRET_MAX)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    file->name = cmd->name;
    file->path = value[1];

    if (ngx_conf_full_name(cf->cycle, &file->path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_plaid_secret_load(file, cf->log) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    credential->file = file;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_plaid_client_wiped(ngx_conf_t *cf, u_char *data, size_t len)
{
    ngx_str_t           *s;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    s = cln->data;
    s->data = data;
    s->len = len;

    cln->handler = ngx_http_plaid_client_wipe;

    return NGX_OK;
}


static void
ngx_http_plaid_client_wipe(void *data)
{
    ngx_plaid_wipe(data);
}


ngx_int_t
ngx_http_plaid_client_credentials(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_pool_t *pool, ngx_str_t *client_id,
    ngx_str_t *secret)
{
    ngx_int_t  rc;

    ngx_str_null(client_id);
    ngx_str_null(secret);

    rc = ngx_http_plaid_credential_copy(r, &client->client_id, pool, client_id);

    if (rc == NGX_OK) {
        rc = ngx_http_plaid_credential_copy(r, &client->secret, pool, secret);
    }

    if (rc != NGX_OK) {
        ngx_plaid_wipe(client_id);
    }

    return rc;
}


ngx_int_t
ngx_http_plaid_client_id(ngx_http_request_t *r,
    ngx_http_plaid_client_t *client, ngx_pool_t *pool, ngx_str_t *client_id)
{
    ngx_str_null(client_id);

    return ngx_http_plaid_credential_copy(r, &client->client_id, pool,
                                          client_id);
}


static ngx_int_t
ngx_http_plaid_credential_copy(ngx_http_request_t *r,
    ngx_http_plaid_credential_t *credential, ngx_pool_t *pool, ngx_str_t *dst)
{
    ngx_int_t   rc;
    ngx_str_t   value;
    ngx_uint_t  temporary;

    temporary = 0;

    if (credential->file) {
        value = credential->file->value;

    } else {
        if (ngx_http_complex_value(r, credential->value, &value) != NGX_OK) {
            return NGX_ERROR;
        }

        temporary = (credential->value->lengths != NULL);
    }

    rc = NGX_DECLINED;

    if (ngx_plaid_secret_check(&value) == NULL) {

        rc = NGX_ERROR;

        dst->data = ngx_pnalloc(pool, value.len);

        if (dst->data) {
            ngx_memcpy(dst->data, value.data, value.len);
            dst->len = value.len;
            rc = NGX_OK;
        }
    }

    if (temporary) {
        ngx_plaid_wipe(&value);
    }

    return rc;
}


ngx_int_t
ngx_http_plaid_client_watch(ngx_cycle_t *cycle, ngx_array_t *clients)
{
    ngx_uint_t               files;
    ngx_http_plaid_watch_t  *watch;

    files = ngx_http_plaid_watch_files(clients);

    if (files == 0) {
        return NGX_OK;
    }

    watch = ngx_pcalloc(cycle->pool, sizeof(ngx_http_plaid_watch_t));
    if (watch == NULL) {
        return NGX_ERROR;
    }

    watch->clients = clients;
    watch->files = files;
    watch->ident = -1;

    watch->event.handler = ngx_http_plaid_watch_handler;
    watch->event.data = watch;
    watch->event.log = cycle->log;
    watch->event.cancelable = 1;

    ngx_add_timer(&watch->event, ngx_max(NGX_PLAID_SECRET_POLL / files, 1));

    return NGX_OK;
}


static void
ngx_http_plaid_watch_handler(ngx_event_t *ev)
{
    ngx_plaid_secret_t      *file;
    ngx_http_plaid_watch_t  *watch;

    watch = ev->data;

    file = ngx_http_plaid_watch_file(watch->clients, watch->next);

    if (ngx_plaid_secret_poll(file, ev->log) == NGX_ABORT && ngx_worker == 0) {
        ngx_log_error(NGX_LOG_NOTICE, ev->log, 0,
                      "\"%V\" \"%V\" is readable by the master process only, "
                      "a change of it needs a reload",
                      &file->name, &file->path);
    }

    watch->next = (watch->next + 1) % watch->files;

    /* each file once in that time, and never all at once */

    ngx_add_timer(ev, ngx_max(NGX_PLAID_SECRET_POLL / watch->files, 1));
}


/* file number "n" of all clients */

static ngx_plaid_secret_t *
ngx_http_plaid_watch_file(ngx_array_t *clients, ngx_uint_t n)
{
    ngx_http_plaid_client_t  **client;

    for (client = clients->elts; /* void */ ; client++) {

        if ((*client)->client_id.file && n-- == 0) {
            return (*client)->client_id.file;
        }

        if ((*client)->secret.file && n-- == 0) {
            return (*client)->secret.file;
        }
    }
}


static ngx_uint_t
ngx_http_plaid_watch_files(ngx_array_t *clients)
{
    ngx_uint_t                 i, n;
    ngx_http_plaid_client_t  **client;

    if (clients == NULL) {
        return 0;
    }

    n = 0;
    client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        n += (client[i]->client_id.file != NULL);
        n += (client[i]->secret.file != NULL);
    }

    return n;
}

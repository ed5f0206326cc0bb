
/*
 * Directives of plaid_pass.
 */


#include "ngx_http_plaid_pass.h"
#include "ngx_http_plaid_replay.h"
#include "ngx_http_plaid_watch.h"


static char *ngx_http_plaid_pass(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_pass_allow(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_plaid_pass_allow_path(ngx_str_t *path);
static char *ngx_http_plaid_pass_from(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_pass_apps(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_pass_check(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf);
static char *ngx_http_plaid_pass_check_peers(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf);
static char *ngx_http_plaid_pass_check_names(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf);
static void ngx_http_plaid_pass_warn(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf, ngx_http_plaid_seal_t *seal);
static char *ngx_http_plaid_pass_error(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf, const char *why);


ngx_command_t  ngx_http_plaid_pass_conf_commands[] = {

    { ngx_string("plaid_pass"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_pass_allow"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_pass_allow,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_pass_from"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_plaid_pass_from,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_pass_key_file"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_plaid_pass_apps,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("plaid_pass_plain"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_pass_conf_t, plain),
      NULL },

    { ngx_string("plaid_pass_max_body"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_pass_conf_t, max_body),
      NULL },

    { ngx_string("plaid_pass_max_response"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_pass_conf_t, max_response),
      NULL },

    { ngx_string("plaid_pass_timeout"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_plaid_pass_conf_t, timeout),
      NULL },

      ngx_null_command
};


void *
ngx_http_plaid_pass_conf_create(ngx_conf_t *cf)
{
    ngx_http_plaid_pass_conf_t  *conf;

    conf = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_pass_conf_t));
    if (conf == NULL) {
        return NULL;
    }

    conf->allow = NGX_CONF_UNSET_PTR;
    conf->from = NGX_CONF_UNSET_PTR;
    conf->apps = NGX_CONF_UNSET_PTR;
    conf->plain = NGX_CONF_UNSET;
    conf->max_body = NGX_CONF_UNSET_SIZE;
    conf->max_response = NGX_CONF_UNSET_SIZE;
    conf->timeout = NGX_CONF_UNSET_MSEC;

    return conf;
}


char *
ngx_http_plaid_pass_conf_merge(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_plaid_pass_conf_t *prev = parent;
    ngx_http_plaid_pass_conf_t *conf = child;

    if (conf->allow == NGX_CONF_UNSET_PTR) {
        conf->data = prev->data;
        conf->processor = prev->processor;
        conf->allow = prev->allow;

        if (conf->allow == NGX_CONF_UNSET_PTR) {
            conf->data = 1;
            conf->allow = NULL;
        }
    }

    if (conf->from == NGX_CONF_UNSET_PTR) {
        conf->local = prev->local;
        conf->unix_peer = prev->unix_peer;
        conf->from = prev->from;

        if (conf->from == NGX_CONF_UNSET_PTR) {
            conf->local = 1;
            conf->from = NULL;
        }
    }

    ngx_conf_merge_ptr_value(conf->apps, prev->apps, NULL);
    ngx_conf_merge_value(conf->plain, prev->plain, 0);
    ngx_conf_merge_size_value(conf->max_body, prev->max_body, 1024 * 1024);
    ngx_conf_merge_size_value(conf->max_response, prev->max_response,
                              64 * 1024 * 1024);
    ngx_conf_merge_msec_value(conf->timeout, prev->timeout, 60000);

    return conf->name.len ? ngx_http_plaid_pass_check(cf, conf) : NGX_CONF_OK;
}


static char *
ngx_http_plaid_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_pass_conf_t *ppcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (ppcf->name.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ppcf->name = value[1];
    ppcf->file = cf->conf_file->file.name.data;
    ppcf->line = cf->conf_file->line;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ppcf->name.len = 0;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        return "has an empty client name";
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->handler) {
        return "is in a location that has a content handler already";
    }

    clcf->handler = ngx_http_plaid_pass_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_pass_allow(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_pass_conf_t *ppcf = conf;

    ngx_str_t                    *value;
    ngx_uint_t                    i;
    ngx_http_plaid_pass_allow_t  *allow;

    if (ppcf->allow != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ppcf->allow = ngx_array_create(cf->pool, 4,
                                   sizeof(ngx_http_plaid_pass_allow_t));
    if (ppcf->allow == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "data") == 0) {
            ppcf->data = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "processor") == 0) {
            ppcf->processor = 1;
            continue;
        }

        if (ngx_http_plaid_pass_allow_path(&value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid path \"%V\" in \"plaid_pass_allow\" "
                               "directive", &value[i]);
            return NGX_CONF_ERROR;
        }

        allow = ngx_array_push(ppcf->allow);
        if (allow == NULL) {
            return NGX_CONF_ERROR;
        }

        allow->path = value[i];
        allow->prefix = (value[i].data[value[i].len - 1] == '/');

        if (ngx_http_plaid_pass_paths_refused(&allow->path, allow->prefix)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"plaid_pass_allow\" covers \"%V\", which "
                               "returns credentials that cannot be sealed",
                               &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_plaid_pass_allow_path(ngx_str_t *path)
{
    u_char  ch;
    size_t  i;

    if (path->len < 2 || path->data[0] != '/') {
        return NGX_DECLINED;
    }

    for (i = 0; i < path->len; i++) {
        ch = path->data[i];

        if ((ch < 'a' || ch > 'z') && (ch < 'A' || ch > 'Z')
            && (ch < '0' || ch > '9') && ch != '_' && ch != '/' && ch != '-')
        {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


static char *
ngx_http_plaid_pass_from(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_pass_conf_t *ppcf = conf;

    ngx_int_t    rc;
    ngx_str_t   *value;
    ngx_uint_t   i;
    ngx_cidr_t  *cidr;

    if (ppcf->from != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ppcf->from = ngx_array_create(cf->pool, 2, sizeof(ngx_cidr_t));
    if (ppcf->from == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "local") == 0) {
            ppcf->local = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "unix:") == 0) {
            ppcf->unix_peer = 1;
            continue;
        }

        cidr = ngx_array_push(ppcf->from);
        if (cidr == NULL) {
            return NGX_CONF_ERROR;
        }

        rc = ngx_ptocidr(&value[i], cidr);

        if (rc == NGX_ERROR) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid address \"%V\" in "
                               "\"plaid_pass_from\" directive", &value[i]);
            return NGX_CONF_ERROR;
        }

        if (rc == NGX_DONE) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "low address bits of %V are meaningless",
                               &value[i]);
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_pass_apps(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_pass_conf_t *ppcf = conf;

    ngx_str_t  *value;

    if (ppcf->apps != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ppcf->apps = ngx_http_plaid_watch_keyfile(cf, &cmd->name, &value[1],
                                              ngx_plaid_appkeys_parse,
                                              sizeof(ngx_plaid_appkeys_t));

    return ppcf->apps ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* all clients are known by the time that configurations are merged */

static char *
ngx_http_plaid_pass_check(ngx_conf_t *cf, ngx_http_plaid_pass_conf_t *conf)
{
    char                        *rv;
    ngx_str_t                   *uri;
    ngx_http_core_loc_conf_t    *clcf;
    ngx_http_plaid_loc_conf_t   *plcf;
    ngx_http_plaid_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);
    plcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_plaid_module);
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    conf->client = ngx_http_plaid_client_find(pmcf->clients, &conf->name);

    if (conf->client == NULL) {
        return ngx_http_plaid_pass_error(cf, conf, "unknown plaid_client");
    }

    if (conf->client->dialect != NGX_PLAID_CURRENT) {
        return ngx_http_plaid_pass_error(cf, conf, "\"plaid_pass\" cannot "
                                         "serve the legacy API of "
                                         "plaid_client");
    }

    uri = &conf->client->subrequest;

    if (uri->len && uri->data[uri->len - 1] != '/') {
        return ngx_http_plaid_pass_error(cf, conf, "\"plaid_pass\" requires "
                                         "that the URI of \"transport "
                                         "subrequest\" ends in \"/\" in "
                                         "plaid_client");
    }

    if (clcf->handler != ngx_http_plaid_pass_handler) {
        return ngx_http_plaid_pass_error(cf, conf, "another content handler "
                                         "beside \"plaid_pass\" of "
                                         "plaid_client");
    }

    rv = ngx_http_plaid_pass_check_peers(cf, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_plaid_pass_check_names(cf, conf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (ngx_http_plaid_replay_conf_merge(cf, plcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    /* tokens of the app are exchanged by its own calls alone */

    plcf->use = NULL;

    /* no token of a body goes to a temporary file */

    clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                            conf->max_body);

    ngx_http_plaid_pass_warn(cf, conf, plcf->seal);

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_pass_check_peers(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf)
{
#if (NGX_HTTP_SSL)

    ngx_http_ssl_srv_conf_t  *sscf;

    sscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_ssl_module);

    conf->verified = (sscf->verify == 1);

#endif

    if (conf->from && conf->from->nelts && conf->apps == NULL
        && !conf->verified)
    {
        return ngx_http_plaid_pass_error(cf, conf, "\"plaid_pass_from\" with "
                                         "an address requires "
                                         "\"plaid_pass_key_file\" or "
                                         "\"ssl_verify_client on\", client");
    }

    return NGX_CONF_OK;
}


/*
 * Under Plaid's own names the system's file of hosts leads here: only a
 * resolver knows where Plaid is.
 */

static char *
ngx_http_plaid_pass_check_names(ngx_conf_t *cf,
    ngx_http_plaid_pass_conf_t *conf)
{
    ngx_str_t                   host;
    ngx_uint_t                  s, n;
    ngx_plaid_endpoint_t       *endpoint;
    ngx_http_server_name_t     *name;
    ngx_http_core_srv_conf_t  **cscf;
    ngx_http_core_loc_conf_t   *clcf;
    ngx_http_core_main_conf_t  *cmcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    endpoint = &conf->client->peer.endpoint;

    if (conf->client->subrequest.len || endpoint->unix_path.len
        || endpoint->naddrs || conf->client->peer.proxied
        || conf->client->resolver
        || (clcf->resolver && clcf->resolver->connections.nelts))
    {
        return NGX_CONF_OK;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    cscf = cmcf->servers.elts;

    for (s = 0; s < cmcf->servers.nelts; s++) {

        name = cscf[s]->server_names.elts;

        for (n = 0; n < cscf[s]->server_names.nelts; n++) {

            host = name[n].name;

            if (host.len > 10
                && ngx_strncasecmp(host.data + host.len - 10,
                                   (u_char *) ".plaid.com", 10)
                   == 0)
            {
                return ngx_http_plaid_pass_error(cf, conf, "a \"resolver\" is "
                                                 "required where a server has "
                                                 "one of Plaid's names, "
                                                 "client");
            }
        }
    }

    return NGX_CONF_OK;
}


static void
ngx_http_plaid_pass_warn(ngx_conf_t *cf, ngx_http_plaid_pass_conf_t *conf,
    ngx_http_plaid_seal_t *seal)
{
    if (seal == NULL) {
        return;
    }

    if (conf->plain) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"plaid_pass_plain\" is on, access tokens that are not "
                      "sealed are taken, in %s:%ui", conf->file, conf->line);
    }

    if (conf->client->client_id.value) {
        ngx_http_plaid_seal_chosen(cf, "client_id of plaid_client",
                                   &conf->client->client_id.value->value);
    }
}


static char *
ngx_http_plaid_pass_error(ngx_conf_t *cf, ngx_http_plaid_pass_conf_t *conf,
    const char *why)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s \"%V\" in %s:%ui", why,
                  &conf->name, conf->file, conf->line);

    return NGX_CONF_ERROR;
}

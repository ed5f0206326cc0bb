
#include "ngx_http_plaid_client_conf.h"


/* one of the values of a directive, and what it stands for */

typedef struct {
    ngx_str_t                  name;
    ngx_uint_t                 value;
} ngx_http_plaid_choice_t;


/* an environment of Plaid's */

typedef struct {
    ngx_str_t                  name;
    ngx_str_t                  url;
    ngx_plaid_dialect_e        dialect;
} ngx_http_plaid_environment_t;


static char *ngx_http_plaid_client_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static ngx_uint_t ngx_http_plaid_client_args(ngx_conf_t *cf,
    ngx_command_t *cmd);
static char *ngx_http_plaid_client_positive(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_client_path(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_client_ssl_name(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_client_choice(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_client_inflight(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_plaid_client_environment(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_plaid_client_transport(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_plaid_client_proxy(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_plaid_client_resolver(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);


static ngx_conf_post_t  ngx_http_plaid_client_positive_post =
    { ngx_http_plaid_client_positive };

static ngx_conf_post_t  ngx_http_plaid_client_path_post =
    { ngx_http_plaid_client_path };

static ngx_conf_post_t  ngx_http_plaid_client_ssl_name_post =
    { ngx_http_plaid_client_ssl_name };


static ngx_http_plaid_environment_t  ngx_http_plaid_environments[] = {

    { ngx_string("sandbox"),
      ngx_string("https://sandbox.plaid.com"),
      NGX_PLAID_CURRENT },

    { ngx_string("production"),
      ngx_string("https://production.plaid.com"),
      NGX_PLAID_CURRENT },

    { ngx_string("tartan"),
      ngx_string("https://tartan.plaid.com"),
      NGX_PLAID_LEGACY },

    { ngx_string("legacy_production"),
      ngx_string("https://api.plaid.com"),
      NGX_PLAID_LEGACY },

    { ngx_null_string, ngx_null_string, NGX_PLAID_CURRENT }
};


static ngx_http_plaid_choice_t  ngx_http_plaid_client_apis[] = {
    { ngx_string("current"), NGX_PLAID_CURRENT },
    { ngx_string("legacy"), NGX_PLAID_LEGACY },
    { ngx_null_string, 0 }
};


static ngx_http_plaid_choice_t  ngx_http_plaid_client_http_versions[] = {
    { ngx_string("1.1"), 1 },
    { ngx_string("2"), 2 },
    { ngx_null_string, 0 }
};


#define ngx_http_plaid_client_offset(member)                                  \
    offsetof(ngx_http_plaid_client_t, member)


/*
 * The directives of the block.  "conf" says what the offset is in: the client
 * (0) or what is only known while the block is read (1).
 */

static ngx_command_t  ngx_http_plaid_client_commands[] = {

    { ngx_string("environment"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_client_environment,
      1,
      0,
      NULL },

    { ngx_string("api"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_client_choice,
      1,
      offsetof(ngx_http_plaid_client_conf_t, api),
      ngx_http_plaid_client_apis },

    { ngx_string("client_id"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_credential_value,
      0,
      ngx_http_plaid_client_offset(client_id),
      NULL },

    { ngx_string("client_id_file"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_credential_file,
      0,
      ngx_http_plaid_client_offset(client_id),
      NULL },

    { ngx_string("secret"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_credential_value,
      0,
      ngx_http_plaid_client_offset(secret),
      NULL },

    { ngx_string("secret_file"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_credential_file,
      0,
      ngx_http_plaid_client_offset(secret),
      NULL },

    { ngx_string("transport"),
      NGX_CONF_TAKE12,
      ngx_http_plaid_client_transport,
      1,
      0,
      NULL },

    { ngx_string("connect_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      ngx_http_plaid_client_offset(peer.connect_timeout),
      &ngx_http_plaid_client_positive_post },

    { ngx_string("timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      ngx_http_plaid_client_offset(peer.timeout),
      &ngx_http_plaid_client_positive_post },

    { ngx_string("max_response_size"),
      NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      0,
      ngx_http_plaid_client_offset(peer.max_response_size),
      &ngx_http_plaid_client_positive_post },

    { ngx_string("max_inflight"),
      NGX_CONF_TAKE1234,
      ngx_http_plaid_client_inflight,
      0,
      ngx_http_plaid_client_offset(peer.max_inflight),
      NULL },

    { ngx_string("keepalive"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      ngx_http_plaid_client_offset(peer.keepalive),
      NULL },

    { ngx_string("keepalive_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      ngx_http_plaid_client_offset(peer.keepalive_timeout),
      NULL },

    { ngx_string("ssl_verify"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      1,
      offsetof(ngx_http_plaid_client_conf_t, ssl_verify),
      NULL },

    { ngx_string("ssl_trusted_certificate"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_client_conf_t, ssl_trusted_certificate),
      &ngx_http_plaid_client_path_post },

    { ngx_string("ssl_certificate"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_client_conf_t, ssl_certificate),
      &ngx_http_plaid_client_path_post },

    { ngx_string("ssl_certificate_key"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_client_conf_t, ssl_certificate_key),
      &ngx_http_plaid_client_path_post },

    { ngx_string("ssl_name"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      ngx_http_plaid_client_offset(peer.ssl_name),
      &ngx_http_plaid_client_ssl_name_post },

    { ngx_string("http_version"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_client_choice,
      1,
      offsetof(ngx_http_plaid_client_conf_t, http_version),
      ngx_http_plaid_client_http_versions },

    { ngx_string("proxy_url"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_client_proxy,
      1,
      0,
      NULL },

    { ngx_string("resolver"),
      NGX_CONF_1MORE,
      ngx_http_plaid_client_resolver,
      1,
      0,
      NULL },

    { ngx_string("resolver_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      ngx_http_plaid_client_offset(resolver_timeout),
      &ngx_http_plaid_client_positive_post },

      ngx_null_command
};


char *
ngx_http_plaid_client_read(ngx_conf_t *cf, ngx_http_plaid_client_conf_t *pcf)
{
    char        *rv;
    ngx_conf_t   save;

    save = *cf;

    cf->handler = ngx_http_plaid_client_directive;
    cf->handler_conf = (char *) pcf;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


static char *
ngx_http_plaid_client_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_plaid_client_conf_t  *pcf = conf;

    char           *rv;
    ngx_str_t      *value;
    ngx_command_t  *cmd;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = ngx_http_plaid_client_commands; cmd->name.len; cmd++) {
        if (ngx_strcmp(value[0].data, cmd->name.data) == 0) {
            break;
        }
    }

    if (cmd->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown directive \"%V\" in plaid_client \"%V\"",
                           &value[0], &pcf->client->name);
        return NGX_CONF_ERROR;
    }

    if (!ngx_http_plaid_client_args(cf, cmd)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, cmd->conf ? (void *) pcf : (void *) pcf->client);

    if (rv == NGX_CONF_OK || rv == NGX_CONF_ERROR) {
        return rv;
    }

    if (ngx_strcmp(rv, "is duplicate") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                           &cmd->name, rv);
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" in \"%V\" directive",
                       rv, &value[1], &cmd->name);

    return NGX_CONF_ERROR;
}


static ngx_uint_t
ngx_http_plaid_client_args(ngx_conf_t *cf, ngx_command_t *cmd)
{
    if (cmd->type & NGX_CONF_1MORE) {
        return cf->args->nelts > 1;
    }

    return cf->args->nelts <= NGX_CONF_MAX_ARGS
           && (cmd->type & (NGX_CONF_NOARGS << (cf->args->nelts - 1)));
}


/* for the slots of sizes, times and numbers, all of them a machine word */

static char *
ngx_http_plaid_client_positive(ngx_conf_t *cf, void *post, void *data)
{
    ngx_uint_t  *value = data;

    return *value ? NGX_CONF_OK : "invalid value";
}


static char *
ngx_http_plaid_client_path(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *path = data;

    if (path->len == 0) {
        return "invalid value";
    }

    if (ngx_conf_full_name(cf->cycle, path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_client_ssl_name(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t  *name = data;

    return ngx_plaid_peer_host_check(name) == NGX_OK ? NGX_CONF_OK
                                                     : "invalid value";
}


static char *
ngx_http_plaid_client_choice(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                *value;
    ngx_uint_t               *field;
    ngx_http_plaid_choice_t  *choice;

    field = (ngx_uint_t *) (p + cmd->offset);

    if (*field != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    for (choice = cmd->post; choice->name.len; choice++) {
        if (ngx_strcmp(choice->name.data, value[1].data) == 0) {
            *field = choice->value;
            return NGX_CONF_OK;
        }
    }

    return "invalid value";
}


/* number [pass=number] [link=number] [key=number] */

static char *
ngx_http_plaid_client_inflight(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_int_t                 n;
    ngx_str_t                *value, s;
    ngx_uint_t                i, *limits;
    ngx_http_plaid_choice_t  *class;

    static ngx_http_plaid_choice_t  classes[] = {
        { ngx_string("pass="), NGX_PLAID_CLASS_PASS },
        { ngx_string("link="), NGX_PLAID_CLASS_LINK },
        { ngx_string("key="), NGX_PLAID_CLASS_KEY },
        { ngx_null_string, NGX_PLAID_CLASS_EXCHANGE }
    };

    limits = (ngx_uint_t *) (p + cmd->offset);
    value = cf->args->elts;

    if (limits[NGX_PLAID_CLASS_EXCHANGE] != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    for (i = 1; i < cf->args->nelts; i++) {

        for (class = classes; i > 1 && class->name.len; class++) {
            if (value[i].len > class->name.len
                && ngx_strncmp(value[i].data, class->name.data,
                               class->name.len)
                   == 0)
            {
                break;
            }
        }

        if (i == 1) {
            class = &classes[3];
        }

        s.data = value[i].data + class->name.len;
        s.len = value[i].len - class->name.len;

        n = ngx_atoi(s.data, s.len);

        if (n < 1 || limits[class->value] != NGX_CONF_UNSET_UINT) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid value \"%V\" in \"max_inflight\" "
                               "directive", &value[i]);
            return NGX_CONF_ERROR;
        }

        limits[class->value] = n;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_client_environment(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_plaid_client_conf_t  *pcf = conf;

    char                          *rv;
    ngx_str_t                     *value, *url;
    ngx_http_plaid_client_t       *client;
    ngx_http_plaid_environment_t  *env;

    client = pcf->client;

    if (client->environment.data) {
        return "is duplicate";
    }

    value = cf->args->elts;
    url = &value[1];

    client->environment = *url;

    for (env = ngx_http_plaid_environments; env->name.len; env++) {
        if (ngx_strcmp(env->name.data, url->data) == 0) {
            url = &env->url;
            break;
        }
    }

    client->token_env = env->name;
    client->dialect = env->dialect;

    rv = ngx_plaid_peer_url(cf, url, &client->peer);

    if (rv == NGX_CONF_OK || rv == NGX_CONF_ERROR) {
        return rv;
    }

    /* what stands before an "@" may be a password */

    if (ngx_strlchr(url->data, url->data + url->len, '@')) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"environment\" "
                           "directive", rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static char *
ngx_http_plaid_client_transport(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_plaid_client_conf_t  *pcf = conf;

    u_char     *p, *last;
    ngx_str_t  *value;

    if (pcf->transport) {
        return "is duplicate";
    }

    pcf->transport = 1;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "curl") == 0) {
        return cf->args->nelts == 2 ? NGX_CONF_OK : "needless parameter after";
    }

    if (ngx_strcmp(value[1].data, "subrequest") != 0) {
        return "invalid value";
    }

    if (cf->args->nelts == 2) {
        return "no URI after";
    }

    p = value[2].data;
    last = p + value[2].len;

    if (*p != '/'
        || ngx_strlchr(p, last, '?')
        || ngx_strlchr(p, last, '#')
        || ngx_strlchr(p, last, '$'))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid URI \"%V\" in \"transport\" directive",
                           &value[2]);
        return NGX_CONF_ERROR;
    }

    pcf->client->subrequest = value[2];

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_client_proxy(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_client_conf_t  *pcf = conf;

    char              *rv;
    ngx_str_t         *value;
    ngx_plaid_peer_t  *peer;

    peer = &pcf->client->peer;

    if (peer->proxied) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rv = ngx_plaid_peer_proxy(cf, &value[1], peer);

    if (rv == NGX_CONF_ERROR) {
        return rv;
    }

    if (rv == NGX_CONF_OK) {
        if (peer->proxy_password.len
            && ngx_http_plaid_client_wiped(cf, peer->proxy_password.data,
                                           peer->proxy_password.len)
               != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        return NGX_CONF_OK;
    }

    /* the value may hold a password */

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"proxy_url\" directive, "
                       "it must be http://[user:password@]host:port", rv);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_client_resolver(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_client_conf_t  *pcf = conf;

    ngx_str_t  *value;

    if (pcf->client->resolver || pcf->client->resolver_off) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "off") == 0) {
        pcf->client->resolver_off = 1;
        return NGX_CONF_OK;
    }

    pcf->client->resolver = ngx_resolver_create(cf, &value[1],
                                                cf->args->nelts - 1);
    if (pcf->client->resolver == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}

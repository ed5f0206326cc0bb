
/* plaid_redis name { ... }: its directives, and what they must agree on. */


#include "ngx_http_plaid_redis.h"


#if (NGX_PLAID_HIREDIS)

#define NGX_HTTP_PLAID_REDIS_PORT  6379


/* what is only known while the block is read */

typedef struct {
    ngx_plaid_redis_t          *redis;
    ngx_str_t                   password_file;
    ngx_flag_t                  ssl;
    ngx_flag_t                  ssl_verify;
    ngx_str_t                   ssl_trusted_certificate;
    ngx_str_t                   ssl_certificate;
    ngx_str_t                   ssl_certificate_key;
    ngx_str_t                   ssl_name;
    ngx_uint_t                  remote;      /* beyond this machine */
} ngx_http_plaid_redis_conf_t;


static ngx_int_t ngx_http_plaid_redis_name(ngx_conf_t *cf, ngx_str_t *name);
static ngx_plaid_redis_t *ngx_http_plaid_redis_create(ngx_conf_t *cf,
    ngx_str_t *name);
static char *ngx_http_plaid_redis_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_http_plaid_redis_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_plaid_redis_conf_t *rcf);
static char *ngx_http_plaid_redis_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_uint_t ngx_http_plaid_redis_remote(ngx_url_t *u);
static char *ngx_http_plaid_redis_password(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static void ngx_http_plaid_redis_wipe(void *data);
static char *ngx_http_plaid_redis_resolver(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_plaid_redis_positive(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_redis_path(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_redis_text(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_plaid_redis_complete(ngx_conf_t *cf,
    ngx_http_plaid_redis_conf_t *rcf);
static const char *ngx_http_plaid_redis_wrong(
    ngx_http_plaid_redis_conf_t *rcf);
static char *ngx_http_plaid_redis_tls(ngx_conf_t *cf,
    ngx_http_plaid_redis_conf_t *rcf);


static ngx_conf_post_t  ngx_http_plaid_redis_positive_post =
    { ngx_http_plaid_redis_positive };

static ngx_conf_post_t  ngx_http_plaid_redis_path_post =
    { ngx_http_plaid_redis_path };

static ngx_conf_post_t  ngx_http_plaid_redis_text_post =
    { ngx_http_plaid_redis_text };


/*
 * The directives of the block.  "conf" says what the offset is in: the server
 * (0) or what is only known while the block is read (1).
 */

static ngx_command_t  ngx_http_plaid_redis_commands[] = {

    { ngx_string("server"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_redis_server,
      1,
      0,
      NULL },

    { ngx_string("user"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_plaid_redis_t, user),
      &ngx_http_plaid_redis_text_post },

    { ngx_string("password_file"),
      NGX_CONF_TAKE1,
      ngx_http_plaid_redis_password,
      1,
      0,
      NULL },

    { ngx_string("database"),
      NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      0,
      offsetof(ngx_plaid_redis_t, database),
      NULL },

    { ngx_string("prefix"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      0,
      offsetof(ngx_plaid_redis_t, prefix),
      &ngx_http_plaid_redis_text_post },

    { ngx_string("connect_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_plaid_redis_t, connect_timeout),
      &ngx_http_plaid_redis_positive_post },

    { ngx_string("timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_plaid_redis_t, timeout),
      &ngx_http_plaid_redis_positive_post },

    { ngx_string("ssl"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl),
      NULL },

    { ngx_string("ssl_verify"),
      NGX_CONF_TAKE1,
      ngx_conf_set_flag_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl_verify),
      NULL },

    { ngx_string("ssl_trusted_certificate"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl_trusted_certificate),
      &ngx_http_plaid_redis_path_post },

    { ngx_string("ssl_certificate"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl_certificate),
      &ngx_http_plaid_redis_path_post },

    { ngx_string("ssl_certificate_key"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl_certificate_key),
      &ngx_http_plaid_redis_path_post },

    { ngx_string("ssl_name"),
      NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      1,
      offsetof(ngx_http_plaid_redis_conf_t, ssl_name),
      &ngx_http_plaid_redis_text_post },

    { ngx_string("resolver"),
      NGX_CONF_1MORE,
      ngx_http_plaid_redis_resolver,
      1,
      0,
      NULL },

    { ngx_string("resolver_timeout"),
      NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      0,
      offsetof(ngx_plaid_redis_t, resolver_timeout),
      &ngx_http_plaid_redis_positive_post },

      ngx_null_command
};


char *
ngx_http_plaid_redis_conf_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_main_conf_t *pmcf = conf;

    char                         *rv;
    ngx_str_t                    *value;
    ngx_conf_t                    save;
    ngx_plaid_redis_t           **elt;
    ngx_http_plaid_redis_conf_t   rcf;

    value = cf->args->elts;

    if (ngx_http_plaid_redis_name(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_plaid_redis_find(pmcf, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate plaid_redis \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (pmcf->redis == NULL) {
        pmcf->redis = ngx_array_create(cf->pool, 1,
                                       sizeof(ngx_plaid_redis_t *));
        if (pmcf->redis == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    ngx_memzero(&rcf, sizeof(ngx_http_plaid_redis_conf_t));

    rcf.ssl = NGX_CONF_UNSET;
    rcf.ssl_verify = NGX_CONF_UNSET;

    rcf.redis = ngx_http_plaid_redis_create(cf, &value[1]);
    if (rcf.redis == NULL) {
        return NGX_CONF_ERROR;
    }

    save = *cf;

    cf->handler = ngx_http_plaid_redis_directive;
    cf->handler_conf = (char *) &rcf;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    rv = ngx_http_plaid_redis_complete(cf, &rcf);

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    elt = ngx_array_push(pmcf->redis);
    if (elt == NULL) {
        return NGX_CONF_ERROR;
    }

    *elt = rcf.redis;

    return NGX_CONF_OK;
}


/* it goes into log lines and metrics */

static ngx_int_t
ngx_http_plaid_redis_name(ngx_conf_t *cf, ngx_str_t *name)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (ch <= 0x20 || ch >= 0x7f || ch == '"' || ch == '\\' || ch == '$') {
            break;
        }
    }

    if (i == 0 || i < name->len || i > NGX_PLAID_REDIS_STATS_NAME) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid name \"%V\" in \"plaid_redis\" directive",
                           name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_plaid_redis_t *
ngx_http_plaid_redis_create(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_plaid_redis_t  *redis;

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->name = *name;
    redis->database = NGX_CONF_UNSET_UINT;
    redis->connect_timeout = NGX_CONF_UNSET_MSEC;
    redis->timeout = NGX_CONF_UNSET_MSEC;
    redis->resolver_timeout = NGX_CONF_UNSET_MSEC;

    return redis;
}


static char *
ngx_http_plaid_redis_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_plaid_redis_conf_t *rcf = conf;

    ngx_str_t      *value;
    ngx_command_t  *cmd;

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    for (cmd = ngx_http_plaid_redis_commands; cmd->name.len; cmd++) {
        if (ngx_strcmp(value[0].data, cmd->name.data) == 0) {
            return ngx_http_plaid_redis_value(cf, cmd, rcf);
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "unknown directive \"%V\" in plaid_redis \"%V\"",
                       &value[0], &rcf->redis->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_redis_value(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_http_plaid_redis_conf_t *rcf)
{
    char       *rv;
    ngx_str_t  *value;

    if (cf->args->nelts < 2
        || (cf->args->nelts > 2 && !(cmd->type & NGX_CONF_1MORE)))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of arguments in \"%V\" directive",
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    rv = cmd->set(cf, cmd, cmd->conf ? (void *) rcf : (void *) rcf->redis);

    if (rv == NGX_CONF_OK || rv == NGX_CONF_ERROR) {
        return rv;
    }

    if (ngx_strcmp(rv, "is duplicate") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" directive %s",
                           &cmd->name, rv);
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" in \"%V\" directive",
                       rv, &value[1], &cmd->name);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_redis_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_redis_conf_t *rcf = conf;

    ngx_url_t           u;
    ngx_str_t          *value;
    ngx_plaid_redis_t  *redis;

    redis = rcf->redis;

    if (redis->server.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = value[1];
    u.default_port = NGX_HTTP_PLAID_REDIS_PORT;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        return u.err ? u.err : NGX_CONF_ERROR;
    }

    redis->server = value[1];
    redis->port = u.port;
    redis->addrs = u.addrs;
    redis->naddrs = u.naddrs;

    if (u.family == AF_UNIX) {
        return NGX_CONF_OK;
    }

    rcf->remote = ngx_http_plaid_redis_remote(&u);

    /* the certificate's name has no brackets, and the resolver's are lower */

    if (u.host.len > 2 && u.host.data[0] == '[') {
        u.host.data++;
        u.host.len -= 2;
    }

    redis->host.len = u.host.len;
    redis->host.data = ngx_pnalloc(cf->pool, u.host.len + 1);

    if (redis->host.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_strlow(redis->host.data, u.host.data, u.host.len);
    redis->host.data[u.host.len] = '\0';

    return NGX_CONF_OK;
}


/* a name that is not "localhost" may be anywhere */

static ngx_uint_t
ngx_http_plaid_redis_remote(ngx_url_t *u)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    if (u->naddrs == 0) {
        return u->host.len != sizeof("localhost") - 1
               || ngx_strncasecmp(u->host.data, (u_char *) "localhost",
                                  u->host.len)
                  != 0;
    }

#if (NGX_HAVE_INET6)

    if (u->addrs[0].sockaddr->sa_family == AF_INET6) {
        sin6 = (struct sockaddr_in6 *) u->addrs[0].sockaddr;

        return !IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);
    }

#endif

    sin = (struct sockaddr_in *) u->addrs[0].sockaddr;

    return (ntohl(sin->sin_addr.s_addr) >> 24) != 127;
}


static char *
ngx_http_plaid_redis_password(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_redis_conf_t *rcf = conf;

    ngx_str_t           *value;
    ngx_pool_cleanup_t  *cln;
    ngx_plaid_secret_t  *file;

    if (rcf->redis->password) {
        return "is duplicate";
    }

    value = cf->args->elts;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    file = ngx_pcalloc(cf->pool, sizeof(ngx_plaid_secret_t));

    if (cln == NULL || file == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_plaid_redis_wipe;
    cln->data = file;

    file->name = cmd->name;
    file->path = value[1];

    if (ngx_conf_full_name(cf->cycle, &file->path, 1) != NGX_OK
        || ngx_plaid_secret_load(file, cf->log) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rcf->redis->password = file;

    return NGX_CONF_OK;
}


static void
ngx_http_plaid_redis_wipe(void *data)
{
    ngx_plaid_secret_t *file = data;

    ngx_explicit_memzero(file->data, NGX_PLAID_SECRET_MAX);
}


static char *
ngx_http_plaid_redis_resolver(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_redis_conf_t *rcf = conf;

    ngx_str_t  *value;

    if (rcf->redis->resolver) {
        return "is duplicate";
    }

    value = cf->args->elts;

    rcf->redis->resolver = ngx_resolver_create(cf, &value[1],
                                               cf->args->nelts - 1);

    return rcf->redis->resolver ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_redis_positive(ngx_conf_t *cf, void *post, void *data)
{
    ngx_msec_t *value = data;

    return *value ? NGX_CONF_OK : "invalid value";
}


static char *
ngx_http_plaid_redis_path(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *path = data;

    if (path->len == 0) {
        return "invalid value";
    }

    return (ngx_conf_full_name(cf->cycle, path, 1) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* of printable ASCII, no longer than a prefix, as it goes into every key */

static char *
ngx_http_plaid_redis_text(ngx_conf_t *cf, void *post, void *data)
{
    ngx_str_t *text = data;

    size_t  i;

    for (i = 0; i < text->len; i++) {
        if (text->data[i] <= 0x20 || text->data[i] >= 0x7f) {
            return "invalid value";
        }
    }

    return (i && i <= NGX_PLAID_REDIS_PREFIX) ? NGX_CONF_OK : "invalid value";
}


static char *
ngx_http_plaid_redis_complete(ngx_conf_t *cf, ngx_http_plaid_redis_conf_t *rcf)
{
    const char         *why;
    ngx_plaid_redis_t  *redis;

    redis = rcf->redis;

    why = ngx_http_plaid_redis_wrong(rcf);

    if (why) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in plaid_redis \"%V\"",
                           why, &redis->name);
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_uint_value(redis->database, 0);
    ngx_conf_init_msec_value(redis->connect_timeout, 100);
    ngx_conf_init_msec_value(redis->timeout, 100);
    ngx_conf_init_value(rcf->ssl, 0);
    ngx_conf_init_value(rcf->ssl_verify, 1);

    if (redis->prefix.len == 0) {
        ngx_str_set(&redis->prefix, "plaid:");
    }

    if (rcf->ssl) {
        return ngx_http_plaid_redis_tls(cf, rcf);
    }

    if (rcf->remote) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "plaid_redis \"%V\" is asked without TLS beyond "
                           "this machine, its password and the names of "
                           "records can be read on the network",
                           &redis->name);
    }

    return NGX_CONF_OK;
}


static const char *
ngx_http_plaid_redis_wrong(ngx_http_plaid_redis_conf_t *rcf)
{
    if (rcf->redis->server.len == 0) {
        return "no \"server\"";
    }

    if (rcf->redis->user.len && rcf->redis->password == NULL) {
        return "no \"password_file\" for \"user\"";
    }

    if (rcf->ssl_certificate.len && rcf->ssl_certificate_key.len == 0) {
        return "no \"ssl_certificate_key\" for \"ssl_certificate\"";
    }

    if (rcf->ssl_certificate_key.len && rcf->ssl_certificate.len == 0) {
        return "no \"ssl_certificate\" for \"ssl_certificate_key\"";
    }

    if (rcf->ssl == 1 && rcf->redis->host.len == 0 && rcf->ssl_name.len == 0
        && rcf->ssl_verify != 0)
    {
        return "no \"ssl_name\" for a unix domain socket";
    }

    return NULL;
}


static char *
ngx_http_plaid_redis_tls(ngx_conf_t *cf, ngx_http_plaid_redis_conf_t *rcf)
{
    ngx_plaid_redis_t  *redis;

    redis = rcf->redis;

    redis->tls_verify = rcf->ssl_verify;
    redis->tls_name = rcf->ssl_name.len ? rcf->ssl_name : redis->host;

    return (ngx_plaid_redis_tls_init(cf, redis, &rcf->ssl_trusted_certificate,
                                     &rcf->ssl_certificate,
                                     &rcf->ssl_certificate_key)
            == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}

#else

char *
ngx_http_plaid_redis_conf_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"plaid_redis\" was left out, the module was built "
                       "without hiredis");

    return NGX_CONF_ERROR;
}

#endif


/*
 * What "nginx -t" says of the locations with plaid_link_token.
 */


#include "ngx_http_plaid_link.h"
#include "ngx_http_plaid_seal.h"


static ngx_int_t ngx_http_plaid_link_check_location(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_link_loc_conf_t *llcf);
static ngx_int_t ngx_http_plaid_link_check_client(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_link_loc_conf_t *llcf);
static ngx_int_t ngx_http_plaid_link_check_members(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf);
static ngx_int_t ngx_http_plaid_link_check_secret(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf);
static ngx_int_t ngx_http_plaid_link_check_url(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *path,
    ngx_uint_t query);
static void ngx_http_plaid_link_check_name(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf);
static ngx_int_t ngx_http_plaid_link_member(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *path, ngx_str_t *value);
static ngx_int_t ngx_http_plaid_link_invalid(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *what,
    const char *why);


ngx_int_t
ngx_http_plaid_link_check(ngx_conf_t *cf)
{
    ngx_uint_t                         i;
    ngx_http_plaid_main_conf_t        *pmcf;
    ngx_http_plaid_link_loc_conf_t   **llcf;
    ngx_http_plaid_link_main_conf_t   *lmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_module);
    lmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_plaid_link_module);

    llcf = lmcf->locations.elts;

    for (i = 0; i < lmcf->locations.nelts; i++) {
        if (ngx_http_plaid_link_check_location(cf, pmcf, llcf[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_link_check_location(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_int_t  rc;
    ngx_str_t  value;

    if (ngx_http_plaid_link_check_client(cf, pmcf, llcf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (llcf->user == NULL) {
        return ngx_http_plaid_link_invalid(cf, llcf, "plaid_link_token_user",
                                           "is missing");
    }

    if (ngx_http_plaid_link_check_members(cf, llcf) != NGX_OK
        || ngx_http_plaid_link_check_secret(cf, llcf) != NGX_OK
        || ngx_http_plaid_link_check_url(cf, llcf, "webhook", 1) != NGX_OK
        || ngx_http_plaid_link_check_url(cf, llcf, "redirect_uri", 0)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_plaid_link_check_name(cf, llcf);

    if (llcf->answer != NGX_HTTP_PLAID_LINK_REDIRECT) {
        return NGX_OK;
    }

    rc = ngx_http_plaid_link_member(cf, llcf, "hosted_link", &value);

    if (rc == NGX_DECLINED) {
        return ngx_http_plaid_link_invalid(cf, llcf,
                                           "plaid_link_token_answer redirect",
                                           "needs the member \"hosted_link\"");
    }

    return (rc == NGX_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_plaid_link_check_client(ngx_conf_t *cf,
    ngx_http_plaid_main_conf_t *pmcf, ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_str_t                *uri;
    ngx_http_plaid_client_t  *client;

    client = pmcf->clients
             ? ngx_http_plaid_client_find(pmcf->clients, &llcf->name) : NULL;

    if (client == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown plaid_client \"%V\" in \"plaid_link_token\" "
                      "in %s:%ui", &llcf->name, llcf->conf_file,
                      llcf->conf_line);
        return NGX_ERROR;
    }

    llcf->client = client;

    if (client->dialect == NGX_PLAID_LEGACY) {
        return ngx_http_plaid_link_invalid(cf, llcf, "plaid_link_token",
                                           "needs a client of the current "
                                           "API, there are no link tokens in "
                                           "the legacy one");
    }

    uri = &client->subrequest;

    if (uri->len && uri->data[uri->len - 1] != '/') {
        return ngx_http_plaid_link_invalid(cf, llcf, "plaid_link_token",
                                           "needs a \"transport subrequest\" "
                                           "whose URI ends in \"/\"");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_plaid_link_check_members(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_int_t     rc;
    ngx_str_t     value;
    const char  **name;

    static const char  *required[] = {
        "client_name",
        "language",
        "country_codes",
        "products",
        NULL
    };

    for (name = required; *name; name++) {

        if (llcf->access && ngx_strcmp(*name, "products") == 0) {
            continue;
        }

        rc = ngx_http_plaid_link_member(cf, llcf, *name, &value);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"plaid_link_token\" has no member \"%s\" from "
                          "\"plaid_link_token_file\" or "
                          "\"plaid_link_token_set\" in %s:%ui",
                          *name, llcf->conf_file, llcf->conf_line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* a constant secret, or the content of its file, has no place in there */

static ngx_int_t
ngx_http_plaid_link_check_secret(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_str_t                     secret;
    ngx_http_plaid_credential_t  *credential;

    credential = &llcf->client->secret;

    ngx_str_null(&secret);

    if (credential->file) {
        secret = credential->file->value;

    } else if (credential->value && credential->value->lengths == NULL) {
        secret = credential->value->value;
    }

    /* what is shorter is found in any text */

    if (secret.len < 8 || llcf->file == NULL
        || !ngx_plaid_contains(llcf->file->text.data, llcf->file->text.len,
                               &secret))
    {
        return NGX_OK;
    }

    return ngx_http_plaid_link_invalid(cf, llcf, "plaid_link_token_file",
                                       "has the secret of the client");
}


static ngx_int_t
ngx_http_plaid_link_check_url(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *path, ngx_uint_t query)
{
    ngx_int_t  rc;
    ngx_str_t  value;

    rc = ngx_http_plaid_link_member(cf, llcf, path, &value);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED || value.len == 0) {
        return NGX_OK;
    }

    if ((value.len <= 8
         || ngx_strncasecmp(value.data, (u_char *) "https://", 8) != 0)
        && (value.len <= 7
            || ngx_strncasecmp(value.data, (u_char *) "http://", 7) != 0))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_link_token\" has a \"%s\" that is not a URL: "
                      "\"%V\" in %s:%ui", path, &value, llcf->conf_file,
                      llcf->conf_line);
        return NGX_ERROR;
    }

    if (!query && ngx_strlchr(value.data, value.data + value.len, '?')) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"plaid_link_token\" has a \"%s\" with a query, which "
                      "Plaid refuses: \"%V\" in %s:%ui", path, &value,
                      llcf->conf_file, llcf->conf_line);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_http_plaid_link_check_name(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf)
{
    ngx_str_t  value;

    if (ngx_http_plaid_link_member(cf, llcf, "client_name", &value) == NGX_OK
        && value.len
        && ngx_utf8_length(value.data, value.len) > NGX_PLAID_LINK_NAME_MAX)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"client_name\" \"%V\" is longer than %d characters, "
                      "Link shows \"This Application\" instead in %s:%ui",
                      &value, NGX_PLAID_LINK_NAME_MAX, llcf->conf_file,
                      llcf->conf_line);
    }
}


/*
 * The member "path" as it is without a request: NGX_OK, with its value when
 * that is a constant string; NGX_DECLINED, nothing sets it; NGX_ERROR.
 */

static ngx_int_t
ngx_http_plaid_link_member(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *path, ngx_str_t *value)
{
    size_t                      len;
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_http_plaid_link_set_t  *set;

    ngx_str_null(value);

    rc = NGX_DECLINED;
    len = ngx_strlen(path);

    if (llcf->file) {
        rc = ngx_plaid_link_file_member(cf->pool, &llcf->file->text, path,
                                        value);
    }

    if (rc == NGX_ERROR || llcf->sets == NULL) {
        return rc;
    }

    set = llcf->sets->elts;

    for (i = 0; i < llcf->sets->nelts; i++) {

        if (set[i].path.len < len
            || ngx_strncmp(set[i].path.data, path, len) != 0)
        {
            continue;
        }

        if (set[i].path.len > len) {
            /* a member of it */
            rc = (set[i].path.data[len] == '.') ? NGX_OK : rc;
            continue;
        }

        ngx_str_null(value);
        rc = NGX_OK;

        if (set[i].value.lengths == NULL) {
            *value = set[i].value.value;
            rc = value->len ? NGX_OK : NGX_DECLINED;
        }
    }

    return rc;
}


static ngx_int_t
ngx_http_plaid_link_invalid(ngx_conf_t *cf,
    ngx_http_plaid_link_loc_conf_t *llcf, const char *what, const char *why)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%s\" %s in %s:%ui",
                  what, why, llcf->conf_file, llcf->conf_line);

    return NGX_ERROR;
}

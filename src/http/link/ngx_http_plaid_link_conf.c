
/*
 * The directives of plaid_link_token, as they are read.
 */


#include "ngx_http_plaid_link.h"
#include "ngx_http_plaid_seal.h"
#include "ngx_plaid_file.h"


static char *ngx_http_plaid_link_complex(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv);
static char *ngx_http_plaid_link_type(ngx_conf_t *cf, ngx_str_t *name,
    ngx_plaid_link_type_e *type);
static char *ngx_http_plaid_link_invalid_path(ngx_conf_t *cf,
    ngx_command_t *cmd, ngx_str_t *path);
static char *ngx_http_plaid_link_read_file(ngx_conf_t *cf,
    ngx_http_plaid_link_file_t *file);
static ngx_uint_t ngx_http_plaid_link_is_origin(ngx_str_t *value);


char *
ngx_http_plaid_link_token(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t                 *value;
    ngx_http_core_loc_conf_t  *clcf;

    if (llcf->conf_file) {
        return "is duplicate";
    }

    value = cf->args->elts;

    llcf->conf_file = cf->conf_file->file.name.data;
    llcf->conf_line = cf->conf_file->line;

    if (value[1].len == 3 && ngx_strncmp(value[1].data, "off", 3) == 0) {
        return NGX_CONF_OK;
    }

    if (value[1].len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"plaid_link_token\" has no client");
        return NGX_CONF_ERROR;
    }

    llcf->name = value[1];

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_plaid_link_handler;

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_link_user(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t  *value;

    if (llcf->user != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    llcf->user = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (llcf->user == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_plaid_seal_chosen(cf, "\"plaid_link_token_user\"", &value[1]);

    return ngx_http_plaid_link_complex(cf, &value[1], llcf->user);
}


static char *
ngx_http_plaid_link_complex(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t *cv)
{
    ngx_http_compile_complex_value_t  ccv;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = cv;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


char *
ngx_http_plaid_link_token_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t  *value;

    if (llcf->file != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    llcf->file = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_link_file_t));
    if (llcf->file == NULL) {
        return NGX_CONF_ERROR;
    }

    llcf->file->path = value[1];

    if (ngx_conf_full_name(cf->cycle, &llcf->file->path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_http_plaid_link_read_file(cf, llcf->file);
}


static char *
ngx_http_plaid_link_read_file(ngx_conf_t *cf, ngx_http_plaid_link_file_t *file)
{
    u_char      *buf;
    ssize_t      n;
    ngx_err_t    err;
    ngx_uint_t   line, shared;
    const char  *why;

    /* one byte more: a file of the greatest size is not too large */

    buf = ngx_palloc(cf->pool, NGX_PLAID_LINK_FILE_MAX + 1);
    if (buf == NULL) {
        return NGX_CONF_ERROR;
    }

    n = ngx_plaid_file_read(&file->path, buf, NGX_PLAID_LINK_FILE_MAX + 1,
                            &why, &err, &shared);

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, err,
                           "\"plaid_link_token_file\" \"%V\" %s",
                           &file->path, why);
        return NGX_CONF_ERROR;
    }

    file->text.data = buf;
    file->text.len = n;

    why = (n == 0) ? "is empty" : ngx_plaid_link_file(&file->text, &line);

    if (why == NULL) {
        return NGX_CONF_OK;
    }

    if (n && line) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"plaid_link_token_file\" \"%V\" %s, line %ui",
                           &file->path, why, line);
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"plaid_link_token_file\" \"%V\" %s",
                       &file->path, why);
    return NGX_CONF_ERROR;
}


char *
ngx_http_plaid_link_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_http_plaid_link_set_t  *set;

    value = cf->args->elts;

    if (ngx_plaid_link_path(&value[1]) != NULL) {
        return ngx_http_plaid_link_invalid_path(cf, cmd, &value[1]);
    }

    if (llcf->sets == NGX_CONF_UNSET_PTR) {
        llcf->sets = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_http_plaid_link_set_t));
        if (llcf->sets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    set = ngx_array_push(llcf->sets);
    if (set == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(set, sizeof(ngx_http_plaid_link_set_t));

    set->path = value[1];

    if (cf->args->nelts == 4) {
        rv = ngx_http_plaid_link_type(cf, &value[3], &set->type);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    rv = ngx_http_plaid_link_complex(cf, &value[2], &set->value);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    if (set->value.lengths == NULL && value[2].len
        && ngx_plaid_link_value(set->type, &set->value.value) != NGX_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"plaid_link_token_set\" "
                           "directive", &value[2]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_plaid_link_type(ngx_conf_t *cf, ngx_str_t *name,
    ngx_plaid_link_type_e *type)
{
    ngx_conf_enum_t  *e;

    static ngx_conf_enum_t  types[] = {
        { ngx_string("string"), NGX_PLAID_LINK_STRING },
        { ngx_string("number"), NGX_PLAID_LINK_NUMBER },
        { ngx_string("bool"), NGX_PLAID_LINK_BOOL },
        { ngx_string("list"), NGX_PLAID_LINK_LIST },
        { ngx_null_string, 0 }
    };

    for (e = types; e->name.len; e++) {
        if (e->name.len == name->len
            && ngx_strncmp(e->name.data, name->data, name->len) == 0)
        {
            *type = e->value;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid type \"%V\" in \"plaid_link_token_set\" "
                       "directive", name);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_plaid_link_invalid_path(ngx_conf_t *cf, ngx_command_t *cmd,
    ngx_str_t *path)
{
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "member \"%V\" in \"%V\" directive %s", path,
                       &cmd->name, ngx_plaid_link_path(path));
    return NGX_CONF_ERROR;
}


char *
ngx_http_plaid_link_choice(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t                     *value, *s;
    ngx_uint_t                     i;
    ngx_http_plaid_link_choice_t  *choice;

    value = cf->args->elts;

    if (ngx_plaid_link_path(&value[1]) != NULL) {
        return ngx_http_plaid_link_invalid_path(cf, cmd, &value[1]);
    }

    if (llcf->choices == NGX_CONF_UNSET_PTR) {
        llcf->choices = ngx_array_create(cf->pool, 2,
                                         sizeof(ngx_http_plaid_link_choice_t));
        if (llcf->choices == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    choice = llcf->choices->elts;

    for (i = 0; i < llcf->choices->nelts; i++) {
        if (choice[i].path.len == value[1].len
            && ngx_strncmp(choice[i].path.data, value[1].data, value[1].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate choice \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    choice = ngx_array_push(llcf->choices);
    if (choice == NULL) {
        return NGX_CONF_ERROR;
    }

    choice->path = value[1];

    if (ngx_array_init(&choice->values, cf->pool, cf->args->nelts - 2,
                       sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        s = ngx_array_push(&choice->values);
        if (s == NULL) {
            return NGX_CONF_ERROR;
        }

        *s = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_http_plaid_link_access(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t  *value;

    if (llcf->access != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    llcf->access = ngx_pcalloc(cf->pool, sizeof(ngx_http_plaid_link_access_t));
    if (llcf->access == NULL) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (value[2].len != sizeof("keep_products") - 1
            || ngx_strncmp(value[2].data, "keep_products", value[2].len) != 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" in "
                               "\"plaid_link_token_access\" directive",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        llcf->access->keep_products = 1;
    }

    return ngx_http_plaid_link_complex(cf, &value[1], &llcf->access->value);
}


char *
ngx_http_plaid_link_origins(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_plaid_link_loc_conf_t *llcf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (llcf->origin != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    llcf->origin = NGX_HTTP_PLAID_LINK_SAME;
    llcf->origins = ngx_array_create(cf->pool, 2, sizeof(ngx_str_t));
    if (llcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "same") == 0) {
            continue;
        }

        if (ngx_strcmp(value[i].data, "any") == 0) {
            llcf->origin = NGX_HTTP_PLAID_LINK_ANY;
            continue;
        }

        if (!ngx_http_plaid_link_is_origin(&value[i])) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\" in "
                               "\"plaid_link_token_origin\" directive",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        origin = ngx_array_push(llcf->origins);
        if (origin == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_strlow(value[i].data, value[i].data, value[i].len);
        *origin = value[i];
    }

    return NGX_CONF_OK;
}


/* scheme://host[:port], as browsers send it (RFC 6454, 6.2) */

static ngx_uint_t
ngx_http_plaid_link_is_origin(ngx_str_t *value)
{
    u_char  *p, *last;

    p = value->data;
    last = p + value->len;

    while (p < last && *p != ':') {
        if (!((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
            && !(p > value->data && ((*p >= '0' && *p <= '9') || *p == '+'
                                     || *p == '-' || *p == '.')))
        {
            return 0;
        }

        p++;
    }

    if (p == value->data || last - p < 4 || ngx_strncmp(p, "://", 3) != 0) {
        return 0;
    }

    for (p += 3; p < last; p++) {
        if (*p <= 0x20 || *p >= 0x7f || *p == '/' || *p == '?' || *p == '#'
            || *p == '@' || *p == '*' || *p == '$' || *p == ',')
        {
            return 0;
        }
    }

    return 1;
}

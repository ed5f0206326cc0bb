
/*
 * Files of keys: loaded by "nginx -t", polled by workers.
 */


#include "ngx_plaid_keyfile.h"
#include "ngx_plaid_file.h"


static ngx_int_t ngx_plaid_keyfile_read(ngx_plaid_keyfile_t *file,
    ngx_log_t *log, ngx_uint_t first);
static void ngx_plaid_keyfile_log(ngx_plaid_keyfile_t *file, ngx_log_t *log,
    ngx_err_t err, const char *why, ngx_uint_t line, ngx_uint_t first);


ngx_int_t
ngx_plaid_keyfile_load(ngx_plaid_keyfile_t *file, ngx_log_t *log)
{
    file->failed = 0;

    return ngx_plaid_keyfile_read(file, log, 1) == NGX_DECLINED ? NGX_ERROR
                                                                : NGX_OK;
}


ngx_int_t
ngx_plaid_keyfile_poll(ngx_plaid_keyfile_t *file, ngx_log_t *log)
{
    ngx_int_t  rc;

    rc = ngx_plaid_keyfile_read(file, log, 0);

    if (rc == NGX_DECLINED) {
        file->failed = 1;
        return NGX_DECLINED;
    }

    if (file->failed) {
        file->failed = 0;
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "\"%V\" \"%V\" is usable again",
                      &file->name, &file->path);
    }

    return rc;
}


static ngx_int_t
ngx_plaid_keyfile_read(ngx_plaid_keyfile_t *file, ngx_log_t *log,
    ngx_uint_t first)
{
    void        *keys;
    u_char       buf[NGX_PLAID_KEYFILE_MAX];
    ssize_t      n;
    ngx_err_t    err;
    ngx_int_t    rc;
    ngx_str_t    text;
    ngx_uint_t   shared, line;
    const char  *why;

    err = 0;
    line = 0;
    why = NULL;

    n = ngx_plaid_file_read(&file->path, buf, NGX_PLAID_KEYFILE_MAX, &why,
                            &err, &shared);

    if (n == NGX_ERROR) {
        rc = NGX_DECLINED;

    } else {
        text.data = buf;
        text.len = n;

        rc = file->parse(file->spare, &text, &why, &line);

        if (rc == NGX_ERROR) {
            why = "cannot be used, OpenSSL failed";
            rc = NGX_DECLINED;
        }
    }

    ngx_explicit_memzero(buf, NGX_PLAID_KEYFILE_MAX);

    if (rc != NGX_OK) {
        if (!file->failed) {
            ngx_plaid_keyfile_log(file, log, err, why, line, first);
        }

        return NGX_DECLINED;
    }

    if (first && shared) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"%V\" \"%V\" can be read by every user of the system",
                      &file->name, &file->path);
    }

    if (ngx_memcmp(file->keys, file->spare, file->size) != 0) {
        keys = file->keys;
        file->keys = file->spare;
        file->spare = keys;
        rc = NGX_AGAIN;
    }

    ngx_explicit_memzero(file->spare, file->size);

    return rc;
}


static void
ngx_plaid_keyfile_log(ngx_plaid_keyfile_t *file, ngx_log_t *log,
    ngx_err_t err, const char *why, ngx_uint_t line, ngx_uint_t first)
{
    u_char      where[sizeof(", line ") + NGX_INT_T_LEN], *p;
    ngx_uint_t  level;

    level = first ? NGX_LOG_EMERG : NGX_LOG_ERR;
    p = where;

    if (line) {
        p = ngx_sprintf(p, ", line %ui", line);
    }

    *p = '\0';

    ngx_log_error(level, log, err,
                  "\"%V\" \"%V\" %s%s%s", &file->name, &file->path, why,
                  where, first ? "" : ", keeping the previous keys");
}


#include "ngx_plaid_secret.h"
#include "ngx_plaid_file.h"


/* two bytes of newline, and one more to see that the file goes on */
#define NGX_PLAID_SECRET_BUFFER   (NGX_PLAID_SECRET_MAX + 3)


static ngx_int_t ngx_plaid_secret_read(ngx_plaid_secret_t *secret,
    ngx_log_t *log, ngx_uint_t level, ngx_uint_t first);


const char *
ngx_plaid_secret_check(ngx_str_t *value)
{
    size_t  i;

    if (value->len == 0) {
        return "is empty";
    }

    if (value->len > NGX_PLAID_SECRET_MAX) {
        return "is too long";
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] < 0x20 || value->data[i] > 0x7e) {
            return "has bytes that are not printable ASCII";
        }
    }

    return NULL;
}


ngx_int_t
ngx_plaid_secret_load(ngx_plaid_secret_t *secret, ngx_log_t *log)
{
    secret->value.len = 0;
    secret->value.data = secret->data;
    secret->failed = 0;

    if (ngx_plaid_secret_read(secret, log, NGX_LOG_EMERG, 1) == NGX_DECLINED) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_secret_poll(ngx_plaid_secret_t *secret, ngx_log_t *log)
{
    ngx_int_t  rc;

    rc = ngx_plaid_secret_read(secret, log, NGX_LOG_ERR, 0);

    if (rc == NGX_DECLINED) {
        secret->failed = 1;
        return NGX_DECLINED;
    }

    if (secret->failed) {
        secret->failed = 0;
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "\"%V\" \"%V\" is usable again",
                      &secret->name, &secret->path);
    }

    return rc;
}


/*
 * NGX_OK: nothing new; NGX_AGAIN: a new value; NGX_DECLINED: the file is not
 * usable, which is logged at "level" unless it was so before.
 */

static ngx_int_t
ngx_plaid_secret_read(ngx_plaid_secret_t *secret, ngx_log_t *log,
    ngx_uint_t level, ngx_uint_t first)
{
    u_char       buf[NGX_PLAID_SECRET_BUFFER];
    ssize_t      n;
    ngx_err_t    err;
    ngx_int_t    rc;
    ngx_str_t    value;
    ngx_uint_t   shared;
    const char  *why;

    n = ngx_plaid_file_read(&secret->path, buf, NGX_PLAID_SECRET_BUFFER, &why,
                            &err, &shared);

    if (n == NGX_ERROR) {
        rc = NGX_DECLINED;
        goto done;
    }

    value.len = n;
    value.data = buf;

    while (value.len
           && (value.data[value.len - 1] == LF
               || value.data[value.len - 1] == CR))
    {
        value.len--;
    }

    err = 0;
    why = ngx_plaid_secret_check(&value);

    if (why) {
        rc = NGX_DECLINED;
        goto done;
    }

    if (first && shared) {
        ngx_log_error(NGX_LOG_WARN, log, 0,
                      "\"%V\" \"%V\" can be read by every user of the system",
                      &secret->name, &secret->path);
    }

    if (value.len == secret->value.len
        && ngx_memcmp(value.data, secret->value.data, value.len) == 0)
    {
        rc = NGX_OK;
        goto done;
    }

    ngx_explicit_memzero(secret->data, NGX_PLAID_SECRET_MAX);
    ngx_memcpy(secret->data, value.data, value.len);
    secret->value.len = value.len;
    secret->loaded = ngx_time();

    rc = NGX_AGAIN;

done:

    ngx_explicit_memzero(buf, NGX_PLAID_SECRET_BUFFER);

    if (rc == NGX_DECLINED && !secret->failed) {
        ngx_log_error(level, log, err, "\"%V\" \"%V\" %s%s", &secret->name,
                      &secret->path, why,
                      first ? "" : ", its last good value stays");
    }

    return rc;
}

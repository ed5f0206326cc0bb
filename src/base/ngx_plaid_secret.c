
#include "ngx_plaid_secret.h"
#include "ngx_plaid_file.h"


/* how old a change must be for the next one to have another time, seconds */
#define NGX_PLAID_SECRET_SETTLED  2

/* two bytes of newline, and one more to see that the file goes on */
#define NGX_PLAID_SECRET_BUFFER   (NGX_PLAID_SECRET_MAX + 3)


static ngx_uint_t ngx_plaid_secret_same(ngx_plaid_secret_t *secret);
static ngx_int_t ngx_plaid_secret_read(ngx_plaid_secret_t *secret,
    ngx_log_t *log, ngx_uint_t level, ngx_uint_t first);


const char *
ngx_plaid_secret_check(ngx_str_t *value)
{
    size_t  i;

    if (value->len == 0) {
        return "is empty";
    }

    if (value->len >= 3 && ngx_memcmp(value->data, "\xef\xbb\xbf", 3) == 0) {
        return "begins with a UTF-8 byte order mark";
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

    if (ngx_plaid_secret_same(secret)) {
        return NGX_OK;
    }

    rc = ngx_plaid_secret_read(secret, log, NGX_LOG_ERR, 0);

    if (rc == NGX_ABORT) {

        if (secret->denied) {
            return NGX_OK;
        }

        secret->denied = 1;
        return NGX_ABORT;
    }

    secret->denied = 0;

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
 * 1 when the file is the one that was read last.  A file that changed shortly
 * before it was read may change again without a trace.
 */

static ngx_uint_t
ngx_plaid_secret_same(ngx_plaid_secret_t *secret)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(secret->path.data, &fi) == NGX_FILE_ERROR) {
        return 0;
    }

    if (secret->settled
        && fi.st_dev == secret->info.st_dev
        && fi.st_ino == secret->info.st_ino
        && fi.st_size == secret->info.st_size
        && fi.st_mtime == secret->info.st_mtime
        && fi.st_ctime == secret->info.st_ctime)
    {
        return 1;
    }

    secret->info = fi;
    secret->settled = 0;

    return 0;
}


/*
 * NGX_OK: nothing new; NGX_AGAIN: a new value; NGX_DECLINED: the file is not
 * usable, which is logged at "level" unless it was so before; NGX_ABORT: it is
 * for others, after it was read once.
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
        rc = (!first && err == NGX_EACCES) ? NGX_ABORT : NGX_DECLINED;
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

    secret->settled = (ngx_time() - ngx_max(secret->info.st_mtime,
                                            secret->info.st_ctime)
                       > NGX_PLAID_SECRET_SETTLED);

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

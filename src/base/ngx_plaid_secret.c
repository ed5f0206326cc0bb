
#include "ngx_plaid_secret.h"


/* two bytes of newline, and one more to see that the file goes on */
#define NGX_PLAID_SECRET_BUFFER   (NGX_PLAID_SECRET_MAX + 3)


static ngx_int_t ngx_plaid_secret_read(ngx_plaid_secret_t *secret,
    ngx_log_t *log, ngx_uint_t level, ngx_uint_t first);
static ssize_t ngx_plaid_secret_content(ngx_plaid_secret_t *secret,
    u_char *buf, const char **why, ngx_err_t *err, ngx_uint_t *shared);
static ssize_t ngx_plaid_secret_read_fd(ngx_fd_t fd, u_char *buf);


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

    n = ngx_plaid_secret_content(secret, buf, &why, &err, &shared);

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


/*
 * The file's first bytes into "buf"; NGX_ERROR with "why" and "err" set.
 * "shared" tells whether others can read the file.
 */

static ssize_t
ngx_plaid_secret_content(ngx_plaid_secret_t *secret, u_char *buf,
    const char **why, ngx_err_t *err, ngx_uint_t *shared)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    /* a FIFO opened without O_NONBLOCK would stop the worker */

    fd = ngx_open_file(secret->path.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        *err = ngx_errno;
        *why = "cannot be opened";
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        n = NGX_ERROR;
        *err = ngx_errno;
        *why = "cannot be examined";

    } else if (!ngx_is_file(&fi)) {
        n = NGX_ERROR;
        *err = 0;
        *why = "is not a regular file";

    } else {
        *shared = fi.st_mode & S_IROTH;

        n = ngx_plaid_secret_read_fd(fd, buf);

        if (n == NGX_ERROR) {
            *err = ngx_errno;
            *why = "cannot be read";

        } else if (n == NGX_PLAID_SECRET_BUFFER) {
            n = NGX_ERROR;
            *err = 0;
            *why = "is too long";
        }
    }

    (void) ngx_close_file(fd);

    return n;
}


static ssize_t
ngx_plaid_secret_read_fd(ngx_fd_t fd, u_char *buf)
{
    size_t   len;
    ssize_t  n;

    len = 0;

    while (len < NGX_PLAID_SECRET_BUFFER) {

        n = ngx_read_fd(fd, buf + len, NGX_PLAID_SECRET_BUFFER - len);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n == -1) {
            return NGX_ERROR;
        }

        if (n == 0) {
            break;
        }

        len += n;
    }

    return len;
}

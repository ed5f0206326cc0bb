
/*
 * Reads small files: keys and credentials.
 */


#include "ngx_plaid_file.h"


static ssize_t ngx_plaid_file_read_fd(ngx_fd_t fd, u_char *buf, size_t size);


ssize_t
ngx_plaid_file_read(ngx_str_t *path, u_char *buf, size_t size,
    const char **why, ngx_err_t *err, ngx_uint_t *shared)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_file_info_t  fi;

    *shared = 0;

    /* a FIFO opened without O_NONBLOCK would stop the worker */

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
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
        *shared = (fi.st_mode & S_IROTH) ? 1 : 0;

        n = ngx_plaid_file_read_fd(fd, buf, size);

        if (n == NGX_ERROR) {
            *err = ngx_errno;
            *why = "cannot be read";

        } else if ((size_t) n == size) {
            n = NGX_ERROR;
            *err = 0;
            *why = "is too long";
        }
    }

    (void) ngx_close_file(fd);

    return n;
}


static ssize_t
ngx_plaid_file_read_fd(ngx_fd_t fd, u_char *buf, size_t size)
{
    size_t   len;
    ssize_t  n;

    len = 0;

    while (len < size) {

        n = ngx_read_fd(fd, buf + len, size - len);

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


ngx_int_t
ngx_plaid_file_line(ngx_str_t *text, ngx_str_t *line)
{
    u_char  *p, *last;

    if (text->len == 0) {
        return NGX_DONE;
    }

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, LF);

    line->data = text->data;
    line->len = (p ? p : last) - text->data;

    text->data = p ? p + 1 : last;
    text->len = last - text->data;

    while (line->len
           && (line->data[line->len - 1] == CR
               || line->data[line->len - 1] == ' '
               || line->data[line->len - 1] == '\t'))
    {
        line->len--;
    }

    while (line->len && (*line->data == ' ' || *line->data == '\t')) {
        line->data++;
        line->len--;
    }

    return NGX_OK;
}


void
ngx_plaid_file_word(ngx_str_t *line, ngx_str_t *word)
{
    u_char  *p, *last;

    p = line->data;
    last = p + line->len;

    word->data = p;

    while (p < last && *p != ' ' && *p != '\t') {
        p++;
    }

    word->len = p - word->data;

    while (p < last && (*p == ' ' || *p == '\t')) {
        p++;
    }

    line->data = p;
    line->len = last - p;
}

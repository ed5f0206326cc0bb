
/*
 * A credential kept in a file, re-read when its content changes.
 *
 * Promises: the value is the file's content without its trailing newline; it
 * follows a rename or a swapped symlink of any directory on the way (the path
 * is opened again each time); while the file cannot be read, is empty, too
 * long or not printable, the last good value stays; a replaced value is wiped.
 */


#ifndef _NGX_PLAID_SECRET_H_INCLUDED_
#define _NGX_PLAID_SECRET_H_INCLUDED_


#include "ngx_plaid.h"


/* longest credential; Plaid's have 24 to 30 bytes */
#define NGX_PLAID_SECRET_MAX      512

/* how often a worker looks at its credential files, milliseconds */
#define NGX_PLAID_SECRET_POLL     1000


typedef struct {
    ngx_str_t                  name;         /* directive, for log lines */
    ngx_str_t                  path;         /* NUL-terminated */
    ngx_str_t                  value;        /* in "data" below */
    time_t                     loaded;       /* when "value" was read */
    ngx_file_info_t            info;         /* of the file then */
    unsigned                   failed:1;
    unsigned                   denied:1;     /* to this process */
    unsigned                   settled:1;    /* "info" tells of any change */
    u_char                     data[NGX_PLAID_SECRET_MAX];
} ngx_plaid_secret_t;


/*
 * NULL when "value" can be a credential: 1 to NGX_PLAID_SECRET_MAX bytes of
 * printable ASCII, as a header field takes them; else a constant that says
 * what is wrong and reads well after the name of the directive.
 */
const char *ngx_plaid_secret_check(ngx_str_t *value);

/*
 * Reads the file for the first time; called while the configuration is read.
 * "name" and "path" are set by the caller.  NGX_OK, or NGX_ERROR with one
 * line logged to "log" at emerg that names the path.  A file that others can
 * read is warned about.
 */
ngx_int_t ngx_plaid_secret_load(ngx_plaid_secret_t *secret, ngx_log_t *log);

/*
 * Reads the file again if it may have changed.  NGX_OK: nothing new;
 * NGX_AGAIN: there is a new value; NGX_DECLINED: not readable, the old value
 * stays (logged once, at error, until it is readable again, which is logged at
 * notice); NGX_ABORT: this process may not read it, which is no fault and not
 * logged, told once.
 */
ngx_int_t ngx_plaid_secret_poll(ngx_plaid_secret_t *secret, ngx_log_t *log);


#endif /* _NGX_PLAID_SECRET_H_INCLUDED_ */

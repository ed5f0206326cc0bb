
/*
 * A file of keys that is read again when its content changes.
 *
 * Promises: a file that cannot be read or does not parse leaves the keys that
 * were read last, and is logged once, until it is usable again; keys that
 * were replaced are wiped.
 */


#ifndef _NGX_PLAID_KEYFILE_H_INCLUDED_
#define _NGX_PLAID_KEYFILE_H_INCLUDED_


#include "ngx_plaid.h"


/* longest file of keys, the keys of sealing and those of apps alike */
#define NGX_PLAID_KEYFILE_MAX     16384


/*
 * Reads "text" into "keys", all of whose bytes are set.  NGX_OK; NGX_DECLINED,
 * "why" is a constant that reads well after the name of a file and "line" the
 * number of the line, or 0; NGX_ERROR.
 */
typedef ngx_int_t (*ngx_plaid_keyfile_parse_pt)(void *keys, ngx_str_t *text,
    const char **why, ngx_uint_t *line);


typedef struct {
    /* set by the caller */

    ngx_str_t                    name;       /* directive, for log lines */
    ngx_str_t                    path;       /* NUL-terminated */
    ngx_plaid_keyfile_parse_pt   parse;
    void                        *keys;
    void                        *spare;      /* for the next ones */
    size_t                       size;       /* of each of both */

    ngx_uint_t                   failed;     /* unsigned  failed:1; */
} ngx_plaid_keyfile_t;


/*
 * Reads the file for the first time; called while the configuration is read.
 * NGX_OK, or NGX_ERROR with one line logged to "log" at emerg that names the
 * path.  A file that others can read is warned about.
 */
ngx_int_t ngx_plaid_keyfile_load(ngx_plaid_keyfile_t *file, ngx_log_t *log);

/*
 * Reads the file again.  NGX_OK: nothing new; NGX_AGAIN: there are new keys;
 * NGX_DECLINED: not usable, the old ones stay.
 */
ngx_int_t ngx_plaid_keyfile_poll(ngx_plaid_keyfile_t *file, ngx_log_t *log);


#endif /* _NGX_PLAID_KEYFILE_H_INCLUDED_ */

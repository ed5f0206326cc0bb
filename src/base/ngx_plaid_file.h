
/*
 * Small files with keys or credentials, read whole.
 *
 * Promises: never blocks on a FIFO; only regular files; the path is opened
 * again for each read, so that a rename or a swapped symlink is followed.
 */


#ifndef _NGX_PLAID_FILE_H_INCLUDED_
#define _NGX_PLAID_FILE_H_INCLUDED_


#include "ngx_plaid.h"


/*
 * Reads at most "size" bytes of the file at "path", a NUL-terminated string,
 * into "buf" and returns their number; a file that has "size" bytes or more is
 * refused.  NGX_ERROR: "why" is a constant that reads well after the path, and
 * "err" the system's error, or 0.  "shared" is set to 1 when every user of the
 * system may read the file.
 */
ssize_t ngx_plaid_file_read(ngx_str_t *path, u_char *buf, size_t size,
    const char **why, ngx_err_t *err, ngx_uint_t *shared);

/*
 * The next line of "text", which is moved on behind it: without its end,
 * without blanks around it.  NGX_OK, or NGX_DONE (no more lines).
 */
ngx_int_t ngx_plaid_file_line(ngx_str_t *text, ngx_str_t *line);

/*
 * The next word of "line", which is moved on behind it and the blanks that
 * follow; empty when there is none.
 */
void ngx_plaid_file_word(ngx_str_t *line, ngx_str_t *word);


#endif /* _NGX_PLAID_FILE_H_INCLUDED_ */

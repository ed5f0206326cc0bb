
/* Faults, from their words. */


#include "ngx_plaid_sandbox.h"
#include "ngx_plaid_sandbox_fault.h"


typedef struct {
    const char                  *name;
    ngx_plaid_sandbox_fault_e    kind;
    ngx_uint_t                   value;         /* without a number */
    ngx_uint_t                   max;           /* 0: takes no number */
} ngx_plaid_sandbox_fault_name_t;


static const ngx_plaid_sandbox_fault_name_t  ngx_plaid_sandbox_faults[] = {
    { "status", NGX_PLAID_SANDBOX_FAULT_STATUS, 500, 599 },
    { "error", NGX_PLAID_SANDBOX_FAULT_ERROR, 0, 0 },
    { "reset", NGX_PLAID_SANDBOX_FAULT_RESET, 0, 0 },
    { "half", NGX_PLAID_SANDBOX_FAULT_HALF, 0, 0 },
    { "drip", NGX_PLAID_SANDBOX_FAULT_DRIP, NGX_PLAID_SANDBOX_DRIP,
      NGX_PLAID_SANDBOX_DRIP_MAX },
    { "garbage", NGX_PLAID_SANDBOX_FAULT_GARBAGE, 0, 0 },
    { "oversized", NGX_PLAID_SANDBOX_FAULT_OVERSIZED,
      NGX_PLAID_SANDBOX_OVERSIZED, NGX_PLAID_SANDBOX_OVERSIZED_MAX },
    { "redirect", NGX_PLAID_SANDBOX_FAULT_REDIRECT, 0, 0 },
    { "hang", NGX_PLAID_SANDBOX_FAULT_HANG, NGX_PLAID_SANDBOX_HANG,
      NGX_PLAID_SANDBOX_WAIT_MAX },
    { "lost", NGX_PLAID_SANDBOX_FAULT_LOST, 0, NGX_PLAID_SANDBOX_WAIT_MAX },
    { "echo_token", NGX_PLAID_SANDBOX_FAULT_ECHO, 0, 0 },
    { "encoding", NGX_PLAID_SANDBOX_FAULT_ENCODING, 0, 0 },
    { "wrong_env", NGX_PLAID_SANDBOX_FAULT_WRONG_ENV, 0, 0 },
    { NULL, NGX_PLAID_SANDBOX_NO_FAULT, 0, 0 }
};


static ngx_int_t ngx_plaid_sandbox_fault_set(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *name, ngx_str_t *value);
static ngx_int_t ngx_plaid_sandbox_fault_text(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value);
static ngx_int_t ngx_plaid_sandbox_fault_number(ngx_str_t *value,
    ngx_uint_t max, ngx_uint_t *number);


ngx_int_t
ngx_plaid_sandbox_fault_word(ngx_plaid_sandbox_fault_t *fault, ngx_str_t *word)
{
    u_char     *p;
    ngx_str_t   name, value;

    name = *word;
    ngx_str_null(&value);

    p = ngx_strlchr(word->data, word->data + word->len, '=');

    if (p) {
        name.len = p - word->data;
        value.data = p + 1;
        value.len = word->data + word->len - value.data;

        if (value.len == 0) {
            return NGX_ERROR;
        }
    }

    return ngx_plaid_sandbox_fault_set(fault, &name, &value);
}


ngx_int_t
ngx_plaid_sandbox_fault_header(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value)
{
    u_char     *p, *last;
    ngx_str_t   word;

    p = value->data;
    last = p + value->len;

    while (p < last) {

        word.data = p;

        while (p < last && *p != ' ' && *p != ',' && *p != ';') {
            p++;
        }

        word.len = p++ - word.data;

        if (word.len && ngx_plaid_sandbox_fault_word(fault, &word) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_plaid_sandbox_fault_token(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value)
{
    u_char      *p, *last, *end;
    ngx_str_t    piece[16];
    ngx_uint_t   n, i;

    /* the words between the hyphens */

    last = value->data + value->len;
    n = 0;

    for (p = value->data; p < last && n < 15; p = end + 1) {
        end = ngx_strlchr(p, last, '-');
        if (end == NULL) {
            end = last;
        }

        piece[n].data = p;
        piece[n++].len = end - p;
    }

    if (n == 0) {
        return NGX_ERROR;
    }

    ngx_str_null(&piece[n]);

    /*
     * what follows a kind is its value if it can be one; an address can not,
     * and any word could be one
     */

    i = 1;

    if ((piece[0].len != 8 || ngx_strncmp(piece[0].data, "redirect", 8) != 0)
        && ngx_plaid_sandbox_fault_set(fault, &piece[0], &piece[1]) == NGX_OK)
    {
        i = 2;

    } else {
        ngx_memzero(fault, sizeof(ngx_plaid_sandbox_fault_t));
        ngx_str_null(value);

        if (ngx_plaid_sandbox_fault_set(fault, &piece[0], value) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    for ( /* void */ ; i < n; i++) {

        if (piece[i].len == 5 && ngx_strncmp(piece[i].data, "after", 5) == 0) {
            (void) ngx_plaid_sandbox_fault_number(&piece[i + 1], 86400,
                                                  &fault->retry_after);
        }

        if (piece[i].len > 1 && piece[i].data[0] == 'x') {
            piece[i].data++;
            piece[i].len--;
            (void) ngx_plaid_sandbox_fault_number(&piece[i], 1000000,
                                                  &fault->times);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_fault_set(ngx_plaid_sandbox_fault_t *fault, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_uint_t                             number;
    const ngx_plaid_sandbox_fault_name_t  *f;

    if (name->len == 7 && ngx_strncmp(name->data, "latency", 7) == 0) {

        if (ngx_plaid_sandbox_fault_number(value, NGX_PLAID_SANDBOX_WAIT_MAX,
                                           &number)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        fault->latency = number;

        return NGX_OK;
    }

    if (name->len == 11 && ngx_strncmp(name->data, "retry_after", 11) == 0) {
        return ngx_plaid_sandbox_fault_number(value, 86400,
                                              &fault->retry_after);
    }

    for (f = ngx_plaid_sandbox_faults; f->name; f++) {
        if (ngx_strlen(f->name) == name->len
            && ngx_strncmp(f->name, name->data, name->len) == 0)
        {
            break;
        }
    }

    if (f->name == NULL || fault->kind != NGX_PLAID_SANDBOX_NO_FAULT) {
        return NGX_ERROR;
    }

    fault->kind = f->kind;
    fault->value = f->value;

    if (f->kind == NGX_PLAID_SANDBOX_FAULT_ERROR
        || f->kind == NGX_PLAID_SANDBOX_FAULT_REDIRECT)
    {
        return ngx_plaid_sandbox_fault_text(fault, value);
    }

    if (value->len == 0) {
        return NGX_OK;
    }

    if (f->max == 0
        || ngx_plaid_sandbox_fault_number(value, f->max, &fault->value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (f->kind == NGX_PLAID_SANDBOX_FAULT_STATUS && fault->value < 200) {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_sandbox_fault_text(ngx_plaid_sandbox_fault_t *fault,
    ngx_str_t *value)
{
    ngx_int_t  code;

    static ngx_str_t  nowhere = ngx_string("https://redirected.invalid/");

    if (value->len >= NGX_PLAID_SANDBOX_FAULT_TEXT) {
        return NGX_ERROR;
    }

    if (fault->kind == NGX_PLAID_SANDBOX_FAULT_REDIRECT && value->len == 0) {
        value = &nowhere;
    }

    (void) ngx_cpystrn(fault->text, value->data, value->len + 1);

    if (fault->kind == NGX_PLAID_SANDBOX_FAULT_REDIRECT) {
        return NGX_OK;
    }

    code = ngx_atoi(value->data, value->len);

    if (code != NGX_ERROR) {
        fault->value = code;
        return ngx_plaid_sandbox_legacy_error_known(code) == NGX_OK
               ? NGX_OK : NGX_ERROR;
    }

    return ngx_plaid_sandbox_error_known((char *) fault->text) == NGX_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_plaid_sandbox_fault_number(ngx_str_t *value, ngx_uint_t max,
    ngx_uint_t *number)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n == NGX_ERROR || (ngx_uint_t) n > max) {
        return NGX_ERROR;
    }

    *number = n;

    return NGX_OK;
}

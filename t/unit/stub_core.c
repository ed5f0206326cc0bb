
/* Strings, log, files, time and locks, as far as the pure parts use them. */


#include "unit.h"
#include <stdarg.h>


static ngx_time_t     unit_time = { 1700000000, 0, 0 };
static ngx_cycle_t    unit_cycle;

ngx_log_t             unit_log = { .log_level = NGX_LOG_DEBUG };
char                  unit_log_text[4096];
ngx_uint_t            unit_log_lines;

volatile ngx_cycle_t *ngx_cycle = &unit_cycle;
volatile ngx_time_t  *ngx_cached_time = &unit_time;
volatile ngx_msec_t   ngx_current_msec = 1000000;
ngx_pid_t             ngx_pid = 4242;


void
unit_log_reset(void)
{
    unit_log_text[0] = '\0';
    unit_log_lines = 0;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    size_t   len;
    u_char  *p, *last;
    va_list  args;

    if (level == NGX_LOG_DEBUG) {
        return;
    }

    unit_log_lines++;

    len = strlen(unit_log_text);
    last = (u_char *) unit_log_text + sizeof(unit_log_text) - 2;

    va_start(args, fmt);
    p = ngx_vslprintf((u_char *) unit_log_text + len, last, fmt, args);
    va_end(args);

    *p++ = '\n';
    *p = '\0';
}


static u_char *
unit_number(u_char *buf, u_char *last, uint64_t n, unsigned base, int width,
    int zero)
{
    int   i;
    char  digits[32];

    i = 0;

    do {
        digits[i++] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n);

    for ( /* void */ ; width > i && buf < last; width--) {
        *buf++ = zero ? '0' : ' ';
    }

    while (i && buf < last) {
        *buf++ = digits[--i];
    }

    return buf;
}


static u_char *
unit_copy(u_char *buf, u_char *last, u_char *p, size_t len)
{
    if (len > (size_t) (last - buf)) {
        len = last - buf;
    }

    /* an empty string may have no address */
    if (len) {
        memcpy(buf, p, len);
    }

    return buf + len;
}


/* %s %*s %V %c %d %i %z %T %O %P %M %p %D %Z and %l, with u, x, zero, width */

u_char *
ngx_vslprintf(u_char *buf, u_char *last, const char *fmt, va_list args)
{
    int         width, zero, is_signed, hex;
    int64_t     i64;
    size_t      slen;
    ngx_str_t  *v;
    const char *s;

    for ( /* void */ ; *fmt && buf < last; fmt++) {

        if (*fmt != '%') {
            *buf++ = *fmt;
            continue;
        }

        width = 0;
        is_signed = 1;
        hex = 0;
        slen = (size_t) -1;
        zero = (*++fmt == '0');

        while (*fmt >= '0' && *fmt <= '9') {
            width = width * 10 + (*fmt++ - '0');
        }

        for ( ;; fmt++) {
            if (*fmt == 'u') {
                is_signed = 0;
            } else if (*fmt == 'x' || *fmt == 'X') {
                hex = 1;
                is_signed = 0;
            } else if (*fmt == '*') {
                slen = va_arg(args, size_t);
            } else {
                break;
            }
        }

        switch (*fmt) {

        case '%':
            *buf++ = '%';
            continue;

        case 'Z':
            *buf++ = '\0';
            continue;

        case 'c':
            *buf++ = (u_char) va_arg(args, int);
            continue;

        case 'V':
            v = va_arg(args, ngx_str_t *);
            buf = unit_copy(buf, last, v->data, v->len);
            continue;

        case 's':
            s = va_arg(args, const char *);
            buf = unit_copy(buf, last, (u_char *) s,
                            slen == (size_t) -1 ? strlen(s) : slen);
            continue;

        case 'd':
            i64 = is_signed ? va_arg(args, int)
                            : (int64_t) va_arg(args, unsigned);
            break;

        case 'D':
            i64 = is_signed ? va_arg(args, int32_t)
                            : (int64_t) va_arg(args, uint32_t);
            break;

        case 'P':
            i64 = va_arg(args, ngx_pid_t);
            break;

        case 'M':
            is_signed = 0;
            i64 = va_arg(args, ngx_msec_t);
            break;

        case 'p':
            is_signed = 0;
            hex = 1;
            i64 = (intptr_t) va_arg(args, void *);
            break;

        case 'i': case 'z': case 'T': case 'O': case 'l': case 'L': case 'A':
            i64 = va_arg(args, int64_t);
            break;

        default:
            fprintf(stderr, "format not known to the stub: %%%c\n", *fmt);
            abort();
        }

        if (is_signed && i64 < 0) {
            *buf++ = '-';
            i64 = -i64;
        }

        buf = unit_number(buf, last, i64, hex ? 16 : 10, width, zero);
    }

    return buf;
}


u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, (u_char *) -1, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_snprintf(u_char *buf, size_t max, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + max, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_slprintf(u_char *buf, u_char *last, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, last, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_pstrdup(ngx_pool_t *pool, ngx_str_t *src)
{
    u_char  *dst;

    dst = ngx_pnalloc(pool, src->len);

    return (dst && src->len) ? memcpy(dst, src->data, src->len) : dst;
}


void
ngx_strlow(u_char *dst, u_char *src, size_t n)
{
    while (n--) {
        *dst++ = ngx_tolower(*src);
        src++;
    }
}


ngx_int_t
ngx_strncasecmp(u_char *s1, u_char *s2, size_t n)
{
    ngx_int_t  c1, c2;

    for ( /* void */ ; n; n--, s1++, s2++) {
        c1 = ngx_tolower(*s1);
        c2 = ngx_tolower(*s2);

        if (c1 != c2 || c1 == 0) {
            return c1 - c2;
        }
    }

    return 0;
}


ngx_int_t
ngx_strcasecmp(u_char *s1, u_char *s2)
{
    return ngx_strncasecmp(s1, s2, (size_t) -1);
}


/* "n" is the length of "s2" less one, as in nginx */

u_char *
ngx_strlcasestrn(u_char *s1, u_char *last, u_char *s2, size_t n)
{
    for ( /* void */ ; s1 + n < last; s1++) {
        if (ngx_strncasecmp(s1, s2, n + 1) == 0) {
            return s1;
        }
    }

    return NULL;
}


ngx_int_t
ngx_atoi(u_char *line, size_t n)
{
    ngx_int_t  value;

    if (n == 0 || n > 18) {
        return NGX_ERROR;
    }

    for (value = 0; n--; line++) {
        if (*line < '0' || *line > '9') {
            return NGX_ERROR;
        }

        value = value * 10 + (*line - '0');
    }

    return value;
}


time_t
ngx_atotm(u_char *line, size_t n)
{
    return ngx_atoi(line, n);
}


off_t
ngx_atoof(u_char *line, size_t n)
{
    return ngx_atoi(line, n);
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    u_char     c;
    ngx_int_t  value;

    if (n == 0 || n > 15) {
        return NGX_ERROR;
    }

    for (value = 0; n--; line++) {
        c = (u_char) (*line | 0x20);

        if (*line >= '0' && *line <= '9') {
            value = value * 16 + (*line - '0');

        } else if (c >= 'a' && c <= 'f') {
            value = value * 16 + (c - 'a' + 10);

        } else {
            return NGX_ERROR;
        }
    }

    return value;
}


u_char *
ngx_cpystrn(u_char *dst, u_char *src, size_t n)
{
    if (n == 0) {
        return dst;
    }

    while (--n && *src) {
        *dst++ = *src++;
    }

    *dst = '\0';

    return dst;
}


void
ngx_gmtime(time_t t, ngx_tm_t *tp)
{
    (void) gmtime_r(&t, tp);

    /* as nginx has it */
    tp->tm_year += 1900;
    tp->tm_mon++;
}


static int
unit_base64(u_char ch)
{
    static const char  digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    const char  *p;

    p = ch ? strchr(digits, ch) : NULL;

    return p ? (int) (p - digits) : -1;
}


ngx_int_t
ngx_decode_base64(ngx_str_t *dst, ngx_str_t *src)
{
    size_t    i, len;
    uint32_t  bits;

    for (len = 0; len < src->len && src->data[len] != '='; len++) {
        if (unit_base64(src->data[len]) == -1) {
            return NGX_ERROR;
        }
    }

    if (len % 4 == 1) {
        return NGX_ERROR;
    }

    dst->len = 0;

    for (i = 0, bits = 0; i < len; i++) {
        bits = bits << 6 | (uint32_t) unit_base64(src->data[i]);

        if (i % 4) {
            dst->data[dst->len++] = (u_char) (bits >> (6 - 2 * (i % 4)));
        }
    }

    return NGX_OK;
}


static void
unit_encode_base64(ngx_str_t *dst, ngx_str_t *src, const char *alphabet)
{
    size_t    i;
    u_char   *d;
    unsigned  bits, n;

    d = dst->data;
    bits = 0;
    n = 0;

    for (i = 0; i < src->len; i++) {
        bits = bits << 8 | src->data[i];

        for (n += 8; n >= 6; n -= 6) {
            *d++ = alphabet[bits >> (n - 6) & 0x3f];
        }
    }

    if (n) {
        *d++ = alphabet[bits << (6 - n) & 0x3f];
    }

    dst->len = d - dst->data;
}


void
ngx_encode_base64(ngx_str_t *dst, ngx_str_t *src)
{
    unit_encode_base64(dst, src, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/");

    while (dst->len % 4) {
        dst->data[dst->len++] = '=';
    }
}


void
ngx_encode_base64url(ngx_str_t *dst, ngx_str_t *src)
{
    unit_encode_base64(dst, src, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789-_");
}


/* that of ISO 3309, which nginx has as a text */

uint32_t  ngx_crc32_table256[256];


static void __attribute__((constructor))
unit_crc32(void)
{
    uint32_t    crc;
    ngx_uint_t  i, bit;

    for (i = 0; i < 256; i++) {
        crc = i;

        for (bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) ? 0xedb88320 : 0);
        }

        ngx_crc32_table256[i] = crc;
    }
}


u_char *
ngx_hex_dump(u_char *dst, u_char *src, size_t len)
{
    while (len--) {
        dst = ngx_sprintf(dst, "%02xd", (int) *src++);
    }

    return dst;
}


ngx_uint_t
ngx_hash_key(u_char *data, size_t len)
{
    ngx_uint_t  key;

    for (key = 0; len--; data++) {
        key = ngx_hash(key, *data);
    }

    return key;
}


ngx_uint_t
ngx_hash_strlow(u_char *dst, u_char *src, size_t n)
{
    ngx_strlow(dst, src, n);

    return ngx_hash_key(dst, n);
}


/* only the type that the pure parts ask for */

uintptr_t
ngx_escape_uri(u_char *dst, u_char *src, size_t size, ngx_uint_t type)
{
    if (type != NGX_ESCAPE_URI_COMPONENT || dst == NULL) {
        abort();
    }

    for ( /* void */ ; size--; src++) {

        if ((*src >= '0' && *src <= '9') || (*src >= 'A' && *src <= 'Z')
            || (*src >= 'a' && *src <= 'z') || *src == '-' || *src == '.'
            || *src == '_' || *src == '~')
        {
            *dst++ = *src;
            continue;
        }

        *dst++ = '%';
        *dst++ = "0123456789ABCDEF"[*src >> 4];
        *dst++ = "0123456789ABCDEF"[*src & 0xf];
    }

    return (uintptr_t) dst;
}


void
ngx_explicit_memzero(void *buf, size_t n)
{
    memset(buf, 0, n);
    __asm__ __volatile__ ("" : : "r" (buf) : "memory");
}


/* One byte less than asked for, so that callers have to come again. */

ssize_t
ngx_read_file(ngx_file_t *file, u_char *buf, size_t size, off_t offset)
{
    ssize_t  n;

    n = pread(file->fd, buf, size > 1 ? size - 1 : size, offset);

    return n == -1 ? NGX_ERROR : n;
}


void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    if (mtx->spin == (ngx_uint_t) -1) {
        fprintf(stderr, "lock taken twice\n");
        abort();
    }

    mtx->spin = (ngx_uint_t) -1;
}


ngx_uint_t
ngx_shmtx_trylock(ngx_shmtx_t *mtx)
{
    if (mtx->spin == (ngx_uint_t) -1) {
        return 0;
    }

    ngx_shmtx_lock(mtx);

    return 1;
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    if (mtx->spin != (ngx_uint_t) -1) {
        fprintf(stderr, "lock not taken\n");
        abort();
    }

    mtx->spin = 0;
}

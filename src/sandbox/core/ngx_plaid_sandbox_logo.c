
/*
 * The logos of the institutions: initials on the bank's colour, drawn here, as
 * PNG of 152 by 152 pixels (RFC 2083) with two bits each, stored without
 * compression.
 */


#include "ngx_plaid_sandbox_data.h"


#define NGX_PLAID_SANDBOX_LOGO_SIDE    152
#define NGX_PLAID_SANDBOX_LOGO_ROW     (1 + NGX_PLAID_SANDBOX_LOGO_SIDE / 4)
#define NGX_PLAID_SANDBOX_LOGO_RAW                                            \
    (NGX_PLAID_SANDBOX_LOGO_ROW * NGX_PLAID_SANDBOX_LOGO_SIDE)

/* pixels of a dot of a letter, and of a letter and the gap after it */
#define NGX_PLAID_SANDBOX_LOGO_DOT     10
#define NGX_PLAID_SANDBOX_LOGO_STEP    60

/* bytes of all chunks but the pixels */
#define NGX_PLAID_SANDBOX_LOGO_REST    256


/* capital letters in five by seven dots, the lowest bit at the right */

static const u_char  ngx_plaid_sandbox_letters[26][7] = {
    { 14, 17, 17, 31, 17, 17, 17 },   { 30, 17, 17, 30, 17, 17, 30 },
    { 14, 17, 16, 16, 16, 17, 14 },   { 30, 17, 17, 17, 17, 17, 30 },
    { 31, 16, 16, 30, 16, 16, 31 },   { 31, 16, 16, 30, 16, 16, 16 },
    { 14, 17, 16, 23, 17, 17, 15 },   { 17, 17, 17, 31, 17, 17, 17 },
    { 14, 4, 4, 4, 4, 4, 14 },        { 7, 2, 2, 2, 2, 18, 12 },
    { 17, 18, 20, 24, 20, 18, 17 },   { 16, 16, 16, 16, 16, 16, 31 },
    { 17, 27, 21, 21, 17, 17, 17 },   { 17, 17, 25, 21, 19, 17, 17 },
    { 14, 17, 17, 17, 17, 17, 14 },   { 30, 17, 17, 30, 16, 16, 16 },
    { 14, 17, 17, 17, 21, 18, 13 },   { 30, 17, 17, 30, 20, 18, 17 },
    { 15, 16, 16, 14, 1, 1, 30 },     { 31, 4, 4, 4, 4, 4, 4 },
    { 17, 17, 17, 17, 17, 17, 14 },   { 17, 17, 17, 17, 17, 10, 4 },
    { 17, 17, 17, 21, 21, 21, 10 },   { 17, 17, 10, 4, 10, 17, 17 },
    { 17, 17, 10, 4, 4, 4, 4 },       { 31, 1, 2, 4, 8, 16, 31 }
};


static void ngx_plaid_sandbox_logo_draw(u_char *raw, const char *name);
static ngx_uint_t ngx_plaid_sandbox_logo_initials(const char *name,
    u_char *letters);
static void ngx_plaid_sandbox_logo_square(u_char *raw, ngx_uint_t x,
    ngx_uint_t y, ngx_uint_t side, ngx_uint_t ink);
static u_char *ngx_plaid_sandbox_logo_chunk(u_char *p, const char *type,
    u_char *data, size_t len);
static u_char *ngx_plaid_sandbox_logo_be(u_char *p, uint32_t value);
static uint32_t ngx_plaid_sandbox_adler(u_char *p, size_t len);


json_t *
ngx_plaid_sandbox_logo(ngx_pool_t *pool, ngx_uint_t row)
{
    u_char                                 *raw, *png, *p, *d, *zlib;
    size_t                                  n;
    json_t                                 *s;
    ngx_str_t                               src, dst;
    const ngx_plaid_sandbox_institution_t  *in;

    static const u_char  signature[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10 };

    in = &ngx_plaid_sandbox_institutions[row];

    n = NGX_PLAID_SANDBOX_LOGO_RAW;

    raw = ngx_pcalloc(pool, n);
    zlib = ngx_palloc(pool, n + 16);
    png = ngx_palloc(pool, n + NGX_PLAID_SANDBOX_LOGO_REST);
    dst.data = ngx_palloc(pool,
                ngx_base64_encoded_length(n + NGX_PLAID_SANDBOX_LOGO_REST));

    if (raw == NULL || zlib == NULL || png == NULL || dst.data == NULL) {
        return json_null();
    }

    ngx_plaid_sandbox_logo_draw(raw, in->name);

    p = ngx_cpymem(png, signature, sizeof(signature));

    /* two bits for a pixel, a palette, no interlace */

    d = ngx_plaid_sandbox_logo_be(zlib, NGX_PLAID_SANDBOX_LOGO_SIDE);
    d = ngx_plaid_sandbox_logo_be(d, NGX_PLAID_SANDBOX_LOGO_SIDE);
    *d++ = 2;
    *d++ = 3;
    *d++ = 0;
    *d++ = 0;
    *d++ = 0;

    p = ngx_plaid_sandbox_logo_chunk(p, "IHDR", zlib, d - zlib);

    /* the bank's colour, white, and between them */

    for (n = 0; n < 3; n++) {
        zlib[n] = (u_char) ngx_hextoi((u_char *) in->color + 1 + 2 * n, 2);
        zlib[3 + n] = 0xff;
        zlib[6 + n] = (u_char) (zlib[n] + (0xff - zlib[n]) / 4);
    }

    p = ngx_plaid_sandbox_logo_chunk(p, "PLTE", zlib, 9);

    /* zlib with one stored block (RFC 1950, RFC 1951) */

    n = NGX_PLAID_SANDBOX_LOGO_RAW;
    d = zlib;
    *d++ = 0x78;
    *d++ = 0x01;
    *d++ = 1;
    *d++ = (u_char) n;
    *d++ = (u_char) (n >> 8);
    *d++ = (u_char) ~n;
    *d++ = (u_char) (~n >> 8);
    d = ngx_cpymem(d, raw, n);
    d = ngx_plaid_sandbox_logo_be(d, ngx_plaid_sandbox_adler(raw, n));

    p = ngx_plaid_sandbox_logo_chunk(p, "IDAT", zlib, d - zlib);
    p = ngx_plaid_sandbox_logo_chunk(p, "IEND", zlib, 0);

    src.data = png;
    src.len = p - png;
    ngx_encode_base64(&dst, &src);

    s = json_stringn((char *) dst.data, dst.len);

    return s ? s : json_null();
}


static void
ngx_plaid_sandbox_logo_draw(u_char *raw, const char *name)
{
    u_char      letters[2];
    ngx_uint_t  n, i, x, y, left, top;

    /* a band along the lower edge */

    for (x = 0; x < NGX_PLAID_SANDBOX_LOGO_SIDE; x += 8) {
        ngx_plaid_sandbox_logo_square(raw, x,
                                      NGX_PLAID_SANDBOX_LOGO_SIDE - 8, 8, 2);
    }

    n = ngx_plaid_sandbox_logo_initials(name, letters);

    left = (NGX_PLAID_SANDBOX_LOGO_SIDE + NGX_PLAID_SANDBOX_LOGO_DOT
            - n * NGX_PLAID_SANDBOX_LOGO_STEP) / 2;
    top = (NGX_PLAID_SANDBOX_LOGO_SIDE - 7 * NGX_PLAID_SANDBOX_LOGO_DOT) / 2;

    for (i = 0; i < n; i++) {
        for (y = 0; y < 7; y++) {
            for (x = 0; x < 5; x++) {

                if (ngx_plaid_sandbox_letters[letters[i]][y] & (16 >> x)) {
                    ngx_plaid_sandbox_logo_square(raw,
                              left + i * NGX_PLAID_SANDBOX_LOGO_STEP
                              + x * NGX_PLAID_SANDBOX_LOGO_DOT,
                              top + y * NGX_PLAID_SANDBOX_LOGO_DOT,
                              NGX_PLAID_SANDBOX_LOGO_DOT, 1);
                }
            }
        }
    }
}


/* Of the first two words, "of" and "the" left out. */

static ngx_uint_t
ngx_plaid_sandbox_logo_initials(const char *name, u_char *letters)
{
    ngx_uint_t  n, start;

    n = 0;
    start = 1;

    for ( /* void */ ; *name && n < 2; name++) {

        if (start && *name >= 'A' && *name <= 'Z') {
            letters[n++] = *name - 'A';
        }

        start = (*name == ' ' || *name == '-');
    }

    return n;
}


static void
ngx_plaid_sandbox_logo_square(u_char *raw, ngx_uint_t x, ngx_uint_t y,
    ngx_uint_t side, ngx_uint_t ink)
{
    u_char      *p;
    ngx_uint_t   i, k, shift;

    for (k = y; k < y + side; k++) {
        for (i = x; i < x + side; i++) {
            p = raw + k * NGX_PLAID_SANDBOX_LOGO_ROW + 1 + i / 4;
            shift = 6 - 2 * (i % 4);

            *p = (u_char) ((*p & ~(3 << shift)) | (ink << shift));
        }
    }
}


static u_char *
ngx_plaid_sandbox_logo_chunk(u_char *p, const char *type, u_char *data,
    size_t len)
{
    u_char  *start;

    p = ngx_plaid_sandbox_logo_be(p, len);
    start = p;

    p = ngx_cpymem(p, type, 4);
    p = ngx_cpymem(p, data, len);

    return ngx_plaid_sandbox_logo_be(p, ngx_crc32_long(start, p - start));
}


static u_char *
ngx_plaid_sandbox_logo_be(u_char *p, uint32_t value)
{
    *p++ = (u_char) (value >> 24);
    *p++ = (u_char) (value >> 16);
    *p++ = (u_char) (value >> 8);
    *p++ = (u_char) value;

    return p;
}


static uint32_t
ngx_plaid_sandbox_adler(u_char *p, size_t len)
{
    uint32_t  a, b;

    a = 1;
    b = 0;

    while (len--) {
        a = (a + *p++) % 65521;
        b = (b + a) % 65521;
    }

    return b << 16 | a;
}


/*
 * HMAC-SHA-256 and HKDF-SHA-256 against the vectors of RFC 4231 and RFC 5869.
 */


#include "unit.h"
#include "ngx_plaid_hkdf.h"


static EVP_MD_CTX  *md;


static size_t
unhex(u_char *out, const char *hex)
{
    size_t  n;

    for (n = 0; hex[2 * n]; n++) {
        out[n] = (u_char) ngx_hextoi((u_char *) hex + 2 * n, 2);
    }

    return n;
}


static void
hkdf(const char *salt, const char *key, const char *info, const char *okm,
    const char *name)
{
    u_char     s[NGX_PLAID_HKDF_BLOCK], k[128], i[128], want[64];
    u_char     out[NGX_PLAID_HKDF_LEN];
    size_t     n;
    ngx_str_t  ikm, label;

    n = unhex(s, salt);

    ikm.data = k;
    ikm.len = unhex(k, key);

    label.data = i;
    label.len = unhex(i, info);

    (void) unhex(want, okm);

    ok(ngx_plaid_hkdf(md, n ? s : NULL, n, &ikm, &label, out) == NGX_OK
       && memcmp(out, want, sizeof(out)) == 0, "%s", name);
}


static void
hmac(const char *key, const char *data, const char *mac, const char *name)
{
    u_char  k[NGX_PLAID_HKDF_BLOCK], d[128], want[32], out[32];
    size_t  kn, dn;

    kn = unhex(k, key);
    dn = unhex(d, data);

    (void) unhex(want, mac);

    ok(ngx_plaid_hkdf_hmac(md, k, kn, d, dn, out) == NGX_OK
       && memcmp(out, want, sizeof(out)) == 0, "%s", name);
}


static void
limits(void)
{
    u_char     buf[NGX_PLAID_HKDF_BLOCK + 1], out[NGX_PLAID_HKDF_LEN];
    ngx_str_t  key, info;

    ngx_memzero(buf, sizeof(buf));

    key.data = buf;
    key.len = 32;
    info.data = buf;
    info.len = NGX_PLAID_HKDF_INFO_MAX + 1;

    ok(ngx_plaid_hkdf(md, NULL, 0, &key, &info, out) == NGX_ERROR,
       "an info that is too long");

    info.len = 1;

    ok(ngx_plaid_hkdf(md, buf, sizeof(buf), &key, &info, out) == NGX_ERROR,
       "a salt that is too long");

    ok(ngx_plaid_hkdf_hmac(md, buf, sizeof(buf), buf, 1, out) == NGX_ERROR,
       "a key that is too long");
}


int
main(void)
{
    md = EVP_MD_CTX_new();

    if (md == NULL
        || EVP_DigestInit_ex(md, ngx_plaid_hkdf_sha256(), NULL) != 1)
    {
        return 1;
    }

    hmac("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
         "RFC 4231, 4.2");

    hmac("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
         "RFC 4231, 4.3");

    /* the first block of the output is what there is */

    hkdf("000102030405060708090a0b0c",
         "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
         "f0f1f2f3f4f5f6f7f8f9",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
         "RFC 5869, A.1");

    hkdf("", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
         "RFC 5869, A.3: no salt, no info");

    limits();

    EVP_MD_CTX_free(md);
    ngx_plaid_hkdf_exit();

    return done_testing();
}

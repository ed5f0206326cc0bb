
#include "ngx_plaid_tls.h"
#include <openssl/err.h>
#include <openssl/pem.h>


static ngx_int_t ngx_plaid_tls_load_trusted(ngx_conf_t *cf,
    ngx_plaid_peer_t *peer);
static ngx_uint_t ngx_plaid_tls_count(X509_STORE *store);
static ngx_int_t ngx_plaid_tls_load_certificate(ngx_conf_t *cf, ngx_str_t *file,
    ngx_plaid_peer_t *peer);
static ngx_int_t ngx_plaid_tls_load_chain(BIO *bio, ngx_plaid_peer_t *peer);
static ngx_int_t ngx_plaid_tls_load_key(ngx_conf_t *cf, ngx_str_t *file,
    ngx_plaid_peer_t *peer);
static int ngx_plaid_tls_no_password(char *buf, int size, int rwflag,
    void *data);
static void ngx_plaid_tls_cleanup(void *data);
static void ngx_plaid_tls_error(ngx_conf_t *cf, const char *what,
    ngx_str_t *file);


/* where systems keep their bundle; OpenSSL's own default comes last */

static ngx_str_t  ngx_plaid_tls_bundles[] = {
    ngx_string("/etc/ssl/certs/ca-certificates.crt"),
    ngx_string("/etc/pki/tls/certs/ca-bundle.crt"),
    ngx_string("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
    ngx_string("/etc/ssl/ca-bundle.pem"),
    ngx_string("/etc/ssl/cert.pem"),
    ngx_string("/usr/local/share/certs/ca-root-nss.crt"),
    ngx_null_string
};


ngx_int_t
ngx_plaid_tls_trusted(ngx_conf_t *cf, ngx_str_t *file,
    ngx_plaid_peer_t **others, ngx_uint_t n, ngx_plaid_peer_t *peer)
{
    ngx_str_t           *path;
    ngx_uint_t           i;
    ngx_pool_cleanup_t  *cln;

    peer->trusted_file = *file;

    if (file->len == 0
        && ngx_plaid_tls_bundle(cf, &peer->trusted_file) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_plaid_tls_cleanup;
    cln->data = peer;

    /* a system's bundle takes tens of milliseconds to read */

    for (i = 0; i < n; i++) {
        path = &others[i]->trusted_file;

        if (others[i]->trusted
            && path->len == peer->trusted_file.len
            && ngx_memcmp(path->data, peer->trusted_file.data, path->len) == 0)
        {
            if (X509_STORE_up_ref(others[i]->trusted) != 1) {
                return NGX_ERROR;
            }

            peer->trusted = others[i]->trusted;
            return NGX_OK;
        }
    }

    return ngx_plaid_tls_load_trusted(cf, peer);
}


ngx_int_t
ngx_plaid_tls_bundle(ngx_conf_t *cf, ngx_str_t *file)
{
    ngx_str_t        *bundle;
    ngx_file_info_t   fi;

    for (bundle = ngx_plaid_tls_bundles; bundle->len; bundle++) {
        if (ngx_file_info(bundle->data, &fi) != NGX_FILE_ERROR
            && ngx_is_file(&fi))
        {
            *file = *bundle;
            return NGX_OK;
        }
    }

    file->data = (u_char *) X509_get_default_cert_file();
    file->len = ngx_strlen(file->data);

    if (ngx_file_info(file->data, &fi) != NGX_FILE_ERROR && ngx_is_file(&fi)) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "no bundle of CA certificates found on this system, "
                       "\"ssl_trusted_certificate\" must name one");

    return NGX_ERROR;
}


static ngx_int_t
ngx_plaid_tls_load_trusted(ngx_conf_t *cf, ngx_plaid_peer_t *peer)
{
    ngx_str_t  *file;

    file = &peer->trusted_file;

    peer->trusted = X509_STORE_new();
    if (peer->trusted == NULL) {
        ngx_plaid_tls_error(cf, "cannot load trusted certificates", file);
        return NGX_ERROR;
    }

    if (X509_STORE_load_locations(peer->trusted, (char *) file->data, NULL)
        != 1)
    {
        ngx_plaid_tls_error(cf, "cannot load trusted certificates", file);
        return NGX_ERROR;
    }

    if (ngx_plaid_tls_count(peer->trusted) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no trusted certificate in \"%V\"", file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* a file of revocation lists loads as well, and then trusts nobody */

static ngx_uint_t
ngx_plaid_tls_count(X509_STORE *store)
{
    int                     i;
    ngx_uint_t              n;
    STACK_OF(X509_OBJECT)  *objects;

    objects = X509_STORE_get0_objects(store);
    n = 0;

    for (i = 0; i < (int) sk_X509_OBJECT_num(objects); i++) {
        if (X509_OBJECT_get_type(sk_X509_OBJECT_value(objects, i))
            == X509_LU_X509)
        {
            n++;
        }
    }

    return n;
}


ngx_int_t
ngx_plaid_tls_certificate(ngx_conf_t *cf, ngx_str_t *certificate,
    ngx_str_t *key, ngx_plaid_peer_t *peer)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_plaid_tls_cleanup;
    cln->data = peer;

    if (ngx_plaid_tls_load_certificate(cf, certificate, peer) != NGX_OK
        || ngx_plaid_tls_load_key(cf, key, peer) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (X509_check_private_key(peer->certificate, peer->key) != 1) {
        ERR_clear_error();
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"ssl_certificate_key\" \"%V\" does not belong to "
                           "\"ssl_certificate\" \"%V\"", key, certificate);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_tls_load_certificate(ngx_conf_t *cf, ngx_str_t *file,
    ngx_plaid_peer_t *peer)
{
    BIO        *bio;
    ngx_int_t   rc;

    rc = NGX_ERROR;

    bio = BIO_new_file((char *) file->data, "r");

    if (bio) {
        peer->certificate = PEM_read_bio_X509_AUX(bio, NULL,
                                                ngx_plaid_tls_no_password,
                                                NULL);
        if (peer->certificate) {
            rc = ngx_plaid_tls_load_chain(bio, peer);
        }

        BIO_free(bio);
    }

    if (rc != NGX_OK) {
        ngx_plaid_tls_error(cf, "cannot load \"ssl_certificate\"", file);
    }

    return rc;
}


static ngx_int_t
ngx_plaid_tls_load_chain(BIO *bio, ngx_plaid_peer_t *peer)
{
    X509           *x509;
    unsigned long   n;

    peer->chain = sk_X509_new_null();
    if (peer->chain == NULL) {
        return NGX_ERROR;
    }

    for ( ;; ) {
        x509 = PEM_read_bio_X509(bio, NULL, ngx_plaid_tls_no_password, NULL);
        if (x509 == NULL) {
            break;
        }

        if (sk_X509_push(peer->chain, x509) == 0) {
            X509_free(x509);
            return NGX_ERROR;
        }
    }

    n = ERR_peek_last_error();

    if (ERR_GET_LIB(n) != ERR_LIB_PEM
        || ERR_GET_REASON(n) != PEM_R_NO_START_LINE)
    {
        return NGX_ERROR;
    }

    /* the end of the file */

    ERR_clear_error();

    if (sk_X509_num(peer->chain) == 0) {
        sk_X509_free(peer->chain);
        peer->chain = NULL;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_plaid_tls_load_key(ngx_conf_t *cf, ngx_str_t *file, ngx_plaid_peer_t *peer)
{
    BIO  *bio;

    bio = BIO_new_file((char *) file->data, "r");

    if (bio) {
        peer->key = PEM_read_bio_PrivateKey(bio, NULL,
                                            ngx_plaid_tls_no_password, NULL);
        BIO_free(bio);
    }

    if (peer->key == NULL) {
        ngx_plaid_tls_error(cf, "cannot load \"ssl_certificate_key\"", file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* OpenSSL would ask on the terminal, where nobody may be */

static int
ngx_plaid_tls_no_password(char *buf, int size, int rwflag, void *data)
{
    return -1;
}


static void
ngx_plaid_tls_cleanup(void *data)
{
    ngx_plaid_peer_t  *peer = data;

    X509_STORE_free(peer->trusted);
    peer->trusted = NULL;

    X509_free(peer->certificate);
    peer->certificate = NULL;

    sk_X509_pop_free(peer->chain, X509_free);
    peer->chain = NULL;

    EVP_PKEY_free(peer->key);
    peer->key = NULL;
}


/* the first error is the cause, those after it are its consequences */

static void
ngx_plaid_tls_error(ngx_conf_t *cf, const char *what, ngx_str_t *file)
{
    char           text[NGX_MAX_CONF_ERRSTR];
    unsigned long  n;

    n = ERR_get_error();

    ERR_error_string_n(n, text, NGX_MAX_CONF_ERRSTR);
    ERR_clear_error();

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s \"%V\" (SSL: %s)",
                       what, file, text);
}

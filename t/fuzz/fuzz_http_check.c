
/* What holds when the app is called, a request ends, a line is logged. */


#include "fuzz_http.h"


/* shorter ones may be in a text by chance */
#define TOKEN  12


u_char  *fuzz_http_input, *fuzz_http_input_end;


static ngx_uint_t
is_input(u_char *p)
{
    return p >= fuzz_http_input && p < fuzz_http_input_end;
}


/* the name as an environment variable has it */

static ngx_uint_t
is_named(ngx_str_t *name, const char *env, ngx_uint_t prefix)
{
    u_char  ch;
    size_t  i, len;

    len = strlen(env);

    if (name->len < len || (name->len > len && !prefix)) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        ch = name->data[i];
        ch = isalnum(ch) ? toupper(ch) : '_';

        if (ch != (u_char) env[i]) {
            return 0;
        }
    }

    return 1;
}


static ngx_uint_t
is_ours(ngx_str_t *name)
{
    return is_named(name, "X_PLAID_", 1) || is_named(name, "X_APP_TOKEN", 0)
           || is_named(name, "X_USER", 0);
}


/* of the token's headers, those of the boundary; none is the client's */

static ngx_uint_t
headers_check(ngx_list_t *list, ngx_str_t *access)
{
    ngx_uint_t        i, n, ours;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    n = 0;
    ours = 0;

    for (part = &list->part; part; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (!is_ours(&h[i].key)) {
                fuzz_check(access->len == 0
                           || h[i].value.data != access->data);
                continue;
            }

            ours++;

            fuzz_check(!is_input(h[i].key.data));
            fuzz_check(!is_input(h[i].value.data));
            fuzz_check(h[i].value.len);
            fuzz_check(h[i].hash == ngx_hash_key(h[i].lowcase_key,
                                                 h[i].key.len));

            if (is_named(&h[i].key, "X_PLAID_ACCESS_TOKEN", 0)
                || is_named(&h[i].key, "X_APP_TOKEN", 0)
                || is_named(&h[i].key, "X_USER", 0))
            {
                *access = h[i].value;
                n++;
            }
        }
    }

    fuzz_check(n <= 1);

    return ours;
}


static ngx_uint_t
is_success(ngx_str_t *status)
{
    return fuzz_http_is(status, "exchanged") || fuzz_http_is(status, "joined")
           || fuzz_http_is(status, "replayed");
}


/* Plaid has given this token, for this client's, this user's public token */

static void
token_check(fuzz_http_t *h, ngx_str_t *status, ngx_str_t *access)
{
    ngx_uint_t             i;
    fuzz_http_token_t     *t;
    ngx_http_plaid_ctx_t  *ctx;

    if (fuzz_http_ntokens == FUZZ_HTTP_TOKENS) {
        return;
    }

    ctx = ngx_http_plaid_ctx(&h->r);

    for (i = 0; i < fuzz_http_ntokens; i++) {
        t = &fuzz_http_tokens[i];

        if (t->client == ctx->client
            && strcmp(t->token, h->token) == 0
            && fuzz_http_is(access, t->access)
            && (fuzz_http_is(status, "exchanged") ? t->h == h
                                             : strcmp(t->bind, h->bind) == 0))
        {
            return;
        }
    }

    fprintf(stderr, "the app got \"%.*s\", %.*s\n", (int) access->len,
            access->data, (int) status->len, status->data);
    abort();
}


/* copies as proxy_set_header and map make them */

static void
copies(ngx_http_request_t *r, ngx_str_t *access)
{
    ngx_buf_t                  *b;
    ngx_chain_t                *cl;
    ngx_http_variable_value_t  *v;

    b = ngx_create_temp_buf(r->pool, access->len + 1);
    cl = ngx_alloc_chain_link(r->pool);

    if (b == NULL || cl == NULL) {
        return;
    }

    b->last = ngx_cpymem(b->last, access->data, access->len);
    cl->buf = b;
    cl->next = r->upstream->request_bufs;
    r->upstream->request_bufs = cl;

    v = &r->variables[fuzz_http_index("mapped")];

    v->data = ngx_pstrdup(r->pool, access);

    if (v->data) {
        v->len = access->len;
        v->valid = 1;
    }
}


void
fuzz_http_app(fuzz_http_t *h)
{
    ngx_str_t                   status, access, variable;
    ngx_uint_t                  success, ours;
    ngx_http_request_t         *r = &h->r;
    ngx_http_plaid_ctx_t       *ctx;
    ngx_http_plaid_loc_conf_t  *plcf;

    ctx = ngx_http_plaid_ctx(r);
    plcf = h->location->plcf;

    fuzz_http_variable(r, fuzz_http_index("plaid_status"), &status);
    fuzz_http_variable(r, fuzz_http_index("plaid_access_token"), &variable);

    success = is_success(&status);

    ngx_str_null(&access);
    ours = headers_check(&r->headers_in.headers, &access);

    fuzz_check(access.len == variable.len);
    fuzz_check(access.len == 0 || access.data == variable.data);

    if (success && plcf->use && plcf->use->client == ctx->client) {
        fuzz_check(access.len);
        token_check(h, &status, &access);
        copies(r, &access);
        return;
    }

    fuzz_check(access.len == 0);
    fuzz_check(ours == 0 || plcf->errors == NGX_HTTP_PLAID_PASS);

    if (!r->internal && plcf->use && plcf->required
        && plcf->use->condition == NULL && r->method == NGX_HTTP_POST)
    {
        fuzz_check(plcf->errors == NGX_HTTP_PLAID_PASS);
    }
}


/* what a client or a reply says in another place, too, may be anywhere */

static ngx_uint_t
occurs_once(const char *text)
{
    u_char  *p;
    size_t   len;

    len = strlen(text);

    if (len < TOKEN) {
        return 0;
    }

    p = memmem(fuzz_http_input, fuzz_http_input_end - fuzz_http_input, text,
               len);

    return p && memmem(p + 1, fuzz_http_input_end - p - 1, text, len) == NULL;
}


void
fuzz_http_headers(fuzz_http_t *h)
{
    ngx_str_t  value;

    fuzz_http_variable(&h->r, fuzz_http_index("plaid_access_token"), &value);
    fuzz_check(value.len == 0);

    fuzz_http_variable(&h->r, fuzz_http_index("mapped"), &value);
    fuzz_check(value.len == 0);
}


/*
 * The request has ended: what is logged, and what is left in its memory, but
 * for what a client has put there that knows another one's token.
 */

void
fuzz_http_logged(fuzz_http_t *h)
{
    ngx_str_t           value, status;
    ngx_uint_t          i, n, success;
    fuzz_http_token_t  *t;

    fuzz_http_variable(&h->r, fuzz_http_index("plaid_status"), &status);

    success = is_success(&status);

    fuzz_check(!occurs_once(h->token)
               || unit_pool_holds(h->r.pool, h->token) == 0);

    for (n = 0; n < fuzz_http_ntokens; n++) {
        t = &fuzz_http_tokens[n];

        if (strlen(t->access) < TOKEN) {
            continue;
        }

        for (i = 0; i < fuzz_http_core_conf.variables.nelts; i++) {
            fuzz_http_variable(&h->r, i, &value);
            fuzz_check(!fuzz_http_is(&value, t->access));
        }

        if (success && strcmp(t->token, h->token) == 0) {
            fuzz_check(unit_pool_holds(h->r.pool, t->access) == 0);
        }
    }
}


void
fuzz_http_mirror(fuzz_http_t *h)
{
    ngx_str_t                    access;
    ngx_uint_t                   i;
    ngx_http_request_t           sr, *r = &h->r;
    ngx_http_variable_value_t   *v;

    sr = *r;
    sr.parent = r;
    sr.upstream = NULL;
    sr.internal = 1;

    if (r->headers_in.headers.last == &r->headers_in.headers.part) {
        sr.headers_in.headers.last = &sr.headers_in.headers.part;
    }

    if (ngx_http_plaid_boundary_rewrite(&sr) != NGX_DECLINED) {
        return;
    }

    ngx_str_null(&access);

    if (ngx_http_plaid_ctx(r) && ngx_http_plaid_ctx(r)->injected) {
        fuzz_check(headers_check(&sr.headers_in.headers, &access) == 0);

        v = &sr.variables[fuzz_http_index("mapped")];
        fuzz_check(!v->valid);
    }

    for (i = 0; i < fuzz_http_core_conf.variables.nelts; i++) {
        fuzz_http_variable(&sr, i, &access);
    }

    (void) ngx_http_plaid_handler(&sr);
}


/* no token in the log, whatever is answered, and no secret */

void
fuzz_http_log_check(void)
{
    ngx_uint_t   i;
    const char  *secret;

    for (i = 0; i < fuzz_http_ntokens; i++) {
        fuzz_check(!occurs_once(fuzz_http_tokens[i].access)
                   || strstr(unit_log_text, fuzz_http_tokens[i].access)
                      == NULL);
    }

    secret = "secret-of-ours";

    fuzz_check(strstr(unit_log_text, secret) == NULL
               || memmem(fuzz_http_input,
                         fuzz_http_input_end - fuzz_http_input, secret,
                         strlen(secret)));

    unit_log_reset();
}

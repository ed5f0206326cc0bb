
/* Both transports: calls that wait until the input says what comes of them. */


#include "fuzz_http.h"
#include "ngx_http_plaid_subrequest.h"
#include "ngx_plaid_curl.h"
#include <jansson.h>


/* a request may make more than one, when another one's call has gone */
#define BEGUN  (4 * FUZZ_HTTP_REQUESTS)


/* a call under way, and for whom it is made */

typedef struct {
    ngx_plaid_call_t  *call;
    fuzz_http_token_t  for_whom;
    ngx_uint_t         owner;        /* the store knows of it */
    ngx_uint_t         looked_up;    /* its name was, before the call */
} pending_t;


static ngx_int_t start(ngx_plaid_call_t *call);
static void cancel(ngx_plaid_call_t *call);


ngx_plaid_transport_t  ngx_plaid_curl_transport = {
    start, cancel, NULL, 1, 2048
};

ngx_plaid_transport_t  ngx_http_plaid_subrequest_transport = {
    start, cancel, NULL, 0, 2048
};

fuzz_http_token_t      fuzz_http_tokens[FUZZ_HTTP_TOKENS];
ngx_uint_t             fuzz_http_ntokens;
fuzz_http_t           *fuzz_http_caller;

static pending_t       pending[FUZZ_HTTP_REQUESTS];
static ngx_uint_t      npending;

/* of fetches whose first call has begun: a retry has no caller */
static pending_t       begun[BEGUN];
static void           *fetches[BEGUN];
static ngx_uint_t      nbegun;


void
ngx_plaid_curl_close(ngx_plaid_peer_t *peer)
{
}


ngx_int_t
ngx_http_plaid_subrequest_check(ngx_conf_t *cf, ngx_array_t *clients)
{
    return NGX_OK;
}


ngx_int_t
ngx_http_plaid_subrequest_handler(ngx_http_request_t *r)
{
    return NGX_DECLINED;
}


void
fuzz_http_plaid_init(void)
{
    npending = 0;
    nbegun = 0;
    fuzz_http_ntokens = 0;
    fuzz_http_caller = NULL;
}


void
fuzz_http_plaid_begin(ngx_plaid_fetch_t *f, ngx_uint_t looked_up)
{
    pending_t             *p;
    fuzz_http_t           *h;
    ngx_plaid_exchange_t  *x;
    ngx_http_plaid_ctx_t  *ctx;

    x = f->data;
    h = fuzz_http_caller;
    fuzz_check(h);

    ctx = ngx_http_plaid_ctx(&h->r);
    fuzz_check(ctx && f->peer == &ctx->client->peer);

    if (nbegun == BEGUN) {
        return;
    }

    p = &begun[nbegun];
    fetches[nbegun++] = f;

    memset(p, 0, sizeof(pending_t));

    p->looked_up = looked_up;
    p->owner = (ctx->ref.role == NGX_PLAID_STORE_OWNER);
    p->for_whom.client = ctx->client;
    p->for_whom.h = h;
    memcpy(p->for_whom.bind, h->bind, sizeof(h->bind));
    fuzz_http_text(p->for_whom.token, &x->args.public_token);

    fuzz_check(strcmp(p->for_whom.token, h->token) == 0);
}


void
fuzz_http_plaid_drop(ngx_plaid_fetch_t *f)
{
    ngx_uint_t  i;

    for (i = 0; i < nbegun; i++) {
        if (fetches[i] == f) {
            fetches[i] = NULL;
        }
    }
}


static pending_t *
find(ngx_plaid_fetch_t *f)
{
    ngx_uint_t  i;

    for (i = nbegun; i; i--) {
        if (fetches[i - 1] == f) {
            return &begun[i - 1];
        }
    }

    return NULL;
}


/* one token, one client, one user: one call */

static ngx_uint_t
same(pending_t *a, pending_t *b)
{
    return a->owner && b->owner
           && a->for_whom.client == b->for_whom.client
           && strcmp(a->for_whom.token, b->for_whom.token) == 0
           && strcmp(a->for_whom.bind, b->for_whom.bind) == 0;
}


static ngx_int_t
start(ngx_plaid_call_t *call)
{
    void               *own;
    pending_t          *p;
    ngx_uint_t          i;
    ngx_plaid_fetch_t  *f;

    f = call->data;

    fuzz_check(npending < FUZZ_HTTP_REQUESTS
               && f->tries <= ngx_max(f->naddrs, 2));

    p = find(f);

    if (f->tries == 1 && (p == NULL || !p->looked_up)) {
        fuzz_http_plaid_begin(f, 0);
        p = find(f);
    }

    own = p ? ngx_palloc(call->pool, 1) : NULL;
    if (own == NULL) {
        return NGX_ERROR;
    }

    p->looked_up = 0;
    pending[npending] = *p;
    pending[npending].call = call;

    for (i = 0; i < npending; i++) {
        fuzz_check(!same(&pending[i], &pending[npending]));
    }

    call->transport = own;
    npending++;

    return NGX_OK;
}


static void
cancel(ngx_plaid_call_t *call)
{
    ngx_uint_t  i;

    for (i = 0; i < npending; i++) {
        if (pending[i].call == call) {
            npending--;
            memmove(&pending[i], &pending[i + 1],
                    (npending - i) * sizeof(pending_t));
            break;
        }
    }

    call->transport = NULL;
}


static void
end(ngx_plaid_call_t *call, ngx_plaid_call_rc_e rc)
{
    cancel(call);

    call->rc = rc;
    call->handler(call);
}


/* what the app may get, as another reader of the reply sees it */

static void
remember(pending_t *p, ngx_str_t *body)
{
    json_t             *reply, *access;
    ngx_str_t           s;
    fuzz_http_token_t  *t;

    if (fuzz_http_ntokens == FUZZ_HTTP_TOKENS) {
        return;
    }

    reply = json_loadb((char *) body->data, body->len, JSON_ALLOW_NUL, NULL);
    access = json_object_get(reply, "access_token");

    if (json_is_string(access)) {
        t = &fuzz_http_tokens[fuzz_http_ntokens++];
        *t = p->for_whom;

        s.data = (u_char *) json_string_value(access);
        s.len = json_string_length(access);
        fuzz_http_text(t->access, &s);
    }

    json_decref(reply);
}


void
fuzz_http_plaid_reply(ngx_uint_t status, time_t retry_after, ngx_str_t *body)
{
    ngx_plaid_call_t  *call;

    static ngx_str_t   request_id = ngx_string("req15charsLong1");

    if (npending == 0) {
        return;
    }

    remember(&pending[0], body);

    call = pending[0].call;
    call->sent = 1;

    call->body.data = ngx_pnalloc(call->pool, body->len + 1);

    if (call->body.data == NULL) {
        end(call, NGX_PLAID_CALL_INTERNAL);
        return;
    }

    memcpy(call->body.data, body->data, body->len);
    call->body.len = body->len;

    call->head.status = status;
    call->head.retry_after_n = retry_after;
    call->head.request_id = request_id;

    end(call, NGX_PLAID_CALL_DONE);
}


void
fuzz_http_plaid_sent(void)
{
    if (npending) {
        pending[0].call->sent = 1;
    }
}


void
fuzz_http_plaid_fail(ngx_plaid_call_rc_e rc, ngx_uint_t sent)
{
    ngx_plaid_call_t  *call;

    if (npending == 0) {
        return;
    }

    call = pending[0].call;

    if (sent) {
        call->sent = 1;
    }

    end(call, rc);
}


void
fuzz_http_plaid_check(void)
{
    fuzz_check(npending == 0);
}

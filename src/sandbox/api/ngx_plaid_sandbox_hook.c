
/* Webhooks: those of an item, and those that a test has forged. */


#include "ngx_plaid_sandbox_api.h"
#include "ngx_plaid_sandbox_jwt.h"


/* one call may have a webhook sent so often */
#define NGX_PLAID_SANDBOX_REPEAT_MAX   1000

/* seconds that a forged webhook may be off: a hundred years */
#define NGX_PLAID_SANDBOX_OFFSET_MAX   ((json_int_t) 3155760000)


typedef struct {
    const char                  *code;
    const char                  *type;
    ngx_uint_t                   product;       /* 0: any item */
} ngx_plaid_sandbox_event_t;


static const ngx_plaid_sandbox_event_t  ngx_plaid_sandbox_events[] = {
    { "DEFAULT_UPDATE", "TRANSACTIONS", NGX_PLAID_SANDBOX_CONNECT },
    { "DEFAULT_UPDATE", "HOLDINGS", NGX_PLAID_SANDBOX_INVESTMENTS },
    { "DEFAULT_UPDATE", "INVESTMENTS_TRANSACTIONS",
      NGX_PLAID_SANDBOX_INVESTMENTS },
    { "DEFAULT_UPDATE", "LIABILITIES", NGX_PLAID_SANDBOX_LIABILITIES },
    { "DEFAULT_UPDATE", "AUTH", NGX_PLAID_SANDBOX_AUTH },
    { "SYNC_UPDATES_AVAILABLE", "TRANSACTIONS", NGX_PLAID_SANDBOX_CONNECT },
    { "RECURRING_TRANSACTIONS_UPDATE", "TRANSACTIONS",
      NGX_PLAID_SANDBOX_CONNECT },
    { "NEW_ACCOUNTS_AVAILABLE", "ITEM", 0 },
    { "AUTHORIZATION_GRANTED", "ITEM", 0 },
    { "USER_PERMISSION_REVOKED", "ITEM", 0 },
    { "USER_ACCOUNT_REVOKED", "ITEM", 0 },
    { "PENDING_DISCONNECT", "ITEM", 0 },
    { "LOGIN_REPAIRED", "ITEM", 0 },
    { "ERROR", "ITEM", 0 },
    { "SMS_MICRODEPOSITS_VERIFICATION", "AUTH", NGX_PLAID_SANDBOX_AUTH },
    { "PRODUCT_READY", "ASSETS", NGX_PLAID_SANDBOX_ASSETS },
    { NULL, NULL, 0 }
};


static ngx_int_t ngx_plaid_sandbox_fired(ngx_plaid_sandbox_record_t *record,
    void *data);
static json_t *ngx_plaid_sandbox_event_body(
    const ngx_plaid_sandbox_event_t *e);
static ngx_plaid_sandbox_hook_t *ngx_plaid_sandbox_hook(
    ngx_plaid_sandbox_call_t *call, const char *url, const char *body,
    size_t len);
static ngx_int_t ngx_plaid_sandbox_hook_word(ngx_plaid_sandbox_call_t *call,
    const char *name, size_t max, ngx_str_t *value);
static ngx_uint_t ngx_plaid_sandbox_hook_options(
    ngx_plaid_sandbox_call_t *call, ngx_plaid_sandbox_hook_t *hook);


ngx_int_t
ngx_plaid_sandbox_url(const char *url)
{
    size_t  i;

    if (ngx_strncmp(url, "http://", 7) != 0
        && ngx_strncmp(url, "https://", 8) != 0)
    {
        return NGX_DECLINED;
    }

    /* it becomes part of a request: no spaces, no line ends */

    for (i = 0; url[i]; i++) {
        if (url[i] <= 0x20 || url[i] >= 0x7f) {
            return NGX_DECLINED;
        }
    }

    return i < NGX_PLAID_SANDBOX_URL_LEN ? NGX_OK : NGX_DECLINED;
}


/* A webhook of the call, its strings copied; NULL: no memory. */

static ngx_plaid_sandbox_hook_t *
ngx_plaid_sandbox_hook(ngx_plaid_sandbox_call_t *call, const char *url,
    const char *body, size_t len)
{
    u_char                    *p;
    ngx_plaid_sandbox_hook_t  *hook;

    if (call->hooks == NULL) {
        call->hooks = ngx_array_create(call->pool, 2,
                                       sizeof(ngx_plaid_sandbox_hook_t));
        if (call->hooks == NULL) {
            return NULL;
        }
    }

    p = ngx_pnalloc(call->pool, len + ngx_strlen(url) + 1);
    if (p == NULL) {
        return NULL;
    }

    hook = ngx_array_push(call->hooks);
    if (hook == NULL) {
        return NULL;
    }

    ngx_memzero(hook, sizeof(ngx_plaid_sandbox_hook_t));

    hook->body.len = len;
    hook->body.data = p;
    p = ngx_cpymem(p, body, len);

    hook->url.len = ngx_strlen(url);
    hook->url.data = p;
    ngx_memcpy(p, url, hook->url.len);

    hook->repeat = 1;

    return hook;
}


ngx_int_t
ngx_plaid_sandbox_fire(ngx_plaid_sandbox_call_t *call, const char *url,
    json_t *body, ngx_uint_t sign)
{
    char                      *text;
    ngx_int_t                  rc;
    ngx_plaid_sandbox_hook_t  *hook;

    rc = ngx_plaid_sandbox_url(url);

    /* two spaces, as Plaid's: what verifies must take the bytes as they are */

    text = (rc == NGX_OK) ? json_dumps(body, JSON_INDENT(2)
                                             |JSON_REAL_PRECISION(15))
                          : NULL;
    json_decref(body);

    if (text == NULL) {
        return rc == NGX_OK ? NGX_ERROR : rc;
    }

    hook = ngx_plaid_sandbox_hook(call, url, text, ngx_strlen(text));

    if (hook) {
        hook->unsigned_ = !sign;
    }

    ngx_explicit_memzero(text, ngx_strlen(text));
    ngx_plaid_sandbox_jansson_free(text);

    return hook ? NGX_OK : NGX_ERROR;
}


void
ngx_plaid_sandbox_fire_item(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_record_t *item, const char *type, const char *code,
    json_t *body)
{
    if (item->webhook[0] == '\0') {
        json_decref(body);
        return;
    }

    json_object_set_new(body, "webhook_type", json_string(type));
    json_object_set_new(body, "webhook_code", json_string(code));
    json_object_set_new(body, "item_id", json_string((char *) item->item_id));
    json_object_set_new(body, "environment", json_string("sandbox"));

    if (ngx_plaid_sandbox_fire(call, (char *) item->webhook, body, 1)
        != NGX_OK)
    {
        return;
    }

    item->fired = call->now;
    ngx_plaid_sandbox_copy(item->text, code);

    (void) ngx_plaid_sandbox_store_update(call->store, NGX_PLAID_SANDBOX_ITEM,
                                          (char *) item->name,
                                          ngx_plaid_sandbox_fired, item,
                                          NULL);
}


ngx_uint_t
ngx_plaid_sandbox_fire_webhook(ngx_plaid_sandbox_call_t *call)
{
    json_t                           *body;
    ngx_uint_t                        status;
    const char                       *code, *type;
    ngx_plaid_sandbox_record_t        item;
    const ngx_plaid_sandbox_event_t  *e;

    status = ngx_plaid_sandbox_find_item(call, &item);
    if (status) {
        return status;
    }

    code = ngx_plaid_sandbox_string(call->args, "webhook_code");
    type = ngx_plaid_sandbox_string(call->args, "webhook_type");

    for (e = ngx_plaid_sandbox_events; e->code; e++) {
        if (ngx_strcmp(e->code, code) == 0
            && (type == NULL || ngx_strcmp(e->type, type) == 0))
        {
            break;
        }
    }

    if (e->code == NULL) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "webhook_code is not one that can be fired, or not "
                          "one of the webhook_type");
    }

    if (e->product && !(item.products & e->product)) {
        return ngx_plaid_sandbox_error(call, "SANDBOX_PRODUCT_NOT_ENABLED",
                                       NULL);
    }

    if (item.webhook[0] == '\0') {
        return ngx_plaid_sandbox_error(call, "SANDBOX_WEBHOOK_INVALID", NULL);
    }

    body = ngx_plaid_sandbox_event_body(e);

    ngx_plaid_sandbox_fire_item(call, &item, e->type, e->code, body);

    return ngx_plaid_sandbox_reply(call,
                                   json_pack("{s:b}", "webhook_fired", 1));
}


/* What a webhook says beside its type, code and item. */

static json_t *
ngx_plaid_sandbox_event_body(const ngx_plaid_sandbox_event_t *e)
{
    if (ngx_strcmp(e->code, "ERROR") == 0) {
        return json_pack("{s:o}", "error",
                         ngx_plaid_sandbox_error_object("ITEM_LOGIN_REQUIRED",
                                                        NULL, NULL));
    }

    if (ngx_strcmp(e->code, "SYNC_UPDATES_AVAILABLE") == 0) {
        return json_pack("{s:b, s:b}",
                         "initial_update_complete", 1,
                         "historical_update_complete", 1);
    }

    return json_pack("{s:n}", "error");
}


static ngx_int_t
ngx_plaid_sandbox_fired(ngx_plaid_sandbox_record_t *record, void *data)
{
    ngx_plaid_sandbox_record_t  *item = data;

    record->fired = item->fired;
    ngx_memcpy(record->text, item->text, sizeof(record->text));

    return NGX_OK;
}


/* POST /sandbox/_webhook: exactly what is asked for. */

ngx_uint_t
ngx_plaid_sandbox_hook_forge(ngx_plaid_sandbox_call_t *call)
{
    char                      *text;
    json_t                    *body;
    ngx_uint_t                 status;
    const char                *url;
    ngx_plaid_sandbox_hook_t  *hook;

    url = ngx_plaid_sandbox_string(call->args, "url");

    if (url == NULL || ngx_plaid_sandbox_url(url) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "url must be a URL");
    }

    body = json_object_get(call->args, "body");

    if (json_is_string(body)) {
        hook = ngx_plaid_sandbox_hook(call, url, json_string_value(body),
                                      json_string_length(body));

    } else {
        text = body ? json_dumps(body, JSON_INDENT(2)|JSON_ENCODE_ANY) : NULL;
        hook = ngx_plaid_sandbox_hook(call, url, text ? text : "",
                                      text ? ngx_strlen(text) : 0);
        ngx_plaid_sandbox_jansson_free(text);
    }

    if (hook == NULL) {
        return 500;
    }

    status = ngx_plaid_sandbox_hook_options(call, hook);

    if (status) {
        call->hooks->nelts--;
        return status;
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:b, s:I}", "webhook_fired", 1,
                         "times", (json_int_t) hook->repeat));
}


static ngx_uint_t
ngx_plaid_sandbox_hook_options(ngx_plaid_sandbox_call_t *call,
    ngx_plaid_sandbox_hook_t *hook)
{
    json_t      *args, *m;
    json_int_t   n;

    args = call->args;

    if (ngx_plaid_sandbox_hook_word(call, "alg", NGX_PLAID_SANDBOX_ALG_MAX,
                                    &hook->alg)
        != NGX_OK
        || ngx_plaid_sandbox_hook_word(call, "kid", NGX_PLAID_SANDBOX_KID_MAX,
                                       &hook->kid)
           != NGX_OK
        || ngx_plaid_sandbox_hook_word(call, "content_type",
                                       NGX_PLAID_SANDBOX_KID_MAX, &hook->type)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                          "alg, kid and content_type must be short strings "
                          "without quotes");
    }

    m = json_object_get(args, "iat_offset");
    n = json_integer_value(m);

    if ((m && !json_is_integer(m)) || n < -NGX_PLAID_SANDBOX_OFFSET_MAX
        || n > NGX_PLAID_SANDBOX_OFFSET_MAX)
    {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "iat_offset must be an integer");
    }

    hook->iat_offset = (ngx_int_t) n;

    m = json_object_get(args, "repeat");
    n = m ? json_integer_value(m) : 1;

    if (n < 1 || n > NGX_PLAID_SANDBOX_REPEAT_MAX) {
        return ngx_plaid_sandbox_error(call, "INVALID_FIELD",
                                       "repeat must be from 1 to %d",
                                       NGX_PLAID_SANDBOX_REPEAT_MAX);
    }

    hook->repeat = (ngx_uint_t) n;

    hook->bad_hash = ngx_plaid_sandbox_true(args, "bad_hash");
    hook->bad_signature = ngx_plaid_sandbox_true(args, "bad_signature");
    hook->der = ngx_plaid_sandbox_true(args, "der");
    hook->twice = ngx_plaid_sandbox_true(args, "twice");
    hook->unsigned_ = ngx_plaid_sandbox_true(args, "unsigned");

    return 0;
}


/* A member that goes into a header as it is. */

static ngx_int_t
ngx_plaid_sandbox_hook_word(ngx_plaid_sandbox_call_t *call, const char *name,
    size_t max, ngx_str_t *value)
{
    size_t       i;
    json_t      *m;
    const char  *s;

    m = json_object_get(call->args, name);

    if (m == NULL || json_is_null(m)) {
        return NGX_OK;
    }

    s = json_string_value(m);

    if (s == NULL || json_string_length(m) > max) {
        return NGX_ERROR;
    }

    for (i = 0; s[i]; i++) {
        if (s[i] < 0x20 || s[i] > 0x7e || s[i] == '"' || s[i] == '\\') {
            return NGX_ERROR;
        }
    }

    value->len = i;
    value->data = ngx_pnalloc(call->pool, i + 1);

    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, s, i + 1);

    return NGX_OK;
}


/* POST /sandbox/_rotate_key */

ngx_uint_t
ngx_plaid_sandbox_hook_rotate(ngx_plaid_sandbox_call_t *call)
{
    ngx_uint_t                   expire;
    ngx_plaid_sandbox_signer_t   old, key;

    expire = ngx_plaid_sandbox_true(call->args, "expire_old");

    if (ngx_plaid_sandbox_jwt_key(call->store, call->now, NULL, &old)
        != NGX_OK
        || ngx_plaid_sandbox_jwt_rotate(call->store, call->now, expire)
           != NGX_OK
        || ngx_plaid_sandbox_jwt_key(call->store, call->now, NULL, &key)
           != NGX_OK)
    {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:s, s:s, s:b}",
                         "key_id", key.id,
                         "old_key_id", old.id,
                         "old_key_expired", (int) expire));
}


ngx_uint_t
ngx_plaid_sandbox_verification_key(ngx_plaid_sandbox_call_t *call)
{
    json_t                      *expired;
    u_char                       x[NGX_PLAID_SANDBOX_POINT_LEN];
    u_char                       y[NGX_PLAID_SANDBOX_POINT_LEN];
    ngx_int_t                    rc;
    ngx_plaid_sandbox_signer_t   key;

    rc = ngx_plaid_sandbox_jwt_key(call->store, call->now,
                         ngx_plaid_sandbox_string(call->args, "key_id"), &key);

    if (rc == NGX_DECLINED) {
        return ngx_plaid_sandbox_error(call,
                              "INVALID_WEBHOOK_VERIFICATION_KEY_ID", NULL);
    }

    if (rc != NGX_OK || ngx_plaid_sandbox_jwt_point(&key, x, y) != NGX_OK) {
        return ngx_plaid_sandbox_error(call, "INTERNAL_SERVER_ERROR", NULL);
    }

    expired = key.expired ? json_integer(key.expired) : json_null();

    return ngx_plaid_sandbox_reply(call,
               json_pack("{s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}}",
                         "key",
                         "alg", "ES256",
                         "crv", "P-256",
                         "kid", key.id,
                         "kty", "EC",
                         "use", "sig",
                         "x", x,
                         "y", y,
                         "created_at", (json_int_t) key.created,
                         "expired_at", expired));
}

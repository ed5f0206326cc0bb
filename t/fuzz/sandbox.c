
/*
 * Calls to the sandbox, from their bytes to its answers.  The input is calls
 * one after the other, on one store, with an empty line and "." between them:
 *
 *     POST /item/get?query=1
 *     json                        or form, none, bad; more words: "keys"
 *                                 sends the keys in headers, "version" a
 *                                 Plaid-Version
 *     latency=5 status=503        a Plaid-Sandbox-Fault; may be empty
 *     {"access_token":"$A"}
 *
 * $A, $P, $L, $S, $I and $T stand for the access, public and link token, the
 * link session, the item_id and the state that an answer had last.
 */


#include "sandbox_store.h"
#include "ngx_plaid_sandbox_fault.h"


#define TOKENS  6


static const char *names[TOKENS] = {
    "access_token", "public_token", "link_token", "link_session_id", "item_id",
    "state"
};

static char  tokens[TOKENS][NGX_PLAID_SANDBOX_NAME_LEN];


static ngx_str_t
cut(ngx_str_t *rest, const char *end)
{
    u_char     *p;
    ngx_str_t   part;

    part = *rest;

    p = rest->len ? memmem(rest->data, rest->len, end, strlen(end)) : NULL;

    if (p) {
        part.len = p - rest->data;
        rest->len -= part.len + strlen(end);
        rest->data = p + strlen(end);

    } else {
        rest->data += rest->len;
        rest->len = 0;
    }

    return part;
}


static int
has(ngx_str_t *s, const char *word)
{
    return s->len && memmem(s->data, s->len, word, strlen(word)) != NULL;
}


/* a block of its very size, for the sanitizer to see a byte more being read */

static ngx_str_t
fill_in(ngx_str_t *text)
{
    size_t      i, n;
    ngx_str_t   s;
    const char *p;

    s.data = calloc(1, text->len * NGX_PLAID_SANDBOX_NAME_LEN + 1);
    s.len = 0;

    for (i = 0; i < text->len; i++) {
        p = (text->data[i] == '$' && i + 1 < text->len && text->data[i + 1])
            ? strchr("APLSIT", text->data[i + 1]) : NULL;

        if (p) {
            p = tokens[p - "APLSIT"];
            n = strlen(p);
            i++;

        } else {
            p = (char *) text->data + i;
            n = 1;
        }

        memcpy(s.data + s.len, p, n);
        s.len += n;
    }

    s.data = realloc(s.data, s.len ? s.len : 1);

    return s;
}


static void
remember(json_t *reply)
{
    ngx_uint_t   i;
    const char  *s;

    for (i = 0; i < TOKENS; i++) {
        s = json_string_value(json_object_get(reply, names[i]));

        if (s) {
            snprintf(tokens[i], sizeof(tokens[i]), "%s", s);
        }
    }
}


/* The same fields, each byte escaped, are the same object. */

static size_t
escape(char *dst, const char *s)
{
    size_t  n;

    for (n = 0; *s; s++) {
        n += sprintf(dst + n, "%%%02x", (u_char) *s);
    }

    return n;
}


static void
form_again(json_t *args, ngx_pool_t *pool)
{
    char        *text;
    size_t       n, size;
    json_t      *value, *member, *again;
    const char  *name, *key;

    size = 1;

    json_object_foreach(args, name, value) {
        size += 3 * (strlen(name) + json_string_length(value)) + 8;

        json_object_foreach(value, key, member) {
            size += 3 * (strlen(name) + strlen(key)
                         + json_string_length(member)) + 8;
        }
    }

    text = calloc(1, size);
    n = 0;

    json_object_foreach(args, name, value) {

        if (json_is_string(value)) {
            n += escape(text + n, name);
            n += sprintf(text + n, "=");
            n += escape(text + n, json_string_value(value));
            n += sprintf(text + n, "&");
        }

        json_object_foreach(value, key, member) {
            n += escape(text + n, name);
            n += sprintf(text + n, "[");
            n += escape(text + n, key);
            n += sprintf(text + n, "]=");
            n += escape(text + n, json_string_value(member));
            n += sprintf(text + n, "&");
        }
    }

    fuzz_check(n < size);

    again = json_object();

    fuzz_check(ngx_plaid_sandbox_form(again, (u_char *) text,
                                      (u_char *) text + n, pool)
               == NGX_OK);
    fuzz_check(json_equal(args, again));

    json_decref(again);
    free(text);
}


static void
fault_check(ngx_plaid_sandbox_fault_t *fault)
{
    fuzz_check(fault->latency <= NGX_PLAID_SANDBOX_WAIT_MAX);
    fuzz_check(fault->retry_after <= 86400);
    fuzz_check(fault->times <= 1000000);
    fuzz_check(memchr(fault->text, '\0', sizeof(fault->text)));

    switch (fault->kind) {

    case NGX_PLAID_SANDBOX_FAULT_STATUS:
        fuzz_check(fault->value >= 200 && fault->value <= 599);
        break;

    case NGX_PLAID_SANDBOX_FAULT_OVERSIZED:
        fuzz_check(fault->value <= NGX_PLAID_SANDBOX_OVERSIZED_MAX);
        break;

    case NGX_PLAID_SANDBOX_FAULT_HANG:
    case NGX_PLAID_SANDBOX_FAULT_DRIP:
    case NGX_PLAID_SANDBOX_FAULT_LOST:
        fuzz_check(fault->value <= NGX_PLAID_SANDBOX_WAIT_MAX);
        break;

    default:
        break;
    }
}


static void
faults(ngx_plaid_sandbox_call_t *call, ngx_str_t *header)
{
    ngx_str_t                  value;
    ngx_plaid_sandbox_fault_t  fault;

    memset(&fault, 0, sizeof(fault));

    if (ngx_plaid_sandbox_fault_header(&fault, header) == NGX_OK) {
        fault_check(&fault);
    }

    memset(&fault, 0, sizeof(fault));

    if (call->route && (call->route->flags & NGX_PLAID_SANDBOX_EXCHANGE)
        && ngx_plaid_sandbox_asked_fault(call, &value) == NGX_OK
        && ngx_plaid_sandbox_fault_token(&fault, &value) == NGX_OK)
    {
        fault_check(&fault);
        (void) ngx_plaid_sandbox_asked(call);
    }
}


static void
answer(ngx_plaid_sandbox_call_t *call)
{
    char        *text;
    ngx_uint_t   status;

    status = ngx_plaid_sandbox_answer(call);

    fuzz_check(call->reply != NULL);
    fuzz_check(status >= 200 && status < 600);

    text = json_dumps(call->reply, 0);
    fuzz_check(text != NULL);
    free(text);

    if (status >= 400) {
        fuzz_check(json_is_integer(json_object_get(call->reply, "code"))
                   || json_is_string(json_object_get(call->reply,
                                                     "error_code")));
    }

    remember(call->reply);
}


static ngx_int_t
read_args(ngx_plaid_sandbox_call_t *call, ngx_str_t *query, ngx_str_t *body)
{
    if (ngx_plaid_sandbox_form(call->args, query->data,
                               query->data + query->len, call->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    form_again(call->args, call->pool);

    if (call->type == NGX_PLAID_SANDBOX_JSON) {
        return ngx_plaid_sandbox_json(call->args, body->data, body->len);
    }

    if (call->type != NGX_PLAID_SANDBOX_FORM) {
        return NGX_OK;
    }

    if (ngx_plaid_sandbox_form(call->args, body->data, body->data + body->len,
                               call->pool)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    form_again(call->args, call->pool);

    return NGX_OK;
}


static void
one_call(ngx_plaid_sandbox_call_t *call, ngx_str_t *text)
{
    ngx_str_t  line, method, words, header, query, body;

    line = cut(text, "\n");
    words = cut(text, "\n");
    header = cut(text, "\n");
    body = fill_in(text);

    method = cut(&line, " ");
    call->path = cut(&line, "?");
    query = fill_in(&line);
    header = fill_in(&header);

    call->method = has(&method, "POST") ? NGX_PLAID_SANDBOX_POST
                   : has(&method, "GET") ? NGX_PLAID_SANDBOX_GET
                   : has(&method, "PATCH") ? NGX_PLAID_SANDBOX_PATCH
                   : has(&method, "DELETE") ? NGX_PLAID_SANDBOX_DELETE
                   : NGX_PLAID_SANDBOX_OTHER;

    call->type = has(&words, "json") ? NGX_PLAID_SANDBOX_JSON
                 : has(&words, "form") ? NGX_PLAID_SANDBOX_FORM
                 : has(&words, "none") ? NGX_PLAID_SANDBOX_NO_TYPE
                 : NGX_PLAID_SANDBOX_BAD_TYPE;

    if (has(&words, "keys")) {
        ngx_str_set(&call->header_id, "test_id");
        ngx_str_set(&call->header_secret, "test_secret");
    }

    call->version = has(&words, "version");
    call->malformed = (read_args(call, &query, &body) != NGX_OK);

    ngx_plaid_sandbox_find(call);

    faults(call, &header);
    answer(call);

    free(body.data);
    free(query.data);
    free(header.data);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ngx_str_t                 rest, text;
    ngx_array_t               keys;
    ngx_plaid_sandbox_key_t   key;
    ngx_plaid_sandbox_call_t  call;

    ngx_plaid_sandbox_store_clear(&sandbox_store);
    memset(&sandbox_store_shared, 0, sizeof(sandbox_store_shared));
    memset(tokens, 0, sizeof(tokens));

    key.id = unit_str("test_id");
    key.secret = unit_str("test_secret");
    keys.elts = &key;
    keys.nelts = 1;

    rest.data = (u_char *) data;
    rest.len = ngx_min(size, NGX_PLAID_SANDBOX_BODY_MAX);

    while (rest.len) {
        text = cut(&rest, "\n.\n");

        memset(&call, 0, sizeof(call));

        call.pool = unit_pool();
        call.log = &unit_log;
        call.store = &sandbox_store;
        call.now = ngx_time();
        call.keys = &keys;
        call.token_ttl = NGX_PLAID_SANDBOX_TOKEN_TTL;
        call.origin = unit_str("http://127.0.0.1/plaid");
        call.args = json_object();

        memcpy(call.request_id, "fuzzfuzzfuzzfuz", 16);

        one_call(&call, &text);

        json_decref(call.args);
        json_decref(call.keep);
        json_decref(call.reply);
        unit_pool_destroy(call.pool);

        unit_log_reset();
    }

    fuzz_check(unit_damaged == 0);

    return 0;
}


#include "ngx_plaid_stats.h"
#include <signal.h>


#define NGX_PLAID_STATS_MAGIC      0x74617473

/* changed with anything in here that users of the memory must agree on */
#define NGX_PLAID_STATS_LAYOUT     3

/* nginx has no more children at a time */
#define NGX_PLAID_STATS_PROCESSES  1024


struct ngx_plaid_stats_slot_s {
    ngx_atomic_t               n[NGX_PLAID_STATS_NUMBERS];
    volatile uint32_t          len;          /* of "name"; 0: free */
    u_char                     name[NGX_PLAID_STATS_NAME];
};


/* only the process itself writes here */

typedef struct {
    volatile uint32_t          pid;
    volatile uint32_t          inflight[NGX_PLAID_STATS_CLIENTS + 1];
} ngx_plaid_stats_process_t;


struct ngx_plaid_stats_area_s {
    uint32_t                   magic;
    uint32_t                   layout;
    uint64_t                   size;
    uint64_t                   since;
    ngx_atomic_t               replays[2];
    ngx_atomic_t               spoofed[NGX_PLAID_STATS_PEERS];
    ngx_atomic_t               webhooks[NGX_PLAID_WEBHOOK_VERDICTS];
    ngx_atomic_t               keys[NGX_PLAID_WEBHOOK_KEY_FAILED + 1];
    ngx_plaid_stats_slot_t     slots[NGX_PLAID_STATS_CLIENTS + 1];
    ngx_plaid_stats_process_t  processes[NGX_PLAID_STATS_PROCESSES];
};


static void ngx_plaid_stats_add(ngx_atomic_t *n, ngx_atomic_int_t add);
static void ngx_plaid_stats_name(ngx_plaid_stats_slot_t *slot,
    ngx_str_t *name);
static ngx_uint_t ngx_plaid_stats_alive(uint32_t pid);


/* a name that no client can have */
static ngx_str_t  ngx_plaid_stats_others = ngx_string("all others");


static ngx_str_t  ngx_plaid_stats_types[NGX_PLAID_STATS_TYPES] = {
    ngx_string("EXCHANGE_ERROR"),
    ngx_string("API_ERROR"),
    ngx_string("ASSET_REPORT_ERROR"),
    ngx_string("BANK_TRANSFER_ERROR"),
    ngx_string("BASE_REPORT_ERROR"),
    ngx_string("CHECK_REPORT_ERROR"),
    ngx_string("CONSUMER_REPORT_ERROR"),
    ngx_string("INCOME_VERIFICATION_ERROR"),
    ngx_string("INSTITUTION_ERROR"),
    ngx_string("INVALID_INPUT"),
    ngx_string("INVALID_REQUEST"),
    ngx_string("INVALID_RESULT"),
    ngx_string("ITEM_ERROR"),
    ngx_string("MICRODEPOSITS_ERROR"),
    ngx_string("OAUTH_ERROR"),
    ngx_string("PARTNER_ERROR"),
    ngx_string("PAYMENT_ERROR"),
    ngx_string("RATE_LIMIT_EXCEEDED"),
    ngx_string("RECAPTCHA_ERROR"),
    ngx_string("SANDBOX_ERROR"),
    ngx_string("SIGNAL_ERROR"),
    ngx_string("TRANSACTIONS_ERROR"),
    ngx_string("TRANSACTION_ERROR"),
    ngx_string("TRANSFER_ERROR"),
    ngx_string("USER_ERROR"),
    ngx_string("other")
};


/* from a sandbox at hand, over Plaid on a usual day, to "timeout" and more */

static ngx_msec_t  ngx_plaid_stats_buckets[NGX_PLAID_STATS_BUCKETS] = {
    5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 15000
};


size_t
ngx_plaid_stats_size(void)
{
    return sizeof(ngx_plaid_stats_area_t);
}


ngx_plaid_stats_area_t *
ngx_plaid_stats_init(void *mem, time_t now)
{
    ngx_plaid_stats_area_t *area = mem;

    if (area->magic == NGX_PLAID_STATS_MAGIC
        && area->layout == NGX_PLAID_STATS_LAYOUT
        && area->size == sizeof(ngx_plaid_stats_area_t))
    {
        return area;
    }

    ngx_memzero(area, sizeof(ngx_plaid_stats_area_t));

    area->size = sizeof(ngx_plaid_stats_area_t);
    area->layout = NGX_PLAID_STATS_LAYOUT;
    area->since = now;
    area->magic = NGX_PLAID_STATS_MAGIC;

    return area;
}


ngx_plaid_stats_slot_t *
ngx_plaid_stats_slot(ngx_plaid_stats_area_t *area, ngx_str_t *name)
{
    ngx_uint_t               i;
    ngx_plaid_stats_slot_t  *slot;

    if (name->len > NGX_PLAID_STATS_NAME) {
        goto shared;
    }

    for (i = 0; i < NGX_PLAID_STATS_CLIENTS; i++) {
        slot = &area->slots[i];

        if (slot->len == 0) {
            ngx_plaid_stats_name(slot, name);
            return slot;
        }

        if (slot->len == name->len
            && ngx_memcmp(slot->name, name->data, name->len) == 0)
        {
            return slot;
        }
    }

shared:

    slot = &area->slots[NGX_PLAID_STATS_CLIENTS];

    if (slot->len == 0) {
        ngx_plaid_stats_name(slot, &ngx_plaid_stats_others);
    }

    return slot;
}


/* workers of an earlier configuration may look at the slot meanwhile */

static void
ngx_plaid_stats_name(ngx_plaid_stats_slot_t *slot, ngx_str_t *name)
{
    ngx_memcpy(slot->name, name->data, name->len);
    ngx_memory_barrier();
    slot->len = name->len;
}


void
ngx_plaid_stats_attach(ngx_plaid_stats_area_t *area, ngx_uint_t place)
{
    ngx_plaid_stats_process_t  *process;

    process = &area->processes[place];

    /* a process without a master goes on over a reload */

    if (process->pid == (uint32_t) ngx_pid) {
        return;
    }

    process->pid = 0;
    ngx_memory_barrier();

    ngx_memzero((void *) process->inflight, sizeof(process->inflight));

    ngx_memory_barrier();
    process->pid = ngx_pid;
}


void
ngx_plaid_stats_bind(ngx_plaid_stats_area_t *area, ngx_uint_t place,
    ngx_plaid_stats_t *st)
{
    st->inflight = &area->processes[place].inflight[st->slot - area->slots];
}


static void
ngx_plaid_stats_add(ngx_atomic_t *n, ngx_atomic_int_t add)
{
#if (NGX_HAVE_GCC_ATOMIC)
    /* nothing else depends on the order in which this becomes visible */
    (void) __atomic_fetch_add(n, add, __ATOMIC_RELAXED);
#else
    (void) ngx_atomic_fetch_add(n, add);
#endif
}


void
ngx_plaid_stats_count(ngx_plaid_stats_t *st, ngx_uint_t position)
{
    ngx_plaid_stats_add(&st->slot->n[position], 1);
}


void
ngx_plaid_stats_result(ngx_plaid_stats_t *st, ngx_plaid_result_t *res)
{
    ngx_str_t   *type;
    ngx_uint_t   i;

    if (res->status == NGX_PLAID_NOTHING) {
        return;
    }

    ngx_plaid_stats_count(st, NGX_PLAID_STATS_STATUS + res->status);

    if (res->cause == NGX_PLAID_CAUSE_NONE) {
        return;
    }

    ngx_plaid_stats_count(st, NGX_PLAID_STATS_CAUSE + res->cause);

    type = ngx_plaid_stats_types;

    for (i = 0; i < NGX_PLAID_STATS_TYPES - 1; i++) {
        if (res->error_type.len == type[i].len
            && ngx_memcmp(res->error_type.data, type[i].data, type[i].len)
               == 0)
        {
            break;
        }
    }

    ngx_plaid_stats_count(st, NGX_PLAID_STATS_TYPE + i);
}


void
ngx_plaid_stats_begin(ngx_plaid_stats_t *st)
{
    (*st->inflight)++;
}


void
ngx_plaid_stats_end(ngx_plaid_stats_t *st)
{
    (*st->inflight)--;
}


void
ngx_plaid_stats_time(ngx_plaid_stats_t *st, ngx_msec_t time)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_PLAID_STATS_BUCKETS; i++) {
        if (time <= ngx_plaid_stats_buckets[i]) {
            break;
        }
    }

    ngx_plaid_stats_count(st, NGX_PLAID_STATS_BUCKET + i);
    ngx_plaid_stats_add(&st->slot->n[NGX_PLAID_STATS_TIME], time);
}


void
ngx_plaid_stats_spoofed(ngx_plaid_stats_area_t *area,
    ngx_plaid_stats_peer_e peer)
{
    ngx_plaid_stats_add(&area->spoofed[peer], 1);
}


void
ngx_plaid_stats_webhook(ngx_plaid_stats_area_t *area, ngx_plaid_stats_t *st,
    ngx_plaid_webhook_e verdict)
{
    ngx_uint_t  position;

    if (verdict == NGX_PLAID_WEBHOOK_VERIFIED) {
        position = NGX_PLAID_STATS_WEBHOOK_VERIFIED;

    } else if (ngx_plaid_webhook_status(verdict) < 500) {
        position = NGX_PLAID_STATS_WEBHOOK_REFUSED;

    } else {
        position = NGX_PLAID_STATS_WEBHOOK_UNAVAILABLE;
    }

    ngx_plaid_stats_count(st, position);
    ngx_plaid_stats_add(&area->webhooks[verdict], 1);
}


void
ngx_plaid_stats_key_fetch(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_key_e rc)
{
    ngx_plaid_stats_add(&area->keys[rc], 1);
}


ngx_uint_t
ngx_plaid_stats_webhooks(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_e verdict)
{
    return area->webhooks[verdict];
}


ngx_uint_t
ngx_plaid_stats_key_fetches(ngx_plaid_stats_area_t *area,
    ngx_plaid_webhook_key_e rc)
{
    return area->keys[rc];
}


ngx_uint_t
ngx_plaid_stats_headers(ngx_plaid_stats_area_t *area,
    ngx_plaid_stats_peer_e peer)
{
    return area->spoofed[peer];
}


void
ngx_plaid_stats_replay(ngx_plaid_stats_area_t *area, ngx_uint_t redis)
{
    ngx_plaid_stats_add(&area->replays[redis], 1);
}


ngx_uint_t
ngx_plaid_stats_replays(ngx_plaid_stats_area_t *area, ngx_uint_t redis)
{
    return area->replays[redis];
}


time_t
ngx_plaid_stats_since(ngx_plaid_stats_area_t *area)
{
    return area->since;
}


ngx_int_t
ngx_plaid_stats_snapshot(ngx_plaid_stats_area_t *area, ngx_uint_t i,
    ngx_plaid_stats_snapshot_t *snap)
{
    ngx_uint_t                  k;
    ngx_plaid_stats_slot_t     *slot;
    ngx_plaid_stats_process_t  *process;

    slot = &area->slots[i];

    if (slot->len == 0) {
        return NGX_DECLINED;
    }

    snap->name.len = slot->len;
    snap->name.data = slot->name;

    for (k = 0; k < NGX_PLAID_STATS_NUMBERS; k++) {
        snap->n[k] = slot->n[k];
    }

    snap->exchanges = 0;

    for (k = 0; k <= NGX_PLAID_STATS_BUCKETS; k++) {
        snap->exchanges += snap->n[NGX_PLAID_STATS_BUCKET + k];
    }

    snap->inflight = 0;

    for (k = 0; k < NGX_PLAID_STATS_PROCESSES; k++) {
        process = &area->processes[k];

        if (process->inflight[i] && ngx_plaid_stats_alive(process->pid)) {
            snap->inflight += process->inflight[i];
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_plaid_stats_alive(uint32_t pid)
{
    return pid && (kill((pid_t) pid, 0) == 0 || ngx_errno == NGX_EPERM);
}


ngx_str_t *
ngx_plaid_stats_type(ngx_uint_t i)
{
    return &ngx_plaid_stats_types[i];
}


ngx_msec_t
ngx_plaid_stats_bucket(ngx_uint_t i)
{
    return ngx_plaid_stats_buckets[i];
}

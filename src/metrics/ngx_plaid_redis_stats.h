
/*
 * What the servers of plaid_redis blocks have done, counted in memory that all
 * workers share.
 *
 * Promises: counting takes no lock and allocates nothing; a server's numbers
 * are found again by its name after a reload; whether a worker is connected is
 * kept by process, so that one that died does not count.
 */


#ifndef _NGX_PLAID_REDIS_STATS_H_INCLUDED_
#define _NGX_PLAID_REDIS_STATS_H_INCLUDED_


#include "ngx_plaid.h"
#include "ngx_plaid_text.h"


/* servers with numbers of their own; those beyond share one more slot */
#define NGX_PLAID_REDIS_STATS_SERVERS  8

/* longest name of a server that is kept; it becomes a label */
#define NGX_PLAID_REDIS_STATS_NAME     64

/* buckets of the histogram, without the one that takes all the rest */
#define NGX_PLAID_REDIS_STATS_BUCKETS  12


/* why a server was not used, or a command of no use: the label "reason" */

typedef enum {
    NGX_PLAID_REDIS_RESOLVE = 0,    /* its name was not found */
    NGX_PLAID_REDIS_CONNECT,        /* not connected */
    NGX_PLAID_REDIS_TLS,            /* no TLS, or another's certificate */
    NGX_PLAID_REDIS_TIMEOUT,        /* no reply in time */
    NGX_PLAID_REDIS_CLOSED,         /* connection lost */
    NGX_PLAID_REDIS_PROTOCOL,       /* not RESP, or over a limit */
    NGX_PLAID_REDIS_AUTH,           /* NOAUTH, WRONGPASS, NOPERM */
    NGX_PLAID_REDIS_READONLY,       /* READONLY, LOADING, MASTERDOWN */
    NGX_PLAID_REDIS_CLUSTER,        /* MOVED, ASK, CLUSTERDOWN, CROSSSLOT */
    NGX_PLAID_REDIS_MEMORY,         /* OOM, MISCONF */
    NGX_PLAID_REDIS_REPLY,          /* another error, or an odd reply */
    NGX_PLAID_REDIS_RECORD,         /* a value that does not open */
    NGX_PLAID_REDIS_INTERNAL,       /* our own: memory, connections */
    NGX_PLAID_REDIS_REASONS
} ngx_plaid_redis_reason_e;


typedef struct ngx_plaid_redis_stats_area_s  ngx_plaid_redis_stats_area_t;

/* a server's numbers */

typedef struct {
    u_char                     name[NGX_PLAID_REDIS_STATS_NAME];
    ngx_atomic_t               len;          /* of the name; 0: a free slot */
    ngx_atomic_t               commands;
    ngx_atomic_t               skipped;      /* exchanges without Redis */
    ngx_atomic_t               pushed;       /* records, once more */
    ngx_atomic_t               errors[NGX_PLAID_REDIS_REASONS];
    ngx_atomic_t               buckets[NGX_PLAID_REDIS_STATS_BUCKETS + 1];
    ngx_atomic_t               waited;       /* microseconds */
    ngx_atomic_t               epoch;        /* see ngx_plaid_redis.h */
    ngx_uint_t                 shared;       /* unsigned  shared:1; */
    volatile u_char            connected[NGX_MAX_PROCESSES];
} ngx_plaid_redis_stats_t;


/* The bytes that the memory must have. */
size_t ngx_plaid_redis_stats_size(void);

/*
 * Attaches to the numbers in "mem", which is aligned as a pointer is, or makes
 * them, all zero, when there are none of this layout.  Called before workers
 * are forked.
 */
ngx_plaid_redis_stats_area_t *ngx_plaid_redis_stats_init(void *mem);

/*
 * The slot of the server "name", a free one given that name, or the shared
 * one.  Called by the master alone.
 */
ngx_plaid_redis_stats_t *ngx_plaid_redis_stats_slot(
    ngx_plaid_redis_stats_area_t *area, ngx_str_t *name);

/*
 * Called in a process before it counts: the one that was at "place"
 * (ngx_process_slot) before is connected no more.
 */
void ngx_plaid_redis_stats_attach(ngx_plaid_redis_stats_area_t *area,
    ngx_uint_t place);

/* What a request has waited for a server, microseconds. */
void ngx_plaid_redis_stats_wait(ngx_plaid_redis_stats_t *st, ngx_uint_t time);

/* The value of the label "reason". */
ngx_str_t *ngx_plaid_redis_stats_reason(ngx_plaid_redis_reason_e reason);

/*
 * Writes the numbers of the "n" servers in "st" as Prometheus' text format,
 * and as a JSON array.
 */
void ngx_plaid_redis_stats_prometheus(ngx_plaid_redis_stats_t **st,
    ngx_uint_t n, ngx_plaid_text_t *text);
void ngx_plaid_redis_stats_json(ngx_plaid_redis_stats_t **st, ngx_uint_t n,
    ngx_plaid_text_t *text);


#endif /* _NGX_PLAID_REDIS_STATS_H_INCLUDED_ */

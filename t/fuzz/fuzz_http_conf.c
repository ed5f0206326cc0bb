
/* The configuration: made by the module's own directives. */


#include "fuzz_http.h"


#define VARIABLES  32
#define ARGS       8

/* of a zone, for more records than there can be requests */
#define PAGES      8


ngx_module_t  ngx_core_module;
ngx_module_t  ngx_http_module;
ngx_module_t  ngx_http_core_module;

ngx_uint_t    ngx_pagesize = 4096;
ngx_uint_t    ngx_worker;
ngx_uint_t    ngx_process = NGX_PROCESS_SINGLE;
ngx_int_t     ngx_process_slot;
ngx_uint_t    ngx_exiting;

ngx_http_plaid_main_conf_t  *fuzz_http_main_conf;
ngx_http_core_main_conf_t    fuzz_http_core_conf;
ngx_http_conf_ctx_t          fuzz_http_conf_ctx;


/* a user's name, a page that is not ours, and all that can be configured */

static fuzz_http_location_t  locations[] = {
    { .letter = 'a', .client = "acme",
      .conf = "plaid_exchange acme" },
    { .letter = 'b', .client = "acme", .error_page = "/o",
      .conf = "plaid_exchange acme;plaid_exchange_header X-App-Token;"
              "plaid_exchange_errors pass;plaid_replay on bind=$arg_user" },
    { .letter = 'c', .client = "old", .error_page = "/b",
      .conf = "plaid_exchange old;plaid_exchange_required on;"
              "plaid_exchange_field public_token data.token;"
              "plaid_exchange_max_body 300" },
    { .letter = 'd', .client = "acme",
      .conf = "plaid_exchange acme;plaid_replay off" },
    { .letter = 'e', .client = "acme",
      .conf = "plaid_exchange acme;"
              "plaid_replay tiny ttl=2s grace=0 bind=shared" },
    { .letter = 'i', .client = "acme",
      .conf = "plaid_exchange acme if=$arg_if;plaid_exchange_required on" },
    { .letter = 's', .conf = "plaid_status" },
    { .letter = 'v', .client = "sub",
      .conf = "plaid_exchange sub;plaid_exchange_header X_User" },
    { .letter = 'o', .conf = "plaid_exchange off" }
};

#define LOCATIONS  (sizeof(locations) / sizeof(locations[0]))


static ngx_conf_t           cf;
static ngx_cycle_t          cycle;
static ngx_conf_file_t      conf_file;
static void                *main_conf[2];
static void                *srv_conf[2];
static void                *cycle_conf[2];
static ngx_core_conf_t      core_conf;
static ngx_http_variable_t  variables[VARIABLES];
static ngx_http_core_srv_conf_t  server;
static ngx_http_phase_handler_t  engine[1];       /* phases run without it */
static ngx_resolver_t      *resolver = (ngx_resolver_t *) &cycle;


void
ngx_conf_log_error(ngx_uint_t level, ngx_conf_t *conf, ngx_err_t err,
    const char *fmt, ...)
{
    /* one location shares its tokens, and is warned */

    if (level >= NGX_LOG_WARN) {
        return;
    }

    fprintf(stderr, "configuration: %s\n", fmt);
    abort();
}


/* no location trusts a peer */

ngx_int_t
ngx_ptocidr(ngx_str_t *text, ngx_cidr_t *cidr)
{
    return NGX_ERROR;
}


ngx_int_t
ngx_cidr_match(struct sockaddr *sa, ngx_array_t *cidrs)
{
    return NGX_DECLINED;
}


ngx_int_t
ngx_conf_full_name(ngx_cycle_t *cy, ngx_str_t *name, ngx_uint_t conf_prefix)
{
    return NGX_ERROR;
}


char *
ngx_conf_set_flag_slot(ngx_conf_t *conf, ngx_command_t *cmd, void *data)
{
    ngx_str_t  *value = conf->args->elts;

    *(ngx_flag_t *) ((char *) data + cmd->offset) =
        (strcmp((char *) value[1].data, "on") == 0);

    return NGX_CONF_OK;
}


char *
ngx_conf_set_size_slot(ngx_conf_t *conf, ngx_command_t *cmd, void *data)
{
    ngx_str_t  *value = conf->args->elts;

    *(size_t *) ((char *) data + cmd->offset) =
        strtoul((char *) value[1].data, NULL, 10);

    return NGX_CONF_OK;
}


char *
ngx_conf_set_enum_slot(ngx_conf_t *conf, ngx_command_t *cmd, void *data)
{
    ngx_str_t        *value = conf->args->elts;
    ngx_conf_enum_t  *e;

    for (e = cmd->post; strcmp((char *) e->name.data, (char *) value[1].data);
         e++)
    {
        fuzz_check(e->name.len);
    }

    *(ngx_uint_t *) ((char *) data + cmd->offset) = e->value;

    return NGX_CONF_OK;
}


ssize_t
ngx_parse_size(ngx_str_t *line)
{
    return strtoul((char *) line->data, NULL, 10) * 1024;
}


ngx_int_t
ngx_parse_time(ngx_str_t *line, ngx_uint_t is_sec)
{
    return strtoul((char *) line->data, NULL, 10) * 1000;
}


/* zones: memory that is new at each run */

ngx_shm_zone_t *
ngx_shared_memory_add(ngx_conf_t *conf, ngx_str_t *name, size_t size,
    void *tag)
{
    ngx_shm_zone_t  *zone;

    zone = ngx_list_push(&cycle.shared_memory);

    memset(zone, 0, sizeof(ngx_shm_zone_t));

    zone->shm.name = *name;
    zone->shm.size = size;
    zone->shm.addr = calloc(1, size);
    zone->tag = tag;

    return zone;
}


/* once for each zone's head, and once for the rest of it */

void *
ngx_slab_calloc(ngx_slab_pool_t *pool, size_t size)
{
    u_char  *p;

    p = pool->start;
    pool->start += ngx_align(size, 64);

    fuzz_check(pool->start <= pool->end);

    return p;
}


static void
zone_start(ngx_shm_zone_t *zone)
{
    size_t            head;
    ngx_slab_pool_t  *pool;

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    memset(pool, 0, ngx_min(zone->shm.size, (PAGES + 2) * ngx_pagesize));

    head = ngx_align(sizeof(ngx_slab_pool_t), 64);

    pool->start = zone->shm.addr + head;
    pool->end = zone->shm.addr + zone->shm.size;

    /* of the tiny one, room for three records */

    pool->pfree = (zone->shm.name.data[0] == 't') ? 1 : PAGES;

    fuzz_check(zone->init(zone, NULL) == NGX_OK);
}


/* the clients: a name that is looked up, credentials from the request */

char *
ngx_http_plaid_client_block(ngx_conf_t *conf, ngx_array_t **clients)
{
    ngx_str_t                *value = conf->args->elts;
    ngx_http_plaid_client_t  *client, **elt;

    static ngx_addr_t          addrs[2];
    static struct sockaddr_in  sin;

    if (*clients == NULL) {
        *clients = ngx_array_create(conf->pool, 4, sizeof(void *));
    }

    client = calloc(1, sizeof(ngx_http_plaid_client_t));

    elt = ngx_array_push(*clients);
    *elt = client;

    client->name = value[1];
    client->environment = unit_str("sandbox");
    client->client_id.value = calloc(1, sizeof(ngx_http_complex_value_t));
    client->client_id.value->value = unit_str("client-id-of-ours");
    client->secret.value = calloc(1, sizeof(ngx_http_complex_value_t));
    client->secret.value->value = unit_str("secret-of-ours");

    client->peer.name = client->name;
    client->peer.index = (*clients)->nelts - 1;
    client->peer.timeout = 3000;
    client->peer.max_inflight[NGX_PLAID_CLASS_EXCHANGE] = 4;
    client->peer.endpoint.host = unit_str("sandbox.plaid.com");
    client->peer.endpoint.port = 443;

    switch (value[1].data[0]) {

    case 'a':
        client->token_env = unit_str("sandbox");
        sin.sin_family = AF_INET;
        sin.sin_port = htons(443);
        addrs[0].name = unit_str("192.0.2.1:443");
        addrs[0].sockaddr = (struct sockaddr *) &sin;
        addrs[0].socklen = sizeof(sin);
        addrs[1] = addrs[0];
        addrs[1].name = unit_str("192.0.2.2:443");
        client->peer.endpoint.addrs = addrs;
        client->peer.endpoint.naddrs = 2;
        break;

    case 'o':
        client->dialect = NGX_PLAID_LEGACY;
        client->resolver = resolver;
        client->resolver_timeout = 1000;
        break;

    default:
        client->subrequest = unit_str("/plaid");
        client->secret.value->value = unit_str("$arg_secret");
        client->secret.value->lengths = client;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_plaid_client_init(ngx_conf_t *conf, ngx_array_t *clients)
{
    return NGX_OK;
}


/* endpoints are there from the start, or a resolver is asked for them */

void
ngx_http_plaid_client_start(ngx_cycle_t *cy, ngx_array_t *clients)
{
}


void
ngx_http_plaid_client_names_init(ngx_array_t *clients)
{
}


void
ngx_http_plaid_client_names_exit(ngx_array_t *clients)
{
}


ngx_http_plaid_client_t *
ngx_http_plaid_client_find(ngx_array_t *clients, ngx_str_t *name)
{
    ngx_uint_t                 i;
    ngx_http_plaid_client_t  **client = clients->elts;

    for (i = 0; i < clients->nelts; i++) {
        if (strcmp((char *) client[i]->name.data, (char *) name->data) == 0) {
            return client[i];
        }
    }

    return NULL;
}


ngx_http_variable_t *
ngx_http_add_variable(ngx_conf_t *conf, ngx_str_t *name, ngx_uint_t flags)
{
    ngx_http_variable_t  *v;

    for (v = variables; v->name.len; v++) {
        if (v->name.len == name->len
            && memcmp(v->name.data, name->data, name->len) == 0)
        {
            return v;
        }
    }

    fuzz_check(v - variables < VARIABLES - 1);

    v->name = *name;
    v->index = v - variables;
    fuzz_http_core_conf.variables.nelts = v->index + 1;

    return v;
}


/* what a map has made of a token is in the request's own cache */

static ngx_int_t
not_mapped(ngx_http_request_t *r, ngx_http_variable_value_t *v, uintptr_t data)
{
    v->len = 0;
    v->not_found = 1;

    return NGX_OK;
}


void
fuzz_http_variable(ngx_http_request_t *r, ngx_uint_t i, ngx_str_t *value)
{
    ngx_http_variable_value_t  *v;

    v = &r->variables[i];

    if (!v->valid && !v->not_found
        && variables[i].get_handler(r, v, variables[i].data) != NGX_OK)
    {
        v->len = 0;
    }

    value->len = v->len;
    value->data = v->data;
}


ngx_uint_t
fuzz_http_index(const char *name)
{
    ngx_str_t  s;

    s = unit_str(name);

    return ngx_http_add_variable(&cf, &s, 0)->index;
}


fuzz_http_location_t *
fuzz_http_find(ngx_str_t *uri)
{
    ngx_uint_t  i;

    for (i = 0; i < LOCATIONS - 1; i++) {
        if (uri->len > 1 && uri->data[1] == locations[i].letter) {
            break;
        }
    }

    return &locations[i];
}


/* "NAME ARG ...;NAME ...": each directive is the module's own */

static void
configure(void *loc, const char *text)
{
    char           *line, *word, *rest, *next;
    ngx_str_t      *value;
    ngx_command_t  *cmd;

    next = strdup(text);

    while ((line = strsep(&next, ";"))) {
        cf.args = ngx_array_create(cf.pool, ARGS, sizeof(ngx_str_t));
        rest = line;

        while ((word = strsep(&rest, " "))) {
            value = ngx_array_push(cf.args);
            *value = unit_str(word);
        }

        for (cmd = ngx_http_plaid_directives; strcmp((char *) cmd->name.data,
                                                   line); cmd++)
        {
            fuzz_check(cmd->name.len);
        }

        fuzz_check(cmd->set(&cf, cmd, cmd->conf == NGX_HTTP_MAIN_CONF_OFFSET
                                      ? fuzz_http_main_conf : loc)
                   == NGX_CONF_OK);
    }
}


static void
configure_locations(ngx_http_module_t *module)
{
    void                  *parent;
    ngx_uint_t             i;
    fuzz_http_location_t  *l;

    parent = module->create_loc_conf(&cf);

    for (i = 0; i < LOCATIONS; i++) {
        l = &locations[i];

        l->plcf = module->create_loc_conf(&cf);
        l->clcf.resolver = NULL;
        l->ctx[ngx_http_core_module.ctx_index] = &l->clcf;
        l->ctx[ngx_http_plaid_module.ctx_index] = l->plcf;

        fuzz_http_conf_ctx.loc_conf = l->ctx;

        configure(l->plcf, l->conf);

        fuzz_check(module->merge_loc_conf(&cf, parent, l->plcf)
                   == NGX_CONF_OK);
    }
}


static void
configure_all(void)
{
    ngx_str_t           mapped;
    ngx_uint_t          i;
    ngx_http_module_t  *module;

    module = ngx_http_plaid_module.ctx;

    ngx_http_plaid_module.ctx_index = 1;

    cf.pool = unit_pool();
    cf.log = &unit_log;
    cf.cycle = &cycle;
    cf.ctx = &fuzz_http_conf_ctx;
    cf.conf_file = &conf_file;

    ngx_list_init(&cycle.shared_memory, cf.pool, 8, sizeof(ngx_shm_zone_t));
    cycle.pool = cf.pool;
    cycle.log = &unit_log;
    cycle.conf_ctx = (void ****) cycle_conf;
    ngx_http_module.index = 1;
    cycle_conf[0] = &core_conf;
    cycle_conf[1] = &fuzz_http_conf_ctx;

    ngx_cycle = &cycle;
    ngx_pid = getpid();

    for (i = 0; i <= NGX_HTTP_LOG_PHASE; i++) {
        ngx_array_init(&fuzz_http_core_conf.phases[i].handlers, cf.pool, 4,
                       sizeof(ngx_http_handler_pt));
    }

    fuzz_http_core_conf.phase_engine.handlers = engine;

    fuzz_http_main_conf = module->create_main_conf(&cf);
    main_conf[0] = &fuzz_http_core_conf;
    main_conf[1] = fuzz_http_main_conf;
    fuzz_http_conf_ctx.main_conf = main_conf;

    srv_conf[ngx_http_core_module.ctx_index] = &server;
    srv_conf[ngx_http_plaid_module.ctx_index] = module->create_srv_conf(&cf);
    fuzz_http_conf_ctx.srv_conf = srv_conf;

    fuzz_check(module->preconfiguration(&cf) == NGX_OK);

    mapped = unit_str("mapped");
    ngx_http_add_variable(&cf, &mapped, 0)->get_handler = not_mapped;

    configure(NULL, "plaid_client acme;plaid_client old;plaid_client sub;"
                    "plaid_replay_zone tiny:32");
    configure_locations(module);

    fuzz_check(module->postconfiguration(&cf) == NGX_OK);

    if (ngx_http_plaid_module.init_module) {
        fuzz_check(ngx_http_plaid_module.init_module(&cycle) == NGX_OK);
    }
}


void
fuzz_http_conf(void)
{
    ngx_uint_t                 i;
    ngx_shm_zone_t            *zone;
    ngx_http_plaid_client_t  **client;

    if (fuzz_http_main_conf == NULL) {
        configure_all();
    }

    zone = cycle.shared_memory.part.elts;

    for (i = 0; i < cycle.shared_memory.part.nelts; i++) {
        if (zone[i].tag == &ngx_http_plaid_module
            || fuzz_http_main_conf->stats == NULL)
        {
            zone_start(&zone[i]);
        }
    }

    client = fuzz_http_main_conf->clients->elts;

    for (i = 0; i < fuzz_http_main_conf->clients->nelts; i++) {
        client[i]->peer.last_len = 0;
    }

    ngx_queue_init(&ngx_posted_events);
    ngx_queue_init(&ngx_posted_next_events);

    fuzz_check(ngx_http_plaid_module.init_process(&cycle) == NGX_OK);
}


void
fuzz_http_conf_check(void)
{
    ngx_uint_t                 i;
    ngx_plaid_store_stats_t    stats;
    ngx_http_plaid_zone_t    **zone;
    ngx_http_plaid_client_t  **client;

    zone = fuzz_http_main_conf->zones->elts;

    for (i = 0; i < fuzz_http_main_conf->zones->nelts; i++) {
        ngx_plaid_store_stats(&zone[i]->store, &stats);
        fuzz_check(stats.calling == 0);
    }

    client = fuzz_http_main_conf->clients->elts;

    for (i = 0; i < fuzz_http_main_conf->clients->nelts; i++) {
        fuzz_check(client[i]->peer.inflight[NGX_PLAID_CLASS_EXCHANGE]
                   == 0);
    }
}

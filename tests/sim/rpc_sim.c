/* In the places of common/net/json_rpc_client.c and http_client.c: RPC to the simulated L1s. Every node
 * has its own RPC endpoint on every chain, with its own lag and its own lies. URL: sim://CHAIN. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/net/json_rpc_client.h"
#include "tests/sim/faults.h"
#include "tests/sim/rpc_sim.h"
#include "tests/sim/sim.h"

enum { CHAINS_MAX = 8, WAY_MS = 40, LAG_MS = 30000, LAG_BLOCKS = 6 };

static struct l1 *chains[CHAINS_MAX];
static struct {
    uint64_t lag, until;
} endpoints[SIM_NODES_MAX][CHAINS_MAX];

void rpc_sim_chain(unsigned chain, struct l1 *l)
{
    REQUIRE(chain < CHAINS_MAX);
    chains[chain] = l;
}

static unsigned chain_of(const char *url)
{
    unsigned chain = 0;
    REQUIRE(sscanf(url, "sim://%u", &chain) == 1 && chain < CHAINS_MAX && chains[chain] != NULL);
    return chain;
}

/* The newest block that this node's endpoint shows. */
static uint64_t head_for(unsigned node, unsigned chain)
{
    const struct l1 *l = chains[chain];
    if (sim_now_ms() >= endpoints[node][chain].until && fault_draw(FAULT_RPC_LAG, "")) {
        endpoints[node][chain].lag = 1 + sim_below(LAG_BLOCKS);
        endpoints[node][chain].until = sim_now_ms() + sim_below(LAG_MS);
    }
    uint64_t lag = faults_on() && sim_now_ms() < endpoints[node][chain].until
                       ? endpoints[node][chain].lag
                       : 0;
    return l->head > lag ? l->head - lag : 0;
}

static void error_set(struct json_rpc_error *error, int code, const char *text)
{
    memset(error, 0, sizeof *error);
    error->code = code;
    (void)snprintf(error->message, sizeof error->message, "%s", text);
}

/* What comes back, as the endpoint of this node sees it. */
static enum err ask(unsigned node, unsigned chain, const char *method, const json_t *params,
                    json_t **result, struct json_rpc_error *error)
{
    enum err err = ERR_OK;
    error_set(error, 0, "");
    *result = NULL;
    if (fault_draw(FAULT_RPC_ERROR, method)) {
        error_set(error, 503, "service unavailable");
        return ERR_HTTP;
    }
    if (fault_draw(FAULT_RPC_GARBAGE, method)) {
        *result = json_string("0xnothing");
        return ERR_OK;
    }
    *result = l1_answer(chains[chain], head_for(node, chain), method, params, &err, error);
    if (err == ERR_OK && json_is_array(*result) && json_array_size(*result) > 0 &&
        fault_draw(FAULT_RPC_NO_LOGS, method))
        (void)json_array_remove(*result, sim_below(json_array_size(*result)));
    return err;
}

static uint64_t way_ms(void)
{
    return WAY_MS + sim_below(4 * WAY_MS);
}

/* ---- asynchronous ---- */

struct http_client {
    struct sim_node *node;
};
struct json_rpc_client {
    unsigned chain;
    uint64_t timeout_ms;
};
struct call {
    struct sim_node *node;
    unsigned life; /* of the node that asked */
    unsigned chain;
    char method[40];
    json_t *params, *result;
    json_rpc_cb cb;
    void *ctx;
    enum err err;
    struct json_rpc_error error;
};

enum err http_client_new(struct http_client **out, struct loop *loop,
                         const struct http_client_options *options)
{
    (void)loop;
    (void)options;
    struct http_client *c = calloc(1, sizeof *c);
    REQUIRE(c != NULL);
    c->node = sim_current();
    *out = c;
    return ERR_OK;
}

void http_client_close(struct http_client *client, void (*closed)(void *ctx), void *ctx)
{
    if (closed != NULL) sim_at(client->node, 0, closed, ctx);
}

enum err json_rpc_client_new(struct json_rpc_client **out, struct http_client *http,
                             const char *url, uint64_t timeout_ms)
{
    (void)http;
    struct json_rpc_client *c = calloc(1, sizeof *c);
    REQUIRE(c != NULL);
    *c = (struct json_rpc_client){chain_of(url), timeout_ms};
    *out = c;
    return ERR_OK;
}

void json_rpc_client_free(struct json_rpc_client *client)
{
    free(client);
}

static void call_back(void *arg)
{
    struct call *c = arg;
    c->cb(c->ctx, c->err, c->err == ERR_OK ? c->result : NULL, &c->error);
    json_decref(c->result);
    free(c);
}

static void call_arrive(void *arg)
{
    struct call *c = arg;
    c->err = ask(c->node->id, c->chain, c->method, c->params, &c->result, &c->error);
    json_decref(c->params);
    c->params = NULL;
    if (c->node->is_up && c->node->life == c->life) sim_at(c->node, way_ms(), call_back, c);
}

/* Nobody waits for the answer any more. */
static void call_arrive_only(void *arg)
{
    struct call *c = arg;
    json_t *result = NULL;
    struct json_rpc_error error;
    (void)ask(c->node->id, c->chain, c->method, c->params, &result, &error);
    json_decref(result);
    json_decref(c->params);
    free(c);
}

enum err json_rpc_call(struct json_rpc_client *client, const char *method, json_t *params,
                       json_rpc_cb cb, void *ctx)
{
    struct call *c = calloc(1, sizeof *c);
    REQUIRE(c != NULL && strlen(method) < sizeof c->method);
    c->node = sim_current();
    c->life = c->node->life;
    c->chain = client->chain;
    c->params = params;
    c->cb = cb;
    c->ctx = ctx;
    memcpy(c->method, method, strlen(method) + 1);
    bool send = strcmp(method, "eth_sendRawTransaction") == 0;
    if (send) fault_boundary("send");
    bool lost = fault_draw(FAULT_RPC_LOST, method);
    bool cut = fault_is_cut(c->node->id, FAULT_ENDPOINT_L1 + c->chain);
    if (!lost && !cut) {
        sim_at(NULL, way_ms(), call_arrive, c);
        if (send) fault_boundary("sent");
        return ERR_OK;
    }
    if (lost && sim_chance(500)) { /* it arrives, the answer does not */
        struct call *copy = malloc(sizeof *copy);
        REQUIRE(copy != NULL);
        *copy = *c;
        json_incref(params);
        sim_at(NULL, way_ms(), call_arrive_only, copy);
    }
    c->err = lost ? ERR_TIMEOUT : ERR_NET;
    error_set(&c->error, 0, lost ? "no answer in time" : "cannot be reached");
    json_decref(c->params);
    c->params = NULL;
    sim_at(c->node, lost ? client->timeout_ms : way_ms(), call_back, c);
    return ERR_OK;
}

/* ---- blocking ---- */

struct json_rpc_sync {
    unsigned chain;
    uint64_t timeout_ms;
};

enum err json_rpc_sync_new(struct json_rpc_sync **out, const char *url, uint64_t timeout_ms,
                           size_t response_max)
{
    (void)response_max;
    struct json_rpc_sync *c = calloc(1, sizeof *c);
    REQUIRE(c != NULL);
    *c = (struct json_rpc_sync){chain_of(url), timeout_ms};
    *out = c;
    return ERR_OK;
}

enum err json_rpc_sync_call(struct json_rpc_sync *client, json_t **result, const char *method,
                            json_t *params, struct json_rpc_error *error)
{
    struct json_rpc_error unused;
    unsigned node = sim_current()->id;
    if (error == NULL) error = &unused;
    bool send = strcmp(method, "eth_sendRawTransaction") == 0;
    if (send) fault_boundary("send");
    bool lost = fault_draw(FAULT_RPC_LOST, method);
    bool cut = fault_is_cut(node, FAULT_ENDPOINT_L1 + client->chain);
    enum err err = ERR_OK;
    sim_sleep_ms(way_ms());
    if (cut) {
        error_set(error, 0, "cannot be reached");
        err = ERR_NET;
    } else if (!lost || sim_chance(500)) {
        err = ask(node, client->chain, method, params, result, error);
        if (send) fault_boundary("sent");
        if (lost) json_decref(*result);
    }
    if (lost && !cut) {
        sim_sleep_ms(client->timeout_ms);
        error_set(error, 0, "no answer in time");
        err = ERR_TIMEOUT;
    } else {
        sim_sleep_ms(way_ms());
    }
    json_decref(params);
    if (err != ERR_OK) *result = NULL;
    return err;
}

void json_rpc_sync_free(struct json_rpc_sync *client)
{
    free(client);
}

/* ---- plain HTTP: nobody answers (blobs are not simulated). All of http_client.h is here, so that the
 * real one never comes in beside it. ---- */

struct http_session {
    struct sim_node *node;
};
struct http_nothing {
    void (*cb)(void *ctx, const struct http_response *response);
    void *ctx;
};

static enum err nobody(char what[256])
{
    if (what != NULL) (void)snprintf(what, 256, "no such server");
    sim_sleep_ms(way_ms());
    return ERR_NET;
}

enum err http_fetch(const struct http_request *request, unsigned *status, struct bytes_buf *body,
                    char what[256])
{
    (void)request;
    (void)status;
    (void)body;
    return nobody(what);
}

enum err http_session_new(struct http_session **out)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? ERR_NOMEM : ERR_OK;
}

enum err http_session_fetch(struct http_session *session, const struct http_request *request,
                            unsigned *status, struct bytes_buf *body, char what[256])
{
    (void)session;
    return http_fetch(request, status, body, what);
}

void http_session_free(struct http_session *session)
{
    free(session);
}

static void nothing_came(void *arg)
{
    struct http_nothing n = *(struct http_nothing *)arg;
    struct http_response response = {.err = ERR_NET, .what = "no such server"};
    free(arg);
    n.cb(n.ctx, &response);
}

enum err http_client_send(struct http_client *client, const struct http_request *request,
                          void (*cb)(void *ctx, const struct http_response *response), void *ctx)
{
    struct http_nothing *n = malloc(sizeof *n);
    (void)request;
    if (n == NULL) return ERR_NOMEM;
    *n = (struct http_nothing){cb, ctx};
    sim_at(client->node, way_ms(), nothing_came, n);
    return ERR_OK;
}

/* In the place of common/net/http_server.c (as far as the API uses it). */
#include "tests/sim/http_sim.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/net/http_server.h"
#include "tests/sim/faults.h"

struct http_server {
    struct sim_node *node;
    struct http_server_options options;
};

struct http_exchange {
    struct sim_node *to;
    char *method, *path, *body;
    void (*cb)(void *ctx, unsigned status, const json_t *body);
    void *ctx;
    void *data;
    bool is_over;
    unsigned status;
    json_t *answer;
};

static struct http_server *servers[SIM_NODES_MAX];

void sim_http_of_dead(const struct sim_node *node)
{
    servers[node->id] = NULL;
}

enum err http_server_open(struct http_server **out, struct loop *loop,
                          const struct http_server_options *options)
{
    (void)loop;
    struct http_server *s = calloc(1, sizeof *s);
    REQUIRE(s != NULL);
    *s = (struct http_server){sim_current(), *options};
    servers[s->node->id] = s;
    *out = s;
    return ERR_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->options.port;
}

void http_exchange_set_data(struct http_exchange *exchange, void *data)
{
    exchange->data = data;
}

void *http_exchange_data(const struct http_exchange *exchange)
{
    return exchange->data;
}

/* ---- requests ---- */

static void over(struct http_exchange *e, unsigned status, const json_t *body)
{
    if (e->is_over) return;
    e->is_over = true;
    e->cb(e->ctx, status, body);
}

static void on_timeout(void *arg)
{
    over(arg, 0, NULL);
}

static void on_answer(void *arg)
{
    struct http_exchange *e = arg;
    over(e, e->status, e->answer);
    json_decref(e->answer);
    e->answer = NULL;
}

static void on_arrival(void *arg)
{
    struct http_exchange *e = arg;
    struct http_server *s = servers[e->to->id];
    if (s == NULL) return;
    struct http_server_request request = {.method = e->method,
                                          .path = e->path,
                                          .query = "",
                                          .peer = "client",
                                          .content_type = "application/json",
                                          .authorization = "",
                                          .body = span_make(e->body, strlen(e->body))};
    s->options.on_request(s->options.ctx, e, &request);
}

void http_sim_request(struct sim_node *to, const char *method, const char *path, const char *body,
                      uint64_t timeout_ms,
                      void (*cb)(void *ctx, unsigned status, const json_t *body), void *ctx)
{
    struct http_exchange *e = calloc(1, sizeof *e);
    REQUIRE(e != NULL);
    *e = (struct http_exchange){.to = to, .cb = cb, .ctx = ctx};
    e->method = strdup(method);
    e->path = strdup(path);
    e->body = strdup(body == NULL ? "" : body);
    uint64_t delay = 0;
    bool twice = false;
    sim_at(NULL, timeout_ms, on_timeout, e);
    if (!to->is_up || !fault_message(FAULT_ENDPOINT_CLIENT, to->id, &delay, &twice)) return;
    sim_at(to, delay, on_arrival, e);
}

void http_respond_json(struct http_exchange *e, unsigned status, json_t *body)
{
    uint64_t delay = 0;
    bool twice = false;
    e->status = status;
    e->answer = body;
    if (e->is_over || !fault_message(e->to->id, FAULT_ENDPOINT_CLIENT, &delay, &twice)) return;
    sim_at(NULL, delay, on_answer, e);
}

void http_respond_error(struct http_exchange *exchange, unsigned status, const char *code,
                        const char *message)
{
    http_respond_json(exchange, status,
                      json_pack("{s:{s:s,s:s}}", "error", "code", code, "message", message));
}

void http_server_close(struct http_server *server, void (*closed)(void *ctx), void *ctx)
{
    servers[server->node->id] = NULL;
    if (closed != NULL) sim_at(server->node, 0, closed, ctx);
}

enum err http_query_get(char *out, size_t out_size, const char *query, const char *name)
{
    (void)out;
    (void)out_size;
    (void)query;
    (void)name;
    return ERR_NOT_FOUND; /* clients of the simulation ask without a query */
}

/* ---- the rest of http_server.h, so that the real one never comes in beside this one ---- */

void http_respond(struct http_exchange *exchange, unsigned status, const char *content_type,
                  struct span body)
{
    (void)content_type;
    http_respond_json(exchange, status, json_stringn((const char *)body.data, body.len));
}

enum err http_ws_send(struct http_ws *ws, struct span text)
{
    (void)ws;
    (void)text;
    return ERR_CLOSED;
}

void http_ws_close(struct http_ws *ws)
{
    (void)ws;
}

void http_ws_set_data(struct http_ws *ws, void *data)
{
    (void)ws;
    (void)data;
}

void *http_ws_data(const struct http_ws *ws)
{
    (void)ws;
    return NULL;
}

#ifndef COMMON_NET_HTTP_SERVER_H
#define COMMON_NET_HTTP_SERVER_H
/* A small HTTP/1.1 server on the uv loop for JSON APIs, static pages, metrics and WebSocket feeds.
 *
 * Threads:   every call and callback on the loop's thread.
 * Lifetime:  open -> handler calls -> close -> closed callback, once; the server frees itself.
 *            An exchange lives until http_respond*() or its connection's end, whichever is first;
 *            when the answer takes longer than answer_timeout_ms or the connection breaks,
            on_abort is called and the exchange is gone. (A peer that leaves quietly is noticed only
            when the answer is written.)
 * Limits:    see struct http_server_options; a request past one gets 413, 414, 431 or 503 and its
 *            connection is closed.
 * Behind a proxy: TLS is the proxy's; this server speaks plain HTTP and binds loopback by default. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/loop/loop.h"

struct http_server;
struct http_exchange;
struct http_ws;

/* Borrowed until the handler returns; copy what a later answer needs. */
struct http_server_request {
    const char *method;        /* "GET", "POST", "OPTIONS", ... */
    const char *path;          /* decoded, begins with '/', no query, no ".." segment */
    const char *query;         /* raw text after '?', "" if none */
    const char *peer;          /* numeric address of the connection */
    const char *content_type;  /* "" if none */
    const char *authorization; /* "" if none */
    struct span body;
};

struct http_server_options {
    const char *bind_address; /* NULL: "127.0.0.1" */
    uint16_t port;            /* 0: any; see http_server_port */
    size_t body_max;          /* bytes of a request's body */
    size_t connections_max;
    uint64_t idle_timeout_ms;   /* connection without a complete request */
    uint64_t answer_timeout_ms; /* from request to answer, then the exchange is aborted; 0: 60 s */
    const char *allow_origin;   /* CORS: "*" or an origin; NULL: no CORS headers */
    /* Answer now or later, exactly once, unless on_abort came. */
    void (*on_request)(void *ctx, struct http_exchange *exchange,
                       const struct http_server_request *request);
    void (*on_abort)(void *ctx, struct http_exchange *exchange); /* may be NULL */
    /* WebSocket at path ws_path (NULL: none). Text messages only. */
    const char *ws_path;
    size_t ws_message_max;    /* bytes of a received message */
    size_t ws_send_queue_max; /* bytes waiting per client; a slower client is closed */
    void (*on_ws_open)(void *ctx, struct http_ws *ws);
    void (*on_ws_message)(void *ctx, struct http_ws *ws, struct span text);
    void (*on_ws_close)(void *ctx, struct http_ws *ws);
    void *ctx;
};

MUST_CHECK enum err http_server_open(struct http_server **out, struct loop *loop,
                                     const struct http_server_options *options);
uint16_t http_server_port(const struct http_server *server);
void http_server_close(struct http_server *server, void (*closed)(void *ctx), void *ctx);

/* Pointer of the caller's on an exchange (NULL at first), for late answers. */
void http_exchange_set_data(struct http_exchange *exchange, void *data);
void *http_exchange_data(const struct http_exchange *exchange);

/* Copies the body. After it the exchange is gone. content_type e.g. "text/html; charset=utf-8". */
void http_respond(struct http_exchange *exchange, unsigned status, const char *content_type,
                  struct span body);
/* body's reference is taken over. */
void http_respond_json(struct http_exchange *exchange, unsigned status, json_t *body);
/* {"error": {"code": code, "message": message}} */
void http_respond_error(struct http_exchange *exchange, unsigned status, const char *code,
                        const char *message);

/* Value of a query parameter, percent-decoded, into out; ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_PARSE. */
MUST_CHECK enum err http_query_get(char *out, size_t out_size, const char *query, const char *name);

/* Queues a copy as one text message; ERR_FULL closes the client. */
MUST_CHECK enum err http_ws_send(struct http_ws *ws, struct span text);
void http_ws_close(struct http_ws *ws);
void http_ws_set_data(struct http_ws *ws, void *data);
void *http_ws_data(const struct http_ws *ws);

#endif

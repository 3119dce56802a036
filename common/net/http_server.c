#include "common/net/http_server.h"

#include <inttypes.h>
#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/codec/json.h"
#include "common/log/log.h"

#define HEADER_DATA_MAX           8192 /* all header lines of a request */
#define RESPONSE_HEADER_MAX       1024
#define PATH_MAX_LEN              1024
#define QUERY_MAX_LEN             4096
#define VALUE_MAX_LEN             256
#define WRITE_CHUNK               (64 * 1024)
#define REAP_MS                   5
#define ANSWER_TIMEOUT_DEFAULT_MS 60000
#define ANSWER_TIMEOUT_MAX_MS     3600000
#define JSON_RESPONSE_MAX         (64u * 1024 * 1024)

/* One request, from its headers to the last byte of its answer. */
struct http_exchange {
    struct http_server *server;
    struct lws *wsi;
    void *data;
    char method[8];
    char path[PATH_MAX_LEN + 1];
    char query[QUERY_MAX_LEN + 1];
    char peer[64];
    char content_type[VALUE_MAX_LEN + 1];
    char authorization[VALUE_MAX_LEN + 1];
    struct bytes_buf body;
    size_t body_expected;
    bool is_dispatched;
    bool is_answered;
    bool are_headers_sent;
    bool must_close;
    unsigned status;
    char response_type[96];
    struct bytes_buf response;
    size_t response_sent;
};

struct ws_message {
    struct ws_message *next;
    size_t len;
    uint8_t bytes[]; /* LWS_PRE of room, then the text */
};

struct http_ws {
    struct http_server *server;
    struct lws *wsi;
    void *data;
    struct bytes_buf incoming;
    struct ws_message *head;
    struct ws_message *tail;
    size_t queued; /* bytes */
    bool must_close;
};

/* What lws keeps per connection. */
struct session {
    struct http_exchange *exchange;
    struct http_ws *ws;
};

struct http_server {
    struct http_server_options options;
    char *allow_origin;
    char *ws_path;
    struct loop *loop;
    struct lws_context *context;
    struct lws_vhost *vhost;
    int answer_timeout_s;
    uint16_t port;
    size_t connections;
    bool is_closing;
    bool is_destroy_started;
    void (*closed)(void *ctx);
    void *closed_ctx;
    uv_timer_t reaper; /* waits for lws to have freed its context */
};

/* --- answers ----------------------------------------------------------------------------------- */

void http_exchange_set_data(struct http_exchange *exchange, void *data)
{
    exchange->data = data;
}

void *http_exchange_data(const struct http_exchange *exchange)
{
    return exchange->data;
}

static void exchange_free(struct http_exchange *exchange)
{
    bytes_buf_deinit(&exchange->body);
    bytes_buf_deinit(&exchange->response);
    free(exchange);
}

void http_respond(struct http_exchange *exchange, unsigned status, const char *content_type,
                  struct span body)
{
    REQUIRE(!exchange->is_answered);
    REQUIRE(status >= 200 && status <= 599);
    REQUIRE(strpbrk(content_type, "\r\n") == NULL);
    exchange->is_answered = true;
    exchange->status = status;
    snprintf(exchange->response_type, sizeof exchange->response_type, "%s", content_type);
    bytes_buf_init(&exchange->response, body.len + 1);
    if (bytes_buf_append(&exchange->response, body.data, body.len) != ERR_OK) {
        exchange->status = 503;
        bytes_buf_clear(&exchange->response);
    }
    lws_rx_flow_control(exchange->wsi, 1);
    lws_callback_on_writable(exchange->wsi);
}

void http_respond_json(struct http_exchange *exchange, unsigned status, json_t *body)
{
    struct bytes_buf text;
    bytes_buf_init(&text, JSON_RESPONSE_MAX);
    enum err err = body != NULL ? json_write(&text, body) : ERR_NOMEM;
    json_decref(body);
    if (err != ERR_OK) {
        status = 500;
        bytes_buf_clear(&text);
    }
    http_respond(exchange, status, "application/json", bytes_buf_span(&text));
    bytes_buf_deinit(&text);
}

void http_respond_error(struct http_exchange *exchange, unsigned status, const char *code,
                        const char *message)
{
    http_respond_json(exchange, status,
                      json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", message));
}

static int add_header(struct lws *wsi, const char *name, const char *value, uint8_t **p,
                      uint8_t *end)
{
    return lws_add_http_header_by_name(wsi, (const uint8_t *)name, (const uint8_t *)value,
                                       (int)strlen(value), p, end);
}

static int write_headers(struct http_exchange *e)
{
    uint8_t buffer[LWS_PRE + RESPONSE_HEADER_MAX];
    uint8_t *start = buffer + LWS_PRE;
    uint8_t *p = start;
    uint8_t *end = buffer + sizeof buffer - 1;
    struct lws *wsi = e->wsi;
    if (lws_add_http_common_headers(wsi, e->status, e->response_type, e->response.len, &p, end) !=
        0) {
        return -1;
    }
    int rc = add_header(wsi, "x-content-type-options:", "nosniff", &p, end);
    if (rc == 0) rc = add_header(wsi, "cache-control:", "no-store", &p, end);
    if (rc == 0 && e->server->allow_origin != NULL) {
        rc = add_header(wsi, "access-control-allow-origin:", e->server->allow_origin, &p, end);
        if (rc == 0) {
            rc = add_header(wsi, "access-control-allow-methods:", "GET, POST, OPTIONS", &p, end);
        }
        if (rc == 0) {
            rc = add_header(wsi, "access-control-allow-headers:", "content-type, authorization", &p,
                            end);
        }
    }
    if (rc != 0) return -1;
    return lws_finalize_write_http_header(wsi, start, &p, end) != 0 ? -1 : 0;
}

/* Sends what fits; -1 closes the connection. */
static int write_response(struct session *session)
{
    struct http_exchange *e = session->exchange;
    if (e == NULL || !e->is_answered) return 0;
    if (!e->are_headers_sent) {
        if (write_headers(e) != 0) return -1;
        e->are_headers_sent = true;
        if (e->response.len > 0 && strcmp(e->method, "HEAD") != 0) {
            lws_callback_on_writable(e->wsi);
            return 0;
        }
    }
    bool has_body = strcmp(e->method, "HEAD") != 0;
    size_t left = has_body ? e->response.len - e->response_sent : 0;
    if (left > 0) {
        size_t part = left < WRITE_CHUNK ? left : WRITE_CHUNK;
        uint8_t *chunk = malloc(LWS_PRE + part);
        if (chunk == NULL) return -1;
        memcpy(chunk + LWS_PRE, e->response.data + e->response_sent, part);
        enum lws_write_protocol how = part == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
        int sent = lws_write(e->wsi, chunk + LWS_PRE, part, how);
        free(chunk);
        if (sent < 0) return -1;
        e->response_sent += part;
        if (part < left) {
            lws_callback_on_writable(e->wsi);
            return 0;
        }
    }
    struct lws *wsi = e->wsi;
    bool must_close = e->must_close;
    session->exchange = NULL;
    exchange_free(e);
    if (must_close) return -1;
    return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* --- requests ---------------------------------------------------------------------------------- */

static void dispatch(struct http_exchange *e)
{
    e->is_dispatched = true;
    /* lws does not read while an answer is due, so a readable socket would spin the loop. It does
     * not write either under flow control: http_respond ends it. */
    lws_rx_flow_control(e->wsi, 0);
    lws_set_timeout(e->wsi, PENDING_TIMEOUT_HTTP_CONTENT, e->server->answer_timeout_s);
    if (strcmp(e->method, "OPTIONS") == 0 && e->server->allow_origin != NULL) {
        http_respond(e, 204, "text/plain", span_make(NULL, 0));
        return;
    }
    struct http_server_request request = {
        .method = e->method,
        .path = e->path,
        .query = e->query,
        .peer = e->peer,
        .content_type = e->content_type,
        .authorization = e->authorization,
        .body = bytes_buf_span(&e->body),
    };
    e->server->options.on_request(e->server->options.ctx, e, &request);
}

static void refuse(struct http_exchange *e, unsigned status, const char *code)
{
    e->is_dispatched = true;
    e->must_close = true;
    http_respond_error(e, status, code, "the request is outside the server's limits");
}

static bool copy_token(struct lws *wsi, char *out, size_t size, enum lws_token_indexes token)
{
    int len = lws_hdr_total_length(wsi, token);
    out[0] = '\0';
    if (len <= 0) return true;
    return lws_hdr_copy(wsi, out, (int)size, token) >= 0;
}

/* lws hands out the query's parts decoded: they are encoded again, so that '&' inside one does not
 * become a separator. */
static bool copy_query(struct http_exchange *e)
{
    static const char hex[] = "0123456789ABCDEF";
    char part[QUERY_MAX_LEN + 1];
    size_t used = 0;
    for (int i = 0;; i++) {
        int len = lws_hdr_copy_fragment(e->wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (len < 0) break;
        if (used + 3 * (size_t)len + 2 > sizeof e->query) return false;
        if (i > 0) e->query[used++] = '&';
        bool is_value = false;
        for (int j = 0; j < len; j++) {
            unsigned char c = (unsigned char)part[j];
            bool is_plain = c > ' ' && c < 0x7f && c != '%' && c != '&' && c != '#' && c != '+';
            if (c == '=' && is_value) is_plain = false;
            if (c == '=') is_value = true;
            if (is_plain) {
                e->query[used++] = (char)c;
            } else {
                e->query[used++] = '%';
                e->query[used++] = hex[c >> 4];
                e->query[used++] = hex[c & 15];
            }
        }
    }
    e->query[used] = '\0';
    return true;
}

static const char *method_name(int method)
{
    static const char *const names[] = {
        [LWSHUMETH_GET] = "GET",    [LWSHUMETH_POST] = "POST",   [LWSHUMETH_OPTIONS] = "OPTIONS",
        [LWSHUMETH_PUT] = "PUT",    [LWSHUMETH_PATCH] = "PATCH", [LWSHUMETH_DELETE] = "DELETE",
        [LWSHUMETH_CONNECT] = NULL, [LWSHUMETH_HEAD] = "HEAD",
    };
    if (method < 0 || (size_t)method >= ARRAY_LEN(names)) return NULL;
    return names[method];
}

static bool has_dot_segment(const char *path)
{
    for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3) {
        if (p[3] == '/' || p[3] == '\0') return true;
    }
    return false;
}

/* Content-Length as a number; false if it is none or too long. */
static bool read_length(struct lws *wsi, size_t *out)
{
    char text[24];
    *out = 0;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0) return true;
    int len = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (len <= 0 || len > 12) return false;
    for (int i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *out = *out * 10 + (size_t)(text[i] - '0');
    }
    return true;
}

static void read_headers(struct http_exchange *e)
{
    struct lws *wsi = e->wsi;
    char *uri;
    int uri_len;
    const char *method = method_name(lws_http_get_uri_and_method(wsi, &uri, &uri_len));
    size_t length;
    snprintf(e->method, sizeof e->method, "%s", method != NULL ? method : "GET");
    if (method == NULL) {
        refuse(e, 501, "method");
    } else if (uri_len <= 0 || uri_len > PATH_MAX_LEN || !copy_query(e)) {
        refuse(e, 414, "uri");
    } else if (memchr(uri, '\0', (size_t)uri_len) != NULL || uri[0] != '/') {
        refuse(e, 400, "uri");
    } else if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        refuse(e, 501, "transfer_encoding");
    } else if (!copy_token(wsi, e->content_type, sizeof e->content_type,
                           WSI_TOKEN_HTTP_CONTENT_TYPE) ||
               !copy_token(wsi, e->authorization, sizeof e->authorization,
                           WSI_TOKEN_HTTP_AUTHORIZATION)) {
        refuse(e, 431, "header");
    } else if (!read_length(wsi, &length)) {
        refuse(e, 400, "content_length");
    } else if (length > e->server->options.body_max) {
        refuse(e, 413, "body");
    } else {
        memcpy(e->path, uri, (size_t)uri_len);
        e->path[uri_len] = '\0';
        e->body_expected = length;
        if (has_dot_segment(e->path)) refuse(e, 400, "uri");
    }
}

static int request_begins(struct http_server *server, struct session *session, struct lws *wsi)
{
    REQUIRE(session->exchange == NULL);
    struct http_exchange *e = calloc(1, sizeof *e);
    if (e == NULL) return -1;
    e->server = server;
    e->wsi = wsi;
    bytes_buf_init(&e->body, server->options.body_max > 0 ? server->options.body_max : 1);
    bytes_buf_init(&e->response, 1);
    lws_get_peer_simple(wsi, e->peer, sizeof e->peer);
    session->exchange = e;
    read_headers(e);
    if (e->body_expected == 0) {
        /* lws waits for a body after these without one: the next request would hang behind it */
        if (strcmp(e->method, "GET") != 0) e->must_close = true;
        if (!e->is_dispatched) dispatch(e);
    }
    return 0;
}

static int body_part(struct session *session, const void *data, size_t len)
{
    struct http_exchange *e = session->exchange;
    if (e == NULL || e->is_dispatched) return 0; /* refused: the rest is thrown away */
    return bytes_buf_append(&e->body, data, len) == ERR_OK ? 0 : -1;
}

static void exchange_aborted(struct session *session)
{
    struct http_exchange *e = session->exchange;
    if (e == NULL) return;
    session->exchange = NULL;
    const struct http_server_options *options = &e->server->options;
    bool is_pending = e->is_dispatched && !e->is_answered;
    if (is_pending && options->on_abort != NULL) options->on_abort(options->ctx, e);
    exchange_free(e);
}

/* --- websocket --------------------------------------------------------------------------------- */

static int ws_opened(struct http_server *server, struct session *session, struct lws *wsi)
{
    struct http_ws *ws = calloc(1, sizeof *ws);
    if (ws == NULL) return -1;
    ws->server = server;
    ws->wsi = wsi;
    bytes_buf_init(&ws->incoming, server->options.ws_message_max);
    session->ws = ws;
    if (server->options.on_ws_open != NULL) {
        server->options.on_ws_open(server->options.ctx, ws);
    }
    return 0;
}

static int ws_received(struct session *session, const void *data, size_t len)
{
    struct http_ws *ws = session->ws;
    if (ws == NULL || lws_frame_is_binary(ws->wsi)) return -1;
    if (bytes_buf_append(&ws->incoming, data, len) != ERR_OK) return -1;
    if (!lws_is_final_fragment(ws->wsi) || lws_remaining_packet_payload(ws->wsi) > 0) return 0;
    const struct http_server_options *options = &ws->server->options;
    if (options->on_ws_message != NULL) {
        options->on_ws_message(options->ctx, ws, bytes_buf_span(&ws->incoming));
    }
    bytes_buf_clear(&ws->incoming);
    return 0;
}

static int ws_writable(struct session *session)
{
    struct http_ws *ws = session->ws;
    if (ws == NULL || ws->must_close) return -1;
    struct ws_message *message = ws->head;
    if (message == NULL) return 0;
    ws->head = message->next;
    if (ws->head == NULL) ws->tail = NULL;
    ws->queued -= message->len;
    int sent = lws_write(ws->wsi, message->bytes + LWS_PRE, message->len, LWS_WRITE_TEXT);
    free(message);
    if (sent < 0) return -1;
    if (ws->head != NULL) lws_callback_on_writable(ws->wsi);
    return 0;
}

static void ws_closed(struct session *session)
{
    struct http_ws *ws = session->ws;
    if (ws == NULL) return;
    session->ws = NULL;
    const struct http_server_options *options = &ws->server->options;
    if (options->on_ws_close != NULL) options->on_ws_close(options->ctx, ws);
    while (ws->head != NULL) {
        struct ws_message *next = ws->head->next;
        free(ws->head);
        ws->head = next;
    }
    bytes_buf_deinit(&ws->incoming);
    free(ws);
}

enum err http_ws_send(struct http_ws *ws, struct span text)
{
    if (ws->must_close) return ERR_CLOSED;
    if (text.len > ws->server->options.ws_send_queue_max - ws->queued) {
        http_ws_close(ws);
        return ERR_FULL;
    }
    struct ws_message *message = malloc(sizeof *message + LWS_PRE + text.len);
    if (message == NULL) return ERR_NOMEM;
    message->next = NULL;
    message->len = text.len;
    if (text.len > 0) memcpy(message->bytes + LWS_PRE, text.data, text.len);
    if (ws->tail != NULL)
        ws->tail->next = message;
    else
        ws->head = message;
    ws->tail = message;
    ws->queued += text.len;
    lws_callback_on_writable(ws->wsi);
    return ERR_OK;
}

void http_ws_close(struct http_ws *ws)
{
    ws->must_close = true;
    lws_callback_on_writable(ws->wsi);
}

void http_ws_set_data(struct http_ws *ws, void *data)
{
    ws->data = data;
}

void *http_ws_data(const struct http_ws *ws)
{
    return ws->data;
}

/* --- lws --------------------------------------------------------------------------------------- */

/* A WebSocket upgrade is allowed on one path only. */
static int filter_upgrade(const struct http_server *server, struct lws *wsi)
{
    char path[128];
    if (server->ws_path == NULL || !copy_token(wsi, path, sizeof path, WSI_TOKEN_GET_URI))
        return -1;
    return strcmp(path, server->ws_path) == 0 ? 0 : -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct lws_context *context = lws_get_context(wsi);
    struct http_server *server = context != NULL ? lws_context_user(context) : NULL;
    struct session *session = user;
    if (server == NULL) return 0;
    /* The callback has about a hundred reasons, of which a server needs these. */
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return server->is_closing || server->connections >= server->options.connections_max;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        server->connections++;
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        if (server->connections > 0 && wsi != NULL) server->connections--;
        return 0;
    case LWS_CALLBACK_HTTP:
        return request_begins(server, session, wsi);
    case LWS_CALLBACK_HTTP_BODY:
        return body_part(session, in, len);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (session->exchange != NULL && !session->exchange->is_dispatched) {
            dispatch(session->exchange);
        }
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_response(session);
    case LWS_CALLBACK_CLOSED_HTTP:
        if (session != NULL) exchange_aborted(session);
        return 0;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return filter_upgrade(server, wsi);
    case LWS_CALLBACK_ESTABLISHED:
        return ws_opened(server, session, wsi);
    case LWS_CALLBACK_RECEIVE:
        return ws_received(session, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return ws_writable(session);
    case LWS_CALLBACK_CLOSED:
        ws_closed(session);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "hawser",
     .callback = on_event,
     .per_session_data_size = sizeof(struct session),
     .rx_buffer_size = 16384},
    {.name = NULL},
};

static void lws_says(int level, const char *line)
{
    char text[256];
    snprintf(text, sizeof text, "%s", line);
    text[strcspn(text, "\r\n")] = '\0';
    log_unusual("http_server", "lws", LOG_I64("level", level), LOG_STR("says", text));
}

static void server_free(struct http_server *server)
{
    free(server->allow_origin);
    free(server->ws_path);
    free(server);
}

static enum err copy_options(struct http_server *server, const struct http_server_options *options)
{
    server->options = *options;
    if (options->allow_origin != NULL) {
        server->allow_origin = strdup(options->allow_origin);
        if (server->allow_origin == NULL) return ERR_NOMEM;
    }
    if (options->ws_path != NULL) {
        server->ws_path = strdup(options->ws_path);
        if (server->ws_path == NULL) return ERR_NOMEM;
    }
    return ERR_OK;
}

enum err http_server_open(struct http_server **out, struct loop *loop,
                          const struct http_server_options *options)
{
    if (options->on_request == NULL || options->connections_max == 0 ||
        options->idle_timeout_ms == 0 || options->answer_timeout_ms > ANSWER_TIMEOUT_MAX_MS) {
        return ERR_ARG;
    }
    if (options->ws_path != NULL &&
        (options->ws_message_max == 0 || options->ws_send_queue_max == 0)) {
        return ERR_ARG;
    }
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) return ERR_NOMEM;
    server->loop = loop;
    uint64_t answer_ms =
        options->answer_timeout_ms > 0 ? options->answer_timeout_ms : ANSWER_TIMEOUT_DEFAULT_MS;
    server->answer_timeout_s = (int)((answer_ms + 999) / 1000);
    enum err err = copy_options(server, options);
    if (err != ERR_OK) {
        server_free(server);
        return err;
    }
    lws_set_log_level(LLL_ERR, lws_says);
    void *loops[] = {&loop->uv};
    struct lws_context_creation_info info = {
        .port = options->port,
        .iface = options->bind_address != NULL ? options->bind_address : "127.0.0.1",
        .protocols = protocols,
        .user = server,
        .pcontext = &server->context,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
        .timeout_secs = (unsigned)((options->idle_timeout_ms + 999) / 1000),
        .keepalive_timeout = (int)((options->idle_timeout_ms + 999) / 1000),
        .max_http_header_data = HEADER_DATA_MAX,
        .max_http_header_pool =
            (unsigned short)(options->connections_max > 1024 ? 1024 : options->connections_max),
        .gid = -1,
        .uid = -1,
    };
    server->context = lws_create_context(&info);
    if (server->context == NULL) {
        server_free(server);
        return ERR_NOMEM;
    }
    server->vhost = lws_create_vhost(server->context, &info);
    *out = server;
    if (server->vhost == NULL) {
        http_server_close(server, NULL, NULL);
        return ERR_NET;
    }
    server->port = (uint16_t)lws_get_vhost_listen_port(server->vhost);
    return ERR_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

static void reaper_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    void (*closed)(void *ctx) = server->closed;
    void *ctx = server->closed_ctx;
    server_free(server);
    if (closed != NULL) closed(ctx);
}

static void count_closing(uv_handle_t *handle, void *arg)
{
    if (uv_is_closing(handle)) ++*(size_t *)arg;
}

/* On a loop that is not its own, lws only starts to close its handles and calls nobody when they are
 * closed; a second lws_context_destroy then frees the context. lws closes the handles that all
 * connections share in the close callback of the last connection, so no closing handle on the loop
 * means that all of lws's are closed. (lws 4.1.6, libuv.c, lws_libuv_closewsi.) */
static void reap(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    size_t closing = 0;
    if (!server->is_destroy_started) {
        server->is_destroy_started = true;
        lws_context_destroy(server->context);
        return;
    }
    uv_walk(&server->loop->uv, count_closing, &closing);
    if (closing > 0) return;
    lws_context_destroy(server->context);
    REQUIRE(server->context == NULL);
    uv_close((uv_handle_t *)timer, reaper_closed);
}

void http_server_close(struct http_server *server, void (*closed)(void *ctx), void *ctx)
{
    if (server->is_closing) return;
    server->is_closing = true;
    server->closed = closed;
    server->closed_ctx = ctx;
    /* From the timer, because lws cannot destroy its context inside one of its own callbacks. */
    REQUIRE(uv_timer_init(&server->loop->uv, &server->reaper) == 0);
    server->reaper.data = server;
    REQUIRE(uv_timer_start(&server->reaper, reap, REAP_MS, REAP_MS) == 0);
}

/* --- query ------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static enum err decode_value(char *out, size_t out_size, const char *text, size_t len)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            if (len - i < 3) return ERR_PARSE;
            int high = hex_value(text[i + 1]);
            int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0 || high + low == 0) return ERR_PARSE;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        if (used + 1 >= out_size) return ERR_TOO_LARGE;
        out[used++] = c;
    }
    out[used] = '\0';
    return ERR_OK;
}

enum err http_query_get(char *out, size_t out_size, const char *query, const char *name)
{
    REQUIRE(out_size > 0);
    size_t name_len = strlen(name);
    for (const char *part = query; *part != '\0';) {
        size_t len = strcspn(part, "&");
        if (len > name_len && part[name_len] == '=' && strncmp(part, name, name_len) == 0) {
            return decode_value(out, out_size, part + name_len + 1, len - name_len - 1);
        }
        part += len;
        if (*part == '&') part++;
    }
    return ERR_NOT_FOUND;
}

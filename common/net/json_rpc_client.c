#include "common/net/json_rpc_client.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/codec/json.h"

#define REQUEST_MAX (8u * 1024 * 1024)

/* --- messages ---------------------------------------------------------------------------------- */

/* Takes params over. */
static enum err encode_request(struct bytes_buf *out, uint64_t id, const char *method,
                               json_t *params)
{
    if (params == NULL) params = json_array();
    json_t *request = json_pack("{s:s, s:I, s:s, s:o?}", "jsonrpc", "2.0", "id", (json_int_t)id,
                                "method", method, "params", params);
    if (request == NULL) return ERR_NOMEM;
    enum err err = json_write(out, request);
    json_decref(request);
    return err;
}

static void set_message(struct json_rpc_error *error, int64_t code, const char *message)
{
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", message);
}

static enum err decode_error(const json_t *object, struct json_rpc_error *error)
{
    const json_t *code = json_object_get(object, "code");
    const json_t *message = json_object_get(object, "message");
    const json_t *data = json_object_get(object, "data");
    if (!json_is_integer(code) || !json_is_string(message)) {
        set_message(error, 0, "error object without code and message");
        return ERR_PROTOCOL;
    }
    set_message(error, json_integer_value(code), json_string_value(message));
    if (json_is_string(data)) {
        snprintf(error->data, sizeof error->data, "%s", json_string_value(data));
    }
    return ERR_RPC;
}

/* ERR_OK: *result borrows from *reply, which is the caller's in every case where it is not NULL. */
static enum err decode_reply(json_t **reply, json_t **result, struct span body, unsigned status,
                             uint64_t id, struct json_rpc_error *error)
{
    struct json_error detail;
    *reply = NULL;
    struct json_limits limits = json_limits_rpc;
    enum err err = json_parse(reply, (const char *)body.data, body.len, &limits, &detail);
    /* Some servers send error objects with a status such as 400: those say more than the status. */
    const json_t *failure = err == ERR_OK ? json_object_get(*reply, "error") : NULL;
    if (status != 200 && !json_is_object(failure)) {
        char text[64];
        snprintf(text, sizeof text, "HTTP status %u", status);
        set_message(error, status, text);
        return ERR_HTTP;
    }
    if (err != ERR_OK) {
        set_message(error, 0, detail.text);
        return err == ERR_PARSE ? ERR_PROTOCOL : err;
    }
    if (json_is_object(failure)) return decode_error(failure, error);
    const json_t *got_id = json_object_get(*reply, "id");
    if (!json_is_integer(got_id) || (uint64_t)json_integer_value(got_id) != id) {
        set_message(error, 0, "answer has another id");
        return ERR_PROTOCOL;
    }
    *result = json_object_get(*reply, "result");
    if (*result == NULL) {
        set_message(error, 0, "neither result nor error");
        return ERR_PROTOCOL;
    }
    return ERR_OK;
}

/* --- on the loop ------------------------------------------------------------------------------- */

struct json_rpc_client {
    struct http_client *http;
    char *url;
    uint64_t timeout_ms;
    uint64_t last_id;
    size_t in_flight;
    bool is_freed;
};

struct call {
    struct json_rpc_client *client;
    uint64_t id;
    json_rpc_cb cb;
    void *ctx;
};

enum err json_rpc_client_new(struct json_rpc_client **out, struct http_client *http,
                             const char *url, uint64_t timeout_ms)
{
    struct json_rpc_client *client = calloc(1, sizeof *client);
    if (client == NULL) return ERR_NOMEM;
    client->url = strdup(url);
    if (client->url == NULL) {
        free(client);
        return ERR_NOMEM;
    }
    client->http = http;
    client->timeout_ms = timeout_ms;
    *out = client;
    return ERR_OK;
}

static void release_if_idle(struct json_rpc_client *client)
{
    if (!client->is_freed || client->in_flight > 0) return;
    free(client->url);
    free(client);
}

static void answered(void *ctx, const struct http_response *response)
{
    struct call call = *(struct call *)ctx;
    free(ctx);
    struct json_rpc_error error = {.code = 0};
    json_t *reply = NULL;
    json_t *result = NULL;
    enum err err = response->err;
    if (err != ERR_OK)
        set_message(&error, 0, response->what);
    else
        err = decode_reply(&reply, &result, response->body, response->status, call.id, &error);
    call.client->in_flight--;
    call.cb(call.ctx, err, err == ERR_OK ? result : NULL, &error);
    json_decref(reply);
    release_if_idle(call.client);
}

enum err json_rpc_call(struct json_rpc_client *client, const char *method, json_t *params,
                       json_rpc_cb cb, void *ctx)
{
    REQUIRE(!client->is_freed);
    struct bytes_buf body;
    bytes_buf_init(&body, REQUEST_MAX);
    uint64_t id = ++client->last_id;
    enum err err = encode_request(&body, id, method, params);
    struct call *call = err == ERR_OK ? malloc(sizeof *call) : NULL;
    if (err == ERR_OK && call == NULL) err = ERR_NOMEM;
    if (err == ERR_OK) {
        *call = (struct call){client, id, cb, ctx};
        struct http_request request = {.url = client->url,
                                       .headers = {"Content-Type: application/json"},
                                       .body = bytes_buf_span(&body),
                                       .timeout_ms = client->timeout_ms};
        err = http_client_send(client->http, &request, answered, call);
    }
    bytes_buf_deinit(&body);
    if (err != ERR_OK)
        free(call);
    else
        client->in_flight++;
    return err;
}

void json_rpc_client_free(struct json_rpc_client *client)
{
    client->is_freed = true;
    release_if_idle(client);
}

/* --- blocking ---------------------------------------------------------------------------------- */

struct json_rpc_sync {
    char *url;
    uint64_t timeout_ms;
    uint64_t last_id;
    size_t response_max;
    struct http_session *session;
};

enum err json_rpc_sync_new(struct json_rpc_sync **out, const char *url, uint64_t timeout_ms,
                           size_t response_max)
{
    struct json_rpc_sync *client = calloc(1, sizeof *client);
    if (client == NULL) return ERR_NOMEM;
    client->url = strdup(url);
    client->timeout_ms = timeout_ms;
    client->response_max = response_max;
    enum err err = client->url == NULL ? ERR_NOMEM : http_session_new(&client->session);
    if (err != ERR_OK) {
        json_rpc_sync_free(client);
        return err;
    }
    *out = client;
    return ERR_OK;
}

void json_rpc_sync_free(struct json_rpc_sync *client)
{
    if (client->session != NULL) http_session_free(client->session);
    free(client->url);
    free(client);
}

enum err json_rpc_sync_call(struct json_rpc_sync *client, json_t **result, const char *method,
                            json_t *params, struct json_rpc_error *error)
{
    struct json_rpc_error own_error;
    if (error == NULL) error = &own_error;
    *error = (struct json_rpc_error){.code = 0};
    struct bytes_buf body;
    struct bytes_buf answer;
    bytes_buf_init(&body, REQUEST_MAX);
    bytes_buf_init(&answer, client->response_max);
    uint64_t id = ++client->last_id;
    unsigned status = 0;
    char what[256] = "";
    enum err err = encode_request(&body, id, method, params);
    if (err == ERR_OK) {
        struct http_request request = {.url = client->url,
                                       .headers = {"Content-Type: application/json"},
                                       .body = bytes_buf_span(&body),
                                       .timeout_ms = client->timeout_ms};
        err = http_session_fetch(client->session, &request, &status, &answer, what);
        if (err != ERR_OK) set_message(error, 0, what);
    }
    if (err == ERR_OK) {
        json_t *reply = NULL;
        json_t *inner = NULL;
        err = decode_reply(&reply, &inner, bytes_buf_span(&answer), status, id, error);
        if (err == ERR_OK) *result = json_incref(inner);
        json_decref(reply);
    }
    bytes_buf_deinit(&body);
    bytes_buf_deinit(&answer);
    return err;
}

#ifndef COMMON_NET_JSON_RPC_CLIENT_H
#define COMMON_NET_JSON_RPC_CLIENT_H
/* JSON-RPC 2.0 over HTTP: asynchronous on the loop and blocking for tools and threads.
 *
 * Threads:   as http_client.h. The blocking object belongs to one thread at a time.
 * Lifetime:  the asynchronous client borrows its http_client, which outlives it.
 * Errors:    ERR_RPC: the server answered with an error object (see struct json_rpc_error);
 *            ERR_PROTOCOL: no valid JSON-RPC answer or the wrong id; ERR_HTTP: status not 200;
 *            ERR_NET, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_CANCELLED as http_client.h.
 * The caller retries: only it knows what is idempotent. */

#include <jansson.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/net/http_client.h"

struct json_rpc_client;

struct json_rpc_error {
    int64_t code;      /* of the error object; HTTP status for ERR_HTTP; else 0 */
    char message[512]; /* cut; never holds the URL */
    char data[2048];   /* error.data if it is a string (revert data), cut; else "" */
};

typedef void (*json_rpc_cb)(void *ctx, enum err err, const json_t *result,
                            const struct json_rpc_error *error);

/* url is copied and may hold credentials; it is never logged. */
MUST_CHECK enum err json_rpc_client_new(struct json_rpc_client **out, struct http_client *http,
                                        const char *url, uint64_t timeout_ms);
/* params: an array or object, reference taken over in every case; NULL for []. cb exactly once,
 * after this call has returned; result borrows until cb returns and is NULL unless err is ERR_OK. */
MUST_CHECK enum err json_rpc_call(struct json_rpc_client *client, const char *method,
                                  json_t *params, json_rpc_cb cb, void *ctx);
/* Calls in flight are answered ERR_CANCELLED from their http_client later; their callbacks still
 * come. Frees the client when the last one came. */
void json_rpc_client_free(struct json_rpc_client *client);

/* Blocking; the connection is kept between calls. */
struct json_rpc_sync;

MUST_CHECK enum err json_rpc_sync_new(struct json_rpc_sync **out, const char *url,
                                      uint64_t timeout_ms, size_t response_max);
/* *result is the caller's (json_decref). error may be NULL. params as above. */
MUST_CHECK enum err json_rpc_sync_call(struct json_rpc_sync *client, json_t **result,
                                       const char *method, json_t *params,
                                       struct json_rpc_error *error);
void json_rpc_sync_free(struct json_rpc_sync *client);

#endif

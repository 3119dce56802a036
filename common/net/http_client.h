#ifndef COMMON_NET_HTTP_CLIENT_H
#define COMMON_NET_HTTP_CLIENT_H
/* HTTP requests: libcurl's multi interface on the uv loop, and one blocking function for command
 * line tools and threads.
 *
 * Threads:   client: the loop's thread. http_fetch: any thread but a loop's.
 * Lifetime:  new -> requests -> close -> closed callback, once; the client frees itself. Pending
 *            requests get ERR_CANCELLED before the closed callback.
 * Limits:    in_flight_max requests (ERR_FULL), response_max bytes of body (ERR_TOO_LARGE), both
 *            timeouts. Redirects are not followed; only http and https are spoken; proxies of the
 *            environment are ignored. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/loop/loop.h"

#define HTTP_HEADERS_MAX 16

struct http_client;

struct http_client_options {
    size_t in_flight_max;
    size_t response_max; /* bytes */
    uint64_t connect_timeout_ms;
};

struct http_request {
    const char *method; /* NULL: POST with a body, else GET */
    const char *url;
    const char *headers[HTTP_HEADERS_MAX]; /* "Name: value", NULL-terminated when shorter */
    struct span body;
    uint64_t timeout_ms; /* whole exchange; > 0 */
};

/* err is ERR_OK whenever a complete answer came, whatever its status. */
struct http_response {
    enum err err;     /* ERR_NET, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_CANCELLED */
    unsigned status;  /* 0 without an answer */
    struct span body; /* borrows until the callback returns */
    const char *what; /* for a person; without URL or secrets */
};

MUST_CHECK enum err http_client_new(struct http_client **out, struct loop *loop,
                                    const struct http_client_options *options);
/* Copies what it needs. cb exactly once, after this call has returned. */
MUST_CHECK enum err http_client_send(struct http_client *client, const struct http_request *request,
                                     void (*cb)(void *ctx, const struct http_response *response),
                                     void *ctx);
void http_client_close(struct http_client *client, void (*closed)(void *ctx), void *ctx);

/* Blocking. body: initialised by the caller, its max bounds the answer. what: 256 bytes or NULL. */
MUST_CHECK enum err http_fetch(const struct http_request *request, unsigned *status,
                               struct bytes_buf *body, char what[256]);

/* The same with a connection that is kept between calls. One thread at a time. */
struct http_session;

MUST_CHECK enum err http_session_new(struct http_session **out);
MUST_CHECK enum err http_session_fetch(struct http_session *session,
                                       const struct http_request *request, unsigned *status,
                                       struct bytes_buf *body, char what[256]);
void http_session_free(struct http_session *session);

#endif

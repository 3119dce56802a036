#ifndef COMMON_LOOP_NNG_INBOX_H
#define COMMON_LOOP_NNG_INBOX_H
/* One nng socket bound to the uv loop: messages between our processes.
 *
 * Threads:   every call and every callback on the loop's thread. nng's own threads only put a
 *            completed operation into a mutex-guarded list and wake the loop.
 * Lifetime:  open -> callbacks -> close -> closed callback, once; then the link frees itself.
 *            Callbacks of pending requests come with ERR_CANCELLED before the closed callback.
 * Limits:    message_max bytes per message (a larger one is dropped by nng and its pipe closed);
 *            slots requests in flight (ERR_FULL); send_queue_max unsent messages (ERR_FULL).
 * Delivery:  REQ retries after a lost connection, so a request is handled at least once: make it
 *            idempotent. PUB, BUS drop when a peer is slow. Nothing here is authenticated: seal
 *            messages (common/msg/msg.h). A link that leaves the host needs common/loop/link_tls.h; what
 *            fails there is in the log, at most once a second. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/loop/link_tls.h"
#include "common/loop/loop.h"

struct nng_link;

enum nng_link_kind {
    NNG_LINK_REQ,  /* nng_link_request */
    NNG_LINK_REP,  /* on_request, nng_link_reply */
    NNG_LINK_PUSH, /* nng_link_send */
    NNG_LINK_PULL, /* on_message */
    NNG_LINK_PUB,  /* nng_link_send */
    NNG_LINK_SUB,  /* on_message, everything subscribed */
    NNG_LINK_BUS,  /* both, to and from every direct peer */
    NNG_LINK_PAIR, /* both, one peer */
};

/* Names one received request until it is answered. */
struct nng_request_id {
    uint32_t slot;
    uint32_t generation;
};

struct nng_link_options {
    enum nng_link_kind kind;
    size_t message_max;    /* bytes, > 0 */
    size_t slots;          /* REQ, REP: requests in flight, 1..256 */
    size_t send_queue_max; /* PUSH, PUB, BUS, PAIR: 1..4096 */
    /* REP. The message borrows until the callback returns. Answer now or later, once, with
     * nng_link_reply; a request that is not answered within reply_timeout_ms is forgotten. */
    void (*on_request)(void *ctx, struct nng_link *link, struct nng_request_id id,
                       struct span message);
    uint64_t reply_timeout_ms;
    /* PULL, SUB, BUS, PAIR. Borrows likewise. */
    void (*on_message)(void *ctx, struct nng_link *link, struct span message);
    void *ctx;
    /* tls+tcp:// only, of the right side; the link keeps its own hold. */
    struct link_tls tls;
};

/* A socket without endpoints. ERR_ARG for options that do not fit the kind. */
MUST_CHECK enum err nng_link_open(struct nng_link **out, struct loop *loop,
                                  const struct nng_link_options *options);
/* url: ipc:///path, tcp://127.0.0.1:port, tls+tcp://host:port, inproc://name. ERR_NET with nng's
 * text in the log. Listening on port 0 is allowed; see nng_link_port. */
MUST_CHECK enum err nng_link_listen(struct nng_link *link, const char *url);
/* Returns at once; connects and reconnects in the background. May be called for several peers. */
MUST_CHECK enum err nng_link_dial(struct nng_link *link, const char *url);
/* Port of the last tcp listener, 0 if there is none. */
uint16_t nng_link_port(const struct nng_link *link);

/* REQ: cb exactly once, after this call has returned. message borrows until cb returns and is empty
 * unless err is ERR_OK. ERR_TIMEOUT, ERR_CLOSED, ERR_NET, ERR_CANCELLED. */
MUST_CHECK enum err nng_link_request(struct nng_link *link, struct span message,
                                     uint64_t timeout_ms,
                                     void (*cb)(void *ctx, enum err err, struct span message),
                                     void *ctx);
/* REP: ERR_NOT_FOUND if the request was answered or forgotten already. */
MUST_CHECK enum err nng_link_reply(struct nng_link *link, struct nng_request_id id,
                                   struct span message);
/* PUSH, PUB, BUS, PAIR: queues a copy. ERR_FULL, ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err nng_link_send(struct nng_link *link, struct span message);

/* Safe inside the link's own callbacks; a second close does nothing. closed may be NULL. */
void nng_link_close(struct nng_link *link, void (*closed)(void *ctx), void *ctx);

#endif

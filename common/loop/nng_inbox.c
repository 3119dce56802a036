#include "common/loop/nng_inbox.h"

#include <nng/nng.h>
#include <nng/protocol/bus0/bus.h>
#include <nng/protocol/pair0/pair.h>
#include <nng/protocol/pipeline0/pull.h>
#include <nng/protocol/pipeline0/push.h>
#include <nng/protocol/pubsub0/pub.h>
#include <nng/protocol/pubsub0/sub.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/tls/tls.h>
#include <nng/transport/tls/tls.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/log/log.h"

#define SLOTS_MAX        256
#define SEND_QUEUE_MAX   4096
#define TICK_MS          100 /* precision of reply timeouts, pause before a failed receive is tried again */
#define WATCH_MS         1000
#define RECONNECT_MIN_MS 100
#define RECONNECT_MAX_MS 5000

enum slot_state {
    SLOT_IDLE,   /* REQ: free; sender: nothing to send */
    SLOT_RECV,   /* receive in flight */
    SLOT_SEND,   /* send in flight */
    SLOT_HELD,   /* REP: the request is with the application */
    SLOT_FAILED, /* receive failed; the tick starts it again */
};

/* One aio with at most one operation in flight. */
struct slot {
    struct nng_link *link;
    nng_aio *aio;
    nng_ctx ctx;
    bool has_ctx;
    enum slot_state state;
    uint32_t generation;
    uint64_t deadline_ms;
    void (*cb)(void *ctx, enum err err, struct span message);
    void *cb_ctx;
    struct slot *next_done; /* guarded by link->mutex */
};

struct nng_link {
    struct nng_link_options options;
    nng_tls_config *tls; /* held; NULL: none */
    struct loop *loop;
    nng_socket socket;
    uint16_t port;
    bool is_closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
    unsigned open_handles;
    uv_async_t async;
    uv_timer_t tick;
    pthread_mutex_t mutex;
    struct slot *done_head; /* operations that completed, in order; guarded by mutex */
    struct slot *done_tail;
    struct slot *slots;
    size_t slot_count;
    struct slot *sender; /* PUSH, PUB, BUS, PAIR */
    nng_msg **queue;     /* ring of send_queue_max */
    size_t queue_head;
    size_t queue_len;
    uint64_t send_failures;
    /* The last encrypted endpoint is watched for handshakes that fail. */
    int watched_id;
    uint64_t watched_failures, watch_ms;
};

static enum err err_of(int rv)
{
    switch (rv) {
    case 0:
        return ERR_OK;
    case NNG_ETIMEDOUT:
        return ERR_TIMEOUT;
    case NNG_ECLOSED:
        return ERR_CLOSED;
    case NNG_ECANCELED:
        return ERR_CANCELLED;
    case NNG_ENOMEM:
        return ERR_NOMEM;
    case NNG_EMSGSIZE:
        return ERR_TOO_LARGE;
    case NNG_EINVAL:
        return ERR_ARG;
    default:
        return ERR_NET;
    }
}

static bool has_contexts(enum nng_link_kind kind)
{
    return kind == NNG_LINK_REQ || kind == NNG_LINK_REP;
}

static bool can_send(enum nng_link_kind kind)
{
    return kind == NNG_LINK_PUSH || kind == NNG_LINK_PUB || kind == NNG_LINK_BUS ||
           kind == NNG_LINK_PAIR;
}

static bool can_receive(enum nng_link_kind kind)
{
    return kind == NNG_LINK_PULL || kind == NNG_LINK_SUB || kind == NNG_LINK_BUS ||
           kind == NNG_LINK_PAIR;
}

/* On one of nng's threads: hand the slot over and wake the loop. */
static void operation_completed(void *arg)
{
    struct slot *slot = arg;
    struct nng_link *link = slot->link;
    pthread_mutex_lock(&link->mutex);
    slot->next_done = NULL;
    if (link->done_tail != NULL)
        link->done_tail->next_done = slot;
    else
        link->done_head = slot;
    link->done_tail = slot;
    /* Cannot fail on an open handle; it is closed only after every aio was stopped. */
    uv_async_send(&link->async);
    pthread_mutex_unlock(&link->mutex);
}

static void start_receive(struct slot *slot)
{
    slot->state = SLOT_RECV;
    if (slot->has_ctx)
        nng_ctx_recv(slot->ctx, slot->aio);
    else
        nng_recv_aio(slot->link->socket, slot->aio);
}

static void start_send(struct slot *slot, nng_msg *msg)
{
    slot->state = SLOT_SEND;
    nng_aio_set_msg(slot->aio, msg);
    if (slot->has_ctx)
        nng_ctx_send(slot->ctx, slot->aio);
    else
        nng_send_aio(slot->link->socket, slot->aio);
}

static void send_next(struct nng_link *link)
{
    if (link->queue_len == 0) {
        link->sender->state = SLOT_IDLE;
        return;
    }
    nng_msg *msg = link->queue[link->queue_head];
    link->queue_head = (link->queue_head + 1) % link->options.send_queue_max;
    link->queue_len--;
    start_send(link->sender, msg);
}

/* The message of a failed send is still ours. */
static void free_unsent(struct slot *slot)
{
    nng_msg *msg = nng_aio_get_msg(slot->aio);
    nng_aio_set_msg(slot->aio, NULL);
    if (msg != NULL) nng_msg_free(msg);
}

static void answer_request(struct slot *slot, enum err err, nng_msg *msg)
{
    void (*cb)(void *ctx, enum err, struct span) = slot->cb;
    void *cb_ctx = slot->cb_ctx;
    slot->state = SLOT_IDLE;
    slot->cb = NULL;
    struct span message =
        msg != NULL ? span_make(nng_msg_body(msg), nng_msg_len(msg)) : span_make(NULL, 0);
    cb(cb_ctx, err, message);
    if (msg != NULL) nng_msg_free(msg);
}

static void send_completed(struct slot *slot, int rv)
{
    struct nng_link *link = slot->link;
    if (rv != 0) free_unsent(slot);
    if (link->options.kind == NNG_LINK_REP) {
        start_receive(slot);
    } else if (link->options.kind == NNG_LINK_REQ) {
        if (rv != 0) {
            answer_request(slot, err_of(rv), NULL);
            return;
        }
        uint64_t now = uv_now(&link->loop->uv);
        uint64_t left = slot->deadline_ms > now ? slot->deadline_ms - now : 1;
        nng_aio_set_timeout(slot->aio, (nng_duration)left);
        start_receive(slot);
    } else {
        if (rv != 0) {
            link->send_failures++;
            log_unusual("nng", "send_failed", LOG_STR("why", nng_strerror(rv)),
                        LOG_U64("failures", link->send_failures));
        }
        send_next(link);
    }
}

static void receive_completed(struct slot *slot, int rv)
{
    struct nng_link *link = slot->link;
    nng_msg *msg = NULL;
    if (rv == 0) {
        msg = nng_aio_get_msg(slot->aio);
        nng_aio_set_msg(slot->aio, NULL);
    }
    if (link->options.kind == NNG_LINK_REQ) {
        answer_request(slot, err_of(rv), msg);
        return;
    }
    if (rv != 0) {
        slot->state = SLOT_FAILED;
        log_unusual("nng", "receive_failed", LOG_STR("why", nng_strerror(rv)));
        return;
    }
    struct span message = span_make(nng_msg_body(msg), nng_msg_len(msg));
    if (link->options.kind == NNG_LINK_REP) {
        slot->state = SLOT_HELD;
        slot->generation++;
        slot->deadline_ms = uv_now(&link->loop->uv) + link->options.reply_timeout_ms;
        struct nng_request_id id = {(uint32_t)(slot - link->slots), slot->generation};
        link->options.on_request(link->options.ctx, link, id, message);
    } else {
        slot->state = SLOT_IDLE;
        link->options.on_message(link->options.ctx, link, message);
        if (!link->is_closing) start_receive(slot);
    }
    nng_msg_free(msg);
}

/* Takes everything that has completed: wake-ups coalesce, and each hand-over sends its own. */
static void drain(uv_async_t *async)
{
    struct nng_link *link = async->data;
    pthread_mutex_lock(&link->mutex);
    struct slot *slot = link->done_head;
    link->done_head = NULL;
    link->done_tail = NULL;
    pthread_mutex_unlock(&link->mutex);
    while (slot != NULL && !link->is_closing) {
        /* Read before the slot starts its next operation, which may list it again. */
        struct slot *next = slot->next_done;
        int rv = nng_aio_result(slot->aio);
        if (slot->state == SLOT_SEND)
            send_completed(slot, rv);
        else
            receive_completed(slot, rv);
        slot = next;
    }
}

/* nng tells nobody about a handshake that fails; it only counts. */
static void watch(struct nng_link *link, uint64_t now)
{
    if (link->watched_id == 0 || now < link->watch_ms) return;
    link->watch_ms = now + WATCH_MS;
    bool listens = link->options.tls.side == LINK_TLS_SERVER;
    uint64_t failures = link_tls_failures(link->options.tls.side, link->watched_id);
    if (failures > link->watched_failures)
        log_unusual("nng", listens ? "tls_peer_refused" : "tls_not_connected",
                    LOG_U64("times", failures - link->watched_failures),
                    LOG_U64("ever", failures));
    link->watched_failures = failures;
}

static void tick(uv_timer_t *timer)
{
    struct nng_link *link = timer->data;
    uint64_t now = uv_now(&link->loop->uv);
    watch(link, now);
    for (size_t i = 0; i < link->slot_count; i++) {
        struct slot *slot = &link->slots[i];
        bool is_forgotten = slot->state == SLOT_HELD && now >= slot->deadline_ms;
        if (is_forgotten) {
            slot->generation++;
            log_unusual("nng", "request_not_answered", LOG_U64("slot", i));
        }
        if (is_forgotten || slot->state == SLOT_FAILED) start_receive(slot);
    }
}

/* --- open -------------------------------------------------------------------------------------- */

static int open_socket(nng_socket *socket, enum nng_link_kind kind)
{
    switch (kind) {
    case NNG_LINK_REQ:
        return nng_req0_open(socket);
    case NNG_LINK_REP:
        return nng_rep0_open(socket);
    case NNG_LINK_PUSH:
        return nng_push0_open(socket);
    case NNG_LINK_PULL:
        return nng_pull0_open(socket);
    case NNG_LINK_PUB:
        return nng_pub0_open(socket);
    case NNG_LINK_SUB:
        return nng_sub0_open(socket);
    case NNG_LINK_BUS:
        return nng_bus0_open(socket);
    case NNG_LINK_PAIR:
        return nng_pair0_open(socket);
    }
    UNREACHABLE("kind was checked");
}

static int configure_socket(nng_socket socket, const struct nng_link_options *options)
{
    int rv = nng_socket_set_size(socket, NNG_OPT_RECVMAXSZ, options->message_max);
    if (rv == 0) rv = nng_socket_set_ms(socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS);
    if (rv == 0) rv = nng_socket_set_ms(socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS);
    if (rv == 0 && options->kind == NNG_LINK_SUB) {
        rv = nng_socket_set(socket, NNG_OPT_SUB_SUBSCRIBE, "", 0);
    }
    return rv;
}

static bool are_valid(const struct nng_link_options *o)
{
    if (o->kind < NNG_LINK_REQ || o->kind > NNG_LINK_PAIR || o->message_max == 0) return false;
    if (has_contexts(o->kind) && (o->slots == 0 || o->slots > SLOTS_MAX)) return false;
    if (o->kind == NNG_LINK_REP && (o->on_request == NULL || o->reply_timeout_ms == 0)) {
        return false;
    }
    if (can_receive(o->kind) && o->on_message == NULL) return false;
    return !can_send(o->kind) || (o->send_queue_max > 0 && o->send_queue_max <= SEND_QUEUE_MAX);
}

static enum err open_slots(struct nng_link *link)
{
    enum nng_link_kind kind = link->options.kind;
    size_t count = has_contexts(kind) ? link->options.slots
                                      : (size_t)can_send(kind) + (size_t)can_receive(kind);
    link->slots = calloc(count, sizeof *link->slots);
    if (link->slots == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct slot *slot = &link->slots[i];
        slot->link = link;
        int rv = nng_aio_alloc(&slot->aio, operation_completed, slot);
        if (rv != 0) return err_of(rv);
        link->slot_count++;
        if (has_contexts(kind)) {
            rv = nng_ctx_open(&slot->ctx, link->socket);
            if (rv != 0) return err_of(rv);
            slot->has_ctx = true;
        }
    }
    if (can_send(kind)) link->sender = &link->slots[count - 1];
    return ERR_OK;
}

/* Stops and frees all of nng's. Blocks until callbacks that run now have returned; those only take
 * the mutex, never wait for the loop. */
static void release_nng(struct nng_link *link)
{
    for (size_t i = 0; i < link->slot_count; i++)
        nng_aio_stop(link->slots[i].aio);
    for (size_t i = 0; i < link->slot_count; i++) {
        struct slot *slot = &link->slots[i];
        /* A received message nobody took, or one whose send did not complete. */
        bool is_ours = slot->state == SLOT_RECV
                           ? nng_aio_result(slot->aio) == 0
                           : slot->state == SLOT_SEND && nng_aio_result(slot->aio) != 0;
        if (is_ours) free_unsent(slot);
        if (slot->has_ctx) nng_ctx_close(slot->ctx);
        nng_aio_free(slot->aio);
    }
    while (link->queue_len > 0) {
        nng_msg_free(link->queue[link->queue_head]);
        link->queue_head = (link->queue_head + 1) % link->options.send_queue_max;
        link->queue_len--;
    }
    nng_close(link->socket);
}

static void free_link(struct nng_link *link)
{
    pthread_mutex_destroy(&link->mutex);
    free(link->slots);
    free(link->queue);
    if (link->tls != NULL) nng_tls_config_free(link->tls);
    free(link);
}

static enum err copy_options(struct nng_link *link, const struct nng_link_options *options)
{
    link->options = *options;
    if (options->tls.config != NULL) {
        nng_tls_config_hold(options->tls.config);
        link->tls = options->tls.config;
    }
    if (can_send(options->kind)) {
        link->queue = calloc(options->send_queue_max, sizeof *link->queue);
        if (link->queue == NULL) return ERR_NOMEM;
    }
    return ERR_OK;
}

enum err nng_link_open(struct nng_link **out, struct loop *loop,
                       const struct nng_link_options *options)
{
    if (!are_valid(options)) return ERR_ARG;
    struct nng_link *link = calloc(1, sizeof *link);
    if (link == NULL) return ERR_NOMEM;
    link->loop = loop;
    REQUIRE(pthread_mutex_init(&link->mutex, NULL) == 0);
    enum err err = copy_options(link, options);
    if (err == ERR_OK) err = err_of(open_socket(&link->socket, options->kind));
    if (err != ERR_OK) {
        free_link(link);
        return err;
    }
    err = err_of(configure_socket(link->socket, options));
    if (err == ERR_OK) err = open_slots(link);
    if (err == ERR_OK && uv_async_init(&loop->uv, &link->async, drain) != 0) err = ERR_NOMEM;
    if (err != ERR_OK) {
        release_nng(link);
        free_link(link);
        return err;
    }
    link->async.data = link;
    link->open_handles = 2;
    REQUIRE(uv_timer_init(&loop->uv, &link->tick) == 0);
    link->tick.data = link;
    if (options->kind == NNG_LINK_REP || can_receive(options->kind) || link->tls != NULL) {
        REQUIRE(uv_timer_start(&link->tick, tick, TICK_MS, TICK_MS) == 0);
    }
    for (size_t i = 0; i < link->slot_count; i++) {
        if (options->kind != NNG_LINK_REQ && &link->slots[i] != link->sender) {
            start_receive(&link->slots[i]);
        }
    }
    *out = link;
    return ERR_OK;
}

/* --- endpoints --------------------------------------------------------------------------------- */

static enum err endpoint_failed(const char *what, int rv, const char *url)
{
    log_unusual("nng", what, LOG_URL("url", url), LOG_STR("why", nng_strerror(rv)));
    return err_of(rv);
}

static bool is_tls(const char *url)
{
    return strncmp(url, "tls+tcp://", 10) == 0;
}

/* An encrypted url needs keys of this side; without them nng would check nobody. */
static enum err check_tls(const struct nng_link *link, const char *url, enum link_tls_side side)
{
    if (!is_tls(url)) return ERR_OK;
    return link->tls != NULL && link->options.tls.side == side ? ERR_OK : ERR_ARG;
}

enum err nng_link_listen(struct nng_link *link, const char *url)
{
    nng_listener listener;
    if (link->is_closing) return ERR_CLOSED;
    ERR_TRY(check_tls(link, url, LINK_TLS_SERVER));
    int rv = nng_listener_create(&listener, link->socket, url);
    if (rv != 0) return endpoint_failed("listen_failed", rv, url);
    if (is_tls(url)) rv = nng_listener_set_ptr(listener, NNG_OPT_TLS_CONFIG, link->tls);
    if (rv == 0) rv = nng_listener_start(listener, 0);
    if (rv != 0) {
        nng_listener_close(listener);
        return endpoint_failed("listen_failed", rv, url);
    }
    int port;
    if (nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0) {
        link->port = (uint16_t)port;
    }
    if (is_tls(url)) link->watched_id = nng_listener_id(listener);
    return ERR_OK;
}

enum err nng_link_dial(struct nng_link *link, const char *url)
{
    nng_dialer dialer;
    if (link->is_closing) return ERR_CLOSED;
    ERR_TRY(check_tls(link, url, LINK_TLS_CLIENT));
    int rv = nng_dialer_create(&dialer, link->socket, url);
    if (rv != 0) return endpoint_failed("dial_failed", rv, url);
    if (is_tls(url)) rv = nng_dialer_set_ptr(dialer, NNG_OPT_TLS_CONFIG, link->tls);
    if (rv == 0) rv = nng_dialer_start(dialer, NNG_FLAG_NONBLOCK);
    if (rv != 0) {
        nng_dialer_close(dialer);
        return endpoint_failed("dial_failed", rv, url);
    }
    if (is_tls(url)) link->watched_id = nng_dialer_id(dialer);
    return ERR_OK;
}

uint16_t nng_link_port(const struct nng_link *link)
{
    return link->port;
}

/* --- messages ---------------------------------------------------------------------------------- */

static enum err copy_message(nng_msg **out, const struct nng_link *link, struct span message)
{
    if (message.len > link->options.message_max) return ERR_TOO_LARGE;
    nng_msg *msg;
    if (nng_msg_alloc(&msg, message.len) != 0) return ERR_NOMEM;
    if (message.len > 0) memcpy(nng_msg_body(msg), message.data, message.len);
    *out = msg;
    return ERR_OK;
}

enum err nng_link_request(struct nng_link *link, struct span message, uint64_t timeout_ms,
                          void (*cb)(void *ctx, enum err err, struct span message), void *ctx)
{
    REQUIRE(link->options.kind == NNG_LINK_REQ);
    if (timeout_ms == 0 || timeout_ms > INT32_MAX) return ERR_ARG;
    if (link->is_closing) return ERR_CLOSED;
    struct slot *slot = NULL;
    for (size_t i = 0; i < link->slot_count && slot == NULL; i++) {
        if (link->slots[i].state == SLOT_IDLE) slot = &link->slots[i];
    }
    if (slot == NULL) return ERR_FULL;
    nng_msg *msg;
    ERR_TRY(copy_message(&msg, link, message));
    slot->cb = cb;
    slot->cb_ctx = ctx;
    uv_update_time(&link->loop->uv);
    slot->deadline_ms = uv_now(&link->loop->uv) + timeout_ms;
    nng_aio_set_timeout(slot->aio, (nng_duration)timeout_ms);
    start_send(slot, msg);
    return ERR_OK;
}

enum err nng_link_reply(struct nng_link *link, struct nng_request_id id, struct span message)
{
    REQUIRE(link->options.kind == NNG_LINK_REP);
    REQUIRE(id.slot < link->slot_count);
    if (link->is_closing) return ERR_CLOSED;
    struct slot *slot = &link->slots[id.slot];
    if (slot->state != SLOT_HELD || slot->generation != id.generation) return ERR_NOT_FOUND;
    nng_msg *msg;
    ERR_TRY(copy_message(&msg, link, message));
    start_send(slot, msg);
    return ERR_OK;
}

enum err nng_link_send(struct nng_link *link, struct span message)
{
    REQUIRE(can_send(link->options.kind));
    if (link->is_closing) return ERR_CLOSED;
    if (link->queue_len == link->options.send_queue_max) return ERR_FULL;
    nng_msg *msg;
    ERR_TRY(copy_message(&msg, link, message));
    link->queue[(link->queue_head + link->queue_len) % link->options.send_queue_max] = msg;
    link->queue_len++;
    if (link->sender->state == SLOT_IDLE) send_next(link);
    return ERR_OK;
}

/* --- close ------------------------------------------------------------------------------------- */

static void handle_closed(uv_handle_t *handle)
{
    struct nng_link *link = handle->data;
    if (--link->open_handles > 0) return;
    for (size_t i = 0; i < link->slot_count; i++) {
        if (link->slots[i].cb != NULL) answer_request(&link->slots[i], ERR_CANCELLED, NULL);
    }
    void (*closed)(void *ctx) = link->closed;
    void *ctx = link->closed_ctx;
    free_link(link);
    if (closed != NULL) closed(ctx);
}

void nng_link_close(struct nng_link *link, void (*closed)(void *ctx), void *ctx)
{
    if (link->is_closing) return;
    link->is_closing = true;
    link->closed = closed;
    link->closed_ctx = ctx;
    release_nng(link);
    uv_close((uv_handle_t *)&link->async, handle_closed);
    uv_close((uv_handle_t *)&link->tick, handle_closed);
}

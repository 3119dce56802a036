#include "common/net/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

#define WHAT_SIZE CURL_ERROR_SIZE

struct transfer {
    struct http_client *client; /* NULL for http_fetch */
    CURL *easy;
    struct curl_slist *headers;
    uint8_t *request_body;
    struct bytes_buf own_body;
    struct bytes_buf *body;
    bool is_too_large;
    char what[WHAT_SIZE];
    void (*cb)(void *ctx, const struct http_response *response);
    void *ctx;
    struct transfer *next;
    struct transfer *prev;
};

/* One socket of curl's that libuv watches. */
struct watch {
    uv_poll_t handle;
    struct http_client *client;
    curl_socket_t fd;
};

struct http_client {
    struct http_client_options options;
    struct loop *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct transfer *first;
    size_t in_flight;
    unsigned open_handles;
    bool is_closing;
    bool is_multi_done;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    REQUIRE(curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
}

/* --- one transfer ------------------------------------------------------------------------------ */

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    if (bytes_buf_append(t->body, data, len) != ERR_OK) {
        t->is_too_large = true;
        return 0; /* makes curl end the transfer */
    }
    return len;
}

static enum err err_of(const struct transfer *t, CURLcode code)
{
    if (t->is_too_large) return ERR_TOO_LARGE;
    switch (code) {
    case CURLE_OK:
        return ERR_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return ERR_NOMEM;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERR_ARG;
    default:
        return ERR_NET;
    }
}

/* curl's detailed text may quote the URL, which may hold a key: only the code's text is used. */
static void describe(struct transfer *t, enum err err, CURLcode code)
{
    snprintf(t->what, sizeof t->what, "%s", err == ERR_OK ? "" : curl_easy_strerror(code));
    if (err == ERR_TOO_LARGE) {
        snprintf(t->what, sizeof t->what, "answer larger than %zu bytes", t->body->max);
    }
}

static bool set_long(CURL *easy, CURLoption option, long value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static bool set_pointer(CURL *easy, CURLoption option, const void *value)
{
    return curl_easy_setopt(easy, option, value) == CURLE_OK;
}

static enum err add_headers(struct transfer *t, const struct http_request *request)
{
    for (size_t i = 0; i < HTTP_HEADERS_MAX && request->headers[i] != NULL; i++) {
        if (strpbrk(request->headers[i], "\r\n") != NULL) return ERR_ARG;
        struct curl_slist *more = curl_slist_append(t->headers, request->headers[i]);
        if (more == NULL) return ERR_NOMEM;
        t->headers = more;
    }
    /* Without it curl waits a second for "100 Continue" before it sends a larger body. */
    struct curl_slist *more = curl_slist_append(t->headers, "Expect:");
    if (more == NULL) return ERR_NOMEM;
    t->headers = more;
    return ERR_OK;
}

static enum err transfer_setup(struct transfer *t, const struct http_request *request,
                               uint64_t connect_timeout_ms)
{
    CURL *easy = t->easy;
    if (request->timeout_ms == 0 || request->timeout_ms > INT32_MAX) return ERR_ARG;
    ERR_TRY(add_headers(t, request));
    bool ok = set_pointer(easy, CURLOPT_URL, request->url) &&
              set_pointer(easy, CURLOPT_PROTOCOLS_STR, "http,https") &&
              set_pointer(easy, CURLOPT_HTTPHEADER, t->headers) &&
              set_pointer(easy, CURLOPT_PROXY, "") &&
              set_pointer(easy, CURLOPT_ACCEPT_ENCODING, NULL) &&
              set_long(easy, CURLOPT_FOLLOWLOCATION, 0) && set_long(easy, CURLOPT_NOSIGNAL, 1) &&
              set_long(easy, CURLOPT_TCP_NODELAY, 1) &&
              set_long(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms) &&
              set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_timeout_ms) &&
              curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
              set_pointer(easy, CURLOPT_WRITEDATA, t) && set_pointer(easy, CURLOPT_PRIVATE, t);
    if (ok && request->body.len > 0) {
        t->request_body = malloc(request->body.len);
        if (t->request_body == NULL) return ERR_NOMEM;
        memcpy(t->request_body, request->body.data, request->body.len);
        ok = set_long(easy, CURLOPT_POST, 1) &&
             set_pointer(easy, CURLOPT_POSTFIELDS, t->request_body) &&
             curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len) ==
                 CURLE_OK;
    }
    if (ok && request->method != NULL) {
        if (strcmp(request->method, "HEAD") == 0)
            ok = set_long(easy, CURLOPT_NOBODY, 1);
        else
            ok = set_pointer(easy, CURLOPT_CUSTOMREQUEST, request->method);
    }
    return ok ? ERR_OK : ERR_ARG;
}

static void transfer_free(struct transfer *t)
{
    if (t->easy != NULL) curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t->request_body);
    bytes_buf_deinit(&t->own_body);
    free(t);
}

static unsigned status_of(CURL *easy)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return (unsigned)status;
}

/* --- blocking ---------------------------------------------------------------------------------- */

struct http_session {
    CURL *easy;
};

enum err http_session_new(struct http_session **out)
{
    pthread_once(&curl_once, curl_start);
    struct http_session *session = calloc(1, sizeof *session);
    if (session == NULL) return ERR_NOMEM;
    session->easy = curl_easy_init();
    if (session->easy == NULL) {
        free(session);
        return ERR_NOMEM;
    }
    *out = session;
    return ERR_OK;
}

void http_session_free(struct http_session *session)
{
    curl_easy_cleanup(session->easy);
    free(session);
}

enum err http_session_fetch(struct http_session *session, const struct http_request *request,
                            unsigned *status, struct bytes_buf *body, char what[256])
{
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    bytes_buf_init(&t->own_body, 1);
    t->body = body;
    t->easy = session->easy;
    curl_easy_reset(t->easy); /* options only; the connection stays */
    enum err err = transfer_setup(t, request, request->timeout_ms);
    if (err == ERR_OK) {
        CURLcode code = curl_easy_perform(t->easy);
        err = err_of(t, code);
        describe(t, err, code);
        if (err == ERR_OK) *status = status_of(t->easy);
    } else {
        snprintf(t->what, sizeof t->what, "%s", err_text(err));
    }
    if (what != NULL) snprintf(what, 256, "%.255s", t->what);
    curl_easy_reset(t->easy); /* forget pointers into t */
    t->easy = NULL;
    transfer_free(t);
    return err;
}

enum err http_fetch(const struct http_request *request, unsigned *status, struct bytes_buf *body,
                    char what[256])
{
    struct http_session *session;
    ERR_TRY(http_session_new(&session));
    enum err err = http_session_fetch(session, request, status, body, what);
    http_session_free(session);
    return err;
}

/* --- on the loop ------------------------------------------------------------------------------- */

static void client_check_done(struct http_client *client);

static void transfer_finish(struct transfer *t, enum err err, CURLcode code)
{
    struct http_client *client = t->client;
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        client->first = t->next;
    if (t->next != NULL) t->next->prev = t->prev;
    client->in_flight--;
    unsigned status = err == ERR_OK ? status_of(t->easy) : 0;
    describe(t, err, code);
    if (err == ERR_CANCELLED) snprintf(t->what, sizeof t->what, "cancelled");
    curl_multi_remove_handle(client->multi, t->easy);
    struct http_response response = {
        .err = err,
        .status = status,
        .body = err == ERR_OK ? bytes_buf_span(t->body) : span_make(NULL, 0),
        .what = t->what,
    };
    t->cb(t->ctx, &response);
    transfer_free(t);
}

static void collect_finished(struct http_client *client)
{
    CURLMsg *msg;
    int left;
    while (!client->is_closing && (msg = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (msg->msg != CURLMSG_DONE) continue;
        struct transfer *t;
        CURLcode code = msg->data.result;
        REQUIRE(curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t) == CURLE_OK);
        transfer_finish(t, err_of(t, code), code);
    }
}

static void act(struct http_client *client, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(client->multi, fd, events, &running);
    collect_finished(client);
}

static void socket_ready(uv_poll_t *handle, int status, int events)
{
    struct watch *watch = handle->data;
    int flags = 0;
    if (status < 0) flags = CURL_CSELECT_ERR;
    if ((events & UV_READABLE) != 0) flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0) flags |= CURL_CSELECT_OUT;
    if (!watch->client->is_closing) act(watch->client, watch->fd, flags);
}

static int timer_wanted(CURLM *multi, long timeout_ms, void *arg);

static void timer_fired(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    if (client->is_closing) return;
    act(client, CURL_SOCKET_TIMEOUT, 0);
    /* If the two clocks differ, curl may find that nothing is due yet; it does not say again what it
     * has said before, so ask. */
    long left;
    if (!client->is_closing && client->in_flight > 0 && !uv_is_active((uv_handle_t *)timer) &&
        curl_multi_timeout(client->multi, &left) == CURLM_OK && left >= 0) {
        timer_wanted(client->multi, left > 0 ? left : 1, client);
    }
}

static int timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    (void)multi;
    struct http_client *client = arg;
    if (client->is_closing) return 0;
    /* libuv counts from the time the loop last looked, which may be long ago in a busy callback: the
     * timer would fire before curl's own clock is there, and curl would do nothing for ever. */
    uv_update_time(&client->loop->uv);
    if (timeout_ms < 0)
        uv_timer_stop(&client->timer);
    else /* 0 would be allowed too: the timer fires in the next turn, never inside this call */
        uv_timer_start(&client->timer, timer_fired, (uint64_t)timeout_ms, 0);
    return 0;
}

static void watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct http_client *client = watch->client;
    free(watch);
    client->open_handles--;
    client_check_done(client);
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    (void)easy;
    struct http_client *client = arg;
    struct watch *watch = socket_arg;
    if (what == CURL_POLL_REMOVE) {
        if (watch != NULL) {
            curl_multi_assign(client->multi, fd, NULL);
            uv_poll_stop(&watch->handle);
            uv_close((uv_handle_t *)&watch->handle, watch_closed);
        }
        return 0;
    }
    if (watch == NULL) {
        watch = calloc(1, sizeof *watch);
        if (watch == NULL) return -1;
        watch->client = client;
        watch->fd = fd;
        if (uv_poll_init_socket(&client->loop->uv, &watch->handle, fd) != 0) {
            free(watch);
            return -1;
        }
        watch->handle.data = watch;
        client->open_handles++;
        curl_multi_assign(client->multi, fd, watch);
    }
    int events = 0;
    if (what != CURL_POLL_OUT) events |= UV_READABLE;
    if (what != CURL_POLL_IN) events |= UV_WRITABLE;
    return uv_poll_start(&watch->handle, events, socket_ready) == 0 ? 0 : -1;
}

enum err http_client_new(struct http_client **out, struct loop *loop,
                         const struct http_client_options *options)
{
    if (options->in_flight_max == 0 || options->response_max == 0 ||
        options->connect_timeout_ms == 0 || options->connect_timeout_ms > INT32_MAX) {
        return ERR_ARG;
    }
    pthread_once(&curl_once, curl_start);
    struct http_client *client = calloc(1, sizeof *client);
    if (client == NULL) return ERR_NOMEM;
    client->options = *options;
    client->loop = loop;
    client->multi = curl_multi_init();
    if (client->multi == NULL) {
        free(client);
        return ERR_NOMEM;
    }
    REQUIRE(uv_timer_init(&loop->uv, &client->timer) == 0);
    client->timer.data = client;
    client->open_handles = 1;
    REQUIRE(curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted) == CURLM_OK);
    REQUIRE(curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK);
    REQUIRE(curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, timer_wanted) == CURLM_OK);
    REQUIRE(curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client) == CURLM_OK);
    *out = client;
    return ERR_OK;
}

enum err http_client_send(struct http_client *client, const struct http_request *request,
                          void (*cb)(void *ctx, const struct http_response *response), void *ctx)
{
    if (client->is_closing) return ERR_CLOSED;
    if (client->in_flight == client->options.in_flight_max) return ERR_FULL;
    struct transfer *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    bytes_buf_init(&t->own_body, client->options.response_max);
    t->body = &t->own_body;
    t->client = client;
    t->cb = cb;
    t->ctx = ctx;
    t->easy = curl_easy_init();
    enum err err = t->easy == NULL ? ERR_NOMEM
                                   : transfer_setup(t, request, client->options.connect_timeout_ms);
    if (err == ERR_OK && curl_multi_add_handle(client->multi, t->easy) != CURLM_OK) {
        err = ERR_INTERNAL;
    }
    if (err != ERR_OK) {
        transfer_free(t);
        return err;
    }
    t->next = client->first;
    if (t->next != NULL) t->next->prev = t;
    client->first = t;
    client->in_flight++;
    return ERR_OK;
}

/* The last closed handle frees the client. */
static void client_check_done(struct http_client *client)
{
    if (!client->is_closing || !client->is_multi_done || client->open_handles > 0) return;
    void (*closed)(void *ctx) = client->closed;
    void *ctx = client->closed_ctx;
    free(client);
    if (closed != NULL) closed(ctx);
}

static void timer_closed(uv_handle_t *handle)
{
    struct http_client *client = handle->data;
    while (client->first != NULL) {
        transfer_finish(client->first, ERR_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
    }
    /* Closes the kept connections, which removes their watches. */
    curl_multi_cleanup(client->multi);
    client->is_multi_done = true;
    client->open_handles--;
    client_check_done(client);
}

void http_client_close(struct http_client *client, void (*closed)(void *ctx), void *ctx)
{
    if (client->is_closing) return;
    client->is_closing = true;
    client->closed = closed;
    client->closed_ctx = ctx;
    /* Nothing of curl's may be touched here: this may be a callback of its own. */
    uv_close((uv_handle_t *)&client->timer, timer_closed);
}

/* common/net: our HTTP client, JSON-RPC client and server against each other, curl against the
 * server, and raw bytes against the server. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "common/net/json_rpc_client.h"
#include "tests/support/check_main.h"

static struct loop loop;
static struct loop_timer timer;
static struct http_server *server;
static struct http_client *client;
static struct json_rpc_client *rpc;
static struct http_exchange *late;
static char base_url[64];
static unsigned closed_count;
static bool is_closed; /* the test itself closes both */
static unsigned aborted_count;
static unsigned answers;
static unsigned answers_wanted;
static struct http_response last;
static char last_body[70000];
static char last_text[600];
static enum err last_err;

static void count_closed(void *ctx)
{
    (void)ctx;
    closed_count++;
}

static void close_all(void)
{
    http_client_close(client, count_closed, NULL);
    http_server_close(server, count_closed, NULL);
}

static void rpc_reply(struct http_exchange *exchange, struct span body)
{
    json_error_t detail;
    json_t *request = json_loadb((const char *)body.data, body.len, 0, &detail);
    const char *method = json_string_value(json_object_get(request, "method"));
    json_t *id = json_object_get(request, "id");
    json_t *params = json_object_get(request, "params");
    json_t *reply;
    if (strcmp(method, "sum") == 0) {
        json_int_t sum = json_integer_value(json_array_get(params, 0)) +
                         json_integer_value(json_array_get(params, 1));
        reply = json_pack("{s:s,s:O,s:I}", "jsonrpc", "2.0", "id", id, "result", sum);
    } else if (strcmp(method, "wrong_id") == 0) {
        reply = json_pack("{s:s,s:i,s:i}", "jsonrpc", "2.0", "id", 999999, "result", 1);
    } else if (strcmp(method, "null_result") == 0) {
        reply = json_pack("{s:s,s:O,s:n}", "jsonrpc", "2.0", "id", id, "result");
    } else if (strcmp(method, "nothing") == 0) {
        reply = json_pack("{s:s,s:O}", "jsonrpc", "2.0", "id", id);
    } else {
        reply = json_pack("{s:s,s:O,s:{s:i,s:s,s:s}}", "jsonrpc", "2.0", "id", id, "error", "code",
                          3, "message", "execution reverted", "data", "0x08c379a0");
    }
    http_respond_json(exchange, 200, reply);
    json_decref(request);
}

static void on_request(void *ctx, struct http_exchange *exchange,
                       const struct http_server_request *request)
{
    (void)ctx;
    if (strcmp(request->path, "/rpc") == 0) {
        rpc_reply(exchange, request->body);
    } else if (strcmp(request->path, "/echo") == 0) {
        http_respond(exchange, 200, "application/octet-stream", request->body);
    } else if (strcmp(request->path, "/seen") == 0) {
        char a[32] = "";
        if (http_query_get(a, sizeof a, request->query, "a") != ERR_OK) a[0] = '\0';
        http_respond_json(exchange, 200,
                          json_pack("{s:s,s:s,s:s,s:s,s:s}", "method", request->method, "a", a,
                                    "type", request->content_type, "auth", request->authorization,
                                    "peer", request->peer));
    } else if (strcmp(request->path, "/late") == 0) {
        late = exchange;
        http_exchange_set_data(exchange, &late);
    } else if (strcmp(request->path, "/large") == 0) {
        static uint8_t large[1000000];
        memset(large, 'L', sizeof large);
        http_respond(exchange, 200, "text/plain", span_make(large, sizeof large));
    } else {
        http_respond_error(exchange, 404, "not_found", request->path);
    }
}

static void on_abort(void *ctx, struct http_exchange *exchange)
{
    (void)ctx;
    ck_assert_ptr_eq(exchange, late);
    ck_assert_ptr_eq(http_exchange_data(exchange), &late);
    late = NULL;
    aborted_count++;
}

static void open_server(size_t connections_max)
{
    struct http_server_options options = {.body_max = 2000,
                                          .connections_max = connections_max,
                                          .idle_timeout_ms = 2000,
                                          .answer_timeout_ms = 1000,
                                          .allow_origin = "*",
                                          .on_request = on_request,
                                          .on_abort = on_abort};
    ck_assert_ok(http_server_open(&server, &loop, &options));
    ck_assert_uint_ne(http_server_port(server), 0);
    snprintf(base_url, sizeof base_url, "http://127.0.0.1:%u", http_server_port(server));
}

static void setup(void)
{
    ck_assert_ok(loop_init(&loop));
    open_server(50);
    struct http_client_options options = {
        .in_flight_max = 20, .response_max = sizeof last_body, .connect_timeout_ms = 2000};
    ck_assert_ok(http_client_new(&client, &loop, &options));
}

static void teardown(void)
{
    if (!is_closed) close_all();
    loop_run(&loop);
    ck_assert_uint_eq(closed_count, 2);
    ck_assert_ok(loop_deinit(&loop));
}

static void note(void *ctx, const struct http_response *response)
{
    (void)ctx;
    last = *response;
    ck_assert_uint_lt(response->body.len, sizeof last_body);
    if (response->body.len > 0) memcpy(last_body, response->body.data, response->body.len);
    last_body[response->body.len] = '\0';
    snprintf(last_text, sizeof last_text, "%s", response->what);
    if (++answers == answers_wanted) loop_stop(&loop);
}

static void get(const struct http_request *request)
{
    answers_wanted = answers + 1;
    ck_assert_ok(http_client_send(client, request, note, NULL));
    ck_assert_uint_ne(answers, answers_wanted);
    loop_run(&loop);
    ck_assert_uint_eq(answers, answers_wanted);
}

static const char *url_of(const char *path)
{
    static char url[160];
    snprintf(url, sizeof url, "%s%s", base_url, path);
    return url;
}

/* --- client and server ------------------------------------------------------------------------- */

START_TEST(method_query_and_headers_reach_the_handler)
{
    struct http_request request = {.url = url_of("/seen?b=1&a=x%26y%3Dz"),
                                   .timeout_ms = 2000,
                                   .headers = {"Authorization: Bearer t"}};
    get(&request);
    ck_assert_ok(last.err);
    ck_assert_uint_eq(last.status, 200);
    ck_assert_str_eq(last_body,
                     "{\"method\":\"GET\",\"a\":\"x&y=z\",\"type\":\"\",\"auth\":\"Bearer "
                     "t\",\"peer\":\"127.0.0.1\"}");
    request.method = "DELETE";
    get(&request);
    ck_assert_ptr_nonnull(strstr(last_body, "\"method\":\"DELETE\""));
}
END_TEST

START_TEST(bodies_up_to_the_limit_are_echoed_and_larger_ones_refused)
{
    uint8_t body[2001];
    struct rng rng;
    check_seed(&rng);
    rng_fill(&rng, body, sizeof body);
    struct http_request request = {
        .url = url_of("/echo"), .timeout_ms = 2000, .body = span_make(body, 2000)};
    get(&request);
    ck_assert_uint_eq(last.status, 200);
    ck_assert_uint_eq(last.body.len, 2000);
    ck_assert_mem_eq(last_body, body, 2000);
    request.body.len = 2001;
    get(&request);
    ck_assert_uint_eq(last.status, 413);
    request.body.len = 0;
    request.method = "POST";
    get(&request);
    ck_assert_uint_eq(last.status, 200);
    ck_assert_uint_eq(last.body.len, 0);
}
END_TEST

START_TEST(an_answer_past_the_clients_limit_is_an_error_not_a_cut)
{
    struct http_request request = {.url = url_of("/large"), .timeout_ms = 2000};
    get(&request);
    ck_assert_err(last.err, ERR_TOO_LARGE);
    ck_assert_uint_eq(last.status, 0);
    struct bytes_buf body;
    bytes_buf_init(&body, 10);
    ck_assert_uint_eq(body.len, 0);
    bytes_buf_deinit(&body);
}
END_TEST

static void answer_late(void *ctx)
{
    (void)ctx;
    ck_assert_ptr_nonnull(late);
    http_respond_json(late, 202, json_pack("{s:b}", "late", 1));
    late = NULL;
}

START_TEST(an_answer_may_come_later)
{
    loop_timer_open(&timer, &loop, answer_late, NULL);
    loop_timer_start(&timer, 100, 0);
    struct http_request request = {.url = url_of("/late"), .timeout_ms = 2000};
    get(&request);
    ck_assert_uint_eq(last.status, 202);
    ck_assert_str_eq(last_body, "{\"late\":true}");
    loop_timer_close(&timer, NULL, NULL);
    loop_run_once(&loop);
}
END_TEST

static void stop_loop(void *ctx)
{
    (void)ctx;
    loop_stop(&loop);
}

/* While nobody answers, the loop must sleep although the peer's end makes the socket readable. */
START_TEST(an_exchange_nobody_answers_is_aborted_without_spinning)
{
    struct http_request request = {.url = url_of("/late"), .timeout_ms = 100};
    get(&request);
    ck_assert_err(last.err, ERR_TIMEOUT);
    clock_t cpu = clock();
    loop_timer_open(&timer, &loop, stop_loop, NULL);
    loop_timer_start(&timer, 2500, 0);
    loop_run(&loop);
    ck_assert_int_lt(clock() - cpu, CLOCKS_PER_SEC / 2);
    loop_timer_close(&timer, NULL, NULL);
    loop_run_once(&loop);
    ck_assert_uint_eq(aborted_count, 1);
}
END_TEST

START_TEST(no_server_no_scheme_and_too_many_requests_are_errors)
{
    struct http_request request = {.url = "http://127.0.0.1:1/x", .timeout_ms = 2000};
    get(&request);
    ck_assert_err(last.err, ERR_NET);
    ck_assert_uint_gt(strlen(last_text), 0);
    request.url = "file:///etc/passwd";
    get(&request);
    ck_assert_err(last.err, ERR_ARG);
    request.url = url_of("/seen");
    request.headers[0] = "X: a\r\nInjected: b";
    ck_assert_err(http_client_send(client, &request, note, NULL), ERR_ARG);
    request.headers[0] = NULL;
    request.timeout_ms = 0;
    ck_assert_err(http_client_send(client, &request, note, NULL), ERR_ARG);
    request.timeout_ms = 2000;
    answers_wanted = answers + 20;
    for (int i = 0; i < 20; i++)
        ck_assert_ok(http_client_send(client, &request, note, NULL));
    ck_assert_err(http_client_send(client, &request, note, NULL), ERR_FULL);
    loop_run(&loop);
    ck_assert_uint_eq(answers, answers_wanted);
}
END_TEST

START_TEST(closing_answers_pending_requests_with_cancelled)
{
    struct http_request request = {.url = url_of("/late"), .timeout_ms = 60000};
    for (int i = 0; i < 3; i++)
        ck_assert_ok(http_client_send(client, &request, note, NULL));
    http_client_close(client, count_closed, NULL);
    is_closed = true;
    ck_assert_err(http_client_send(client, &request, note, NULL), ERR_CLOSED);
    ck_assert_uint_eq(answers, 0);
    http_server_close(server, count_closed, NULL);
    loop_run(&loop);
    ck_assert_uint_eq(answers, 3);
    ck_assert_err(last.err, ERR_CANCELLED);
}
END_TEST

/* --- JSON-RPC ---------------------------------------------------------------------------------- */

static void rpc_note(void *ctx, enum err err, const json_t *result,
                     const struct json_rpc_error *error)
{
    (void)ctx;
    last_err = err;
    snprintf(last_body, sizeof last_body, "%lld %s", (long long)error->code, error->data);
    snprintf(last_text, sizeof last_text, "%s", error->message);
    if (err == ERR_OK) {
        char *text = json_dumps(result, JSON_ENCODE_ANY);
        snprintf(last_body, sizeof last_body, "%s", text);
        free(text);
    } else {
        ck_assert_ptr_null(result);
    }
    loop_stop(&loop);
}

static void call(const char *method, json_t *params)
{
    ck_assert_ok(json_rpc_call(rpc, method, params, rpc_note, NULL));
    loop_run(&loop);
}

START_TEST(a_call_returns_its_result_or_the_servers_error)
{
    ck_assert_ok(json_rpc_client_new(&rpc, client, url_of("/rpc"), 2000));
    call("sum", json_pack("[i,i]", 40, 2));
    ck_assert_ok(last_err);
    ck_assert_str_eq(last_body, "42");
    call("null_result", NULL);
    ck_assert_ok(last_err);
    ck_assert_str_eq(last_body, "null");
    call("revert", NULL);
    ck_assert_err(last_err, ERR_RPC);
    ck_assert_str_eq(last_body, "3 0x08c379a0");
    ck_assert_str_eq(last_text, "execution reverted");
    call("wrong_id", NULL);
    ck_assert_err(last_err, ERR_PROTOCOL);
    call("nothing", NULL);
    ck_assert_err(last_err, ERR_PROTOCOL);
    json_rpc_client_free(rpc);
    ck_assert_ok(json_rpc_client_new(&rpc, client, url_of("/missing"), 2000));
    call("sum", NULL);
    ck_assert(last_err == ERR_PROTOCOL || last_err == ERR_HTTP);
    json_rpc_client_free(rpc);
    ck_assert_ok(json_rpc_client_new(&rpc, client, url_of("/echo"), 2000));
    call("sum", NULL);
    ck_assert_err(last_err, ERR_PROTOCOL);
    json_rpc_client_free(rpc);
}
END_TEST

START_TEST(freeing_a_client_with_a_call_in_flight_still_answers_it)
{
    ck_assert_ok(json_rpc_client_new(&rpc, client, url_of("/rpc"), 2000));
    ck_assert_ok(json_rpc_call(rpc, "sum", json_pack("[i,i]", 1, 2), rpc_note, NULL));
    json_rpc_client_free(rpc);
    loop_run(&loop);
    ck_assert_str_eq(last_body, "3");
}
END_TEST

static json_t *sync_result;
static struct json_rpc_error sync_error;
static enum err sync_errs[3];

static void sync_work(void *arg)
{
    struct json_rpc_sync *sync;
    if (json_rpc_sync_new(&sync, arg, 2000, 1000) != ERR_OK) return;
    for (int i = 0; i < 2; i++) {
        json_decref(sync_result);
        sync_result = NULL;
        sync_errs[i] =
            json_rpc_sync_call(sync, &sync_result, "sum", json_pack("[i,i]", i, 7), NULL);
    }
    json_t *none = NULL;
    sync_errs[2] = json_rpc_sync_call(sync, &none, "revert", NULL, &sync_error);
    json_rpc_sync_free(sync);
}

static atomic_bool is_sync_done;

static void *sync_thread(void *arg)
{
    sync_work(arg);
    atomic_store(&is_sync_done, true);
    return NULL;
}

START_TEST(the_blocking_client_works_from_a_thread)
{
    pthread_t thread;
    char url[160];
    snprintf(url, sizeof url, "%s", url_of("/rpc"));
    ck_assert_int_eq(pthread_create(&thread, NULL, sync_thread, url), 0);
    for (int i = 0; i < 100 && !atomic_load(&is_sync_done); i++) {
        loop_timer_open(&timer, &loop, stop_loop, NULL);
        loop_timer_start(&timer, 20, 0);
        loop_run(&loop);
        loop_timer_close(&timer, NULL, NULL);
        loop_run_once(&loop);
        loop_run_once(&loop);
    }
    pthread_join(thread, NULL);
    ck_assert_ok(sync_errs[0]);
    ck_assert_ok(sync_errs[1]);
    ck_assert_int_eq(json_integer_value(sync_result), 8);
    json_decref(sync_result);
    ck_assert_err(sync_errs[2], ERR_RPC);
    ck_assert_int_eq(sync_error.code, 3);
}
END_TEST

/* --- raw bytes --------------------------------------------------------------------------------- */

struct raw {
    const char *sent;
    const char *expected; /* how the answer begins; "" = connection closed without one */
};

static const struct raw raws[] = {
    {"GET /seen HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200"},
    {"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 4"},
    {"GET /a/%2e%2e/%2e%2e/etc HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 4"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", "HTTP/1.1 413"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3x\r\n\r\nabc", "HTTP/1.1 400"},
    {"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
     "HTTP/1.1 501"},
    {"\x16\x03\x01\x02", ""},
    {"nonsense\r\n\r\n", ""},
};

static size_t exchange_raw(char *answer, size_t size, const char *sent, size_t len)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(send(fd, sent, len, MSG_NOSIGNAL), (ssize_t)len);
    size_t got = 0;
    int idle = 0;
    for (int i = 0; i < 150; i++) {
        loop_run_once(&loop);
        ssize_t n = recv(fd, answer + got, size - 1 - got, MSG_DONTWAIT);
        if (n > 0) got += (size_t)n;
        idle = n > 0 ? 0 : idle + 1;
        if (got > 0 && idle > 5) break; /* answered, and the connection is kept */
        if (n == 0 || (n < 0 && errno == ECONNRESET)) break;
        usleep(2000);
    }
    answer[got] = '\0';
    close(fd);
    return got;
}

START_TEST(odd_requests_get_a_defined_answer)
{
    char answer[4096];
    exchange_raw(answer, sizeof answer, raws[_i].sent, strlen(raws[_i].sent));
    /* A path that climbs out may also be answered as the cleaned path, which is not found here. */
    ck_assert_msg(strncmp(answer, raws[_i].expected, strlen(raws[_i].expected)) == 0,
                  "sent: %s\ngot: %s", raws[_i].sent, answer);
    ck_assert_ptr_null(strstr(answer, "root:"));
}
END_TEST

START_TEST(headers_past_the_limit_close_the_connection)
{
    static char text[40000];
    size_t len = (size_t)snprintf(text, sizeof text, "GET /seen HTTP/1.1\r\nHost: x\r\nX-A: ");
    memset(text + len, 'a', 30000);
    memcpy(text + len + 30000, "\r\n\r\n", 4);
    char answer[4096];
    exchange_raw(answer, sizeof answer, text, len + 30004);
    ck_assert(strncmp(answer, "HTTP/1.1 200", 12) != 0 || len == 0);
}
END_TEST

START_TEST(random_bytes_do_not_harm_the_server)
{
    struct rng rng;
    check_seed(&rng);
    char sent[512];
    char answer[4096];
    static const char start[] = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    for (int i = 0; i < 60; i++) {
        size_t len = sizeof start - 1;
        memcpy(sent, start, len);
        for (uint64_t flips = rng_below(&rng, 4) + 1; flips > 0; flips--) {
            sent[rng_below(&rng, len)] = (char)rng_u64(&rng);
        }
        exchange_raw(answer, sizeof answer, sent, len);
    }
    struct http_request request = {.url = url_of("/seen"), .timeout_ms = 2000};
    get(&request);
    ck_assert_uint_eq(last.status, 200);
}
END_TEST

START_TEST(query_values_are_decoded_strictly)
{
    char out[8];
    ck_assert_ok(http_query_get(out, sizeof out, "aa=1&a=x%20y+z", "a"));
    ck_assert_str_eq(out, "x y z");
    ck_assert_err(http_query_get(out, sizeof out, "aa=1", "a"), ERR_NOT_FOUND);
    ck_assert_err(http_query_get(out, sizeof out, "a=%2", "a"), ERR_PARSE);
    ck_assert_err(http_query_get(out, sizeof out, "a=%zz", "a"), ERR_PARSE);
    ck_assert_err(http_query_get(out, sizeof out, "a=%00", "a"), ERR_PARSE);
    ck_assert_err(http_query_get(out, sizeof out, "a=12345678", "a"), ERR_TOO_LARGE);
    ck_assert_ok(http_query_get(out, sizeof out, "a=1234567", "a"));
    ck_assert_ok(http_query_get(out, sizeof out, "a=", "a"));
    ck_assert_str_eq(out, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/net");
    TCase *c = tcase_create("net");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, method_query_and_headers_reach_the_handler);
    tcase_add_test(c, bodies_up_to_the_limit_are_echoed_and_larger_ones_refused);
    tcase_add_test(c, an_answer_past_the_clients_limit_is_an_error_not_a_cut);
    tcase_add_test(c, an_answer_may_come_later);
    tcase_add_test(c, an_exchange_nobody_answers_is_aborted_without_spinning);
    tcase_add_test(c, no_server_no_scheme_and_too_many_requests_are_errors);
    tcase_add_test(c, closing_answers_pending_requests_with_cancelled);
    tcase_add_test(c, a_call_returns_its_result_or_the_servers_error);
    tcase_add_test(c, freeing_a_client_with_a_call_in_flight_still_answers_it);
    tcase_add_test(c, the_blocking_client_works_from_a_thread);
    tcase_add_loop_test(c, odd_requests_get_a_defined_answer, 0, ARRAY_LEN(raws));
    tcase_add_test(c, headers_past_the_limit_close_the_connection);
    tcase_add_test(c, random_bytes_do_not_harm_the_server);
    TCase *q = tcase_create("query");
    tcase_add_test(q, query_values_are_decoded_strictly);
    suite_add_tcase(s, c);
    suite_add_tcase(s, q);
    return check_main(s);
}

/* WebSocket side of common/net/http_server, spoken to in raw frames. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/net/http_server.h"
#include "tests/support/check_main.h"

#define MESSAGE_MAX 100
#define QUEUE_MAX   1000

static struct loop loop;
static struct http_server *server;
static struct http_ws *last_ws;
static unsigned opened;
static unsigned closed;
static char received[MESSAGE_MAX + 1];
static unsigned message_count;
static int fd;

static void on_request(void *ctx, struct http_exchange *exchange,
                       const struct http_server_request *request)
{
    (void)ctx;
    http_respond_error(exchange, 404, "not_found", request->path);
}

static void on_open(void *ctx, struct http_ws *ws)
{
    (void)ctx;
    last_ws = ws;
    http_ws_set_data(ws, &opened);
    opened++;
}

static void on_message(void *ctx, struct http_ws *ws, struct span text)
{
    (void)ctx;
    ck_assert_ptr_eq(http_ws_data(ws), &opened);
    ck_assert_uint_le(text.len, MESSAGE_MAX);
    memcpy(received, text.data, text.len);
    received[text.len] = '\0';
    message_count++;
    ck_assert_ok(http_ws_send(ws, text));
}

static void on_close(void *ctx, struct http_ws *ws)
{
    (void)ctx;
    ck_assert_ptr_eq(ws, last_ws);
    last_ws = NULL;
    closed++;
}

static void setup(void)
{
    struct http_server_options options = {.body_max = 100,
                                          .connections_max = 10,
                                          .idle_timeout_ms = 2000,
                                          .on_request = on_request,
                                          .ws_path = "/feed",
                                          .ws_message_max = MESSAGE_MAX,
                                          .ws_send_queue_max = QUEUE_MAX,
                                          .on_ws_open = on_open,
                                          .on_ws_message = on_message,
                                          .on_ws_close = on_close};
    ck_assert_ok(loop_init(&loop));
    ck_assert_ok(http_server_open(&server, &loop, &options));
    fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
}

static void teardown(void)
{
    http_server_close(server, NULL, NULL);
    loop_run(&loop);
    ck_assert_ok(loop_deinit(&loop));
    ck_assert_uint_eq(opened, closed);
    close(fd);
}

static void send_bytes(const void *data, size_t len)
{
    ck_assert_int_eq(send(fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Turns the loop until `want` bytes came or the connection ended; returns how many came. */
static size_t receive(uint8_t *out, size_t want)
{
    size_t got = 0;
    for (int i = 0; i < 300 && got < want; i++) {
        loop_run_once(&loop);
        ssize_t n = recv(fd, out + got, want - got, MSG_DONTWAIT);
        if (n > 0) got += (size_t)n;
        if (n == 0 || (n < 0 && errno == ECONNRESET)) break;
        if (n < 0) usleep(1000);
    }
    return got;
}

/* The handshake of RFC 6455, section 1.3: its sample key has its sample answer. */
static void upgrade(const char *path)
{
    char request[400];
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n",
                       path);
    send_bytes(request, (size_t)len);
}

static void expect_upgraded(void)
{
    char answer[512] = "";
    size_t got = 0;
    upgrade("/feed");
    while (strstr(answer, "\r\n\r\n") == NULL) {
        ck_assert_uint_lt(got, sizeof answer - 1);
        size_t n = receive((uint8_t *)answer + got, 1);
        ck_assert_uint_eq(n, 1);
        answer[++got] = '\0';
    }
    ck_assert_int_eq(strncmp(answer, "HTTP/1.1 101", 12), 0);
    ck_assert_ptr_nonnull(strstr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    ck_assert_uint_eq(opened, 1);
}

START_TEST(a_text_message_arrives_and_is_answered)
{
    /* "Hello", masked: RFC 6455, section 5.7. */
    static const uint8_t hello[] = {0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d,
                                    0x7f, 0x9f, 0x4d, 0x51, 0x58};
    uint8_t answer[7];
    expect_upgraded();
    send_bytes(hello, sizeof hello);
    ck_assert_uint_eq(receive(answer, sizeof answer), sizeof answer);
    ck_assert_mem_eq(answer, "\x81\x05Hello", 7);
    ck_assert_str_eq(received, "Hello");
}
END_TEST

START_TEST(fragments_are_joined_into_one_message)
{
    static const uint8_t parts[] = {0x01, 0x83, 0, 0, 0, 0, 'H', 'e', 'l',
                                    0x80, 0x82, 0, 0, 0, 0, 'l', 'o'};
    uint8_t answer[7];
    expect_upgraded();
    send_bytes(parts, sizeof parts);
    ck_assert_uint_eq(receive(answer, sizeof answer), sizeof answer);
    ck_assert_str_eq(received, "Hello");
    ck_assert_uint_eq(message_count, 1);
}
END_TEST

START_TEST(a_message_past_the_limit_or_binary_ends_the_connection)
{
    uint8_t big[8 + MESSAGE_MAX + 1] = {0x81, 0xfe, 0, MESSAGE_MAX + 1};
    static const uint8_t binary[] = {0x82, 0x81, 0, 0, 0, 0, 'x'};
    uint8_t answer[100];
    expect_upgraded();
    if (_i == 0)
        send_bytes(big, sizeof big);
    else
        send_bytes(binary, sizeof binary);
    receive(answer, sizeof answer);
    ck_assert_uint_eq(closed, 1);
    ck_assert_uint_eq(message_count, 0);
}
END_TEST

START_TEST(an_upgrade_elsewhere_is_refused)
{
    uint8_t answer[300];
    upgrade("/other");
    size_t got = receive(answer, sizeof answer);
    ck_assert(got < 12 || memcmp(answer, "HTTP/1.1 101", 12) != 0);
    ck_assert_uint_eq(opened, 0);
}
END_TEST

START_TEST(a_client_that_reads_too_slowly_is_closed)
{
    char text[100];
    memset(text, 't', sizeof text);
    expect_upgraded();
    enum err err = ERR_OK;
    unsigned sent = 0;
    while (err == ERR_OK && sent < 1000) {
        err = http_ws_send(last_ws, span_make(text, sizeof text));
        sent++;
    }
    ck_assert_err(err, ERR_FULL);
    ck_assert_uint_eq(sent, QUEUE_MAX / sizeof text + 1);
    ck_assert_err(http_ws_send(last_ws, span_make(text, 1)), ERR_CLOSED);
    uint8_t sink[4096];
    receive(sink, sizeof sink);
    ck_assert_uint_eq(closed, 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/net websocket");
    TCase *c = tcase_create("websocket");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_text_message_arrives_and_is_answered);
    tcase_add_test(c, fragments_are_joined_into_one_message);
    tcase_add_loop_test(c, a_message_past_the_limit_or_binary_ends_the_connection, 0, 2);
    tcase_add_test(c, an_upgrade_elsewhere_is_refused);
    tcase_add_test(c, a_client_that_reads_too_slowly_is_closed);
    suite_add_tcase(s, c);
    return check_main(s);
}

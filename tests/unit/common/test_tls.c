/* common/loop/nng_inbox over TLS: both sides must show a certificate of the shared authority. Run by
 * test_tls.sh, which makes the certificates. */
#include <stdlib.h>
#include <string.h>

#include "common/loop/nng_inbox.h"
#include "tests/support/check_main.h"

static struct loop loop;
static struct nng_link *server;
static struct nng_link *client;
static enum err result;
static char ca[2][256];
static char pem[2][256];

static void setup(void)
{
    static const char *const names[] = {"ours", "theirs"};
    const char *dir = getenv("HAWSER_TEST_CERTS");
    ck_assert_ptr_nonnull(dir);
    for (size_t i = 0; i < 2; i++) {
        snprintf(ca[i], sizeof ca[i], "%s/%s.ca.pem", dir, names[i]);
        snprintf(pem[i], sizeof pem[i], "%s/%s.pem", dir, names[i]);
    }
    ck_assert_ok(loop_init(&loop));
}

static void echo(void *ctx, struct nng_link *link, struct nng_request_id id, struct span message)
{
    (void)ctx;
    ck_assert_ok(nng_link_reply(link, id, message));
}

static void answered(void *ctx, enum err err, struct span message)
{
    (void)ctx;
    result = err;
    if (err == ERR_OK) ck_assert(span_equal(message, span_of_str("hello")));
    nng_link_close(client, NULL, NULL);
    nng_link_close(server, NULL, NULL);
}

/* A request from a client with the given authority and certificate to a server of ours. */
static enum err ask(const char *scheme, const char *client_ca, const char *client_pem,
                    uint64_t timeout_ms)
{
    char url[64];
    struct nng_link_options rep = {.kind = NNG_LINK_REP,
                                   .message_max = 100,
                                   .slots = 1,
                                   .on_request = echo,
                                   .reply_timeout_ms = 1000,
                                   .tls_ca_file = ca[0],
                                   .tls_cert_key_file = pem[0]};
    struct nng_link_options req = {.kind = NNG_LINK_REQ,
                                   .message_max = 100,
                                   .slots = 1,
                                   .tls_ca_file = client_ca,
                                   .tls_cert_key_file = client_pem};
    ck_assert_ok(nng_link_open(&server, &loop, &rep));
    ck_assert_ok(nng_link_listen(server, "tls+tcp://127.0.0.1:0"));
    ck_assert_uint_ne(nng_link_port(server), 0);
    ck_assert_ok(nng_link_open(&client, &loop, &req));
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, nng_link_port(server));
    ck_assert_ok(nng_link_dial(client, url));
    ck_assert_ok(nng_link_request(client, span_of_str("hello"), timeout_ms, answered, NULL));
    loop_run(&loop);
    ck_assert_ok(loop_deinit(&loop));
    return result;
}

START_TEST(two_sides_of_one_authority_talk)
{
    ck_assert_ok(ask("tls+tcp", ca[0], pem[0], 10000));
}
END_TEST

START_TEST(a_client_of_another_authority_is_not_served)
{
    ck_assert_int_ne(ask("tls+tcp", ca[0], pem[1], 1500), ERR_OK);
}
END_TEST

START_TEST(a_client_does_not_talk_to_a_server_of_another_authority)
{
    ck_assert_int_ne(ask("tls+tcp", ca[1], pem[0], 1500), ERR_OK);
}
END_TEST

START_TEST(a_client_without_tls_is_not_served)
{
    ck_assert_int_ne(ask("tcp", NULL, NULL, 1500), ERR_OK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/loop tls");
    TCase *c = tcase_create("tls");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, two_sides_of_one_authority_talk);
    tcase_add_test(c, a_client_of_another_authority_is_not_served);
    tcase_add_test(c, a_client_does_not_talk_to_a_server_of_another_authority);
    tcase_add_test(c, a_client_without_tls_is_not_served);
    suite_add_tcase(s, c);
    return check_main(s);
}

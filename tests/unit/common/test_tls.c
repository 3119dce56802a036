/* common/loop/link_tls and nng_inbox over it: both sides must show a certificate of the shared
 * authority, for the right side. Run by test_tls.sh, which makes the certificates. */
#include <fcntl.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log/log.h"
#include "common/loop/nng_inbox.h"
#include "tests/support/check_main.h"

enum { WAIT_MS = 1500 };
static const char name[] = "orchestrator.example";
static const struct link_tls_names names = {"prover_url", "prover_tls"};

static struct loop loop;
static struct nng_link *server;
static struct nng_link *client;
static enum err result;
static char text[512];

static void setup(void)
{
    ck_assert_ptr_nonnull(getenv("HAWSER_TEST_CERTS"));
    ck_assert_ok(loop_init(&loop));
}

static struct link_tls_files files_of(const char *authority, const char *who)
{
    const char *dir = getenv("HAWSER_TEST_CERTS");
    struct link_tls_files f = {.ca_file = ""};
    snprintf(f.ca_file, sizeof f.ca_file, "%s/%s/ca.pem", dir, authority);
    snprintf(f.cert_file, sizeof f.cert_file, "%s/%s/%s.pem", dir, authority, who);
    snprintf(f.key_file, sizeof f.key_file, "%s/%s/%s.key", dir, authority, who);
    return f;
}

static struct link_tls_files client_files(const char *authority, const char *who)
{
    struct link_tls_files f = files_of(authority, who);
    snprintf(f.server_name, sizeof f.server_name, "%s", name);
    return f;
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

static void open_server(const struct link_tls_files *files)
{
    struct nng_link_options rep = {.kind = NNG_LINK_REP,
                                   .message_max = 100,
                                   .slots = 1,
                                   .on_request = echo,
                                   .reply_timeout_ms = 1000};
    ck_assert_ok(link_tls_open(&rep.tls, LINK_TLS_SERVER, files, &names, "tls+tcp://127.0.0.1:0",
                               text, sizeof text));
    ck_assert_ok(nng_link_open(&server, &loop, &rep));
    link_tls_close(&rep.tls);
    ck_assert_ok(nng_link_listen(server, "tls+tcp://127.0.0.1:0"));
    ck_assert_uint_ne(nng_link_port(server), 0);
}

/* A request to the open server; closes both. */
static enum err ask(const char *scheme, struct link_tls tls, uint64_t timeout_ms)
{
    char url[64];
    struct nng_link_options req = {
        .kind = NNG_LINK_REQ, .message_max = 100, .slots = 1, .tls = tls};
    ck_assert_ok(nng_link_open(&client, &loop, &req));
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, nng_link_port(server));
    ck_assert_ok(nng_link_dial(client, url));
    ck_assert_ok(nng_link_request(client, span_of_str("hello"), timeout_ms, answered, NULL));
    loop_run(&loop);
    ck_assert_ok(loop_deinit(&loop));
    link_tls_close(&tls);
    return result;
}

static enum err ask_with(const struct link_tls_files *files, uint64_t timeout_ms)
{
    struct link_tls tls;
    ck_assert_ok(link_tls_open(&tls, LINK_TLS_CLIENT, files, &names, "tls+tcp://127.0.0.1:1", text,
                               sizeof text));
    return ask("tls+tcp", tls, timeout_ms);
}

/* The log of this process goes to a file, which is searched afterwards. */
static char log_path[300];

static void log_to_file(void)
{
    snprintf(log_path, sizeof log_path, "%s/log-%d", getenv("HAWSER_TEST_CERTS"), (int)getpid());
    ck_assert_ptr_nonnull(freopen(log_path, "w", stderr));
}

static bool log_has(const char *what)
{
    static char all[65536];
    fflush(stderr);
    FILE *f = fopen(log_path, "r");
    ck_assert_ptr_nonnull(f);
    all[fread(all, 1, sizeof all - 1, f)] = '\0';
    fclose(f);
    return strstr(all, what) != NULL;
}

START_TEST(two_sides_of_one_authority_talk)
{
    struct link_tls_files s = files_of("ours", "orchestrator");
    struct link_tls_files c = client_files("ours", "worker-1");
    open_server(&s);
    ck_assert_ok(ask_with(&c, 10000));
}
END_TEST

START_TEST(a_client_of_another_authority_is_not_served_and_both_logs_say_so)
{
    struct link_tls_files s = files_of("ours", "orchestrator");
    struct link_tls_files c = client_files("theirs", "worker-1");
    memcpy(c.ca_file, s.ca_file, sizeof c.ca_file); /* it trusts us; we do not trust it */
    log_to_file();
    open_server(&s);
    ck_assert_int_ne(ask_with(&c, 2 * WAIT_MS), ERR_OK);
    ck_assert(log_has("tls_peer_refused"));
    ck_assert(log_has("tls_not_connected"));
}
END_TEST

START_TEST(a_client_without_a_certificate_is_not_served)
{
    struct link_tls_files s = files_of("ours", "orchestrator");
    struct link_tls tls = {.side = LINK_TLS_CLIENT};
    log_to_file();
    open_server(&s);
    ck_assert_int_eq(nng_tls_config_alloc(&tls.config, NNG_TLS_MODE_CLIENT), 0);
    ck_assert_int_eq(nng_tls_config_ca_file(tls.config, s.ca_file), 0);
    ck_assert_int_eq(nng_tls_config_server_name(tls.config, name), 0);
    ck_assert_int_ne(ask("tls+tcp", tls, 2 * WAIT_MS), ERR_OK);
    ck_assert(log_has("tls_peer_refused"));
}
END_TEST

START_TEST(a_client_without_tls_is_not_served)
{
    struct link_tls_files s = files_of("ours", "orchestrator");
    log_to_file();
    open_server(&s);
    ck_assert_int_ne(ask("tcp", (struct link_tls){.config = NULL}, 2 * WAIT_MS), ERR_OK);
    ck_assert(log_has("tls_peer_refused"));
}
END_TEST

START_TEST(a_client_does_not_talk_to_a_server_of_another_authority)
{
    struct link_tls_files s = files_of("theirs", "orchestrator");
    struct link_tls_files c = client_files("ours", "worker-1");
    memcpy(s.ca_file, c.ca_file, sizeof s.ca_file);
    open_server(&s);
    ck_assert_int_ne(ask_with(&c, WAIT_MS), ERR_OK);
}
END_TEST

START_TEST(a_client_does_not_talk_to_a_server_of_another_name)
{
    struct link_tls_files s = files_of("ours", "orchestrator");
    struct link_tls_files c = client_files("ours", "worker-1");
    open_server(&s);
    c.server_name[0] = '\0'; /* then the host of the url counts: 127.0.0.1 */
    ck_assert_int_ne(ask_with(&c, WAIT_MS), ERR_OK);
}
END_TEST

START_TEST(a_worker_cannot_pass_for_the_orchestrator)
{
    struct link_tls_files s = files_of("ours", "worker-1");
    struct link_tls_files c = client_files("ours", "worker-1");
    open_server(&s);
    ck_assert_int_ne(ask_with(&c, WAIT_MS), ERR_OK);
}
END_TEST

static enum err open_text(const struct link_tls_files *f, const char *url)
{
    struct link_tls tls;
    text[0] = '\0';
    enum err err =
        link_tls_open(&tls, LINK_TLS_CLIENT, f, &names, url, text, sizeof text);
    link_tls_close(&tls);
    if (err != ERR_OK) ck_assert_ptr_null(tls.config);
    return err;
}

START_TEST(a_link_that_leaves_the_host_is_refused_without_tls)
{
    static const char *const outside[] = {
        "tcp://0.0.0.0:7001",       "tcp://*:7001",       "tcp://:7001",
        "tcp://192.168.1.2:7001",   "tcp://[::]:7001",    "tcp://orchestrator.example:7001",
        "tcp://127.0.0.1.evil:7001", "tcp://localhost.evil:1", "tcp://128.0.0.1:7001",
        "tcp://127.0.0.1",          "ws://127.0.0.1:1",   "tcp6://[::1]:7001",
        "wss://example:1",          "127.0.0.1:7001",     "",
        "tls+tcp4://example:1",     "tcp://[::1:7001",
    };
    static const char *const inside[] = {"ipc:///tmp/x", "inproc://x", "tcp://127.0.0.1:0",
                                         "tcp://127.8.9.1:70", "tcp://localhost:1",
                                         "tcp://[::1]:7001"};
    struct link_tls_files none = {.ca_file = ""};
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        ck_assert_err(open_text(&none, outside[i]), ERR_CONFIG);
        ck_assert_ptr_nonnull(strstr(text, "prover_url: "));
        ck_assert_ptr_nonnull(strstr(text, "tls+tcp://"));
    }
    for (size_t i = 0; i < ARRAY_LEN(inside); i++)
        ck_assert_ok(open_text(&none, inside[i]));
}
END_TEST

START_TEST(files_for_a_link_that_does_not_use_them_are_refused)
{
    struct link_tls_files f = client_files("ours", "worker-1");
    ck_assert_err(open_text(&f, "tcp://127.0.0.1:1"), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(text, "prover_tls"));
}
END_TEST

/* Each of the three files: not given, not there, a folder, no PEM; the key also open to others. */
START_TEST(a_bad_file_is_named_with_its_key)
{
    static const char *const keys[] = {"ca_file", "cert_file", "key_file"};
    const char *dir = getenv("HAWSER_TEST_CERTS");
    char junk[300];
    snprintf(junk, sizeof junk, "%s/junk-%d", dir, (int)getpid());
    FILE *out = fopen(junk, "w");
    ck_assert_ptr_nonnull(out);
    fputs("not PEM\n", out);
    fclose(out);
    ck_assert_int_eq(chmod(junk, 0600), 0);
    const char *const bad[] = {"", "/nowhere/at/all.pem", dir, junk};
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
            struct link_tls_files f = client_files("ours", "worker-1");
            char *field[] = {f.ca_file, f.cert_file, f.key_file};
            char want[64];
            snprintf(field[k], sizeof f.ca_file, "%s", bad[i]);
            ck_assert_err(open_text(&f, "tls+tcp://127.0.0.1:1"), ERR_CONFIG);
            snprintf(want, sizeof want, "prover_tls.%s: ", keys[k]);
            ck_assert_msg(strstr(text, want) == text, "%s %s: %s", keys[k], bad[i], text);
            ck_assert_msg(strstr(text, bad[i]) != NULL, "%s", text);
        }
    }
    struct link_tls_files f = client_files("ours", "worker-1");
    ck_assert_int_eq(chmod(f.key_file, 0640), 0);
    ck_assert_err(open_text(&f, "tls+tcp://127.0.0.1:1"), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(text, "0600"));
    ck_assert_int_eq(chmod(f.key_file, 0600), 0);
    ck_assert_ok(open_text(&f, "tls+tcp://127.0.0.1:1"));
}
END_TEST

START_TEST(keys_of_one_side_do_not_serve_the_other)
{
    struct link_tls_files f = client_files("ours", "worker-1");
    struct nng_link_options req = {.kind = NNG_LINK_REQ, .message_max = 100, .slots = 1};
    ck_assert_ok(nng_link_open(&client, &loop, &req));
    ck_assert_err(nng_link_dial(client, "tls+tcp://127.0.0.1:1"), ERR_ARG);
    nng_link_close(client, NULL, NULL);
    ck_assert_ok(link_tls_open(&req.tls, LINK_TLS_CLIENT, &f, &names, "tls+tcp://127.0.0.1:1", text,
                               sizeof text));
    ck_assert_ok(nng_link_open(&client, &loop, &req));
    ck_assert_err(nng_link_listen(client, "tls+tcp://127.0.0.1:0"), ERR_ARG);
    nng_link_close(client, NULL, NULL);
    link_tls_close(&req.tls);
    ck_assert_ok(loop_deinit(&loop));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/loop tls");
    TCase *c = tcase_create("tls");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, two_sides_of_one_authority_talk);
    tcase_add_test(c, a_client_of_another_authority_is_not_served_and_both_logs_say_so);
    tcase_add_test(c, a_client_without_a_certificate_is_not_served);
    tcase_add_test(c, a_client_without_tls_is_not_served);
    tcase_add_test(c, a_client_does_not_talk_to_a_server_of_another_authority);
    tcase_add_test(c, a_client_does_not_talk_to_a_server_of_another_name);
    tcase_add_test(c, a_worker_cannot_pass_for_the_orchestrator);
    tcase_add_test(c, a_link_that_leaves_the_host_is_refused_without_tls);
    tcase_add_test(c, files_for_a_link_that_does_not_use_them_are_refused);
    tcase_add_test(c, a_bad_file_is_named_with_its_key);
    tcase_add_test(c, keys_of_one_side_do_not_serve_the_other);
    suite_add_tcase(s, c);
    return check_main(s);
}

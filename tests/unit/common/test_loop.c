/* common/loop: timers, worker pool, nng links; every test ends with an empty loop. */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "common/loop/loop.h"
#include "common/loop/nng_inbox.h"
#include "common/loop/worker_pool.h"
#include "tests/support/check_main.h"

static struct loop loop;

static void setup(void)
{
    ck_assert_ok(loop_init(&loop));
}

static void teardown(void)
{
    ck_assert_ok(loop_deinit(&loop));
}

/* --- timers ------------------------------------------------------------------------------------ */

static struct loop_timer timer;
static unsigned ticks;
static unsigned closed_count;

static void count_closed(void *ctx)
{
    (void)ctx;
    closed_count++;
}

static void tick_three_times(void *ctx)
{
    (void)ctx;
    if (++ticks == 3) {
        loop_timer_close(&timer, count_closed, NULL);
        loop_timer_close(&timer, count_closed, NULL);
    }
}

START_TEST(closing_a_timer_in_its_callback_ends_it_once)
{
    loop_timer_open(&timer, &loop, tick_three_times, NULL);
    loop_timer_start(&timer, 1, 1);
    loop_run(&loop);
    ck_assert_uint_eq(ticks, 3);
    ck_assert_uint_eq(closed_count, 1);
}
END_TEST

START_TEST(a_handle_left_open_is_reported_by_deinit)
{
    struct loop other;
    ck_assert_ok(loop_init(&other));
    loop_timer_open(&timer, &other, tick_three_times, NULL);
    ck_assert_err(loop_deinit(&other), ERR_BUSY);
    loop_timer_close(&timer, NULL, NULL);
    ck_assert_ok(loop_deinit(&other));
}
END_TEST

static void on_signal(void *ctx, int signum)
{
    *(int *)ctx = signum;
    loop_close_signals(&loop);
}

START_TEST(a_stop_signal_arrives_on_the_loop)
{
    int got = 0;
    ck_assert_ok(loop_open_signals(&loop, on_signal, &got));
    kill(getpid(), SIGTERM);
    loop_run(&loop);
    ck_assert_int_eq(got, SIGTERM);
}
END_TEST

/* --- worker pool ------------------------------------------------------------------------------- */

struct job {
    pthread_t worked_on;
    bool is_done;
};

static void job_work(void *ctx)
{
    ((struct job *)ctx)->worked_on = pthread_self();
}

static void job_done(void *ctx)
{
    ((struct job *)ctx)->is_done = true;
}

START_TEST(work_leaves_the_loop_comes_back_once_and_is_bounded)
{
    struct worker_pool pool;
    struct job jobs[3] = {{.is_done = false}};
    worker_pool_init(&pool, &loop, 2);
    ck_assert_ok(worker_pool_submit(&pool, job_work, job_done, &jobs[0]));
    ck_assert_ok(worker_pool_submit(&pool, job_work, job_done, &jobs[1]));
    ck_assert_err(worker_pool_submit(&pool, job_work, job_done, &jobs[2]), ERR_FULL);
    loop_run(&loop);
    ck_assert(jobs[0].is_done);
    ck_assert(jobs[1].is_done);
    ck_assert(!jobs[2].is_done);
    ck_assert(!pthread_equal(jobs[0].worked_on, pthread_self()));
    worker_pool_deinit(&pool);
}
END_TEST

/* --- nng links --------------------------------------------------------------------------------- */

#define REQUESTS 200

static struct nng_link *server;
static struct nng_link *client;
static unsigned answers;
static unsigned received;
static enum err last_err;
static char url[64];

static void make_url(void)
{
    snprintf(url, sizeof url, "ipc:///tmp/hawser-test-%ld.ipc", (long)getpid());
}

static void close_both(void)
{
    nng_link_close(client, count_closed, NULL);
    nng_link_close(server, count_closed, NULL);
}

static void echo(void *ctx, struct nng_link *link, struct nng_request_id id, struct span message)
{
    (void)ctx;
    ck_assert_ok(nng_link_reply(link, id, message));
    ck_assert_err(nng_link_reply(link, id, message), ERR_NOT_FOUND);
}

static void answered(void *ctx, enum err err, struct span message)
{
    unsigned expected = (unsigned)(uintptr_t)ctx;
    unsigned got;
    ck_assert_ok(err);
    ck_assert_uint_eq(message.len, sizeof got);
    memcpy(&got, message.data, sizeof got);
    ck_assert_uint_eq(got, expected);
    answers++;
    if (answers == REQUESTS) {
        close_both();
        return;
    }
    unsigned next = expected + 4;
    if (next < REQUESTS) {
        ck_assert_ok(nng_link_request(client, span_make(&next, sizeof next), 5000, answered,
                                      (void *)(uintptr_t)next));
    }
}

static const struct nng_link_options rep_options = {.kind = NNG_LINK_REP,
                                                    .message_max = 1024,
                                                    .slots = 3,
                                                    .on_request = echo,
                                                    .reply_timeout_ms = 5000};
static const struct nng_link_options req_options = {
    .kind = NNG_LINK_REQ, .message_max = 1024, .slots = 4};

START_TEST(requests_in_flight_at_once_each_get_their_own_answer)
{
    make_url();
    ck_assert_ok(nng_link_open(&server, &loop, &rep_options));
    ck_assert_ok(nng_link_open(&client, &loop, &req_options));
    /* The client may start before the server listens. */
    ck_assert_ok(nng_link_dial(client, url));
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_ok(nng_link_request(client, span_make(&i, sizeof i), 5000, answered,
                                      (void *)(uintptr_t)i));
    }
    ck_assert_err(nng_link_request(client, span_make("x", 1), 5000, answered, NULL), ERR_FULL);
    ck_assert_ok(nng_link_listen(server, url));
    loop_run(&loop);
    ck_assert_uint_eq(answers, REQUESTS);
    ck_assert_uint_eq(closed_count, 2);
}
END_TEST

static void note_err(void *ctx, enum err err, struct span message)
{
    ck_assert_uint_eq(message.len, 0);
    last_err = err;
    answers++;
    if (ctx != NULL) nng_link_close(client, count_closed, NULL);
}

START_TEST(a_request_without_a_server_times_out)
{
    make_url();
    ck_assert_ok(nng_link_open(&client, &loop, &req_options));
    ck_assert_ok(nng_link_dial(client, url));
    ck_assert_ok(nng_link_request(client, span_make("x", 1), 50, note_err, &loop));
    loop_run(&loop);
    ck_assert_uint_eq(answers, 1);
    ck_assert_err(last_err, ERR_TIMEOUT);
    ck_assert_uint_eq(closed_count, 1);
}
END_TEST

START_TEST(closing_cancels_pending_requests_before_the_closed_callback)
{
    make_url();
    ck_assert_ok(nng_link_open(&client, &loop, &req_options));
    ck_assert_ok(nng_link_dial(client, url));
    ck_assert_ok(nng_link_request(client, span_make("x", 1), 60000, note_err, NULL));
    ck_assert_ok(nng_link_request(client, span_make("y", 1), 60000, note_err, NULL));
    nng_link_close(client, count_closed, NULL);
    nng_link_close(client, count_closed, NULL);
    ck_assert_uint_eq(answers, 0);
    ck_assert_err(nng_link_request(client, span_make("x", 1), 50, note_err, NULL), ERR_CLOSED);
    loop_run(&loop);
    ck_assert_uint_eq(answers, 2);
    ck_assert_err(last_err, ERR_CANCELLED);
    ck_assert_uint_eq(closed_count, 1);
}
END_TEST

static struct nng_request_id held;
static bool has_held;

static void hold(void *ctx, struct nng_link *link, struct nng_request_id id, struct span message)
{
    (void)ctx;
    (void)message;
    if (has_held) {
        /* The first was forgotten: its late answer must not reach the second's asker. */
        ck_assert_err(nng_link_reply(link, held, span_make("late", 4)), ERR_NOT_FOUND);
        ck_assert_ok(nng_link_reply(link, id, span_make(NULL, 0)));
        return;
    }
    held = id;
    has_held = true;
}

static void second_answered(void *ctx, enum err err, struct span message)
{
    (void)ctx;
    (void)message;
    last_err = err;
    close_both();
}

static void first_timed_out(void *ctx, enum err err, struct span message)
{
    (void)ctx;
    (void)message;
    ck_assert_err(err, ERR_TIMEOUT);
    ck_assert_ok(nng_link_request(client, span_make("b", 1), 5000, second_answered, NULL));
}

START_TEST(an_unanswered_request_is_forgotten_and_its_slot_serves_again)
{
    struct nng_link_options options = rep_options;
    options.slots = 1;
    options.reply_timeout_ms = 100;
    options.on_request = hold;
    make_url();
    ck_assert_ok(nng_link_open(&server, &loop, &options));
    ck_assert_ok(nng_link_listen(server, url));
    ck_assert_ok(nng_link_open(&client, &loop, &req_options));
    ck_assert_ok(nng_link_dial(client, url));
    ck_assert_ok(nng_link_request(client, span_make("a", 1), 400, first_timed_out, NULL));
    loop_run(&loop);
    ck_assert_err(last_err, ERR_OK);
    ck_assert_uint_eq(closed_count, 2);
}
END_TEST

static void in_order(void *ctx, struct nng_link *link, struct span message)
{
    (void)ctx;
    (void)link;
    unsigned got;
    ck_assert_uint_eq(message.len, sizeof got);
    memcpy(&got, message.data, sizeof got);
    ck_assert_uint_eq(got, received);
    if (++received == 100) close_both();
}

START_TEST(pushed_messages_arrive_in_order_and_the_queue_is_bounded)
{
    struct nng_link_options push = {.kind = NNG_LINK_PUSH, .message_max = 64, .send_queue_max = 99};
    struct nng_link_options pull = {
        .kind = NNG_LINK_PULL, .message_max = 64, .on_message = in_order};
    make_url();
    ck_assert_ok(nng_link_open(&client, &loop, &push));
    ck_assert_ok(nng_link_dial(client, url));
    for (unsigned i = 0; i < 100; i++) {
        ck_assert_ok(nng_link_send(client, span_make(&i, sizeof i)));
    }
    ck_assert_err(nng_link_send(client, span_make("1234", 4)), ERR_FULL);
    uint8_t big[65] = {0};
    ck_assert_ok(nng_link_open(&server, &loop, &pull));
    ck_assert_ok(nng_link_listen(server, url));
    ck_assert_int_ne(nng_link_send(client, span_make(big, sizeof big)), ERR_OK);
    loop_run(&loop);
    ck_assert_uint_eq(received, 100);
    ck_assert_uint_eq(closed_count, 2);
}
END_TEST

static void bus_got(void *ctx, struct nng_link *link, struct span message)
{
    (void)ctx;
    ck_assert_uint_eq(message.len, 4);
    received++;
    /* Each side answers the other's first message; then both are done. */
    if (link == server && received == 1) ck_assert_ok(nng_link_send(server, message));
    if (link == client) close_both();
}

static void bus_ping(void *ctx)
{
    (void)ctx;
    /* BUS drops without a peer: repeat until the connection is there. */
    if (received == 0)
        ck_assert_ok(nng_link_send(client, span_make("ping", 4)));
    else
        loop_timer_close(&timer, NULL, NULL);
}

START_TEST(a_bus_carries_messages_both_ways_over_tcp_on_any_port)
{
    struct nng_link_options bus = {
        .kind = NNG_LINK_BUS, .message_max = 64, .send_queue_max = 8, .on_message = bus_got};
    ck_assert_ok(nng_link_open(&server, &loop, &bus));
    ck_assert_ok(nng_link_open(&client, &loop, &bus));
    ck_assert_ok(nng_link_listen(server, "tcp://127.0.0.1:0"));
    ck_assert_uint_ne(nng_link_port(server), 0);
    snprintf(url, sizeof url, "tcp://127.0.0.1:%u", nng_link_port(server));
    ck_assert_ok(nng_link_dial(client, url));
    loop_timer_open(&timer, &loop, bus_ping, NULL);
    loop_timer_start(&timer, 5, 5);
    loop_run(&loop);
    ck_assert_uint_ge(received, 2);
    ck_assert_uint_eq(closed_count, 2);
}
END_TEST

START_TEST(options_and_urls_that_do_not_fit_are_refused)
{
    struct nng_link_options bad = req_options;
    bad.slots = 0;
    ck_assert_err(nng_link_open(&client, &loop, &bad), ERR_ARG);
    bad = rep_options;
    bad.on_request = NULL;
    ck_assert_err(nng_link_open(&client, &loop, &bad), ERR_ARG);
    bad = (struct nng_link_options){.kind = NNG_LINK_PULL, .message_max = 1};
    ck_assert_err(nng_link_open(&client, &loop, &bad), ERR_ARG);
    bad = (struct nng_link_options){.kind = NNG_LINK_PUB, .message_max = 1};
    ck_assert_err(nng_link_open(&client, &loop, &bad), ERR_ARG);
    ck_assert_ok(nng_link_open(&client, &loop, &req_options));
    ck_assert_int_ne(nng_link_dial(client, "nonsense"), ERR_OK);
    ck_assert_err(nng_link_dial(client, "tls+tcp://127.0.0.1:1"), ERR_ARG);
    ck_assert_err(nng_link_listen(client, "tls+tcp://127.0.0.1:0"), ERR_ARG);
    nng_link_close(client, NULL, NULL);
    loop_run(&loop);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/loop");
    TCase *c = tcase_create("loop");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, closing_a_timer_in_its_callback_ends_it_once);
    tcase_add_test(c, a_handle_left_open_is_reported_by_deinit);
    tcase_add_test(c, a_stop_signal_arrives_on_the_loop);
    tcase_add_test(c, work_leaves_the_loop_comes_back_once_and_is_bounded);
    tcase_add_test(c, requests_in_flight_at_once_each_get_their_own_answer);
    tcase_add_test(c, a_request_without_a_server_times_out);
    tcase_add_test(c, closing_cancels_pending_requests_before_the_closed_callback);
    tcase_add_test(c, an_unanswered_request_is_forgotten_and_its_slot_serves_again);
    tcase_add_test(c, pushed_messages_arrive_in_order_and_the_queue_is_bounded);
    tcase_add_test(c, a_bus_carries_messages_both_ways_over_tcp_on_any_port);
    tcase_add_test(c, options_and_urls_that_do_not_fit_are_refused);
    suite_add_tcase(s, c);
    return check_main(s);
}

/* common/log and common/metrics. */
#include <stdlib.h>
#include <string.h>

#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "tests/support/check_main.h"

static char last_line[LOG_LINE_MAX + 1];
static unsigned line_count;
static struct manual_clock manual = {.wall_ms = UINT64_C(1795252502113), .mono_ms = 1};

static void remember(void *ctx, enum log_level level, const char *line)
{
    (void)ctx;
    (void)level;
    line_count++;
    snprintf(last_line, sizeof last_line, "%s", line);
}

static void setup(void)
{
    log_set_clock(clock_manual(&manual));
    log_set_sink(remember, NULL);
}

START_TEST(a_line_has_time_level_component_event_and_fields)
{
    log_info("sequencer", "batch_sealed", LOG_U64("batch", 17), LOG_I64("delta", -3),
             LOG_STR("why", "full"), LOG_HEX("root", "\x01\xab", 2), LOG_ERR(ERR_TIMEOUT));
    /* 1795252502 = date -u -d 2026-11-21T09:15:02Z +%s */
    ck_assert_str_eq(last_line, "2026-11-21T09:15:02.113Z info sequencer batch_sealed batch=17 "
                                "delta=-3 why=full root=0x01ab err=ERR_TIMEOUT");
}
END_TEST

START_TEST(text_cannot_forge_fields_or_lines)
{
    log_info("api", "request", LOG_STR("path", "/x a=1\ninfo fake \"q\" \\"));
    ck_assert_ptr_nonnull(strstr(last_line, " path=\"/x a=1\\x0ainfo fake \\\"q\\\" \\\\\""));
    log_info("api", "request", LOG_STR("path", ""));
    ck_assert_ptr_nonnull(strstr(last_line, " path=\"\""));
    log_info("api", "request", LOG_STR("path", NULL));
    ck_assert_ptr_nonnull(strstr(last_line, " path=(null)"));
}
END_TEST

START_TEST(secrets_and_credentials_of_urls_do_not_appear)
{
    log_info("db", "connect", LOG_STR("db_password", "hunter2"), LOG_STR("SEED", "abc"),
             LOG_HEX("private_key", "\x12\x34", 2));
    ck_assert_ptr_null(strstr(last_line, "hunter2"));
    ck_assert_ptr_null(strstr(last_line, "abc"));
    ck_assert_ptr_null(strstr(last_line, "1234"));
    ck_assert_ptr_nonnull(strstr(last_line, "db_password=[redacted]"));
    log_info("rpc", "call", LOG_URL("url", "https://user:pa@ss@rpc.example:8545/v3/APIKEY?k=v"));
    ck_assert_ptr_nonnull(strstr(last_line, "url=https://rpc.example:8545"));
    ck_assert_ptr_null(strstr(last_line, "APIKEY"));
    ck_assert_ptr_null(strstr(last_line, "pa@"));
    ck_assert_ptr_null(strstr(last_line, "user"));
    log_info("rpc", "call", LOG_URL("url", "nonsense/APIKEY"));
    ck_assert_ptr_nonnull(strstr(last_line, "url=[redacted]"));
}
END_TEST

START_TEST(a_long_line_is_cut_and_says_so)
{
    static char text[2 * LOG_LINE_MAX];
    memset(text, 'x', sizeof text - 1);
    log_info("a", "b", LOG_STR("t", text), LOG_U64("more", 1));
    ck_assert_uint_eq(strlen(last_line), LOG_LINE_MAX);
    ck_assert_str_eq(last_line + LOG_LINE_MAX - 3, "...");
}
END_TEST

START_TEST(a_flood_is_suppressed_counted_and_reported_but_broken_never)
{
    line_count = 0;
    for (int i = 0; i < LOG_BURST + 50; i++)
        log_info("flood", "same", LOG_U64("i", i));
    ck_assert_uint_eq(line_count, LOG_BURST);
    log_info("flood", "other", LOG_U64("i", 0));
    ck_assert_uint_eq(line_count, LOG_BURST + 1);
    manual_clock_advance(&manual, LOG_WINDOW_MS);
    log_info("flood", "same", LOG_U64("i", 0));
    ck_assert_ptr_nonnull(strstr(last_line, " suppressed=50"));
    log_info("flood", "same", LOG_U64("i", 0));
    ck_assert_ptr_null(strstr(last_line, "suppressed"));
    line_count = 0;
    uint64_t before = log_count(LOG_LEVEL_BROKEN);
    for (int i = 0; i < 2 * LOG_BURST; i++)
        log_broken("flood", "bad", LOG_U64("i", i));
    ck_assert_uint_eq(line_count, 2 * LOG_BURST);
    ck_assert_uint_eq(log_count(LOG_LEVEL_BROKEN) - before, 2 * LOG_BURST);
}
END_TEST

START_TEST(levels_below_the_threshold_are_silent_but_counted)
{
    line_count = 0;
    log_debug("a", "quiet", LOG_U64("i", 1));
    ck_assert_uint_eq(line_count, 0);
    ck_assert_uint_eq(log_count(LOG_LEVEL_DEBUG), 1);
    enum log_level level;
    ck_assert_ok(log_level_parse(&level, "debug"));
    log_set_level(level);
    log_debug("a", "loud", LOG_U64("i", 1));
    ck_assert_uint_eq(line_count, 1);
    ck_assert_err(log_level_parse(&level, "DEBUG"), ERR_ARG);
}
END_TEST

START_TEST(the_exposition_groups_families_and_accumulates_buckets)
{
    struct metrics *metrics;
    ck_assert_ok(metrics_new(&metrics));
    static const uint64_t bounds[] = {10, 100};
    struct metric *a = metrics_counter(metrics, "hawser_x_total", "chain=\"1\"", "Counts x.");
    struct metric *g = metrics_gauge(metrics, "hawser_y", "", "Shows y.");
    struct metric *b = metrics_counter(metrics, "hawser_x_total", "chain=\"2\"", "Counts x.");
    struct metric *h = metrics_histogram(metrics, "hawser_z_ms", "", "Times z.", bounds, 2);
    ck_assert_ptr_eq(metrics_counter(metrics, "hawser_x_total", "chain=\"1\"", "Counts x."), a);
    metric_add(a, 2);
    metric_add(b, 3);
    metric_set(g, -7);
    metric_observe(h, 10);
    metric_observe(h, 11);
    metric_observe(h, 1000);
    struct bytes_buf out;
    bytes_buf_init(&out, 4096);
    ck_assert_ok(metrics_write(metrics, &out));
    ck_assert_ok(bytes_buf_append_u8(&out, 0));
    ck_assert_str_eq((const char *)out.data, "# HELP hawser_x_total Counts x.\n"
                                             "# TYPE hawser_x_total counter\n"
                                             "hawser_x_total{chain=\"1\"} 2\n"
                                             "hawser_x_total{chain=\"2\"} 3\n"
                                             "# HELP hawser_y Shows y.\n"
                                             "# TYPE hawser_y gauge\n"
                                             "hawser_y -7\n"
                                             "# HELP hawser_z_ms Times z.\n"
                                             "# TYPE hawser_z_ms histogram\n"
                                             "hawser_z_ms_bucket{le=\"10\"} 1\n"
                                             "hawser_z_ms_bucket{le=\"100\"} 2\n"
                                             "hawser_z_ms_bucket{le=\"+Inf\"} 3\n"
                                             "hawser_z_ms_sum 1021\n"
                                             "hawser_z_ms_count 3\n");
    ck_assert_int_eq(metric_value(g), -7);
    bytes_buf_deinit(&out);
    metrics_free(metrics);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/log");
    TCase *c = tcase_create("log");
    tcase_add_checked_fixture(c, setup, NULL);
    tcase_add_test(c, a_line_has_time_level_component_event_and_fields);
    tcase_add_test(c, text_cannot_forge_fields_or_lines);
    tcase_add_test(c, secrets_and_credentials_of_urls_do_not_appear);
    tcase_add_test(c, a_long_line_is_cut_and_says_so);
    tcase_add_test(c, a_flood_is_suppressed_counted_and_reported_but_broken_never);
    tcase_add_test(c, levels_below_the_threshold_are_silent_but_counted);
    TCase *m = tcase_create("metrics");
    tcase_add_test(m, the_exposition_groups_families_and_accumulates_buckets);
    suite_add_tcase(s, c);
    suite_add_tcase(s, m);
    return check_main(s);
}

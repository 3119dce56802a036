/* common/config: every mistake is an error with its place. */
#include <string.h>

#include "common/config/config.h"
#include "tests/support/check_main.h"

struct chain {
    char name[16];
    uint64_t chain_id;
};

struct limits {
    uint64_t timeout;
    uint64_t memory;
};

struct conf {
    uint64_t port;
    bool is_public;
    int engine;
    uint8_t owner[4];
    struct limits limits;
    struct chain chains[2];
    size_t chain_count;
    char urls[3][24];
    size_t url_count;
};

static const char *const engines[] = {"sqlite", "postgres", NULL};
static const struct config_field limit_fields[] = {
    CONFIG_DURATION(struct limits, timeout, "10s", 1, 3600000, "longest request"),
    CONFIG_SIZE(struct limits, memory, "64KiB", 1024, 1 << 20, "memory of a request"), CONFIG_END};
static const struct config_field chain_fields[] = {
    CONFIG_STRING(struct chain, name, NULL, "name in logs"),
    CONFIG_U64(struct chain, chain_id, NULL, 1, UINT32_MAX, "EIP-155 chain id"), CONFIG_END};
static const struct config_field fields[] = {
    CONFIG_U64(struct conf, port, "8080", 1, 65535, "port of the API"),
    CONFIG_BOOL(struct conf, is_public, "false", "whether strangers may connect"),
    CONFIG_CHOICE(struct conf, engine, "sqlite", engines, "where the journal lives"),
    CONFIG_HEX(struct conf, owner, "0x00000000", "who owns it"),
    CONFIG_SECTION(struct conf, limits, limit_fields, "limits"),
    CONFIG_SECTION_LIST(struct conf, chains, chain_count, 1, chain_fields, "L1 chains"),
    CONFIG_STRING_LIST(struct conf, urls, url_count, 0, "peers"),
    CONFIG_END};

static struct conf conf;
static struct config_error error;

static enum err load(const char *text)
{
    memset(&conf, 0, sizeof conf);
    memset(&error, 0, sizeof error);
    return config_load_text(&conf, fields, "f.yaml", text, strlen(text), &error);
}

#define CHAINS "chains:\n  - name: a\n    chain_id: 1\n"

START_TEST(a_full_file_fills_the_struct)
{
    ck_assert_ok(load("# comment\nport: 9000\nis_public: true\nengine: postgres\n"
                      "owner: 0xdeadbeef\nlimits:\n  timeout: 5m\n  memory: 1MiB\n"
                      "chains:\n  - name: a\n    chain_id: 1\n  - {name: b, chain_id: 0xff}\n"
                      "urls: [tcp://1, \"x y\"]\n"));
    ck_assert_uint_eq(conf.port, 9000);
    ck_assert(conf.is_public);
    ck_assert_int_eq(conf.engine, 1);
    ck_assert_mem_eq(conf.owner, "\xde\xad\xbe\xef", 4);
    ck_assert_uint_eq(conf.limits.timeout, 300000);
    ck_assert_uint_eq(conf.limits.memory, 1 << 20);
    ck_assert_uint_eq(conf.chain_count, 2);
    ck_assert_str_eq(conf.chains[1].name, "b");
    ck_assert_uint_eq(conf.chains[1].chain_id, 255);
    ck_assert_uint_eq(conf.url_count, 2);
    ck_assert_str_eq(conf.urls[1], "x y");
}
END_TEST

START_TEST(missing_keys_take_their_defaults)
{
    ck_assert_ok(load(CHAINS));
    ck_assert_uint_eq(conf.port, 8080);
    ck_assert(!conf.is_public);
    ck_assert_int_eq(conf.engine, 0);
    ck_assert_uint_eq(conf.limits.timeout, 10000);
    ck_assert_uint_eq(conf.limits.memory, 65536);
    ck_assert_uint_eq(conf.url_count, 0);
}
END_TEST

static const struct {
    const char *text;
    const char *expected; /* the whole error text */
} wrong[] = {
    {"prot: 1\n" CHAINS, "f.yaml:1: (top): unknown key 'prot' (nearest: 'port')"},
    {CHAINS "limits:\n  timeuot: 1s\n",
     "f.yaml:5: limits: unknown key 'timeuot' (nearest: 'timeout')"},
    {"port: 1\n", "f.yaml:1: chains: at least 1 needed, 0 given"},
    {"chains:\n  - name: a\n", "f.yaml:2: chains[0].chain_id: missing (EIP-155 chain id)"},
    {CHAINS "port: 0\n", "f.yaml:4: port: 0 is outside 1..65535"},
    {CHAINS "port: 99999999999999999999\n",
     "f.yaml:4: port: expected a whole number, found '99999999999999999999'"},
    {CHAINS "port: 80a\n", "f.yaml:4: port: expected a whole number, found '80a'"},
    {CHAINS "port: -1\n", "f.yaml:4: port: expected a whole number, found '-1'"},
    {CHAINS "port: [1]\n", "f.yaml:4: port: expected one value"},
    {CHAINS "port:\n", "f.yaml:4: port: expected a whole number, found ''"},
    {CHAINS "is_public: yes\n", "f.yaml:4: is_public: expected true or false, found 'yes'"},
    {CHAINS "engine: mysql\n", "f.yaml:4: engine: 'mysql' is none of: sqlite, postgres"},
    {CHAINS "owner: 0xdead\n", "f.yaml:4: owner: expected 0x and 8 hex digits"},
    {CHAINS "limits: 3\n", "f.yaml:4: limits: expected a section"},
    {CHAINS "limits:\n  timeout: 10\n",
     "f.yaml:5: limits.timeout: expected a duration such as 250ms, 10s, 5m, 1h or 7d, found '10'"},
    {CHAINS "limits:\n  timeout: 2h\n",
     "f.yaml:5: limits.timeout: 7200000 ms is outside 1..3600000 ms"},
    {CHAINS "limits:\n  memory: 1MB\n",
     "f.yaml:5: limits.memory: expected a size such as 512, 64KiB or 16MiB, found '1MB'"},
    {CHAINS "port: 1\nport: 2\n", "f.yaml:5: (top): 'port' is given twice"},
    {"chains:\n  - {name: aaaaaaaaaaaaaaaa, chain_id: 1}\n",
     "f.yaml:2: chains[0].name: longer than 15 characters"},
    {"chains:\n"
     "  - {name: a, chain_id: 1}\n  - {name: b, chain_id: 1}\n  - {name: c, chain_id: 1}\n",
     "f.yaml:4: chains: more than 2 elements"},
    {"chains: &x\n  - {name: a, chain_id: 1}\n",
     "f.yaml:1: (top): YAML anchors, aliases and tags are not accepted"},
    {CHAINS "---\nport: 1\n", "f.yaml:5: (top): a second YAML document"},
    {"- a\n", "f.yaml:1: (top): expected a section"},
    {CHAINS "urls: [[a]]\n", "f.yaml:4: urls[0]: expected text"},
    {CHAINS "urls: a\n", "f.yaml:4: urls: expected a list"},
};

START_TEST(every_mistake_is_named_with_its_line)
{
    ck_assert_err(load(wrong[_i].text), ERR_CONFIG);
    ck_assert_str_eq(error.text, wrong[_i].expected);
}
END_TEST

START_TEST(broken_yaml_and_missing_files_are_errors_with_a_place)
{
    ck_assert_err(load("chains: [\n"), ERR_CONFIG);
    ck_assert_int_eq(strncmp(error.text, "f.yaml:", 7), 0);
    ck_assert_err(load("a: b: c\n"), ERR_CONFIG);
    ck_assert_err(config_load_file(&conf, fields, "/nonexistent/x.yaml", &error), ERR_CONFIG);
    ck_assert_str_eq(error.text,
                     "/nonexistent/x.yaml:0: (top): cannot open: No such file or directory");
    ck_assert_err(config_load_file(&conf, fields, "/nonexistent/x.yaml", NULL), ERR_CONFIG);
}
END_TEST

START_TEST(the_reference_text_loads_after_filling_in_what_is_required)
{
    char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    config_print_reference(out, fields);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "# port of the API [1..65535]\nport: 8080\n"));
    ck_assert_ptr_nonnull(strstr(text, "# where the journal lives [sqlite | postgres]\n"));
    char filled[4200];
    char *name = strstr(text, "- name:");
    char *id = strstr(text, "chain_id:");
    ck_assert_ptr_nonnull(name);
    ck_assert_ptr_nonnull(id);
    snprintf(filled, sizeof filled, "%.*s a%.*s 1%s", (int)(name + 7 - text), text,
             (int)(id + 9 - name - 7), name + 7, id + 9);
    ck_assert_msg(load(filled) == ERR_OK, "%s in\n%s", error.text, filled);
    ck_assert_uint_eq(conf.port, 8080);
}
END_TEST

START_TEST(durations_overflow_into_an_error)
{
    uint64_t ms;
    ck_assert_ok(config_parse_duration(&ms, "7d"));
    ck_assert_uint_eq(ms, UINT64_C(604800000));
    ck_assert_err(config_parse_duration(&ms, "213503982335d"), ERR_OVERFLOW);
    ck_assert_err(config_parse_duration(&ms, "d"), ERR_PARSE);
    ck_assert_err(config_parse_duration(&ms, "1.5s"), ERR_PARSE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/config");
    TCase *c = tcase_create("config");
    tcase_add_test(c, a_full_file_fills_the_struct);
    tcase_add_test(c, missing_keys_take_their_defaults);
    tcase_add_loop_test(c, every_mistake_is_named_with_its_line, 0, ARRAY_LEN(wrong));
    tcase_add_test(c, broken_yaml_and_missing_files_are_errors_with_a_place);
    tcase_add_test(c, the_reference_text_loads_after_filling_in_what_is_required);
    tcase_add_test(c, durations_overflow_into_an_error);
    suite_add_tcase(s, c);
    return check_main(s);
}

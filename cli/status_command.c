/* `hawser status` and `hawser keygen`. */
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"
#include "common/net/http_client.h"

enum { ANSWER_MAX = 1024 * 1024 };

#define OPT(name, value, help, fallback)                                                           \
    {                                                                                              \
        name, value, help, fallback, NULL, false                                                   \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL, NULL, false                                                        \
    }

static long long number(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

static void print_status(const json_t *o)
{
    const char *halted = json_string_value(json_object_get(o, "halted"));
    size_t i = 0;
    json_t *c = NULL;
    printf("operations %lld, open batch %lld, unsettled %lld%s%s\n", number(o, "accepted"),
           number(o, "open_batch"), number(o, "unsettled"), halted != NULL ? ", HALTED: " : "",
           halted != NULL ? halted : "");
    printf("%-16s %9s %7s %7s %9s %9s %6s\n", "chain", "committed", "proven", "agreed", "executed",
           "requests", "paid");
    json_array_foreach(json_object_get(o, "chains"), i, c)
    {
        const char *trouble = json_string_value(json_object_get(c, "trouble"));
        printf("%-16s %9lld %7lld %7lld %9lld %9lld %6lld  %s\n",
               json_string_value(json_object_get(c, "name")), number(c, "committed"),
               number(c, "proven"), number(c, "agreed"), number(c, "executed"),
               number(c, "requests"), number(c, "paid"), trouble == NULL ? "" : trouble);
    }
}

static struct arg args_status[] = {
    OPT("api", "URL", "API of the operator", "http://127.0.0.1:8545"),
    OPT("json", NULL, "the whole answer as JSON", NULL), END};

int command_status(int argc, char **argv)
{
    bool help = false;
    if (args_parse(args_status, argc, argv, "status", "Shows where batches stand on each chain.",
                   &help) != ERR_OK)
        return 2;
    if (help) return 0;
    char url[320];
    char what[256] = "";
    unsigned status = 0;
    struct bytes_buf body;
    bytes_buf_init(&body, ANSWER_MAX);
    (void)snprintf(url, sizeof url, "%.250s/api/v1/status", args_text(args_status, "api"));
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = 10000};
    enum err err = http_fetch(&request, &status, &body, what);
    json_t *o = NULL;
    struct json_error error = {""};
    if (err == ERR_OK)
        err = json_parse(&o, (const char *)body.data, body.len, &json_limits_rpc, &error);
    bytes_buf_deinit(&body);
    if (err != ERR_OK || status != 200) {
        fprintf(stderr, "hawser status: %s: %s %s\n", url, err_text(err),
                what[0] != '\0' ? what : error.text);
        return 1;
    }
    if (args_flag(args_status, "json")) {
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        print_status(o);
    }
    bool degraded = json_is_string(json_object_get(o, "halted"));
    json_decref(o);
    return degraded ? 3 : 0;
}

static struct arg args_keygen[] = {OPT("out", "FILE", "new key file (mode 0600)", NULL),
                                   OPT("json", NULL, "answer as JSON", NULL), END};

int command_keygen(int argc, char **argv)
{
    bool help = false;
    uint8_t key[32];
    uint8_t address[20];
    char text[43];
    if (args_parse(args_keygen, argc, argv, "keygen",
                   "Makes a secp256k1 key, writes it to a file, prints its address.",
                   &help) != ERR_OK)
        return 2;
    if (help) return 0;
    enum err err = ecdsa_key_generate(key);
    if (err == ERR_OK) err = ecdsa_key_address(address, key);
    if (err == ERR_OK) err = secret_file_write_key(args_text(args_keygen, "out"), key);
    secret_wipe(key, sizeof key);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser keygen: %s: %s\n", args_text(args_keygen, "out"), err_text(err));
        return 1;
    }
    hex_encode_0x(text, address, 20);
    if (args_flag(args_keygen, "json"))
        printf("{\"ok\":true,\"address\":\"%s\"}\n", text);
    else
        printf("%s\n", text);
    return 0;
}

#include "orchestrator/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/log/log.h"
#include "core/op/amount.h"
#include "core/op/request.h"
#include "orchestrator/api_views.h"

struct api {
    struct api_options options;
    struct http_server *server;
    /* closing: connections live on for a moment, links and pipeline may be gone */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ---- POST /transactions: answered when the journal holds it ---- */

struct pending {
    struct http_exchange *exchange; /* NULL: the peer went away; the operation stands */
    struct api *api;
};

static void submit_refused(struct http_exchange *exchange, enum err err, enum rule_error rule,
                           const struct api *a)
{
    const char *halted = sequencer_halted(a->options.sequencer);
    switch (err) {
    case ERR_REJECTED:
        http_respond_error(exchange, 422, rule_error_name(rule), rule_error_text(rule));
        return;
    case ERR_PARSE:
    case ERR_RANGE:
    case ERR_VERSION:
    case ERR_TOO_LARGE:
        http_respond_error(exchange, 400, "REQUEST_MALFORMED",
                           "request: not a well-formed signed operation");
        return;
    case ERR_UNAVAILABLE:
        http_respond_error(exchange, 503, "UNAVAILABLE",
                           halted != NULL ? halted
                                          : "an L1 chain was not seen yet or makes no blocks");
        return;
    default:
        http_respond_error(exchange, 503, "BUSY",
                           "too much is unsettled; send the same bytes later");
    }
}

static void submit_done(void *ctx, const struct intake_answer *answer)
{
    struct pending *p = ctx;
    if (p->exchange != NULL) {
        http_exchange_set_data(p->exchange, NULL);
        if (answer->err != ERR_OK)
            submit_refused(p->exchange, answer->err, answer->rule, p->api);
        else if (answer->receipt != NULL)
            http_respond_json(p->exchange, 200,
                              api_view_receipt(&p->api->options, answer->receipt));
        else
            http_respond_error(p->exchange, 500, "INTERNAL", "receipt lost");
    }
    free(p);
}

static void post_transaction(struct api *a, struct http_exchange *exchange, struct span body)
{
    struct json_error error;
    json_t *o = NULL;
    struct bytes_buf bytes;
    bytes_buf_init(&bytes, REQUEST_BYTES_MAX);
    enum err err = json_parse(&o, (const char *)body.data, body.len, &json_limits_request, &error);
    static const char *const keys[] = {"request"};
    if (err == ERR_OK) err = json_check_keys(o, "", keys, 1, &error);
    if (err == ERR_OK) err = json_get_hex(&bytes, o, "", "request", &error);
    struct pending *p = calloc(1, sizeof *p);
    if (p == NULL) err = ERR_NOMEM;
    if (err != ERR_OK) {
        http_respond_error(exchange, 400, "JSON", err == ERR_NOMEM ? "out of memory" : error.text);
        free(p);
    } else {
        *p = (struct pending){.api = a, .exchange = exchange};
        err = sequencer_halted(a->options.sequencer) != NULL
                  ? ERR_UNAVAILABLE
                  : intake_submit(a->options.intake, bytes_buf_span(&bytes), submit_done, p);
        if (err == ERR_OK) {
            http_exchange_set_data(exchange, p);
        } else {
            submit_refused(exchange, err, RULE_OK, a);
            free(p);
        }
    }
    json_decref(o);
    bytes_buf_deinit(&bytes);
}

static void on_abort(void *ctx, struct http_exchange *exchange)
{
    struct pending *p = http_exchange_data(exchange);
    (void)ctx;
    if (p != NULL) p->exchange = NULL;
}

/* ---- GET ---- */

static bool parse_number(uint64_t *out, const char *text, uint64_t max)
{
    uint64_t v = 0;
    if (*text == '\0') return false;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9') return false;
        v = v * 10 + (uint64_t)(*c - '0');
        if (v > max) return false;
    }
    *out = v;
    return true;
}

static bool query_number(uint64_t *out, const char *query, const char *name, uint64_t max)
{
    char text[24];
    if (http_query_get(text, sizeof text, query, name) != ERR_OK) return false;
    return parse_number(out, text, max);
}

static void get_account(struct api *a, struct http_exchange *exchange, const char *rest)
{
    char chain_text[8];
    uint64_t chain = 0;
    uint64_t id = 0;
    const char *slash = strchr(rest, '/');
    size_t n = slash == NULL ? sizeof chain_text : (size_t)(slash - rest);
    if (n < sizeof chain_text) {
        memcpy(chain_text, rest, n);
        chain_text[n] = '\0';
    }
    if (n >= sizeof chain_text ||
        !parse_number(&chain, chain_text, a->options.deployment->n_chains - 1) ||
        !parse_number(&id, slash + 1, ACCOUNT_NEW - 1)) {
        http_respond_error(exchange, 400, "ACCOUNT", "expected /accounts/{chain index}/{id}");
        return;
    }
    json_t *view = api_view_account(&a->options, (uint16_t)chain, (uint32_t)id);
    if (view == NULL)
        http_respond_error(exchange, 404, "ACCOUNT_NOT_FOUND", "no such user account");
    else
        http_respond_json(exchange, 200, view);
}

static void get_owner(struct api *a, struct http_exchange *exchange, const char *query)
{
    uint64_t chain = 0;
    char text[48];
    uint8_t owner[20];
    if (!query_number(&chain, query, "chain", a->options.deployment->n_chains - 1) ||
        http_query_get(text, sizeof text, query, "owner") != ERR_OK ||
        hex_decode_fixed(owner, 20, text, strlen(text)) != ERR_OK) {
        http_respond_error(exchange, 400, "QUERY", "expected ?chain={index}&owner=0x{40 digits}");
        return;
    }
    http_respond_json(exchange, 200, api_view_owner(&a->options, (uint16_t)chain, owner));
}

static void get_receipt(struct api *a, struct http_exchange *exchange, const char *text)
{
    uint8_t id[32];
    if (hex_decode_fixed(id, 32, text, strlen(text)) != ERR_OK) {
        http_respond_error(exchange, 400, "ID", "expected 0x and 64 hex digits");
        return;
    }
    const struct receipt *r = sequencer_receipt(a->options.sequencer, id);
    if (r == NULL)
        http_respond_error(exchange, 404, "TRANSACTION_NOT_FOUND", "no such operation");
    else
        http_respond_json(exchange, 200, api_view_receipt(&a->options, r));
}

static bool reserve_of(struct api *a, uint32_t chain, uint32_t id, struct amount *out)
{
    struct cell c;
    sequencer_peek(a->options.sequencer, (uint16_t)chain, id, SLOT_POOL_RESERVE, &c);
    return cell_amount(out, &c) == ERR_OK;
}

static void get_quote(struct api *a, struct http_exchange *exchange, const char *query)
{
    uint64_t chain = 0;
    uint64_t pool = 0;
    char text[48];
    struct u256 value;
    struct pool_half half;
    if (!query_number(&chain, query, "chain", a->options.deployment->n_chains - 1) ||
        !query_number(&pool, query, "pool", ACCOUNT_NEW - 1) ||
        http_query_get(text, sizeof text, query, "amount") != ERR_OK ||
        u256_from_decimal(&value, text, strlen(text)) != ERR_OK) {
        http_respond_error(exchange, 400, "QUERY",
                           "expected ?chain={index}&pool={id}&amount={units}");
        return;
    }
    if (!sequencer_pool(a->options.sequencer, (uint16_t)chain, (uint32_t)pool, &half)) {
        http_respond_error(exchange, 404, "POOL_NOT_FOUND", "no such pool half");
        return;
    }
    unsigned __int128 wide = 0;
    struct amount in;
    struct amount r0;
    struct amount r1;
    struct amm_result result;
    if (u256_to_u128(&wide, &value) != ERR_OK || amount_from_u128(&in, wide) != ERR_OK ||
        !reserve_of(a, half.own_chain, half.own_id, &r0) ||
        !reserve_of(a, half.other_chain, half.other_id, &r1) ||
        amm_swap(&result, in, half.fee_bps, r0, r1) != ERR_OK) {
        http_respond_error(exchange, 422, "QUOTE", "amount is out of range for this pool");
        return;
    }
    char out[AMOUNT_DECIMAL_MAX + 1];
    amount_to_decimal(out, result.a1);
    http_respond_json(exchange, 200,
                      json_pack("{s:s,s:s,s:I,s:I,s:I,s:I}", "amount_in", text, "amount_out", out,
                                "to_chain", (json_int_t)half.other_chain, "to_token",
                                (json_int_t)half.other_token, "fee_bps", (json_int_t)half.fee_bps,
                                "batch", (json_int_t)sequencer_open_batch(a->options.sequencer)));
}

static void get(struct api *a, struct http_exchange *exchange, const char *path, const char *query)
{
    static const char accounts[] = "/accounts/";
    static const char transactions[] = "/transactions/";
    if (strcmp(path, "/status") == 0) {
        http_respond_json(exchange, 200, api_view_status(&a->options));
    } else if (strcmp(path, "/chains") == 0) {
        http_respond_json(exchange, 200, api_view_chains(&a->options));
    } else if (strcmp(path, "/batches") == 0) {
        http_respond_json(exchange, 200, api_view_batches(&a->options));
    } else if (strcmp(path, "/pools") == 0) {
        http_respond_json(exchange, 200, api_view_pools(&a->options));
    } else if (strcmp(path, "/quote") == 0) {
        get_quote(a, exchange, query);
    } else if (strcmp(path, "/accounts") == 0) {
        get_owner(a, exchange, query);
    } else if (strncmp(path, accounts, sizeof accounts - 1) == 0) {
        get_account(a, exchange, path + sizeof accounts - 1);
    } else if (strncmp(path, transactions, sizeof transactions - 1) == 0) {
        get_receipt(a, exchange, path + sizeof transactions - 1);
    } else {
        http_respond_error(exchange, 404, "NOT_FOUND", "no such resource; see docs/api.md");
    }
}

static void on_request(void *ctx, struct http_exchange *exchange,
                       const struct http_server_request *request)
{
    struct api *a = ctx;
    static const char prefix[] = "/api/v1";
    if (a->closing) {
        http_respond_error(exchange, 503, "UNAVAILABLE", "shutting down");
        return;
    }
    if (strncmp(request->path, prefix, sizeof prefix - 1) != 0) {
        http_respond_error(exchange, 404, "NOT_FOUND", "resources begin with /api/v1");
        return;
    }
    const char *path = request->path + sizeof prefix - 1;
    if (strcmp(request->method, "GET") == 0) {
        get(a, exchange, path, request->query);
    } else if (strcmp(request->method, "POST") == 0 && strcmp(path, "/transactions") == 0) {
        post_transaction(a, exchange, request->body);
    } else {
        http_respond_error(exchange, 405, "METHOD", "use GET, or POST /api/v1/transactions");
    }
}

enum err api_open(struct api **out, const struct api_options *options)
{
    struct api *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_NOMEM;
    a->options = *options;
    struct http_server_options server = {
        .bind_address = options->bind_address,
        .port = options->port,
        .body_max = API_BODY_MAX,
        .connections_max = API_CONNECTIONS_MAX,
        .idle_timeout_ms = 30000,
        .allow_origin = "*",
        .on_request = on_request,
        .on_abort = on_abort,
        .ctx = a,
    };
    enum err err = http_server_open(&a->server, options->loop, &server);
    if (err != ERR_OK) {
        free(a);
        return err;
    }
    *out = a;
    return ERR_OK;
}

uint16_t api_port(const struct api *a)
{
    return http_server_port(a->server);
}

static void server_closed(void *ctx)
{
    struct api *a = ctx;
    void (*closed)(void *) = a->closed;
    void *closed_ctx = a->closed_ctx;
    free(a);
    if (closed != NULL) closed(closed_ctx);
}

void api_close(struct api *a, void (*closed)(void *ctx), void *ctx)
{
    if (a->closing) return;
    a->closing = true;
    a->closed = closed;
    a->closed_ctx = ctx;
    http_server_close(a->server, server_closed, a);
}

/* The wallet's side of the public API: questions and signed operations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/wallet/wallet.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/net/http_client.h"
#include "core/op/amount.h"

enum { ANSWER_MAX = 8 * 1024 * 1024, API_TIMEOUT_MS = 20000 };

static enum err fetch(struct wallet *w, const struct http_request *request, unsigned *status,
                      json_t **out)
{
    struct bytes_buf body;
    char what[256] = "";
    bytes_buf_init(&body, ANSWER_MAX);
    enum err err = w->api == NULL ? http_session_new(&w->api) : ERR_OK;
    if (err == ERR_OK) err = http_session_fetch(w->api, request, status, &body, what);
    if (err != ERR_OK) {
        (void)snprintf(w->error, sizeof w->error, "API %.150s: %s %.200s", w->config.api,
                       err_text(err), what);
    } else {
        static const struct json_limits limits = {.size_max = ANSWER_MAX, .depth_max = 16};
        struct json_error error;
        err = json_parse(out, (const char *)body.data, body.len, &limits, &error);
        if (err != ERR_OK)
            (void)snprintf(w->error, sizeof w->error, "API answer: %.300s", error.text);
    }
    bytes_buf_deinit(&body);
    return err;
}

/* Turns {"error": {code, message}} into w->code, w->error. */
static enum err refused(struct wallet *w, unsigned status, const json_t *answer)
{
    const json_t *e = json_object_get(answer, "error");
    const char *code = json_string_value(json_object_get(e, "code"));
    const char *message = json_string_value(json_object_get(e, "message"));
    (void)snprintf(w->code, sizeof w->code, "%s", code == NULL ? "HTTP" : code);
    (void)snprintf(w->error, sizeof w->error, "%s: %.400s", w->code,
                   message == NULL ? "" : message);
    if (status == 404) return ERR_NOT_FOUND;
    if (status == 503) return ERR_UNAVAILABLE;
    return ERR_REJECTED;
}

enum err wallet_get(struct wallet *w, const char *path, json_t **out)
{
    char url[640];
    unsigned status = 0;
    json_t *answer = NULL;
    (void)snprintf(url, sizeof url, "%s/api/v1%s", w->config.api, path);
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = API_TIMEOUT_MS};
    ERR_TRY(fetch(w, &request, &status, &answer));
    if (status != 200) {
        enum err err = refused(w, status, answer);
        json_decref(answer);
        return err;
    }
    *out = answer;
    return ERR_OK;
}

enum err wallet_post(struct wallet *w, const uint8_t *bytes, size_t n)
{
    char url[320];
    unsigned status = 0;
    json_t *answer = NULL;
    struct bytes_buf text;
    bytes_buf_init(&text, 2 * REQUEST_BYTES_MAX + 64);
    (void)snprintf(url, sizeof url, "%s/api/v1/transactions", w->config.api);
    enum err err = bytes_buf_append_str(&text, "{\"request\":\"");
    if (err == ERR_OK) err = hex_append_0x(&text, bytes, n);
    if (err == ERR_OK) err = bytes_buf_append_str(&text, "\"}");
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .body = bytes_buf_span(&text),
                                   .headers = {"Content-Type: application/json"},
                                   .timeout_ms = API_TIMEOUT_MS};
    w->code[0] = '\0';
    if (err == ERR_OK) err = fetch(w, &request, &status, &answer);
    bytes_buf_deinit(&text);
    if (err != ERR_OK) return err;
    struct json_error error;
    uint64_t batch = 0;
    if (status != 200) {
        err = refused(w, status, answer);
    } else {
        err = json_get_hex_fixed(w->id, 32, answer, "", "id", &error);
        if (err == ERR_OK) err = json_get_u64(&batch, answer, "", "batch", UINT32_MAX, &error);
        if (err != ERR_OK) (void)snprintf(w->error, sizeof w->error, "API: %.300s", error.text);
        w->batch = (uint32_t)batch;
    }
    json_decref(answer);
    return err;
}

static enum err account_parse(struct wallet_account *a, const json_t *o, struct json_error *error)
{
    uint64_t v = 0;
    json_t *list = NULL;
    ERR_TRY(json_get_u64(&v, o, "", "id", ACCOUNT_NEW, error));
    a->id = (uint32_t)v;
    ERR_TRY(json_get_u64(&v, o, "", "key_changes", 0xffffff, error));
    a->changes = (uint32_t)v;
    ERR_TRY(json_get_u64(&v, o, "", "height", XMSS_HEIGHT_MAX, error));
    a->height = (uint32_t)v;
    ERR_TRY(json_get_u64(&v, o, "", "auth", 255, error));
    a->auth = (uint8_t)v;
    ERR_TRY(json_get_hex_fixed(a->root, 20, o, "", "key_root", error));
    ERR_TRY(json_get_hex_fixed(a->owner.bytes, 20, o, "", "owner", error));
    ERR_TRY(json_get_array(&list, o, "", "lanes", XMSS_LANES, error));
    a->next = (uint32_t)json_integer_value(json_array_get(list, WALLET_LANE));
    ERR_TRY(json_get_array(&list, o, "", "balances", 254, error));
    a->n_balances = json_array_size(list);
    for (size_t i = 0; i < a->n_balances; i++) {
        const json_t *b = json_array_get(list, i);
        struct u256 amount;
        unsigned __int128 wide = 0;
        ERR_TRY(json_get_u64(&v, b, "balances", "slot", 255, error));
        a->balances[i].slot = (uint8_t)v;
        ERR_TRY(json_get_u64(&v, b, "balances", "token", (1u << 25) - 1, error));
        a->balances[i].token = (uint32_t)v;
        ERR_TRY(json_get_decimal(&amount, b, "balances", "amount", error));
        ERR_TRY(u256_to_u128(&wide, &amount));
        ERR_TRY(amount_from_u128(&a->balances[i].amount, wide));
    }
    return ERR_OK;
}

enum err wallet_account_get(struct wallet *w, uint16_t chain, uint32_t id,
                            struct wallet_account *out)
{
    char path[64];
    json_t *o = NULL;
    struct json_error error = {""};
    (void)snprintf(path, sizeof path, "/accounts/%u/%u", chain, id);
    ERR_TRY(wallet_get(w, path, &o));
    memset(out, 0, sizeof *out);
    out->chain = chain;
    enum err err = account_parse(out, o, &error);
    if (err != ERR_OK) (void)snprintf(w->error, sizeof w->error, "API: %.300s", error.text);
    json_decref(o);
    return err;
}

enum err wallet_account_find(struct wallet *w, uint16_t chain, struct wallet_account *out)
{
    char path[96];
    char owner[43];
    json_t *o = NULL;
    hex_encode_0x(owner, w->address, 20);
    (void)snprintf(path, sizeof path, "/accounts?chain=%u&owner=%s", chain, owner);
    ERR_TRY(wallet_get(w, path, &o));
    const json_t *first = json_array_get(json_object_get(o, "accounts"), 0);
    enum err err = json_is_integer(first) ? ERR_OK : ERR_NOT_FOUND;
    uint32_t id = (uint32_t)json_integer_value(first);
    json_decref(o);
    if (err != ERR_OK) {
        (void)snprintf(w->error, sizeof w->error, "no account of %s on chain %u yet", owner, chain);
        return err;
    }
    return wallet_account_get(w, chain, id, out);
}

struct amount wallet_balance_of(const struct wallet_account *a, uint32_t token, uint8_t *slot)
{
    struct amount best = AMOUNT_ZERO;
    *slot = 0;
    for (size_t i = 0; i < a->n_balances; i++) {
        if (a->balances[i].token != token || amount_cmp(a->balances[i].amount, best) < 0) continue;
        best = a->balances[i].amount;
        *slot = a->balances[i].slot;
    }
    return best;
}

enum err wallet_slot_for(const struct wallet_account *a, uint32_t token, uint8_t *slot)
{
    (void)wallet_balance_of(a, token, slot);
    if (*slot != 0) return ERR_OK;
    for (unsigned s = 2; s < 128; s++) {
        bool used = false;
        for (size_t i = 0; i < a->n_balances; i++)
            used = used || a->balances[i].slot == s;
        if (!used) {
            *slot = (uint8_t)s;
            return ERR_OK;
        }
    }
    return ERR_FULL;
}

/* ---- signing ---- */

static struct op_auth *auth_of(struct request *r, uint32_t side)
{
    switch (r->kind) {
    case REQUEST_TRANSFER:
        return &r->u.transfer.auth;
    case REQUEST_WITHDRAW:
        return &r->u.withdraw.auth;
    case REQUEST_CHANGE_KEY:
        return &r->u.change_key.auth;
    case REQUEST_SWAP:
        return &r->u.swap.auth;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        return &r->u.liquidity.auth[side];
    case REQUEST_CREATE:
        return &r->u.create.auth[side];
    default:
        return NULL;
    }
}

static enum err sign_side(struct wallet *w, struct request *r, uint32_t side,
                          const struct wallet_account *a)
{
    struct wallet_key *key = NULL;
    struct digest8 message;
    uint32_t leaf = 0;
    if (a->auth != 1) {
        (void)snprintf(w->error, sizeof w->error, "account %u on chain %u has no key", a->id,
                       a->chain);
        return ERR_BAD_STATE;
    }
    ERR_TRY(wallet_key_of(w, a, &key));
    ERR_TRY(wallet_leaf_take(w, a, &leaf));
    struct op_auth *auth = auth_of(r, side);
    auth->account = a->id;
    auth->lane = WALLET_LANE;
    auth->leaf = leaf;
    auth->changes = a->changes;
    r->signature_height[side] = (uint8_t)a->height;
    ERR_TRY(request_digest(&message, w->dep, r, side, a->changes));
    return xmss_sign(key->key, WALLET_LANE, leaf, message.e, &r->signatures[side]);
}

enum err wallet_sign(struct wallet *w, struct request *r,
                     const struct wallet_account *const accounts[2])
{
    uint32_t n = request_signatures(r->kind);
    r->n_signatures = (uint8_t)n;
    w->error[0] = '\0';
    if (n == 2) {
        for (uint32_t i = 0; i < 2; i++) {
            struct op_auth *auth = auth_of(r, i);
            auth->deadline = r->kind == REQUEST_CREATE ? r->u.create.order.deadline
                                                       : r->u.liquidity.order.deadline;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        enum err err = sign_side(w, r, i, accounts[i]);
        if (err != ERR_OK) {
            if (w->error[0] == '\0')
                (void)snprintf(w->error, sizeof w->error, "signing: %s", err_text(err));
            return err;
        }
    }
    return ERR_OK;
}

enum err wallet_submit(struct wallet *w, struct request *r,
                       const struct wallet_account *const accounts[2])
{
    ERR_TRY(wallet_sign(w, r, accounts));
    w->last = *r;
    return wallet_resend(w);
}

enum err wallet_resend(struct wallet *w)
{
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    ERR_TRY(request_encode(&w->last, true, bytes, sizeof bytes, &n));
    return wallet_post(w, bytes, n);
}

/* The public HTTP interface: what is taken, and a clear answer for everything that is not. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/codec/hex.h"
#include "common/net/http_client.h"
#include "core/op/amount.h"
#include "core/op/packed.h"
#include "tests/unit/orchestrator/house.h"

enum { BATCHES = 8, PER_BATCH = 14, BODY_MAX = 20000 };

struct answer {
    bool done, may_break; /* may_break: the connection may be closed under a body too long */
    unsigned status;
    json_t *json;
};
struct shop {
    struct house h;
    struct script *script;
    struct http_client *client;
    struct answer answer;
    bool client_closed;
    struct request request; /* scratch */
};

static void on_answer(void *ctx, const struct http_response *r)
{
    struct answer *a = ctx;
    if (r->err == ERR_NET && a->may_break) {
        a->status = 413;
        a->done = true;
        return;
    }
    ck_assert_ok(r->err);
    a->status = r->status;
    a->json = json_loadb((const char *)r->body.data, r->body.len, 0, NULL);
    a->done = true;
}

/* Sends and waits; the answer is in s->answer. */
static void ask(struct shop *s, const char *method, const char *path, const char *body, size_t len)
{
    char url[200];
    json_decref(s->answer.json);
    s->answer = (struct answer){.may_break = len > API_BODY_MAX};
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u%s", api_port(s->h.api), path);
    struct http_request r = {
        .method = method, .url = url, .body = span_make(body, len), .timeout_ms = 5000};
    ck_assert_ok(http_client_send(s->client, &r, on_answer, &s->answer));
    HOUSE_UNTIL(&s->h, s->answer.done);
}

static void get(struct shop *s, const char *path)
{
    ask(s, "GET", path, NULL, 0);
}

static void post_text(struct shop *s, const char *body)
{
    ask(s, "POST", "/api/v1/transactions", body, strlen(body));
}

static void post_bytes(struct shop *s, const uint8_t *bytes, size_t n)
{
    char body[BODY_MAX];
    char hex[2 * REQUEST_BYTES_MAX + 3];
    hex_encode_0x(hex, bytes, n);
    (void)snprintf(body, sizeof body, "{\"request\":\"%s\"}", hex);
    post_text(s, body);
}

static void post_request(struct shop *s, const struct request *r)
{
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    ck_assert_ok(request_encode(r, true, bytes, sizeof bytes, &n));
    post_bytes(s, bytes, n);
}

static const char *text_of(const struct shop *s, const char *key)
{
    const char *t = json_string_value(json_object_get(s->answer.json, key));
    return t == NULL ? "" : t;
}

/* {"error": {"code", "message"}}; the message is for people and never empty. */
static void expect_error(const struct shop *s, unsigned status, const char *code)
{
    const json_t *e = json_object_get(s->answer.json, "error");
    const char *c = json_string_value(json_object_get(e, "code"));
    const char *m = json_string_value(json_object_get(e, "message"));
    char *all = json_dumps(s->answer.json, 0);
    ck_assert_msg(s->answer.status == status && c != NULL && strcmp(c, code) == 0 && m != NULL &&
                      strlen(m) > 5,
                  "expected %u %s, got %u %s", status, code, s->answer.status, all);
    free(all);
}

static struct shop *shop_new(void)
{
    struct rng rng;
    check_seed(&rng);
    struct shop *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->script = script_new(rng_u64(&rng), BATCHES, PER_BATCH, true);
    house_init(&s->h, s->script);
    house_open(&s->h);
    struct http_client_options o = {
        .in_flight_max = 4, .response_max = 1 << 20, .connect_timeout_ms = 2000};
    ck_assert_ok(http_client_new(&s->client, &s->h.rig.loop, &o));
    return s;
}

static void client_closed(void *ctx)
{
    ((struct shop *)ctx)->client_closed = true;
}

static void shop_free(struct shop *s)
{
    json_decref(s->answer.json);
    http_client_close(s->client, client_closed, s);
    HOUSE_UNTIL(&s->h, s->client_closed);
    house_close(&s->h);
    house_deinit(&s->h);
    script_free(s->script);
    free(s);
}

static void play_all(struct shop *s)
{
    for (uint32_t b = 0; b < BATCHES; b++)
        house_play(&s->h, b);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(s->h.rig.sequencer, c, s->script->times[BATCHES - 1]);
}

/* A user with a key on the chain, its next leaf, in the state after the script. The world's batch is
 * opened to look and sign, and thrown away. */
struct signer {
    struct batch *b;
    uint32_t user, account;
    struct op_auth auth;
};
/* First token that the account holds in that token's usual slot (another one may have moved in);
 * 0: none. */
static uint32_t token_held(const struct batch *b, uint16_t chain, uint32_t account)
{
    for (uint32_t token = 1; token <= WORLD_TOKENS; token++) {
        struct cell c;
        batch_peek(b, chain, account, world_token_slot(token), &c);
        if (!cell_is_zero(&c) && c.e[0] == token) return token;
    }
    return 0;
}

static struct signer signer_find(struct shop *s, uint16_t chain)
{
    struct world *w = s->script->world;
    struct signer f = {.b = world_begin(w)};
    for (uint32_t u = 0; u < WORLD_USERS; u++) {
        uint32_t lane = 0;
        uint32_t leaf = 0;
        if (!world_leaf(w, f.b, u, chain, &lane, &leaf)) continue;
        if (!test_key_has(w->users[u].key[chain], lane, leaf + 1)) continue;
        if (token_held(f.b, chain, w->users[u].account[chain]) == 0) continue;
        f.user = u;
        f.account = w->users[u].account[chain];
        f.auth = (struct op_auth){
            .account = f.account, .lane = (uint8_t)lane, .leaf = leaf, .deadline = UINT32_MAX};
        return f;
    }
    ck_abort_msg("no user with a key holds a token");
}

static void sign(struct shop *s, struct signer *f, struct request *r)
{
    world_sign(s->script->world, f->b, r);
    batch_free(f->b);
}

/* A valid withdrawal of one unit of the first token that the signer holds. */
static bool withdrawal(struct shop *s, const struct signer *f, struct request *r)
{
    memset(r, 0, sizeof *r);
    r->kind = REQUEST_WITHDRAW;
    struct op_withdraw *o = &r->u.withdraw;
    o->auth = f->auth;
    o->to = s->script->world->users[f->user].owner;
    o->token = token_held(f->b, 0, f->account);
    o->slot = world_token_slot(o->token);
    o->amount = amount_from_u64(1);
    return o->token != 0;
}

/* ---- what is taken ---- */

START_TEST(every_operation_of_a_script_is_answered_with_a_receipt_and_found_again)
{
    struct shop *s = shop_new();
    unsigned posted = 0;
    for (uint32_t b = 0; b < 4; b++) {
        for (uint16_t c = 0; c < WORLD_CHAINS; c++)
            sequencer_set_chain_time(s->h.rig.sequencer, c, s->script->times[b]);
        for (size_t i = 0; i < s->script->n; i++) {
            const struct step *t = &s->script->steps[i];
            if (t->batch != b) continue;
            if (t->is_priority) {
                rig_step(&s->h.rig, t);
                continue;
            }
            post_bytes(s, t->bytes, t->len);
            ck_assert_uint_eq(s->answer.status, 200);
            ck_assert_str_eq(text_of(s, "status"), "accepted");
            char path[120];
            (void)snprintf(path, sizeof path, "/api/v1/transactions/%s", text_of(s, "id"));
            get(s, path);
            ck_assert_uint_eq(s->answer.status, 200);
            ck_assert_str_eq(text_of(s, "status"), "accepted");
            const json_t *records = json_object_get(s->answer.json, "records");
            ck_assert_uint_eq(json_array_size(records), t->n_ops);
            for (uint32_t j = 0; j < t->n_ops; j++) {
                const json_t *r = json_array_get(records, j);
                ck_assert_int_eq(json_integer_value(json_object_get(r, "chain")), t->op_chain[j]);
                ck_assert_int_eq(json_integer_value(json_object_get(r, "record")), t->record[j]);
            }
            posted++;
        }
        rig_seal(&s->h.rig);
    }
    ck_assert_uint_gt(posted, 5);
    static const char *views[] = {"/api/v1/status", "/api/v1/chains", "/api/v1/batches",
                                  "/api/v1/pools"};
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        get(s, views[i]);
        ck_assert_uint_eq(s->answer.status, 200);
        ck_assert(json_is_object(s->answer.json));
    }
    shop_free(s);
}
END_TEST

/* ---- malformed ---- */

START_TEST(malformed_json_is_refused_and_the_place_named)
{
    struct shop *s = shop_new();
    static const char *bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"request\":5}",
        "{\"request\":\"0xzz\"}",
        "{\"request\":\"0x1\"}",
        "{}",
        "{\"request\":\"0x00\",\"more\":1}",
        "{\"request\":\"0x00\"}}",
        "\xff\xfe",
        "{\"request\":\"0x00\",\"request\":\"0x00\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        post_text(s, bad[i]);
        expect_error(s, 400, "JSON");
    }
    post_text(s, "{\"request\":5}");
    const json_t *e = json_object_get(s->answer.json, "error");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(e, "message")), "request"));
    shop_free(s);
}
END_TEST

START_TEST(bytes_that_are_no_signed_operation_are_refused)
{
    struct shop *s = shop_new();
    post_text(s, "{\"request\":\"0x\"}");
    expect_error(s, 400, "REQUEST_MALFORMED");
    post_text(s, "{\"request\":\"0x0102030405\"}");
    expect_error(s, 400, "REQUEST_MALFORMED");
    char *big = malloc(40000);
    memset(big, 'a', 39999);
    big[39999] = '\0';
    post_text(s, big);
    ck_assert_uint_eq(s->answer.status, 413);
    free(big);
    shop_free(s);
}
END_TEST

START_TEST(unknown_resources_methods_and_numbers_are_refused)
{
    struct shop *s = shop_new();
    static const struct {
        const char *path;
        unsigned status;
    } wrong[] = {
        {"/", 404},
        {"/api/v1/nothing", 404},
        {"/api/v1/accounts/9/1", 400},
        {"/api/v1/accounts/0/", 400},
        {"/api/v1/accounts/0", 400},
        {"/api/v1/accounts/x/1", 400},
        {"/api/v1/accounts/0/99999999999999999999", 400},
        {"/api/v1/accounts/0/12345", 404},
        {"/api/v1/accounts?chain=0&owner=0x12", 400},
        {"/api/v1/accounts?owner=", 400},
        {"/api/v1/transactions/0x12", 400},
        {"/api/v1/transactions/"
         "0x0000000000000000000000000000000000000000000000000000000000000001",
         404},
        {"/api/v1/quote", 400},
        {"/api/v1/quote?chain=0&pool=77&amount=1", 404},
        {"/api/v1/quote?chain=0&pool=1&amount=-1", 400},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        get(s, wrong[i].path);
        ck_assert_msg(s->answer.status == wrong[i].status, "%s: %u", wrong[i].path,
                      s->answer.status);
        ck_assert(json_is_object(json_object_get(s->answer.json, "error")));
    }
    ask(s, "DELETE", "/api/v1/status", NULL, 0);
    ck_assert_uint_eq(s->answer.status, 405);
    shop_free(s);
}
END_TEST

START_TEST(nothing_is_taken_before_every_chain_was_seen_or_while_halted)
{
    struct shop *s = shop_new();
    struct request *r = &s->request;
    memset(r, 0, sizeof *r);
    r->kind = REQUEST_OPEN;
    sequencer_set_chain_time(s->h.rig.sequencer, 0, 0);
    sequencer_set_chain_time(s->h.rig.sequencer, 1, 0);
    for (int c = 0; c < WORLD_CHAINS; c++)
        mock_set_trouble(s->h.mock[c], ERR_NET);
    post_request(s, r);
    expect_error(s, 503, "UNAVAILABLE");
    sequencer_set_halted(s->h.rig.sequencer, "alpha: our transaction reverted");
    post_request(s, r);
    expect_error(s, 503, "UNAVAILABLE");
    const json_t *e = json_object_get(s->answer.json, "error");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(e, "message")), "alpha"));
    get(s, "/api/v1/status");
    ck_assert_str_eq(text_of(s, "halted"), "alpha: our transaction reverted");
    shop_free(s);
}
END_TEST

/* ---- refused by a rule ---- */

START_TEST(a_wrong_signature_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    ck_assert(withdrawal(s, &f, &s->request));
    sign(s, &f, &s->request);
    s->request.signatures[0].rho[2] ^= 1;
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_SIGNATURE");
    s->request.signatures[0].rho[2] ^= 1;
    s->request.u.withdraw.amount = amount_from_u64(2); /* not what was signed */
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_SIGNATURE");
    s->request.u.withdraw.amount = amount_from_u64(1);
    s->request.n_signatures = 0;
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_SIGNATURE_MISSING");
    s->request.n_signatures = 1;
    post_request(s, &s->request); /* and as it was signed it is taken */
    ck_assert_uint_eq(s->answer.status, 200);
    shop_free(s);
}
END_TEST

START_TEST(a_signature_for_one_chain_is_refused_on_another)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    ck_assert(withdrawal(s, &f, &s->request));
    sign(s, &f, &s->request);
    s->request.chain = 1;
    post_request(s, &s->request);
    ck_assert_uint_eq(s->answer.status, 422);
    s->request.chain = 7; /* a chain that this deployment does not have */
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_CHAIN");
    shop_free(s);
}
END_TEST

START_TEST(a_used_key_leaf_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    ck_assert(withdrawal(s, &f, &s->request));
    sign(s, &f, &s->request);
    post_request(s, &s->request);
    ck_assert_uint_eq(s->answer.status, 200);
    struct signer again = signer_find(s, 0); /* the world did not see it: the same leaf */
    ck_assert_uint_eq(again.auth.leaf, f.auth.leaf);
    ck_assert(withdrawal(s, &again, &s->request));
    s->request.u.withdraw.to.bytes[0] ^= 1;
    sign(s, &again, &s->request);
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_LEAF_USED");
    shop_free(s);
}
END_TEST

START_TEST(more_than_the_balance_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    ck_assert(withdrawal(s, &f, &s->request));
    s->request.u.withdraw.amount = AMOUNT_MAX;
    sign(s, &f, &s->request);
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_BALANCE");
    shop_free(s);
}
END_TEST

START_TEST(a_passed_deadline_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    ck_assert(withdrawal(s, &f, &s->request));
    s->request.u.withdraw.auth.deadline = s->script->times[BATCHES - 1] - 1;
    sign(s, &f, &s->request);
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_DEADLINE");
    shop_free(s);
}
END_TEST

static void swap_of(struct shop *s, struct signer *f, uint32_t pool_in)
{
    struct request *r = &s->request;
    memset(r, 0, sizeof *r);
    r->kind = REQUEST_SWAP;
    struct swap_order *o = &r->u.swap;
    o->auth = f->auth;
    o->pool_in = pool_in;
    o->token_in = 1;
    o->token_out = 2;
    o->slot_in = world_token_slot(1);
    o->to_chain = 1;
    o->to_account = f->account;
    o->to_slot = world_token_slot(2);
    o->amount = packed_amount_floor(amount_from_u64(1));
}

START_TEST(an_unknown_pool_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct signer f = signer_find(s, 0);
    swap_of(s, &f, 0xABCDE);
    sign(s, &f, &s->request);
    post_request(s, &s->request);
    expect_error(s, 422, "RULE_POOL");
    shop_free(s);
}
END_TEST

/* A script in which some swap was accepted; the same swap with a higher minimum is refused. */
START_TEST(a_swap_below_its_minimum_is_refused)
{
    struct shop *s = shop_new();
    play_all(s);
    struct world *w = s->script->world;
    bool refused = false;
    for (uint32_t p = 0; p < w->n_pools && !refused; p++) {
        for (uint32_t side = 0; side < 2 && !refused; side++) {
            const struct world_pool *pool = &w->pools[p];
            struct signer f = signer_find(s, pool->chain[side]);
            uint8_t slot = world_token_slot(pool->token[side]);
            uint32_t to = 0;
            while (to < WORLD_USERS && w->users[to].account[pool->chain[1 - side]] == 0)
                to++;
            struct amount have = world_balance(w, f.b, f.user, pool->chain[side], slot);
            if (to == WORLD_USERS || amount_is_zero(have)) {
                batch_free(f.b);
                continue;
            }
            swap_of(s, &f, pool->id[side]);
            struct swap_order *o = &s->request.u.swap;
            s->request.chain = o->chain = pool->chain[side];
            o->to_chain = pool->chain[1 - side];
            o->token_in = pool->token[side];
            o->token_out = pool->token[1 - side];
            o->slot_in = slot;
            o->to_account = w->users[to].account[o->to_chain];
            o->to_owner = w->users[to].owner;
            o->to_slot = world_token_slot(o->token_out);
            o->amount = packed_amount_floor(have);
            o->minimum = AMOUNT_MAX;
            sign(s, &f, &s->request);
            post_request(s, &s->request);
            ck_assert_uint_eq(s->answer.status, 422);
            const json_t *e = json_object_get(s->answer.json, "error");
            const char *code = json_string_value(json_object_get(e, "code"));
            /* a slot of the recipient may hold another token, or the output be zero */
            refused = strcmp(code, "RULE_MINIMUM") == 0;
        }
    }
    if (w->n_pools > 0) ck_assert(refused);
    shop_free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api");
    TCase *t = tcase_create("api");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, every_operation_of_a_script_is_answered_with_a_receipt_and_found_again);
    tcase_add_test(t, malformed_json_is_refused_and_the_place_named);
    tcase_add_test(t, bytes_that_are_no_signed_operation_are_refused);
    tcase_add_test(t, unknown_resources_methods_and_numbers_are_refused);
    tcase_add_test(t, nothing_is_taken_before_every_chain_was_seen_or_while_halted);
    tcase_add_test(t, a_wrong_signature_is_refused);
    tcase_add_test(t, a_signature_for_one_chain_is_refused_on_another);
    tcase_add_test(t, a_used_key_leaf_is_refused);
    tcase_add_test(t, more_than_the_balance_is_refused);
    tcase_add_test(t, a_passed_deadline_is_refused);
    tcase_add_test(t, an_unknown_pool_is_refused);
    tcase_add_test(t, a_swap_below_its_minimum_is_refused);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

/* `hawser traffic`: several users of one client process, random operations through the public
 * interface, some of them deliberately invalid; every answer is compared with what must happen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/commands.h"
#include "cli/traffic.h"
#include "common/codec/hex.h"
#include "core/op/amount.h"
#include "core/op/packed.h"

enum {
    RESENDS = 100,
    DEPOSIT_DIGITS = 1000000000, /* deposits are whole multiples, so that amounts pack exactly */
};

static const char *kind_names[KINDS] = {"swap", "transfer", "add", "remove", "withdraw"};

/* ---- sending ---- */

static enum err submit(struct user *u, struct request *r,
                       const struct wallet_account *const signers[2])
{
    enum err err = wallet_submit(u->w, r, signers);
    for (int i = 0; i < RESENDS && (err == ERR_UNAVAILABLE || err == ERR_TIMEOUT); i++) {
        traffic_pause(TRAFFIC_WAIT_MS);
        err = wallet_resend(u->w); /* the same bytes */
    }
    return err;
}

static struct packed_amount part_of(struct traffic *t, struct amount a, unsigned low, unsigned high)
{
    struct amount q;
    uint64_t parts = low + rng_below(&t->rng, high - low + 1);
    if (amount_mul_div_floor(&q, NULL, a, amount_from_u64(parts), amount_from_u64(1000)) != ERR_OK)
        q = AMOUNT_ZERO;
    return packed_amount_floor(q);
}

static uint32_t deadline(void)
{
    return (uint32_t)time(NULL) + WALLET_DEADLINE_S;
}

static enum err refresh(struct user *u, uint16_t chain)
{
    return wallet_account_get(u->w, chain, u->account[chain].id, &u->account[chain]);
}

static enum err make_swap(struct traffic *t, const struct user *u, uint16_t chain,
                          struct request *r)
{
    uint8_t slot = 0;
    ERR_TRY(traffic_swap(t, u, chain, WALLET_DEADLINE_S, r));
    r->u.swap.amount = part_of(t, wallet_balance_of(&u->account[chain], t->token[chain], &slot), 5, 50);
    return ERR_OK;
}

static enum err make_transfer(struct traffic *t, const struct user *u, uint16_t chain,
                              struct request *r)
{
    const struct user *to = &t->users[rng_below(&t->rng, t->n_users)];
    uint8_t slot = 0;
    ERR_TRY(traffic_transfer(t, u, to, chain, WALLET_DEADLINE_S, r));
    r->u.transfer.amount =
        part_of(t, wallet_balance_of(&u->account[chain], t->token[chain], &slot), 5, 50);
    return ERR_OK;
}

static enum err make_withdraw(struct traffic *t, struct user *u, uint16_t chain, struct request *r)
{
    uint8_t slot = 0;
    *r = (struct request){.kind = REQUEST_WITHDRAW, .chain = chain};
    struct op_withdraw *x = &r->u.withdraw;
    x->token = t->token[chain];
    struct packed_amount p =
        part_of(t, wallet_balance_of(&u->account[chain], x->token, &slot), 10, 100);
    ERR_TRY(packed_amount_value(&x->amount, p));
    x->slot = slot;
    memcpy(x->to.bytes, u->w->address, 20);
    x->auth.deadline = deadline();
    return ERR_OK;
}

static enum err make_liquidity(struct traffic *t, struct user *u, bool add, struct request *r)
{
    *r = (struct request){.kind = add ? REQUEST_ADD : REQUEST_REMOVE};
    struct liquidity_order *l = &r->u.liquidity.order;
    l->kind = add ? OP_ADD : OP_REMOVE;
    l->deadline = deadline();
    struct amount shares = amount_from_u64(1000 * (1 + rng_below(&t->rng, 9)));
    for (uint16_t i = 0; i < 2; i++) {
        struct liquidity_side *s = &l->side[i];
        struct wallet_account *a = &u->account[i];
        uint32_t share = TOKEN_SHARE_BIT + t->pool[i];
        s->chain = i;
        s->pool_id = t->pool[i];
        s->token = t->token[i];
        s->account = a->id;
        struct amount have = wallet_balance_of(a, s->token, &s->slot);
        s->limit = add ? have : AMOUNT_ZERO;
        ERR_TRY(wallet_slot_for(a, share, &s->share_slot));
        if (s->share_slot == s->slot) return ERR_BALANCE;
        if (!add) {
            uint8_t slot = 0;
            struct amount owned = wallet_balance_of(a, share, &slot);
            if (amount_is_zero(owned)) return ERR_BALANCE;
            if (amount_cmp(owned, shares) < 0) shares = owned;
        }
    }
    l->shares = packed_amount_floor(shares);
    return ERR_OK;
}

static void valid_operation(struct traffic *t, struct user *u, enum traffic_kind kind)
{
    struct request r;
    uint16_t chain = (uint16_t)rng_below(&t->rng, TRAFFIC_CHAINS);
    enum err err = ERR_OK;
    for (uint16_t i = 0; i < TRAFFIC_CHAINS && err == ERR_OK; i++)
        err = refresh(u, i);
    if (err != ERR_OK) {
        traffic_surprise(t, "account", u);
        return;
    }
    if (kind == REMOVE) {
        err = make_liquidity(t, u, false, &r);
        if (err == ERR_BALANCE) kind = ADD; /* nothing to remove yet */
    }
    if (kind == ADD) err = make_liquidity(t, u, true, &r);
    if (kind == SWAP) err = make_swap(t, u, chain, &r);
    if (kind == TRANSFER) err = make_transfer(t, u, chain, &r);
    if (kind == WITHDRAW) err = make_withdraw(t, u, chain, &r);
    bool two = kind == ADD || kind == REMOVE;
    const struct wallet_account *signers[2] = {two ? &u->account[0] : &u->account[chain],
                                               &u->account[1]};
    if (err == ERR_OK) err = submit(u, &r, signers);
    if (err == ERR_OK) {
        t->accepted[kind]++;
        if (kind == SWAP) t->cross[chain]++;
        return;
    }
    /* What others did between our look and the order may refuse a good one: limits of the market. */
    bool market = strcmp(u->w->code, "RULE_OUTFLOW") == 0 ||
                  strcmp(u->w->code, "RULE_LIMIT") == 0 || strcmp(u->w->code, "RULE_BALANCE") == 0;
    if (err == ERR_REJECTED && market) return;
    traffic_surprise(t, kind_names[kind], u);
}

/* ---- deliberately invalid ---- */

struct bad {
    const char *name, *code; /* expected error code */
};
static const struct bad bads[] = {{"signature", "RULE_SIGNATURE"},   {"balance", "RULE_BALANCE"},
                                  {"used leaf", "RULE_LEAF_USED"},   {"minimum", "RULE_MINIMUM"},
                                  {"deadline", "RULE_DEADLINE"},     {"unknown pool", "RULE_POOL"},
                                  {"malformed", "REQUEST_MALFORMED"}};

static enum err bad_bytes(struct user *u, size_t which)
{
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    struct request *r = &u->w->last;
    if (which == 0) r->signatures[0].tips[3][2] ^= 1;
    ERR_TRY(request_encode(r, true, bytes, sizeof bytes, &n));
    if (which == 6) n -= 7;
    return wallet_post(u->w, bytes, n);
}

static void invalid_operation(struct traffic *t, struct user *u)
{
    size_t which = rng_below(&t->rng, sizeof bads / sizeof bads[0]);
    uint16_t chain = (uint16_t)rng_below(&t->rng, TRAFFIC_CHAINS);
    struct request r;
    enum err err = ERR_OK;
    for (uint16_t i = 0; i < TRAFFIC_CHAINS && err == ERR_OK; i++)
        err = refresh(u, i);
    if (err == ERR_OK) err = make_swap(t, u, chain, &r);
    if (err != ERR_OK) {
        traffic_surprise(t, "account", u);
        return;
    }
    const struct wallet_account *signers[2] = {&u->account[chain], NULL};
    if (which == 1) r.u.swap.amount = packed_amount_floor(AMOUNT_MAX);
    if (which == 3) r.u.swap.minimum = AMOUNT_MAX;
    if (which == 4) r.u.swap.auth.deadline = 1;
    if (which == 5) r.u.swap.pool_in = 0xfffff0;
    if (which == 2) { /* sign with a leaf that was used in an accepted operation */
        err = submit(u, &r, signers);
        if (err == ERR_OK) {
            t->accepted[SWAP]++;
            t->cross[chain]++;
            struct request again = r;
            again.u.swap.minimum = amount_from_u64(2); /* other content, same leaf and signature */
            u->w->last = again;
            err = bad_bytes(u, which);
        }
    } else if (which == 0 || which == 6) {
        /* Signed correctly but never sent so: only the damaged bytes go out. */
        err = wallet_sign(u->w, &r, signers);
        u->w->last = r;
        if (err == ERR_OK) err = bad_bytes(u, which);
    } else {
        err = submit(u, &r, signers);
    }
    if (err == ERR_REJECTED && strcmp(u->w->code, bads[which].code) == 0) {
        t->refused++;
        return;
    }
    char what[64];
    (void)snprintf(what, sizeof what, "invalid (%s): expected %s", bads[which].name,
                   bads[which].code);
    traffic_surprise(t, what, u);
}

/* ---- the run ---- */

static enum traffic_kind pick(struct traffic *t)
{
    uint64_t d = rng_below(&t->rng, 100);
    if (d < 55) return SWAP;
    if (d < 73) return TRANSFER;
    if (d < 82) return ADD;
    if (d < 88) return REMOVE;
    return WITHDRAW;
}

static void report(const struct traffic *t, const char *path)
{
    json_t *kinds = json_object();
    uint64_t total = 0;
    for (int i = 0; i < KINDS; i++) {
        json_object_set_new(kinds, kind_names[i], json_integer((json_int_t)t->accepted[i]));
        total += t->accepted[i];
    }
    json_t *o = json_pack("{s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:s}", "accepted", (json_int_t)total,
                          "kinds", kinds, "refused", (json_int_t)t->refused, "deposits",
                          (json_int_t)t->deposits, "swaps_from_first", (json_int_t)t->cross[0],
                          "swaps_from_second", (json_int_t)t->cross[1], "unexpected",
                          (json_int_t)t->unexpected, "surprise", t->surprise);
    if (path[0] != '\0') {
        if (json_dump_file(o, path, JSON_INDENT(2)) != 0)
            fprintf(stderr, "hawser traffic: %s cannot be written\n", path);
    } else {
        json_dumpf(o, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(o);
}

#define OPT(name, value, help, fallback)                                                           \
    {                                                                                              \
        name, value, help, fallback, NULL, false                                                   \
    }
static struct arg args_traffic[] = {
    OPT("config", "FILE", "wallet.yaml as a pattern (key_file and dir are replaced)", NULL),
    OPT("keys", "DIR", "folder with user-N.key files of funded users", NULL),
    OPT("users", "N", "users played by this process", "5"),
    OPT("first-user", "N", "number of the first one", "0"),
    OPT("operations", "N", "operations to send", "50"),
    OPT("invalid-percent", "N", "share of deliberately invalid ones", "10"),
    OPT("deposit", "UNITS", "deposit of each user on each chain", "1000000000000"),
    OPT("seed", "N", "of the random choices", NULL),
    OPT("out", "FILE", "JSON report (default: stdout)", ""),
    OPT("sign", "FILE", "only sign valid operations of --mix, into FILE", ""),
    OPT("mix", "M", "what --sign signs: payments or swaps", "payments"),
    OPT("send", "FILE", "only send what --sign wrote, in its order", ""),
    {NULL, NULL, NULL, NULL, NULL, false}};

static enum err random_run(struct traffic *t, const struct arg *a)
{
    uint64_t operations = 0;
    uint64_t invalid = 0;
    uint64_t units = 0;
    ERR_TRY(args_u64(&operations, a, "operations", 1000000));
    ERR_TRY(args_u64(&invalid, a, "invalid-percent", 100));
    ERR_TRY(args_u64(&units, a, "deposit", INT64_MAX));
    ERR_TRY(traffic_join(t, units / DEPOSIT_DIGITS * DEPOSIT_DIGITS));
    for (uint64_t i = 0; i < operations; i++) {
        struct user *u = &t->users[rng_below(&t->rng, t->n_users)];
        if (rng_below(&t->rng, 100) < invalid)
            invalid_operation(t, u);
        else
            valid_operation(t, u, pick(t));
    }
    return ERR_OK;
}

int command_traffic(int argc, char **argv)
{
    static struct traffic t;
    bool help = false;
    uint64_t seed = 0;
    struct arg *a = args_traffic;
    if (args_parse(a, argc, argv, "traffic", "Plays users: deposits, then random operations.",
                   &help) != ERR_OK)
        return 2;
    if (help) return 0;
    if (args_u64(&seed, a, "seed", UINT64_MAX) != ERR_OK || traffic_open(&t, a) != ERR_OK) return 2;
    rng_seed(&t.rng, seed);
    fprintf(stderr, "traffic: seed %llu, %zu users\n", (unsigned long long)seed, t.n_users);
    int status;
    if (args_text(a, "sign")[0] != '\0') {
        status = traffic_sign(&t, a);
    } else if (args_text(a, "send")[0] != '\0') {
        status = traffic_send(&t, a);
    } else {
        enum err err = random_run(&t, a);
        report(&t, args_text(a, "out"));
        status = err == ERR_ARG ? 2 : err != ERR_OK || t.unexpected != 0;
    }
    traffic_close(&t);
    return status;
}

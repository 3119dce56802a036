/* `hawser wallet VERB`: one operation of a user each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/commands.h"
#include "cli/wallet/wallet.h"
#include "common/codec/hex.h"
#include "common/crypto/secp256k1_sign.h"
#include "core/op/amount.h"
#include "core/op/packed.h"

enum { EXIT_REFUSED = 3 };

struct context {
    struct wallet *w;
    struct arg *args;
    char value[64]; /* answer of a verb that has one */
};

/* ---- typed options ---- */

static enum err amount_arg(struct amount *out, const struct arg *args, const char *name)
{
    struct u256 v;
    unsigned __int128 wide = 0;
    const char *text = args_text(args, name);
    if (u256_from_decimal(&v, text, strlen(text)) == ERR_OK && u256_to_u128(&wide, &v) == ERR_OK &&
        amount_from_u128(out, wide) == ERR_OK)
        return ERR_OK;
    fprintf(stderr, "--%s %s: expected base units below 2^112\n", name, text);
    return ERR_ARG;
}

static enum err packed_arg(struct packed_amount *out, const struct arg *args, const char *name)
{
    struct amount a;
    ERR_TRY(amount_arg(&a, args, name));
    if (packed_amount_exact(out, a) == ERR_OK) return ERR_OK;
    fprintf(stderr, "--%s: at most 10 significant digits (m * 10^e, m < 2^35)\n", name);
    return ERR_ARG;
}

static enum err fee_arg(struct packed_fee *out, const struct arg *args, const char *name)
{
    struct amount a;
    ERR_TRY(amount_arg(&a, args, name));
    if (packed_fee_exact(out, a) == ERR_OK) return ERR_OK;
    fprintf(stderr, "--%s: at most 3 significant digits (m * 10^e, m < 2048)\n", name);
    return ERR_ARG;
}

static enum err address_arg(uint8_t out[20], const struct arg *args, const char *name)
{
    const char *text = args_text(args, name);
    if (hex_decode_fixed(out, 20, text, strlen(text)) == ERR_OK) return ERR_OK;
    fprintf(stderr, "--%s %s: expected an address, 0x and 40 digits\n", name, text);
    return ERR_ARG;
}

static enum err chain_arg(uint16_t *out, const struct context *c, const char *name)
{
    uint64_t v = 0;
    ERR_TRY(args_u64(&v, c->args, name, c->w->deployment.n_chains - 1));
    *out = (uint16_t)v;
    return ERR_OK;
}

static enum err u32_arg(uint32_t *out, const struct context *c, const char *name, uint64_t max)
{
    uint64_t v = 0;
    ERR_TRY(args_u64(&v, c->args, name, max));
    *out = (uint32_t)v;
    return ERR_OK;
}

static enum err slot_arg(uint8_t *out, const struct context *c, const char *name,
                         const struct wallet_account *a, uint32_t token)
{
    if (strcmp(args_text(c->args, name), "auto") == 0) return wallet_slot_for(a, token, out);
    uint64_t v = 0;
    ERR_TRY(args_u64(&v, c->args, name, 255));
    *out = (uint8_t)v;
    return ERR_OK;
}

static uint32_t deadline(void)
{
    return (uint32_t)time(NULL) + WALLET_DEADLINE_S;
}

/* ---- verbs ---- */

static enum err verb_address(struct context *c)
{
    eth_address_format(c->value, c->w->address);
    return ERR_OK;
}

static enum err verb_derive(struct context *c)
{
    uint16_t chain = 0;
    uint64_t number = 0;
    uint64_t height = 0;
    struct wallet_key *key = NULL;
    ERR_TRY(chain_arg(&chain, c, "chain"));
    ERR_TRY(args_u64(&number, c->args, "number", UINT32_MAX));
    ERR_TRY(args_u64(&height, c->args, "height", XMSS_HEIGHT_LARGE));
    ERR_TRY(wallet_key_derive(c->w, chain, XMSS_ORIGIN_L1, number, (uint32_t)height, &key));
    hex_encode_0x(c->value, key->root, 20);
    return ERR_OK;
}

static enum err verb_balance(struct context *c)
{
    uint16_t chain = 0;
    struct wallet_account a;
    ERR_TRY(chain_arg(&chain, c, "chain"));
    ERR_TRY(wallet_account_find(c->w, chain, &a));
    if (args_flag(c->args, "json")) {
        char path[64];
        json_t *o = NULL;
        (void)snprintf(path, sizeof path, "/accounts/%u/%u", chain, a.id);
        ERR_TRY(wallet_get(c->w, path, &o));
        json_dumpf(o, stdout, JSON_INDENT(2));
        json_decref(o);
        putchar('\n');
        return ERR_OK;
    }
    printf("account %u on %s\n", a.id, c->w->deployment.chains[chain].name);
    for (size_t i = 0; i < a.n_balances; i++) {
        const struct wallet_balance *b = &a.balances[i];
        const struct deployment_token *t =
            deployment_token(&c->w->deployment.chains[chain], b->token);
        char text[AMOUNT_DECIMAL_MAX + 1];
        amount_to_decimal(text, b->amount);
        if (b->token >= TOKEN_SHARE_BIT)
            printf("  slot %3u  %s shares of pool %u\n", b->slot, text, b->token - TOKEN_SHARE_BIT);
        else
            printf("  slot %3u  %s %s\n", b->slot, text, t == NULL ? "?" : t->symbol);
    }
    return ERR_OK;
}

static enum err verb_deposit(struct context *c)
{
    struct wallet_deposit d = {0};
    uint64_t slot = 0;
    const char *account = args_text(c->args, "account");
    ERR_TRY(chain_arg(&d.chain, c, "chain"));
    ERR_TRY(u32_arg(&d.token, c, "token", TOKEN_SHARE_BIT - 1));
    ERR_TRY(amount_arg(&d.amount, c->args, "amount"));
    ERR_TRY(args_u64(&slot, c->args, "slot", 255));
    d.slot = (uint8_t)slot;
    d.account = ACCOUNT_NEW;
    if (strcmp(account, "new") != 0) ERR_TRY(u32_arg(&d.account, c, "account", ACCOUNT_NEW - 1));
    d.with_key = args_flag(c->args, "with-key");
    memcpy(d.owner, c->w->address, 20);
    return wallet_deposit(c->w, &d);
}

static enum err verb_transfer(struct context *c)
{
    struct request r = {.kind = REQUEST_TRANSFER};
    struct op_transfer *t = &r.u.transfer;
    struct wallet_account from;
    struct wallet_account to;
    const struct wallet_account *signers[2] = {&from, NULL};
    ERR_TRY(chain_arg(&r.chain, c, "chain"));
    ERR_TRY(u32_arg(&t->to, c, "to", ACCOUNT_NEW - 1));
    ERR_TRY(u32_arg(&t->token, c, "token", (1u << 25) - 1));
    ERR_TRY(packed_arg(&t->amount, c->args, "amount"));
    ERR_TRY(fee_arg(&t->fee, c->args, "fee"));
    ERR_TRY(wallet_account_find(c->w, r.chain, &from));
    ERR_TRY(wallet_account_get(c->w, r.chain, t->to, &to));
    t->to_owner = to.owner;
    ERR_TRY(slot_arg(&t->slot_from, c, "slot", &from, t->token));
    ERR_TRY(slot_arg(&t->slot_to, c, "to-slot", &to, t->token));
    t->auth.deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

static enum err verb_withdraw(struct context *c)
{
    struct request r = {.kind = REQUEST_WITHDRAW};
    struct op_withdraw *t = &r.u.withdraw;
    struct wallet_account from;
    const struct wallet_account *signers[2] = {&from, NULL};
    ERR_TRY(chain_arg(&r.chain, c, "chain"));
    ERR_TRY(u32_arg(&t->token, c, "token", TOKEN_SHARE_BIT - 1));
    ERR_TRY(amount_arg(&t->amount, c->args, "amount"));
    ERR_TRY(fee_arg(&t->fee, c->args, "fee"));
    memcpy(t->to.bytes, c->w->address, 20);
    if (args_text(c->args, "to")[0] != '\0') ERR_TRY(address_arg(t->to.bytes, c->args, "to"));
    ERR_TRY(wallet_account_find(c->w, r.chain, &from));
    ERR_TRY(slot_arg(&t->slot, c, "slot", &from, t->token));
    t->auth.deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

/* The pool half `id` on `chain`, as the API shows it. */
static enum err pool_find(struct context *c, uint16_t chain, uint32_t id, uint32_t field[4])
{
    json_t *o = NULL;
    ERR_TRY(wallet_get(c->w, "/pools", &o));
    enum err err = ERR_NOT_FOUND;
    size_t i = 0;
    json_t *p = NULL;
    json_array_foreach(json_object_get(o, "pools"), i, p)
    {
        if (json_integer_value(json_object_get(p, "chain")) != chain ||
            json_integer_value(json_object_get(p, "id")) != id)
            continue;
        field[0] = (uint32_t)json_integer_value(json_object_get(p, "token"));
        field[1] = (uint32_t)json_integer_value(json_object_get(p, "other_chain"));
        field[2] = (uint32_t)json_integer_value(json_object_get(p, "other_id"));
        field[3] = (uint32_t)json_integer_value(json_object_get(p, "other_token"));
        err = ERR_OK;
    }
    json_decref(o);
    if (err != ERR_OK)
        (void)snprintf(c->w->error, sizeof c->w->error, "no pool half %u on chain %u", id, chain);
    return err;
}

static enum err verb_swap(struct context *c)
{
    struct request r = {.kind = REQUEST_SWAP};
    struct swap_order *s = &r.u.swap;
    struct wallet_account from;
    struct wallet_account to;
    const struct wallet_account *signers[2] = {&from, NULL};
    uint32_t pool[4];
    ERR_TRY(chain_arg(&s->chain, c, "chain"));
    r.chain = s->chain;
    ERR_TRY(u32_arg(&s->pool_in, c, "pool", ACCOUNT_NEW - 1));
    ERR_TRY(packed_arg(&s->amount, c->args, "amount"));
    ERR_TRY(amount_arg(&s->minimum, c->args, "minimum"));
    ERR_TRY(fee_arg(&s->fee, c->args, "fee"));
    ERR_TRY(pool_find(c, s->chain, s->pool_in, pool));
    s->token_in = pool[0];
    s->to_chain = (uint16_t)pool[1];
    s->token_out = pool[3];
    ERR_TRY(wallet_account_find(c->w, s->chain, &from));
    ERR_TRY(wallet_account_find(c->w, s->to_chain, &to));
    s->to_account = to.id;
    s->to_owner = to.owner;
    ERR_TRY(slot_arg(&s->slot_in, c, "slot", &from, s->token_in));
    ERR_TRY(slot_arg(&s->to_slot, c, "to-slot", &to, s->token_out));
    s->auth.deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

/* ADD and REMOVE: --limit belongs to --chain's side, --other-limit to the other. */
static enum err liquidity(struct context *c, uint8_t kind)
{
    struct request r = {.kind = kind};
    struct liquidity_order *l = &r.u.liquidity.order;
    struct wallet_account accounts[2];
    const struct wallet_account *signers[2] = {&accounts[0], &accounts[1]};
    struct packed_fee fee;
    struct amount limits[2];
    uint16_t chain = 0;
    uint32_t id = 0;
    uint32_t pool[4];
    ERR_TRY(chain_arg(&chain, c, "chain"));
    ERR_TRY(u32_arg(&id, c, "pool", ACCOUNT_NEW - 1));
    ERR_TRY(packed_arg(&l->shares, c->args, "shares"));
    ERR_TRY(amount_arg(&limits[0], c->args, "limit"));
    ERR_TRY(amount_arg(&limits[1], c->args, "other-limit"));
    ERR_TRY(fee_arg(&fee, c->args, "fee"));
    ERR_TRY(pool_find(c, chain, id, pool));
    bool first = chain < pool[1] || (chain == pool[1] && pool[0] < pool[3]);
    for (int i = 0; i < 2; i++) {
        bool mine = (i == 0) == first;
        struct liquidity_side *s = &l->side[i];
        s->chain = mine ? chain : (uint16_t)pool[1];
        s->pool_id = mine ? id : pool[2];
        s->token = mine ? pool[0] : pool[3];
        s->limit = mine ? limits[0] : limits[1];
        s->fee = fee;
        ERR_TRY(wallet_account_find(c->w, s->chain, &accounts[i]));
        s->account = accounts[i].id;
        ERR_TRY(wallet_slot_for(&accounts[i], s->token, &s->slot));
        ERR_TRY(wallet_slot_for(&accounts[i], TOKEN_SHARE_BIT + s->pool_id, &s->share_slot));
        if (s->share_slot == s->slot) s->share_slot++; /* both new: the next one */
    }
    l->kind = kind == REQUEST_ADD ? OP_ADD : OP_REMOVE;
    l->deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

static enum err verb_add(struct context *c)
{
    return liquidity(c, REQUEST_ADD);
}
static enum err verb_remove(struct context *c)
{
    return liquidity(c, REQUEST_REMOVE);
}

static enum err verb_create_pool(struct context *c)
{
    struct request r = {.kind = REQUEST_CREATE};
    struct create_order *o = &r.u.create.order;
    struct wallet_account accounts[2];
    const struct wallet_account *signers[2] = {&accounts[0], &accounts[1]};
    uint16_t chains[2] = {0, 0};
    uint32_t tokens[2] = {0, 0};
    struct packed_amount amounts[2];
    uint64_t fee_bps = 0;
    uint64_t cap_bps = 0;
    ERR_TRY(chain_arg(&chains[0], c, "chain"));
    ERR_TRY(chain_arg(&chains[1], c, "other-chain"));
    ERR_TRY(u32_arg(&tokens[0], c, "token", TOKEN_SHARE_BIT - 1));
    ERR_TRY(u32_arg(&tokens[1], c, "other-token", TOKEN_SHARE_BIT - 1));
    ERR_TRY(packed_arg(&amounts[0], c->args, "amount"));
    ERR_TRY(packed_arg(&amounts[1], c->args, "other-amount"));
    ERR_TRY(packed_arg(&o->shares, c->args, "shares"));
    ERR_TRY(args_u64(&fee_bps, c->args, "fee-bps", 9999));
    ERR_TRY(args_u64(&cap_bps, c->args, "cap-bps", 10000));
    bool first = chains[0] < chains[1] || (chains[0] == chains[1] && tokens[0] < tokens[1]);
    for (int i = 0; i < 2; i++) {
        int j = (i == 0) == first ? 0 : 1;
        struct create_side *s = &o->side[i];
        s->chain = chains[j];
        s->token = tokens[j];
        s->amount = amounts[j];
        ERR_TRY(wallet_account_find(c->w, s->chain, &accounts[i]));
        s->account = accounts[i].id;
        ERR_TRY(wallet_slot_for(&accounts[i], s->token, &s->slot));
        ERR_TRY(wallet_slot_for(&accounts[i], UINT32_MAX, &s->share_slot)); /* a free one */
    }
    o->fee_bps = (uint32_t)fee_bps;
    o->cap_bps = (uint32_t)cap_bps;
    o->deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

static enum err verb_exit(struct context *c)
{
    uint16_t chain = 0;
    uint64_t slot = 0;
    struct wallet_account a;
    ERR_TRY(chain_arg(&chain, c, "chain"));
    ERR_TRY(args_u64(&slot, c->args, "slot", 255));
    ERR_TRY(wallet_account_find(c->w, chain, &a));
    return wallet_request_exit(c->w, chain, a.id, (uint8_t)slot);
}

static enum err verb_set_key(struct context *c)
{
    uint16_t chain = 0;
    uint64_t height = 0;
    struct wallet_account a;
    ERR_TRY(chain_arg(&chain, c, "chain"));
    ERR_TRY(args_u64(&height, c->args, "height", XMSS_HEIGHT_LARGE));
    ERR_TRY(wallet_account_find(c->w, chain, &a));
    return wallet_set_key(c->w, chain, a.id, (uint32_t)height);
}

static enum err verb_change_key(struct context *c)
{
    struct request r = {.kind = REQUEST_CHANGE_KEY};
    struct op_change_key *k = &r.u.change_key;
    struct wallet_account a;
    struct wallet_key *key = NULL;
    const struct wallet_account *signers[2] = {&a, NULL};
    ERR_TRY(chain_arg(&r.chain, c, "chain"));
    ERR_TRY(wallet_account_find(c->w, r.chain, &a));
    uint64_t number = ((uint64_t)a.id << 24) + a.changes + 1;
    ERR_TRY(wallet_key_derive(c->w, r.chain, XMSS_ORIGIN_L2, number, XMSS_HEIGHT_SMALL, &key));
    k->new_auth = 1;
    k->new_height = XMSS_HEIGHT_SMALL;
    for (int i = 0; i < XMSS_DIGEST; i++)
        k->new_root.e[i] = (uint32_t)key->root[4 * i] << 24 | (uint32_t)key->root[4 * i + 1] << 16 |
                           (uint32_t)key->root[4 * i + 2] << 8 | key->root[4 * i + 3];
    k->fee_slot = 2;
    k->auth.deadline = deadline();
    return wallet_submit(c->w, &r, signers);
}

/* ---- the table ---- */

#define OPT(name, value, help, fallback)                                                           \
    {                                                                                              \
        name, value, help, fallback, NULL, false                                                   \
    }
#define COMMON OPT("config", "FILE", "wallet.yaml", NULL), OPT("json", NULL, "answer as JSON", NULL)
#define CHAIN  OPT("chain", "INDEX", "chain of the deployment", NULL)
#define FEE    OPT("fee", "UNITS", "fee in the token", "0")
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, NULL, NULL, NULL, false                                                        \
    }

static struct arg args_address[] = {COMMON, END};
static struct arg args_derive[] = {COMMON, CHAIN, OPT("number", "N", "key number", "0"),
                                   OPT("height", "H", "12 or 18", "12"), END};
static struct arg args_chain[] = {COMMON, CHAIN, END};
static struct arg args_deposit[] = {
    COMMON,
    CHAIN,
    OPT("token", "ID", "token id (1 = ETH)", NULL),
    OPT("amount", "UNITS", "base units", NULL),
    OPT("account", "ID|new", "account to credit", "new"),
    OPT("slot", "N", "balance slot", "2"),
    OPT("with-key", NULL, "register a fresh key for the account", NULL),
    END};
static struct arg args_transfer[] = {COMMON,
                                     CHAIN,
                                     OPT("to", "ACCOUNT", "recipient's account id", NULL),
                                     OPT("token", "ID", "token id", NULL),
                                     OPT("amount", "UNITS", "base units", NULL),
                                     FEE,
                                     OPT("slot", "N|auto", "slot debited", "auto"),
                                     OPT("to-slot", "N|auto", "slot credited", "auto"),
                                     END};
static struct arg args_withdraw[] = {COMMON,
                                     CHAIN,
                                     OPT("token", "ID", "token id", NULL),
                                     OPT("amount", "UNITS", "base units", NULL),
                                     FEE,
                                     OPT("to", "ADDRESS", "L1 address paid (default: own)", ""),
                                     OPT("slot", "N|auto", "slot debited", "auto"),
                                     END};
static struct arg args_swap[] = {
    COMMON,
    CHAIN,
    OPT("pool", "ID", "pool half on --chain that takes the input", NULL),
    OPT("amount", "UNITS", "input", NULL),
    OPT("minimum", "UNITS", "least output", NULL),
    FEE,
    OPT("slot", "N|auto", "slot debited", "auto"),
    OPT("to-slot", "N|auto", "slot credited", "auto"),
    END};
static struct arg args_liquidity[] = {
    COMMON,
    CHAIN,
    OPT("pool", "ID", "pool half on --chain", NULL),
    OPT("shares", "N", "shares", NULL),
    OPT("limit", "UNITS", "most to pay (add) or least to get (remove) on --chain", NULL),
    OPT("other-limit", "UNITS", "the same on the other chain", NULL),
    FEE,
    END};
static struct arg args_create[] = {COMMON,
                                   CHAIN,
                                   OPT("token", "ID", "token on --chain", NULL),
                                   OPT("amount", "UNITS", "first liquidity on --chain", NULL),
                                   OPT("other-chain", "INDEX", "chain of the other half", NULL),
                                   OPT("other-token", "ID", "token there", NULL),
                                   OPT("other-amount", "UNITS", "first liquidity there", NULL),
                                   OPT("shares", "N", "shares, at least 1000000", NULL),
                                   OPT("fee-bps", "N", "swap fee, 1/100 %", "30"),
                                   OPT("cap-bps", "N", "daily outflow cap, 1/100 %", "2000"),
                                   END};
static struct arg args_exit[] = {COMMON, CHAIN, OPT("slot", "N", "slot to empty to L1", NULL), END};
static struct arg args_set_key[] = {COMMON, CHAIN, OPT("height", "H", "12 or 18", "12"), END};

static const struct verb {
    const char *name, *about;
    struct arg *args;
    enum err (*run)(struct context *c);
    bool is_operation; /* answers with an operation id */
} verbs[] = {
    {"address", "Prints the wallet's Ethereum address.", args_address, verb_address, false},
    {"derive", "Prints the root of a layer-2 key derived from the wallet.", args_derive,
     verb_derive, false},
    {"balance", "Prints the account and its balances on a chain.", args_chain, verb_balance, false},
    {"deposit", "Deposits from L1 into an account of the wallet's owner.", args_deposit,
     verb_deposit, false},
    {"transfer", "Pays another account on the same chain.", args_transfer, verb_transfer, true},
    {"withdraw", "Pays an L1 address on the same chain.", args_withdraw, verb_withdraw, true},
    {"swap", "Swaps through a pool; the output lands on the pool's other chain.", args_swap,
     verb_swap, true},
    {"add", "Adds liquidity to both halves of a pool.", args_liquidity, verb_add, true},
    {"remove", "Takes liquidity out of both halves of a pool.", args_liquidity, verb_remove, true},
    {"create-pool", "Creates a pool with its halves on two chains (or one).", args_create,
     verb_create_pool, true},
    {"exit", "Asks the L1 contract to pay out a slot, without the operator's consent.", args_exit,
     verb_exit, false},
    {"set-key", "Registers a fresh key by an L1 call of the owner.", args_set_key, verb_set_key,
     false},
    {"change-key", "Replaces the key by an operation signed with the old one.", args_chain,
     verb_change_key, true},
};

static void list_verbs(FILE *out)
{
    fprintf(out, "usage: hawser wallet VERB [options]   (hawser wallet VERB --help)\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        fprintf(out, "  %-12s %s\n", verbs[i].name, verbs[i].about);
}

static int finish(const struct verb *v, struct context *c, enum err err)
{
    bool json = args_flag(c->args, "json");
    if (err == ERR_OK && v->is_operation) {
        char id[67];
        hex_encode_0x(id, c->w->id, 32);
        if (json)
            printf("{\"ok\":true,\"id\":\"%s\",\"batch\":%u}\n", id, c->w->batch);
        else
            printf("accepted %s in batch %u\n", id, c->w->batch);
    } else if (err == ERR_OK && c->value[0] != '\0') {
        if (json)
            printf("{\"ok\":true,\"value\":\"%s\"}\n", c->value);
        else
            printf("%s\n", c->value);
    } else if (err == ERR_OK && json && v->run != verb_balance) {
        printf("{\"ok\":true}\n"); /* an L1 request: mined; its outcome comes with a batch */
    }
    if (err == ERR_OK) return 0;
    if (json && (err == ERR_REJECTED || err == ERR_NOT_FOUND))
        printf("{\"ok\":false,\"code\":\"%s\"}\n", c->w->code);
    fprintf(stderr, "hawser wallet %s: %s\n", v->name,
            c->w->error[0] != '\0' ? c->w->error : err_text(err));
    return err == ERR_ARG ? 2 : err == ERR_REJECTED ? EXIT_REFUSED : 1;
}

int command_wallet(int argc, char **argv)
{
    const struct verb *v = NULL;
    for (size_t i = 0; argc > 0 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(argv[0], verbs[i].name) == 0) v = &verbs[i];
    }
    if (v == NULL) {
        bool asked = argc > 0 && strcmp(argv[0], "--help") == 0;
        list_verbs(asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    char command[64];
    bool help = false;
    (void)snprintf(command, sizeof command, "wallet %s", v->name);
    if (args_parse(v->args, argc - 1, argv + 1, command, v->about, &help) != ERR_OK) return 2;
    if (help) return 0;
    struct wallet_config config;
    struct context c = {.args = v->args};
    char text[1100] = "";
    enum err err = wallet_config_load(&config, args_text(v->args, "config"), text, sizeof text);
    if (err == ERR_OK) err = wallet_open(&c.w, &config, text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser wallet: %s\n", text[0] != '\0' ? text : err_text(err));
        return 2;
    }
    int status = finish(v, &c, v->run(&c));
    wallet_close(c.w);
    return status;
}

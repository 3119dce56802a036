#include "core/batch/batch.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/batch/batch_internal.h"

struct op_auth *op_auth_of(struct op *op)
{
    switch (op->code) {
    case OP_TRANSFER: return &op->u.transfer.auth;
    case OP_WITHDRAW: return &op->u.withdraw.auth;
    case OP_CHANGE_KEY: return &op->u.change_key.auth;
    case OP_CREATE: return &op->u.create.auth;
    case OP_SWAP_IN: return &op->u.swap_in.order.auth;
    case OP_ADD:
    case OP_REMOVE: return &op->u.liquidity.auth;
    default: return NULL;
    }
}

static bool fees_ok(const struct batch_chain_config *c)
{
    bool ended = false;
    if (c->fee_account >= ACCOUNT_NEW) return false;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        const struct fee_slot *f = &c->fees[i];
        if (f->token == 0) {
            if (f->slot != 0) return false;
            ended = true;
            continue;
        }
        if (ended || c->fee_account == 0 || f->token >= TOKEN_SHARE_BIT) return false;
        if (f->slot < SLOT_BALANCE_MIN || f->slot >= SLOT_OWN_ONLY) return false;
        for (int j = 0; j < i; j++)
            if (c->fees[j].token == f->token) return false;
    }
    return true;
}

static enum err part_new(struct batch_part **out, const struct batch_config *config,
                         const struct batch_chain_config *chain)
{
    struct digest8 root;
    if (!fees_ok(chain)) return ERR_ARG;
    struct batch_part *p = calloc(1, sizeof *p);
    if (!p) return ERR_NOMEM;
    p->signatures = calloc(BATCH_SIGNATURES_MAX, sizeof p->signatures[0]);
    *out = p;
    if (!p->signatures) return ERR_NOMEM;
    p->state = chain->state;
    ERR_TRY(cells_root(p->state->cells, &root)); /* hashed: overlay and seal rely on it */
    overlay_init(&p->overlay, p->state->cells);
    if (config->limits) p->overlay.limits = config->limits;
    p->rules = (struct rules_chain){.chain = chain->state->chain,
                                    .time = config->time,
                                    .fee_account = chain->fee_account,
                                    .overlay = &p->overlay,
                                    .preimages = p->state->preimages,
                                    .trust_signatures = config->trust_signatures};
    deployment_elements(p->rules.dep, config->deployment_id);
    memcpy(p->rules.fee_slots, chain->fees, sizeof p->rules.fee_slots);
    p->n_bytes = SEGMENT_HEADER_BYTES;
    if (chain->fee_account == 0) return ERR_OK;
    /* The header opens the fee account once. */
    struct cell digest;
    if (!rules_peek_user(&p->rules, chain->fee_account, NULL, NULL, NULL)) return ERR_NOT_FOUND;
    p->rules.count.poseidon += 3;
    return overlay_get(&p->overlay, chain->fee_account, SLOT_IDENTITY, &digest);
}

enum err batch_begin(struct batch **out, const struct batch_config *config)
{
    if (config->n_chains == 0 || config->n_chains > BATCH_CHAINS_MAX || config->time == 0 ||
        config->slices_max > BATCH_SLICES_MAX ||
        config->participants_max > BATCH_PARTICIPANTS_MAX)
        return ERR_ARG;
    for (uint32_t i = 1; i < config->n_chains; i++)
        if (config->chains[i].state->chain <= config->chains[i - 1].state->chain) return ERR_ARG;
    struct batch *b = calloc(1, sizeof *b);
    if (!b) return ERR_NOMEM;
    b->config = *config;
    if (config->slices_max == 0) b->config.slices_max = BATCH_SLICES_MAX;
    if (config->participants_max == 0) b->config.participants_max = BATCH_PARTICIPANTS_MAX;
    enum err err = ERR_OK;
    for (uint32_t i = 0; i < config->n_chains && err == ERR_OK; i++) {
        err = part_new(&b->parts[i], config, &config->chains[i]);
        b->n_parts = i + 1;
    }
    if (err != ERR_OK) {
        batch_free(b);
        return err;
    }
    *out = b;
    return ERR_OK;
}

void batch_free(struct batch *b)
{
    if (!b) return;
    for (uint32_t i = 0; i < b->n_parts; i++) {
        if (!b->parts[i]) continue;
        free(b->parts[i]->signatures);
        free(b->parts[i]);
    }
    free(b);
}

void batch_check_signatures(struct batch *b)
{
    b->config.trust_signatures = false;
    for (uint32_t i = 0; i < b->n_parts; i++) b->parts[i]->rules.trust_signatures = false;
}

static struct batch_part *part_find(const struct batch *b, uint16_t chain)
{
    for (uint32_t i = 0; i < b->n_parts; i++)
        if (b->parts[i]->rules.chain == chain) return b->parts[i];
    return NULL;
}

/* Everything of a part that a push can move. */
struct part_mark {
    struct overlay_mark overlay;
    struct rules_count count;
    uint32_t n_ops, n_signatures, n_priority, n_withdrawals, n_bytes;
};

static struct part_mark part_mark(const struct batch_part *p)
{
    return (struct part_mark){overlay_mark(&p->overlay), p->rules.count,  p->n_ops,
                              p->n_signatures,           p->n_priority,   p->n_withdrawals,
                              p->n_bytes};
}

static void part_rollback(struct batch_part *p, const struct part_mark *m)
{
    overlay_rollback(&p->overlay, m->overlay);
    p->rules.count = m->count;
    p->n_ops = m->n_ops;
    p->n_signatures = m->n_signatures;
    p->n_priority = m->n_priority;
    p->n_withdrawals = m->n_withdrawals;
    p->n_bytes = m->n_bytes;
}

/* Poseidon calls of the tree: before and after for every row. */
static uint32_t poseidon_total(const struct batch_part *p)
{
    return p->rules.count.poseidon + 2 * p->overlay.n_tree_rows;
}

static enum rule_error limits_check(const struct batch_part *p)
{
    const struct batch_limits *l = p->overlay.limits;
    if (p->n_ops > l->records) return RULE_FULL_RECORDS;
    if (p->rules.count.signatures > l->signatures) return RULE_FULL_SIGNATURES;
    if (p->rules.count.tuples > l->tuples) return RULE_FULL_TUPLES;
    if (p->overlay.n_accesses > l->accesses) return RULE_FULL_ACCESSES;
    if (p->overlay.n_cells > l->cells) return RULE_FULL_CELLS;
    if (p->overlay.n_tree_rows > l->tree_rows) return RULE_FULL_TREE;
    if (poseidon_total(p) > l->poseidon) return RULE_FULL_POSEIDON;
    if (p->n_bytes > l->bytes) return RULE_FULL_BYTES;
    if (p->n_priority > l->priority) return RULE_FULL_PRIORITY;
    if (p->n_withdrawals > l->withdrawals) return RULE_FULL_WITHDRAWALS;
    return RULE_OK;
}

/* Appends an executed op to its chain's stream. */
static enum rule_error part_append(struct batch_part *p, const struct op *op)
{
    struct record record;
    const struct batch_limits *l = p->overlay.limits;
    if (p->n_ops == l->records) return RULE_FULL_RECORDS;
    if (p->rules.count.signatures > l->signatures) return RULE_FULL_SIGNATURES;
    struct op *slot = &p->ops[p->n_ops];
    *slot = *op;
    struct op_auth *auth = op_auth_of(slot);
    memset(&p->signers[p->n_ops], 0, sizeof p->signers[0]);
    if (auth) {
        struct user_cell user;
        if (!rules_peek_user(&p->rules, auth->account, &user, NULL, NULL)) return RULE_STATE;
        p->signers[p->n_ops] = user.owner;
        if (auth->signature) {
            p->signatures[p->n_signatures] = *auth->signature;
            auth->signature = &p->signatures[p->n_signatures++];
        }
    }
    record_from_op(&record, p->rules.chain, slot);
    p->n_bytes += record_size(&record);
    p->n_priority += op->code == OP_PRIORITY;
    p->n_withdrawals += op->code == OP_WITHDRAW;
    p->n_ops++;
    return RULE_OK;
}

/* One chain too many would take part. */
static bool participants_full(const struct batch *b, const struct batch_part *a,
                              const struct batch_part *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n_parts; i++)
        n += b->parts[i]->n_ops > 0 || b->parts[i] == a || b->parts[i] == c;
    return n > b->config.participants_max;
}

/* Signature `side` of the request, NULL if it is not there. */
static const struct xmss_signature *signature_of(const struct request *r, uint32_t side)
{
    return side < r->n_signatures ? &r->signatures[side] : NULL;
}

/* Runs the rules; ops[i] belongs to parts[i]. */
static enum rule_error request_apply(struct batch *b, struct batch_part *const parts[2],
                                     const struct request *r, struct op ops[2])
{
    struct rules_chain *chains[2] = {&parts[0]->rules, &parts[1]->rules};
    struct op_auth auth[2];
    switch (r->kind) {
    case REQUEST_OPEN:
        ops[0].code = OP_OPEN;
        ops[0].u.open = r->u.open;
        return rules_apply_local(chains[0], &ops[0]);
    case REQUEST_TRANSFER:
        ops[0].code = OP_TRANSFER;
        ops[0].u.transfer = r->u.transfer;
        ops[0].u.transfer.auth.signature = signature_of(r, 0);
        return rules_apply_local(chains[0], &ops[0]);
    case REQUEST_WITHDRAW:
        ops[0].code = OP_WITHDRAW;
        ops[0].u.withdraw = r->u.withdraw;
        ops[0].u.withdraw.auth.signature = signature_of(r, 0);
        return rules_apply_local(chains[0], &ops[0]);
    case REQUEST_CHANGE_KEY:
        ops[0].code = OP_CHANGE_KEY;
        ops[0].u.change_key = r->u.change_key;
        ops[0].u.change_key.auth.signature = signature_of(r, 0);
        return rules_apply_local(chains[0], &ops[0]);
    case REQUEST_PRIORITY:
        ops[0].code = OP_PRIORITY;
        ops[0].u.priority = r->u.priority;
        return rules_apply_priority(chains[0], &ops[0].u.priority);
    case REQUEST_SWAP: {
        struct swap_order order = r->u.swap;
        order.auth.signature = signature_of(r, 0);
        return rules_apply_swap(chains[0], chains[1], &order, b->x, &ops[0], &ops[1]);
    }
    case REQUEST_ADD:
    case REQUEST_REMOVE: {
        struct liquidity_order order = r->u.liquidity.order;
        order.kind = r->kind == REQUEST_ADD ? OP_ADD : OP_REMOVE;
        memcpy(auth, r->u.liquidity.auth, sizeof auth);
        for (uint32_t i = 0; i < 2; i++) auth[i].signature = signature_of(r, i);
        return rules_apply_liquidity(chains, &order, auth, b->x, ops);
    }
    case REQUEST_CREATE:
        memcpy(auth, r->u.create.auth, sizeof auth);
        for (uint32_t i = 0; i < 2; i++) auth[i].signature = signature_of(r, i);
        return rules_apply_create(chains, &r->u.create.order, auth, b->x, ops);
    default: return RULE_MALFORMED;
    }
}

/* Chains of the request's records; the second is the first for kinds with one record. */
static bool request_chains(const struct request *r, uint16_t chains[2], uint32_t *n_ops)
{
    *n_ops = 2;
    switch (r->kind) {
    case REQUEST_SWAP:
        chains[0] = r->u.swap.chain;
        chains[1] = r->u.swap.to_chain;
        return true;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        for (int i = 0; i < 2; i++) chains[i] = r->u.liquidity.order.side[i].chain;
        return true;
    case REQUEST_CREATE:
        for (int i = 0; i < 2; i++) chains[i] = r->u.create.order.side[i].chain;
        return true;
    default:
        *n_ops = 1;
        chains[0] = chains[1] = r->chain;
        return r->kind >= REQUEST_OPEN && r->kind <= REQUEST_PRIORITY;
    }
}

static void result_fill(struct push_result *result, struct batch_part *const parts[2],
                        uint32_t n_ops, const struct op ops[2])
{
    result->n_ops = n_ops;
    for (uint32_t i = 0; i < n_ops; i++) {
        bool last_of_chain = i + 1 == n_ops || parts[i] != parts[i + 1];
        result->chain[i] = parts[i]->rules.chain;
        result->record[i] = parts[i]->n_ops - (last_of_chain ? 1 : 2);
        result->op[i] = ops[i];
        struct op_auth *auth = op_auth_of(&result->op[i]);
        if (auth) auth->signature = NULL;
    }
}

enum rule_error batch_push(struct batch *b, const struct request *request,
                           struct push_result *result)
{
    uint16_t chains[2];
    uint32_t n_ops;
    struct op ops[2];
    memset(ops, 0, sizeof ops);
    if (result) memset(result, 0, sizeof *result);
    if (result) result->rule = RULE_MALFORMED;
    REQUIRE(!b->sealed);
    if (!request_chains(request, chains, &n_ops)) return RULE_MALFORMED;
    struct batch_part *parts[2] = {part_find(b, chains[0]), part_find(b, chains[1])};
    enum rule_error e = RULE_OK;
    if (!parts[0] || !parts[1]) e = RULE_CHAIN;
    else if (participants_full(b, parts[0], parts[1])) e = RULE_FULL_CHAINS;
    if (e != RULE_OK) {
        if (result) result->rule = e;
        return e;
    }
    struct part_mark mark[2] = {part_mark(parts[0]), part_mark(parts[1])};
    e = request_apply(b, parts, request, ops);
    for (uint32_t i = 0; i < n_ops && e == RULE_OK; i++) e = part_append(parts[i], &ops[i]);
    for (uint32_t i = 0; i < 2 && e == RULE_OK; i++) e = limits_check(parts[i]);
    if (e == RULE_OK) {
        b->x += n_ops == 2;
        if (result) result_fill(result, parts, n_ops, ops);
    } else {
        part_rollback(parts[0], &mark[0]);
        part_rollback(parts[1], &mark[1]);
    }
    if (result) result->rule = e;
    return e;
}

uint32_t batch_fullness(const struct batch *b, uint16_t chain, const char **limit)
{
    const struct batch_part *p = part_find(b, chain);
    if (limit) *limit = "none";
    if (!p) return 0;
    const struct batch_limits *l = p->overlay.limits;
    const struct {
        const char *name;
        uint32_t used, max;
    } rows[] = {
        {"records", p->n_ops, l->records},
        {"signatures", p->rules.count.signatures, l->signatures},
        {"half operations", p->rules.count.tuples, l->tuples},
        {"cell accesses", p->overlay.n_accesses, l->accesses},
        {"cells", p->overlay.n_cells, l->cells},
        {"tree rows", p->overlay.n_tree_rows, l->tree_rows},
        {"hashes", poseidon_total(p), l->poseidon},
        {"bytes", p->n_bytes, l->bytes},
        {"priority requests", p->n_priority, l->priority},
        {"withdrawals", p->n_withdrawals, l->withdrawals},
    };
    uint32_t most = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t share = rows[i].used * 1000 / rows[i].max;
        if (share < most) continue;
        most = share;
        if (limit) *limit = rows[i].name;
    }
    return most;
}

uint32_t batch_count_ops(const struct batch *b, uint16_t chain)
{
    const struct batch_part *p = part_find(b, chain);
    return p ? p->n_ops : 0;
}

uint32_t batch_count_all_ops(const struct batch *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n_parts; i++) n += b->parts[i]->n_ops;
    return n;
}

const struct rules_chain *batch_chain(const struct batch *b, uint16_t chain)
{
    const struct batch_part *p = part_find(b, chain);
    return p ? &p->rules : NULL;
}

void batch_peek(const struct batch *b, uint16_t chain, uint32_t account, uint8_t slot,
                struct cell *out)
{
    const struct batch_part *p = part_find(b, chain);
    memset(out, 0, sizeof *out);
    if (p && account <= ACCOUNT_NEW) overlay_peek(&p->overlay, account, slot, out);
}

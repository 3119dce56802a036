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

/* An empty part for the next slice: the header opens the fee account once. below: see struct overlay. */
static enum err part_reset(struct batch_part *p, const struct batch_config *config,
                           const struct batch_chain_config *chain, const struct overlay *below)
{
    struct cell digest;
    p->state = chain->state;
    overlay_init(&p->overlay, p->state->cells);
    p->overlay.below = below;
    if (config->limits) p->overlay.limits = config->limits;
    p->rules = (struct rules_chain){.chain = chain->state->chain,
                                    .time = config->time,
                                    .fee_account = chain->fee_account,
                                    .overlay = &p->overlay,
                                    .preimages = p->state->preimages,
                                    .trust_signatures = config->trust_signatures,
                                    .checked = config->checked};
    deployment_elements(p->rules.dep, config->deployment_id);
    memcpy(p->rules.fee_slots, chain->fees, sizeof p->rules.fee_slots);
    p->n_ops = p->n_signatures = p->n_priority = p->n_withdrawals = p->execution = 0;
    p->n_bytes = SEGMENT_HEADER_BYTES;
    if (chain->fee_account == 0) return ERR_OK;
    if (!rules_peek_user(&p->rules, chain->fee_account, NULL, NULL, NULL)) return ERR_NOT_FOUND;
    p->rules.count.poseidon += 3;
    return overlay_get(&p->overlay, chain->fee_account, SLOT_IDENTITY, &digest);
}

static void part_free(struct batch_part *p)
{
    if (p) free(p->signatures);
    free(p);
}

static struct batch_part *part_alloc(void)
{
    struct batch_part *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->signatures = calloc(BATCH_SIGNATURES_MAX, sizeof p->signatures[0]);
    if (p->signatures) return p;
    free(p);
    return NULL;
}

static enum err part_new(struct batch_part **out, const struct batch_config *config,
                         const struct batch_chain_config *chain)
{
    struct digest8 root;
    if (!fees_ok(chain)) return ERR_ARG;
    struct batch_part *p = part_alloc();
    if (!p) return ERR_NOMEM;
    *out = p;
    ERR_TRY(cells_root(chain->state->cells, &root)); /* hashed: overlay and seal rely on it */
    return part_reset(p, config, chain, NULL);
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
    if (!b->sealed) batch_slices_undo(b);
    for (uint32_t i = 0; i < b->n_parts; i++) part_free(b->parts[i]);
    for (uint32_t i = 0; i < 2; i++) part_free(b->spare[i]);
    free(b);
}

void batch_check_signatures(struct batch *b)
{
    b->config.trust_signatures = false;
    for (uint32_t i = 0; i < b->n_parts; i++) b->parts[i]->rules.trust_signatures = false;
}

struct batch_part *batch_part_find(const struct batch *b, uint16_t chain)
{
    for (uint32_t i = 0; i < b->n_parts; i++)
        if (b->parts[i]->rules.chain == chain) return b->parts[i];
    return NULL;
}

/* Everything of a part that a push can move. */
struct part_mark {
    struct overlay_mark overlay;
    struct rules_count count;
    uint32_t n_ops, n_signatures, n_priority, n_withdrawals, n_bytes, execution;
};

static struct part_mark part_mark(const struct batch_part *p)
{
    return (struct part_mark){overlay_mark(&p->overlay), p->rules.count,  p->n_ops,
                              p->n_signatures,           p->n_priority,   p->n_withdrawals,
                              p->n_bytes,                p->execution};
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
    p->execution = m->execution;
}

uint32_t batch_part_poseidon(const struct batch_part *p)
{
    return p->rules.count.poseidon + 2 * p->overlay.n_tree_rows;
}

enum rule_error batch_part_check(const struct batch_part *p, const struct batch_limits *l)
{
    if (p->n_ops > l->records) return RULE_FULL_RECORDS;
    if (p->rules.count.signatures > l->signatures) return RULE_FULL_SIGNATURES;
    if (p->rules.count.tuples > l->tuples) return RULE_FULL_TUPLES;
    if (p->overlay.n_accesses > l->accesses) return RULE_FULL_ACCESSES;
    if (p->overlay.n_cells > l->cells) return RULE_FULL_CELLS;
    if (p->overlay.n_tree_rows > l->tree_rows) return RULE_FULL_TREE;
    if (batch_part_poseidon(p) > l->poseidon) return RULE_FULL_POSEIDON;
    if (p->n_bytes > l->bytes) return RULE_FULL_BYTES;
    if (p->n_priority > l->priority) return RULE_FULL_PRIORITY;
    if (p->n_withdrawals > l->withdrawals) return RULE_FULL_WITHDRAWALS;
    return RULE_OK;
}

static uint32_t execution_of(const struct op *op)
{
    bool is_exit = op->code == OP_PRIORITY && op->u.priority.kind == PRIORITY_EXIT;
    if (op->code == OP_WITHDRAW || is_exit) return BATCH_EXECUTION_PAYMENT;
    return op->code == OP_PRIORITY ? BATCH_EXECUTION_REQUEST : 0;
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
    p->execution += execution_of(op);
    p->n_ops++;
    return RULE_OK;
}

/* One chain too many would take part. */
static bool participants_full(const struct batch *b, const struct batch_part *a,
                              const struct batch_part *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n_parts; i++) {
        const struct batch_part *p = b->parts[i];
        n += p->closed_ops > 0 || p->n_ops > 0 || p == a || p == c;
    }
    return n > b->config.participants_max;
}

/* One segment too many, if records of a and c enter the open slice or (next) one after it. */
static bool segments_full(const struct batch *b, const struct batch_part *a,
                          const struct batch_part *c, bool next)
{
    uint32_t n = b->n_traces + (next ? a == c ? 1 : 2 : 0);
    for (uint32_t i = 0; i < b->n_parts; i++) {
        const struct batch_part *p = b->parts[i];
        n += p->n_ops > 0 || (!next && (p == a || p == c));
    }
    return n > BATCH_SEGMENTS_MAX;
}

/* Signature `side` of the request, NULL if it is not there. */
static const struct xmss_signature *signature_of(const struct request *r, uint32_t side)
{
    return side < r->n_signatures ? &r->signatures[side] : NULL;
}

/* Runs the rules; ops[i] belongs to parts[i]. x: number of the pair. */
static enum rule_error request_apply(struct batch_part *const parts[2], const struct request *r,
                                     uint32_t x, struct op ops[2])
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
        return rules_apply_swap(chains[0], chains[1], &order, x, &ops[0], &ops[1]);
    }
    case REQUEST_ADD:
    case REQUEST_REMOVE: {
        struct liquidity_order order = r->u.liquidity.order;
        order.kind = r->kind == REQUEST_ADD ? OP_ADD : OP_REMOVE;
        memcpy(auth, r->u.liquidity.auth, sizeof auth);
        for (uint32_t i = 0; i < 2; i++) auth[i].signature = signature_of(r, i);
        return rules_apply_liquidity(chains, &order, auth, x, ops);
    }
    case REQUEST_CREATE:
        memcpy(auth, r->u.create.auth, sizeof auth);
        for (uint32_t i = 0; i < 2; i++) auth[i].signature = signature_of(r, i);
        return rules_apply_create(chains, &r->u.create.order, auth, x, ops);
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
        result->record[i] = parts[i]->closed_ops + parts[i]->n_ops - (last_of_chain ? 1 : 2);
        result->op[i] = ops[i];
        struct op_auth *auth = op_auth_of(&result->op[i]);
        if (auth) auth->signature = NULL;
    }
}

/* Applies the request within one slice, or leaves no trace. *whole: of a capacity error, that it is the
 * batch's and no slice has room. */
static enum rule_error slice_push(struct batch_part *const parts[2], const struct request *request,
                                  uint32_t n_ops, uint32_t x, struct op ops[2], bool *whole)
{
    struct part_mark mark[2] = {part_mark(parts[0]), part_mark(parts[1])};
    memset(ops, 0, 2 * sizeof ops[0]);
    *whole = false;
    if (n_ops == 2 && x >= parts[0]->overlay.limits->pairs) return RULE_FULL_PAIRS;
    enum rule_error e = request_apply(parts, request, x, ops);
    for (uint32_t i = 0; i < n_ops && e == RULE_OK; i++) e = part_append(parts[i], &ops[i]);
    for (uint32_t i = 0; i < 2 && e == RULE_OK; i++) e = batch_part_check(parts[i], parts[i]->overlay.limits);
    for (uint32_t i = 0; i < 2 && e == RULE_OK; i++) {
        const struct batch_part *p = parts[i];
        if (p->closed_bytes + p->n_bytes > BATCH_CHAIN_BYTES_MAX) e = RULE_FULL_BYTES;
        else if (p->closed_execution + p->execution > BATCH_EXECUTION_MAX) e = RULE_FULL_EXECUTION;
        *whole = e != RULE_OK;
    }
    if (e == RULE_OK) return RULE_OK;
    part_rollback(parts[0], &mark[0]);
    part_rollback(parts[1], &mark[1]);
    return e;
}

static uint32_t part_number(const struct batch *b, const struct batch_part *p)
{
    uint32_t i = 0;
    while (b->parts[i] != p) i++;
    return i;
}

/* Empty parts of the next slice for the chains of parts; values come from the open slice. */
static enum rule_error next_parts(struct batch *b, struct batch_part *const parts[2],
                                  struct batch_part *next[2])
{
    for (uint32_t i = 0; i < 2; i++) {
        const struct batch_part *p = parts[i];
        next[i] = b->spare[0];
        if (i == 1 && p == parts[0]) break;
        if (!b->spare[i]) b->spare[i] = part_alloc();
        if (!b->spare[i]) return RULE_NOMEM;
        next[i] = b->spare[i];
        enum err err = part_reset(next[i], &b->config, &b->config.chains[part_number(b, p)],
                                  &p->overlay);
        if (err != ERR_OK) return err == ERR_FULL ? RULE_FULL_ACCESSES : RULE_STATE;
        next[i]->closed_ops = p->closed_ops + p->n_ops;
        next[i]->closed_bytes = p->closed_bytes + p->n_bytes * (p->n_ops > 0);
        next[i]->closed_execution = p->closed_execution + p->execution;
    }
    return RULE_OK;
}

/* Applies the request as the first one of a new slice; only then the open one is closed: a refused
 * request must not show in the batch. parts become those of the new slice. */
static enum rule_error next_slice_push(struct batch *b, struct batch_part *parts[2],
                                       const struct request *request, uint32_t n_ops,
                                       struct op ops[2])
{
    struct batch_part *next[2];
    bool whole = false;
    enum rule_error e = next_parts(b, parts, next);
    if (e == RULE_OK) e = slice_push(next, request, n_ops, 0, ops, &whole);
    if (rule_error_is_capacity(e) && e != RULE_NOMEM && !whole) return RULE_TOO_LARGE;
    if (e != RULE_OK) return e;
    enum err err = batch_slice_close(b);
    if (err != ERR_OK) return err == ERR_NOMEM ? RULE_NOMEM : RULE_STATE;
    for (uint32_t i = 0; i < b->n_parts; i++) {
        struct batch_part *p = b->parts[i];
        uint32_t side = p == parts[0] ? 0 : p == parts[1] ? 1 : 2;
        if (side < 2) {
            b->parts[i] = next[side];
            b->spare[side] = p;
            next[side]->overlay.below = NULL;
        } else if (p->n_ops > 0) {
            p->closed_ops += p->n_ops;
            p->closed_bytes += p->n_bytes;
            p->closed_execution += p->execution;
            REQUIRE(part_reset(p, &b->config, &b->config.chains[i], NULL) == ERR_OK);
        }
    }
    parts[0] = next[0];
    parts[1] = next[1];
    b->x = 0;
    return RULE_OK;
}

enum rule_error batch_push(struct batch *b, const struct request *request,
                           struct push_result *result)
{
    uint16_t chains[2];
    uint32_t n_ops;
    struct op ops[2];
    bool whole = true;
    if (result) memset(result, 0, sizeof *result);
    if (result) result->rule = RULE_MALFORMED;
    REQUIRE(!b->sealed);
    if (!request_chains(request, chains, &n_ops)) return RULE_MALFORMED;
    struct batch_part *parts[2] = {batch_part_find(b, chains[0]), batch_part_find(b, chains[1])};
    enum rule_error e = RULE_OK;
    if (!parts[0] || !parts[1]) e = RULE_CHAIN;
    else if (participants_full(b, parts[0], parts[1])) e = RULE_FULL_CHAINS;
    else if (segments_full(b, parts[0], parts[1], false)) e = RULE_FULL_SEGMENTS;
    else e = slice_push(parts, request, n_ops, b->x, ops, &whole);
    if (rule_error_is_capacity(e) && e != RULE_NOMEM) {
        if (batch_count_all_ops(b) == 0) e = RULE_TOO_LARGE;
        else if (!whole && b->n_slices + 1 < b->config.slices_max &&
                 !segments_full(b, parts[0], parts[1], true))
            e = next_slice_push(b, parts, request, n_ops, ops);
    }
    if (e == RULE_OK) {
        b->x += n_ops == 2;
        if (result) result_fill(result, parts, n_ops, ops);
    }
    if (result) result->rule = e;
    return e;
}

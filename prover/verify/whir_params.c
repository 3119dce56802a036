#include "prover/verify/whir_params.h"

#include "common/base/require.h"
#include "common/field/kb5.h"
#include "prover/verify/labels.h"

uint32_t whir_round_vars(const struct whir_params *p, uint32_t i)
{
    uint32_t m = p->n_vars;
    REQUIRE(i <= p->n_rounds);
    for (uint32_t j = 0; j < i; j++) {
        REQUIRE(m >= p->rounds[j].fold);
        m -= p->rounds[j].fold;
    }
    return m;
}

uint32_t whir_leaf_log(const struct whir_params *p, uint32_t i)
{
    return whir_round_vars(p, i + 1) + p->rounds[i].log_inv_rate;
}

uint32_t whir_stack_vars(const struct whir_params *p)
{
    return p->n_vars - (p->pre > 0 ? 1u : 0u);
}

uint32_t whir_stack_lanes(const struct whir_params *p)
{
    return p->rounds[0].fold - (p->pre > 0 ? 1u : 0u);
}

uint32_t whir_pre_vars(const struct whir_params *p)
{
    REQUIRE(p->pre > 0);
    return whir_round_vars(p, 1) + p->pre - 1u;
}

size_t whir_pre_leaf_bytes(const struct whir_params *p)
{
    REQUIRE(p->pre > 0);
    return (size_t)4 << (p->pre - 1);
}

size_t whir_leaf_bytes(const struct whir_params *p, uint32_t i)
{
    return i == 0 ? (size_t)4 << whir_stack_lanes(p) : (size_t)KB5_BYTES << p->rounds[i].fold;
}

static bool round_in_limits(const struct whir_round *r)
{
    return r->fold >= 1 && r->fold <= WHIR_MAX_FOLD && r->log_inv_rate >= 1 &&
           r->log_inv_rate <= WHIR_MAX_LOG_INV_RATE && r->cap_log <= WHIR_MAX_CAP_LOG &&
           r->ood <= WHIR_MAX_OOD && r->queries >= 1 && r->queries <= WHIR_MAX_QUERIES &&
           r->query_grind <= WHIR_MAX_GRIND && r->fold_grind <= WHIR_MAX_GRIND;
}

/* In the Keccak profile a leaf of 64 bytes could be taken for an inner node. */
static bool leaf_may_be(const struct whir_params *p, size_t bytes)
{
    return p->profile != PROFILE_KECCAK || bytes != 64;
}

static bool pre_in_limits(const struct whir_params *p)
{
    if (p->pre == 0) return p->pre_cap == 0;
    const struct whir_round *r = &p->rounds[0];
    /* k_g <= k_0, and f keeps at least one variable */
    if (p->pre > r->fold || p->pre < WHIR_MIN_PRE_LANES + 1) return false;
    if (p->pre_cap > WHIR_MAX_PRE_CAP_LOG || p->pre_cap > whir_leaf_log(p, 0)) return false;
    if (p->profile == PROFILE_POSEIDON && p->pre_cap != 0) return false;
    return leaf_may_be(p, whir_pre_leaf_bytes(p));
}

/* What the Poseidon profile asks for besides. */
static bool poseidon_in_limits(const struct whir_params *p)
{
    if (p->logup_grind > WHIR_MAX_GRIND_POSEIDON || p->pre_cap != 0) return false;
    if (p->rounds[0].fold < WHIR_MIN_FOLD_POSEIDON + (p->pre > 0 ? 1 : 0)) return false;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *r = &p->rounds[i];
        if (r->cap_log != 0 || r->query_grind > WHIR_MAX_GRIND_POSEIDON ||
            r->fold_grind > WHIR_MAX_GRIND_POSEIDON)
            return false;
    }
    return true;
}

enum err whir_params_check(const struct whir_params *p)
{
    if (p->n_vars < 1 || p->n_vars > WHIR_MAX_VARS) return ERR_ARG;
    if (p->n_rounds < 1 || p->n_rounds > WHIR_MAX_ROUNDS) return ERR_ARG;
    if (p->regime != WHIR_UNIQUE && p->regime != WHIR_JOHNSON) return ERR_ARG;
    if (p->profile != PROFILE_KECCAK && p->profile != PROFILE_POSEIDON) return ERR_ARG;
    if (p->logup_grind > WHIR_MAX_GRIND) return ERR_ARG;
    if (p->profile == PROFILE_POSEIDON && !poseidon_in_limits(p)) return ERR_ARG;
    uint32_t m = p->n_vars;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *r = &p->rounds[i];
        if (!round_in_limits(r) || r->fold > m) return ERR_ARG;
        m -= r->fold;
        uint32_t leaf_log = m + r->log_inv_rate;
        if (leaf_log > KB_TWO_ADICITY || leaf_log < r->cap_log) return ERR_ARG;
        if (!leaf_may_be(p, whir_leaf_bytes(p, i))) return ERR_ARG;
        /* In the list-decoding regime an OOD sample pins the list down to one word. */
        if (p->regime == WHIR_JOHNSON && r->ood == 0) return ERR_ARG;
        /* A code word never grows from one round to the next. */
        if (i > 0 && r->log_inv_rate > p->rounds[i - 1].log_inv_rate + p->rounds[i - 1].fold)
            return ERR_ARG;
    }
    if (!pre_in_limits(p)) return ERR_ARG;
    return m <= WHIR_MAX_FINAL_VARS ? ERR_OK : ERR_ARG;
}

size_t whir_nonce_size(const struct whir_params *p)
{
    return p->profile == PROFILE_POSEIDON ? 4 : 8;
}

size_t whir_commit_size(const struct whir_params *p)
{
    return ((size_t)32 << p->rounds[0].cap_log) + (size_t)p->rounds[0].ood * KB5_BYTES;
}

size_t whir_open_size(const struct whir_params *p)
{
    const size_t sumcheck_round = 2 * KB5_BYTES;
    const uint32_t last = p->n_rounds - 1u;
    size_t size = 0;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *r = &p->rounds[i];
        size += r->fold * (sumcheck_round + (r->fold_grind > 0 ? whir_nonce_size(p) : 0));
        if (i != last) {
            const struct whir_round *next = &p->rounds[i + 1];
            size += ((size_t)32 << next->cap_log) + (size_t)next->ood * KB5_BYTES;
        } else {
            size += (size_t)KB5_BYTES << whir_round_vars(p, p->n_rounds);
        }
        if (r->query_grind > 0) size += whir_nonce_size(p);
        size_t path = (size_t)32 * (whir_leaf_log(p, i) - r->cap_log);
        size += r->queries * (whir_leaf_bytes(p, i) + path);
        if (i == 0 && p->pre > 0) {
            path = (size_t)32 * (whir_leaf_log(p, 0) - p->pre_cap);
            size += r->queries * (whir_pre_leaf_bytes(p) + path);
        }
    }
    return size + whir_round_vars(p, p->n_rounds) * sumcheck_round;
}

size_t whir_params_bytes(const struct whir_params *p, uint8_t out[WHIR_PARAMS_BYTES_MAX])
{
    size_t n = 0;
    REQUIRE(p->n_rounds <= WHIR_MAX_ROUNDS);
    out[n++] = 2; /* version of this serialisation */
    out[n++] = p->n_vars;
    out[n++] = p->n_rounds;
    out[n++] = p->regime;
    out[n++] = p->target_bits;
    out[n++] = p->logup_grind;
    out[n++] = p->profile;
    out[n++] = p->pre;
    out[n++] = p->pre_cap;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *r = &p->rounds[i];
        out[n++] = r->fold;
        out[n++] = r->log_inv_rate;
        out[n++] = r->cap_log;
        out[n++] = r->ood;
        out[n++] = (uint8_t)(r->queries >> 8);
        out[n++] = (uint8_t)r->queries;
        out[n++] = r->query_grind;
        out[n++] = r->fold_grind;
    }
    return n;
}

enum err whir_params_add_pre(struct whir_params *p, uint32_t lanes, uint32_t pre_cap)
{
    if (p->pre != 0 || p->n_vars >= WHIR_MAX_VARS || p->rounds[0].fold >= WHIR_MAX_FOLD)
        return ERR_ARG;
    if (lanes > WHIR_MAX_FOLD || pre_cap > WHIR_MAX_PRE_CAP_LOG) return ERR_ARG;
    struct whir_params out = *p;
    out.n_vars++;
    out.rounds[0].fold++;
    out.pre = (uint8_t)(lanes + 1);
    out.pre_cap = (uint8_t)pre_cap;
    ERR_TRY(whir_params_check(&out));
    *p = out;
    return ERR_OK;
}

/* ---- named sets: frozen numbers; tests/unit/prover/soundness recomputes the fewest queries ---- */

/* Folds and queries for one number of variables; the other numbers follow from the set. */
struct row {
    uint8_t n_rounds;
    uint8_t fold[WHIR_MAX_ROUNDS];
    uint16_t queries[WHIR_MAX_ROUNDS];
    uint8_t fold_grind[WHIR_MAX_ROUNDS];
};

enum { SET_MIN_VARS = 18, SET_MAX_VARS = 24, SET_ROWS = SET_MAX_VARS - SET_MIN_VARS + 1 };

/* The cap with the smallest proof: 2^cap nodes against cap siblings saved in each path. */
static uint8_t best_cap(uint32_t queries, uint32_t leaf_log)
{
    uint32_t cap = 0;
    while (cap < WHIR_MAX_CAP_LOG && cap < leaf_log && ((uint32_t)1 << cap) <= queries)
        cap++;
    return (uint8_t)cap;
}

static enum err fill_set(uint32_t n_vars, const struct row rows[SET_ROWS], struct whir_params *out)
{
    if (n_vars < SET_MIN_VARS || n_vars > SET_MAX_VARS) return ERR_RANGE;
    const struct row *row = &rows[n_vars - SET_MIN_VARS];
    const bool johnson = out->regime == WHIR_JOHNSON;
    out->n_vars = (uint8_t)n_vars;
    out->n_rounds = row->n_rounds;
    uint32_t log_inv_rate = 3, m = n_vars;
    for (uint32_t i = 0; i < row->n_rounds; i++) {
        struct whir_round *r = &out->rounds[i];
        m -= row->fold[i];
        r->fold = row->fold[i];
        r->log_inv_rate = (uint8_t)log_inv_rate;
        r->queries = row->queries[i];
        r->ood = johnson ? 1 : 0;
        r->query_grind = 16;
        r->fold_grind = row->fold_grind[i];
        r->cap_log = best_cap(r->queries, m + log_inv_rate);
        log_inv_rate += r->fold - 1u; /* the code word halves */
    }
    return whir_params_check(out);
}

enum err whir_params_l1(uint32_t n_vars, struct whir_params *out)
{
    static const struct row rows[SET_ROWS] = {
        {3, {5, 4, 4}, {57, 25, 17}, {0}},
        {3, {5, 4, 4}, {57, 25, 17}, {0}},
        {3, {5, 4, 4}, {57, 25, 17}, {0}},
        {3, {6, 4, 4}, {57, 22, 16}, {0}},
        {4, {5, 4, 4, 4}, {57, 25, 17, 13}, {0, 0, 1, 7}},
        {4, {5, 4, 4, 4}, {57, 25, 17, 13}, {0, 0, 2, 8}},
        {4, {6, 4, 4, 4}, {57, 22, 16, 13}, {0}},
    };
    *out = (struct whir_params){.regime = WHIR_JOHNSON, .target_bits = 100};
    return fill_set(n_vars, rows, out);
}

enum err whir_params_unique(uint32_t n_vars, struct whir_params *out)
{
    static const struct row rows[SET_ROWS] = {
        {3, {5, 4, 4}, {102, 85, 85}, {0}},
        {3, {5, 4, 4}, {102, 85, 85}, {0}},
        {3, {5, 4, 4}, {102, 85, 85}, {0}},
        {3, {6, 4, 4}, {102, 85, 85}, {0}},
        {4, {5, 4, 4, 4}, {102, 85, 85, 85}, {0}},
        {4, {5, 4, 4, 4}, {102, 85, 85, 85}, {0}},
        {4, {6, 4, 4, 4}, {102, 85, 85, 85}, {0}},
    };
    *out = (struct whir_params){.regime = WHIR_UNIQUE, .target_bits = 100};
    return fill_set(n_vars, rows, out);
}

enum err whir_params_test(uint32_t n_vars, struct whir_params *out)
{
    if (n_vars < 10 || n_vars > 16) return ERR_RANGE;
    uint8_t first = (uint8_t)(n_vars <= 12 ? 3 : 5);
    *out = (struct whir_params){
        .n_vars = (uint8_t)n_vars,
        .n_rounds = 3,
        .regime = WHIR_JOHNSON,
        .rounds = {{.fold = first, .log_inv_rate = 2, .cap_log = 2, .ood = 1, .queries = 3},
                   {.fold = 2, .log_inv_rate = (uint8_t)(first + 1), .cap_log = 1, .ood = 1,
                    .queries = 2},
                   {.fold = 2, .log_inv_rate = (uint8_t)(first + 2), .cap_log = 1, .ood = 1,
                    .queries = 2}},
    };
    return whir_params_check(out);
}

enum err whir_params_test_poseidon(uint32_t n_vars, struct whir_params *out)
{
    ERR_TRY(whir_params_test(n_vars, out));
    out->profile = PROFILE_POSEIDON;
    for (uint32_t i = 0; i < out->n_rounds; i++)
        out->rounds[i].cap_log = 0;
    return whir_params_check(out);
}

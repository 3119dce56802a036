/* auth, wots, step, path against the signer and verifier of common/xmss. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "common/xmss/xmss.h"
#include "core/tags.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/air/support.h"

static const uint64_t SEED = 20260104;
enum { OLD = 0, NEW = 8, PUBLICS = 16, CHAIN = 11155, OPS = 3 };

/* One signed operation and the account as it finds it. */
struct signed_op {
    uint32_t j, account, height, changes, lane, leaf, next[4];
    bool change_key;
    uint8_t owner[20];
    uint32_t root[5], message[8], digest[8], new_digest[8];
    struct xmss_signature sig;
};

struct world {
    struct rng rng;
    struct ir_system *s;
    struct witness *w;
    struct chain_trace *trace;
    uint8_t id[32];
    uint32_t dep[8];
};

static void elements(struct rng *rng, uint32_t *x, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        x[i] = (uint32_t)rng_below(rng, IR_P);
}

static struct ir_system *make_system(void)
{
    struct ir_system *s = ir_system_new("auth", 1, PUBLICS);
    air_add_range16(s);
    air_add_poseidon(s, 11);
    air_add_sponge(s, 8);
    air_add_tree(s, 8, OLD, NEW);
    air_add_access(s, 4);
    air_add_user(s, 2, 2);
    air_add_auth(s, 2, 5, 8, 6);
    add_asker(s, "ask", BUS_AUTH, 27, 2);
    add_asker(s, "new key", BUS_AUTH_NEW_KEY, 14, 1);
    add_taker(s, "byte", BUS_BYTE, 2, 3);
    add_lookup(s, "dep", BUS_DEP, 9);
    ir_system_finish(s);
    return s;
}

static uint32_t key_leaf_of(const struct signed_op *op)
{
    return (op->lane << (op->height - 2)) + op->leaf;
}

/* A signature by the real signer; the tree around its one leaf is made of random siblings. */
static void sign(struct world *e, struct signed_op *op)
{
    uint32_t pp[XMSS_PP], ends[XMSS_CHAINS][XMSS_DIGEST], leaf = key_leaf_of(op), calls = 0;
    uint8_t seed[32], digits[XMSS_CHAINS];
    rng_fill(&e->rng, seed, sizeof seed);
    rng_fill(&e->rng, op->owner, sizeof op->owner);
    elements(&e->rng, op->message, 8);
    xmss_public_parameter(pp, e->dep, CHAIN, op->owner);
    ck_assert_int_eq(xmss_sign_leaf(seed, leaf, op->message, pp, &op->sig), ERR_OK);
    ck_assert(xmss_encode(digits, NULL, op->message, op->sig.rho, leaf, pp));
    for (uint32_t c = 0; c < XMSS_CHAINS; c++) {
        memcpy(ends[c], op->sig.tips[c], sizeof ends[c]);
        for (uint32_t k = digits[c]; k < 3; k++)
            xmss_chain_step(ends[c], ends[c], c, k, leaf, pp);
    }
    uint32_t node[5];
    xmss_leaf_hash(node, (const uint32_t(*)[5])ends, leaf, pp);
    for (uint32_t l = 0; l < op->height; l++) {
        uint32_t *sibling = op->sig.path[l];
        elements(&e->rng, sibling, 5);
        if (leaf >> l & 1)
            xmss_node_hash(node, sibling, node, l + 1, leaf >> (l + 1), pp);
        else
            xmss_node_hash(node, node, sibling, l + 1, leaf >> (l + 1), pp);
    }
    memcpy(op->root, node, sizeof node);
    struct xmss_public pub = {.height = op->height};
    memcpy(pub.root, node, sizeof node);
    memcpy(pub.pp, pp, sizeof pp);
    ck_assert(xmss_verify_counted(&pub, leaf, op->message, &op->sig, &calls));
}

static void digest_of(const struct signed_op *op, uint32_t digest[8])
{
    uint32_t list[18] = {1, 1, op->height};
    for (uint32_t i = 0; i < 10; i++)
        list[3 + i] = (uint32_t)op->owner[2 * i] << 8 | op->owner[2 * i + 1];
    memcpy(list + 13, op->root, sizeof op->root);
    poseidon_sponge(TAG_USER, list, 18, digest);
}

/* Asks for the operations, each on its own account. NULL if refused. */
static struct ir_trace *run(struct world *e, struct signed_op *ops, uint32_t n, bool print)
{
    struct test_cell cells[2 * OPS];
    memset(cells, 0, sizeof cells);
    e->s = make_system();
    ck_assert_int_eq(witness_new(&e->w, e->s), ERR_OK);
    struct slot0_preimage *pre = calloc(n, sizeof *pre);
    ck_assert_ptr_nonnull(pre);
    uint32_t pos = 44;
    for (uint32_t i = 0; i < n; i++) {
        struct signed_op *op = &ops[i];
        digest_of(op, op->digest);
        memcpy(op->new_digest, op->digest, sizeof op->digest);
        if (op->change_key) elements(&e->rng, op->new_digest, 8);
        struct test_cell *c = &cells[2 * i];
        c[0] = (struct test_cell){.account = op->account, .slot = 0, .touched = true};
        c[1] = (struct test_cell){.account = op->account, .slot = 1, .touched = true};
        memcpy(c[0].before, op->digest, sizeof op->digest);
        memcpy(c[0].after, op->new_digest, sizeof op->digest);
        c[1].before[0] = op->changes;
        memcpy(c[1].before + 1, op->next, sizeof op->next);
        if (op->change_key) {
            c[1].after[0] = op->changes + 1;
        } else {
            memcpy(c[1].after, c[1].before, sizeof c[1].after);
            c[1].after[1 + op->lane] = op->leaf + 1;
        }
        pre[i] = (struct slot0_preimage){.kind = PREIMAGE_USER};
        memcpy(pre[i].digest.e, op->digest, sizeof op->digest);
        pre[i].user = (struct user_cell){.auth = 1, .height = (uint8_t)op->height};
        memcpy(pre[i].user.owner.bytes, op->owner, 20);
        memcpy(pre[i].user.root.e, op->root, sizeof op->root);

        uint32_t f[27] = {op->j, op->account, op->change_key, op->changes, op->lane, op->leaf};
        memcpy(f + 6, op->message, sizeof op->message);
        for (uint32_t k = 0; k < 10; k++)
            f[14 + k] = (uint32_t)op->owner[2 * k] << 8 | op->owner[2 * k + 1];
        uint32_t step = op->leaf - op->next[op->lane] + 1;
        f[24] = 64 * op->lane + (step < 64 ? step : 0);
        f[25] = pos;
        f[26] = step < 64 ? pos : pos + 4;
        ask_row(e->w, e->s, "ask", f, 27);
        if (step >= 64) {
            uint32_t record[4] = {0x0f, op->leaf >> 16, op->leaf >> 8 & 0xff, op->leaf & 0xff};
            for (uint32_t k = 0; k < 4; k++) {
                uint32_t b[2] = {pos + k, record[k]};
                ask_row(e->w, e->s, "byte", b, 2);
            }
        }
        pos = f[26] + 17;
        if (op->change_key) {
            uint32_t k[14] = {op->j};
            memcpy(k + 1, op->root, sizeof op->root);
            memcpy(k + 6, op->new_digest, sizeof op->new_digest);
            ask_row(e->w, e->s, "new key", k, 14);
        }
        w_signature(e->w, op->j, &op->sig);
    }
    uint32_t dep[9];
    memcpy(dep, e->dep, sizeof e->dep);
    dep[8] = CHAIN;
    ask_row(e->w, e->s, "dep", dep, 9);
    e->trace = test_trace(cells, 2 * n);
    e->trace->preimages = pre;
    e->trace->n_preimages = n;
    e->trace->chain = CHAIN;
    memcpy(e->trace->deployment_id, e->id, 32);
    set_roots(e->w, e->trace, OLD, NEW);
    if (print) return clean_trace(e->w, e->trace);
    struct ir_trace *tr = NULL;
    char text[256];
    if (witness_answer(e->w, e->trace) != ERR_OK || witness_take(e->w, &tr) != ERR_OK) return NULL;
    if (ir_mock_check(tr, text, sizeof text) == ERR_OK) return tr;
    ir_trace_free(tr);
    return NULL;
}

static void world_start(struct world *e)
{
    memset(e, 0, sizeof *e);
    rng_seed(&e->rng, SEED);
    rng_fill(&e->rng, e->id, 32);
    for (uint32_t i = 0; i < 8; i++) { /* state.md section 3 */
        const uint8_t *b = e->id + 4 * i;
        e->dep[i] = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) &
                    0x3fffffff;
    }
}

static void world_end(struct world *e, struct ir_trace *tr)
{
    ir_trace_free(tr);
    witness_free(e->w);
    test_trace_free(e->trace);
    ir_system_free(e->s);
}

/* Heights, lanes, an ESCAPE, a key change with the last leaf. */
static void three_operations(struct world *e, struct signed_op op[OPS])
{
    op[0] = (struct signed_op){.j = 1, .account = 77, .height = 12, .changes = 3, .lane = 2,
                               .leaf = 62, .next = {5, 0, 0, 1023}};
    op[1] = (struct signed_op){.j = 2, .account = 0xabcdef, .height = 18, .lane = 3,
                               .leaf = 65000, .next = {0, 0, 0, 64937}};
    op[2] = (struct signed_op){.j = 7, .account = 1, .height = 12, .changes = 9, .lane = 0,
                               .leaf = 1023, .next = {1023, 5, 6, 7}, .change_key = true};
    for (uint32_t i = 0; i < OPS; i++)
        sign(e, &op[i]);
}

START_TEST(signatures_of_the_signer_are_accepted)
{
    struct world e;
    struct signed_op op[OPS];
    world_start(&e);
    three_operations(&e, op);
    struct ir_trace *tr = run(&e, op, OPS, true);
    ck_assert_ptr_nonnull(tr);
    ck_assert_uint_le(e.s->max_degree, 3);
    uint32_t columns = 0;
    static const char *const tables[] = {"auth", "wots", "step", "path"};
    for (uint32_t i = 0; i < ARRAY_LEN(tables); i++)
        columns += e.s->tables[ir_table_find(e.s, tables[i])]->n_columns;
    printf("auth, wots, step, path: %u columns\n", (unsigned)columns);
    world_end(&e, tr);
}
END_TEST

START_TEST(every_changed_cell_of_a_trace_is_noticed)
{
    struct world e;
    struct signed_op op[OPS];
    world_start(&e);
    three_operations(&e, op);
    struct ir_trace *tr = run(&e, op, OPS, true);
    ck_assert_ptr_nonnull(tr);
    static const char *const tables[] = {"auth", "wots", "step", "path", "sponge"};
    uint32_t used[ARRAY_LEN(tables)];
    for (uint32_t i = 0; i < ARRAY_LEN(tables); i++)
        used[i] = w_rows_used(e.w, ir_table_find(e.s, tables[i]));
    static const struct mutant_allow allow[] = {
        {"auth", "", ROWS_PADDING, "an inactive row says nothing"},
        {"wots", "", ROWS_PADDING, "an inactive row says nothing"},
        {"step", "", ROWS_PADDING, "an inactive row says nothing"},
        {"path", "", ROWS_PADDING, "an inactive row says nothing"},
        {"sponge", "", ROWS_PADDING, "an inactive row says nothing"},
        {"auth", "leaf low", ROWS_ALL, "published with an ESCAPE only"},
    };
    struct mutant_report r = mutants_run(tr, tables, ARRAY_LEN(tables), used, 24, allow,
                                         ARRAY_LEN(allow), false);
    mutants_print("auth", &r);
    ck_assert_uint_eq(r.survivors, 0);
    world_end(&e, tr);
}
END_TEST

/* Each case changes one thing about a good operation. */
enum fault {
    FAULT_NONE, FAULT_RHO, FAULT_TIP, FAULT_PATH, FAULT_MESSAGE, FAULT_USED_LEAF, FAULT_LAST_LEAF,
    FAULT_LEAF_RANGE, FAULT_OWNER, FAULT_ROOT, FAULT_COUNT
};

START_TEST(a_wrong_signature_or_counter_has_no_trace)
{
    struct world e;
    world_start(&e);
    struct signed_op op = {.j = 4, .account = 9, .height = 12, .lane = 1, .leaf = 10,
                           .next = {0, 10, 0, 0}};
    if (_i == FAULT_USED_LEAF) op.next[1] = 11;
    if (_i == FAULT_LAST_LEAF) op.leaf = op.next[1] = 1023;
    if (_i == FAULT_LEAF_RANGE) op.leaf = op.next[1] = 1024; /* = lane 2, leaf 0 */
    sign(&e, &op);
    if (_i == FAULT_RHO) op.sig.rho[0] ^= 1;
    if (_i == FAULT_TIP) op.sig.tips[63][4] ^= 1;
    if (_i == FAULT_PATH) op.sig.path[11][0] ^= 1;
    if (_i == FAULT_MESSAGE) op.message[7] ^= 1;
    if (_i == FAULT_OWNER) op.owner[19] ^= 1;
    if (_i == FAULT_ROOT) op.root[0] ^= 1;
    struct ir_trace *tr = run(&e, &op, 1, _i == FAULT_NONE);
    ck_assert_msg((tr != NULL) == (_i == FAULT_NONE), "fault %d", _i);
    world_end(&e, tr);
}
END_TEST

static uint32_t *cell_of(struct ir_trace *tr, const char *table, const char *column, uint32_t row)
{
    uint32_t t = ir_table_find(tr->system, table);
    return &tr->tables[t].columns[ir_column_find(tr->system->tables[t], column)][row];
}

/* The second representation of a limb (p more) and the sum rule, on wots and auth rows alone. */
START_TEST(digits_are_those_of_the_hash_and_sum_to_123)
{
    struct world e;
    struct signed_op op[OPS];
    world_start(&e);
    three_operations(&e, op);
    struct ir_trace *tr = run(&e, op, OPS, true);
    ck_assert_ptr_nonnull(tr);
    char text[256];
    /* hi too large although the sum lo + 2^16 hi is unchanged mod p: hi + 2^-16, lo - 1 */
    uint32_t *hi = cell_of(tr, "wots", "hi", 0), *bit = cell_of(tr, "wots", "digit 0 bit 0", 0);
    uint32_t old_hi = *hi, old_bit = *bit, part = IR_P - (IR_P - 1) / 65536;
    *bit = 1 - old_bit;
    *hi = (uint32_t)((old_hi + (uint64_t)(old_bit == 1 ? part : IR_P - part)) % IR_P);
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
    *hi = old_hi;
    *bit = old_bit;
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_OK);
    /* a group that lies about the sum before it */
    uint32_t *sum = cell_of(tr, "wots", "sum", 3);
    (*sum)++;
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
    (*sum)--;
    world_end(&e, tr);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("air_auth");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    printf("seed %llu\n", (unsigned long long)SEED);
    tcase_add_test(c, signatures_of_the_signer_are_accepted);
    tcase_add_test(c, every_changed_cell_of_a_trace_is_noticed);
    tcase_add_loop_test(c, a_wrong_signature_or_counter_has_no_trace, 0, FAULT_COUNT);
    tcase_add_test(c, digits_are_those_of_the_hash_and_sum_to_123);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}

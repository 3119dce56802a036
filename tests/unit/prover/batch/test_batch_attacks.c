/* Attacks on the batch program. Each forged trace is right but for one rule (where said: two): its faults
 * are that rule's constraint or bus and nothing else, so without the rule it would be accepted. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/faults.h"
#include "tests/unit/prover/batch/fixture.h"

static const struct batch_size *const SIZE = &BATCH_SIZE_SMALL;
/* Chain 0 has segments in three pairings, chain 3 takes no part. */
static const char *const PLAN[3] = {"ttp-", "tt--", "t-t-"};
enum { K = 7, TIME = 0x12345678 };
static struct ir_system *sys;
static struct batch_case honest, c;
static struct ir_trace *tr;

static void setup(void)
{
    struct rng rng;
    rng_seed(&rng, 20261125);
    sys = batch_system_new(SIZE);
    batch_case_plan(&honest, &rng, 4, PLAN, 3);
    REQUIRE(honest.in.n_pairings == 3 && honest.in.n_segments == 7);
    batch_case_copy(&c, &honest);
}

static void teardown(void)
{
    ir_trace_free(tr);
    tr = NULL;
    ir_system_free(sys);
}

/* The trace of `c` with `edit` applied to its rows, also when the witness could not answer all. */
static void fill(void (*edit)(struct witness *))
{
    struct witness *w;
    uint16_t *halves = batch_free_halves(SIZE, &c.in);
    struct ir_trace *taken = NULL;
    REQUIRE(halves != NULL && witness_new(&w, sys) == ERR_OK);
    batch_fill_rows(w, SIZE, &c.in);
    if (edit) edit(w);
    ck_assert_msg(!w_failed(w), "%s", witness_error_text(w));
    batch_fill_tape(w, SIZE, halves);
    ck_assert_msg(!w_failed(w), "%s", witness_error_text(w));
    enum err err = batch_fill_answers(w, &taken);
    ck_assert_msg(err == ERR_OK || err == ERR_RANGE || err == ERR_MISMATCH, "%s",
                  witness_error_text(w));
    ir_trace_free(tr);
    tr = err == ERR_OK ? taken : w->tr;
    if (err != ERR_OK) w->tr = NULL;
    witness_free(w);
    free(halves);
}

static uint32_t *column(const char *table, const char *name)
{
    uint32_t t = ir_table_find(sys, table);
    REQUIRE(t != UINT32_MAX && ir_column_find(sys->tables[t], name) != UINT32_MAX);
    return tr->tables[t].columns[ir_column_find(sys->tables[t], name)];
}

static uint32_t *cell(struct witness *w, const char *table, const char *name, uint32_t row)
{
    uint32_t t = w_table(w, table);
    return &w->tr->tables[t].columns[w_column(w, t, name)][row];
}

/* The faults are a constraint "table: name" (or NULL) and these buses (ended by 0), nothing else. */
static void only(const char *what, const char *constraint, ...)
{
    struct faults f;
    char text[4096], name[160] = "", buses[128] = "";
    va_list args;
    uint32_t n = 0;
    faults_recount_range16(tr);
    faults_find(&f, tr);
    ck_assert_msg(ir_mock_check(tr, text, sizeof text) != ERR_OK, "%s is accepted", what);
    if (f.n_constraints > 0)
        snprintf(name, sizeof name, "%s: %s", f.constraint[0][0], f.constraint[0][1]);
    for (uint32_t i = 0; i < f.n_buses && i < 8; i++)
        snprintf(buses + strlen(buses), sizeof buses - strlen(buses), " %u", f.bus[i]);
    bool right = f.n_constraints == (constraint != NULL) &&
                 (constraint == NULL || strcmp(name, constraint) == 0);
    va_start(args, constraint);
    for (int bus = va_arg(args, int); bus != 0; bus = va_arg(args, int), n++) {
        bool found = false;
        for (uint32_t i = 0; i < f.n_buses; i++)
            found = found || f.bus[i] == bus;
        right = right && found;
    }
    va_end(args);
    ck_assert_msg(right && f.n_buses == n, "%s: %u constraints (%s), buses%s: %s", what,
                  (unsigned)f.n_constraints, name, buses, text);
}

static uint32_t *seg(uint32_t chain, uint32_t number)
{
    struct batch_segment *s = batch_case_segment(&c, chain, number);
    REQUIRE(s != NULL);
    return s->publics;
}

static uint32_t row_of(uint32_t chain, uint32_t number) /* in table segment */
{
    return (uint32_t)(batch_case_segment(&c, chain, number) - c.segments);
}

static void remove_side(uint32_t pairing, uint32_t chain)
{
    struct batch_pairing *p = &c.pairings[pairing];
    uint32_t at = 0;
    while (p->sides[at].chain != c.chains[chain].index)
        at++;
    memmove(p->sides + at, p->sides + at + 1, (--p->n_sides - at) * sizeof p->sides[0]);
}

START_TEST(the_honest_batch_has_no_fault)
{
    struct faults f;
    fill(NULL);
    faults_find(&f, tr);
    ck_assert_uint_eq(f.n_constraints + f.n_buses, 0);
}
END_TEST

/* ---- halves of operations that nobody pairs ---- */

static void no_tuples(struct witness *w)
{
    *cell(w, "segment", "has tuples", row_of(2, 1)) = 0;
    *cell(w, "segment", "has tuples inverse", row_of(2, 1)) = 0;
    *cell(w, "chain", "least pairing", 2) = 0;
}

static struct batch_case without; /* the tree's facts when a pairing is hidden */

static void hidden_pairing(struct witness *w)
{
    struct witness *v;
    uint32_t node = w_table(w, "node");
    REQUIRE(witness_new(&v, sys) == ERR_OK);
    batch_fill_rows(v, SIZE, &without.in);
    for (uint32_t i = 0; i < sys->tables[node]->n_columns; i++)
        memcpy(w->tr->tables[node].columns[i], v->tr->tables[node].columns[i],
               sizeof(uint32_t) << sys->tables[node]->log_height);
    for (uint32_t i = 0; i < 8; i++)
        w_public(w, BATCH_PUBLIC_FACTS + i, v->tr->publics[i]);
    witness_free(v);
}

START_TEST(no_leaf_escapes_its_pairing)
{
    /* a leaf whose tuples are not looked at */
    remove_side(2, 2);
    fill(no_tuples);
    only("tuples that are none", "segment: has tuples or x is zero", 0);

    /* a leaf whose side lies in a pairing that no proof is about: its chunks are taken, the pairing's row
     * is gone, and so is its fact in the tree */
    batch_case_copy(&c, &honest);
    struct batch_pairing *p = &c.pairings[c.in.n_pairings++];
    *p = c.pairings[2];
    p->n_sides = 1;
    p->sides[0].chain = c.chains[2].index;
    p->sides[0].count = seg(2, 1)[LEAF_TUPLE_COUNT];
    memcpy(p->sides[0].digest, seg(2, 1) + LEAF_TUPLE_DIGEST, sizeof p->sides[0].digest);
    remove_side(2, 2);
    batch_case_copy(&without, &c);
    without.in.n_pairings--;
    fill(hidden_pairing);
    uint32_t *on = column("pairing", "on"), *id = column("absorb", "id"),
             *i = column("absorb", "i");
    on[3] = 0;
    column("batch", "asked")[0] -= 1;
    for (uint32_t row = 0; row < 1u << SIZE->absorb; row++)
        if (id[row] == BATCH_SPONGE_PAIRING + 3 && i[row] < 2) column("absorb", "active")[row] = 0;
    only("a side of no pairing", NULL, BUS_SPONGE, 0);
}
END_TEST

START_TEST(the_root_of_facts_is_that_of_these_facts)
{
    uint32_t root = c.in.n_segments + c.in.n_pairings - 2;
    fill(NULL);
    tr->publics[BATCH_PUBLIC_FACTS + 3] = (tr->publics[BATCH_PUBLIC_FACTS + 3] + 1) % IR_P;
    only("another tree", NULL, BUS_FACT, 0);
    column("node", "digest[3]")[root] = tr->publics[BATCH_PUBLIC_FACTS + 3];
    only("another tree, as if its root were this one's", NULL, BUS_SPONGE, 0);
    /* a leaf's fact that is no hash of what the row says */
    fill(NULL);
    column("segment", "root_new[5]")[row_of(0, 2)] ^= 1;
    column("chain", "root_new[5]")[0] ^= 1;
    struct faults f;
    faults_find(&f, tr);
    ck_assert_uint_eq(f.n_buses, 2); /* the root's halves are the same old ones */
    ck_assert(f.bus[0] == BUS_SPONGE_IN || f.bus[1] == BUS_SPONGE_IN);
}
END_TEST

/* ---- segments ---- */

START_TEST(segments_are_the_chains_in_order)
{
    seg(0, 1)[LEAF_SEGMENT] = 5;
    fill(NULL);
    only("a gap in the numbers", NULL, BUS_SEGMENT, BUS_HALF, 0);

    batch_case_copy(&c, &honest);
    c.after[2].e[1] = 5; /* the state after is another than the leaf's */
    fill(NULL);
    only("another root after", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&c, &honest);
    c.before[1].e[7] = 5;
    fill(NULL);
    only("another root before", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&c, &honest);
    seg(0, 1)[LEAF_ROOT_OLD] = 5;
    fill(NULL);
    only("roots that do not meet", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&c, &honest);
    seg(1, 0)[LEAF_OF] = 3;
    fill(NULL);
    only("of 3", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&c, &honest);
    c.after[3].e[2] = 5;
    fill(NULL);
    only("a chain that takes no part", "chain: root stays without segments 2", 0);
}
END_TEST

START_TEST(leaves_and_pairings_are_of_this_batch)
{
    seg(1, 1)[LEAF_K] ^= 1;
    fill(NULL);
    only("k", NULL, BUS_SAME, 0);
    batch_case_copy(&c, &honest);
    c.pairings[1].time ^= 1;
    fill(NULL);
    only("T of a pairing", NULL, BUS_SAME, 0);
    batch_case_copy(&c, &honest);
    seg(0, 0)[LEAF_DEP + 1] |= 1u << 30;
    fill(NULL);
    only("a deployment with bit 30", NULL, BUS_SAME, 0);
}
END_TEST

START_TEST(pairings_make_no_circle)
{
    struct batch_pairing p = c.pairings[0];
    uint32_t a = 0, b = 0; /* chain 1's sides of pairings 0 and 1, exchanged */
    while (p.sides[a].chain != c.chains[1].index)
        a++;
    while (c.pairings[1].sides[b].chain != c.chains[1].index)
        b++;
    c.pairings[0].sides[a] = c.pairings[1].sides[b];
    c.pairings[1].sides[b] = p.sides[a];
    fill(NULL);
    only("a circle over two pairings", NULL, BUS_RANGE16, 0);
}
END_TEST

/* ---- limbs: numbers in another form than the statement's 16-bit halves ---- */

static void long_time(struct witness *w)
{
    *cell(w, "batch", "time[0]", 0) -= 1;
    *cell(w, "batch", "time[1]", 0) += 65536;
}
static void long_k(struct witness *w)
{
    *cell(w, "batch", "k[0]", 0) -= 1;
    *cell(w, "batch", "k[1]", 0) += 65536;
    *cell(w, "batch", "borrow", 0) = 0;
}
static void long_dep(struct witness *w)
{
    *cell(w, "batch", "low[2]", 0) += 65536;
    *cell(w, "batch", "low14[2]", 0) -= 1;
    *cell(w, "batch", "high[2]", 0) -= 1;
}
static void long_root(struct witness *w)
{
    uint32_t row = 0;
    while (*cell(w, "root", "half[0]", row) < 2)
        row++;
    *cell(w, "root", "half[0]", row) -= 1;
    *cell(w, "root", "half[1]", row) += 65536;
    *cell(w, "root", "inverse", row) = f_inv(0x7f00 - *cell(w, "root", "half[0]", row));
}

START_TEST(limbs_are_halves_of_the_tape)
{
    c.in.k = 0x70000 + K;
    c.in.time = TIME;
    for (uint32_t i = 0; i < c.in.n_segments; i++) {
        uint32_t *p = c.segments[i].publics;
        p[LEAF_K] = 65536 + K;
        p[LEAF_K + 1] = 6;
        p[LEAF_TIME] = TIME & 0xffff;
        p[LEAF_TIME + 1] = TIME >> 16;
    }
    for (uint32_t i = 0; i < c.in.n_pairings; i++)
        c.pairings[i].time = TIME;
    /* leaves with the number 65536 + 7, 6 for k; pairings do not name k, their rows do */
    fill(long_k);
    uint32_t *k0 = column("pairing", "k[0]"), *k1 = column("pairing", "k[1]");
    for (uint32_t i = 0; i < c.in.n_pairings; i++) {
        k0[i] = 65536 + K;
        k1[i] = 6;
    }
    only("k in other limbs", NULL, BUS_HALF, 0);

    batch_case_copy(&c, &honest);
    fill(long_dep);
    only("a word of the deployment in other halves", NULL, BUS_HALF, 0);
    fill(long_root);
    only("a root element in other halves", NULL, BUS_HALF, 0);
    c.in.time = TIME; /* all say TIME but for the statement: its leaves have T in other limbs */
    for (uint32_t i = 0; i < c.in.n_segments; i++) {
        c.segments[i].publics[LEAF_TIME] = 65536 + (TIME & 0xffff);
        c.segments[i].publics[LEAF_TIME + 1] = (TIME >> 16) - 1;
    }
    c.in.n_pairings = 0;
    for (uint32_t i = 0; i < c.in.n_segments; i++)
        c.segments[i].publics[LEAF_TUPLE_COUNT] = 0;
    fill(long_time);
    only("T in other limbs", NULL, BUS_HALF, 0);
}
END_TEST

/* ---- lists ---- */

static void fifth_chain(struct witness *w)
{
    *cell(w, "batch", "chains", 0) += 1;
}
static void fourth_participant(struct witness *w)
{
    *cell(w, "batch", "participants", 0) += 1;
}
static void same_id(struct witness *w)
{
    for (uint32_t i = 0; i < 4; i++) {
        char name[16], borrow[16];
        snprintf(name, sizeof name, "id[%u]", (unsigned)i);
        snprintf(borrow, sizeof borrow, "id borrow %u", (unsigned)i);
        *cell(w, "chain", name, 3) = *cell(w, "chain", name, 2);
        if (i < 3) *cell(w, "chain", borrow, 3) = 0;
    }
}

START_TEST(lists_are_the_chains)
{
    /* an entry beyond the last: all its halves would be free */
    fill(fifth_chain);
    only("one chain more than there are", NULL, BUS_CHAIN_LAST, 0);
    fill(fourth_participant);
    only("one participant more than there are", NULL, BUS_CHAIN_LAST, 0);
    fill(same_id);
    only("a chain twice", NULL, BUS_RANGE16, 0);
    c.chains[3].index = c.chains[0].index;
    fill(NULL);
    only("an index twice", NULL, BUS_RANGE16, 0);
}
END_TEST

/* ---- the tape ---- */

static void low_pubdata(struct witness *w)
{
    const uint32_t block = (1u << (SIZE->blocks - 1)) - 4;
    for (uint32_t i = 0; i < 2; i++)
        *cell(w, "segment", "start", row_of(1, i)) = block;
    *cell(w, "chain", "start", 1) = block;
}

static void unused_block(uint32_t block)
{
    for (uint32_t row = 8 * block; row < 8 * block + 8; row++) {
        column("blocks", "used")[row] = column("blocks", "first")[row] = 0;
        column("blocks", "last")[row] = 0;
        column("blocks", "end")[row] = 32 * block + 32;
    }
    for (uint32_t row = 16 * block; row < 16 * block + 16; row++) {
        column("words", "end")[row] = 32 * block + 32;
        column("words", "full")[row] = 1;
        column("words", "end 0")[row] = column("words", "end 1")[row] = 0;
        column("words", "length")[row] = 0;
        column("words", "take 0")[row] = column("words", "take 1")[row] = 0;
    }
}

START_TEST(pubdata_has_blocks_of_its_own)
{
    fill(low_pubdata); /* where messages end with another padding */
    only("pubdata among the statement's blocks", NULL, BUS_HALF, 0);

    /* two chains whose hashes are one and the same use the same blocks */
    for (uint32_t i = 0; i < 2; i++)
        memcpy(seg(2, i) + LEAF_SHA, seg(1, i) + LEAF_SHA, 16 * sizeof(uint32_t));
    fill(NULL);
    uint32_t *start = column("chain", "start"), old = start[2];
    start[2] = start[1];
    for (uint32_t i = 0; i < 2; i++)
        column("segment", "start")[row_of(2, i)] = start[1];
    for (uint32_t b = old; b < old + 2; b++)
        unused_block(b);
    const uint32_t digest = 32u * SIZE->stmt + STMT_LIST + 2 * STMT_ENTRY + 4;
    for (uint32_t pos = digest; pos < digest + 16; pos++)
        column("words", pos % 2 == 0 ? "take 0" : "take 1")[pos / 2] = 0;
    only("one message for two chains", NULL, BUS_HASH, BUS_HALF, 0);
}
END_TEST

/* A message that ends a half later, in the words, the blocks and their link: the asker says where. */
START_TEST(messages_end_where_their_askers_say)
{
    fill(NULL);
    const uint32_t block = column("chain", "start")[0], n = column("chain", "segments")[0];
    const uint32_t end = 32 * block + 16 * n;
    ck_assert_uint_eq(column("blocks", "end")[8 * block], end);
    uint32_t blocks = (16 * n + 5 + 31) / 32;
    for (uint32_t row = 8 * block; row < 8 * (block + blocks); row++)
        column("blocks", "to")[row] += 1;
    struct faults f;
    faults_find(&f, tr);
    ck_assert_uint_eq(f.n_buses, 2); /* HASH, and HALF of the digest */
    fill(NULL);
    for (uint32_t row = 8 * block; row < 8 * (block + blocks); row++)
        column("blocks", "start")[row] += 1;
    faults_find(&f, tr);
    ck_assert_uint_eq(f.n_constraints, 1); /* the message starts here */
    ck_assert_uint_eq(f.n_buses, 1);       /* and has another length */
    ck_assert_uint_eq(f.bus[0], BUS_SHA_LENGTH);
}
END_TEST

/* ---- rules that no other rule implies, though changes of one or two cells do not show it ---- */

static uint32_t *half(uint32_t pos)
{
    return &column("words", pos % 2 == 0 ? "half[0]" : "half[1]")[pos / 2];
}

static void hash_block(const struct sha_fill *s, uint32_t block, uint32_t hash[8])
{
    uint32_t words[16];
    for (uint32_t i = 0; i < 16; i++)
        words[i] = *half(32 * block + 2 * i) << 16 | *half(32 * block + 2 * i + 1);
    sha_fill_block(s, block, words, hash);
}

/* All messages from the tape as it is; digests to where they go. */
static void hash_again(void)
{
    struct witness w = {.system = sys, .tr = tr};
    struct sha_fill s;
    uint32_t hash[8];
    ck_assert(sha_fill_init(&s, &w));
    for (uint32_t b = s.n_blocks; b-- > 0;) {
        sha_fill_initial(hash);
        if (!column("blocks", "used")[8 * b]) hash_block(&s, b, hash);
        if (!column("blocks", "first")[8 * b]) continue;
        const uint32_t to = column("blocks", "to")[8 * b];
        for (uint32_t at = b; at == b || !column("blocks", "last")[8 * (at - 1)]; at++)
            hash_block(&s, at, hash);
        for (uint32_t i = 0; i < 16; i++) {
            uint32_t v = i % 2 == 0 ? hash[i / 2] >> 16 : hash[i / 2] & 0xffff;
            *(to == batch_tape_end(SIZE) ? &tr->publics[BATCH_PUBLIC_D_TO + i] : half(to + i)) = v;
        }
    }
}

START_TEST(what_lies_behind_a_message_is_its_padding)
{
    const uint32_t row = D_HALVES / 2;
    /* end and beyond at once: twice the padding is 0x8000 */
    fill(NULL);
    column("words", "full")[row] = IR_P - 1;
    *half(D_HALVES) = 0x4000;
    hash_again();
    only("0x40 as padding", "words: full is boolean", 0);
    /* data behind the end */
    fill(NULL);
    column("words", "full")[row + 1] = 1;
    *half(D_HALVES + 2) = 0x1234;
    hash_again();
    only("more behind the end", NULL, BUS_RANGE16, 0);
    /* one more block of zeros, and the length in there */
    fill(NULL);
    uint32_t b = SIZE->chains, end = column("blocks", "end")[8 * b];
    while (!column("blocks", "last")[8 * b])
        b++;
    ck_assert(!column("blocks", "used")[8 * (b + 1)]);
    const char *const same[4] = {"used", "last", "start", "to"};
    for (uint32_t k = 8 * b; k < 8 * b + 8; k++) {
        for (uint32_t i = 0; i < 4; i++)
            column("blocks", same[i])[k + 8] = column("blocks", same[i])[k];
        column("blocks", "last")[k] = 0;
        column("blocks", "end")[k + 8] = end;
    }
    for (uint32_t k = 16 * b + 16; k < 16 * b + 32; k++) {
        column("words", "end")[k] = end;
        column("words", "full")[k] = column("words", "end 0")[k] = column("words", "end 1")[k] = 0;
    }
    column("words", "length")[16 * b + 15] = 0;
    column("words", "length")[16 * b + 31] = 1;
    *half(32 * b + 63) = *half(32 * b + 31);
    *half(32 * b + 31) = 0;
    hash_again();
    only("a block of zeros more", NULL, BUS_RANGE16, 0);
}
END_TEST

/* A chain that is not in the list takes part all the same: what it sends to the statement's list lands in
 * a block that no message uses. Its root is the same before and after. */
enum { OFF_LIST = 4, STRANGER = 999 };
static uint32_t dump_block;

static void stranger(struct witness *w)
{
    const uint32_t entry = 32 * dump_block, list = 32u * SIZE->stmt + STMT_LIST;
    uint32_t *p = c.segments[c.in.n_segments - 1].publics, row = c.in.n_segments - 1;
    const uint32_t start = dump_block + 1;
    *cell(w, "segment", "start", row) = *cell(w, "chain", "start", OFF_LIST) = start;
    *cell(w, "segment", "byte before", row) = 1;
    *cell(w, "chain", "participant", OFF_LIST) = 1;
    *cell(w, "chain", "index", OFF_LIST) = STRANGER;
    *cell(w, "chain", "segments", OFF_LIST) = 1;
    *cell(w, "chain", "segments_inverse", OFF_LIST) = 1;
    *cell(w, "chain", "last byte", OFF_LIST) = p[LEAF_SHA + 15] & 0xff;
    *cell(w, "chain", "participants before", OFF_LIST) =
        f_mul(f_add(entry, IR_P - list), f_inv(STMT_ENTRY));
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "root_old[%u]", (unsigned)i);
        *cell(w, "chain", name, OFF_LIST) = p[LEAF_ROOT_OLD + i];
        snprintf(name, sizeof name, "root_new[%u]", (unsigned)i);
        *cell(w, "chain", name, OFF_LIST) = p[LEAF_ROOT_NEW + i];
    }
}

START_TEST(a_chain_outside_the_list_takes_no_part)
{
    c.segments[c.in.n_segments++] = *batch_case_segment(&c, 2, 0);
    uint32_t *p = c.segments[c.in.n_segments - 1].publics;
    p[LEAF_CHAIN] = STRANGER;
    p[LEAF_SEGMENT] = 0;
    p[LEAF_OF] = 1;
    memcpy(p + LEAF_ROOT_NEW, p + LEAF_ROOT_OLD, 8 * sizeof *p);
    ck_assert_uint_eq(p[LEAF_TUPLE_COUNT], 0);
    dump_block = (1u << SIZE->blocks) - 4;
    fill(stranger);
    /* the 20 halves are taken where they land */
    for (uint32_t row = 8 * dump_block; row < 8 * dump_block + 8; row++)
        column("blocks", "end")[row] = 32 * dump_block + 32;
    for (uint32_t row = 16 * dump_block; row < 16 * dump_block + 16; row++) {
        bool used = row < 16 * dump_block + STMT_ENTRY / 2;
        column("words", "end")[row] = 32 * dump_block + 32;
        column("words", "full")[row] = 1;
        column("words", "take 0")[row] = column("words", "take 1")[row] = used;
    }
    hash_again(); /* the digest comes to the block */
    hash_again(); /* which is hashed again */
    only("a leaf of a chain that is not in the list", "chain: participants are in the list", 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch attacks");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_honest_batch_has_no_fault);
    tcase_add_test(tc, no_leaf_escapes_its_pairing);
    tcase_add_test(tc, the_root_of_facts_is_that_of_these_facts);
    tcase_add_test(tc, segments_are_the_chains_in_order);
    tcase_add_test(tc, leaves_and_pairings_are_of_this_batch);
    tcase_add_test(tc, pairings_make_no_circle);
    tcase_add_test(tc, limbs_are_halves_of_the_tape);
    tcase_add_test(tc, lists_are_the_chains);
    tcase_add_test(tc, pubdata_has_blocks_of_its_own);
    tcase_add_test(tc, messages_end_where_their_askers_say);
    tcase_add_test(tc, what_lies_behind_a_message_is_its_padding);
    tcase_add_test(tc, a_chain_outside_the_list_takes_no_part);
    suite_add_tcase(s, tc);
    return check_main(s);
}

/* Attacks on the batch program: facts, segments, lists. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/forge.h"

static void remove_side(uint32_t pairing, uint32_t chain)
{
    struct batch_pairing *p = &forge_case.pairings[pairing];
    uint32_t at = 0;
    while (p->sides[at].chain != forge_case.chains[chain].index)
        at++;
    memmove(p->sides + at, p->sides + at + 1, (--p->n_sides - at) * sizeof p->sides[0]);
}

START_TEST(the_honest_batch_has_no_fault)
{
    struct faults f;
    forge_fill(NULL);
    faults_find(&f, forge_trace);
    ck_assert_uint_eq(f.n_constraints + f.n_buses, 0);
}
END_TEST

/* ---- halves of operations that nobody pairs ---- */

static void no_tuples(struct witness *w)
{
    *forge_cell(w, "segment", "has tuples", forge_row_of(2, 1)) = 0;
    *forge_cell(w, "segment", "has tuples inverse", forge_row_of(2, 1)) = 0;
    *forge_cell(w, "chain", "least pairing", 2) = 0;
}

static struct batch_case without; /* the tree's facts when a pairing is hidden */

static void hidden_pairing(struct witness *w)
{
    struct witness *v;
    uint32_t node = w_table(w, "node");
    REQUIRE(witness_new(&v, forge_sys) == ERR_OK);
    batch_fill_rows(v, forge_size, &without.in);
    for (uint32_t i = 0; i < forge_sys->tables[node]->n_columns; i++)
        memcpy(w->tr->tables[node].columns[i], v->tr->tables[node].columns[i],
               sizeof(uint32_t) << forge_sys->tables[node]->log_height);
    for (uint32_t i = 0; i < 8; i++)
        w_public(w, BATCH_PUBLIC_FACTS + i, v->tr->publics[i]);
    witness_free(v);
}

START_TEST(no_leaf_escapes_its_pairing)
{
    /* a leaf whose tuples are not looked at */
    remove_side(2, 2);
    forge_fill(no_tuples);
    forge_only("tuples that are none", "segment: has tuples or x is zero", 0);

    /* a leaf whose side lies in a pairing that no proof is about: its chunks are taken, the pairing's row
     * is gone, and so is its fact in the tree */
    batch_case_copy(&forge_case, &forge_honest);
    struct batch_pairing *p = &forge_case.pairings[forge_case.in.n_pairings++];
    *p = forge_case.pairings[2];
    p->n_sides = 1;
    p->sides[0].chain = forge_case.chains[2].index;
    p->sides[0].count = forge_seg(2, 1)[LEAF_TUPLE_COUNT];
    memcpy(p->sides[0].digest, forge_seg(2, 1) + LEAF_TUPLE_DIGEST, sizeof p->sides[0].digest);
    remove_side(2, 2);
    batch_case_copy(&without, &forge_case);
    without.in.n_pairings--;
    forge_fill(hidden_pairing);
    uint32_t *on = forge_column("pairing", "on"), *id = forge_column("absorb", "id"),
             *i = forge_column("absorb", "i");
    on[3] = 0;
    forge_column("batch", "asked")[0] -= 1;
    for (uint32_t row = 0; row < 1u << forge_size->absorb; row++)
        if (id[row] == BATCH_SPONGE_PAIRING + 3 && i[row] < 2)
            forge_column("absorb", "active")[row] = 0;
    forge_only("a side of no pairing", NULL, BUS_SPONGE, 0);
}
END_TEST

START_TEST(the_root_of_facts_is_that_of_these_facts)
{
    uint32_t root = forge_case.in.n_segments + forge_case.in.n_pairings - 2;
    forge_fill(NULL);
    forge_trace->publics[BATCH_PUBLIC_FACTS + 3] =
        (forge_trace->publics[BATCH_PUBLIC_FACTS + 3] + 1) % IR_P;
    forge_only("another tree", NULL, BUS_FACT, 0);
    forge_column("node", "digest[3]")[root] = forge_trace->publics[BATCH_PUBLIC_FACTS + 3];
    forge_only("another tree, as if its root were this one's", NULL, BUS_SPONGE, 0);
    /* a leaf's fact that is no hash of what the row says */
    forge_fill(NULL);
    forge_column("segment", "root_new[5]")[forge_row_of(0, 2)] ^= 1;
    forge_column("chain", "root_new[5]")[0] ^= 1;
    struct faults f;
    faults_find(&f, forge_trace);
    ck_assert_uint_eq(f.n_buses, 2); /* the root's halves are the same old ones */
    ck_assert(f.bus[0] == BUS_SPONGE_IN || f.bus[1] == BUS_SPONGE_IN);
}
END_TEST

/* ---- segments ---- */

START_TEST(segments_are_the_chains_in_order)
{
    forge_seg(0, 1)[LEAF_SEGMENT] = 5;
    forge_fill(NULL);
    forge_only("a gap in the numbers", NULL, BUS_SEGMENT, BUS_HALF, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_case.after[2].e[1] = 5; /* the state after is another than the leaf's */
    forge_fill(NULL);
    forge_only("another root after", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_case.before[1].e[7] = 5;
    forge_fill(NULL);
    forge_only("another root before", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_seg(0, 1)[LEAF_ROOT_OLD] = 5;
    forge_fill(NULL);
    forge_only("roots that do not meet", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_seg(1, 0)[LEAF_OF] = 3;
    forge_fill(NULL);
    forge_only("of 3", NULL, BUS_SEGMENT, 0);

    batch_case_copy(&forge_case, &forge_honest);
    forge_case.after[3].e[2] = 5;
    forge_fill(NULL);
    forge_only("a chain that takes no part", "chain: root stays without segments 2", 0);
}
END_TEST

START_TEST(leaves_and_pairings_are_of_this_batch)
{
    forge_seg(1, 1)[LEAF_K] ^= 1;
    forge_fill(NULL);
    forge_only("k", NULL, BUS_SAME, 0);
    batch_case_copy(&forge_case, &forge_honest);
    forge_case.pairings[1].time ^= 1;
    forge_fill(NULL);
    forge_only("T of a pairing", NULL, BUS_SAME, 0);
    batch_case_copy(&forge_case, &forge_honest);
    forge_seg(0, 0)[LEAF_DEP + 1] |= 1u << 30;
    forge_fill(NULL);
    forge_only("a deployment with bit 30", NULL, BUS_SAME, 0);
}
END_TEST

START_TEST(pairings_make_no_circle)
{
    struct batch_pairing p = forge_case.pairings[0];
    uint32_t a = 0, b = 0; /* chain 1's sides of pairings 0 and 1, exchanged */
    while (p.sides[a].chain != forge_case.chains[1].index)
        a++;
    while (forge_case.pairings[1].sides[b].chain != forge_case.chains[1].index)
        b++;
    forge_case.pairings[0].sides[a] = forge_case.pairings[1].sides[b];
    forge_case.pairings[1].sides[b] = p.sides[a];
    forge_fill(NULL);
    forge_only("a circle over two pairings", NULL, BUS_RANGE16, 0);
}
END_TEST

/* ---- lists ---- */

static void fifth_chain(struct witness *w)
{
    *forge_cell(w, "batch", "chains", 0) += 1;
}
static void fourth_participant(struct witness *w)
{
    *forge_cell(w, "batch", "participants", 0) += 1;
}
static void same_id(struct witness *w)
{
    for (uint32_t i = 0; i < 4; i++) {
        char name[16], borrow[16];
        snprintf(name, sizeof name, "id[%u]", (unsigned)i);
        snprintf(borrow, sizeof borrow, "id borrow %u", (unsigned)i);
        *forge_cell(w, "chain", name, 3) = *forge_cell(w, "chain", name, 2);
        if (i < 3) *forge_cell(w, "chain", borrow, 3) = 0;
    }
}

START_TEST(lists_are_the_chains)
{
    /* an entry beyond the last: all its halves would be free */
    forge_fill(fifth_chain);
    forge_only("one chain more than there are", NULL, BUS_CHAIN_LAST, 0);
    forge_fill(fourth_participant);
    forge_only("one participant more than there are", NULL, BUS_CHAIN_LAST, 0);
    forge_fill(same_id);
    forge_only("a chain twice", NULL, BUS_RANGE16, 0);
    forge_case.chains[3].index = forge_case.chains[0].index;
    forge_fill(NULL);
    forge_only("an index twice", NULL, BUS_RANGE16, 0);
}
END_TEST

/* A chain that is not in the list takes part all the same: what it sends to the statement's list lands in
 * a block that no message uses. Its root is the same before and after. */
enum { OFF_LIST = 4, STRANGER = 999 };
static uint32_t dump_block;

static void stranger(struct witness *w)
{
    const uint32_t entry = 32 * dump_block, list = 32u * forge_size->stmt + STMT_LIST;
    uint32_t *p = forge_case.segments[forge_case.in.n_segments - 1].publics,
             row = forge_case.in.n_segments - 1;
    const uint32_t start = dump_block + 1;
    *forge_cell(w, "segment", "start", row) = *forge_cell(w, "chain", "start", OFF_LIST) = start;
    *forge_cell(w, "segment", "byte before", row) = 1;
    *forge_cell(w, "chain", "participant", OFF_LIST) = 1;
    *forge_cell(w, "chain", "index", OFF_LIST) = STRANGER;
    *forge_cell(w, "chain", "segments", OFF_LIST) = 1;
    *forge_cell(w, "chain", "segments_inverse", OFF_LIST) = 1;
    *forge_cell(w, "chain", "last byte", OFF_LIST) = p[LEAF_SHA + 15] & 0xff;
    *forge_cell(w, "chain", "participants before", OFF_LIST) =
        f_mul(f_add(entry, IR_P - list), f_inv(STMT_ENTRY));
    for (uint32_t i = 0; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "root_old[%u]", (unsigned)i);
        *forge_cell(w, "chain", name, OFF_LIST) = p[LEAF_ROOT_OLD + i];
        snprintf(name, sizeof name, "root_new[%u]", (unsigned)i);
        *forge_cell(w, "chain", name, OFF_LIST) = p[LEAF_ROOT_NEW + i];
    }
}

START_TEST(a_chain_outside_the_list_takes_no_part)
{
    forge_case.segments[forge_case.in.n_segments++] = *batch_case_segment(&forge_case, 2, 0);
    uint32_t *p = forge_case.segments[forge_case.in.n_segments - 1].publics;
    p[LEAF_CHAIN] = STRANGER;
    p[LEAF_SEGMENT] = 0;
    p[LEAF_OF] = 1;
    memcpy(p + LEAF_ROOT_NEW, p + LEAF_ROOT_OLD, 8 * sizeof *p);
    ck_assert_uint_eq(p[LEAF_TUPLE_COUNT], 0);
    dump_block = (1u << forge_size->blocks) - 4;
    forge_fill(stranger);
    /* the 20 halves are taken where they land */
    for (uint32_t row = 8 * dump_block; row < 8 * dump_block + 8; row++)
        forge_column("blocks", "end")[row] = 32 * dump_block + 32;
    for (uint32_t row = 16 * dump_block; row < 16 * dump_block + 16; row++) {
        bool used = row < 16 * dump_block + STMT_ENTRY / 2;
        forge_column("words", "end")[row] = 32 * dump_block + 32;
        forge_column("words", "full")[row] = 1;
        forge_column("words", "take 0")[row] = forge_column("words", "take 1")[row] = used;
    }
    forge_hash_again(); /* the digest comes to the block */
    forge_hash_again(); /* which is hashed again */
    forge_only("a leaf of a chain that is not in the list", "chain: participants are in the list",
               0);
}
END_TEST

/* ---- buses, each alone ---- */

/* The hash that the leaf states, split in "bytes" so that their halves are any: other published bytes. */
static void other_pubdata(struct witness *w)
{
    const uint32_t row = forge_row_of(1, 1), *p = forge_seg(1, 1);
    uint32_t byte[32], t[16] = {0};
    for (uint64_t tries = 0;; tries++) {
        t[14] = (uint32_t)(tries >> 16);
        t[15] = tries & 0xffff;
        uint32_t before = *forge_cell(w, "segment", "byte before", row);
        for (uint32_t i = 0; i < 16; i++) {
            byte[2 * i] = f_add(t[i], IR_P - f_mul(256, before));
            before = byte[2 * i + 1] = f_add(p[LEAF_SHA + i], IR_P - f_mul(256, byte[2 * i]));
        }
        if (f_add(f_mul(256, byte[31]), 128) < 65536) break; /* the end is a half as well */
    }
    for (uint32_t i = 0; i < 32; i++) {
        char name[16];
        snprintf(name, sizeof name, "byte[%u]", (unsigned)i);
        *forge_cell(w, "segment", name, row) = byte[i];
    }
    *forge_cell(w, "chain", "last byte", 1) = byte[31];
}
static void other_root(struct witness *w)
{
    uint32_t row = 16 * 1 + 8; /* chain 1, after, element 0 */
    *forge_cell(w, "root", "half[0]", row) = 1;
    *forge_cell(w, "root", "half[1]", row) = 2;
    *forge_cell(w, "root", "inverse", row) = f_inv(0x7f00 - 1);
}
static void forged_sorting(struct witness *w)
{
    for (uint32_t i = 0; i < 4; i++)
        *forge_cell(w, "chain", "sorted", i) = 1 + i;
    for (uint32_t i = 1; i < 4; i++)
        *forge_cell(w, "chain", "sorted_before", i) = i;
}
static void forged_id_before(struct witness *w)
{
    same_id(w);
    uint32_t *lowest = forge_cell(w, "chain", "id_before[3]", 3);
    REQUIRE(*lowest > 0);
    *lowest -= 1;
}

START_TEST(each_link_is_needed)
{
    forge_fill(other_pubdata);
    forge_only("other published bytes", NULL, BUS_BYTE2, 0);
    forge_fill(other_root);
    forge_only("another final root", NULL, BUS_ROOT, 0);
    forge_fill(forged_id_before);
    forge_only("a chain twice, the id before forged", NULL, BUS_CHAIN_LINK, 0);
    forge_case.chains[3].index = forge_case.chains[0].index;
    forge_fill(forged_sorting);
    forge_only("an index twice, sorted as if it were not", NULL, BUS_INDEX, 0);
    /* a leaf of another batch in a row that says this one */
    batch_case_copy(&forge_case, &forge_honest);
    uint32_t k = forge_seg(0, 1)[LEAF_K];
    forge_seg(0, 1)[LEAF_K] = k ^ 5;
    forge_fill(NULL);
    forge_column("segment", "k[0]")[forge_row_of(0, 1)] = k;
    forge_only("a row that says another k than its fact", NULL, BUS_SPONGE_IN, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch attacks");
    TCase *tc = tcase_create("attacks");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, forge_setup, forge_teardown);
    tcase_add_test(tc, the_honest_batch_has_no_fault);
    tcase_add_test(tc, no_leaf_escapes_its_pairing);
    tcase_add_test(tc, the_root_of_facts_is_that_of_these_facts);
    tcase_add_test(tc, segments_are_the_chains_in_order);
    tcase_add_test(tc, leaves_and_pairings_are_of_this_batch);
    tcase_add_test(tc, pairings_make_no_circle);
    tcase_add_test(tc, lists_are_the_chains);
    tcase_add_test(tc, a_chain_outside_the_list_takes_no_part);
    tcase_add_test(tc, each_link_is_needed);
    suite_add_tcase(s, tc);
    return check_main(s);
}

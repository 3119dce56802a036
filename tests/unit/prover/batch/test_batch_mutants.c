/* Every cell of an accepted batch trace counts; halves of the tape can not be other than they are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/batch/fixture.h"

static struct ir_system *sys;
static struct batch_case c;
static struct ir_trace *tr;

static void setup(void)
{
    sys = batch_system_new(&BATCH_SIZE_SMALL);
}

/* The first `blobs` chains' parts are blobs. */
static void fill(uint32_t n_chains, const char *const *plan, uint32_t slices, uint32_t blobs)
{
    struct rng rng;
    char text[512];
    rng_seed(&rng, 20261122);
    batch_case_plan(&c, &rng, n_chains, plan, slices);
    for (uint32_t i = 0; i < blobs; i++)
        batch_case_blob(&c, &rng, i);
    REQUIRE(batch_trace_fill(&tr, sys, &BATCH_SIZE_SMALL, &c.in, text, sizeof text) == ERR_OK);
}

static void teardown(void)
{
    ir_trace_free(tr);
    ir_system_free(sys);
}

START_TEST(no_mutant_of_an_accepted_trace_survives)
{
    static const char *const plan[3] = {"ttp-", "tt--", "t-t-"};
    fill(4, plan, 3, 2);
    const char *const tables[] = {"node",  "segment", "pairing", "chain",  "root",
                                  "batch", "words",   "blocks",  "absorb", "sha256"};
    uint32_t used[] = {9, 7, 3, 4, 64, 1, 1024, 512, 512, 2048};
    const struct mutant_allow allow[] = {
        {"node", "", ROWS_PADDING, "a row that is off says nothing"},
        {"segment", "", ROWS_PADDING, "a row that is off says nothing"},
        {"pairing", "", ROWS_PADDING, "a row that is off says nothing"},
        {"chain", "", ROWS_PADDING, "a row that is off says nothing"},
        {"root", "", ROWS_PADDING, "a row that is off says nothing"},
        {"batch", "", ROWS_PADDING, "rows after the first say nothing"},
        {"absorb", "id", ROWS_ALL, "not used by a row that is not active"},
        {"absorb", "i", ROWS_ALL, "not used by a row that is not active"},
        {"segment", "pairing", ROWS_ALL, "not used without tuples"},
        {"segment", "place", ROWS_ALL, "not used without tuples"},
        {"segment", "has tuples inverse", ROWS_ALL, "free where the count is 0"},
        {"chain", "start", ROWS_ALL, "not used by a chain that takes no part"},
        {"chain", "last byte", ROWS_ALL, "not used by a chain that takes no part"},
        {"chain", "least pairing", ROWS_ALL, "not used by a chain that takes no part"},
        {"chain", "segments", ROWS_ALL, "not used by a chain that takes no part"},
        {"segment", "z[", ROWS_ALL, "not used by a segment of no blob"},
        {"segment", "a ", ROWS_ALL, "not used by a segment of no blob"},
        {"segment", "b ", ROWS_ALL, "not used by a segment of no blob"},
        {"chain", "z[", ROWS_ALL, "not used by a chain without blob"},
        {"chain", "a[", ROWS_ALL, "not used by a chain without blob"},
        {"chain", "b[", ROWS_ALL, "not used by a chain without blob"},
        {"root", "inverse", ROWS_ALL, "free where the lower half is 0"},
        {"blocks", "start", ROWS_ALL, "not used by a block of no message"},
        {"blocks", "to", ROWS_ALL, "not used by a block of no message"},
        {"sha256", "sigma", ROWS_ALL,
         "what the schedule receives is free in rounds 0 .. 15; "
         "tests/unit/prover/air looks at the others"},
        {"sha256", "W7", ROWS_ALL, "the same"},
        {"sha256", "W16", ROWS_ALL, "the same"},
        {"sha256", "W0 carry", ROWS_ALL, "the same"},
        {"sha256", "W1 carry", ROWS_ALL, "the same"},
    };
    struct mutant_report r =
        mutants_run(tr, tables, ARRAY_LEN(tables), used, 24, allow, ARRAY_LEN(allow), false);
    mutants_print("batch", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ck_assert_uint_gt(r.killed, 10000);
}
END_TEST

/* Where all take part with tuples and blobs nothing of these tables is free. */
START_TEST(no_mutant_of_a_full_trace_survives)
{
    static const char *const plan[2] = {"ttt", "ttt"};
    fill(3, plan, 2, 3);
    const char *const tables[] = {"node", "segment", "pairing", "chain", "root"};
    uint32_t used[] = {7, 6, 2, 3, 48};
    const struct mutant_allow allow[] = {
        {"node", "", ROWS_PADDING, "a row that is off says nothing"},
        {"segment", "", ROWS_PADDING, "a row that is off says nothing"},
        {"pairing", "", ROWS_PADDING, "a row that is off says nothing"},
        {"chain", "", ROWS_PADDING, "a row that is off says nothing"},
        {"root", "", ROWS_PADDING, "a row that is off says nothing"},
        {"root", "inverse", ROWS_ALL, "free where the lower half is 0"},
    };
    struct mutant_report r =
        mutants_run(tr, tables, ARRAY_LEN(tables), used, 64, allow, ARRAY_LEN(allow), false);
    mutants_print("batch, all with tuples", &r);
    ck_assert_uint_eq(r.survivors, 0);

    /* two cells of a row */
    const char *const tables2[] = {"node", "segment", "pairing", "chain",
                                   "root", "batch",   "words",   "blocks"};
    uint32_t used2[] = {7, 6, 2, 3, 48, 1, 1024, 512};
    const struct mutant_allow allow2[] = {
        {"root", "inverse", ROWS_ALL, "free where the lower half is 0"},
        {"blocks", "start", ROWS_ALL, "not used by a block of no message"},
        {"blocks", "to", ROWS_ALL, "not used by a block of no message"},
    };
    r = mutants_pairs(tr, tables2, ARRAY_LEN(tables2), used2, 3, allow2, ARRAY_LEN(allow2));
    mutants_print("batch, two cells", &r);
    ck_assert_uint_eq(r.survivors, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch mutants");
    TCase *tc = tcase_create("mutants");
    tcase_set_timeout(tc, 100);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, no_mutant_of_an_accepted_trace_survives);
    tcase_add_test(tc, no_mutant_of_a_full_trace_survives);
    suite_add_tcase(s, tc);
    return check_main(s);
}

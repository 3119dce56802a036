#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/checks.h"
#include "prover/solgen/lanes.h"
#include "prover/solgen/solgen.h"
#include "prover/verify/program.h"
#include "tests/unit/prover/solgen/toys.h"

static struct toy toy;
static struct program *program;

static void setup(void)
{
    toy = toy_mixed(1);
    enum err err = program_new_test(toy.system, &program);
    REQUIRE(err == ERR_OK);
}

static void teardown(void)
{
    program_free(program);
    toy_free(&toy);
}

START_TEST(bounds_of_the_packed_arithmetic_follow_from_its_formulas)
{
    lanes_check();
    ck_assert_uint_eq(lane_cover(0), LANE_P);
    ck_assert_uint_eq(lane_cover(LANE_P), LANE_P);
    ck_assert_uint_eq(lane_cover(LANE_P + 1), 2 * LANE_P);
    ck_assert_uint_gt(lane_cover(LANE_TOP), LANE_TOP);
}
END_TEST

START_TEST(lanes_are_written_51_bits_apart)
{
    char hex[LANE_HEX];
    const uint64_t lane[LANES] = {1, 2, 0, 0, LANE_TOP};
    lanes_hex(hex, lane);
    /* 1 + 2 * 2^51 + (2^51 - 1) 2^204, from Python */
    ck_assert_str_eq(hex, "0x7ffffffffffff000000000000000000000000000000000000010000000000001");
    lanes_hex_all(hex, 0);
    ck_assert_str_eq(hex, "0x0");
}
END_TEST

/* The generator works the layout out by itself; the C verifier's program must have the same. */
START_TEST(layout_is_that_of_the_program)
{
    struct plan p;
    plan_init(&p, toy.system, &program->params, program->id, NULL);
    ck_assert_uint_eq(p.log_fractions, program->log_fractions);
    ck_assert_uint_eq(p.log_height, program->log_height);
    ck_assert_uint_eq(p.log_chunk, program->log_columns);
    ck_assert_uint_eq(p.n_columns, program->n_columns);
    ck_assert_uint_eq(p.n_constraints, program->n_constraints);
    ck_assert_uint_eq(p.n_chunks, program->n_chunks);
    for (uint32_t i = 0; i < p.n_chunks; i++) {
        ck_assert_uint_eq(p.chunks[i].table, program->chunks[i].table);
        ck_assert_uint_eq(p.chunks[i].first_column, program->chunks[i].first_column);
        ck_assert_uint_eq(p.chunks[i].g, program->chunks[i].log_columns);
        ck_assert_uint_eq(p.chunks[i].h, program->chunks[i].log_height);
        ck_assert_uint_eq(p.chunks[i].offset, program->chunks[i].offset);
    }
    ck_assert_uint_eq(p.n_blocks, program->n_blocks);
    for (uint32_t i = 0; i < p.n_blocks; i++) {
        ck_assert_uint_eq(p.blocks[i].table, program->blocks[i].table);
        ck_assert_uint_eq(p.blocks[i].message, program->blocks[i].message);
        ck_assert_uint_eq(p.blocks[i].h, program->blocks[i].log_height);
        ck_assert_uint_eq(p.blocks[i].offset, program->blocks[i].offset);
    }
    plan_free(&p);
}
END_TEST

/* The texts of all its parts, one after the other. */
static void contract(const char *disabled, struct text *out, uint32_t *length)
{
    struct plan p;
    struct solgen_files files;
    struct solgen_options options = {.contract = "Toy",
                                     .interface_path = "./IProofVerifier.sol",
                                     .part_bytes = SOLGEN_PART_BYTES,
                                     .disabled = disabled};
    plan_init(&p, toy.system, &program->params, program->id, NULL);
    text_init(out);
    *length = solgen_contracts(&p, &options, &files);
    for (uint32_t i = 0; i < files.n; i++)
        text_indented(out, files.file[i].text.data);
    solgen_files_free(&files);
    plan_free(&p);
}

START_TEST(contract_reads_exactly_the_bytes_of_a_proof)
{
    struct text t;
    uint32_t length;
    contract(NULL, &t, &length);
    ck_assert_uint_eq(length, program->proof_len);
    text_free(&t);
}
END_TEST

START_TEST(the_same_program_gives_the_same_contract)
{
    struct text a, b;
    uint32_t length;
    contract(NULL, &a, &length);
    contract(NULL, &b, &length);
    ck_assert_uint_eq(a.length, b.length);
    ck_assert_int_eq(memcmp(a.data, b.data, a.length), 0);
    text_free(&a);
    text_free(&b);
}
END_TEST

static uint32_t count(const char *text, const char *word)
{
    uint32_t n = 0;
    for (const char *p = strstr(text, word); p != NULL; p = strstr(p + 1, word))
        n++;
    return n;
}

START_TEST(product_contracts_have_every_check_and_no_trace)
{
    static const char *const selectors[] = {"LogUpSum", "MerklePath"};
    const uint32_t sites[] = {1, program->params.n_rounds}; /* a tree for each round */
    struct text t, mutant, names;
    uint32_t length;
    contract(NULL, &t, &length);
    text_init(&names);
    solgen_names(&names);
    for (size_t i = 0; i < 2; i++) {
        char key[32], call[64];
        snprintf(key, sizeof key, "E_%s", selectors[i]);
        snprintf(call, sizeof call, "fail(%s)", text_get(&names, key));
        contract(selectors[i], &mutant, &length);
        ck_assert_uint_eq(count(t.data, call), sites[i]);
        ck_assert_uint_eq(count(mutant.data, call), 0);
        text_free(&mutant);
    }
    ck_assert_uint_eq(count(t.data, "trace"), 0);
    ck_assert_uint_eq(count(t.data, "$"), 0);
    text_free(&names);
    text_free(&t);
}
END_TEST

static bool has_error(const char *const *list, const char *name)
{
    while (*list != NULL && strcmp(*list, name) != 0)
        list++;
    return *list != NULL;
}

/* One list of checks: each of the C verifier's is refused in the contract by errors that it has,
 * and the contract has no error that stands for none. The interface declares just these. */
START_TEST(checks_of_the_contract_are_those_of_the_verifier)
{
    struct text t, names;
    uint32_t length;
    char interface[8192] = "";
    contract(NULL, &t, &length);
    text_init(&names);
    solgen_names(&names);
    for (int check = VERIFY_NONE + 1; check < VERIFY_CHECK_COUNT; check++) {
        const char *const *list = solgen_errors_of((enum verify_check)check);
        ck_assert_ptr_nonnull(list[0]);
        for (size_t i = 0; list[i] != NULL; i++)
            ck_assert_msg(has_error(solgen_errors, list[i]), "%s", list[i]);
    }
    FILE *f = fopen("contracts/src/verifier/IProofVerifier.sol", "rb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_gt(fread(interface, 1, sizeof interface - 1, f), 0);
    fclose(f);
    uint32_t n = 0;
    for (; solgen_errors[n] != NULL; n++) {
        char key[32], call[64], declared[64];
        bool used = strcmp(solgen_errors[n], "PublicsLength") == 0;
        for (int check = VERIFY_NONE + 1; check < VERIFY_CHECK_COUNT; check++)
            used |= has_error(solgen_errors_of((enum verify_check)check), solgen_errors[n]);
        ck_assert_msg(used, "%s stands for no check", solgen_errors[n]);
        snprintf(key, sizeof key, "E_%s", solgen_errors[n]);
        snprintf(call, sizeof call, "fail(%s)", text_get(&names, key));
        if (strcmp(solgen_errors[n], "Grinding") != 0) /* these parameters grind nothing */
            ck_assert_msg(count(t.data, call) > 0, "%s", solgen_errors[n]);
        snprintf(declared, sizeof declared, "    error %s();", solgen_errors[n]);
        ck_assert_msg(count(interface, declared) == 1, "%s", declared);
    }
    ck_assert_uint_eq(count(interface, "    error "), n);
    text_free(&names);
    text_free(&t);
}
END_TEST

/* contracts/test/verifier/FieldHarness.sol is committed so that forge can test without a build. */
START_TEST(committed_field_harness_is_the_generated_one)
{
    struct text t;
    text_init(&t);
    solgen_names(&t);
    solgen_harness(&t);
    FILE *f = fopen("contracts/test/verifier/FieldHarness.sol", "rb");
    ck_assert_ptr_nonnull(f);
    char *old = malloc(t.length + 2);
    REQUIRE(old != NULL);
    size_t n = fread(old, 1, t.length + 2, f);
    fclose(f);
    ck_assert_uint_eq(n, t.length);
    ck_assert_int_eq(memcmp(old, t.data, n), 0);
    free(old);
    text_free(&t);
}
END_TEST

/* The number of parts follows from the limit; the names are those of the constructor's
 * arguments. */
START_TEST(parts_are_cut_where_they_are_full)
{
    struct plan p;
    uint32_t n_before = 0;
    plan_init(&p, toy.system, &program->params, program->id, NULL);
    for (uint32_t bytes = 24000; bytes > 2900; bytes -= 1000) {
        struct solgen_files files;
        struct solgen_options options = {
            .contract = "Toy", .interface_path = "./IProofVerifier.sol", .part_bytes = bytes};
        uint32_t length = solgen_contracts(&p, &options, &files);
        ck_assert_uint_eq(length, program->proof_len);
        ck_assert_uint_ge(files.n, n_before);
        n_before = files.n;
        ck_assert_str_eq(files.file[0].name, "Toy");
        ck_assert_str_eq(files.file[1].name, "ToyTables0");
        ck_assert_str_eq(files.file[files.n - 1].name, "ToyOpening");
        uint32_t constraints = 0;
        for (uint32_t i = 1; i < files.n; i++)
            constraints += count(files.file[i].text.data, " c_add(") +
                           count(files.file[i].text.data, " c_bool(");
        /* and the two functions, in each part with tables */
        ck_assert_uint_eq(constraints, p.n_constraints + 2 * (files.n - 2));
        solgen_files_free(&files);
    }
    ck_assert_uint_gt(n_before, 3);
    plan_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("solgen");
    TCase *c = tcase_create("solgen");
    tcase_add_unchecked_fixture(c, setup, teardown);
    tcase_add_test(c, bounds_of_the_packed_arithmetic_follow_from_its_formulas);
    tcase_add_test(c, lanes_are_written_51_bits_apart);
    tcase_add_test(c, layout_is_that_of_the_program);
    tcase_add_test(c, contract_reads_exactly_the_bytes_of_a_proof);
    tcase_add_test(c, the_same_program_gives_the_same_contract);
    tcase_add_test(c, product_contracts_have_every_check_and_no_trace);
    tcase_add_test(c, checks_of_the_contract_are_those_of_the_verifier);
    tcase_add_test(c, parts_are_cut_where_they_are_full);
    tcase_add_test(c, committed_field_harness_is_the_generated_one);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

/* The annotated transcript: frozen for a toy proof, its steps cover the proof, and the dump of a changed
 * proof parts from the honest one at the step that reads the change. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/codec/json.h"
#include "prover/dump/dump.h"
#include "prover/prove/proving_key.h"
#include "prover/prove/system_prove.h"
#include "tests/unit/prover/system/toy.h"
#include "tests/unit/prover/system/toy_pre.h"

/* HAWSER_WRITE_GOLDEN=1 writes it. */
static const char *const golden_path = "tests/golden/prover/dump_fib.txt";

struct fixture {
    struct toy toy;
    struct program *p;
    const struct program_key *key; /* NULL but for programs with preprocessed columns */
    struct bytes_buf proof;
};

/* A proof of a few KB: two rounds, grinding, claims no security. */
static void fixture_init(struct fixture *x, enum proof_profile profile)
{
    const uint8_t grind = 3;
    struct whir_params w = {
        .n_vars = 8,
        .n_rounds = 2,
        .regime = WHIR_JOHNSON,
        .logup_grind = grind,
        .profile = (uint8_t)profile,
        .rounds = {{.fold = 3, .log_inv_rate = 1, .ood = 1, .queries = 2, .query_grind = grind},
                   {.fold = 2, .log_inv_rate = 3, .ood = 1, .queries = 2, .fold_grind = grind}}};
    x->key = NULL;
    x->toy = toy_fib(4);
    const uint32_t m = program_stack_log(x->toy.s);
    if (w.n_vars < m) w.n_vars = (uint8_t)m;
    REQUIRE(program_new_untargeted(x->toy.s, &w, &x->p) == ERR_OK);
    bytes_buf_init(&x->proof, 1u << 20);
    REQUIRE(system_prove(x->p, x->toy.tr, &x->proof, NULL) == ERR_OK);
}

static void fixture_deinit(struct fixture *x)
{
    bytes_buf_deinit(&x->proof);
    program_free(x->p);
    toy_free(&x->toy);
}

/* free() it. */
static char *dump(const struct fixture *x, bool json, enum err want)
{
    const struct dump_request q = {.layer = "toy",
                                   .program = x->p,
                                   .key = x->key,
                                   .publics = x->toy.tr->publics,
                                   .n_publics = x->toy.s->n_public,
                                   .proof = x->proof.data,
                                   .len = x->proof.len,
                                   .json = json};
    char *text = NULL;
    size_t len;
    enum verify_check failed;
    FILE *f = open_memstream(&text, &len);
    REQUIRE(f != NULL);
    const enum err err = proof_dump(&q, f, &failed);
    REQUIRE(fclose(f) == 0);
    ck_assert_int_eq(err, want);
    ck_assert_int_eq(failed == VERIFY_NONE, want == ERR_OK);
    return text;
}

static char *file_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is missing", path);
    ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
    const long n = ftell(f);
    ck_assert(n >= 0);
    rewind(f);
    char *text = malloc((size_t)n + 1);
    REQUIRE(text != NULL);
    ck_assert_uint_eq(fread(text, 1, (size_t)n, f), (size_t)n);
    text[n] = 0;
    fclose(f);
    return text;
}

START_TEST(the_dump_of_a_toy_proof_is_frozen)
{
    struct fixture x;
    fixture_init(&x, PROFILE_KECCAK);
    char *got = dump(&x, false, ERR_OK);
    if (getenv("HAWSER_WRITE_GOLDEN") != NULL) {
        FILE *f = fopen(golden_path, "wb");
        REQUIRE(f != NULL);
        fputs(got, f);
        fclose(f);
    }
    char *want = file_text(golden_path);
    ck_assert_msg(strcmp(got, want) == 0, "%s differs from what the code produces", golden_path);
    free(want);
    free(got);
    fixture_deinit(&x);
}
END_TEST

/* The bytes "@offset+length" of a line; false: it has none. */
static bool line_bytes(const char *line, size_t *offset, size_t *length)
{
    const char *end = strchr(line, '\n'), *at = strchr(line, '@');
    if (line[0] < '0' || line[0] > '9') return false;
    if (at == NULL || at > end) return false;
    return sscanf(at, "@%zu+%zu", offset, length) == 2;
}

/* Steps are numbered from 0, and what they read is the proof from its first byte to its last. */
static void covers(const char *text, size_t proof_len)
{
    size_t at = 0, steps = 0;
    for (const char *line = text; line != NULL && *line != 0;) {
        size_t offset, length;
        if (line[0] >= '0' && line[0] <= '9') ck_assert_uint_eq(strtoul(line, NULL, 10), steps++);
        if (line_bytes(line, &offset, &length)) {
            ck_assert_uint_eq(offset, at);
            at += length;
        }
        line = strchr(line, '\n');
        if (line != NULL) line++;
    }
    ck_assert_uint_eq(at, proof_len);
    ck_assert_uint_gt(steps, 50);
}

START_TEST(steps_read_every_byte_of_the_proof_once_and_in_order)
{
    for (int profile = PROFILE_KECCAK; profile <= PROFILE_POSEIDON; profile++) {
        struct fixture x;
        fixture_init(&x, (enum proof_profile)profile);
        char *text = dump(&x, false, ERR_OK);
        covers(text, x.proof.len);
        free(text);
        fixture_deinit(&x);
    }
}
END_TEST

static void key_openings(enum proof_profile profile)
{
    static const struct toy_pre_shape shape = {3, 2, 1, 3, 2, 2};
    struct toy_pre y;
    struct fixture x = {.p = NULL};
    struct proving_key *key = NULL;
    toy_pre_init(&y, &shape, 1);
    x.toy = (struct toy){.s = y.s, .tr = y.tr};
    REQUIRE((profile == PROFILE_POSEIDON ? program_new_test_poseidon(y.s, &x.p)
                                         : program_new_test(y.s, &x.p)) == ERR_OK);
    REQUIRE(proving_key_new(x.p, y.pre, 0, &key) == ERR_OK);
    bytes_buf_init(&x.proof, 1u << 20);
    REQUIRE(system_prove_key(x.p, key, y.tr, &x.proof, NULL) == ERR_OK);
    x.key = &key->verify;
    char *text = dump(&x, false, ERR_OK);
    covers(text, x.proof.len);
    ck_assert_ptr_nonnull(strstr(text, "absorb KEY"));
    const char *open = strstr(text, "open round 0 query 0"), *next = strstr(text, "query 1");
    ck_assert(open != NULL && next != NULL);
    const char *fourth = strstr(open, "  [3] ");
    ck_assert(fourth != NULL && fourth < next); /* leaf, path, leaf and path of the key */
    free(text);
    bytes_buf_deinit(&x.proof);
    proving_key_free(key);
    program_free(x.p);
    toy_pre_free(&y);
}

START_TEST(openings_of_a_key_are_shown_beside_those_of_the_proof)
{
    key_openings(PROFILE_KECCAK);
    key_openings(PROFILE_POSEIDON);
}
END_TEST

/* Where the step begins that the first difference belongs to; a heading belongs to the step below. */
static const char *first_difference(const char *a, const char *b)
{
    size_t i = 0, line = 0;
    while (a[i] != 0 && a[i] == b[i]) {
        if (a[i] == '\n' && a[i + 1] >= '0' && a[i + 1] <= '9') line = i + 1;
        i++;
    }
    const char *start = a + i;
    while (start > a && start[-1] != '\n')
        start--;
    if (start[0] == '#') return strchr(start, '\n') + 1;
    return start[0] >= '0' && start[0] <= '9' ? start : a + line;
}

START_TEST(a_changed_byte_shows_at_the_step_that_reads_it)
{
    for (int profile = PROFILE_KECCAK; profile <= PROFILE_POSEIDON; profile++) {
        struct fixture x;
        fixture_init(&x, (enum proof_profile)profile);
        char *honest = dump(&x, false, ERR_OK);
        for (size_t i = 0; i < x.proof.len; i += 1 + i % 9) {
            size_t offset = 0, length = 0;
            x.proof.data[i] ^= (uint8_t)(1 << i % 8);
            char *changed = dump(&x, false, ERR_PROOF);
            const char *step = first_difference(honest, changed);
            ck_assert_msg(line_bytes(step, &offset, &length) && offset <= i && i < offset + length,
                          "byte %zu shows at: %.60s", i, step);
            free(changed);
            x.proof.data[i] ^= (uint8_t)(1 << i % 8);
        }
        free(honest);
        fixture_deinit(&x);
    }
}
END_TEST

START_TEST(a_proof_of_another_length_is_refused_with_its_reason)
{
    struct fixture x;
    fixture_init(&x, PROFILE_POSEIDON);
    x.proof.len--;
    char *text = dump(&x, false, ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "result VERIFY_LENGTH: proof length is the program's"));
    free(text);
    text = dump(&x, true, ERR_PROOF);
    ck_assert_ptr_nonnull(strstr(text, "\"result\": \"VERIFY_LENGTH\""));
    free(text);
    x.proof.len++;
    fixture_deinit(&x);
}
END_TEST

/* A parser that is not ours reads it; it has the text's steps, and they read the whole proof. */
START_TEST(json_says_the_same)
{
    static const struct json_limits limits = {.size_max = 1 << 20, .depth_max = 8};
    struct fixture x;
    fixture_init(&x, PROFILE_POSEIDON);
    char *text = dump(&x, false, ERR_OK), *json = dump(&x, true, ERR_OK);
    const char *end = strstr(text, ", after ");
    ck_assert_ptr_nonnull(end);
    const unsigned long want = strtoul(end + strlen(", after "), NULL, 10);
    json_t *root, *steps;
    const char *result;
    uint64_t read = 0;
    ck_assert_int_eq(json_parse(&root, json, strlen(json), &limits, NULL), ERR_OK);
    ck_assert_int_eq(json_get_string(&result, root, "", "result", NULL), ERR_OK);
    ck_assert_str_eq(result, "verifies");
    ck_assert_int_eq(json_get_array(&steps, root, "", "steps", 10000, NULL), ERR_OK);
    ck_assert_uint_eq(json_array_size(steps), want);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        uint64_t number, bytes;
        const json_t *step = json_array_get(steps, i);
        ck_assert_int_eq(json_get_u64(&number, step, "", "step", 10000, NULL), ERR_OK);
        ck_assert_uint_eq(number, i);
        if (json_get_u64(&bytes, step, "", "bytes", 10000, NULL) == ERR_OK) read += bytes;
    }
    ck_assert_uint_eq(read, x.proof.len);
    json_decref(root);
    free(text);
    free(json);
    fixture_deinit(&x);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/dump");
    TCase *tc = tcase_create("dump");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_dump_of_a_toy_proof_is_frozen);
    tcase_add_test(tc, steps_read_every_byte_of_the_proof_once_and_in_order);
    tcase_add_test(tc, openings_of_a_key_are_shown_beside_those_of_the_proof);
    tcase_add_test(tc, a_changed_byte_shows_at_the_step_that_reads_it);
    tcase_add_test(tc, a_proof_of_another_length_is_refused_with_its_reason);
    tcase_add_test(tc, json_says_the_same);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

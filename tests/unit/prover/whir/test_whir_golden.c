/* A frozen proof with every step of its transcript, in tests/golden/whir/small.json: for readers who
 * write another verifier, and so that no change moves a byte unnoticed.
 *
 * Regenerate after a deliberate change of docs/protocol/proof.md: run with HAWSER_WRITE_GOLDEN=1 in
 * the environment, from the root of the repository. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whir_fixture.h"

static const char *const golden_path = "tests/golden/whir/small.json";

static void put_hex(FILE *f, const uint8_t *data, size_t len)
{
    fputs("\"0x", f);
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", data[i]);
    fputc('"', f);
}

static void put_ext(FILE *f, kb5 v)
{
    uint8_t bytes[KB5_BYTES];
    kb5_to_bytes(bytes, v);
    put_hex(f, bytes, sizeof bytes);
}

struct log {
    FILE *f;
    bool first;
};

static void log_step(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                     size_t len, const uint8_t state[32])
{
    static const char *const names[] = {"absorb", "sample", "index", "grind"};
    static const char *const number[] = {"label", NULL, "bits", "bits"};
    struct log *log = ctx;
    fprintf(log->f, "%s    {\"step\": \"%s\"", log->first ? "" : ",\n", names[event]);
    log->first = false;
    if (number[event] != NULL) fprintf(log->f, ", \"%s\": %u", number[event], label);
    fputs(", \"data\": ", log->f);
    put_hex(log->f, data, len);
    fputs(", \"state\": ", log->f);
    put_hex(log->f, state, 32);
    fputc('}', log->f);
}

/* The JSON text; free() it. Ends the process on any failure. */
static char *generate(void)
{
    struct fixture fix;
    struct whir_params p;
    uint8_t bytes[WHIR_PARAMS_BYTES_MAX];
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(whir_params_test(10, &p), ERR_OK);
    p.rounds[0].query_grind = 4;
    p.rounds[1].fold_grind = 3;
    fixture_init(&fix, &p, 4, 0x5eed0a11);
    fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
    FILE *f = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(f);
    fputs("{\n  \"format\": \"docs/protocol/proof.md sections 2, 3, 5\",\n", f);
    fputs("  \"what\": \"whir_verify_commit, then whir_verify_open of the claims\",\n", f);
    fputs("  \"program_id\": ", f);
    put_hex(f, fix.program_id, 32);
    fputs(",\n  \"params\": ", f);
    put_hex(f, bytes, whir_params_bytes(&p, bytes));
    fprintf(f, ",\n  \"n_vars\": %u,\n  \"claims\": [\n", p.n_vars);
    for (size_t i = 0; i < fix.n_claims; i++) {
        const struct whir_claim *c = &fix.claims[i];
        fprintf(f, "    {\"prefix_len\": %u, \"prefix\": %u, \"point\": [", c->prefix_len, c->prefix);
        for (uint32_t j = 0; j < p.n_vars - c->prefix_len; j++) {
            if (j > 0) fputs(", ", f);
            put_ext(f, c->point[j]);
        }
        fputs("], \"value\": ", f);
        put_ext(f, c->value);
        fprintf(f, "}%s\n", i + 1 < fix.n_claims ? "," : "");
    }
    fputs("  ],\n  \"proof\": ", f);
    put_hex(f, fix.proof, fix.proof_len);
    fputs(",\n  \"transcript\": [\n", f);
    struct log log = {f, true};
    const struct transcript_observer observer = {log_step, &log};
    ck_assert_int_eq(fixture_verify(&fix, fix.proof, fix.proof_len, &observer), ERR_OK);
    fputs("\n  ]\n}\n", f);
    ck_assert_int_eq(fclose(f), 0);
    fixture_free(&fix);
    return text;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is missing; run with HAWSER_WRITE_GOLDEN=1", path);
    char *text = calloc(1, 1 << 20);
    ck_assert_ptr_nonnull(text);
    size_t n = fread(text, 1, (1 << 20) - 1, f);
    ck_assert_uint_gt(n, 0);
    fclose(f);
    return text;
}

START_TEST(the_frozen_proof_is_reproduced_byte_for_byte)
{
    char *got = generate();
    if (getenv("HAWSER_WRITE_GOLDEN") != NULL) {
        FILE *f = fopen(golden_path, "wb");
        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(got, f), 0);
        ck_assert_int_eq(fclose(f), 0);
    }
    char *want = read_file(golden_path);
    ck_assert_msg(strcmp(got, want) == 0, "%s differs from what the code produces", golden_path);
    free(got);
    free(want);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("golden");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_frozen_proof_is_reproduced_byte_for_byte);
    Suite *s = suite_create("whir_golden");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

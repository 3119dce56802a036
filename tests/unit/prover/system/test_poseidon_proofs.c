/* Whole systems in the Poseidon profile (docs/protocol/recursion.md section 1). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/sha256.h"
#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy.h"

static struct program *program_of(const struct toy *y)
{
    struct program *p = NULL;
    ck_assert_int_eq(program_new_test_poseidon(y->s, &p), ERR_OK);
    return p;
}

static enum verify_check prove_and_verify(const struct program *p, const struct ir_trace *tr)
{
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    ck_assert_int_eq(system_prove(p, tr, &proof, NULL), ERR_OK);
    ck_assert_uint_eq(proof.len, p->proof_len);
    struct verify_report r = {0};
    enum err err = system_verify(p, tr->publics, proof.data, proof.len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    bytes_buf_deinit(&proof);
    return r.failed;
}

START_TEST(honest_proofs_are_accepted)
{
    for (uint32_t k = 0; k < 8; k++) {
        struct toy y = k == 0   ? toy_single()
                       : k == 1 ? toy_mixed(1)
                       : k == 7 ? toy_bulk(6, 3, 10, 2)
                                : toy_fib(2 * k - 2);
        struct program *p = program_of(&y);
        const enum verify_check c = prove_and_verify(p, y.tr);
        ck_assert_msg(c == VERIFY_NONE, "system %u: %s", (unsigned)k, verify_check_name(c));
        program_free(p);
        toy_free(&y);
    }
}
END_TEST

START_TEST(the_proof_depends_on_neither_threads_nor_instructions)
{
    struct toy y = toy_mixed(3);
    struct program *p = program_of(&y);
    struct bytes_buf want;
    bytes_buf_init(&want, 1u << 24);
    ck_assert_int_eq(system_prove(p, y.tr, &want, NULL), ERR_OK);
    for (unsigned k = 0; k < 4; k++) {
        struct bytes_buf again;
        bytes_buf_init(&again, 1u << 24);
        struct prove_report r = {.threads = 1 + k % 2 * 2, .portable = k >= 2};
        ck_assert_int_eq(system_prove(p, y.tr, &again, &r), ERR_OK);
        ck_assert_uint_eq(again.len, want.len);
        ck_assert_mem_eq(again.data, want.data, again.len);
        bytes_buf_deinit(&again);
    }
    bytes_buf_deinit(&want);
    program_free(p);
    toy_free(&y);
}
END_TEST

/* Recorded before the kernels were made faster: a change of these hashes is a change of the protocol. */
static const char *const recorded[4] = {
    "3e8a3271222311d9ee44b537749262cb9f932089aeec9ec7638af52964d9bb0a",
    "3e51b2830bd16e32859b227169b3e4d36357c258dd5db221e49130e193dffe96",
    "a0fe83c8c2287c86d8158d842ae9f1c09b364abbbc393e94e72704fe62b662d3",
    "64df6858bf5d0e9e1203b5f12eb783352fd54f2b819abb76ee54a75f9bcf3279",
};

START_TEST(no_kernel_moves_a_byte_of_a_recorded_proof)
{
    for (uint32_t k = 0; k < 8; k++) {
        struct toy y = k % 4 == 0   ? toy_single()
                       : k % 4 == 1 ? toy_mixed(1)
                       : k % 4 == 2 ? toy_bulk(6, 3, 10, 2)
                                    : toy_fib(5);
        struct program *p = program_of(&y);
        struct prove_report r = {.portable = k >= 4};
        struct bytes_buf proof;
        uint8_t hash[SHA256_SIZE];
        char text[2 * SHA256_SIZE + 1];
        bytes_buf_init(&proof, 1u << 24);
        ck_assert_int_eq(system_prove(p, y.tr, &proof, &r), ERR_OK);
        sha256(hash, proof.data, proof.len);
        for (int i = 0; i < SHA256_SIZE; i++)
            snprintf(text + 2 * i, 3, "%02x", hash[i]);
        ck_assert_str_eq(text, recorded[k % 4]);
        bytes_buf_deinit(&proof);
        program_free(p);
        toy_free(&y);
    }
}
END_TEST

START_TEST(proofs_of_false_traces_are_refused)
{
    struct toy y = toy_fib(3);
    struct program *p = program_of(&y);
    for (uint32_t t = 0; t < y.s->n_tables; t++)
        for (uint32_t c = 0; c < y.s->tables[t]->n_columns; c++) {
            uint32_t *cell = &y.tr->tables[t].columns[c][(t + c) % (1u << y.s->tables[t]->log_height)];
            const uint32_t old = *cell;
            *cell = (old + 1) % IR_P;
            const enum verify_check check = prove_and_verify(p, y.tr);
            ck_assert(check == VERIFY_BALANCE || check == VERIFY_CONSTRAINTS);
            *cell = old;
        }
    program_free(p);
    toy_free(&y);
}
END_TEST

START_TEST(every_flipped_byte_every_word_plus_p_and_every_public_bit_is_refused)
{
    struct toy y = toy_fib(3);
    struct program *p = program_of(&y);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    ck_assert_int_eq(system_prove(p, y.tr, &proof, NULL), ERR_OK);
    ck_assert_uint_le(proof.len, 10000);
    ck_assert_uint_eq(proof.len % 4, 0);
    for (size_t i = 0; i < proof.len; i++) {
        const uint8_t bit = (uint8_t)(1u << i / 4 % 8);
        proof.data[i] ^= bit;
        ck_assert_msg(system_verify(p, y.tr->publics, proof.data, proof.len, NULL) == ERR_PROOF,
                      "byte %zu", i);
        proof.data[i] ^= bit;
    }
    for (size_t i = 0; i < proof.len; i += 4) {
        uint8_t *b = proof.data + i, old[4];
        memcpy(old, b, 4);
        const uint32_t x = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
                            b[3]) + IR_P;
        for (int k = 0; k < 4; k++)
            b[k] = (uint8_t)(x >> (24 - 8 * k));
        ck_assert_msg(system_verify(p, y.tr->publics, proof.data, proof.len, NULL) == ERR_PROOF,
                      "word %zu", i);
        memcpy(b, old, 4);
    }
    for (uint32_t i = 0; i < y.s->n_public; i++)
        for (uint32_t bit = 0; bit < 31; bit++) {
            y.tr->publics[i] ^= 1u << bit;
            ck_assert_int_eq(system_verify(p, y.tr->publics, proof.data, proof.len, NULL),
                             ERR_PROOF);
            y.tr->publics[i] ^= 1u << bit;
        }
    for (size_t len = 0; len < proof.len; len += 1 + len / 8)
        ck_assert_int_eq(system_verify(p, y.tr->publics, proof.data, len, NULL), ERR_PROOF);
    ck_assert_int_eq(system_verify(p, y.tr->publics, proof.data, proof.len, NULL), ERR_OK);
    bytes_buf_deinit(&proof);
    program_free(p);
    toy_free(&y);
}
END_TEST

START_TEST(the_profiles_are_different_programs)
{
    struct toy y = toy_fib(4);
    struct program *p = program_of(&y), *q = NULL;
    ck_assert_int_eq(program_new_test(y.s, &q), ERR_OK);
    ck_assert_mem_ne(p->id, q->id, sizeof p->id);
    program_free(q);
    program_free(p);
    toy_free(&y);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/system/poseidon");
    TCase *tc = tcase_create("poseidon");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, honest_proofs_are_accepted);
    tcase_add_test(tc, the_proof_depends_on_neither_threads_nor_instructions);
    tcase_add_test(tc, no_kernel_moves_a_byte_of_a_recorded_proof);
    tcase_add_test(tc, proofs_of_false_traces_are_refused);
    tcase_add_test(tc, every_flipped_byte_every_word_plus_p_and_every_public_bit_is_refused);
    tcase_add_test(tc, the_profiles_are_different_programs);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

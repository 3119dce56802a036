/* The commitment in the Poseidon profile at small parameters: what is true is accepted whatever
 * kernels and threads proved it, everything else is refused; trees agree with merkle_verify. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/grind.h"
#include "prover/prove/merkle.h"
#include "prover/prove/ntt.h"
#include "prover/prove/poseidon_wide.h"
#include "prover/verify/merkle_verify.h"
#include "whir_fixture.h"

static uint64_t seed = 0x5eed0a00;

static struct whir_params test_params(uint32_t n_vars)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_test_poseidon(n_vars, &p), ERR_OK);
    return p;
}

START_TEST(every_size_of_the_test_set_proves_and_verifies)
{
    for (uint32_t n = 10; n <= 16; n++) {
        struct fixture f;
        struct whir_params p = test_params(n);
        fixture_init(&f, &p, n % 2 == 0 ? FIX_MAX_CLAIMS : 0, n);
        fixture_prove(&f, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
        fixture_free(&f);
    }
}
END_TEST

START_TEST(proof_bytes_depend_on_neither_kernels_nor_threads)
{
    struct whir_params p = test_params(14);
    struct fixture f;
    p.rounds[0].query_grind = 13;
    p.rounds[1].fold_grind = 5;
    fixture_init(&f, &p, 5, 0x5eed0200);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    uint8_t *want = malloc(f.proof_len);
    ck_assert_ptr_nonnull(want);
    const size_t len = f.proof_len;
    memcpy(want, f.proof, len);
    for (int isa = 0; isa < KBV_N_ISA; isa++)
        for (size_t threads = 1; threads <= 3; threads++) {
            if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
            fixture_prove(&f, (enum kbv_isa)isa, threads, NULL);
            ck_assert_uint_eq(f.proof_len, len);
            ck_assert_mem_eq(f.proof, want, len);
        }
    free(want);
    fixture_free(&f);
}
END_TEST

START_TEST(every_flipped_byte_and_every_word_plus_p_is_refused)
{
    struct fixture f;
    struct whir_params p = test_params(10);
    p.rounds[0].query_grind = 4;
    p.rounds[1].fold_grind = 3;
    fixture_init(&f, &p, 6, 0x5eed0100);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_uint_le(f.proof_len, 7000);
    ck_assert_uint_eq(f.proof_len % 4, 0); /* nothing but elements */
    for (size_t i = 0; i < f.proof_len; i++) {
        const uint8_t bit = (uint8_t)(1u << i / 4 % 8);
        f.proof[i] ^= bit;
        ck_assert_msg(fixture_verify(&f, f.proof, f.proof_len, NULL) == ERR_PROOF, "byte %zu", i);
        f.proof[i] ^= bit;
    }
    for (size_t i = 0; i < f.proof_len; i += 4) {
        uint8_t *b = f.proof + i, old[4];
        memcpy(old, b, 4);
        const uint32_t x = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 |
                            b[3]) + KB_P;
        ck_assert_uint_ge(x, KB_P); /* canonical before, so no wrap */
        for (int k = 0; k < 4; k++)
            b[k] = (uint8_t)(x >> (24 - 8 * k));
        ck_assert_msg(fixture_verify(&f, f.proof, f.proof_len, NULL) == ERR_PROOF, "word %zu", i);
        memcpy(b, old, 4);
    }
    ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, NULL), ERR_OK);
    fixture_free(&f);
}
END_TEST

/* The trees of the prover against the verifier's leaf hash and paths, for sizes below and above
 * sixteen leaves and every shape of the last group. */
static void tree_agrees(enum kbv_isa isa, uint32_t log_rows, uint32_t log_inv_rate, size_t width,
                        bool ext)
{
    struct parallel *pool = parallel_new(2);
    const struct prove_env env = prove_env_isa(isa, pool);
    const size_t stride = (width + 15) / 16 * 16, words = stride << log_rows;
    const uint32_t leaf_log = log_rows + log_inv_rate;
    kb *message = calloc(words, sizeof *message);
    ck_assert_ptr_nonnull(message);
    for (size_t i = 0; i < words; i++)
        if (i % stride < width) message[i] = fixture_random_kb(&seed);
    struct rs_code code;
    ck_assert(rs_encode(&code, message, log_rows, log_inv_rate, width, stride, PROFILE_POSEIDON,
                        ext, &env));
    uint8_t *leaf = malloc(4 * width), path[32 * MERKLE_MAX_LOG], hash[32];
    ck_assert_ptr_nonnull(leaf);
    const size_t n = width / (ext ? KB5_DEGREE : 1);
    for (uint32_t i = 0; i < (uint32_t)1 << leaf_log; i++) {
        rs_leaf(&code, i, leaf, &env);
        ck_assert(merkle_hash_leaf(PROFILE_POSEIDON, ext, leaf, n, hash));
        ck_assert_msg(memcmp(hash, merkle_leaf_hash(&code.tree, i), 32) == 0,
                      "isa %d rows %u width %zu ext %d leaf %u", isa, log_rows, width, ext, i);
        merkle_path(&code.tree, i, 0, path);
        ck_assert(merkle_verify(PROFILE_POSEIDON, ext, leaf, n, i, leaf_log, path,
                                merkle_cap(&code.tree, 0), 0));
    }
    rs_free(&code);
    free(leaf);
    free(message);
    parallel_free(pool);
}

START_TEST(trees_agree_with_the_verifier)
{
    printf("test_whir_poseidon: seed %llx\n", (unsigned long long)seed);
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
        for (uint32_t log_rows = 0; log_rows <= 5; log_rows += 1 + log_rows / 2) {
            for (size_t width = 8; width <= 64; width *= 2)
                tree_agrees((enum kbv_isa)isa, log_rows, 1, width, false);
            for (size_t lanes = 2; lanes <= 32; lanes *= 2)
                tree_agrees((enum kbv_isa)isa, log_rows, 2, KB5_DEGREE * lanes, true);
        }
    }
}
END_TEST

START_TEST(nodes_of_any_number_are_compressions)
{
    enum { MAX = 40 };
    uint8_t in[64 * MAX], out[32 * MAX];
    for (size_t i = 0; i < MAX * 16; i++)
        kb_to_bytes(in + 4 * i, fixture_random_kb(&seed));
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct poseidon_wide_ops *ops = poseidon_wide_for((enum kbv_isa)isa);
        if (ops == NULL) continue;
        for (size_t n = 0; n <= MAX; n++) {
            memset(out, 0xee, sizeof out);
            poseidon_wide_nodes(ops, out, in, n);
            for (size_t i = 0; i < n; i++) {
                uint32_t l[16], want[8];
                for (size_t k = 0; k < 16; k++) {
                    kb x;
                    ck_assert(kb_from_bytes(&x, in + 64 * i + 4 * k));
                    l[k] = kb_to_u32(x);
                }
                poseidon_compress(want, l, l + 8);
                for (size_t k = 0; k < 8; k++) {
                    kb x;
                    ck_assert(kb_from_bytes(&x, out + 32 * i + 4 * k));
                    ck_assert_uint_eq(kb_to_u32(x), want[k]);
                }
            }
            for (size_t i = 32 * n; i < sizeof out; i++)
                ck_assert_uint_eq(out[i], 0xee);
        }
    }
}
END_TEST

START_TEST(grinding_finds_the_lowest_nonce_on_any_kernels_and_threads)
{
    struct transcript t;
    uint8_t id[32] = {7};
    const kb x = kb_one;
    transcript_init(&t, PROFILE_POSEIDON, id);
    for (uint32_t bits = 1; bits <= 13; bits += 4) {
        transcript_absorb_base(&t, LABEL_OOD, &x, 1);
        uint64_t want = 0;
        while (!transcript_grind_holds(&t, bits, want))
            want++;
        for (int isa = 0; isa < KBV_N_ISA; isa++)
            for (size_t threads = 1; threads <= 3; threads++) {
                if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
                struct parallel *pool = parallel_new(threads);
                const struct prove_env env = prove_env_isa((enum kbv_isa)isa, pool);
                ck_assert_uint_eq(grind_search(&t, bits, &env), want);
                parallel_free(pool);
            }
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("whir_poseidon");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_size_of_the_test_set_proves_and_verifies);
    tcase_add_test(tc, proof_bytes_depend_on_neither_kernels_nor_threads);
    tcase_add_test(tc, every_flipped_byte_and_every_word_plus_p_is_refused);
    tcase_add_test(tc, trees_agree_with_the_verifier);
    tcase_add_test(tc, nodes_of_any_number_are_compressions);
    tcase_add_test(tc, grinding_finds_the_lowest_nonce_on_any_kernels_and_threads);
    Suite *s = suite_create("whir_poseidon");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

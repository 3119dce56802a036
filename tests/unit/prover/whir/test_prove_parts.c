/* The prover's parts one by one: many-way Keccak, Merkle trees, interleaved code words, weights. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/keccak256.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/merkle.h"
#include "prover/prove/ntt.h"
#include "prover/prove/whir_weights.h"
#include "prover/verify/merkle_verify.h"
#include "whir_fixture.h"

static uint64_t seed = 0x5eed0700;

START_TEST(wide_keccak_is_keccak_for_every_length_and_number)
{
    static uint8_t in[64 * 300], out[64 * 32], want[32];
    printf("test_prove_parts: seed %llx\n", (unsigned long long)seed);
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)fixture_random(&seed);
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct keccak_wide_ops *ops = keccak_wide_for((enum kbv_isa)isa);
        if (ops == NULL) continue;
        for (size_t len = 0; len <= 290; len += len < 150 ? 1 : 7)
            for (size_t n = 1; n <= 19; n += 6) {
                ops->hash(out, in, 300, len, n);
                for (size_t i = 0; i < n; i++) {
                    keccak256(want, in + 300 * i, len);
                    ck_assert_msg(memcmp(out + 32 * i, want, 32) == 0, "%s %zu", ops->name, len);
                }
            }
    }
}
END_TEST

START_TEST(every_leaf_of_a_tree_has_a_path_to_every_cap_and_no_other)
{
    struct parallel *pool = parallel_new(2);
    const struct prove_env env = prove_env_best(pool);
    for (uint32_t log = 0; log <= 12; log += 4) {
        struct merkle_tree t;
        uint8_t leaf[20] = {0}, path[32 * MERKLE_MAX_LOG];
        ck_assert(merkle_alloc(&t, log));
        for (uint32_t i = 0; i < (uint32_t)1 << log; i++) {
            memcpy(leaf, &i, 4);
            keccak256(merkle_leaf_hash(&t, i), leaf, sizeof leaf);
        }
        merkle_build(&t, PROFILE_KECCAK, &env);
        for (uint32_t cap = 0; cap <= log; cap++)
            for (uint32_t i = 0; i < (uint32_t)1 << log; i += 1 + log / 4) {
                const uint8_t *nodes = merkle_cap(&t, cap);
                memcpy(leaf, &i, 4);
                memset(path, 0, sizeof path);
                merkle_path(&t, i, cap, path);
#define BELOW(index, nodes, cap)                                                                   \
    merkle_verify(PROFILE_KECCAK, false, leaf, sizeof leaf / 4, index, log, path, nodes, cap)
                ck_assert(BELOW(i, nodes, cap));
                if (log > 0) ck_assert(!BELOW(i ^ 1, nodes, cap));
                if (cap > 0) /* a shorter path must not do */
                    ck_assert(!BELOW(i, merkle_cap(&t, cap - 1), cap - 1));
                leaf[19] = 1;
                ck_assert(!BELOW(i, nodes, cap));
#undef BELOW
                leaf[19] = 0;
            }
        merkle_free(&t);
    }
    parallel_free(pool);
}
END_TEST

START_TEST(a_leaf_is_the_lanes_at_the_power_of_the_root)
{
    /* 2^3 rows of 5 lanes at rate 1/4: every leaf against Horner, and its hash in the tree. */
    enum { LOG = 3, RATE = 2, WIDTH = 5, STRIDE = 16 };
    struct parallel *pool = parallel_new(2);
    kb message[(1 << LOG) * STRIDE];
    for (size_t i = 0; i < sizeof message / sizeof message[0]; i++)
        message[i] = fixture_random_kb(&seed);
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct prove_env env = prove_env_isa((enum kbv_isa)isa, pool);
        struct rs_code code;
        if (env.field == NULL) continue;
        ck_assert(rs_encode(&code, message, LOG, RATE, WIDTH, STRIDE, PROFILE_KECCAK, false, &env));
        for (uint32_t n = 0; n < 1 << (LOG + RATE); n++) {
            const kb y = kb_pow(kb_root(LOG + RATE), n);
            uint8_t leaf[4 * WIDTH], want[4 * WIDTH], hash[32];
            for (size_t lane = 0; lane < WIDTH; lane++) {
                kb v = 0;
                for (size_t r = 1 << LOG; r-- > 0;)
                    v = kb_add(kb_mul(v, y), message[r * STRIDE + lane]);
                kb_to_bytes(want + 4 * lane, v);
            }
            rs_leaf(&code, n, leaf, &env);
            ck_assert_mem_eq(leaf, want, sizeof want);
            keccak256(hash, want, sizeof want);
            ck_assert_mem_eq(merkle_leaf_hash(&code.tree, n), hash, 32);
        }
        rs_free(&code);
    }
    parallel_free(pool);
}
END_TEST

START_TEST(weights_are_what_their_definitions_say)
{
    /* 13 variables: more than one block. */
    enum { VARS = 13, QUERIES = 3 };
    const size_t n = (size_t)1 << VARS;
    struct parallel *pool = parallel_new(2);
    const struct prove_env env = prove_env_best(pool);
    struct kb5v w, none = {{0}};
    kb *cells = malloc(n * sizeof *cells);
    kb5 *want = malloc(n * sizeof *want);
    ck_assert(cells != NULL && want != NULL && prove_alloc_ext(&w, n));
    for (size_t i = 0; i < n; i++) {
        cells[i] = fixture_random_kb(&seed);
        want[i] = fixture_random_kb5(&seed);
        kb5v_set(w, i, want[i]);
    }
    const kb5 z = fixture_random_kb5(&seed), s = fixture_random_kb5(&seed);
    const kb5 gamma = fixture_random_kb5(&seed);
    kb y[QUERIES];
    for (int q = 0; q < QUERIES; q++)
        y[q] = fixture_random_kb(&seed);
    kb5 point[VARS];
    for (int j = 0; j < VARS; j++)
        point[j] = fixture_random_kb5(&seed);
    const struct whir_claim claim = {.prefix_len = 2, .prefix = 2, .point = point};
    ck_assert_int_eq(weights_add_pow(w, VARS, z, s, &env), ERR_OK);
    ck_assert_int_eq(weights_add_queries(w, VARS, y, QUERIES, s, gamma, &env), ERR_OK);
    ck_assert_int_eq(weights_add_eq(w, VARS, &claim, s, &env), ERR_OK);
    kb5 eval = kb5_zero(), power = kb5_one(), got;
    for (size_t i = 0; i < n; i++) {
        kb5 v = kb5_add(want[i], kb5_mul(s, power)), g = s;
        for (int q = 0; q < QUERIES; q++) {
            v = kb5_add(v, kb5_mul_base(g, kb_pow(y[q], i)));
            g = kb5_mul(g, gamma);
        }
        if (i >> (VARS - 2) == 2) {
            kb5 eq = s;
            for (int j = 0; j < VARS - 2; j++)
                eq = kb5_mul(eq, i >> (VARS - 3 - j) & 1 ? point[j]
                                                          : kb5_sub(kb5_one(), point[j]));
            v = kb5_add(v, eq);
        }
        ck_assert(kb5_eq(kb5v_get(w, i), v));
        eval = kb5_add(eval, kb5_mul_base(power, cells[i]));
        power = kb5_mul(power, z);
    }
    ck_assert_int_eq(weights_eval_pow(cells, none, VARS, z, &env, &got), ERR_OK);
    ck_assert(kb5_eq(got, eval));
    free(cells), free(want), prove_free(w.c[0]);
    parallel_free(pool);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("prove_parts");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, wide_keccak_is_keccak_for_every_length_and_number);
    tcase_add_test(tc, every_leaf_of_a_tree_has_a_path_to_every_cap_and_no_other);
    tcase_add_test(tc, a_leaf_is_the_lanes_at_the_power_of_the_root);
    tcase_add_test(tc, weights_are_what_their_definitions_say);
    Suite *s = suite_create("prove_parts");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

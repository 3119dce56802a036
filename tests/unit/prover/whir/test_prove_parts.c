/* The prover's parts one by one: many-way Keccak, Merkle trees, interleaved code words, weights. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto/keccak256.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/merkle.h"
#include "prover/prove/ntt.h"
#include "prover/prove/whir_first.h"
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

/* 2^9 weights, roots of order 2^(9 + _i): a transform for the first two, one by one for the last. */
START_TEST(queries_at_roots_are_queries)
{
    enum { VARS = 9, QUERIES = 130 };
    const size_t n = (size_t)1 << VARS;
    const uint32_t log_order = VARS + (uint32_t)_i;
    struct parallel *pool = parallel_new(2);
    uint32_t index[QUERIES];
    kb y[QUERIES];
    for (int q = 0; q < QUERIES; q++) {
        index[q] = (uint32_t)fixture_random(&seed) & (((uint32_t)1 << log_order) - 1);
        if (q == 5) index[q] = index[4];
        y[q] = kb_pow(kb_root(log_order), index[q]);
    }
    for (int isa = 0; isa < KBV_N_ISA; isa++) {
        const struct prove_env env = prove_env_isa((enum kbv_isa)isa, pool);
        const kb5 s = fixture_random_kb5(&seed), gamma = fixture_random_kb5(&seed);
        struct kb5v one, other;
        if (env.field == NULL) continue;
        ck_assert(prove_alloc_ext(&one, n) && prove_alloc_ext(&other, n));
        for (size_t i = 0; i < n; i++) {
            kb5v_set(one, i, fixture_random_kb5(&seed));
            kb5v_set(other, i, kb5v_get(one, i));
        }
        ck_assert_int_eq(weights_add_queries(one, VARS, y, QUERIES, s, gamma, &env), ERR_OK);
        ck_assert_int_eq(
            weights_add_roots(other, VARS, log_order, index, QUERIES, s, gamma, &env), ERR_OK);
        for (size_t i = 0; i < n; i++)
            ck_assert(kb5_eq(kb5v_get(one, i), kb5v_get(other, i)));
        prove_free(one.c[0]), prove_free(other.c[0]);
    }
    parallel_free(pool);
}
END_TEST

START_TEST(the_first_fold_is_what_written_out_weights_give)
{
    /* 2^14 cells, rows of 8: more than one block of rows; the last claim is about a part of a row. */
    enum { VARS = 14, K = 3, CLAIMS = 3 };
    const size_t n = (size_t)1 << VARS;
    struct parallel *pool = parallel_new(1 + (size_t)_i);
    const struct prove_env env = prove_env_best(pool);
    struct kb5v w[2], f[2], out_f, out_w, none = {{0}};
    kb *cells = malloc(n * sizeof *cells);
    kb5 point[VARS];
    ck_assert(cells != NULL && prove_alloc_ext(&out_f, n >> K) && prove_alloc_ext(&out_w, n >> K));
    for (int i = 0; i < 2; i++)
        ck_assert(prove_alloc_ext(&w[i], n) && prove_alloc_ext(&f[i], n));
    for (size_t i = 0; i < n; i++) {
        cells[i] = fixture_random_kb(&seed);
        kb5v_set(w[0], i, kb5_zero());
    }
    for (int j = 0; j < VARS; j++)
        point[j] = fixture_random_kb5(&seed);
    const struct whir_claim claims[CLAIMS] = {{.point = point},
                                              {.prefix_len = 3, .prefix = 6, .point = point + 1},
                                              {.prefix_len = 13, .prefix = 4099, .point = point + 2}};
    const kb5 z = fixture_random_kb5(&seed);
    struct whir_first first;
    ck_assert_int_eq(whir_first_init(&first, cells, VARS, K, 1 + CLAIMS, &env), ERR_OK);
    kb5 s = fixture_random_kb5(&seed);
    ck_assert_int_eq(whir_first_pow(&first, z, s), ERR_OK);
    ck_assert_int_eq(weights_add_pow(w[0], VARS, z, s, &env), ERR_OK);
    for (int j = 0; j < CLAIMS; j++) {
        s = fixture_random_kb5(&seed);
        ck_assert_int_eq(whir_first_eq(&first, &claims[j], s), ERR_OK);
        ck_assert_int_eq(weights_add_eq(w[0], VARS, &claims[j], s, &env), ERR_OK);
    }
    for (uint32_t round = 0; round < K; round++) {
        const unsigned now = round & 1;
        kb5 want[2], got[2];
        const kb *base = round == 0 ? cells : NULL;
        sumcheck_pairs(base, base == NULL ? f[now] : none, w[now], VARS - 1 - round, &env, want);
        whir_first_pairs(&first, got);
        ck_assert(kb5_eq(got[0], want[0]) && kb5_eq(got[1], want[1]));
        const kb5 r = fixture_random_kb5(&seed);
        sumcheck_fold(f[1 - now], base, f[now], r, VARS - 1 - round, &env);
        sumcheck_fold(w[1 - now], NULL, w[now], r, VARS - 1 - round, &env);
        whir_first_fold(&first, r);
    }
    ck_assert_int_eq(whir_first_end(&first, out_f, out_w), ERR_OK);
    for (size_t i = 0; i < n >> K; i++) {
        ck_assert(kb5_eq(kb5v_get(out_f, i), kb5v_get(f[K & 1], i)));
        ck_assert(kb5_eq(kb5v_get(out_w, i), kb5v_get(w[K & 1], i)));
    }
    whir_first_free(&first);
    for (int i = 0; i < 2; i++)
        prove_free(w[i].c[0]), prove_free(f[i].c[0]);
    prove_free(out_f.c[0]), prove_free(out_w.c[0]), free(cells);
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
    tcase_add_loop_test(tc, queries_at_roots_are_queries, 0, 3);
    tcase_add_loop_test(tc, the_first_fold_is_what_written_out_weights_give, 0, 3);
    Suite *s = suite_create("prove_parts");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

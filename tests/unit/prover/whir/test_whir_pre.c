/* The commitment with preprocessed columns: f and g opened as one polynomial F (recursion.md section
 * 2), against a slow model of F and against cheats. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/verify/labels.h"
#include "whir_fixture.h"

static struct whir_params pre_params(uint32_t m, uint32_t lanes, uint32_t cap)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_test(m, &p), ERR_OK);
    ck_assert_int_eq(whir_params_add_pre(&p, lanes, cap), ERR_OK);
    return p;
}

static enum err verify_now(const struct fixture *f)
{
    return fixture_verify(f, f->proof, f->proof_len, NULL);
}

/* m, k_g: with k_0 = 3 up to 12 variables, else 5. */
static const struct shape {
    uint32_t m, lanes, cap;
} shapes[] = {{10, 3, 0}, {12, 3, 2}, {13, 3, 1}, {14, 5, 0}, {15, 3, 3}, {16, 5, 2}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

START_TEST(claims_on_both_polynomials_are_accepted)
{
    for (size_t i = 0; i < N_SHAPES; i++) {
        struct fixture f;
        struct whir_params p = pre_params(shapes[i].m, shapes[i].lanes, shapes[i].cap);
        fixture_init(&f, &p, i == 2 ? 0 : FIX_MAX_CLAIMS, 0x9e0 + i);
        fixture_prove(&f, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(verify_now(&f), ERR_OK);
        fixture_free(&f);
    }
}
END_TEST

START_TEST(bytes_and_keys_depend_on_neither_kernels_nor_threads)
{
    for (uint32_t lanes = 3; lanes <= 5; lanes += 2) {
        struct fixture f;
        struct whir_params p = pre_params(15, lanes, 1);
        p.rounds[0].fold_grind = 4; /* before s as well */
        fixture_init(&f, &p, 6, 0xb17e5);
        fixture_prove(&f, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(verify_now(&f), ERR_OK);
        uint8_t *want = f.proof, key[sizeof f.key];
        const size_t len = f.proof_len;
        memcpy(key, f.key, sizeof key);
        f.proof = NULL;
        for (int isa = 0; isa < KBV_N_ISA; isa++)
            for (size_t threads = 1; threads <= 3; threads++) {
                if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
                fixture_prove(&f, (enum kbv_isa)isa, threads, NULL);
                ck_assert_uint_eq(f.proof_len, len);
                ck_assert_mem_eq(f.proof, want, len);
                ck_assert_mem_eq(f.key, key, sizeof key);
            }
        free(want);
        fixture_free(&f);
    }
}
END_TEST

START_TEST(other_shapes_of_parameters_work)
{
    struct fixture f;
    struct whir_params p = pre_params(11, 3, 0);
    for (uint32_t i = 0; i < p.n_rounds; i++)
        p.rounds[i].ood = 2;
    fixture_init(&f, &p, 4, 0x00d2);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(verify_now(&f), ERR_OK);
    fixture_free(&f);
    p.regime = WHIR_UNIQUE;
    for (uint32_t i = 0; i < p.n_rounds; i++)
        p.rounds[i].ood = 0;
    fixture_init(&f, &p, 4, 0x00d0);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(verify_now(&f), ERR_OK);
    fixture_free(&f);
    /* one round, repeated queries, the key's cap at the leaves */
    p = (struct whir_params){
        .n_vars = 7,
        .n_rounds = 1,
        .regime = WHIR_JOHNSON,
        .rounds = {{.fold = 5, .log_inv_rate = 1, .cap_log = 3, .ood = 1, .queries = 40}}};
    ck_assert_int_eq(whir_params_add_pre(&p, 3, 3), ERR_OK);
    fixture_init(&f, &p, 6, 0x0041);
    fixture_prove(&f, KBV_PORTABLE, 1, NULL);
    ck_assert_int_eq(verify_now(&f), ERR_OK);
    fixture_free(&f);
}
END_TEST

/* ---- the slow model ---- */

/* F by its definition: 2^(m+1) values. */
static kb *model_cells(const struct fixture *f)
{
    const struct whir_params *p = &f->params;
    const uint32_t m = whir_stack_vars(p), k0 = whir_stack_lanes(p), kg = p->pre - 1u;
    kb *cells = malloc(sizeof(kb) << (m + 1));
    ck_assert_ptr_nonnull(cells);
    for (size_t x = 0; x < (size_t)1 << m; x++) {
        const size_t row = x >> k0, lane = x & (((size_t)1 << k0) - 1);
        cells[2 * x] = f->cells[x];
        cells[2 * x + 1] = lane >> kg == 0 ? f->pre_cells[(row << kg) + lane] : kb_from_u32(0);
    }
    return cells;
}

static kb5 model_pow(const kb *cells, uint32_t vars, kb5 z)
{
    kb5 v = kb5_zero();
    for (size_t i = (size_t)1 << vars; i-- > 0;)
        v = kb5_add(kb5_mul(v, z), kb5_from_kb(cells[i]));
    return v;
}

/* The weight of a claim at an index of F. */
static kb5 model_weight(const struct whir_params *p, const struct whir_claim *c, size_t at)
{
    const size_t side = at & 1, x = at >> 1;
    const uint32_t k0 = whir_stack_lanes(p), kg = p->pre - 1u;
    size_t index = x;
    uint32_t n = whir_stack_vars(p);
    if (c->pre) {
        const size_t row = x >> k0, lane = x & (((size_t)1 << k0) - 1);
        if (lane >> kg != 0) return kb5_zero();
        index = (row << kg) + lane;
        n = whir_pre_vars(p);
    }
    if (side != (c->pre ? 1u : 0u)) return kb5_zero();
    const uint32_t free_vars = n - c->prefix_len;
    if (index >> free_vars != c->prefix) return kb5_zero();
    kb5 w = kb5_one();
    for (uint32_t j = 0; j < free_vars; j++) {
        const bool bit = index >> (free_vars - 1 - j) & 1;
        w = kb5_mul(w, bit ? c->point[j] : kb5_sub(kb5_one(), c->point[j]));
    }
    return w;
}

static void see_sample(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                       size_t len, const uint8_t state[32])
{
    struct samples {
        size_t n;
        kb5 v[64];
    } *s = ctx;
    (void)label, (void)len, (void)state;
    if (event != TRANSCRIPT_EXT || s->n == 64) return;
    ck_assert(kb5_from_bytes(&s->v[s->n++], data));
}

START_TEST(ood_answers_and_every_round_message_are_those_of_the_model)
{
    for (int shape = 0; shape < 3; shape++) {
        struct samples {
            size_t n;
            kb5 v[64];
        } seen = {0};
        const struct transcript_observer observer = {see_sample, &seen};
        struct fixture f;
        static const struct shape s[3] = {{10, 3, 1}, {13, 3, 1}, {13, 5, 1}};
        struct whir_params p = pre_params(s[shape].m, s[shape].lanes, s[shape].cap);
        p.rounds[0].ood = 2;
        fixture_init(&f, &p, FIX_MAX_CLAIMS, 0x510 + (uint64_t)shape);
        fixture_prove(&f, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(fixture_verify(&f, f.proof, f.proof_len, &observer), ERR_OK);
        kb *cells = model_cells(&f);
        const uint8_t *at = f.proof + ((size_t)32 << p.rounds[0].cap_log);
        const size_t n = (size_t)1 << p.n_vars;
        for (uint32_t j = 0; j < 2; j++, at += KB5_BYTES) {
            kb5 answer;
            ck_assert(kb5_from_bytes(&answer, at));
            ck_assert(kb5_eq(answer, model_pow(cells, p.n_vars, seen.v[j])));
        }
        /* gamma, then the challenges of round 0; the model keeps F and W in full */
        const kb5 gamma = seen.v[2];
        kb5 *big = malloc(n * sizeof *big), *w = malloc(n * sizeof *w), power = kb5_one();
        for (size_t i = 0; i < n; i++) {
            big[i] = kb5_from_kb(cells[i]);
            w[i] = kb5_zero();
        }
        for (size_t j = 0; j < 2 + f.n_claims; j++) {
            kb5 x = power;
            for (size_t i = 0; i < n; i++) {
                if (j >= 2) x = kb5_mul(power, model_weight(&p, &f.claims[j - 2], i));
                w[i] = kb5_add(w[i], x);
                if (j < 2) x = kb5_mul(x, seen.v[j]);
            }
            power = kb5_mul(power, gamma);
        }
        for (uint32_t round = 0; round < p.rounds[0].fold; round++) {
            kb5 c0 = kb5_zero(), c2 = kb5_zero(), said[2];
            const size_t half = n >> (round + 1);
            const kb5 r = seen.v[3 + round];
            for (size_t i = 0; i < half; i++) {
                const kb5 df = kb5_sub(big[2 * i + 1], big[2 * i]);
                const kb5 dw = kb5_sub(w[2 * i + 1], w[2 * i]);
                c0 = kb5_add(c0, kb5_mul(big[2 * i], w[2 * i]));
                c2 = kb5_add(c2, kb5_mul(df, dw));
                big[i] = kb5_add(big[2 * i], kb5_mul(r, df));
                w[i] = kb5_add(w[2 * i], kb5_mul(r, dw));
            }
            for (int k = 0; k < 2; k++, at += KB5_BYTES)
                ck_assert(kb5_from_bytes(&said[k], at));
            ck_assert_msg(kb5_eq(said[0], c0) && kb5_eq(said[1], c2), "round %u", round);
        }
        free(big);
        free(w);
        free(cells);
        fixture_free(&f);
    }
}
END_TEST

/* ---- cheats ---- */

static struct fixture fix;

static void small_fixture(void)
{
    struct whir_params p = pre_params(10, 3, 1);
    fixture_init(&fix, &p, 7, 0x5eed0900);
    printf("test_whir_pre: seed %llx\n", (unsigned long long)fix.seed);
    fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
}

static void free_fixture(void)
{
    fixture_free(&fix);
}

START_TEST(every_flipped_bit_is_refused)
{
    ck_assert_int_eq(verify_now(&fix), ERR_OK);
    for (size_t i = 0; i < fix.proof_len; i++) {
        const uint8_t bit = (uint8_t)(1 << i % 8);
        fix.proof[i] ^= bit;
        ck_assert_msg(verify_now(&fix) == ERR_PROOF, "byte %zu", i);
        fix.proof[i] ^= bit;
    }
    ck_assert_int_eq(verify_now(&fix), ERR_OK);
}
END_TEST

START_TEST(a_wrong_value_on_either_side_is_refused)
{
    for (size_t i = 0; i < fix.n_claims; i++) {
        const kb5 old = fix.claims[i].value;
        fix.claims[i].value = kb5_add(old, kb5_one());
        ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
        fixture_prove(&fix, KBV_PORTABLE, 1, NULL); /* nor does a proof made for it help */
        ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
        fix.claims[i].value = old;
        fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(verify_now(&fix), ERR_OK);
    }
}
END_TEST

START_TEST(a_claim_said_of_the_other_polynomial_is_refused)
{
    for (size_t i = 0; i < fix.n_claims; i++) {
        if (fix.claims[i].prefix_len > whir_pre_vars(&fix.params)) continue;
        fix.claims[i].pre = !fix.claims[i].pre;
        ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
        fix.claims[i].pre = !fix.claims[i].pre;
    }
    ck_assert_int_eq(verify_now(&fix), ERR_OK);
}
END_TEST

/* A proof whose g differs from the key's in one cell: the prover knows another polynomial, and even
 * claims that are true of it. */
START_TEST(one_other_cell_of_g_needs_another_key)
{
    uint8_t key[sizeof fix.key];
    memcpy(key, fix.key, sizeof key);
    for (size_t cell = 0; cell < (size_t)1 << whir_pre_vars(&fix.params); cell += 97) {
        const kb old = fix.pre_cells[cell];
        fix.pre_cells[cell] = kb_add(old, kb_one);
        for (size_t i = 0; i < fix.n_claims; i++)
            if (fix.claims[i].pre)
                fix.claims[i].value =
                    fixture_eval(fix.pre_cells, whir_pre_vars(&fix.params), &fix.claims[i]);
        fixture_prove(&fix, KBV_PORTABLE, 1, NULL);
        ck_assert_int_eq(verify_now(&fix), ERR_OK); /* its own key */
        ck_assert_mem_ne(fix.key, key, (size_t)32 << fix.params.pre_cap);
        memcpy(fix.key, key, sizeof key);
        ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
        fix.pre_cells[cell] = old;
    }
}
END_TEST

START_TEST(every_digest_of_the_key_counts)
{
    /* 3 queries in 2 subtrees: every bit of the cap that a path ends in; the system's transcript
     * absorbs the others */
    int noticed = 0;
    for (size_t i = 0; i < (size_t)32 << fix.params.pre_cap; i += 32) {
        fix.key[i] ^= 1;
        noticed += verify_now(&fix) == ERR_PROOF;
        fix.key[i] ^= 1;
    }
    ck_assert_int_ge(noticed, 1);
}
END_TEST

/* Where the answers to the queries of round 0 begin, and the size of one. */
static size_t answers_at(const struct whir_params *p, size_t *leaf_f, size_t *leaf_g, size_t *size)
{
    const uint32_t log = whir_leaf_log(p, 0);
    *leaf_f = whir_leaf_bytes(p, 0);
    *leaf_g = *leaf_f + 32 * (size_t)(log - p->rounds[0].cap_log);
    *size = *leaf_g + whir_pre_leaf_bytes(p) + 32 * (size_t)(log - p->pre_cap);
    return whir_commit_size(p) + p->rounds[0].fold * (2 * (size_t)KB5_BYTES) +
           ((size_t)32 << p->rounds[1].cap_log) + p->rounds[1].ood * (size_t)KB5_BYTES;
}

START_TEST(g_opened_at_another_index_is_refused)
{
    size_t f_at, g_at, size;
    const size_t first = answers_at(&fix.params, &f_at, &g_at, &size);
    uint8_t *a = fix.proof + first + g_at, *b = a + size, old[2048];
    const size_t len = size - g_at;
    ck_assert_uint_le(len, sizeof old);
    ck_assert(memcmp(a, b, len) != 0);
    memcpy(old, a, len);
    memcpy(a, b, len); /* a leaf of g with a true path, of the next query */
    ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
    memcpy(a, old, len);
    ck_assert_int_eq(verify_now(&fix), ERR_OK);
}
END_TEST

START_TEST(the_leaves_of_f_and_g_are_not_exchangeable)
{
    size_t f_at, g_at, size;
    const size_t first = answers_at(&fix.params, &f_at, &g_at, &size);
    /* k_g = k_0 here: both leaves have the same size, the paths differ by one digest of the caps */
    const size_t leaf = whir_leaf_bytes(&fix.params, 0);
    ck_assert_uint_eq(leaf, whir_pre_leaf_bytes(&fix.params));
    uint8_t *answer = fix.proof + first, old[4096];
    memcpy(old, answer, size);
    memcpy(answer, old + g_at, leaf);
    memcpy(answer + g_at, old, leaf);
    ck_assert_int_eq(verify_now(&fix), ERR_PROOF);
    memcpy(answer, old, size);
    ck_assert_int_eq(verify_now(&fix), ERR_OK);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("whir_pre");
    TCase *small = tcase_create("small");
    tcase_add_checked_fixture(small, small_fixture, free_fixture);
    tcase_set_timeout(small, 120);
    tcase_add_test(small, every_flipped_bit_is_refused);
    tcase_add_test(small, a_wrong_value_on_either_side_is_refused);
    tcase_add_test(small, a_claim_said_of_the_other_polynomial_is_refused);
    tcase_add_test(small, one_other_cell_of_g_needs_another_key);
    tcase_add_test(small, every_digest_of_the_key_counts);
    tcase_add_test(small, g_opened_at_another_index_is_refused);
    tcase_add_test(small, the_leaves_of_f_and_g_are_not_exchangeable);
    suite_add_tcase(s, small);
    TCase *other = tcase_create("other");
    tcase_set_timeout(other, 120);
    tcase_add_test(other, claims_on_both_polynomials_are_accepted);
    tcase_add_test(other, bytes_and_keys_depend_on_neither_kernels_nor_threads);
    tcase_add_test(other, other_shapes_of_parameters_work);
    tcase_add_test(other, ood_answers_and_every_round_message_are_those_of_the_model);
    suite_add_tcase(s, other);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

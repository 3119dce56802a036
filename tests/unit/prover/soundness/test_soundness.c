/* The calculator against numbers that others computed: the published reports of
 * ethereum/soundcalc@809896f, and the parameter tables of the project's prover note (computed with
 * soundcalc's formulas); and its refusals. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/kb5.h"
#include "prover/verify/labels.h"
#include "prover/verify/soundness.h"

/* A set in the note's notation: folds k0, k, k, ..; the domain shrinks by 2^red after the first
 * round and by 2 after the others. */
static struct whir_params shape(uint32_t m, uint32_t l0, uint32_t k0, uint32_t k, uint32_t red,
                                uint32_t rounds, uint32_t target, bool johnson)
{
    struct whir_params p = {.n_vars = (uint8_t)m, .n_rounds = (uint8_t)rounds,
                            .regime = johnson ? WHIR_JOHNSON : WHIR_UNIQUE,
                            .target_bits = (uint8_t)target};
    uint32_t l = l0;
    for (uint32_t i = 0; i < rounds; i++) {
        p.rounds[i] = (struct whir_round){.fold = (uint8_t)(i == 0 ? k0 : k),
                                          .log_inv_rate = (uint8_t)l, .ood = johnson ? 1 : 0,
                                          .queries = 1, .query_grind = 16};
        l += p.rounds[i].fold - (i == 0 ? red : 1);
    }
    return p;
}

static void fewest_are(struct whir_params p, uint32_t fold_limit, const uint16_t *want)
{
    struct soundness_report r;
    ck_assert_int_eq(soundness_fewest_queries(&p, fold_limit), ERR_OK);
    for (uint32_t i = 0; i < p.n_rounds; i++)
        ck_assert_msg(p.rounds[i].queries == want[i], "m %u round %u: %u queries, not %u",
                      p.n_vars, i, p.rounds[i].queries, want[i]);
    ck_assert_int_eq(soundness_whir(&p, NULL, &r), ERR_OK);
    ck_assert_double_ge(r.bits, p.target_bits);
}

START_TEST(the_fewest_queries_are_those_of_the_note)
{
    fewest_are(shape(21, 3, 6, 3, 1, 4, 100, true), 8, (uint16_t[]){57, 22, 17, 15});
    fewest_are(shape(22, 3, 5, 4, 1, 4, 100, true), 8, (uint16_t[]){57, 25, 17, 13});
    fewest_are(shape(23, 3, 5, 4, 1, 4, 100, true), 8, (uint16_t[]){57, 25, 17, 13});
    fewest_are(shape(24, 3, 6, 4, 1, 4, 100, true), 8, (uint16_t[]){57, 22, 16, 13});
    fewest_are(shape(22, 2, 5, 4, 1, 4, 100, true), 8, (uint16_t[]){85, 29, 19, 15});
    fewest_are(shape(24, 2, 6, 4, 1, 4, 100, true), 8, (uint16_t[]){85, 25, 17, 13});
    fewest_are(shape(22, 4, 6, 4, 1, 4, 100, true), 8, (uint16_t[]){43, 19, 15, 12});
    fewest_are(shape(24, 4, 6, 4, 1, 4, 100, true), 8, (uint16_t[]){43, 19, 15, 12});
    fewest_are(shape(22, 3, 6, 4, 5, 4, 100, false), 0, (uint16_t[]){102, 93, 85, 85});
    /* leaf and join at 128 bits: two OOD samples in the first rounds */
    struct whir_params leaf = shape(24, 1, 5, 5, 1, 4, 128, true);
    leaf.rounds[0].ood = leaf.rounds[1].ood = 2;
    fewest_are(leaf, 16, (uint16_t[]){257, 48, 27, 19});
    struct whir_params join = shape(22, 3, 5, 4, 1, 4, 128, true);
    join.rounds[0].ood = 2;
    fewest_are(join, 16, (uint16_t[]){80, 35, 26, 19});
}
END_TEST

START_TEST(fold_grinding_agrees_with_the_note)
{
    /* Column pf of the note: 6.4 and 7.4 bits in the worst round. */
    struct whir_params p = shape(22, 3, 5, 4, 1, 4, 100, true);
    ck_assert_int_eq(soundness_fewest_queries(&p, 8), ERR_OK);
    ck_assert_uint_eq(p.rounds[3].fold_grind, 7);
    p = shape(23, 3, 5, 4, 1, 4, 100, true);
    ck_assert_int_eq(soundness_fewest_queries(&p, 8), ERR_OK);
    ck_assert_uint_eq(p.rounds[3].fold_grind, 8);
    p = shape(24, 3, 6, 4, 1, 4, 100, true);
    ck_assert_int_eq(soundness_fewest_queries(&p, 8), ERR_OK);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(p.rounds[i].fold_grind, 0);
}
END_TEST

/* ---- single formulas ---- */

static double line_bits(const struct soundness_report *r, const char *name)
{
    for (uint32_t i = 0; i < r->n_lines; i++)
        if (strcmp(r->lines[i].name, name) == 0) return r->lines[i].bits;
    ck_abort_msg("no line %s", name);
}

/* reports/dummywhir.md, circuit riscv over Goldilocks^3 (|F| = 2^192): rate 1/16, five folds of 4,
 * m = 22, queries 55/31/22/17/14. The errors of the folds scale with 1/|F|, so the published bits
 * are ours plus the difference of the fields' sizes; the query errors do not depend on the field.
 * Grinding is part of the published bits. Johnson there means a gap of sqrt(rate)/100, multiplicity
 * 50. Its constraint degree (8, here 3) and its other bound on the list size are below rounding. */
static void agrees_with_dummywhir(bool johnson, const int fold_bits[5][4], const int shift_bits[4],
                                  int final_bits)
{
    static const uint16_t queries[5] = {55, 31, 22, 17, 14};
    static const uint8_t query_grind[5] = {22, 22, 20, 19, 17};
    static const uint8_t fold_grind[5][4] = {
        {16, 14, 12, 10}, {14, 12, 10, 8}, {17, 15, 13, 11}, {19, 17, 15, 13}, {22, 20, 18, 16}};
    static const uint32_t multiplicity[WHIR_MAX_ROUNDS] = {50, 50, 50, 50, 50};
    struct whir_params p = {.n_vars = 22, .n_rounds = 5,
                            .regime = johnson ? WHIR_JOHNSON : WHIR_UNIQUE};
    const double field = 192 - SOUNDNESS_FIELD_BITS;
    struct soundness_report r;
    char name[SOUNDNESS_NAME_SIZE];
    for (uint32_t i = 0; i < 5; i++)
        p.rounds[i] = (struct whir_round){.fold = 4, .log_inv_rate = (uint8_t)(4 + 3 * i),
                                          .ood = johnson ? 1 : 0, .queries = queries[i],
                                          .query_grind = query_grind[i]};
    ck_assert_int_eq(soundness_whir(&p, multiplicity, &r), ERR_OK);
    for (uint32_t i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "shift(i=%u)", i + 1);
        ck_assert_int_eq((int)floor(line_bits(&r, name)), shift_bits[i]);
    }
    ck_assert_int_eq((int)floor(line_bits(&r, "final")), final_bits);
    for (uint32_t i = 0; i < 4; i++) /* in the last round the words are so short that 8 shows */
        for (uint32_t s = 1; s <= 4; s++) {
            snprintf(name, sizeof name, "fold(i=%u,s=%u)", i, s);
            double bits = line_bits(&r, name) + field + fold_grind[i][s - 1];
            ck_assert_msg((int)floor(bits) == fold_bits[i][s - 1], "%s %.2f", name, bits);
        }
}

START_TEST(the_lines_are_those_of_soundcalcs_dummywhir_report)
{
    static const int unique_folds[5][4] = {{184, 183, 182, 181},
                                           {183, 182, 181, 180},
                                           {187, 186, 185, 184},
                                           {190, 189, 188, 187},
                                           {194, 192, 191, 190}};
    static const int johnson_folds[5][4] = {{149, 148, 147, 146},
                                            {143, 142, 141, 140},
                                            {143, 142, 141, 140},
                                            {141, 140, 139, 138},
                                            {141, 140, 139, 138}};
    agrees_with_dummywhir(false, unique_folds, (const int[]){72, 52, 41, 35}, 30);
    agrees_with_dummywhir(true, johnson_folds, (const int[]){131, 130, 129, 129}, 128);
}
END_TEST

START_TEST(johnson_errors_agree_with_the_formula_evaluated_by_hand)
{
    /* Thm 4.2 at rate 1/8, multiplicity 10, dimension 2^21; the numbers by bc -l. */
    struct whir_params p = shape(22, 3, 5, 4, 1, 4, 100, true);
    struct soundness_report r;
    static const uint32_t multiplicity[WHIR_MAX_ROUNDS] = {10, 10, 10, 10};
    ck_assert_int_eq(soundness_whir(&p, multiplicity, &r), ERR_OK);
    ck_assert_double_eq_tol(r.delta[0], 1 - 0.353553390593 - 0.0176776695297, 1e-10);
    ck_assert_double_eq_tol(exp2(r.log_list[0]), 29.6984848098, 1e-8);
    const double delta = 0.628768939877;
    double error = (2 * 127628.15625 + 3 * 10.5 * delta * 0.125) * 16777216.0 /
                       (3 * 0.125 * 0.353553390593) +
                   29.6984848098 + 3 * 29.6984848098;
    ck_assert_double_eq_tol(line_bits(&r, "fold(i=0,s=1)"), SOUNDNESS_FIELD_BITS - log2(error),
                            1e-3);
    ck_assert_double_eq_tol(line_bits(&r, "OOD(i=0)"),
                            SOUNDNESS_FIELD_BITS - 21 - 2 * log2(29.6984848098), 1e-3);
}
END_TEST

START_TEST(logup_bits_are_those_of_the_note)
{
    ck_assert_double_eq_tol(soundness_logup_bits(exp2(23), 32), 129.6, 0.05);
    ck_assert_double_eq_tol(soundness_logup_bits(exp2(24), 32), 128.6, 0.05);
    ck_assert_double_eq_tol(soundness_logup_bits(exp2(25), 32), 127.6, 0.05);
    ck_assert_double_eq_tol(5 * log2(2130706433.0), SOUNDNESS_FIELD_BITS, 1e-3);
}
END_TEST

/* ---- named sets and refusals ---- */

static struct soundness_input leaf_like(const struct whir_params *p)
{
    return (struct soundness_input){.params = p, .log_fractions = 23, .message_width = 32,
                                    .log_height = 18, .max_degree = 4, .n_constraints = 1500,
                                    .n_messages = 120, .n_claims = 80, .log_chunk_columns = 7};
}

START_TEST(the_l1_and_unique_sets_reach_their_target_with_a_full_system)
{
    for (uint32_t m = 18; m <= 24; m++)
        for (int unique = 0; unique < 2; unique++) {
            struct whir_params p, fewest;
            struct soundness_report r;
            ck_assert_int_eq(unique ? whir_params_unique(m, &p) : whir_params_l1(m, &p), ERR_OK);
            ck_assert_uint_eq(p.target_bits, 100);
            const struct soundness_input in = leaf_like(&p);
            ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
            ck_assert_double_ge(r.bits, 100);
            ck_assert_double_lt(r.bits, 102); /* no queries are wasted */
            /* The frozen numbers are what the search gives. */
            fewest = p;
            ck_assert_int_eq(soundness_fewest_queries(&fewest, unique ? 0 : 8), ERR_OK);
            ck_assert_mem_eq(&p, &fewest, sizeof p);
            for (uint32_t i = 0; i < p.n_rounds; i++) {
                ck_assert_uint_le(p.rounds[i].query_grind, 16);
                ck_assert_uint_le(p.rounds[i].fold_grind, 8);
            }
        }
    struct whir_params p;
    ck_assert_int_eq(whir_params_l1(17, &p), ERR_RANGE);
    ck_assert_int_eq(whir_params_l1(25, &p), ERR_RANGE);
}
END_TEST

START_TEST(the_test_set_can_never_be_a_product)
{
    struct whir_params p;
    struct soundness_report r;
    ck_assert_int_eq(whir_params_test(12, &p), ERR_OK);
    const struct soundness_input in = leaf_like(&p);
    ck_assert_int_eq(soundness_check(&in, &r), ERR_REJECTED);
    ck_assert_double_lt(r.bits, 30);
    ck_assert_int_eq(whir_params_test(9, &p), ERR_RANGE);
    ck_assert_int_eq(whir_params_test(17, &p), ERR_RANGE);
}
END_TEST

static double bits_with(const struct whir_params *p)
{
    struct soundness_report r;
    const struct soundness_input in = leaf_like(p);
    enum err err = soundness_check(&in, &r);
    ck_assert(err == ERR_OK || err == ERR_REJECTED);
    ck_assert((err == ERR_OK) == (r.bits >= p->target_bits));
    return r.bits;
}

/* Every recursion set: 128 bits, nothing wasted, the fewest queries; `pre` with the side variable. */
static void recursion_set_is_tight(uint32_t m, uint32_t rate, bool unique, bool pre)
{
    const enum proof_profile profile = rate == 6 ? PROFILE_KECCAK : PROFILE_POSEIDON;
    const enum whir_regime regime = unique ? WHIR_UNIQUE : WHIR_JOHNSON;
    struct whir_params p, fewest;
    struct soundness_report r;
    const enum err err = whir_params_recursion(m, rate, profile, regime, pre, &p);
    const uint32_t fold_grind = profile == PROFILE_POSEIDON ? WHIR_RECURSION_FOLD_GRIND
                                                            : WHIR_TERMINAL_FOLD_GRIND;
    /* where so much fold grinding is not enough */
    const bool none = !unique && ((rate == 6 && m >= 22) || (rate == 4 && m == 25));
    ck_assert_int_eq(err, none ? ERR_RANGE : ERR_OK);
    if (none) return;
    ck_assert_uint_eq(p.target_bits, 128);
    ck_assert_uint_eq(p.n_vars, m);
    ck_assert_uint_eq(p.rounds[0].log_inv_rate, rate);
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        ck_assert_uint_eq(p.rounds[i].query_grind, rate == 6 ? 20 : 16);
        ck_assert_uint_le(p.rounds[i].fold_grind, fold_grind);
        if (profile == PROFILE_POSEIDON) ck_assert_uint_eq(p.rounds[i].cap_log, 0);
    }
    struct soundness_input in = leaf_like(&p);
    in.log_fractions = 20; /* below: the fractions are the program's matter */
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
    ck_assert_double_lt(r.bits, 130);
    fewest = p;
    if (pre) {
        fewest.n_vars++; /* as whir_params_add_pre does, without its limits on lanes */
        fewest.rounds[0].fold++;
    }
    const struct whir_params before = fewest;
    ck_assert_int_eq(soundness_fewest_queries(&fewest, fold_grind), ERR_OK);
    ck_assert_mem_eq(&before, &fewest, sizeof p);
    if (!pre) return;
    ck_assert_int_eq(whir_params_add_pre(&p, 3, p.rounds[0].cap_log), ERR_OK);
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
}

START_TEST(the_recursion_sets_reach_128_bits_with_the_fewest_queries)
{
    static const uint32_t rates[] = {1, 2, 3, 4, 6};
    for (int k = 0; k < 5; k++)
        for (uint32_t m = 18; m <= 25; m++) {
            recursion_set_is_tight(m, rates[k], false, false);
            recursion_set_is_tight(m, rates[k], false, true);
            recursion_set_is_tight(m, rates[k], true, true);
        }
    struct whir_params p;
    for (uint32_t rate = 0; rate <= 7; rate++)
        for (int profile = 0; profile <= 1; profile++) {
            const bool is_set = profile == PROFILE_POSEIDON ? rate >= 1 && rate <= 4 : rate == 6;
            ck_assert_int_eq(whir_params_recursion(20, rate, (enum proof_profile)profile,
                                                   WHIR_JOHNSON, false, &p),
                             is_set ? ERR_OK : ERR_RANGE);
            for (uint32_t m = 17; m <= 26; m += 9)
                ck_assert_int_eq(whir_params_recursion(m, rate, (enum proof_profile)profile,
                                                       WHIR_UNIQUE, false, &p),
                                 ERR_RANGE);
        }
}
END_TEST

static void queries_are(uint32_t m, uint32_t rate, const uint16_t *queries, const uint8_t *ood)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_recursion(m, rate, rate == 6 ? PROFILE_KECCAK : PROFILE_POSEIDON,
                                           WHIR_JOHNSON, false, &p),
                     ERR_OK);
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        ck_assert_uint_eq(p.rounds[i].queries, queries[i]);
        ck_assert_uint_eq(p.rounds[i].ood, ood[i]);
    }
}

START_TEST(the_terminal_set_is_that_of_the_note)
{
    queries_are(20, 6, (uint16_t[]){39, 26, 20}, (uint8_t[]){2, 1, 1});
}
END_TEST

START_TEST(weakening_a_recursion_set_is_refused)
{
    struct whir_params p, q;
    struct soundness_report r;
    ck_assert_int_eq(whir_params_recursion(22, 2, PROFILE_POSEIDON, WHIR_JOHNSON, false, &p),
                     ERR_OK);
    struct soundness_input in = leaf_like(&q);
    in.log_fractions = 20;
    q = p;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
#define REJECTED(change)                                                                           \
    do {                                                                                           \
        q = p;                                                                                     \
        change;                                                                                    \
        ck_assert_int_eq(soundness_check(&in, &r), ERR_REJECTED);                                  \
        ck_assert_double_lt(r.bits, q.target_bits);                                                \
    } while (0)
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        REJECTED(q.rounds[i].queries--);
        REJECTED(q.rounds[i].query_grind -= 8); /* a query is worth up to 6 bits */
        if (q.rounds[i].fold_grind > 0) REJECTED(q.rounds[i].fold_grind--);
        REJECTED(q.rounds[i].log_inv_rate--);
    }
    REJECTED(q.target_bits += 2);
    REJECTED(q.regime = WHIR_UNIQUE);
    in.log_fractions = 26; /* LogUp alone */
    q = p;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_REJECTED);
    ck_assert_str_eq(r.lines[r.worst].name, "LogUp");
    q.logup_grind = 4;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
}
END_TEST

START_TEST(poseidon_has_limits_of_its_own_and_counts_as_what_it_is)
{
    struct whir_params p;
    struct soundness_report keccak, poseidon;
    ck_assert_int_eq(whir_params_recursion(22, 2, PROFILE_POSEIDON, WHIR_JOHNSON, false, &p),
                     ERR_OK);
    for (int i = 0; i < 7; i++) {
        struct whir_params q = p;
        if (i == 0) q.rounds[1].cap_log = 1;
        if (i == 1) q.rounds[0].query_grind = 25;
        if (i == 2) q.rounds[2].fold_grind = 25;
        if (i == 3) q.logup_grind = 25;
        if (i == 4) q.profile = 2;
        if (i == 5) q.rounds[0].fold = 2;
        if (i == 6) q.pre_cap = 1;
        ck_assert_int_eq(whir_params_check(&q), ERR_ARG);
    }
    struct soundness_input in = leaf_like(&p);
    in.log_fractions = 20;
    ck_assert_int_eq(soundness_check(&in, &poseidon), ERR_OK);
    p.profile = PROFILE_KECCAK;
    ck_assert_int_eq(soundness_check(&in, &keccak), ERR_OK);
    /* 16 bits of grinding are worth 2^-14.4 bits less, the index bias next to nothing */
    const double less = line_bits(&keccak, "final") - line_bits(&poseidon, "final");
    ck_assert_double_gt(less, 4.4e-5);
    ck_assert_double_lt(less, 4.6e-5);
    ck_assert_double_eq_tol(line_bits(&poseidon, "hash collisions"), 123.95, 0.05);
}
END_TEST

START_TEST(weakening_any_parameter_is_seen_and_refused)
{
    struct whir_params p, q;
    struct soundness_report r;
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
    const double full = bits_with(&p);
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        q = p, q.rounds[i].queries--;
        ck_assert_double_lt(bits_with(&q), 100);
        q = p, q.rounds[i].query_grind = 0;
        ck_assert_double_lt(bits_with(&q), 100);
        if (p.rounds[i].fold_grind > 0) {
            q = p, q.rounds[i].fold_grind = 0;
            ck_assert_double_lt(bits_with(&q), 100);
        }
        q = p, q.rounds[i].ood = 0;
        const struct soundness_input in = leaf_like(&q);
        ck_assert_int_eq(soundness_check(&in, &r), ERR_ARG);
        q = p, q.rounds[i].log_inv_rate--;
        ck_assert_double_lt(bits_with(&q), 100);
        q = p, q.rounds[i].queries++;
        ck_assert_double_ge(bits_with(&q), full);
    }
    q = p, q.regime = WHIR_UNIQUE; /* the same queries without the list-decoding theorem */
    ck_assert_double_lt(bits_with(&q), 70);
    q = p, q.target_bits = 128;
    const struct soundness_input strict = leaf_like(&q);
    ck_assert_int_eq(soundness_check(&strict, &r), ERR_REJECTED);
}
END_TEST

START_TEST(a_larger_system_has_fewer_bits)
{
    struct whir_params p;
    struct soundness_report r, base;
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
    struct soundness_input in = leaf_like(&p);
    ck_assert_int_eq(soundness_check(&in, &base), ERR_OK);
    in.log_fractions = 60;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_REJECTED);
    ck_assert_str_eq(r.lines[r.worst].name, "LogUp");
    p.logup_grind = 10;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
    in = leaf_like(&p);
    in.n_constraints = 1u << 20;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
    ck_assert_double_eq_tol(line_bits(&r, "constraint batch"), SOUNDNESS_FIELD_BITS - 20, 1e-3);
    in.n_claims = 0;
    ck_assert_int_eq(soundness_check(&in, &r), ERR_ARG);
}
END_TEST

START_TEST(the_printed_report_names_every_line)
{
    struct whir_params p;
    struct soundness_report r;
    static char text[8192];
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
    const struct soundness_input in = leaf_like(&p);
    ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
    int n = soundness_print(&r, text, sizeof text);
    ck_assert_int_gt(n, 0);
    ck_assert_int_lt(n, (int)sizeof text);
    for (uint32_t i = 0; i < r.n_lines; i++)
        ck_assert_ptr_nonnull(strstr(text, r.lines[i].name));
    printf("%s", text);
    char small[20];
    ck_assert_int_eq(soundness_print(&r, small, sizeof small), n);
}
END_TEST

/* ---- parameter structs ---- */

START_TEST(every_field_is_in_the_serialisation)
{
    struct whir_params p;
    uint8_t want[WHIR_PARAMS_BYTES_MAX], got[WHIR_PARAMS_BYTES_MAX];
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
    const size_t n = whir_params_bytes(&p, want);
    ck_assert_uint_eq(n, 9 + 4 * 8);
    static const uint8_t head[17] = {2, 22, 4, 1, 100, 0, 0, 0, 0, 5, 3, 6, 1, 0, 57, 16, 0};
    ck_assert_mem_eq(want, head, sizeof head);
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        struct whir_params q = p;                                                                  \
        change;                                                                                    \
        ck_assert_uint_eq(whir_params_bytes(&q, got), n);                                          \
        ck_assert_mem_ne(got, want, n);                                                            \
    } while (0)
    DIFFERS(q.n_vars++);
    DIFFERS(q.regime = WHIR_UNIQUE);
    DIFFERS(q.target_bits++);
    DIFFERS(q.logup_grind++);
    DIFFERS(q.profile++);
    DIFFERS(q.pre++);
    DIFFERS(q.pre_cap++);
    for (uint32_t i = 0; i < p.n_rounds; i++) {
        DIFFERS(q.rounds[i].fold++);
        DIFFERS(q.rounds[i].log_inv_rate++);
        DIFFERS(q.rounds[i].cap_log++);
        DIFFERS(q.rounds[i].ood++);
        DIFFERS(q.rounds[i].queries += 256);
        DIFFERS(q.rounds[i].queries++);
        DIFFERS(q.rounds[i].query_grind++);
        DIFFERS(q.rounds[i].fold_grind++);
    }
}
END_TEST

START_TEST(parameters_outside_the_limits_are_refused)
{
    struct whir_params p;
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct whir_params q = p;                                                                  \
        change;                                                                                    \
        ck_assert_int_eq(whir_params_check(&q), ERR_ARG);                                          \
    } while (0)
    REFUSED(q.n_vars = 0);
    REFUSED(q.n_vars = WHIR_MAX_VARS + 1);
    REFUSED(q.n_vars = 26); /* more than 2^24 points in the first domain, then 2^9 coefficients */
    REFUSED(q.n_rounds = 0);
    REFUSED(q.n_rounds = WHIR_MAX_ROUNDS + 1);
    REFUSED(q.regime = 2);
    REFUSED(q.logup_grind = WHIR_MAX_GRIND + 1);
    REFUSED(q.rounds[0].fold = 0);
    REFUSED(q.rounds[0].fold = 4); /* leaves of 64 bytes, like an inner node */
    REFUSED(q.rounds[0].fold = WHIR_MAX_FOLD + 1);
    REFUSED(q.rounds[1].log_inv_rate = 9); /* a domain larger than the one before */
    REFUSED(q.rounds[0].log_inv_rate = 8); /* 2^25 points */
    REFUSED(q.rounds[0].log_inv_rate = 0);
    REFUSED(q.rounds[2].queries = 0);
    REFUSED(q.rounds[2].queries = WHIR_MAX_QUERIES + 1);
    REFUSED(q.rounds[2].ood = 0);
    REFUSED(q.rounds[2].ood = WHIR_MAX_OOD + 1);
    REFUSED(q.rounds[2].cap_log = WHIR_MAX_CAP_LOG + 1);
    REFUSED(q.rounds[2].query_grind = WHIR_MAX_GRIND + 1);
    REFUSED(q.rounds[2].fold_grind = WHIR_MAX_GRIND + 1);
    REFUSED(q.n_rounds = 2); /* 2^13 final coefficients */
    REFUSED(q.profile = 2);
    REFUSED(q.pre_cap = 1); /* no key */
    REFUSED(q.pre = 6);     /* k_g > k_0 = 4 */
}
END_TEST

START_TEST(parameters_with_preprocessed_columns_have_limits_of_their_own)
{
    struct whir_params p, plain;
    ck_assert_int_eq(whir_params_l1(22, &p), ERR_OK);
    plain = p;
    ck_assert_int_eq(whir_params_add_pre(&p, 2, 0), ERR_ARG); /* leaves of 16 bytes */
    ck_assert_int_eq(whir_params_add_pre(&p, 4, 0), ERR_ARG); /* of 64 bytes */
    ck_assert_int_eq(whir_params_add_pre(&p, 6, 0), ERR_ARG); /* wider than f's */
    ck_assert_int_eq(whir_params_add_pre(&p, 3, WHIR_MAX_PRE_CAP_LOG + 1), ERR_ARG);
    ck_assert_mem_eq(&p, &plain, sizeof p);
    ck_assert_int_eq(whir_params_add_pre(&p, 3, 5), ERR_OK);
    ck_assert_int_eq(whir_params_add_pre(&p, 3, 5), ERR_ARG); /* has them already */
    ck_assert_uint_eq(p.n_vars, 23);
    ck_assert_uint_eq(p.rounds[0].fold, 6);
    ck_assert_uint_eq(whir_stack_vars(&p), 22);
    ck_assert_uint_eq(whir_stack_lanes(&p), 5);
    ck_assert_uint_eq(whir_pre_vars(&p), 22 - 5 + 3);
    ck_assert_uint_eq(whir_leaf_bytes(&p, 0), 4 * 32);
    ck_assert_uint_eq(whir_pre_leaf_bytes(&p), 4 * 8);
    ck_assert_uint_eq(whir_leaf_log(&p, 0), whir_leaf_log(&plain, 0));
    for (uint32_t i = 1; i <= p.n_rounds; i++)
        ck_assert_uint_eq(whir_round_vars(&p, i), whir_round_vars(&plain, i));
    /* one sumcheck round more; a leaf of g and its path for each query */
    ck_assert_uint_eq(whir_open_size(&p), whir_open_size(&plain) + 2 * KB5_BYTES +
                                              57 * (32 + 32 * (whir_leaf_log(&p, 0) - 5u)));
    REFUSED(q.pre = 5); /* k_g = 4: leaves of 64 bytes */
    REFUSED(q.pre = 1);
    REFUSED(q.pre = 7);
    REFUSED(q.pre_cap = WHIR_MAX_PRE_CAP_LOG + 1);
    REFUSED(q.profile = PROFILE_POSEIDON); /* with a cap */
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("soundness");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_fewest_queries_are_those_of_the_note);
    tcase_add_test(tc, fold_grinding_agrees_with_the_note);
    tcase_add_test(tc, the_lines_are_those_of_soundcalcs_dummywhir_report);
    tcase_add_test(tc, johnson_errors_agree_with_the_formula_evaluated_by_hand);
    tcase_add_test(tc, logup_bits_are_those_of_the_note);
    tcase_add_test(tc, the_l1_and_unique_sets_reach_their_target_with_a_full_system);
    tcase_add_test(tc, the_recursion_sets_reach_128_bits_with_the_fewest_queries);
    tcase_add_test(tc, the_terminal_set_is_that_of_the_note);
    tcase_add_test(tc, weakening_a_recursion_set_is_refused);
    tcase_add_test(tc, poseidon_has_limits_of_its_own_and_counts_as_what_it_is);
    tcase_add_test(tc, the_test_set_can_never_be_a_product);
    tcase_add_test(tc, weakening_any_parameter_is_seen_and_refused);
    tcase_add_test(tc, a_larger_system_has_fewer_bits);
    tcase_add_test(tc, the_printed_report_names_every_line);
    tcase_add_test(tc, every_field_is_in_the_serialisation);
    tcase_add_test(tc, parameters_outside_the_limits_are_refused);
    tcase_add_test(tc, parameters_with_preprocessed_columns_have_limits_of_their_own);
    Suite *s = suite_create("soundness");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

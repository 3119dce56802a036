/* Poseidon width 16. Known answers: the permutation of 0..15 is published by two independent
 * implementations (Plonky3 koala-bear/src/poseidon1.rs and leanMultisig); the others were
 * recomputed by a separate script (shared reference prover-note A3). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/kb.h"
#include "common/field/poseidon16.h"

static const uint32_t answer_counting[16] = {
    610090613,  935319874,  1893335292, 796792199,  356405232, 552237741,  55134556,   1215104204,
    1823723405, 1133298033, 1780633798, 1453946561, 710069176, 1128629550, 1917333254, 1175481618};
static const uint32_t answer_zero[16] = {
    2096630793, 502841916,  2048234017, 615698125,  1716747525, 1717817948, 194562273,  959725011,
    1720971930, 2093224065, 1607677051, 1849387246, 2054104179, 1529778884, 1740781079, 92100382};

START_TEST(known_answers_hold)
{
    for (int form = 0; form < 4; form++) {
        uint32_t s[3][16];
        for (uint32_t i = 0; i < 16; i++) {
            s[0][i] = i;
            s[1][i] = 0;
            s[2][i] = KB_P - 1;
        }
        if (form == 2) poseidon16_permute_many(s, 3);
        for (int k = 0; k < 3 && form != 2; k++)
            form == 0   ? poseidon16_permute_textbook(s[k])
            : form == 1 ? poseidon16_permute(s[k])
                        : poseidon16_permute_portable(s[k]);
        ck_assert_mem_eq(s[0], answer_counting, sizeof s[0]);
        ck_assert_mem_eq(s[1], answer_zero, sizeof s[1]);
        ck_assert_uint_eq(s[2][0], 80767616);
        ck_assert_uint_eq(s[2][1], 383372031);
        ck_assert_uint_eq(s[2][14], 1870649746);
        ck_assert_uint_eq(s[2][15], 481320165);
    }
}
END_TEST

START_TEST(compression_adds_its_input)
{
    uint32_t l[8], r[8], out[8];
    for (uint32_t i = 0; i < 8; i++) {
        l[i] = i;
        r[i] = 8 + i;
    }
    poseidon_compress(out, l, r);
    const uint32_t want[8] = {610090613, 935319875, 1893335294, 796792202,
                              356405236, 552237746, 55134562,   1215104211};
    ck_assert_mem_eq(out, want, sizeof want);
    poseidon_compress(l, l, r);
    ck_assert_mem_eq(l, want, sizeof want);
}
END_TEST

START_TEST(fast_forms_equal_the_textbook)
{
    uint32_t seed = 77;
    printf("seed %u\n", (unsigned)seed);
    srand(seed);
    enum { N = 100 };
    static uint32_t a[N][16], b[N][16], c[N][16];
    const uint32_t edge[5] = {0, 1, KB_P - 1, KB_P - 2, KB_P / 2};
    for (int round = 0; round < 100; round++) {
        for (int k = 0; k < N; k++)
            for (int i = 0; i < 16; i++) {
                uint32_t x = (uint32_t)(((uint64_t)rand() << 16 ^ (uint64_t)rand()) % KB_P);
                a[k][i] = b[k][i] = c[k][i] = rand() % 4 == 0 ? edge[rand() % 5] : x;
            }
        for (int k = 0; k < N; k++) {
            poseidon16_permute_textbook(a[k]);
            k % 2 == 0 ? poseidon16_permute(b[k]) : poseidon16_permute_portable(b[k]);
        }
        size_t n = (size_t)(1 + rand() % N);
        poseidon16_permute_many(c, n);
        ck_assert_mem_eq(a, b, sizeof a);
        ck_assert_mem_eq(a, c, n * sizeof a[0]);
    }
}
END_TEST

/* The definition spelled out with the textbook permutation. */
static void sponge_reference(uint32_t tag, const uint32_t *in, uint32_t n, uint32_t out[8])
{
    uint32_t s[16] = {tag, n, 1};
    for (uint32_t at = 0; at < n; at += 8) {
        uint32_t x[16];
        memcpy(x, s, 32);
        for (uint32_t i = 0; i < 8; i++)
            x[8 + i] = at + i < n ? in[at + i] : 0;
        uint32_t y[16];
        memcpy(y, x, sizeof y);
        poseidon16_permute_textbook(y);
        for (int i = 0; i < 8; i++)
            s[i] = (uint32_t)(((uint64_t)y[i] + x[i]) % KB_P);
    }
    memcpy(out, s, 32);
}

START_TEST(sponge_follows_its_definition_at_every_length)
{
    uint32_t in[40], a[8], b[8];
    for (uint32_t i = 0; i < 40; i++)
        in[i] = 1000 * i + 7;
    for (uint32_t n = 0; n <= 40; n++) {
        poseidon_sponge(9, in, n, a);
        sponge_reference(9, in, n, b);
        ck_assert_mem_eq(a, b, sizeof a);
    }
}
END_TEST

START_TEST(sponge_separates_tags_and_lengths)
{
    uint32_t in[16] = {1, 2, 3}, a[8], b[8];
    poseidon_sponge(1, in, 3, a);
    poseidon_sponge(1, in, 4, b); /* one zero more */
    ck_assert_mem_ne(a, b, sizeof a);
    poseidon_sponge(2, in, 3, b);
    ck_assert_mem_ne(a, b, sizeof a);
}
END_TEST

START_TEST(many_compressions_equal_single_ones)
{
    enum { N = 133 };
    static uint32_t pairs[N][16], out[N][8];
    for (uint32_t k = 0; k < N; k++)
        for (uint32_t i = 0; i < 16; i++)
            pairs[k][i] = (k * 16 + i) * 2654435u % KB_P;
    poseidon_compress_many(out, (const uint32_t(*)[16])pairs, N);
    for (uint32_t k = 0; k < N; k++) {
        uint32_t one[8];
        poseidon_compress(one, pairs[k], pairs[k] + 8);
        ck_assert_mem_eq(one, out[k], sizeof one);
    }
}
END_TEST

START_TEST(side_by_side_compressions_equal_single_ones)
{
    _Alignas(64) uint32_t s[8][POSEIDON_LANES], in[8][POSEIDON_LANES];
    const uint32_t edge[5] = {0, 1, KB_P - 1, KB_P - 2, KB_P / 2}, *right[8];
    srand(78);
    printf("seed 78\n");
    for (int isa = 0; isa < KBV_N_ISA; isa++)
        for (int round = 0; round < 300; round++) {
            uint32_t want[POSEIDON_LANES][8];
            for (int k = 0; k < 8; k++) {
                right[k] = in[k];
                for (int lane = 0; lane < POSEIDON_LANES; lane++) {
                    const int kind = round < 5 ? 0 : rand() % 4;
                    s[k][lane] = kind == 0 ? edge[round % 5] : (uint32_t)rand() % KB_P;
                    in[k][lane] = kind == 1 ? edge[rand() % 5] : (uint32_t)rand() % KB_P;
                    if (round < 5) in[k][lane] = edge[(round + lane) % 5];
                }
            }
            for (int lane = 0; lane < POSEIDON_LANES; lane++) {
                uint32_t l[8], r[8];
                for (int k = 0; k < 8; k++) {
                    l[k] = s[k][lane];
                    r[k] = in[k][lane];
                }
                poseidon_compress(want[lane], l, r);
            }
            poseidon_compress_lanes((enum kbv_isa)isa, s, right);
            for (int lane = 0; lane < POSEIDON_LANES; lane++)
                for (int k = 0; k < 8; k++)
                    ck_assert_uint_eq(s[k][lane], want[lane][k]);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/field/poseidon16");
    TCase *tc = tcase_create("poseidon16");
    tcase_add_test(tc, known_answers_hold);
    tcase_add_test(tc, compression_adds_its_input);
    tcase_add_test(tc, fast_forms_equal_the_textbook);
    tcase_add_test(tc, sponge_follows_its_definition_at_every_length);
    tcase_add_test(tc, sponge_separates_tags_and_lengths);
    tcase_add_test(tc, many_compressions_equal_single_ones);
    tcase_add_test(tc, side_by_side_compressions_equal_single_ones);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

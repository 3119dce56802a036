/* The transcript and the proof codec. The expected values were computed with foundry's
 * `cast keccak` and Python integers from the text of docs/protocol/proof.md section 3. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/grind.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/transcript.h"

static struct transcript fresh(void)
{
    struct transcript t;
    uint8_t id[32];
    for (int i = 0; i < 32; i++)
        id[i] = (uint8_t)i;
    transcript_init(&t, PROFILE_KECCAK, id);
    return t;
}

static void state_is(const struct transcript *t, const char *hex)
{
    char text[65];
    for (int i = 0; i < 32; i++) {
        text[2 * i] = "0123456789abcdef"[t->state[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[t->state[i] & 15];
    }
    text[64] = 0;
    ck_assert_str_eq(text, hex);
}

static void ext_is(kb5 v, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    const uint32_t want[5] = {a, b, c, d, e};
    for (int i = 0; i < 5; i++)
        ck_assert_uint_eq(kb_to_u32(v.c[i]), want[i]);
}

static kb5 ext_of(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    return (kb5){{kb_from_u32(a), kb_from_u32(b), kb_from_u32(c), kb_from_u32(d), kb_from_u32(e)}};
}

START_TEST(a_whole_session_gives_the_independently_computed_values)
{
    struct transcript t = fresh();
    const struct transcript before = t;
    state_is(&t, "c62bf2f83caa18c10cc347bab6f2611d2c2f3a8aab30ac5455f42292041037da");
    ext_is(transcript_sample_ext(&t), 1706155680, 1671556338, 2117141981, 38375171, 313886944);
    ext_is(transcript_sample_ext(&t), 887021823, 1299598793, 580554420, 2033546047, 1400934182);
    ck_assert_mem_eq(t.state, before.state, 32); /* sampling moves the counter alone */
    const kb base[3] = {kb_from_u32(1), kb_from_u32(2), kb_from_u32(KB_P - 1)};
    transcript_absorb_base(&t, LABEL_PUBLIC, base, 3);
    state_is(&t, "05d41a31612758875cbb3a1e6c7cee5a29a5d8f1549d5fe345d1bf2d3cd2735d");
    const kb5 ext[2] = {ext_of(1, 2, 3, 4, 5),
                        ext_of(KB_P - 1, KB_P - 1, KB_P - 1, KB_P - 1, KB_P - 1)};
    transcript_absorb_ext(&t, LABEL_GKR_TOP, ext, 2);
    state_is(&t, "5f52e9c1ab11a6c74d85786caaa788bab29e9a1c8d78f3e4809e44e597a90cac");
    ext_is(transcript_sample_ext(&t), 23314377, 281185200, 1123017553, 723383799, 10002924);
    static const uint32_t want[11] = {365848, 310303, 868666,  322014, 439750, 766974,
                                      883027, 6630,   1002944, 550776, 146469};
    uint32_t index[11];
    transcript_sample_indices(&t, 20, index, 11);
    ck_assert_mem_eq(index, want, sizeof want);
    static const uint8_t zeros[200];
    transcript_absorb_bytes(&t, LABEL_ROOT, zeros, sizeof zeros);
    state_is(&t, "949c631344f9e290eaa6efd321f031b5f72d7d16fb14cc0a425f161e24c2316f");
    ck_assert(transcript_grind_holds(&t, 5, 122));
    ck_assert(!transcript_grind_holds(&t, 5, 121));
    ck_assert(transcript_grind_verify(&t, 5, 122));
    state_is(&t, "be1b8e920eca4aca5c67f72af393ea4b68de215fb8367008642daa985d45effc");
}
END_TEST

START_TEST(long_absorbs_hash_the_same_in_parts_and_at_once)
{
    kb5 v[77];
    uint8_t bytes[77 * KB5_BYTES];
    struct transcript a = fresh(), b = a;
    for (uint32_t i = 0; i < 77; i++) {
        v[i] = ext_of(i, i + 1, 5 * i, 7, KB_P - 1 - i);
        kb5_to_bytes(bytes + KB5_BYTES * i, v[i]);
    }
    transcript_absorb_ext(&a, LABEL_COLUMNS, v, 77);
    transcript_absorb_bytes(&b, LABEL_COLUMNS, bytes, sizeof bytes);
    ck_assert_mem_eq(a.state, b.state, 32);
}
END_TEST

START_TEST(every_bit_absorbed_changes_the_next_challenge)
{
    uint8_t data[24] = {1, 2, 3};
    struct transcript t = fresh();
    transcript_absorb_bytes(&t, LABEL_OOD, data, sizeof data);
    const kb5 want = transcript_sample_ext(&t);
    for (size_t i = 0; i < 8 * sizeof data; i++) {
        data[i / 8] ^= (uint8_t)(1 << i % 8);
        t = fresh();
        transcript_absorb_bytes(&t, LABEL_OOD, data, sizeof data);
        ck_assert(!kb5_eq(transcript_sample_ext(&t), want));
        data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    /* label, length, and one absorb instead of two */
    t = fresh();
    transcript_absorb_bytes(&t, LABEL_ROOT, data, sizeof data);
    ck_assert(!kb5_eq(transcript_sample_ext(&t), want));
    t = fresh();
    transcript_absorb_bytes(&t, LABEL_OOD, data, sizeof data - 1);
    ck_assert(!kb5_eq(transcript_sample_ext(&t), want));
    t = fresh();
    transcript_absorb_bytes(&t, LABEL_OOD, data, 12);
    transcript_absorb_bytes(&t, LABEL_OOD, data + 12, 12);
    ck_assert(!kb5_eq(transcript_sample_ext(&t), want));
}
END_TEST

START_TEST(an_absorb_restarts_the_counter)
{
    const uint8_t x = 9;
    struct transcript a = fresh(), b = fresh();
    (void)transcript_sample_ext(&a);
    transcript_absorb_bytes(&a, LABEL_OOD, &x, 1);
    transcript_absorb_bytes(&b, LABEL_OOD, &x, 1);
    ck_assert(kb5_eq(transcript_sample_ext(&a), transcript_sample_ext(&b)));
}
END_TEST

START_TEST(indices_of_zero_bits_are_zero_and_of_24_bits_in_range)
{
    uint32_t v[64];
    struct transcript t = fresh();
    transcript_sample_indices(&t, 0, v, 64);
    for (int i = 0; i < 64; i++)
        ck_assert_uint_eq(v[i], 0);
    transcript_sample_indices(&t, 24, v, 64);
    uint32_t all = 0;
    for (int i = 0; i < 64; i++)
        all |= v[i];
    ck_assert_uint_eq(all, (1u << 24) - 1);
}
END_TEST

START_TEST(grinding_finds_the_lowest_nonce_on_any_number_of_threads)
{
    struct transcript t = fresh();
    const uint8_t x = 1;
    for (uint32_t bits = 1; bits <= 14; bits += 13) {
        transcript_absorb_bytes(&t, LABEL_OOD, &x, 1);
        uint64_t want = 0;
        while (!transcript_grind_holds(&t, bits, want))
            want++;
        for (size_t threads = 1; threads <= 3; threads++) {
            struct parallel *pool = parallel_new(threads);
            const struct prove_env env = prove_env_best(pool);
            ck_assert_uint_eq(grind_search(&t, bits, &env), want);
            parallel_free(pool);
        }
    }
}
END_TEST

START_TEST(no_grinding_touches_neither_proof_nor_transcript)
{
    struct transcript t = fresh(), before = t;
    struct proof_reader r;
    ck_assert(transcript_grind_verify(&t, 0, 77));
    ck_assert_int_eq(proof_reader_init(&r, NULL, 0, 0), ERR_OK);
    ck_assert_int_eq(proof_grind(&r, &t, 0), ERR_OK);
    ck_assert_mem_eq(t.state, before.state, 32);
    ck_assert_int_eq(proof_reader_end(&r), ERR_OK);
}
END_TEST

/* ---- codec ---- */

START_TEST(what_is_written_is_read_back)
{
    struct proof_writer w;
    struct proof_reader r;
    struct transcript a = fresh(), b = a;
    uint8_t *data;
    size_t len;
    const kb5 v[2] = {ext_of(1, 2, 3, 4, 5), ext_of(KB_P - 1, 0, 9, 0, 0)};
    const kb u = kb_from_u32(123456789);
    kb5 v2[2];
    kb u2;
    uint64_t n2;
    const uint8_t *bytes;
    proof_writer_init(&w);
    proof_write_bytes(&w, (const uint8_t *)"cap", 3);
    proof_say_ext(&w, &a, LABEL_OOD, v, 2);
    proof_write_base(&w, &u, 1);
    proof_write_u64(&w, 0x0102030405060708);
    ck_assert_int_eq(proof_take(&w, &data, &len), ERR_OK);
    ck_assert_uint_eq(len, 3 + 40 + 4 + 8);
    ck_assert_mem_eq(data + 47, "\1\2\3\4\5\6\7\10", 8);
    ck_assert_int_eq(proof_reader_init(&r, data, len, len), ERR_OK);
    ck_assert_int_eq(proof_read_bytes(&r, &bytes, 3), ERR_OK);
    ck_assert_mem_eq(bytes, "cap", 3);
    ck_assert_int_eq(proof_absorb_ext(&r, &b, LABEL_OOD, v2, 2), ERR_OK);
    ck_assert(kb5_eq(v[0], v2[0]) && kb5_eq(v[1], v2[1]));
    ck_assert_mem_eq(a.state, b.state, 32);
    ck_assert_int_eq(proof_read_base(&r, &u2, 1), ERR_OK);
    ck_assert_uint_eq(u, u2);
    ck_assert_int_eq(proof_reader_end(&r), ERR_PROOF); /* eight bytes left */
    ck_assert_int_eq(proof_read_u64(&r, &n2), ERR_OK);
    ck_assert_uint_eq(n2, 0x0102030405060708);
    ck_assert_int_eq(proof_reader_end(&r), ERR_OK);
    ck_assert_int_eq(proof_read_bytes(&r, &bytes, 1), ERR_PROOF);
    free(data);
}
END_TEST

START_TEST(a_reader_that_failed_stays_failed)
{
    static const uint8_t data[8] = {0x7f, 0, 0, 1, 0, 0, 0, 0}; /* the modulus, then zero */
    struct proof_reader r;
    kb x;
    const uint8_t *bytes;
    ck_assert_int_eq(proof_reader_init(&r, data, 8, 9), ERR_PROOF);
    ck_assert_int_eq(proof_read_bytes(&r, &bytes, 1), ERR_PROOF);
    ck_assert_int_eq(proof_reader_end(&r), ERR_PROOF);
    ck_assert_int_eq(proof_reader_init(&r, data, 8, 8), ERR_OK);
    ck_assert_int_eq(proof_read_base(&r, &x, 1), ERR_PROOF);
    ck_assert_int_eq(proof_read_base(&r, &x, 1), ERR_PROOF);
    ck_assert_int_eq(proof_reader_end(&r), ERR_PROOF);
    ck_assert_int_eq(proof_reader_init(&r, data, 8, 8), ERR_OK);
    ck_assert_int_eq(proof_read_bytes(&r, &bytes, SIZE_MAX), ERR_PROOF);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("transcript");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, a_whole_session_gives_the_independently_computed_values);
    tcase_add_test(tc, long_absorbs_hash_the_same_in_parts_and_at_once);
    tcase_add_test(tc, every_bit_absorbed_changes_the_next_challenge);
    tcase_add_test(tc, an_absorb_restarts_the_counter);
    tcase_add_test(tc, indices_of_zero_bits_are_zero_and_of_24_bits_in_range);
    tcase_add_test(tc, grinding_finds_the_lowest_nonce_on_any_number_of_threads);
    tcase_add_test(tc, no_grinding_touches_neither_proof_nor_transcript);
    tcase_add_test(tc, what_is_written_is_read_back);
    tcase_add_test(tc, a_reader_that_failed_stays_failed);
    Suite *s = suite_create("transcript");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

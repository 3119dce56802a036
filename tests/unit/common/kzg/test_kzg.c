/* common/kzg against published vectors, GMP and, for cell proofs, c-kzg's own verification.
 *
 * Vectors: ethereum/c-kzg-4844, tests/verify_kzg_proof/kzg-mainnet (commit ae21a53 and others; those of
 * consensus-specs). Their blobs are formulas in consensus-specs' test generator: element i of blob 3 is
 * 3^(i + 256) mod r, of blob 4 5^(i + 256), of blob 5 r - 1; blob 6 has a one at 3211. */
#include <gmp.h>
#include <string.h>

#include "common/codec/hex.h"
#include "common/kzg/kzg.h"
#include "common/kzg/kzg_setup.h"
#include "tests/support/check_main.h"

static mpz_t r, root; /* of order 4096 */

static void setup(void)
{
    mpz_t e;
    mpz_inits(r, root, e, NULL);
    mpz_set_str(r, "52435875175126190479447740508185965837690552500527637822603658699938581184513", 10);
    mpz_sub_ui(e, r, 1);
    mpz_fdiv_q_2exp(e, e, 12);
    mpz_set_ui(root, 7); /* EIP-4844 and consensus-specs: PRIMITIVE_ROOT_OF_UNITY */
    mpz_powm(root, root, e, r);
    mpz_clear(e);
}

static void teardown(void)
{
    mpz_clears(r, root, NULL);
}

static void to_bytes(uint8_t out[32], const mpz_t v)
{
    size_t n = (mpz_sizeinbase(v, 2) + 7) / 8;
    memset(out, 0, 32);
    if (mpz_sgn(v) != 0) mpz_export(out + 32 - n, NULL, 1, 1, 1, 0, v);
}

static void from_bytes(mpz_t out, const uint8_t in[32])
{
    mpz_import(out, 32, 1, 1, 1, 0, in);
}

static void from_hex(void *out, size_t n, const char *text)
{
    ck_assert_ok(hex_decode_fixed(out, n, text, strlen(text)));
}

static void draw_element(struct rng *rng, uint8_t out[32])
{
    mpz_t v;
    mpz_init(v);
    rng_fill(rng, out, 32);
    from_bytes(v, out);
    mpz_mod(v, v, r);
    to_bytes(out, v);
    mpz_clear(v);
}

static uint8_t blob[KZG_BLOB_BYTES];

static void powers_blob(unsigned base)
{
    mpz_t v;
    mpz_init(v);
    for (unsigned i = 0; i < KZG_ELEMENTS; i++) {
        mpz_ui_pow_ui(v, base, i + 256);
        mpz_mod(v, v, r);
        to_bytes(blob + 32 * (size_t)i, v);
    }
    mpz_clear(v);
}

struct vector {
    const char *commitment, *z, *y, *proof;
};
static const struct vector VECTORS[] = {
    [3] = {"b49d88afcd7f6c61a8ea69eff5f609d2432b47e7e4cd50b02cdddb4e0c146051"
           "7e8df02e4e64dc55e3d8ca192d57193a",
           "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306",
           "6c28d6edfea2f5e1638cb1a8be8197549d52e133fa9dae87e52abb45f7b192dd",
           "8a46b67dcba4e3aa66f9952be69e1ecbc24e21d42b1df2bfe1c8e28431c6221a"
           "3f1d09808042f5624e857710cb24fb69"},
    [4] = {"8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
           "5f26936857bc3a7c2539ea8ec3a952b7",
           "0000000000000000000000000000000000000000000000000000000000000002",
           "549345dd3612e36fab0ab7baffe3faa5b820d56b71348c89ecaf63f7c4f85370",
           "a35c4f136a09a33c6437c26dc0c617ce6548a14bc4af7127690a411f5e1cde2f"
           "73157365212dbcea6432e0e7869cb006"},
    [5] = {"b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac58"
           "6c55e83ff97a1aeffb3af00adb22c6bb",
           "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000",
           "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000",
           "c000000000000000000000000000000000000000000000000000000000000000"
           "00000000000000000000000000000000"},
    [6] = {"93efc82d2017e9c57834a1246463e64774e56183bb247c8fc9dd98c56817e878"
           "d97b05f5c8d900acf1fbbbca6f146556",
           "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306",
           "0000000000000000000000000000000000000000000000000000000000000000",
           "a256a681861974cdf6b116467044aa75c85b01076423a92c3335b93d10bf2fcb"
           "99b943a53adc1ab8feb6b475c4688948"},
};

static void vector_blob(unsigned i)
{
    memset(blob, 0, sizeof blob);
    if (i == 3) powers_blob(3);
    if (i == 4) powers_blob(5);
    for (unsigned j = 0; i == 5 && j < KZG_ELEMENTS; j++) {
        memcpy(blob + 32 * (size_t)j, KZG_MODULUS, 32);
        blob[32 * j + 31]--;
    }
    if (i == 6) blob[32 * 3211 + 31] = 1;
}

START_TEST(commitments_and_openings_are_the_published_ones)
{
    const struct vector *v = &VECTORS[_i];
    uint8_t c[48], z[32], y[32], proof[48], got_c[48], got_y[32], got_proof[48];
    vector_blob((unsigned)_i);
    from_hex(c, 48, v->commitment);
    from_hex(z, 32, v->z);
    from_hex(y, 32, v->y);
    from_hex(proof, 48, v->proof);
    ck_assert_ok(kzg_commit(got_c, blob));
    ck_assert_mem_eq(got_c, c, 48);
    ck_assert_ok(kzg_open(got_proof, got_y, blob, z));
    ck_assert_mem_eq(got_y, y, 32);
    ck_assert_mem_eq(got_proof, proof, 48);
    ck_assert_ok(kzg_check(c, z, y, proof));
    y[4] ^= 0x20; /* stays below r in all four */
    ck_assert_err(kzg_check(c, z, y, proof), ERR_MISMATCH);
    y[4] ^= 0x20;
    z[4] ^= 0x20;
    if (_i != 5) ck_assert_err(kzg_check(c, z, y, proof), ERR_MISMATCH); /* 5 is a constant */
}
END_TEST

/* verify_kzg_proof_case_incorrect_proof_6_4, ..._invalid_commitment_3 and EIP-4844's bounds. */
START_TEST(wrong_and_malformed_openings_are_refused)
{
    uint8_t c[48], z[32], y[32] = {0}, proof[48], bad[48];
    from_hex(c, 48, VECTORS[6].commitment);
    from_hex(z, 32, "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000000");
    from_hex(proof, 48, "9779b8337f00de6aeac881256198bd2db2fe95bc3127ad9e6440d9e4d1e785b4"
                        "55f55fcfe80a3434dc40f8e6df85be88");
    ck_assert_err(kzg_check(c, z, y, proof), ERR_MISMATCH);
    from_hex(bad, 48, "8123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                      "0123456789abcdef0123456789abcde0");
    ck_assert_err(kzg_check(bad, z, y, proof), ERR_ARG);
    ck_assert_err(kzg_check(c, z, y, bad), ERR_ARG);
    ck_assert_err(kzg_check(c, KZG_MODULUS, y, proof), ERR_ARG);
    ck_assert_err(kzg_check(c, z, KZG_MODULUS, proof), ERR_ARG);
    memset(blob, 0, sizeof blob);
    memcpy(blob + 32 * 77, KZG_MODULUS, 32);
    ck_assert_err(kzg_commit(bad, blob), ERR_ARG);
    ck_assert_err(kzg_open(bad, y, blob, z), ERR_ARG);
    memset(blob, 0, sizeof blob);
    ck_assert_err(kzg_open(bad, y, blob, KZG_MODULUS), ERR_ARG);
}
END_TEST

START_TEST(zero_blob_has_the_point_at_infinity_and_its_versioned_hash)
{
    uint8_t c[48], expected[48] = {0xc0}, vh[32];
    memset(blob, 0, sizeof blob);
    ck_assert_ok(kzg_commit(c, blob));
    ck_assert_mem_eq(c, expected, 48);
    kzg_versioned_hash(vh, c);
    /* known from the first blobs of every testnet */
    from_hex(expected, 32, "010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014");
    ck_assert_mem_eq(vh, expected, 32);
}
END_TEST

/* P(z) with GMP; coefficients of X^0 up. */
static void evaluate(mpz_t out, const uint8_t (*coefficients)[32], size_t n, const mpz_t z)
{
    mpz_t v;
    mpz_init(v);
    mpz_set_ui(out, 0);
    while (n-- > 0) {
        from_bytes(v, coefficients[n]);
        mpz_mul(out, out, z);
        mpz_add(out, out, v);
        mpz_mod(out, out, r);
    }
    mpz_clear(v);
}

static unsigned reversed(unsigned i)
{
    unsigned out = 0;
    for (unsigned bit = 0; bit < 12; bit++) out |= (i >> bit & 1) << (11 - bit);
    return out;
}

static uint8_t coefficients[KZG_ELEMENTS][32], back[KZG_ELEMENTS][32];

START_TEST(blob_holds_the_values_at_the_roots_of_unity)
{
    struct rng rng;
    mpz_t x, y;
    check_seed(&rng);
    mpz_inits(x, y, NULL);
    const size_t sizes[] = {1, 2, KZG_ELEMENTS - 1, KZG_ELEMENTS};
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        size_t n = sizes[s];
        memset(coefficients, 0, sizeof coefficients);
        for (size_t i = 0; i < n; i++) draw_element(&rng, coefficients[i]);
        ck_assert_ok(kzg_blob_from_coefficients(blob, (const uint8_t (*)[32])coefficients, n));
        for (unsigned k = 0; k < 64; k++) {
            unsigned at = k < 4 ? k : (unsigned)rng_below(&rng, KZG_ELEMENTS);
            uint8_t expected[32];
            mpz_powm_ui(x, root, reversed(at), r);
            evaluate(y, (const uint8_t (*)[32])coefficients, n, x);
            to_bytes(expected, y);
            ck_assert_mem_eq(blob + 32 * (size_t)at, expected, 32);
        }
        ck_assert_ok(kzg_coefficients_from_blob(back, blob));
        ck_assert_mem_eq(back, coefficients, sizeof back);
    }
    /* and the opening's value is the polynomial's */
    uint8_t z[32], value[32], got[32], proof[48], c[48];
    draw_element(&rng, z);
    from_bytes(x, z);
    evaluate(y, (const uint8_t (*)[32])coefficients, KZG_ELEMENTS, x);
    to_bytes(value, y);
    ck_assert_ok(kzg_open(proof, got, blob, z));
    ck_assert_mem_eq(got, value, 32);
    ck_assert_ok(kzg_commit(c, blob));
    ck_assert_ok(kzg_check(c, z, value, proof));
    memset(got, 0, 32);
    for (size_t i = KZG_ELEMENTS; i-- > 0;) kzg_horner(got, z, coefficients[i]);
    ck_assert_mem_eq(got, value, 32);
    mpz_clears(x, y, NULL);
}
END_TEST

START_TEST(elements_from_the_modulus_on_are_refused)
{
    memset(coefficients, 0, sizeof coefficients);
    memcpy(coefficients[5], KZG_MODULUS, 32);
    const uint8_t (*in)[32] = (const uint8_t (*)[32])coefficients;
    ck_assert_err(kzg_blob_from_coefficients(blob, in, KZG_ELEMENTS), ERR_ARG);
    ck_assert_ok(kzg_blob_from_coefficients(blob, in, 5));
    ck_assert_err(kzg_blob_from_coefficients(blob, in, KZG_ELEMENTS + 1), ERR_ARG);
    memset(blob + 32 * 4095, 0xff, 32);
    ck_assert_err(kzg_coefficients_from_blob(back, blob), ERR_ARG);
}
END_TEST

START_TEST(reduce_and_horner_agree_with_gmp)
{
    struct rng rng;
    mpz_t a, z, v;
    check_seed(&rng);
    mpz_inits(a, z, v, NULL);
    for (int i = 0; i < 3000; i++) {
        uint8_t in[32], acc[32], point[32], expected[32], got[32];
        rng_fill(&rng, in, 32);
        if (i % 7 == 0) memset(in, 0xff, 32);
        if (i % 7 == 1) memcpy(in, KZG_MODULUS, 32);
        if (i % 7 == 2) memset(in, 0, 32);
        if (i % 7 == 3) memcpy(in, KZG_MODULUS, 32), in[31] = (uint8_t)(i % 2 * 2);
        from_bytes(v, in);
        mpz_mod(a, v, r);
        to_bytes(expected, a);
        kzg_reduce(got, in);
        ck_assert_mem_eq(got, expected, 32);
        draw_element(&rng, acc);
        draw_element(&rng, point);
        from_bytes(a, acc);
        from_bytes(z, point);
        mpz_mul(a, a, z);
        mpz_add(a, a, v);
        mpz_mod(a, a, r);
        to_bytes(expected, a);
        kzg_horner(acc, point, in);
        ck_assert_mem_eq(acc, expected, 32);
    }
    mpz_clears(a, z, v, NULL);
}
END_TEST

/* Every cell of the library's extended blob is proven by its proof, and by no other. */
START_TEST(cell_proofs_prove_the_cells)
{
    const KZGSettings *s = kzg_setup_cells();
    static Cell cells[KZG_CELLS];
    static uint8_t proofs[KZG_CELLS][48];
    Bytes48 commitments[KZG_CELLS];
    uint64_t indices[KZG_CELLS];
    uint8_t c[48];
    bool ok = false;
    powers_blob(3);
    ck_assert_ok(kzg_commit(c, blob));
    ck_assert_ok(kzg_cell_proofs(proofs, blob));
    ck_assert_ptr_nonnull(s);
    ck_assert_int_eq(compute_cells_and_kzg_proofs(cells, NULL, (const Blob *)(const void *)blob, s),
                     C_KZG_OK);
    for (size_t i = 0; i < KZG_CELLS; i++) {
        memcpy(commitments[i].bytes, c, 48);
        indices[i] = i;
    }
    const Bytes48 *p = (const Bytes48 *)(const void *)proofs;
    ck_assert_int_eq(verify_cell_kzg_proof_batch(&ok, commitments, indices, cells, p, KZG_CELLS, s),
                     C_KZG_OK);
    ck_assert(ok);
    cells[101].bytes[33] ^= 1;
    ck_assert_int_eq(verify_cell_kzg_proof_batch(&ok, commitments, indices, cells, p, KZG_CELLS, s),
                     C_KZG_OK);
    ck_assert(!ok);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kzg");
    TCase *t = tcase_create("kzg");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, commitments_and_openings_are_the_published_ones, 3, 7);
    tcase_add_test(t, wrong_and_malformed_openings_are_refused);
    tcase_add_test(t, zero_blob_has_the_point_at_infinity_and_its_versioned_hash);
    tcase_add_test(t, blob_holds_the_values_at_the_roots_of_unity);
    tcase_add_test(t, elements_from_the_modulus_on_are_refused);
    tcase_add_test(t, reduce_and_horner_agree_with_gmp);
    tcase_add_test(t, cell_proofs_prove_the_cells);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

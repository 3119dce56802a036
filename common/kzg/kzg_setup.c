#include "common/kzg/kzg_setup.h"

#include <pthread.h>
#include <string.h>

#include "common/base/require.h"
#include "common/kzg/kzg.h"

/* Generated: compressed points of 48 (G1) and 96 (G2) bytes. */
extern const unsigned char KZG_SETUP_G1_LAGRANGE[KZG_ELEMENTS * 48];
extern const unsigned char KZG_SETUP_G2_MONOMIAL[65 * 96];
extern const unsigned char KZG_SETUP_G1_MONOMIAL[KZG_ELEMENTS * 48];

enum { DOMAIN = 2 * KZG_ELEMENTS, DOMAIN_LOG = 13 };

static fr_t roots[DOMAIN + 1], reverse_roots[DOMAIN + 1], brp_roots[DOMAIN];
static g1_t g1_lagrange_brp[KZG_ELEMENTS];
static g2_t g2_monomial[2];
static KZGSettings opening;
static pthread_once_t opening_once = PTHREAD_ONCE_INIT;

static KZGSettings full;
static bool full_loaded;
static pthread_once_t full_once = PTHREAD_ONCE_INIT;

/* 7, a generator of the field's group, to the power of (r - 1) / 2^13. */
static fr_t root_of_unity(void)
{
    uint64_t seven[4] = {7, 0, 0, 0};
    fr_t root = FR_ONE, generator;
    blst_fr_from_uint64(&generator, seven);
    for (size_t bit = 0; bit < 256 - DOMAIN_LOG; bit++) { /* r - 1 and r differ in the last bit only */
        blst_fr_sqr(&root, &root);
        if (KZG_MODULUS[bit / 8] >> (7 - bit % 8) & 1) blst_fr_mul(&root, &root, &generator);
    }
    return root;
}

static void roots_fill(void)
{
    fr_t root = root_of_unity();
    roots[0] = FR_ONE;
    for (size_t i = 1; i <= DOMAIN; i++) blst_fr_mul(&roots[i], &roots[i - 1], &root);
    REQUIRE(fr_is_one(&roots[DOMAIN]) && !fr_is_one(&roots[DOMAIN / 2]));
    for (size_t i = 0; i <= DOMAIN; i++) reverse_roots[i] = roots[DOMAIN - i];
    memcpy(brp_roots, roots, sizeof brp_roots);
    REQUIRE(bit_reversal_permutation(brp_roots, sizeof brp_roots[0], DOMAIN) == C_KZG_OK);
}

static void opening_load(void)
{
    roots_fill();
    for (size_t i = 0; i < KZG_ELEMENTS; i++) {
        blst_p1_affine p;
        REQUIRE(blst_p1_uncompress(&p, KZG_SETUP_G1_LAGRANGE + 48 * i) == BLST_SUCCESS);
        blst_p1_from_affine(&g1_lagrange_brp[i], &p);
    }
    REQUIRE(bit_reversal_permutation(g1_lagrange_brp, sizeof g1_lagrange_brp[0], KZG_ELEMENTS) ==
            C_KZG_OK);
    for (size_t i = 0; i < 2; i++) {
        blst_p2_affine p;
        REQUIRE(blst_p2_uncompress(&p, KZG_SETUP_G2_MONOMIAL + 96 * i) == BLST_SUCCESS);
        blst_p2_from_affine(&g2_monomial[i], &p);
    }
    opening.roots_of_unity = roots;
    opening.reverse_roots_of_unity = reverse_roots;
    opening.brp_roots_of_unity = brp_roots;
    opening.g1_values_lagrange_brp = g1_lagrange_brp;
    opening.g2_values_monomial = g2_monomial;
}

static void full_load(void)
{
    full_loaded = load_trusted_setup(&full, KZG_SETUP_G1_MONOMIAL, sizeof KZG_SETUP_G1_MONOMIAL,
                                     KZG_SETUP_G1_LAGRANGE, sizeof KZG_SETUP_G1_LAGRANGE,
                                     KZG_SETUP_G2_MONOMIAL, sizeof KZG_SETUP_G2_MONOMIAL,
                                     0) == C_KZG_OK;
}

const KZGSettings *kzg_setup(void)
{
    REQUIRE(pthread_once(&opening_once, opening_load) == 0);
    return &opening;
}

const KZGSettings *kzg_setup_cells(void)
{
    REQUIRE(pthread_once(&full_once, full_load) == 0);
    return full_loaded ? &full : NULL;
}

/* A whole key of 2^18 leaves: long, so only in `./dev test --long`. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/xmss/xmss.h"

START_TEST(a_key_of_2_to_the_18_signs_with_every_lane_and_verifies_within_130_permutations)
{
    uint8_t seed[XMSS_SEED_SIZE];
    uint32_t dep[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t owner[20] = {9};
    struct xmss_public pub = {.height = XMSS_HEIGHT_LARGE};
    struct xmss_key *key = NULL;
    bool done = false;
    memset(seed, 0x5a, sizeof seed);
    xmss_public_parameter(pub.pp, dep, 1, owner);
    ck_assert_int_eq(xmss_key_new(&key, XMSS_HEIGHT_LARGE, seed, pub.pp), ERR_OK);
    while (!done) ck_assert_int_eq(xmss_key_build(key, 4096, &done), ERR_OK);
    ck_assert_uint_eq(xmss_key_leaves_done(key), 1u << XMSS_HEIGHT_LARGE);
    xmss_key_root(key, pub.root);
    const uint32_t leaves[3] = {0, 12345, (1u << (XMSS_HEIGHT_LARGE - 2)) - 1};
    for (uint32_t lane = 0; lane < XMSS_LANES; lane++) {
        for (int i = 0; i < 3; i++) {
            uint32_t message[XMSS_MESSAGE] = {lane, (uint32_t)i, 7, 7, 7, 7, 7, 7};
            struct xmss_signature sig;
            uint32_t calls = 0;
            uint32_t leaf = lane << (XMSS_HEIGHT_LARGE - 2) | leaves[i];
            ck_assert_int_eq(xmss_sign(key, lane, leaves[i], message, &sig), ERR_OK);
            ck_assert(xmss_verify_counted(&pub, leaf, message, &sig, &calls));
            ck_assert_uint_le(calls + 1, 130); /* + 1: the public parameter */
            sig.path[XMSS_HEIGHT_LARGE - 1][0] ^= 1;
            ck_assert(!xmss_verify(&pub, leaf, message, &sig));
        }
    }
    xmss_key_free(key);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("xmss_large");
    TCase *tc = tcase_create("height 18");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, a_key_of_2_to_the_18_signs_with_every_lane_and_verifies_within_130_permutations);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

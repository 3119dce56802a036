#ifndef TESTS_SUPPORT_TEST_KEY_H
#define TESTS_SUPPORT_TEST_KEY_H
/* A cheap XMSS key for tests: a valid tree of height 12 or 18 in which only some leaves are real
 * and every other node is zeros. What it signs verifies like any signature.
 *
 * Real leaves: lane 0: 0..39; lane 1: 0..3 and 100..103 (a step that needs an ESCAPE); lane 3: the
 * last one (key changes only). */
#include "common/xmss/xmss.h"

struct test_key;
struct test_key *test_key_new(uint32_t height, uint64_t seed, const uint32_t pp[XMSS_PP]);
/* Only a root that differs from seed to seed: nothing can be signed with it. Costs nothing. */
struct test_key *test_key_new_hollow(uint32_t height, uint64_t seed);
void test_key_free(struct test_key *key);
void test_key_root(const struct test_key *key, uint32_t root[XMSS_DIGEST]);
bool test_key_has(const struct test_key *key, uint32_t lane, uint32_t leaf);
/* Aborts for a leaf that is not real. */
void test_key_sign(const struct test_key *key, uint32_t lane, uint32_t leaf,
                   const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out);
/* The same with a random string that is cheap to find (a counter); four times as fast. For benchmarks. */
void test_key_sign_quick(const struct test_key *key, uint32_t lane, uint32_t leaf,
                         const uint32_t message[XMSS_MESSAGE], struct xmss_signature *out);
uint32_t test_key_height(const struct test_key *key);
#endif

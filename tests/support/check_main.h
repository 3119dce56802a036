#ifndef TESTS_SUPPORT_CHECK_MAIN_H
#define TESTS_SUPPORT_CHECK_MAIN_H
/* What every Check program's main does, and a seed for random tests.
 *
 * Threads: one. */

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/rng.h"

#define ck_assert_ok(expr) ck_assert_int_eq((int)(expr), (int)ERR_OK)
#define ck_assert_err(expr, err) ck_assert_int_eq((int)(expr), (int)(err))

/* Runs the suite as CK_RUN_* and CK_FORK in the environment say; exit status of the program. */
static inline int check_main(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Seed of a random test: HAWSER_TEST_SEED, or a fresh one; printed, so that a failure can be
 * repeated. */
static inline void check_seed(struct rng *rng)
{
    const char *text = getenv("HAWSER_TEST_SEED");
    uint64_t seed;
    if (text != NULL)
        seed = strtoull(text, NULL, 10);
    else
        ck_assert_ok(random_secure(&seed, sizeof seed));
    printf("HAWSER_TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    rng_seed(rng, seed);
}

#endif

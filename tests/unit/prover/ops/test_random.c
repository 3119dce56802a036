/* Random traffic of the executor's own generator, with real signatures: every trace is clean. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/ops/leaf_check.h"

enum { BATCHES = 8, REQUESTS = 200 };

START_TEST(random_batches_give_clean_traces)
{
    struct rng rng;
    check_seed(&rng);
    struct world *w = world_new(rng_u64(&rng), true);
    uint32_t records = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        struct sealed_batch b;
        memset(&b, 0, sizeof b);
        if (!world_seal_random(w, REQUESTS, &b)) continue;
        for (uint32_t p = 0; p < b.n_segments; p++) {
            struct ir_trace *tr = leaf_fill(b.traces[p]);
            ck_assert_msg(leaf_clean(tr, true), "batch %u chain %u", b.k, b.traces[p]->chain);
            records += b.traces[p]->n_ops;
            ir_trace_free(tr);
        }
        sealed_batch_deinit(&b);
    }
    printf("%u records in %u batches\n", (unsigned)records, (unsigned)BATCHES);
    ck_assert_uint_gt(records, BATCHES);
    world_free(w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tc = tcase_create("random");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, random_batches_give_clean_traces);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}

/* The random worlds of tests/support: what they produce is accepted and can be rebuilt. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rules/replay.h"
#include "tests/support/random_batch.h"

static void batches_rebuild(uint64_t seed, uint32_t n_batches, uint32_t n_ops, bool sign)
{
    struct world *w = world_new(seed, sign);
    struct chain_state copy[WORLD_CHAINS];
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) ck_assert(chain_state_init(&copy[c], c) == ERR_OK);
    for (uint32_t i = 0; i < n_batches; i++) {
        struct sealed_batch s;
        ck_assert(world_seal_random(w, n_ops, &s));
        for (uint32_t p = 0; p < s.n_segments; p++) {
            const struct chain_trace *t = s.traces[p];
            struct segment *segment = malloc(sizeof *segment);
            struct codec_error why;
            struct digest8 root;
            uint32_t record;
            enum rule_error rule;
            enum err err = segment_decode(segment, t->bytes, t->n_bytes, &why);
            ck_assert_msg(err == ERR_OK, "seed %lu: %s at %zu", (unsigned long)seed, why.what,
                          why.at);
            err = replay_segment(copy[t->chain].cells, copy[t->chain].preimages, segment, &root,
                                 &record, &rule);
            ck_assert_msg(err == ERR_OK, "seed %lu batch %u: record %u code %u: %s",
                          (unsigned long)seed, i, record,
                          record < 64 ? segment->records[record].code : 0, rule_error_name(rule));
            ck_assert_mem_eq(&root, &t->root_after, sizeof root);
            free(segment);
        }
        sealed_batch_deinit(&s);
    }
    printf("seed %lu: refused %u (last %s); transfer %u withdraw %u key %u swap %u add %u remove "
           "%u create %u deposit %u with key %u set key %u exit %u open %u\n",
           (unsigned long)seed, w->n_refused, rule_error_name(w->last_refusal), w->n_kind[2],
           w->n_kind[3], w->n_kind[4], w->n_kind[5], w->n_kind[6], w->n_kind[7], w->n_kind[8],
           w->n_kind[17], w->n_kind[18], w->n_kind[19], w->n_kind[20], w->n_kind[1]);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) chain_state_deinit(&copy[c]);
    world_free(w);
}

START_TEST(published_bytes_alone_rebuild_every_root)
{
    for (uint64_t seed = 1; seed <= 5; seed++) batches_rebuild(seed, 30, 30, false);
}
END_TEST

START_TEST(signed_batches_verify_and_rebuild)
{
    batches_rebuild(77, 4, 40, true);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core world");
    TCase *tc = tcase_create("world");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, published_bytes_alone_rebuild_every_root);
    tcase_add_test(tc, signed_batches_verify_and_rebuild);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* An oracle signs only what every chain has proven and what it has re-executed itself. */
#include <stdlib.h>
#include <string.h>

#include "audit/statement.h"
#include "common/log/log.h"
#include "oracle/watch.h"
#include "tests/support/check_main.h"
#include "tests/unit/audit/fake_l1.h"

struct scene {
    struct pair pair;
    struct fake_l1 *l1[WORLD_CHAINS];
    struct l1_source sources[WORLD_CHAINS];
    struct published batch;
    struct watch *watch;
    struct watch_result look;
};

static void scene_open(struct scene *s, uint64_t seed)
{
    char text[400] = "";
    memset(s, 0, sizeof *s);
    log_set_level(LOG_LEVEL_BROKEN);
    pair_init(&s->pair, seed);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        s->l1[c] = calloc(1, sizeof *s->l1[c]);
        ck_assert_ptr_nonnull(s->l1[c]);
        fake_l1_start(s->l1[c], &s->pair.deployment, c);
        s->sources[c] = (struct l1_source){.rpc_url = s->l1[c]->url};
    }
    ck_assert_ok(watch_open(&s->watch, &s->pair.deployment, s->sources, text, sizeof text));
}

static void scene_close(struct scene *s)
{
    watch_close(s->watch);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        fake_l1_stop(s->l1[c]);
        free(s->l1[c]);
    }
    published_free(&s->batch);
    pair_free(&s->pair);
}

static void publish(struct scene *s)
{
    published_free(&s->batch);
    pair_publish(&s->pair, 12, &s->batch);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_commit(s->l1[c], &s->batch);
}

static void must_sign(struct scene *s, uint64_t k)
{
    watch_look(s->watch, &s->look);
    ck_assert_msg(s->look.can_sign && s->look.k == k, "k %llu: %s", (unsigned long long)s->look.k,
                  s->look.text);
}

START_TEST(only_what_every_chain_has_proven_is_signed)
{
    struct scene s;
    scene_open(&s, 31);
    watch_look(s.watch, &s.look);
    ck_assert(!s.look.can_sign && !s.look.refuses && !s.look.cannot_see);
    publish(&s);
    watch_look(s.watch, &s.look);
    ck_assert(!s.look.can_sign);
    fake_l1_prove(s.l1[0]);
    watch_look(s.watch, &s.look);
    ck_assert(!s.look.can_sign);
    fake_l1_prove(s.l1[1]);
    must_sign(&s, 1);
    ck_assert_uint_eq(s.look.n_digests, 1);
    ck_assert_mem_eq(s.look.digests[0], s.batch.digest, 32);
    publish(&s);
    fake_l1_prove(s.l1[0]);
    must_sign(&s, 1);
    fake_l1_prove(s.l1[1]);
    must_sign(&s, 2);
    ck_assert_uint_eq(s.look.n_digests, 2); /* 1 is not agreed yet */
    fake_l1_agree(s.l1[0]);
    must_sign(&s, 2);
    ck_assert_uint_eq(s.look.least_agreed, 0);
    fake_l1_agree(s.l1[1]);
    must_sign(&s, 2);
    ck_assert_uint_eq(s.look.least_agreed, 2);
    ck_assert_uint_eq(s.look.n_digests, 0);
    scene_close(&s);
}
END_TEST

START_TEST(what_is_not_final_is_not_signed)
{
    struct scene s;
    scene_open(&s, 32);
    publish(&s);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_prove(s.l1[c]);
    s.l1[0]->final_lag = 1; /* the proof of chain 0 is in the last block */
    watch_look(s.watch, &s.look);
    ck_assert(!s.look.can_sign);
    s.l1[0]->final_lag = 0;
    must_sign(&s, 1);
    scene_close(&s);
}
END_TEST

START_TEST(a_chain_that_cannot_be_read_stops_the_signing)
{
    struct scene s;
    scene_open(&s, 33);
    publish(&s);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_prove(s.l1[c]);
    s.l1[1]->down = true;
    watch_look(s.watch, &s.look);
    ck_assert(s.look.cannot_see && !s.look.can_sign);
    s.l1[1]->down = false;
    must_sign(&s, 1);
    scene_close(&s);
}
END_TEST

/* Statement and D_k as a consistent liar would make them. */
static void restate(struct scene *s, struct published *p)
{
    struct deployment_digests digests;
    struct statement_facts f = {
        .k = p->batch.k, .time = p->batch.time, .n_participants = p->batch.n_parts};
    uint8_t d0[32];
    const struct deployment *d = &s->pair.deployment;
    digests_compute(&digests, d);
    memcpy(f.final_root_before, p->batch.final_root_before, 32);
    memcpy(f.final_root_after, p->batch.final_root_after, 32);
    for (size_t i = 0; i < p->batch.n_parts; i++) {
        const struct replica_part *part = &p->batch.parts[i];
        f.participants[i] = d->chains[part->chain].chain_id;
        pubdata_compute(f.pubdata[i], part->segments, part->n_segments);
    }
    statement_compute(p->statement, d->id, &digests, &f);
    digest_chain_first(d0, d->id, p->batch.final_root_before); /* k = 1 */
    digest_chain_next(p->digest, d0, p->statement);
}

START_TEST(a_proven_batch_that_does_not_re_execute_is_never_signed)
{
    struct scene s;
    scene_open(&s, 34);
    pair_publish(&s.pair, 12, &s.batch);
    s.batch.batch.final_root_after[7] ^= 1; /* both chains accepted a wrong root */
    restate(&s, &s.batch);
    for (size_t c = 0; c < WORLD_CHAINS; c++) {
        fake_l1_commit(s.l1[c], &s.batch);
        fake_l1_prove(s.l1[c]);
    }
    for (int i = 0; i < 2; i++) {
        watch_look(s.watch, &s.look);
        ck_assert(s.look.refuses && !s.look.can_sign);
        ck_assert_ptr_nonnull(strstr(s.look.text, "final_root"));
    }
    scene_close(&s);
}
END_TEST

START_TEST(chains_that_prove_different_batches_get_no_signature)
{
    struct scene s;
    struct pair twin;
    struct published other;
    scene_open(&s, 35);
    pair_init(&twin, 35);
    pair_publish(&twin, 9, &other);
    pair_publish(&s.pair, 12, &s.batch);
    ck_assert_mem_ne(other.statement, s.batch.statement, 32);
    fake_l1_commit(s.l1[0], &s.batch);
    fake_l1_commit(s.l1[1], &other);
    for (size_t c = 0; c < WORLD_CHAINS; c++)
        fake_l1_prove(s.l1[c]);
    watch_look(s.watch, &s.look);
    ck_assert(s.look.refuses && !s.look.can_sign);
    ck_assert_ptr_nonnull(strstr(s.look.text, "different statements"));
    published_free(&other);
    pair_free(&twin);
    scene_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("oracle watch");
    TCase *t = tcase_create("watch");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, only_what_every_chain_has_proven_is_signed);
    tcase_add_test(t, what_is_not_final_is_not_signed);
    tcase_add_test(t, a_chain_that_cannot_be_read_stops_the_signing);
    tcase_add_test(t, a_proven_batch_that_does_not_re_execute_is_never_signed);
    tcase_add_test(t, chains_that_prove_different_batches_get_no_signature);
    suite_add_tcase(s, t);
    return check_main(s);
}

/* Batches of several slices on 2, 3 and 16 chains: the auditor agrees with core on all of them, and
 * refuses what is left out, put twice, exchanged or renumbered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/feasible.h"
#include "common/base/endian.h"
#include "tests/support/check_main.h"
#include "tests/unit/audit/pair.h"

static struct batch_limits limits;

static void must_apply(struct pair *p, const struct published *b)
{
    struct replica_finding f;
    uint8_t got[32];
    struct replica_batch alone = b->batch;
    alone.intents = NULL;
    ck_assert_ok(replica_apply(p->replica, &alone, &f));
    ck_assert_ok(replica_undo(p->replica));
    enum err err = replica_apply(p->replica, &b->batch, &f);
    ck_assert_msg(err == ERR_OK, "batch %u: chain %u record %lld segment %zu byte %zu: %s",
                  b->sealed.k, f.chain, (long long)f.record, f.segment, f.offset, f.text);
    replica_statement(p->replica, got);
    ck_assert_mem_eq(got, b->statement, 32);
    replica_digest(p->replica, got);
    ck_assert_mem_eq(got, b->digest, 32);
    for (uint16_t c = 0; c < p->world->n_chains; c++) {
        replica_root(p->replica, c, got);
        ck_assert_mem_eq(got, b->roots[c], 32);
    }
}

/* What the orchestrator would tell the gate. */
static void must_be_feasible(const struct published *b)
{
    static struct gate_ask ask;
    struct feasible_fault fault;
    published_ask(b, &ask);
    ck_assert_msg(feasible_check(&ask, &fault), "chain %u record %u: %s", fault.chain, fault.record,
                  fault.text);
    gate_ask_deinit(&ask);
}

struct seen {
    uint32_t slices, segments, participants, cross; /* most of one batch */
};

static void most(uint32_t *seen, uint32_t n)
{
    if (n > *seen) *seen = n;
}

static void play(uint64_t seed, uint32_t n_chains, int rounds, struct seen *seen)
{
    struct rng rng;
    struct pair p;
    rng_seed(&rng, seed);
    pair_init_chains(&p, seed, n_chains, BATCH_SLICES_MAX);
    p.world->limits = &limits;
    for (int i = 0; i < rounds; i++) {
        struct published b;
        uint16_t chains[BATCH_PARTICIPANTS_MAX];
        world_limits_random(&rng, &limits);
        p.wild = i % 3 == 2;
        pair_publish(&p, 1 + (uint32_t)rng_below(&rng, 80), &b);
        must_apply(&p, &b);
        must_be_feasible(&b);
        most(&seen->slices, b.sealed.n_slices);
        most(&seen->segments, b.sealed.n_segments);
        most(&seen->participants, sealed_batch_chains(&b.sealed, chains));
        published_free(&b);
    }
    pair_free(&p);
}

START_TEST(replica_agrees_with_core_on_batches_of_many_slices_and_chains)
{
    static const uint32_t counts[] = {2, 3, 16};
    struct rng rng;
    check_seed(&rng);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct seen seen = {0};
        play(rng_u64(&rng), counts[i], 8, &seen);
        printf("%u chains: up to %u slices, %u segments, %u participants\n", counts[i], seen.slices,
               seen.segments, seen.participants);
        ck_assert_uint_ge(seen.slices, 4);
        ck_assert_uint_ge(seen.segments, 8);
        ck_assert_uint_ge(seen.participants, counts[i] < 16 ? counts[i] : 12);
    }
}
END_TEST

/* ---- attacks on the list of segments ---- */

/* A batch in which `part` has n segments or more, after a few others. */
static void publish_long(struct pair *p, struct published *b, size_t *part, size_t n)
{
    for (int i = 0; i < 100; i++) {
        pair_publish(p, i < 4 ? 20 : 40, b);
        for (size_t j = 0; i >= 4 && j < b->batch.n_parts; j++) {
            *part = j;
            if (b->batch.parts[j].n_segments >= n) return;
        }
        must_apply(p, b);
        published_free(b);
    }
    ck_abort_msg("no long batch");
}

static void long_world(struct pair *p, uint64_t seed, uint32_t n_chains)
{
    limits = batch_limits_standard;
    limits.records = 6;
    pair_init_chains(p, seed, n_chains, BATCH_SLICES_MAX);
    p->world->limits = &limits;
}

/* Refused as it is and, because a liar would make hashes and intents fit, from the bytes alone: then
 * the segments differ, so the statement does. */
static void must_refuse(struct pair *p, const struct published *b, size_t part,
                        const struct span *list, size_t n, const char *text)
{
    struct replica_finding f;
    struct replica_batch wrong = b->batch;
    uint8_t got[32];
    wrong.parts[part].segments = list;
    wrong.parts[part].n_segments = n;
    ck_assert_err(replica_apply(p->replica, &wrong, &f), ERR_AUDIT);
    if (text != NULL)
        ck_assert_msg(strstr(f.text, text) != NULL && f.chain == b->batch.parts[part].chain,
                      "chain %u segment %zu: %s", f.chain, f.segment, f.text);
    wrong.intents = NULL;
    if (replica_apply(p->replica, &wrong, &f) == ERR_AUDIT) return;
    replica_statement(p->replica, got);
    ck_assert_mem_ne(got, b->statement, 32);
    ck_assert_ok(replica_undo(p->replica));
}

/* Copies whose headers may be changed. */
struct copies {
    uint8_t bytes[REPLICA_SEGMENTS_MAX + 1][BATCH_BYTES_MAX];
    struct span list[REPLICA_SEGMENTS_MAX + 1];
    size_t n;
};

static void copies_make(struct copies *c, const struct published *b, size_t part)
{
    c->n = b->batch.parts[part].n_segments;
    for (size_t i = 0; i < c->n; i++) {
        const struct span *s = &b->segments[part][i];
        memcpy(c->bytes[i], s->data, s->len);
        c->list[i] = (struct span){c->bytes[i], s->len};
    }
}

static void renumber(struct copies *c)
{
    for (size_t i = 0; i < c->n; i++) {
        uint8_t *p = (uint8_t *)(uintptr_t)c->list[i].data;
        p[7] = (uint8_t)i;
        p[8] = (uint8_t)c->n;
    }
}

static void remove_at(struct copies *c, size_t at)
{
    memmove(&c->list[at], &c->list[at + 1], (c->n - at - 1) * sizeof c->list[0]);
    c->n--;
}

static void insert_copy(struct copies *c, size_t from, size_t at)
{
    struct span s = c->list[from];
    memcpy(c->bytes[REPLICA_SEGMENTS_MAX], s.data, s.len);
    memmove(&c->list[at + 1], &c->list[at], (c->n - at) * sizeof c->list[0]);
    c->list[at] = (struct span){c->bytes[REPLICA_SEGMENTS_MAX], s.len};
    c->n++;
}

START_TEST(missing_repeated_and_exchanged_segments_are_refused)
{
    static struct copies c;
    struct rng rng;
    check_seed(&rng);
    for (int round = 0; round < 2; round++) {
        struct pair p;
        struct published b;
        size_t part = 0;
        long_world(&p, rng_u64(&rng), 2 + (uint32_t)round);
        publish_long(&p, &b, &part, 3);
        size_t n = b.batch.parts[part].n_segments;
        for (size_t i = 0; i < n; i++) {
            copies_make(&c, &b, part);
            remove_at(&c, i);
            must_refuse(&p, &b, part, c.list, c.n, "belongs");
            renumber(&c);
            must_refuse(&p, &b, part, c.list, c.n, NULL);
            for (size_t j = 0; j <= n; j++) {
                copies_make(&c, &b, part);
                insert_copy(&c, i, j);
                must_refuse(&p, &b, part, c.list, c.n, "belongs");
                renumber(&c);
                must_refuse(&p, &b, part, c.list, c.n, NULL);
            }
            for (size_t j = i + 1; j < n; j++) {
                copies_make(&c, &b, part);
                struct span x = c.list[i];
                c.list[i] = c.list[j];
                c.list[j] = x;
                must_refuse(&p, &b, part, c.list, n, "belongs");
                renumber(&c);
                must_refuse(&p, &b, part, c.list, n, NULL);
            }
        }
        must_apply(&p, &b);
        published_free(&b);
        pair_free(&p);
    }
}
END_TEST

/* Chain, k, number, count and T of every segment's header. */
START_TEST(a_segment_of_another_chain_batch_number_or_time_is_refused)
{
    static struct copies c;
    static const struct {
        size_t byte;
        const char *text;
    } fields[] = {{0, "version is not 2"}, {2, "another chain"}, {6, "another batch"},
                  {7, "belongs"},          {8, "belongs"},       {12, "time differs"}};
    struct pair p;
    struct published b;
    size_t part = 0;
    long_world(&p, 3, 3);
    publish_long(&p, &b, &part, 3);
    for (size_t i = 0; i < b.batch.parts[part].n_segments; i++) {
        for (size_t j = 0; j < ARRAY_LEN(fields); j++) {
            copies_make(&c, &b, part);
            c.bytes[i][fields[j].byte] ^= 1;
            must_refuse(&p, &b, part, c.list, c.n, fields[j].text);
        }
    }
    copies_make(&c, &b, part);
    must_refuse(&p, &b, part, c.list, 0, "no segment");
    c.n = REPLICA_SEGMENTS_MAX + 1;
    must_refuse(&p, &b, part, c.list, c.n, "more than 64");
    must_apply(&p, &b);
    published_free(&b);
    pair_free(&p);
}
END_TEST

/* A record moved over the border of two segments: the same operations, other segments. From the bytes
 * alone both are right; what was committed decides. The gate knows the slices. */
START_TEST(halves_apart_are_noticed_by_the_gate)
{
    struct pair p;
    struct published b;
    size_t part = 0;
    static struct gate_ask ask;
    struct feasible_fault fault;
    long_world(&p, 5, 3);
    unsigned refused = 0;
    for (int round = 0; round < 3; round++) {
        publish_long(&p, &b, &part, 3);
        published_ask(&b, &ask);
        ck_assert(feasible_check(&ask, &fault));
        for (uint32_t i = 0; i < ask.n_parts; i++) { /* one chain says its slices are later ones */
            struct gate_part saved = ask.parts[i];
            for (uint32_t j = 0; j < saved.n_segments; j++)
                ask.parts[i].segments[j].slice++;
            bool paired = false;
            for (size_t q = 0; q < b.n_asked; q++) {
                const struct asked *a = &b.asked[q];
                paired = paired || (a->n == 2 && a->chain[0] != a->chain[1] &&
                                    (a->chain[0] == saved.chain || a->chain[1] == saved.chain));
            }
            bool fits = feasible_check(&ask, &fault);
            ck_assert(!paired || !fits);
            refused += !fits;
            ask.parts[i] = saved;
        }
        gate_ask_deinit(&ask);
        must_apply(&p, &b);
        published_free(&b);
    }
    ck_assert_uint_gt(refused, 0);
    pair_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit segments");
    TCase *t = tcase_create("segments");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, replica_agrees_with_core_on_batches_of_many_slices_and_chains);
    tcase_add_test(t, missing_repeated_and_exchanged_segments_are_refused);
    tcase_add_test(t, a_segment_of_another_chain_batch_number_or_time_is_refused);
    tcase_add_test(t, halves_apart_are_noticed_by_the_gate);
    suite_add_tcase(s, t);
    return check_main(s);
}

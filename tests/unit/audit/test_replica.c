/* The auditor's rules against core's executor: two implementations of docs/protocol/state.md that
 * share no code must agree on every batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/check_main.h"
#include "tests/unit/audit/pair.h"

enum { ROUNDS = 30 };

/* With what was asked for (the gate) and, on request, from the published bytes alone (the audit). */
static void must_apply(struct pair *p, const struct published *b)
{
    struct replica_finding f;
    uint8_t got[32];
    struct replica_batch alone = b->batch;
    alone.intents = NULL;
    ck_assert_ok(replica_apply(p->replica, &alone, &f));
    ck_assert_ok(replica_undo(p->replica));
    enum err err = replica_apply(p->replica, &b->batch, &f);
    ck_assert_msg(err == ERR_OK, "batch %u: chain %u record %lld byte %zu: %s", b->sealed.k,
                  f.chain, (long long)f.record, f.offset, f.text);
    replica_statement(p->replica, got);
    ck_assert_mem_eq(got, b->statement, 32);
    replica_digest(p->replica, got);
    ck_assert_mem_eq(got, b->digest, 32);
    for (uint16_t c = 0; c < p->world->n_chains; c++) {
        replica_root(p->replica, c, got);
        ck_assert_mem_eq(got, b->roots[c], 32);
    }
}

START_TEST(replica_agrees_with_core_on_every_kind_of_operation)
{
    static const uint32_t kinds[] = {REQUEST_OPEN,          REQUEST_TRANSFER,
                                     REQUEST_WITHDRAW,      REQUEST_CHANGE_KEY,
                                     REQUEST_SWAP,          REQUEST_ADD,
                                     REQUEST_REMOVE,        REQUEST_CREATE,
                                     16 + PRIORITY_DEPOSIT, 16 + PRIORITY_DEPOSIT_WITH_KEY,
                                     16 + PRIORITY_SET_KEY, 16 + PRIORITY_EXIT};
    struct rng rng;
    check_seed(&rng);
    uint32_t seen[WORLD_NEVER] = {0};
    bool all = false;
    for (int world = 0; world < 20 && (world < 3 || !all); world++) {
        struct pair p;
        pair_init(&p, rng_u64(&rng));
        p.wild = world % 2 == 1;
        for (int i = 0; i < ROUNDS; i++) {
            struct published b;
            pair_publish(&p, 1 + (uint32_t)rng_below(&rng, 40), &b);
            must_apply(&p, &b);
            published_free(&b);
        }
        for (uint32_t k = 0; k < WORLD_NEVER; k++)
            seen[k] += p.world->n_kind[k];
        all = true;
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
            all = all && seen[kinds[i]] > 0;
        pair_free(&p);
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        ck_assert_msg(seen[kinds[i]] > 0, "kind %u never happened", kinds[i]);
}
END_TEST

START_TEST(undo_gives_the_state_before)
{
    struct rng rng;
    check_seed(&rng);
    struct pair p;
    pair_init(&p, rng_u64(&rng));
    for (int i = 0; i < 20; i++) {
        struct published b;
        uint8_t before[32];
        uint8_t after[32];
        pair_publish(&p, 20, &b);
        replica_root(p.replica, 0, before);
        must_apply(&p, &b);
        ck_assert_ok(replica_undo(p.replica));
        replica_root(p.replica, 0, after);
        ck_assert_mem_eq(before, after, 32);
        ck_assert_uint_eq(replica_k(p.replica), b.sealed.k - 1);
        must_apply(&p, &b);
        published_free(&b);
    }
    pair_free(&p);
}
END_TEST

START_TEST(after_a_refused_batch_the_one_before_cannot_be_undone)
{
    struct replica_finding f;
    struct published a;
    struct published b;
    struct pair p;
    pair_init(&p, 7);
    pair_publish(&p, 20, &a);
    must_apply(&p, &a);
    pair_publish(&p, 20, &b);
    b.batch.final_root_after[0] ^= 1;
    ck_assert_err(replica_apply(p.replica, &b.batch, &f), ERR_AUDIT);
    uint8_t root[32];
    replica_root(p.replica, 0, root);
    ck_assert_mem_eq(root, a.roots[0], 32);
    ck_assert_err(replica_undo(p.replica), ERR_BAD_STATE);
    b.batch.final_root_after[0] ^= 1;
    must_apply(&p, &b);
    published_free(&a);
    published_free(&b);
    pair_free(&p);
}
END_TEST

/* Migration: a file of an older version says which one it is. */
START_TEST(a_deployment_of_an_older_version_is_refused)
{
    char path[] = "/tmp/hawser-test-deployment-XXXXXX";
    char text[300];
    struct deployment *d = calloc(1, sizeof *d);
    int fd = mkstemp(path);
    ck_assert(fd >= 0 && d != NULL);
    deployment_make(d, WORLD_CHAINS);
    ck_assert_ok(deployment_save(d, path));
    ck_assert_ok(deployment_load(d, path, text, sizeof text));
    static const char *const says[] = {"version 1 (three proofs for each batch)",
                                       "version 2 (one segment a chain)", "version 3 (no blobs)"};
    close(fd);
    for (int v = 1; v <= 3; v++) {
        FILE *f = fopen(path, "w");
        ck_assert_ptr_nonnull(f);
        ck_assert_int_gt(fprintf(f, "{\"version\": %d, \"deployment_id\": \"0x00\"}", v), 0);
        fclose(f);
        ck_assert_err(deployment_load(d, path, text, sizeof text), ERR_VERSION);
        ck_assert_ptr_nonnull(strstr(text, says[v - 1]));
        ck_assert_ptr_nonnull(strstr(text, "serves version 4"));
    }
    unlink(path);
    free(d);
}
END_TEST

START_TEST(deployment_whose_id_does_not_follow_is_refused)
{
    struct deployment d;
    struct replica *r = NULL;
    deployment_make(&d, WORLD_CHAINS);
    uint8_t *const facts[] = {d.id,   d.genesis_root, d.terminal_program,
                              d.salt, d.oracles[2],   d.chains[1].contract};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        facts[i][3] ^= 1;
        ck_assert_err(replica_new(&r, &d), ERR_MISMATCH);
        facts[i][3] ^= 1;
    }
    ck_assert_ok(replica_new(&r, &d));
    replica_free(r);
}
END_TEST

static uint32_t record_at(const struct place *places, uint32_t n, size_t byte)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct place *p = &places[i];
        if ((byte >= p->stream && byte < p->stream + p->stream_len) ||
            (byte >= p->region && byte < p->region + p->region_len))
            return i;
    }
    return UINT32_MAX;
}

/* The published bytes alone bind nearly everything; what they do not bind gives another statement. */
static bool alone_refuses(struct pair *p, const struct published *b, struct replica_batch *altered)
{
    struct replica_finding f;
    uint8_t got[32];
    altered->intents = NULL;
    enum err err = replica_apply(p->replica, altered, &f);
    altered->intents = b->intents;
    if (err == ERR_AUDIT) return true;
    ck_assert_ok(err);
    replica_statement(p->replica, got);
    ck_assert_mem_ne(got, b->statement, 32);
    ck_assert_ok(replica_undo(p->replica));
    return false;
}

/* Alters every byte of one segment: each is refused, and the record is named in which it lies, with
 * its number through all segments. */
static void alter_every_byte(struct pair *p, struct published *b, size_t part, size_t number,
                             struct rng *rng)
{
    uint8_t copy[BATCH_BYTES_MAX];
    struct place places[BATCH_RECORDS_MAX];
    struct span list[REPLICA_SEGMENTS_MAX];
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    struct replica_finding f;
    struct replica_batch altered = b->batch;
    uint32_t base = 0;
    (void)sealed_batch_of_chain(&b->sealed, b->batch.parts[part].chain, traces);
    for (size_t i = 0; i < number; i++)
        base += traces[i]->n_ops;
    const struct chain_trace *t = traces[number];
    published_places(t, places);
    memcpy(copy, t->bytes, t->n_bytes);
    memcpy(list, b->segments[part], sizeof list);
    list[number].data = copy;
    altered.parts[part].segments = list;
    for (size_t i = 0; i < t->n_bytes; i++) {
        copy[i] ^= (uint8_t)(1 + rng_below(rng, 255));
        enum err err = replica_apply(p->replica, &altered, &f);
        if (i < 44 && err == ERR_OK) { /* fees that nobody pays are the operator's choice */
            uint8_t got[32];
            ck_assert_uint_ge(i, 13);
            replica_statement(p->replica, got);
            ck_assert_mem_ne(got, b->statement, 32);
            ck_assert_ok(replica_undo(p->replica));
        } else {
            ck_assert_msg(err == ERR_AUDIT, "byte %zu is accepted", i);
        }
        if (i >= 44) {
            uint32_t record = base + record_at(places, t->n_ops, i);
            ck_assert_msg(
                f.chain == t->chain && f.record == (int64_t)record,
                "byte %zu of record %u (code 0x%02x -> 0x%02x): named chain %u record %lld: %s", i,
                record, t->bytes[i], copy[i], f.chain, (long long)f.record, f.text);
        }
        if (i % 5 == 0) (void)alone_refuses(p, b, &altered);
        copy[i] = t->bytes[i];
    }
    for (size_t cut = 0; cut < t->n_bytes; cut += 7) {
        list[number].len = cut;
        ck_assert_err(replica_apply(p->replica, &altered, &f), ERR_AUDIT);
    }
}

START_TEST(every_altered_byte_is_refused_and_its_record_named)
{
    struct rng rng;
    check_seed(&rng);
    struct pair p;
    pair_init(&p, rng_u64(&rng));
    for (int round = 0; round < 9; round++) {
        struct published b;
        pair_publish(&p, round % 3 == 2 ? 12 : 40, &b);
        for (size_t part = 0; round % 3 == 2 && part < b.batch.n_parts; part++)
            for (size_t i = 0; i < b.batch.parts[part].n_segments; i++)
                alter_every_byte(&p, &b, part, i, &rng);
        must_apply(&p, &b);
        published_free(&b);
    }
    pair_free(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit replica");
    TCase *t = tcase_create("replica");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, replica_agrees_with_core_on_every_kind_of_operation);
    tcase_add_test(t, undo_gives_the_state_before);
    tcase_add_test(t, after_a_refused_batch_the_one_before_cannot_be_undone);
    tcase_add_test(t, a_deployment_of_an_older_version_is_refused);
    tcase_add_test(t, deployment_whose_id_does_not_follow_is_refused);
    tcase_add_test(t, every_altered_byte_is_refused_and_its_record_named);
    suite_add_tcase(s, t);
    return check_main(s);
}

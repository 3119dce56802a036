/* The auditor's rules against core's executor: two implementations of docs/protocol/state.md that
 * share no code must agree on every batch. */
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/unit/audit/pair.h"

enum { ROUNDS = 30 };

static void must_apply(struct pair *p, const struct published *b)
{
    struct replica_finding f;
    uint8_t got[32];
    enum err err = replica_apply(p->replica, &b->batch, &f);
    ck_assert_msg(err == ERR_OK, "batch %u: chain %u record %lld byte %zu: %s", b->sealed.k, f.chain,
                  (long long)f.record, f.offset, f.text);
    replica_statement(p->replica, got);
    ck_assert_mem_eq(got, b->statement, 32);
    replica_digest(p->replica, got);
    ck_assert_mem_eq(got, b->digest, 32);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        replica_root(p->replica, c, got);
        ck_assert_mem_eq(got, b->roots[c], 32);
    }
}

START_TEST(replica_agrees_with_core_on_every_kind_of_operation)
{
    static const uint32_t kinds[] = {REQUEST_OPEN, REQUEST_TRANSFER, REQUEST_WITHDRAW,
                                     REQUEST_CHANGE_KEY, REQUEST_SWAP, REQUEST_ADD,
                                     REQUEST_REMOVE, REQUEST_CREATE, 16 + PRIORITY_DEPOSIT,
                                     16 + PRIORITY_DEPOSIT_WITH_KEY, 16 + PRIORITY_SET_KEY,
                                     16 + PRIORITY_EXIT};
    struct rng rng;
    check_seed(&rng);
    uint32_t seen[WORLD_NEVER] = {0};
    for (int world = 0; world < 3; world++) {
        struct pair p;
        pair_init(&p, rng_u64(&rng));
        for (int i = 0; i < ROUNDS; i++) {
            struct published b;
            pair_publish(&p, 1 + (uint32_t)rng_below(&rng, 40), &b);
            must_apply(&p, &b);
            published_free(&b);
        }
        for (uint32_t k = 0; k < WORLD_NEVER; k++) seen[k] += p.world->n_kind[k];
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

START_TEST(deployment_whose_id_does_not_follow_is_refused)
{
    struct deployment d;
    struct replica *r = NULL;
    deployment_make(&d);
    uint8_t *const facts[] = {d.id, d.genesis_root, d.leaf_program, d.pairing_program, d.salt,
                              d.oracles[2], d.chains[1].contract};
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        facts[i][3] ^= 1;
        ck_assert_err(replica_new(&r, &d), ERR_MISMATCH);
        facts[i][3] ^= 1;
    }
    ck_assert_ok(replica_new(&r, &d));
    replica_free(r);
}
END_TEST

/* Every byte of the published data is bound: another value is refused, or gives another statement. */
START_TEST(every_altered_byte_is_refused)
{
    struct rng rng;
    check_seed(&rng);
    struct pair p;
    pair_init(&p, rng_u64(&rng));
    uint64_t refused = 0;
    for (int round = 0; round < 9; round++) {
        struct published b;
        pair_publish(&p, round % 3 == 2 ? 12 : 40, &b);
        for (size_t part = 0; round % 3 == 2 && part < b.batch.n_parts; part++) {
            uint8_t copy[BATCH_BYTES_MAX];
            size_t n = b.batch.parts[part].segment.len;
            struct replica_batch altered = b.batch;
            memcpy(copy, b.batch.parts[part].segment.data, n);
            altered.parts[part].segment = (struct span){copy, n};
            for (size_t i = 0; i < n; i++) {
                struct replica_finding f;
                copy[i] ^= (uint8_t)(1 + rng_below(&rng, 255));
                enum err err = replica_apply(p.replica, &altered, &f);
                copy[i] = b.batch.parts[part].segment.data[i];
                if (err == ERR_AUDIT) {
                    refused++;
                    continue;
                }
                /* e.g. the address of a withdrawal changes no cell */
                ck_assert_ok(err);
                uint8_t got[32];
                replica_statement(p.replica, got);
                ck_assert_mem_ne(got, b.statement, 32);
                ck_assert_ok(replica_undo(p.replica));
            }
            for (size_t cut = 0; cut < n; cut += 7) {
                struct replica_finding f;
                altered.parts[part].segment.len = cut;
                ck_assert_err(replica_apply(p.replica, &altered, &f), ERR_AUDIT);
            }
        }
        must_apply(&p, &b);
        published_free(&b);
    }
    ck_assert_uint_gt(refused, 300);
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
    tcase_add_test(t, deployment_whose_id_does_not_follow_is_refused);
    tcase_add_test(t, every_altered_byte_is_refused);
    suite_add_tcase(s, t);
    return check_main(s);
}

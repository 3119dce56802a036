/* An operator that shows each chain its own history, each one valid (F2): four oracles read both
 * chains with their own eyes (tests/unit/audit/fake_l1) and re-execute; none may sign, all say why.
 *
 * What the settlement contracts refuse by themselves (a digest that is not theirs, too few
 * signatures) is tested in contracts/test; this is about what they cannot see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crypto/secp256k1_sign.h"
#include "common/log/log.h"
#include "oracle/attest.h"
#include "oracle/watch.h"
#include "tests/support/check_main.h"
#include "tests/unit/audit/fake_l1.h"

enum { ORACLES = 4, NEEDED = 3, HONEST_BATCHES = 3 };

struct scene {
    struct pair history[WORLD_CHAINS]; /* what chain c is shown; equal at first */
    struct published last[WORLD_CHAINS];
    struct deployment deployment;
    struct fake_l1 *l1[WORLD_CHAINS];
    struct l1_source sources[WORLD_CHAINS];
    uint8_t key[ORACLES][32];
    struct watch *watch[ORACLES];
    struct attest_book *book[ORACLES];
    char dir[64];
};

static void shown(struct scene *s, uint16_t c, uint32_t n)
{
    published_free(&s->last[c]);
    pair_publish(&s->history[c], n, &s->last[c]);
    fake_l1_commit(s->l1[c], &s->last[c]);
    fake_l1_prove(s->l1[c]); /* every proof verifies: each history is a correct one */
}

static void scene_open(struct scene *s)
{
    struct rng rng;
    char text[300];
    memset(s, 0, sizeof *s);
    check_seed(&rng);
    log_set_level(LOG_LEVEL_BROKEN);
    uint64_t seed = rng_u64(&rng);
    (void)snprintf(s->dir, sizeof s->dir, "/tmp/hawser-test-hostile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(s->dir));
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        pair_init(&s->history[c], seed);
        s->l1[c] = calloc(1, sizeof *s->l1[c]);
        ck_assert_ptr_nonnull(s->l1[c]);
        fake_l1_start(s->l1[c], &s->history[0].deployment, c);
        s->sources[c] = (struct l1_source){.rpc_url = s->l1[c]->url};
    }
    /* The set of the deployment is made of addresses without keys: the books get one with keys, of
     * the same deployment id otherwise. */
    s->deployment = s->history[0].deployment;
    for (int o = 0; o < ORACLES; o++) {
        char path[100];
        memset(s->key[o], 0x21 + o, 32);
        ck_assert_ok(ecdsa_key_address(s->deployment.oracles[o], s->key[o]));
        (void)snprintf(path, sizeof path, "%s/signed-%d", s->dir, o);
        ck_assert_ok(attest_book_open(&s->book[o], &s->deployment, path, text, sizeof text));
        ck_assert_ok(
            watch_open(&s->watch[o], &s->history[0].deployment, s->sources, text, sizeof text));
    }
    for (int k = 0; k < HONEST_BATCHES; k++) {
        for (uint16_t c = 0; c < WORLD_CHAINS; c++)
            shown(s, c, 15);
        ck_assert_mem_eq(s->last[0].digest, s->last[1].digest, 32);
    }
}

static void scene_close(struct scene *s)
{
    for (int o = 0; o < ORACLES; o++) {
        char path[100];
        (void)snprintf(path, sizeof path, "%s/signed-%d", s->dir, o);
        watch_close(s->watch[o]);
        attest_book_close(s->book[o]);
        (void)unlink(path);
    }
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        fake_l1_stop(s->l1[c]);
        free(s->l1[c]);
        published_free(&s->last[c]);
        pair_free(&s->history[c]);
    }
    (void)rmdir(s->dir);
}

/* Every oracle looks, signs what it may, and hands its signature to all. Returns the most
 * signatures that anyone holds for (k, digest). */
static size_t agreement(struct scene *s, uint64_t k, const uint8_t digest[32],
                        struct watch_result looks[ORACLES])
{
    size_t most = 0;
    for (int o = 0; o < ORACLES; o++) {
        struct attestation a;
        watch_look(s->watch[o], &looks[o]);
        ck_assert_msg(!looks[o].cannot_see, "%s", looks[o].text);
        if (!looks[o].can_sign || looks[o].k != k) continue;
        size_t at = (size_t)(k - looks[o].least_agreed - 1);
        ck_assert_uint_lt(at, looks[o].n_digests);
        ck_assert_ok(attest_book_sign(s->book[o], s->key[o], k, looks[o].digests[at], &a));
        for (int p = 0; p < ORACLES; p++) {
            uint8_t bytes[ATTEST_BYTES];
            struct attestation read;
            attestation_write(bytes, &a);
            ck_assert_ok(attestation_read(&read, &s->deployment, span_make(bytes, sizeof bytes)));
            enum err err = attest_book_add(s->book[p], &read);
            ck_assert(err == ERR_OK || err == ERR_EXISTS);
        }
    }
    for (int o = 0; o < ORACLES; o++) {
        struct bytes_buf out;
        bytes_buf_init(&out, 65 * DEPLOYMENT_ORACLES_MAX);
        size_t n = attest_book_collect(s->book[o], k, digest, &out);
        if (n > most) most = n;
        bytes_buf_deinit(&out);
    }
    return most;
}

static void nobody_signs(struct scene *s, uint64_t k, const char *why)
{
    struct watch_result looks[ORACLES];
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        ck_assert_uint_eq(agreement(s, k, s->last[c].digest, looks), 0);
    for (int o = 0; o < ORACLES; o++) {
        ck_assert(!looks[o].can_sign || looks[o].k < k);
        ck_assert_uint_lt(looks[o].audited, k);
        if (why == NULL) continue;
        ck_assert_msg(looks[o].refuses, "oracle %d does not say that it refuses", o);
        ck_assert_msg(strstr(looks[o].text, why) != NULL, "oracle %d: %s", o, looks[o].text);
        char number[24];
        (void)snprintf(number, sizeof number, "batch %llu ", (unsigned long long)k);
        ck_assert_msg(strstr(looks[o].text, number) != NULL, "oracle %d: %s", o, looks[o].text);
    }
}

START_TEST(one_history_is_agreed_by_all)
{
    struct scene *s = malloc(sizeof *s);
    struct watch_result looks[ORACLES];
    scene_open(s);
    ck_assert_uint_eq(agreement(s, HONEST_BATCHES, s->last[0].digest, looks), ORACLES);
    scene_close(s);
    free(s);
}
END_TEST

START_TEST(F2_two_valid_histories_get_no_agreement_and_every_oracle_says_why)
{
    struct scene *s = malloc(sizeof *s);
    scene_open(s);
    shown(s, 0, 15); /* chain 0 sees 15 operations, chain 1 three of them less */
    shown(s, 1, 12);
    ck_assert_int_ne(memcmp(s->last[0].digest, s->last[1].digest, 32), 0);
    nobody_signs(s, HONEST_BATCHES + 1, "different statements");
    /* what the operator adds on either side does not help it */
    shown(s, 0, 10);
    shown(s, 1, 10);
    nobody_signs(s, HONEST_BATCHES + 2, NULL);
    scene_close(s);
    free(s);
}
END_TEST

START_TEST(a_batch_that_one_chain_was_never_shown_is_not_signed)
{
    struct scene *s = malloc(sizeof *s);
    scene_open(s);
    shown(s, 0, 12);
    nobody_signs(s, HONEST_BATCHES + 1, NULL);
    /* and when the other chain is shown it too, all sign */
    struct watch_result looks[ORACLES];
    shown(s, 1, 12);
    ck_assert_uint_eq(agreement(s, HONEST_BATCHES + 1, s->last[0].digest, looks), ORACLES);
    scene_close(s);
    free(s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile_operator");
    TCase *t = tcase_create("hostile_operator");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, one_history_is_agreed_by_all);
    tcase_add_test(t, F2_two_valid_histories_get_no_agreement_and_every_oracle_says_why);
    tcase_add_test(t, a_batch_that_one_chain_was_never_shown_is_not_signed);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

/* Attacks on durability and on the way of batches: crashes and neighbours at the worst moment. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/orchestrator/house.h"

static struct script *script;

static void script_make(void)
{
    struct rng rng;
    check_seed(&rng);
    script = script_new(rng_u64(&rng), 8, 12, true);
}

static void script_drop(void) { script_free(script); }

static void times_of(struct rig *r, uint32_t batch)
{
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r->sequencer, c, script->times[batch]);
}

static bool is_signed(const struct step *t) { return !t->is_priority && t->kind != REQUEST_OPEN; }

/* ---- restarts ---- */

/* The batch that is open at a crash is opened by the replay, which trusts its own journal. */
START_TEST(after_a_restart_signatures_are_checked_in_the_batch_that_was_open)
{
    struct rig *r = calloc(1, sizeof *r);
    rig_init(r, script);
    rig_must_open(r, script);
    rig_play(r, script, 0, 6);
    times_of(r, 6);
    const struct step *first = NULL;
    const struct step *forged = NULL;
    for (size_t i = 0; i < script->n && forged == NULL; i++) {
        const struct step *t = &script->steps[i];
        if (t->batch != 6) continue;
        if (first != NULL && is_signed(t)) {
            forged = t;
            break;
        }
        rig_step(r, t);
        first = t;
    }
    ck_assert_ptr_nonnull(forged);
    rig_close(r);
    rig_must_open(r, script);
    times_of(r, 6);
    ck_assert_uint_gt(sequencer_open_operations(r->sequencer), 0);
    enum rule_error rule = RULE_OK;
    uint8_t *bytes = malloc(forged->len);
    memcpy(bytes, forged->bytes, forged->len);
    bytes[forged->len - 1] ^= 1; /* signatures come last */
    ck_assert_err(rig_submit(r, bytes, forged->len, &rule), ERR_REJECTED);
    ck_assert_int_eq(rule, RULE_SIGNATURE);
    ck_assert_ok(rig_submit(r, forged->bytes, forged->len, &rule));
    free(bytes);
    rig_close(r);
    rig_deinit(r);
    free(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attack");
    TCase *tc = tcase_create("restart");
    tcase_add_unchecked_fixture(tc, script_make, script_drop);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, after_a_restart_signatures_are_checked_in_the_batch_that_was_open);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}

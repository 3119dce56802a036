/* How many chains one batch may span: what its config says. */
#include <check.h>
#include <string.h>

#include "core/batch/batch.h"
#include "tests/support/check_main.h"

enum { CHAINS = 3 };

static struct chain_state states[CHAINS];

static struct batch *begin(void)
{
    struct batch_config config = {
        .k = 1, .time = 1000, .n_chains = CHAINS, .participants_max = 2};
    struct batch *b = NULL;
    for (uint16_t i = 0; i < CHAINS; i++) {
        ck_assert_int_eq(chain_state_init(&states[i], i), ERR_OK);
        config.chains[i].state = &states[i];
    }
    ck_assert_int_eq(batch_begin(&b, &config), ERR_OK);
    return b;
}

static enum rule_error open_account(struct batch *b, uint16_t chain)
{
    struct request r = {.kind = REQUEST_OPEN, .chain = chain};
    memset(r.u.open.owner.bytes, 7, sizeof r.u.open.owner.bytes);
    return batch_push(b, &r, NULL);
}

START_TEST(a_chain_past_the_limit_has_to_wait_for_the_next_batch)
{
    struct batch *b = begin();
    ck_assert_int_eq(open_account(b, 2), RULE_OK);
    ck_assert_int_eq(open_account(b, 0), RULE_OK);
    ck_assert_int_eq(open_account(b, 1), RULE_FULL_CHAINS);
    ck_assert(rule_error_is_capacity(RULE_FULL_CHAINS));
    ck_assert_int_eq(open_account(b, 2), RULE_OK); /* those in it go on */
    struct sealed_batch sealed;
    ck_assert_int_eq(batch_seal(b, &sealed), ERR_OK);
    ck_assert_uint_eq(sealed.n_segments, 2);
    sealed_batch_deinit(&sealed);
    batch_free(b);
    for (int i = 0; i < CHAINS; i++)
        chain_state_deinit(&states[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("participants of a batch");
    TCase *t = tcase_create("participants");
    tcase_add_test(t, a_chain_past_the_limit_has_to_wait_for_the_next_batch);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

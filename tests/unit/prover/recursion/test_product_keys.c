/* The audit of key_audit.h over the product's programs. */
#include <check.h>
#include <stdlib.h>

#include "key_audit.h"
#include "prover/layers/keys.h"
#include "prover/recursion/slots.h"

START_TEST(every_slot_of_the_product_has_a_sound_key)
{
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++) {
        struct rec *r = slot_record(family_product(), &LAYER_KEYS, (enum layer)layer);
        key_audit_layer(r, (enum layer)layer);
        rec_free(r);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/product keys");
    TCase *tc = tcase_create("keys");
    tcase_set_timeout(tc, 240);
    tcase_add_test(tc, every_slot_of_the_product_has_a_sound_key);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

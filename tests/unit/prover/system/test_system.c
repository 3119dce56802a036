/* Proofs of whole systems: honest traces are accepted, anything else is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy.h"

struct proved {
    struct toy y;
    struct program *p;
    struct bytes_buf proof;
};

static struct proved prove(struct toy y)
{
    struct proved v = {.y = y};
    char text[512];
    ck_assert_msg(ir_mock_check(y.tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_int_eq(program_new_test(y.s, &v.p), ERR_OK);
    bytes_buf_init(&v.proof, 1u << 24);
    ck_assert_int_eq(system_prove(v.p, y.tr, &v.proof, NULL), ERR_OK);
    return v;
}

static void proved_free(struct proved *v)
{
    bytes_buf_deinit(&v->proof);
    program_free(v->p);
    toy_free(&v->y);
}

static enum verify_check refused_by(const struct proved *v)
{
    struct verify_report r = {0};
    enum err err = system_verify(v->p, v->y.tr->publics, v->proof.data, v->proof.len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    return r.failed;
}

START_TEST(honest_proofs_are_accepted)
{
    for (uint32_t k = 0; k < 8; k++) {
        struct toy y = k == 0   ? toy_single()
                       : k == 1 ? toy_mixed(1)
                       : k == 7 ? toy_bulk(6, 3, 10, 2)
                                : toy_fib(2 * k - 2);
        struct proved v = prove(y);
        enum verify_check c = refused_by(&v);
        ck_assert_msg(c == VERIFY_NONE, "system %u: %s", (unsigned)k, verify_check_name(c));
        ck_assert_uint_eq(v.proof.len, v.p->proof_len);
        proved_free(&v);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/system");
    TCase *tc = tcase_create("system");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, honest_proofs_are_accepted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

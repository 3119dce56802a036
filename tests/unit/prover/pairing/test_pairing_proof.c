/* The pairing program end to end: proven and verified with the parameters of L1. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/batch/publics.h"
#include "prover/programs/programs.h"
#include "prover/prove/system_prove.h"
#include "prover/trace/pairing_trace.h"
#include "prover/verify/system_verify.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

START_TEST(a_random_batch_is_paired_proven_and_verified)
{
    const struct program *p = pairing_program();
    struct world *w = world_new(8, false);
    struct sealed_batch b;
    char text[512];
    world_warm_up(w);
    for (;;) {
        ck_assert(world_seal_random(w, 40, &b));
        if (b.n_segments == 2 && b.traces[0]->n_tuples > 4) break;
        sealed_batch_deinit(&b);
    }
    struct ir_trace *tr;
    ck_assert_msg(pairing_trace_fill(&tr, p->system, b.traces[0], b.traces[1], text,
                                     sizeof text) == ERR_OK, "%s", text);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1 << 20);
    struct prove_report report = {.threads = 2};
    ck_assert_ok(system_prove(p, tr, &proof, &report));
    ir_trace_free(tr);
    printf("%u + %u tuples: %zu bytes in %.2f s\n", (unsigned)b.traces[0]->n_tuples,
           (unsigned)b.traces[1]->n_tuples, proof.len, report.seconds_total);
    uint32_t publics[PAIRING_PUBLICS];
    pairing_publics(publics, b.traces[0], b.traces[1]);
    struct verify_report v = {0};
    enum err err = system_verify(p, publics, proof.data, proof.len, &v);
    ck_assert_msg(err == ERR_OK, "%s", verify_check_name(v.failed));
    for (uint32_t i = 0; i < PAIRING_PUBLICS; i++) {
        publics[i] ^= 1;
        ck_assert_err(system_verify(p, publics, proof.data, proof.len, NULL), ERR_PROOF);
        publics[i] ^= 1;
    }
    bytes_buf_deinit(&proof);
    sealed_batch_deinit(&b);
    world_free(w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing proof");
    TCase *tc = tcase_create("proof");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_random_batch_is_paired_proven_and_verified);
    suite_add_tcase(s, tc);
    return check_main(s);
}

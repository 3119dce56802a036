/* The pairing program of the recursion end to end: proven and verified with its own parameters. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/air/pairing.h"
#include "prover/programs/programs.h"
#include "prover/prove/system_prove.h"
#include "prover/trace/pairing_trace.h"
#include "prover/verify/system_verify.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

START_TEST(a_random_slice_is_paired_proven_and_verified)
{
    const struct program *p = pairing2_program();
    struct pairing_side *sides = malloc(2 * sizeof *sides);
    struct pairing_slice in = {.n_sides = 2, .sides = sides};
    struct world *w = world_new(8, false);
    struct sealed_batch b;
    char text[512];
    world_warm_up(w);
    for (;;) {
        ck_assert(world_seal_random(w, 40, &b));
        if (b.n_segments == 2 && b.traces[0]->n_tuples > 4 && b.traces[1]->n_tuples > 0) break;
        sealed_batch_deinit(&b);
    }
    for (uint32_t i = 0; i < 2; i++)
        pairing_side_from_trace(&sides[i], b.traces[i]);
    deployment_elements(in.dep, b.traces[0]->deployment_id);
    in.time = b.traces[0]->time;
    struct ir_trace *tr;
    ck_assert_msg(pairing_slice_fill(&tr, p->system, &in, text, sizeof text) == ERR_OK, "%s", text);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1 << 20);
    struct prove_report report = {.threads = 2};
    ck_assert_ok(system_prove(p, tr, &proof, &report));
    ir_trace_free(tr);
    printf("%u + %u tuples: %zu bytes in %.2f s\n", (unsigned)sides[0].n_tuples,
           (unsigned)sides[1].n_tuples, proof.len, report.seconds_total);
    struct batch_pairing pairing;
    pairing_slice_pairing(&pairing, &in);
    struct batch_fact s = batch_fact_pairing(&pairing);
    struct verify_report v = {0};
    enum err err = system_verify(p, s.e, proof.data, proof.len, &v);
    ck_assert_msg(err == ERR_OK, "%s", verify_check_name(v.failed));
    for (uint32_t i = 0; i < PAIRING2_N_PUBLIC; i++) {
        s.e[i] ^= 1;
        ck_assert_err(system_verify(p, s.e, proof.data, proof.len, NULL), ERR_PROOF);
        s.e[i] ^= 1;
    }
    bytes_buf_deinit(&proof);
    sealed_batch_deinit(&b);
    world_free(w);
    free(sides);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("pairing 2 proof");
    TCase *tc = tcase_create("proof");
    tcase_set_timeout(tc, 300);
    tcase_add_test(tc, a_random_slice_is_paired_proven_and_verified);
    suite_add_tcase(s, tc);
    return check_main(s);
}

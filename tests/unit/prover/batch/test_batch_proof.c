/* The batch system end to end. BATCH_PROOF_FULL: the product's program; else a smaller system with few
 * queries. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "prover/programs/programs.h"
#include "prover/prove/system_prove.h"
#include "prover/trace/batch_trace.h"
#include "prover/verify/system_verify.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/batch/fixture.h"

#ifdef BATCH_PROOF_FULL
static const struct batch_size *const SIZE = &BATCH_SIZE;
enum { CHAINS = 16 };
#else
static const struct batch_size *const SIZE = &BATCH_SIZE_SMALL;
enum { CHAINS = 4 };
#endif

#ifndef BATCH_PROOF_FULL
static struct ir_system *own_system;
static struct program *own;
#endif

static const struct program *program_of(void)
{
#ifdef BATCH_PROOF_FULL
    return batch_program();
#else
    struct whir_params params = batch_program()->params;
    params.target_bits = 0;
    params.logup_grind = 0;
    for (uint32_t i = 0; i < params.n_rounds; i++) {
        params.rounds[i].queries = 3;
        params.rounds[i].query_grind = params.rounds[i].fold_grind = 0;
    }
    own_system = batch_system_new(SIZE);
    ck_assert_ok(program_new_untargeted(own_system, &params, &own));
    return own;
#endif
}

START_TEST(a_batch_is_proven_and_verified)
{
    const struct program *p = program_of();
    struct batch_case *c = malloc(sizeof *c);
    struct rng rng;
    char text[512];
    check_seed(&rng);
    batch_case_random(c, &rng, CHAINS, 3);
    struct ir_trace *tr;
    ck_assert_msg(batch_trace_fill(&tr, p->system, SIZE, &c->in, text, sizeof text) == ERR_OK, "%s",
                  text);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1 << 20);
    struct prove_report report = {.threads = 2};
    ck_assert_ok(system_prove(p, tr, &proof, &report));
    ir_trace_free(tr);
    printf("%u segments, %u pairings: %zu bytes in %.2f s\n", (unsigned)c->in.n_segments,
           (unsigned)c->in.n_pairings, proof.len, report.seconds_total);
    uint32_t publics[BATCH_N_PUBLIC];
    ck_assert_ok(batch_publics(publics, &c->in));
    struct verify_report v = {0};
    enum err err = system_verify(p, publics, proof.data, proof.len, &v);
    ck_assert_msg(err == ERR_OK, "%s", verify_check_name(v.failed));
    for (uint32_t i = 0; i < BATCH_N_PUBLIC; i++) {
        publics[i] ^= 1;
        ck_assert_err(system_verify(p, publics, proof.data, proof.len, NULL), ERR_PROOF);
        publics[i] ^= 1;
    }
    bytes_buf_deinit(&proof);
    free(c);
#ifndef BATCH_PROOF_FULL
    program_free(own);
    ir_system_free(own_system);
#endif
}
END_TEST

int main(void)
{
    Suite *s = suite_create("batch proof");
    TCase *tc = tcase_create("proof");
    tcase_set_timeout(tc, 600);
    tcase_add_test(tc, a_batch_is_proven_and_verified);
    suite_add_tcase(s, tc);
    return check_main(s);
}

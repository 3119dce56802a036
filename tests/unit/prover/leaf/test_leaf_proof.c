/* The leaf program end to end: a real batch is proven and verified with its own parameters. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/batch/publics.h"
#include "prover/programs/programs.h"
#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "tests/support/blob_values.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"
#include "tests/unit/prover/leaf/leaf_fill.h"

static const uint64_t SEED = 20260106;

/* Proven with the program's own parameters; wrong public values and damaged proofs are refused. */
static void prove_and_verify(const struct program *p, const struct chain_trace *t,
                             uint32_t *publics)
{
    printf("%s: %u records, %u bytes, %u tree rows, %u signatures\n", p->system->name,
           (unsigned)t->n_ops, (unsigned)t->n_bytes, (unsigned)t->n_tree_rows,
           (unsigned)t->n_signatures);
    struct ir_trace *tr = leaf_fill(p->system, t);
    ck_assert_ptr_nonnull(tr);
    ck_assert(leaf_is_clean(tr));
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1 << 20);
    struct prove_report report = {.threads = 2};
    ck_assert_ok(system_prove(p, tr, &proof, &report));
    ir_trace_free(tr);
    for (uint32_t i = 0; i < SECTION_COUNT; i++)
        printf("  %-10s %6.2f s %8zu bytes\n", program_section_name(i), report.seconds[i],
               report.bytes[i]);
    printf("proof: %zu bytes in %.2f s\n", proof.len, report.seconds_total);
    fflush(stdout);
    ck_assert_uint_eq(proof.len, p->proof_len);

    struct verify_report v = {0};
    enum err err = system_verify(p, publics, proof.data, proof.len, &v);
    ck_assert_msg(err == ERR_OK, "%s", verify_check_name(v.failed));
    /* another root, another digest, another time, another value: refused */
    for (uint32_t i = 0; i < p->system->n_public; i += 11) {
        publics[i] ^= 1;
        ck_assert_err(system_verify(p, publics, proof.data, proof.len, NULL), ERR_PROOF);
        publics[i] ^= 1;
    }
    for (size_t at = 0; at < proof.len; at += proof.len / 16) {
        proof.data[at] ^= 1;
        ck_assert_err(system_verify(p, publics, proof.data, proof.len, NULL), ERR_PROOF);
        proof.data[at] ^= 1;
    }
    bytes_buf_deinit(&proof);
}

/* Calldata: chain 1's segment of a batch whose swaps come from a lie about chain 0: a leaf takes any a1.
 * Blob: the same segment with its values at a point. */
START_TEST(a_random_batch_is_proven_and_verified)
{
    struct world *w = world_new(SEED, true);
    world_warm_up(w);
    struct sealed_batch b;
    struct chain_trace *t = NULL;
    for (uint32_t tries = 0; t == NULL; tries++) {
        ck_assert_uint_lt(tries, 20);
        leaf_lie_about_chain_0(w);
        if (!world_seal_random(w, 40, &b)) continue;
        for (uint32_t c = 0; c < b.n_segments; c++)
            if (b.traces[c]->chain == 1 && leaf_outputs_from_chain_0(b.traces[c]) > 0)
                t = b.traces[c];
        if (t == NULL) sealed_batch_deinit(&b);
    }
    uint32_t publics[LEAF_BLOB_PUBLICS];
    if (_i == 0) {
        leaf_publics(publics, t);
        prove_and_verify(leaf_recursion_program(), t, publics);
    } else {
        struct rng rng;
        uint8_t z[32], a_before[32], b_before[32];
        rng_seed(&rng, SEED);
        blob_random(z, &rng, false);
        blob_random(a_before, &rng, false);
        blob_random(b_before, &rng, false);
        blob_values_set(t, 5, z, a_before, b_before);
        leaf_blob_publics(publics, t);
        prove_and_verify(_i == 1 ? leaf_blob_program() : leaf_large_blob_program(), t, publics);
    }
    sealed_batch_deinit(&b);
    world_free(w);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("leaf_proof");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 600);
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
#ifdef LEAF_PROOF_LARGE
    tcase_add_loop_test(c, a_random_batch_is_proven_and_verified, 2, 3);
#else
    tcase_add_loop_test(c, a_random_batch_is_proven_and_verified, 0, 2);
#endif
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}

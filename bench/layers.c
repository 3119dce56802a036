#include "bench/layers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/one_segment.h"
#include "bench/traffic.h"
#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/layers.h"
#include "prover/trace/leaf_trace.h"

enum { THREADS = 2, PAYMENTS = 48, RATE_LOG = 1 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct program *layers_leaf_program(struct ir_system *system)
{
    struct program *program = NULL;
    REQUIRE(program_new_recursion(system, 0, RATE_LOG, PROFILE_POSEIDON, &program) == ERR_OK);
    return program;
}

static void prove(struct layer_proof *out, enum layer layer, struct ir_trace *tr)
{
    layer_proof_init(out, layer);
    out->n_publics = tr->system->n_public;
    memcpy(out->publics, tr->publics, out->n_publics * sizeof *out->publics);
    struct prove_report report = {.threads = THREADS};
    REQUIRE(system_prove(layer_program(layer), tr, &out->proof, &report) == ERR_OK);
    REQUIRE(layer_verify(out, NULL) == ERR_OK);
}

static void leaf_prove(struct layer_proof *out, enum layer layer, const struct chain_trace *t,
                       double *seconds)
{
    struct ir_trace *tr;
    char text[256] = "";
    const double start = now();
    const enum err err =
        leaf_trace_fill(&tr, layer_program(layer)->system, t, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "leaf: %s: %s\n", err_name(err), text);
    REQUIRE(err == ERR_OK);
    prove(out, layer, tr);
    *seconds = now() - start;
    ir_trace_free(tr);
}

static void batch_prove(struct layer_proof *out, const struct chain_trace *t, double *seconds)
{
    const double start = now();
    struct ir_trace *tr = one_segment_batch(t);
    prove(out, LAYER_BATCH, tr);
    *seconds = now() - start;
    ir_trace_free(tr);
}

/* Twice: the first call makes the recording and the key. */
static double join(struct layer_proof *out, enum layer layer, const struct layer_proof *a,
                   const struct layer_proof *b, double grind[GRIND_KINDS])
{
    const struct layer_proof *children[2] = {a, b};
    double seconds = 0;
    for (int i = 0; i < 2; i++) {
        char check[64] = "";
        layer_proof_init(out, layer);
        for (int k = 0; k < GRIND_KINDS; k++)
            grind[k] = -grind_seconds((enum grind_kind)k);
        const double start = now();
        const enum err err = layer_join(layer, children, b == NULL ? 1 : 2, THREADS, out, check);
        seconds = now() - start;
        for (int k = 0; k < GRIND_KINDS; k++)
            grind[k] += grind_seconds((enum grind_kind)k);
        if (err != ERR_OK) fprintf(stderr, "%s: %s: %s\n", layer_name(layer), err_name(err), check);
        REQUIRE(err == ERR_OK);
        REQUIRE(layer_verify(out, NULL) == ERR_OK);
        if (i == 0) layer_proof_deinit(out);
    }
    return seconds;
}

void layers_recursion(struct layers_recursion *out)
{
    struct traffic *t = traffic_new(1, &batch_limits_standard);
    struct sealed_batch b[2];
    struct layer_proof leaf[2], large, two, one, batch, claim, shrink, terminal;
    const char *limit;
    double sequence = 0, batch_seconds, other[GRIND_KINDS];
    for (int i = 0; i < 2; i++) {
        traffic_seal(t, TRAFFIC_PAYMENTS, PAYMENTS, &b[i], &limit, &sequence);
        leaf_prove(&leaf[i], LAYER_LEAF, b[i].traces[0], &out->leaf_seconds);
    }
    out->child_seconds = join(&two, LAYER_LIFT2, &leaf[0], &leaf[1], out->child_grind) / 2;
    for (int k = 0; k < GRIND_KINDS; k++)
        out->child_grind[k] /= 2;
    leaf_prove(&large, LAYER_LEAF_LARGE, b[0].traces[0], &out->leaf_large_seconds);
    out->lift_large_seconds = join(&one, LAYER_LIFT_LARGE, &large, NULL, other);
    batch_prove(&batch, b[0].traces[0], &batch_seconds);
    out->batch_seconds = batch_seconds + join(&claim, LAYER_JOIN_BATCH, &one, &batch, other);
    out->shrink_seconds = join(&shrink, LAYER_SHRINK, &claim, NULL, other);
    out->terminal_seconds = join(&terminal, LAYER_TERMINAL, &shrink, NULL, out->terminal_grind);
    const double start = now();
    REQUIRE(layer_verify(&terminal, NULL) == ERR_OK);
    out->verify_seconds = now() - start;
    out->calldata_bytes = (double)terminal.proof.len;
    struct layer_proof *all[] = {&leaf[0], &leaf[1], &large, &two,    &one,
                                 &batch,   &claim,   &shrink, &terminal};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        layer_proof_deinit(all[i]);
    for (int i = 0; i < 2; i++)
        sealed_batch_deinit(&b[i]);
    traffic_free(t);
}

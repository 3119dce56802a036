/* gen_terminal DIR: one batch of payments through every layer of the recursion, down to the proof that L1
 * verifies, and the product's contracts for it. */
#include <stdio.h>
#include <string.h>

#include "bench/one_segment.h"
#include "bench/traffic.h"
#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/layers.h"
#include "prover/solgen/solgen.h"
#include "prover/trace/leaf_trace.h"
#include "tests/integration/verifier/files.h"

enum { PAYMENTS = 8 };

static void done(enum err err, const char *what, const char *text)
{
    if (err != ERR_OK) fprintf(stderr, "gen_terminal: %s: %s %s\n", what, err_name(err), text);
    REQUIRE(err == ERR_OK);
}

/* Takes the trace. */
static void prove(struct layer_proof *out, enum layer layer, struct ir_trace *tr)
{
    layer_proof_init(out, layer);
    out->n_publics = tr->system->n_public;
    memcpy(out->publics, tr->publics, out->n_publics * sizeof *out->publics);
    done(system_prove(layer_program(layer), tr, &out->proof, NULL), layer_name(layer), "");
    ir_trace_free(tr);
}

static void prove_leaf(struct layer_proof *out, const struct chain_trace *t)
{
    struct ir_trace *tr;
    char text[256] = "";
    done(leaf_trace_fill(&tr, layer_program(LAYER_LEAF)->system, t, text, sizeof text), "leaf",
         text);
    prove(out, LAYER_LEAF, tr);
}

static void join(struct layer_proof *out, enum layer layer, const struct layer_proof *a,
                 const struct layer_proof *b)
{
    const struct layer_proof *children[2] = {a, b};
    char check[64] = "";
    layer_proof_init(out, layer);
    done(layer_join(layer, children, b == NULL ? 1 : 2, 0, out, check), layer_name(layer), check);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    const char *dir = argv[1], *limit;
    struct traffic *t = traffic_new(1, &batch_limits_standard);
    struct sealed_batch b;
    double seconds = 0;
    traffic_seal(t, TRAFFIC_PAYMENTS, PAYMENTS, &b, &limit, &seconds);
    struct layer_proof leaf, one, batch, claim, shrink, terminal;
    prove_leaf(&leaf, b.traces[0]);
    prove(&batch, LAYER_BATCH, one_segment_batch(b.traces[0]));
    join(&one, LAYER_LIFT1, &leaf, NULL);
    join(&claim, LAYER_JOIN_BATCH, &one, &batch);
    join(&shrink, LAYER_SHRINK, &claim, NULL);
    join(&terminal, LAYER_TERMINAL, &shrink, NULL);
    done(layer_verify(&terminal, NULL), "terminal", "");
    write_contract(dir, layer_program(LAYER_TERMINAL), "TerminalVerifier",
                   (struct contract_options){.part_bytes = SOLGEN_PART_BYTES,
                                             .key = layer_key(LAYER_TERMINAL)});
    write_bytes(dir, "terminal", &terminal.proof, terminal.publics, terminal.n_publics);
    struct layer_proof *all[] = {&leaf, &one, &batch, &claim, &shrink, &terminal};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        layer_proof_deinit(all[i]);
    sealed_batch_deinit(&b);
    traffic_free(t);
    return 0;
}

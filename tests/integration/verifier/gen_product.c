/* gen_product DIR: proofs of a random batch by the leaf program (both chains) and by the pairing
 * program, and the contracts of the two. */
#include <stdio.h>

#include "common/base/require.h"
#include "prover/programs/programs.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/pairing_trace.h"
#include "tests/integration/verifier/files.h"
#include "tests/support/random_batch.h"

static void filled(enum err err, const char *text)
{
    if (err != ERR_OK) fprintf(stderr, "gen_product: %s: %s\n", err_name(err), text);
    REQUIRE(err == ERR_OK);
}

int main(int argc, char **argv)
{
    const uint64_t seed = 20260107;
    REQUIRE(argc == 2);
    const char *dir = argv[1];
    const struct program *leaf = leaf_program(), *pairing = pairing_program();
    printf("seed %llu\n", (unsigned long long)seed);
    write_contract(dir, leaf, "LeafVerifier", (struct contract_options){0});
    write_contract(dir, leaf, "LeafTrace", (struct contract_options){.trace = true});
    write_contract(dir, pairing, "PairingVerifier", (struct contract_options){0});
    write_contract(dir, pairing, "PairingTrace", (struct contract_options){.trace = true});
    struct world *w = world_new(seed, true);
    struct sealed_batch b;
    world_warm_up(w);
    bool sealed = world_seal_random(w, 40, &b);
    REQUIRE(sealed);
    struct ir_trace *trace;
    char text[512];
    filled(leaf_trace_fill(&trace, leaf->system, b.traces[0], text, sizeof text), text);
    write_proof(dir, "leaf", leaf, NULL, trace);
    ir_trace_free(trace);
    filled(leaf_trace_fill(&trace, leaf->system, b.traces[1], text, sizeof text), text);
    write_proof(dir, "leaf1", leaf, NULL, trace);
    ir_trace_free(trace);
    filled(pairing_trace_fill(&trace, pairing->system, b.traces[0], b.traces[1], text, sizeof text),
           text);
    write_proof(dir, "pairing", pairing, NULL, trace);
    ir_trace_free(trace);
    sealed_batch_deinit(&b);
    world_free(w);
    return 0;
}

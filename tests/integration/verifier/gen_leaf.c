/* gen_leaf DIR: a proof of a random batch by the leaf program, and its contracts. */
#include <stdio.h>

#include "common/base/require.h"
#include "prover/programs/programs.h"
#include "prover/trace/leaf_trace.h"
#include "tests/integration/verifier/files.h"
#include "tests/support/random_batch.h"

int main(int argc, char **argv)
{
    const uint64_t seed = 20260107;
    REQUIRE(argc == 2);
    const struct program *p = leaf_program();
    printf("seed %llu\n", (unsigned long long)seed);
    write_contract(argv[1], p, "LeafVerifier", false, NULL);
    write_contract(argv[1], p, "LeafTrace", true, NULL);
    struct world *w = world_new(seed, true);
    struct sealed_batch b;
    world_warm_up(w);
    bool sealed = world_seal_random(w, 30, &b);
    REQUIRE(sealed);
    struct ir_trace *trace;
    char text[512];
    enum err err = leaf_trace_fill(&trace, p->system, b.traces[0], text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "gen_leaf: %s: %s\n", err_name(err), text);
        return 1;
    }
    write_proof(argv[1], "leaf", p, trace);
    ir_trace_free(trace);
    sealed_batch_deinit(&b);
    world_free(w);
    return 0;
}

#include "bench/one_segment.h"

#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "core/batch/publics.h"
#include "prover/recursion/layers.h"
#include "prover/trace/batch_trace.h"

struct ir_trace *one_segment_batch(const struct chain_trace *t)
{
    const struct chain_entry chains[2] = {{.index = 0, .chain_id = 31337, .finality = 1},
                                          {.index = 1, .chain_id = 31338, .finality = 1}};
    const struct digest8 before[2] = {t->root_before}, after[2] = {t->root_after};
    struct batch_segment segment = {.blob = false};
    leaf_publics(segment.publics, t);
    struct batch_input in = {.k = t->k,
                             .time = t->time,
                             .n_chains = 2,
                             .n_segments = 1,
                             .chains = chains,
                             .roots_before = before,
                             .roots_after = after,
                             .segments = &segment};
    memcpy(in.deployment_id, t->deployment_id, sizeof in.deployment_id);
    struct ir_trace *tr;
    char text[256] = "";
    const enum err err = batch_trace_fill(&tr, layer_program(LAYER_BATCH)->system, &BATCH_SIZE, &in,
                                          text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "batch: %s: %s\n", err_name(err), text);
    REQUIRE(err == ERR_OK);
    return tr;
}

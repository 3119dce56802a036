#ifndef TESTS_UNIT_PROVER_LEAF_FILL_H
#define TESTS_UNIT_PROVER_LEAF_FILL_H
/* Shared by the leaf tests. */
#include <stdbool.h>
#include <stdio.h>

#include "prover/air/leaf.h"
#include "prover/trace/leaf_trace.h"

/* The trace, or NULL with the reason printed. */
static inline struct ir_trace *leaf_fill(const struct ir_system *s, const struct chain_trace *t)
{
    struct ir_trace *tr = NULL;
    char text[512];
    enum err err = leaf_trace_fill(&tr, s, t, text, sizeof text);
    if (err != ERR_OK) {
        printf("batch %u chain %u: %s: %s\n", (unsigned)t->k, t->chain, err_name(err), text);
        fflush(stdout);
    }
    return tr;
}

static inline bool leaf_is_clean(const struct ir_trace *tr)
{
    char text[512];
    if (ir_mock_check(tr, text, sizeof text) == ERR_OK) return true;
    printf("%s\n", text);
    fflush(stdout);
    return false;
}
#endif

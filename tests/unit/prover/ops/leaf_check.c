#include "tests/unit/prover/ops/leaf_check.h"

#include <stdio.h>

#include "common/base/require.h"
#include "prover/air/leaf.h"
#include "prover/trace/leaf_trace.h"

const struct ir_system *leaf_system(void)
{
    static struct ir_system *s;
    if (s == NULL) s = leaf_system_new();
    return s;
}

struct ir_trace *leaf_fill(const struct chain_trace *t)
{
    struct ir_trace *tr = NULL;
    char text[512] = "";
    enum err err = leaf_trace_fill(&tr, leaf_system(), t, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "leaf_trace_fill: %s: %s\n", err_name(err), text);
    REQUIRE(err == ERR_OK);
    return tr;
}

bool leaf_clean(const struct ir_trace *tr, bool loud)
{
    char text[1024] = "";
    enum err err = ir_mock_check(tr, text, sizeof text);
    if (err != ERR_OK && loud) fprintf(stderr, "mock: %s\n", text);
    return err == ERR_OK;
}

#include "tests/unit/prover/ops/leaf_check.h"

#include <stdio.h>

#include "common/base/require.h"
#include "prover/air/leaf.h"
#include "prover/air/op_tables.h"
#include "prover/trace/leaf_trace.h"

static void leaf_publics(struct ir_system *s)
{
    struct ir_public_field f[16];
    for (uint32_t i = 0; i < 7; i++)
        f[i] = (struct ir_public_field){.value = LEAF_CHAIN + i};
    ir_public_send(s, BUS_HEADER_PUBLIC, f, 7, "header");
    for (uint32_t i = 0; i < 8; i++)
        f[i] = (struct ir_public_field){.value = LEAF_DEP + i};
    f[8] = (struct ir_public_field){.value = LEAF_CHAIN};
    ir_public_send(s, BUS_DEP_PUBLIC, f, 9, "deployment");
    for (uint32_t i = 0; i < 8; i++)
        f[i] = (struct ir_public_field){.value = LEAF_TUPLE_DIGEST + i};
    f[8] = (struct ir_public_field){.value = LEAF_TUPLE_COUNT};
    ir_public_receive(s, BUS_TUPLES_PUBLIC, f, 9, "tuples");
}

const struct ir_system *leaf_system(void)
{
    static struct ir_system *s;
    if (s != NULL) return s;
    s = ir_system_new("leaf", 1, LEAF_N_PUBLIC);
    air_add_infrastructure(s);
    op_tables_build(s);
    leaf_publics(s);
    ir_system_finish(s);
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

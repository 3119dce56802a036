#include "prover/air/leaf.h"
#include "prover/air/op_tables.h"

/* How public values enter: as messages that the header's only row takes and gives; the roots and the
 * segment hash by the tree and sha256. */
static void add_public_messages(struct ir_system *s)
{
    struct ir_public_field f[9] = {{.is_const = false}};
    for (uint32_t i = 0; i < 7; i++)
        f[i].value = LEAF_CHAIN + i; /* chain, k lo, k hi, T lo, T hi, segment, of */
    ir_public_send(s, BUS_HEADER_PUBLIC, f, 7, "header");
    for (uint32_t i = 0; i < 8; i++)
        f[i].value = LEAF_DEP + i;
    f[8].value = LEAF_CHAIN;
    ir_public_send(s, BUS_DEP_PUBLIC, f, 9, "deployment");
    for (uint32_t i = 0; i < 8; i++)
        f[i].value = LEAF_TUPLE_DIGEST + i;
    f[8].value = LEAF_TUPLE_COUNT;
    ir_public_receive(s, BUS_TUPLES_PUBLIC, f, 9, "tuples");
}

struct ir_system *leaf_system_sized(const struct leaf_size *size)
{
    struct ir_system *s = size->horner > 0 ? ir_system_new("leaf-blob", 1, LEAF_BLOB_N_PUBLIC)
                                           : ir_system_new("leaf", 1, LEAF_N_PUBLIC);
    air_add_infrastructure(s, size);
    op_tables_build(s, size);
    add_public_messages(s);
    ir_system_finish(s);
    return s;
}

struct ir_system *leaf_system_new(void)
{
    return leaf_system_sized(&leaf_size_standard);
}

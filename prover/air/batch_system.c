#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/leaf.h"

/* Blocks of n halves: the data, 0x80 and the length. */
#define BLOCKS_FOR(n) (((n) + 5 + TAPE_BLOCK - 1) / TAPE_BLOCK)

const struct batch_size BATCH_SIZE = {.blocks = 7,
                                      .sha_rounds_per_row = 2,
                                      .absorb = 11,
                                      .node = 7,
                                      .pairing = 5,
                                      .stmt = 2,
                                      .before = 16,
                                      .after = 27,
                                      .chains = 38,
                                      .max_chains = 16};
const struct batch_size BATCH_SIZE_SMALL = {.blocks = 6,
                                            .sha_rounds_per_row = 2,
                                            .absorb = 10,
                                            .node = 7,
                                            .pairing = 3,
                                            .stmt = 2,
                                            .before = 9,
                                            .after = 14,
                                            .chains = 19,
                                            .max_chains = 6};

/* The messages at fixed blocks lie in the lower half, one after the other. */
static void size_check(const struct batch_size *z)
{
    uint32_t n = z->max_chains;
    REQUIRE(n >= 1 && n <= BATCH_LIST_MAX);
    REQUIRE(BLOCKS_FOR(D_HALVES) <= z->stmt);
    REQUIRE(z->stmt + BLOCKS_FOR(STMT_LIST + STMT_ENTRY * n) <= z->before);
    REQUIRE(z->before + BLOCKS_FOR(ROOT_LIST + ROOT_ENTRY * n) <= z->after);
    REQUIRE(z->after + BLOCKS_FOR(ROOT_LIST + ROOT_ENTRY * n) <= z->chains);
    REQUIRE(z->chains + BLOCKS_FOR(CHAINS_LIST + CHAINS_ENTRY * n) <= 1u << (z->blocks - 1));
    REQUIRE(BATCH_SPONGE_NODE + (1u << z->node) <= BATCH_SPONGE_PAIRING);
}

/* The root of facts goes to the tree; D_{k-1} into its preimage; D_k is that one's hash. */
static void add_public_messages(struct ir_system *s, const struct batch_size *size)
{
    struct ir_public_field f[8] = {{.is_const = false}};
    for (uint32_t i = 0; i < 8; i++)
        f[i].value = BATCH_PUBLIC_FACTS + i;
    ir_public_send(s, BUS_FACT, f, 8, "facts");
    for (uint32_t i = 0; i < 16; i++) {
        char name[32];
        op_name_number(name, sizeof name, "D from", i);
        struct ir_public_field from[2] = {{.is_const = true, .value = D_FROM + i},
                                          {.value = BATCH_PUBLIC_D_FROM + i}};
        ir_public_send(s, BUS_HALF, from, 2, name);
        op_name_number(name, sizeof name, "D to", i);
        struct ir_public_field to[2] = {{.is_const = true, .value = batch_tape_end(size) + i},
                                        {.value = BATCH_PUBLIC_D_TO + i}};
        ir_public_receive(s, BUS_HALF, to, 2, name);
    }
}

struct ir_system *batch_system_new(const struct batch_size *size)
{
    size_check(size);
    struct ir_system *s = ir_system_new("batch", 2, BATCH_N_PUBLIC);
    air_add_range16(s);
    air_add_absorb(s, size->absorb);
    batch_add_tape(s, size);
    batch_add_facts(s, size);
    batch_add_chains(s, size);
    add_public_messages(s, size);
    ir_system_finish(s);
    return s;
}

/* Version 1: at most two participants, their values public. Tables `sides` and the system; the table
 * `pair` is pairing_pair.c's. */
#include "prover/air/pairing.h"

#include "core/tags.h"
#include "prover/air/leaf.h"
#include "prover/air/op_row.h"

/* ---- sides: what the public values say of each participant ---- */
static void sides_table_build(struct ir_system *s)
{
    struct op_row o;
    op_table(&o, s, "sides", PAIRING_LOG_SIDES);
    struct ir_table *t = o.t;
    ir_x side = air_flag(t, "side"), chain = air_col(t, "chain"), digest[AIR_DIGEST];
    air_new_cols(t, digest, "digest", AIR_DIGEST);
    ir_x count = air_col(t, "count"), time[2], dep[AIR_DIGEST];
    air_new_cols(t, time, "time", 2);
    air_new_cols(t, dep, "dep", AIR_DIGEST);
    ir_x f[21] = {side, chain};
    for (uint32_t i = 0; i < AIR_DIGEST; i++) {
        f[2 + i] = digest[i];
        f[13 + i] = dep[i];
    }
    f[10] = count;
    f[11] = time[0];
    f[12] = time[1];
    ir_receive(t, BUS_PAIRING_PUBLIC, o.on, f, 21, "participant");

    ir_x id = air_plus(t, side, SPONGE_ID_TUPLES);
    ir_x g[10] = {id, ir_const(t, 0), ir_const(t, TAG_TUPLES), ir_scale(t, OP_TUPLE, count),
                  ir_const(t, 1)};
    op_zeros(&o, g + 5, 5);
    ir_send(t, BUS_SPONGE, o.on, g, 10, "tuples start");
    g[1] = ir_scale(t, OP_TUPLE_CHUNKS, count);
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        g[2 + i] = digest[i];
    ir_receive(t, BUS_SPONGE, o.on, g, 10, "tuples digest");

    ir_x asked = air_col(t, "asked");
    air_when_zero(t, air_not(t, o.on), asked, "only participants answer");
    ir_x a[12] = {side, chain, time[0], time[1]};
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        a[4 + i] = dep[i];
    ir_receive(t, BUS_PAIRING_SIDE, asked, a, 12, "side");
}

static void public_side(struct ir_system *s, uint32_t side, uint32_t chain, const char *name)
{
    struct ir_public_field f[21] = {{.is_const = true, .value = side}};
    for (uint32_t i = 0; i < 10; i++) /* chain, digest, count lie side by side */
        f[1 + i].value = chain + i;
    for (uint32_t i = 0; i < 2; i++)
        f[11 + i].value = PAIRING_TIME + i;
    for (uint32_t i = 0; i < 8; i++)
        f[13 + i].value = PAIRING_DEP + i;
    ir_public_send(s, BUS_PAIRING_PUBLIC, f, 21, name);
}

struct ir_system *pairing_system_new(void)
{
    struct ir_system *s = ir_system_new("pairing", 1, PAIRING_N_PUBLIC);
    air_add_range16(s);
    air_add_poseidon(s, PAIRING_LOG_POSEIDON);
    air_add_sponge(s, PAIRING_LOG_SPONGE);
    air_add_packed(s, PAIRING_LOG_PACKED);
    muldiv_table_build(s, PAIRING_LOG_MULDIV);
    sides_table_build(s);
    pair_table_build(s, PAIRING_LOG_PAIRS, false);
    public_side(s, 0, PAIRING_CHAIN_A, "participant a");
    public_side(s, 1, PAIRING_CHAIN_B, "participant b");
    ir_system_finish(s);
    return s;
}

#include <string.h>

#include "prover/air/leaf.h"
#include "prover/air/poseidon.h"

/* ---- sponge: one chunk per row: (id, i, state) -> (id, i + 1, compress(state, chunk)) ----
 * Determinacy of an active row: (id, i, state) by the message received (the asker's start state at
 * i = 0, else the row before), chunk by SPONGE_IN, out by POSEIDON.
 * Uniqueness: an id has one start message and one receiver of the digest; i grows by one per row,
 * so the rows of an id are one path from 0 to the asker's number of chunks: a second path or a
 * cycle would need a second start or a decreasing i. Each chunk is then taken exactly once.
 * Padding: active = 0, no message. */
void air_add_sponge(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "sponge", log_height);
    ir_x active = air_flag(t, "active"), id = air_col(t, "id"), i = air_col(t, "i");
    ir_x state[8], chunk[8], out[8], f[10];
    air_new_cols(t, state, "state", 8);
    air_new_cols(t, chunk, "chunk", 8);
    air_new_cols(t, out, "out", 8);
    f[0] = id;
    f[1] = i;
    memcpy(f + 2, state, sizeof state);
    ir_receive(t, BUS_SPONGE, active, f, 10, "state");
    memcpy(f + 2, chunk, sizeof chunk);
    ir_receive(t, BUS_SPONGE_IN, active, f, 10, "chunk");
    air_poseidon(t, active, state, chunk, out, "compress");
    f[1] = air_plus(t, i, 1);
    memcpy(f + 2, out, sizeof out);
    ir_send(t, BUS_SPONGE, active, f, 10, "next");
}

/* ---- absorb: the tables poseidon and sponge in one: (id, i, state) -> (id, i + 1, state') ----
 * Determinacy of an active row: (id, i, state) by the message received, the chunk by SPONGE_IN, all
 * other columns by the two. Uniqueness: as above. Padding: active = 0, a true compression that
 * nobody hears of. */
void air_add_absorb(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "absorb", log_height);
    ir_x in[16], out[8], f[10];
    air_new_cols(t, in, "in", 16);
    air_poseidon_rounds(t, in, out);
    ir_x active = air_flag(t, "active"), id = air_col(t, "id"), i = air_col(t, "i");
    f[0] = id;
    f[1] = i;
    memcpy(f + 2, in, 8 * sizeof *f);
    ir_receive(t, BUS_SPONGE, active, f, 10, "state");
    memcpy(f + 2, in + 8, 8 * sizeof *f);
    ir_receive(t, BUS_SPONGE_IN, active, f, 10, "chunk");
    f[1] = air_plus(t, i, 1);
    memcpy(f + 2, out, 8 * sizeof *f);
    ir_send(t, BUS_SPONGE, active, f, 10, "next");
}

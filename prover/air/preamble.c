/* First chunk of every order digest: the deployment id. The chain beside it is the header's and the
 * deadline has not passed. */
#include "prover/air/op_row.h"

void preamble_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "preamble", log_height);
    struct ir_table *t = o.t;
    ir_x id = air_col(t, "id"), chain = air_col(t, "chain"),
         fee_account = air_col(t, "fee_account");
    ir_x deadline[2], time[2], dep[AIR_DIGEST + 1];
    air_new_cols(t, deadline, "deadline", 2);
    air_new_cols(t, time, "time", 2);
    air_new_cols(t, dep, "dep", AIR_DIGEST);
    dep[AIR_DIGEST] = chain;
    ir_x borrow = air_flag(t, "borrow");

    ir_x asked[4] = {id, chain, deadline[0], deadline[1]};
    ir_receive(t, BUS_PREAMBLE, o.on, asked, 4, "preamble");
    ir_send(t, BUS_DEP, o.on, dep, AIR_DIGEST + 1, "deployment");
    ir_x header[4] = {time[0], time[1], chain, fee_account};
    ir_send(t, BUS_HEADER, o.on, header, 4, "header");
    op_sponge_chunks(&o, o.on, id, ir_const(t, 0), dep, AIR_DIGEST, "chunk");

    air_range16_n(t, o.on, deadline, 2, "deadline limb");
    ir_x lo = ir_add(t, ir_sub(t, deadline[0], time[0]), ir_scale(t, 1u << 16, borrow));
    ir_x hi = ir_sub(t, ir_sub(t, deadline[1], time[1]), borrow);
    air_range16(t, o.on, lo, "deadline is not before T, low");
    air_range16(t, o.on, hi, "deadline is not before T, high");
}

#ifndef PROVER_AIR_OP_ROW_H
#define PROVER_AIR_OP_ROW_H
/* Building blocks of the tables whose rows are records (op_*.c, priority.c, header.c). Private to
 * prover/air.
 *
 * Every such table has a boolean column `on`; a row with on = 0 says nothing: every multiplicity is
 * `on` or a flag constrained to be at most `on`. Degrees: constraints and fields stay <= 3. */
#include "prover/air/build.h"
#include "prover/air/op_tables.h"

enum {
    OP_LOG_HEADER = 4,   /* one row is used */
    OP_SPONGE_ORDER = 0, /* 64 j + .. */
    OP_SPONGE_COMMON = 1,
    OP_TUPLE = 56,
    OP_TUPLE_CHUNKS = 7
};

/* Buses between these tables. */
enum op_bus {
    BUS_PREAMBLE = BUS_FREE, /* sponge id, chain, deadline lo, hi: chunk 0 of the sponge is dep, the
                                chain is the header's, deadline >= T               preamble */
    BUS_DAY,                 /* chain, day = T div 86400                           header */
    BUS_SHARES, /* t, remove, own chain, own id, own token, other chain, other id, other token, fee,
                   cap, s 7, amount 7: a pool half takes or gives shares, memory times t .. t + 3
                                                                                   shares */
    BUS_MULDIV, /* ceil, a 7, b 7, c 7, q 7: q = floor or ceil of a b / c, c > 0     muldiv */
    BUS_OP_FREE
};

/* Steps of a record's memory times 16 j + step; 0, 1 = AUTH, 12, 13 = FEE. */
enum op_step {
    STEP_HEADER = 1,
    STEP_A = 2,
    STEP_B = 3,
    STEP_C = 4,
    STEP_D = 5,
    STEP_E = 6,
    STEP_F = 7,
    STEP_SHARES = 8, /* .. 11 */
    STEP_FEE = 12,   /* and 13 */
    STEP_LAST = 14
};

/* What SEQ hands from record to record. */
struct op_seq {
    ir_x j, pos, n_priority, priority_pos, n_withdrawals, withdrawal_pos, last, n_tuples;
};
struct op_row {
    struct ir_table *t;
    ir_x on;
    struct op_seq seq; /* as received */
};
struct op_signed { /* columns of a signed record */
    ir_x kind, account, step;
    ir_x pos; /* of the record itself, behind its ESCAPE if there is one */
    ir_x chain, changes, lane, leaf, deadline[2];
    ir_x digest[AIR_DIGEST], owner[AIR_OWNER];
};
struct op_tuple {
    ir_x x, kind, role;
    struct air_pool pool;
    const ir_x *order, *amount, *read;
    const ir_x *debited;  /* owner; NULL = zeros */
    const ir_x *credited; /* owner; NULL = zeros, then account and slot are not used */
    ir_x account, slot;
};

/* New table with the column `on`. */
void op_table(struct op_row *o, struct ir_system *s, const char *name, uint32_t log_height);
/* Columns of SEQ, received. */
void op_seq_take(struct op_row *o);
/* Sends SEQ with j + 1; next->j is ignored. */
void op_seq_give(struct op_row *o, const struct op_seq *next);
void op_seq_fields(const struct op_seq *s, ir_x out[8]);

ir_x op_be(struct op_row *o, const ir_x *bytes, uint32_t n); /* big-endian number, n <= 3 */
/* 2 n big-endian bytes -> n limbs, least significant first (amounts). */
void op_limbs_be(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *limbs);
/* 2 n bytes -> n two-byte numbers in the same order (owners). */
void op_pairs(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *out);
/* 5-byte packed amount -> 3 limbs. */
void op_packed_limbs(struct op_row *o, const ir_x bytes[5], ir_x out[3]);
/* 4 n bytes -> n elements (key roots). */
void op_words(struct op_row *o, const ir_x *bytes, uint32_t n, ir_x *out);
ir_x op_time(struct op_row *o, uint32_t step); /* 16 j + step */
void op_zeros(struct op_row *o, ir_x *out, uint32_t n);
/* (first, rest 7) as a raw cell. */
void op_amount_cell(ir_x first, const ir_x limbs[AIR_AMOUNT], ir_x out[8]);

/* "<name> <i>" as a name. */
void op_name_number(char *out, size_t size, const char *name, uint32_t i);

/* when = 1 -> x != 0, by an advice inverse (an expression of a column). */
void op_nonzero(struct op_row *o, ir_x when, ir_x x, ir_x inverse, const char *name);
/* when = 1 -> the vectors differ, by advice weights: sum w_i (a_i - b_i) = 1. */
void op_differ(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, const ir_x *w, uint32_t n,
               const char *name);
void op_equal_n(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, uint32_t n,
                const char *name);
/* out = a + sign * b (sign +1 or -1, a constant or an expression of degree 1): carry columns
 * name[0..6), range checks, nothing carried out of the top limb. */
void op_limbs_move(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, ir_x sign,
                   const char *name, ir_x out[AIR_AMOUNT]);
/* sign * (a - b) >= 0 for ranged limbs. */
void op_limbs_order(struct op_row *o, ir_x when, const ir_x *a, const ir_x *b, ir_x sign,
                    const char *name);

/* Reads the account counter, cell (0, 2), and writes it. */
void op_new_account(struct op_row *o, ir_x when, uint32_t step, ir_x next, ir_x next_after,
                    const char *name);

/* Chunks first .. of the sponge `id`, the last one padded with zeros. */
void op_sponge_chunks(struct op_row *o, ir_x when, ir_x id, ir_x first, const ir_x *xs, uint32_t n,
                      const char *name);
/* Start and end of a sponge over `length` elements. */
void op_sponge_ends(struct op_row *o, ir_x when, ir_x id, uint32_t tag, uint32_t length,
                    const ir_x digest[AIR_DIGEST], const char *name);

/* Columns of the six fields beside own_chain and own_id; flags = 0. */
void op_pool_columns(struct op_row *o, ir_x own_chain, ir_x own_id, struct air_pool *pool);

/* Columns, then PREAMBLE (dep, chain, deadline) and AUTH. */
void op_signed_begin(struct op_row *o, struct op_signed *g, ir_x kind, bool change_key,
                     ir_x account, ir_x step);
/* The order digest is the sponge over preamble | rest. */
void op_signed_order(struct op_row *o, const struct op_signed *g, uint32_t tag, const ir_x *rest,
                     uint32_t n);
/* Digest (columns common[0..8)) of a common order dep | rest. */
void op_common_order(struct op_row *o, const struct op_signed *g, uint32_t tag, const ir_x *rest,
                     uint32_t n, ir_x digest[AIR_DIGEST]);
void op_fee(struct op_row *o, ir_x account, ir_x slot, ir_x token, ir_x pf);
void op_muldiv(struct op_row *o, ir_x when, ir_x ceil, const ir_x *a, const ir_x *b, const ir_x *c,
               const ir_x *q, const char *name);
void op_shares(struct op_row *o, ir_x when, ir_x time, ir_x remove, const struct air_pool *pool,
               const ir_x *s, const ir_x *amount, const char *name);

/* Columns of x: x < 2^24, 2 x + role >= seq.last. *next_last = 2 x + role + 1. */
ir_x op_tuple_x(struct op_row *o, ir_x role, ir_x *next_last);
/* The tuple's 7 chunks of the sponge of all tuples, at 7 n_tuples. */
void op_tuple_send(struct op_row *o, const struct op_tuple *tuple);

#endif

/* Up to 16 participants, stated by one digest. Table `sides` and the system; the table
 * `pair` is pairing_pair.c's.
 *
 * sides: row i is the i-th participant of the slice, in ascending order of chains; row 0 also holds
 * what concerns all of them and opens S.
 * - Row 0 is on by the fixed column `first`. A row after it is on only if LINK comes from the row
 *   before, which is on and not last; a row that is not last hands LINK on; one row says LAST since
 *   row 0 takes it once. So the rows in use are 0 .. n - 1 and n = 1 .. 16.
 * - S: a sponge takes each chunk number once; numbers 0 and 1 are row 0's, 2 + 2 i and 3 + 2 i row
 *   i's, so all of 0 .. 2 n + 1 are there and their number says n.
 * - T and dep are row 0's in every row by LINK, and so in every pair by SIDE.
 * - chain: 16 bits and greater than the one before by LINK, so a chain is there once. */
#include "core/tags.h"
#include "prover/air/leaf.h"
#include "prover/air/op_row.h"
#include "prover/air/pairing.h"
#include "prover/verify/labels.h"

const struct pairing_size PAIRING_SIZE_64 = {.pairs = 6, .absorb = 11, .packed = 6, .muldiv = 7};
const struct pairing_size PAIRING_SIZE_512 = {.pairs = 9, .absorb = 14, .packed = 9, .muldiv = 10};

struct sides {
    struct op_row o;
    ir_x row, first, last;
    ir_x chain, digest[AIR_DIGEST], count, before;
    ir_x time[2], dep[AIR_DIGEST];
    ir_x n, pairs, fact[AIR_DIGEST]; /* used in row 0 */
};

static void sides_columns(struct sides *p, struct ir_system *s)
{
    static const uint32_t row0[PAIRING_SIDES_MAX] = {1};
    op_table(&p->o, s, "sides", PAIRING_LOG_SIDES_MAX);
    struct ir_table *t = p->o.t;
    p->row = ir_idx(t, 0, PAIRING_LOG_SIDES_MAX);
    p->first = ir_fixed(t, PAIRING_LOG_SIDES_MAX, row0);
    p->last = air_flag(t, "last");
    p->chain = air_col(t, "chain");
    air_new_cols(t, p->digest, "digest", AIR_DIGEST);
    p->count = air_col(t, "count");
    p->before = air_col(t, "chain_before");
    air_new_cols(t, p->time, "time", 2);
    air_new_cols(t, p->dep, "dep", AIR_DIGEST);
    p->n = air_col(t, "n");
    p->pairs = air_col(t, "pairs");
    air_new_cols(t, p->fact, "fact", AIR_DIGEST);
}

/* (first, second, T, dep) */
static void time_and_dep(const struct sides *p, ir_x first, ir_x second, ir_x f[12])
{
    f[0] = first;
    f[1] = second;
    f[2] = p->time[0];
    f[3] = p->time[1];
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[4 + i] = p->dep[i];
}

static void sides_order(struct sides *p)
{
    struct ir_table *t = p->o.t;
    ir_x on = p->o.on, one = ir_const(t, 1);
    air_when_zero(t, p->first, air_not(t, on), "side 0 is there");
    air_when_zero(t, p->last, air_not(t, on), "the last side is there");
    ir_x later = ir_mul(t, on, air_not(t, p->first)), next = air_plus(t, p->row, 1), f[12];
    time_and_dep(p, p->row, p->before, f);
    ir_receive(t, BUS_PAIRING_LINK, later, f, 12, "side before");
    time_and_dep(p, next, p->chain, f);
    ir_send(t, BUS_PAIRING_LINK, ir_mul(t, on, air_not(t, p->last)), f, 12, "side after");
    ir_send(t, BUS_PAIRING_LAST, p->last, &next, 1, "last side");
    ir_receive(t, BUS_PAIRING_LAST, p->first, &p->n, 1, "number of sides");
    air_range16(t, on, p->chain, "chain");
    air_range16(t, later, ir_sub(t, ir_sub(t, p->chain, p->before), one), "chains ascend");
    op_nonzero(&p->o, on, p->count, air_col(t, "count_inverse"), "count is not 0");

    ir_x start = ir_const(t, 0);
    ir_send(t, BUS_PAIRING_X, p->first, &start, 1, "first x");
    ir_receive(t, BUS_PAIRING_X, p->first, &p->pairs, 1, "x after the last");
}

/* A sponge's start (digest NULL) or end. */
static void sponge_end(struct sides *p, ir_x when, ir_x id, ir_x chunks, uint32_t tag, ir_x length,
                       const ir_x *digest, const char *name)
{
    struct ir_table *t = p->o.t;
    ir_x f[10] = {id, chunks, ir_const(t, tag), length, ir_const(t, 1)};
    op_zeros(&p->o, f + 5, 5);
    for (uint32_t i = 0; digest && i < AIR_DIGEST; i++)
        f[2 + i] = digest[i];
    if (digest)
        ir_receive(t, BUS_SPONGE, when, f, 10, name);
    else
        ir_send(t, BUS_SPONGE, when, f, 10, name);
}

static void sides_hashes(struct sides *p)
{
    struct ir_table *t = p->o.t;
    ir_x on = p->o.on, zero = ir_const(t, 0), id = ir_const(t, PAIRING_SPONGE_FACT);
    ir_x length = air_plus(t, ir_scale(t, 16, p->n), 16);
    ir_receive(t, BUS_PAIRING_FACT, p->first, p->fact, AIR_DIGEST, "fact as public");
    sponge_end(p, p->first, id, zero, TAG_FACT_PAIRING, length, NULL, "fact start");
    op_sponge_chunks(&p->o, p->first, id, zero, p->dep, AIR_DIGEST, "fact dep");
    ir_x head[3] = {p->time[0], p->time[1], p->n}, tail[2] = {p->chain, p->count};
    op_sponge_chunks(&p->o, p->first, id, ir_const(t, 1), head, 3, "fact head");
    ir_x at = air_plus(t, ir_scale(t, 2, p->row), 2);
    op_sponge_chunks(&p->o, on, id, at, p->digest, AIR_DIGEST, "fact digest");
    op_sponge_chunks(&p->o, on, id, air_plus(t, at, 1), tail, 2, "fact chain and count");
    sponge_end(p, p->first, id, air_plus(t, ir_scale(t, 2, p->n), 2), 0, zero, p->fact, "fact end");

    ir_x list = air_plus(t, p->row, SPONGE_ID_TUPLES);
    sponge_end(p, on, list, zero, TAG_TUPLES, ir_scale(t, OP_TUPLE, p->count), NULL,
               "tuples start");
    sponge_end(p, on, list, ir_scale(t, OP_TUPLE_CHUNKS, p->count), 0, zero, p->digest,
               "tuples digest");
}

static void sides_table_build(struct ir_system *s)
{
    struct sides p;
    sides_columns(&p, s);
    sides_order(&p);
    sides_hashes(&p);
    struct ir_table *t = p.o.t;
    ir_x asked = air_col(t, "asked"), f[12];
    air_when_zero(t, air_not(t, p.o.on), asked, "only participants answer");
    time_and_dep(&p, p.row, p.chain, f);
    ir_receive(t, BUS_PAIRING_SIDE, asked, f, 12, "side");
}

struct ir_system *pairing2_system_new(const struct pairing_size *size)
{
    struct ir_system *s = ir_system_new("pairing", 2, PAIRING2_N_PUBLIC);
    air_add_range16(s);
    air_add_absorb(s, size->absorb);
    air_add_packed(s, size->packed);
    muldiv_table_build(s, size->muldiv);
    sides_table_build(s);
    pair_table_build(s, size->pairs);
    struct ir_public_field f[AIR_DIGEST] = {{.is_const = false}};
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[i].value = PAIRING_FACT + i;
    ir_public_send(s, BUS_PAIRING_FACT, f, AIR_DIGEST, "fact");
    ir_system_finish(s);
    return s;
}

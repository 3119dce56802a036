/* Tables `chain`, `root`, `batch`: the chain list, the roots, and what is the same everywhere.
 *
 * Every half of the tape and who sends it (positions of settlement.md's preimages; what nobody sends
 * is free: the programs digest, and address and finality of the chains):
 *   D_k       tag: constants (segment); D_{k-1}: public; stmt: digest
 *   stmt      tag, version, upper k and T: constants; dep, k, T, n: batch; the two final roots and
 *             the chains digest: digests; list: chain ids by chain, pubdata hashes: digests
 *   root k-1  tag, upper k: constants; k - 1, n: batch; list: chain ids by chain, roots by root
 *   root k    the same with k
 *   chains    tag: constants; n: batch; list: index and id by chain, zeros before the address by root
 *   pubdata   all by segment but z, a, b of a blob and the last half, by chain
 * What is sent is sent by rows that must be there: row 0 of batch, all rows of the chain list (LINK),
 * of root (ROOT), of segments (SEGMENT). */
#include <stdio.h>
#include <string.h>

#include "prover/air/batch.h"
#include "prover/air/leaf.h"

static uint32_t at(uint32_t block, uint32_t half)
{
    return TAPE_BLOCK * block + half;
}

/* ---- chain: row c is entry c of the chain list ----
 * LINK leads from batch through rows 0, 1, .. to the row that says it is the last: the rows in use
 * are 0 .. n - 1. It carries the chain id before (ids ascend strictly, as 64-bit numbers; before the
 * first comes -1), the participants so far (places in the statement's list without gap, in the
 * order of the chain list), and the index before in the order of indices: `sorted` is a permutation
 * of the indices (INDEX) and ascends strictly, so no index is there twice.
 * A participant has one segment or more (SEGMENT, see there) and its pubdata preimage hashed: start
 * is the prover's choice, HASH gives each block to one message. A chain that is none has equal
 * roots, and no segment has its index. Ids and indices are 16-bit halves because the tape is.
 * A participant whose part is a blob has 128 more in the preimage's first byte, and z, a, b behind the
 * segment hashes, as ranged bytes: BLOB leads from z, 0, 0 through its segments to z, a, b. Whether
 * it is a blob is in the preimage. */
enum { CHAIN_VALUES = 96 }; /* bytes of z, a, b */
struct chain {
    struct op_row o;
    ir_x row, last, index, id[4], id_before[4], sorted, sorted_before;
    ir_x part, parts, n, start, byte, least, root_old[8], root_new[8];
    ir_x blob, value[CHAIN_VALUES];
};

static void chain_columns(struct chain *c, struct ir_system *s)
{
    op_table(&c->o, s, "chain", BATCH_LOG_LIST);
    struct ir_table *t = c->o.t;
    c->row = ir_idx(t, 0, BATCH_LOG_LIST);
    c->last = air_flag(t, "last");
    c->index = air_col(t, "index");
    air_new_cols(t, c->id, "id", 4);
    air_new_cols(t, c->id_before, "id_before", 4);
    c->sorted = air_col(t, "sorted");
    c->sorted_before = air_col(t, "sorted_before");
    c->part = air_flag(t, "participant");
    c->parts = air_col(t, "participants before");
    c->n = air_col(t, "segments");
    c->start = air_col(t, "start");
    c->byte = air_col(t, "last byte");
    c->least = air_col(t, "least pairing");
    air_new_cols(t, c->root_old, "root_old", 8);
    air_new_cols(t, c->root_new, "root_new", 8);
    c->blob = air_flag(t, "blob");
    air_new_cols(t, c->value, "z", 32);
    air_new_cols(t, c->value + 32, "a", 32);
    air_new_cols(t, c->value + 64, "b", 32);
}

static void link_fields(ir_x row, const ir_x id[4], ir_x parts, ir_x sorted, ir_x f[7])
{
    f[0] = row;
    memcpy(f + 1, id, 4 * sizeof *f); /* big-endian halves */
    f[5] = parts;
    f[6] = sorted;
}

static void chain_order(struct chain *c)
{
    struct ir_table *t = c->o.t;
    ir_x on = c->o.on, next = air_plus(t, c->row, 1), f[7];
    ir_x parts = ir_add(t, c->parts, c->part);
    air_when_zero(t, c->last, air_not(t, on), "the last chain is there");
    link_fields(c->row, c->id_before, c->parts, c->sorted_before, f);
    ir_receive(t, BUS_CHAIN_LINK, on, f, 7, "chain before");
    link_fields(next, c->id, parts, c->sorted, f);
    ir_send(t, BUS_CHAIN_LINK, ir_mul(t, on, air_not(t, c->last)), f, 7, "chain after");
    ir_x end[2] = {next, parts};
    ir_send(t, BUS_CHAIN_LAST, c->last, end, 2, "last chain");

    /* id - id_before - 1 >= 0 in halves, least significant last */
    ir_x one = ir_const(t, 1), borrow[3];
    for (uint32_t i = 0; i < 4; i++) {
        char name[32];
        ir_x d = ir_sub(t, c->id[3 - i], c->id_before[3 - i]);
        d = ir_sub(t, d, i == 0 ? one : borrow[i - 1]);
        if (i < 3) {
            op_name_number(name, sizeof name, "id borrow", i);
            borrow[i] = air_flag(t, name);
            d = ir_add(t, d, ir_scale(t, 1u << 16, borrow[i]));
        }
        op_name_number(name, sizeof name, "ids ascend", i);
        air_range16(t, on, d, name);
    }
    ir_send(t, BUS_INDEX, on, &c->index, 1, "index as listed");
    ir_receive(t, BUS_INDEX, on, &c->sorted, 1, "index as sorted");
    ir_x gap = ir_sub(t, ir_sub(t, c->sorted, c->sorted_before), one);
    air_range16(t, on, gap, "indices ascend");
}

static void chain_halves(struct chain *c, const struct batch_size *size)
{
    struct ir_table *t = c->o.t;
    ir_x e[5] = {c->index, c->id[0], c->id[1], c->id[2], c->id[3]};
    ir_x row20 = ir_scale(t, ROOT_ENTRY, c->row), row23 = ir_scale(t, CHAINS_ENTRY, c->row);
    batch_halves(t, c->o.on, air_plus(t, row23, at(size->chains, CHAINS_LIST)), e, 5, "list");
    batch_halves(t, c->o.on, air_plus(t, row20, at(size->before, ROOT_LIST)), c->id, 4,
                 "id before");
    batch_halves(t, c->o.on, air_plus(t, row20, at(size->after, ROOT_LIST)), c->id, 4, "id after");
    ir_x entry = air_plus(t, ir_scale(t, STMT_ENTRY, c->parts), at(size->stmt, STMT_LIST));
    batch_halves(t, c->part, entry, c->id, 4, "id of a participant");

    ir_x values = ir_add(t, ir_scale(t, TAPE_BLOCK, c->start), ir_scale(t, 16, c->n));
    ir_x end = ir_add(t, values, ir_scale(t, CHAIN_VALUES / 2, c->blob));
    ir_x f[3] = {c->start, end, air_plus(t, entry, 4)};
    ir_send(t, BUS_HASH, ir_scale(t, 8, c->part), f, 3, "pubdata hash");
    ir_x last = air_select(t, c->blob, c->value[CHAIN_VALUES - 1], c->byte);
    ir_x half = air_plus(t, ir_scale(t, 256, last), 128);
    batch_halves(t, c->part, end, &half, 1, "end of pubdata");

    ir_x high = c->byte, shifted[CHAIN_VALUES / 2];
    for (uint32_t i = 0; i < CHAIN_VALUES / 2; i++) {
        char name[32];
        op_name_number(name, sizeof name, "bytes", i);
        air_byte2(t, c->blob, c->value[2 * i + 1], c->value[2 * i], name);
        shifted[i] = ir_add(t, ir_scale(t, 256, high), c->value[2 * i]);
        high = c->value[2 * i + 1];
    }
    batch_halves(t, c->blob, values, shifted, CHAIN_VALUES / 2, "z, a, b");
}

/* z and twice zero to the first segment, z, a and b from the last. */
static void chain_blob(struct chain *c)
{
    struct ir_table *t = c->o.t;
    air_when_zero(t, c->blob, air_not(t, c->part), "a blob is a participant's");
    for (uint32_t i = 0; i < 3; i++) {
        char name[32];
        ir_x f[3 + BLOB_LIMBS] = {c->index, ir_const(t, 0), ir_const(t, i)};
        op_zeros(&c->o, f + 3, BLOB_LIMBS);
        if (i == 0) op_pairs(&c->o, c->value, BLOB_LIMBS, f + 3);
        op_name_number(name, sizeof name, "blob at first", i);
        ir_send(t, BUS_BLOB, c->blob, f, 3 + BLOB_LIMBS, name);
        f[1] = c->n;
        op_pairs(&c->o, c->value + (size_t)32 * i, BLOB_LIMBS, f + 3);
        op_name_number(name, sizeof name, "blob at last", i);
        ir_receive(t, BUS_BLOB, c->blob, f, 3 + BLOB_LIMBS, name);
    }
}

static void chain_segments(struct chain *c)
{
    struct ir_table *t = c->o.t;
    ir_x none = ir_sub(t, c->o.on, c->part), zero = ir_const(t, 0);
    air_when_zero(t, c->part, air_not(t, c->o.on), "participants are in the list");
    op_nonzero(&c->o, c->part, c->n, air_col(t, "segments_inverse"), "a participant has segments");
    op_equal_n(&c->o, none, c->root_old, c->root_new, 8, "root stays without segments");
    ir_x first = ir_add(t, c->n, ir_scale(t, 128, c->blob)); /* byte of the preimage */
    ir_x f[14] = {c->index, zero, c->n, c->start, first, zero};
    memcpy(f + 6, c->root_old, sizeof c->root_old);
    ir_send(t, BUS_SEGMENT, c->part, f, 14, "first segment");
    f[1] = c->n;
    f[4] = c->byte;
    f[5] = c->least;
    memcpy(f + 6, c->root_new, sizeof c->root_new);
    ir_receive(t, BUS_SEGMENT, c->part, f, 14, "after the last segment");
    for (uint32_t i = 0; i < 16; i++) {
        char name[32];
        op_name_number(name, sizeof name, "root", i);
        ir_x root[2] = {air_plus(t, ir_scale(t, 16, c->row), i),
                        i < 8 ? c->root_old[i] : c->root_new[i - 8]};
        ir_receive(t, BUS_ROOT, c->o.on, root, 2, name);
    }
}

/* ---- root: row 16 c + 8 w + i is element i of chain c's root before (w = 0) or after ----
 * The element as the two halves of its 32 bits, in the one form below p = 2^31 - 2^24 + 1: the upper
 * half is at most 0x7f00, and the lower is 0 if it is. In use iff chain c is, by ROOT.
 * Also the six zeros before the address of entry c, in the rows 16 c + 0 .. 5. */
static void root_table_build(struct ir_system *s, const struct batch_size *size)
{
    enum { TOP = 0x7f00 };
    struct op_row o;
    op_table(&o, s, "root", BATCH_LOG_LIST + 4);
    struct ir_table *t = o.t;
    ir_x half[2];
    air_new_cols(t, half, "half", 2);
    ir_x inverse = air_col(t, "inverse"), below = ir_sub(t, ir_const(t, TOP), half[0]);
    air_range16(t, o.on, below, "upper half");
    air_when_zero(t, half[1], air_not(t, ir_mul(t, below, inverse)), "below p");
    ir_x root[2] = {ir_idx(t, 0, t->log_height),
                    ir_add(t, ir_scale(t, 1u << 16, half[0]), half[1])};
    ir_send(t, BUS_ROOT, o.on, root, 2, "element");
    ir_x chain = ir_idx(t, 4, BATCH_LOG_LIST), after = ir_idx(t, 3, 1), i = ir_idx(t, 0, 3);
    ir_x pos = ir_add(t, ir_scale(t, TAPE_BLOCK * (uint32_t)(size->after - size->before), after),
                      ir_add(t, ir_scale(t, ROOT_ENTRY, chain), ir_scale(t, 2, i)));
    batch_halves(t, o.on, air_plus(t, pos, at(size->before, ROOT_LIST + 4)), half, 2, "root");
    static const uint32_t six[16] = {1, 1, 1, 1, 1, 1};
    ir_x zero = ir_const(t, 0);
    ir_x pad = ir_add(t, ir_scale(t, CHAINS_ENTRY, chain), ir_idx(t, 0, 4));
    batch_halves(t, ir_mul(t, o.on, ir_fixed(t, 4, six)),
                 air_plus(t, pad, at(size->chains, CHAINS_LIST + 5)), &zero, 1, "padding");
}

/* ---- batch: row 0 holds what is one and the same everywhere ----
 * Row 0 is there by the fixed column `first`; the others answer and say nothing. k, T, dep are
 * 16-bit halves on the tape. k - 1 by halves with a borrow, so k >= 1. An element of dep is a word
 * less its upper two bits: upper half = low14 + 2^14 q, both ranged, so low14 is what remains. n and
 * the participants are what the chain list ends with. */
struct batch {
    struct ir_table *t;
    ir_x first, k[2], borrow, time[2], low[8], high[8], low14[8], n, parts;
};

static void batch_deployment(struct batch *b, const struct batch_size *size)
{
    struct ir_table *t = b->t;
    const uint32_t fourteenth = IR_P - (IR_P - 1) / (1u << 14); /* 2^-14 */
    ir_x word[16], four[8], top[8];
    for (uint32_t i = 0; i < 8; i++) {
        word[2 * i] = b->high[i];
        word[2 * i + 1] = b->low[i];
        four[i] = ir_scale(t, 4, b->low14[i]);
        top[i] = ir_scale(t, fourteenth, ir_sub(t, b->high[i], b->low14[i]));
    }
    batch_halves(t, b->first, ir_const(t, at(size->stmt, STMT_DEP)), word, 16, "deployment");
    air_range16_n(t, b->first, b->low14, 8, "low 14");
    air_range16_n(t, b->first, four, 8, "low 14 times 4");
    air_range16_n(t, b->first, top, 8, "upper 2");
}

static void batch_numbers(struct batch *b, const struct batch_size *size)
{
    struct ir_table *t = b->t;
    ir_x k_before[2] = {ir_sub(t, b->k[0], b->borrow),
                        ir_add(t, ir_sub(t, b->k[1], ir_const(t, 1)),
                               ir_scale(t, 1u << 16, b->borrow))}; /* upper, lower */
    batch_halves(t, b->first, ir_const(t, at(size->stmt, STMT_K + 2)), b->k, 2, "k");
    batch_halves(t, b->first, ir_const(t, at(size->stmt, STMT_TIME + 2)), b->time, 2, "time");
    batch_halves(t, b->first, ir_const(t, at(size->stmt, STMT_N)), &b->parts, 1, "participants");
    batch_halves(t, b->first, ir_const(t, at(size->before, ROOT_K + 2)), k_before, 2, "k before");
    batch_halves(t, b->first, ir_const(t, at(size->before, ROOT_N)), &b->n, 1, "chains before");
    batch_halves(t, b->first, ir_const(t, at(size->after, ROOT_K + 2)), b->k, 2, "k after");
    batch_halves(t, b->first, ir_const(t, at(size->after, ROOT_N)), &b->n, 1, "chains after");
    batch_halves(t, b->first, ir_const(t, at(size->chains, CHAINS_N)), &b->n, 1, "chains");
}

/* The five messages at fixed blocks: 8 times each. */
static void batch_hashes(struct batch *b, const struct batch_size *size)
{
    struct ir_table *t = b->t;
    ir_x zero = ir_const(t, 0), roots = ir_scale(t, ROOT_ENTRY, b->n);
    const struct {
        const char *name;
        uint32_t block, halves, to;
        ir_x list;
    } h[5] = {{"hash of D", 0, D_HALVES, batch_tape_end(size), zero},
              {"hash of stmt", size->stmt, STMT_LIST, D_STMT, ir_scale(t, STMT_ENTRY, b->parts)},
              {"hash of roots before", size->before, ROOT_LIST, at(size->stmt, STMT_BEFORE), roots},
              {"hash of roots after", size->after, ROOT_LIST, at(size->stmt, STMT_AFTER), roots},
              {"hash of chains", size->chains, CHAINS_LIST, at(size->stmt, STMT_CHAINS),
               ir_scale(t, CHAINS_ENTRY, b->n)}};
    for (uint32_t i = 0; i < 5; i++) {
        ir_x f[3] = {ir_const(t, h[i].block), air_plus(t, h[i].list, at(h[i].block, h[i].halves)),
                     ir_const(t, h[i].to)};
        ir_send(t, BUS_HASH, ir_scale(t, 8, b->first), f, 3, h[i].name);
    }
}

static void batch_table_build(struct ir_system *s, const struct batch_size *size)
{
    static const uint32_t row0[16] = {1};
    struct batch b = {.t = ir_table_new(s, "batch", 4)};
    struct ir_table *t = b.t;
    b.first = ir_fixed(t, 4, row0);
    air_new_cols(t, b.k, "k", 2); /* upper, lower */
    b.borrow = air_flag(t, "borrow");
    air_new_cols(t, b.time, "time", 2);
    air_new_cols(t, b.low, "low", 8);
    air_new_cols(t, b.high, "high", 8);
    air_new_cols(t, b.low14, "low14", 8);
    b.n = air_col(t, "chains");
    b.parts = air_col(t, "participants");
    batch_deployment(&b, size);
    batch_numbers(&b, size);
    batch_hashes(&b, size);

    ir_x zero = ir_const(t, 0), minus = ir_const_neg(t, 1), full = ir_const(t, 0xffff), f[12];
    ir_x nothing[4] = {minus, full, full, full}; /* -1 */
    link_fields(zero, nothing, zero, minus, f);
    ir_send(t, BUS_CHAIN_LINK, b.first, f, 7, "before the first chain");
    ir_x end[2] = {b.n, b.parts};
    ir_receive(t, BUS_CHAIN_LAST, b.first, end, 2, "after the last chain");

    ir_x asked = air_col(t, "asked");
    air_when_zero(t, air_not(t, b.first), asked, "only row 0 answers");
    ir_x same[4] = {b.k[1], b.k[0], b.time[1], b.time[0]};
    memcpy(f, same, sizeof same);
    for (uint32_t i = 0; i < 8; i++)
        f[4 + i] = ir_add(t, b.low[i], ir_scale(t, 1u << 16, b.low14[i]));
    ir_receive(t, BUS_SAME, asked, f, 12, "k, time, deployment");
}

void batch_add_chains(struct ir_system *s, const struct batch_size *size)
{
    struct chain c;
    chain_columns(&c, s);
    chain_order(&c);
    chain_halves(&c, size);
    chain_segments(&c);
    chain_blob(&c);
    root_table_build(s, size);
    batch_table_build(s, size);
}

/* Tables `node`, `segment`, `pairing`: the facts tree from its root down to what the leaves and
 * pairings state. */
#include <string.h>

#include "common/base/require.h"
#include "prover/air/batch.h"
#include "prover/air/leaf.h"
#include "prover/verify/labels.h"

/* Everything here has a boolean column `on`; a row that is off says nothing.
 *
 * Why the facts are exactly these rows: the public value sends the root on FACT, a node takes its
 * own digest and sends its two children's, a segment or pairing takes its fact's. A digest is sent
 * by the parent alone, so every row in use hangs below another one; digests along such a line are
 * hashes of the next (a circle would be a collision), so it ends in the root. What hangs in the tree
 * is node, segment or pairing: nothing else takes FACT. Two rows with equal digests stand for two
 * places of the tree. The three kinds start from different states, so no digest is of two kinds.
 * Sponges: ids are row numbers with an offset for each kind; all chunks of a node's and a segment's
 * sponge are its row's. */

/* ---- node: s = compress(compress([TAG_FACTS, 0 x7], left), right) ---- */
static void node_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "node", log_height);
    struct ir_table *t = o.t;
    ir_x child[16], digest[8], start[8] = {ir_const(t, TAG_FACTS)};
    air_new_cols(t, child, "left", 8);
    air_new_cols(t, child + 8, "right", 8);
    air_new_cols(t, digest, "digest", 8);
    op_zeros(&o, start + 1, 7);
    ir_x id = air_plus(t, ir_idx(t, 0, log_height), BATCH_SPONGE_NODE);
    air_sponge_from(t, o.on, id, start, child, 16, digest, "node");
    ir_receive(t, BUS_FACT, o.on, digest, 8, "node");
    ir_send(t, BUS_FACT, o.on, child, 8, "left");
    ir_send(t, BUS_FACT, o.on, child + 8, 8, "right");
}

/* ---- segment: what one leaf proof states ----
 * Its 56 public values are columns or follow from them (`of` and `chain` pass along with SEGMENT). A
 * blob leaf's fact starts from another tag and length and has ten chunks more: z, a and b. BLOB takes
 * them along as SEGMENT takes the root: z as it is, a and b from what they were before to what they are
 * after this segment. The chain sends them exactly if its part is a blob, and a segment takes and sends
 * them exactly if it is one: so all segments of a chain are, or none.
 * Order and completeness: SEGMENT leads from the chain's row (number 0, old root) through one row for
 * each number to the chain's row (number = of, new root). Indices of chains are distinct, numbers
 * grow by one and do not wrap (64 rows), so the rows of a chain are 0 .. of - 1, each once, and of
 * is their number; a row whose chain is not in the list has nowhere to come from. Roots chain
 * because the root is in the message.
 * k, T, dep by SAME. The SHA-256: 32 ranged bytes, which are the leaf's 16 numbers and, shifted by
 * the byte before (the count of segments at first), halves of the chain's pubdata preimage.
 * Pairing: a segment with tuples gives the chunks 2 + 2 i, 3 + 2 i (digest; chain, count) of the
 * sponge of pairing number `pairing`; see there. `least` is the least number that the segments
 * before allow: pairings ascend strictly along a chain. Without tuples none of this is sent. */
struct segment {
    struct op_row o;
    ir_x chain, number, of, k[2], time[2], dep[8], root_old[8], root_new[8], byte[32];
    ir_x tuples[8], count, has, pairing, place, least, before, start, fact[8];
    ir_x blob, limbs[LEAF_BLOB_N_PUBLIC - LEAF_BLOB_Z];
};

static void segment_columns(struct segment *g)
{
    struct ir_table *t = g->o.t;
    g->chain = air_col(t, "chain");
    g->number = air_col(t, "number");
    g->of = air_col(t, "of");
    air_new_cols(t, g->k, "k", 2);
    air_new_cols(t, g->time, "time", 2);
    air_new_cols(t, g->dep, "dep", 8);
    air_new_cols(t, g->root_old, "root_old", 8);
    air_new_cols(t, g->root_new, "root_new", 8);
    air_new_cols(t, g->byte, "byte", 32);
    air_new_cols(t, g->tuples, "tuples", 8);
    g->count = air_col(t, "count");
    g->has = air_nonzero(t, g->count, "has tuples");
    g->pairing = air_col(t, "pairing");
    g->place = air_col(t, "place");
    g->least = air_col(t, "least pairing");
    g->before = air_col(t, "byte before");
    g->start = air_col(t, "start");
    air_new_cols(t, g->fact, "fact", 8);
    g->blob = air_flag(t, "blob");
    air_new_cols(t, g->limbs, "z", BLOB_LIMBS);
    air_new_cols(t, g->limbs + LEAF_BLOB_A_BEFORE - LEAF_BLOB_Z, "a before", BLOB_LIMBS);
    air_new_cols(t, g->limbs + LEAF_BLOB_B_BEFORE - LEAF_BLOB_Z, "b before", BLOB_LIMBS);
    air_new_cols(t, g->limbs + LEAF_BLOB_A_AFTER - LEAF_BLOB_Z, "a after", BLOB_LIMBS);
    air_new_cols(t, g->limbs + LEAF_BLOB_B_AFTER - LEAF_BLOB_Z, "b after", BLOB_LIMBS);
}

/* The sponge over e, and over the limbs if this is a blob's. */
static void segment_sponge(struct segment *g, const ir_x e[LEAF_N_PUBLIC])
{
    enum { CHUNKS = LEAF_N_PUBLIC / 8, MORE = LEAF_BLOB_N_PUBLIC - LEAF_BLOB_Z };
    struct ir_table *t = g->o.t;
    ir_x row = ir_idx(t, 0, t->log_height), zero = ir_const(t, 0);
    ir_x tag = ir_scale(t, TAG_FACT_LEAF_BLOB - TAG_FACT_LEAF, g->blob);
    ir_x f[10] = {row, zero, air_plus(t, tag, TAG_FACT_LEAF),
                  air_plus(t, ir_scale(t, MORE, g->blob), LEAF_N_PUBLIC), ir_const(t, 1)};
    op_zeros(&g->o, f + 5, 5);
    ir_send(t, BUS_SPONGE, g->o.on, f, 10, "fact start");
    op_sponge_chunks(&g->o, g->o.on, row, zero, e, LEAF_N_PUBLIC, "fact");
    op_sponge_chunks(&g->o, g->blob, row, ir_const(t, CHUNKS), g->limbs, MORE, "fact of a blob");
    f[1] = air_plus(t, ir_scale(t, MORE / 8, g->blob), CHUNKS);
    memcpy(f + 2, g->fact, sizeof g->fact);
    ir_receive(t, BUS_SPONGE, g->o.on, f, 10, "fact end");
}

static void segment_fact(struct segment *g)
{
    struct ir_table *t = g->o.t;
    ir_x e[LEAF_N_PUBLIC];
    e[LEAF_CHAIN] = g->chain;
    memcpy(e + LEAF_K, g->k, sizeof g->k);
    memcpy(e + LEAF_TIME, g->time, sizeof g->time);
    e[LEAF_SEGMENT] = g->number;
    e[LEAF_OF] = g->of;
    memcpy(e + LEAF_DEP, g->dep, sizeof g->dep);
    memcpy(e + LEAF_ROOT_OLD, g->root_old, sizeof g->root_old);
    memcpy(e + LEAF_ROOT_NEW, g->root_new, sizeof g->root_new);
    for (uint32_t i = 0; i < 16; i++)
        e[LEAF_SHA + i] = op_be(&g->o, g->byte + 2 * i, 2);
    memcpy(e + LEAF_TUPLE_DIGEST, g->tuples, sizeof g->tuples);
    e[LEAF_TUPLE_COUNT] = g->count;
    ir_x same[12];
    segment_sponge(g, e);
    ir_receive(t, BUS_FACT, g->o.on, g->fact, 8, "fact in the tree");
    memcpy(same, g->k, sizeof g->k);
    memcpy(same + 2, g->time, sizeof g->time);
    memcpy(same + 4, g->dep, sizeof g->dep);
    ir_send(t, BUS_SAME, g->o.on, same, 12, "k, time, deployment");
}

static void segment_order(struct segment *g)
{
    struct ir_table *t = g->o.t;
    ir_x f[14] = {g->chain, g->number, g->of, g->start, g->before, g->least};
    memcpy(f + 6, g->root_old, sizeof g->root_old);
    ir_receive(t, BUS_SEGMENT, g->o.on, f, 14, "segment before");
    ir_x next = air_plus(t, g->pairing, 1);
    f[1] = air_plus(t, g->number, 1);
    f[4] = g->byte[31];
    f[5] = air_select(t, g->has, next, g->least);
    memcpy(f + 6, g->root_new, sizeof g->root_new);
    ir_send(t, BUS_SEGMENT, g->o.on, f, 14, "segment after");
}

/* Before: z, a, b as they come; after: z again, a and b after. */
static void segment_blob(struct segment *g)
{
    static const uint8_t from[3] = {0, LEAF_BLOB_A_BEFORE - LEAF_BLOB_Z, LEAF_BLOB_B_BEFORE - LEAF_BLOB_Z};
    static const uint8_t to[3] = {0, LEAF_BLOB_A_AFTER - LEAF_BLOB_Z, LEAF_BLOB_B_AFTER - LEAF_BLOB_Z};
    struct ir_table *t = g->o.t;
    ir_x next = air_plus(t, g->number, 1);
    air_when_zero(t, g->blob, air_not(t, g->o.on), "a blob only in a segment");
    for (uint32_t i = 0; i < 3; i++) {
        char name[32];
        ir_x f[3 + BLOB_LIMBS] = {g->chain, g->number, ir_const(t, i)};
        memcpy(f + 3, g->limbs + from[i], BLOB_LIMBS * sizeof *f);
        op_name_number(name, sizeof name, "blob before", i);
        ir_receive(t, BUS_BLOB, g->blob, f, 3 + BLOB_LIMBS, name);
        f[1] = next;
        memcpy(f + 3, g->limbs + to[i], BLOB_LIMBS * sizeof *f);
        op_name_number(name, sizeof name, "blob after", i);
        ir_send(t, BUS_BLOB, g->blob, f, 3 + BLOB_LIMBS, name);
    }
}

static void segment_pubdata(struct segment *g)
{
    struct ir_table *t = g->o.t;
    ir_x half[16], first = ir_add(t, ir_scale(t, TAPE_BLOCK, g->start), ir_scale(t, 16, g->number));
    for (uint32_t i = 0; i < 16; i++) {
        char name[32];
        op_name_number(name, sizeof name, "bytes", i);
        air_byte2(t, g->o.on, g->byte[2 * i + 1], g->byte[2 * i], name);
        ir_x high = i == 0 ? g->before : g->byte[2 * i - 1];
        half[i] = ir_add(t, ir_scale(t, 256, high), g->byte[2 * i]);
    }
    batch_halves(t, g->o.on, first, half, 16, "pubdata");
}

static void segment_pairing(struct segment *g)
{
    struct ir_table *t = g->o.t;
    air_when_zero(t, g->has, air_not(t, g->o.on), "tuples only in a segment");
    air_range16(t, g->has, ir_sub(t, g->pairing, g->least), "pairings ascend");
    ir_x id = air_plus(t, g->pairing, BATCH_SPONGE_PAIRING), tail[2] = {g->chain, g->count};
    ir_x at = air_plus(t, ir_scale(t, 2, g->place), 2);
    op_sponge_chunks(&g->o, g->has, id, at, g->tuples, 8, "side digest");
    op_sponge_chunks(&g->o, g->has, id, air_plus(t, at, 1), tail, 2, "side chain and count");
}

/* Halves that are the same in every batch, sent by the 64 rows whatever else they hold. */
static void constant_halves(struct ir_table *t, const struct batch_size *size)
{
    uint32_t on[64] = {0}, pos[64] = {0}, value[64] = {0}, n = 0;
    const struct {
        uint32_t block;
        const char *tag;
    } tags[5] = {{0, "HAWSER-DK-1"},
                 {size->stmt, "HAWSER-STMT-1"},
                 {size->before, "HAWSER-ROOT-1"},
                 {size->after, "HAWSER-ROOT-1"},
                 {size->chains, "HAWSER-CHAINS-1"}};
    for (uint32_t i = 0; i < 5; i++) {
        uint8_t padded[16] = {0};
        memcpy(padded, tags[i].tag, strlen(tags[i].tag));
        for (uint32_t h = 0; h < 8; h++, n++) {
            pos[n] = TAPE_BLOCK * tags[i].block + h;
            value[n] = (uint32_t)padded[2 * h] << 8 | padded[2 * h + 1];
        }
    }
    const uint32_t stmt = TAPE_BLOCK * size->stmt, before = TAPE_BLOCK * size->before;
    const uint32_t after = TAPE_BLOCK * size->after;
    const uint32_t rest[10][2] = {/* the version; upper halves of k and T, which are 64 bits long */
                                  {stmt + STMT_VERSION, 0}, {stmt + STMT_VERSION + 1, 4},
                                  {stmt + STMT_K, 0},       {stmt + STMT_K + 1, 0},
                                  {stmt + STMT_TIME, 0},    {stmt + STMT_TIME + 1, 0},
                                  {before + ROOT_K, 0},     {before + ROOT_K + 1, 0},
                                  {after + ROOT_K, 0},      {after + ROOT_K + 1, 0}};
    for (uint32_t i = 0; i < 10; i++, n++) {
        pos[n] = rest[i][0];
        value[n] = rest[i][1];
    }
    for (uint32_t i = 0; i < n; i++)
        on[i] = 1;
    REQUIRE(t->log_height == 6 && n <= 64); /* else they would be sent more than once */
    ir_x f[2] = {ir_fixed(t, 6, pos), ir_fixed(t, 6, value)}, mult = ir_fixed(t, 6, on);
    ir_send(t, BUS_HALF, mult, f, 2, "constants");
}

static void segment_table_build(struct ir_system *s, const struct batch_size *size)
{
    struct segment g;
    op_table(&g.o, s, "segment", BATCH_LOG_SEGMENTS);
    segment_columns(&g);
    segment_fact(&g);
    segment_order(&g);
    segment_blob(&g);
    segment_pubdata(&g);
    segment_pairing(&g);
    constant_halves(g.o.t, size);
}

/* ---- pairing: what one pairing proof states, number = row ----
 * Its sponge takes each chunk number once: 0 and 1 are this row's, the others come in twos 2 + 2 i,
 * 3 + 2 i from segments, so they tile 2 .. 2 n + 1 from 2 on and each side is one segment, each
 * segment with tuples one side: chain, digest and count are the segment's own columns. n > 0.
 * T and dep by SAME (k there is the batch's, no value of the fact). */
static void pairing_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "pairing", log_height);
    struct ir_table *t = o.t;
    ir_x k[2], time[2], dep[8], fact[8], same[12];
    air_new_cols(t, k, "k", 2);
    air_new_cols(t, time, "time", 2);
    air_new_cols(t, dep, "dep", 8);
    ir_x n = air_col(t, "n"), inverse = air_col(t, "n_inverse");
    air_new_cols(t, fact, "fact", 8);
    op_nonzero(&o, o.on, n, inverse, "a pairing has sides");
    memcpy(same, k, sizeof k);
    memcpy(same + 2, time, sizeof time);
    memcpy(same + 4, dep, sizeof dep);
    ir_send(t, BUS_SAME, o.on, same, 12, "time, deployment");
    ir_receive(t, BUS_FACT, o.on, fact, 8, "fact in the tree");

    ir_x id = air_plus(t, ir_idx(t, 0, log_height), BATCH_SPONGE_PAIRING), zero = ir_const(t, 0);
    ir_x head[3] = {time[0], time[1], n};
    ir_x f[10] = {id, zero, ir_const(t, TAG_FACT_PAIRING), air_plus(t, ir_scale(t, 16, n), 16),
                  ir_const(t, 1)};
    op_zeros(&o, f + 5, 5);
    ir_send(t, BUS_SPONGE, o.on, f, 10, "fact start");
    op_sponge_chunks(&o, o.on, id, zero, dep, 8, "fact dep");
    op_sponge_chunks(&o, o.on, id, ir_const(t, 1), head, 3, "fact head");
    f[1] = air_plus(t, ir_scale(t, 2, n), 2);
    memcpy(f + 2, fact, sizeof fact);
    ir_receive(t, BUS_SPONGE, o.on, f, 10, "fact end");
}

void batch_add_facts(struct ir_system *s, const struct batch_size *size)
{
    node_table_build(s, size->node);
    segment_table_build(s, size);
    pairing_table_build(s, size->pairing);
}

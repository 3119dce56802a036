#include "prover/trace/batch_trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"
#include "prover/trace/op_trace.h"

enum { FACTS_MAX = BATCH_LEAVES_MAX + 32, NO_CHAIN = UINT32_MAX };

/* What the rows share. */
struct batch_fill {
    struct op_fill f;
    const struct batch_size *size;
    const struct batch_input *in;
    uint32_t dep[8], time[2], k[2];                       /* lower half first */
    uint32_t of[BATCH_LIST_MAX], start[BATCH_LIST_MAX];   /* segments, first block of pubdata */
    uint32_t byte[BATCH_LIST_MAX], least[BATCH_LIST_MAX]; /* after the segments so far */
    const struct batch_segment *last[BATCH_LIST_MAX];     /* the one with the values of a blob */
    bool used[32][BATCH_SIDES_MAX];                       /* sides that have their segment */
};

static uint32_t word_be(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static uint32_t chain_of(const struct batch_fill *b, uint32_t index)
{
    for (uint32_t c = 0; c < b->in->n_chains; c++)
        if (b->in->chains[c].index == index) return c;
    return NO_CHAIN;
}

static uint32_t pubdata_blocks(uint32_t segments, bool blob)
{
    return (16 * segments + (blob ? 48 : 0) + 5 + TAPE_BLOCK - 1) / TAPE_BLOCK;
}

static void fill_init(struct batch_fill *b, struct witness *w, const struct batch_size *size,
                      const struct batch_input *in)
{
    *b = (struct batch_fill){.f = {.w = w, .system = w->system}, .size = size, .in = in};
    deployment_elements(b->dep, in->deployment_id);
    b->time[0] = in->time & 0xffff;
    b->time[1] = in->time >> 16;
    b->k[0] = in->k & 0xffff;
    b->k[1] = in->k >> 16;
    for (uint32_t i = 0; i < in->n_segments; i++) {
        uint32_t c = chain_of(b, in->segments[i].publics[LEAF_CHAIN]);
        if (c == NO_CHAIN) continue;
        b->of[c]++;
        b->last[c] = &in->segments[i];
    }
    uint32_t next = 1u << (size->blocks - 1);
    for (uint32_t c = 0; c < in->n_chains; c++) {
        const bool blob = b->of[c] > 0 && b->last[c]->blob;
        b->start[c] = next;
        b->byte[c] = b->of[c] + (blob ? 128 : 0);
        if (b->of[c] > 0) next += pubdata_blocks(b->of[c], blob);
    }
}

static void fill_batch(struct batch_fill *b)
{
    const struct batch_input *in = b->in;
    struct witness *w = b->f.w;
    uint32_t table = ir_table_find(b->f.system, "batch"), low[8], high[8], low14[8], parts = 0;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t word = word_be(in->deployment_id + 4 * i);
        low[i] = word & 0xffff;
        high[i] = word >> 16;
        low14[i] = high[i] & 0x3fff;
    }
    for (uint32_t c = 0; c < in->n_chains; c++)
        parts += b->of[c] > 0;
    const uint32_t k[2] = {b->k[1], b->k[0]}, time[2] = {b->time[1], b->time[0]};
    w_put_n(w, table, 0, "k", k, 2);
    w_put(w, table, 0, "borrow", b->k[0] == 0);
    w_put_n(w, table, 0, "time", time, 2);
    w_put_n(w, table, 0, "low", low, 8);
    w_put_n(w, table, 0, "high", high, 8);
    w_put_n(w, table, 0, "low14", low14, 8);
    w_put(w, table, 0, "chains", in->n_chains);
    w_put(w, table, 0, "participants", parts);
    w_put(w, table, 0, "asked", in->n_segments + in->n_pairings);
}

/* First side that is this segment and has none yet; if there is none, a place that no side has. */
static void find_side(struct batch_fill *b, const uint32_t *publics, uint32_t least,
                      uint32_t *pairing, uint32_t *place)
{
    for (uint32_t y = 0; y < b->in->n_pairings; y++)
        for (uint32_t i = 0; i < b->in->pairings[y].n_sides; i++) {
            const struct batch_side *s = &b->in->pairings[y].sides[i];
            if (b->used[y][i] || s->chain != publics[LEAF_CHAIN] ||
                s->count != publics[LEAF_TUPLE_COUNT] ||
                memcmp(s->digest, publics + LEAF_TUPLE_DIGEST, sizeof s->digest) != 0)
                continue;
            b->used[y][i] = true;
            *pairing = y;
            *place = i;
            return;
        }
    *pairing = least;
    *place = BATCH_SIDES_MAX;
}

static void fill_segment(struct batch_fill *b, const struct batch_segment *s)
{
    const uint32_t *p = s->publics, count = p[LEAF_TUPLE_COUNT];
    uint32_t c = chain_of(b, p[LEAF_CHAIN]), byte[32], pairing = 0, place = 0;
    uint32_t least = c == NO_CHAIN ? 0 : b->least[c];
    if (count > 0) find_side(b, p, least, &pairing, &place);
    for (uint32_t i = 0; i < 16; i++) {
        byte[2 * i] = p[LEAF_SHA + i] >> 8;
        byte[2 * i + 1] = p[LEAF_SHA + i] & 0xff;
    }
    struct op_line l = op_line_new(&b->f, "segment");
    op_put(&l, "chain", p[LEAF_CHAIN]);
    op_put(&l, "number", p[LEAF_SEGMENT]);
    op_put(&l, "of", p[LEAF_OF]);
    op_put_n(&l, "k", p + LEAF_K, 2);
    op_put_n(&l, "time", p + LEAF_TIME, 2);
    op_put_n(&l, "dep", p + LEAF_DEP, 8);
    op_put_n(&l, "root_old", p + LEAF_ROOT_OLD, 8);
    op_put_n(&l, "root_new", p + LEAF_ROOT_NEW, 8);
    op_put_n(&l, "byte", byte, 32);
    op_put_n(&l, "tuples", p + LEAF_TUPLE_DIGEST, 8);
    op_put(&l, "count", count);
    op_put(&l, "has tuples", count > 0);
    op_put(&l, "has tuples inverse", f_inv(count));
    op_put(&l, "pairing", pairing);
    op_put(&l, "place", place);
    op_put(&l, "least pairing", least);
    op_put(&l, "byte before", c == NO_CHAIN ? 0 : b->byte[c]);
    op_put(&l, "start", c == NO_CHAIN ? 0 : b->start[c]);
    op_put_n(&l, "fact", batch_fact_segment(s).e, 8);
    if (s->blob) {
        op_put(&l, "blob", 1);
        op_put_n(&l, "z", p + LEAF_BLOB_Z, BLOB_LIMBS);
        op_put_n(&l, "a before", p + LEAF_BLOB_A_BEFORE, BLOB_LIMBS);
        op_put_n(&l, "b before", p + LEAF_BLOB_B_BEFORE, BLOB_LIMBS);
        op_put_n(&l, "a after", p + LEAF_BLOB_A_AFTER, BLOB_LIMBS);
        op_put_n(&l, "b after", p + LEAF_BLOB_B_AFTER, BLOB_LIMBS);
    }
    if (c == NO_CHAIN) return;
    b->byte[c] = byte[31];
    if (count > 0) b->least[c] = pairing + 1;
}

static void fill_pairings(struct batch_fill *b)
{
    for (uint32_t y = 0; y < b->in->n_pairings; y++) {
        const struct batch_pairing *p = &b->in->pairings[y];
        const uint32_t time[2] = {p->time & 0xffff, p->time >> 16};
        struct op_line l = op_line_new(&b->f, "pairing");
        op_put_n(&l, "k", b->k, 2);
        op_put_n(&l, "time", time, 2);
        op_put_n(&l, "dep", p->dep, 8);
        op_put(&l, "n", p->n_sides);
        op_put(&l, "n_inverse", f_inv(p->n_sides));
        op_put_n(&l, "fact", batch_fact_pairing(p).e, 8);
    }
}

static void halves_be(uint32_t *out, const uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1];
}

static void put_bytes(struct op_line *l, const char *name, const uint32_t limbs[BLOB_LIMBS])
{
    uint32_t byte[2 * BLOB_LIMBS];
    for (uint32_t i = 0; i < BLOB_LIMBS; i++) {
        byte[2 * i] = limbs[i] >> 8; /* not a byte if the limb is none: the checker's */
        byte[2 * i + 1] = limbs[i] & 0xff;
    }
    op_put_n(l, name, byte, 2 * BLOB_LIMBS);
}

static void id_halves(uint32_t out[4], uint64_t id)
{
    for (uint32_t i = 0; i < 4; i++)
        out[i] = (uint32_t)(id >> (48 - 16 * i)) & 0xffff;
}

static void fill_root(struct batch_fill *b, uint32_t row, uint32_t element)
{
    uint32_t table = ir_table_find(b->f.system, "root"),
             half[2] = {element >> 16, element & 0xffff};
    w_put(b->f.w, table, row, "on", 1);
    w_put_n(b->f.w, table, row, "half", half, 2);
    w_put(b->f.w, table, row, "inverse", f_inv(f_add(0x7f00, IR_P - half[0])));
}

static int index_compare(const void *x, const void *y)
{
    return (int)*(const uint16_t *)x - (int)*(const uint16_t *)y;
}

static void fill_chains(struct batch_fill *b)
{
    const struct batch_input *in = b->in;
    uint32_t parts = 0, id_before[4] = {IR_P - 1, 0xffff, 0xffff, 0xffff};
    uint16_t sorted[BATCH_LIST_MAX];
    for (uint32_t c = 0; c < in->n_chains; c++)
        sorted[c] = in->chains[c].index;
    qsort(sorted, in->n_chains, sizeof sorted[0], index_compare);
    for (uint32_t c = 0; c < in->n_chains; c++) {
        struct op_line l = op_line_new(&b->f, "chain");
        uint32_t id[4], borrow = 1;
        id_halves(id, in->chains[c].chain_id);
        op_put(&l, "last", c + 1 == in->n_chains);
        op_put(&l, "index", in->chains[c].index);
        op_put_n(&l, "id", id, 4);
        op_put_n(&l, "id_before", id_before, 4);
        for (uint32_t i = 0; i < 3; i++) {
            char name[32];
            snprintf(name, sizeof name, "id borrow %u", (unsigned)i);
            borrow = id[3 - i] < id_before[3 - i] + borrow;
            op_put(&l, name, borrow);
        }
        op_put(&l, "sorted", sorted[c]);
        op_put(&l, "sorted_before", c == 0 ? IR_P - 1 : sorted[c - 1]);
        op_put(&l, "participant", b->of[c] > 0);
        op_put(&l, "participants before", parts);
        op_put(&l, "segments", b->of[c]);
        op_put(&l, "segments_inverse", f_inv(b->of[c]));
        op_put_n(&l, "root_old", in->roots_before[c].e, 8);
        op_put_n(&l, "root_new", in->roots_after[c].e, 8);
        if (b->of[c] > 0) {
            op_put(&l, "start", b->start[c]);
            op_put(&l, "last byte", b->byte[c]);
            op_put(&l, "least pairing", b->least[c]);
        }
        if (b->of[c] > 0 && b->last[c]->blob) {
            op_put(&l, "blob", 1);
            put_bytes(&l, "z", b->last[c]->publics + LEAF_BLOB_Z);
            put_bytes(&l, "a", b->last[c]->publics + LEAF_BLOB_A_AFTER);
            put_bytes(&l, "b", b->last[c]->publics + LEAF_BLOB_B_AFTER);
        }
        for (uint32_t i = 0; i < 8; i++) {
            fill_root(b, 16 * c + i, in->roots_before[c].e[i]);
            fill_root(b, 16 * c + 8 + i, in->roots_after[c].e[i]);
        }
        parts += b->of[c] > 0;
        memcpy(id_before, id, sizeof id);
    }
}

static uint32_t facts_of(const struct batch_input *in, struct batch_fact *facts)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < in->n_segments; i++)
        facts[n++] = batch_fact_segment(&in->segments[i]);
    for (uint32_t i = 0; i < in->n_pairings; i++)
        facts[n++] = batch_fact_pairing(&in->pairings[i]);
    return n;
}

static void fill_nodes(struct batch_fill *b)
{
    struct batch_fact facts[FACTS_MAX + FACTS_MAX - 1];
    struct batch_tree tree;
    uint32_t n = facts_of(b->in, facts);
    batch_tree_balanced(&tree, n);
    if (b->in->tree != NULL) tree = *b->in->tree;
    for (uint32_t i = 0; i < tree.n_nodes; i++) {
        const struct batch_fact *left = &facts[tree.nodes[i].left];
        const struct batch_fact *right = &facts[tree.nodes[i].right];
        facts[n + i] = batch_fact_node(*left, *right);
        struct op_line l = op_line_new(&b->f, "node");
        op_put_n(&l, "left", left->e, 8);
        op_put_n(&l, "right", right->e, 8);
        op_put_n(&l, "digest", facts[n + i].e, 8);
    }
    for (uint32_t i = 0; i < 8; i++)
        w_public(b->f.w, BATCH_PUBLIC_FACTS + i, facts[n + tree.n_nodes - 1].e[i]);
}

void batch_fill_rows(struct witness *w, const struct batch_size *size, const struct batch_input *in)
{
    struct batch_fill b;
    uint32_t from[16];
    fill_init(&b, w, size, in);
    halves_be(from, in->d_from, 16);
    for (uint32_t i = 0; i < 16; i++)
        w_public(w, BATCH_PUBLIC_D_FROM + i, from[i]);
    fill_batch(&b);
    for (uint32_t i = 0; i < in->n_segments; i++)
        fill_segment(&b, &in->segments[i]);
    fill_pairings(&b);
    fill_chains(&b);
    fill_nodes(&b);
}

uint16_t *batch_free_halves(const struct batch_size *size, const struct batch_input *in)
{
    uint16_t *tape = calloc(batch_tape_end(size), sizeof *tape);
    if (tape == NULL) return NULL;
    uint16_t *programs = tape + TAPE_BLOCK * size->stmt + STMT_PROGRAMS;
    for (uint32_t i = 0; i < 16; i++)
        programs[i] = (uint16_t)(in->programs_digest[2 * i] << 8 | in->programs_digest[2 * i + 1]);
    for (uint32_t c = 0; c < in->n_chains; c++) {
        uint16_t *entry = tape + TAPE_BLOCK * size->chains + CHAINS_LIST + CHAINS_ENTRY * c;
        const uint8_t *a = in->chains[c].address;
        for (uint32_t i = 0; i < 10; i++)
            entry[CHAINS_ADDRESS + i] = (uint16_t)(a[2 * i] << 8 | a[2 * i + 1]);
        entry[CHAINS_FINALITY] = (uint16_t)(in->chains[c].finality >> 16);
        entry[CHAINS_FINALITY + 1] = (uint16_t)in->chains[c].finality;
    }
    return tape;
}

enum err batch_fill_answers(struct witness *w, struct ir_trace **out)
{
    struct chain_trace *none = calloc(1, sizeof *none); /* this system has no memory and no bytes */
    enum err err = none ? witness_answer(w, none) : ERR_NOMEM;
    free(none);
    if (err == ERR_OK) err = witness_take(w, out);
    return err;
}

static enum err limit(char *text, size_t n, const char *what, uint32_t have, uint32_t max)
{
    if (text != NULL) snprintf(text, n, "%s: %u, at most %u", what, (unsigned)have, (unsigned)max);
    return ERR_FULL;
}

static bool canonical(const uint32_t *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (e[i] >= IR_P) return false;
    return true;
}

/* What no code below may meet: elements not below p, lists and trees out of bounds. */
static enum err form_check(const struct batch_input *in)
{
    uint32_t facts = in->n_segments + in->n_pairings;
    if (in->n_chains == 0 || in->n_segments == 0 || in->n_chains > BATCH_LIST_MAX ||
        in->n_segments > BATCH_LEAVES_MAX || in->n_pairings > 32)
        return ERR_ARG;
    for (uint32_t c = 0; c < in->n_chains; c++)
        if (!canonical(in->roots_before[c].e, 8) || !canonical(in->roots_after[c].e, 8))
            return ERR_RANGE;
    for (uint32_t i = 0; i < in->n_segments; i++)
        if (!canonical(in->segments[i].publics,
                       in->segments[i].blob ? LEAF_BLOB_PUBLICS : LEAF_PUBLICS))
            return ERR_RANGE;
    for (uint32_t y = 0; y < in->n_pairings; y++) {
        const struct batch_pairing *p = &in->pairings[y];
        if (p->n_sides > BATCH_SIDES_MAX) return ERR_ARG;
        if (!canonical(p->dep, 8)) return ERR_RANGE;
        for (uint32_t i = 0; i < p->n_sides; i++)
            if (!canonical(p->sides[i].digest, 8) || p->sides[i].chain >= IR_P ||
                p->sides[i].count >= IR_P)
                return ERR_RANGE;
    }
    if (in->tree == NULL) return ERR_OK;
    if (in->tree->n_nodes + 1 != facts) return ERR_ARG;
    for (uint32_t i = 0; i < in->tree->n_nodes; i++)
        if (in->tree->nodes[i].left >= facts + i || in->tree->nodes[i].right >= facts + i)
            return ERR_ARG;
    return ERR_OK;
}

/* Limits; lists that a statement could not have. */
static enum err input_check(const struct batch_size *size, const struct batch_input *in, char *text,
                            size_t n)
{
    uint32_t blocks = 0, half = 1u << (size->blocks - 1);
    if (in->n_chains > size->max_chains)
        return limit(text, n, "chains", in->n_chains, size->max_chains);
    if (in->n_segments > BATCH_LEAVES_MAX)
        return limit(text, n, "segments", in->n_segments, BATCH_LEAVES_MAX);
    if (in->n_pairings > 1u << size->pairing)
        return limit(text, n, "pairings", in->n_pairings, 1u << size->pairing);
    ERR_TRY(form_check(in));
    for (uint32_t c = 0; c < in->n_chains; c++) {
        uint32_t of = 0;
        bool blob = false;
        if (c > 0 && in->chains[c].chain_id <= in->chains[c - 1].chain_id) return ERR_ARG;
        for (uint32_t i = 0; i < in->n_segments; i++) {
            const bool its = in->segments[i].publics[LEAF_CHAIN] == in->chains[c].index;
            of += its;
            blob = blob || (its && in->segments[i].blob);
        }
        if (of > 0) blocks += pubdata_blocks(of, blob);
    }
    if (blocks > half) return limit(text, n, "SHA-256 blocks of pubdata", blocks, half);
    return ERR_OK;
}

enum err batch_trace_fill(struct ir_trace **out, const struct ir_system *system,
                          const struct batch_size *size, const struct batch_input *in, char *text,
                          size_t n)
{
    struct witness *w;
    if (text != NULL && n > 0) text[0] = 0;
    ERR_TRY(input_check(size, in, text, n));
    uint16_t *halves = batch_free_halves(size, in);
    if (halves == NULL) return ERR_NOMEM;
    enum err err = witness_new(&w, system);
    if (err == ERR_OK) {
        batch_fill_rows(w, size, in);
        batch_fill_tape(w, size, halves);
        err = batch_fill_answers(w, out);
        if (err != ERR_OK && text != NULL) snprintf(text, n, "%s", witness_error_text(w));
        witness_free(w);
    }
    free(halves);
    return err;
}

/* ---- public values, by core ---- */

static void bytes_of(uint8_t *out, const uint32_t *limbs)
{
    for (uint32_t i = 0; i < 16; i++) {
        out[2 * i] = (uint8_t)(limbs[i] >> 8);
        out[2 * i + 1] = (uint8_t)limbs[i];
    }
}

static enum err part_hash(uint8_t out[32], const uint8_t *hashes, size_t n,
                          const struct batch_segment *last)
{
    uint8_t z[32], a[32], b[32];
    if (!last->blob) return pubdata_hash(out, hashes, n);
    bytes_of(z, last->publics + LEAF_BLOB_Z);
    bytes_of(a, last->publics + LEAF_BLOB_A_AFTER);
    bytes_of(b, last->publics + LEAF_BLOB_B_AFTER);
    return blob_pubdata_hash(out, hashes, n, z, a, b);
}

static enum err participants_of(const struct batch_input *in, struct chain_pubdata *out, size_t *n)
{
    uint8_t hashes[BATCH_LEAVES_MAX * 32];
    *n = 0;
    for (uint32_t c = 0; c < in->n_chains; c++) {
        size_t of = 0;
        const struct batch_segment *last = NULL;
        for (uint32_t i = 0; i < in->n_segments; i++) {
            const struct batch_segment *s = &in->segments[i];
            if (s->publics[LEAF_CHAIN] != in->chains[c].index) continue;
            if (last != NULL && last->blob != s->blob) return ERR_ARG;
            bytes_of(hashes + 32 * of, s->publics + LEAF_SHA);
            last = s;
            of++;
        }
        if (of == 0) continue;
        out[*n].chain_id = in->chains[c].chain_id;
        ERR_TRY(part_hash(out[*n].hash, hashes, of, last));
        ++*n;
    }
    return ERR_OK;
}

enum err batch_publics(uint32_t out[BATCH_N_PUBLIC], const struct batch_input *in)
{
    struct chain_root before[BATCH_LIST_MAX], after[BATCH_LIST_MAX];
    struct chain_pubdata parts[BATCH_LIST_MAX];
    struct statement s = {.k = in->k, .time = in->time, .participants = parts};
    uint8_t stmt[32], to[32];
    ERR_TRY(form_check(in));
    if (in->k == 0) return ERR_ARG;
    for (uint32_t c = 0; c < in->n_chains; c++) {
        before[c] = (struct chain_root){in->chains[c].chain_id, in->roots_before[c]};
        after[c] = (struct chain_root){in->chains[c].chain_id, in->roots_after[c]};
    }
    memcpy(s.deployment_id, in->deployment_id, 32);
    memcpy(s.programs_digest, in->programs_digest, 32);
    ERR_TRY(final_root_hash(s.final_root_before, s.k - 1, before, in->n_chains));
    ERR_TRY(final_root_hash(s.final_root_after, s.k, after, in->n_chains));
    ERR_TRY(chains_digest(s.chains_digest, in->chains, in->n_chains));
    ERR_TRY(participants_of(in, parts, &s.n_participants));
    ERR_TRY(statement_hash(stmt, &s));
    digest_next(to, in->d_from, stmt);

    struct batch_fact facts[FACTS_MAX];
    struct batch_tree tree;
    uint32_t n = facts_of(in, facts);
    batch_tree_balanced(&tree, n);
    const struct batch_tree *shape = in->tree != NULL ? in->tree : &tree;
    struct batch_fact root = batch_facts_root(facts, n, shape);
    memcpy(out + BATCH_PUBLIC_FACTS, root.e, sizeof root.e);
    halves_be(out + BATCH_PUBLIC_D_FROM, in->d_from, 16);
    halves_be(out + BATCH_PUBLIC_D_TO, to, 16);
    return ERR_OK;
}

/* Tables words, blocks, sha256: made from what the other tables send on HALF and HASH. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/trace/batch_internal.h"

struct half {
    uint16_t value;
    bool sent;
};
struct message { /* as HASH asks */
    uint32_t block, end, to;
};
struct tape {
    struct witness *w;
    const struct batch_size *size;
    uint32_t n_halves, n_blocks;
    struct half *half;
    uint32_t *end; /* per block, 0: not used */
    bool *done;    /* per block */
    struct sha_fill sha;
    uint32_t words, blocks; /* tables */
};

static bool is_tape_bus(uint16_t tag)
{
    return tag == BUS_HALF || tag == BUS_HASH;
}

static void put_half(struct tape *t, uint32_t pos, uint32_t value)
{
    if (pos >= t->n_halves || t->half[pos].sent || value > 0xffff) return; /* the checker's */
    t->half[pos] = (struct half){.value = (uint16_t)value, .sent = true};
}

static void put_flags(struct tape *t, uint32_t block, const struct message *m, bool first,
                      bool last)
{
    for (uint32_t row = 8 * block; row < 8 * block + 8; row++) {
        w_put(t->w, t->blocks, row, "used", 1);
        w_put(t->w, t->blocks, row, "first", first);
        w_put(t->w, t->blocks, row, "last", last);
        w_put(t->w, t->blocks, row, "end", m->end);
        w_put(t->w, t->blocks, row, "start", m->block);
        w_put(t->w, t->blocks, row, "to", m->to);
    }
}

/* The 0x80 half of an even message, the length; halves between are 0 as they are. */
static void pad(struct tape *t, const struct message *m, uint32_t next_block)
{
    bool odd = m->block >= t->n_blocks / 2;
    uint32_t bits = 16 * (m->end - TAPE_BLOCK * m->block) + 8 * odd;
    for (uint32_t i = m->end + odd; i < TAPE_BLOCK * next_block; i++)
        t->half[i].value = 0;
    if (!odd) t->half[m->end].value = 0x8000;
    t->half[TAPE_BLOCK * next_block - 1].value = (uint16_t)bits;
}

static void block_words(const struct tape *t, uint32_t block, uint32_t words[16])
{
    const struct half *h = t->half + TAPE_BLOCK * block;
    for (uint32_t i = 0; i < 16; i++)
        words[i] = (uint32_t)h[2 * i].value << 16 | h[2 * i + 1].value;
}

/* A message's blocks, its digest to where it belongs. */
static void hash_message(struct tape *t, const struct message *m)
{
    uint32_t next = (m->end + 5 + TAPE_BLOCK - 1) / TAPE_BLOCK, hash[8], words[16];
    bool fits = m->block < t->n_blocks && m->end >= TAPE_BLOCK * m->block && m->end < t->n_halves &&
                next <= t->n_blocks;
    for (uint32_t b = m->block; fits && b < next; b++)
        fits = !t->done[b];
    if (!fits) {
        w_fail(t->w, ERR_MISMATCH, "message at block %u, end %u: no room", (unsigned)m->block,
               (unsigned)m->end);
        return;
    }
    pad(t, m, next);
    sha_fill_initial(hash);
    for (uint32_t b = m->block; b < next; b++) {
        block_words(t, b, words);
        sha_fill_block(&t->sha, b, words, hash);
        put_flags(t, b, m, b == m->block, b + 1 == next);
        t->end[b] = m->end;
        t->done[b] = true;
    }
    for (uint32_t i = 0; i < 16; i++) {
        uint32_t value = i % 2 == 0 ? hash[i / 2] >> 16 : hash[i / 2] & 0xffff;
        if (m->to == t->n_halves)
            w_public(t->w, BATCH_PUBLIC_D_TO + i, value);
        else
            put_half(t, m->to + i, value);
    }
}

static void unused_blocks(struct tape *t)
{
    for (uint32_t b = 0; b < t->n_blocks; b++) {
        if (t->done[b]) continue;
        uint32_t hash[8], words[16] = {0};
        for (uint32_t i = 0; i < TAPE_BLOCK; i++)
            t->half[TAPE_BLOCK * b + i] = (struct half){.value = 0};
        sha_fill_initial(hash);
        sha_fill_block(&t->sha, b, words, hash);
    }
}

static void fill_words(struct tape *t)
{
    uint32_t c_half = w_column(t->w, t->words, "half[0]"), c_end = w_column(t->w, t->words, "end");
    uint32_t c_full = w_column(t->w, t->words, "full"), c_ends = w_column(t->w, t->words, "end 0");
    uint32_t c_length = w_column(t->w, t->words, "length");
    uint32_t c_take = w_column(t->w, t->words, "take 0");
    for (uint32_t r = 0; r < t->n_halves / 2; r++) {
        uint32_t end = t->end[r / 16], at = 2 * r;
        bool odd = at >= t->n_halves / 2;
        bool length = r % 16 == 15 && t->done[r / 16] && at >= end + 3 && at < end + 35;
        w_set(t->w, t->words, r, c_end, end);
        w_set(t->w, t->words, r, c_full, at + 2 <= end);
        w_set(t->w, t->words, r, c_length, length);
        for (uint32_t i = 0; i < 2; i++) {
            const struct half *h = &t->half[at + i];
            bool data = at + i < end || (odd && at + i == end);
            w_set(t->w, t->words, r, c_half + i, h->value);
            w_set(t->w, t->words, r, c_ends + i, at + i == end);
            w_set(t->w, t->words, r, c_take + i, data && h->sent);
        }
    }
}

static int message_compare(const void *x, const void *y)
{
    const struct message *a = x, *b = y;
    return a->block < b->block ? 1 : a->block > b->block ? -1 : 0; /* the last block first */
}

static void collect(struct tape *t, struct message *messages, uint32_t *n, uint32_t max)
{
    struct ask_list l = {.at = NULL};
    for (uint32_t i = 0; i < t->w->system->n_tables; i++)
        asks_collect(t->w, i, is_tape_bus, &l, NULL);
    for (uint32_t i = 0; i < l.n; i++) {
        const struct ask *a = &l.at[i];
        if (a->tag == BUS_HALF)
            put_half(t, a->f[0], a->f[1]);
        else if (*n < max)
            messages[(*n)++] = (struct message){a->f[0], a->f[1], a->f[2]};
    }
    for (uint32_t i = 0; i < 16; i++)
        put_half(t, D_FROM + i, t->w->tr->publics[BATCH_PUBLIC_D_FROM + i]);
    asks_free(&l);
}

void batch_fill_tape(struct witness *w, const struct batch_size *size, const uint16_t *free_halves)
{
    struct tape t = {.w = w,
                     .size = size,
                     .n_halves = batch_tape_end(size),
                     .n_blocks = 1u << size->blocks,
                     .words = w_table(w, "words"),
                     .blocks = w_table(w, "blocks")};
    struct message messages[5 + BATCH_LIST_MAX];
    uint32_t n = 0;
    REQUIRE(t.words != NO_TABLE && sha_fill_init(&t.sha, w));
    t.half = calloc(t.n_halves, sizeof *t.half);
    t.end = calloc(t.n_blocks, sizeof *t.end);
    t.done = calloc(t.n_blocks, sizeof *t.done);
    if (t.half == NULL || t.end == NULL || t.done == NULL) {
        w_fail(w, ERR_NOMEM, "tape");
    } else {
        for (uint32_t i = 0; i < t.n_halves; i++)
            t.half[i].value = free_halves[i];
        collect(&t, messages, &n, ARRAY_LEN(messages));
        /* a digest goes to a message at lower blocks, so it is there before that one is hashed */
        qsort(messages, n, sizeof messages[0], message_compare);
        for (uint32_t i = 0; i < n && !w_failed(w); i++)
            hash_message(&t, &messages[i]);
        unused_blocks(&t);
        fill_words(&t);
    }
    free(t.half);
    free(t.end);
    free(t.done);
}

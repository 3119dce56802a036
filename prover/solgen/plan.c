#include "prover/solgen/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

static void *plan_alloc(size_t n, size_t size)
{
    void *p = calloc(n == 0 ? 1 : n, size);
    REQUIRE(p != NULL);
    return p;
}

static int chunk_order(const void *x, const void *y)
{
    const struct plan_chunk *a = x, *b = y;
    uint32_t sa = a->g + a->h, sb = b->g + b->h;
    if (a->pre != b->pre) return a->pre ? 1 : -1;
    if (sa != sb) return sa > sb ? -1 : 1;
    if (a->table != b->table) return a->table < b->table ? -1 : 1;
    return a->first_column < b->first_column ? -1 : 1;
}

static int block_order(const void *x, const void *y)
{
    const struct plan_block *a = x, *b = y;
    if (a->h != b->h) return a->h > b->h ? -1 : 1;
    if (a->table != b->table) return a->table < b->table ? -1 : 1;
    return a->message < b->message ? -1 : 1;
}

static void plan_count(struct plan *p)
{
    const struct ir_system *s = p->system;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        p->first_column[i] = p->n_columns;
        p->first_message[i] = p->n_messages;
        p->n_columns += t->n_columns + t->n_pre;
        p->n_messages += t->n_messages;
        p->n_constraints += t->n_constraints;
        p->n_chunks += (uint32_t)(__builtin_popcount(t->n_columns) + __builtin_popcount(t->n_pre));
        if (t->log_height > p->log_height) p->log_height = t->log_height;
    }
    p->n_blocks = p->n_messages;
}

/* The chunks of n columns of a table, the first of them number `first` of the table. */
static uint32_t plan_chunks(struct plan *p, uint32_t at, uint32_t table, uint32_t first, uint32_t n,
                            bool pre)
{
    for (uint32_t g = 31; g-- > 0;) {
        if ((n >> g & 1) == 0) continue;
        p->chunks[at++] = (struct plan_chunk){.table = table,
                                              .first_column = first,
                                              .g = g,
                                              .h = p->system->tables[table]->log_height,
                                              .pre = pre};
        first += 1u << g;
        if (g > p->log_chunk) p->log_chunk = g;
    }
    return at;
}

static void plan_stack(struct plan *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->system->n_tables; i++) {
        const struct ir_table *t = p->system->tables[i];
        n = plan_chunks(p, n, i, 0, t->n_columns, false);
        n = plan_chunks(p, n, i, t->n_columns, t->n_pre, true);
    }
    REQUIRE(n == p->n_chunks);
    qsort(p->chunks, n, sizeof p->chunks[0], chunk_order);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct plan_chunk *c = &p->chunks[i];
        if (i > 0 && c->pre && !c[-1].pre) offset = 0;
        const uint64_t size = UINT64_C(1) << (c->g + c->h);
        REQUIRE(offset % size == 0);
        c->offset = (uint32_t)offset;
        offset += size;
        REQUIRE(offset <= UINT64_C(1)
                              << (c->pre ? whir_pre_vars(&p->whir) : whir_stack_vars(&p->whir)));
    }
}

static void plan_fractions(struct plan *p)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->system->n_tables; i++)
        for (uint32_t j = 0; j < p->system->tables[i]->n_messages; j++)
            p->blocks[n++] = (struct plan_block){
                .table = i, .message = j, .h = p->system->tables[i]->log_height};
    qsort(p->blocks, n, sizeof p->blocks[0], block_order);
    uint64_t total = 0;
    for (uint32_t i = 0; i < n; i++) {
        p->blocks[i].offset = (uint32_t)total;
        p->block_of[p->first_message[p->blocks[i].table] + p->blocks[i].message] = i;
        total += UINT64_C(1) << p->blocks[i].h;
        REQUIRE(total <= UINT64_C(1) << 30);
    }
    p->log_fractions = 6;
    if (p->log_height > p->log_fractions) p->log_fractions = p->log_height;
    while (UINT64_C(1) << p->log_fractions < total)
        p->log_fractions++;
}

void plan_init(struct plan *p, const struct ir_system *s, const struct whir_params *w,
               const uint8_t program_id[32], const uint8_t *key)
{
    REQUIRE(s->finished);
    REQUIRE(w->profile == PROFILE_KECCAK && (w->pre > 0) == (key != NULL));
    REQUIRE(w->pre == 0 || w->n_rounds > 1);
    REQUIRE(s->n_tables > 0);
    REQUIRE(whir_params_check(w) == ERR_OK);
    REQUIRE(w->profile == PROFILE_KECCAK);
    memset(p, 0, sizeof *p);
    p->system = s;
    p->whir = *w;
    p->key = key;
    memcpy(p->program_id, program_id, sizeof p->program_id);
    p->first_column = plan_alloc(s->n_tables, sizeof p->first_column[0]);
    p->first_message = plan_alloc(s->n_tables, sizeof p->first_message[0]);
    plan_count(p);
    p->chunks = plan_alloc(p->n_chunks, sizeof p->chunks[0]);
    p->blocks = plan_alloc(p->n_blocks, sizeof p->blocks[0]);
    p->block_of = plan_alloc(p->n_blocks, sizeof p->block_of[0]);
    plan_stack(p);
    plan_fractions(p);
}

void plan_free(struct plan *p)
{
    free(p->first_column);
    free(p->first_message);
    free(p->block_of);
    free(p->chunks);
    free(p->blocks);
    memset(p, 0, sizeof *p);
}

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/tags.h"
#include "prover/trace/poseidon_fill.h"
#include "prover/trace/witness_internal.h"

enum { W = POSEIDON_STATE, CELLS = W + POSEIDON_STEPS /* columns of a compression */ };

uint32_t f_inv(uint32_t a)
{
    uint32_t r = 1;
    for (uint32_t e = IR_P - 2; e != 0; e >>= 1) {
        if (e & 1) r = f_mul(r, a);
        a = f_mul(a, a);
    }
    return a == 0 ? 0 : r;
}

/* ---- a set of messages by content: counts, and the row that answers ---- */

struct entry {
    const uint32_t *key;
    uint32_t count, row;
};
struct table_map {
    struct entry *at;
    uint32_t size, n_key;
};

static struct table_map map_new(uint32_t entries, uint32_t n_key)
{
    struct table_map m = {.size = 16, .n_key = n_key};
    while (m.size < 2 * entries)
        m.size *= 2;
    m.at = calloc(m.size, sizeof *m.at);
    REQUIRE(m.at != NULL);
    return m;
}

static struct entry *map_find(const struct table_map *m, const uint32_t *key)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (uint32_t i = 0; i < m->n_key; i++) {
        h = (h ^ key[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    uint32_t at = (uint32_t)h & (m->size - 1);
    while (m->at[at].key != NULL &&
           memcmp(m->at[at].key, key, m->n_key * sizeof *key) != 0)
        at = (at + 1) & (m->size - 1);
    return &m->at[at];
}

/* ---- poseidon ---- */

struct rounds {
    struct ir_trace_table *table;
    uint32_t *const *out;
};

static void rounds_range(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct rounds *r = ctx;
    const uint32_t *in[W];
    uint32_t *steps[POSEIDON_STEPS], *out[8];
    (void)worker;
    for (uint32_t i = 0; i < W; i++)
        in[i] = r->table->columns[i] + from;
    for (uint32_t i = 0; i < POSEIDON_STEPS; i++)
        steps[i] = r->table->columns[W + i] + from;
    for (uint32_t i = 0; i < 8 && r->out != NULL; i++)
        out[i] = r->out[i] + from;
    poseidon_fill(in, steps, r->out == NULL ? NULL : out, to - from);
}

/* States and cubes of all rows from the first W columns; rows that are not used: of zeros. */
static void fill_rounds(struct witness *w, uint32_t table, uint32_t *const *out)
{
    struct rounds r = {&w->tr->tables[table], out};
    w_parallel(w, (size_t)1 << r.table->log_height, 512, rounds_range, &r);
}

/* The tables of compressions as one: row r is row r of the first or r - rows of the second. */
struct compressions {
    uint32_t table[2], n_tables;
    uint32_t rows; /* of the first table */
    uint32_t all;  /* of both */
};

static struct compressions compressions_of(const struct witness *w)
{
    static const char *const names[2] = {"poseidon", "poseidon2"};
    struct compressions c = {.n_tables = 0};
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t table = w_table(w, names[i]);
        if (table == NO_TABLE) break;
        const uint32_t rows = 1u << w->system->tables[table]->log_height;
        REQUIRE(w_column(w, table, "asked") == CELLS);
        if (i == 0) c.rows = rows;
        c.all += rows;
        c.table[c.n_tables++] = table;
    }
    return c;
}

/* A new row. */
static uint32_t compressions_add(struct witness *w, const struct compressions *c,
                                 const uint32_t in[W])
{
    const bool second = c->n_tables > 1 && w_rows_used(w, c->table[0]) == c->rows;
    const uint32_t table = c->table[second ? 1 : 0], row = w_row(w, table);
    w_set_n(w, table, row, 0, in, W);
    return second ? c->rows + row : row;
}

static void compressions_count(struct witness *w, const struct compressions *c, uint32_t row,
                               uint32_t count)
{
    const bool second = row >= c->rows;
    w_set(w, c->table[second ? 1 : 0], second ? row - c->rows : row, CELLS, count);
}

/* Fills the rows; out[k][row]: element k of the output. */
static void compressions_fill(struct witness *w, const struct compressions *c, uint32_t *out[8])
{
    for (uint32_t i = 0; i < c->n_tables; i++) {
        uint32_t *at[8];
        for (uint32_t k = 0; k < 8; k++)
            at[k] = out[k] + (i == 0 ? 0 : c->rows);
        fill_rounds(w, c->table[i], at);
    }
}

/* One row for each distinct input; rows beyond them are the permutation of zeros. The outputs that were
 * asked are compared once all rows are computed. */
void fill_poseidon(struct witness *w, const struct ask_list *asks)
{
    const struct compressions c = compressions_of(w);
    if (c.n_tables == 0) return;
    struct table_map map = map_new(asks->n, W);
    uint32_t *digests = malloc((size_t)c.all * 8 * sizeof *digests), *out[8];
    uint32_t *row_of = malloc((asks->n + 1u) * sizeof *row_of);
    REQUIRE(digests != NULL && row_of != NULL);
    for (uint32_t i = 0; i < asks->n && !w_failed(w); i++) {
        const struct ask *a = &asks->at[i];
        struct entry *e = map_find(&map, a->f);
        if (e->key == NULL) *e = (struct entry){.key = a->f, .row = compressions_add(w, &c, a->f)};
        row_of[i] = e->row;
        e->count = f_add(e->count, a->mult);
        compressions_count(w, &c, e->row, e->count);
    }
    for (uint32_t i = 0; i < 8; i++)
        out[i] = digests + (size_t)i * c.all;
    compressions_fill(w, &c, out);
    for (uint32_t i = 0; i < asks->n && !w_failed(w); i++) {
        const struct ask *a = &asks->at[i];
        for (uint32_t k = 0; k < 8; k++)
            if (out[k][row_of[i]] != a->f[W + k])
                w_fail(w, ERR_MISMATCH, "table %s row %u claims a wrong Poseidon output",
                       w->system->tables[a->table]->name, (unsigned)a->row);
    }
    free(digests);
    free(row_of);
    free(map.at);
}

/* ---- sponge ---- */

static int sponge_compare(const void *x, const void *y)
{
    const struct ask *a = *(const struct ask *const *)x, *b = *(const struct ask *const *)y;
    for (uint32_t i = 0; i < 2; i++)
        if (a->f[i] != b->f[i]) return a->f[i] < b->f[i] ? -1 : 1;
    return (int)a->tag - (int)b->tag; /* the start before chunk 0 */
}

/* One row; rows of a sponge follow each other, the first of them with the state it starts from. */
struct link {
    uint32_t row, state[8], out[8];
    const uint32_t *chunk;
};
struct sponges {
    struct link *links;
    uint32_t n_links, n;
    uint32_t *first; /* link of every sponge, then n_links */
};

/* States along the sponges, many side by side. */
static void sponges_range(void *ctx, size_t worker, size_t from, size_t to)
{
    enum { MANY = 32 };
    const struct sponges *s = ctx;
    uint32_t in[MANY][W], out[MANY][8];
    struct link *at[MANY];
    (void)worker;
    for (size_t base = from; base < to; base += MANY) {
        const size_t m = to - base < MANY ? to - base : MANY;
        for (uint32_t c = 0;; c++) {
            uint32_t n = 0;
            for (size_t i = base; i < base + m; i++) {
                if (s->first[i] + c >= s->first[i + 1]) continue;
                struct link *l = at[n] = &s->links[s->first[i] + c];
                if (c > 0) memcpy(l->state, l[-1].out, sizeof l->state);
                memcpy(in[n], l->state, sizeof l->state);
                memcpy(in[n++] + 8, l->chunk, 8 * sizeof in[0][0]);
            }
            if (n == 0) break;
            poseidon_compress_many(out, (const uint32_t (*)[W])in, n);
            for (uint32_t i = 0; i < n; i++)
                memcpy(at[i]->out, out[i], sizeof out[i]);
        }
    }
}

/* Rows of `sponge`, or inputs of the rows of `absorb` where that table does both. */
static void sponges_put(struct witness *w, uint32_t table, bool absorb, const struct sponges *s)
{
    const uint32_t state = absorb ? 0 : w_columns(w, table, "state");
    const uint32_t chunk = absorb ? 8 : w_columns(w, table, "chunk");
    for (uint32_t i = 0; i < s->n_links; i++) {
        const struct link *l = &s->links[i];
        w_set_n(w, table, l->row, state, l->state, 8);
        w_set_n(w, table, l->row, chunk, l->chunk, 8);
        if (!absorb) w_put_n(w, table, l->row, "out", l->out, 8);
    }
    if (absorb) fill_rounds(w, table, NULL);
}

/* Rows and starting states, in the order of numbers and chunks. */
static void sponges_find(struct witness *w, uint32_t table, bool absorb,
                         const struct ask *const *order, uint32_t n, struct sponges *s)
{
    const uint32_t *start = NULL;
    uint32_t id = IR_P;
    for (uint32_t i = 0; i < n && !w_failed(w); i++) {
        const struct ask *a = order[i];
        if (a->tag == BUS_SPONGE) {
            if (a->f[0] == id)
                w_fail(w, ERR_MISMATCH, "sponge %u has two askers", (unsigned)id);
            id = a->f[0];
            start = a->f + 2;
            continue;
        }
        if (a->f[0] != id && absorb) continue; /* left to the checker */
        if (a->f[0] != id) {
            w_fail(w, ERR_MISMATCH, "sponge %u has chunks but no start", (unsigned)a->f[0]);
            break;
        }
        struct link *l = &s->links[s->n_links];
        if (start != NULL) {
            s->first[s->n++] = s->n_links;
            memcpy(l->state, start, sizeof l->state);
            start = NULL;
        }
        s->n_links++;
        l->row = w_row(w, table);
        l->chunk = a->f + 2;
        w_put(w, table, l->row, "active", 1);
        w_put(w, table, l->row, "id", id);
        w_put(w, table, l->row, "i", a->f[1]);
    }
    s->first[s->n] = s->n_links;
}

void fill_sponge(struct witness *w, const struct ask_list *asks)
{
    uint32_t table = w_table(w, "sponge");
    bool absorb = table == NO_TABLE;
    if (absorb) table = w_table(w, "absorb");
    if (table == NO_TABLE) return;
    const struct ask **order = calloc(asks->n + 1u, sizeof *order);
    REQUIRE(order != NULL);
    uint32_t n = 0;
    for (uint32_t i = 0; i < asks->n; i++) {
        const struct ask *a = &asks->at[i];
        if (a->tag == BUS_SPONGE || a->tag == BUS_SPONGE_IN) order[n++] = a;
    }
    qsort(order, n, sizeof *order, sponge_compare);
    struct sponges s = {.links = calloc(n + 1u, sizeof *s.links),
                        .first = calloc(n + 1u, sizeof *s.first)};
    REQUIRE(s.links != NULL && s.first != NULL);
    sponges_find(w, table, absorb, order, n, &s);
    if (!w_failed(w)) {
        w_parallel(w, s.n, 32, sponges_range, &s);
        sponges_put(w, table, absorb, &s);
    }
    free(s.links);
    free(s.first);
    free((void *)order);
}

/* ---- openings of slot 0 ---- */

/* The sponge of n_chunks over each input, states after every chunk into the named columns. */
enum { OPEN_MANY = 32, OPEN_CHUNKS = 3 };
static void open_rows(struct witness *w, uint32_t table, uint32_t row, const uint32_t start[8],
                      uint32_t (*x)[8 * OPEN_CHUNKS], uint32_t n, uint32_t n_chunks,
                      const char *const *names)
{
    uint32_t in[OPEN_MANY][W], state[OPEN_MANY][8];
    for (uint32_t i = 0; i < n; i++)
        memcpy(state[i], start, sizeof state[i]);
    for (uint32_t c = 0; c < n_chunks; c++) {
        const uint32_t column = w_columns(w, table, names[c]);
        for (uint32_t i = 0; i < n; i++) {
            memcpy(in[i], state[i], sizeof state[i]);
            memcpy(in[i] + 8, x[i] + (size_t)8 * c, 8 * sizeof in[i][0]);
        }
        poseidon_compress_many(state, (const uint32_t (*)[W])in, n);
        for (uint32_t i = 0; i < n; i++)
            w_set_n(w, table, row + i, column, state[i], 8);
    }
}

static void user_rows(struct witness *w, uint32_t table, uint32_t row,
                      const uint32_t *const *contents, uint32_t n)
{
    static const char *const names[3] = {"state 1", "state 2", "digest"};
    static const uint32_t start[8] = {TAG_USER, 18, 1};
    uint32_t x[OPEN_MANY][8 * OPEN_CHUNKS] = {{0}};
    for (uint32_t i = 0; i < n; i++) {
        x[i][0] = 1;
        memcpy(x[i] + 1, contents[i], 17 * sizeof x[i][0]);
        w_set_n(w, table, row + i, w_column(w, table, "auth"), contents[i], 17);
    }
    open_rows(w, table, row, start, x, n, 3, names);
}

static void pool_rows(struct witness *w, uint32_t table, uint32_t row,
                      const uint32_t *const *contents, uint32_t n)
{
    static const char *const names[2] = {"state 1", "digest"};
    static const uint32_t start[8] = {TAG_POOL, 10, 1};
    uint32_t x[OPEN_MANY][8 * OPEN_CHUNKS] = {{0}};
    for (uint32_t i = 0; i < n; i++) {
        x[i][0] = 2;
        memcpy(x[i] + 1, contents[i], 9 * sizeof x[i][0]);
        w_put_n(w, table, row + i, "half", contents[i], 9);
    }
    open_rows(w, table, row, start, x, n, 2, names);
}

/* Rows row .. row + n - 1 (n <= OPEN_MANY) with these contents. */
typedef void (*rows_fill)(struct witness *w, uint32_t table, uint32_t row,
                          const uint32_t *const *contents, uint32_t n);

/* One row for each distinct content asked on the bus; the rest of the table holds content 0. */
static void fill_distinct(struct witness *w, const struct ask_list *asks, uint16_t bus,
                          const char *name, uint32_t n_key, rows_fill fill)
{
    static const uint32_t zeros[IR_MAX_FIELDS];
    const uint32_t table = w_table(w, name), *contents[OPEN_MANY], *const none = zeros;
    if (table == NO_TABLE) return;
    struct table_map map = map_new(asks->n, n_key);
    uint32_t n = 0, first = w->used[table];
    for (uint32_t i = 0; i < asks->n && !w_failed(w); i++) {
        const struct ask *a = &asks->at[i];
        if (a->tag != bus) continue;
        struct entry *e = map_find(&map, a->f);
        if (e->key != NULL) continue;
        e->key = a->f;
        (void)w_row(w, table);
        if (w_failed(w)) break;
        contents[n++] = a->f;
        if (n < OPEN_MANY) continue;
        fill(w, table, first, contents, n);
        first += n;
        n = 0;
    }
    if (!w_failed(w)) fill(w, table, first, contents, n);
    const uint32_t used = w->used[table], rows = 1u << w->system->tables[table]->log_height;
    if (!w_failed(w) && used < rows) {
        fill(w, table, used, &none, 1);
        for (uint32_t c = 0; c < w->system->tables[table]->n_columns; c++)
            for (uint32_t row = used + 1; row < rows; row++)
                w->tr->tables[table].columns[c][row] = w->tr->tables[table].columns[c][used];
    }
    free(map.at);
}

void fill_user_hash(struct witness *w, const struct ask_list *asks)
{
    fill_distinct(w, asks, BUS_USER_HASH, "userhash", 17, user_rows);
}

void fill_pool_hash(struct witness *w, const struct ask_list *asks)
{
    fill_distinct(w, asks, BUS_POOL_HASH, "poolhash", 9, pool_rows);
}

/* ---- packed ---- */

static void packed_row(struct witness *w, uint32_t table, uint32_t row, const uint32_t limbs[3])
{
    uint32_t q[5] = {limbs[0] & 0xff, limbs[0] >> 8, limbs[1] & 0xff, limbs[1] >> 8, limbs[2]};
    uint32_t e = q[0] & 31, power[13], value[7], carry[7];
    if ((limbs[0] | limbs[1]) > 0xffff || limbs[2] > 0xff) {
        w_fail(w, ERR_RANGE, "packed amount (%u, %u, %u)", (unsigned)limbs[0], (unsigned)limbs[1],
               (unsigned)limbs[2]);
        return;
    }
    unsigned __int128 ten = 1;
    for (uint32_t i = 0; i < e; i++)
        ten *= 10;
    for (uint32_t i = 0; i < 13; i++)
        power[i] = (uint32_t)(ten >> (8 * i)) & 0xff;
    uint64_t m = ((uint64_t)limbs[2] << 32 | (uint64_t)limbs[1] << 16 | limbs[0]) >> 5;
    if (m != 0 && ten > ((((unsigned __int128)1 << 112) - 1) / m)) {
        w_fail(w, ERR_OVERFLOW, "packed amount %u of exponent %u leaves 112 bits", (unsigned)m,
               (unsigned)e);
        return;
    }
    unsigned __int128 v = ten * m;
    for (uint32_t i = 0; i < 7; i++)
        value[i] = (uint32_t)(v >> (16 * i)) & 0xffff;
    int64_t c = 0, coefficient[18] = {0};
    for (uint32_t i = 0; i < 5; i++)
        for (uint32_t k = 0; k < 13; k++)
            coefficient[i + k] += (int64_t)(i == 0 ? q[0] - e : q[i]) * power[k];
    for (uint32_t l = 0; l < 7; l++) {
        c += coefficient[2 * l] + 256 * coefficient[2 * l + 1] - 32 * (int64_t)value[l];
        REQUIRE(c % 65536 == 0);
        c /= 65536;
        carry[l] = (uint32_t)(c < 0 ? c + IR_P : c);
    }
    w_put_n(w, table, row, "packed", q, 5);
    w_put(w, table, row, "e", e);
    w_put_n(w, table, row, "power", power, 13);
    w_put_n(w, table, row, "value", value, 7);
    w_put_n(w, table, row, "carry", carry, 7);
}

static void packed_rows(struct witness *w, uint32_t table, uint32_t row,
                        const uint32_t *const *contents, uint32_t n)
{
    for (uint32_t i = 0; i < n && !w_failed(w); i++)
        packed_row(w, table, row + i, contents[i]);
}

void fill_packed(struct witness *w, const struct ask_list *asks)
{
    fill_distinct(w, asks, BUS_PACKED, "packed", 3, packed_rows);
}

/* ---- lookups ---- */

void fill_range16(struct witness *w, const struct ask_list *asks, const struct lookups *lookups)
{
    uint32_t table = w_table(w, "range16");
    if (table == NO_TABLE) return;
    uint32_t *words = w->tr->tables[table].columns[w_column(w, table, "asked")];
    uint32_t *bytes = w->tr->tables[table].columns[w_column(w, table, "asked as bytes")];
    for (uint32_t v = 0; v < 1u << 16; v++) {
        words[v] = f_add(words[v], lookups->words[v]);
        bytes[v] = f_add(bytes[v], lookups->bytes[v]);
    }
    for (uint32_t i = 0; i < asks->n; i++) {
        const struct ask *a = &asks->at[i];
        if (a->tag != BUS_RANGE16 && a->tag != BUS_BYTE2) continue;
        w_fail(w, ERR_RANGE, "table %s row %u looks up %u as %s",
               w->system->tables[a->table]->name, (unsigned)a->row, (unsigned)a->f[0],
               a->tag == BUS_RANGE16 ? "a 16-bit number" : "a byte");
        return;
    }
}

/* Several messages of a table may answer one bus (the header's fee slots): then one of them does, and
 * a question that none answers is left to the checker. */
static bool answers_once(const struct ir_table *t, uint16_t tag)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_messages; i++)
        n += t->messages[i].sign < 0 && t->messages[i].tag == tag;
    return n == 1;
}

/* The rows of one answering message, by content; the first row of equal ones takes the count. */
static void count_answers(struct witness *w, uint32_t table, const struct ir_message *m,
                          const struct ask_list *asks)
{
    const struct ir_table *t = w->system->tables[table];
    struct ir_trace_table *tt = &w->tr->tables[table];
    uint32_t rows = 1u << t->log_height, *fields = calloc(rows * (m->n_fields + 1u), sizeof *fields);
    REQUIRE(fields != NULL);
    struct table_map map = map_new(rows, m->n_fields);
    for (uint32_t row = 0; row < rows; row++) {
        uint32_t *f = fields + (size_t)row * m->n_fields;
        for (uint32_t i = 0; i < m->n_fields; i++)
            f[i] = ir_eval_row(t, tt, m->fields[i], row);
        struct entry *e = map_find(&map, f);
        if (e->key == NULL) *e = (struct entry){.key = f, .row = row};
    }
    uint32_t *count = tt->columns[t->nodes[m->mult].a];
    for (uint32_t i = 0; i < asks->n; i++) {
        const struct ask *a = &asks->at[i];
        if (a->tag != m->tag) continue;
        struct entry *e = map_find(&map, a->f);
        if (e->key == NULL) {
            if (!answers_once(t, m->tag)) continue;
            w_fail(w, ERR_MISMATCH, "table %s row %u asks table %s what it does not say",
                   w->system->tables[a->table]->name, (unsigned)a->row, t->name);
            break;
        }
        count[e->row] = f_add(count[e->row], a->mult);
    }
    free(map.at);
    free(fields);
}

void fill_counts(struct witness *w, const struct ask_list *asks, const uint16_t *buses, uint32_t n)
{
    for (uint32_t table = 0; table < w->system->n_tables; table++) {
        const struct ir_table *t = w->system->tables[table];
        for (uint32_t i = 0; i < t->n_messages; i++) {
            const struct ir_message *m = &t->messages[i];
            if (m->sign > 0 || t->nodes[m->mult].op != IR_COL) continue;
            for (uint32_t b = 0; b < n; b++)
                if (m->tag == buses[b] && !w_failed(w)) count_answers(w, table, m, asks);
        }
    }
}

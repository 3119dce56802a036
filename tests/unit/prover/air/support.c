#include "tests/unit/prover/air/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"

static void add_speaker(struct ir_system *s, const char *name, uint16_t bus, uint32_t n,
                        uint32_t log_height, bool send)
{
    struct ir_table *t = ir_table_new(s, name, log_height);
    ir_x on = air_flag(t, "on"), f[IR_MAX_FIELDS];
    air_new_cols(t, f, "f", n);
    if (send)
        ir_send(t, bus, on, f, n, "ask");
    else
        ir_receive(t, bus, on, f, n, "take");
}

void add_asker(struct ir_system *s, const char *name, uint16_t bus, uint32_t n,
               uint32_t log_height)
{
    add_speaker(s, name, bus, n, log_height, true);
}

void add_taker(struct ir_system *s, const char *name, uint16_t bus, uint32_t n,
               uint32_t log_height)
{
    add_speaker(s, name, bus, n, log_height, false);
}

void add_lookup(struct ir_system *s, const char *name, uint16_t bus, uint32_t n)
{
    struct ir_table *t = ir_table_new(s, name, 0);
    ir_x asked = air_col(t, "asked"), f[IR_MAX_FIELDS];
    air_new_cols(t, f, "f", n);
    ir_receive(t, bus, asked, f, n, "answer");
}

void ask_row(struct witness *w, const struct ir_system *s, const char *name, const uint32_t *f,
             uint32_t n)
{
    uint32_t table = ir_table_find(s, name), row = w_row(w, table);
    if (ir_column_find(s->tables[table], "on") != UINT32_MAX) w_put(w, table, row, "on", 1);
    w_put_n(w, table, row, "f", f, n);
}

/* ---- the tree by definition ---- */

struct pair {
    uint32_t before[8], after[8];
    bool touched;
};

struct walk {
    struct chain_trace *trace;
    const struct test_cell *cells;
    uint32_t empty[33][8]; /* empty[h]: an empty subtree of height h */
};

static uint64_t address(const struct test_cell *c)
{
    return (uint64_t)c->account << 8 | c->slot;
}

/* The node of `level` whose cells are cells[from..to). */
static struct pair node(struct walk *w, uint32_t level, uint32_t prefix, uint32_t from, uint32_t to)
{
    struct pair p = {.touched = false};
    if (from == to) {
        memcpy(p.before, w->empty[32 - level], sizeof p.before);
        memcpy(p.after, w->empty[32 - level], sizeof p.after);
        return p;
    }
    if (level == 32) {
        REQUIRE(to == from + 1);
        memcpy(p.before, w->cells[from].before, sizeof p.before);
        memcpy(p.after, w->cells[from].after, sizeof p.after);
        p.touched = w->cells[from].touched;
        return p;
    }
    uint32_t mid = from;
    while (mid < to && (address(&w->cells[mid]) >> (31 - level) & 1) == 0)
        mid++;
    struct pair l = node(w, level + 1, 2 * prefix, from, mid);
    struct pair r = node(w, level + 1, 2 * prefix + 1, mid, to);
    poseidon_compress(p.before, l.before, r.before);
    poseidon_compress(p.after, l.after, r.after);
    p.touched = l.touched || r.touched;
    if (!p.touched && level > 0) return p;
    struct tree_row *row = &w->trace->tree_rows[w->trace->n_tree_rows++];
    REQUIRE(w->trace->n_tree_rows <= BATCH_TREE_ROWS_MAX);
    *row = (struct tree_row){.level = (uint8_t)level, .prefix = prefix, .left_touched = l.touched,
                             .right_touched = r.touched};
    memcpy(row->left_before.e, l.before, sizeof l.before);
    memcpy(row->right_before.e, r.before, sizeof r.before);
    memcpy(row->left_after.e, l.after, sizeof l.after);
    memcpy(row->right_after.e, r.after, sizeof r.after);
    return p;
}

static int cell_compare(const void *x, const void *y)
{
    uint64_t a = address(x), b = address(y);
    return a < b ? -1 : a > b;
}

struct chain_trace *test_trace(struct test_cell *cells, uint32_t n)
{
    struct chain_trace *trace = calloc(1, sizeof *trace);
    REQUIRE(trace != NULL);
    trace->tree_rows = calloc(BATCH_TREE_ROWS_MAX, sizeof *trace->tree_rows);
    REQUIRE(trace->tree_rows != NULL);
    if (n > 0) qsort(cells, n, sizeof *cells, cell_compare);
    struct walk w = {.trace = trace, .cells = cells};
    for (uint32_t h = 0; h < 32; h++)
        poseidon_compress(w.empty[h + 1], w.empty[h], w.empty[h]);
    struct pair root = node(&w, 0, 0, 0, n);
    memcpy(trace->root_before.e, root.before, sizeof root.before);
    memcpy(trace->root_after.e, root.after, sizeof root.after);
    for (uint32_t i = 0; i < n; i++) {
        if (!cells[i].touched) continue;
        struct touched_cell *c = &trace->cells[trace->n_cells++];
        *c = (struct touched_cell){.account = cells[i].account, .slot = (uint8_t)cells[i].slot};
        memcpy(c->before.e, cells[i].before, sizeof c->before.e);
        memcpy(c->after.e, cells[i].after, sizeof c->after.e);
    }
    return trace;
}

void test_trace_free(struct chain_trace *trace)
{
    if (trace == NULL) return;
    free(trace->tree_rows);
    free(trace->preimages);
    free(trace);
}

void set_roots(struct witness *w, const struct chain_trace *trace, uint32_t old, uint32_t now)
{
    for (uint32_t i = 0; i < 8; i++) {
        w_public(w, old + i, trace->root_before.e[i]);
        w_public(w, now + i, trace->root_after.e[i]);
    }
}

struct ir_trace *clean_trace(struct witness *w, const struct chain_trace *trace)
{
    struct ir_trace *tr = NULL;
    if (witness_answer(w, trace) != ERR_OK || witness_take(w, &tr) != ERR_OK) {
        printf("witness: %s\n", witness_error_text(w));
        fflush(stdout); /* Check kills a failed test without flushing */
        return NULL;
    }
    char text[512];
    if (ir_mock_check(tr, text, sizeof text) == ERR_OK) return tr;
    printf("mock: %s\n", text);
    fflush(stdout);
    ir_trace_free(tr);
    return NULL;
}

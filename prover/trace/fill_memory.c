#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/trace/witness_internal.h"

void fill_access(struct witness *w, struct memory *m, uint32_t time, uint32_t account,
                 uint32_t slot, const uint32_t old[8], const uint32_t now[8])
{
    struct mem_cell *c = memory_at(m, account, slot);
    if (memcmp(c->value, old, sizeof c->value) != 0)
        w_fail(w, ERR_MISMATCH, "cell (%u, %u) at time %u is not what the operation read",
               (unsigned)account, (unsigned)slot, (unsigned)time);
    if (time <= c->time)
        w_fail(w, ERR_MISMATCH, "cell (%u, %u): time %u after time %u", (unsigned)account,
               (unsigned)slot, (unsigned)time, (unsigned)c->time);
    uint32_t table = w_table(w, "access");
    if (table != NO_TABLE && !w_failed(w)) {
        uint32_t row = w_row(w, table);
        w_put(w, table, row, "active", 1);
        w_put(w, table, row, "t", time);
        w_put(w, table, row, "account", account);
        w_put(w, table, row, "slot", slot);
        w_put_n(w, table, row, "old", old, 8);
        w_put_n(w, table, row, "new", now, 8);
        w_put(w, table, row, "t before", c->time);
    }
    memcpy(c->value, now, sizeof c->value);
    c->time = time;
}

/* f: t, account, slot, token, mode, delta 7 */
static void fill_balance(struct witness *w, struct memory *m, const struct ask *a)
{
    uint32_t table = w_table(w, "balance");
    if (table == NO_TABLE) return;
    uint32_t token = a->f[3], mode = a->f[4];
    const uint32_t *delta = a->f + 5;
    struct mem_cell *c = memory_at(m, a->f[1], a->f[2]);
    uint32_t old[8], now[8] = {0}, carry[7] = {0}, sum = 0;
    memcpy(old, c->value, sizeof old);
    bool less = mode != BALANCE_CREDIT;
    int64_t over = 0;
    for (uint32_t i = 0; i < 7; i++) {
        int64_t v = less ? (int64_t)old[1 + i] - delta[i] - over
                         : (int64_t)old[1 + i] + delta[i] + over;
        over = less ? v < 0 : v > 0xffff;
        now[1 + i] = (uint32_t)(less ? v + 65536 * over : v - 65536 * over);
        carry[i] = (uint32_t)over;
        sum += now[1 + i];
    }
    if (over != 0) w_fail(w, ERR_BALANCE, "balance (%u, %u) at time %u: %s", (unsigned)a->f[1],
                          (unsigned)a->f[2], (unsigned)a->f[0], less ? "too small" : "too large");
    bool filled = old[0] != 0;
    if (filled && old[0] != token)
        w_fail(w, ERR_MISMATCH, "balance (%u, %u) at time %u holds token %u, not %u",
               (unsigned)a->f[1], (unsigned)a->f[2], (unsigned)a->f[0], (unsigned)old[0],
               (unsigned)token);
    if (w_failed(w)) return;
    now[0] = sum != 0 ? token : 0;
    uint32_t row = w_row(w, table);
    w_put(w, table, row, "active", 1);
    w_put(w, table, row, "debit", mode == BALANCE_DEBIT);
    w_put(w, table, row, "take all", mode == BALANCE_TAKE_ALL);
    w_put(w, table, row, "filled", filled);
    w_put(w, table, row, "t", a->f[0]);
    w_put(w, table, row, "account", a->f[1]);
    w_put(w, table, row, "slot", a->f[2]);
    w_put(w, table, row, "token", token);
    w_put_n(w, table, row, "old", old + 1, 7);
    w_put_n(w, table, row, "new", now + 1, 7);
    w_put_n(w, table, row, "delta", delta, 7);
    w_set_n(w, table, row, w_column(w, table, "carry 0"), carry, 6);
    w_put(w, table, row, "stays", sum != 0);
    w_put(w, table, row, "stays inverse", f_inv(sum));
    fill_access(w, m, a->f[0], a->f[1], a->f[2], old, now);
}

/* f: t, account, auth, height, owner 10, root 5 */
static void fill_user(struct witness *w, struct memory *m, const struct ask *a)
{
    uint32_t table = w_table(w, "user"), digest[8];
    memcpy(digest, memory_at(m, a->f[1], 0)->value, sizeof digest);
    if (table != NO_TABLE) {
        uint32_t row = w_row(w, table);
        w_put(w, table, row, "active", 1);
        w_put(w, table, row, "t", a->f[0]);
        w_set_n(w, table, row, w_column(w, table, "account"), a->f + 1, 18);
        w_put_n(w, table, row, "digest", digest, 8);
    }
    fill_access(w, m, a->f[0], a->f[1], 0, digest, digest);
}

/* f: t, account, own chain, own token, other chain, .., flags */
static void fill_pool(struct witness *w, struct memory *m, const struct ask *a)
{
    uint32_t table = w_table(w, "pool"), digest[8];
    memcpy(digest, memory_at(m, a->f[1], 0)->value, sizeof digest);
    if (table != NO_TABLE) {
        uint32_t row = w_row(w, table);
        w_put(w, table, row, "active", 1);
        w_put(w, table, row, "t", a->f[0]);
        w_put(w, table, row, "account", a->f[1]);
        w_put_n(w, table, row, "half", a->f + 2, 8);
        w_put_n(w, table, row, "digest", digest, 8);
    }
    fill_access(w, m, a->f[0], a->f[1], 0, digest, digest);
}

static uint32_t event_time(const struct ask *a)
{
    return a->tag == BUS_AUTH ? (uint32_t)((uint64_t)16 * a->f[0] % IR_P) : a->f[0];
}

static int event_compare(const void *x, const void *y)
{
    uint32_t a = event_time(*(const struct ask *const *)x);
    uint32_t b = event_time(*(const struct ask *const *)y);
    return a < b ? -1 : a > b;
}

static const uint32_t *new_key_of(const struct ask_list *asks, uint32_t j)
{
    for (uint32_t i = 0; i < asks->n; i++)
        if (asks->at[i].tag == BUS_AUTH_NEW_KEY && asks->at[i].f[0] == j)
            return asks->at[i].f + 6; /* behind j and the old root */
    return NULL;
}

void fill_events(struct witness *w, const struct chain_trace *trace, const struct ask_list *asks)
{
    struct memory m = {.cells = NULL};
    memory_load(&m, trace);
    const struct ask **order = calloc(asks->n + 1u, sizeof *order);
    struct sig_list *signatures = calloc(1, sizeof *signatures);
    REQUIRE(order != NULL && signatures != NULL);
    uint32_t n = 0;
    for (uint32_t i = 0; i < asks->n; i++)
        if (asks->at[i].tag != BUS_AUTH_NEW_KEY) order[n++] = &asks->at[i];
    qsort(order, n, sizeof *order, event_compare);
    for (uint32_t i = 0; i < n && !w_failed(w); i++) {
        const struct ask *a = order[i];
        switch (a->tag) {
        case BUS_CELL: fill_access(w, &m, a->f[0], a->f[1], a->f[2], a->f + 3, a->f + 11); break;
        case BUS_BALANCE: fill_balance(w, &m, a); break;
        case BUS_USER: fill_user(w, &m, a); break;
        case BUS_POOL: fill_pool(w, &m, a); break;
        case BUS_AUTH:
            fill_auth(w, trace, &m, a, new_key_of(asks, a->f[0]), signatures);
            break;
        default: UNREACHABLE("event");
        }
    }
    if (!w_failed(w)) fill_signatures(w, signatures);
    if (!w_failed(w)) fill_tree(w, trace, &m);
    free(signatures);
    free((void *)order);
    memory_free(&m);
}

/* Last time of the cell below a level-31 row. */
static uint32_t last_time(struct witness *w, const struct memory *m, uint64_t address)
{
    const uint32_t account = (uint32_t)(address >> 8), slot = (uint32_t)(address & 0xff);
    const struct mem_cell *c = memory_find(m, account, slot);
    if (c != NULL) return c->time;
    w_fail(w, ERR_MISMATCH, "cell (%u, %u) is in the tree but was not loaded", (unsigned)account,
           (unsigned)slot);
    return 0;
}

static void check_final_cells(struct witness *w, const struct chain_trace *trace,
                              const struct memory *m)
{
    struct memory copy = *m;
    if (copy.n != trace->n_cells)
        w_fail(w, ERR_MISMATCH, "%u cells accessed, %u touched", (unsigned)copy.n,
               (unsigned)trace->n_cells);
    for (uint32_t i = 0; i < trace->n_cells && !w_failed(w); i++) {
        const struct touched_cell *c = &trace->cells[i];
        const struct mem_cell *have = memory_at(&copy, c->account, c->slot);
        if (memcmp(have->value, c->after.e, sizeof c->after.e) != 0)
            w_fail(w, ERR_MISMATCH, "cell (%u, %u) ends with another value", (unsigned)c->account,
                   (unsigned)c->slot);
    }
}

struct tree_job {
    struct witness *w;
    const struct tree_row *rows;
    uint32_t table, first;
    uint32_t active, phase, level, account, slot, old, now, left_old, right_old, left_new,
        right_new, left_touched, right_touched, turn, bottom;
};

static void tree_put(const struct tree_job *t, uint32_t i, const uint32_t old[8],
                     const uint32_t now[8])
{
    const struct tree_row *r = &t->rows[i];
    const uint32_t table = t->table, row = t->first + i;
    const bool low = r->level >= 24;
    struct witness *w = t->w;
    w_set(w, table, row, t->active, 1);
    w_set(w, table, row, t->phase, low);
    w_set(w, table, row, t->level, r->level);
    w_set(w, table, row, t->account, low ? r->prefix >> (r->level - 24) : r->prefix);
    w_set(w, table, row, t->slot, low ? r->prefix & ((1u << (r->level - 24)) - 1u) : 0);
    w_set_n(w, table, row, t->old, old, 8);
    w_set_n(w, table, row, t->now, now, 8);
    w_set_n(w, table, row, t->left_old, r->left_before.e, 8);
    w_set_n(w, table, row, t->right_old, r->right_before.e, 8);
    w_set_n(w, table, row, t->left_new, r->left_after.e, 8);
    w_set_n(w, table, row, t->right_new, r->right_after.e, 8);
    w_set(w, table, row, t->left_touched, r->left_touched);
    w_set(w, table, row, t->right_touched, r->right_touched);
    w_set(w, table, row, t->turn, r->level == 23);
    w_set(w, table, row, t->bottom, r->level == 31);
}

static void tree_range(void *ctx, size_t worker, size_t from, size_t to)
{
    enum { STEP = 32 };
    const struct tree_job *t = ctx;
    uint32_t in[2 * STEP][16], out[2 * STEP][8];
    (void)worker;
    for (size_t at = from; at < to; at += STEP) {
        const size_t n = to - at < STEP ? to - at : STEP;
        for (size_t i = 0; i < n; i++) {
            const struct tree_row *r = &t->rows[at + i];
            memcpy(in[2 * i], r->left_before.e, sizeof r->left_before.e);
            memcpy(in[2 * i] + 8, r->right_before.e, sizeof r->right_before.e);
            memcpy(in[2 * i + 1], r->left_after.e, sizeof r->left_after.e);
            memcpy(in[2 * i + 1] + 8, r->right_after.e, sizeof r->right_after.e);
        }
        poseidon_compress_many(out, (const uint32_t (*)[16])in, 2 * n);
        for (size_t i = 0; i < n; i++)
            tree_put(t, (uint32_t)(at + i), out[2 * i], out[2 * i + 1]);
    }
}

void fill_tree(struct witness *w, const struct chain_trace *trace, const struct memory *m)
{
    const uint32_t table = w_table(w, "tree");
    if (table == NO_TABLE) return;
    check_final_cells(w, trace, m);
    if (trace->n_tree_rows == 0) w_fail(w, ERR_ARG, "the trace has no tree row, not even the root");
    if (w_failed(w)) return;
    struct tree_job t = {.w = w,
                         .rows = trace->tree_rows,
                         .table = table,
                         .first = w_rows(w, table, trace->n_tree_rows),
                         .active = w_column(w, table, "active"),
                         .phase = w_column(w, table, "phase"),
                         .level = w_column(w, table, "level"),
                         .account = w_column(w, table, "account"),
                         .slot = w_column(w, table, "slot"),
                         .old = w_columns(w, table, "old"),
                         .now = w_columns(w, table, "new"),
                         .left_old = w_columns(w, table, "left old"),
                         .right_old = w_columns(w, table, "right old"),
                         .left_new = w_columns(w, table, "left new"),
                         .right_new = w_columns(w, table, "right new"),
                         .left_touched = w_column(w, table, "left touched"),
                         .right_touched = w_column(w, table, "right touched"),
                         .turn = w_column(w, table, "turn"),
                         .bottom = w_column(w, table, "bottom")};
    if (w_failed(w)) return;
    w_parallel(w, trace->n_tree_rows, 64, tree_range, &t);
    for (uint32_t i = 0; i < trace->n_tree_rows && !w_failed(w); i++) {
        const struct tree_row *r = &trace->tree_rows[i];
        if (r->level != 31) continue;
        const uint32_t row = t.first + i;
        const uint64_t left = (uint64_t)r->prefix * 2;
        if (r->left_touched) w_put(w, table, row, "left time", last_time(w, m, left));
        if (r->right_touched) w_put(w, table, row, "right time", last_time(w, m, left + 1));
    }
}

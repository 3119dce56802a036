#include "core/state/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

void overlay_init(struct overlay *o, const struct cells *cells)
{
    memset(o, 0, sizeof *o);
    o->cells = cells;
    o->limits = &batch_limits_standard;
}

static uint32_t address_of(uint32_t account, uint8_t slot)
{
    return account << 8 | slot;
}

static uint32_t index_slot(const struct overlay *o, uint32_t account, uint8_t slot)
{
    uint32_t i = address_of(account, slot) * 0x9e3779b1u >> (32 - OVERLAY_INDEX_LOG);
    for (; o->index[i] != 0; i = (i + 1) % OVERLAY_INDEX) {
        const struct touched_cell *t = &o->touched[o->index[i] - 1];
        if (t->account == account && t->slot == slot) break;
    }
    return i;
}

/* Nodes that the path to this address adds to those of the cells already touched. */
static uint32_t rows_added(const struct overlay *o, uint32_t address)
{
    uint32_t least = UINT32_MAX; /* the longest common prefix gives the least difference; never 0 */
    for (uint32_t i = 0; i < o->n_cells; i++) {
        const uint32_t differ = address ^ o->address[i];
        least = differ < least ? differ : least;
    }
    return o->n_cells == 0 ? CELLS_DEPTH : CELLS_DEPTH - 1 - (uint32_t)__builtin_clz(least);
}

static void value_below(const struct overlay *o, uint32_t account, uint8_t slot,
                        struct cell *out)
{
    if (o->below) overlay_peek(o->below, account, slot, out);
    else cells_get(o->cells, account, slot, out);
}

static enum err touch(struct overlay *o, uint32_t account, uint8_t slot, uint32_t *entry)
{
    REQUIRE(account <= ACCOUNT_NEW);
    uint32_t i = index_slot(o, account, slot);
    if (o->n_accesses == o->limits->accesses) return ERR_FULL;
    if (o->index[i] == 0) {
        if (o->n_cells == o->limits->cells) return ERR_FULL;
        uint32_t rows = rows_added(o, address_of(account, slot));
        struct touched_cell *t = &o->touched[o->n_cells];
        t->account = account;
        t->slot = slot;
        o->address[o->n_cells] = address_of(account, slot);
        value_below(o, account, slot, &t->before);
        t->after = t->before;
        o->n_tree_rows += rows;
        o->n_cells++;
        o->index[i] = (uint16_t)o->n_cells;
    }
    o->n_accesses++;
    *entry = o->index[i] - 1u;
    return ERR_OK;
}

enum err overlay_get(struct overlay *o, uint32_t account, uint8_t slot, struct cell *out)
{
    uint32_t entry;
    ERR_TRY(touch(o, account, slot, &entry));
    *out = o->touched[entry].after;
    return ERR_OK;
}

enum err overlay_update(struct overlay *o, uint32_t account, uint8_t slot,
                        const struct cell *value, struct cell *old)
{
    uint32_t entry;
    if (o->n_undo == OVERLAY_UNDO_MAX) return ERR_FULL;
    ERR_TRY(touch(o, account, slot, &entry));
    struct touched_cell *t = &o->touched[entry];
    o->undo[o->n_undo++] = (struct overlay_undo){(uint16_t)entry, t->after};
    struct cell before = t->after;
    t->after = *value;
    if (old) *old = before;
    return ERR_OK;
}

void overlay_peek(const struct overlay *o, uint32_t account, uint8_t slot, struct cell *out)
{
    uint32_t i = index_slot(o, account, slot);
    if (o->index[i] != 0) *out = o->touched[o->index[i] - 1].after;
    else value_below(o, account, slot, out);
}

struct overlay_mark overlay_mark(const struct overlay *o)
{
    return (struct overlay_mark){o->n_cells, o->n_accesses, o->n_tree_rows, o->n_undo};
}

void overlay_rollback(struct overlay *o, struct overlay_mark mark)
{
    while (o->n_undo > mark.n_undo) {
        const struct overlay_undo *u = &o->undo[--o->n_undo];
        o->touched[u->entry].after = u->before;
    }
    o->n_accesses = mark.n_accesses;
    o->n_tree_rows = mark.n_tree_rows;
    if (o->n_cells == mark.n_cells) return;
    o->n_cells = mark.n_cells;
    memset(o->index, 0, sizeof o->index);
    for (uint32_t i = 0; i < o->n_cells; i++)
        o->index[index_slot(o, o->touched[i].account, o->touched[i].slot)] = (uint16_t)(i + 1);
}

static int compare_touched(const void *a, const void *b)
{
    const struct touched_cell *x = a, *y = b;
    uint32_t p = address_of(x->account, x->slot), q = address_of(y->account, y->slot);
    return p < q ? -1 : p > q;
}

void overlay_sorted(const struct overlay *o, struct touched_cell out[BATCH_CELLS_MAX])
{
    memcpy(out, o->touched, o->n_cells * sizeof out[0]);
    qsort(out, o->n_cells, sizeof out[0], compare_touched);
}

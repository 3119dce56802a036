#include <stdlib.h>
#include <string.h>

#include "core/batch/batch.h"

enum err chain_state_init(struct chain_state *s, uint16_t index)
{
    struct chain_state fresh = {index, cells_new_genesis(), preimages_new()};
    if (!fresh.cells || !fresh.preimages) {
        chain_state_deinit(&fresh);
        return ERR_NOMEM;
    }
    *s = fresh;
    return ERR_OK;
}

void chain_state_deinit(struct chain_state *s)
{
    cells_free(s->cells);
    preimages_free(s->preimages);
    memset(s, 0, sizeof *s);
}

/* Writes one column of the trace's cells and checks the root it gives. */
static enum err cells_write(struct chain_state *s, const struct chain_trace *trace, bool after)
{
    struct digest8 root;
    for (uint32_t i = 0; i < trace->n_cells; i++) {
        const struct touched_cell *t = &trace->cells[i];
        ERR_TRY(cells_set(s->cells, t->account, t->slot, after ? &t->after : &t->before));
    }
    ERR_TRY(cells_root(s->cells, &root));
    const struct digest8 *want = after ? &trace->root_after : &trace->root_before;
    return memcmp(&root, want, sizeof root) == 0 ? ERR_OK : ERR_MISMATCH;
}

static enum err move(struct chain_state *s, const struct chain_trace *trace, bool forward)
{
    struct digest8 root;
    const struct digest8 *now = forward ? &trace->root_before : &trace->root_after;
    ERR_TRY(cells_root(s->cells, &root));
    if (s->chain != trace->chain || memcmp(&root, now, sizeof root) != 0) return ERR_MISMATCH;
    for (uint32_t i = 0; i < trace->n_preimages; i++) {
        const struct slot0_preimage *p = &trace->preimages[i];
        const struct slot0_preimage *known = preimages_find(s->preimages, &p->digest);
        if (known && memcmp(known, p, sizeof *p) == 0) continue; /* hashed when it came in */
        if (p->kind == PREIMAGE_USER) ERR_TRY(preimages_add_user(s->preimages, &p->user, NULL));
        else ERR_TRY(preimages_add_pool(s->preimages, &p->pool, NULL));
    }
    enum err err = cells_write(s, trace, forward);
    if (err == ERR_OK) return ERR_OK;
    ERR_TRY(cells_write(s, trace, !forward)); /* no memory, or the trace contradicts itself */
    return err;
}

enum err chain_state_revert(struct chain_state *s, const struct chain_trace *trace)
{
    return move(s, trace, false);
}

enum err chain_state_advance(struct chain_state *s, const struct chain_trace *trace)
{
    return move(s, trace, true);
}

void chain_trace_free(struct chain_trace *trace)
{
    if (!trace) return;
    free(trace->preimages);
    free(trace->tree_rows);
    free(trace->signatures);
    free(trace);
}

/* The tree above touched cells, level by level from the cells up, so that the hashes of a level go side by
 * side. */
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"
#include "core/state/overlay.h"

/* Nodes of one level on the paths, ascending. */
struct level {
    uint32_t n;
    uint32_t *prefix;
    struct digest8 *before, *after;
    uint32_t (*pairs)[16]; /* of the level above: before and after of each node */
    uint32_t (*hashes)[8];
};

static enum err level_new(struct level *l, const struct touched_cell *sorted, uint32_t n)
{
    const size_t cap = n ? n : 1;
    *l = (struct level){.n = n,
                        .prefix = malloc(cap * sizeof *l->prefix),
                        .before = malloc(cap * sizeof *l->before),
                        .after = malloc(cap * sizeof *l->after),
                        .pairs = malloc(2 * cap * sizeof *l->pairs),
                        .hashes = malloc(2 * cap * sizeof *l->hashes)};
    if (!l->prefix || !l->before || !l->after || !l->pairs || !l->hashes) return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        l->prefix[i] = sorted[i].account << 8 | sorted[i].slot;
        memcpy(l->before[i].e, sorted[i].before.e, sizeof l->before[i].e);
        memcpy(l->after[i].e, sorted[i].after.e, sizeof l->after[i].e);
    }
    return ERR_OK;
}

static void level_free(struct level *l)
{
    free(l->prefix);
    free(l->before);
    free(l->after);
    free(l->pairs);
    free(l->hashes);
}

/* A child of the row: the next listed node if it is that one, else what the store has. */
static enum err child_take(const struct cells *cells, const struct level *l, uint32_t *i,
                           uint32_t level, uint32_t prefix, struct digest8 *before,
                           struct digest8 *after, bool *touched)
{
    *touched = *i < l->n && l->prefix[*i] == prefix;
    if (*touched) {
        *before = l->before[*i];
        *after = l->after[*i];
        ++*i;
        return ERR_OK;
    }
    ERR_TRY(cells_node(cells, level, prefix, before));
    *after = *before;
    return ERR_OK;
}

/* Rows of `level` from the nodes of level + 1; the level becomes that of the rows. */
static enum err level_rise(const struct cells *cells, struct level *l, uint32_t level,
                           struct tree_row *rows)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < l->n; m++) {
        struct tree_row *r = &rows[m];
        const uint32_t prefix = l->prefix[i] >> 1;
        memset(r, 0, sizeof *r);
        r->level = (uint8_t)level;
        r->prefix = prefix;
        ERR_TRY(child_take(cells, l, &i, level + 1, 2 * prefix, &r->left_before, &r->left_after,
                           &r->left_touched));
        ERR_TRY(child_take(cells, l, &i, level + 1, 2 * prefix + 1, &r->right_before,
                           &r->right_after, &r->right_touched));
        l->prefix[m] = prefix;
        memcpy(l->pairs[2 * m], r->left_before.e, 32);
        memcpy(l->pairs[2 * m] + 8, r->right_before.e, 32);
        memcpy(l->pairs[2 * m + 1], r->left_after.e, 32);
        memcpy(l->pairs[2 * m + 1] + 8, r->right_after.e, 32);
    }
    poseidon_compress_many(l->hashes, (const uint32_t(*)[16])l->pairs, (size_t)2 * m);
    for (uint32_t i = 0; i < m; i++) {
        memcpy(l->before[i].e, l->hashes[2 * i], 32);
        memcpy(l->after[i].e, l->hashes[2 * i + 1], 32);
    }
    l->n = m;
    return ERR_OK;
}

/* Rows of a level stand before those of the next: filled from the end. */
static enum err rows_fill(const struct cells *cells, struct level *l, struct tree_row *rows,
                          uint32_t n_rows)
{
    for (uint32_t level = CELLS_DEPTH; level-- > 0;) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < l->n; i++)
            n += i == 0 || l->prefix[i] >> 1 != l->prefix[i - 1] >> 1;
        n_rows -= n;
        ERR_TRY(level_rise(cells, l, level, rows + n_rows));
    }
    return ERR_OK;
}

static uint32_t rows_count(const struct touched_cell *sorted, uint32_t n_cells)
{
    uint32_t n = n_cells > 0 ? CELLS_DEPTH : 0;
    for (uint32_t i = 1; i < n_cells; i++) {
        const uint32_t a = sorted[i - 1].account << 8 | sorted[i - 1].slot;
        const uint32_t b = sorted[i].account << 8 | sorted[i].slot;
        n += 31u - (uint32_t)__builtin_clz(a ^ b); /* levels below the node where the paths part */
    }
    return n;
}

enum err tree_rows_build(const struct cells *cells, const struct touched_cell *sorted,
                         uint32_t n_cells, struct tree_row **rows, uint32_t *n_rows,
                         struct digest8 *root_before, struct digest8 *root_after)
{
    struct level l;
    const uint32_t n = rows_count(sorted, n_cells);
    struct tree_row *out = malloc((n ? n : 1) * sizeof *out);
    enum err err = level_new(&l, sorted, n_cells);
    if (!out) err = ERR_NOMEM;
    if (err == ERR_OK) err = rows_fill(cells, &l, out, n);
    if (err == ERR_OK && n_cells > 0) {
        *root_before = l.before[0];
        *root_after = l.after[0];
    } else if (err == ERR_OK) {
        err = cells_node(cells, 0, 0, root_before);
        *root_after = *root_before;
    }
    level_free(&l);
    if (err != ERR_OK) {
        free(out);
        return err;
    }
    *rows = out;
    *n_rows = n;
    return ERR_OK;
}

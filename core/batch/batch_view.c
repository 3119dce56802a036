/* Questions about the open batch. */
#include <string.h>

#include "core/batch/batch.h"
#include "core/batch/batch_internal.h"

struct fullness {
    uint32_t most;
    const char *limit;
};

static void share(struct fullness *f, const char *name, uint32_t used, uint32_t max)
{
    if (max == 0 || used > max || (uint64_t)used * 1000 / max < f->most) return;
    f->most = (uint32_t)((uint64_t)used * 1000 / max);
    f->limit = name;
}

static struct fullness slice_fullness(const struct batch *b, const struct batch_part *p)
{
    const struct batch_limits *l = p->overlay.limits;
    struct fullness f = {0, "none"};
    share(&f, "records", p->n_ops, l->records);
    share(&f, "signatures", p->rules.count.signatures, l->signatures);
    share(&f, "half operations", p->rules.count.tuples, l->tuples);
    share(&f, "pairs", b->x, l->pairs);
    share(&f, "cell accesses", p->overlay.n_accesses, l->accesses);
    share(&f, "cells", p->overlay.n_cells, l->cells);
    share(&f, "tree rows", p->overlay.n_tree_rows, l->tree_rows);
    share(&f, "hashes", batch_part_poseidon(p), l->poseidon);
    share(&f, "bytes", p->n_bytes, l->bytes);
    share(&f, "priority requests", p->n_priority, l->priority);
    share(&f, "withdrawals", p->n_withdrawals, l->withdrawals);
    return f;
}

uint32_t batch_fullness(const struct batch *b, uint16_t chain, const char **limit)
{
    const struct batch_part *p = batch_part_find(b, chain);
    if (limit) *limit = "none";
    if (!p) return 0;
    const struct fullness slice = slice_fullness(b, p);
    uint32_t segments = b->n_traces, slices = b->config.slices_max;
    for (uint32_t i = 0; i < b->n_parts; i++) segments += b->parts[i]->n_ops > 0;
    struct fullness f = {0, "none"};
    share(&f, "bytes of the chain", p->closed_bytes + p->n_bytes, BATCH_CHAIN_BYTES_MAX);
    share(&f, "execution on L1", p->closed_execution + p->execution, BATCH_EXECUTION_MAX);
    share(&f, "segments", segments, BATCH_SEGMENTS_MAX);
    share(&f, b->n_slices + 1 == slices ? slice.limit : "slices", 1000 * b->n_slices + slice.most,
          1000 * slices);
    if (limit) *limit = f.limit;
    return f.most;
}

uint32_t batch_count_ops(const struct batch *b, uint16_t chain)
{
    const struct batch_part *p = batch_part_find(b, chain);
    return p ? p->closed_ops + p->n_ops : 0;
}

uint32_t batch_count_all_ops(const struct batch *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->n_parts; i++) n += b->parts[i]->closed_ops + b->parts[i]->n_ops;
    return n;
}

const struct rules_chain *batch_chain(const struct batch *b, uint16_t chain)
{
    const struct batch_part *p = batch_part_find(b, chain);
    return p ? &p->rules : NULL;
}

void batch_peek(const struct batch *b, uint16_t chain, uint32_t account, uint8_t slot,
                struct cell *out)
{
    const struct batch_part *p = batch_part_find(b, chain);
    memset(out, 0, sizeof *out);
    if (p && account <= ACCOUNT_NEW) overlay_peek(&p->overlay, account, slot, out);
}

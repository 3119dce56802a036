/* Ranges of consecutive batches: from the first batch that a chain has not proven to the last one whose
 * join is there, when no other terminal is being made and no further batch is about to be ready. */
#include <string.h>

#include "common/log/log.h"
#include "orchestrator/pipeline_internal.h"

static bool range_done(const struct proof_set *r)
{
    return proof_set_last(r)->state == PROOF_DONE;
}

struct proof_set *pipe_range_from(struct pipeline *p, uint64_t from)
{
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (p->ranges[i].from == from) return &p->ranges[i];
    }
    return NULL;
}

static void range_remove(struct pipeline *p, size_t at)
{
    proof_set_deinit(&p->ranges[at]);
    p->n_ranges--;
    memmove(&p->ranges[at], &p->ranges[at + 1], (p->n_ranges - at) * sizeof p->ranges[0]);
}

void pipe_ranges_drop(struct pipeline *p, uint64_t k)
{
    for (size_t i = p->n_ranges; i > 0; i--) {
        if (p->ranges[i - 1].to >= k) range_remove(p, i - 1);
    }
}

static uint64_t proven_everywhere(const struct pipeline *p)
{
    uint64_t least = UINT64_MAX;
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        uint64_t proven = l1_link_marks(p->options.links[c])->proven;
        if (proven < least) least = proven;
    }
    return least;
}

/* No chain stands before the range any more; no chain needs the batch's join any more. */
static void forget_proven(struct pipeline *p)
{
    uint64_t proven = proven_everywhere(p);
    for (size_t i = p->n_ranges; i > 0; i--) {
        if (p->ranges[i - 1].from <= proven) range_remove(p, i - 1);
    }
    for (size_t i = 0; i < p->count && p->batches[i].k <= proven; i++) {
        if (p->batches[i].is_proven) continue;
        p->batches[i].is_proven = true;
        proof_set_spend(&p->batches[i].proofs);
    }
    if (proven > p->pruned) {
        enum err err = store_job_prune(p->store, proven);
        if (err == ERR_OK) p->pruned = proven;
    }
}

/* How many batches from `from` on have their join. */
static uint32_t ready_from(struct pipeline *p, uint64_t from,
                           struct proof_job *roots[PROOF_RANGE_MAX])
{
    uint32_t n = 0;
    while (n < PROOF_RANGE_MAX) {
        struct pipe_batch *b = pipe_find(p, from + n);
        if (b == NULL || proof_set_last(&b->proofs)->state != PROOF_DONE) break;
        roots[n++] = proof_set_last(&b->proofs);
    }
    return n;
}

/* Chains that were proven by somebody else, in part, end where the others do. */
static uint32_t align(const struct pipeline *p, uint64_t from, uint32_t n)
{
    uint64_t earlier = pipe_restored_range(p, from);
    if (earlier >= from && earlier < from + n) return (uint32_t)(earlier - from + 1);
    for (size_t i = 0; i < p->n_ranges; i++) {
        const struct proof_set *r = &p->ranges[i];
        if (r->from < from && from <= r->to && r->to < from + n) return (uint32_t)(r->to - from + 1);
    }
    return n;
}

/* Whether the n ready batches should go now: nothing comes soon, or they waited long enough. */
static bool is_time(struct pipeline *p, uint64_t from, uint32_t n)
{
    const struct pipe_batch *next = pipe_find(p, from + n);
    struct pipe_batch *first = pipe_find(p, from);
    uint64_t now = clock_mono_ms(&p->options.clock);
    if (first->ready_ms == 0) first->ready_ms = now == 0 ? 1 : now;
    if (n == PROOF_RANGE_MAX || next == NULL || !next->is_audited) return true;
    return now >= first->ready_ms + p->options.range_wait_ms;
}

static bool range_begin(struct pipeline *p, uint64_t from)
{
    struct proof_job *roots[PROOF_RANGE_MAX];
    if (p->n_ranges == RANGES_MAX || pipe_range_from(p, from) != NULL) return false;
    uint32_t n = ready_from(p, from, roots);
    if (n == 0 || !is_time(p, from, n)) return false;
    struct proof_set *r = &p->ranges[p->n_ranges];
    enum err err = proof_set_range(r, roots, align(p, from, n));
    if (err != ERR_OK) {
        log_unusual("prover", "range", LOG_ERR(err));
        return false;
    }
    p->n_ranges++;
    pipe_set_restore(p, r);
    log_info("prover", "range", LOG_U64("from", r->from), LOG_U64("to", r->to));
    return true;
}

void pipe_ranges_tick(struct pipeline *p)
{
    uint64_t next = 0;
    forget_proven(p);
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (!range_done(&p->ranges[i])) return; /* the terminal is taken */
        if (p->ranges[i].to + 1 > next) next = p->ranges[i].to + 1;
    }
    for (size_t c = 0; c < p->options.deployment->n_chains; c++) {
        if (range_begin(p, l1_link_sent(p->options.links[c], OUTBOX_PROVE) + 1)) return;
    }
    if (next > 0) (void)range_begin(p, next);
}

bool pipeline_is_overtaken(const struct pipeline *p, uint16_t chain, uint64_t k)
{
    uint64_t from = l1_link_marks(p->options.links[chain])->proven + 1;
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (p->ranges[i].from == from && p->ranges[i].to == k) return false;
    }
    return true;
}

#include <string.h>

#include "common/base/require.h"
#include "core/batch/batch.h"

uint32_t sealed_batch_chains(const struct sealed_batch *s, uint16_t out[BATCH_PARTICIPANTS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        uint16_t chain = s->traces[i]->chain;
        uint32_t at = 0;
        while (at < n && out[at] < chain) at++;
        if (at < n && out[at] == chain) continue;
        REQUIRE(n < BATCH_PARTICIPANTS_MAX);
        memmove(out + at + 1, out + at, (n - at) * sizeof out[0]);
        out[at] = chain;
        n++;
    }
    return n;
}

uint32_t sealed_batch_of_chain(const struct sealed_batch *s, uint16_t chain,
                               struct chain_trace *out[BATCH_SEGMENTS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_segments; i++)
        if (s->traces[i]->chain == chain) out[n++] = s->traces[i];
    return n;
}

uint32_t sealed_batch_of_slice(const struct sealed_batch *s, uint32_t slice, uint32_t *first)
{
    uint32_t n = 0;
    *first = 0;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        if (s->traces[i]->slice != slice) continue;
        if (n++ == 0) *first = i;
    }
    return n;
}

uint32_t sealed_batch_pairings(const struct sealed_batch *s, uint32_t slices[BATCH_SLICES_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_segments; i++) {
        const struct chain_trace *t = s->traces[i];
        if (t->n_tuples == 0 || (n > 0 && slices[n - 1] == t->slice)) continue;
        REQUIRE(n < BATCH_SLICES_MAX);
        slices[n++] = t->slice;
    }
    return n;
}

static enum err trace_move(const struct chain_trace *t, struct chain_state *states,
                           uint32_t n_states, bool forward)
{
    if (t->chain >= n_states) return ERR_ARG;
    return forward ? chain_state_advance(&states[t->chain], t)
                   : chain_state_revert(&states[t->chain], t);
}

/* Segment number i of those to move, in the order of moving. */
static const struct chain_trace *nth(const struct sealed_batch *s, uint32_t i, bool forward)
{
    return s->traces[forward ? i : s->n_segments - 1 - i];
}

static enum err all_move(const struct sealed_batch *s, struct chain_state *states,
                         uint32_t n_states, bool forward)
{
    for (uint32_t i = 0; i < s->n_segments; i++) {
        enum err err = trace_move(nth(s, i, forward), states, n_states, forward);
        if (err == ERR_OK) continue;
        while (i > 0) REQUIRE(trace_move(nth(s, --i, forward), states, n_states, !forward) == ERR_OK);
        return err;
    }
    return ERR_OK;
}

enum err sealed_batch_revert(const struct sealed_batch *s, struct chain_state *states,
                             uint32_t n_states)
{
    return all_move(s, states, n_states, false);
}

enum err sealed_batch_advance(const struct sealed_batch *s, struct chain_state *states,
                              uint32_t n_states)
{
    return all_move(s, states, n_states, true);
}

void sealed_batch_deinit(struct sealed_batch *s)
{
    for (uint32_t i = 0; i < BATCH_SEGMENTS_MAX; i++) chain_trace_free(s->traces[i]);
    memset(s, 0, sizeof *s);
}

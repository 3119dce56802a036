#include "tests/unit/prover/batch/fixture.h"

#include <string.h>

#include "common/base/require.h"

static uint32_t element(struct rng *rng)
{
    switch (rng_below(rng, 8)) { /* also where the 32-bit form turns */
    case 0:
        return 0;
    case 1:
        return IR_P - 1;
    case 2:
        return IR_P - 2;
    default:
        return (uint32_t)rng_below(rng, IR_P);
    }
}

static void elements(struct rng *rng, uint32_t *e, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        e[i] = element(rng);
}

static void chain_list(struct batch_case *c, struct rng *rng, uint32_t n)
{
    uint64_t id = rng_below(rng, 3) == 0 ? 0 : rng_below(rng, 100000);
    for (uint32_t i = 0; i < n; i++) {
        struct chain_entry *e = &c->chains[i];
        bool fresh = false;
        while (!fresh) { /* any distinct indices */
            e->index = (uint16_t)rng_below(rng, 65536);
            fresh = true;
            for (uint32_t k = 0; k < i; k++)
                fresh = fresh && c->chains[k].index != e->index;
        }
        e->chain_id = id;
        uint32_t shift = (uint32_t)rng_below(rng, 60);
        id += 1 + (rng_u64(rng) >> shift >> 4);
        rng_fill(rng, e->address, sizeof e->address);
        e->finality = (uint32_t)rng_u64(rng);
        elements(rng, c->before[i].e, 8);
        c->after[i] = c->before[i];
    }
}

static void segment(struct batch_case *c, struct rng *rng, uint32_t chain, uint32_t number,
                    const uint32_t dep[8], bool tuples)
{
    uint32_t *p = c->segments[c->in.n_segments++].publics;
    p[LEAF_CHAIN] = c->chains[chain].index;
    p[LEAF_K] = c->in.k & 0xffff;
    p[LEAF_K + 1] = c->in.k >> 16;
    p[LEAF_TIME] = c->in.time & 0xffff;
    p[LEAF_TIME + 1] = c->in.time >> 16;
    p[LEAF_SEGMENT] = number;
    memcpy(p + LEAF_DEP, dep, 8 * sizeof *p);
    memcpy(p + LEAF_ROOT_OLD, c->after[chain].e, 8 * sizeof *p);
    elements(rng, c->after[chain].e, 8);
    memcpy(p + LEAF_ROOT_NEW, c->after[chain].e, 8 * sizeof *p);
    for (uint32_t i = 0; i < 16; i++)
        p[LEAF_SHA + i] = (uint32_t)rng_below(rng, 65536);
    elements(rng, p + LEAF_TUPLE_DIGEST, 8);
    p[LEAF_TUPLE_COUNT] = tuples ? 1 + (uint32_t)rng_below(rng, 64) : 0;
}

static void add_side(struct batch_pairing *p, const uint32_t *publics)
{
    struct batch_side s = {.chain = publics[LEAF_CHAIN], .count = publics[LEAF_TUPLE_COUNT]};
    memcpy(s.digest, publics + LEAF_TUPLE_DIGEST, sizeof s.digest);
    uint32_t at = p->n_sides++;
    while (at > 0 && p->sides[at - 1].chain > s.chain) {
        p->sides[at] = p->sides[at - 1];
        at--;
    }
    p->sides[at] = s;
}

void batch_case_plan(struct batch_case *c, struct rng *rng, uint32_t n_chains,
                     const char *const *plan, uint32_t slices)
{
    uint32_t of[BATCH_LIST_MAX] = {0}, dep[8];
    REQUIRE(n_chains <= BATCH_LIST_MAX);
    memset(c, 0, sizeof *c);
    rng_fill(rng, c->in.deployment_id, 32);
    rng_fill(rng, c->in.programs_digest, 32);
    rng_fill(rng, c->in.d_from, 32);
    deployment_elements(dep, c->in.deployment_id);
    c->in.k = rng_below(rng, 3) == 0 ? 65536 : 1 + (uint32_t)rng_u64(rng) % 0xfffffffeu;
    c->in.time = (uint32_t)rng_u64(rng);
    c->in.n_chains = n_chains;
    chain_list(c, rng, n_chains);
    for (uint32_t s = 0; s < slices; s++) {
        struct batch_pairing pairing = {.time = c->in.time};
        memcpy(pairing.dep, dep, sizeof dep);
        for (uint32_t i = 0; i < n_chains; i++) {
            if (plan[s][i] == '-' || c->in.n_segments == BATCH_LEAVES_MAX) continue;
            segment(c, rng, i, of[i]++, dep, plan[s][i] == 't');
            const uint32_t *p = c->segments[c->in.n_segments - 1].publics;
            if (p[LEAF_TUPLE_COUNT] > 0) add_side(&pairing, p);
        }
        if (pairing.n_sides > 0) c->pairings[c->in.n_pairings++] = pairing;
    }
    for (uint32_t i = 0; i < c->in.n_segments; i++)
        for (uint32_t k = 0; k < n_chains; k++)
            if (c->segments[i].publics[LEAF_CHAIN] == c->chains[k].index)
                c->segments[i].publics[LEAF_OF] = of[k];
    batch_case_copy(c, c);
}

void batch_case_blob(struct batch_case *c, struct rng *rng, uint32_t chain)
{
    uint32_t value[3 * BLOB_LIMBS] = {0}; /* z, a, b */
    for (uint32_t i = 0; i < BLOB_LIMBS; i++)
        value[i] = (uint32_t)rng_below(rng, 65536);
    for (uint32_t i = 0; i < c->in.n_segments; i++) { /* a chain's are in order */
        struct batch_segment *s = &c->segments[i];
        if (s->publics[LEAF_CHAIN] != c->chains[chain].index) continue;
        s->blob = true;
        memcpy(s->publics + LEAF_BLOB_Z, value, sizeof value);
        for (uint32_t k = BLOB_LIMBS; k < 3 * BLOB_LIMBS; k++)
            value[k] = rng_below(rng, 8) == 0 ? 65535 : (uint32_t)rng_below(rng, 65536);
        memcpy(s->publics + LEAF_BLOB_A_AFTER, value + BLOB_LIMBS, sizeof(uint32_t) * 2 * BLOB_LIMBS);
    }
}

void batch_case_random(struct batch_case *c, struct rng *rng, uint32_t n_chains, uint32_t slices)
{
    char text[32][BATCH_LIST_MAX];
    const char *plan[32];
    REQUIRE(slices <= ARRAY_LEN(plan));
    for (uint32_t s = 0; s < slices; s++) {
        for (uint32_t i = 0; i < n_chains; i++)
            text[s][i] = rng_below(rng, 4) == 0 ? '-' : rng_below(rng, 3) == 0 ? 'p' : 't';
        plan[s] = text[s];
    }
    if (text[0][0] == '-') text[0][0] = 't';
    batch_case_plan(c, rng, n_chains, plan, slices);
    for (uint32_t i = 0, blobs = 0; i < n_chains && blobs < n_chains / 2; i++) {
        if (rng_below(rng, 2) == 0) continue;
        batch_case_blob(c, rng, i);
        blobs++;
    }
}

void batch_case_copy(struct batch_case *out, const struct batch_case *c)
{
    if (out != c) *out = *c;
    out->in.chains = out->chains;
    out->in.roots_before = out->before;
    out->in.roots_after = out->after;
    out->in.segments = out->segments;
    out->in.pairings = out->pairings;
    out->in.tree = c->in.tree != NULL ? &out->tree : NULL;
}

struct batch_segment *batch_case_segment(struct batch_case *c, uint32_t chain, uint32_t number)
{
    for (uint32_t i = 0; i < c->in.n_segments; i++) {
        uint32_t *p = c->segments[i].publics;
        if (p[LEAF_CHAIN] == c->chains[chain].index && p[LEAF_SEGMENT] == number)
            return &c->segments[i];
    }
    return NULL;
}

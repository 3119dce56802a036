#include "audit/pairing.h"

#include <string.h>

enum { CODE_CREATE = 6, CODE_IN = 7, CODE_OUT = 0x20, CHAINS_MAX = 64 };

bool pairing_names(const struct identity *a, const struct identity *b)
{
    return a->other_chain == b->own_chain && a->other_id == b->own_id &&
           a->other_token == b->own_token && a->fee_bps == b->fee_bps && a->cap_bps == b->cap_bps;
}

/* a1 = floor(a0' r1 / (r0 + a0')), a0' = floor(a0 (10000 - fee) / 10000), both > 0. */
static bool product_holds(const struct half *in, const struct half *out)
{
    units net = in->amount / 10000 * (10000 - in->pool.fee_bps) +
                in->amount % 10000 * (10000 - in->pool.fee_bps) / 10000;
    struct u256 a = u256_from_u128(net);
    struct u256 r1 = u256_from_u128(out->read);
    struct u256 sum = u256_from_u128(in->read + net);
    struct u256 q;
    unsigned __int128 a1 = 0;
    if (net == 0 || out->amount == 0) return false;
    if (u256_mul_div_floor(&q, &a, &r1, &sum) != ERR_OK || u256_to_u128(&a1, &q) != ERR_OK)
        return false;
    return a1 == out->amount;
}

static bool fault_at(struct pairing_fault *f, const struct half *h, const char *text)
{
    f->chain = (uint16_t)h->pool.own_chain;
    f->record = h->record;
    f->text = text;
    return false;
}

bool pairing_swap_fits(const struct half *in, const struct half *out, struct pairing_fault *f)
{
    if (in->code != CODE_IN || out->code != CODE_OUT)
        return fault_at(f, in, "a swap needs one input and one output half");
    if (!product_holds(in, out)) return fault_at(f, out, "the constant product does not hold");
    if (out->slot >= 128 && memcmp(in->owner, out->owner, 20) != 0)
        return fault_at(f, out, "a swap into a slot that only its owner may credit");
    return true;
}

static bool pair_fits(const struct half *x, const struct half *y, struct pairing_fault *f)
{
    bool swap = x->code == CODE_IN || x->code == CODE_OUT;
    if (!pairing_names(&x->pool, &y->pool) || !pairing_names(&y->pool, &x->pool))
        return fault_at(f, x, "the two pool halves do not name each other");
    if (swap) return x->code == CODE_IN ? pairing_swap_fits(x, y, f) : pairing_swap_fits(y, x, f);
    if (x->code != y->code) return fault_at(f, x, "the halves are of different kinds");
    return x->read == y->read || fault_at(f, x, "the halves name different shares");
}

/* Consumes the pairs that lie on one chain; *next then stands at a half of two chains or the end. */
static bool own_pairs(const struct ledger *l, uint32_t *next, struct pairing_fault *f)
{
    while (*next < l->n_halves && l->halves[*next].pool.other_chain == l->chain) {
        const struct half *x = &l->halves[*next];
        if (*next + 1 == l->n_halves)
            return fault_at(f, x, "a half operation without its other half");
        const struct half *y = x + 1;
        if (!pair_fits(x, y, f)) return false;
        /* No more than the proofs say: a proven batch that oracles refuse is never agreed on. A record
         * that is no half may stand between the two, and of ADD and REMOVE either side may be first. */
        bool wrong = x->code == CODE_OUT ||
                     (x->code == CODE_CREATE && x->pool.own_token >= y->pool.own_token);
        if (wrong) return fault_at(f, x, "the halves stand in the wrong order");
        *next += 2;
    }
    return true;
}

bool pairing_check(struct ledger *const *chains, size_t n_chains, struct pairing_fault *fault)
{
    uint32_t next[CHAINS_MAX] = {0};
    for (size_t c = 0; c < n_chains; c++) {
        const struct ledger *l = chains[c];
        for (;;) {
            if (!own_pairs(l, &next[c], fault)) return false;
            if (next[c] == l->n_halves) break;
            const struct half *x = &l->halves[next[c]];
            uint32_t o = x->pool.other_chain;
            /* chains before this one have no half left */
            if (o >= n_chains || o < c)
                return fault_at(fault, x, "a half operation without its other half");
            if (!own_pairs(chains[o], &next[o], fault)) return false;
            if (next[o] == chains[o]->n_halves)
                return fault_at(fault, x, "a half operation without its other half");
            if (!pair_fits(x, &chains[o]->halves[next[o]], fault)) return false;
            next[c]++;
            next[o]++;
        }
    }
    return true;
}

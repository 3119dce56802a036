#include "audit/pairing.h"

#include <string.h>

#include "common/base/require.h"

enum { CODE_CREATE = 6, CODE_IN = 7, CODE_OUT = 0x20, CHAINS_MAX = 16 };

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

struct heads { /* first half of every chain that has no partner yet */
    struct ledger *const *chains;
    size_t n;
    uint32_t next[CHAINS_MAX];
};

static const struct half *head(const struct heads *h, size_t chain)
{
    const struct ledger *l = h->chains[chain];
    return h->next[chain] < l->n_halves ? &l->halves[h->next[chain]] : NULL;
}

/* x is the head of its chain, its other half lies there too: the one after it. */
static bool own_pair(struct heads *h, const struct half *x, struct pairing_fault *f)
{
    size_t c = x->pool.own_chain;
    h->next[c]++;
    const struct half *y = head(h, c);
    if (y == NULL) return fault_at(f, x, "a half operation without its other half");
    if (!pair_fits(x, y, f)) return false;
    /* No more than the proofs say: a proven batch that oracles refuse is never agreed on. A record
     * that is no half may stand between the two, and of ADD and REMOVE either side may be first. */
    bool wrong =
        x->code == CODE_OUT || (x->code == CODE_CREATE && x->pool.own_token >= y->pool.own_token);
    if (wrong) return fault_at(f, x, "the halves stand in the wrong order");
    h->next[c]++;
    return true;
}

/* Takes pairs off chain c for as long as its head and its partner's head are each other's. */
static bool advance(struct heads *h, size_t c, bool *moved, struct pairing_fault *f)
{
    const struct half *x = NULL;
    while ((x = head(h, c)) != NULL) {
        size_t o = x->pool.other_chain;
        if (o == c) {
            if (!own_pair(h, x, f)) return false;
        } else {
            const struct half *y = o < h->n ? head(h, o) : NULL;
            if (y == NULL) return fault_at(f, x, "a half operation without its other half");
            if (y->pool.other_chain != c) return true; /* another one is to come first there */
            if (!pair_fits(x, y, f)) return false;
            h->next[c]++;
            h->next[o]++;
        }
        *moved = true;
    }
    return true;
}

/* Nothing moves although halves are left: one without a partner, or all wait for each other. */
static bool stuck(const struct heads *h, struct pairing_fault *f)
{
    const struct half *first = NULL;
    for (size_t c = 0; c < h->n; c++) {
        const struct half *x = head(h, c);
        if (x == NULL) continue;
        if (first == NULL) first = x;
        const struct ledger *other = h->chains[x->pool.other_chain];
        uint32_t i = h->next[x->pool.other_chain];
        while (i < other->n_halves && other->halves[i].pool.other_chain != c)
            i++;
        if (i == other->n_halves) return fault_at(f, x, "a half operation without its other half");
    }
    return first == NULL || fault_at(f, first, "the halves of the chains stand in no common order");
}

bool pairing_check(struct ledger *const *chains, size_t n_chains, struct pairing_fault *fault)
{
    struct heads h = {.chains = chains, .n = n_chains};
    REQUIRE(n_chains <= CHAINS_MAX);
    bool moved = true;
    while (moved) {
        moved = false;
        for (size_t c = 0; c < n_chains; c++) {
            if (!advance(&h, c, &moved, fault)) return false;
        }
    }
    return stuck(&h, fault);
}

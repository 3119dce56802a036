/* layer_join of layers.h: the product's slots, made when first needed. */
#include <pthread.h>
#include <stdio.h>

#include "common/base/require.h"
#include "prover/join/join.h"
#include "prover/layers/keys.h"

/* One slot per layer; the lock is held while one is made. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot slots[LAYER_COUNT];

static enum err slot_get(enum layer layer, unsigned threads, const struct slot **out)
{
    enum err err = ERR_OK;
    REQUIRE(pthread_mutex_lock(&lock) == 0);
    if (slots[layer].r == NULL)
        err = slot_new(family_product(), &LAYER_KEYS, layer, threads, &slots[layer]);
    REQUIRE(pthread_mutex_unlock(&lock) == 0);
    *out = &slots[layer];
    return err;
}

enum err layer_join(enum layer layer, const struct layer_proof *const *children, uint32_t n,
                    unsigned threads, struct layer_proof *out, char *check)
{
    const struct family *f = family_product();
    char own[64];
    if (check == NULL) check = own;
    check[0] = 0;
    if ((unsigned)layer >= LAYER_COUNT || layer < LAYER_LIFT1 || n != layer_children(layer))
        return ERR_ARG;
    for (uint32_t i = 0; i < n; i++) {
        const struct layer_proof *c = children[i];
        const bool fits = (unsigned)c->layer < LAYER_COUNT && layer_takes(layer, i, c->layer) &&
                          c->n_publics == f->program[c->layer]->system->n_public;
        if (fits) continue;
        snprintf(check, sizeof own, "CHILD_LAYER");
        return ERR_PROOF;
    }
    const struct slot *s = NULL;
    ERR_TRY(slot_get(layer, threads, &s));
    return slot_join(f, &LAYER_KEYS, s, layer, children, threads, out, check, sizeof own);
}

#include "prover/join/join.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_verify.h"
#include "prover/recursion/slots.h"

enum err slot_new(const struct family *f, const struct family_keys *keys, enum layer layer,
                  unsigned threads, struct slot *out)
{
    out->r = slot_record(f, keys, layer);
    enum err err = proving_key_new(f->program[layer], rec_preprocessed(out->r), threads, &out->key);
    if (err != ERR_OK) {
        rec_free(out->r);
        *out = (struct slot){0};
    }
    return err;
}

void slot_free(struct slot *s)
{
    proving_key_free(s->key);
    rec_free(s->r);
    *s = (struct slot){0};
}

enum err slots_make_keys(const struct family *f, unsigned threads, struct family_keys *out,
                         struct rec_counts rows[LAYER_COUNT])
{
    memset(out, 0, sizeof *out);
    for (int layer = LAYER_LIFT1; layer <= LAYER_TERMINAL; layer++) {
        struct slot s;
        if (layer == LAYER_SHRINK) family_keys_root(out, out->root);
        ERR_TRY(slot_new(f, out, (enum layer)layer, threads, &s));
        out->key[layer] = s.key->verify;
        if (rows != NULL) rows[layer] = rec_rows(s.r);
        slot_free(&s);
    }
    return ERR_OK;
}

/* ---- advice ---- */

struct advice {
    const struct family *f;
    const struct family_keys *keys;
    uint32_t *at;
    size_t n, max;
    char *check;
    size_t check_size;
};

static void put(struct advice *a, const uint32_t *v, size_t n)
{
    REQUIRE(n <= a->max - a->n);
    memcpy(a->at + a->n, v, n * sizeof *v);
    a->n += n;
}

static enum err put_proof(struct advice *a, const struct layer_proof *c)
{
    const struct program *p = a->f->program[c->layer];
    enum verify_check failed;
    const size_t n = rec_advice_len(p);
    REQUIRE(n <= a->max - a->n);
    enum err err = rec_advice_of_proof(p, c->proof.data, c->proof.len, a->at + a->n, &failed);
    if (err != ERR_OK) snprintf(a->check, a->check_size, "%s", verify_check_name(failed));
    a->n += n;
    return err;
}

/* The key of a child of the join's shape and its path in K; then its proof. */
static enum err put_join(struct advice *a, const struct layer_proof *c)
{
    uint32_t word[POSEIDON_DIGEST], siblings[FAMILY_SLOTS_LOG][8];
    const uint32_t slot = family_slot(c->layer);
    const uint32_t n_free = c->layer <= LAYER_FACTS ? 3 : 1;
    family_key_word(&a->keys->key[c->layer], word);
    family_slot_path(a->keys, slot, siblings);
    put(a, word, POSEIDON_DIGEST);
    for (uint32_t s = 0; s < FAMILY_SLOTS_LOG; s++) {
        const uint32_t bit = slot >> s & 1;
        put(a, siblings[s], POSEIDON_DIGEST);
        if (s < n_free) put(a, &bit, 1);
    }
    return put_proof(a, c);
}

enum { AT_KEYS_ROOT = 0, AT_FACTS = 8, AT_FROM = 16, AT_TO = 32, D_LEN = 16 };

static enum err put_children(struct advice *a, enum layer layer, const struct layer_proof *const *c)
{
    const struct layer_proof *left = c[0], *right = c[1];
    switch (layer) {
    case LAYER_LIFT1:
    case LAYER_LIFT2:
    case LAYER_LIFT_LARGE:
    case LAYER_LIFT_BLOB:
    case LAYER_LIFT_LARGE_BLOB:
    case LAYER_PAIR:
    case LAYER_PAIR_LARGE:
        for (uint32_t i = 0; i < layer_children(layer); i++) {
            put(a, c[i]->publics, c[i]->n_publics);
            ERR_TRY(put_proof(a, c[i]));
        }
        return ERR_OK;
    case LAYER_FACTS:
        put(a, left->publics + AT_FACTS, POSEIDON_DIGEST);
        ERR_TRY(put_join(a, left));
        put(a, right->publics + AT_FACTS, POSEIDON_DIGEST);
        return put_join(a, right);
    case LAYER_JOIN_BATCH:
        put(a, left->publics + AT_FACTS, POSEIDON_DIGEST);
        ERR_TRY(put_join(a, left));
        put(a, right->publics + POSEIDON_DIGEST, (size_t)2 * D_LEN);
        return put_proof(a, right);
    case LAYER_RANGE:
        put(a, left->publics + AT_FROM, (size_t)2 * D_LEN);
        ERR_TRY(put_join(a, left));
        put(a, right->publics + AT_TO, D_LEN);
        return put_join(a, right);
    case LAYER_SHRINK:
        put(a, left->publics + AT_FROM, (size_t)2 * D_LEN);
        return put_join(a, left);
    case LAYER_TERMINAL:
        put(a, left->publics + AT_FROM, (size_t)2 * D_LEN);
        return put_proof(a, left);
    case LAYER_LEAF:
    case LAYER_LEAF_LARGE:
    case LAYER_LEAF_BLOB:
    case LAYER_LEAF_LARGE_BLOB:
    case LAYER_PAIRING:
    case LAYER_PAIRING_LARGE:
    case LAYER_BATCH:
    case LAYER_COUNT:
        break;
    }
    UNREACHABLE("layer");
}

enum err slot_advice(const struct family *f, const struct family_keys *keys, enum layer layer,
                     const struct layer_proof *const *children, uint32_t **advice, size_t *n,
                     char *check, size_t check_size)
{
    const struct layer_proof *c[LAYER_CHILDREN_MAX] = {NULL};
    struct advice a = {.f = f, .keys = keys, .max = 256, .check = check, .check_size = check_size};
    for (uint32_t i = 0; i < layer_children(layer); i++) {
        c[i] = children[i];
        REQUIRE(family_takes(layer, i, c[i]->layer));
        REQUIRE(c[i]->n_publics == f->program[c[i]->layer]->system->n_public);
        a.max += rec_advice_len(f->program[c[i]->layer]) + c[i]->n_publics;
    }
    a.at = malloc(a.max * sizeof *a.at);
    if (a.at == NULL) return ERR_NOMEM;
    if (layer <= LAYER_RANGE) put(&a, keys->root, POSEIDON_DIGEST);
    enum err err = put_children(&a, layer, c);
    if (err != ERR_OK) {
        free(a.at);
        return err;
    }
    *advice = a.at;
    *n = a.n;
    return ERR_OK;
}

enum err slot_join(const struct family *f, const struct family_keys *keys, const struct slot *s,
                   enum layer layer, const struct layer_proof *const *children, unsigned threads,
                   struct layer_proof *out, char *check, size_t check_size)
{
    uint32_t *advice = NULL;
    size_t n = 0;
    struct ir_trace *trace = NULL;
    check[0] = 0;
    ERR_TRY(slot_advice(f, keys, layer, children, &advice, &n, check, check_size));
    enum err err = rec_run(s->r, advice, n, &trace, check, check_size);
    free(advice);
    if (err == ERR_RANGE) { /* a public value of a child */
        snprintf(check, check_size, "%s", verify_check_name(VERIFY_PUBLIC_CANONICAL));
        return ERR_PROOF;
    }
    if (err != ERR_OK) return err;
    struct prove_report report = {.threads = threads};
    layer_proof_init(out, layer);
    out->n_publics = trace->system->n_public;
    memcpy(out->publics, trace->publics, out->n_publics * sizeof *out->publics);
    err = system_prove_key(f->program[layer], s->key, trace, &out->proof, &report);
    ir_trace_free(trace);
    if (err != ERR_OK) layer_proof_deinit(out);
    return err;
}

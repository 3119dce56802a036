#include "prover/recursion/slots.h"

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_verify.h"
#include "prover/verify/labels.h"

struct slot_recording {
    struct rec *r;
    const struct family *f;
    rec_word zero;
    rec_word keys_root; /* K */
};

/* A word from advice. */
static rec_word word_advice(struct slot_recording *s)
{
    rec_word w;
    rec_compress_advice(s->r, s->zero, &w);
    return w;
}

/* What a fact is made of: poseidon_sponge(tag, publics), the publics from advice. */
static rec_word fact_of(struct slot_recording *s, enum proof_tag tag, rec_word *publics,
                        uint32_t n_words)
{
    const uint32_t start[POSEIDON_DIGEST] = {tag, POSEIDON_DIGEST * n_words,
                                             POSEIDON_SPONGE_VERSION};
    rec_word state = rec_const_word(s->r, start);
    for (uint32_t i = 0; i < n_words; i++)
        state = rec_compress_advice(s->r, state, &publics[i]);
    return state;
}

static rec_word facts_node(struct slot_recording *s, rec_word left, rec_word right)
{
    const uint32_t start[POSEIDON_DIGEST] = {TAG_FACTS};
    rec_word state = rec_compress(s->r, rec_const_word(s->r, start), left);
    return rec_compress(s->r, state, right);
}

static rec_word leaf_verify(struct slot_recording *s, enum layer leaf)
{
    const struct program *p = s->f->program[leaf];
    const uint32_t n = p->system->n_public / POSEIDON_DIGEST;
    rec_word publics[IR_MAX_PUBLIC / POSEIDON_DIGEST];
    REQUIRE(p->system->n_public == n * POSEIDON_DIGEST);
    const bool blob = leaf == LAYER_LEAF_BLOB || leaf == LAYER_LEAF_LARGE_BLOB;
    rec_word fact = fact_of(s, blob ? TAG_FACT_LEAF_BLOB : TAG_FACT_LEAF, publics, n);
    rec_verify_proof(s->r, p, s->zero, publics);
    return fact;
}

/* The fact is the public digest itself. */
static rec_word pairing_verify(struct slot_recording *s, enum layer pairing)
{
    const struct program *p = s->f->program[pairing];
    REQUIRE(p->system->n_public == POSEIDON_DIGEST);
    rec_word fact = word_advice(s);
    rec_verify_proof(s->r, p, s->zero, &fact);
    return fact;
}

/* ---- children of the join's own shape ---- */

enum { FACTS_BITS = 0, FACTS_FREE = 7, CLAIM_BITS = FAMILY_CLAIM_SLOT, CLAIM_FREE = 1 };

/* A child whose key is in one of the slots of K that the bits leave open, and whose own K is this one.
 * d: NULL for facts, else D_from and D_to. */
static void join_verify(struct slot_recording *s, rec_word facts, const rec_word *d)
{
    const bool claim = d != NULL;
    rec_word publics[REC_PUBLIC_WORDS] = {s->keys_root, facts, s->zero, s->zero, s->zero, s->zero};
    for (uint32_t i = 0; claim && i < 4; i++)
        publics[2 + i] = d[i];
    rec_word key = word_advice(s);
    rec_check(s->r, "SLOT_KEY");
    rec_path_slots(s->r, key, FAMILY_SLOTS_LOG, claim ? CLAIM_BITS : FACTS_BITS,
                   claim ? CLAIM_FREE : FACTS_FREE, s->keys_root);
    rec_verify_proof(s->r, s->f->program[LAYER_FACTS], key, publics);
}

static rec_word facts_verify(struct slot_recording *s)
{
    rec_word facts = word_advice(s);
    join_verify(s, facts, NULL);
    return facts;
}

/* ---- the programs ---- */

static void batch_verify(struct slot_recording *s, rec_word facts, rec_word d[4])
{
    const struct program *p = s->f->program[LAYER_BATCH];
    REQUIRE(p->system->n_public == 5 * POSEIDON_DIGEST);
    rec_word publics[5] = {facts};
    for (uint32_t i = 0; i < 4; i++)
        publics[1 + i] = d[i] = word_advice(s);
    rec_verify_proof(s->r, p, s->zero, publics);
}

static void range_verify(struct slot_recording *s, rec_word d[4])
{
    rec_word middle[2], right[4];
    for (uint32_t i = 0; i < 2; i++)
        d[i] = word_advice(s);
    for (uint32_t i = 0; i < 2; i++)
        middle[i] = word_advice(s);
    d[2] = middle[0];
    d[3] = middle[1];
    join_verify(s, s->zero, d);
    for (uint32_t i = 0; i < 2; i++) {
        right[i] = middle[i];
        d[2 + i] = right[2 + i] = word_advice(s);
    }
    join_verify(s, s->zero, right);
}

/* Words of a constant key. */
static rec_word key_const(struct slot_recording *s, const struct program_key *key)
{
    uint32_t word[POSEIDON_DIGEST];
    family_key_word(key, word);
    return rec_const_word(s->r, word);
}

static void terminal_verify(struct slot_recording *s, const struct family_keys *keys,
                            const rec_word d[4])
{
    rec_word publics[REC_PUBLIC_WORDS] = {s->keys_root, s->zero, d[0], d[1], d[2], d[3]};
    rec_verify_proof(s->r, s->f->program[LAYER_SHRINK], key_const(s, &keys->key[LAYER_SHRINK]),
                     publics);
}

/* Verifies the children; the facts word and the D words of the statement. */
static void children_verify(struct slot_recording *s, const struct family_keys *keys,
                            enum layer layer, rec_word *facts, rec_word d[4])
{
    rec_word first;
    switch (layer) {
    case LAYER_LIFT1:
        *facts = leaf_verify(s, LAYER_LEAF);
        return;
    case LAYER_LIFT2:
        first = leaf_verify(s, LAYER_LEAF);
        *facts = facts_node(s, first, leaf_verify(s, LAYER_LEAF));
        return;
    case LAYER_LIFT_LARGE:
        *facts = leaf_verify(s, LAYER_LEAF_LARGE);
        return;
    case LAYER_LIFT_BLOB:
        *facts = leaf_verify(s, LAYER_LEAF_BLOB);
        return;
    case LAYER_LIFT_LARGE_BLOB:
        *facts = leaf_verify(s, LAYER_LEAF_LARGE_BLOB);
        return;
    case LAYER_PAIR:
        *facts = pairing_verify(s, LAYER_PAIRING);
        return;
    case LAYER_PAIR_LARGE:
        *facts = pairing_verify(s, LAYER_PAIRING_LARGE);
        return;
    case LAYER_FACTS:
        first = facts_verify(s);
        *facts = facts_node(s, first, facts_verify(s));
        return;
    case LAYER_JOIN_BATCH:
        batch_verify(s, facts_verify(s), d);
        return;
    case LAYER_RANGE:
        range_verify(s, d);
        return;
    case LAYER_SHRINK:
    case LAYER_TERMINAL:
        for (uint32_t i = 0; i < 4; i++)
            d[i] = word_advice(s);
        if (layer == LAYER_SHRINK)
            join_verify(s, s->zero, d);
        else
            terminal_verify(s, keys, d);
        return;
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

struct rec *slot_record(const struct family *f, const struct family_keys *keys, enum layer layer)
{
    const bool fixed = layer == LAYER_SHRINK || layer == LAYER_TERMINAL;
    const struct rec_shape *shape = layer == LAYER_SHRINK     ? &f->shrink
                                    : layer == LAYER_TERMINAL ? &f->terminal
                                                              : &f->join;
    REQUIRE(!fixed || keys != NULL);
    struct slot_recording s = {.r = rec_new(shape), .f = f};
    s.zero = rec_const_word(s.r, (uint32_t[POSEIDON_DIGEST]){0});
    s.keys_root = fixed ? rec_const_word(s.r, keys->root) : word_advice(&s);
    rec_word facts = s.zero, d[4] = {s.zero, s.zero, s.zero, s.zero};
    children_verify(&s, keys, layer, &facts, d);
    rec_check(s.r, "STATEMENT");
    rec_public(s.r, 0, s.keys_root);
    rec_public(s.r, 1, facts);
    for (uint32_t i = 0; i < 4; i++)
        rec_public(s.r, 2 + i, d[i]);
    rec_finish(s.r);
    return s.r;
}

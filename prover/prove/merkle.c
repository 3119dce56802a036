#include "prover/prove/merkle.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/poseidon_wide.h"

bool merkle_alloc(struct merkle_tree *t, uint32_t leaf_log)
{
    REQUIRE(leaf_log <= MERKLE_MAX_LOG);
    uint8_t *p = prove_alloc((size_t)64 << leaf_log);
    memset(t, 0, sizeof *t);
    if (p == NULL) return false;
    t->leaf_log = leaf_log;
    for (uint32_t l = 0; l <= leaf_log; l++) {
        t->level[l] = p;
        p += (size_t)32 << (leaf_log - l);
    }
    return true;
}

void merkle_free(struct merkle_tree *t)
{
    prove_free(t->level[0]);
    memset(t, 0, sizeof *t);
}

/* A task builds whole subtrees, so that they stay in cache. */
enum { SUBTREE_LOG = 10 };

struct build {
    const struct merkle_tree *tree;
    const struct prove_env *env;
    enum proof_profile profile;
    uint32_t from; /* level of the subtree's leaves */
    uint32_t up;   /* levels to build above them */
};

static void build_subtree(void *ctx, size_t i)
{
    const struct build *b = ctx;
    for (uint32_t l = 1; l <= b->up; l++) {
        const size_t n = (size_t)1 << (b->up - l);
        uint8_t *out = b->tree->level[b->from + l] + 32 * n * i;
        const uint8_t *in = b->tree->level[b->from + l - 1] + 64 * n * i;
        if (b->profile == PROFILE_KECCAK)
            b->env->keccak->hash(out, in, 64, 64, n);
        else
            poseidon_wide_nodes(b->env->poseidon, out, in, n);
    }
}

void merkle_build(struct merkle_tree *t, enum proof_profile profile, const struct prove_env *env)
{
    for (uint32_t from = 0; from < t->leaf_log;) {
        const uint32_t left = t->leaf_log - from;
        struct build b = {t, env, profile, from, left < SUBTREE_LOG ? left : SUBTREE_LOG};
        prove_tasks(env, (size_t)1 << (left - b.up), build_subtree, &b);
        from += b.up;
    }
}

const uint8_t *merkle_cap(const struct merkle_tree *t, uint32_t cap_log)
{
    REQUIRE(cap_log <= t->leaf_log);
    return t->level[t->leaf_log - cap_log];
}

void merkle_path(const struct merkle_tree *t, uint32_t leaf, uint32_t cap_log, uint8_t *out)
{
    REQUIRE(cap_log <= t->leaf_log);
    REQUIRE(leaf >> t->leaf_log == 0);
    for (uint32_t l = 0; l < t->leaf_log - cap_log; l++)
        memcpy(out + 32 * l, t->level[l] + 32 * (size_t)((leaf >> l) ^ 1), 32);
}

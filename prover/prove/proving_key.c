#include "prover/prove/proving_key.h"

#include <stdlib.h>
#include <string.h>

#include "prover/prove/kernels.h"

static bool copy_chunk(struct proving_key *k, const struct program_chunk *c,
                       const uint32_t *const *pre, const struct prove_env *env)
{
    const size_t n = (size_t)1 << c->log_height;
    for (uint32_t i = 0; i < 1u << c->log_columns; i++) {
        const uint32_t *in = pre[c->first_column + i];
        for (size_t row = 0; row < n; row++)
            if (!kb_is_canonical(in[row])) return false;
        env->field->from_u32(k->cells + c->offset + ((size_t)i << c->log_height), in, n);
    }
    return true;
}

static enum err fill(struct proving_key *k, const uint32_t *const *const *pre,
                     const struct prove_env *env)
{
    const struct program *p = k->program;
    const size_t cells = ((size_t)1 << p->log_pre) + KERNEL_LANES;
    k->cells = prove_alloc(cells * sizeof *k->cells);
    if (k->cells == NULL) return ERR_NOMEM;
    memset(k->cells + p->pre_cells, 0, (cells - p->pre_cells) * sizeof *k->cells);
    for (uint32_t i = 0; i < p->n_pre_chunks; i++)
        if (!copy_chunk(k, &p->pre_chunks[i], pre[p->pre_chunks[i].table], env)) return ERR_RANGE;
    ERR_TRY(program_multiplicities(p->system, pre));
    ERR_TRY(whir_key_init(&k->code, &p->params, k->cells, env));
    return program_key_set(p, merkle_cap(&k->code.rs.tree, p->params.pre_cap), program_key_len(p),
                           &k->verify);
}

enum err proving_key_new_env(const struct program *p, const uint32_t *const *const *pre,
                             const struct prove_env *env, struct proving_key **out)
{
    if (p->params.pre == 0) return ERR_ARG;
    struct proving_key *k = calloc(1, sizeof *k);
    if (k == NULL) return ERR_NOMEM;
    k->program = p;
    enum err err = fill(k, pre, env);
    if (err != ERR_OK) {
        proving_key_free(k);
        return err;
    }
    *out = k;
    return ERR_OK;
}

enum err proving_key_new(const struct program *p, const uint32_t *const *const *pre,
                         unsigned threads, struct proving_key **out)
{
    struct parallel *pool = parallel_new(threads == 0 ? 2 : threads);
    if (pool == NULL) return ERR_NOMEM;
    const struct prove_env env = prove_env_best(pool);
    enum err err = proving_key_new_env(p, pre, &env, out);
    parallel_free(pool);
    return err;
}

void proving_key_free(struct proving_key *k)
{
    if (k == NULL) return;
    whir_key_free(&k->code);
    prove_free(k->cells);
    free(k);
}

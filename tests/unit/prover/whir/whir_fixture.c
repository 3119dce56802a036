#include "whir_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

uint64_t fixture_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

kb fixture_random_kb(uint64_t *state)
{
    return kb_from_u64(fixture_random(state));
}

kb5 fixture_random_kb5(uint64_t *state)
{
    kb5 r;
    for (int i = 0; i < KB5_DEGREE; i++)
        r.c[i] = fixture_random_kb(state);
    return r;
}

kb5 fixture_eval(const kb *cells, uint32_t n_vars, const struct whir_claim *c)
{
    const uint32_t n = n_vars - c->prefix_len;
    kb5 sum = kb5_zero();
    for (size_t x = 0; x < (size_t)1 << n; x++) {
        kb5 eq = kb5_one();
        for (uint32_t j = 0; j < n; j++) {
            bool bit = x >> (n - 1 - j) & 1;
            eq = kb5_mul(eq, bit ? c->point[j] : kb5_sub(kb5_one(), c->point[j]));
        }
        sum = kb5_add(sum, kb5_mul_base(eq, cells[((size_t)c->prefix << n) + x]));
    }
    return sum;
}

void fixture_init(struct fixture *f, const struct whir_params *p, size_t n_claims, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    f->params = *p;
    f->seed = seed;
    f->n_claims = n_claims;
    ck_assert_uint_le(n_claims, FIX_MAX_CLAIMS);
    const uint32_t m = whir_stack_vars(p), pre_vars = p->pre > 0 ? whir_pre_vars(p) : 0;
    f->cells = malloc(sizeof(kb) << m);
    ck_assert_ptr_nonnull(f->cells);
    for (size_t i = 0; i < (size_t)1 << m; i++)
        f->cells[i] = fixture_random_kb(&seed);
    if (p->pre > 0) {
        f->pre_cells = malloc(sizeof(kb) << pre_vars);
        ck_assert_ptr_nonnull(f->pre_cells);
        for (size_t i = 0; i < (size_t)1 << pre_vars; i++)
            f->pre_cells[i] = fixture_random_kb(&seed);
    }
    for (int i = 0; i < 32; i++)
        f->program_id[i] = (uint8_t)fixture_random(&seed);
    for (size_t i = 0; i < n_claims; i++) {
        struct whir_claim *c = &f->claims[i];
        /* 0 (no prefix), n_vars (a single cell), and lengths between */
        c->pre = p->pre > 0 && i % 4 >= 2;
        const uint32_t n = c->pre ? pre_vars : m;
        c->prefix_len = i == 1 || (i == 3 && c->pre) ? n : (uint32_t)(3 * i) % (n + 1u);
        c->prefix = (uint32_t)(fixture_random(&seed) & (((uint64_t)1 << c->prefix_len) - 1));
        for (uint32_t j = 0; j < n; j++)
            f->points[i][j] = fixture_random_kb5(&seed);
        c->point = f->points[i];
        c->value = fixture_eval(c->pre ? f->pre_cells : f->cells, n, c);
    }
}

void fixture_prove(struct fixture *f, enum kbv_isa isa, size_t threads,
                   const struct transcript_observer *observer)
{
    struct transcript t;
    struct proof_writer w;
    struct whir_prover *pr = NULL;
    struct parallel *pool = parallel_new(threads);
    ck_assert_ptr_nonnull(pool);
    const struct prove_env env = prove_env_isa(isa, pool);
    free(f->proof);
    transcript_init(&t, (enum proof_profile)f->params.profile, f->program_id);
    t.observer = observer;
    proof_writer_init(&w);
    struct whir_key key;
    const bool pre = f->params.pre > 0;
    if (pre) {
        ck_assert_int_eq(whir_key_init(&key, &f->params, f->pre_cells, &env), ERR_OK);
        memcpy(f->key, merkle_cap(&key.rs.tree, f->params.pre_cap),
               (size_t)32 << f->params.pre_cap);
    }
    ck_assert_int_eq(
        whir_prover_new(&pr, &f->params, f->cells, pre ? &key : NULL, &env), ERR_OK);
    ck_assert_int_eq(whir_prove_commit(pr, &t, &w), ERR_OK);
    ck_assert_uint_eq(w.len, whir_commit_size(&f->params));
    ck_assert_int_eq(whir_prove_open(pr, f->claims, f->n_claims, &t, &w), ERR_OK);
    whir_prover_free(pr);
    if (pre) whir_key_free(&key);
    parallel_free(pool);
    ck_assert_int_eq(proof_take(&w, &f->proof, &f->proof_len), ERR_OK);
    ck_assert_uint_eq(f->proof_len, whir_commit_size(&f->params) + whir_open_size(&f->params));
}

enum err fixture_verify(const struct fixture *f, const uint8_t *proof, size_t len,
                        const struct transcript_observer *observer)
{
    struct transcript t;
    struct proof_reader r;
    struct whir_commitment c;
    transcript_init(&t, (enum proof_profile)f->params.profile, f->program_id);
    t.observer = observer;
    ERR_TRY(proof_reader_init(&r, proof, len,
                              whir_commit_size(&f->params) + whir_open_size(&f->params)));
    ERR_TRY(whir_verify_commit(&f->params, f->params.pre > 0 ? f->key : NULL, &t, &r, &c));
    ERR_TRY(whir_verify_open(&f->params, &c, f->claims, f->n_claims, &t, &r));
    return proof_reader_end(&r);
}

void fixture_free(struct fixture *f)
{
    free(f->cells);
    free(f->pre_cells);
    free(f->proof);
}

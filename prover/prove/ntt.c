#include "prover/prove/ntt.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"
#include "prover/prove/poseidon_wide.h"

static uint32_t bit_reverse(uint32_t x, uint32_t bits)
{
    uint32_t r = 0;
    for (uint32_t i = 0; i < bits; i++, x >>= 1)
        r = r << 1 | (x & 1);
    return r;
}

struct encode {
    struct rs_code *code;
    const kb *twiddles;
    const struct prove_env *env;
};

/* Leaves hashed together: a multiple of every kernel's number of lanes. */
enum { LEAF_BATCH = 16 };

/* Where a coset lies: all rows of one, in the transform's order, then those of the next. */
static kb *coset_rows(const struct rs_code *code, size_t coset)
{
    return code->rows + coset * (code->stride << code->log_rows);
}

static void hash_rows(const struct encode *e, uint32_t coset, const kb *rows)
{
    struct rs_code *code = e->code;
    const uint32_t n = (uint32_t)1 << code->log_rows;
    const size_t leaf_bytes = 4 * code->width;
    uint8_t bytes[LEAF_BATCH * 4 * RS_MAX_WIDTH], digest[LEAF_BATCH * 32];
    for (uint32_t r = 0; r < n; r += LEAF_BATCH) {
        const uint32_t batch = n - r < LEAF_BATCH ? n - r : LEAF_BATCH;
        if (code->profile == PROFILE_POSEIDON) {
            poseidon_wide_leaves(e->env->poseidon, digest, rows + r * code->stride, code->stride,
                                 code->width, code->ext, batch);
        } else {
            for (uint32_t i = 0; i < batch; i++)
                e->env->field->to_bytes(bytes + i * leaf_bytes, rows + (r + i) * code->stride,
                                        code->width);
            e->env->keccak->hash(digest, bytes, leaf_bytes, leaf_bytes, batch);
        }
        for (uint32_t i = 0; i < batch; i++) {
            const size_t leaf =
                coset + ((size_t)bit_reverse(r + i, code->log_rows) << code->log_inv_rate);
            memcpy(merkle_leaf_hash(&code->tree, leaf), digest + 32 * i, 32);
        }
    }
}

static void encode_coset(const struct encode *e, size_t coset)
{
    const struct rs_code *code = e->code;
    kb *rows = coset_rows(code, coset);
    const size_t n = (size_t)1 << code->log_rows;
    const kb shift = kb_pow(kb_root(code->log_rows + code->log_inv_rate), coset);
    kb power = kb_one;
    for (size_t r = 0; r < n; r++) {
        e->env->field->scale(rows + r * code->stride, code->message + r * code->stride, power,
                             code->stride);
        power = kb_mul(power, shift);
    }
    e->env->field->ntt(rows, code->log_rows, code->stride, e->twiddles);
    hash_rows(e, (uint32_t)coset, rows);
}

static void encode_range(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct encode *e = ctx;
    (void)worker;
    for (size_t coset = from; coset < to; coset++)
        encode_coset(e, coset);
}

bool rs_encode(struct rs_code *code, const kb *message, uint32_t log_rows, uint32_t log_inv_rate,
               size_t width, size_t stride, enum proof_profile profile, bool ext,
               const struct prove_env *env)
{
    REQUIRE(width >= 1 && width <= RS_MAX_WIDTH);
    REQUIRE(stride >= width && stride % 16 == 0);
    REQUIRE(log_rows + log_inv_rate <= KB_TWO_ADICITY);
    const size_t n = (size_t)1 << log_rows, n_tw = n / 2 > 0 ? n / 2 : 1;
    *code = (struct rs_code){.log_rows = log_rows, .log_inv_rate = log_inv_rate, .width = width,
                             .stride = stride, .message = message, .profile = profile, .ext = ext};
    kb *twiddles = prove_alloc(n_tw * sizeof *twiddles);
    code->rows = prove_alloc((n * stride << log_inv_rate) * sizeof *code->rows);
    const bool ok = twiddles != NULL && code->rows != NULL &&
                    merkle_alloc(&code->tree, log_rows + log_inv_rate);
    if (ok) {
        twiddles[0] = kb_one;
        const kb w = kb_root(log_rows);
        for (size_t i = 1; i < n_tw; i++)
            twiddles[i] = kb_mul(twiddles[i - 1], w);
        struct encode e = {code, twiddles, env};
        parallel_run(env->threads, (size_t)1 << log_inv_rate, 1, encode_range, &e);
        merkle_build(&code->tree, profile, env);
    }
    prove_free(twiddles);
    if (!ok) rs_free(code);
    return ok;
}

void rs_free(struct rs_code *code)
{
    merkle_free(&code->tree);
    prove_free(code->rows);
    code->rows = NULL;
}

void rs_leaf(const struct rs_code *code, uint32_t n, uint8_t *out, const struct prove_env *env)
{
    const uint32_t coset = n & (((uint32_t)1 << code->log_inv_rate) - 1);
    const size_t row = bit_reverse(n >> code->log_inv_rate, code->log_rows);
    env->field->to_bytes(out, coset_rows(code, coset) + row * code->stride, code->width);
}

#include "prover/prove/ntt.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/keccak_wide.h"

static uint32_t bit_reverse(uint32_t x, uint32_t bits)
{
    uint32_t r = 0;
    for (uint32_t i = 0; i < bits; i++, x >>= 1)
        r = r << 1 | (x & 1);
    return r;
}

struct encode {
    struct rs_code *code;
    const kb *message;
    const kb *twiddles;
    const struct prove_env *env;
};

/* Leaves hashed together: a multiple of every kernel's number of lanes. */
enum { LEAF_BATCH = 16 };

static void hash_rows(const struct encode *e, uint32_t coset, const kb *rows)
{
    struct rs_code *code = e->code;
    const uint32_t n = (uint32_t)1 << code->log_rows;
    const size_t leaf_bytes = 4 * code->width;
    uint8_t bytes[LEAF_BATCH * 4 * RS_MAX_WIDTH], digest[LEAF_BATCH * 32];
    for (uint32_t r = 0; r < n; r += LEAF_BATCH) {
        const uint32_t batch = n - r < LEAF_BATCH ? n - r : LEAF_BATCH;
        for (uint32_t i = 0; i < batch; i++)
            e->env->field->to_bytes(bytes + i * leaf_bytes, rows + (r + i) * code->stride,
                                    code->width);
        e->env->keccak->hash(digest, bytes, leaf_bytes, leaf_bytes, batch);
        for (uint32_t i = 0; i < batch; i++) {
            const size_t leaf =
                coset + ((size_t)bit_reverse(r + i, code->log_rows) << code->log_inv_rate);
            memcpy(merkle_leaf_hash(&code->tree, leaf), digest + 32 * i, 32);
        }
    }
}

static void encode_coset(void *ctx, size_t coset)
{
    const struct encode *e = ctx;
    struct rs_code *code = e->code;
    const size_t n = (size_t)1 << code->log_rows;
    kb *rows = code->words + coset * n * code->stride;
    const kb shift = kb_pow(kb_root(code->log_rows + code->log_inv_rate), coset);
    kb power = kb_one;
    for (size_t r = 0; r < n; r++) {
        e->env->field->scale(rows + r * code->stride, e->message + r * code->stride, power,
                             code->stride);
        power = kb_mul(power, shift);
    }
    e->env->field->ntt(rows, code->log_rows, code->stride, e->twiddles);
    hash_rows(e, (uint32_t)coset, rows);
}

bool rs_encode(struct rs_code *code, const kb *message, uint32_t log_rows, uint32_t log_inv_rate,
               size_t width, size_t stride, const struct prove_env *env)
{
    REQUIRE(width >= 1 && width <= RS_MAX_WIDTH);
    REQUIRE(stride >= width && stride % 16 == 0);
    REQUIRE(log_rows + log_inv_rate <= KB_TWO_ADICITY);
    const size_t n = (size_t)1 << log_rows, n_tw = n / 2 > 0 ? n / 2 : 1;
    *code = (struct rs_code){.log_rows = log_rows, .log_inv_rate = log_inv_rate, .width = width,
                             .stride = stride};
    kb *twiddles = prove_alloc(n_tw * sizeof *twiddles);
    code->words = prove_alloc((n << log_inv_rate) * stride * sizeof *code->words);
    if (twiddles == NULL || code->words == NULL ||
        !merkle_alloc(&code->tree, log_rows + log_inv_rate)) {
        free(twiddles);
        rs_free(code);
        return false;
    }
    twiddles[0] = kb_one;
    const kb w = kb_root(log_rows);
    for (size_t i = 1; i < n_tw; i++)
        twiddles[i] = kb_mul(twiddles[i - 1], w);
    struct encode e = {code, message, twiddles, env};
    prove_tasks(env, (size_t)1 << log_inv_rate, encode_coset, &e);
    free(twiddles);
    merkle_build(&code->tree, env);
    return true;
}

void rs_free(struct rs_code *code)
{
    free(code->words);
    merkle_free(&code->tree);
    code->words = NULL;
}

void rs_leaf(const struct rs_code *code, uint32_t n, uint8_t *out, const struct prove_env *env)
{
    const uint32_t coset = n & (((uint32_t)1 << code->log_inv_rate) - 1);
    const uint32_t row = bit_reverse(n >> code->log_inv_rate, code->log_rows);
    const size_t at = ((size_t)coset << code->log_rows) + row;
    env->field->to_bytes(out, code->words + at * code->stride, code->width);
}

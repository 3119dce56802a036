/* Memory and tables that the steps of the prover share. */
#include <stdlib.h>
#include <string.h>

#include "prover/prove/prove_env.h"
#include "prover/prove/prove_parts.h"

static size_t padded(size_t n)
{
    return (n + KERNEL_LANES - 1) / KERNEL_LANES * KERNEL_LANES + KERNEL_LANES;
}

/* Zeros behind the n elements of each plane. */
static void clear_padding(struct planes v, size_t n)
{
    for (size_t k = 0; k < 5; k++)
        memset(v.p + k * v.stride + n, 0, (v.stride - n) * sizeof *v.p);
}

struct planes planes_raw(size_t n)
{
    struct planes v = {NULL, padded(n)};
    v.p = prove_alloc(5 * v.stride * sizeof *v.p);
    if (v.p != NULL) clear_padding(v, n);
    return v;
}

struct planes planes_new(size_t n)
{
    struct planes v = planes_raw(n);
    for (size_t k = 0; k < 5 && v.p != NULL; k++)
        memset(v.p + k * v.stride, 0, n * sizeof *v.p);
    return v;
}

enum err eq_tower_init(struct eq_tower *e, const struct kernels *k, const kb5 *point, uint32_t len,
                       uint32_t n)
{
    size_t words = 0;
    for (uint32_t i = 0; i <= n; i++)
        words += 5 * padded((size_t)1 << i);
    e->memory = prove_alloc(words * sizeof *e->memory);
    if (e->memory == NULL) return ERR_NOMEM;
    kb *at = e->memory;
    for (uint32_t i = 0; i <= n; i++) {
        e->level[i] = (struct planes){at, padded((size_t)1 << i)};
        clear_padding(e->level[i], (size_t)1 << i);
        at += 5 * e->level[i].stride;
    }
    kb5 one = kb5_one();
    planes_set(e->level[0], 0, &one);
    for (uint32_t i = 0; i < n; i++)
        k->eq_double(e->level[i + 1], e->level[i], (size_t)1 << i, &point[len - 1 - i]);
    return ERR_OK;
}

void eq_tower_deinit(struct eq_tower *e)
{
    prove_free(e->memory);
    e->memory = NULL;
}

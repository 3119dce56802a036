#include "core/state/preimages.h"

#include <stdlib.h>
#include <string.h>

#include "common/field/kb.h"
#include "core/op/order.h"

enum { TABLE_MIN = 64, COUNT_MAX = 1 << 28 };

struct preimages {
    struct slot0_preimage *entries;
    size_t n, cap;
    uint32_t *table; /* open addressing by the first digest element: entry + 1 */
    size_t table_size;
};

struct preimages *preimages_new(void)
{
    struct preimages *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->table_size = TABLE_MIN;
    p->table = calloc(p->table_size, sizeof p->table[0]);
    if (!p->table) {
        free(p);
        return NULL;
    }
    return p;
}

void preimages_free(struct preimages *p)
{
    if (!p) return;
    free(p->entries);
    free(p->table);
    free(p);
}

static size_t table_slot(const struct preimages *p, const struct cell *digest)
{
    size_t mask = p->table_size - 1;
    size_t i = (digest->e[0] ^ (size_t)digest->e[1] * 0x9e3779b1u) & mask;
    while (p->table[i] != 0 &&
           memcmp(&p->entries[p->table[i] - 1].digest, digest, sizeof *digest) != 0)
        i = (i + 1) & mask;
    return i;
}

static enum err grow(struct preimages *p)
{
    if (p->n == COUNT_MAX) return ERR_TOO_LARGE;
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : TABLE_MIN / 2;
        struct slot0_preimage *entries = realloc(p->entries, cap * sizeof *entries);
        if (!entries) return ERR_NOMEM;
        p->entries = entries;
        p->cap = cap;
    }
    if (2 * (p->n + 1) <= p->table_size) return ERR_OK;
    uint32_t *table = calloc(2 * p->table_size, sizeof *table);
    if (!table) return ERR_NOMEM;
    free(p->table);
    p->table = table;
    p->table_size *= 2;
    for (size_t i = 0; i < p->n; i++)
        p->table[table_slot(p, &p->entries[i].digest)] = (uint32_t)(i + 1);
    return ERR_OK;
}

static enum err add(struct preimages *p, const struct slot0_preimage *entry)
{
    if (p->table[table_slot(p, &entry->digest)] != 0) return ERR_OK;
    ERR_TRY(grow(p));
    p->entries[p->n] = *entry;
    p->table[table_slot(p, &entry->digest)] = (uint32_t)(p->n + 1);
    p->n++;
    return ERR_OK;
}

enum err preimages_add_user(struct preimages *p, const struct user_cell *user, struct cell *digest)
{
    struct slot0_preimage entry;
    memset(&entry, 0, sizeof entry);
    for (int i = 0; i < XMSS_DIGEST; i++)
        if (user->root.e[i] >= KB_P) return ERR_RANGE;
    entry.kind = PREIMAGE_USER;
    entry.user = *user;
    user_cell_digest(&entry.digest, user);
    ERR_TRY(add(p, &entry));
    if (digest) *digest = entry.digest;
    return ERR_OK;
}

enum err preimages_add_pool(struct preimages *p, const struct pool_half *pool, struct cell *digest)
{
    struct slot0_preimage entry;
    memset(&entry, 0, sizeof entry);
    if (pool->own_chain > UINT16_MAX || pool->other_chain > UINT16_MAX ||
        pool->own_id >= ACCOUNT_NEW || pool->other_id >= ACCOUNT_NEW ||
        pool->own_token >= TOKEN_SHARE_BIT || pool->other_token >= TOKEN_SHARE_BIT ||
        pool->fee_bps >= 10000 || pool->cap_bps > 10000 || pool->flags != 0)
        return ERR_RANGE;
    entry.kind = PREIMAGE_POOL;
    entry.pool = *pool;
    pool_cell_digest(&entry.digest, pool);
    ERR_TRY(add(p, &entry));
    if (digest) *digest = entry.digest;
    return ERR_OK;
}

const struct slot0_preimage *preimages_find(const struct preimages *p, const struct cell *digest)
{
    uint32_t i = p->table[table_slot(p, digest)];
    return i ? &p->entries[i - 1] : NULL;
}

size_t preimages_count(const struct preimages *p)
{
    return p->n;
}

const struct slot0_preimage *preimages_at(const struct preimages *p, size_t i)
{
    return i < p->n ? &p->entries[i] : NULL;
}

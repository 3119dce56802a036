#include "audit/tree.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "common/field/poseidon16.h"

enum { DEPTH = 32 };

struct node {
    uint64_t id; /* level << 32 | path bits */
    uint32_t value[8];
    UT_hash_handle hh;
};
struct tree {
    struct node *nodes;
    uint32_t empty[DEPTH + 1][8]; /* empty[l] = root of an empty subtree at level l */
};

static uint64_t node_id(unsigned level, uint32_t path)
{
    return (uint64_t)level << 32 | path;
}

struct tree *tree_new(void)
{
    struct tree *t = calloc(1, sizeof *t);
    if (t == NULL) return NULL;
    for (int level = DEPTH - 1; level >= 0; level--)
        poseidon_compress(t->empty[level], t->empty[level + 1], t->empty[level + 1]);
    return t;
}

void tree_free(struct tree *t)
{
    struct node *n = NULL;
    struct node *next = NULL;
    if (t == NULL) return;
    HASH_ITER(hh, t->nodes, n, next)
    {
        HASH_DEL(t->nodes, n);
        free(n);
    }
    free(t);
}

static const uint32_t *node_value(const struct tree *t, unsigned level, uint32_t path)
{
    struct node *n = NULL;
    uint64_t id = node_id(level, path);
    HASH_FIND(hh, t->nodes, &id, sizeof id, n);
    return n == NULL ? t->empty[level] : n->value;
}

static enum err node_put(struct tree *t, unsigned level, uint32_t path, const uint32_t value[8])
{
    struct node *n = NULL;
    uint64_t id = node_id(level, path);
    HASH_FIND(hh, t->nodes, &id, sizeof id, n);
    if (memcmp(value, t->empty[level], sizeof n->value) == 0) {
        if (n != NULL) {
            HASH_DEL(t->nodes, n);
            free(n);
        }
        return ERR_OK;
    }
    if (n == NULL) {
        n = calloc(1, sizeof *n);
        if (n == NULL) return ERR_NOMEM;
        n->id = id;
        HASH_ADD(hh, t->nodes, id, sizeof n->id, n);
    }
    memcpy(n->value, value, sizeof n->value);
    return ERR_OK;
}

void tree_get(const struct tree *t, uint32_t account, uint8_t slot, uint32_t out[8])
{
    memcpy(out, node_value(t, DEPTH, account << 8 | slot), 8 * sizeof out[0]);
}

enum err tree_set(struct tree *t, uint32_t account, uint8_t slot, const uint32_t value[8])
{
    uint32_t path = account << 8 | slot;
    uint32_t v[8];
    memcpy(v, value, sizeof v);
    ERR_TRY(node_put(t, DEPTH, path, v));
    for (unsigned level = DEPTH; level > 0; level--) {
        const uint32_t *sibling = node_value(t, level, path ^ 1);
        uint32_t parent[8];
        if (path & 1)
            poseidon_compress(parent, sibling, v);
        else
            poseidon_compress(parent, v, sibling);
        path >>= 1;
        memcpy(v, parent, sizeof v);
        ERR_TRY(node_put(t, level - 1, path, v));
    }
    return ERR_OK;
}

void tree_root(const struct tree *t, uint32_t out[8])
{
    memcpy(out, node_value(t, 0, 0), 8 * sizeof out[0]);
}

void tree_each(const struct tree *t,
               void (*each)(void *ctx, uint32_t account, uint8_t slot, const uint32_t value[8]),
               void *ctx)
{
    for (struct node *n = t->nodes; n != NULL; n = n->hh.next) {
        if (n->id >> 32 != DEPTH) continue;
        uint32_t path = (uint32_t)n->id;
        each(ctx, path >> 8, (uint8_t)path, n->value);
    }
}

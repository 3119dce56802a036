/* Cells lie with their account; nodes of levels 0..24 are kept, the at most eight levels inside an
 * account are computed from its cells when needed. */
#include "core/state/cells.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "common/field/poseidon16.h"
#include "core/op/amount.h"

enum { MAP_MIN = 64, SLOT_BITS = 8 };

struct slot_cell {
    uint8_t slot;
    struct cell value;
};
struct account {
    uint32_t id;
    bool dirty;
    uint16_t n, cap;
    struct slot_cell *cells; /* ascending slots, no zero cells */
};
struct node {
    uint32_t level, prefix;
    struct digest8 digest;
};
/* Open addressing from keys to numbers of an array of entries: entry + 1, 0 = free. */
struct index {
    uint32_t *at;
    size_t size; /* power of two */
};
struct cells {
    struct account *accounts;
    size_t n_accounts, cap_accounts;
    struct index account_index;
    struct node *nodes;
    size_t n_nodes, cap_nodes;
    struct index node_index;
    uint32_t *dirty; /* numbers of accounts */
    size_t n_dirty, cap_dirty;
    size_t n_cells;
    struct digest8 empty[CELLS_DEPTH + 1];
};

static size_t hash_key(uint32_t a, uint32_t b)
{
    uint64_t x = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15u;
    return (size_t)(x ^ x >> 29);
}

static size_t account_slot(const struct cells *c, const struct index *index, uint32_t id)
{
    size_t mask = index->size - 1, i = hash_key(1, id) & mask;
    while (index->at[i] != 0 && c->accounts[index->at[i] - 1].id != id) i = (i + 1) & mask;
    return i;
}

static size_t node_slot(const struct cells *c, const struct index *index, uint32_t level,
                        uint32_t prefix)
{
    size_t mask = index->size - 1, i = hash_key(level, prefix) & mask;
    for (; index->at[i] != 0; i = (i + 1) & mask) {
        const struct node *n = &c->nodes[index->at[i] - 1];
        if (n->level == level && n->prefix == prefix) break;
    }
    return i;
}

static enum err array_reserve(void **array, size_t *cap, size_t n, size_t size)
{
    if (n < *cap) return ERR_OK;
    size_t more = *cap ? 2 * *cap : MAP_MIN;
    void *p = realloc(*array, more * size);
    if (!p) return ERR_NOMEM;
    *array = p;
    *cap = more;
    return ERR_OK;
}

static enum err account_new(struct cells *c, uint32_t id, size_t *number)
{
    ERR_TRY(array_reserve((void **)&c->accounts, &c->cap_accounts, c->n_accounts,
                          sizeof c->accounts[0]));
    if (2 * (c->n_accounts + 1) > c->account_index.size) {
        struct index bigger = {NULL, 2 * c->account_index.size};
        bigger.at = calloc(bigger.size, sizeof bigger.at[0]);
        if (!bigger.at) return ERR_NOMEM;
        for (size_t i = 0; i < c->n_accounts; i++)
            bigger.at[account_slot(c, &bigger, c->accounts[i].id)] = (uint32_t)(i + 1);
        free(c->account_index.at);
        c->account_index = bigger;
    }
    c->accounts[c->n_accounts] = (struct account){.id = id};
    c->account_index.at[account_slot(c, &c->account_index, id)] = (uint32_t)(c->n_accounts + 1);
    *number = c->n_accounts++;
    return ERR_OK;
}

static enum err node_put(struct cells *c, uint32_t level, uint32_t prefix,
                         const struct digest8 *digest)
{
    uint32_t at = c->node_index.at[node_slot(c, &c->node_index, level, prefix)];
    if (at) {
        c->nodes[at - 1].digest = *digest;
        return ERR_OK;
    }
    ERR_TRY(array_reserve((void **)&c->nodes, &c->cap_nodes, c->n_nodes, sizeof c->nodes[0]));
    if (2 * (c->n_nodes + 1) > c->node_index.size) {
        struct index bigger = {NULL, 2 * c->node_index.size};
        bigger.at = calloc(bigger.size, sizeof bigger.at[0]);
        if (!bigger.at) return ERR_NOMEM;
        for (size_t i = 0; i < c->n_nodes; i++) {
            const struct node *n = &c->nodes[i];
            bigger.at[node_slot(c, &bigger, n->level, n->prefix)] = (uint32_t)(i + 1);
        }
        free(c->node_index.at);
        c->node_index = bigger;
    }
    c->nodes[c->n_nodes] = (struct node){level, prefix, *digest};
    c->node_index.at[node_slot(c, &c->node_index, level, prefix)] = (uint32_t)(c->n_nodes + 1);
    c->n_nodes++;
    return ERR_OK;
}

static const struct digest8 *node_get(const struct cells *c, uint32_t level, uint32_t prefix)
{
    uint32_t at = c->node_index.at[node_slot(c, &c->node_index, level, prefix)];
    return at ? &c->nodes[at - 1].digest : &c->empty[level];
}

static const struct account *account_find(const struct cells *c, uint32_t id)
{
    uint32_t at = c->account_index.at[account_slot(c, &c->account_index, id)];
    return at ? &c->accounts[at - 1] : NULL;
}

struct cells *cells_new(void)
{
    struct cells *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->account_index.size = c->node_index.size = MAP_MIN;
    c->account_index.at = calloc(MAP_MIN, sizeof(uint32_t));
    c->node_index.at = calloc(MAP_MIN, sizeof(uint32_t));
    if (!c->account_index.at || !c->node_index.at) {
        cells_free(c);
        return NULL;
    }
    for (int l = CELLS_DEPTH; l > 0; l--)
        poseidon_compress(c->empty[l - 1].e, c->empty[l].e, c->empty[l].e);
    return c;
}

struct cells *cells_new_genesis(void)
{
    struct cells *c = cells_new();
    const struct cell next = {{1}};
    struct digest8 root;
    if (!c) return NULL;
    if (cells_set(c, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &next) != ERR_OK ||
        cells_root(c, &root) != ERR_OK) {
        cells_free(c);
        return NULL;
    }
    return c;
}

void cells_free(struct cells *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->n_accounts; i++) free(c->accounts[i].cells);
    free(c->accounts);
    free(c->account_index.at);
    free(c->nodes);
    free(c->node_index.at);
    free(c->dirty);
    free(c);
}

/* Number of the first cell of the account with a slot >= slot. */
static uint32_t slot_lower(const struct account *a, uint32_t slot)
{
    uint32_t lo = 0, hi = a->n;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (a->cells[mid].slot < slot) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

void cells_get(const struct cells *c, uint32_t account, uint8_t slot, struct cell *out)
{
    const struct account *a = account_find(c, account);
    memset(out, 0, sizeof *out);
    if (!a) return;
    uint32_t i = slot_lower(a, slot);
    if (i < a->n && a->cells[i].slot == slot) *out = a->cells[i].value;
}

static enum err account_insert(struct account *a, uint32_t i, uint8_t slot,
                               const struct cell *value)
{
    if (a->n == a->cap) {
        uint16_t cap = a->cap ? (uint16_t)(2 * a->cap) : 3; /* a user: identity, keys, one balance */
        struct slot_cell *p = realloc(a->cells, cap * sizeof *p);
        if (!p) return ERR_NOMEM;
        a->cells = p;
        a->cap = cap;
    }
    memmove(a->cells + i + 1, a->cells + i, (a->n - i) * sizeof a->cells[0]);
    a->cells[i] = (struct slot_cell){slot, *value};
    a->n++;
    return ERR_OK;
}

enum err cells_set(struct cells *c, uint32_t account, uint8_t slot, const struct cell *value)
{
    if (account > ACCOUNT_NEW) return ERR_RANGE;
    for (int i = 0; i < 8; i++)
        if (value->e[i] >= KB_P) return ERR_RANGE;
    bool zero = cell_is_zero(value);
    uint32_t at = c->account_index.at[account_slot(c, &c->account_index, account)];
    if (!at && zero) return ERR_OK;
    size_t number = at ? at - 1 : 0;
    if (!at) ERR_TRY(account_new(c, account, &number));
    ERR_TRY(array_reserve((void **)&c->dirty, &c->cap_dirty, c->n_dirty, sizeof c->dirty[0]));
    struct account *a = &c->accounts[number];
    uint32_t i = slot_lower(a, slot);
    bool there = i < a->n && a->cells[i].slot == slot;
    if (there && zero) {
        memmove(a->cells + i, a->cells + i + 1, (a->n - i - 1u) * sizeof a->cells[0]);
        a->n--;
        c->n_cells--;
    } else if (there) {
        a->cells[i].value = *value;
    } else if (!zero) {
        ERR_TRY(account_insert(a, i, slot, value));
        c->n_cells++;
    }
    if (!a->dirty) {
        a->dirty = true;
        c->dirty[c->n_dirty++] = (uint32_t)number;
    }
    return ERR_OK;
}

/* Digest of the node of an account that covers the slots [first, first + 2^(32 - level)). */
static void account_node(const struct cells *c, const struct account *a, uint32_t level,
                         uint32_t first, struct digest8 *out)
{
    uint32_t size = 1u << (CELLS_DEPTH - level);
    uint32_t i = slot_lower(a, first);
    if (i == a->n || a->cells[i].slot >= first + size) {
        *out = c->empty[level];
        return;
    }
    if (level == CELLS_DEPTH) {
        memcpy(out->e, a->cells[i].value.e, sizeof out->e);
        return;
    }
    struct digest8 left, right;
    account_node(c, a, level + 1, first, &left);
    account_node(c, a, level + 1, first + size / 2, &right);
    poseidon_compress(out->e, left.e, right.e);
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Nodes of one level of some accounts, ascending; digests are those of the cells at first. Sized for one
 * group: every account brings at most 256 cells. */
enum { GROUP_CELLS = 2048 };
struct group {
    uint32_t n, prefix[GROUP_CELLS];
    struct digest8 digest[GROUP_CELLS];
    uint32_t pairs[GROUP_CELLS][16];
};

/* Nodes of level - 1 from those of `level`, inside accounts: a node that is not listed is empty. */
static void group_rise(const struct cells *c, struct group *g, uint32_t level)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < g->n; m++) {
        const uint32_t parent = g->prefix[i] >> 1;
        for (uint32_t side = 0; side < 2; side++) {
            bool there = i < g->n && g->prefix[i] == 2 * parent + side;
            const struct digest8 *d = there ? &g->digest[i++] : &c->empty[level];
            memcpy(g->pairs[m] + (size_t)8 * side, d->e, sizeof d->e);
        }
        g->prefix[m] = parent;
    }
    g->n = m;
    poseidon_compress_many((uint32_t(*)[8])(void *)g->digest, (const uint32_t(*)[16])g->pairs, m);
}

/* Puts the roots of the group's accounts. */
static enum err group_put(struct cells *c, struct group *g)
{
    for (uint32_t level = CELLS_DEPTH; level > CELLS_ACCOUNT_BITS; level--) group_rise(c, g, level);
    for (uint32_t i = 0; i < g->n; i++)
        ERR_TRY(node_put(c, CELLS_ACCOUNT_BITS, g->prefix[i], &g->digest[i]));
    g->n = 0;
    return ERR_OK;
}

/* Roots of all dirty accounts, ids ascending. */
static enum err accounts_hash(struct cells *c, const uint32_t *ids, size_t n, struct group *g)
{
    g->n = 0;
    for (size_t i = 0; i < n; i++) {
        const struct account *a = account_find(c, ids[i]);
        if (g->n + a->n > GROUP_CELLS) ERR_TRY(group_put(c, g));
        if (a->n == 0) ERR_TRY(node_put(c, CELLS_ACCOUNT_BITS, a->id, &c->empty[CELLS_ACCOUNT_BITS]));
        for (uint32_t j = 0; j < a->n; j++) {
            g->prefix[g->n] = a->id << SLOT_BITS | a->cells[j].slot;
            memcpy(g->digest[g->n++].e, a->cells[j].value.e, sizeof g->digest[0].e);
        }
    }
    return group_put(c, g);
}

/* Nodes of `level` above the n nodes of level + 1 (ascending prefixes, which become those of level). */
static enum err level_hash(struct cells *c, uint32_t level, uint32_t *prefixes, size_t *n,
                           struct group *g)
{
    size_t m = 0, done = 0;
    for (size_t i = 0; i < *n; i++) {
        const uint32_t parent = prefixes[i] >> 1;
        if (m > 0 && prefixes[m - 1] == parent) continue;
        prefixes[m++] = parent;
    }
    for (*n = m; done < m; done += g->n) {
        g->n = m - done < GROUP_CELLS ? (uint32_t)(m - done) : GROUP_CELLS;
        for (uint32_t i = 0; i < g->n; i++)
            for (uint32_t side = 0; side < 2; side++)
                memcpy(g->pairs[i] + (size_t)8 * side,
                       node_get(c, level + 1, 2 * prefixes[done + i] + side)->e, 32);
        poseidon_compress_many((uint32_t(*)[8])(void *)g->digest, (const uint32_t(*)[16])g->pairs,
                               g->n);
        for (uint32_t i = 0; i < g->n; i++)
            ERR_TRY(node_put(c, level, prefixes[done + i], &g->digest[i]));
    }
    return ERR_OK;
}

static enum err dirty_hash(struct cells *c, uint32_t *ids, struct group *g)
{
    size_t n = c->n_dirty;
    for (size_t i = 0; i < n; i++) ids[i] = c->accounts[c->dirty[i]].id;
    if (n > 1) qsort(ids, n, sizeof *ids, compare_u32);
    ERR_TRY(accounts_hash(c, ids, n, g));
    for (uint32_t level = CELLS_ACCOUNT_BITS; level-- > 0;) ERR_TRY(level_hash(c, level, ids, &n, g));
    return ERR_OK;
}

enum err cells_root(struct cells *c, struct digest8 *out)
{
    if (c->n_dirty > 0) {
        uint32_t *ids = malloc(c->n_dirty * sizeof *ids);
        struct group *g = malloc(sizeof *g);
        enum err err = ids && g ? dirty_hash(c, ids, g) : ERR_NOMEM;
        free(ids);
        free(g);
        if (err != ERR_OK) return err; /* still dirty: the next call does it all again */
    }
    for (size_t i = 0; i < c->n_dirty; i++) c->accounts[c->dirty[i]].dirty = false;
    c->n_dirty = 0;
    *out = *node_get(c, 0, 0);
    return ERR_OK;
}

enum err cells_node(const struct cells *c, uint32_t level, uint32_t prefix, struct digest8 *out)
{
    if (level > CELLS_DEPTH || (level < CELLS_DEPTH && prefix >> level)) return ERR_RANGE;
    if (c->n_dirty > 0) return ERR_BAD_STATE;
    if (level <= CELLS_ACCOUNT_BITS) {
        *out = *node_get(c, level, prefix);
        return ERR_OK;
    }
    uint32_t below = level - CELLS_ACCOUNT_BITS;
    const struct account *a = account_find(c, prefix >> below);
    uint32_t part = prefix & ((1u << below) - 1);
    if (a) account_node(c, a, level, part << (SLOT_BITS - below), out);
    else *out = c->empty[level];
    return ERR_OK;
}

const struct digest8 *cells_empty_node(const struct cells *c, uint32_t level)
{
    REQUIRE(level <= CELLS_DEPTH);
    return &c->empty[level];
}

size_t cells_count(const struct cells *c)
{
    return c->n_cells;
}

size_t cells_count_accounts(const struct cells *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_accounts; i++) n += c->accounts[i].n > 0;
    return n;
}

enum err cells_each(const struct cells *c,
                    bool (*each)(void *ctx, uint32_t account, uint8_t slot,
                                 const struct cell *value),
                    void *ctx)
{
    if (c->n_accounts == 0) return ERR_OK;
    uint32_t *ids = malloc(c->n_accounts * sizeof *ids);
    if (!ids) return ERR_NOMEM;
    for (size_t i = 0; i < c->n_accounts; i++) ids[i] = c->accounts[i].id;
    qsort(ids, c->n_accounts, sizeof *ids, compare_u32);
    bool more = true;
    for (size_t i = 0; i < c->n_accounts && more; i++) {
        const struct account *a = account_find(c, ids[i]);
        for (uint32_t s = 0; s < a->n && more; s++)
            more = each(ctx, a->id, a->cells[s].slot, &a->cells[s].value);
    }
    free(ids);
    return ERR_OK;
}

bool cell_equal(const struct cell *a, const struct cell *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

void cell_of_amount(struct cell *out, uint32_t first, struct amount amount)
{
    out->e[0] = first;
    amount_to_limbs(out->e + 1, amount);
}

enum err cell_amount(struct amount *out, const struct cell *c)
{
    return amount_from_limbs(out, c->e + 1) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

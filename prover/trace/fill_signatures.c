/* Rows of wots, step and path, for all signatures of a segment: chains, leaf hashes and paths of
 * sixteen signatures go side by side. */
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/tags.h"
#include "prover/trace/witness_internal.h"

enum { PP = 4, NODE = XMSS_DIGEST, GROUP = 16, WOTS = 8 /* rows, of eight chains each */ };

struct columns {
    uint32_t table, active, j, key_leaf, pp;
    uint32_t a, b, c, d, e, f; /* the table's own */
};

struct job {
    struct witness *w;
    struct sig_list *list;
    struct columns step, wots, path;
};

/* What a group computes on the way. */
struct group {
    uint32_t n;
    struct sig_facts *s;
    uint32_t ends[GROUP][XMSS_CHAINS * NODE], leaf[GROUP][8];
    uint32_t first[GROUP][XMSS_CHAINS]; /* row of step of a chain's first step */
};

static uint32_t digit_of(const struct sig_facts *s, uint32_t chain)
{
    return s->d[chain / 8] >> (2 * (chain % 8)) & 3;
}

/* ---- chains ---- */

enum { MANY = 64 };
struct steps {
    uint32_t n, in[MANY][16], out[MANY][8];
    uint8_t sig[MANY], chain[MANY], k[MANY];
};

static void put_step(const struct job *job, const struct sig_facts *s, uint32_t row,
                     uint32_t chain, uint32_t k, const uint32_t value[NODE], const uint32_t out[8])
{
    const struct columns *c = &job->step;
    struct witness *w = job->w;
    w_set(w, c->table, row, c->active, 1);
    w_set(w, c->table, row, c->j, s->j);
    w_set(w, c->table, row, c->key_leaf, s->key_leaf);
    w_set_n(w, c->table, row, c->pp, s->pp, PP);
    w_set(w, c->table, row, c->a, chain);
    w_set(w, c->table, row, c->b, k);
    w_set_n(w, c->table, row, c->c, value, NODE);
    w_set_n(w, c->table, row, c->d, out, 8);
}

static void take_steps(const struct job *job, struct group *g, struct steps *t)
{
    poseidon_compress_many(t->out, (const uint32_t (*)[16])t->in, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct sig_facts *s = &g->s[t->sig[i]];
        const uint32_t chain = t->chain[i], k = t->k[i];
        if (job->step.table != NO_TABLE)
            put_step(job, s, g->first[t->sig[i]][chain] + k - digit_of(s, chain), chain, k,
                     t->in[i], t->out[i]);
        memcpy(g->ends[t->sig[i]] + (size_t)NODE * chain, t->out[i], NODE * sizeof(uint32_t));
    }
    t->n = 0;
}

static void fill_chains(const struct job *job, struct group *g)
{
    struct steps t = {.n = 0};
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t row = g->s[i].step_row;
        memcpy(g->ends[i], g->s[i].sig->tips, sizeof g->ends[i]);
        for (uint32_t chain = 0; chain < XMSS_CHAINS; chain++) {
            g->first[i][chain] = row;
            row += 3 - digit_of(&g->s[i], chain);
        }
    }
    for (uint32_t k = 0; k < 3; k++) {
        for (uint32_t i = 0; i < g->n; i++) {
            const struct sig_facts *s = &g->s[i];
            for (uint32_t chain = 0; chain < XMSS_CHAINS; chain++) {
                if (digit_of(s, chain) > k) continue;
                uint32_t *in = t.in[t.n];
                memcpy(in, g->ends[i] + (size_t)NODE * chain, NODE * sizeof *in);
                in[5] = 0;
                in[6] = (1u << 20) + 4 * chain + k;
                in[7] = s->key_leaf;
                memcpy(in + 8, s->pp, PP * sizeof *in);
                memset(in + 12, 0, 4 * sizeof *in);
                t.sig[t.n] = (uint8_t)i;
                t.chain[t.n] = (uint8_t)chain;
                t.k[t.n] = (uint8_t)k;
                if (++t.n == MANY) take_steps(job, g, &t);
            }
        }
        take_steps(job, g, &t); /* the next steps begin where these end */
    }
}

/* One wots row needs eight consecutive rows with row mod 8 = r: rows are handed out in eights. */
static void put_wots(const struct job *job, const struct sig_facts *s, const uint32_t *ends)
{
    const struct columns *c = &job->wots;
    struct witness *w = job->w;
    uint32_t sum = 0;
    for (uint32_t r = 0; r < WOTS; r++) {
        const uint32_t row = s->wots_row + r, before = sum;
        uint32_t bits[16], tips[8 * NODE];
        memcpy(tips, s->sig->tips + (size_t)8 * r, sizeof tips);
        for (uint32_t i = 0; i < 16; i++)
            bits[i] = s->d[r] >> i & 1;
        for (uint32_t i = 0; i < 8; i++)
            sum += digit_of(s, 8 * r + i);
        w_set(w, c->table, row, c->active, 1);
        w_set(w, c->table, row, c->j, s->j);
        w_set(w, c->table, row, c->key_leaf, s->key_leaf);
        w_set_n(w, c->table, row, c->pp, s->pp, PP);
        w_set(w, c->table, row, c->a, before);
        w_set(w, c->table, row, c->b, s->d[r] >> 16);
        w_set_n(w, c->table, row, c->c, bits, 16);
        w_set_n(w, c->table, row, c->d, tips, 8 * NODE);
        w_set_n(w, c->table, row, c->e, ends + (size_t)8 * r * NODE, 8 * NODE);
    }
}

/* ---- leaf and path ---- */

static void hash_leaves(struct group *g)
{
    uint32_t in[GROUP][16];
    for (uint32_t i = 0; i < g->n; i++) {
        const struct sig_facts *s = &g->s[i];
        const uint32_t state[8] = {1u << 21, s->key_leaf, s->pp[0], s->pp[1], s->pp[2], s->pp[3],
                                   320, TAG_XMSS_LEAF};
        memcpy(g->leaf[i], state, sizeof state);
    }
    for (uint32_t c = 0; c < XMSS_CHAINS * NODE / 8; c++) {
        for (uint32_t i = 0; i < g->n; i++) {
            memcpy(in[i], g->leaf[i], sizeof g->leaf[i]);
            memcpy(in[i] + 8, g->ends[i] + (size_t)8 * c, 8 * sizeof in[i][0]);
        }
        poseidon_compress_many(g->leaf, (const uint32_t (*)[16])in, g->n);
    }
}

static void put_path(const struct job *job, const struct sig_facts *s, uint32_t level,
                     const uint32_t node[NODE], const uint32_t out[8])
{
    const struct columns *c = &job->path;
    struct witness *w = job->w;
    const uint32_t row = s->path_row + level, position = s->key_leaf >> level;
    w_set(w, c->table, row, c->active, 1);
    w_set(w, c->table, row, c->a, position & 1);
    w_set(w, c->table, row, c->j, s->j);
    w_set(w, c->table, row, c->b, level);
    w_set(w, c->table, row, c->c, position >> 1);
    w_set_n(w, c->table, row, c->pp, s->pp, PP);
    w_set_n(w, c->table, row, c->d, node, NODE);
    w_set_n(w, c->table, row, c->e, s->sig->path[level], NODE);
    w_set_n(w, c->table, row, c->f, out, 8);
}

static void fill_paths(const struct job *job, const struct group *g)
{
    uint32_t node[GROUP][NODE], in[GROUP][16], out[GROUP][8];
    for (uint32_t i = 0; i < g->n; i++)
        memcpy(node[i], g->leaf[i], sizeof node[i]);
    for (uint32_t level = 0; level < XMSS_HEIGHT_MAX; level++) {
        uint32_t sig[GROUP], n = 0;
        for (uint32_t i = 0; i < g->n; i++) {
            const struct sig_facts *s = &g->s[i];
            if (level >= s->height) continue;
            const bool right = s->key_leaf >> level & 1;
            memcpy(in[n], right ? s->sig->path[level] : node[i], sizeof node[i]);
            memcpy(in[n] + NODE, right ? node[i] : s->sig->path[level], sizeof node[i]);
            in[n][10] = (1u << 22) + level + 1;
            in[n][11] = s->key_leaf >> level >> 1;
            memcpy(in[n] + 12, s->pp, PP * sizeof in[n][0]);
            sig[n++] = i;
        }
        poseidon_compress_many(out, (const uint32_t (*)[16])in, n);
        for (uint32_t i = 0; i < n; i++) {
            const struct sig_facts *s = &g->s[sig[i]];
            if (job->path.table != NO_TABLE) put_path(job, s, level, node[sig[i]], out[i]);
            memcpy(node[sig[i]], out[i], sizeof node[i]);
        }
    }
}

static void fill_groups(void *ctx, size_t worker, size_t from, size_t to)
{
    const struct job *job = ctx;
    struct witness *w = job->w;
    struct group g;
    (void)worker;
    for (size_t at = from; at < to; at++) {
        const uint32_t left = job->list->n - (uint32_t)at * GROUP;
        g.n = left < GROUP ? left : GROUP;
        g.s = job->list->at + at * GROUP;
        fill_chains(job, &g);
        hash_leaves(&g);
        fill_paths(job, &g);
        const uint32_t auth = w_table(w, "auth");
        for (uint32_t i = 0; i < g.n; i++) {
            const struct sig_facts *s = &g.s[i];
            if (job->wots.table != NO_TABLE) put_wots(job, s, g.ends[i]);
            if (auth == NO_TABLE) continue;
            w_put_n(w, auth, s->auth_row, "pp", s->pp, 8);
            w_put_n(w, auth, s->auth_row, "E", s->e, 8);
            w_put_n(w, auth, s->auth_row, "D", s->d, 8);
            w_put_n(w, auth, s->auth_row, "leaf digest", g.leaf[i], 8);
        }
    }
}

/* ---- all ---- */

/* Public parameter and message digest of every signature: three compressions. */
static void hash_messages(struct sig_list *l)
{
    for (uint32_t at = 0; at < l->n; at += GROUP) {
        const uint32_t n = l->n - at < GROUP ? l->n - at : GROUP;
        uint32_t in[GROUP][16], out[GROUP][8];
        struct sig_facts *s = l->at + at;
        memset(in, 0, sizeof in);
        for (uint32_t i = 0; i < n; i++) {
            memcpy(in[i], s[i].dep, sizeof s[i].dep);
            in[i][8] = TAG_PP;
            in[i][9] = s[i].chain;
            memcpy(in[i] + 10, s[i].owner, sizeof s[i].owner);
        }
        poseidon_compress_many(out, (const uint32_t (*)[16])in, n);
        memset(in, 0, sizeof in);
        for (uint32_t i = 0; i < n; i++) {
            memcpy(s[i].pp, out[i], sizeof out[i]);
            memcpy(in[i], s[i].digest, sizeof s[i].digest);
            memcpy(in[i] + 8, s[i].sig->rho, sizeof s[i].sig->rho);
            in[i][15] = s[i].key_leaf;
        }
        poseidon_compress_many(out, (const uint32_t (*)[16])in, n);
        memset(in, 0, sizeof in);
        for (uint32_t i = 0; i < n; i++) {
            memcpy(s[i].e, out[i], sizeof out[i]);
            memcpy(in[i], s[i].e, sizeof s[i].e);
            memcpy(in[i] + 8, s[i].pp, PP * sizeof s[i].pp[0]);
        }
        poseidon_compress_many(out, (const uint32_t (*)[16])in, n);
        for (uint32_t i = 0; i < n; i++)
            memcpy(s[i].d, out[i], sizeof out[i]);
    }
}

static void hand_out_rows(const struct job *job)
{
    struct witness *w = job->w;
    for (uint32_t i = 0; i < job->list->n && !w_failed(w); i++) {
        struct sig_facts *s = &job->list->at[i];
        uint32_t steps = 0;
        for (uint32_t chain = 0; chain < XMSS_CHAINS; chain++)
            steps += 3 - digit_of(s, chain);
        if (job->step.table != NO_TABLE) s->step_row = w_rows(w, job->step.table, steps);
        if (job->wots.table != NO_TABLE) s->wots_row = w_rows(w, job->wots.table, WOTS);
        if (job->path.table != NO_TABLE) s->path_row = w_rows(w, job->path.table, s->height);
    }
}

static void find_columns(struct job *job)
{
    const struct witness *w = job->w;
    struct columns *c = &job->step;
    uint32_t t = c->table = w_table(w, "step");
    if (t != NO_TABLE)
        *c = (struct columns){t, w_column(w, t, "active"), w_column(w, t, "j"),
                              w_column(w, t, "key leaf"), w_columns(w, t, "pp"),
                              .a = w_column(w, t, "chain"), .b = w_column(w, t, "k"),
                              .c = w_columns(w, t, "value"), .d = w_columns(w, t, "out")};
    c = &job->wots;
    t = c->table = w_table(w, "wots");
    if (t != NO_TABLE)
        *c = (struct columns){t, w_column(w, t, "active"), w_column(w, t, "j"),
                              w_column(w, t, "key leaf"), w_columns(w, t, "pp"),
                              .a = w_column(w, t, "sum"), .b = w_column(w, t, "hi"),
                              .c = w_column(w, t, "digit 0 bit 0"), .d = w_columns(w, t, "tip"),
                              .e = w_columns(w, t, "end")};
    c = &job->path;
    t = c->table = w_table(w, "path");
    if (t != NO_TABLE)
        *c = (struct columns){t, w_column(w, t, "active"), w_column(w, t, "j"), 0,
                              w_columns(w, t, "pp"), .a = w_column(w, t, "bit"),
                              .b = w_column(w, t, "level"), .c = w_column(w, t, "index"),
                              .d = w_columns(w, t, "node"), .e = w_columns(w, t, "sibling"),
                              .f = w_columns(w, t, "out")};
}

void fill_signatures(struct witness *w, struct sig_list *list)
{
    struct job job = {.w = w, .list = list};
    if (list->n == 0) return;
    find_columns(&job);
    hash_messages(list);
    hand_out_rows(&job);
    if (w_failed(w)) return;
    w_parallel(w, (list->n + GROUP - 1) / GROUP, 1, fill_groups, &job);
}

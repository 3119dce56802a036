#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/tags.h"
#include "prover/trace/witness_internal.h"

enum { PP = 4, NODE = XMSS_DIGEST };

/* What all rows of one signature share. */
struct sig_facts {
    uint32_t j, key_leaf, height;
    uint32_t pp[8], dep[8], chain;
    uint32_t d[8], ends[XMSS_CHAINS * NODE], leaf[8];
    const struct xmss_signature *sig;
};

static void fill_step(struct witness *w, const struct sig_facts *s, uint32_t chain, uint32_t k,
                      uint32_t value[NODE])
{
    uint32_t out[8];
    uint32_t left[8] = {value[0], value[1], value[2], value[3], value[4], 0,
                        (1u << 20) + 4 * chain + k, s->key_leaf};
    uint32_t right[8] = {s->pp[0], s->pp[1], s->pp[2], s->pp[3]};
    poseidon_compress(out, left, right);
    uint32_t table = w_table(w, "step");
    if (table != NO_TABLE && !w_failed(w)) {
        uint32_t row = w_row(w, table);
        w_put(w, table, row, "active", 1);
        w_put(w, table, row, "j", s->j);
        w_put(w, table, row, "key leaf", s->key_leaf);
        w_put_n(w, table, row, "pp", s->pp, PP);
        w_put(w, table, row, "chain", chain);
        w_put(w, table, row, "k", k);
        w_put_n(w, table, row, "value", value, NODE);
        w_put_n(w, table, row, "out", out, 8);
    }
    memcpy(value, out, NODE * sizeof *value);
}

/* One wots row needs eight consecutive rows with row mod 8 = g: rows are handed out in eights. */
static void fill_wots(struct witness *w, struct sig_facts *s)
{
    uint32_t table = w_table(w, "wots"), sum = 0;
    for (uint32_t g = 0; g < 8; g++) {
        uint32_t lo = s->d[g] & 0xffff, before = sum;
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t chain = 8 * g + i, digit = lo >> (2 * i) & 3;
            sum += digit;
            uint32_t *end = s->ends + NODE * chain;
            memcpy(end, s->sig->tips[chain], NODE * sizeof *end);
            for (uint32_t k = digit; k < 3; k++)
                fill_step(w, s, chain, k, end);
        }
        if (table == NO_TABLE || w_failed(w)) continue;
        uint32_t row = w_row(w, table), bits[16], tips[8 * NODE];
        memcpy(tips, s->sig->tips + 8 * g, sizeof tips);
        for (uint32_t i = 0; i < 16; i++)
            bits[i] = lo >> i & 1;
        w_put(w, table, row, "active", 1);
        w_put(w, table, row, "j", s->j);
        w_put(w, table, row, "key leaf", s->key_leaf);
        w_put_n(w, table, row, "pp", s->pp, PP);
        w_put(w, table, row, "sum", before);
        w_put(w, table, row, "hi", s->d[g] >> 16);
        w_set_n(w, table, row, w_column(w, table, "digit 0 bit 0"), bits, 16);
        w_put_n(w, table, row, "tip", tips, 8 * NODE);
        w_put_n(w, table, row, "end", s->ends + 8 * g * NODE, 8 * NODE);
    }
}

static void leaf_hash(struct sig_facts *s)
{
    uint32_t state[8] = {1u << 21, s->key_leaf, s->pp[0], s->pp[1], s->pp[2], s->pp[3], 320,
                         TAG_XMSS_LEAF};
    for (uint32_t c = 0; c < 40; c++)
        poseidon_compress(state, state, s->ends + 8 * c);
    memcpy(s->leaf, state, sizeof state);
}

static void fill_path(struct witness *w, const struct sig_facts *s)
{
    uint32_t table = w_table(w, "path"), node[NODE], position = s->key_leaf;
    memcpy(node, s->leaf, sizeof node);
    for (uint32_t level = 0; level < s->height; level++, position >>= 1) {
        uint32_t in[16], out[8];
        bool right = position & 1;
        memcpy(in, right ? s->sig->path[level] : node, sizeof node);
        memcpy(in + NODE, right ? node : s->sig->path[level], sizeof node);
        in[10] = (1u << 22) + level + 1;
        in[11] = position >> 1;
        memcpy(in + 12, s->pp, PP * sizeof *in);
        poseidon_compress(out, in, in + 8);
        if (table != NO_TABLE && !w_failed(w)) {
            uint32_t row = w_row(w, table);
            w_put(w, table, row, "active", 1);
            w_put(w, table, row, "bit", right);
            w_put(w, table, row, "j", s->j);
            w_put(w, table, row, "level", level);
            w_put(w, table, row, "index", position >> 1);
            w_put_n(w, table, row, "pp", s->pp, PP);
            w_put_n(w, table, row, "node", node, NODE);
            w_put_n(w, table, row, "sibling", s->sig->path[level], NODE);
            w_put_n(w, table, row, "out", out, 8);
        }
        memcpy(node, out, sizeof node);
    }
}

static const struct user_cell *key_of(const struct chain_trace *trace, const uint32_t digest[8])
{
    for (uint32_t i = 0; i < trace->n_preimages; i++) {
        const struct slot0_preimage *p = &trace->preimages[i];
        if (p->kind == PREIMAGE_USER && memcmp(p->digest.e, digest, sizeof p->digest.e) == 0)
            return &p->user;
    }
    return NULL;
}

static const struct xmss_signature *signature_of(const struct witness *w, uint32_t j)
{
    for (uint32_t i = 0; i < w->n_signatures; i++)
        if (w->signatures[i].j == j) return &w->signatures[i].signature;
    return NULL;
}

/* f: j, account, change key, changes, lane, leaf, digest 8, owner 10, step byte, pos before, after */
void fill_auth(struct witness *w, const struct chain_trace *trace, struct memory *m,
               const struct ask *auth, const uint32_t *new_key)
{
    const uint32_t *f = auth->f, *digest = f + 6, *owner = f + 14;
    uint32_t j = f[0], account = f[1], lane = f[4], leaf = f[5];
    bool change = f[2] == 1, escape = f[26] != f[25];
    uint32_t slot0[8], slot0_new[8], slot1[8], slot1_new[8] = {0};
    memcpy(slot0, memory_at(m, account, 0)->value, sizeof slot0);
    memcpy(slot1, memory_at(m, account, 1)->value, sizeof slot1);
    const struct user_cell *user = key_of(trace, slot0);
    struct sig_facts s = {.j = j, .chain = trace->chain, .sig = signature_of(w, j)};
    if (user == NULL || s.sig == NULL || lane >= 4 || (change && new_key == NULL) ||
        (user->height != 12 && user->height != 18)) {
        w_fail(w, ERR_MISMATCH, "operation %u: no key, signature, lane or new key of account %u",
               (unsigned)j, (unsigned)account);
        return;
    }
    memcpy(slot0_new, change ? new_key : slot0, sizeof slot0_new);
    if (change) {
        slot1_new[0] = f_add(slot1[0], 1);
    } else {
        memcpy(slot1_new, slot1, sizeof slot1_new);
        slot1_new[1 + lane] = leaf + 1;
    }
    fill_access(w, m, 16 * j, account, 0, slot0, slot0_new);
    fill_access(w, m, 16 * j + 1, account, 1, slot1, slot1_new);

    s.height = user->height;
    s.key_leaf = (lane << (s.height - 2)) + leaf;
    for (uint32_t i = 0; i < 8; i++) {
        const uint8_t *b = trace->deployment_id + 4 * i;
        s.dep[i] = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) &
                   ((1u << 30) - 1);
    }
    uint32_t x[8] = {TAG_PP, s.chain}, e[8], key[8] = {0};
    for (uint32_t i = 0; i < 5; i++)
        x[2 + i] = f_add(owner[2 * i], f_mul(1u << 16, owner[2 * i + 1]));
    poseidon_compress(s.pp, s.dep, x);
    uint32_t salt[8] = {0};
    memcpy(salt, s.sig->rho, sizeof s.sig->rho);
    salt[7] = s.key_leaf;
    memcpy(key, s.pp, PP * sizeof *key);
    poseidon_compress(e, digest, salt);
    poseidon_compress(s.d, e, key);
    fill_wots(w, &s);
    leaf_hash(&s);
    fill_path(w, &s);

    uint32_t table = w_table(w, "auth");
    if (table == NO_TABLE || w_failed(w)) return;
    uint32_t row = w_row(w, table);
    w_put(w, table, row, "active", 1);
    w_put(w, table, row, "change key", change);
    w_put(w, table, row, "escape", escape);
    w_put(w, table, row, "short key", s.height == 12);
    if (lane > 0) w_set(w, table, row, w_column(w, table, "lane 1") + lane - 1, 1);
    w_put(w, table, row, "j", j);
    w_put(w, table, row, "account", account);
    w_put(w, table, row, "changes", f[3]);
    w_put(w, table, row, "leaf", leaf);
    w_put(w, table, row, "pos", f[25]);
    w_put(w, table, row, "leaf low", leaf & 0xff);
    w_put_n(w, table, row, "digest", digest, 8);
    w_put_n(w, table, row, "owner", owner, 10);
    w_put_n(w, table, row, "root", user->root.e, NODE);
    w_put_n(w, table, row, "slot 0 old", slot0, 8);
    w_put_n(w, table, row, "slot 0 new", slot0_new, 8);
    w_put_n(w, table, row, "next", slot1 + 1, 4);
    w_put_n(w, table, row, "pp", s.pp, 8);
    w_put_n(w, table, row, "dep", s.dep, 8);
    w_put(w, table, row, "chain", s.chain);
    w_put_n(w, table, row, "rho", s.sig->rho, XMSS_RHO);
    w_put_n(w, table, row, "E", e, 8);
    w_put_n(w, table, row, "D", s.d, 8);
    w_put_n(w, table, row, "leaf digest", s.leaf, 8);
}

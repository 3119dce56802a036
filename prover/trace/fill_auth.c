#include <string.h>

#include "prover/trace/witness_internal.h"

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
               const struct ask *auth, const uint32_t *new_key, struct sig_list *list)
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
    memcpy(s.digest, digest, sizeof s.digest);
    for (uint32_t i = 0; i < 8; i++) {
        const uint8_t *b = trace->deployment_id + 4 * i;
        s.dep[i] = ((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]) &
                   ((1u << 30) - 1);
    }
    for (uint32_t i = 0; i < 5; i++)
        s.owner[i] = f_add(owner[2 * i], f_mul(1u << 16, owner[2 * i + 1]));

    const uint32_t table = w_table(w, "auth");
    if (table != NO_TABLE && !w_failed(w)) {
        const uint32_t row = s.auth_row = w_row(w, table);
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
        w_put_n(w, table, row, "root", user->root.e, XMSS_DIGEST);
        w_put_n(w, table, row, "slot 0 old", slot0, 8);
        w_put_n(w, table, row, "slot 0 new", slot0_new, 8);
        w_put_n(w, table, row, "next", slot1 + 1, 4);
        w_put_n(w, table, row, "dep", s.dep, 8);
        w_put(w, table, row, "chain", s.chain);
        w_put_n(w, table, row, "rho", s.sig->rho, XMSS_RHO);
    }
    if (list->n == WITNESS_SIGNATURES)
        w_fail(w, ERR_FULL, "more than %d signatures", WITNESS_SIGNATURES);
    if (!w_failed(w)) list->at[list->n++] = s;
}

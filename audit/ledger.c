/* State of one chain: cells with undo, identities, balances. The operations are in operations.c. */
#include "audit/ledger_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"

bool refuse(struct ledger *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(l->text, sizeof l->text, format, args);
    va_end(args);
    return false;
}

bool no_memory(struct ledger *l)
{
    l->no_memory = true;
    return refuse(l, "out of memory");
}

/* ---- undo ---- */

static struct change *change_new(struct ledger *l)
{
    struct change *c = calloc(1, sizeof *c);
    if (c == NULL) return NULL;
    c->next = l->changes;
    l->changes = c;
    return c;
}

void ledger_begin(struct ledger *l)
{
    while (l->changes != NULL) {
        struct change *c = l->changes;
        l->changes = c->next;
        free(c);
    }
    l->n_requests_before = l->n_requests;
    l->n_halves = 0;
}

static void identity_put(struct ledger *l, uint32_t account, const struct identity *i)
{
    struct identity_entry *e = NULL;
    HASH_FIND(hh, l->identities, &account, sizeof account, e);
    if (i->kind == IDENTITY_NONE) {
        if (e != NULL) {
            HASH_DEL(l->identities, e);
            free(e);
        }
        return;
    }
    if (e == NULL) {
        e = calloc(1, sizeof *e);
        if (e == NULL) {
            l->no_memory = true;
            return;
        }
        e->account = account;
        HASH_ADD(hh, l->identities, account, sizeof e->account, e);
    }
    e->identity = *i;
}

void ledger_rollback(struct ledger *l)
{
    while (l->changes != NULL) {
        struct change *c = l->changes;
        l->changes = c->next;
        if (c->is_identity)
            identity_put(l, c->account, &c->identity);
        else if (tree_set(l->tree, c->account, c->slot, c->cell) != ERR_OK)
            l->no_memory = true;
        free(c);
    }
    l->n_requests = l->n_requests_before;
    l->n_halves = 0;
}

/* ---- cells ---- */

void ledger_cell_read(const struct ledger *l, uint32_t account, uint8_t slot, uint32_t out[8])
{
    tree_get(l->tree, account, slot, out);
}

bool cell_write(struct ledger *l, uint32_t account, uint8_t slot, const uint32_t value[8])
{
    struct change *c = change_new(l);
    if (c == NULL) return no_memory(l);
    c->account = account;
    c->slot = slot;
    tree_get(l->tree, account, slot, c->cell);
    if (tree_set(l->tree, account, slot, value) != ERR_OK) return no_memory(l);
    return true;
}

units units_of(const uint32_t cell[8])
{
    units v = 0;
    for (int i = 6; i >= 0; i--)
        v = v << 16 | cell[1 + i];
    return v;
}

void units_cell(uint32_t out[8], uint32_t first, units v)
{
    out[0] = first;
    for (int i = 0; i < 7; i++)
        out[1 + i] = (uint32_t)(v >> (16 * i)) & 0xffff;
}

bool cell_empty(const uint32_t c[8])
{
    for (int i = 0; i < 8; i++) {
        if (c[i] != 0) return false;
    }
    return true;
}

static bool balance_write(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units v)
{
    uint32_t cell[8] = {0};
    if (v != 0) units_cell(cell, token, v);
    return cell_write(l, account, slot, cell);
}

bool credit(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units amount)
{
    uint32_t cell[8];
    if (slot < 2) return refuse(l, "slot %u is not a balance slot", slot);
    ledger_cell_read(l, account, slot, cell);
    if (!cell_empty(cell) && cell[0] != token)
        return refuse(l, "account %u slot %u holds token %u, not %u", account, slot, cell[0],
                      token);
    units v = units_of(cell) + amount;
    if (v >= UNITS_LIMIT) return refuse(l, "account %u slot %u passes 2^112", account, slot);
    return balance_write(l, account, slot, token, v);
}

bool debit(struct ledger *l, uint32_t account, uint8_t slot, uint32_t token, units amount)
{
    uint32_t cell[8];
    if (slot < 2) return refuse(l, "slot %u is not a balance slot", slot);
    ledger_cell_read(l, account, slot, cell);
    if (amount == 0 && cell_empty(cell)) return true;
    if (cell_empty(cell) || cell[0] != token)
        return refuse(l, "account %u slot %u does not hold token %u", account, slot, token);
    units v = units_of(cell);
    if (v < amount) return refuse(l, "account %u slot %u holds too little", account, slot);
    return balance_write(l, account, slot, token, v - amount);
}

/* ---- identities ---- */

bool ledger_identity(const struct ledger *l, uint32_t account, struct identity *out)
{
    struct identity_entry *e = NULL;
    HASH_FIND(hh, l->identities, &account, sizeof account, e);
    if (e == NULL) return false;
    *out = e->identity;
    return true;
}

bool is_user(const struct ledger *l, uint32_t account, struct identity *out)
{
    return ledger_identity(l, account, out) && out->kind == IDENTITY_USER;
}

bool is_pool(const struct ledger *l, uint32_t account, struct identity *out)
{
    return ledger_identity(l, account, out) && out->kind == IDENTITY_POOL;
}

static void identity_digest(const struct identity *i, uint32_t out[8])
{
    uint32_t e[18] = {0};
    if (i->kind == IDENTITY_USER) {
        e[0] = 1;
        e[1] = i->auth;
        e[2] = i->height;
        for (int j = 0; j < 10; j++)
            e[3 + j] = (uint32_t)i->owner[2 * j] << 8 | i->owner[2 * j + 1];
        memcpy(e + 13, i->root, sizeof i->root);
        poseidon_sponge(1, e, 18, out);
        return;
    }
    const uint32_t pool[10] = {
        2,           i->own_chain,   i->own_id,  i->own_token, i->other_chain,
        i->other_id, i->other_token, i->fee_bps, i->cap_bps,   0};
    poseidon_sponge(2, pool, 10, out);
}

bool identity_set(struct ledger *l, uint32_t account, const struct identity *i)
{
    uint32_t digest[8];
    struct change *c = change_new(l);
    if (c == NULL) return no_memory(l);
    c->account = account;
    c->is_identity = true;
    if (!ledger_identity(l, account, &c->identity)) c->identity.kind = IDENTITY_NONE;
    identity_put(l, account, i);
    identity_digest(i, digest);
    return !l->no_memory && cell_write(l, account, 0, digest);
}

bool account_make(struct ledger *l, const struct identity *i, uint32_t *id)
{
    uint32_t counter[8];
    uint32_t slot0[8];
    ledger_cell_read(l, 0, 2, counter);
    uint32_t next = counter[0];
    if (next >= ACCOUNT_FRESH) return refuse(l, "all account ids are given out");
    ledger_cell_read(l, next, 0, slot0);
    if (!cell_empty(slot0)) return refuse(l, "account %u is not empty", next);
    counter[0] = next + 1;
    struct identity copy = *i;
    if (copy.kind == IDENTITY_POOL) copy.own_id = next;
    *id = next;
    return cell_write(l, 0, 2, counter) && identity_set(l, next, &copy);
}

struct ledger *ledger_new(uint16_t chain)
{
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL) return NULL;
    l->chain = chain;
    l->tree = tree_new();
    const uint32_t first[8] = {1};
    if (l->tree == NULL || tree_set(l->tree, 0, 2, first) != ERR_OK) {
        ledger_free(l);
        return NULL;
    }
    return l;
}

void ledger_free(struct ledger *l)
{
    struct identity_entry *e = NULL;
    struct identity_entry *next = NULL;
    if (l == NULL) return;
    ledger_begin(l);
    HASH_ITER(hh, l->identities, e, next)
    {
        HASH_DEL(l->identities, e);
        free(e);
    }
    tree_free(l->tree);
    free(l->halves);
    free(l);
}

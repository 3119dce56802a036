#include "tests/property/core/model.h"

#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "common/field/poseidon16.h"

static const u128 LIMIT = (u128)1 << 112;

static void to_mpz(mpz_t z, u128 v)
{
    mpz_set_ui(z, (unsigned long)(v >> 64));
    mpz_mul_2exp(z, z, 64);
    mpz_add_ui(z, z, (unsigned long)v);
}

/* a b / c; false from 2^112 on. */
static bool mul_div(u128 a, u128 b, u128 c, bool up, u128 *q)
{
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    to_mpz(x, a);
    to_mpz(y, b);
    mpz_mul(x, x, y);
    to_mpz(z, c);
    if (up) mpz_cdiv_q(x, x, z);
    else mpz_fdiv_q(x, x, z);
    bool ok = mpz_sizeinbase(x, 2) <= 112;
    mpz_tdiv_q_2exp(y, x, 64);
    *q = (u128)mpz_get_ui(y) << 64 | mpz_get_ui(x);
    mpz_clears(x, y, z, NULL);
    return ok;
}

static int compare_products(u128 a, u128 b, u128 c, u128 d)
{
    mpz_t x, y, z;
    mpz_inits(x, y, z, NULL);
    to_mpz(x, a);
    to_mpz(y, b);
    mpz_mul(x, x, y);
    to_mpz(y, c);
    to_mpz(z, d);
    mpz_mul(y, y, z);
    int r = mpz_cmp(x, y);
    mpz_clears(x, y, z, NULL);
    return r;
}

static bool unpack(uint64_t bits, u128 *v)
{
    mpz_t x, e;
    mpz_inits(x, e, NULL);
    mpz_ui_pow_ui(e, 10, bits % 32);
    mpz_mul_ui(x, e, bits / 32);
    bool ok = mpz_sizeinbase(x, 2) <= 112;
    mpz_tdiv_q_2exp(e, x, 64);
    *v = (u128)mpz_get_ui(e) << 64 | mpz_get_ui(x);
    mpz_clears(x, e, NULL);
    return ok && bits >> 40 == 0;
}

static u128 exact(struct amount a)
{
    return (u128)a.hi << 64 | a.lo;
}

struct model *model_new(void)
{
    struct model *m = calloc(1, sizeof *m);
    if (m) m->chain[0].next = m->chain[1].next = 1;
    return m;
}

static struct model_account *user(struct model_chain *c, uint32_t id)
{
    return id < MODEL_ACCOUNTS && c->account[id].kind == 1 ? &c->account[id] : NULL;
}

static struct model_account *pool(struct model_chain *c, uint32_t id)
{
    return id < MODEL_ACCOUNTS && c->account[id].kind == 2 ? &c->account[id] : NULL;
}

static struct model_slot *slot_at(struct model_account *a, uint8_t slot)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->slots[i].slot == slot) return &a->slots[i];
    return NULL;
}

static bool debit(struct model_account *a, uint8_t slot, uint32_t token, u128 v)
{
    struct model_slot *s = slot_at(a, slot);
    if (slot < 2 || !s || s->token != token || s->amount < v) return false;
    s->amount -= v;
    if (s->amount == 0) *s = a->slots[--a->n];
    return true;
}

static bool credit(struct model_account *a, uint8_t slot, uint32_t token, u128 v, bool own)
{
    struct model_slot *s = slot_at(a, slot);
    if (slot < 2 || (slot > 127 && !own) || token == 0) return false;
    if (s && s->token != token) return false;
    if (!s) {
        if (a->n == MODEL_SLOTS) abort();
        s = &a->slots[a->n++];
        *s = (struct model_slot){slot, token, 0};
    }
    s->amount += v;
    return s->amount < LIMIT;
}

static bool take_fee(struct model_chain *c, struct model_account *a, uint8_t slot, uint32_t token,
                     uint16_t packed)
{
    u128 v;
    if (!unpack(packed, &v)) return false;
    if (v == 0) return true;
    for (int i = 0; i < MODEL_FEE_TOKENS; i++)
        if (c->fee_account && c->fees[i].token == token && token != 0)
            return debit(a, slot, token, v) &&
                   credit(&c->account[c->fee_account], c->fees[i].slot, token, v, false);
    return false;
}

static struct model_account *authorise(struct model *m, struct model_chain *c,
                                       const struct op_auth *auth, uint32_t deadline, bool key)
{
    struct model_account *a = user(c, auth->account);
    if (!a || a->auth != 1 || deadline < m->time || auth->lane > 3) return NULL;
    uint32_t leaves = 1u << (a->height - 2);
    if (auth->leaf >= leaves || auth->leaf < a->next[auth->lane]) return NULL;
    if (auth->leaf == leaves - 1 && !key) return NULL;
    a->next[auth->lane] = auth->leaf + 1;
    return a;
}

static uint32_t create_account(struct model_chain *c, int kind)
{
    if (c->next >= MODEL_ACCOUNTS) abort();
    c->account[c->next].kind = kind;
    return c->next++;
}

static bool same_owner(const uint8_t a[20], const uint8_t b[20])
{
    return memcmp(a, b, 20) == 0;
}

static void set_key(struct model_account *a, uint8_t auth, uint8_t height, const uint32_t root[5])
{
    a->auth = auth;
    a->height = height;
    memcpy(a->root, root, sizeof a->root);
    a->changes++;
    memset(a->next, 0, sizeof a->next);
}

static bool key_ok(uint8_t auth, uint8_t height, const uint32_t *root)
{
    for (int i = 0; i < 5; i++)
        if (root[i] >= 2130706433u) return false;
    return auth == 1 && (height == 12 || height == 18);
}

static bool do_transfer(struct model *m, struct model_chain *c, const struct op_transfer *t)
{
    u128 v;
    if (!unpack(t->amount.bits, &v) || v == 0 || t->token == 0 || t->token >> 25) return false;
    struct model_account *from = authorise(m, c, &t->auth, t->auth.deadline, false);
    struct model_account *to = user(c, t->to);
    if (!from || !to || !same_owner(to->owner, t->to_owner.bytes)) return false;
    return debit(from, t->slot_from, t->token, v) &&
           credit(to, t->slot_to, t->token, v, same_owner(from->owner, to->owner)) &&
           take_fee(c, from, t->slot_from, t->token, t->fee.bits);
}

static bool do_withdraw(struct model *m, struct model_chain *c, const struct op_withdraw *w)
{
    struct model_account *a = authorise(m, c, &w->auth, w->auth.deadline, false);
    u128 v = exact(w->amount);
    return a && v > 0 && v < LIMIT && w->token > 0 && w->token < 1u << 24 &&
           debit(a, w->slot, w->token, v) && take_fee(c, a, w->slot, w->token, w->fee.bits);
}

static bool do_change_key(struct model *m, struct model_chain *c, const struct op_change_key *k)
{
    u128 fee;
    struct model_account *a = authorise(m, c, &k->auth, k->auth.deadline, true);
    if (!a || !key_ok(k->new_auth, k->new_height, k->new_root.e)) return false;
    if (memcmp(a->root, k->new_root.e, 20) == 0 || !unpack(k->fee.bits, &fee)) return false;
    if ((fee == 0) != (k->fee_token == 0) || k->fee_token >> 24) return false;
    set_key(a, k->new_auth, k->new_height, k->new_root.e);
    return take_fee(c, a, k->fee_slot, k->fee_token, k->fee.bits);
}

static bool do_swap(struct model *m, const struct swap_order *o)
{
    u128 a0, net, a1;
    if (o->chain >= 2 || o->to_chain >= 2 || !unpack(o->amount.bits, &a0) || a0 == 0) return false;
    if (exact(o->minimum) >= LIMIT) return false;
    struct model_chain *ca = &m->chain[o->chain], *cb = &m->chain[o->to_chain];
    struct model_account *from = authorise(m, ca, &o->auth, o->auth.deadline, false);
    struct model_account *in = pool(ca, o->pool_in);
    if (!from || !in || in->token != o->token_in || in->other_token != o->token_out ||
        in->other_chain != o->to_chain)
        return false;
    struct model_account *out = pool(cb, in->other_id), *to = user(cb, o->to_account);
    if (!out || !to || !same_owner(to->owner, o->to_owner.bytes)) return false;
    u128 r0 = in->r, r1 = out->r;
    if (!debit(from, o->slot_in, o->token_in, a0)) return false;
    if (!mul_div(a0, 10000 - in->fee, 10000, false, &net) || net == 0) return false;
    if (r0 + a0 >= LIMIT) return false;
    if (!take_fee(ca, from, o->slot_in, o->token_in, o->fee.bits)) return false;
    if (!mul_div(net, r1, r0 + net, false, &a1) || a1 == 0 || a1 < exact(o->minimum)) return false;
    in->r += a0;
    out->r -= a1;
    if (out->cap < 10000) {
        if (!out->window || out->day != m->time / 86400) {
            out->day = m->time / 86400;
            out->ref = r1;
            out->window = true;
        }
        if (compare_products(10000, out->r, 10000 - out->cap, out->ref) < 0) return false;
    }
    m->was_swap = true;
    m->k_fell = compare_products(in->r, out->r, r0, r1) < 0;
    return credit(to, o->to_slot, o->token_out, a1, same_owner(from->owner, to->owner));
}

static bool scale_window(struct model_account *p, u128 before, u128 after)
{
    return p->cap == 10000 || !p->window || mul_div(p->ref, after, before, true, &p->ref);
}

static bool do_liquidity(struct model *m, const struct liquidity_order *o,
                         const struct op_auth auth[2], bool add)
{
    u128 s;
    struct model_account *p[2];
    if (!unpack(o->shares.bits, &s) || s == 0) return false;
    uint64_t key[2];
    for (int i = 0; i < 2; i++) {
        key[i] = (uint64_t)o->side[i].chain << 32 | o->side[i].token;
        if (o->side[i].chain >= 2 || exact(o->side[i].limit) >= LIMIT) return false;
        p[i] = pool(&m->chain[o->side[i].chain], o->side[i].pool_id);
        if (!p[i] || p[i]->token != o->side[i].token) return false;
        if (auth[i].account != o->side[i].account) return false;
    }
    if (key[0] >= key[1]) return false;
    for (int i = 0; i < 2; i++)
        if (p[i]->other_chain != o->side[1 - i].chain || p[i]->other_id != o->side[1 - i].pool_id)
            return false;
    for (int i = 0; i < 2; i++) {
        const struct liquidity_side *d = &o->side[i];
        struct model_chain *c = &m->chain[d->chain];
        struct model_account *a = authorise(m, c, &auth[i], o->deadline, false);
        uint32_t share = (1u << 24) + d->pool_id;
        u128 v, before = p[i]->s, r = p[i]->r, limit = exact(d->limit);
        if (!a) return false;
        if (add) {
            if (before + s >= LIMIT || !mul_div(s, r, before, true, &v) || v > limit) return false;
            if (r + v >= LIMIT || !debit(a, d->slot, d->token, v)) return false;
            if (!credit(a, d->share_slot, share, s, true)) return false;
            p[i]->s += s;
            p[i]->r += v;
        } else {
            if (!debit(a, d->share_slot, share, s) || !mul_div(s, r, before, false, &v)) return false;
            if (v == 0 || v < limit || !credit(a, d->slot, d->token, v, true)) return false;
            p[i]->s -= s;
            p[i]->r -= v;
        }
        if (!scale_window(p[i], before, p[i]->s)) return false;
        if (!take_fee(c, a, d->slot, d->token, d->fee.bits)) return false;
    }
    return true;
}

static bool do_create(struct model *m, const struct create_order *o, const struct op_auth auth[2])
{
    u128 s, v;
    uint32_t id[2];
    uint64_t key[2];
    if (!unpack(o->shares.bits, &s) || s < 1000000) return false;
    if (o->fee_bps >= 10000 || o->flags != 0 || o->cap_bps == 0 || o->cap_bps > 10000) return false;
    for (int i = 0; i < 2; i++) {
        const struct create_side *d = &o->side[i];
        key[i] = (uint64_t)d->chain << 32 | d->token;
        if (d->chain >= 2 || d->token == 0 || d->token >> 24) return false;
        if (auth[i].account != d->account) return false;
    }
    if (key[0] >= key[1] || (o->cap_bps == 10000 && o->side[0].chain != o->side[1].chain))
        return false;
    for (int i = 0; i < 2; i++) {
        const struct create_side *d = &o->side[i];
        struct model_chain *c = &m->chain[d->chain];
        struct model_account *a = authorise(m, c, &auth[i], o->deadline, false);
        if (!a || !unpack(d->amount.bits, &v) || v == 0) return false;
        id[i] = create_account(c, 2);
        struct model_account *p = &c->account[id[i]];
        p->token = d->token;
        p->other_chain = o->side[1 - i].chain;
        p->other_token = o->side[1 - i].token;
        p->fee = o->fee_bps;
        p->cap = o->cap_bps;
        p->r = v;
        p->s = s;
        if (!debit(a, d->slot, d->token, v)) return false;
        if (!credit(a, d->share_slot, (1u << 24) + id[i], s - 1000, true)) return false;
        if (!take_fee(c, a, d->slot, d->token, d->fee.bits)) return false;
    }
    for (int i = 0; i < 2; i++)
        m->chain[o->side[i].chain].account[id[i]].other_id = id[1 - i];
    return true;
}

static bool do_priority(struct model *m, struct model_chain *c, const struct op_priority *p)
{
    struct model_account *a = user(c, p->id);
    bool deposit = p->kind == 1 || p->kind == 2, keyed = p->kind == 2;
    u128 v = exact(p->amount);
    if (deposit && (v == 0 || v >= LIMIT || p->token == 0 || p->token >> 24)) return false;
    if (keyed && !key_ok(1, 12, p->root.e)) return false;
    if (p->kind == 3 && !key_ok(p->auth, p->height, p->root.e)) {
        uint32_t any = p->auth | p->height;
        for (int i = 0; i < 5; i++) any |= p->root.e[i];
        if (any) return false;
    }
    m->outcome = 0;
    if (deposit && p->id == 0xFFFFFF) {
        if (p->slot < 2) {
            m->outcome = 3;
            return true;
        }
        a = &c->account[create_account(c, 1)];
        memcpy(a->owner, p->owner.bytes, 20);
        if (keyed) {
            a->auth = 1;
            a->height = 12;
            memcpy(a->root, p->root.e, 20);
        }
        return credit(a, p->slot, p->token, v, true);
    }
    if (!a) m->outcome = 1;
    else if (!same_owner(a->owner, p->owner.bytes)) m->outcome = 2;
    else if (p->kind != 1 && p->kind != 4 && memcmp(a->root, p->root.e, 20) == 0) m->outcome = 5;
    else if (p->kind != 3 && p->slot < 2) m->outcome = 3;
    else if (deposit && slot_at(a, p->slot) && slot_at(a, p->slot)->token != p->token) m->outcome = 3;
    if (m->outcome) return true;
    if (keyed) set_key(a, 1, 12, p->root.e);
    if (deposit) return credit(a, p->slot, p->token, v, true);
    if (p->kind == 3) {
        set_key(a, p->auth, p->height, p->root.e);
        return true;
    }
    struct model_slot *s = slot_at(a, p->slot); /* EXIT */
    if (!s) return true;
    struct model_slot had = *s;
    *s = a->slots[--a->n];
    if (had.token < 1u << 24) return true;
    struct model_account *q = pool(c, had.token - (1u << 24));
    if (!q || !mul_div(had.amount, q->r, q->s, false, &v)) abort();
    u128 before = q->s;
    q->s -= had.amount;
    q->r -= v;
    return scale_window(q, before, q->s);
}

bool model_apply(struct model *m, const struct request *r)
{
    struct model *before = malloc(sizeof *before);
    if (!before) abort();
    memcpy(before, m, sizeof *m);
    struct model_chain *c = r->chain < 2 ? &m->chain[r->chain] : NULL;
    bool ok = false, one = r->kind <= REQUEST_CHANGE_KEY || r->kind == REQUEST_PRIORITY;
    m->was_swap = m->k_fell = false;
    if (!one || c)
        switch (r->kind) {
        case REQUEST_OPEN:
            memcpy(c->account[create_account(c, 1)].owner, r->u.open.owner.bytes, 20);
            ok = true;
            break;
        case REQUEST_TRANSFER: ok = do_transfer(m, c, &r->u.transfer); break;
        case REQUEST_WITHDRAW: ok = do_withdraw(m, c, &r->u.withdraw); break;
        case REQUEST_CHANGE_KEY: ok = do_change_key(m, c, &r->u.change_key); break;
        case REQUEST_SWAP: ok = do_swap(m, &r->u.swap); break;
        case REQUEST_ADD:
        case REQUEST_REMOVE:
            ok = do_liquidity(m, &r->u.liquidity.order, r->u.liquidity.auth,
                              r->kind == REQUEST_ADD);
            break;
        case REQUEST_CREATE: ok = do_create(m, &r->u.create.order, r->u.create.auth); break;
        case REQUEST_PRIORITY: ok = do_priority(m, c, &r->u.priority); break;
        default: break;
        }
    if (!ok) memcpy(m, before, sizeof *m);
    free(before);
    return ok;
}

u128 model_total(const struct model *m, uint16_t chain, uint32_t token)
{
    u128 sum = 0;
    for (uint32_t i = 1; i < m->chain[chain].next; i++) {
        const struct model_account *a = &m->chain[chain].account[i];
        if (a->kind == 2 && a->token == token) sum += a->r;
        for (uint32_t s = 0; s < a->n; s++)
            if (a->slots[s].token == token) sum += a->slots[s].amount;
    }
    return sum;
}

static void product4(mpz_t out, u128 a, u128 b, u128 c, u128 d)
{
    mpz_t x;
    mpz_init(x);
    to_mpz(out, a);
    to_mpz(x, b);
    mpz_mul(out, out, x);
    to_mpz(x, c);
    mpz_mul(out, out, x);
    to_mpz(x, d);
    mpz_mul(out, out, x);
    mpz_clear(x);
}

bool model_values_kept(const struct model *before, const struct model *after)
{
    bool kept = true;
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    for (int c = 0; c < MODEL_CHAINS; c++)
        for (uint32_t i = 1; i < before->chain[c].next; i++) {
            const struct model_account *a = &before->chain[c].account[i];
            if (a->kind != 2) continue;
            const struct model_account *b = &before->chain[a->other_chain].account[a->other_id];
            const struct model_account *a2 = &after->chain[c].account[i];
            const struct model_account *b2 = &after->chain[a->other_chain].account[a->other_id];
            product4(x, a2->r, b2->r, a->s, b->s);
            product4(y, a->r, b->r, a2->s, b2->s);
            kept = kept && mpz_cmp(x, y) >= 0;
        }
    mpz_clears(x, y, NULL);
    return kept;
}

/* ---- the tree, from scratch ---- */
struct leaf {
    uint32_t address, cell[8];
};
struct leaves {
    struct leaf *at;
    uint32_t n;
};

static void add_leaf(struct leaves *l, uint32_t account, uint32_t slot, const uint32_t cell[8])
{
    uint32_t any = 0;
    for (int i = 0; i < 8; i++) any |= cell[i];
    if (!any) return;
    l->at[l->n].address = account << 8 | slot;
    memcpy(l->at[l->n++].cell, cell, 32);
}

static void put_amount(uint32_t cell[8], uint32_t first, u128 v)
{
    cell[0] = first;
    for (int i = 0; i < 7; i++) cell[1 + i] = (uint32_t)(v >> (16 * i)) & 0xffff;
}

static int by_address(const void *a, const void *b)
{
    uint32_t x = ((const struct leaf *)a)->address, y = ((const struct leaf *)b)->address;
    return x < y ? -1 : x > y;
}

static void node(const struct leaf *l, uint32_t n, uint32_t level, uint32_t out[8])
{
    static uint32_t empty[33][8];
    static bool made;
    if (!made) {
        for (int i = 31; i >= 0; i--) poseidon_compress(empty[i], empty[i + 1], empty[i + 1]);
        made = true;
    }
    if (n == 0) {
        memcpy(out, empty[level], 32);
        return;
    }
    if (level == 32) {
        memcpy(out, l->cell, 32);
        return;
    }
    uint32_t half = 0, left[8], right[8];
    while (half < n && !(l[half].address >> (31 - level) & 1)) half++;
    node(l, half, level + 1, left);
    node(l + half, n - half, level + 1, right);
    poseidon_compress(out, left, right);
}

static void account_leaves(struct leaves *l, uint32_t chain, uint32_t id,
                           const struct model_account *a)
{
    uint32_t e[18] = {1, a->auth, a->height}, cell[8];
    if (a->kind == 1) {
        for (int i = 0; i < 10; i++) e[3 + i] = 256u * a->owner[2 * i] + a->owner[2 * i + 1];
        memcpy(e + 13, a->root, 20);
        poseidon_sponge(1, e, 18, cell);
        add_leaf(l, id, 0, cell);
        uint32_t keys[8] = {a->changes, a->next[0], a->next[1], a->next[2], a->next[3]};
        add_leaf(l, id, 1, keys);
    } else {
        const uint32_t p[10] = {2, chain, id, a->token, a->other_chain, a->other_id,
                                a->other_token, a->fee, a->cap, 0};
        poseidon_sponge(2, p, 10, cell);
        add_leaf(l, id, 0, cell);
        put_amount(cell, a->token, a->r);
        add_leaf(l, id, 2, cell);
        put_amount(cell, (1u << 24) + id, a->s);
        add_leaf(l, id, 3, cell);
        if (a->window) {
            put_amount(cell, a->day, a->ref);
            add_leaf(l, id, 4, cell);
        }
    }
    for (uint32_t s = 0; s < a->n; s++) {
        put_amount(cell, a->slots[s].token, a->slots[s].amount);
        add_leaf(l, id, a->slots[s].slot, cell);
    }
}

void model_root(const struct model *m, uint16_t chain, uint32_t root[8])
{
    const struct model_chain *c = &m->chain[chain];
    struct leaves l = {calloc((size_t)c->next * (MODEL_SLOTS + 5) + 1, sizeof(struct leaf)), 0};
    if (!l.at) abort();
    uint32_t next[8] = {c->next};
    add_leaf(&l, 0, 2, next);
    for (uint32_t i = 1; i < c->next; i++) account_leaves(&l, chain, i, &c->account[i]);
    qsort(l.at, l.n, sizeof l.at[0], by_address);
    node(l.at, l.n, 0, root);
    free(l.at);
}

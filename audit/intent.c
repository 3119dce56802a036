#include "audit/intent.h"

#include <string.h>

#include "audit/ledger_internal.h"

enum kind { OPEN = 1, TRANSFER, WITHDRAW, CHANGE_KEY, SWAP, ADD, REMOVE, CREATE, PRIORITY };

/* ---- the request's bytes ---- */

struct source {
    const uint8_t *p;
    size_t left;
    bool bad;
};

static const uint8_t *take(struct source *s, size_t n)
{
    static const uint8_t nothing[64];
    if (s->bad || n > s->left || n > sizeof nothing) {
        s->bad = true;
        return nothing;
    }
    const uint8_t *p = s->p;
    s->p += n;
    s->left -= n;
    return p;
}

static uint64_t number(struct source *s, size_t n)
{
    uint64_t v = 0;
    const uint8_t *p = take(s, n);
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static units exact(struct source *s)
{
    units hi = number(s, 6);
    return hi << 64 | number(s, 8);
}

/* ---- the record's bytes ---- */

static void put(struct intent *i, const uint8_t *p, size_t n)
{
    memcpy(i->expected + i->len, p, n);
    memset(i->decided + i->len, true, n * sizeof i->decided[0]);
    i->len += n;
}

static void put_number(struct intent *i, uint64_t v, size_t n)
{
    uint8_t b[8];
    for (size_t j = 0; j < n; j++)
        b[j] = (uint8_t)(v >> (8 * (n - 1 - j)));
    put(i, b, n);
}

static void open_bytes(struct intent *i, size_t n)
{
    i->len += n;
}

static void copy(struct intent *i, struct source *s, size_t n)
{
    put(i, take(s, n), n);
}

/* Account, then the step byte, which follows from the key's counters. */
static void put_auth(struct intent *i, struct source *s, bool with_deadline)
{
    i->is_signed = true;
    i->account = (uint32_t)number(s, 3);
    i->lane = (uint8_t)number(s, 1);
    i->leaf = (uint32_t)number(s, 3);
    if (with_deadline) i->deadline = (uint32_t)number(s, 4);
    put_number(i, i->account, 3);
    open_bytes(i, 1);
}

static void transfer(struct intent *i, struct source *s)
{
    i->code = 0x03;
    put_auth(i, s, true);
    i->has_recipient = true;
    i->recipient = (uint32_t)number(s, 3);
    put_number(i, i->recipient, 3);
    memcpy(i->owner, take(s, 20), 20);
    i->token_slot = (uint8_t)number(s, 1);
    put_number(i, i->token_slot, 1);
    copy(i, s, 1);
    i->has_token = true;
    i->token = (uint32_t)number(s, 4);
    copy(i, s, 5);
    copy(i, s, 2);
}

static void withdraw(struct intent *i, struct source *s)
{
    i->code = 0x02;
    put_auth(i, s, true);
    copy(i, s, 1);
    put_number(i, number(s, 4), 3);
    copy(i, s, 20);
    copy(i, s, 14);
    copy(i, s, 2);
}

static void change_key(struct intent *i, struct source *s)
{
    i->code = 0x05;
    put_auth(i, s, true);
    copy(i, s, 1);
    copy(i, s, 1);
    copy(i, s, 20);
    i->token_slot = (uint8_t)number(s, 1);
    put_number(i, i->token_slot, 1);
    i->token = (uint32_t)number(s, 4);
    i->has_token = i->token != 0; /* 0: without a fee */
    copy(i, s, 2);
}

static void swap(struct intent_request *q, struct source *s)
{
    struct intent *in = &q->records[0];
    struct intent *out = &q->records[1];
    uint8_t amount[5];
    in->code = 0x07;
    put_auth(in, s, true);
    copy(in, s, 1);
    copy(in, s, 3);
    in->has_pool_token = out->has_pool_token = true;
    in->pool_token = (uint32_t)number(s, 4);
    out->pool_token = (uint32_t)number(s, 4);
    memcpy(amount, take(s, 5), 5);
    put(in, amount, 5);
    copy(in, s, 2);
    out->chain = (uint16_t)number(s, 2);
    out->code = 0x20;
    open_bytes(out, 3); /* the pool: pairing decides */
    memcpy(out->owner, take(s, 20), 20);
    out->has_recipient = true;
    out->recipient = (uint32_t)number(s, 3);
    put_number(out, out->recipient, 3);
    copy(out, s, 1);
    out->has_least = true;
    out->least = exact(s);
    q->is_swap = true;
}

/* The account appears in the order and in its signature: they must be one. */
static void half_auth(struct intent *i, struct source *s, uint64_t account)
{
    put_auth(i, s, false);
    if (i->account != account) s->bad = true;
}

static void liquidity(struct intent_request *q, struct source *s, bool add)
{
    for (int side = 0; side < 2; side++) {
        struct intent *i = &q->records[side];
        i->code = add ? 0x08 : 0x09;
        i->chain = (uint16_t)number(s, 2);
        uint64_t pool = number(s, 3);
        uint64_t account = number(s, 3);
        i->has_pool_token = true;
        i->pool_token = (uint32_t)number(s, 4);
        uint64_t slots = number(s, 2);
        uint64_t fee = number(s, 2);
        i->has_most = add;
        i->has_least = !add;
        i->most = i->least = exact(s);
        half_auth(i, s, account);
        put_number(i, slots, 2);
        put_number(i, pool, 3);
        put_number(i, fee, 7); /* shares come at the end of the order: into the first five */
    }
    const uint8_t *shares = take(s, 5);
    uint32_t deadline = (uint32_t)number(s, 4);
    for (int side = 0; side < 2; side++) {
        struct intent *i = &q->records[side];
        memcpy(i->expected + i->len - 7, shares, 5);
        i->deadline = deadline;
    }
}

static void create(struct intent_request *q, struct source *s)
{
    uint64_t fee[2];
    uint64_t tokens[2];
    for (int side = 0; side < 2; side++) {
        struct intent *i = &q->records[side];
        i->code = 0x06;
        i->chain = (uint16_t)number(s, 2);
        uint64_t account = number(s, 3);
        tokens[side] = number(s, 4);
        uint64_t slots = number(s, 2);
        fee[side] = number(s, 2);
        uint64_t amount = number(s, 5);
        half_auth(i, s, account);
        put_number(i, slots, 2);
        put_number(i, tokens[side], 3);
        put_number(i, amount, 5);
    }
    const uint8_t *shares = take(s, 5);
    uint64_t fee_bps = number(s, 4);
    uint64_t cap_bps = number(s, 4);
    if (number(s, 4) != 0) s->bad = true; /* flags */
    uint32_t deadline = (uint32_t)number(s, 4);
    for (int side = 0; side < 2; side++) {
        struct intent *i = &q->records[side];
        put(i, shares, 5);
        put_number(i, q->records[1 - side].chain, 2);
        open_bytes(i, 3); /* the other half's account */
        put_number(i, tokens[1 - side], 3);
        put_number(i, fee_bps, 2);
        put_number(i, cap_bps, 2);
        put_number(i, fee[side], 2);
        i->deadline = deadline;
        if (fee_bps > 0xffff || cap_bps > 0xffff) s->bad = true;
    }
}

static void priority(struct intent *i, struct source *s)
{
    static const size_t sizes[] = {0, 42, 62, 46, 42};
    unsigned kind = s->left > 0 ? s->p[0] >> 4 : 0;
    i->code = 0x01;
    if (kind < 1 || kind > 4) {
        s->bad = true;
        return;
    }
    copy(i, s, sizes[kind]);
    i->decided[0] = false; /* the outcome; the kind is compared by hand */
    if (kind == 4) memset(i->decided + 25, false, 17 * sizeof i->decided[0]);
}

enum err intent_read(struct intent_request *out, struct span bytes, size_t n,
                     const uint16_t chain[2], const uint32_t record[2], const char **why)
{
    struct source s = {bytes.data, bytes.len, false};
    memset(out, 0, sizeof *out);
    *why = "a request is malformed";
    if (number(&s, 1) != 1) return ERR_PARSE;
    unsigned kind = (unsigned)number(&s, 1);
    uint16_t named = (uint16_t)number(&s, 2);
    out->n = kind == SWAP || kind == ADD || kind == REMOVE || kind == CREATE ? 2 : 1;
    out->records[0].chain = named;
    switch (kind) {
    case OPEN:
        out->records[0].code = 0x04;
        copy(&out->records[0], &s, 20);
        break;
    case TRANSFER:
        transfer(&out->records[0], &s);
        break;
    case WITHDRAW:
        withdraw(&out->records[0], &s);
        break;
    case CHANGE_KEY:
        change_key(&out->records[0], &s);
        break;
    case SWAP:
        swap(out, &s);
        break;
    case ADD:
        liquidity(out, &s, true);
        break;
    case REMOVE:
        liquidity(out, &s, false);
        break;
    case CREATE:
        create(out, &s);
        break;
    case PRIORITY:
        priority(&out->records[0], &s);
        break;
    default:
        s.bad = true;
    }
    if (s.bad) return ERR_PARSE;
    *why = "a request does not belong to the records it is said to be";
    if (n != out->n) return ERR_PARSE;
    for (size_t i = 0; i < n; i++) {
        if (out->records[i].chain != chain[i]) return ERR_PARSE;
        out->records[i].record = record[i];
    }
    return ERR_OK;
}

/* ---- against the published record ---- */

bool intent_fits(const struct intent *i, struct ledger *l, uint8_t code, const uint8_t *body,
                 size_t len)
{
    struct identity to;
    uint32_t cell[8];
    uint8_t seen = code >= 0x21 && code <= 0x2e ? 0x20 : code;
    if (seen != i->code)
        return refuse(l, "record code 0x%02x, but 0x%02x was asked for", code, i->code);
    if (len < i->len) return refuse(l, "the bytes end inside a record");
    for (size_t j = 0; j < i->len; j++) {
        if (i->decided[j] && body[j] != i->expected[j])
            return refuse(l, "byte %zu of the record is not what was signed or asked for", j);
    }
    if (i->code == 0x01 && body[0] >> 4 != i->expected[0] >> 4)
        return refuse(l, "another kind of request than was asked for");
    if (i->is_signed && i->deadline < l->time) return refuse(l, "the deadline has passed");
    if (i->has_recipient && (!is_user(l, i->recipient, &to) || memcmp(to.owner, i->owner, 20) != 0))
        return refuse(l, "account %u does not belong to the signed owner", i->recipient);
    if (!i->has_token) return true;
    ledger_cell_read(l, i->account, i->token_slot, cell);
    return cell[0] == i->token ||
           refuse(l, "slot %u does not hold the signed token", i->token_slot);
}

bool intent_kept(const struct intent *i, struct ledger *l)
{
    const struct half *h = l->n_halves > 0 ? &l->halves[l->n_halves - 1] : NULL;
    if (i->is_signed && (l->last_lane != i->lane || l->last_leaf != i->leaf))
        return refuse(l, "key leaf %u of lane %u, but %u of %u signed", l->last_leaf, l->last_lane,
                      i->leaf, i->lane);
    if (!i->has_pool_token && !i->has_least && !i->has_most) return true;
    if (h == NULL) return refuse(l, "no half operation where one was signed");
    if (i->has_pool_token && h->pool.own_token != i->pool_token)
        return refuse(l, "the pool holds another token than was signed");
    if (i->has_least && h->amount < i->least) return refuse(l, "less than the signed minimum");
    if (i->has_most && h->amount > i->most) return refuse(l, "more than the signed maximum");
    return true;
}

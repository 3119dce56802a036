#include "core/op/request.h"

#include <string.h>

#include "common/base/bytes.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "common/field/kb.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/order.h"

static const char id_label[] = "HAWSER-REQUEST-1";

uint32_t request_signatures(uint8_t kind)
{
    switch (kind) {
    case REQUEST_TRANSFER:
    case REQUEST_WITHDRAW:
    case REQUEST_CHANGE_KEY:
    case REQUEST_SWAP: return 1;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
    case REQUEST_CREATE: return 2;
    default: return 0;
    }
}

/* One pass that writes or reads the same fields in the same order. */
struct pass {
    bool write;
    uint8_t *out;
    const uint8_t *in;
    size_t n, size;
    enum err err;
};

static uint64_t field(struct pass *p, uint64_t v, uint32_t n)
{
    if (p->err != ERR_OK) return 0;
    if (n > p->size - p->n) {
        p->err = p->write ? ERR_TOO_LARGE : ERR_PARSE;
        return 0;
    }
    uint64_t got = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (p->write) p->out[p->n + i] = (uint8_t)(v >> (8 * (n - 1 - i)));
        else got = got << 8 | p->in[p->n + i];
    }
    p->n += n;
    if (p->write && n < 8 && v >> (8 * n)) p->err = ERR_RANGE;
    return p->write ? v : got;
}

static void u8(struct pass *p, uint8_t *v)
{
    *v = (uint8_t)field(p, *v, 1);
}

static void u16(struct pass *p, uint16_t *v)
{
    *v = (uint16_t)field(p, *v, 2);
}

static void u24(struct pass *p, uint32_t *v)
{
    *v = (uint32_t)field(p, *v, 3);
}

static void u32(struct pass *p, uint32_t *v)
{
    *v = (uint32_t)field(p, *v, 4);
}

static void packed(struct pass *p, struct packed_amount *v)
{
    v->bits = field(p, v->bits, 5);
}

static void fee(struct pass *p, struct packed_fee *v)
{
    u16(p, &v->bits);
}

static void amount(struct pass *p, struct amount *v)
{
    v->hi = field(p, v->hi, 6);
    v->lo = field(p, v->lo, 8);
}

static void owner(struct pass *p, struct owner *v)
{
    for (int i = 0; i < 20; i++) u8(p, &v->bytes[i]);
}

static void root(struct pass *p, struct key_root *v)
{
    for (int i = 0; i < XMSS_DIGEST; i++) {
        u32(p, &v->e[i]);
        if (v->e[i] >= KB_P && p->err == ERR_OK) p->err = p->write ? ERR_RANGE : ERR_PARSE;
    }
}

static void auth(struct pass *p, struct op_auth *v, bool with_deadline)
{
    u24(p, &v->account);
    u8(p, &v->lane);
    u24(p, &v->leaf);
    if (with_deadline) u32(p, &v->deadline);
}

static void token(struct pass *p, uint32_t *v) /* may be a share: 25 bits */
{
    u32(p, v);
}

static void swap_fields(struct pass *p, struct swap_order *o)
{
    auth(p, &o->auth, true);
    u8(p, &o->slot_in);
    u24(p, &o->pool_in);
    token(p, &o->token_in);
    token(p, &o->token_out);
    packed(p, &o->amount);
    fee(p, &o->fee);
    u16(p, &o->to_chain);
    owner(p, &o->to_owner);
    u24(p, &o->to_account);
    u8(p, &o->to_slot);
    amount(p, &o->minimum);
}

static void liquidity_fields(struct pass *p, struct request *r)
{
    struct liquidity_order *o = &r->u.liquidity.order;
    for (int i = 0; i < 2; i++) {
        struct liquidity_side *s = &o->side[i];
        u16(p, &s->chain);
        u24(p, &s->pool_id);
        u24(p, &s->account);
        token(p, &s->token);
        u8(p, &s->slot);
        u8(p, &s->share_slot);
        fee(p, &s->fee);
        amount(p, &s->limit);
        auth(p, &r->u.liquidity.auth[i], false);
    }
    packed(p, &o->shares);
    u32(p, &o->deadline);
}

static void create_fields(struct pass *p, struct request *r)
{
    struct create_order *o = &r->u.create.order;
    for (int i = 0; i < 2; i++) {
        struct create_side *s = &o->side[i];
        u16(p, &s->chain);
        u24(p, &s->account);
        token(p, &s->token);
        u8(p, &s->slot);
        u8(p, &s->share_slot);
        fee(p, &s->fee);
        packed(p, &s->amount);
        auth(p, &r->u.create.auth[i], false);
    }
    packed(p, &o->shares);
    u32(p, &o->fee_bps);
    u32(p, &o->cap_bps);
    u32(p, &o->flags);
    u32(p, &o->deadline);
}

static void change_key_fields(struct pass *p, struct op_change_key *o)
{
    auth(p, &o->auth, true);
    u8(p, &o->new_auth);
    u8(p, &o->new_height);
    root(p, &o->new_root);
    u8(p, &o->fee_slot);
    token(p, &o->fee_token);
    fee(p, &o->fee);
}

/* As requested: outcome and results are left out. */
static void priority_fields(struct pass *p, struct op_priority *o)
{
    uint8_t bytes[RECORD_DEPOSIT_WITH_KEY_BYTES];
    struct op_priority asked = *o;
    asked.outcome = 0;
    if (asked.kind == PRIORITY_EXIT) {
        asked.token = 0;
        asked.amount = AMOUNT_ZERO;
    }
    uint32_t size = p->write ? priority_record_size(asked.kind) : 0;
    if (p->write && size == 0) p->err = ERR_RANGE;
    if (!p->write && p->err == ERR_OK) {
        size = p->n < p->size ? priority_record_size(p->in[p->n] >> 4) : 0;
        if (size == 0 || size > p->size - p->n) p->err = ERR_PARSE;
    }
    if (p->err != ERR_OK) return;
    if (p->write) priority_record_write(bytes, &asked);
    for (uint32_t i = 0; i < size; i++) u8(p, &bytes[i]);
    if (p->write || p->err != ERR_OK) return;
    if (priority_record_read(o, bytes, size) != ERR_OK || o->outcome != 0 ||
        (o->kind == PRIORITY_EXIT && (o->token != 0 || !amount_is_zero(o->amount))))
        p->err = ERR_PARSE;
}

static void body(struct pass *p, struct request *r)
{
    switch (r->kind) {
    case REQUEST_OPEN: owner(p, &r->u.open.owner); break;
    case REQUEST_TRANSFER: {
        struct op_transfer *o = &r->u.transfer;
        auth(p, &o->auth, true);
        u24(p, &o->to);
        owner(p, &o->to_owner);
        u8(p, &o->slot_from);
        u8(p, &o->slot_to);
        token(p, &o->token);
        packed(p, &o->amount);
        fee(p, &o->fee);
        break;
    }
    case REQUEST_WITHDRAW: {
        struct op_withdraw *o = &r->u.withdraw;
        auth(p, &o->auth, true);
        u8(p, &o->slot);
        token(p, &o->token);
        owner(p, &o->to);
        amount(p, &o->amount);
        fee(p, &o->fee);
        break;
    }
    case REQUEST_CHANGE_KEY: change_key_fields(p, &r->u.change_key); break;
    case REQUEST_SWAP: swap_fields(p, &r->u.swap); break;
    case REQUEST_ADD:
    case REQUEST_REMOVE: liquidity_fields(p, r); break;
    case REQUEST_CREATE: create_fields(p, r); break;
    case REQUEST_PRIORITY: priority_fields(p, &r->u.priority); break;
    default: p->err = p->write ? ERR_RANGE : ERR_PARSE;
    }
}

/* What the kind says twice is filled in from one place. */
static void settle(struct request *r)
{
    if (r->kind == REQUEST_SWAP) r->u.swap.chain = r->chain;
    if (r->kind == REQUEST_ADD) r->u.liquidity.order.kind = OP_ADD;
    if (r->kind == REQUEST_REMOVE) r->u.liquidity.order.kind = OP_REMOVE;
}

enum err request_encode(const struct request *r, bool with_signatures, uint8_t *out, size_t size,
                        size_t *n)
{
    struct request copy = *r;
    struct pass p = {.write = true, .out = out, .size = size, .err = ERR_OK};
    uint8_t version = REQUEST_VERSION, count = with_signatures ? r->n_signatures : 0;
    if (count > 2 || (count != 0 && count != request_signatures(r->kind))) return ERR_RANGE;
    if (r->kind == REQUEST_SWAP) copy.chain = r->u.swap.chain;
    u8(&p, &version);
    u8(&p, &copy.kind);
    u16(&p, &copy.chain);
    body(&p, &copy);
    u8(&p, &count);
    for (uint32_t i = 0; i < count && p.err == ERR_OK; i++) {
        uint32_t height = copy.signature_height[i];
        if (height != XMSS_HEIGHT_SMALL && height != XMSS_HEIGHT_LARGE) return ERR_RANGE;
        u8(&p, &copy.signature_height[i]);
        if (p.err == ERR_OK && xmss_signature_size(height) > p.size - p.n) p.err = ERR_TOO_LARGE;
        if (p.err != ERR_OK) break;
        xmss_signature_write(out + p.n, &copy.signatures[i], height);
        p.n += xmss_signature_size(height);
    }
    if (p.err == ERR_OK) *n = p.n;
    return p.err;
}

enum err request_decode(struct request *out, const uint8_t *in, size_t n)
{
    struct request r;
    struct pass p = {.in = in, .size = n, .err = ERR_OK};
    uint8_t version = 0;
    memset(&r, 0, sizeof r);
    u8(&p, &version);
    u8(&p, &r.kind);
    u16(&p, &r.chain);
    if (p.err == ERR_OK && version != REQUEST_VERSION) return ERR_VERSION;
    body(&p, &r);
    u8(&p, &r.n_signatures);
    if (p.err != ERR_OK) return ERR_PARSE;
    if (r.n_signatures != 0 && r.n_signatures != request_signatures(r.kind)) return ERR_PARSE;
    for (uint32_t i = 0; i < r.n_signatures; i++) {
        u8(&p, &r.signature_height[i]);
        uint32_t height = r.signature_height[i];
        if (p.err != ERR_OK || (height != XMSS_HEIGHT_SMALL && height != XMSS_HEIGHT_LARGE))
            return ERR_PARSE;
        size_t size = xmss_signature_size(height);
        if (size > n - p.n) return ERR_PARSE;
        ERR_TRY(xmss_signature_read(&r.signatures[i], height, in + p.n, size));
        p.n += size;
    }
    if (p.n != n) return ERR_PARSE;
    settle(&r);
    *out = r;
    return ERR_OK;
}

void request_id(uint8_t id[32], const struct request *r)
{
    uint8_t bytes[REQUEST_BYTES_MAX];
    size_t n = 0;
    memset(bytes, 0, 4);
    if (request_encode(r, false, bytes, sizeof bytes, &n) != ERR_OK) n = 0; /* cannot be accepted */
    sha256_two(id, id_label, sizeof id_label - 1, bytes, n);
}

enum err request_digest(struct digest8 *out, const uint32_t dep[8], const struct request *r,
                        uint32_t side, uint32_t changes)
{
    struct request c = *r;
    struct digest8 common;
    settle(&c);
    if (r->kind == REQUEST_SWAP) c.u.swap.chain = r->u.swap.chain;
    if (side >= request_signatures(r->kind)) return ERR_ARG;
    switch (r->kind) {
    case REQUEST_TRANSFER:
        c.u.transfer.auth.changes = changes;
        order_transfer_digest(out, dep, r->chain, &c.u.transfer);
        return ERR_OK;
    case REQUEST_WITHDRAW:
        c.u.withdraw.auth.changes = changes;
        order_withdraw_digest(out, dep, r->chain, &c.u.withdraw);
        return ERR_OK;
    case REQUEST_CHANGE_KEY:
        c.u.change_key.auth.changes = changes;
        order_change_key_digest(out, dep, r->chain, &c.u.change_key);
        return ERR_OK;
    case REQUEST_SWAP:
        c.u.swap.auth.changes = changes;
        order_swap_digest(out, dep, &c.u.swap);
        return ERR_OK;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        c.u.liquidity.auth[side].changes = changes;
        order_liquidity_digest(&common, dep, &c.u.liquidity.order);
        order_half_digest(out, dep, c.u.liquidity.order.side[side].chain,
                          &c.u.liquidity.auth[side], c.u.liquidity.order.kind, &common);
        return ERR_OK;
    case REQUEST_CREATE:
        c.u.create.auth[side].changes = changes;
        order_create_digest(&common, dep, &c.u.create.order);
        order_half_digest(out, dep, c.u.create.order.side[side].chain, &c.u.create.auth[side],
                          OP_CREATE, &common);
        return ERR_OK;
    default: return ERR_ARG;
    }
}

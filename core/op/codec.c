#include "core/op/codec.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/field/kb.h"
#include "core/op/amount.h"

enum { ID_MAX = 0xFFFFFF, PACKED_BYTES = 5 };

static void put_packed(uint8_t *p, struct packed_amount a)
{
    for (int i = 0; i < PACKED_BYTES; i++) p[i] = (uint8_t)(a.bits >> (8 * (4 - i)));
}

static void put_root(uint8_t *p, const struct key_root *root)
{
    for (int i = 0; i < XMSS_DIGEST; i++) put_be32(p + 4 * i, root->e[i]);
}

static bool get_root(struct key_root *root, const uint8_t *p)
{
    for (int i = 0; i < XMSS_DIGEST; i++) {
        root->e[i] = get_be32(p + 4 * i);
        if (root->e[i] >= KB_P) return false;
    }
    return true;
}

/* ---- priority records ---- */
uint32_t priority_record_size(uint8_t kind)
{
    switch (kind) {
    case PRIORITY_DEPOSIT: return RECORD_DEPOSIT_BYTES;
    case PRIORITY_DEPOSIT_WITH_KEY: return RECORD_DEPOSIT_WITH_KEY_BYTES;
    case PRIORITY_SET_KEY: return RECORD_SET_KEY_BYTES;
    case PRIORITY_EXIT: return RECORD_EXIT_BYTES;
    default: return 0;
    }
}

void priority_record_write(uint8_t *out, const struct op_priority *p)
{
    out[0] = (uint8_t)(p->kind << 4 | p->outcome);
    put_be24(out + 1, p->id);
    switch (p->kind) {
    case PRIORITY_DEPOSIT:
    case PRIORITY_DEPOSIT_WITH_KEY:
        out[4] = p->slot;
        put_be24(out + 5, p->token);
        amount_to_be(out + 8, p->amount);
        memcpy(out + 22, p->owner.bytes, 20);
        if (p->kind == PRIORITY_DEPOSIT_WITH_KEY) put_root(out + 42, &p->root);
        break;
    case PRIORITY_SET_KEY:
        out[4] = p->auth;
        out[5] = p->height;
        memcpy(out + 6, p->owner.bytes, 20);
        put_root(out + 26, &p->root);
        break;
    case PRIORITY_EXIT:
        out[4] = p->slot;
        memcpy(out + 5, p->owner.bytes, 20);
        put_be24(out + 25, p->token);
        amount_to_be(out + 28, p->amount);
        break;
    default: UNREACHABLE("kind of a priority record");
    }
}

enum err priority_record_read(struct op_priority *out, const uint8_t *in, size_t n)
{
    struct op_priority p;
    memset(&p, 0, sizeof p);
    if (n == 0) return ERR_PARSE;
    p.kind = in[0] >> 4;
    p.outcome = in[0] & 15;
    uint32_t size = priority_record_size(p.kind);
    if (size == 0 || n != size || p.outcome > OUTCOME_SAME_KEY) return ERR_PARSE;
    p.id = get_be24(in + 1);
    p.new_id = p.id;
    switch (p.kind) {
    case PRIORITY_DEPOSIT:
    case PRIORITY_DEPOSIT_WITH_KEY:
        p.slot = in[4];
        p.token = get_be24(in + 5);
        amount_from_be(&p.amount, in + 8);
        memcpy(p.owner.bytes, in + 22, 20);
        if (p.kind == PRIORITY_DEPOSIT_WITH_KEY && !get_root(&p.root, in + 42)) return ERR_PARSE;
        break;
    case PRIORITY_SET_KEY:
        p.auth = in[4];
        p.height = in[5];
        memcpy(p.owner.bytes, in + 6, 20);
        if (!get_root(&p.root, in + 26)) return ERR_PARSE;
        break;
    case PRIORITY_EXIT:
        p.slot = in[4];
        memcpy(p.owner.bytes, in + 5, 20);
        p.token = get_be24(in + 25);
        amount_from_be(&p.amount, in + 28);
        if (p.outcome != OUTCOME_APPLIED && (p.token != 0 || !amount_is_zero(p.amount)))
            return ERR_PARSE;
        break;
    default: return ERR_PARSE;
    }
    *out = p;
    return ERR_OK;
}

/* ---- records from executed operations ---- */
static struct record_auth auth_of(const struct op_auth *a)
{
    struct record_auth r = {.account = a->account, .lane = a->lane};
    REQUIRE(a->leaf >= a->next);
    uint32_t step = a->leaf - a->next + 1;
    if (step <= STEP_MAX) r.step = (uint8_t)step;
    else r.leaf = a->leaf;
    return r;
}

static void record_create(struct record *r, const struct op_create *c)
{
    const struct create_side *own = &c->order.side[c->role];
    const struct create_side *other = &c->order.side[1 - c->role];
    r->auth = auth_of(&c->auth);
    r->u.create.slot = own->slot;
    r->u.create.share_slot = own->share_slot;
    r->u.create.token = own->token;
    r->u.create.amount = own->amount;
    r->u.create.shares = c->order.shares;
    r->u.create.other_chain = other->chain;
    r->u.create.other_id = c->other_id;
    r->u.create.other_token = other->token;
    r->u.create.fee_bps = (uint16_t)c->order.fee_bps;
    r->u.create.cap_bps = (uint16_t)c->order.cap_bps;
    r->u.create.fee = own->fee;
}

void record_from_op(struct record *out, uint16_t chain, const struct op *op)
{
    struct record r;
    (void)chain;
    memset(&r, 0, sizeof r);
    r.code = op->code;
    switch (op->code) {
    case OP_PRIORITY: r.u.priority = op->u.priority; break;
    case OP_WITHDRAW:
        r.auth = auth_of(&op->u.withdraw.auth);
        r.u.withdraw.slot = op->u.withdraw.slot;
        r.u.withdraw.token = op->u.withdraw.token;
        r.u.withdraw.to = op->u.withdraw.to;
        r.u.withdraw.amount = op->u.withdraw.amount;
        r.u.withdraw.fee = op->u.withdraw.fee;
        break;
    case OP_TRANSFER:
        r.auth = auth_of(&op->u.transfer.auth);
        r.u.transfer.to = op->u.transfer.to;
        r.u.transfer.slot_from = op->u.transfer.slot_from;
        r.u.transfer.slot_to = op->u.transfer.slot_to;
        r.u.transfer.amount = op->u.transfer.amount;
        r.u.transfer.fee = op->u.transfer.fee;
        break;
    case OP_OPEN: r.u.open.owner = op->u.open.owner; break;
    case OP_CHANGE_KEY:
        r.auth = auth_of(&op->u.change_key.auth);
        r.u.change_key.new_auth = op->u.change_key.new_auth;
        r.u.change_key.new_height = op->u.change_key.new_height;
        r.u.change_key.new_root = op->u.change_key.new_root;
        r.u.change_key.fee_slot = op->u.change_key.fee_slot;
        r.u.change_key.fee = op->u.change_key.fee;
        break;
    case OP_CREATE: record_create(&r, &op->u.create); break;
    case OP_SWAP_IN: {
        const struct swap_order *o = &op->u.swap_in.order;
        r.auth = auth_of(&o->auth);
        r.u.swap_in.slot = o->slot_in;
        r.u.swap_in.pool = o->pool_in;
        r.u.swap_in.amount = o->amount;
        r.u.swap_in.fee = o->fee;
        break;
    }
    case OP_ADD:
    case OP_REMOVE: {
        const struct op_liquidity *l = &op->u.liquidity;
        const struct liquidity_side *s = &l->order.side[l->role];
        r.auth = auth_of(&l->auth);
        r.u.liquidity.slot = s->slot;
        r.u.liquidity.share_slot = s->share_slot;
        r.u.liquidity.pool = s->pool_id;
        r.u.liquidity.shares = l->order.shares;
        r.u.liquidity.fee = s->fee;
        break;
    }
    case OP_SWAP_OUT:
        r.u.swap_out.pool = op->u.swap_out.pool_id;
        r.u.swap_out.to = op->u.swap_out.to;
        r.u.swap_out.slot = op->u.swap_out.slot;
        r.u.swap_out.amount = op->u.swap_out.amount;
        break;
    default: UNREACHABLE("code of an executed operation");
    }
    *out = r;
}

/* ---- sizes ---- */
static bool record_is_signed(uint8_t code)
{
    return code != OP_PRIORITY && code != OP_OPEN && code != OP_SWAP_OUT;
}

/* Bytes in the stream, ESCAPE included. */
static uint32_t stream_size(const struct record *r)
{
    uint8_t le[AMOUNT_BYTES];
    uint32_t escape = record_is_signed(r->code) && r->auth.step == 0 ? RECORD_ESCAPE_BYTES : 0;
    switch (r->code) {
    case OP_PRIORITY: return RECORD_MARKER_BYTES;
    case OP_WITHDRAW: return RECORD_MARKER_BYTES + escape;
    case OP_TRANSFER: return RECORD_TRANSFER_BYTES + escape;
    case OP_OPEN: return RECORD_OPEN_BYTES;
    case OP_CHANGE_KEY: return RECORD_CHANGE_KEY_BYTES + escape;
    case OP_CREATE: return RECORD_CREATE_BYTES + escape;
    case OP_SWAP_IN: return RECORD_SWAP_IN_BYTES + escape;
    case OP_ADD:
    case OP_REMOVE: return RECORD_LIQUIDITY_BYTES + escape;
    case OP_SWAP_OUT:
        return RECORD_SWAP_OUT_FIXED_BYTES + amount_to_le(le, r->u.swap_out.amount);
    default: return 0;
    }
}

static uint32_t region_size(const struct record *r)
{
    if (r->code == OP_PRIORITY) return priority_record_size(r->u.priority.kind);
    return r->code == OP_WITHDRAW ? RECORD_WITHDRAW_BYTES : 0;
}

uint32_t record_size(const struct record *r)
{
    return stream_size(r) + region_size(r);
}

/* ---- writing; sizes were checked before ---- */
static bool id_ok(uint32_t id)
{
    return id <= ID_MAX;
}

/* Every field fits the bytes it gets. */
static bool record_fits(const struct record *r)
{
    bool packed_ok = true;
    if (stream_size(r) == 0) return false;
    if (record_is_signed(r->code) &&
        (!id_ok(r->auth.account) || r->auth.lane >= XMSS_LANES || r->auth.step > STEP_MAX ||
         r->auth.leaf > ID_MAX))
        return false;
    switch (r->code) {
    case OP_PRIORITY:
        return region_size(r) > 0 && r->u.priority.outcome <= OUTCOME_SAME_KEY &&
               id_ok(r->u.priority.id) && id_ok(r->u.priority.token) &&
               amount_is_valid(r->u.priority.amount);
    case OP_WITHDRAW: return id_ok(r->u.withdraw.token) && amount_is_valid(r->u.withdraw.amount);
    case OP_TRANSFER: return id_ok(r->u.transfer.to) && r->u.transfer.amount.bits >> 40 == 0;
    case OP_CREATE:
        packed_ok = r->u.create.amount.bits >> 40 == 0 && r->u.create.shares.bits >> 40 == 0;
        return packed_ok && id_ok(r->u.create.token) && id_ok(r->u.create.other_id) &&
               id_ok(r->u.create.other_token);
    case OP_SWAP_IN: return id_ok(r->u.swap_in.pool) && r->u.swap_in.amount.bits >> 40 == 0;
    case OP_ADD:
    case OP_REMOVE: return id_ok(r->u.liquidity.pool) && r->u.liquidity.shares.bits >> 40 == 0;
    case OP_SWAP_OUT:
        return id_ok(r->u.swap_out.pool) && id_ok(r->u.swap_out.to) &&
               amount_is_valid(r->u.swap_out.amount);
    default: return true;
    }
}

static uint8_t step_byte(const struct record_auth *a)
{
    return (uint8_t)(a->lane << 6 | a->step);
}

static void withdraw_write(uint8_t *p, const struct record *r)
{
    put_be24(p, r->auth.account);
    p[3] = step_byte(&r->auth);
    p[4] = r->u.withdraw.slot;
    put_be24(p + 5, r->u.withdraw.token);
    memcpy(p + 8, r->u.withdraw.to.bytes, 20);
    amount_to_be(p + 28, r->u.withdraw.amount);
    put_be16(p + 42, r->u.withdraw.fee.bits);
}

/* Writes the stream part of the record at p; returns its end. */
static uint8_t *stream_write(uint8_t *p, const struct record *r)
{
    uint8_t *end = p + stream_size(r);
    if (record_is_signed(r->code) && r->auth.step == 0) {
        p[0] = OP_ESCAPE;
        put_be24(p + 1, r->auth.leaf);
        p += RECORD_ESCAPE_BYTES;
    }
    p[0] = r->code;
    if (record_is_signed(r->code) && r->code != OP_WITHDRAW) {
        put_be24(p + 1, r->auth.account);
        p[4] = step_byte(&r->auth);
    }
    switch (r->code) {
    case OP_TRANSFER:
        put_be24(p + 5, r->u.transfer.to);
        p[8] = r->u.transfer.slot_from;
        p[9] = r->u.transfer.slot_to;
        put_packed(p + 10, r->u.transfer.amount);
        put_be16(p + 15, r->u.transfer.fee.bits);
        break;
    case OP_OPEN: memcpy(p + 1, r->u.open.owner.bytes, 20); break;
    case OP_CHANGE_KEY:
        p[5] = r->u.change_key.new_auth;
        p[6] = r->u.change_key.new_height;
        put_root(p + 7, &r->u.change_key.new_root);
        p[27] = r->u.change_key.fee_slot;
        put_be16(p + 28, r->u.change_key.fee.bits);
        break;
    case OP_CREATE:
        p[5] = r->u.create.slot;
        p[6] = r->u.create.share_slot;
        put_be24(p + 7, r->u.create.token);
        put_packed(p + 10, r->u.create.amount);
        put_packed(p + 15, r->u.create.shares);
        put_be16(p + 20, r->u.create.other_chain);
        put_be24(p + 22, r->u.create.other_id);
        put_be24(p + 25, r->u.create.other_token);
        put_be16(p + 28, r->u.create.fee_bps);
        put_be16(p + 30, r->u.create.cap_bps);
        put_be16(p + 32, r->u.create.fee.bits);
        break;
    case OP_SWAP_IN:
        p[5] = r->u.swap_in.slot;
        put_be24(p + 6, r->u.swap_in.pool);
        put_packed(p + 9, r->u.swap_in.amount);
        put_be16(p + 14, r->u.swap_in.fee.bits);
        break;
    case OP_ADD:
    case OP_REMOVE:
        p[5] = r->u.liquidity.slot;
        p[6] = r->u.liquidity.share_slot;
        put_be24(p + 7, r->u.liquidity.pool);
        put_packed(p + 10, r->u.liquidity.shares);
        put_be16(p + 15, r->u.liquidity.fee.bits);
        break;
    case OP_SWAP_OUT: {
        uint8_t le[AMOUNT_BYTES];
        uint32_t n = amount_to_le(le, r->u.swap_out.amount);
        p[0] = (uint8_t)(OP_SWAP_OUT + n);
        put_be24(p + 1, r->u.swap_out.pool);
        put_be24(p + 4, r->u.swap_out.to);
        p[7] = r->u.swap_out.slot;
        memcpy(p + 8, le, n);
        break;
    }
    default: break; /* markers */
    }
    return end;
}

bool segment_number_ok(uint8_t segment, uint8_t of)
{
    return of <= SEGMENTS_MAX && segment < of;
}

void segment_number_write(uint8_t *bytes, uint8_t segment, uint8_t of)
{
    bytes[7] = segment;
    bytes[8] = of;
}

static void header_write(uint8_t *p, const struct segment_header *h)
{
    p[0] = SEGMENT_VERSION;
    put_be16(p + 1, h->chain);
    put_be32(p + 3, h->k);
    segment_number_write(p, h->segment, h->of);
    put_be32(p + 9, h->time);
    put_be24(p + 13, h->fee_account);
    put_be16(p + 16, h->n_priority);
    put_be16(p + 18, h->n_withdrawals);
    put_be32(p + 20, h->priority_bytes);
    put_be32(p + 24, h->n_ops);
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        put_be24(p + 28 + 4 * i, h->fees[i].token);
        p[31 + 4 * i] = h->fees[i].slot;
    }
}

/* Used entries first; slots 2..127; tokens below 2^24, distinct; nothing without an account. */
static bool fees_ok(const struct segment_header *h)
{
    bool ended = false;
    if (h->fee_account >= ACCOUNT_NEW) return false;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        const struct fee_entry *f = &h->fees[i];
        if (f->token == 0) {
            if (f->slot != 0) return false;
            ended = true;
            continue;
        }
        if (ended || h->fee_account == 0 || f->token > ID_MAX) return false;
        if (f->slot < 2 || f->slot > 127) return false;
        for (int j = 0; j < i; j++)
            if (h->fees[j].token == f->token) return false;
    }
    return true;
}

enum err segment_encode(const struct segment *s, uint8_t out[BATCH_BYTES_MAX], uint32_t *n_bytes)
{
    struct segment_header h = s->header;
    uint32_t stream = 0;
    if (s->n_records > BATCH_RECORDS_MAX) return ERR_TOO_LARGE;
    if (!fees_ok(&h) || !segment_number_ok(h.segment, h.of)) return ERR_RANGE;
    h.n_priority = h.n_withdrawals = 0;
    h.priority_bytes = 0;
    h.n_ops = s->n_records;
    for (uint32_t i = 0; i < s->n_records; i++) {
        const struct record *r = &s->records[i];
        if (!record_fits(r)) return ERR_RANGE;
        stream += stream_size(r);
        h.n_priority = (uint16_t)(h.n_priority + (r->code == OP_PRIORITY));
        h.n_withdrawals = (uint16_t)(h.n_withdrawals + (r->code == OP_WITHDRAW));
        if (r->code == OP_PRIORITY) h.priority_bytes += region_size(r);
    }
    uint32_t withdrawals_at = SEGMENT_HEADER_BYTES + h.priority_bytes;
    uint32_t stream_at = withdrawals_at + (uint32_t)h.n_withdrawals * RECORD_WITHDRAW_BYTES;
    if (stream_at + stream > BATCH_BYTES_MAX || h.n_priority > BATCH_PRIORITY_MAX ||
        h.n_withdrawals > BATCH_WITHDRAWALS_MAX)
        return ERR_TOO_LARGE;
    header_write(out, &h);
    uint8_t *priority = out + SEGMENT_HEADER_BYTES, *withdrawal = out + withdrawals_at,
            *p = out + stream_at;
    for (uint32_t i = 0; i < s->n_records; i++) {
        const struct record *r = &s->records[i];
        p = stream_write(p, r);
        if (r->code == OP_PRIORITY) {
            priority_record_write(priority, &r->u.priority);
            priority += region_size(r);
        } else if (r->code == OP_WITHDRAW) {
            withdraw_write(withdrawal, r);
            withdrawal += RECORD_WITHDRAW_BYTES;
        }
    }
    *n_bytes = stream_at + stream;
    return ERR_OK;
}

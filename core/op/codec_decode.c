/* Reading a segment: accepts exactly what segment_encode writes. */
#include <string.h>

#include "common/base/endian.h"
#include "common/field/kb.h"
#include "core/op/amount.h"
#include "core/op/codec.h"

struct reader {
    const uint8_t *bytes;
    size_t n; /* of the segment */
    size_t at, priority, withdrawal;      /* cursors */
    size_t priority_end, withdrawal_end;
    struct codec_error *why;
};

static enum err refuse(struct reader *r, enum err err, size_t at, const char *what)
{
    r->why->at = at;
    r->why->what = what;
    return err;
}

static struct packed_amount get_packed(const uint8_t *p)
{
    uint64_t bits = 0;
    for (int i = 0; i < 5; i++) bits = bits << 8 | p[i];
    return (struct packed_amount){bits};
}

static enum err header_read(struct reader *r, struct segment_header *h)
{
    const uint8_t *p = r->bytes;
    if (r->n < SEGMENT_HEADER_BYTES)
        return refuse(r, ERR_PARSE, r->n, "segment is shorter than its header");
    if (p[0] != SEGMENT_VERSION) return refuse(r, ERR_VERSION, 0, "segment version");
    h->chain = get_be16(p + 1);
    h->k = get_be32(p + 3);
    h->segment = p[7];
    h->of = p[8];
    if (!segment_number_ok(h->segment, h->of))
        return refuse(r, ERR_PARSE, 7, "segment number is not below their count");
    h->time = get_be32(p + 9);
    h->fee_account = get_be24(p + 13);
    h->n_priority = get_be16(p + 16);
    h->n_withdrawals = get_be16(p + 18);
    h->priority_bytes = get_be32(p + 20);
    h->n_ops = get_be32(p + 24);
    if (h->fee_account == ACCOUNT_NEW) return refuse(r, ERR_PARSE, 13, "fee account");
    bool ended = false;
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        size_t at = 28 + 4 * (size_t)i;
        struct fee_entry *f = &h->fees[i];
        f->token = get_be24(p + at);
        f->slot = p[at + 3];
        if (f->token == 0) {
            if (f->slot != 0) return refuse(r, ERR_PARSE, at, "fee slot without a token");
            ended = true;
            continue;
        }
        if (ended || h->fee_account == 0)
            return refuse(r, ERR_PARSE, at, "fee token after the end of the list");
        if (f->slot < 2 || f->slot > 127) return refuse(r, ERR_PARSE, at + 3, "fee slot");
        for (int j = 0; j < i; j++)
            if (h->fees[j].token == f->token) return refuse(r, ERR_PARSE, at, "fee token twice");
    }
    if (h->n_ops > BATCH_RECORDS_MAX) return refuse(r, ERR_TOO_LARGE, 24, "too many records");
    if (h->n_priority > BATCH_PRIORITY_MAX)
        return refuse(r, ERR_TOO_LARGE, 16, "too many priority records");
    if (h->n_withdrawals > BATCH_WITHDRAWALS_MAX)
        return refuse(r, ERR_TOO_LARGE, 18, "too many withdrawals");
    size_t left = r->n - SEGMENT_HEADER_BYTES;
    size_t withdrawals = (size_t)h->n_withdrawals * RECORD_WITHDRAW_BYTES;
    if (h->priority_bytes > left || withdrawals > left - h->priority_bytes)
        return refuse(r, ERR_PARSE, 20, "regions are longer than the segment");
    r->priority = SEGMENT_HEADER_BYTES;
    r->priority_end = r->withdrawal = r->priority + h->priority_bytes;
    r->withdrawal_end = r->at = r->withdrawal + withdrawals;
    return ERR_OK;
}

/* Gives n bytes of the stream. */
static enum err stream_take(struct reader *r, size_t n, const uint8_t **p)
{
    if (n > r->n - r->at) return refuse(r, ERR_PARSE, r->at, "stream ends inside a record");
    *p = r->bytes + r->at;
    r->at += n;
    return ERR_OK;
}

static enum err auth_read(struct reader *r, struct record *out, const uint8_t *account,
                          bool escaped)
{
    out->auth.account = get_be24(account);
    out->auth.lane = account[3] >> 6;
    out->auth.step = account[3] & STEP_MAX;
    if (escaped != (out->auth.step == 0))
        return refuse(r, ERR_PARSE, (size_t)(account - r->bytes) + 3,
                      escaped ? "step beside an escaped leaf" : "step 0 without an escaped leaf");
    return ERR_OK;
}

static enum err priority_next(struct reader *r, struct record *out)
{
    size_t left = r->priority_end - r->priority;
    const uint8_t *p = r->bytes + r->priority;
    if (left == 0) return refuse(r, ERR_PARSE, r->at, "priority region is used up");
    uint32_t size = priority_record_size(p[0] >> 4);
    if (size == 0) return refuse(r, ERR_PARSE, r->priority, "kind of a priority record");
    if (size > left) return refuse(r, ERR_PARSE, r->priority, "priority region is too short");
    if (priority_record_read(&out->u.priority, p, size) != ERR_OK)
        return refuse(r, ERR_PARSE, r->priority, "malformed priority record");
    r->priority += size;
    return ERR_OK;
}

static enum err withdraw_next(struct reader *r, struct record *out, bool escaped)
{
    const uint8_t *p = r->bytes + r->withdrawal;
    if (r->withdrawal == r->withdrawal_end)
        return refuse(r, ERR_PARSE, r->at, "withdrawal region is used up");
    ERR_TRY(auth_read(r, out, p, escaped));
    out->u.withdraw.slot = p[4];
    out->u.withdraw.token = get_be24(p + 5);
    memcpy(out->u.withdraw.to.bytes, p + 8, 20);
    amount_from_be(&out->u.withdraw.amount, p + 28);
    out->u.withdraw.fee.bits = get_be16(p + 42);
    r->withdrawal += RECORD_WITHDRAW_BYTES;
    return ERR_OK;
}

static enum err change_key_read(struct reader *r, struct record *out, const uint8_t *p)
{
    out->u.change_key.new_auth = p[5];
    out->u.change_key.new_height = p[6];
    for (int i = 0; i < XMSS_DIGEST; i++) {
        out->u.change_key.new_root.e[i] = get_be32(p + 7 + 4 * i);
        if (out->u.change_key.new_root.e[i] >= KB_P)
            return refuse(r, ERR_PARSE, (size_t)(p - r->bytes) + 7, "key root is not canonical");
    }
    out->u.change_key.fee_slot = p[27];
    out->u.change_key.fee.bits = get_be16(p + 28);
    return ERR_OK;
}

static void create_read(struct record *out, const uint8_t *p)
{
    out->u.create.slot = p[5];
    out->u.create.share_slot = p[6];
    out->u.create.token = get_be24(p + 7);
    out->u.create.amount = get_packed(p + 10);
    out->u.create.shares = get_packed(p + 15);
    out->u.create.other_chain = get_be16(p + 20);
    out->u.create.other_id = get_be24(p + 22);
    out->u.create.other_token = get_be24(p + 25);
    out->u.create.fee_bps = get_be16(p + 28);
    out->u.create.cap_bps = get_be16(p + 30);
    out->u.create.fee.bits = get_be16(p + 32);
}

static enum err swap_out_read(struct reader *r, struct record *out, uint8_t n)
{
    const uint8_t *p;
    uint8_t le[AMOUNT_BYTES];
    size_t start = r->at;
    ERR_TRY(stream_take(r, RECORD_SWAP_OUT_FIXED_BYTES + (size_t)n, &p));
    out->u.swap_out.pool = get_be24(p + 1);
    out->u.swap_out.to = get_be24(p + 4);
    out->u.swap_out.slot = p[7];
    amount_from_le(&out->u.swap_out.amount, p + 8, n);
    if (amount_to_le(le, out->u.swap_out.amount) != n)
        return refuse(r, ERR_PARSE, start, "amount has a leading zero byte");
    return ERR_OK;
}

static enum err record_read(struct reader *r, struct record *out)
{
    const uint8_t *p;
    bool escaped = false;
    size_t start = r->at;
    memset(out, 0, sizeof *out);
    if (r->at < r->n && r->bytes[r->at] == OP_ESCAPE) {
        ERR_TRY(stream_take(r, RECORD_ESCAPE_BYTES, &p));
        out->auth.leaf = get_be24(p + 1);
        escaped = true;
    }
    if (r->at == r->n) return refuse(r, ERR_PARSE, r->at, "stream ends before its last record");
    uint8_t code = r->bytes[r->at];
    if (code > OP_SWAP_OUT && code <= OP_SWAP_OUT + AMOUNT_BYTES) {
        out->code = OP_SWAP_OUT;
        if (escaped) return refuse(r, ERR_PARSE, start, "escaped leaf before an unsigned record");
        return swap_out_read(r, out, (uint8_t)(code - OP_SWAP_OUT));
    }
    static const uint8_t sizes[] = {
        [OP_PRIORITY] = RECORD_MARKER_BYTES,   [OP_WITHDRAW] = RECORD_MARKER_BYTES,
        [OP_TRANSFER] = RECORD_TRANSFER_BYTES, [OP_OPEN] = RECORD_OPEN_BYTES,
        [OP_CHANGE_KEY] = RECORD_CHANGE_KEY_BYTES, [OP_CREATE] = RECORD_CREATE_BYTES,
        [OP_SWAP_IN] = RECORD_SWAP_IN_BYTES,   [OP_ADD] = RECORD_LIQUIDITY_BYTES,
        [OP_REMOVE] = RECORD_LIQUIDITY_BYTES,
    };
    if (code >= sizeof sizes || sizes[code] == 0)
        return refuse(r, ERR_PARSE, r->at, "unknown record code");
    out->code = code;
    ERR_TRY(stream_take(r, sizes[code], &p));
    if (escaped && (code == OP_PRIORITY || code == OP_OPEN))
        return refuse(r, ERR_PARSE, start, "escaped leaf before an unsigned record");
    switch (code) {
    case OP_PRIORITY: return priority_next(r, out);
    case OP_WITHDRAW: return withdraw_next(r, out, escaped);
    case OP_OPEN: memcpy(out->u.open.owner.bytes, p + 1, 20); return ERR_OK;
    default: break;
    }
    ERR_TRY(auth_read(r, out, p + 1, escaped));
    switch (code) {
    case OP_TRANSFER:
        out->u.transfer.to = get_be24(p + 5);
        out->u.transfer.slot_from = p[8];
        out->u.transfer.slot_to = p[9];
        out->u.transfer.amount = get_packed(p + 10);
        out->u.transfer.fee.bits = get_be16(p + 15);
        break;
    case OP_CHANGE_KEY: return change_key_read(r, out, p);
    case OP_CREATE: create_read(out, p); break;
    case OP_SWAP_IN:
        out->u.swap_in.slot = p[5];
        out->u.swap_in.pool = get_be24(p + 6);
        out->u.swap_in.amount = get_packed(p + 9);
        out->u.swap_in.fee.bits = get_be16(p + 14);
        break;
    default: /* ADD, REMOVE */
        out->u.liquidity.slot = p[5];
        out->u.liquidity.share_slot = p[6];
        out->u.liquidity.pool = get_be24(p + 7);
        out->u.liquidity.shares = get_packed(p + 10);
        out->u.liquidity.fee.bits = get_be16(p + 15);
        break;
    }
    return ERR_OK;
}

enum err segment_decode(struct segment *out, const uint8_t *bytes, size_t n,
                        struct codec_error *why)
{
    struct reader r = {.bytes = bytes, .n = n, .why = why};
    uint32_t n_priority = 0, n_withdrawals = 0;
    *why = (struct codec_error){0, UINT32_MAX, "nothing"};
    memset(out, 0, sizeof *out);
    if (n > BATCH_BYTES_MAX) return refuse(&r, ERR_TOO_LARGE, n, "segment is too long");
    ERR_TRY(header_read(&r, &out->header));
    for (uint32_t i = 0; i < out->header.n_ops; i++) {
        why->record = i;
        ERR_TRY(record_read(&r, &out->records[i]));
        n_priority += out->records[i].code == OP_PRIORITY;
        n_withdrawals += out->records[i].code == OP_WITHDRAW;
        out->n_records = i + 1;
    }
    why->record = UINT32_MAX;
    if (r.at != n) return refuse(&r, ERR_PARSE, r.at, "bytes after the last record");
    if (r.priority != r.priority_end || n_priority != out->header.n_priority)
        return refuse(&r, ERR_PARSE, r.priority, "priority region is not used up");
    if (r.withdrawal != r.withdrawal_end || n_withdrawals != out->header.n_withdrawals)
        return refuse(&r, ERR_PARSE, r.withdrawal, "withdrawal region is not used up");
    return ERR_OK;
}

#include "audit/segment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HEADER = 44, WITHDRAWAL = 44 };
#define FIELD_P 0x7f000001u

static bool fault_set(struct segment_reader *r, const uint8_t *where, const char *format, ...)
{
    va_list args;
    if (r->bad) return false;
    r->bad = true;
    r->fault->offset = (size_t)(where - r->start);
    va_start(args, format);
    (void)vsnprintf(r->fault->text, sizeof r->fault->text, format, args);
    va_end(args);
    return false;
}

/* n-byte big-endian number of a region; 0 past its end, with the fault set. */
static uint64_t take(struct segment_reader *r, struct segment_region *g, unsigned n)
{
    uint64_t v = 0;
    if (r->bad) return 0;
    if (g->len - g->at < n) {
        (void)fault_set(r, g->data + g->at, "the bytes end inside a record");
        return 0;
    }
    for (unsigned i = 0; i < n; i++)
        v = v << 8 | g->data[g->at++];
    return v;
}

static void take_bytes(struct segment_reader *r, struct segment_region *g, uint8_t *out, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out[i] = (uint8_t)take(r, g, 1);
}

static units take_exact(struct segment_reader *r, struct segment_region *g)
{
    units hi = take(r, g, 6);
    return hi << 64 | take(r, g, 8);
}

/* m * 10^e from m * 32 + e. */
static units take_packed(struct segment_reader *r, struct segment_region *g, unsigned n)
{
    const uint8_t *where = g->data + g->at;
    uint64_t bits = take(r, g, n);
    units v = bits >> 5;
    for (unsigned e = 0; e < (bits & 31); e++) {
        v *= 10;
        if (v >= UNITS_LIMIT) {
            (void)fault_set(r, where, "packed amount passes 2^112");
            return 0;
        }
    }
    return v;
}

static void take_root(struct segment_reader *r, struct segment_region *g, uint32_t root[5])
{
    for (int i = 0; i < 5; i++) {
        const uint8_t *where = g->data + g->at;
        root[i] = (uint32_t)take(r, g, 4);
        if (root[i] >= FIELD_P) (void)fault_set(r, where, "key root element is not below p");
    }
}

static struct auth_fields take_auth(struct segment_reader *r, struct segment_region *g)
{
    struct auth_fields a = {.account = (uint32_t)take(r, g, 3)};
    uint8_t byte = (uint8_t)take(r, g, 1);
    a.lane = byte >> 6;
    a.step = byte & 63;
    if ((a.step == 0) != r->has_escape)
        (void)fault_set(r, g->data + g->at - 1, "step and ESCAPE record do not fit");
    a.leaf = r->escape_leaf;
    r->has_escape = false;
    return a;
}

/* ---- records: read all fields, then apply ---- */

/* The record, its outcome and results aside, is the next request of the L1's queue. */
static bool is_requested(struct segment_reader *r, const uint8_t *record, size_t n)
{
    enum { EXIT_RESULTS = 25 };
    uint64_t index = r->l->n_requests++;
    if (r->claim->request_at == NULL) return true;
    const struct span *asked = r->claim->request_at(r->claim->request_ctx, r->claim->chain, index);
    if (asked == NULL)
        return fault_set(r, record, "request %llu is not in the L1's queue",
                         (unsigned long long)index);
    size_t fixed = record[0] >> 4 == 4 ? EXIT_RESULTS : n;
    bool same = asked->len == n && asked->data[0] == (record[0] & 0xf0) &&
                memcmp(asked->data + 1, record + 1, fixed - 1) == 0;
    return same || fault_set(r, record, "not what request %llu of the L1 asks for",
                             (unsigned long long)index);
}

static bool do_priority(struct segment_reader *r)
{
    struct segment_region *g = &r->priority;
    struct priority_fields p = {0};
    const uint8_t *where = g->data + g->at;
    if (r->n_priority == 0) return fault_set(r, where, "no priority record is left");
    r->n_priority--;
    uint8_t first = (uint8_t)take(r, g, 1);
    p.kind = first >> 4;
    p.outcome = first & 15;
    p.id = (uint32_t)take(r, g, 3);
    switch (p.kind) {
    case 1:
    case 2:
        p.slot = (uint8_t)take(r, g, 1);
        p.token = (uint32_t)take(r, g, 3);
        p.amount = take_exact(r, g);
        take_bytes(r, g, p.owner, 20);
        if (p.kind == 2) {
            p.auth = 1;
            p.height = 12;
            take_root(r, g, p.root);
        }
        break;
    case 3:
        p.auth = (uint8_t)take(r, g, 1);
        p.height = (uint8_t)take(r, g, 1);
        take_bytes(r, g, p.owner, 20);
        take_root(r, g, p.root);
        break;
    case 4:
        p.slot = (uint8_t)take(r, g, 1);
        take_bytes(r, g, p.owner, 20);
        p.token = (uint32_t)take(r, g, 3);
        p.amount = take_exact(r, g);
        break;
    default:
        return fault_set(r, where, "unknown priority kind %u", p.kind);
    }
    if (p.outcome > 5) return fault_set(r, where, "unknown outcome %u", p.outcome);
    if (r->bad || !is_requested(r, where, (size_t)(g->data + g->at - where))) return false;
    return op_priority(r->l, &p);
}

static bool do_withdraw(struct segment_reader *r)
{
    struct segment_region *g = &r->withdrawals;
    uint8_t to[20];
    if (r->n_withdrawals == 0) return fault_set(r, g->data + g->at, "no withdrawal record is left");
    r->n_withdrawals--;
    struct auth_fields a = take_auth(r, g);
    uint8_t slot = (uint8_t)take(r, g, 1);
    uint32_t token = (uint32_t)take(r, g, 3);
    take_bytes(r, g, to, 20); /* whom the contract pays */
    units amount = take_exact(r, g);
    units fee = take_packed(r, g, 2);
    return !r->bad && op_withdraw(r->l, &a, slot, token, amount, fee);
}

static bool do_transfer(struct segment_reader *r)
{
    struct segment_region *g = &r->stream;
    struct auth_fields a = take_auth(r, g);
    uint32_t to = (uint32_t)take(r, g, 3);
    uint8_t slot_from = (uint8_t)take(r, g, 1);
    uint8_t slot_to = (uint8_t)take(r, g, 1);
    units amount = take_packed(r, g, 5);
    units fee = take_packed(r, g, 2);
    return !r->bad && op_transfer(r->l, &a, to, slot_from, slot_to, amount, fee);
}

static bool do_open(struct segment_reader *r)
{
    uint8_t owner[20];
    take_bytes(r, &r->stream, owner, 20);
    return !r->bad && op_open(r->l, owner);
}

static bool do_change_key(struct segment_reader *r)
{
    struct segment_region *g = &r->stream;
    uint32_t root[5];
    struct auth_fields a = take_auth(r, g);
    uint8_t auth = (uint8_t)take(r, g, 1);
    uint8_t height = (uint8_t)take(r, g, 1);
    take_root(r, g, root);
    uint8_t fee_slot = (uint8_t)take(r, g, 1);
    units fee = take_packed(r, g, 2);
    return !r->bad && op_change_key(r->l, &a, auth, height, root, fee_slot, fee);
}

static bool do_create(struct segment_reader *r, uint32_t record)
{
    struct segment_region *g = &r->stream;
    struct create_fields c = {.auth = take_auth(r, g)};
    c.slot = (uint8_t)take(r, g, 1);
    c.share_slot = (uint8_t)take(r, g, 1);
    c.token = (uint32_t)take(r, g, 3);
    c.amount = take_packed(r, g, 5);
    c.shares = take_packed(r, g, 5);
    c.other_chain = (uint32_t)take(r, g, 2);
    c.other_id = (uint32_t)take(r, g, 3);
    c.other_token = (uint32_t)take(r, g, 3);
    c.fee_bps = (uint32_t)take(r, g, 2);
    c.cap_bps = (uint32_t)take(r, g, 2);
    c.fee = take_packed(r, g, 2);
    return !r->bad && op_create(r->l, &c, record);
}

static bool do_swap_in(struct segment_reader *r, uint32_t record)
{
    struct segment_region *g = &r->stream;
    struct auth_fields a = take_auth(r, g);
    uint8_t slot = (uint8_t)take(r, g, 1);
    uint32_t pool = (uint32_t)take(r, g, 3);
    units amount = take_packed(r, g, 5);
    units fee = take_packed(r, g, 2);
    return !r->bad && op_swap_in(r->l, &a, slot, pool, amount, fee, record);
}

static bool do_swap_out(struct segment_reader *r, unsigned n, uint32_t record)
{
    struct segment_region *g = &r->stream;
    uint32_t pool = (uint32_t)take(r, g, 3);
    uint32_t to = (uint32_t)take(r, g, 3);
    uint8_t slot = (uint8_t)take(r, g, 1);
    units amount = 0;
    uint64_t last = 0;
    for (unsigned i = 0; i < n; i++) {
        last = take(r, g, 1);
        amount |= (units)last << (8 * i);
    }
    if (last == 0 && n > 1)
        return fault_set(r, g->data + g->at - 1, "amount is written with more bytes than it needs");
    return !r->bad && op_swap_out(r->l, pool, to, slot, amount, record);
}

static bool do_liquidity(struct segment_reader *r, bool add, uint32_t record)
{
    struct segment_region *g = &r->stream;
    struct liquidity_fields f = {.auth = take_auth(r, g), .add = add};
    f.slot = (uint8_t)take(r, g, 1);
    f.share_slot = (uint8_t)take(r, g, 1);
    f.pool = (uint32_t)take(r, g, 3);
    f.shares = take_packed(r, g, 5);
    f.fee = take_packed(r, g, 2);
    return !r->bad && op_liquidity(r->l, &f, record);
}

static bool do_record(struct segment_reader *r, uint32_t record)
{
    const uint8_t *where = r->stream.data + r->stream.at;
    uint8_t code = (uint8_t)take(r, &r->stream, 1);
    if (code == 0x0f) {
        r->escape_leaf = (uint32_t)take(r, &r->stream, 3);
        r->has_escape = true;
        code = (uint8_t)take(r, &r->stream, 1);
    }
    if (r->bad) return false;
    const struct segment_region *body = &r->stream;
    if (code == 0x01) body = &r->priority;
    if (code == 0x02) body = &r->withdrawals;
    if (r->intent != NULL &&
        !intent_fits(r->intent, r->l, code, body->data + body->at, body->len - body->at))
        return fault_set(r, where, "%s", r->l->text);
    bool done = false;
    switch (code) {
    case 0x01:
        done = do_priority(r);
        break;
    case 0x02:
        done = do_withdraw(r);
        break;
    case 0x03:
        done = do_transfer(r);
        break;
    case 0x04:
        done = do_open(r);
        break;
    case 0x05:
        done = do_change_key(r);
        break;
    case 0x06:
        done = do_create(r, record);
        break;
    case 0x07:
        done = do_swap_in(r, record);
        break;
    case 0x08:
        done = do_liquidity(r, true, record);
        break;
    case 0x09:
        done = do_liquidity(r, false, record);
        break;
    default:
        if (code < 0x21 || code > 0x2e)
            return fault_set(r, where, "unknown record code 0x%02x", code);
        done = do_swap_out(r, code - 0x20u, record);
    }
    if (done && r->intent != NULL) done = intent_kept(r->intent, r->l);
    if (done && r->has_escape)
        return fault_set(r, where, "ESCAPE before a record without a signature");
    if (!done && !r->bad) return fault_set(r, where, "%s", r->l->text);
    return done;
}

/* ---- header ---- */

static bool header_fees(struct segment_reader *r, struct segment_region *g)
{
    struct ledger *l = r->l;
    bool ended = false;
    for (int i = 0; i < LEDGER_FEES; i++) {
        const uint8_t *where = g->data + g->at;
        l->fees[i].token = (uint32_t)take(r, g, 3);
        l->fees[i].slot = (uint8_t)take(r, g, 1);
        bool unused = l->fees[i].token == 0;
        if (unused) {
            ended = true;
            if (l->fees[i].slot != 0) return fault_set(r, where, "fee slot without a token");
            continue;
        }
        if (ended) return fault_set(r, where, "fee tokens with a gap");
        if (l->fee_account == 0) return fault_set(r, where, "fee tokens without a fee account");
        if (l->fees[i].slot < 2 || l->fees[i].slot > 127)
            return fault_set(r, where, "fee slot %u", l->fees[i].slot);
        for (int j = 0; j < i; j++) {
            if (l->fees[j].token == l->fees[i].token) return fault_set(r, where, "fee token twice");
        }
    }
    if (l->fee_account == 0) return true;
    struct identity user;
    if (!ledger_identity(l, l->fee_account, &user) || user.kind != IDENTITY_USER)
        return fault_set(r, g->data, "fee account %u is no user", l->fee_account);
    return true;
}

static bool header(struct segment_reader *r, const struct segment_claim *claim, uint32_t *n_ops,
                   uint32_t *priority_bytes)
{
    struct segment_region *g = &r->stream;
    const uint8_t *start = g->data;
    if (take(r, g, 1) != 2) return fault_set(r, start, "version is not 2");
    if (take(r, g, 2) != claim->chain) return fault_set(r, start + 1, "another chain's segment");
    if (take(r, g, 4) != claim->k) return fault_set(r, start + 3, "another batch's segment");
    unsigned number = (unsigned)take(r, g, 1);
    unsigned of = (unsigned)take(r, g, 1);
    if (!r->bad && (number != claim->segment || of != claim->of))
        return fault_set(r, start + 7, "segment %u of %u where %u of %u belongs", number, of,
                         claim->segment, claim->of);
    if (take(r, g, 4) != claim->time)
        return fault_set(r, start + 9, "time differs from the statement");
    r->l->time = (uint32_t)claim->time;
    r->l->fee_account = (uint32_t)take(r, g, 3);
    r->n_priority = (uint32_t)take(r, g, 2);
    r->n_withdrawals = (uint32_t)take(r, g, 2);
    *priority_bytes = (uint32_t)take(r, g, 4);
    *n_ops = (uint32_t)take(r, g, 4);
    if (*n_ops > SEGMENT_RECORDS_MAX)
        return fault_set(r, start + 24, "more than %d records", (int)SEGMENT_RECORDS_MAX);
    return !r->bad && header_fees(r, g);
}

enum err segment_begin(struct segment_reader *r, struct ledger *l, struct span bytes,
                       const struct segment_claim *claim, struct segment_fault *fault)
{
    uint32_t priority_bytes = 0;
    memset(fault, 0, sizeof *fault);
    fault->record = -1;
    *r = (struct segment_reader){.l = l,
                                 .fault = fault,
                                 .claim = claim,
                                 .start = bytes.data,
                                 .stream = {bytes.data, bytes.len, 0}};
    if (bytes.len > SEGMENT_BYTES_MAX) {
        (void)fault_set(r, bytes.data, "segment is longer than %d bytes", (int)SEGMENT_BYTES_MAX);
        return ERR_AUDIT;
    }
    if (!header(r, claim, &r->n_records, &priority_bytes)) return ERR_AUDIT;
    size_t withdrawal_bytes = (size_t)r->n_withdrawals * WITHDRAWAL;
    if (bytes.len - HEADER < (size_t)priority_bytes + withdrawal_bytes) {
        (void)fault_set(r, bytes.data + 20, "regions are longer than the segment");
        return ERR_AUDIT;
    }
    r->priority = (struct segment_region){bytes.data + HEADER, priority_bytes, 0};
    r->withdrawals =
        (struct segment_region){r->priority.data + priority_bytes, withdrawal_bytes, 0};
    r->stream.at = HEADER + priority_bytes + withdrawal_bytes;
    return ERR_OK;
}

enum err segment_next(struct segment_reader *r, const struct intent *intent)
{
    uint32_t record = r->claim->first_record + r->next;
    r->fault->record = record;
    r->intent = intent;
    if (r->next == r->n_records) {
        (void)fault_set(r, r->stream.data + r->stream.at, "a record is missing");
        return ERR_AUDIT;
    }
    r->next++;
    return do_record(r, record) ? ERR_OK : r->l->no_memory ? ERR_NOMEM : ERR_AUDIT;
}

enum err segment_end(struct segment_reader *r)
{
    r->fault->record = r->claim->first_record + r->next;
    if (r->next != r->n_records) {
        (void)fault_set(r, r->stream.data + r->stream.at, "a record that nobody asked for");
        return ERR_AUDIT;
    }
    r->fault->record = -1;
    if (r->stream.at != r->stream.len)
        (void)fault_set(r, r->stream.data + r->stream.at, "bytes after the last record");
    else if (r->n_priority != 0 || r->priority.at != r->priority.len)
        (void)fault_set(r, r->priority.data + r->priority.at, "priority records are left over");
    else if (r->n_withdrawals != 0)
        (void)fault_set(r, r->withdrawals.data + r->withdrawals.at, "withdrawals are left over");
    return r->bad ? ERR_AUDIT : ERR_OK;
}

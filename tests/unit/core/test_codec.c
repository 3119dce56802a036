/* The published bytes: lengths of every record, round trips, refusals. Expected layouts are written
 * out by hand from docs/protocol/state.md section 5. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/request.h"
#include "tests/support/check_main.h"

static struct segment *segment_new(void)
{
    struct segment *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->header.chain = 0x0102;
    s->header.k = 0x03040506;
    s->header.time = 0x0708090a;
    s->header.segment = 0x0b;
    s->header.of = 0x0c;
    return s;
}

static struct record signed_record(uint8_t code)
{
    struct record r;
    memset(&r, 0, sizeof r);
    r.code = code;
    r.auth = (struct record_auth){.account = 0x111213, .lane = 2, .step = 5};
    return r;
}

/* Encodes one record alone; returns the bytes after the header. */
static uint32_t encode_one(const struct record *r, uint8_t out[BATCH_BYTES_MAX])
{
    struct segment *s = segment_new(), *back = segment_new();
    uint8_t bytes[BATCH_BYTES_MAX], again[BATCH_BYTES_MAX];
    uint32_t n, m;
    struct codec_error why;
    s->n_records = 1;
    s->records[0] = *r;
    ck_assert_ok(segment_encode(s, bytes, &n));
    ck_assert_uint_eq(n, SEGMENT_HEADER_BYTES + record_size(r));
    ck_assert_ok(segment_decode(back, bytes, n, &why));
    ck_assert_uint_eq(back->n_records, 1);
    ck_assert_ok(segment_encode(back, again, &m));
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(bytes, again, n);
    for (uint32_t cut = 0; cut < n; cut++)
        ck_assert(segment_decode(back, bytes, cut, &why) != ERR_OK);
    memcpy(out, bytes + SEGMENT_HEADER_BYTES, n - SEGMENT_HEADER_BYTES);
    free(s);
    free(back);
    return n - SEGMENT_HEADER_BYTES;
}

START_TEST(records_have_their_lengths)
{
    uint8_t b[BATCH_BYTES_MAX];
    const struct {
        uint8_t code;
        uint32_t length;
    } rows[] = {{OP_WITHDRAW, 45}, {OP_TRANSFER, 17}, {OP_CHANGE_KEY, 30}, {OP_CREATE, 34},
                {OP_SWAP_IN, 16},  {OP_ADD, 17},      {OP_REMOVE, 17}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record r = signed_record(rows[i].code);
        ck_assert_uint_eq(encode_one(&r, b), rows[i].length);
        r.auth.step = 0;
        r.auth.leaf = 0x3ffff;
        ck_assert_uint_eq(encode_one(&r, b), rows[i].length + 4);
        uint32_t at = rows[i].code == OP_WITHDRAW ? 44 : 0;
        ck_assert_uint_eq(b[at], 0x0f);
        ck_assert_uint_eq(get_be24(b + at + 1), 0x3ffff);
    }
    struct record open = {.code = OP_OPEN};
    ck_assert_uint_eq(encode_one(&open, b), 21);
    const uint32_t priority[] = {0, 43, 63, 47, 43}; /* with the marker */
    for (uint8_t kind = 1; kind <= 4; kind++) {
        struct record r = {.code = OP_PRIORITY};
        r.u.priority.kind = kind;
        ck_assert_uint_eq(encode_one(&r, b), priority[kind]);
        ck_assert_uint_eq(b[0], (uint32_t)kind << 4);
    }
    for (uint32_t n = 1; n <= 14; n++) {
        struct record r = {.code = OP_SWAP_OUT};
        ck_assert_ok(amount_from_u128(&r.u.swap_out.amount, (unsigned __int128)1 << (8 * n - 1)));
        ck_assert_uint_eq(encode_one(&r, b), 8 + n);
        ck_assert_uint_eq(b[0], 0x20 + n);
        ck_assert_uint_eq(b[8 + n - 1], 0x80);
    }
}
END_TEST

START_TEST(fields_lie_where_the_protocol_says)
{
    uint8_t b[BATCH_BYTES_MAX];
    struct record t = signed_record(OP_TRANSFER);
    t.u.transfer.to = 0x212223;
    t.u.transfer.slot_from = 7;
    t.u.transfer.slot_to = 9;
    t.u.transfer.amount.bits = 0x3132333435;
    t.u.transfer.fee.bits = 0x4142;
    const uint8_t transfer[17] = {3,    0x11, 0x12, 0x13, 0x85, 0x21, 0x22, 0x23, 7,
                                  9,    0x31, 0x32, 0x33, 0x34, 0x35, 0x41, 0x42};
    ck_assert_uint_eq(encode_one(&t, b), 17);
    ck_assert_mem_eq(b, transfer, 17);

    struct record c = signed_record(OP_CREATE);
    c.u.create.slot = 2;
    c.u.create.share_slot = 3;
    c.u.create.token = 0x51;
    c.u.create.amount.bits = 0x0102030405;
    c.u.create.shares.bits = 0x060708090a;
    c.u.create.other_chain = 0x6162;
    c.u.create.other_id = 0x636465;
    c.u.create.other_token = 0x666768;
    c.u.create.fee_bps = 30;
    c.u.create.cap_bps = 2000;
    c.u.create.fee.bits = 0x7172;
    const uint8_t create[34] = {6,    0x11, 0x12, 0x13, 0x85, 2,    3,    0,    0,    0x51, 1,    2,
                                3,    4,    5,    6,    7,    8,    9,    10,   0x61, 0x62, 0x63, 0x64,
                                0x65, 0x66, 0x67, 0x68, 0,    30,   0x07, 0xd0, 0x71, 0x72};
    ck_assert_uint_eq(encode_one(&c, b), 34);
    ck_assert_mem_eq(b, create, 34);

    struct record o = {.code = OP_SWAP_OUT};
    o.u.swap_out.pool = 0x010203;
    o.u.swap_out.to = 0x040506;
    o.u.swap_out.slot = 8;
    o.u.swap_out.amount = amount_from_u64(0xaabbcc);
    const uint8_t out[11] = {0x23, 1, 2, 3, 4, 5, 6, 8, 0xcc, 0xbb, 0xaa};
    ck_assert_uint_eq(encode_one(&o, b), 11);
    ck_assert_mem_eq(b, out, 11);

    struct record w = signed_record(OP_WITHDRAW);
    w.u.withdraw.slot = 4;
    w.u.withdraw.token = 0x0d0e0f;
    memset(w.u.withdraw.to.bytes, 0xee, 20);
    w.u.withdraw.amount = amount_from_u64(0x1234);
    w.u.withdraw.fee.bits = 0x0203;
    ck_assert_uint_eq(encode_one(&w, b), 45);
    const uint8_t head[8] = {0x11, 0x12, 0x13, 0x85, 4, 0x0d, 0x0e, 0x0f};
    ck_assert_mem_eq(b, head, 8);
    ck_assert_uint_eq(b[8], 0xee);
    ck_assert_uint_eq(b[27], 0xee);
    ck_assert_uint_eq(get_be16(b + 40), 0x1234);
    ck_assert_uint_eq(get_be16(b + 42), 0x0203);
    ck_assert_uint_eq(b[44], 0x02);
}
END_TEST

START_TEST(header_lies_where_the_protocol_says)
{
    struct segment *s = segment_new();
    uint8_t b[BATCH_BYTES_MAX];
    uint32_t n;
    s->header.fee_account = 0x010203;
    s->header.fees[0] = (struct fee_entry){0x0a0b0c, 2};
    s->header.fees[1] = (struct fee_entry){0x0d0e0f, 127};
    const uint8_t want[44] = {2, 1, 2, 3, 4, 5, 6, 11, 12, 7, 8, 9, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0,
                              0, 0, 0, 0, 0, 0, 10, 11, 12, 2, 13, 14, 15, 127};
    ck_assert_ok(segment_encode(s, b, &n));
    ck_assert_uint_eq(n, 44);
    ck_assert_mem_eq(b, want, 44);
    s->header.of = 64;
    ck_assert_ok(segment_encode(s, b, &n));
    s->header.of = 65;
    ck_assert_err(segment_encode(s, b, &n), ERR_RANGE);
    s->header.of = s->header.segment;
    ck_assert_err(segment_encode(s, b, &n), ERR_RANGE);
    s->header.of = 12;
    s->header.fees[1].slot = 128;
    ck_assert_err(segment_encode(s, b, &n), ERR_RANGE);
    s->header.fees[1].slot = 1;
    ck_assert_err(segment_encode(s, b, &n), ERR_RANGE);
    s->header.fees[1] = (struct fee_entry){0x0a0b0c, 3}; /* twice */
    ck_assert_err(segment_encode(s, b, &n), ERR_RANGE);
    free(s);
}
END_TEST

/* One deposit, one withdrawal, one transfer. */
static uint32_t mixed(uint8_t b[BATCH_BYTES_MAX])
{
    struct segment *s = segment_new();
    uint32_t n;
    s->n_records = 3;
    s->records[0] = signed_record(OP_TRANSFER);
    s->records[1].code = OP_PRIORITY;
    s->records[1].u.priority.kind = PRIORITY_DEPOSIT;
    s->records[2] = signed_record(OP_WITHDRAW);
    ck_assert_ok(segment_encode(s, b, &n));
    free(s);
    return n;
}

static enum err decode(const uint8_t *b, uint32_t n, const char **what)
{
    static struct segment s;
    struct codec_error why;
    enum err err = segment_decode(&s, b, n, &why);
    *what = why.what;
    return err;
}

START_TEST(F46_region_kinds_live_only_in_their_regions)
{
    uint8_t b[BATCH_BYTES_MAX], c[BATCH_BYTES_MAX];
    const char *what;
    uint32_t n = mixed(b);
    ck_assert_ok(decode(b, n, &what));
    ck_assert_uint_eq(n, 44 + 42 + 44 + 17 + 1 + 1);
    /* A deposit record in the stream is no record. */
    memcpy(c, b, n);
    c[44 + 42 + 44] = PRIORITY_DEPOSIT << 4;
    ck_assert_err(decode(c, n, &what), ERR_PARSE);
    ck_assert_str_eq(what, "unknown record code");
    /* A marker too few or too many, and counts that lie. */
    memcpy(c, b, n);
    c[n - 1] = OP_PRIORITY;
    ck_assert_err(decode(c, n, &what), ERR_PARSE);
    ck_assert_str_eq(what, "priority region is used up");
    memcpy(c, b, n);
    c[17] = 2;
    ck_assert_err(decode(c, n, &what), ERR_PARSE);
    ck_assert_str_eq(what, "priority region is not used up");
    memcpy(c, b, n);
    c[19] = 0;
    ck_assert_err(decode(c, n, &what), ERR_PARSE);
    memcpy(c, b, n);
    c[27] = 2; /* fewer records than there are */
    ck_assert_err(decode(c, n, &what), ERR_PARSE);
    ck_assert_str_eq(what, "bytes after the last record");
}
END_TEST

START_TEST(malformed_segments_are_refused)
{
    uint8_t b[BATCH_BYTES_MAX], c[BATCH_BYTES_MAX];
    const char *what;
    uint32_t n = mixed(b);
    const struct {
        uint32_t at;
        uint8_t value;
    } wrong[] = {{0, 1}, {0, 3}, {7, 12}, {8, 11}, {8, 0}, {8, 65}, {28 + 3, 2}, {24, 1}, {16, 1}, {20, 0xff},
                 {44, 0x50}, {44, 0x16}, {44 + 42 + 3, 0x80}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        memcpy(c, b, n);
        c[wrong[i].at] = wrong[i].value;
        ck_assert_msg(decode(c, n, &what) != ERR_OK, "byte %u", wrong[i].at);
    }
    memcpy(c, b, n);
    c[n] = 0;
    ck_assert_err(decode(c, n + 1, &what), ERR_PARSE);
    ck_assert_err(decode(c, BATCH_BYTES_MAX + 1, &what), ERR_TOO_LARGE);
}
END_TEST

START_TEST(any_bytes_that_decode_encode_to_themselves)
{
    struct rng rng;
    uint8_t b[BATCH_BYTES_MAX], again[BATCH_BYTES_MAX];
    uint32_t m, accepted = 0, n = mixed(b);
    struct segment *s = segment_new();
    struct codec_error why;
    check_seed(&rng);
    for (int i = 0; i < 100000; i++) {
        uint8_t c[BATCH_BYTES_MAX];
        memcpy(c, b, n);
        for (uint64_t k = 1 + rng_below(&rng, 3); k > 0; k--)
            c[rng_below(&rng, n)] = (uint8_t)rng_below(&rng, rng_below(&rng, 2) ? 8 : 256);
        if (segment_decode(s, c, n, &why) != ERR_OK) continue;
        accepted++;
        ck_assert_ok(segment_encode(s, again, &m));
        ck_assert_uint_eq(m, n);
        ck_assert_mem_eq(c, again, n);
    }
    ck_assert_uint_gt(accepted, 1000);
    free(s);
}
END_TEST

START_TEST(requests_round_trip_and_refuse_every_cut)
{
    for (uint8_t kind = REQUEST_OPEN; kind <= REQUEST_PRIORITY; kind++) {
        struct request *r = calloc(1, sizeof *r), *back = calloc(1, sizeof *back);
        uint8_t b[REQUEST_BYTES_MAX], again[REQUEST_BYTES_MAX], id[32], id2[32];
        size_t n, m;
        r->kind = kind;
        r->chain = 3;
        if (kind == REQUEST_SWAP) {
            r->u.swap.chain = 3;
            r->u.swap.minimum = AMOUNT_MAX;
        }
        if (kind == REQUEST_PRIORITY) {
            r->u.priority.kind = PRIORITY_EXIT;
            r->u.priority.amount = AMOUNT_MAX; /* a result: not part of the request */
        }
        r->n_signatures = (uint8_t)request_signatures(kind);
        for (int i = 0; i < 2; i++) {
            r->signature_height[i] = i ? 18 : 12;
            r->signatures[i].tips[63][4] = 77;
        }
        ck_assert_ok(request_encode(r, true, b, sizeof b, &n));
        ck_assert_ok(request_decode(back, b, n));
        ck_assert_ok(request_encode(back, true, again, sizeof again, &m));
        ck_assert_uint_eq(n, m);
        ck_assert_mem_eq(b, again, n);
        for (size_t cut = 0; cut < n; cut++) ck_assert(request_decode(back, b, cut) != ERR_OK);
        b[n] = 0;
        ck_assert_err(request_decode(back, b, n + 1), ERR_PARSE);
        request_id(id, r);
        r->n_signatures = 0;
        request_id(id2, r);
        ck_assert_mem_eq(id, id2, 32);
        r->chain = 4;
        r->u.swap.chain = 4;
        request_id(id2, r);
        ck_assert(memcmp(id, id2, 32) != 0);
        free(r);
        free(back);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core codec");
    TCase *tc = tcase_create("codec");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, records_have_their_lengths);
    tcase_add_test(tc, fields_lie_where_the_protocol_says);
    tcase_add_test(tc, header_lies_where_the_protocol_says);
    tcase_add_test(tc, F46_region_kinds_live_only_in_their_regions);
    tcase_add_test(tc, malformed_segments_are_refused);
    tcase_add_test(tc, any_bytes_that_decode_encode_to_themselves);
    tcase_add_test(tc, requests_round_trip_and_refuse_every_cut);
    suite_add_tcase(s, tc);
    return check_main(s);
}

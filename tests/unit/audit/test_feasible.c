/* What the gate asks besides whether a batch is right: can it be committed, proven, executed? */
#include <stdlib.h>
#include <string.h>

#include "audit/feasible.h"
#include "common/base/endian.h"
#include "tests/support/check_main.h"

enum { HEADER = 44, SIZE = 8192 };

static struct gate_ask ask;
static struct gate_request requests[256];
static uint8_t segments[4][GATE_SEGMENTS_MAX][HEADER];
static uint8_t big[SIZE];
static struct feasible_fault fault;

/* parts of n segments of `records` records, in slices 0, 1, .. */
static void setup_parts(uint32_t parts, uint32_t n, uint32_t records)
{
    memset(&ask, 0, sizeof ask);
    ask.n_parts = parts;
    ask.requests = requests;
    for (uint32_t i = 0; i < parts; i++) {
        ask.parts[i].chain = (uint16_t)(10 + i);
        ask.parts[i].n_segments = n;
        for (uint32_t j = 0; j < n; j++) {
            memset(segments[i][j], 0, HEADER);
            put_be32(segments[i][j] + 24, records);
            ask.parts[i].segments[j] = (struct gate_segment){(uint8_t)j, {segments[i][j], HEADER}};
        }
    }
}

static void request(uint16_t chain, uint32_t record)
{
    requests[ask.n_requests++] =
        (struct gate_request){.n_records = 1, .chain = {chain}, .record = {record}};
}

static void pair(uint16_t a, uint32_t record_a, uint16_t b, uint32_t record_b)
{
    requests[ask.n_requests++] =
        (struct gate_request){.n_records = 2, .chain = {a, b}, .record = {record_a, record_b}};
}

static void must_fit(void)
{
    ck_assert_msg(feasible_check(&ask, &fault), "chain %u record %u: %s", fault.chain, fault.record,
                  fault.text);
}

static void must_refuse(uint16_t chain, uint32_t record, const char *text)
{
    ck_assert(!feasible_check(&ask, &fault));
    ck_assert_msg(fault.chain == chain && fault.record == record &&
                      strstr(fault.text, text) != NULL,
                  "chain %u record %u: %s", fault.chain, fault.record, fault.text);
}

START_TEST(a_slicing_in_the_order_of_execution_fits)
{
    setup_parts(3, 3, 2);
    request(10, 0);
    pair(10, 1, 11, 0);
    pair(12, 0, 11, 1);
    request(12, 1); /* slice 0 ends */
    pair(10, 2, 12, 2);
    request(11, 2);
    request(11, 3);
    request(12, 3);
    request(10, 3);
    pair(12, 4, 12, 5);
    pair(11, 4, 10, 4);
    must_fit();
}
END_TEST

START_TEST(halves_in_two_slices_are_refused)
{
    setup_parts(2, 2, 2);
    pair(10, 0, 11, 2);
    must_refuse(11, 2, "different slices");
    ask.n_requests = 0;
    pair(10, 1, 10, 2); /* on one chain: the border of a segment between them */
    must_refuse(10, 2, "different slices");
    ask.n_requests = 0;
    pair(10, 2, 11, 0);
    must_refuse(11, 0, "before its slice");
}
END_TEST

START_TEST(execution_that_goes_back_to_an_earlier_slice_is_refused)
{
    setup_parts(2, 2, 1);
    request(10, 0);
    request(10, 1);
    request(11, 0); /* slice 0 again */
    must_refuse(11, 0, "before its slice");
}
END_TEST

START_TEST(slices_ascend_along_a_chain_and_are_32_at_most)
{
    setup_parts(1, 3, 1);
    ask.parts[0].segments[2].slice = 31;
    must_fit();
    ask.parts[0].segments[2].slice = 32;
    must_refuse(10, UINT32_MAX, "32 slices");
    ask.parts[0].segments[2].slice = 1;
    must_refuse(10, UINT32_MAX, "go back");
    ask.parts[0].segments[2].slice = 0;
    must_refuse(10, UINT32_MAX, "go back");
    ask.parts[0].segments[0].slice = 5;
    ask.parts[0].segments[1].slice = 6;
    ask.parts[0].segments[2].slice = 9;
    must_fit();
}
END_TEST

START_TEST(more_than_64_segments_or_120000_bytes_are_refused)
{
    setup_parts(2, 32, 1);
    must_fit();
    setup_parts(3, 22, 1);
    must_refuse(0xFFFF, UINT32_MAX, "64 segments");
    setup_parts(2, 15, 0);
    for (int i = 0; i < 15; i++)
        ask.parts[1].segments[i].bytes = (struct span){big, 8000};
    must_fit();
    ask.parts[1].segments[7].bytes.len++;
    must_refuse(11, UINT32_MAX, "120000 bytes");
}
END_TEST

START_TEST(what_no_transaction_can_execute_is_refused)
{
    static uint8_t region[HEADER + 362 * 62];
    setup_parts(1, 2, 0);
    put_be16(segments[0][0] + 18, 40); /* withdrawals */
    put_be16(segments[0][1] + 18, 32);
    must_fit(); /* 5 * 72 = 360 */
    put_be16(segments[0][1] + 18, 33);
    must_refuse(10, UINT32_MAX, "execute");

    setup_parts(1, 1, 0);
    ask.parts[0].segments[0].bytes = (struct span){region, sizeof region};
    put_be16(region + 16, 360);
    size_t at = HEADER;
    static const size_t sizes[] = {0, 42, 62, 46};
    for (int i = 0; i < 360; i++) {
        region[at] = (uint8_t)((1 + i % 3) << 4);
        at += sizes[1 + i % 3];
    }
    must_fit();
    region[HEADER] = 0x40; /* an exit: costs 4 more, and has the size of the deposit it replaces */
    must_refuse(10, UINT32_MAX, "execute");
    put_be16(region + 16, 356);
    must_fit();
}
END_TEST

START_TEST(malformed_segments_and_requests_are_left_to_the_replica)
{
    setup_parts(2, 2, 1);
    ask.parts[0].segments[0].bytes.len = 10;
    ask.parts[1].segments[1].bytes.len = 0;
    request(10, 0);
    request(11, 5);
    request(77, 0);
    must_fit();
    put_be16(segments[1][0] + 16, 300); /* counts that the region does not hold */
    must_fit();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit feasible");
    TCase *t = tcase_create("feasible");
    tcase_add_test(t, a_slicing_in_the_order_of_execution_fits);
    tcase_add_test(t, halves_in_two_slices_are_refused);
    tcase_add_test(t, execution_that_goes_back_to_an_earlier_slice_is_refused);
    tcase_add_test(t, slices_ascend_along_a_chain_and_are_32_at_most);
    tcase_add_test(t, more_than_64_segments_or_120000_bytes_are_refused);
    tcase_add_test(t, what_no_transaction_can_execute_is_refused);
    tcase_add_test(t, malformed_segments_and_requests_are_left_to_the_replica);
    suite_add_tcase(s, t);
    return check_main(s);
}

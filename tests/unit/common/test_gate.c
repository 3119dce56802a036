/* common/msg/gate: the question to the audit gate, with several segments for each participant. */
#include <stdlib.h>
#include <string.h>

#include "common/msg/gate.h"
#include "tests/support/check_main.h"

static struct bytes_buf body;
static uint8_t data[GATE_REQUEST_MAX + GATE_SEGMENT_MAX];

static void setup(void)
{
    bytes_buf_init(&body, GATE_ASK_MAX);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
}

static void teardown(void)
{
    bytes_buf_deinit(&body);
}

static void ask_make(struct gate_ask *a, uint32_t parts, uint32_t segments, uint32_t requests)
{
    memset(a, 0, sizeof *a);
    a->k = 5;
    a->time = 1700000000;
    a->final_root_before[0] = 1;
    a->final_root_after[31] = 2;
    a->statement[7] = 3;
    a->n_parts = parts;
    for (uint32_t i = 0; i < parts; i++) {
        struct gate_part *p = &a->parts[i];
        p->chain = (uint16_t)(3 * i);
        p->blob = i % 2 == 1;
        p->root_after[5] = (uint8_t)i;
        p->n_segments = segments;
        for (uint32_t j = 0; j < segments; j++)
            p->segments[j] = (struct gate_segment){(uint8_t)(j / 2), {data + i, 44 + j}};
    }
    a->requests = calloc(requests + 1, sizeof *a->requests);
    ck_assert_ptr_nonnull(a->requests);
    a->n_requests = requests;
    for (uint32_t i = 0; i < requests; i++)
        a->requests[i] = (struct gate_request){
            .n_records = (uint8_t)(1 + i % 2),
            .chain = {0, (uint16_t)(i % 2 * 3)},
            .record = {70000 + i, i % 2 * 4},
            .bytes = {data + i, 5 + i},
        };
}

static void must_be_equal(const struct gate_ask *a, const struct gate_ask *b)
{
    ck_assert_uint_eq(a->k, b->k);
    ck_assert_uint_eq(a->time, b->time);
    ck_assert_mem_eq(a->final_root_before, b->final_root_before, 32);
    ck_assert_mem_eq(a->final_root_after, b->final_root_after, 32);
    ck_assert_mem_eq(a->statement, b->statement, 32);
    ck_assert_uint_eq(a->n_parts, b->n_parts);
    for (uint32_t i = 0; i < a->n_parts; i++) {
        const struct gate_part *p = &a->parts[i];
        const struct gate_part *q = &b->parts[i];
        ck_assert_uint_eq(p->chain, q->chain);
        ck_assert(p->blob == q->blob);
        ck_assert_mem_eq(p->root_after, q->root_after, 32);
        ck_assert_uint_eq(p->n_segments, q->n_segments);
        for (uint32_t j = 0; j < p->n_segments; j++) {
            ck_assert_uint_eq(p->segments[j].slice, q->segments[j].slice);
            ck_assert(span_equal(p->segments[j].bytes, q->segments[j].bytes));
        }
    }
    ck_assert_uint_eq(a->n_requests, b->n_requests);
    for (uint32_t i = 0; i < a->n_requests; i++) {
        const struct gate_request *p = &a->requests[i];
        const struct gate_request *q = &b->requests[i];
        ck_assert_uint_eq(p->n_records, q->n_records);
        for (int j = 0; j < p->n_records; j++) {
            ck_assert_uint_eq(p->chain[j], q->chain[j]);
            ck_assert_uint_eq(p->record[j], q->record[j]);
        }
        ck_assert(span_equal(p->bytes, q->bytes));
    }
}

START_TEST(an_ask_of_16_chains_with_64_segments_each_reads_back)
{
    static const uint32_t sizes[][3] = {
        {1, 1, 0}, {1, 1, 1}, {2, 3, 8}, {GATE_PARTICIPANTS_MAX, GATE_SEGMENTS_MAX, 300}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct gate_ask in;
        struct gate_ask out;
        bytes_buf_clear(&body);
        ask_make(&in, sizes[i][0], sizes[i][1], sizes[i][2]);
        ck_assert_ok(gate_ask_write(&body, &in));
        ck_assert_ok(gate_ask_read(&out, bytes_buf_span(&body)));
        must_be_equal(&in, &out);
        gate_ask_deinit(&in);
        gate_ask_deinit(&out);
    }
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    struct gate_ask in;
    struct gate_ask out;
    ask_make(&in, 2, 3, 8);
    ck_assert_ok(gate_ask_write(&body, &in));
    for (size_t n = 0; n < body.len; n++)
        ck_assert_err(gate_ask_read(&out, span_make(body.data, n)), ERR_PARSE);
    ck_assert_ok(bytes_buf_append_u8(&body, 0));
    ck_assert_err(gate_ask_read(&out, bytes_buf_span(&body)), ERR_PARSE);
    gate_ask_deinit(&in);
}
END_TEST

START_TEST(what_passes_a_limit_is_neither_written_nor_read)
{
    enum { BLOB = 8 + 8 + 96 + 4 + 2, N_SEGMENTS = BLOB + 1 + 32 };
    struct gate_ask in;
    struct gate_ask out;
    ask_make(&in, 1, 1, 1);
    ck_assert_ok(gate_ask_write(&body, &in));
    ck_assert_uint_eq(body.data[N_SEGMENTS], 1);
    body.data[BLOB] = 2;
    ck_assert_err(gate_ask_read(&out, bytes_buf_span(&body)), ERR_PARSE);
    body.data[BLOB] = 1;
    body.data[N_SEGMENTS] = 0;
    ck_assert_err(gate_ask_read(&out, bytes_buf_span(&body)), ERR_PARSE);
    body.data[N_SEGMENTS] = GATE_SEGMENTS_MAX + 1;
    ck_assert_err(gate_ask_read(&out, bytes_buf_span(&body)), ERR_PARSE);
    in.parts[0].n_segments = 0;
    ck_assert_err(gate_ask_write(&body, &in), ERR_ARG);
    in.parts[0].n_segments = GATE_SEGMENTS_MAX + 1;
    ck_assert_err(gate_ask_write(&body, &in), ERR_ARG);
    in.parts[0].n_segments = 1;
    in.parts[0].segments[0].bytes.len = GATE_SEGMENT_MAX + 1;
    ck_assert_err(gate_ask_write(&body, &in), ERR_TOO_LARGE);
    in.parts[0].segments[0].bytes.len = GATE_SEGMENT_MAX;
    in.n_parts = GATE_PARTICIPANTS_MAX + 1;
    ck_assert_err(gate_ask_write(&body, &in), ERR_ARG);
    in.n_parts = 1;
    in.requests[0].bytes.len = GATE_REQUEST_MAX + 1;
    ck_assert_err(gate_ask_write(&body, &in), ERR_TOO_LARGE);
    in.requests[0].bytes.len = GATE_REQUEST_MAX;
    in.requests[0].n_records = 3;
    ck_assert_err(gate_ask_write(&body, &in), ERR_ARG);
    in.requests[0].n_records = 1;
    in.n_requests = GATE_REQUESTS_MAX + 1;
    ck_assert_err(gate_ask_write(&body, &in), ERR_ARG);
    in.n_requests = 1;
    bytes_buf_clear(&body);
    ck_assert_ok(gate_ask_write(&body, &in));
    gate_ask_deinit(&in);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/msg/gate");
    TCase *c = tcase_create("gate");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, an_ask_of_16_chains_with_64_segments_each_reads_back);
    tcase_add_test(c, every_other_length_is_refused);
    tcase_add_test(c, what_passes_a_limit_is_neither_written_nor_read);
    suite_add_tcase(s, c);
    return check_main(s);
}

/* common/msg: signed frames. */
#include <string.h>

#include "common/base/endian.h"
#include "common/msg/job.h"
#include "common/msg/msg.h"
#include "tests/support/check_main.h"

static struct msg_signer signer;
static struct msg_trust trust;
static struct bytes_buf frame;
static struct msg got;
static size_t who;

static void setup(void)
{
    uint8_t key[32] = {[31] = 7};
    uint8_t other[32] = {[31] = 8};
    uint8_t address[20];
    ck_assert_ok(msg_signer_init(&signer, key, 100));
    ck_assert_ok(ecdsa_key_address(address, other));
    ck_assert_ok(msg_trust_add(&trust, address));
    ck_assert_ok(msg_trust_add(&trust, signer.address));
    ck_assert_err(msg_trust_add(&trust, signer.address), ERR_EXISTS);
    bytes_buf_init(&frame, 4096);
}

static void teardown(void)
{
    bytes_buf_deinit(&frame);
    msg_signer_deinit(&signer);
    ck_assert(bytes_are_zero(&signer, sizeof signer));
}

static void seal(const char *body)
{
    struct msg msg = {.channel = MSG_CHANNEL_ORACLE_TO_ORACLE,
                      .version = 2,
                      .type = 9,
                      .body = span_of_str(body)};
    bytes_buf_clear(&frame);
    ck_assert_ok(msg_seal(&frame, &signer, &msg));
}

static enum err open_frame(enum msg_channel channel)
{
    return msg_open(&got, &who, bytes_buf_span(&frame), channel, &trust);
}

START_TEST(a_sealed_message_opens_to_the_same_message_and_its_signer)
{
    seal("hello");
    ck_assert_uint_eq(frame.len, MSG_OVERHEAD + 5);
    ck_assert_ok(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE));
    ck_assert_uint_eq(who, 1);
    ck_assert_uint_eq(got.version, 2);
    ck_assert_uint_eq(got.type, 9);
    ck_assert_uint_eq(got.sequence, 101);
    ck_assert(span_equal(got.body, span_of_str("hello")));
    seal("");
    ck_assert_ok(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE));
    ck_assert_uint_eq(got.sequence, 102);
    ck_assert_uint_eq(got.body.len, 0);
}
END_TEST

START_TEST(any_changed_bit_is_refused)
{
    seal("hello");
    for (size_t bit = 0; bit < frame.len * 8; bit++) {
        frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_int_ne(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE), ERR_OK);
        frame.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_ok(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE));
}
END_TEST

START_TEST(any_other_length_is_refused)
{
    seal("hello");
    size_t len = frame.len;
    for (size_t cut = 0; cut < len; cut++) {
        frame.len = cut;
        ck_assert_err(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE), ERR_PARSE);
    }
    frame.len = len;
    ck_assert_ok(bytes_buf_append_u8(&frame, 0));
    ck_assert_err(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE), ERR_PARSE);
    frame.len = len;
    put_be32(frame.data + 20, UINT32_MAX);
    ck_assert_err(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE), ERR_PARSE);
}
END_TEST

START_TEST(another_channel_or_signer_is_refused)
{
    seal("hello");
    ck_assert_err(open_frame(MSG_CHANNEL_ORACLE_TO_ORCHESTRATOR), ERR_PROTOCOL);
    trust.count = 1;
    ck_assert_err(open_frame(MSG_CHANNEL_ORACLE_TO_ORACLE), ERR_AUTH);
}
END_TEST

START_TEST(a_sequence_is_accepted_once_and_only_upwards)
{
    struct msg_replay replay = {{0}};
    ck_assert_ok(msg_sequence_accept(&replay, 1, 5));
    ck_assert_err(msg_sequence_accept(&replay, 1, 5), ERR_CONFLICT);
    ck_assert_err(msg_sequence_accept(&replay, 1, 4), ERR_CONFLICT);
    ck_assert_ok(msg_sequence_accept(&replay, 0, 4));
    ck_assert_ok(msg_sequence_accept(&replay, 1, UINT64_MAX));
    ck_assert_err(msg_sequence_accept(&replay, MSG_SIGNERS_MAX, 1), ERR_ARG);
}
END_TEST

START_TEST(a_full_buffer_or_an_exhausted_sequence_refuses_and_changes_nothing)
{
    struct msg msg = {.channel = MSG_CHANNEL_ORACLE_TO_ORACLE, .body = span_of_str("hello")};
    struct bytes_buf small;
    bytes_buf_init(&small, MSG_OVERHEAD + 4);
    ck_assert_err(msg_seal(&small, &signer, &msg), ERR_TOO_LARGE);
    ck_assert_uint_eq(small.len, 0);
    ck_assert_uint_eq(signer.sequence, 100);
    bytes_buf_deinit(&small);
    signer.sequence = UINT64_MAX;
    ck_assert_err(msg_seal(&frame, &signer, &msg), ERR_OVERFLOW);
}
END_TEST

START_TEST(an_envelope_of_a_job_reads_back_and_a_short_one_is_refused)
{
    struct job_envelope in = {.session = {1, 2, 3}, .answers = 77, .body = span_of_str("body")};
    struct job_envelope out;
    struct bytes_buf b;
    bytes_buf_init(&b, 100);
    ck_assert_ok(job_envelope_write(&b, &in));
    ck_assert_uint_eq(b.len, JOB_ENVELOPE_BYTES + 4);
    ck_assert_ok(job_envelope_read(&out, bytes_buf_span(&b)));
    ck_assert_mem_eq(out.session, in.session, sizeof in.session);
    ck_assert_uint_eq(out.answers, 77);
    ck_assert(span_equal(out.body, in.body));
    for (size_t n = 0; n < JOB_ENVELOPE_BYTES; n++)
        ck_assert_err(job_envelope_read(&out, span_make(b.data, n)), ERR_PARSE);
    ck_assert_ok(job_envelope_read(&out, span_make(b.data, JOB_ENVELOPE_BYTES)));
    ck_assert_uint_eq(out.body.len, 0);
    bytes_buf_deinit(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/msg");
    TCase *c = tcase_create("msg");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_sealed_message_opens_to_the_same_message_and_its_signer);
    tcase_add_test(c, any_changed_bit_is_refused);
    tcase_add_test(c, any_other_length_is_refused);
    tcase_add_test(c, another_channel_or_signer_is_refused);
    tcase_add_test(c, a_sequence_is_accepted_once_and_only_upwards);
    tcase_add_test(c, a_full_buffer_or_an_exhausted_sequence_refuses_and_changes_nothing);
    tcase_add_test(c, an_envelope_of_a_job_reads_back_and_a_short_one_is_refused);
    suite_add_tcase(s, c);
    return check_main(s);
}

/* The auditor's reading of commitBatch: one encoding of every batch, and where another one differs. */
#include <stdlib.h>
#include <string.h>

#include "audit/l1_abi.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/endian.h"
#include "tests/support/check_main.h"

enum { HEAD = 4, OFFSET_STATEMENT = 4, OFFSET_SEGMENTS = 36, EPOCH = 68, STATEMENT = 100 };

static struct bytes_buf data;
static uint8_t bytes[4096];
static struct l1_commit commit;
static struct l1_abi_fault fault;

static void setup(void)
{
    bytes_buf_init(&data, 1 << 20);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
}

static void teardown(void)
{
    bytes_buf_deinit(&data);
}

static void encode(size_t participants, const struct span *segments, size_t n, uint64_t epoch)
{
    struct hawser_statement s = {.k = 7, .time = 1760000000, .participant_count = participants};
    memset(s.prev_final_root, 0x11, 32);
    memset(s.final_root, 0x22, 32);
    for (size_t i = 0; i < participants; i++) {
        s.participants[i] = 31001 + i;
        memset(s.pubdata_hashes[i], 0x30 + (int)i, 32);
    }
    bytes_buf_clear(&data);
    ck_assert_ok(hawser_encode_commit_batch(&data, &s, segments, n, epoch));
}

/* Three segments of 44, 64 and 45 bytes, two participants. */
static void three(void)
{
    const struct span list[] = {{bytes, 44}, {bytes + 100, 64}, {bytes + 200, 45}};
    encode(2, list, 3, 6);
}
enum {
    N_PARTICIPANTS = STATEMENT + 6 * 32,
    N_HASHES = N_PARTICIPANTS + 3 * 32,
    N_SEGMENTS = N_HASHES + 3 * 32,
    SEGMENT_OFFSETS = N_SEGMENTS + 32,
    FIRST = SEGMENT_OFFSETS + 3 * 32, /* length of the first segment */
    SECOND = FIRST + 32 + 64,
    THIRD = SECOND + 32 + 64,
    END = THIRD + 32 + 64,
};

static enum err decode(void)
{
    return l1_abi_commit_batch(&commit, bytes_buf_span(&data), &fault);
}

static void must_refuse(size_t at, const char *text)
{
    ck_assert_err(decode(), ERR_PARSE);
    ck_assert_msg(fault.offset == at && strstr(fault.what, text) != NULL,
                  "byte %zu: %s, not byte %zu: %s", fault.offset, fault.what, at, text);
}

static void word(size_t at, uint64_t v)
{
    memset(data.data + at, 0, 24);
    put_be64(data.data + at + 24, v);
}

/* As if everything decoded were encoded again. */
static bool is_the_encoding(void)
{
    struct hawser_statement s = {.k = commit.statement.k,
                                 .time = commit.statement.time,
                                 .participant_count = commit.statement.n_participants};
    struct bytes_buf again;
    memcpy(s.prev_final_root, commit.statement.final_root_before, 32);
    memcpy(s.final_root, commit.statement.final_root_after, 32);
    memcpy(s.participants, commit.statement.participants, sizeof s.participants);
    memcpy(s.pubdata_hashes, commit.statement.pubdata, sizeof s.pubdata_hashes);
    bytes_buf_init(&again, 1 << 20);
    ck_assert_ok(
        hawser_encode_commit_batch(&again, &s, commit.segments, commit.n_segments, commit.epoch));
    bool same = span_equal(bytes_buf_span(&again), bytes_buf_span(&data));
    bytes_buf_deinit(&again);
    return same;
}

START_TEST(what_was_encoded_is_decoded)
{
    static const size_t counts[] = {0, 1, 2, 63, 64};
    struct span list[64];
    for (size_t i = 0; i < 64; i++)
        list[i] = (struct span){bytes + i, 44 + 31 * i % 100};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        for (size_t p = 0; p <= 16; p += 8) {
            encode(p, list, counts[i], 5 + i);
            ck_assert_ok(decode());
            ck_assert_uint_eq(commit.statement.k, 7);
            ck_assert_uint_eq(commit.statement.time, 1760000000);
            ck_assert_uint_eq(commit.statement.n_participants, p);
            ck_assert_uint_eq(commit.n_segments, counts[i]);
            ck_assert_uint_eq(commit.epoch, 5 + i);
            for (size_t j = 0; j < counts[i]; j++)
                ck_assert(span_equal(commit.segments[j], list[j]));
            ck_assert(is_the_encoding());
        }
    }
    three();
    ck_assert_uint_eq(data.len, END);
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    three();
    size_t len = data.len;
    for (size_t n = 0; n < len; n++) {
        uint8_t *copy = malloc(n + 1); /* ASan sees what is read past the end */
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, data.data, n);
        enum err err = l1_abi_commit_batch(&commit, (struct span){copy, n}, &fault);
        ck_assert_err(err, ERR_PARSE);
        ck_assert_uint_le(fault.offset, n);
        free(copy);
    }
    for (int i = 0; i < 64; i++) {
        ck_assert_ok(bytes_buf_append_u8(&data, 0));
        must_refuse(len, "bytes after the last segment");
    }
}
END_TEST

START_TEST(offsets_that_overlap_or_leave_gaps_are_refused)
{
    three();
    word(OFFSET_STATEMENT, 128);
    must_refuse(OFFSET_STATEMENT, "statement");
    three();
    word(OFFSET_SEGMENTS, 96); /* the statement as the list of segments */
    must_refuse(OFFSET_SEGMENTS, "segments do not follow");
    three();
    word(STATEMENT + 4 * 32, 224);
    must_refuse(STATEMENT + 4 * 32, "participants");
    three();
    word(STATEMENT + 5 * 32, 192); /* the participants once more as hashes */
    must_refuse(STATEMENT + 5 * 32, "hashes");
    for (int i = 0; i < 3; i++) {
        static const uint64_t wrong[] = {0,
                                         32,
                                         95,
                                         97,
                                         96 + 96,
                                         96 + 192,
                                         1 << 20,
                                         UINT64_MAX,
                                         UINT64_MAX - 31,
                                         (uint64_t)1 << 63};
        for (size_t j = 0; j < ARRAY_LEN(wrong); j++) {
            if (wrong[j] == 96 + 96 * (uint64_t)i) continue;
            three();
            word(SEGMENT_OFFSETS + 32 * (size_t)i, wrong[j]);
            must_refuse(SEGMENT_OFFSETS + 32 * (size_t)i, "does not follow the one before");
        }
    }
    three(); /* two segments exchanged with their offsets: the same batch in another encoding */
    word(SEGMENT_OFFSETS, 96 + 96);
    word(SEGMENT_OFFSETS + 32, 96);
    must_refuse(SEGMENT_OFFSETS, "does not follow the one before");
}
END_TEST

START_TEST(counts_and_lengths_past_the_end_are_refused)
{
    static const uint64_t wrong[] = {65, 1 << 20, UINT64_MAX, (uint64_t)1 << 59};
    for (size_t j = 0; j < ARRAY_LEN(wrong); j++) {
        three();
        word(N_SEGMENTS, wrong[j]);
        must_refuse(N_SEGMENTS, "more than 64 segments");
        three();
        word(N_PARTICIPANTS, wrong[j]);
        must_refuse(N_PARTICIPANTS, "more than 16 participants");
        three();
        word(N_HASHES, wrong[j]);
        must_refuse(N_HASHES, "one hash for each");
        three();
        word(THIRD, wrong[j]);
        must_refuse(THIRD, "longer than the calldata");
    }
    three();
    word(N_SEGMENTS, 64);
    must_refuse(SEGMENT_OFFSETS, "the calldata ends here");
    three();
    word(N_SEGMENTS, 2); /* the third one would be bytes that nobody names */
    must_refuse(SEGMENT_OFFSETS, "does not follow");
    three();
    word(THIRD, 44); /* its last byte becomes padding */
    must_refuse(THIRD + 32 + 44, "padding");
    word(THIRD, 32);
    must_refuse(THIRD + 64, "bytes after");
    word(SECOND, 0);
    must_refuse(SEGMENT_OFFSETS + 64, "does not follow");
}
END_TEST

START_TEST(numbers_too_big_and_padding_are_refused)
{
    static const size_t numbers[] = {OFFSET_STATEMENT,
                                     OFFSET_SEGMENTS,
                                     EPOCH,
                                     STATEMENT,
                                     STATEMENT + 32,
                                     N_PARTICIPANTS,
                                     N_PARTICIPANTS + 32,
                                     N_HASHES,
                                     N_SEGMENTS,
                                     SEGMENT_OFFSETS,
                                     FIRST};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        for (size_t j = 0; j < 24; j++) {
            three();
            data.data[numbers[i] + j] = 1;
            ck_assert_err(decode(), ERR_PARSE);
            ck_assert_uint_eq(fault.offset, numbers[i]);
        }
    }
    for (size_t at = THIRD + 32 + 45; at < END; at++) {
        three();
        data.data[at] = 1;
        must_refuse(THIRD + 32 + 45, "padding");
    }
    three();
    data.data[2] ^= 1;
    must_refuse(0, "another function");
}
END_TEST

/* Whatever is changed: it is refused, or it is the one encoding of something else. */
START_TEST(no_batch_has_two_encodings)
{
    struct rng rng;
    unsigned taken = 0;
    check_seed(&rng);
    for (int round = 0; round < 100000; round++) {
        three();
        uint64_t n = 1 + rng_below(&rng, 3);
        for (uint64_t i = 0; i < n; i++) {
            size_t at = HEAD + rng_below(&rng, data.len - HEAD);
            if (rng_below(&rng, 2) == 0) at = at / 32 * 32 + HEAD + 24 + rng_below(&rng, 8);
            if (at >= data.len) continue;
            data.data[at] = rng_below(&rng, 4) == 0 ? (uint8_t)rng_u64(&rng)
                                                    : data.data[rng_below(&rng, data.len)];
        }
        if (decode() != ERR_OK) continue;
        taken++;
        ck_assert(is_the_encoding());
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("audit abi");
    TCase *t = tcase_create("abi");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, what_was_encoded_is_decoded);
    tcase_add_test(t, every_other_length_is_refused);
    tcase_add_test(t, offsets_that_overlap_or_leave_gaps_are_refused);
    tcase_add_test(t, counts_and_lengths_past_the_end_are_refused);
    tcase_add_test(t, numbers_too_big_and_padding_are_refused);
    tcase_add_test(t, no_batch_has_two_encodings);
    suite_add_tcase(s, t);
    return check_main(s);
}

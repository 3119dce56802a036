/* common/base: errors, bytes, arena, randomness, clock. */
#include <signal.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "tests/support/check_main.h"

START_TEST(every_error_has_a_name_and_a_text)
{
    ck_assert_str_eq(err_name(ERR_OK), "ERR_OK");
    ck_assert_str_eq(err_name(ERR_INTERNAL), "ERR_INTERNAL");
    ck_assert_str_eq(err_text(ERR_TIMEOUT), "timed out");
    for (int i = 0; i <= ERR_INTERNAL; i++) {
        ck_assert_int_eq(strncmp(err_name((enum err)i), "ERR_", 4), 0);
        ck_assert_uint_gt(strlen(err_text((enum err)i)), 0);
    }
    ck_assert_str_eq(err_name((enum err)1000), "ERR_?");
    ck_assert(err_is_retryable(ERR_TIMEOUT));
    ck_assert(!err_is_retryable(ERR_PARSE));
    ck_assert(!err_is_retryable((enum err)1000));
}
END_TEST

START_TEST(a_failed_requirement_aborts_in_every_build)
{
    REQUIRE(1 + 1 == 3);
}
END_TEST

START_TEST(integers_have_the_byte_order_their_function_names)
{
    uint8_t p[8];
    put_be64(p, UINT64_C(0x0102030405060708));
    ck_assert_mem_eq(p, "\1\2\3\4\5\6\7\10", 8);
    ck_assert_uint_eq(get_be64(p), UINT64_C(0x0102030405060708));
    ck_assert_uint_eq(get_be32(p), 0x01020304);
    ck_assert_uint_eq(get_be24(p), 0x010203);
    ck_assert_uint_eq(get_be16(p), 0x0102);
    ck_assert_uint_eq(get_le64(p), UINT64_C(0x0807060504030201));
    ck_assert_uint_eq(get_le32(p), 0x04030201);
    ck_assert_uint_eq(get_le16(p), 0x0201);
    put_le64(p, UINT64_C(0xff00000000000001));
    ck_assert_mem_eq(p, "\1\0\0\0\0\0\0\xff", 8);
    put_be24(p, 0xfedcba);
    ck_assert_mem_eq(p, "\xfe\xdc\xba", 3);
}
END_TEST

START_TEST(a_buffer_never_grows_past_its_max)
{
    struct bytes_buf buf;
    bytes_buf_init(&buf, 100);
    uint8_t block[64];
    memset(block, 7, sizeof block);
    ck_assert_ok(bytes_buf_append(&buf, block, 64));
    ck_assert_err(bytes_buf_append(&buf, block, 37), ERR_TOO_LARGE);
    ck_assert_uint_eq(buf.len, 64);
    ck_assert_ok(bytes_buf_append(&buf, block, 36));
    ck_assert_uint_eq(buf.len, 100);
    ck_assert_uint_le(buf.cap, 100);
    ck_assert_err(bytes_buf_append_u8(&buf, 1), ERR_TOO_LARGE);
    ck_assert_err(bytes_buf_reserve(&buf, SIZE_MAX), ERR_TOO_LARGE);
    ck_assert_ok(bytes_buf_append(&buf, NULL, 0));
    bytes_buf_deinit(&buf);
    ck_assert_ptr_null(buf.data);
    ck_assert_uint_eq(buf.max, 100);
}
END_TEST

START_TEST(printf_into_a_buffer_writes_no_zero_and_respects_max)
{
    struct bytes_buf buf;
    bytes_buf_init(&buf, 5);
    ck_assert_ok(bytes_buf_printf(&buf, "%d", 12345));
    ck_assert_uint_eq(buf.len, 5);
    ck_assert_mem_eq(buf.data, "12345", 5);
    ck_assert_err(bytes_buf_printf(&buf, "x"), ERR_TOO_LARGE);
    ck_assert_uint_eq(buf.len, 5);
    bytes_buf_deinit_secret(&buf);
}
END_TEST

START_TEST(a_reader_gives_back_what_was_appended_and_nothing_past_the_end)
{
    struct bytes_buf buf;
    bytes_buf_init(&buf, 64);
    ck_assert_ok(bytes_buf_append_u8(&buf, 0xab));
    ck_assert_ok(bytes_buf_append_be16(&buf, 0x1234));
    ck_assert_ok(bytes_buf_append_be32(&buf, 0xdeadbeef));
    ck_assert_ok(bytes_buf_append_be64(&buf, UINT64_C(0x1122334455667788)));
    ck_assert_ok(bytes_buf_append_str(&buf, "end"));
    ck_assert_ok(bytes_buf_append_zeros(&buf, 2));
    struct byte_reader r = byte_reader_make(bytes_buf_span(&buf));
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    struct span text;
    ck_assert_ok(byte_reader_u8(&r, &u8));
    ck_assert_ok(byte_reader_be16(&r, &u16));
    ck_assert_ok(byte_reader_be32(&r, &u32));
    ck_assert_ok(byte_reader_be64(&r, &u64));
    ck_assert_ok(byte_reader_span(&r, &text, 3));
    ck_assert_uint_eq(u8, 0xab);
    ck_assert_uint_eq(u16, 0x1234);
    ck_assert_uint_eq(u32, 0xdeadbeef);
    ck_assert_uint_eq(u64, UINT64_C(0x1122334455667788));
    ck_assert(span_equal(text, span_of_str("end")));
    ck_assert_err(byte_reader_end(&r), ERR_PARSE);
    ck_assert_err(byte_reader_be32(&r, &u32), ERR_PARSE);
    ck_assert_uint_eq(byte_reader_left(&r), 2);
    ck_assert_err(byte_reader_span(&r, &text, SIZE_MAX), ERR_PARSE);
    ck_assert_ok(byte_reader_be16(&r, &u16));
    ck_assert_uint_eq(u16, 0);
    ck_assert_ok(byte_reader_end(&r));
    bytes_buf_deinit(&buf);
}
END_TEST

START_TEST(comparisons_see_the_last_byte)
{
    uint8_t a[33] = {0};
    uint8_t b[33] = {0};
    ck_assert(bytes_are_zero(a, sizeof a));
    ck_assert(bytes_equal_ct(a, b, sizeof a));
    b[32] = 1;
    ck_assert(!bytes_are_zero(b, sizeof b));
    ck_assert(!bytes_equal_ct(a, b, sizeof a));
    ck_assert(!span_equal(span_make(a, 33), span_make(b, 33)));
    ck_assert(!span_equal(span_make(a, 32), span_make(b, 33)));
    ck_assert(span_equal(span_make(NULL, 0), span_make(a, 0)));
}
END_TEST

START_TEST(an_arena_hands_out_zeroed_aligned_memory_up_to_its_max)
{
    struct arena arena;
    arena_init(&arena, 256, 4096);
    for (int round = 0; round < 3; round++) {
        size_t total = 0;
        for (size_t size = 1; total < 3000; size = size % 700 + 13) {
            uint8_t *p = arena_alloc(&arena, size);
            ck_assert_ptr_nonnull(p);
            ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
            ck_assert(bytes_are_zero(p, size));
            memset(p, 0xee, size);
            total += size + 16;
        }
        ck_assert_ptr_null(arena_alloc(&arena, 4096));
        ck_assert_ptr_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
        ck_assert_str_eq(arena_strndup(&arena, "hello", 4), "hell");
        arena_reset(&arena);
    }
    ck_assert_ptr_nonnull(arena_alloc(&arena, 4096));
    arena_deinit(&arena);
}
END_TEST

/* First outputs of xoshiro256** with state {1, 2, 3, 4}: the crate rand_xoshiro 0.6 tests against
 * these, made with the authors' C code. */
START_TEST(the_seeded_generator_is_xoshiro256starstar)
{
    static const uint64_t expected[10] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < 10; i++)
        ck_assert_uint_eq(rng_u64(&rng), expected[i]);
}
END_TEST

START_TEST(the_seed_goes_through_splitmix64)
{
    /* splitmix64 from seed 1234567: the values of the Rosetta Code task. */
    struct rng rng;
    rng_seed(&rng, 1234567);
    ck_assert_uint_eq(rng.s[0], UINT64_C(6457827717110365317));
    ck_assert_uint_eq(rng.s[1], UINT64_C(3203168211198807973));
    ck_assert_uint_eq(rng.s[2], UINT64_C(9817491932198370423));
    ck_assert_uint_eq(rng.s[3], UINT64_C(4593380528125082431));
}
END_TEST

START_TEST(draws_below_a_bound_stay_below_it_and_reach_every_value)
{
    struct rng rng;
    check_seed(&rng);
    unsigned seen = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t v = rng_below(&rng, 7);
        ck_assert_uint_lt(v, 7);
        seen |= 1u << v;
    }
    ck_assert_uint_eq(seen, 0x7f);
    ck_assert_uint_eq(rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(two_secure_draws_differ_and_a_seeded_source_repeats)
{
    uint8_t a[1000];
    uint8_t b[1000];
    ck_assert_ok(random_secure(a, sizeof a));
    ck_assert_ok(random_secure(b, sizeof b));
    ck_assert_mem_ne(a, b, sizeof a);
    struct rng one;
    struct rng two;
    rng_seed(&one, 5);
    rng_seed(&two, 5);
    struct random_source first = random_source_seeded(&one);
    struct random_source second = random_source_seeded(&two);
    ck_assert_ok(random_source_fill(&first, a, 999));
    ck_assert_ok(random_source_fill(&second, b, 999));
    ck_assert_mem_eq(a, b, 999);
    struct random_source system = random_source_system();
    ck_assert_ok(random_source_fill(&system, a, 16));
    ck_assert_mem_ne(a, b, 16);
}
END_TEST

START_TEST(a_manual_clock_moves_only_when_told)
{
    struct manual_clock manual = {.wall_ms = 1000, .mono_ms = 5};
    struct clock clock = clock_manual(&manual);
    ck_assert_uint_eq(clock_wall_ms(&clock), 1000);
    manual_clock_advance(&manual, 250);
    ck_assert_uint_eq(clock_wall_ms(&clock), 1250);
    ck_assert_uint_eq(clock_mono_ms(&clock), 255);
    struct clock system = clock_system();
    ck_assert_uint_gt(clock_wall_ms(&system), UINT64_C(1700000000000));
    uint64_t before = clock_mono_ms(&system);
    ck_assert_uint_ge(clock_mono_ms(&system), before);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/base");
    TCase *c = tcase_create("base");
    tcase_add_test(c, every_error_has_a_name_and_a_text);
    tcase_add_test_raise_signal(c, a_failed_requirement_aborts_in_every_build, SIGABRT);
    tcase_add_test(c, integers_have_the_byte_order_their_function_names);
    tcase_add_test(c, a_buffer_never_grows_past_its_max);
    tcase_add_test(c, printf_into_a_buffer_writes_no_zero_and_respects_max);
    tcase_add_test(c, a_reader_gives_back_what_was_appended_and_nothing_past_the_end);
    tcase_add_test(c, comparisons_see_the_last_byte);
    tcase_add_test(c, an_arena_hands_out_zeroed_aligned_memory_up_to_its_max);
    tcase_add_test(c, the_seeded_generator_is_xoshiro256starstar);
    tcase_add_test(c, the_seed_goes_through_splitmix64);
    tcase_add_test(c, draws_below_a_bound_stay_below_it_and_reach_every_value);
    tcase_add_test(c, two_secure_draws_differ_and_a_seeded_source_repeats);
    tcase_add_test(c, a_manual_clock_moves_only_when_told);
    suite_add_tcase(s, c);
    return check_main(s);
}

/* REQ-BLOB-6, audit/blob: parts that core published come back as they were, with its pubdata
 * hash; every twin with one thing wrong is refused. The twins are committed to properly (their own versioned
 * hash), as an operator who lies would. */
#include <stdlib.h>
#include <string.h>

#include "audit/blob.h"
#include "common/base/endian.h"
#include "core/batch/blob.h"
#include "tests/support/check_main.h"
#include "tests/unit/audit/pair.h"

enum { BATCHES = 4 };

/* One chain's part, as its transaction and blob show it. */
struct shown {
    struct blob_segment s[BLOB_SEGMENTS_MAX];
    size_t n, n_rest;
    uint8_t vh[32], blob[KZG_BLOB_BYTES], coefficients[KZG_ELEMENTS][32], pubdata[32];
    const struct span *segments;
};
static struct rng rng;
static struct pair world;
static struct published batch;
static struct shown shown, twin;

static void commit(struct shown *p, size_t n)
{
    uint8_t commitment[48];
    ck_assert_ok(kzg_blob_from_coefficients(p->blob, (const uint8_t(*)[32])p->coefficients, n));
    ck_assert_ok(kzg_commit(commitment, p->blob));
    kzg_versioned_hash(p->vh, commitment);
}

/* Takes the batch's first part with at least two segments and data behind the heads. */
static bool show_part(void)
{
    for (size_t i = 0; i < batch.batch.n_parts; i++) {
        const struct replica_part *part = &batch.batch.parts[i];
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        struct blob_part made;
        uint32_t n = sealed_batch_of_chain(&batch.sealed, part->chain, traces);
        if (n < 2 || blob_rest_elements(traces, n) == 0) continue;
        memset(&shown, 0, sizeof shown);
        ck_assert_ok(blob_part_make(&made, traces, n, NULL));
        ck_assert_ok(blob_part_bytes(shown.blob, traces, n));
        ck_assert_ok(kzg_coefficients_from_blob(shown.coefficients, shown.blob));
        memcpy(shown.vh, made.versioned_hash, 32);
        memcpy(shown.pubdata, made.pubdata, 32);
        shown.n = n;
        shown.n_rest = made.n_elements;
        shown.segments = part->segments;
        for (uint32_t j = 0; j < n; j++) {
            memcpy(shown.s[j].hash, traces[j]->segment_hash, 32);
            shown.s[j].length = traces[j]->n_bytes;
            shown.s[j].head = (struct span){traces[j]->bytes, blob_head_bytes(traces[j])};
        }
        return true;
    }
    return false;
}

/* Some part of a fresh world with at least two segments and data behind the heads. */
static void setup(void)
{
    static struct batch_limits few;
    check_seed(&rng);
    few = batch_limits_standard;
    few.records = 8;
    pair_init_chains(&world, rng_u64(&rng), WORLD_CHAINS, 8);
    world.world->limits = &few;
    for (int i = 0; i < 40; i++) { /* some batches fit no such part */
        if (i > 0) published_free(&batch);
        pair_publish(&world, 40, &batch);
        if (i + 1 >= BATCHES && show_part()) return;
    }
    ck_abort_msg("no part with two segments and data behind the heads");
}

static void teardown(void)
{
    published_free(&batch);
    pair_free(&world);
}

static enum err read_part(const struct shown *p, uint8_t pubdata[32], struct blob_fault *fault)
{
    struct bytes_buf whole;
    struct span segments[BLOB_SEGMENTS_MAX];
    bytes_buf_init(&whole, 1 << 22);
    ck_assert_ok(bytes_buf_append(&whole, "before", 6));
    enum err err = blob_segments(&whole, segments, pubdata, p->s, p->n, p->vh, p->blob, fault);
    for (size_t i = 0; err == ERR_OK && i < p->n; i++)
        ck_assert(span_equal(segments[i], p->segments[i]));
    bytes_buf_deinit(&whole);
    return err;
}

START_TEST(a_published_part_reads_back_with_the_hash_that_core_gives)
{
    struct blob_fault fault;
    const char *why = "";
    uint8_t pubdata[32];
    ck_assert_ok(blob_is(shown.blob, shown.vh));
    ck_assert_msg(read_part(&shown, pubdata, &fault) == ERR_OK, "%s", fault.why);
    ck_assert_mem_eq(pubdata, shown.pubdata, 32);
    memset(pubdata, 0, 32);
    ck_assert_ok(blob_pubdata(pubdata, shown.segments, shown.n, &why));
    ck_assert_mem_eq(pubdata, shown.pubdata, 32);
}
END_TEST

START_TEST(another_blob_or_hash_is_noticed)
{
    shown.vh[31] ^= 1;
    ck_assert_err(blob_is(shown.blob, shown.vh), ERR_MISMATCH);
    shown.vh[31] ^= 1;
    shown.blob[32 * 17 + 31] ^= 1;
    ck_assert_err(blob_is(shown.blob, shown.vh), ERR_MISMATCH);
    memset(shown.blob + 32 * 99, 0xff, 32); /* no field element */
    ck_assert_err(blob_is(shown.blob, shown.vh), ERR_MISMATCH);
}
END_TEST

static void must_refuse(const char *why)
{
    struct blob_fault fault = {0, ""};
    uint8_t pubdata[32];
    enum err err = read_part(&twin, pubdata, &fault);
    ck_assert_msg(err == ERR_AUDIT && strstr(fault.why, why) != NULL, "%d %s, not %s", (int)err,
                  fault.why, why);
    twin = shown;
}

START_TEST(every_lie_about_heads_and_lengths_is_refused)
{
    size_t i = rng_below(&rng, shown.n);
    while (shown.s[i].head.len == shown.s[i].length) /* one with data behind its head */
        i = rng_below(&rng, shown.n);
    twin = shown;
    twin.s[i].hash[rng_below(&rng, 32)] ^= 4;
    must_refuse("hash");
    twin.n = 0;
    must_refuse("no segment");
    twin.s[i].head.len = 43;
    must_refuse("the head has a length");
    twin.s[i].head.len -= 1; /* no multiple of 31, or no longer everything */
    must_refuse("");
    twin.s[i].length = (uint32_t)twin.s[i].head.len - 1;
    must_refuse("the head has a length");
    for (size_t j = 0; j < twin.n; j++)
        twin.s[j].length = (uint32_t)twin.s[j].head.len;
    must_refuse("no data behind the heads");
    twin.s[i].length = 31 * (KZG_ELEMENTS + 200);
    must_refuse("more data than a blob holds");
    uint8_t head[8192]; /* a header that claims more requests than the head holds */
    memcpy(head, twin.s[i].head.data, twin.s[i].head.len);
    put_be32(head + 20, 8000);
    twin.s[i].head.data = head;
    must_refuse("header and regions");
}
END_TEST

START_TEST(every_lie_in_the_blob_is_refused)
{
    uint8_t pubdata[32];
    struct blob_fault fault;
    twin = shown;
    for (int turn = 0; turn < 8; turn++) { /* a changed byte of the data */
        twin.coefficients[rng_below(&rng, twin.n_rest)][1 + rng_below(&rng, 31)] ^= 1;
        commit(&twin, KZG_ELEMENTS);
        ck_assert_ok(blob_is(twin.blob, twin.vh));
        ck_assert_err(read_part(&twin, pubdata, &fault), ERR_AUDIT);
        twin = shown;
    }
    twin.coefficients[twin.n_rest][31] = 1;
    commit(&twin, KZG_ELEMENTS);
    must_refuse("more than the segments");
    twin.coefficients[KZG_ELEMENTS - 1][1] = 1;
    commit(&twin, KZG_ELEMENTS);
    must_refuse("more than the segments");
    twin.coefficients[rng_below(&rng, twin.n_rest)][0] = 1;
    commit(&twin, KZG_ELEMENTS);
    must_refuse("more than 31 bytes");
    size_t last = shown.segments[shown.n - 1].len % 31;
    if (last != 0) { /* the last element of the last segment is the constant of the polynomial */
        twin.coefficients[0][31] = 7;
        commit(&twin, KZG_ELEMENTS);
        must_refuse("padding");
    }
    memset(twin.blob + 32 * 1000, 0xff, 32);
    must_refuse("no field elements");
}
END_TEST

/* Longer heads than needed are allowed, and are another statement. */
START_TEST(a_longer_head_gives_the_same_segments_and_another_hash)
{
    struct blob_fault fault;
    uint8_t pubdata[32];
    size_t at = 0, moved = 0;
    while (at < shown.n && shown.s[at].length <= shown.s[at].head.len + 31) at++;
    if (at == shown.n) return;
    twin = shown;
    for (size_t i = 0; i < at; i++)
        moved += (shown.s[i].length + 30) / 31 - (shown.s[i].head.len + 30) / 31;
    twin.s[at].head.len += 31;
    size_t gone = shown.n_rest - 1 - moved; /* the first element of the segment's rest */
    memmove(twin.coefficients[gone], twin.coefficients[gone + 1], (KZG_ELEMENTS - 1 - gone) * 32);
    commit(&twin, KZG_ELEMENTS);
    ck_assert_msg(read_part(&twin, pubdata, &fault) == ERR_OK, "%s", fault.why);
    ck_assert_mem_ne(pubdata, shown.pubdata, 32);
}
END_TEST

START_TEST(parts_that_no_blob_can_hold_are_not_written)
{
    const char *why = "";
    uint8_t pubdata[32];
    uint8_t header[62] = {0};
    static uint8_t large[31 * (KZG_ELEMENTS + 10)];
    struct span s = {header, sizeof header};
    ck_assert_err(blob_pubdata(pubdata, &s, 1, &why), ERR_AUDIT);
    ck_assert_ptr_nonnull(strstr(why, "nothing"));
    s = (struct span){large, sizeof large};
    ck_assert_err(blob_pubdata(pubdata, &s, 1, &why), ERR_AUDIT);
    ck_assert_ptr_nonnull(strstr(why, "larger"));
    s.len = 43;
    ck_assert_err(blob_pubdata(pubdata, &s, 1, &why), ERR_AUDIT);
    s.len = 100;
    put_be32(large + 20, 90);
    ck_assert_err(blob_pubdata(pubdata, &s, 1, &why), ERR_AUDIT);
    ck_assert_err(blob_pubdata(pubdata, &s, 0, &why), ERR_AUDIT);
    put_be32(large + 20, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit blob");
    TCase *t = tcase_create("blob");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_published_part_reads_back_with_the_hash_that_core_gives);
    tcase_add_test(t, another_blob_or_hash_is_noticed);
    tcase_add_test(t, every_lie_about_heads_and_lengths_is_refused);
    tcase_add_test(t, every_lie_in_the_blob_is_refused);
    tcase_add_test(t, a_longer_head_gives_the_same_segments_and_another_hash);
    tcase_add_test(t, parts_that_no_blob_can_hold_are_not_written);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

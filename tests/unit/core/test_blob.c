/* core/batch/blob against a slow model: REQ-BLOB-1 and REQ-BLOB-2 (docs/protocol/blobs.md) with GMP, from
 * the segments' bytes alone. Only versioned hashes come from common/kzg (its own tests show them). */
#include <check.h>
#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "core/batch/blob.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

static mpz_t r;
static struct world *w;
static struct sealed_batch sealed;
static uint8_t blob[KZG_BLOB_BYTES], coefficients[KZG_ELEMENTS][32];

static void setup(void)
{
    struct rng rng;
    check_seed(&rng);
    mpz_init_set_str(r, "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001", 16);
    w = world_new(rng_u64(&rng), false);
    world_warm_up(w);
    memset(&sealed, 0, sizeof sealed);
}

static void teardown(void)
{
    sealed_batch_deinit(&sealed);
    world_free(w);
    mpz_clear(r);
}

static void step(mpz_t acc, const mpz_t z, const mpz_t v)
{
    mpz_mul(acc, acc, z);
    mpz_add(acc, acc, v);
    mpz_mod(acc, acc, r);
}

static void to_bytes(uint8_t out[32], const mpz_t v)
{
    size_t n = (mpz_sizeinbase(v, 2) + 7) / 8;
    memset(out, 0, 32);
    if (mpz_sgn(v) != 0) mpz_export(out + 32 - n, NULL, 1, 1, 1, 0, v);
}

static void assert_number(const uint8_t got[32], const mpz_t expected)
{
    uint8_t bytes[32];
    to_bytes(bytes, expected);
    ck_assert_mem_eq(got, bytes, 32);
}

/* Element j of the segment's bytes, padded with zeros. */
static void element(mpz_t out, const struct chain_trace *t, uint32_t j)
{
    uint8_t padded[31] = {0};
    for (uint32_t i = 0; i < 31 && 31 * j + i < t->n_bytes; i++) padded[i] = t->bytes[31 * j + i];
    mpz_import(out, 31, 1, 1, 1, 0, padded);
}

/* What the header says must lie in the head, in elements, never more than there are. */
static uint32_t head_of(const struct chain_trace *t)
{
    uint32_t bytes = 44 + get_be32(t->bytes + 20) + 44u * get_be16(t->bytes + 18), h = 0;
    while (31 * h < bytes) h++;
    return h;
}

static void check_part(struct chain_trace *const *t, uint32_t n)
{
    struct blob_part part, again;
    uint8_t message[4096] = "HAWSER-BLOB-1", commitment[48], vh[32], digest[32];
    size_t len = 16;
    mpz_t z, a, b, v;
    mpz_inits(z, a, b, v, NULL);
    ck_assert_ok(blob_part_make(&part, t, n, NULL));
    ck_assert_ok(blob_part_bytes(blob, t, n));
    ck_assert_ok(kzg_commit(commitment, blob));
    kzg_versioned_hash(vh, commitment);
    ck_assert_mem_eq(part.versioned_hash, vh, 32);
    memcpy(message + len, vh, 32);
    len += 32;
    message[len++] = (uint8_t)n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t head = 31 * head_of(t[i]);
        if (head > t[i]->n_bytes) head = t[i]->n_bytes;
        ck_assert_uint_eq(blob_head_bytes(t[i]), head);
        sha256(message + len, t[i]->bytes, t[i]->n_bytes);
        put_be32(message + len + 32, t[i]->n_bytes);
        sha256(message + len + 36, t[i]->bytes, head);
        len += 68;
    }
    sha256(digest, message, len);
    mpz_import(z, 32, 1, 1, 1, 0, digest);
    mpz_mod(z, z, r);
    assert_number(part.z, z);

    uint32_t rest = 0;
    uint8_t pubdata[1 + 32 * BATCH_SEGMENTS_MAX + 96];
    ck_assert_ok(kzg_coefficients_from_blob(coefficients, blob));
    for (uint32_t i = 0; i < n; i++) {
        const struct trace_blob *tb = &t[i]->blob;
        ck_assert(tb->on && tb->head == head_of(t[i]));
        ck_assert_mem_eq(tb->z, part.z, 32);
        assert_number(tb->a_before, a);
        assert_number(tb->b_before, b);
        mpz_set_ui(v, 0);
        mpz_setbit(v, 248);
        mpz_add_ui(v, v, t[i]->n_bytes);
        step(a, z, v);
        for (uint32_t j = 0; 31 * j < t[i]->n_bytes; j++) {
            element(v, t[i], j);
            if (j < head_of(t[i])) {
                step(a, z, v);
            } else {
                step(b, z, v);
                assert_number(coefficients[part.n_elements - 1 - rest++], v);
            }
        }
        assert_number(tb->a_after, a);
        assert_number(tb->b_after, b);
        sha256(pubdata + 1 + 32 * i, t[i]->bytes, t[i]->n_bytes);
    }
    ck_assert_uint_eq(rest, part.n_elements);
    ck_assert_uint_eq(rest, blob_rest_elements(t, n));
    static const uint8_t zeros[32];
    for (uint32_t i = rest; i < KZG_ELEMENTS; i++) ck_assert_mem_eq(coefficients[i], zeros, 32);
    assert_number(part.a, a);
    assert_number(part.b, b);
    pubdata[0] = (uint8_t)(0x80 | n);
    memcpy(pubdata + 1 + 32 * n, part.z, 32);
    memcpy(pubdata + 33 + 32 * n, part.a, 32);
    memcpy(pubdata + 65 + 32 * n, part.b, 32);
    sha256(digest, pubdata, 97 + 32 * (size_t)n);
    ck_assert_mem_eq(part.pubdata, digest, 32);

    /* the blob opens to b at z: what L1 checks */
    uint8_t proof[48], y[32];
    ck_assert_ok(kzg_open(proof, y, blob, part.z));
    ck_assert_mem_eq(y, part.b, 32);
    /* and with the versioned hash known it is the same */
    ck_assert_ok(blob_part_make(&again, t, n, part.versioned_hash));
    ck_assert_mem_eq(&again, &part, sizeof part);
    mpz_clears(z, a, b, v, NULL);
}

START_TEST(parts_are_those_of_the_written_rules)
{
    struct batch_limits few = batch_limits_standard;
    few.records = _i == 0 ? 64 : 9;
    w->limits = &few;
    w->slices_max = 8;
    ck_assert(world_seal_random(w, 70, &sealed));
    uint16_t chains[BATCH_PARTICIPANTS_MAX];
    uint32_t n_chains = sealed_batch_chains(&sealed, chains), made = 0, longest = 0;
    for (uint32_t i = 0; i < n_chains; i++) {
        struct chain_trace *own[BATCH_SEGMENTS_MAX];
        uint32_t n = sealed_batch_of_chain(&sealed, chains[i], own);
        if (blob_rest_elements(own, n) == 0) continue;
        check_part(own, n);
        if (n > longest) longest = n;
        made++;
    }
    ck_assert_uint_gt(made, 0);
    ck_assert(_i == 0 || longest > 2);
}
END_TEST

/* A segment of n bytes with `priority` bytes of requests and some withdrawals: only what the rules of
 * the blob look at is written. */
static struct chain_trace *segment_of(uint32_t n, uint32_t priority, uint16_t withdrawals)
{
    struct chain_trace *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    for (uint32_t i = 0; i < n; i++) t->bytes[i] = (uint8_t)rng_u64(&w->rng);
    put_be16(t->bytes + 18, withdrawals);
    put_be32(t->bytes + 20, priority);
    t->n_bytes = n;
    sha256(t->segment_hash, t->bytes, n);
    return t;
}

START_TEST(borders_of_elements_heads_and_blobs)
{
    static const struct {
        uint32_t n, priority;
        uint16_t withdrawals;
        uint32_t head_bytes, rest;
    } cases[] = {
        {62, 0, 0, 62, 0},       /* the header alone fills two elements */
        {63, 0, 0, 62, 1},       {93, 0, 0, 62, 1}, {94, 0, 0, 62, 2}, {45, 0, 0, 45, 0},
        {80, 18, 0, 62, 1},      /* header and region end with an element */
        {80, 19, 0, 80, 0},      {8183, 0, 80, 3565, 149}, {8183, 42, 80, 3627, 147},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct chain_trace *t =
            segment_of(cases[i].n, cases[i].priority, cases[i].withdrawals);
        struct blob_part part;
        ck_assert_uint_eq(blob_head_bytes(t), cases[i].head_bytes);
        ck_assert_uint_eq(blob_rest_elements(&t, 1), cases[i].rest);
        if (cases[i].rest == 0) {
            ck_assert_err(blob_part_make(&part, &t, 1, NULL), ERR_ARG);
            ck_assert_err(blob_part_bytes(blob, &t, 1), ERR_ARG);
            ck_assert(!t->blob.on);
        } else {
            check_part(&t, 1);
        }
        free(t);
    }
    /* 4096 elements behind the heads fit, one more does not */
    struct chain_trace *many[17];
    struct blob_part part;
    for (uint32_t i = 0; i < 17; i++) many[i] = segment_of(62 + 31 * (i < 16 ? 256 : 1), 0, 0);
    ck_assert_uint_eq(blob_rest_elements(many, 16), KZG_ELEMENTS);
    check_part(many, 16);
    ck_assert_err(blob_part_make(&part, many, 17, NULL), ERR_ARG);
    ck_assert_err(blob_part_bytes(blob, many, 17), ERR_ARG);
    ck_assert_err(blob_part_make(&part, many, 0, NULL), ERR_ARG);
    for (uint32_t i = 0; i < 17; i++) free(many[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blob");
    TCase *t = tcase_create("blob");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, parts_are_those_of_the_written_rules, 0, 2);
    tcase_add_test(t, borders_of_elements_heads_and_blobs);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

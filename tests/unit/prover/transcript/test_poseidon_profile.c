/* The Poseidon profile (docs/protocol/recursion.md section 1): transcript, codec and Merkle paths
 * against the slow model of model.h, and their refusals. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/tags.h"
#include "model.h"
#include "prover/verify/merkle_verify.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/transcript.h"

static uint64_t seed = 0x9051d011;

static uint64_t random_u64(void)
{
    uint64_t z = (seed += 0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static uint32_t random_element(void)
{
    return (uint32_t)(random_u64() % KB_P);
}

static void put(uint8_t out[4], uint32_t x)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(x >> (24 - 8 * i));
}

static void put_digest(uint8_t out[32], const uint32_t in[8])
{
    for (int i = 0; i < 8; i++)
        put(out + 4 * i, in[i]);
}

/* 20 bytes, X^4 first, as in proofs. */
static void put_ext(uint8_t out[20], const uint32_t *c)
{
    for (int i = 0; i < 5; i++)
        put(out + 4 * i, c[4 - i]);
}

static kb5 ext_of(const uint32_t *c)
{
    kb5 r;
    for (int i = 0; i < 5; i++)
        r.c[i] = kb_from_u32(c[i]);
    return r;
}

static struct transcript begin(struct model *m)
{
    struct transcript t;
    uint8_t id[32];
    for (int i = 0; i < 32; i++)
        id[i] = (uint8_t)(255 - 3 * i);
    transcript_init(&t, PROFILE_POSEIDON, id);
    model_init(m, id);
    return t;
}

static void agree(const struct transcript *t, const struct model *m)
{
    ck_assert_mem_eq(t->s, m->s, sizeof m->s);
}

START_TEST(random_sessions_agree_with_the_slow_model)
{
    printf("test_poseidon_profile: seed %llx\n", (unsigned long long)seed);
    struct model m;
    struct transcript t = begin(&m);
    agree(&t, &m);
    for (int round = 0; round < 400; round++) {
        uint32_t v[5 * 70], got[20], want[20], e[5];
        kb base[70];
        kb5 ext[70];
        uint8_t digests[2 * 32];
        const size_t n = 1 + random_u64() % 69;
        const uint32_t label = 1 + (uint32_t)(random_u64() % 12);
        for (size_t i = 0; i < 5 * n; i++)
            v[i] = random_u64() % 4 == 0 ? 0 : random_element();
        for (size_t i = 0; i < n; i++) {
            base[i] = kb_from_u32(v[i]);
            ext[i] = ext_of(v + 5 * i);
        }
        switch (random_u64() % 6) {
        case 0:
            transcript_absorb_base(&t, label, base, n);
            model_absorb_base(&m, label, v, n);
            break;
        case 1:
            transcript_absorb_ext(&t, label, ext, n);
            model_absorb_ext(&m, label, v, n);
            break;
        case 2:
            for (int i = 0; i < 16; i++)
                v[i] = random_element();
            put_digest(digests, v);
            put_digest(digests + 32, v + 8);
            transcript_absorb_digests(&t, label, digests, 1 + n % 2);
            model_absorb_base(&m, label, v, 8 * (1 + n % 2));
            break;
        case 3:
            model_sample(&m, e);
            ck_assert(kb5_eq(transcript_sample_ext(&t), ext_of(e)));
            break;
        case 4:
            transcript_sample_indices(&t, (uint32_t)n % 25, got, 1 + n % 20);
            model_indices(&m, (uint32_t)n % 25, want, 1 + n % 20);
            ck_assert_mem_eq(got, want, (1 + n % 20) * sizeof *got);
            break;
        default:
            for (uint32_t nonce = 0;; nonce++) {
                struct model copy = m;
                const bool holds = model_grind(&copy, 3, nonce);
                ck_assert(transcript_grind_holds(&t, 3, nonce) == holds);
                if (!holds) continue;
                m = copy;
                ck_assert(transcript_grind_verify(&t, 3, nonce));
                break;
            }
        }
        agree(&t, &m);
    }
}
END_TEST

/* Computed from the text with Python integers. */
START_TEST(a_short_session_has_frozen_values)
{
    struct model m;
    struct transcript t = begin(&m);
    const kb base[3] = {kb_from_u32(1), kb_from_u32(2), kb_from_u32(KB_P - 1)};
    const uint32_t c[5] = {1, 2, 3, 4, 5};
    const kb5 ext = ext_of(c);
    transcript_absorb_base(&t, LABEL_PUBLIC, base, 3);
    transcript_absorb_ext(&t, LABEL_OOD, &ext, 1);
    const kb5 a = transcript_sample_ext(&t), b = transcript_sample_ext(&t);
    static const uint32_t want[10] = {377083845, 824623772, 1311010336, 891088206, 940546384,
                                      178865623, 368554736, 1265747616, 657384386, 519146447};
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(kb_to_u32(a.c[i]), want[i]);
        ck_assert_uint_eq(kb_to_u32(b.c[i]), want[5 + i]);
    }
}
END_TEST

START_TEST(every_element_absorbed_changes_the_next_challenge)
{
    enum { N = 13 };
    uint32_t v[5 * N];
    struct model m;
    for (int i = 0; i < 5 * N; i++)
        v[i] = random_element();
    for (int kind = 0; kind < 3; kind++) {
        const int words = kind == 0 ? 5 * N : kind == 1 ? N : 16;
        kb5 want = kb5_zero();
        for (int flip = -1; flip < words + 3; flip++) {
            struct transcript t = begin(&m);
            kb5 ext[N];
            kb base[N];
            uint8_t digests[64];
            const uint32_t label = flip == words ? LABEL_ROOT : LABEL_OOD;
            size_t n = kind == 2 ? 2 : N;
            if (flip == words + 1) n--;
            if (flip >= 0 && flip < words) v[flip] = v[flip] == 0 ? 1 : v[flip] - 1;
            for (int i = 0; i < N; i++) {
                ext[i] = ext_of(v + 5 * i);
                base[i] = kb_from_u32(v[i]);
            }
            put_digest(digests, v);
            put_digest(digests + 32, v + 8);
            if (flip == words + 2) { /* one absorb in two */
                if (kind == 0) transcript_absorb_ext(&t, label, ext, 3);
                if (kind == 1) transcript_absorb_base(&t, label, base, 7);
                if (kind == 2) transcript_absorb_digests(&t, label, digests, 1);
                if (kind == 0) transcript_absorb_ext(&t, label, ext + 3, N - 3);
                if (kind == 1) transcript_absorb_base(&t, label, base + 7, N - 7);
                if (kind == 2) transcript_absorb_digests(&t, label, digests + 32, 1);
            } else {
                if (kind == 0) transcript_absorb_ext(&t, label, ext, n);
                if (kind == 1) transcript_absorb_base(&t, label, base, n);
                if (kind == 2) transcript_absorb_digests(&t, label, digests, n);
            }
            const kb5 got = transcript_sample_ext(&t);
            if (flip < 0)
                want = got;
            else
                ck_assert_msg(!kb5_eq(got, want), "kind %d flip %d", kind, flip);
            if (flip >= 0 && flip < words) v[flip] = v[flip] == KB_P - 1 ? 0 : v[flip] + 1;
        }
    }
    /* the program id, but for the two bits of each word that are masked */
    uint8_t id[32] = {0};
    struct transcript t;
    transcript_init(&t, PROFILE_POSEIDON, id);
    const kb5 want = transcript_sample_ext(&t);
    for (int bit = 0; bit < 256; bit++) {
        id[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        transcript_init(&t, PROFILE_POSEIDON, id);
        ck_assert(kb5_eq(transcript_sample_ext(&t), want) == (bit % 32 < 2));
        id[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
}
END_TEST

START_TEST(two_samples_in_a_row_differ_and_a_ground_state_is_not_drawn_from)
{
    struct model m;
    struct transcript t = begin(&m);
    const kb one = kb_one;
    transcript_absorb_base(&t, LABEL_OOD, &one, 1);
    const kb5 a = transcript_sample_ext(&t), b = transcript_sample_ext(&t);
    ck_assert(!kb5_eq(a, b));
    uint64_t nonce = 0;
    while (!transcript_grind_holds(&t, 6, nonce))
        nonce++;
    ck_assert(transcript_grind_verify(&t, 6, nonce));
    uint32_t ground[8], index;
    memcpy(ground, t.s, sizeof ground);
    transcript_sample_indices(&t, 24, &index, 1);
    ck_assert_mem_ne(ground, t.s, sizeof ground);
}
END_TEST

START_TEST(nonces_that_do_not_hold_or_are_no_elements_are_refused)
{
    struct model m;
    struct transcript t = begin(&m);
    struct proof_reader r;
    uint8_t bytes[4];
    int held = 0;
    for (uint32_t nonce = 0; nonce < 600; nonce++) {
        struct transcript copy = t;
        struct model mm = m;
        const bool want = model_grind(&mm, 7, nonce);
        put(bytes, nonce);
        ck_assert_int_eq(proof_reader_init(&r, bytes, 4, 4), ERR_OK);
        ck_assert_int_eq(proof_grind(&r, &copy, 7), want ? ERR_OK : ERR_PROOF);
        if (want) agree(&copy, &mm);
        held += want;
    }
    ck_assert_int_gt(held, 0);
    put(bytes, KB_P);
    ck_assert_int_eq(proof_reader_init(&r, bytes, 4, 4), ERR_OK);
    ck_assert_int_eq(proof_grind(&r, &t, 1), ERR_PROOF);
    ck_assert(!transcript_grind_holds(&t, 1, (uint64_t)KB_P + 1));
    ck_assert(!transcript_grind_holds(&t, 1, (uint64_t)1 << 32));
}
END_TEST

START_TEST(digests_that_are_not_canonical_are_not_read)
{
    struct model m;
    uint32_t v[16];
    uint8_t bytes[64];
    const uint8_t *view;
    for (int i = 0; i < 16; i++)
        v[i] = i % 2 ? KB_P - 1 : random_element();
    for (int bad = -1; bad < 16; bad++) {
        struct transcript t = begin(&m);
        struct proof_reader r;
        put_digest(bytes, v);
        put_digest(bytes + 32, v + 8);
        if (bad >= 0) put(bytes + 4 * bad, KB_P + (bad % 2 ? 0x80ffffffu - 1 : 0));
        ck_assert_int_eq(proof_reader_init(&r, bytes, 64, 64), ERR_OK);
        ck_assert_int_eq(proof_absorb_digests(&r, &t, LABEL_ROOT, &view, 2),
                         bad < 0 ? ERR_OK : ERR_PROOF);
        if (bad < 0) {
            model_absorb_base(&m, LABEL_ROOT, v, 16);
            agree(&t, &m);
        }
    }
}
END_TEST

START_TEST(elements_are_absorbed_as_they_are_read)
{
    struct model m;
    struct transcript t = begin(&m);
    uint32_t v[5 * 7];
    uint8_t bytes[20 * 7];
    struct proof_reader r;
    kb5 out[7];
    for (int i = 0; i < 35; i++)
        v[i] = random_element();
    for (int i = 0; i < 7; i++)
        put_ext(bytes + 20 * i, v + 5 * i);
    ck_assert_int_eq(proof_reader_init(&r, bytes, sizeof bytes, sizeof bytes), ERR_OK);
    ck_assert_int_eq(proof_absorb_ext(&r, &t, LABEL_COLUMNS, out, 7), ERR_OK);
    model_absorb_ext(&m, LABEL_COLUMNS, v, 7);
    agree(&t, &m);
    put(bytes + 60, KB_P);
    ck_assert_int_eq(proof_reader_init(&r, bytes, sizeof bytes, sizeof bytes), ERR_OK);
    ck_assert_int_eq(proof_absorb_ext(&r, &t, LABEL_COLUMNS, out, 7), ERR_PROOF);
}
END_TEST

/* ---- Merkle paths ---- */

enum { LEAF_LOG = 4, LEAVES = 1 << LEAF_LOG };

struct tree {
    bool ext;
    size_t n; /* elements of a leaf */
    uint8_t leaf[LEAVES][32 * 20];
    uint8_t node[2 * LEAVES][32]; /* node[1] the root, node[LEAVES + i] leaf i */
};

static void tree_init(struct tree *t, bool ext, size_t n)
{
    uint32_t digest[2 * LEAVES][8];
    t->ext = ext;
    t->n = n;
    for (size_t i = 0; i < LEAVES; i++) {
        uint32_t v[5 * 32];
        for (size_t j = 0; j < (ext ? 5 : 1) * n; j++)
            v[j] = random_element();
        for (size_t j = 0; j < n; j++) {
            if (ext)
                put_ext(t->leaf[i] + 20 * j, v + 5 * j);
            else
                put(t->leaf[i] + 4 * j, v[j]);
        }
        if (ext)
            model_leaf_ext(digest[LEAVES + i], v, n);
        else
            model_leaf_base(digest[LEAVES + i], v, n);
    }
    for (size_t i = LEAVES; i-- > 1;)
        model_compress(digest[i], digest[2 * i], digest[2 * i + 1]);
    for (size_t i = 1; i < 2 * LEAVES; i++)
        put_digest(t->node[i], digest[i]);
}

static void tree_path(const struct tree *t, size_t index, uint8_t path[32 * LEAF_LOG])
{
    for (size_t at = LEAVES + index, l = 0; l < LEAF_LOG; at /= 2, l++)
        memcpy(path + 32 * l, t->node[at ^ 1], 32);
}

static bool holds(const struct tree *t, const uint8_t *leaf, uint32_t index, const uint8_t *path)
{
    return merkle_verify(PROFILE_POSEIDON, t->ext, leaf, t->n, index, LEAF_LOG, path, t->node[1], 0);
}

START_TEST(merkle_paths_of_the_model_hold_and_their_twins_do_not)
{
    static const struct { bool ext; size_t n; } shapes[] = {
        {false, 8}, {false, 32}, {true, 1}, {true, 2}, {true, 3}, {true, 16}, {true, 32}};
    struct tree *t = malloc(sizeof *t);
    ck_assert_ptr_nonnull(t);
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        uint8_t path[32 * LEAF_LOG], leaf[32 * 20];
        tree_init(t, shapes[k].ext, shapes[k].n);
        const size_t len = t->n * (t->ext ? 20 : 4);
        for (uint32_t i = 0; i < LEAVES; i++) {
            tree_path(t, i, path);
            memcpy(leaf, t->leaf[i], len);
            ck_assert(holds(t, leaf, i, path));
            for (uint32_t other = 0; other < LEAVES; other++)
                if (other != i) ck_assert(!holds(t, leaf, other, path));
            for (size_t word = 0; word < 8 * LEAF_LOG; word += 1 + i % 3) {
                uint8_t *b = path + 4 * word, old[4]; /* a wrong sibling, then one that is the same
                                                         number but not canonical */
                memcpy(old, b, 4);
                b[3] ^= 1;
                ck_assert(!holds(t, leaf, i, path));
                const uint32_t x = (uint32_t)old[0] << 24 | (uint32_t)old[1] << 16 |
                                   (uint32_t)old[2] << 8 | old[3];
                put(b, x + KB_P);
                ck_assert(!holds(t, leaf, i, path));
                memcpy(b, old, 4);
            }
            for (size_t byte = i % 4; byte < len; byte += 4) {
                leaf[byte] ^= 1;
                ck_assert(!holds(t, leaf, i, path));
                leaf[byte] ^= 1;
            }
        }
        /* the same number written as x + p */
        tree_path(t, 3, path);
        memcpy(leaf, t->leaf[3], len);
        put(leaf, ((uint32_t)leaf[0] << 24 | (uint32_t)leaf[1] << 16 | (uint32_t)leaf[2] << 8 |
                   leaf[3]) + KB_P);
        ck_assert(!holds(t, leaf, 3, path));
    }
    free(t);
}
END_TEST

START_TEST(leaves_of_other_kinds_and_sizes_hash_apart)
{
    static const uint8_t zeros[32 * 20];
    uint8_t digest[8][32];
    int n = 0;
    for (size_t len = 8; len <= 32; len *= 2)
        ck_assert(merkle_hash_leaf(PROFILE_POSEIDON, false, zeros, len, digest[n++]));
    for (size_t len = 1; len <= 16; len *= 2)
        ck_assert(merkle_hash_leaf(PROFILE_POSEIDON, true, zeros, len, digest[n++]));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            ck_assert_mem_ne(digest[i], digest[j], 32);
}
END_TEST

START_TEST(all_tags_of_the_rollup_and_of_proofs_are_distinct)
{
    static const uint32_t tags[] = {
        TAG_USER, TAG_POOL, TAG_PP, TAG_XMSS_LEAF, TAG_ORDER_TRANSFER, TAG_ORDER_WITHDRAW,
        TAG_ORDER_CHANGE_KEY, TAG_ORDER_SWAP, TAG_LIQUIDITY, TAG_CREATE, TAG_ORDER_HALF, TAG_TUPLES,
        TAG_TRANSCRIPT, TAG_MERKLE_LEAF, TAG_MERKLE_LEAF_EXT, TAG_FACT_LEAF, TAG_FACTS,
        TAG_FACT_PAIRING, (uint32_t)LABEL_SQUEEZE << 16};
    const size_t n = sizeof tags / sizeof tags[0];
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_lt(tags[i], KB_P);
        for (size_t j = 0; j < i; j++)
            ck_assert_uint_ne(tags[i], tags[j]);
    }
    ck_assert_uint_eq(TAG_TRANSCRIPT, 1048576);
    ck_assert_uint_eq(TAG_FACT_PAIRING, 1048581);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("poseidon_profile");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, random_sessions_agree_with_the_slow_model);
    tcase_add_test(tc, a_short_session_has_frozen_values);
    tcase_add_test(tc, every_element_absorbed_changes_the_next_challenge);
    tcase_add_test(tc, two_samples_in_a_row_differ_and_a_ground_state_is_not_drawn_from);
    tcase_add_test(tc, nonces_that_do_not_hold_or_are_no_elements_are_refused);
    tcase_add_test(tc, digests_that_are_not_canonical_are_not_read);
    tcase_add_test(tc, elements_are_absorbed_as_they_are_read);
    tcase_add_test(tc, merkle_paths_of_the_model_hold_and_their_twins_do_not);
    tcase_add_test(tc, leaves_of_other_kinds_and_sizes_hash_apart);
    tcase_add_test(tc, all_tags_of_the_rollup_and_of_proofs_are_distinct);
    Suite *s = suite_create("poseidon_profile");
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* XMSS: an independent verifier written from docs/protocol/state.md REQ-SIG-1 accepts what is signed,
 * every change of a signature is refused, and the costs are what the documents say. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "common/field/poseidon16.h"
#include "common/xmss/xmss.h"
#include "tests/support/check_main.h"

#define P 2130706433u

static const uint8_t seed[32] = {1, 2, 3, 4, 5};
static const uint32_t pp[4] = {11, 22, 33, 44};
static struct xmss_key *key;
static struct xmss_public pub;

static void setup(void)
{
    bool done = false;
    ck_assert_ok(xmss_key_new(&key, 12, seed, pp));
    ck_assert_ok(xmss_key_build(key, 4096, &done));
    ck_assert(done);
    pub.height = 12;
    memcpy(pub.pp, pp, sizeof pp);
    xmss_key_root(key, pub.root);
}

static void teardown(void)
{
    xmss_key_free(key);
}

/* ---- the second implementation: one permutation at a time, written down from the text ---- */
static void compress(uint32_t out[8], const uint32_t in[16])
{
    uint32_t s[16];
    memcpy(s, in, sizeof s);
    poseidon16_permute_textbook(s);
    for (int i = 0; i < 8; i++) out[i] = (uint32_t)(((uint64_t)s[i] + in[i]) % P);
}

static bool verify_again(uint32_t leaf, const uint32_t m[8], const struct xmss_signature *g)
{
    uint32_t in[16] = {0}, e[8], d[8], ends[320], sum = 0;
    memcpy(in, m, 32);
    memcpy(in + 8, g->rho, 24);
    in[14] = 0;
    in[15] = leaf;
    compress(e, in);
    memset(in, 0, sizeof in);
    memcpy(in, e, 32);
    memcpy(in + 8, pp, 16);
    compress(d, in);
    for (uint32_t j = 0; j < 64; j++) {
        if (d[j / 8] == P - 1) return false;
        uint32_t digit = (d[j / 8] & 0xffff) >> (2 * (j % 8)) & 3, v[8] = {0};
        sum += digit;
        memcpy(v, g->tips[j], 20);
        for (uint32_t k = digit; k < 3; k++) {
            memset(in, 0, sizeof in);
            memcpy(in, v, 20);
            in[6] = (1u << 20) + 4 * j + k;
            in[7] = leaf;
            memcpy(in + 8, pp, 16);
            compress(v, in);
        }
        memcpy(ends + 5 * j, v, 20);
    }
    if (sum != 123) return false;
    uint32_t node[8] = {1u << 21, leaf, pp[0], pp[1], pp[2], pp[3], 320, 4};
    for (int c = 0; c < 40; c++) {
        memcpy(in, node, 32);
        memcpy(in + 8, ends + 8 * c, 32);
        compress(node, in);
    }
    for (uint32_t l = 1; l <= 12; l++) {
        bool right = (leaf >> (l - 1) & 1) != 0;
        memcpy(in, right ? g->path[l - 1] : node, 20);
        memcpy(in + 5, right ? node : g->path[l - 1], 20);
        in[10] = (1u << 22) + l;
        in[11] = leaf >> l;
        memcpy(in + 12, pp, 16);
        compress(node, in);
    }
    return memcmp(node, pub.root, 20) == 0;
}

START_TEST(signatures_verify_by_two_implementations_within_130_permutations)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 8; i++) {
        uint32_t m[8], calls, lane = (uint32_t)rng_below(&rng, 4),
                 leaf = (uint32_t)rng_below(&rng, 1024);
        struct xmss_signature g;
        for (int j = 0; j < 8; j++) m[j] = (uint32_t)rng_below(&rng, P);
        ck_assert_ok(xmss_sign(key, lane, leaf, m, &g));
        ck_assert(xmss_verify_counted(&pub, lane * 1024 + leaf, m, &g, &calls));
        ck_assert_uint_eq(calls, 2 + 69 + 40 + 12);
        ck_assert_uint_le(calls + (XMSS_HEIGHT_LARGE - 12) + 1, 130); /* height 18, and pp */
        ck_assert(verify_again(lane * 1024 + leaf, m, &g));
    }
}
END_TEST

START_TEST(every_element_of_a_signature_counts)
{
    uint32_t m[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct xmss_signature g;
    ck_assert_ok(xmss_sign(key, 2, 7, m, &g));
    uint32_t at = 2 * 1024 + 7, *e = g.rho;
    size_t n = 6 + 320 + 60;
    ck_assert(xmss_verify(&pub, at, m, &g));
    for (size_t i = 0; i < n; i++) {
        e[i] = (e[i] + 1) % P;
        ck_assert_msg(!xmss_verify(&pub, at, m, &g), "element %zu", i);
        e[i] = (e[i] + P - 1) % P + P; /* the same value, not canonical */
        ck_assert_msg(!xmss_verify(&pub, at, m, &g), "element %zu + p", i);
        e[i] -= P;
    }
    for (int i = 0; i < 8; i++) {
        m[i]++;
        ck_assert(!xmss_verify(&pub, at, m, &g));
        m[i]--;
    }
    ck_assert(!xmss_verify(&pub, at + 1, m, &g));
    ck_assert(!xmss_verify(&pub, at + (1u << 12), m, &g));
    for (int i = 0; i < 4; i++) {
        pub.pp[i]++;
        ck_assert(!xmss_verify(&pub, at, m, &g)); /* F37: another chain, owner or deployment */
        pub.pp[i]--;
    }
    pub.height = 18;
    ck_assert(!xmss_verify(&pub, at, m, &g));
    pub.height = 0;
    ck_assert(!xmss_verify(&pub, at, m, &g));
}
END_TEST

/* Any number of signatures of both heights, right ones and wrong ones in any lane: every instruction set
 * says of each what xmss_verify says. */
START_TEST(many_are_judged_as_one_by_one)
{
    enum { MOST = 37 };
    struct rng rng;
    check_seed(&rng);
    struct xmss_signature good[4], g[MOST];
    uint32_t m[4][8], at[4], refused = 0, taken = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t lane = (uint32_t)rng_below(&rng, 4), leaf = (uint32_t)rng_below(&rng, 1024);
        at[i] = lane * 1024 + leaf;
        for (int j = 0; j < 8; j++) m[i][j] = (uint32_t)rng_below(&rng, P);
        ck_assert_ok(xmss_sign(key, lane, leaf, m[i], &good[i]));
    }
    const size_t sizes[] = {1, 2, 15, 16, 17, MOST};
    for (uint32_t round = 0; round < 6 * KBV_N_ISA; round++) {
        struct xmss_check checks[MOST];
        const size_t n = sizes[round / KBV_N_ISA];
        for (size_t i = 0; i < n; i++) {
            const uint32_t which = (uint32_t)rng_below(&rng, 4);
            struct xmss_check *c = &checks[i];
            g[i] = good[which];
            *c = (struct xmss_check){.pub = pub, .key_leaf = at[which], .sig = &g[i], .ok = i % 2};
            memcpy(c->message, m[which], sizeof c->message);
            uint32_t *e = g[i].rho;
            switch (rng_below(&rng, 12)) {
            case 0: c->message[rng_below(&rng, 8)] ^= 1; break;
            case 1: c->key_leaf ^= 1; break;
            case 2: c->key_leaf |= 1u << 12; break;
            case 3: c->pub.root[rng_below(&rng, 5)] ^= 1; break;
            case 4: c->pub.pp[rng_below(&rng, 4)] ^= 1; break;
            case 5: c->pub.height = 18; break;
            case 6: c->pub.height = 13; break;
            case 7: e = e + rng_below(&rng, 6 + 320 + 60), *e = (*e + 1) % P; break;
            case 8: e = e + rng_below(&rng, 6 + 320 + 60), *e = *e + P; break;
            default: break;
            }
        }
        xmss_verify_many((enum kbv_isa)(round % KBV_N_ISA), checks, n);
        for (size_t i = 0; i < n; i++) {
            const struct xmss_check *c = &checks[i];
            const bool want = xmss_verify(&c->pub, c->key_leaf, c->message, c->sig);
            ck_assert_msg(c->ok == want, "round %u signature %zu", round, i);
            *(want ? &taken : &refused) += 1;
        }
    }
    ck_assert_uint_gt(taken, 20);
    ck_assert_uint_gt(refused, 100);
}
END_TEST

START_TEST(a_wrong_digit_sum_is_refused)
{
    /* With one signature all values further along each chain can be computed: without the sum rule
     * such a shifted opening would sign another message. */
    uint32_t m[8] = {9};
    uint8_t digits[64];
    struct xmss_signature g;
    ck_assert_ok(xmss_sign(key, 0, 0, m, &g));
    uint32_t tried = 0;
    for (uint32_t i = 1; i < 3000; i++) {
        struct xmss_signature f = g;
        f.rho[0] = i;
        uint32_t sum = 0;
        bool ok = xmss_encode(digits, NULL, m, f.rho, 0, pp);
        for (int j = 0; j < 64; j++) sum += digits[j];
        ck_assert_int_eq(ok, sum == 123);
        if (!ok) ck_assert(!xmss_verify(&pub, 0, m, &f));
        tried += ok;
    }
    ck_assert_uint_lt(tried, 12); /* one in 2197 is valid */
}
END_TEST

START_TEST(signing_is_deterministic_and_depends_on_message_and_leaf)
{
    uint32_t m[8] = {5}, m2[8] = {6};
    struct xmss_signature a, b;
    ck_assert_ok(xmss_sign(key, 1, 3, m, &a));
    ck_assert_ok(xmss_sign(key, 1, 3, m, &b));
    ck_assert_mem_eq(&a, &b, sizeof a);
    ck_assert_ok(xmss_sign(key, 1, 3, m2, &b));
    ck_assert(memcmp(a.rho, b.rho, sizeof a.rho) != 0);
    ck_assert_ok(xmss_sign(key, 1, 4, m, &b));
    ck_assert(memcmp(a.rho, b.rho, sizeof a.rho) != 0);
    ck_assert_err(xmss_sign(key, 4, 0, m, &b), ERR_RANGE);
    ck_assert_err(xmss_sign(key, 0, 1024, m, &b), ERR_RANGE);
}
END_TEST

START_TEST(a_small_key_takes_less_than_a_second_of_cpu)
{
    struct xmss_key *k;
    bool done;
    clock_t start = clock();
    ck_assert_ok(xmss_key_new(&k, 12, seed, pp));
    ck_assert_ok(xmss_key_build(k, 4096, &done));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("2^12 leaves: %.3f s\n", seconds);
#ifndef HAWSER_SANITIZE
    ck_assert(seconds < 1.0);
#endif
    xmss_key_free(k);
}
END_TEST

START_TEST(a_large_key_is_made_in_slices)
{
    struct xmss_key *k;
    bool done = true;
    struct xmss_signature g;
    uint32_t m[8] = {0};
    ck_assert_err(xmss_key_new(&k, 13, seed, pp), ERR_ARG);
    ck_assert_ok(xmss_key_new(&k, 18, seed, pp));
    ck_assert_ok(xmss_key_build(k, 100, &done));
    ck_assert(!done);
    ck_assert_uint_eq(xmss_key_leaves_done(k), 112);
    ck_assert_err(xmss_sign(k, 0, 0, m, &g), ERR_BAD_STATE);
    xmss_key_free(k);
}
END_TEST

START_TEST(a_stored_tree_is_the_key)
{
    size_t n = xmss_key_stored_size(12);
    uint8_t *bytes = malloc(n);
    struct xmss_key *k;
    uint32_t root[5], m[8] = {3};
    struct xmss_signature a, b;
    ck_assert_ok(xmss_key_store(key, bytes, n));
    ck_assert_ok(xmss_key_load(&k, seed, pp, bytes, n));
    xmss_key_root(k, root);
    ck_assert_mem_eq(root, pub.root, sizeof root);
    ck_assert_ok(xmss_sign(key, 3, 1000, m, &a));
    ck_assert_ok(xmss_sign(k, 3, 1000, m, &b));
    ck_assert_mem_eq(&a, &b, sizeof a);
    xmss_key_free(k);
    const uint8_t other_seed[32] = {9};
    const uint32_t other_pp[4] = {1};
    ck_assert_err(xmss_key_load(&k, other_seed, pp, bytes, n), ERR_MISMATCH);
    ck_assert_err(xmss_key_load(&k, seed, other_pp, bytes, n), ERR_MISMATCH);
    ck_assert_err(xmss_key_load(&k, seed, pp, bytes, n - 1), ERR_CORRUPT);
    for (size_t at = 0; at < n; at += n / 37) {
        bytes[at] ^= 1;
        ck_assert(xmss_key_load(&k, seed, pp, bytes, n) != ERR_OK);
        bytes[at] ^= 1;
    }
    free(bytes);
}
END_TEST

START_TEST(bytes_round_trip)
{
    uint32_t m[8] = {3};
    struct xmss_signature a, b;
    uint8_t bytes[XMSS_SIGNATURE_SIZE_MAX + 1];
    ck_assert_ok(xmss_sign(key, 3, 999, m, &a));
    ck_assert_uint_eq(xmss_signature_size(12), 4 * (6 + 320 + 60));
    ck_assert_uint_eq(xmss_signature_size(18), XMSS_SIGNATURE_SIZE_MAX);
    xmss_signature_write(bytes, &a, 12);
    ck_assert_ok(xmss_signature_read(&b, 12, bytes, xmss_signature_size(12)));
    ck_assert_mem_eq(a.rho, b.rho, sizeof a.rho);
    ck_assert_mem_eq(a.tips, b.tips, sizeof a.tips);
    ck_assert_mem_eq(a.path, b.path, 12 * 20);
    ck_assert_err(xmss_signature_read(&b, 12, bytes, xmss_signature_size(12) - 1), ERR_PARSE);
    ck_assert_err(xmss_signature_read(&b, 18, bytes, xmss_signature_size(12)), ERR_PARSE);
    put_be32(bytes, P);
    ck_assert_err(xmss_signature_read(&b, 12, bytes, xmss_signature_size(12)), ERR_PARSE);
}
END_TEST

START_TEST(N8_seeds_of_chains_origins_and_numbers_differ)
{
    uint8_t wallet[65], deployment[32], out[6][32];
    memset(wallet, 7, sizeof wallet);
    memset(deployment, 8, sizeof deployment);
    struct xmss_seed_input in = {.wallet_signature = wallet, .deployment_id = deployment,
                                 .chain = 1, .origin = XMSS_ORIGIN_L1, .number = 5};
    ck_assert_ok(xmss_seed_derive(out[0], &in));
    in.chain = 2;
    ck_assert_ok(xmss_seed_derive(out[1], &in));
    in.chain = 1;
    in.origin = XMSS_ORIGIN_L2;
    ck_assert_ok(xmss_seed_derive(out[2], &in));
    in.number = 6;
    ck_assert_ok(xmss_seed_derive(out[3], &in));
    deployment[0]++;
    ck_assert_ok(xmss_seed_derive(out[4], &in));
    wallet[64]++;
    ck_assert_ok(xmss_seed_derive(out[5], &in));
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++) ck_assert(memcmp(out[i], out[j], 32) != 0);
    /* The first of them by HMAC alone (RFC 5869), the info written out. */
    memset(wallet, 7, sizeof wallet);
    memset(deployment, 8, sizeof deployment);
    uint8_t prk[32], t[32];
    const uint8_t info[] = "hawser xmss 1\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x05\x01";
    hmac_sha256(prk, deployment, 32, wallet, 65);
    hmac_sha256(t, prk, 32, info, sizeof info - 1);
    ck_assert_mem_eq(t, out[0], 32);
    in.origin = 2;
    ck_assert_err(xmss_seed_derive(t, &in), ERR_ARG);
}
END_TEST

START_TEST(public_parameter_names_deployment_chain_and_owner)
{
    uint32_t dep[8] = {1, 2, 3, 4, 5, 6, 7, 8}, a[4], in[16] = {1, 2, 3, 4, 5, 6, 7, 8, 3, 9}, out[8];
    uint8_t owner[20];
    for (int i = 0; i < 20; i++) owner[i] = (uint8_t)(0xf0 + i);
    xmss_public_parameter(a, dep, 9, owner);
    for (int i = 0; i < 5; i++) {
        uint64_t lo = (uint64_t)owner[4 * i] << 8 | owner[4 * i + 1];
        uint64_t hi = (uint64_t)owner[4 * i + 2] << 8 | owner[4 * i + 3];
        in[10 + i] = (uint32_t)((lo + 65536 * hi) % P);
    }
    compress(out, in);
    ck_assert_mem_eq(a, out, sizeof a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("xmss");
    TCase *tc = tcase_create("xmss");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, signatures_verify_by_two_implementations_within_130_permutations);
    tcase_add_test(tc, every_element_of_a_signature_counts);
    tcase_add_test(tc, many_are_judged_as_one_by_one);
    tcase_add_test(tc, a_wrong_digit_sum_is_refused);
    tcase_add_test(tc, signing_is_deterministic_and_depends_on_message_and_leaf);
    tcase_add_test(tc, a_small_key_takes_less_than_a_second_of_cpu);
    tcase_add_test(tc, a_large_key_is_made_in_slices);
    tcase_add_test(tc, a_stored_tree_is_the_key);
    tcase_add_test(tc, bytes_round_trip);
    tcase_add_test(tc, N8_seeds_of_chains_origins_and_numbers_differ);
    tcase_add_test(tc, public_parameter_names_deployment_chain_and_owner);
    suite_add_tcase(s, tc);
    return check_main(s);
}

/* What an oracle signs, keeps and counts. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto/secp256k1_sign.h"
#include "oracle/plan.h"
#include "tests/support/check_main.h"

enum { N = 4, M = 3 };

static struct deployment deployment;
static uint8_t keys[N][32];
static char folder[64];

static void setup(void)
{
    memset(&deployment, 0, sizeof deployment);
    memset(deployment.id, 0xd1, 32);
    deployment.n_oracles = N;
    deployment.oracles_m = M;
    for (int i = 0; i < N; i++) {
        memset(keys[i], 0x11 + i, 32);
        ck_assert_ok(ecdsa_key_address(deployment.oracles[i], keys[i]));
    }
    (void)snprintf(folder, sizeof folder, "/tmp/hawser-attest-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    char path[400];
    DIR *d = opendir(folder);
    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        if (e->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        ck_assert_int_eq(remove(path), 0);
    }
    ck_assert_int_eq(closedir(d), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}

static const char *path_of(int i)
{
    static char path[96];
    (void)snprintf(path, sizeof path, "%s/signed-%d", folder, i);
    return path;
}

static struct attest_book *book_open(int i)
{
    struct attest_book *b = NULL;
    char text[200] = "";
    enum err err = attest_book_open(&b, &deployment, path_of(i), text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    return b;
}

static void book_refused(int i, enum err expected)
{
    struct attest_book *b = NULL;
    char text[200] = "";
    ck_assert_err(attest_book_open(&b, &deployment, path_of(i), text, sizeof text), expected);
    ck_assert_str_ne(text, "");
}

static void digest_of(uint8_t out[32], uint64_t k)
{
    memset(out, (int)k, 32);
}

static struct attestation sign(struct attest_book *b, int i, uint64_t k)
{
    struct attestation a;
    uint8_t digest[32];
    digest_of(digest, k);
    ck_assert_ok(attest_book_sign(b, keys[i], k, digest, &a));
    return a;
}

static void file_write(int i, const char *mode, const void *data, size_t n)
{
    FILE *f = fopen(path_of(i), mode);
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(data, 1, n, f), n);
    (void)fclose(f);
}

START_TEST(one_digest_per_batch_even_after_a_restart)
{
    struct attestation a;
    struct attestation again;
    uint8_t other[32] = {9};
    uint8_t digest[32];
    struct attest_book *b = book_open(0);
    a = sign(b, 0, 5);
    ck_assert_err(attest_book_sign(b, keys[0], 5, other, &again), ERR_CONFLICT);
    attest_book_close(b);
    b = book_open(0);
    ck_assert_uint_eq(attest_book_last(b), 5);
    ck_assert(attest_book_signed(b, 5));
    ck_assert_err(attest_book_sign(b, keys[0], 5, other, &again), ERR_CONFLICT);
    digest_of(digest, 5);
    ck_assert_ok(attest_book_sign(b, keys[0], 5, digest, &again));
    ck_assert_mem_eq(a.signature, again.signature, 65);
    (void)sign(b, 0, 3); /* a lower one that was never signed */
    ck_assert_uint_eq(attest_book_last(b), 5);
    attest_book_close(b);
    b = book_open(0);
    ck_assert_err(attest_book_sign(b, keys[0], 3, other, &again), ERR_CONFLICT);
    attest_book_close(b);
}
END_TEST

START_TEST(two_processes_cannot_share_a_book)
{
    struct attest_book *b = book_open(0);
    book_refused(0, ERR_BUSY);
    attest_book_close(b);
    attest_book_close(book_open(0));
}
END_TEST

START_TEST(a_torn_last_line_is_cut_off)
{
    struct attest_book *b = book_open(0);
    (void)sign(b, 0, 1);
    (void)sign(b, 0, 2);
    attest_book_close(b);
    file_write(0, "a", "3 0x0303", 8);
    b = book_open(0);
    ck_assert_uint_eq(attest_book_last(b), 2);
    (void)sign(b, 0, 3);
    attest_book_close(b);
    b = book_open(0);
    ck_assert_uint_eq(attest_book_last(b), 3);
    attest_book_close(b);
}
END_TEST

START_TEST(a_damaged_book_is_refused)
{
    char good[256];
    struct attest_book *b = book_open(0);
    for (uint64_t k = 1; k <= 3; k++)
        (void)sign(b, 0, k);
    attest_book_close(b);
    FILE *f = fopen(path_of(0), "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(good, 1, sizeof good, f);
    (void)fclose(f);
    ck_assert_uint_eq(n, 3 * 69);
    /* every byte but the very last newline, which makes the last line a torn one */
    for (size_t i = 0; i + 1 < n; i++) {
        char bad[256];
        memcpy(bad, good, n);
        bad[i] = i % 3 == 0 ? '\0' : 'z';
        file_write(0, "w", bad, n);
        book_refused(0, ERR_CORRUPT);
    }
    char twice[256];
    memcpy(twice, good, 69);
    memcpy(twice + 69, good, 69);
    file_write(0, "w", twice, 138);
    book_refused(0, ERR_CORRUPT);
    char longer[512];
    memset(longer, '7', sizeof longer);
    file_write(0, "w", longer, sizeof longer);
    book_refused(0, ERR_CORRUPT);
}
END_TEST

START_TEST(what_cannot_be_stored_is_not_signed)
{
    struct attestation a;
    uint8_t digest[32];
    struct rlimit limit = {80, 80}; /* bytes of a file: room for one line */
    struct attest_book *b = book_open(0);
    (void)sign(b, 0, 1);
    (void)signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    digest_of(digest, 2);
    ck_assert_err(attest_book_sign(b, keys[0], 2, digest, &a), ERR_IO);
    ck_assert(!attest_book_signed(b, 2));
    attest_book_close(b);
    b = book_open(0);
    ck_assert_uint_eq(attest_book_last(b), 1);
    attest_book_close(b);
}
END_TEST

START_TEST(only_members_signatures_on_the_right_domain_count)
{
    uint8_t bytes[ATTEST_BYTES];
    struct attestation a;
    struct attestation got;
    struct attest_book *b = book_open(0);
    a = sign(b, 0, 7);
    attestation_write(bytes, &a);
    ck_assert_ok(attestation_read(&got, &deployment, (struct span){bytes, sizeof bytes}));
    ck_assert_mem_eq(got.signer, deployment.oracles[0], 20);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 1;
        ck_assert_err(attestation_read(&got, &deployment, (struct span){bytes, sizeof bytes - 1}),
                      ERR_PARSE);
        ck_assert(attestation_read(&got, &deployment, (struct span){bytes, sizeof bytes}) !=
                  ERR_OK);
        bytes[i] ^= 1;
    }
    struct deployment other = deployment;
    other.id[0] ^= 1;
    ck_assert_err(attestation_read(&got, &other, (struct span){bytes, sizeof bytes}), ERR_AUTH);
    attest_book_close(b);
}
END_TEST

START_TEST(signatures_are_collected_once_each_and_ascending)
{
    struct attest_book *b = book_open(0);
    struct bytes_buf out;
    uint8_t digest[32];
    uint8_t other[32] = {1};
    digest_of(digest, 4);
    for (int i = N - 1; i >= 0; i--) {
        struct attest_book *peer = book_open(10 + i);
        struct attestation a = sign(peer, i, 4);
        ck_assert_ok(attest_book_add(b, &a));
        ck_assert_err(attest_book_add(b, &a), ERR_EXISTS);
        memcpy(a.digest, other, 32);
        ck_assert_err(attest_book_add(b, &a), ERR_CONFLICT);
        attest_book_close(peer);
    }
    bytes_buf_init(&out, 4096);
    ck_assert_uint_eq(attest_book_collect(b, 4, digest, &out), N);
    ck_assert_uint_eq(out.len, 65 * N);
    uint8_t before[20] = {0};
    uint8_t hash[32];
    hawser_agreement_hash(hash, deployment.id, ATTEST_SET, 4, digest);
    for (int i = 0; i < N; i++) {
        uint8_t signer[20];
        ck_assert_ok(ecdsa_recover_address(signer, out.data + 65 * i, hash));
        ck_assert_int_gt(memcmp(signer, before, 20), 0);
        memcpy(before, signer, 20);
    }
    ck_assert_uint_eq(attest_book_collect(b, 4, other, &out), 0);
    attest_book_forget(b, 4);
    ck_assert_uint_eq(attest_book_collect(b, 4, digest, &out), 0);
    bytes_buf_deinit(&out);
    attest_book_close(b);
}
END_TEST

/* ---- agreement goes on whenever a quorum is awake, whoever looks when ---- */

struct member {
    struct attest_book *book;
    struct watch_result look;
};

static void look_at(struct watch_result *r, uint64_t least, uint64_t proven)
{
    memset(r, 0, sizeof *r);
    r->can_sign = proven > least;
    r->least_agreed = least;
    r->k = proven;
    for (uint64_t k = least + 1; k <= proven; k++)
        digest_of(r->digests[r->n_digests++], k);
}

START_TEST(oracles_that_look_at_different_moments_do_not_block_each_other)
{
    struct rng rng;
    check_seed(&rng);
    static struct member members[N];
    uint64_t agreed = 0;
    uint64_t proven = 1;
    uint64_t asleep = 0;
    for (int i = 0; i < N; i++)
        members[i].book = book_open(i);
    for (int round = 0; round < 600; round++) {
        int i = (int)rng_below(&rng, N);
        uint64_t ks[WATCH_DIGESTS_MAX];
        struct member *m = &members[i];
        if (rng_below(&rng, 3) == 0 && proven < agreed + 20) proven++;
        if ((uint64_t)i == asleep && rng_below(&rng, 4) != 0) continue; /* n - m may sleep */
        look_at(&m->look, agreed, proven);
        attest_book_forget(m->book, agreed);
        size_t n = plan_signatures(m->book, &m->look, ks);
        for (size_t j = 0; j < n; j++) {
            struct attestation a = sign(m->book, i, ks[j]);
            for (int p = 0; p < N; p++) {
                if (a.k > agreed && rng_below(&rng, 4) != 0) /* some messages are lost */
                    (void)!attest_book_add(members[p].book, &a);
            }
            (void)!attest_book_add(m->book, &a);
        }
        uint64_t k = plan_agreement(m->book, &m->look, M);
        if (k > agreed) agreed = k;
    }
    ck_assert_msg(agreed + 25 > proven && agreed > 60, "agreed %llu of %llu",
                  (unsigned long long)agreed, (unsigned long long)proven);
    for (int i = 0; i < N; i++)
        attest_book_close(members[i].book);
}
END_TEST

START_TEST(two_heads_with_two_signatures_each_are_resolved)
{
    static struct member members[N];
    uint64_t ks[WATCH_DIGESTS_MAX];
    for (int i = 0; i < N; i++) {
        members[i].book = book_open(i);
        look_at(&members[i].look, 4, i < 2 ? 5 : 6);
        ck_assert_uint_eq(plan_signatures(members[i].book, &members[i].look, ks), 1);
        ck_assert_uint_eq(ks[0], i < 2 ? 5 : 6);
    }
    for (int i = 0; i < N; i++) {
        struct attestation a = sign(members[i].book, i, i < 2 ? 5 : 6);
        for (int p = 0; p < N; p++)
            ck_assert_ok(attest_book_add(members[p].book, &a));
        look_at(&members[i].look, 4, 6);
    }
    ck_assert_uint_eq(plan_signatures(members[0].book, &members[0].look, ks), 1); /* no new head */
    ck_assert_uint_eq(ks[0], 5);
    ck_assert_uint_eq(plan_signatures(members[3].book, &members[3].look, ks), 2);
    ck_assert_uint_eq(ks[0], 5);
    ck_assert_uint_eq(plan_agreement(members[0].book, &members[0].look, M), 0);
    struct attestation a = sign(members[3].book, 3, 5);
    ck_assert_ok(attest_book_add(members[0].book, &a));
    ck_assert_uint_eq(plan_agreement(members[0].book, &members[0].look, M), 5);
    for (int i = 0; i < N; i++)
        attest_book_close(members[i].book);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("oracle attest");
    TCase *t = tcase_create("attest");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, one_digest_per_batch_even_after_a_restart);
    tcase_add_test(t, two_processes_cannot_share_a_book);
    tcase_add_test(t, a_torn_last_line_is_cut_off);
    tcase_add_test(t, a_damaged_book_is_refused);
    tcase_add_test(t, what_cannot_be_stored_is_not_signed);
    tcase_add_test(t, only_members_signatures_on_the_right_domain_count);
    tcase_add_test(t, signatures_are_collected_once_each_and_ascending);
    tcase_add_test(t, oracles_that_look_at_different_moments_do_not_block_each_other);
    tcase_add_test(t, two_heads_with_two_signatures_each_are_resolved);
    suite_add_tcase(s, t);
    return check_main(s);
}

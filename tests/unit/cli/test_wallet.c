/* The wallet's used leaves: one leaf of a key signs once, whatever a server says. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/wallet/wallet.h"
#include "tests/support/check_main.h"

static struct wallet *w;
static char path[96];

static void setup(void)
{
    char dir[] = "/tmp/hawser-test-wallet-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    (void)snprintf(w->config.dir, sizeof w->config.dir, "%s", dir);
    (void)snprintf(path, sizeof path, "%s/leaves.json", dir);
}

static void teardown(void)
{
    (void)unlink(path);
    ck_assert_int_eq(rmdir(w->config.dir), 0);
    free(w);
}

static struct wallet_account account(uint8_t root, uint32_t id, uint32_t changes, uint32_t next)
{
    struct wallet_account a = {.chain = 1, .id = id, .changes = changes, .next = next, .auth = 1,
                               .height = 12};
    memset(a.root, root, sizeof a.root);
    return a;
}

static uint32_t take(const struct wallet_account *a)
{
    uint32_t leaf = UINT32_MAX;
    ck_assert_ok(wallet_leaf_take(w, a, &leaf));
    return leaf;
}

START_TEST(a_server_that_lies_about_account_or_changes_gets_no_leaf_twice)
{
    struct wallet_account a = account(7, 5, 0, 0);
    struct wallet_account changed = account(7, 5, 1, 0);
    struct wallet_account moved = account(7, 6, 0, 0);
    ck_assert_uint_eq(take(&a), 0);
    ck_assert_uint_eq(take(&changed), 1);
    ck_assert_uint_eq(take(&moved), 2);
    ck_assert_uint_eq(take(&a), 3);
    struct wallet_account ahead = account(7, 5, 0, 10);
    ck_assert_uint_eq(take(&ahead), 10);
    ck_assert_uint_eq(take(&a), 11);
    struct wallet_account other = account(8, 5, 1, 0); /* another key begins at its start */
    ck_assert_uint_eq(take(&other), 0);
}
END_TEST

START_TEST(what_was_taken_is_in_the_file_before_it_is_used)
{
    struct wallet_account a = account(7, 5, 0, 3);
    (void)take(&a);
    json_t *list = json_load_file(path, 0, NULL);
    ck_assert_uint_eq(json_array_size(list), 1);
    ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(list, 0), 2)), 4);
    json_decref(list);
    /* and no leaf comes out of a wallet that cannot write */
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(w->config.dir), 0);
    uint32_t leaf = UINT32_MAX;
    ck_assert_err(wallet_leaf_take(w, &a, &leaf), ERR_IO);
    ck_assert_int_eq(mkdir(w->config.dir, 0700), 0);
    ck_assert_uint_gt(take(&a), 3);
}
END_TEST

START_TEST(the_last_leaf_is_kept_for_a_change_of_the_key)
{
    struct wallet_account a = account(7, 5, 0, 1022);
    uint32_t leaf = UINT32_MAX;
    ck_assert_uint_eq(take(&a), 1022);
    ck_assert_err(wallet_leaf_take(w, &a, &leaf), ERR_FULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wallet");
    TCase *tc = tcase_create("leaves");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_server_that_lies_about_account_or_changes_gets_no_leaf_twice);
    tcase_add_test(tc, what_was_taken_is_in_the_file_before_it_is_used);
    tcase_add_test(tc, the_last_leaf_is_kept_for_a_change_of_the_key);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}

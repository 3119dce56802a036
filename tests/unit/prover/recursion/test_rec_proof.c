/* Programs of the machine as proofs: shape and key. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "rec_fixture.h"

static const struct rec_shape shape = {
    .poseidon = 7, .ext = 6, .pow = 3, .fold = 2, .pack = 5, .split = 4, .bits = 2, .constant = 7};

/* Publishes w_0 = compress(advice, c): the constant c makes the difference between two programs. */
static void make(struct fx *f, uint32_t c)
{
    fx_init(f, &shape, 77);
    uint32_t w[8];
    fx_random_word(f, w);
    rec_word x = rec_compress(f->r, fx_word(f, w), rec_const_word(f->r, (uint32_t[8]){c, 1}));
    rec_ext e = rec_challenge(f->r, x);
    rec_assert_eq(f->r, rec_mul(f->r, e, rec_inverse(f->r, e)), rec_const(f->r, 1));
    uint32_t(*nodes)[8] = fx_tree(f, 8);
    rec_base v = fx_base(f, 0x00abcdef, 2);
    rec_word leaf = fx_word(f, nodes[256 + 0xef]), root = fx_word(f, nodes[1]);
    rec_end end = rec_path(f->r, leaf, rec_index_of(f->r, v, 8), root);
    fx_put_path(f, nodes, 8, 0xef);
    rec_ext p = rec_pow(f->r, end, (rec_ext[2]){e, e}, 2);
    rec_mul(f->r, p, rec_fold8(f->r, x, e, p, e));
    rec_public(f->r, 0, x);
    f->public_done[0] = true;
    fx_finish(f);
    free(nodes);
}

static void proofs_and_keys(bool poseidon)
{
    struct fx f[2];
    struct proving_key *key[2];
    struct program *p = NULL;
    struct ir_trace *tr[2];
    struct bytes_buf proof[2];
    const struct ir_system *s = rec_system(&shape);
    enum err err = poseidon ? program_new_test_poseidon(s, &p) : program_new_test(s, &p);
    ck_assert_int_eq(err, ERR_OK);
    for (uint32_t k = 0; k < 2; k++) {
        bytes_buf_init(&proof[k], 1u << 24);
        make(&f[k], k);
        ck_assert_int_eq(fx_run(&f[k], &tr[k]), ERR_OK);
        ck_assert_int_eq(proving_key_new(p, rec_preprocessed(f[k].r), 1, &key[k]), ERR_OK);
        ck_assert_int_eq(system_prove_key(p, key[k], tr[k], &proof[k], NULL), ERR_OK);
    }
    printf("%s: %u columns, proof %zu bytes\n", poseidon ? "Poseidon" : "Keccak", p->n_columns,
           proof[0].len);
    for (uint32_t k = 0; k < 4; k++) {
        /* proof a under key b */
        uint32_t a = k & 1, b = k >> 1;
        err = system_verify_key(p, &key[b]->verify, tr[a]->publics, proof[a].data, proof[a].len,
                                NULL);
        ck_assert_int_eq(err, a == b ? ERR_OK : ERR_PROOF);
    }
    tr[0]->publics[9] ^= 1;
    err = system_verify_key(p, &key[0]->verify, tr[0]->publics, proof[0].data, proof[0].len, NULL);
    ck_assert_int_eq(err, ERR_PROOF);
    for (uint32_t k = 0; k < 2; k++) {
        proving_key_free(key[k]);
        ir_trace_free(tr[k]);
        bytes_buf_deinit(&proof[k]);
        fx_deinit(&f[k]);
    }
    program_free(p);
}

START_TEST(a_program_is_its_key_with_poseidon)
{
    proofs_and_keys(true);
}
END_TEST

START_TEST(a_program_is_its_key_with_keccak)
{
    proofs_and_keys(false);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recursion machine: proofs");
    TCase *t = tcase_create("proofs");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_program_is_its_key_with_poseidon);
    tcase_add_test(t, a_program_is_its_key_with_keccak);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

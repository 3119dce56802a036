/* Proofs of systems with preprocessed columns: the values are the key's, whatever a prover says. Linked
 * with a verifier whose checks can be switched off (system_parts.h). */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/prove/system_prove.h"
#include "prover/verify/system_parts.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy_pre.h"

int verify_mutant; /* the hook of system_parts.h; 0 = all checks stand */

static const struct toy_pre_shape small_shape = {3, 2, 1, 3, 2, 2};

/* Chunk shapes: powers of two and not, g wider and narrower than f, all heights mixed. */
static const struct {
    struct toy_pre_shape shape;
    uint32_t m, lanes, k0;
} shapes[] = {
    {{3, 2, 1, 3, 2, 2}, 10, 3, 3},    /* far below the least size */
    {{6, 5, 0, 37, 4, 5}, 10, 3, 3},   /* a row of 37 weights */
    {{8, 3, 4, 1, 5, 64}, 12, 3, 3},   /* g and f of about the same size */
    {{4, 2, 3, 5, 9, 10}, 13, 3, 5},   /* g on an eighth of the lanes */
    {{8, 9, 6, 21, 9, 9}, 13, 5, 5},   /* g fills 2^12: more than half of f */
    {{8, 6, 2, 64, 9, 33}, 15, 3, 5}, /* 6 x 2^8 + 3 x 2^6 + 64 x 2^2 < 2^13 cells */
};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

struct proved {
    struct toy_pre y;
    struct program *p;
    struct proving_key *key;
    struct bytes_buf proof;
};

static struct program *test_program(const struct ir_system *s, enum proof_profile profile)
{
    struct program *p;
    ck_assert_int_eq(profile == PROFILE_POSEIDON ? program_new_test_poseidon(s, &p)
                                                 : program_new_test(s, &p),
                     ERR_OK);
    return p;
}

static struct proved prove(const struct toy_pre_shape *shape, uint32_t seed,
                           enum proof_profile profile)
{
    struct proved v = {.key = NULL};
    char text[512];
    toy_pre_init(&v.y, shape, seed);
    ck_assert_msg(ir_mock_check(v.y.tr, text, sizeof text) == ERR_OK, "%s", text);
    ck_assert_msg(ir_lint(v.y.s, NULL, 0, text, sizeof text) == 0, "%s", text);
    v.p = test_program(v.y.s, profile);
    ck_assert_int_eq(proving_key_new(v.p, v.y.pre, 0, &v.key), ERR_OK);
    bytes_buf_init(&v.proof, 1u << 24);
    ck_assert_int_eq(system_prove_key(v.p, v.key, v.y.tr, &v.proof, NULL), ERR_OK);
    ck_assert_uint_eq(v.proof.len, v.p->proof_len);
    return v;
}

static void proved_free(struct proved *v)
{
    bytes_buf_deinit(&v->proof);
    proving_key_free(v->key);
    program_free(v->p);
    toy_pre_free(&v->y);
}

static enum verify_check refused_by(const struct proved *v, const struct program_key *key)
{
    struct verify_report r = {0};
    enum err err = system_verify_key(v->p, key, v->y.tr->publics, v->proof.data, v->proof.len, &r);
    ck_assert_int_eq(err == ERR_OK, r.failed == VERIFY_NONE);
    return r.failed;
}

/* A new proof with this key and the trace as it stands. */
static enum verify_check prove_again(struct proved *v, const struct proving_key *key)
{
    bytes_buf_deinit(&v->proof);
    bytes_buf_init(&v->proof, 1u << 24);
    ck_assert_int_eq(system_prove_key(v->p, key, v->y.tr, &v->proof, NULL), ERR_OK);
    return refused_by(v, &v->key->verify);
}

START_TEST(honest_proofs_of_every_shape_are_accepted)
{
    const enum proof_profile profile = (enum proof_profile)(_i / N_SHAPES);
    const int i = _i % N_SHAPES;
    struct proved v = prove(&shapes[i].shape, 7, profile);
    ck_assert_uint_eq(v.p->log_stack, shapes[i].m);
    ck_assert_uint_eq(v.p->params.n_vars, shapes[i].m + 1);
    ck_assert_uint_eq(v.p->params.pre, shapes[i].lanes + 1);
    ck_assert_uint_eq(v.p->log_pre, shapes[i].m - shapes[i].k0 + shapes[i].lanes);
    enum verify_check c = refused_by(&v, &v.key->verify);
    ck_assert_msg(c == VERIFY_NONE, "shape %d: %s", i, verify_check_name(c));
    proved_free(&v);
}
END_TEST

START_TEST(key_and_proof_depend_on_neither_threads_nor_instructions)
{
    for (int k = 3; k <= 4; k++) {
        struct proved v = prove(&shapes[k].shape, 3, (enum proof_profile)_i);
        for (unsigned threads = 1; threads <= 3; threads += 2)
            for (int isa = 0; isa < KBV_N_ISA; isa++) {
                if (kbv_ops_for((enum kbv_isa)isa) == NULL) continue;
                struct parallel *pool = parallel_new(threads);
                struct prove_env env = prove_env_isa((enum kbv_isa)isa, pool);
                struct proving_key *key;
                ck_assert_int_eq(proving_key_new_env(v.p, v.y.pre, &env, &key), ERR_OK);
                ck_assert_uint_eq(key->verify.len, v.key->verify.len);
                ck_assert_mem_eq(key->verify.cap, v.key->verify.cap, key->verify.len);
                proving_key_free(key);
                parallel_free(pool);
            }
        for (unsigned n = 0; n < 4; n++) {
            struct bytes_buf again;
            bytes_buf_init(&again, 1u << 24);
            struct prove_report r = {.threads = 1 + n % 2 * 2, .portable = n >= 2};
            ck_assert_int_eq(system_prove_key(v.p, v.key, v.y.tr, &again, &r), ERR_OK);
            ck_assert_uint_eq(again.len, v.proof.len);
            ck_assert_mem_eq(again.data, v.proof.data, again.len);
            bytes_buf_deinit(&again);
        }
        proved_free(&v);
    }
}
END_TEST

/* Proofs at the same time share a key, which nobody writes. */
struct side_by_side {
    const struct proved *v;
    struct bytes_buf proof;
    enum err err;
};

static void *prove_beside(void *ctx)
{
    struct side_by_side *s = ctx;
    struct prove_report r = {.threads = 1};
    s->err = system_prove_key(s->v->p, s->v->key, s->v->y.tr, &s->proof, &r);
    return NULL;
}

START_TEST(proofs_at_the_same_time_share_a_key)
{
    enum { PROOFS = 3 };
    struct proved v = prove(&shapes[1].shape, 5, PROFILE_POSEIDON);
    struct side_by_side s[PROOFS];
    pthread_t threads[PROOFS];
    for (int i = 0; i < PROOFS; i++) {
        s[i].v = &v;
        bytes_buf_init(&s[i].proof, 1u << 24);
        ck_assert_int_eq(pthread_create(&threads[i], NULL, prove_beside, &s[i]), 0);
    }
    for (int i = 0; i < PROOFS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(s[i].err, ERR_OK);
        ck_assert_uint_eq(s[i].proof.len, v.proof.len);
        ck_assert_mem_eq(s[i].proof.data, v.proof.data, v.proof.len);
        bytes_buf_deinit(&s[i].proof);
    }
    proved_free(&v);
}
END_TEST

/* Two programs of one shape: equal ids, different keys, and each proof is for one of them. */
START_TEST(a_proof_is_for_its_key_alone)
{
    const enum proof_profile profile = (enum proof_profile)_i;
    struct proved a = prove(&shapes[1].shape, 1, profile), b = prove(&shapes[1].shape, 2, profile);
    uint8_t id_a[32], id_b[32];
    ck_assert_mem_eq(a.p->id, b.p->id, 32);
    program_key_id(a.p, &a.key->verify, id_a);
    program_key_id(b.p, &b.key->verify, id_b);
    ck_assert_mem_ne(id_a, id_b, 32);
    ck_assert_int_eq(refused_by(&a, &a.key->verify), VERIFY_NONE);
    ck_assert_int_eq(refused_by(&b, &b.key->verify), VERIFY_NONE);
    ck_assert_int_ne(refused_by(&a, &b.key->verify), VERIFY_NONE);
    ck_assert_int_ne(refused_by(&b, &a.key->verify), VERIFY_NONE);
    proved_free(&a);
    proved_free(&b);
}
END_TEST

START_TEST(every_digest_of_the_key_is_in_the_transcript)
{
    struct proved v = prove(&small_shape, 1, PROFILE_KECCAK);
    struct program_key key = v.key->verify;
    ck_assert_uint_eq(key.len, 64);
    for (size_t i = 0; i < key.len; i++) {
        key.cap[i] ^= 1;
        ck_assert_int_ne(refused_by(&v, &key), VERIFY_NONE);
        key.cap[i] ^= 1;
    }
    ck_assert_int_eq(refused_by(&v, &key), VERIFY_NONE);
    proved_free(&v);
}
END_TEST

/* One cell of the key changed: another key; the proof of the trace with it is refused by either. */
START_TEST(every_preprocessed_cell_is_bound_by_the_key)
{
    const enum proof_profile profile = (enum proof_profile)_i;
    struct proved v = prove(&small_shape, 1, profile);
    uint32_t n = 0;
    for (uint32_t t = 0; t < TOY_PRE_TABLES; t++)
        for (uint32_t c = 0; c < v.y.s->tables[t]->n_pre; c++)
            for (uint32_t row = 0; row < 1u << v.y.s->tables[t]->log_height; row++) {
                uint32_t *cell = &v.y.values[t][c][row], old = *cell;
                struct proving_key *other;
                if (profile == PROFILE_POSEIDON && n++ % 9 != 0) continue; /* time */
                *cell = (old + 1) % IR_P;
                char text[256];
                const bool still_true = ir_mock_check(v.y.tr, text, sizeof text) == ERR_OK;
                ck_assert_int_eq(proving_key_new(v.p, v.y.pre, 1, &other), ERR_OK);
                ck_assert_mem_ne(other->verify.cap, v.key->verify.cap, other->verify.len);
                ck_assert_int_ne(prove_again(&v, other), VERIFY_NONE);
                const enum verify_check c2 = refused_by(&v, &other->verify);
                ck_assert_int_eq(c2 == VERIFY_NONE, still_true);
                proving_key_free(other);
                *cell = old;
            }
    ck_assert_int_eq(prove_again(&v, v.key), VERIFY_NONE);
    proved_free(&v);
}
END_TEST

/* The prover reads other values than those its tree was made of: a claim about g is false. */
START_TEST(values_that_are_not_the_keys_are_refused_by_the_opening)
{
    for (int i = 0; i < 2; i++) {
        struct proved v = prove(i == 0 ? &small_shape : &shapes[3].shape, 5, PROFILE_KECCAK);
        kb *cell = NULL;
        /* a cell nobody reads, so that constraints and messages stay true: "k" of a row that is off */
        for (uint32_t k = 0; k < v.p->n_pre_chunks; k++) {
            const struct program_chunk *c = &v.p->pre_chunks[k];
            if (c->table != TOY_PRE_OPS || c->first_column > 5 ||
                c->first_column + (1u << c->log_columns) <= 5)
                continue;
            cell =
                v.key->cells + c->offset + ((size_t)(5 - c->first_column + 1) << c->log_height) - 1;
        }
        ck_assert_ptr_nonnull(cell);
        *cell = kb_add(*cell, kb_one);
        ck_assert_int_eq(prove_again(&v, v.key), VERIFY_OPENING);
        *cell = kb_sub(*cell, kb_one);
        ck_assert_int_eq(prove_again(&v, v.key), VERIFY_NONE);
        proved_free(&v);
    }
}
END_TEST

START_TEST(proofs_of_false_traces_are_refused)
{
    struct proved v = prove(&small_shape, 4, PROFILE_KECCAK);
    for (uint32_t t = 0; t < TOY_PRE_TABLES; t++)
        for (uint32_t c = 0; c < v.y.s->tables[t]->n_columns; c++)
            for (uint32_t row = 0; row < 1u << v.y.s->tables[t]->log_height; row++) {
                uint32_t *cell = &v.y.tr->tables[t].columns[c][row], old = *cell;
                char text[256];
                *cell = (old + 1) % IR_P;
                const bool free_cell = ir_mock_check(v.y.tr, text, sizeof text) == ERR_OK;
                enum verify_check check = prove_again(&v, v.key);
                ck_assert_msg((check == VERIFY_NONE) == free_cell, "table %u column %u row %u: %s",
                              (unsigned)t, (unsigned)c, (unsigned)row, verify_check_name(check));
                *cell = old;
            }
    v.y.tr->publics[0] ^= 1;
    ck_assert_int_eq(prove_again(&v, v.key), VERIFY_BALANCE);
    proved_free(&v);
}
END_TEST

/* ---- damage ---- */

static size_t section_at(const struct program *p, enum program_section section)
{
    size_t at = 0;
    for (int k = 0; k < (int)section; k++)
        at += program_section_len(p, (enum program_section)k);
    return at;
}

START_TEST(every_flipped_byte_is_refused)
{
    struct proved v = prove(&small_shape, 6, (enum proof_profile)_i);
    ck_assert_uint_le(v.proof.len, 8000);
    /* in the slower profile a few bytes of each element */
    for (size_t i = 0; i < v.proof.len; i += _i == PROFILE_POSEIDON ? 7 : 1) {
        v.proof.data[i] ^= (uint8_t)(1 << i % 8);
        ck_assert_msg(refused_by(&v, &v.key->verify) != VERIFY_NONE, "byte %zu", i);
        v.proof.data[i] ^= (uint8_t)(1 << i % 8);
    }
    ck_assert_int_eq(refused_by(&v, &v.key->verify), VERIFY_NONE);
    proved_free(&v);
}
END_TEST

/* A false claim about any column, preprocessed or not, is refused by the constraints; without that
 * check by the opening; without both by nothing: neither is idle. */
START_TEST(false_column_claims_need_both_checks)
{
    struct proved v = prove(&small_shape, 6, PROFILE_KECCAK);
    const size_t at = section_at(v.p, SECTION_COLUMNS);
    for (uint32_t c = 0; c < v.p->n_columns; c++) {
        uint8_t *byte = v.proof.data + at + c * KB5_BYTES + 19;
        *byte ^= 1;
        verify_mutant = VERIFY_NONE;
        ck_assert_int_ne(refused_by(&v, &v.key->verify), VERIFY_NONE);
        verify_mutant = VERIFY_CONSTRAINTS;
        ck_assert_int_eq(refused_by(&v, &v.key->verify), VERIFY_OPENING);
        verify_mutant = -1;
        ck_assert_int_eq(refused_by(&v, &v.key->verify), VERIFY_NONE);
        verify_mutant = VERIFY_NONE;
        *byte ^= 1;
    }
    proved_free(&v);
}
END_TEST

START_TEST(the_opening_is_all_that_binds_the_key_after_the_transcript)
{
    struct proved v = prove(&small_shape, 6, PROFILE_KECCAK);
    v.proof.data[v.proof.len - 1] ^= 1;
    ck_assert_int_eq(refused_by(&v, &v.key->verify), VERIFY_OPENING);
    verify_mutant = VERIFY_OPENING;
    /* unread bytes remain, so another check takes its place */
    ck_assert_int_ne(refused_by(&v, &v.key->verify), VERIFY_OPENING);
    verify_mutant = VERIFY_NONE;
    proved_free(&v);
}
END_TEST

/* ---- layout ---- */

struct seen {
    kb5 point[IR_MAX_LOG_HEIGHT];
    size_t n;
};

static void see_value(void *ctx, const char *label, const kb5 *v, size_t n)
{
    struct seen *s = ctx;
    if (strcmp(label, "zero.point") != 0) return;
    memcpy(s->point, v, n * sizeof *v);
    s->n = n;
}

/* The multilinear value of a column by the definition. */
static kb5 column_at(const uint32_t *column, const kb5 *y, uint32_t h)
{
    kb5 sum = kb5_zero();
    for (uint32_t row = 0; row < 1u << h; row++)
        sum = kb5_add(sum, kb5_mul_base(eq_bits(row, y, h), kb_from_u32(column[row])));
    return sum;
}

START_TEST(column_values_are_in_the_order_of_the_text)
{
    struct proved v = prove(&shapes[1].shape, 8, PROFILE_KECCAK);
    struct seen seen = {.n = 0};
    struct verify_report r = {.value = see_value, .ctx = &seen};
    ck_assert_int_eq(
        system_verify_key(v.p, &v.key->verify, v.y.tr->publics, v.proof.data, v.proof.len, &r),
        ERR_OK);
    ck_assert_uint_eq(seen.n, v.p->log_height);
    const uint8_t *at = v.proof.data + section_at(v.p, SECTION_COLUMNS);
    for (uint32_t t = 0; t < TOY_PRE_TABLES; t++) {
        const struct ir_table *table = v.y.s->tables[t];
        const kb5 *y = seen.point + (v.p->log_height - table->log_height);
        for (uint32_t c = 0; c < table->n_columns + table->n_pre; c++, at += KB5_BYTES) {
            const uint32_t *column = c < table->n_columns ? v.y.tr->tables[t].columns[c]
                                                          : v.y.values[t][c - table->n_columns];
            kb5 said;
            ck_assert(kb5_from_bytes(&said, at));
            ck_assert_msg(kb5_eq(said, column_at(column, y, table->log_height)),
                          "table %u column %u", (unsigned)t, (unsigned)c);
        }
    }
    proved_free(&v);
}
END_TEST

START_TEST(chunks_of_both_polynomials_follow_the_text)
{
    struct toy_pre y;
    toy_pre_init(&y, &shapes[1].shape, 1);
    struct program *p = test_program(y.s, PROFILE_KECCAK);
    /* ops 2^6 x (4+2), rom 2^5 x (2+1), wide 2^0 x (32+4+1) */
    const uint32_t want[7][4] = {{0, 0, 2, 6}, {0, 4, 1, 6},  {1, 0, 1, 5}, {1, 2, 0, 5},
                                 {2, 0, 5, 0}, {2, 32, 2, 0}, {2, 36, 0, 0}};
    ck_assert_uint_eq(p->n_pre_chunks, 7);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < 7; i++) {
        const struct program_chunk *k = &p->pre_chunks[i];
        ck_assert_uint_eq(k->table, want[i][0]);
        ck_assert_uint_eq(k->first_column, want[i][1]);
        ck_assert_uint_eq(k->log_columns, want[i][2]);
        ck_assert_uint_eq(k->log_height, want[i][3]);
        ck_assert_uint_eq(k->offset, offset);
        offset += 1u << (k->log_columns + k->log_height);
    }
    ck_assert_uint_eq(p->pre_cells, offset);
    ck_assert_uint_eq(p->n_columns, 3 + 6 + 3 + 1 + 37 + 5);
    ck_assert_uint_eq(p->log_columns, 5); /* the widest chunk is one of g's */
    const struct soundness_input in = program_soundness(p);
    ck_assert_uint_eq(in.n_claims, p->n_chunks + 7);
    program_free(p);
    toy_pre_free(&y);
}
END_TEST

/* ---- what is no program, no key ---- */

START_TEST(parameters_and_columns_must_agree)
{
    struct toy_pre y;
    struct whir_params params;
    struct program *p = NULL;
    toy_pre_init(&y, &shapes[4].shape, 1);
    ck_assert_int_eq(whir_params_test(13, &params), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(y.s, &params, &p), ERR_ARG); /* no key */
    ck_assert_int_eq(whir_params_add_pre(&params, 3, 0), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(y.s, &params, &p), ERR_ARG); /* g needs 5 */
    toy_pre_free(&y);
    toy_pre_init(&y, &small_shape, 1);
    ck_assert_int_eq(whir_params_test(13, &params), ERR_OK);
    ck_assert_int_eq(whir_params_add_pre(&params, 5, 0), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(y.s, &params, &p), ERR_ARG); /* 3 are enough */
    struct ir_system *plain = ir_system_new("plain", 1, 0);
    struct ir_table *t = ir_table_new(plain, "t", 2);
    ir_assert_zero(t, ir_col(t, ir_column(t, "c")), "zero");
    ir_system_finish(plain);
    ck_assert_int_eq(whir_params_test(10, &params), ERR_OK);
    ck_assert_int_eq(whir_params_add_pre(&params, 3, 0), ERR_OK);
    ck_assert_int_eq(program_new_untargeted(plain, &params, &p), ERR_ARG); /* nothing to commit */
    ck_assert_int_eq(whir_params_test(10, &params), ERR_OK);
    ck_assert_int_eq(program_params_add_pre(plain, &params, 1), ERR_OK);
    ck_assert_uint_eq(params.pre, 0);
    ir_system_free(plain);
    toy_pre_free(&y);
}
END_TEST

/* A table whose g does not fit beside f: f has 2^10 cells at least, g 2^11. */
START_TEST(more_preprocessed_cells_than_f_has_room_for_are_refused)
{
    struct toy_pre y;
    struct whir_params params;
    struct toy_pre_shape shape = {3, 2, 3, 240, 2, 2};
    toy_pre_init(&y, &shape, 1);
    ck_assert_int_eq(whir_params_test(10, &params), ERR_OK);
    ck_assert_int_eq(program_params_add_pre(y.s, &params, 1), ERR_ARG);
    ck_assert_int_eq(whir_params_test(11, &params), ERR_OK);
    ck_assert_int_eq(program_params_add_pre(y.s, &params, 1), ERR_OK);
    toy_pre_free(&y);
}
END_TEST

START_TEST(keys_have_their_length_and_canonical_values)
{
    struct toy_pre y;
    struct proving_key *key = NULL;
    struct program_key verify;
    uint8_t cap[64] = {0};
    toy_pre_init(&y, &small_shape, 1);
    struct program *p = test_program(y.s, PROFILE_KECCAK);
    ck_assert_uint_eq(program_key_len(p), 64);
    ck_assert_int_eq(program_key_set(p, cap, 64, &verify), ERR_OK);
    ck_assert_int_eq(program_key_set(p, cap, 32, &verify), ERR_ARG);
    ck_assert_int_eq(program_key_set(p, cap, 0, &verify), ERR_ARG);
    y.values[TOY_PRE_WIDE][1][0] += IR_P;
    ck_assert_int_eq(proving_key_new(p, y.pre, 1, &key), ERR_RANGE);
    y.values[TOY_PRE_WIDE][1][0] -= IR_P;
    program_free(p);
    p = test_program(y.s, PROFILE_POSEIDON);
    ck_assert_uint_eq(program_key_len(p), 32);
    ck_assert_int_eq(program_key_set(p, cap, 32, &verify), ERR_OK);
    memset(cap + 28, 0xff, 4); /* not below p */
    ck_assert_int_eq(program_key_set(p, cap, 32, &verify), ERR_ARG);
    program_free(p);
    toy_pre_free(&y);
}
END_TEST

START_TEST(preprocessed_multiplicities_stay_below_p)
{
    struct toy_pre y;
    struct proving_key *key = NULL;
    toy_pre_init(&y, &small_shape, 1);
    struct program *p = test_program(y.s, PROFILE_KECCAK);
    uint32_t *reads = y.values[TOY_PRE_ROM][2], sum = 1; /* the public message */
    for (uint32_t i = 0; i < 8; i++)
        sum += y.values[TOY_PRE_OPS][4][i] + 2 * y.values[TOY_PRE_OPS][3][i];
    for (uint32_t i = 0; i < 4; i++)
        sum += reads[i];
    const uint32_t old = reads[0], other = reads[1];
    /* two halves of what is left below p, as integers in -p/2 .. p/2 */
    const uint32_t room = IR_P - 1 - (sum - old - other);
    reads[0] = room / 2;
    reads[1] = IR_P - (room - room / 2); /* negative */
    ck_assert_int_eq(proving_key_new(p, y.pre, 1, &key), ERR_OK);
    proving_key_free(key);
    reads[1]--;
    ck_assert_int_eq(proving_key_new(p, y.pre, 1, &key), ERR_TOO_LARGE);
    program_free(p);
    toy_pre_free(&y);
}
END_TEST

/* The full parameters once: the product's constructor picks lanes and cap itself. */
START_TEST(proof_with_the_l1_parameters_is_accepted)
{
    struct proved v = {.key = NULL};
    toy_pre_init(&v.y, &small_shape, 9);
    ck_assert_int_eq(program_new_l1(v.y.s, &v.p), ERR_OK);
    ck_assert_int_eq(proving_key_new(v.p, v.y.pre, 0, &v.key), ERR_OK);
    bytes_buf_init(&v.proof, 1u << 24);
    ck_assert_int_eq(system_prove_key(v.p, v.key, v.y.tr, &v.proof, NULL), ERR_OK);
    ck_assert_int_eq(refused_by(&v, &v.key->verify), VERIFY_NONE);
    v.proof.data[v.proof.len / 2] ^= 4;
    ck_assert_int_ne(refused_by(&v, &v.key->verify), VERIFY_NONE);
    proved_free(&v);
}
END_TEST

int main(void)
{
    enum { PROFILES = 2 };
    Suite *suite = suite_create("prover/pre");
    TCase *tc = tcase_create("pre");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, honest_proofs_of_every_shape_are_accepted, 0, PROFILES * N_SHAPES);
    tcase_add_loop_test(tc, key_and_proof_depend_on_neither_threads_nor_instructions, 0, PROFILES);
    tcase_add_test(tc, proofs_at_the_same_time_share_a_key);
    tcase_add_loop_test(tc, a_proof_is_for_its_key_alone, 0, PROFILES);
    tcase_add_test(tc, every_digest_of_the_key_is_in_the_transcript);
    tcase_add_loop_test(tc, every_preprocessed_cell_is_bound_by_the_key, 0, PROFILES);
    tcase_add_test(tc, values_that_are_not_the_keys_are_refused_by_the_opening);
    tcase_add_test(tc, proofs_of_false_traces_are_refused);
    tcase_add_loop_test(tc, every_flipped_byte_is_refused, 0, PROFILES);
    tcase_add_test(tc, false_column_claims_need_both_checks);
    tcase_add_test(tc, the_opening_is_all_that_binds_the_key_after_the_transcript);
    tcase_add_test(tc, column_values_are_in_the_order_of_the_text);
    tcase_add_test(tc, chunks_of_both_polynomials_follow_the_text);
    tcase_add_test(tc, parameters_and_columns_must_agree);
    tcase_add_test(tc, more_preprocessed_cells_than_f_has_room_for_are_refused);
    tcase_add_test(tc, keys_have_their_length_and_canonical_values);
    tcase_add_test(tc, preprocessed_multiplicities_stay_below_p);
    tcase_add_test(tc, proof_with_the_l1_parameters_is_accepted);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

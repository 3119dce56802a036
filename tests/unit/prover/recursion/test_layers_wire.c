/* The product's layers as bytes and as constants of the build. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/layers/keys.h"
#include "prover/recursion/layers.h"

/* A proof of the right length that proves nothing. */
static void hollow(enum layer layer, struct layer_proof *p)
{
    const struct program *program = layer_program(layer);
    layer_proof_init(p, layer);
    p->n_publics = program->system->n_public;
    for (uint32_t i = 0; i < p->n_publics; i++)
        p->publics[i] = IR_P - 1 - i;
    ck_assert_int_eq(bytes_buf_append_zeros(&p->proof, program->proof_len), ERR_OK);
}

static void refused(const uint8_t *data, size_t len)
{
    struct layer_proof p;
    ck_assert_int_eq(layer_proof_decode(&p, data, len), ERR_PARSE);
    layer_proof_deinit(&p);
}

START_TEST(every_layer_reads_what_it_writes_and_nothing_else)
{
    for (int k = 0; k < LAYER_COUNT; k++) {
        struct layer_proof p, q;
        struct bytes_buf wire;
        hollow((enum layer)k, &p);
        bytes_buf_init(&wire, 1u << 22);
        ck_assert_int_eq(layer_proof_encode(&p, &wire), ERR_OK);
        ck_assert_uint_eq(wire.len, layer_proof_wire_len((enum layer)k));
        ck_assert_int_eq(layer_proof_decode(&q, wire.data, wire.len), ERR_OK);
        ck_assert_int_eq(q.layer, p.layer);
        ck_assert_uint_eq(q.n_publics, p.n_publics);
        ck_assert_mem_eq(q.publics, p.publics, p.n_publics * sizeof *p.publics);
        ck_assert_uint_eq(q.proof.len, p.proof.len);
        /* hollow proofs convince nobody */
        ck_assert_int_eq(layer_verify(&q, NULL), ERR_PROOF);
        layer_proof_deinit(&q);
        const size_t lens[] = {0, 1, 2, 3, 4, 3 + 4 * p.n_publics, wire.len / 2, wire.len - 1};
        for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
            refused(wire.data, lens[i]);
        ck_assert_int_eq(bytes_buf_append_u8(&wire, 0), ERR_OK);
        refused(wire.data, wire.len);
        wire.data[2] ^= 1; /* the number of publics */
        refused(wire.data, wire.len - 1);
        wire.data[2] ^= 1;
        memset(wire.data + 3, 0xff, 4); /* a public value */
        refused(wire.data, wire.len - 1);
        for (uint32_t layer = 0; layer < 256; layer++) {
            wire.data[0] = (uint8_t)layer;
            refused(wire.data, wire.len - 1);
        }
        bytes_buf_deinit(&wire);
        layer_proof_deinit(&p);
    }
}
END_TEST

START_TEST(children_are_those_of_the_specification)
{
    /* recursion.md section 4, by hand */
#define FACTS "lift1 lift2 lift-large lift-blob lift-large-blob pair pair-large facts;"
    static const char *const want[LAYER_COUNT] = {
        [LAYER_LIFT1] = "leaf;",
        [LAYER_LIFT2] = "leaf;leaf;",
        [LAYER_LIFT_LARGE] = "leaf-large;",
        [LAYER_PAIR] = "pairing;",
        [LAYER_PAIR_LARGE] = "pairing-large;",
        [LAYER_LIFT_BLOB] = "leaf-blob;",
        [LAYER_LIFT_LARGE_BLOB] = "leaf-large-blob;",
        [LAYER_FACTS] = FACTS FACTS,
        [LAYER_JOIN_BATCH] = FACTS "batch;",
        [LAYER_RANGE] = "join-batch range;join-batch range;",
        [LAYER_SHRINK] = "join-batch range;",
        [LAYER_TERMINAL] = "shrink;"};
#undef FACTS
    for (int k = 0; k < LAYER_COUNT; k++) {
        char got[256] = "";
        size_t at = 0;
        for (uint32_t i = 0; i < LAYER_CHILDREN_MAX + 1; i++) {
            const size_t before = at;
            for (int c = 0; c < LAYER_COUNT; c++)
                if (layer_takes((enum layer)k, i, (enum layer)c))
                    at += (size_t)snprintf(got + at, sizeof got - at, "%s%s",
                                           at > before ? " " : "", layer_name((enum layer)c));
            ck_assert_int_eq(at > before, i < layer_children((enum layer)k));
            if (at > before) at += (size_t)snprintf(got + at, sizeof got - at, ";");
        }
        ck_assert_str_eq(got, want[k] == NULL ? "" : want[k]);
    }
}
END_TEST

START_TEST(keys_are_of_their_programs_and_all_different)
{
    uint32_t root[8];
    for (int k = 0; k < LAYER_COUNT; k++) {
        const struct program_key *key = layer_key((enum layer)k);
        ck_assert_uint_eq(key == NULL ? 0 : key->len,
                          program_key_len(layer_program((enum layer)k)));
        for (int j = LAYER_LIFT1; j < k; j++)
            ck_assert(memcmp(layer_key((enum layer)j)->cap, key->cap, 32) != 0);
    }
    family_keys_root(&LAYER_KEYS, root);
    ck_assert_mem_eq(root, layer_keys_root(), sizeof root);
}
END_TEST

/* 128 bits for each layer and so for the recursion: program_new asks the calculator; here it is said. */
START_TEST(every_layer_claims_128_bits)
{
    for (int k = 0; k < LAYER_COUNT; k++) {
        const struct program *p = layer_program((enum layer)k);
        const struct soundness_input in = program_soundness(p);
        struct soundness_report r;
        ck_assert_uint_eq(p->params.target_bits, 128);
        ck_assert_int_eq(soundness_check(&in, &r), ERR_OK);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prover/recursion/wire");
    TCase *tc = tcase_create("wire");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, every_layer_reads_what_it_writes_and_nothing_else);
    tcase_add_test(tc, children_are_those_of_the_specification);
    tcase_add_test(tc, keys_are_of_their_programs_and_all_different);
    tcase_add_test(tc, every_layer_claims_128_bits);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* gen_vectors DIR: writes into DIR the verifier contracts of the toy programs and, for each, proofs,
 * public values, the states of the C verifier's transcript and the layout of the proof. Used by
 * tests/integration/verifier/run.sh. */
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/checks.h"
#include "tests/integration/verifier/files.h"
#include "tests/unit/prover/solgen/toys.h"

enum { RANDOM_TOYS = 6, PART_BYTES = 3500 /* several parts even of a toy */ };

static const struct contract_options split = {.part_bytes = PART_BYTES},
                                     traced = {.part_bytes = PART_BYTES, .trace = true};

static struct program *program_with(const struct ir_system *s, const struct whir_params *params)
{
    struct program *p;
    enum err err = program_new(s, params, &p);
    REQUIRE(err == ERR_OK);
    return p;
}

/* The small test parameters, with grinding at every place and two OOD samples here and there. */
static struct program *grinding_program(const struct ir_system *s)
{
    struct program *p;
    enum err err = program_new_test(s, &p);
    REQUIRE(err == ERR_OK);
    struct whir_params params = p->params;
    program_free(p);
    params.logup_grind = 3;
    params.rounds[0].query_grind = 5;
    params.rounds[0].fold_grind = 2;
    params.rounds[1].ood = 2;
    params.rounds[1].query_grind = 4;
    params.rounds[2].query_grind = 1;
    params.rounds[2].fold_grind = 1;
    err = program_new_untargeted(s, &params, &p);
    REQUIRE(err == ERR_OK);
    return p;
}

static void write_random(const char *dir, uint32_t i)
{
    char name[32], text[512];
    struct toy toy = toy_random(1000 + i);
    enum err err = ir_mock_check(toy.trace, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "gen_vectors: %s\n", text);
    REQUIRE(err == ERR_OK);
    struct program *p;
    err = program_new_test(toy.system, &p);
    REQUIRE(err == ERR_OK);
    snprintf(name, sizeof name, "ToyRandom%u", i);
    write_contract(dir, p, name, split);
    snprintf(name, sizeof name, "random%u", i);
    write_proof(dir, name, p, NULL, toy.trace);
    program_free(p);
    toy_free(&toy);
}

/* Preprocessed columns: under the small parameters and under those of L1; and with another key. */
static void write_pre(const char *dir)
{
    struct toy toy[2] = {toy_pre(1), toy_pre(2)};
    struct program *p;
    struct proving_key *key, *other;
    char text[512];
    enum err err = ir_mock_check(toy[0].trace, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "gen_vectors: %s\n", text);
    REQUIRE(err == ERR_OK);
    for (int l1 = 0; l1 < 2; l1++) {
        err = l1 ? program_new_l1(toy[0].system, &p) : program_new_test(toy[0].system, &p);
        REQUIRE(err == ERR_OK);
        err = proving_key_new(p, toy[0].pre, 0, &key);
        REQUIRE(err == ERR_OK);
        struct contract_options o = {.part_bytes = PART_BYTES, .key = &key->verify};
        write_contract(dir, p, l1 ? "PreL1" : "Pre", o);
        o.trace = true;
        write_contract(dir, p, l1 ? "PreL1Trace" : "PreTrace", o);
        o.trace = false;
        write_proof(dir, l1 ? "prel1" : "pre0", p, key, toy[0].trace);
        if (l1 == 0) {
            struct program *same;
            err = program_new_test(toy[1].system, &same);
            REQUIRE(err == ERR_OK);
            err = proving_key_new(same, toy[1].pre, 0, &other);
            REQUIRE(err == ERR_OK);
            write_proof(dir, "pre1", same, other, toy[1].trace);
            proving_key_free(other);
            program_free(same);
            o.disabled = "MerklePath";
            write_contract(dir, p, "PreNoMerklePath", o);
            /* all tables the same but for one value that no constraint looks at */
            uint32_t *cell = (uint32_t *)toy[0].pre[0][4];
            cell[3] ^= 1;
            err = proving_key_new(p, toy[0].pre, 0, &other);
            REQUIRE(err == ERR_OK);
            cell[3] ^= 1;
            write_contract(dir, p, "PreOther",
                           (struct contract_options){.part_bytes = PART_BYTES, .key = &other->verify});
            write_proof(dir, "preother", p, other, toy[0].trace);
            proving_key_free(other);
        }
        proving_key_free(key);
        program_free(p);
    }
    toy_free(&toy[0]);
    toy_free(&toy[1]);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    const char *dir = argv[1];
    struct toy toy[3];
    for (uint32_t i = 0; i < 3; i++) {
        char text[512];
        toy[i] = toy_mixed(i + 1);
        enum err err = ir_mock_check(toy[i].trace, text, sizeof text);
        if (err != ERR_OK) {
            fprintf(stderr, "gen_vectors: %s\n", text);
            return 1;
        }
    }
    struct program *p = grinding_program(toy[0].system);
    write_contract(dir, p, "Toy", split);
    write_contract(dir, p, "ToyTrace", traced);
    for (size_t i = 0; solgen_errors[i] != NULL; i++) {
        char name[64];
        snprintf(name, sizeof name, "ToyNo%s", solgen_errors[i]);
        write_contract(
            dir, p, name,
            (struct contract_options){.part_bytes = PART_BYTES, .disabled = solgen_errors[i]});
    }
    for (uint32_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "toy%u", i);
        struct program *same = grinding_program(toy[i].system);
        REQUIRE(memcmp(same->id, p->id, sizeof p->id) == 0);
        write_proof(dir, name, same, NULL, toy[i].trace);
        program_free(same);
    }
    program_free(p);

    struct whir_params params;
    enum err err = program_new_l1(toy[0].system, &p);
    REQUIRE(err == ERR_OK);
    write_contract(dir, p, "ToyL1", split);
    write_contract(dir, p, "ToyL1Trace", traced);
    write_proof(dir, "toyl1", p, NULL, toy[0].trace);
    program_free(p);
    err = whir_params_unique(18, &params);
    REQUIRE(err == ERR_OK);
    p = program_with(toy[0].system, &params);
    write_contract(dir, p, "ToyUnique", split);
    write_proof(dir, "toyunique", p, NULL, toy[0].trace);
    program_free(p);
    for (uint32_t i = 0; i < 3; i++)
        toy_free(&toy[i]);
    for (uint32_t i = 0; i < RANDOM_TOYS; i++)
        write_random(dir, i);
    write_pre(dir);
    return 0;
}

/* gen_machine DIR: the verifier of the product's terminal program with the key of another, small program
 * of its shape (the six public words are constants), and a proof of that. The contracts are those of
 * the product but for the key. */
#include <stdio.h>

#include "common/base/require.h"
#include "prover/recursion/family.h"
#include "prover/solgen/solgen.h"
#include "tests/integration/verifier/files.h"

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    const char *dir = argv[1];
    const struct family *family = family_product();
    const struct program *p = family->program[LAYER_TERMINAL];
    printf("m %u, fractions 2^%u, %u columns, %u constraints, proof %zu bytes\n", p->log_stack,
           p->log_fractions, p->n_columns, p->n_constraints, p->proof_len);
    for (uint32_t i = 0; i < p->params.n_rounds; i++)
        printf("round %u: fold %u, rate 2^-%u, cap %u, ood %u, queries %u, grinding %u %u\n", i,
               p->params.rounds[i].fold, p->params.rounds[i].log_inv_rate, p->params.rounds[i].cap_log,
               p->params.rounds[i].ood, p->params.rounds[i].queries, p->params.rounds[i].query_grind,
               p->params.rounds[i].fold_grind);
    printf("pre %u, cap %u\n", p->params.pre, p->params.pre_cap);
    for (int i = 0; i < SECTION_COUNT; i++)
        printf("%s: %zu bytes\n", program_section_name((enum program_section)i),
               program_section_len(p, (enum program_section)i));
    struct rec *r = rec_new(&family->terminal);
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++) {
        uint32_t word[8];
        for (uint32_t j = 0; j < 8; j++)
            word[j] = 100000 * i + j;
        rec_public(r, i, rec_const_word(r, word));
    }
    rec_finish(r);
    struct proving_key *key;
    enum err err = proving_key_new(p, rec_preprocessed(r), 0, &key);
    REQUIRE(err == ERR_OK);
    struct contract_options o = {.part_bytes = SOLGEN_PART_BYTES, .key = &key->verify};
    write_contract(dir, p, "Machine", o);
    o.trace = true;
    write_contract(dir, p, "MachineTrace", o);
    struct ir_trace *trace;
    char check[64];
    err = rec_run(r, NULL, 0, &trace, check, sizeof check);
    REQUIRE(err == ERR_OK);
    write_proof(dir, "machine", p, key, trace);
    ir_trace_free(trace);
    proving_key_free(key);
    rec_free(r);
    return 0;
}

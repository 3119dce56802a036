/* gen_toy DIR: writes into DIR the contracts of the toy programs and, for each, publics, proofs
 * and the states of the C verifier's transcript, for tests/integration/verifier. */
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/solgen.h"
#include "prover/verify/program.h"
#include "toys.h"

static void write_file(const char *dir, const char *name, const void *data, size_t len)
{
    char path[512];
    int n = snprintf(path, sizeof path, "%s/%s", dir, name);
    REQUIRE(n > 0 && (size_t)n < sizeof path);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    size_t written = fwrite(data, 1, len, f);
    REQUIRE(written == len);
    REQUIRE(fclose(f) == 0);
}

static void write_contract(const char *dir, const struct plan *plan, const char *contract,
                           bool trace, const char *disabled)
{
    struct text t;
    char name[128];
    text_init(&t);
    struct solgen_options options = {.contract = contract,
                                     .interface_path = "src/verifier/IProofVerifier.sol",
                                     .trace = trace,
                                     .disabled = disabled};
    solgen_contract(plan, &options, &t);
    snprintf(name, sizeof name, "%s.sol", contract);
    write_file(dir, name, t.data, t.length);
    text_free(&t);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    struct toy toy = toy_mixed(1);
    char text[512];
    enum err err = ir_mock_check(toy.trace, text, sizeof text);
    if (err != ERR_OK) {
        fprintf(stderr, "gen_toy: %s\n", text);
        return 1;
    }
    struct program *program;
    err = program_new_test(toy.system, &program);
    REQUIRE(err == ERR_OK);
    struct plan plan;
    plan_init(&plan, toy.system, &program->params, program->id);
    write_contract(argv[1], &plan, "ToyVerifier", false, NULL);
    write_contract(argv[1], &plan, "ToyTrace", true, NULL);
    printf("proof %zu bytes\n", program->proof_len);
    plan_free(&plan);
    program_free(program);
    toy_free(&toy);
    return 0;
}

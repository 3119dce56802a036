/* gen_toy DIR: writes into DIR the contracts of the toy programs and, for each, publics, proofs
 * and the states of the C verifier's transcript, for tests/integration/verifier. */
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/solgen/solgen.h"
#include "prover/verify/program.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/system_verify.h"
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

/* The state after each absorb, as the tracing contract collects them. */
static void collect_state(void *ctx, enum transcript_event event, uint32_t label,
                          const uint8_t *data, size_t len, const uint8_t state[32])
{
    (void)label;
    (void)data;
    (void)len;
    struct bytes_buf *states = ctx;
    if (event == TRANSCRIPT_ABSORB) REQUIRE(bytes_buf_append(states, state, 32) == ERR_OK);
}

static void write_proof(const char *dir, const char *name, const struct program *p,
                        const struct ir_trace *trace)
{
    struct bytes_buf proof, states, publics;
    struct transcript_observer observer = {.step = collect_state, .ctx = &states};
    struct verify_report report = {.observer = &observer};
    char file[128];
    bytes_buf_init(&proof, PROOF_BYTES_MAX);
    bytes_buf_init(&states, 1 << 20);
    bytes_buf_init(&publics, 4 * IR_MAX_PUBLIC);
    enum err err = system_prove(p, trace, &proof, NULL);
    REQUIRE(err == ERR_OK);
    err = system_verify(p, trace->publics, proof.data, proof.len, &report);
    REQUIRE(err == ERR_OK);
    for (uint32_t i = 0; i < p->system->n_public; i++)
        REQUIRE(bytes_buf_append_be32(&publics, trace->publics[i]) == ERR_OK);
    snprintf(file, sizeof file, "%s.proof", name);
    write_file(dir, file, proof.data, proof.len);
    snprintf(file, sizeof file, "%s.publics", name);
    write_file(dir, file, publics.data, publics.len);
    snprintf(file, sizeof file, "%s.states", name);
    write_file(dir, file, states.data, states.len);
    bytes_buf_deinit(&proof);
    bytes_buf_deinit(&states);
    bytes_buf_deinit(&publics);
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
    write_proof(argv[1], "toy", program, toy.trace);
    printf("proof %zu bytes\n", program->proof_len);
    plan_free(&plan);
    program_free(program);
    toy_free(&toy);
    return 0;
}

/* The proof codec of both profiles, and the decoding of a proof into a join's advice. An input is a list of
 * changes to an honest proof of a toy program: byte 0 chooses the program, then 4 bytes a change.
 *
 * Claims:  the verifier accepts the honest bytes and nothing else; it ends with a named check; what
 *          cannot be decoded into advice, it refuses; advice is below p.
 * Honest proofs are made when the target starts, so a corpus never grows old. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/proving_key.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/rec_verify.h"
#include "prover/verify/system_verify.h"
#include "tests/fuzz/prover/change.h"
#include "tests/support/fuzz.h"
#include "tests/unit/prover/system/toy.h"
#include "tests/unit/prover/system/toy_pre.h"

enum { KECCAK, POSEIDON, KECCAK_KEY, POSEIDON_KEY, SUBJECTS, LEN_MAX = 1 << 16 };

struct subject {
    struct program *p;
    const struct program_key *key;
    uint32_t publics[IR_MAX_PUBLIC];
    struct bytes_buf proof;
};
static struct subject subjects[SUBJECTS];
static struct toy fib;
static struct toy_pre pre;
static struct proving_key *keys[2];
static uint32_t *advice;
static uint8_t *changed;

static void tidy(void)
{
    for (int i = 0; i < SUBJECTS; i++) {
        program_free(subjects[i].p);
        bytes_buf_deinit(&subjects[i].proof);
    }
    proving_key_free(keys[0]);
    proving_key_free(keys[1]);
    toy_free(&fib);
    toy_pre_free(&pre);
    free(advice);
    free(changed);
}

/* No grinding and no target: changes get as far as their step. */
static struct program *program(const struct ir_system *s, enum proof_profile profile)
{
    struct whir_params w = {.n_vars = (uint8_t)program_stack_log(s),
                            .n_rounds = 2,
                            .regime = WHIR_JOHNSON,
                            .profile = (uint8_t)profile,
                            .rounds = {{.fold = 3, .log_inv_rate = 1, .ood = 1, .queries = 2},
                                       {.fold = 2, .log_inv_rate = 3, .ood = 1, .queries = 2}}};
    struct program *p = NULL;
    if (w.n_vars < 8) w.n_vars = 8;
    REQUIRE(program_params_add_pre(s, &w, 0) == ERR_OK);
    REQUIRE(program_new_untargeted(s, &w, &p) == ERR_OK);
    return p;
}

static void prepare(void)
{
    static const struct toy_pre_shape shape = {3, 2, 1, 3, 2, 2};
    size_t most = 0;
    fib = toy_fib(4);
    toy_pre_init(&pre, &shape, 1);
    for (int i = 0; i < SUBJECTS; i++) {
        const bool with_key = i >= KECCAK_KEY;
        const struct ir_trace *tr = with_key ? pre.tr : fib.tr;
        struct ir_system *s = with_key ? pre.s : fib.s;
        struct subject *x = &subjects[i];
        x->p = program(s, i % 2 == 0 ? PROFILE_KECCAK : PROFILE_POSEIDON);
        memcpy(x->publics, tr->publics, s->n_public * sizeof *x->publics);
        bytes_buf_init(&x->proof, LEN_MAX);
        if (with_key) {
            struct proving_key **key = &keys[i - KECCAK_KEY];
            REQUIRE(proving_key_new(x->p, pre.pre, 1, key) == ERR_OK);
            REQUIRE(system_prove_key(x->p, *key, tr, &x->proof, NULL) == ERR_OK);
            x->key = &(*key)->verify;
        } else {
            REQUIRE(system_prove(x->p, tr, &x->proof, NULL) == ERR_OK);
        }
        const size_t n = i % 2 == 0 ? 0 : rec_advice_len(x->p);
        most = n > most ? n : most;
    }
    advice = malloc((most + 1) * sizeof *advice);
    changed = malloc(LEN_MAX);
    REQUIRE(advice != NULL && changed != NULL);
    REQUIRE(atexit(tidy) == 0);
}

/* One change: of the bytes, or of a public value. Returns the new length. */
static size_t change(uint32_t *publics, uint32_t n_publics, size_t len, const uint8_t c[4])
{
    if (c[0] % 8 != CHANGES) return change_bytes(changed, len, LEN_MAX, c);
    if (n_publics > 0)
        publics[c[1] % n_publics] = (uint32_t)c[2] << 24 | (uint32_t)c[3] << 8 | c[1];
    return len;
}

static void advise(const struct subject *x, size_t len, enum err verified)
{
    enum verify_check failed = VERIFY_NONE;
    const enum err err = rec_advice_of_proof(x->p, changed, len, advice, &failed);
    if (err != ERR_OK) {
        REQUIRE(err == ERR_PROOF && failed != VERIFY_NONE);
        REQUIRE(verified == ERR_PROOF);
        return;
    }
    REQUIRE(len == x->p->proof_len);
    for (size_t i = 0; i < rec_advice_len(x->p); i++)
        REQUIRE(advice[i] < IR_P);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t publics[IR_MAX_PUBLIC];
    struct verify_report report = {0};
    if (subjects[0].p == NULL) prepare();
    if (size == 0) return 0;
    const struct subject *x = &subjects[data[0] % SUBJECTS];
    const uint32_t n_publics = x->p->system->n_public;
    size_t len = x->proof.len;
    memcpy(publics, x->publics, sizeof publics);
    memcpy(changed, x->proof.data, len);
    for (size_t i = 1; i + 4 <= size && i < 4 * 16; i += 4)
        len = change(publics, n_publics, len, data + i);
    const bool honest = len == x->proof.len && memcmp(changed, x->proof.data, len) == 0 &&
                        memcmp(publics, x->publics, n_publics * sizeof *publics) == 0;
    /* a copy of the exact size, so that ASan sees a read past the end */
    uint8_t *copy = malloc(len > 0 ? len : 1);
    REQUIRE(copy != NULL);
    memcpy(copy, changed, len);
    const enum err err = system_verify_key(x->p, x->key, publics, copy, len, &report);
    free(copy);
    REQUIRE(err == (honest ? ERR_OK : ERR_PROOF));
    REQUIRE((err == ERR_OK) == (report.failed == VERIFY_NONE));
    if (report.failed != VERIFY_LENGTH && report.failed != VERIFY_COMMIT) fuzz_accept();
    if (x->p->params.profile == PROFILE_POSEIDON) advise(x, len, err);
    return 0;
}

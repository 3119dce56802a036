#include "tests/integration/verifier/files.h"

#include <stdio.h>

#include "common/base/bytes.h"
#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/solgen/solgen.h"
#include "prover/verify/proof_codec.h"
#include "prover/verify/system_verify.h"

static void write_file(const char *dir, const char *name, const char *ending, const void *data,
                       size_t len)
{
    char path[512];
    int n = snprintf(path, sizeof path, "%s/%s%s", dir, name, ending);
    REQUIRE(n > 0 && (size_t)n < sizeof path);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    size_t written = fwrite(data, 1, len, f);
    REQUIRE(written == len);
    REQUIRE(fclose(f) == 0);
}

static void write_parts(const char *dir, const struct plan *plan,
                        const struct solgen_options *options, uint32_t proof_len)
{
    struct solgen_files files;
    struct text names;
    uint32_t length = solgen_contracts(plan, options, &files);
    REQUIRE(length == proof_len);
    text_init(&names);
    for (uint32_t i = 0; i < files.n; i++) {
        write_file(dir, files.file[i].name, ".sol", files.file[i].text.data,
                   files.file[i].text.length);
        if (i > 0) text_line(&names, "%s", files.file[i].name);
    }
    write_file(dir, options->contract, ".parts", names.data, names.length);
    text_free(&names);
    solgen_files_free(&files);
}

void write_contract(const char *dir, const struct program *p, const char *contract,
                    struct contract_options o)
{
    struct plan plan;
    struct text marks;
    struct solgen_options options = {.contract = contract,
                                     .interface_path = "src/verifier/IProofVerifier.sol",
                                     .part_bytes = o.part_bytes,
                                     .trace = o.trace,
                                     .marks = &marks,
                                     .disabled = o.disabled};
    text_init(&marks);
    plan_init(&plan, p->system, &p->params, p->id, o.key == NULL ? NULL : o.key->cap);
    write_parts(dir, &plan, &options, (uint32_t)p->proof_len);
    if (o.trace) write_file(dir, contract, ".marks", marks.data, marks.length);
    text_free(&marks);
    plan_free(&plan);
}

/* The state after each absorb, as the tracing contract collects them. */
static void collect_state(void *ctx, enum transcript_event event, uint32_t label,
                          const uint8_t *data, size_t len, const uint8_t state[32])
{
    struct bytes_buf *states = ctx;
    (void)label;
    (void)data;
    (void)len;
    if (event != TRANSCRIPT_ABSORB) return;
    enum err err = bytes_buf_append(states, state, 32);
    REQUIRE(err == ERR_OK);
}

static void put_u32(struct bytes_buf *b, size_t v)
{
    enum err err = bytes_buf_append_be32(b, (uint32_t)v);
    REQUIRE(err == ERR_OK);
}

/* Where in the proof the parts are that the tests change: see Layout in Verifier.t.sol. */
static void write_layout(const char *dir, const char *name, const struct program *p)
{
    const struct whir_params *w = &p->params;
    const uint32_t last = w->n_rounds - 1u;
    struct bytes_buf b;
    bytes_buf_init(&b, 1024);
    size_t at = 0;
    for (int i = 0; i < SECTION_COUNT;
         i++) { /* starts of commit, logup, gkr, zero, columns, whir */
        put_u32(&b, at);
        at += program_section_len(p, (enum program_section)i);
    }
    const size_t whir = at - program_section_len(p, SECTION_WHIR);
    const size_t round0 =
        whir + w->rounds[0].fold * (40u + (w->rounds[0].fold_grind > 0 ? 8u : 0u));
    put_u32(&b, round0 + ((size_t)32 << w->rounds[1].cap_log) + 20u * w->rounds[1].ood +
                    (w->rounds[0].query_grind > 0 ? 8u : 0u)); /* first leaf */
    const size_t end_rounds = 40 * (size_t)whir_round_vars(w, w->n_rounds);
    const size_t query =
        whir_leaf_bytes(w, last) + 32 * (size_t)(whir_leaf_log(w, last) - w->rounds[last].cap_log);
    put_u32(&b,
            at - end_rounds - w->rounds[last].queries * query); /* first leaf of the last round */
    put_u32(&b, at - end_rounds - w->rounds[last].queries * query -
                    (w->rounds[last].query_grind > 0 ? 8u : 0u) -
                    ((size_t)20 << whir_round_vars(w, w->n_rounds))); /* final polynomial */
    put_u32(&b, at - end_rounds);                                     /* last sumcheck rounds */
    put_u32(&b, p->log_fractions);
    const size_t pre = w->pre > 0 ? whir_pre_leaf_bytes(w) : 0;
    const size_t leaves = whir_leaf_bytes(w, 0) + pre;
    put_u32(&b, leaves + 32 * (size_t)(whir_leaf_log(w, 0) - w->rounds[0].cap_log) +
                    (pre > 0 ? 32 * (size_t)(whir_leaf_log(w, 0) - w->pre_cap) : 0));
    put_u32(&b, leaves);
    write_file(dir, name, ".layout", b.data, b.len);
    bytes_buf_deinit(&b);
}

void write_bytes(const char *dir, const char *name, const struct bytes_buf *proof,
                 const uint32_t *values, uint32_t n_publics)
{
    struct bytes_buf publics;
    bytes_buf_init(&publics, 4 * IR_MAX_PUBLIC);
    for (uint32_t i = 0; i < n_publics; i++)
        put_u32(&publics, values[i]);
    write_file(dir, name, ".proof", proof->data, proof->len);
    write_file(dir, name, ".publics", publics.data, publics.len);
    bytes_buf_deinit(&publics);
}

void write_proof(const char *dir, const char *name, const struct program *p,
                 const struct proving_key *key, const struct ir_trace *trace)
{
    struct bytes_buf proof, states;
    struct transcript_observer observer = {.step = collect_state, .ctx = &states};
    struct verify_report report = {.observer = &observer};
    bytes_buf_init(&proof, PROOF_BYTES_MAX);
    bytes_buf_init(&states, 1 << 20);
    enum err err = system_prove_key(p, key, trace, &proof, NULL);
    REQUIRE(err == ERR_OK);
    err = system_verify_key(p, key == NULL ? NULL : &key->verify, trace->publics, proof.data, proof.len,
                            &report);
    REQUIRE(err == ERR_OK);
    write_bytes(dir, name, &proof, trace->publics, p->system->n_public);
    write_file(dir, name, ".states", states.data, states.len);
    write_layout(dir, name, p);
    bytes_buf_deinit(&proof);
    bytes_buf_deinit(&states);
}

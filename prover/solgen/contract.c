/* The contract: header, the steps of verify in the order of docs/protocol/proof.md section 4, and
 * the functions they call. */
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/lanes.h"
#include "prover/solgen/solgen.h"
#include "prover/solgen/templates.h"
#include "prover/verify/labels.h"

static void system_memory(struct emit *e)
{
    const struct plan *p = e->p;
    e->memory = 0x80;
    e->covers = emit_memory(e, LANE_COVERS);
    e->pv = emit_memory(e, p->system->n_public);
    e->w = emit_memory(e, 32);
    e->r = emit_memory(e, p->log_fractions);
    e->top = emit_memory(e, 64);
    e->fold = emit_memory(e, 16);
    e->cp = emit_memory(e, 1);
    e->cq = emit_memory(e, 1);
    e->pubp = emit_memory(e, 1);
    e->pubq = emit_memory(e, 1);
    e->c = emit_memory(e, 1);
    e->beta = emit_memory(e, 1);
    e->a = emit_memory(e, 1);
    e->acc = emit_memory(e, 1);
    e->msum = emit_memory(e, 1);
    e->s = emit_memory(e, p->log_height);
    e->temps = emit_memory(e, e->n_temps);
    e->v = emit_memory(e, p->n_columns);
    e->eu = emit_memory(e, p->n_messages);
    e->tau = emit_memory(e, p->log_chunk);
    e->ood[0] = emit_memory(e, p->whir.rounds[0].ood);
    struct text *t = e->defs;
    text_set(t, "COVERS", "%u", e->covers);
    text_set(t, "COVERS_END", "%u", e->covers + 32 * LANE_COVERS);
    text_set(t, "ACC", "%u", e->acc);
    text_set(t, "BETA", "%u", e->beta);
    text_set(t, "C_BUS", "%u", e->c);
    text_set(t, "MESSAGE_COVER_LOG", "%d", MESSAGE_COVER_LOG);
    text_set(t, "MESSAGE_COVER", "%u", e->covers + 32 * MESSAGE_COVER_LOG);
    text_set(t, "MSUM", "%u", e->msum);
    text_set(t, "A", "%u", e->a);
    text_set(t, "W", "%u", e->w);
    text_set(t, "R", "%u", e->r);
    text_set(t, "R_END", "%u", e->r + 32 * p->log_fractions);
    text_set(t, "TOP", "%u", e->top);
    text_set(t, "FOLD", "%u", e->fold);
    text_set(t, "CP", "%u", e->cp);
    text_set(t, "CQ", "%u", e->cq);
    text_set(t, "PUBP", "%u", e->pubp);
    text_set(t, "PUBQ", "%u", e->pubq);
    text_set(t, "COLUMN_BYTES", "%u", 20 * p->n_columns);
    text_set(t, "V", "%u", e->v);
    text_set(t, "V_END", "%u", e->v + 32 * p->n_columns);
    text_set(t, "PV", "%u", e->pv);
    text_set(t, "PV_END", "%u", e->pv + 32 * p->system->n_public);
}

/* Step 5: e_u of every message block, and the claim. */
static void emit_blocks(struct emit *e)
{
    const struct plan *p = e->p;
    struct text *o = e->defs;
    text_line(o,
              "/// step 5: the weights e_u of the message blocks; cp + beta (cq - 1 + their sum)");
    text_line(o, "function z_claim() -> claim {");
    o->indent += 4;
    /* Blocks of one height follow one another, and so do their numbers o / 2^h. */
    for (uint32_t i = 0, n; i < p->n_blocks; i += n) {
        const struct plan_block *u = &p->blocks[i];
        for (n = 1; i + n < p->n_blocks && p->blocks[i + n].h == u->h; n++)
            continue;
        text_line(o, "e_group(%u, %u, %u, %u, %u)", e->eu + 32 * i, e->r, p->log_fractions - u->h,
                  u->offset >> u->h, n);
    }
    text_line(o, "claim := add(add(mload(%u), $P_MINUS_1), f_sum(%u, %u))", e->cq, e->eu,
              p->n_blocks);
    REQUIRE((uint64_t)p->n_blocks + 2 < LANE_TOP / LANE_RED);
    text_line(o, "claim := f_muladd(mload(%u), f_red(claim), mload(%u))", e->beta, e->cp);
    o->indent -= 4;
    text_line(o, "}");
}

/* One round of the zerocheck: c_1 .. c_D in the proof, c_0 = claim - r' (c_1 + .. + c_D). */
static void emit_zero_round(struct emit *e)
{
    const uint32_t d = e->p->system->max_degree;
    struct text *o = e->defs;
    REQUIRE(d >= 1);
    text_line(o, "/// one round of the zerocheck");
    text_line(o, "function z_round(o, rp, sp, claim) -> r {");
    o->indent += 4;
    text_line(o, "t_absorb($L_ZERO_ROUND, o, %u)", 20 * d);
    text_line(o, "let s := t_sample(0)");
    text_line(o, "mstore(sp, s)");
    text_line(o, "r := f_load(add(o, %u))", 20 * (d - 1));
    text_line(o, "let sum := r");
    for (uint32_t i = d - 1; i-- > 0;) {
        text_line(o, "{ let c := f_load(add(o, %u)) sum := add(sum, c) r := f_muladd(s, r, c) }",
                  20 * i);
    }
    text_line(o, "claim := add(claim, sub($PP2, f_mul(mload(rp), %s)))",
              d * LANE_P > LANE_MUL_B ? "f_red(sum)" : "sum");
    text_line(o, "r := f_muladd(s, r, claim)");
    o->indent -= 4;
    text_line(o, "}");
    if (20 * d > e->max_absorb) e->max_absorb = 20 * d;
}

void emit_publics_sum(struct emit *e)
{
    const struct ir_system *s = e->p->system;
    struct text *o = e->defs;
    text_line(o, "/// the sum of the fractions of the public messages");
    text_line(o, "function publics_sum() {");
    o->indent += 4;
    text_line(o, "let p := 0");
    text_line(o, "let q := 1");
    text_line(o, "let d");
    for (uint32_t i = 0; i < s->n_public_messages; i++) {
        const struct ir_public_message *m = &s->public_messages[i];
        uint64_t bound = m->tag;
        text_line(o, "// %s", m->name);
        text_line(o, "d := %u", m->tag);
        for (uint32_t j = 0; j < m->n_fields; j++) {
            const uint32_t w = e->w + 32 * (j + 1);
            const struct ir_public_field *f = &m->fields[j];
            if (f->is_const && f->value == 0) continue;
            if (f->is_const)
                text_line(o, "d := add(d, f_scale(mload(%u), %u))", w, f->value);
            else
                text_line(o, "d := add(d, f_scale(mload(%u), mload(%u)))", w,
                          e->pv + 32 * f->value);
            bound += LANE_RED;
        }
        text_line(o, "d := f_red(add(mload(%u), sub(mload(%u), d)))", e->c, emit_cover(e, bound));
        text_line(o, "p := f_muladd(d, p, %s)", m->sign > 0 ? "q" : "sub($PP2, q)");
        text_line(o, "q := f_mul(d, q)");
    }
    text_line(o, "mstore(%u, p)", e->pubp);
    text_line(o, "mstore(%u, q)", e->pubq);
    o->indent -= 4;
    text_line(o, "}");
}

static void emit_steps(struct emit *e)
{
    const struct plan *p = e->p;
    const struct ir_system *s = p->system;
    struct text *b = e->body;
    text_line(b, "let sigma");
    text_line(b, "t_init()");
    text_line(b, "k_init()");
    emit_mark(e, "start");
    if (s->n_public > 0) {
        text_line(b, "z_publics(pb)");
        text_line(b, "t_absorb($L_PUBLIC, pb, %u)", 4 * s->n_public);
        if (4 * s->n_public > e->max_absorb) e->max_absorb = 4 * s->n_public;
    }
    text_line(b, "// steps 1 and 2: commitment, bus challenges");
    const uint32_t cap = e->position;
    emit_absorb(e, "$L_ROOT", 32u << p->whir.rounds[0].cap_log);
    text_line(b, "w_points(%u, %u)", e->ood[0], p->whir.rounds[0].ood);
    const uint32_t ood = e->position;
    if (p->whir.rounds[0].ood > 0) emit_absorb(e, "$L_OOD", 20u * p->whir.rounds[0].ood);
    emit_grind(e, p->whir.logup_grind);
    text_line(b, "mstore(%u, t_sample(0))", e->c);
    text_line(b, "g_weights(1)");
    text_line(b, "publics_sum()");
    emit_mark(e, "publics");
    text_line(b, "// steps 3 and 4: the sum of all fractions");
    text_line(b, "g_top(%s)", emit_read(e, 64 * 20));
    uint32_t layers = 0;
    for (uint32_t l = 5; l < p->log_fractions; l++)
        layers += 40 * l + 80;
    text_line(b, "g_layers(%s)", emit_read(e, layers));
    emit_mark(e, "gkr");
    text_line(b, "// steps 5 and 6: constraints and messages at one point");
    text_line(b, "mstore(%u, t_sample(1))", e->beta);
    text_line(b, "mstore(%u, t_sample(2))", e->a);
    text_line(b, "sigma := z_claim()");
    for (uint32_t j = 0; j < p->log_height; j++)
        text_line(b, "sigma := z_round(%s, %u, %u, sigma)", emit_read(e, 20u * s->max_degree),
                  e->r + 32 * (p->log_fractions - p->log_height + j), e->s + 32 * j);
    emit_mark(e, "zerocheck rounds");
    text_line(b, "z_columns(%s)", emit_read(e, 20 * p->n_columns));
    if (20 * p->n_columns > e->max_absorb) e->max_absorb = 20 * p->n_columns;
    emit_mark(e, "column claims");
    text_line(b, "m_scale()");
    text_line(b, "row_values()");
    for (uint32_t i = s->n_tables; i-- > 0;) {
        text_line(b, "table_%u()", i);
        emit_mark(e, s->tables[i]->name);
    }
    text_line(b, "{");
    text_line(b, "    let v := f_muladd(mload(%u), mload(%u), mload(%u))", e->a, e->acc, e->msum);
    text_line(b, "    if iszero(f_is_zero(add(sigma, sub($PP2, v)))) { fail($E_Constraints) }");
    text_line(b, "}");
    emit_whir(e, cap, ood);
}

/* keccak256("HAWSER-TRANSCRIPT-1" | program id): the transcript's state at the start. */
static void set_start(struct emit *e)
{
    uint8_t data[sizeof TRANSCRIPT_DOMAIN - 1 + 32], h[32];
    char hex[67] = "0x";
    memcpy(data, TRANSCRIPT_DOMAIN, sizeof TRANSCRIPT_DOMAIN - 1);
    memcpy(data + sizeof TRANSCRIPT_DOMAIN - 1, e->p->program_id, 32);
    keccak256(h, data, sizeof data);
    for (int i = 0; i < 32; i++) {
        hex[2 + 2 * i] = "0123456789abcdef"[h[i] >> 4];
        hex[3 + 2 * i] = "0123456789abcdef"[h[i] & 15];
    }
    text_set(e->defs, "START", "%s", hex);
    for (int i = 0; i < 32; i++) {
        hex[2 + 2 * i] = "0123456789abcdef"[e->p->program_id[i] >> 4];
        hex[3 + 2 * i] = "0123456789abcdef"[e->p->program_id[i] & 15];
    }
    text_set(e->defs, "PROGRAM_ID", "%s", hex);
}

/* Addresses known only when everything else has its place. */
static void set_buffers(struct emit *e)
{
    struct text *t = e->defs;
    const uint32_t ts = e->memory;
    const uint32_t marks = ts + 64 + (40 + e->max_absorb + 31) / 32 * 32;
    text_set(t, "TS", "%u", ts);
    text_set(t, "MARKS", "%u", marks);
    text_set(t, "TRACE", "%u", marks + 127 * 32);
    REQUIRE(marks < 300000); /* the contract's memory; its price grows with the square */
}

static void emit_head(struct emit *e, const struct solgen_options *options, struct text *out)
{
    const struct plan *p = e->p;
    out->indent = 0;
    text_line(out, "// SPDX-License-Identifier: Apache-2.0");
    text_line(
        out,
        "// Written by hawser-solgen; do not edit. Text of the protocol: docs/protocol/proof.md.");
    text_line(out, "pragma solidity ^0.8.24;");
    text_line(out, "%s", "");
    text_line(out, "import {IProofVerifier} from \"%s\";", options->interface_path);
    text_line(out, "%s", "");
    text_line(out,
              "/// @title Verifier of the program \"%s\": %u tables, %u columns, %u constraints,",
              p->system->name, p->system->n_tables, p->n_columns, p->n_constraints);
    text_line(out, "///        2^%u cells, 2^%u fractions; a proof has %u bytes.", p->whir.n_vars,
              p->log_fractions, e->position);
    text_line(out, "contract %s is IProofVerifier {", options->contract);
    out->indent = 4;
    text_line(out, "uint256 public constant PROOF_LENGTH = %u;", e->position);
    text_line(out, "uint256 public constant PUBLICS_LENGTH = %u;", 4 * p->system->n_public);
    text_line(out, "%s", "");
    text_line(out, "function programId() external pure returns (bytes32) {");
    text_line(out, "    return $PROGRAM_ID;");
    text_line(out, "}");
    text_line(out, "%s", "");
    text_line(out, "function verify(bytes calldata publics, bytes calldata proof)");
    text_line(out, "    external");
    text_line(out, "    %s", options->trace ? "view" : "pure");
    text_line(out, "    returns (bool)");
    text_line(out, "{");
    out->indent += 4;
    text_line(out, "assembly {");
    out->indent += 4;
}

/* The statements of the assembly block; the functions stand before them. */
static void emit_entry(const struct emit *e, struct text *out)
{
    text_line(out, "if iszero(eq(publics.length, %u)) { fail($E_PublicsLength) }",
              4 * e->p->system->n_public);
    text_line(out, "if iszero(eq(proof.length, %u)) { fail($E_ProofLength) }", e->position);
    text_line(out, "verify_at(publics.offset, proof.offset)");
    text_line(out, "//@trace trace_return(0)");
    text_line(out, "mstore(0, 1)");
    text_line(out, "return(0, 32)");
}

/* One go at the contract, with n_temps words for the tables' intermediate values; what they need. */
static uint32_t write_contract(const struct plan *p, const struct solgen_options *options,
                               uint32_t n_temps, struct text *out, uint32_t *length)
{
    struct emit *e = emit_new(p);
    struct text body, defs;
    /* The steps are written before the head: they fix the addresses and the length. `defs` is the
     * text that has all names; the others copy them. */
    text_init(&body);
    text_init(&defs);
    solgen_names(&defs);
    body.disabled = defs.disabled = out->disabled = options->disabled;
    body.trace = defs.trace = out->trace = options->trace;
    if (options->marks != NULL) text_clear(options->marks);
    e->marks = options->marks;
    e->body = &body;
    e->defs = &defs;
    e->n_temps = n_temps;
    e->max_absorb = 64 * 20; /* of the templates: the top of the fraction tree */
    set_start(e);
    system_memory(e);
    text_copy_names(&body, &defs);
    text_template(&defs, (const char *)yul_gkr, yul_gkr_size);
    emit_publics_sum(e);
    emit_blocks(e);
    emit_zero_round(e);
    emit_leaves(e);
    emit_tables(e);
    emit_steps(e);
    set_buffers(e);
    solgen_prelude(&defs);
    text_line(&defs, "function t_init() { mstore($TS, $START) }");
    if (options->trace) text_template(&defs, (const char *)yul_trace, yul_trace_size);
    text_copy_names(out, &defs);
    emit_head(e, options, out);
    text_line(
        out, "/// the steps of docs/protocol/proof.md section 4: public values at pb, proof at pf");
    text_line(out, "function verify_at(pb, pf) {");
    out->indent += 4;
    text_indented(out, body.data);
    out->indent -= 4;
    text_line(out, "}");
    text_indented(out, defs.data);
    emit_entry(e, out);
    for (int i = 0; i < 3; i++) {
        out->indent -= 4;
        text_line(out, "}");
    }
    REQUIRE(out->indent == 0);
    *length = e->position;
    const uint32_t needed = e->max_temps;
    text_free(&body);
    text_free(&defs);
    emit_free(e);
    return needed;
}

uint32_t solgen_contract(const struct plan *p, const struct solgen_options *options,
                         struct text *out)
{
    uint32_t length;
    struct text draft;
    text_init(&draft);
    const uint32_t n_temps = write_contract(p, options, 0, &draft, &length);
    text_free(&draft);
    uint32_t needed = write_contract(p, options, n_temps, out, &length);
    REQUIRE(needed == n_temps);
    return length;
}

/* The steps of verify in the order of docs/protocol/proof.md section 4, and
 * the functions they call; files.c makes contracts of them. */
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/lanes.h"
#include "prover/solgen/solgen.h"
#include "prover/solgen/templates.h"
#include "prover/verify/labels.h"

enum { TRACE_STATES = 1400 };

static void system_memory(struct emit *e)
{
    const struct plan *p = e->p;
    e->memory = 0x80;
    if (e->options->trace) { /* selector, marks, number of states, states, gas at the last mark */
        e->trace_from = emit_memory(e, 1 + EMIT_MAX_MARKS + 1 + TRACE_STATES + 1);
        text_set(e->defs, "MARKS", "%u", e->trace_from + 32);
        text_set(e->defs, "TRACE", "%u", e->trace_from + 32 + 32 * EMIT_MAX_MARKS);
        text_set(e->defs, "LAST", "%u", e->memory - 32);
        text_set(e->defs, "TRACE_SIZE", "%u", e->memory - e->trace_from);
    }
    e->part_addresses = emit_memory(e, EMIT_MAX_PARTS);
    e->pv = emit_memory(e, p->system->n_public);
    e->r = emit_memory(e, p->log_fractions);
    e->top = emit_memory(e, 64);
    e->fold = emit_memory(e, 16);
    e->cp = emit_memory(e, 1);
    e->cq = emit_memory(e, 1);
    e->pubp = emit_memory(e, 1);
    e->pubq = emit_memory(e, 1);
    e->tables_from = e->covers = emit_memory(e, LANE_COVERS);
    e->w = emit_memory(e, 32);
    e->c = emit_memory(e, 1);
    e->beta = emit_memory(e, 1);
    e->a = emit_memory(e, 1);
    e->eu = emit_memory(e, p->n_messages);
    emit_leaves_memory(e);
    e->back_from = e->acc = emit_memory(e, 1);
    e->msum = emit_memory(e, 1);
    e->temps = emit_memory(e, e->n_temps);
    e->back_end = e->memory;
    e->values_from = e->state = emit_memory(e, 1);
    e->key = emit_memory(e, p->key == NULL ? 0 : 1);
    e->s = emit_memory(e, p->log_height);
    e->v = emit_memory(e, p->n_columns);
    e->ood[0] = emit_memory(e, p->whir.rounds[0].ood);
    e->values_end = e->memory;
    e->tau = emit_memory(e, p->log_chunk);
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
    text_line(b, "//@trace trace_start()");
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
    text_line(b, "t_samples(%u, %u)", e->ood[0], p->whir.rounds[0].ood);
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
    emit_tables(e);
    text_line(b, "{");
    text_line(b, "    let v := f_muladd(mload(%u), mload(%u), mload(%u))", e->a, e->acc, e->msum);
    text_line(b, "    if iszero(f_is_zero(add(sigma, sub($PP2, v)))) { fail($E_Constraints) }");
    text_line(b, "}");
    emit_part_begin(e, EMIT_OPENING, "Opening");
    emit_whir(e, cap, ood);
    emit_part_end(e);
    if (p->key != NULL) emit_part_begin(e, EMIT_KEY, "Key");
}

static void set_hash(struct text *t, const char *name, const uint8_t h[32])
{
    char hex[67] = "0x";
    for (int i = 0; i < 32; i++) {
        hex[2 + 2 * i] = "0123456789abcdef"[h[i] >> 4];
        hex[3 + 2 * i] = "0123456789abcdef"[h[i] & 15];
    }
    text_set(t, name, "%s", hex);
}

static void put_be32(uint8_t out[4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The transcript's state at the start, which is a constant: keccak256("HAWSER-TRANSCRIPT-1" | program
 * id), then the key absorbed. And the code hash of the contract that holds the key. */
static void set_start(struct emit *e)
{
    uint8_t data[40 + (32u << WHIR_MAX_PRE_CAP_LOG)], h[32];
    const size_t domain = sizeof TRANSCRIPT_DOMAIN - 1;
    memcpy(data, TRANSCRIPT_DOMAIN, domain);
    memcpy(data + domain, e->p->program_id, 32);
    keccak256(h, data, domain + 32);
    if (e->p->key != NULL) {
        const uint32_t n = 32u << e->p->whir.pre_cap;
        memcpy(data, h, 32);
        put_be32(data + 32, LABEL_KEY);
        put_be32(data + 36, n);
        memcpy(data + 40, e->p->key, n);
        keccak256(h, data, 40 + n);
    }
    set_hash(e->defs, "START", h);
    set_hash(e->defs, "PROGRAM_ID", e->p->program_id);
    if (e->p->key != NULL) {
        const uint32_t n = 32u << e->p->whir.pre_cap;
        data[0] = 0; /* STOP: nobody can call the contract that holds the key */
        memcpy(data + 1, e->p->key, n);
        keccak256(h, data, 1 + n);
        set_hash(e->defs, "KEY_HASH", h);
    }
}

void emit_verifier(struct emit *e)
{
    e->max_absorb = 64 * 20; /* of the templates: the top of the fraction tree */
    set_start(e);
    system_memory(e);
    text_template(e->defs, (const char *)yul_gkr, yul_gkr_size);
    emit_publics_sum(e);
    emit_blocks(e);
    emit_zero_round(e);
    emit_leaves(e);
    emit_steps(e);
    /* the transcript's buffer: behind everything else */
    text_set(e->defs, "TS", "%u", e->memory);
    REQUIRE(e->memory < 300000); /* the contract's memory; its price grows with the square */
}

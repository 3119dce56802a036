/* Steps 7 and 8 of docs/protocol/proof.md section 4: the chunk claims and their opening. */
#include <stdio.h>

#include "common/base/require.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/templates.h"

/* Leading bits that two bit strings (len most significant first) have in common. */
static uint32_t common_prefix(uint32_t a, uint32_t a_len, uint32_t b, uint32_t b_len)
{
    uint32_t n = 0;
    while (n < a_len && n < b_len && (a >> (a_len - 1 - n) & 1) == (b >> (b_len - 1 - n) & 1))
        n++;
    return n;
}

void emit_path(struct text *out, struct emit_path *path, uint32_t bits, uint32_t len)
{
    uint32_t from = common_prefix(path->bits, path->len, bits, len);
    if (from < len)
        text_line(out, "e_path(%u, %u, %u, %u, %u)", path->products, path->point, from, len, bits);
    path->bits = bits;
    path->len = len;
}

static void emit_claims(struct emit *e)
{
    const struct plan *p = e->p;
    text_line(e->body, "// step 7: one claim per chunk of columns");
    text_line(e->body, "t_samples(%u, %u)", e->tau, p->log_chunk);
    const uint32_t tower = emit_memory(e, 2u << p->log_chunk);
    text_line(e->body, "w_tower(%u, %u, %u)", tower, e->tau, p->log_chunk);
    for (uint32_t i = 0; i < p->n_chunks; i++) {
        const struct plan_chunk *c = &p->chunks[i];
        const uint32_t v = e->v + 32 * (p->first_column[c->table] + c->first_column);
        if (c->g == 0)
            text_line(e->body, "mstore(%u, mload(%u))", e->claims + 32 * i, v);
        else
            text_line(e->body, "mstore(%u, f_dots(%u, %u, %u))", e->claims + 32 * i,
                      tower + 32 * ((1u << c->g) - 1), v, 1u << c->g);
    }
}

/* sigma = sum gamma^(j-1) v_j, Horner from the last. */
static void emit_initial_sum(struct emit *e, uint32_t ood)
{
    const struct plan *p = e->p;
    text_line(e->body, "// step 8: the opening");
    text_line(e->body, "{");
    text_line(e->body, "    let gamma := t_sample(%u)", p->log_chunk);
    text_line(e->body, "    mstore(%u, gamma)", e->gamma0);
    text_line(e->body, "    sigma := mload(%u)", e->claims + 32 * (p->n_chunks - 1));
    text_line(e->body, "    for { let d := %u } gt(d, %u) {} {", e->claims + 32 * (p->n_chunks - 1),
              e->claims);
    text_line(e->body, "        d := sub(d, 32)");
    text_line(e->body, "        sigma := f_muladd(gamma, sigma, mload(d))");
    text_line(e->body, "    }");
    for (uint32_t j = p->whir.rounds[0].ood; j-- > 0;)
        text_line(e->body, "    sigma := f_muladd(gamma, sigma, f_load(add(pf, %u)))",
                  ood + 20 * j);
    text_line(e->body, "}");
}

static void emit_round(struct emit *e, uint32_t i, uint32_t *vars, uint32_t *cap)
{
    const struct whir_params *w = &e->p->whir;
    const struct whir_round *r = &w->rounds[i];
    const bool last = i + 1 == w->n_rounds;
    const uint32_t round_bytes = 40 + (r->fold_grind > 0 ? 8u : 0u);
    struct text *b = e->body;
    char mark[32];
    text_line(b, "// WHIR round %u: %u variables, fold %u, %u queries", i, *vars, r->fold,
              r->queries);
    text_line(b, "sigma := w_rounds(%s, sigma, %u, %u, %u, %u)",
              emit_read(e, r->fold * round_bytes), e->z + 32 * *vars, r->fold, round_bytes,
              r->fold_grind);
    *vars -= r->fold;
    snprintf(mark, sizeof mark, "whir %u rounds", i);
    emit_mark(e, mark);
    uint32_t next_cap = e->position, ood = 0;
    if (last) {
        const uint32_t n = 1u << *vars;
        const uint32_t at = e->position;
        emit_absorb(e, "$L_FINAL_POLY", 20 * n);
        text_line(b, "for { let i := 0 } lt(i, %u) { i := add(i, 1) } {", n);
        text_line(b, "    mstore(add(%u, shl(5, i)), f_load(add(add(pf, %u), mul(20, i))))",
                  e->final, at);
        text_line(b, "}");
        text_line(b, "f_widen(%u, %u, %u)", e->wide, e->final, n);
    } else {
        emit_absorb(e, "$L_ROOT", 32u << w->rounds[i + 1].cap_log);
        text_line(b, "t_samples(%u, %u)", e->ood[i + 1], w->rounds[i + 1].ood);
        ood = e->position;
        if (w->rounds[i + 1].ood > 0) emit_absorb(e, "$L_OOD", 20u * w->rounds[i + 1].ood);
    }
    emit_grind(e, r->query_grind);
    text_line(b, "w_indices(%u, %u)", r->queries, (1u << whir_leaf_log(w, i)) - 1);
    const uint32_t query_bytes = emit_queries(e, i, *vars);
    const char *at = emit_read(e, r->queries * query_bytes);
    if (last) {
        emit_final(e, 1u << *vars);
        text_line(b, "w_queries_last(%s, add(pf, %u))", at, *cap);
        text_template(e->defs, (const char *)yul_final, yul_final_size);
    } else {
        text_line(b, "sigma := w_queries_%u(%s, add(pf, %u), add(pf, %u), sigma)", i, at, *cap,
                  ood);
        text_template(e->defs, (const char *)yul_query, yul_query_size);
    }
    *cap = next_cap;
    snprintf(mark, sizeof mark, "whir %u queries", i);
    emit_mark(e, mark);
}

/* eq of the last h coordinates of the zerocheck point and of the stack's point at z (its end),
 * for each h; then times that of the last g coordinates of tau, for the heights and chunk sizes
 * in use. */
static void emit_suffixes(struct emit *e, bool pre, uint32_t end,
                          uint32_t at[IR_MAX_LOG_HEIGHT + 1])
{
    const struct plan *p = e->p;
    struct text *o = e->defs;
    uint32_t max_g[IR_MAX_LOG_HEIGHT + 1] = {0}, max_h = 0;
    bool used[IR_MAX_LOG_HEIGHT + 1] = {false};
    for (uint32_t i = 0; i < p->n_chunks; i++) {
        const struct plan_chunk *c = &p->chunks[i];
        if (c->pre != pre) continue;
        used[c->h] = true;
        if (c->h > max_h) max_h = c->h;
        if (c->g > max_g[c->h]) max_g[c->h] = c->g;
    }
    const uint32_t suffix = emit_memory(e, max_h + 1);
    text_line(o, "w_suffix(%u, %u, %u, %u, 1)", suffix, e->s + 32 * p->log_height, end, max_h);
    for (uint32_t h = 0; h <= max_h; h++) {
        if (!used[h]) continue;
        at[h] = emit_memory(e, max_g[h] + 1);
        text_line(o, "w_suffix(%u, %u, %u, %u, mload(%u))", at[h], e->tau + 32 * p->log_chunk,
                  end - 32 * h, max_g[h], suffix + 32 * h);
    }
}

/* part := the sum of power eq(claim, point) over the chunks of f or of g; power goes on. The
 * point has `vars` coordinates. */
static void emit_chunk_weights(struct emit *e, bool pre, uint32_t point, uint32_t vars)
{
    const struct plan *p = e->p;
    struct text *o = e->defs;
    uint32_t at[IR_MAX_LOG_HEIGHT + 1] = {0};
    emit_suffixes(e, pre, point + 32 * vars, at);
    struct emit_path path = {.products = emit_memory(e, vars + 1), .point = point};
    text_line(o, "mstore(%u, 1)", path.products);
    text_line(o, "part := 0");
    for (uint32_t i = 0; i < p->n_chunks; i++) {
        const struct plan_chunk *c = &p->chunks[i];
        if (c->pre != pre) continue;
        const uint32_t len = vars - c->g - c->h;
        emit_path(o, &path, c->offset >> (c->g + c->h), len);
        text_line(o, "part := f_muladd(power, f_mul(mload(%u), mload(%u)), part)",
                  path.products + 32 * len, at[c->h] + 32 * c->g);
        text_line(o, "power := f_mul(power, gamma)");
    }
}

/* Adds the weights of the claims about f and about g, which F has at the sides 0 and 1. */
static void emit_claim_weights(struct emit *e)
{
    const struct whir_params *w = &e->p->whir;
    struct text *o = e->defs;
    const uint32_t m = whir_stack_vars(w), side = e->z + 32 * m;
    text_line(o, "let part");
    emit_chunk_weights(e, false, e->z, m);
    if (w->pre == 0) {
        text_line(o, "sum := f_red(add(sum, part))");
        return;
    }
    text_line(o, "sum := f_muladd(part, sub($ONE_PP2, mload(%u)), sum)", side);
    const uint32_t rows = m - whir_stack_lanes(w), lanes = w->pre - 1u;
    for (uint32_t i = 0; i < rows + lanes; i++) /* the point of g: rows, its lanes */
        text_line(o, "mstore(%u, mload(%u))", e->zg + 32 * i,
                  e->z + 32 * (i < rows ? i : m - lanes + (i - rows)));
    emit_chunk_weights(e, true, e->zg, rows + lanes);
    text_line(o, "part := f_mul(part, w_zeros(%u, %u))", e->z + 32 * rows, side - 32 * lanes);
    text_line(o, "sum := f_muladd(part, mload(%u), sum)", side);
}

/* The function w_weight: W at z. */
static void emit_weight(struct emit *e)
{
    const struct whir_params *w = &e->p->whir;
    struct text *o = e->defs;
    text_line(o, "/// the weight polynomial at the final point");
    text_line(o, "function w_weight() -> sum {");
    o->indent += 4;
    text_line(o, "let gamma := mload(%u)", e->gamma0);
    text_line(o, "let power := 1");
    for (uint32_t j = 0; j < w->rounds[0].ood; j++) {
        text_line(o, "sum := f_muladd(power, w_pow_ext(mload(%u), %u), sum)", e->ood[0] + 32 * j,
                  w->n_vars);
        text_line(o, "power := f_mul(power, gamma)");
    }
    emit_claim_weights(e);
    for (uint32_t i = 0; i + 1 < w->n_rounds; i++) {
        const uint32_t vars = whir_round_vars(w, i + 1);
        text_line(o, "gamma := mload(%u)", e->gamma[i]);
        text_line(o, "power := 1");
        for (uint32_t j = 0; j < w->rounds[i + 1].ood; j++) {
            text_line(o, "power := f_mul(power, gamma)");
            text_line(o, "sum := f_muladd(power, w_pow_ext(mload(%u), %u), sum)",
                      e->ood[i + 1] + 32 * j, vars);
        }
        text_line(o, "sum := w_pow_all_%u(gamma, power, sum)", i);
    }
    o->indent -= 4;
    text_line(o, "}");
    for (uint32_t i = 0; i + 1 < w->n_rounds; i++)
        emit_powers(e, i);
}

static void emit_whir_memory(struct emit *e)
{
    const struct whir_params *w = &e->p->whir;
    uint32_t max_eq = 0, max_queries = 0, max_leaf = 0, max_leaf_log = 0;
    e->claims = emit_memory(e, e->p->n_chunks);
    e->gamma0 = emit_memory(e, 1);
    e->z = emit_memory(e, w->n_vars);
    for (uint32_t i = 0; i < w->n_rounds; i++) {
        const struct whir_round *r = &w->rounds[i];
        if (i > 0) e->ood[i] = emit_memory(e, r->ood);
        e->gamma[i] = emit_memory(e, 1);
        e->y[i] = emit_memory(e, r->queries);
        if (r->queries > max_queries) max_queries = r->queries;
        if (whir_leaf_log(w, i) > max_leaf_log) max_leaf_log = whir_leaf_log(w, i);
        if (1u << r->fold > max_eq) max_eq = 1u << r->fold;
        if (whir_leaf_bytes(w, i) > max_leaf) max_leaf = (uint32_t)whir_leaf_bytes(w, i);
    }
    e->ix = emit_memory(e, max_queries);
    e->eq = emit_memory(e, max_eq);
    e->eq_wide = emit_memory(e, 2u << w->rounds[0].fold);
    if (w->pre > 0) {
        e->eq_pre_wide = emit_memory(e, 2u << (w->pre - 1));
        e->zg = emit_memory(e, whir_pre_vars(w));
    }
    text_set(e->defs, "EQ", "%u", e->eq);
    e->points = emit_memory(e, 16 * ((max_leaf_log + 3) / 4));
    text_set(e->defs, "POINTS", "%u", e->points);
    e->leaf = emit_memory(e, (max_leaf + 31) / 32);
    const uint32_t n = 1u << whir_round_vars(w, w->n_rounds);
    e->final = emit_memory(e, n);
    /* the final polynomial, later the products of coordinates in w_pow_all_* */
    e->wide = emit_memory(e, 2 * (n > 8 * w->n_vars ? n : 8 * w->n_vars));
    text_set(e->defs, "Z", "%u", e->z);
    text_set(e->defs, "IX", "%u", e->ix);
}

void emit_whir(struct emit *e, uint32_t cap, uint32_t ood)
{
    const struct whir_params *w = &e->p->whir;
    emit_whir_memory(e);
    text_template(e->defs, (const char *)yul_wide, yul_wide_size);
    text_template(e->defs, (const char *)yul_whir, yul_whir_size);
    emit_claims(e);
    emit_mark(e, "chunk claims");
    emit_initial_sum(e, ood);
    uint32_t vars = w->n_vars;
    for (uint32_t i = 0; i < w->n_rounds; i++)
        emit_round(e, i, &vars, &cap);
    text_line(e->body, "sigma := w_rounds(%s, sigma, %u, %u, 40, 0)", emit_read(e, 40 * vars),
              e->z + 32 * vars, vars);
    emit_mark(e, "whir last rounds");
    emit_weight(e);
    text_line(e->body, "{");
    text_line(e->body, "    let v := f_mul(f_mle(%u, %u, %u, %u), w_weight())", e->final, e->final,
              vars, e->z);
    text_line(e->body,
              "    if iszero(f_is_zero(add(sigma, sub($PP2, v)))) { fail($E_OpeningSum) }");
    text_line(e->body, "}");
    emit_mark(e, "whir weight");
}

/* The queries of a WHIR round: docs/protocol/proof.md section 5. Sums of base field values times
 * elements of F are written out term by term over the words of yul/wide.yul. */
#include <stdio.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/templates.h"

enum { LINE = 4000, GROUP = 3 };

/* A leaf with its path; in round 0 also the leaf of the key's tree. */
static uint32_t query_bytes(const struct whir_params *w, uint32_t i)
{
    uint32_t levels = whir_leaf_log(w, i) - w->rounds[i].cap_log;
    uint32_t bytes = (uint32_t)whir_leaf_bytes(w, i) + 32 * levels;
    if (i == 0 && w->pre > 0)
        bytes += (uint32_t)whir_pre_leaf_bytes(w) + 32 * (whir_leaf_log(w, 0) - w->pre_cap);
    return bytes;
}

/* The weights of a leaf's lanes, from the folding challenges of the round, which are the
 * coordinates from `vars` on; in round 0 times that of the side (its last) and of the lanes that
 * g does not have. */
static void emit_lane_weights(struct emit *e, uint32_t i, uint32_t vars)
{
    const struct whir_params *w = &e->p->whir;
    struct text *b = e->body;
    const uint32_t lanes = e->z + 32 * vars, fold = w->rounds[i].fold;
    if (i > 0 || w->pre == 0) {
        text_line(b, "f_eq_table(%u, %u, %u)", e->eq, lanes, fold);
        if (i == 0) text_line(b, "f_widen(%u, %u, %u)", e->eq_wide, e->eq, 1u << fold);
        return;
    }
    const uint32_t k = whir_stack_lanes(w), k_pre = w->pre - 1u, side = lanes + 32 * k;
    const uint32_t lanes_pre = lanes + 32 * (k - k_pre);
    text_line(b, "f_eq_times(%u, %u, %u, f_red(sub($ONE_PP2, mload(%u))))", e->eq, lanes, k, side);
    text_line(b, "f_widen(%u, %u, %u)", e->eq_wide, e->eq, 1u << k);
    text_line(b, "f_eq_times(%u, %u, %u, f_mul(mload(%u), w_zeros(%u, %u)))", e->eq, lanes_pre,
              k_pre, side, lanes, lanes_pre);
    text_line(b, "f_widen(%u, %u, %u)", e->eq_pre_wide, e->eq, 1u << k_pre);
}

/* name := name + the eight elements of the calldata word w times the words at `weights`, 64 bytes
 * apart. */
static void emit_eight(struct text *o, const char *name, uint32_t weights)
{
    char line[LINE];
    int n = snprintf(line, sizeof line, "%s := add(%s, ", name, name);
    for (uint32_t j = 0; j < 7; j++)
        n += snprintf(line + n, LINE - (size_t)n,
                      "add(mul(mload(%u), and(shr(%u, w), 0xffffffff)), ", weights + 64 * j,
                      32 * (7 - j));
    n += snprintf(line + n, LINE - (size_t)n, "mul(mload(%u), and(w, 0xffffffff))",
                  weights + 64 * 7);
    REQUIRE(n > 0 && n < LINE);
    text_line(o, "%s))))))))", line);
}

/* Adds the lanes of a base field leaf of `words` words at o + from, times the weights, to a and
 * b. */
static void emit_lanes(struct text *o, uint32_t from, uint32_t words, uint32_t weights)
{
    for (uint32_t i = 0; i < words; i++) {
        text_line(o, "w := calldataload(add(o, %u))", from + 32 * i);
        text_line(o, "if and(or(w, add(w, $GAP8)), $TOP8) { fail($E_NotCanonical) }");
        emit_eight(o, "a", weights + 512 * i);
        emit_eight(o, "b", weights + 512 * i + 32);
    }
}

/* w_root_<name>: the node `levels` above the leaf `index`, which has `leaf` bytes at o with the path
 * behind it. Level by level: the bit of the index says on which side of 64 bytes the hash stands. */
static void emit_root(struct emit *e, const char *name, uint32_t leaf, uint32_t levels)
{
    struct text *o = e->defs;
    text_line(o, "/// the node %u levels above the leaf `index` of %u bytes at o, its path behind it",
              levels, leaf);
    text_line(o, "function w_root_%s(o, index) -> hash {", name);
    o->indent += 4;
    text_line(o, "calldatacopy(%u, o, %u)", e->leaf, leaf);
    text_line(o, "hash := keccak256(%u, %u)", e->leaf, leaf);
    if (levels > 0) text_line(o, "let side");
    for (uint32_t k = 0; k < levels; k++) {
        if (k < 5)
            text_line(o, "side := and(shl(%u, index), 32)", 5 - k);
        else
            text_line(o, "side := and(shr(%u, index), 32)", k - 5);
        text_line(o, "mstore(side, hash)");
        text_line(o, "mstore(xor(side, 32), calldataload(add(o, %u)))", leaf + 32 * k);
        text_line(o, "hash := keccak256(0, 64)");
    }
    o->indent -= 4;
    text_line(o, "}");
}

/* w_merkle_<i>: refuses what is not the leaf `index` below the cap. */
static void emit_merkle(struct emit *e, uint32_t i, uint32_t leaf, uint32_t levels)
{
    struct text *o = e->defs;
    char name[16];
    snprintf(name, sizeof name, "%u", i);
    emit_root(e, name, leaf, levels);
    text_line(o, "function w_merkle_%u(o, index, cap) {", i);
    text_line(o, "    cap := add(cap, shl(5, shr(%u, index)))", levels);
    text_line(o,
              "    if iszero(eq(w_root_%u(o, index), calldataload(cap))) { fail($E_MerklePath) }", i);
    text_line(o, "}");
}

/* w_leaf_0: the value of the leaf of f at o, and of the leaf of g behind its path, which is
 * checked. */
static void emit_base_leaf(struct emit *e, uint32_t leaf, uint32_t levels)
{
    const struct whir_params *w = &e->p->whir;
    struct text *o = e->defs;
    REQUIRE(leaf % 32 == 0);
    if (w->pre > 0) {
        text_set(o, "PRE_LEVELS", "%u", whir_leaf_log(w, 0) - w->pre_cap);
        text_set(o, "KEY", "%u", e->key);
        emit_root(e, "pre", (uint32_t)whir_pre_leaf_bytes(w), whir_leaf_log(w, 0) - w->pre_cap);
        text_template(o, (const char *)yul_pre, yul_pre_size);
    }
    text_line(o, "/// the value of the leaf %s at o", w->pre > 0 ? "of f and of that of g" : "");
    text_line(o, "function w_leaf_0(o%s) -> r {", w->pre > 0 ? ", index" : "");
    o->indent += 4;
    text_line(o, "let a := 0");
    text_line(o, "let b := 0");
    text_line(o, "let w");
    emit_lanes(o, 0, leaf / 32, e->eq_wide);
    if (w->pre > 0) {
        const uint32_t bytes = (uint32_t)whir_pre_leaf_bytes(w), from = leaf + 32 * levels;
        REQUIRE(bytes % 32 == 0);
        text_line(o, "w_merkle_pre(add(o, %u), index)", from);
        emit_lanes(o, from, bytes / 32, e->eq_pre_wide);
    }
    text_line(o, "r := f_narrow(a, b)");
    o->indent -= 4;
    text_line(o, "}");
}

/* w_point_<i>: w^index by its digits of four bits. */
static void emit_point(struct emit *e, uint32_t i)
{
    const uint32_t leaf_log = whir_leaf_log(&e->p->whir, i), digits = (leaf_log + 3) / 4;
    struct text *o = e->defs;
    text_line(e->body, "w_digits(%u, %u)", kb_to_u32(kb_root(leaf_log)), digits);
    text_line(o, "/// the domain's point number `index` < 2^%u, from the powers of w_digits",
              leaf_log);
    text_line(o, "function w_point_%u(index) -> y {", i);
    text_line(o, "    y := mload(add(%u, and(shl(5, index), 0x1e0)))", e->points);
    for (uint32_t k = 1; k < digits; k++) {
        const uint32_t at = e->points + 512 * k;
        if (k == 1)
            text_line(o, "    y := mulmod(y, mload(add(%u, and(shl(1, index), 0x1e0))), $P)", at);
        else
            text_line(o, "    y := mulmod(y, mload(add(%u, and(shr(%u, index), 0x1e0))), $P)", at,
                      4 * k - 5);
    }
    text_line(o, "}");
}

uint32_t emit_queries(struct emit *e, uint32_t i, uint32_t vars)
{
    const struct whir_params *w = &e->p->whir;
    const struct whir_round *r = &w->rounds[i];
    const uint32_t leaf_log = whir_leaf_log(w, i);
    const uint32_t leaf = (uint32_t)whir_leaf_bytes(w, i), levels = leaf_log - r->cap_log;
    struct text *t = e->defs;
    emit_lane_weights(e, i, vars);
    text_set(t, "I", "%u", i);
    text_set(t, "NEXT", "%u", i + 1);
    text_set(t, "T", "%u", r->queries);
    text_set(t, "T32", "%u", 32u * r->queries);
    text_set(t, "N_OOD", "%u", i + 1 < w->n_rounds ? w->rounds[i + 1].ood : 0u);
    text_set(t, "OOD_BYTES", "%u", i + 1 < w->n_rounds ? 20u * w->rounds[i + 1].ood : 0u);
    text_set(t, "SQUEEZES", "%u", (r->queries + 7u) / 8);
    text_set(t, "GAMMA", "%u", e->gamma[i]);
    text_set(t, "Y", "%u", e->y[i]);
    text_set(t, "IX", "%u", e->ix);
    text_set(t, "LEAF_BYTES", "%u", leaf); /* in comments */
    text_set(t, "LEVELS", "%u", levels);
    text_set(t, "QUERY_BYTES", "%u", query_bytes(w, i));
    emit_point(e, i);
    emit_merkle(e, i, leaf, levels);
    if (i == 0) {
        emit_base_leaf(e, leaf, levels);
        text_set(t, "LEAF_VALUE", w->pre > 0 ? "w_leaf_0(o, index)" : "w_leaf_0(o)");
    } else {
        /* one dot product at a time; a fold of more variables needs more than one */
        REQUIRE(leaf / 20 <= 32);
        text_set(t, "LEAF_VALUE", "w_leaf_ext(o, %u)", leaf / 20);
    }
    return query_bytes(w, i);
}

enum { TERMS = 8 };

void emit_final(struct emit *e, uint32_t n)
{
    struct text *o = e->defs;
    const uint32_t terms = n < TERMS ? n : TERMS;
    text_line(o, "/// the final polynomial at a point of the base field");
    text_line(o, "function w_final_at(y) -> r {");
    o->indent += 4;
    text_line(o, "let a := 0");
    text_line(o, "let b := 0");
    text_line(o, "let v := 1");
    text_line(o, "for { let d := %u } lt(d, %u) { d := add(d, %u) } {", e->wide, e->wide + 64 * n,
              64 * terms);
    for (uint32_t i = 0; i < terms; i++) {
        text_line(o, "    a := add(a, mul(mload(add(d, %u)), v))", 64 * i);
        text_line(o, "    b := add(b, mul(mload(add(d, %u)), v))", 64 * i + 32);
        text_line(o, "    v := mulmod(v, y, $P)");
    }
    text_line(o, "}");
    text_line(o, "r := f_narrow(a, b)");
    o->indent -= 4;
    text_line(o, "}");
}

/* The sum over the non-empty sets of `size` variables of wide word `half` at the set times its
 * product of the u; sets by number, variable 0 lowest. */
static void emit_sets(struct text *o, const char *name, uint32_t at, uint32_t half, uint32_t size)
{
    static const char *const products[] = {"", "u", "v", "uv", "x", "ux", "vx", "uvx"};
    const uint32_t sets = (1u << size) - 1;
    char line[LINE];
    int n = snprintf(line, sizeof line, "%s := ", name);
    for (uint32_t k = 1; k <= sets; k++) /* nested to the right, which needs the least stack */
        n += snprintf(line + n, LINE - (size_t)n, "%smul(mload(%u), %s)%s", k < sets ? "add(" : "",
                      at + 64 * (k - 1) + 32 * half, products[k], k < sets ? ", " : "");
    for (uint32_t k = 1; k < sets; k++)
        n += snprintf(line + n, LINE - (size_t)n, ")");
    REQUIRE(n > 0 && n < LINE);
    text_line(o, "%s", line);
}

/* pow(y) is the product over variables of 1 + z_j (y^(2^j) - 1). Three at a time (from the last
 * on) are a sum over their sets of prod z times prod (y^(2^j) - 1): the products of the z are
 * the same for all y. */
void emit_powers(struct emit *e, uint32_t i)
{
    const struct whir_params *w = &e->p->whir;
    const uint32_t vars = whir_round_vars(w, i + 1);
    struct text *o = e->defs;
    text_line(o, "/// pow(y) at the first %u coordinates, from the products at %u", vars, e->wide);
    text_line(o, "function w_pow_%u(y) -> r {", i);
    o->indent += 4;
    text_line(o, "let a");
    text_line(o, "let b");
    text_line(o, "let u");
    if (vars > 1) text_line(o, "let v");
    if (vars > 1) text_line(o, "let uv");
    if (vars > 2) {
        text_line(o, "let x");
        text_line(o, "let ux");
        text_line(o, "let vx");
        text_line(o, "let uvx");
    }
    uint32_t at = e->wide;
    for (uint32_t done = 0; done < vars; done += GROUP) {
        const uint32_t size = vars - done < GROUP ? vars - done : GROUP;
        text_line(o, "u := addmod(y, $P_MINUS_1, $P)");
        text_line(o, "y := mulmod(y, y, $P)");
        if (size > 1) {
            text_line(o, "v := addmod(y, $P_MINUS_1, $P)");
            text_line(o, "y := mulmod(y, y, $P)");
            text_line(o, "uv := mulmod(u, v, $P)");
        }
        if (size > 2) {
            text_line(o, "x := addmod(y, $P_MINUS_1, $P)");
            text_line(o, "y := mulmod(y, y, $P)");
            text_line(o, "ux := mulmod(u, x, $P)");
            text_line(o, "vx := mulmod(v, x, $P)");
            text_line(o, "uvx := mulmod(uv, x, $P)");
        }
        emit_sets(o, "a", at, 0, size);
        emit_sets(o, "b", at, 1, size);
        text_line(o, done == 0 ? "r := add(f_narrow(a, b), 1)"
                               : "r := f_mul(r, add(f_narrow(a, b), 1))");
        at += 64 * ((1u << size) - 1);
    }
    o->indent -= 4;
    text_line(o, "}");
    text_line(
        o, "/// sum plus gamma^k pow(y) for the points y of round %u, the powers following `power`",
        i);
    text_line(o, "function w_pow_all_%u(gamma, power, sum) -> r {", i);
    o->indent += 4;
    at = e->wide;
    for (uint32_t done = 0; done < vars;
         done += GROUP) { /* products of the coordinates of each set */
        const uint32_t size = vars - done < GROUP ? vars - done : GROUP;
        const uint32_t z = e->z + 32 * (vars - 1 - done);
        text_line(o, "{");
        for (uint32_t k = 1; k < 1u << size; k++) {
            const uint32_t top = k >= 4 ? 2 : k >= 2 ? 1 : 0, rest = k - (1u << top);
            if (rest == 0)
                text_line(o, "    let s%u := mload(%u)", k, z - 32 * top);
            else
                text_line(o, "    let s%u := f_mul(s%u, s%u)", k, rest, 1u << top);
            text_line(o, "    f_widen_1(%u, s%u)", at, k);
            at += 64;
        }
        text_line(o, "}");
    }
    text_line(o, "r := sum");
    text_line(o, "for { let d := %u } lt(d, %u) { d := add(d, 32) } {", e->y[i],
              e->y[i] + 32u * w->rounds[i].queries);
    text_line(o, "    power := f_mul(power, gamma)");
    text_line(o, "    r := f_muladd(power, w_pow_%u(mload(d)), r)", i);
    text_line(o, "}");
    o->indent -= 4;
    text_line(o, "}");
}

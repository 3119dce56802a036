#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16_constants.h"
#include "prover/air/leaf.h"
#include "prover/air/poseidon.h"

/* ---- poseidon: one compression per row ----
 * in 16; the states after full rounds 1..4 (the last of them enters the partial rounds); the cubes
 * of the 20 partial rounds; the states after full rounds 5..7. The state before full round 5 is a
 * linear function of state 4 and the cubes, the output a cubic one of state 7.
 * Determinacy: in is free, everything after it is a function of it, row by row; `asked` counts.
 * Every row, used or not, is a true compression, so an advice multiplicity cannot lie. */

enum { W = 16, HALF = POSEIDON16_HALF_FULL_ROUNDS, PARTIAL = POSEIDON16_PARTIAL_ROUNDS };

static uint32_t mul_p(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

static uint32_t add_p(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

/* acc + k x for a small signed k. */
static ir_x accumulate(struct ir_table *t, ir_x acc, int32_t k, ir_x x)
{
    if (k >= 0) return ir_add(t, acc, ir_scale(t, (uint32_t)k, x));
    return ir_sub(t, acc, ir_scale(t, (uint32_t)-k, x));
}

/* out = scale * (negacyclic product of c and x of length n). */
static void negacyclic(struct ir_table *t, uint32_t n, const int32_t *c, int32_t scale,
                       const ir_x *x, ir_x *out)
{
    for (uint32_t i = 0; i < n; i++) {
        out[i] = ir_const(t, 0);
        for (uint32_t j = 0; j < n; j++) {
            int32_t k = i >= j ? c[i - j] : -c[n + i - j];
            out[i] = accumulate(t, out[i], k * scale, x[j]);
        }
    }
}

/* out = n * (cyclic product of c and x of length n): x^n - 1 = (x^(n/2) - 1)(x^(n/2) + 1), without
 * divisions, so that all constants stay small. */
static void cyclic(struct ir_table *t, uint32_t n, const int32_t *c, const ir_x *x, ir_x *out)
{
    if (n == 1) {
        out[0] = accumulate(t, ir_const(t, 0), c[0], x[0]);
        return;
    }
    uint32_t m = n / 2;
    ir_x u[W / 2] = {0}, v[W / 2] = {0}, y[W / 2], z[W / 2];
    int32_t cu[W / 2] = {0}, cv[W / 2] = {0};
    for (uint32_t i = 0; i < m; i++) {
        u[i] = ir_add(t, x[i], x[i + m]);
        v[i] = ir_sub(t, x[i], x[i + m]);
        cu[i] = c[i] + c[i + m];
        cv[i] = c[i] - c[i + m];
    }
    cyclic(t, m, cu, u, y);
    negacyclic(t, m, cv, (int32_t)m, v, z);
    for (uint32_t i = 0; i < m; i++) {
        out[i] = ir_add(t, y[i], z[i]);
        out[i + m] = ir_sub(t, y[i], z[i]);
    }
}

/* out = 16 * MDS * in. */
static void mds16(struct ir_table *t, const ir_x in[W], ir_x out[W])
{
    int32_t c[W];
    for (uint32_t i = 0; i < W; i++)
        c[i] = (int32_t)POSEIDON16_MDS_COLUMN[i];
    cyclic(t, W, c, in, out);
}

static ir_x cube(struct ir_table *t, ir_x x)
{
    return ir_mul(t, ir_mul(t, x, x), x);
}

/* out = 16 * the state after full round `round`. */
static void full_round16(struct ir_table *t, uint32_t round, const ir_x in[W], ir_x out[W])
{
    ir_x s[W];
    for (uint32_t i = 0; i < W; i++)
        s[i] = cube(t, ir_add(t, in[i], ir_const(t, POSEIDON16_RC[round][i])));
    mds16(t, s, out);
}

static void assert_state(struct ir_table *t, const ir_x state[W], const ir_x times16[W],
                         const char *name)
{
    for (uint32_t i = 0; i < W; i++) {
        char text[32] = {0};
        size_t n = strlen(name);
        REQUIRE(n + 4 < sizeof text);
        memcpy(text, name, n);
        text[n] = ' ';
        text[n + 1] = (char)('a' + (int)i);
        ir_assert_eq(t, ir_scale(t, 16, state[i]), times16[i], text);
    }
}

/* The partial rounds as linear forms over (state 4, cubes so far, 1). */
struct forms {
    uint32_t k[W][W + PARTIAL + 1];
};

static ir_x form_expression(struct ir_table *t, const uint32_t *k, const ir_x *vars)
{
    ir_x sum = ir_const(t, k[W + PARTIAL]);
    for (uint32_t i = 0; i < W + PARTIAL; i++)
        if (k[i] != 0) sum = ir_add(t, sum, ir_scale(t, k[i], vars[i]));
    return sum;
}

static void forms_mds(struct forms *f)
{
    struct forms g;
    memset(&g, 0, sizeof g);
    for (uint32_t i = 0; i < W; i++)
        for (uint32_t j = 0; j < W; j++)
            for (uint32_t v = 0; v < W + PARTIAL + 1; v++)
                g.k[i][v] =
                    add_p(g.k[i][v], mul_p(POSEIDON16_MDS_COLUMN[(i + W - j) % W], f->k[j][v]));
    *f = g;
}

static void partial_rounds(struct ir_table *t, const ir_x state[W], const ir_x *cubes, ir_x out[W])
{
    static const char *const names[PARTIAL] = {
        "cube 0",  "cube 1",  "cube 2",  "cube 3",  "cube 4",  "cube 5",  "cube 6",
        "cube 7",  "cube 8",  "cube 9",  "cube 10", "cube 11", "cube 12", "cube 13",
        "cube 14", "cube 15", "cube 16", "cube 17", "cube 18", "cube 19"};
    ir_x vars[W + PARTIAL];
    memcpy(vars, state, W * sizeof *vars);
    memcpy(vars + W, cubes, PARTIAL * sizeof *vars);
    struct forms f;
    memset(&f, 0, sizeof f);
    for (uint32_t i = 0; i < W; i++)
        f.k[i][i] = 1;
    for (uint32_t r = 0; r < PARTIAL; r++) {
        for (uint32_t i = 0; i < W; i++)
            f.k[i][W + PARTIAL] = add_p(f.k[i][W + PARTIAL], POSEIDON16_RC[HALF + r][i]);
        ir_assert_eq(t, cubes[r], cube(t, form_expression(t, f.k[0], vars)), names[r]);
        memset(f.k[0], 0, sizeof f.k[0]);
        f.k[0][W + r] = 1;
        forms_mds(&f);
    }
    for (uint32_t i = 0; i < W; i++)
        out[i] = form_expression(t, f.k[i], vars);
}

void air_poseidon_rounds(struct ir_table *t, const ir_x in[16], ir_x out[8])
{
    static const char *const names[2 * HALF] = {"state 1", "state 2", "state 3", "state 4",
                                                "state 5", "state 6", "state 7", NULL};
    ir_x state[W], next[W], cubes[PARTIAL], times16[W];
    memcpy(state, in, sizeof state);
    for (uint32_t r = 0; r < HALF; r++) {
        air_new_cols(t, next, names[r], W);
        full_round16(t, r, state, times16);
        assert_state(t, next, times16, names[r]);
        memcpy(state, next, sizeof state);
    }
    air_new_cols(t, cubes, "cube", PARTIAL);
    partial_rounds(t, state, cubes, next);
    memcpy(state, next, sizeof state);
    for (uint32_t r = HALF; r < 2 * HALF - 1; r++) {
        air_new_cols(t, next, names[r], W);
        full_round16(t, PARTIAL + r, state, times16);
        assert_state(t, next, times16, names[r]);
        memcpy(state, next, sizeof state);
    }
    full_round16(t, PARTIAL + 2 * HALF - 1, state, times16);
    const uint32_t sixteenth = IR_P - (IR_P - 1) / 16; /* 16 * (p - (p-1)/16) = 1 mod p */
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        out[i] = ir_add(t, in[i], ir_scale(t, sixteenth, times16[i]));
}

static void add_table(struct ir_system *s, const char *name, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, name, log_height);
    ir_x fields[W + AIR_DIGEST];
    air_new_cols(t, fields, "in", W);
    air_poseidon_rounds(t, fields, fields + W);
    ir_x asked = air_col(t, "asked");
    ir_receive(t, BUS_POSEIDON, asked, fields, W + AIR_DIGEST, "poseidon");
}

void air_add_poseidon(struct ir_system *s, uint32_t log_height)
{
    add_table(s, "poseidon", log_height);
}

void air_add_poseidon_more(struct ir_system *s, uint32_t log_height)
{
    add_table(s, "poseidon2", log_height);
}

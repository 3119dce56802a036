#include "prover/recursion/machine.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/air/poseidon.h"

/* Why no row can lie.
 *
 * All multiplicities and addresses are preprocessed, so the key says who speaks, at which address and
 * how often; a trace only chooses values. Every address is written by at most one row (its writer and
 * row are in the address), sent as often as the key reads it: balanced buses then mean that every
 * reader holds the writer's value. Multiplicities add up to less than p in absolute value, so balanced
 * modulo p is balanced. The other way round, a row that receives at its own address (an assertion:
 * c = 0; an element that fills a group: e = 0) gets what the one row of `const` sends there.
 * Every row reads in the slots that every row has: rows past the program's end read the constant
 * zero, which is sent so many times more, and nobody reads what they write. So "unused" needs no flag
 * and cannot speak.
 * Programs are straight lines: a row reads what earlier calls wrote, so by induction every value is a
 * function of advice (R of poseidon, e of pack), publics and constants. Cyclic keys are never made.
 *
 * Each table says below what its columns are functions of ("determined by"). */

static ir_x col(struct ir_table *t, uint32_t column)
{
    return ir_col(t, column);
}

static void cols(struct ir_table *t, uint32_t first, uint32_t n, ir_x *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = ir_col(t, first + i);
}

static ir_x address(struct ir_table *t, enum rec_writer writer)
{
    ir_x row = ir_idx(t, 0, t->log_height);
    return ir_add(t, row, ir_const(t, (uint32_t)writer << REC_ADDRESS_LOG));
}

static ir_x one_minus(struct ir_table *t, ir_x x)
{
    return ir_sub(t, ir_const(t, 1), x);
}

/* a b in F_p[X]/(X^5 + X^2 - 1), with 15 products. */
static void ext_mul(struct ir_table *t, const ir_x a[5], const ir_x b[5], ir_x out[5])
{
    ir_x square[5], c[9];
    for (uint32_t i = 0; i < 5; i++)
        square[i] = ir_mul(t, a[i], b[i]);
    for (uint32_t k = 0; k < 9; k++) {
        c[k] = ir_const(t, 0);
        for (uint32_t i = k < 5 ? 0 : k - 4; 2 * i < k; i++) {
            ir_x both = ir_mul(t, ir_add(t, a[i], a[k - i]), ir_add(t, b[i], b[k - i]));
            c[k] = ir_add(t, c[k], ir_sub(t, ir_sub(t, both, square[i]), square[k - i]));
        }
        if (k % 2 == 0) c[k] = ir_add(t, c[k], square[k / 2]);
    }
    /* X^5 = 1 - X^2, X^6 = X - X^3, X^7 = X^2 - X^4, X^8 = X^3 + X^2 - 1 */
    out[0] = ir_sub(t, ir_add(t, c[0], c[5]), c[8]);
    out[1] = ir_add(t, c[1], c[6]);
    out[2] = ir_add(t, ir_sub(t, c[2], c[5]), ir_add(t, c[7], c[8]));
    out[3] = ir_add(t, ir_sub(t, c[3], c[6]), c[8]);
    out[4] = ir_sub(t, c[4], c[7]);
}

/* at0 + r (at1 - at0) */
static void ext_lerp(struct ir_table *t, const ir_x at0[5], const ir_x at1[5], const ir_x r[5],
                     ir_x out[5])
{
    ir_x d[5];
    for (uint32_t i = 0; i < 5; i++)
        d[i] = ir_sub(t, at1[i], at0[i]);
    ext_mul(t, r, d, out);
    for (uint32_t i = 0; i < 5; i++)
        out[i] = ir_add(t, at0[i], out[i]);
}

/* Receives the element or word `xs` at a preprocessed address, once on every row. */
static void reads(struct ir_table *t, enum rec_bus bus, uint32_t address_pre, const ir_x *xs,
                  uint32_t n, const char *name)
{
    ir_x f[12];
    f[0] = ir_prec(t, address_pre);
    memcpy(f + 1, xs, n * sizeof *xs);
    ir_receive(t, (uint16_t)bus, ir_const(t, 1), f, n + 1, name);
}

/* Sends it at the writer's address, `mult` times. */
static void writes(struct ir_table *t, enum rec_bus bus, enum rec_writer writer, ir_x mult,
                   const ir_x *xs, uint32_t n, const char *name)
{
    ir_x f[12];
    f[0] = address(t, writer);
    memcpy(f + 1, xs, n * sizeof *xs);
    ir_send(t, (uint16_t)bus, mult, f, n + 1, name);
}

/* ---- poseidon: out = compress(in), and one step of a Merkle path ----
 * Reads the word L with the idx and y of its node. turn = 0, or k = 1/kappa where kappa != 0; the
 * node's bit is b = turn kappa, and in = (R, L) instead of (L, R) if b = 1. Then idx' = (idx + b) / 2 and
 * y' = y (1 + turn) = y w^b for k = w - 1. After n steps from idx = 0, y = 1 idx 2^n is the number
 * with the bits b in their order and y the product of their w: nobody can choose anything but bits.
 * expect = 0: O is written at this row's address. expect = 1: O without idx and y is read where
 * right_at says (the root), and what the path has found goes out as END.
 * Rows that are no step have kappa = 0, so turn = 0; on words that are no nodes idx = 0, y = 1 stay.
 * Determined by L, idx, y (read); R, which is read at right_at (mult -1) or advice; turn, a free bit
 * where kappa != 0. With a wrong bit or R the root differs, or Poseidon collides. */
static void add_poseidon(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "poseidon", log_height);
    ir_x in[16], out[10];
    cols(t, ir_columns(t, "in", 16), 16, in);
    air_poseidon_rounds(t, in, out);
    ir_x turn = col(t, ir_column(t, "turn")), idx = col(t, ir_column(t, "idx"));
    ir_x y = col(t, ir_column(t, "y"));
    REQUIRE(t->n_columns == POSEIDON_COLUMNS);
    static const char *const pre[POSEIDON_PRE] = {"left at",  "right at", "right mult",
                                                  "out mult", "kappa",    "expect"};
    ir_x v[POSEIDON_PRE], one = ir_const(t, 1);
    for (uint32_t i = 0; i < POSEIDON_PRE; i++)
        v[i] = ir_prec(t, ir_pre(t, pre[i]));
    ir_x expect = v[POSEIDON_EXPECT], right_at = v[POSEIDON_RIGHT_AT];
    ir_x b = ir_mul(t, turn, v[POSEIDON_KAPPA]);
    ir_assert_zero(t, ir_mul(t, turn, ir_sub(t, b, one)), "turn is 0 or 1/kappa");

    ir_x left[10], end[3];
    for (uint32_t i = 0; i < 8; i++)
        left[i] = ir_add(t, in[i], ir_mul(t, b, ir_sub(t, in[8 + i], in[i])));
    left[8] = idx;
    left[9] = ir_sub(t, y, one);
    reads(t, REC_WORD, POSEIDON_LEFT_AT, left, 10, "left");

    ir_x right[9] = {right_at};
    memcpy(right + 1, in + 8, 8 * sizeof *right);
    ir_send(t, REC_WORD, v[POSEIDON_RIGHT_MULT], right, 9, "right");

    end[1] = ir_scale(t, REC_INV2, ir_add(t, idx, b));
    end[2] = ir_mul(t, y, ir_add(t, one, turn));
    ir_x plain = one_minus(t, expect), at = address(t, REC_W_OUT);
    out[8] = ir_mul(t, plain, end[1]);
    out[9] = ir_mul(t, plain, ir_sub(t, end[2], one));
    ir_x f[11] = {ir_add(t, at, ir_mul(t, expect, ir_sub(t, right_at, at)))};
    memcpy(f + 1, out, 10 * sizeof *f);
    ir_x mult = ir_sub(t, ir_mul(t, plain, v[POSEIDON_OUT_MULT]), expect);
    ir_send(t, REC_WORD, mult, f, 11, "out");

    end[0] = address(t, REC_W_END);
    ir_send(t, REC_END, ir_mul(t, expect, v[POSEIDON_OUT_MULT]), end, 3, "end");
}

/* ---- ext: c = a (b - lerp d) + d ----
 * c is no column: it is written at this row's address, or read there (mult -1: an assertion c = 0).
 * Determined by a, b, d, all read. */
static void add_ext(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "ext", log_height);
    ir_x a[5], b[5], d[5], e[5], c[5];
    cols(t, ir_columns(t, "a", 5), 5, a);
    cols(t, ir_columns(t, "b", 5), 5, b);
    cols(t, ir_columns(t, "d", 5), 5, d);
    static const char *const pre[EXT_PRE] = {"a at", "b at", "d at", "lerp", "mult"};
    for (uint32_t i = 0; i < EXT_PRE; i++)
        ir_pre(t, pre[i]);
    for (uint32_t i = 0; i < 5; i++)
        e[i] = ir_sub(t, b[i], ir_mul(t, ir_prec(t, EXT_LERP), d[i]));
    ext_mul(t, a, e, c);
    for (uint32_t i = 0; i < 5; i++)
        c[i] = ir_add(t, c[i], d[i]);
    reads(t, REC_EXT, EXT_A_AT, a, 5, "a");
    reads(t, REC_EXT, EXT_B_AT, b, 5, "b");
    reads(t, REC_EXT, EXT_D_AT, d, 5, "d");
    writes(t, REC_EXT, REC_W_EXT, ir_prec(t, EXT_MULT), c, 5, "c");
}

/* ---- pow: one factor of prod (1 - z + z y^(2^i)) ----
 * Reads (acc, y); writes (acc (1 + z (y - 1)), y^2), the last row of a product without y^2. Rows past
 * the end read what they write: acc is free there, and nobody else reads it.
 * Determined by acc, y, z, all read. */
static void add_pow(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "pow", log_height);
    ir_x y = col(t, ir_column(t, "y")), acc[6], z[5], factor[5], out[6], one = ir_const(t, 1);
    cols(t, ir_columns(t, "acc", 5), 5, acc);
    cols(t, ir_columns(t, "z", 5), 5, z);
    static const char *const pre[POW_PRE] = {"in at", "z at", "mult", "last"};
    for (uint32_t i = 0; i < POW_PRE; i++)
        ir_pre(t, pre[i]);
    acc[5] = y;
    for (uint32_t i = 0; i < 5; i++)
        factor[i] = ir_mul(t, z[i], ir_sub(t, y, one));
    factor[0] = ir_add(t, factor[0], one);
    ext_mul(t, acc, factor, out);
    out[5] = ir_mul(t, one_minus(t, ir_prec(t, POW_LAST)), ir_mul(t, y, y));
    reads(t, REC_EXT, POW_IN_AT, acc, 6, "in");
    reads(t, REC_EXT, POW_Z_AT, z, 5, "z");
    writes(t, REC_EXT, REC_W_POW, ir_prec(t, POW_MULT), out, 6, "out");
}

/* ---- fold: the multilinear value of a word of 8 base elements ----
 * r1 binds the last index bit. low, high: after r1 and r2.
 * Determined by x, r1, r2, r3, all read. */
static void add_fold(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "fold", log_height);
    ir_x x[8], r[3][5], m[2][5], p[2][5], out[5];
    cols(t, ir_columns(t, "x", 8), 8, x);
    static const char *const r_names[3] = {"r1", "r2", "r3"};
    for (uint32_t k = 0; k < 3; k++)
        cols(t, ir_columns(t, r_names[k], 5), 5, r[k]);
    cols(t, ir_columns(t, "low", 5), 5, m[0]);
    cols(t, ir_columns(t, "high", 5), 5, m[1]);
    static const char *const pre[FOLD_PRE] = {"x at", "r1 at", "r2 at", "r3 at", "mult"};
    for (uint32_t i = 0; i < FOLD_PRE; i++)
        ir_pre(t, pre[i]);
    for (uint32_t half = 0; half < 2; half++) {
        const ir_x *h = x + (size_t)4 * half;
        for (uint32_t k = 0; k < 2; k++) {
            ir_x d = ir_sub(t, h[2 * k + 1], h[2 * k]);
            for (uint32_t i = 0; i < 5; i++)
                p[k][i] = ir_mul(t, r[0][i], d);
            p[k][0] = ir_add(t, p[k][0], h[2 * k]);
        }
        ext_lerp(t, p[0], p[1], r[1], out);
        for (uint32_t i = 0; i < 5; i++) {
            char name[] = "low a";
            if (half == 1) memcpy(name, "hig", 3);
            name[4] = (char)('a' + (int)i);
            ir_assert_eq(t, m[half][i], out[i], name);
        }
    }
    ext_lerp(t, m[0], m[1], r[2], out);
    reads(t, REC_WORD, FOLD_X_AT, x, 8, "x");
    reads(t, REC_EXT, FOLD_R1_AT, r[0], 5, "r1");
    reads(t, REC_EXT, FOLD_R2_AT, r[1], 5, "r2");
    reads(t, REC_EXT, FOLD_R3_AT, r[2], 5, "r3");
    writes(t, REC_EXT, REC_W_FOLD, ir_prec(t, FOLD_MULT), out, 5, "out");
}

/* ---- pack: three elements and the two words that a transcript absorbs for them ----
 * e_i is advice, written; or read at its own address (mult -1), where `const` sends a constant.
 * Determined by e, which is advice: what binds it are the words, once hashed, or an assertion. */
static void add_pack(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "pack", log_height);
    ir_x e[16];
    static const char *const names[3] = {"e1", "e2", "e3"};
    for (uint32_t k = 0; k < 3; k++)
        cols(t, ir_columns(t, names[k], 5), 5, e + (size_t)5 * k);
    static const char *const pre[PACK_PRE] = {"e1 mult", "e2 mult", "e3 mult",
                                              "A mult",  "B mult",  "last"};
    for (uint32_t i = 0; i < PACK_PRE; i++)
        ir_pre(t, pre[i]);
    e[15] = ir_prec(t, PACK_LAST);
    for (uint32_t k = 0; k < 3; k++)
        writes(t, REC_EXT, (enum rec_writer)(REC_W_PACK_1 + k), ir_prec(t, PACK_E_MULT + k),
               e + (size_t)5 * k, 5, names[k]);
    writes(t, REC_WORD, REC_W_PACK_A, ir_prec(t, PACK_A_MULT), e, 8, "A");
    writes(t, REC_WORD, REC_W_PACK_B, ir_prec(t, PACK_B_MULT), e + 8, 8, "B");
}

/* w[i] for i = the two lowest bits of the row. */
static ir_x quarter(struct ir_table *t, const ir_x w[4])
{
    ir_x b0 = ir_idx(t, 0, 1), b1 = ir_idx(t, 1, 1);
    ir_x d1 = ir_sub(t, w[1], w[0]), d3 = ir_sub(t, w[3], w[2]);
    ir_x low = ir_add(t, w[0], ir_mul(t, b0, d1));
    ir_x step = ir_add(t, ir_sub(t, w[2], w[0]), ir_mul(t, b0, ir_sub(t, d3, d1)));
    return ir_add(t, low, ir_mul(t, b1, step));
}

/* ---- split: a word as elements of F ----
 * all = 1: (w_0, .., w_4); all = 0: w_i as a base element for i = row mod 8. low, high: what the row's
 * two lowest bits choose of w_0..3 and of w_4..7.
 * Determined by w, read. */
static void add_split(struct ir_system *s, uint32_t log_height)
{
    REQUIRE(log_height >= 3);
    struct ir_table *t = ir_table_new(s, "split", log_height);
    ir_x w[8], out[5];
    cols(t, ir_columns(t, "w", 8), 8, w);
    ir_x low = col(t, ir_column(t, "low")), high = col(t, ir_column(t, "high"));
    static const char *const pre[SPLIT_PRE] = {"w at", "all", "mult"};
    for (uint32_t i = 0; i < SPLIT_PRE; i++)
        ir_pre(t, pre[i]);
    ir_x all = ir_prec(t, SPLIT_ALL);
    ir_assert_eq(t, low, quarter(t, w), "low");
    ir_assert_eq(t, high, quarter(t, w + 4), "high");
    ir_x one = ir_add(t, low, ir_mul(t, ir_idx(t, 2, 1), ir_sub(t, high, low)));
    for (uint32_t i = 0; i < 5; i++)
        out[i] = ir_mul(t, all, w[i]);
    out[0] = ir_add(t, out[0], ir_mul(t, one_minus(t, all), one));
    reads(t, REC_WORD, SPLIT_AT, w, 8, "w");
    writes(t, REC_EXT, REC_W_SPLIT, ir_prec(t, SPLIT_MULT), out, 5, "out");
}

/* ---- bits: the canonical v, whose low n bits are the path that ended at `end` ----
 * size = 2^n, 7 <= n <= 24. The path says idx = j / 2^n with an integer j < 2^n, so v = size (idx + h) is
 * v = j + 2^n h in the field. h, g < 2^24 and h + g = 127 * 2^(24-n): h is at most that. If h is less,
 * v < p as an integer; if it is that (g = 0), idx = 0 and v = p - 1. So v is written the one canonical
 * way and j = v mod 2^n. The row begins pow with (acc, y) = (1, y).
 * Determined by v, idx, y, all read: h by v and idx, g by h; inv is free where idx = 0. */
static void add_bits(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "bits", log_height);
    ir_x idx = col(t, ir_column(t, "idx")), y = col(t, ir_column(t, "y")), h[2], g[2];
    cols(t, ir_columns(t, "h", 2), 2, h);
    cols(t, ir_columns(t, "g", 2), 2, g);
    ir_x inv = col(t, ir_column(t, "inv"));
    static const char *const pre[BITS_PRE] = {"v at", "end at", "size", "mult"};
    for (uint32_t i = 0; i < BITS_PRE; i++)
        ir_pre(t, pre[i]);
    ir_x size = ir_prec(t, BITS_SIZE), one = ir_const(t, 1), zero = ir_const(t, 0);
    ir_x hs = ir_pack(t, h, 2, REC_RANGE_LOG), gs = ir_pack(t, g, 2, REC_RANGE_LOG);
    ir_assert_eq(t, ir_mul(t, size, ir_add(t, hs, gs)), ir_const(t, IR_P - 1), "h is at most");
    ir_assert_zero(t, ir_mul(t, idx, ir_sub(t, one, ir_mul(t, inv, gs))), "v is below p");
    ir_x v = ir_mul(t, size, ir_add(t, idx, hs)), end[2] = {idx, y};
    ir_x start[6] = {one, zero, zero, zero, zero, y};
    reads(t, REC_EXT, BITS_V_AT, &v, 1, "v");
    reads(t, REC_END, BITS_END_AT, end, 2, "end");
    writes(t, REC_EXT, REC_W_BITS, ir_prec(t, BITS_MULT), start, 6, "start");
    static const char *const ranges[4] = {"h low", "h high", "g low", "g high"};
    for (uint32_t i = 0; i < 4; i++)
        ir_send(t, REC_RANGE, one, i < 2 ? &h[i] : &g[i - 2], 1, ranges[i]);
}

/* ---- range: the numbers below 2^12; `count` is what the askers make it ---- */
static void add_range(struct ir_system *s)
{
    struct ir_table *t = ir_table_new(s, "range", REC_RANGE_LOG);
    ir_x count = col(t, ir_column(t, "count")), v = ir_idx(t, 0, REC_RANGE_LOG);
    ir_receive(t, REC_RANGE, count, &v, 1, "range");
}

/* ---- const: no columns at all, the key alone ---- */
static void add_const(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "const", log_height);
    ir_x f[6];
    f[0] = ir_prec(t, ir_pre(t, "at"));
    uint32_t v = ir_pres(t, "v", 5);
    for (uint32_t i = 0; i < 5; i++)
        f[1 + i] = ir_prec(t, v + i);
    ir_send(t, REC_EXT, ir_prec(t, ir_pre(t, "mult")), f, 6, "const");
}

static struct ir_system *machine_new(const struct rec_shape *shape)
{
    struct ir_system *s = ir_system_new("machine", 1, 8 * REC_PUBLIC_WORDS);
    add_poseidon(s, shape->poseidon);
    add_ext(s, shape->ext);
    add_pow(s, shape->pow);
    add_fold(s, shape->fold);
    add_pack(s, shape->pack);
    add_split(s, shape->split);
    add_bits(s, shape->bits);
    add_range(s);
    add_const(s, shape->constant);
    static const char *const names[REC_PUBLIC_WORDS] = {"public 0", "public 1", "public 2",
                                                        "public 3", "public 4", "public 5"};
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++) {
        struct ir_public_field f[9] = {{.is_const = true, .value = i + 1}};
        for (uint32_t k = 0; k < 8; k++)
            f[1 + k].value = 8 * i + k;
        ir_public_send(s, REC_WORD, f, 9, names[i]);
    }
    ir_system_finish(s);
    return s;
}

/* The rows that the product's programs use (`hawser-keys rows`), rounded up. Two leaves ask for most of
 * ext, two joins for most of poseidon. */
const struct rec_shape REC_SHAPE_JOIN = {.poseidon = 14,
                                         .ext = 16,
                                         .pow = 13,
                                         .fold = 12,
                                         .pack = 12,
                                         .split = 11,
                                         .bits = 10,
                                         .constant = 12};
const struct rec_shape REC_SHAPE_SHRINK = {.poseidon = 13,
                                           .ext = 14,
                                           .pow = 12,
                                           .fold = 11,
                                           .pack = 10,
                                           .split = 10,
                                           .bits = 9,
                                           .constant = 11};
const struct rec_shape REC_SHAPE_TERMINAL = {.poseidon = 13,
                                             .ext = 14,
                                             .pow = 11,
                                             .fold = 10,
                                             .pack = 10,
                                             .split = 10,
                                             .bits = 8,
                                             .constant = 11};

const struct ir_system *rec_system(const struct rec_shape *shape)
{
    struct known {
        struct rec_shape shape;
        struct ir_system *system;
        struct known *next;
    };
    static struct known *all;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    REQUIRE(pthread_mutex_lock(&lock) == 0);
    struct known *k = all;
    while (k != NULL && memcmp(&k->shape, shape, sizeof *shape) != 0)
        k = k->next;
    if (k == NULL) {
        k = calloc(1, sizeof *k);
        REQUIRE(k != NULL);
        k->shape = *shape;
        k->system = machine_new(shape);
        k->next = all;
        all = k;
    }
    REQUIRE(pthread_mutex_unlock(&lock) == 0);
    return k->system;
}

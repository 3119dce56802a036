/* Execution: one pass over the recorded rows, which writes the trace as it goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_internal.h"

enum { POSEIDON_ROW = POSEIDON_TURN, BLOCK = 16 };
_Static_assert(POSEIDON_ROW == POSEIDON_STATE + POSEIDON_STEPS, "columns of a compression");

struct run {
    const struct rec *r;
    const uint32_t *advice;
    kb5 *ext;
    uint32_t (*word)[8];
    kb *idx, *y; /* of the outputs of poseidon rows */
    kb5 *acc;    /* of pow rows, after the row; and y there */
    kb *pow_y;
    struct ir_trace *tr;
    uint32_t block[BLOCK][POSEIDON_ROW]; /* rows of poseidon that are not in the trace yet */
    kb turn[REC_PATH_LOG_MAX + 1];       /* w - 1 for w of order 2^i */
    int failed;                          /* number of the check, or -1 */
    bool bad_advice, force;
};

static uint32_t **columns(const struct run *x, enum rec_table t)
{
    return x->tr->tables[t].columns;
}

static void put_ext(uint32_t **column, uint32_t row, kb5 v)
{
    for (uint32_t i = 0; i < 5; i++)
        column[i][row] = kb_to_u32(v.c[i]);
}

static kb5 ext_of(const uint32_t v[5])
{
    kb5 x;
    for (uint32_t i = 0; i < 5; i++)
        x.c[i] = kb_from_u32(v[i]);
    return x;
}

static void set_ext(struct run *x, uint32_t id, kb5 v)
{
    if (id != REC_NONE) x->ext[id] = v;
}

static void expect(struct run *x, bool holds, uint16_t check)
{
    if (!holds && x->failed < 0) x->failed = check;
}

/* ---- poseidon ---- */

static void flush(struct run *x, uint32_t first, uint32_t n)
{
    uint32_t **c = columns(x, REC_POSEIDON);
    for (uint32_t i = 0; i < POSEIDON_ROW; i++)
        for (uint32_t k = 0; k < n; k++)
            c[POSEIDON_IN + i][first + k] = x->block[k][i];
}

static void compress_row(struct run *x, uint32_t row, const uint32_t left[8],
                         const uint32_t right[8], uint32_t out[8])
{
    uint32_t *at = x->block[row % BLOCK], s[POSEIDON_STATE];
    memcpy(at, left, 8 * sizeof *at);
    memcpy(at + 8, right, 8 * sizeof *at);
    memcpy(s, at, sizeof s);
    poseidon16_permute_steps(s, at + POSEIDON_STATE);
    for (uint32_t i = 0; i < 8; i++)
        out[i] = kb_add(s[i], at[i]); /* canonical numbers add like Montgomery ones */
    if (row % BLOCK == BLOCK - 1) flush(x, row - (BLOCK - 1), BLOCK);
}

static uint32_t turn_of(struct run *x, const struct rec_hash *h)
{
    if (h->turn_from == TURN_BIT) return kb_to_u32(x->ext[h->turn].c[0]) >> h->bit & 1;
    if (h->turn_from == TURN_NONE) return 0;
    uint32_t b = x->advice[h->turn];
    if (b > 1) x->bad_advice = true;
    return b & 1;
}

static void run_hash(struct run *x, uint32_t row)
{
    static const uint32_t zero[8] = {0};
    const struct rec *r = x->r;
    const struct rec_hash *h = &r->hash.at[row];
    const uint32_t *left = x->word[h->left], *right = zero;
    switch ((enum rec_right)h->right_from) {
    case RIGHT_READ:
    case RIGHT_COPY:
        right = x->word[h->right];
        break;
    case RIGHT_ADVICE:
        right = x->advice + h->advice;
        break;
    case RIGHT_ZERO:
        break;
    case RIGHT_SAME:
        right = left;
        break;
    }
    if (h->right_out != REC_NONE) memcpy(x->word[h->right_out], right, 8 * sizeof *right);
    uint32_t b = turn_of(x, h);
    uint32_t *out = x->word[h->out];
    compress_row(x, row, b ? right : left, b ? left : right, out);
    if (h->expect != REC_NONE && !h->derived)
        expect(x, memcmp(out, x->word[h->expect], 8 * sizeof *out) == 0, h->check);

    const struct rec_value *v = &r->word.at[h->left];
    kb idx = 0, y = kb_one, turn = 0;
    if (v->writer == REC_W_OUT && r->hash.at[v->row].expect == REC_NONE) {
        idx = x->idx[v->row];
        y = x->y[v->row];
    }
    if (b) turn = x->turn[h->domain_log];
    uint32_t **c = columns(x, REC_POSEIDON);
    c[POSEIDON_TURN][row] = kb_to_u32(turn);
    c[POSEIDON_IDX][row] = kb_to_u32(idx);
    c[POSEIDON_Y][row] = kb_to_u32(y);
    x->idx[row] = kb_half(b ? kb_add(idx, kb_one) : idx);
    x->y[row] = b ? kb_mul(y, kb_add(turn, kb_one)) : y;
}

/* Rows past the end hash zeros. */
static void pad_hash(struct run *x)
{
    const struct rec *r = x->r;
    uint32_t rows = 1u << r->shape.poseidon, n = r->hash.n;
    if (n % BLOCK != 0) flush(x, n - n % BLOCK, n % BLOCK);
    if (n == rows) return;
    static const uint32_t zero[8] = {0};
    uint32_t out[8], **c = columns(x, REC_POSEIDON);
    compress_row(x, 0, zero, zero, out); /* into the block only: its row is not the last of it */
    for (uint32_t i = 0; i < POSEIDON_ROW; i++)
        for (uint32_t row = n; row < rows; row++)
            c[POSEIDON_IN + i][row] = x->block[0][i];
    for (uint32_t row = n; row < rows; row++)
        c[POSEIDON_Y][row] = 1;
}

/* ---- the others ---- */

static void run_mac(struct run *x, uint32_t row)
{
    const struct rec_mac_row *m = &x->r->mac.at[row];
    kb5 a = x->ext[m->a], b = x->ext[m->b], d = x->ext[m->d];
    kb5 c = kb5_add(kb5_mul(a, m->lerp ? kb5_sub(b, d) : b), d);
    if (m->out != REC_NONE)
        x->ext[m->out] = c;
    else
        expect(x, kb5_is_zero(c), m->check);
    uint32_t **col = columns(x, REC_T_EXT);
    put_ext(col + EXT_A, row, a);
    put_ext(col + EXT_B, row, b);
    put_ext(col + EXT_D, row, d);
}

static void run_pow(struct run *x, uint32_t row)
{
    const struct rec_pow_row *p = &x->r->pow.at[row];
    kb5 acc = kb5_one(), z = x->ext[p->z];
    kb y;
    if (p->prev == REC_NONE) {
        y = kb_from_u32(columns(x, REC_BITS)[BITS_Y][p->bits]);
    } else {
        acc = x->acc[p->prev];
        y = x->pow_y[p->prev];
    }
    uint32_t **col = columns(x, REC_POW);
    col[POW_Y][row] = kb_to_u32(y);
    put_ext(col + POW_ACC, row, acc);
    put_ext(col + POW_Z, row, z);
    kb5 factor = kb5_add_base(kb5_mul_base(z, kb_sub(y, kb_one)), kb_one);
    x->acc[row] = kb5_mul(acc, factor);
    x->pow_y[row] = kb_sqr(y);
    set_ext(x, p->out, x->acc[row]);
}

static void run_fold(struct run *x, uint32_t row)
{
    const struct rec_fold_row *f = &x->r->fold.at[row];
    const uint32_t *v = x->word[f->x];
    uint32_t **col = columns(x, REC_FOLD);
    kb5 r[3], p[4];
    for (uint32_t k = 0; k < 3; k++) {
        r[k] = x->ext[f->r[k]];
        put_ext(col + FOLD_R1 + (size_t)5 * k, row, r[k]);
    }
    for (uint32_t i = 0; i < 8; i++)
        col[FOLD_X + i][row] = v[i];
    for (uint32_t i = 0; i < 4; i++) {
        kb low = kb_from_u32(v[2 * i]), d = kb_sub(kb_from_u32(v[2 * i + 1]), low);
        p[i] = kb5_add_base(kb5_mul_base(r[0], d), low);
    }
    kb5 low = kb5_lerp(p[0], p[1], r[1]), high = kb5_lerp(p[2], p[3], r[1]);
    put_ext(col + FOLD_LOW, row, low);
    put_ext(col + FOLD_HIGH, row, high);
    set_ext(x, f->out, kb5_lerp(low, high, r[2]));
}

/* Fills one element of a pack row. */
static void run_packed(struct run *x, uint32_t row, uint32_t k)
{
    const struct rec_pack_row *p = &x->r->pack.at[row];
    kb5 e = kb5_zero();
    switch ((enum rec_packed)p->from[k]) {
    case PACKED_SILENT:
        break;
    case PACKED_ADVICE:
        e = ext_of(x->advice + p->source[k]);
        break;
    case PACKED_CONST:
        e = ext_of(x->r->constant.at[p->source[k]].v);
        break;
    case PACKED_COPY:
        e = x->ext[p->source[k]];
        break;
    case PACKED_INVERSE:
        e = kb5_inv(x->ext[p->source[k]]);
        break;
    }
    set_ext(x, p->e[k], e);
    put_ext(columns(x, REC_PACK) + PACK_E + (size_t)5 * k, row, e);
}

static void run_pack(struct run *x, uint32_t row)
{
    const struct rec_pack_row *p = &x->r->pack.at[row];
    for (uint32_t k = 0; k < 3; k++)
        run_packed(x, row, k);
    uint32_t **col = columns(x, REC_PACK);
    for (uint32_t w = 0; w < 2; w++)
        for (uint32_t i = 0; i < 8 && p->word[w] != REC_NONE; i++)
            x->word[p->word[w]][i] =
                8 * w + i == 15 ? p->last : col[PACK_E + (size_t)8 * w + i][row];
}

static void run_split(struct run *x, uint32_t i)
{
    const struct rec_split_row *s = &x->r->split.at[i];
    const uint32_t *w = x->word[s->word];
    uint32_t **col = columns(x, REC_SPLIT);
    for (uint32_t k = 0; k < 8; k++)
        col[SPLIT_W + k][s->row] = w[k];
    col[SPLIT_LOW][s->row] = w[s->row % 4];
    col[SPLIT_HIGH][s->row] = w[4 + s->row % 4];
    x->ext[s->out] = s->element < 8 ? kb5_from_u32(w[s->element]) : ext_of(w);
}

static void put_bits(struct run *x, uint32_t row, uint32_t v, uint32_t bits, kb idx, kb y)
{
    uint32_t **col = columns(x, REC_BITS);
    uint32_t h = v >> bits, g = ((IR_P - 1) >> bits) - h, low = (1u << REC_RANGE_LOG) - 1;
    col[BITS_IDX][row] = kb_to_u32(idx);
    col[BITS_Y][row] = kb_to_u32(y);
    col[BITS_H][row] = h & low;
    col[BITS_H + 1][row] = h >> REC_RANGE_LOG;
    col[BITS_G][row] = g & low;
    col[BITS_G + 1][row] = g >> REC_RANGE_LOG;
    col[BITS_INV][row] = kb_to_u32(kb_inv(kb_from_u32(g)));
    uint32_t *count = columns(x, REC_T_RANGE)[RANGE_COUNT];
    for (uint32_t k = 0; k < 4; k++)
        count[col[BITS_H + k][row]]++;
}

static void run_bits(struct run *x, uint32_t row)
{
    const struct rec_bits_row *b = &x->r->bits.at[row];
    uint32_t v = kb_to_u32(x->ext[b->v].c[0]);
    expect(x, (v & ((1u << b->zeros) - 1)) == 0, b->check);
    bool path = b->hash != REC_NONE;
    put_bits(x, row, v, b->bits, path ? x->idx[b->hash] : 0, path ? x->y[b->hash] : kb_one);
}

static void run_public(struct run *x, uint32_t i)
{
    const uint32_t *w = x->word[x->r->public_source[i]];
    memcpy(x->word[x->r->public_word[i]], w, 8 * sizeof *w);
    memcpy(x->tr->publics + (size_t)8 * i, w, 8 * sizeof *w);
}

static void run_ops(struct run *x)
{
    const struct rec *r = x->r;
    for (uint32_t i = 0; i < r->constant.n; i++)
        set_ext(x, r->constant.at[i].id, ext_of(r->constant.at[i].v));
    for (uint32_t i = 0; i < r->ops.n && (x->failed < 0 || x->force) && !x->bad_advice; i++) {
        uint32_t arg = r->ops.at[i].arg;
        switch ((enum rec_op_kind)r->ops.at[i].kind) {
        case OP_HASH:
            run_hash(x, arg);
            break;
        case OP_MAC:
            run_mac(x, arg);
            break;
        case OP_POW:
            run_pow(x, arg);
            break;
        case OP_FOLD:
            run_fold(x, arg);
            break;
        case OP_PACK:
            run_pack(x, arg);
            break;
        case OP_OWN:
            run_packed(x, arg / 4, arg % 4);
            break;
        case OP_SPLIT:
            run_split(x, arg);
            break;
        case OP_BITS:
            run_bits(x, arg);
            break;
        case OP_PUBLIC:
            run_public(x, arg);
            break;
        }
    }
    pad_hash(x);
    for (uint32_t row = r->bits.n; row < 1u << r->shape.bits; row++)
        put_bits(x, row, 0, REC_PATH_LOG_MAX, 0, kb_one);
}

static enum err run_alloc(struct run *x)
{
    const struct rec *r = x->r;
    x->tr = ir_trace_new_pre(r->system, rec_preprocessed(r));
    x->ext = malloc((r->ext.n + 1u) * sizeof *x->ext);
    x->word = malloc((r->word.n + 1u) * sizeof *x->word);
    x->idx = malloc((r->hash.n + 1u) * sizeof *x->idx);
    x->y = malloc((r->hash.n + 1u) * sizeof *x->y);
    x->acc = malloc((r->pow.n + 1u) * sizeof *x->acc);
    x->pow_y = malloc((r->pow.n + 1u) * sizeof *x->pow_y);
    bool ok = x->tr != NULL && x->ext != NULL && x->word != NULL && x->idx != NULL &&
              x->y != NULL && x->acc != NULL && x->pow_y != NULL;
    return ok ? ERR_OK : ERR_NOMEM;
}

static enum err run(const struct rec *r, const uint32_t *advice, size_t n_advice,
                    struct ir_trace **out, char *check, size_t check_size, bool force)
{
    REQUIRE(r->finished);
    if (n_advice != r->n_advice) return ERR_RANGE;
    for (size_t i = 0; i < n_advice; i++)
        if (advice[i] >= IR_P) return ERR_RANGE;
    struct run *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    x->r = r;
    x->advice = advice;
    x->failed = -1;
    x->force = force;
    for (uint32_t i = 0; i <= REC_PATH_LOG_MAX; i++)
        x->turn[i] = kb_sub(kb_root(i), kb_one);
    enum err err = run_alloc(x);
    if (err == ERR_OK) run_ops(x);
    if (err == ERR_OK && x->bad_advice) err = ERR_RANGE;
    if (err == ERR_OK && x->failed >= 0 && !force) {
        snprintf(check, check_size, "%s", r->checks[x->failed]);
        err = ERR_PROOF;
    }
    if (err == ERR_OK)
        *out = x->tr;
    else
        ir_trace_free(x->tr);
    free(x->ext);
    free(x->word);
    free(x->idx);
    free(x->y);
    free(x->acc);
    free(x->pow_y);
    free(x);
    return err;
}

enum err rec_run(const struct rec *r, const uint32_t *advice, size_t n_advice,
                 struct ir_trace **out, char *check, size_t check_size)
{
    return run(r, advice, n_advice, out, check, check_size, false);
}

enum err rec_run_forced(const struct rec *r, const uint32_t *advice, size_t n_advice,
                        struct ir_trace **out)
{
    return run(r, advice, n_advice, out, NULL, 0, true);
}

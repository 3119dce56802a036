/* Recording: every call adds rows; nothing is computed but the program's shape. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_internal.h"

void *rec_grown(void *at, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap) return at;
    *cap = *cap == 0 ? 256 : 2 * *cap;
    at = realloc(at, *cap * size);
    REQUIRE(at != NULL);
    return at;
}

void rec_op_add(struct rec *r, enum rec_op_kind kind, uint32_t arg)
{
    REQUIRE(!r->finished);
    uint32_t i = REC_PUSH(r->ops);
    r->ops.at[i] = (struct rec_op){.kind = kind, .arg = arg};
}

uint32_t rec_new_ext(struct rec *r, enum rec_writer writer, uint32_t row)
{
    uint32_t id = REC_PUSH(r->ext);
    r->ext.at[id] = (struct rec_value){.writer = (uint8_t)writer, .row = row};
    return id;
}

uint32_t rec_new_word(struct rec *r, enum rec_writer writer, uint32_t row)
{
    uint32_t id = REC_PUSH(r->word);
    r->word.at[id] = (struct rec_value){.writer = (uint8_t)writer, .row = row};
    return id;
}

uint32_t rec_read_ext(struct rec *r, uint32_t id)
{
    REQUIRE(id < r->ext.n);
    r->ext.at[id].reads++;
    return id;
}

uint32_t rec_read_word(struct rec *r, uint32_t id)
{
    REQUIRE(id < r->word.n);
    r->word.at[id].reads++;
    return id;
}

uint32_t rec_take_advice(struct rec *r, uint32_t n)
{
    size_t at = r->n_advice;
    r->n_advice += n;
    REQUIRE(r->n_advice < REC_NONE);
    return (uint32_t)at;
}

uint16_t rec_check_now(const struct rec *r)
{
    return (uint16_t)r->check;
}

void rec_check(struct rec *r, const char *name)
{
    REQUIRE(strlen(name) < REC_CHECK_NAME);
    r->check = 0;
    while (r->check < r->n_checks && strcmp(r->checks[r->check], name) != 0)
        r->check++;
    if (r->check < r->n_checks) return;
    REQUIRE(r->n_checks < REC_CHECKS);
    memcpy(r->checks[r->n_checks++], name, strlen(name) + 1);
}

/* ---- field ---- */

static uint32_t constant_to(struct rec *r, const uint32_t v[5], uint32_t id, uint32_t at)
{
    uint32_t i = REC_PUSH(r->constant);
    REQUIRE(i < 1u << r->shape.constant);
    for (uint32_t k = 0; k < 5; k++)
        REQUIRE(v[k] < IR_P);
    memcpy(r->constant.at[i].v, v, sizeof r->constant.at[i].v);
    r->constant.at[i].id = id;
    r->constant.at[i].at = at;
    return i;
}

static void const_index_grow(struct rec *r)
{
    uint32_t size = r->const_index_size == 0 ? 256 : 2 * r->const_index_size;
    free(r->const_index);
    r->const_index = calloc(size, sizeof *r->const_index);
    REQUIRE(r->const_index != NULL);
    r->const_index_size = size;
    for (uint32_t i = 0; i < r->constant.n; i++) {
        if (r->constant.at[i].id == REC_NONE) continue;
        uint32_t at = r->constant.at[i].v[0] * 2654435761u & (size - 1);
        while (r->const_index[at] != 0)
            at = (at + 1) & (size - 1);
        r->const_index[at] = i + 1;
    }
}

rec_ext rec_const(struct rec *r, uint32_t base)
{
    REQUIRE(base < IR_P);
    if (2 * r->constant.n >= r->const_index_size) const_index_grow(r);
    uint32_t mask = r->const_index_size - 1, at = base * 2654435761u & mask;
    for (; r->const_index[at] != 0; at = (at + 1) & mask) {
        const struct rec_constant *c = &r->constant.at[r->const_index[at] - 1];
        if (c->v[0] == base) return (rec_ext){c->id};
    }
    uint32_t id = rec_new_ext(r, REC_W_CONST, r->constant.n);
    uint32_t i = constant_to(r, (uint32_t[5]){base}, id, 0);
    r->const_index[at] = i + 1;
    return (rec_ext){id};
}

/* A row of ext; an assertion that c = 0 when it has no output. */
static rec_ext mac_row(struct rec *r, uint32_t a, uint32_t b, uint32_t d, bool lerp, bool assertion)
{
    if (assertion && rec_leaves_out(r)) assertion = false;
    uint32_t row = REC_PUSH(r->mac);
    REQUIRE(row < 1u << r->shape.ext);
    struct rec_mac_row *m = &r->mac.at[row];
    *m = (struct rec_mac_row){.a = rec_read_ext(r, a),
                              .b = rec_read_ext(r, b),
                              .d = rec_read_ext(r, d),
                              .out = REC_NONE,
                              .lerp = lerp,
                              .check = rec_check_now(r)};
    struct rec_value at = {.writer = REC_W_EXT, .row = row};
    if (assertion)
        constant_to(r, (uint32_t[5]){0}, REC_NONE, rec_address(&at));
    else
        m->out = rec_new_ext(r, REC_W_EXT, row);
    rec_op_add(r, OP_MAC, row);
    return (rec_ext){m->out};
}

rec_ext rec_mac(struct rec *r, rec_ext a, rec_ext b, rec_ext d)
{
    return mac_row(r, a.a, b.a, d.a, false, false);
}

rec_ext rec_mul(struct rec *r, rec_ext a, rec_ext b)
{
    return mac_row(r, a.a, b.a, r->zero, false, false);
}

rec_ext rec_add(struct rec *r, rec_ext a, rec_ext b)
{
    return mac_row(r, a.a, r->one, b.a, false, false);
}

rec_ext rec_sub(struct rec *r, rec_ext a, rec_ext b)
{
    return mac_row(r, b.a, r->minus_one, a.a, false, false);
}

rec_ext rec_lerp(struct rec *r, rec_ext at0, rec_ext at1, rec_ext x)
{
    return mac_row(r, x.a, at1.a, at0.a, true, false);
}

void rec_assert_eq(struct rec *r, rec_ext a, rec_ext b)
{
    mac_row(r, b.a, r->minus_one, a.a, false, true);
}

void rec_assert_zero(struct rec *r, rec_ext a)
{
    mac_row(r, a.a, r->one, r->zero, false, true);
}

/* ---- pack ---- */

static uint32_t pack_row(struct rec *r)
{
    uint32_t row = REC_PUSH(r->pack);
    REQUIRE(row < 1u << r->shape.pack);
    for (uint32_t k = 0; k < 3; k++)
        r->pack.at[row].e[k] = REC_NONE;
    r->pack.at[row].word[0] = r->pack.at[row].word[1] = REC_NONE;
    return row;
}

/* Element k of a row gets its value from `source` and becomes an element to read. */
static uint32_t pack_element(struct rec *r, uint32_t row, uint32_t k, enum rec_packed from,
                             uint32_t source)
{
    uint32_t id = rec_new_ext(r, (enum rec_writer)(REC_W_PACK_1 + k), row);
    r->pack.at[row].from[k] = (uint8_t)from;
    r->pack.at[row].source[k] = source;
    r->pack.at[row].e[k] = id;
    return id;
}

static void pack_constant(struct rec *r, uint32_t row, uint32_t k, const uint32_t v[5])
{
    struct rec_value at = {.writer = (uint8_t)(REC_W_PACK_1 + k), .row = row};
    r->pack.at[row].from[k] = PACKED_CONST;
    r->pack.at[row].source[k] = constant_to(r, v, REC_NONE, rec_address(&at));
}

rec_ext rec_inverse(struct rec *r, rec_ext a)
{
    if (r->own_used == 3) {
        r->own_row = pack_row(r);
        r->own_used = 0;
    }
    uint32_t k = r->own_used++;
    uint32_t id = pack_element(r, r->own_row, k, PACKED_INVERSE, a.a);
    rec_op_add(r, OP_OWN, 4 * r->own_row + k);
    mac_row(r, a.a, id, r->minus_one, false, true);
    return (rec_ext){id};
}

void rec_pack(struct rec *r, rec_ext e[3], const bool advice[3], uint32_t last, rec_word out[2])
{
    REQUIRE(last < IR_P);
    uint32_t row = pack_row(r);
    for (uint32_t k = 0; k < 3; k++) {
        if (advice[k]) {
            e[k].a = pack_element(r, row, k, PACKED_ADVICE, rec_take_advice(r, 5));
            continue;
        }
        REQUIRE(e[k].a < r->ext.n);
        const struct rec_value *v = &r->ext.at[e[k].a];
        if (v->writer == REC_W_CONST) {
            uint32_t value[5];
            memcpy(value, r->constant.at[v->row].v, sizeof value);
            pack_constant(r, row, k, value);
        } else {
            pack_element(r, row, k, PACKED_COPY, e[k].a);
        }
    }
    struct rec_pack_row *p = &r->pack.at[row];
    p->last = last;
    out[0].a = p->word[0] = rec_new_word(r, REC_W_PACK_A, row);
    out[1].a = p->word[1] = rec_new_word(r, REC_W_PACK_B, row);
    rec_op_add(r, OP_PACK, row);
    for (uint32_t k = 0; k < 3; k++)
        if (r->pack.at[row].from[k] == PACKED_COPY)
            mac_row(r, r->pack.at[row].e[k], r->minus_one, e[k].a, false, true);
}

rec_word rec_const_word(struct rec *r, const uint32_t v[8])
{
    for (uint32_t i = 0; i < r->n_const_words; i++)
        if (memcmp(r->const_words[i].v, v, 8 * sizeof *v) == 0)
            return (rec_word){r->const_words[i].word};
    uint32_t row = pack_row(r);
    pack_constant(r, row, 0, v);
    pack_constant(r, row, 1, (uint32_t[5]){v[5], v[6], v[7]});
    uint32_t word = rec_new_word(r, REC_W_PACK_A, row);
    r->pack.at[row].word[0] = word;
    rec_op_add(r, OP_PACK, row);
    r->const_words = realloc(r->const_words, (r->n_const_words + 1) * sizeof *r->const_words);
    REQUIRE(r->const_words != NULL);
    memcpy(r->const_words[r->n_const_words].v, v, 8 * sizeof *v);
    r->const_words[r->n_const_words++].word = word;
    return (rec_word){word};
}

/* ---- words to elements ---- */

static uint32_t split_row(struct rec *r, uint32_t word, uint32_t element)
{
    uint32_t i = REC_PUSH(r->split);
    REQUIRE(i < 1u << r->shape.split);
    uint32_t row = REC_NONE;
    if (element < 8) row = 8 * r->n_elements[element]++ + element;
    REQUIRE(row == REC_NONE || row < 1u << r->shape.split);
    uint32_t out = rec_new_ext(r, REC_W_SPLIT, row);
    r->split.at[i] = (struct rec_split_row){
        .word = rec_read_word(r, word), .out = out, .row = row, .element = (uint8_t)element};
    rec_op_add(r, OP_SPLIT, i);
    return out;
}

rec_ext rec_challenge(struct rec *r, rec_word w)
{
    return (rec_ext){split_row(r, w.a, 8)};
}

rec_ext rec_element(struct rec *r, rec_word w, uint32_t i)
{
    REQUIRE(i < 8);
    return (rec_ext){split_row(r, w.a, i)};
}

rec_base rec_element_base(struct rec *r, rec_word w, uint32_t i)
{
    REQUIRE(i < 8);
    return (rec_base){split_row(r, w.a, i)};
}

rec_ext rec_fold8(struct rec *r, rec_word x, rec_ext r1, rec_ext r2, rec_ext r3)
{
    uint32_t row = REC_PUSH(r->fold);
    REQUIRE(row < 1u << r->shape.fold);
    uint32_t out = rec_new_ext(r, REC_W_FOLD, row);
    r->fold.at[row] = (struct rec_fold_row){
        .x = rec_read_word(r, x.a),
        .r = {rec_read_ext(r, r1.a), rec_read_ext(r, r2.a), rec_read_ext(r, r3.a)},
        .out = out};
    rec_op_add(r, OP_FOLD, row);
    return (rec_ext){out};
}

/* ---- hashing ---- */

struct rec_hash *rec_hash_row(struct rec *r, uint32_t left, enum rec_right from, uint32_t right)
{
    uint32_t row = REC_PUSH(r->hash);
    REQUIRE(row < 1u << r->shape.poseidon);
    struct rec_hash *h = &r->hash.at[row];
    *h = (struct rec_hash){.left = rec_read_word(r, left),
                           .right = right,
                           .right_out = REC_NONE,
                           .expect = REC_NONE,
                           .right_from = (uint8_t)from,
                           .check = rec_check_now(r)};
    if (from == RIGHT_READ) rec_read_word(r, right);
    if (from == RIGHT_ADVICE) h->advice = rec_take_advice(r, 8);
    h->out = rec_new_word(r, REC_W_OUT, row);
    rec_op_add(r, OP_HASH, row);
    return h;
}

void rec_hash_expect(struct rec *r, uint32_t row, uint32_t expected)
{
    r->hash.at[row].expect = rec_read_word(r, expected);
    r->hash.at[row].check = rec_check_now(r);
}

void rec_hash_derived(struct rec *r, uint32_t row, uint32_t expected)
{
    rec_hash_expect(r, row, expected);
    r->hash.at[row].derived = true;
}

void rec_hash_root(struct rec *r, uint32_t row, uint32_t root)
{
    if (rec_leaves_out(r)) /* whatever the path's last output is */
        rec_hash_derived(r, row, rec_word_row(r, RIGHT_COPY, r->hash.at[row].out));
    else
        rec_hash_expect(r, row, root);
}

uint32_t rec_word_row(struct rec *r, enum rec_right from, uint32_t source)
{
    struct rec_hash *h = rec_hash_row(r, r->zero_word, from, source);
    h->right_out = rec_new_word(r, REC_W_RIGHT, r->hash.n - 1);
    return h->right_out;
}

rec_word rec_compress(struct rec *r, rec_word left, rec_word right)
{
    return (rec_word){rec_hash_row(r, left.a, RIGHT_READ, right.a)->out};
}

rec_word rec_compress_advice(struct rec *r, rec_word left, rec_word *right)
{
    struct rec_hash *h = rec_hash_row(r, left.a, RIGHT_ADVICE, REC_NONE);
    h->right_out = right->a = rec_new_word(r, REC_W_RIGHT, r->hash.n - 1);
    return (rec_word){h->out};
}

static void word_eq(struct rec *r, rec_word a, rec_word b)
{
    uint32_t t = rec_hash_row(r, a.a, RIGHT_READ, r->zero_word)->out;
    rec_hash_row(r, b.a, RIGHT_ZERO, REC_NONE);
    rec_hash_expect(r, r->hash.n - 1, t);
}

void rec_assert_word_eq(struct rec *r, rec_word a, rec_word b)
{
    if (!rec_leaves_out(r)) word_eq(r, a, b);
}

void rec_compress_expect(struct rec *r, rec_word left, rec_word right, rec_word expected)
{
    rec_assert_word_eq(r, expected, rec_compress(r, left, right));
}

void rec_public(struct rec *r, uint32_t i, rec_word w)
{
    REQUIRE(i < REC_PUBLIC_WORDS);
    REQUIRE(r->public_word[i] == REC_NONE);
    r->public_word[i] = rec_new_word(r, REC_W_PUBLIC, i + 1);
    r->public_source[i] = w.a;
    rec_op_add(r, OP_PUBLIC, i);
    word_eq(r, w, (rec_word){r->public_word[i]});
    r->zero_end = r->hash.n - 1;
}

/* ---- life ---- */

struct rec *rec_new(const struct rec_shape *shape)
{
    struct rec *r = calloc(1, sizeof *r);
    REQUIRE(r != NULL);
    r->shape = *shape;
    r->system = rec_system(shape);
    r->own_used = 3;
    r->zero_end = REC_NONE;
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        r->public_word[i] = REC_NONE;
    memcpy(r->checks[r->n_checks++], "program", sizeof "program");
    r->zero = rec_const(r, 0).a;
    r->one = rec_const(r, 1).a;
    r->minus_one = rec_const(r, IR_P - 1).a;
    r->zero_word = rec_const_word(r, (uint32_t[8]){0}).a;
    return r;
}

void rec_free(struct rec *r)
{
    if (r == NULL) return;
    for (uint32_t t = 0; r->pre != NULL && t < REC_N_TABLES; t++) {
        for (uint32_t c = 0; r->pre[t] != NULL && c < r->system->tables[t]->n_pre; c++)
            free(r->pre[t][c]);
        free(r->pre[t]);
    }
    free(r->pre);
    free(r->ops.at);
    free(r->ext.at);
    free(r->word.at);
    free(r->hash.at);
    free(r->mac.at);
    free(r->pow.at);
    free(r->fold.at);
    free(r->pack.at);
    free(r->split.at);
    free(r->bits.at);
    free(r->constant.at);
    free(r->const_index);
    free(r->const_words);
    free(r);
}

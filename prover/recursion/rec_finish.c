/* The end of recording: rows past the program's end, addresses, multiplicities. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/kb.h"
#include "prover/recursion/rec_internal.h"

uint32_t rec_address(const struct rec_value *v)
{
    return (uint32_t)v->writer << REC_ADDRESS_LOG | v->row;
}

static uint32_t minus_one(void)
{
    return IR_P - 1;
}

static uint32_t height(const struct rec *r, enum rec_table t)
{
    return 1u << r->system->tables[t]->log_height;
}

/* 1 / (w - 1) for the w of a step; 0 for a row that is no step. */
static uint32_t kappa(uint32_t domain_log)
{
    if (domain_log == 0) return 0;
    return kb_to_u32(kb_inv(kb_sub(kb_root(domain_log), kb_one)));
}

static uint32_t ext_at(const struct rec *r, uint32_t id)
{
    return rec_address(&r->ext.at[id]);
}

static uint32_t word_at(const struct rec *r, uint32_t id)
{
    return rec_address(&r->word.at[id]);
}

static uint32_t word_reads(const struct rec *r, uint32_t id)
{
    return id == REC_NONE ? 0 : r->word.at[id].reads;
}

static uint32_t ext_reads(const struct rec *r, uint32_t id)
{
    return id == REC_NONE ? 0 : r->ext.at[id].reads;
}

/* Rows of split that hold whole words take what the elements leave. */
static void place_split(struct rec *r)
{
    uint32_t row = 0, rows = height(r, REC_SPLIT);
    for (uint32_t i = 0; i < r->split.n; i++) {
        struct rec_split_row *s = &r->split.at[i];
        if (s->element < 8) continue;
        while (row < rows && row / 8 < r->n_elements[row % 8])
            row++;
        REQUIRE(row < rows);
        s->row = r->ext.at[s->out].row = row++;
    }
}

/* What every row past the end reads. */
static void count_padding(struct rec *r)
{
    uint32_t ext = 3 * (height(r, REC_T_EXT) - r->mac.n) + (height(r, REC_POW) - r->pow.n) +
                   3 * (height(r, REC_FOLD) - r->fold.n) + (height(r, REC_BITS) - r->bits.n);
    uint32_t words = (height(r, REC_POSEIDON) - r->hash.n) + (height(r, REC_FOLD) - r->fold.n) +
                     (height(r, REC_SPLIT) - r->split.n);
    r->ext.at[r->zero].reads += ext;
    r->word.at[r->zero_word].reads += words;
    r->hash.at[r->zero_end].ends += height(r, REC_BITS) - r->bits.n;
    for (uint32_t i = 0; i < r->bits.n; i++)
        if (r->bits.at[i].hash == REC_NONE) r->hash.at[r->zero_end].ends++;
}

static void write_const(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < r->constant.n; row++) {
        const struct rec_constant *c = &r->constant.at[row];
        pre[CONST_AT][row] = c->id == REC_NONE ? c->at : ext_at(r, c->id);
        pre[CONST_MULT][row] = c->id == REC_NONE ? 1 : ext_reads(r, c->id);
        for (uint32_t k = 0; k < 5; k++)
            pre[CONST_V + k][row] = c->v[k];
    }
}

static void write_poseidon(const struct rec *r, uint32_t **pre)
{
    uint32_t zero = word_at(r, r->zero_word), kappas[REC_PATH_LOG_MAX + 1];
    for (uint32_t i = 0; i <= REC_PATH_LOG_MAX; i++)
        kappas[i] = kappa(i);
    for (uint32_t row = 0; row < height(r, REC_POSEIDON); row++) {
        if (row >= r->hash.n) {
            pre[POSEIDON_LEFT_AT][row] = zero;
            continue;
        }
        const struct rec_hash *h = &r->hash.at[row];
        bool expect = h->expect != REC_NONE;
        pre[POSEIDON_LEFT_AT][row] = word_at(r, h->left);
        pre[POSEIDON_KAPPA][row] = kappas[h->domain_log];
        pre[POSEIDON_EXPECT][row] = expect;
        /* R and the expected output share an address column: no row has both */
        REQUIRE(!expect || (h->right_from != RIGHT_READ && h->right_out == REC_NONE));
        REQUIRE(!expect || word_reads(r, h->out) == 0);
        REQUIRE(expect || h->ends == 0);
        pre[POSEIDON_OUT_MULT][row] = expect ? h->ends : word_reads(r, h->out);
        if (expect)
            pre[POSEIDON_RIGHT_AT][row] = word_at(r, h->expect);
        else if (h->right_from == RIGHT_READ) {
            pre[POSEIDON_RIGHT_AT][row] = word_at(r, h->right);
            pre[POSEIDON_RIGHT_MULT][row] = minus_one();
        } else if (word_reads(r, h->right_out) != 0) {
            pre[POSEIDON_RIGHT_AT][row] = word_at(r, h->right_out);
            pre[POSEIDON_RIGHT_MULT][row] = word_reads(r, h->right_out);
        }
    }
}

static void write_ext(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < height(r, REC_T_EXT); row++) {
        static const struct rec_mac_row none = {.out = REC_NONE};
        const bool used = row < r->mac.n;
        const struct rec_mac_row *m = used ? &r->mac.at[row] : &none;
        pre[EXT_A_AT][row] = ext_at(r, used ? m->a : r->zero);
        pre[EXT_B_AT][row] = ext_at(r, used ? m->b : r->zero);
        pre[EXT_D_AT][row] = ext_at(r, used ? m->d : r->zero);
        pre[EXT_LERP][row] = m->lerp;
        pre[EXT_MULT][row] = used && m->out == REC_NONE ? minus_one() : ext_reads(r, m->out);
    }
}

static void write_pow(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < height(r, REC_POW); row++) {
        struct rec_value self = {.writer = REC_W_POW, .row = row};
        if (row >= r->pow.n) {
            pre[POW_IN_AT][row] = rec_address(&self);
            pre[POW_Z_AT][row] = ext_at(r, r->zero);
            pre[POW_MULT][row] = 1;
            continue;
        }
        const struct rec_pow_row *p = &r->pow.at[row];
        struct rec_value in = {.writer = REC_W_BITS, .row = p->bits};
        if (p->prev != REC_NONE) in = (struct rec_value){.writer = REC_W_POW, .row = p->prev};
        pre[POW_IN_AT][row] = rec_address(&in);
        pre[POW_Z_AT][row] = ext_at(r, p->z);
        pre[POW_LAST][row] = p->out != REC_NONE;
        pre[POW_MULT][row] = p->out == REC_NONE ? 1 : ext_reads(r, p->out);
    }
}

static void write_fold(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < height(r, REC_FOLD); row++) {
        const struct rec_fold_row none = {
            .x = r->zero_word, .r = {r->zero, r->zero, r->zero}, .out = REC_NONE};
        const struct rec_fold_row *f = row < r->fold.n ? &r->fold.at[row] : &none;
        pre[FOLD_X_AT][row] = word_at(r, f->x);
        for (uint32_t k = 0; k < 3; k++)
            pre[FOLD_R1_AT + k][row] = ext_at(r, f->r[k]);
        pre[FOLD_MULT][row] = ext_reads(r, f->out);
    }
}

static void write_pack(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < r->pack.n; row++) {
        const struct rec_pack_row *p = &r->pack.at[row];
        for (uint32_t k = 0; k < 3; k++)
            pre[PACK_E_MULT + k][row] =
                p->from[k] == PACKED_CONST ? minus_one() : ext_reads(r, p->e[k]);
        pre[PACK_A_MULT][row] = word_reads(r, p->word[0]);
        pre[PACK_B_MULT][row] = word_reads(r, p->word[1]);
        pre[PACK_LAST][row] = p->last;
    }
}

static void write_split(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < height(r, REC_SPLIT); row++)
        pre[SPLIT_AT][row] = word_at(r, r->zero_word);
    for (uint32_t i = 0; i < r->split.n; i++) {
        const struct rec_split_row *s = &r->split.at[i];
        pre[SPLIT_AT][s->row] = word_at(r, s->word);
        pre[SPLIT_ALL][s->row] = s->element == 8;
        pre[SPLIT_MULT][s->row] = ext_reads(r, s->out);
    }
}

static void write_bits(const struct rec *r, uint32_t **pre)
{
    for (uint32_t row = 0; row < height(r, REC_BITS); row++) {
        static const struct rec_bits_row none = {.hash = REC_NONE, .bits = REC_PATH_LOG_MAX};
        const bool used = row < r->bits.n;
        const struct rec_bits_row *b = used ? &r->bits.at[row] : &none;
        struct rec_value end = {.writer = REC_W_END,
                                .row = b->hash == REC_NONE ? r->zero_end : b->hash};
        pre[BITS_V_AT][row] = ext_at(r, used ? b->v : r->zero);
        pre[BITS_END_AT][row] = rec_address(&end);
        pre[BITS_SIZE][row] = 1u << b->bits;
        pre[BITS_MULT][row] = b->starts;
    }
}

void rec_finish(struct rec *r)
{
    REQUIRE(!r->finished);
    for (uint32_t i = 0; i < REC_PUBLIC_WORDS; i++)
        REQUIRE(r->public_word[i] != REC_NONE);
    r->finished = true;
    r->pre = calloc(REC_N_TABLES, sizeof *r->pre);
    REQUIRE(r->pre != NULL);
    for (uint32_t t = 0; t < REC_N_TABLES; t++) {
        const struct ir_table *table = r->system->tables[t];
        r->pre[t] = calloc(table->n_pre + 1u, sizeof *r->pre[t]);
        REQUIRE(r->pre[t] != NULL);
        for (uint32_t c = 0; c < table->n_pre; c++) {
            r->pre[t][c] = calloc(height(r, (enum rec_table)t), sizeof *r->pre[t][c]);
            REQUIRE(r->pre[t][c] != NULL);
        }
    }
    place_split(r);
    count_padding(r);
    write_poseidon(r, r->pre[REC_POSEIDON]);
    write_ext(r, r->pre[REC_T_EXT]);
    write_pow(r, r->pre[REC_POW]);
    write_fold(r, r->pre[REC_FOLD]);
    write_pack(r, r->pre[REC_PACK]);
    write_split(r, r->pre[REC_SPLIT]);
    write_bits(r, r->pre[REC_BITS]);
    write_const(r, r->pre[REC_CONST]);
}

const uint32_t *const *const *rec_preprocessed(const struct rec *r)
{
    REQUIRE(r->finished);
    return (const uint32_t *const *const *)r->pre;
}

struct rec_counts rec_rows(const struct rec *r)
{
    return (struct rec_counts){.poseidon = r->hash.n,
                               .ext = r->mac.n,
                               .pow = r->pow.n,
                               .fold = r->fold.n,
                               .pack = r->pack.n,
                               .split = r->split.n,
                               .bits = r->bits.n,
                               .constant = r->constant.n,
                               .advice = r->n_advice};
}

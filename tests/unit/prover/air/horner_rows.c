#include "tests/unit/prover/air/horner_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "tests/unit/prover/air/faults.h"

struct ir_system *horner_system(void)
{
    struct ir_system *s = ir_system_new("horner", 1, HORNER_PUBLIC + 80);
    air_add_range16(s);
    air_add_bytes_read(s, HORNER_LOG_BLOCKS + 4);
    air_add_sha256(s, HORNER_LOG_BLOCKS, 4, 0);
    air_add_horner(s, HORNER_LOG, HORNER_PUBLIC);
    add_asker(s, "ask byte", BUS_BYTE, 2, 8);
    add_lookup(s, "length", BUS_LENGTH, 1);
    ir_system_finish(s);
    return s;
}

struct chain_trace *horner_example(uint64_t seed, uint32_t n_bytes, uint32_t head)
{
    struct chain_trace *t = test_trace(NULL, 0);
    struct rng rng;
    uint8_t z[32], a[32], b[32];
    rng_seed(&rng, seed);
    t->n_bytes = n_bytes;
    rng_fill(&rng, t->bytes, n_bytes);
    blob_random(z, &rng, false);
    blob_random(a, &rng, false);
    blob_random(b, &rng, false);
    blob_values_set(t, head, z, a, b);
    return t;
}

static void put_public(uint32_t *publics, uint32_t first, const uint8_t be[32])
{
    for (uint32_t i = 0; i < 16; i++)
        publics[first + i] = (uint32_t)be[2 * i] << 8 | be[2 * i + 1];
}

struct ir_trace *horner_fill(const struct ir_system *s, const struct chain_trace *t)
{
    struct witness *w;
    REQUIRE(witness_new(&w, s) == ERR_OK);
    for (uint32_t i = 0; i < t->n_bytes; i++) {
        uint32_t f[2] = {i, t->bytes[i]};
        ask_row(w, s, "ask byte", f, 2);
    }
    ask_row(w, s, "length", &t->n_bytes, 1);
    uint8_t digest[32];
    sha256(digest, t->bytes, t->n_bytes);
    uint32_t publics[HORNER_PUBLIC + 80];
    put_public(publics, 0, digest);
    put_public(publics, HORNER_PUBLIC, t->blob.z);
    put_public(publics, HORNER_PUBLIC + 16, t->blob.a_before);
    put_public(publics, HORNER_PUBLIC + 32, t->blob.b_before);
    put_public(publics, HORNER_PUBLIC + 48, t->blob.a_after);
    put_public(publics, HORNER_PUBLIC + 64, t->blob.b_after);
    for (uint32_t i = 0; i < HORNER_PUBLIC + 80; i++)
        w_public(w, i, publics[i]);
    struct ir_trace *tr = clean_trace(w, t);
    witness_free(w);
    return tr;
}

/* ---- row by row ---- */

static uint32_t *cell(const struct horner_rows *h, const char *name, uint32_t i)
{
    const struct ir_table *t = h->tr->system->tables[h->table];
    char text[32];
    snprintf(text, sizeof text, "%s[0]", name);
    uint32_t c = ir_column_find(t, ir_column_find(t, name) == UINT32_MAX ? text : name);
    REQUIRE(c != UINT32_MAX);
    return &h->tr->tables[h->table].columns[c + i][h->row];
}

/* n bytes, least significant first. */
static void put_number(const struct horner_rows *h, const char *name, const mpz_t x, uint32_t n)
{
    uint8_t be[32];
    blob_bytes(be, x);
    for (uint32_t i = 0; i < n; i++)
        *cell(h, name, i) = be[31 - i];
    for (uint32_t i = n; i < 32; i++)
        REQUIRE(be[31 - i] == 0);
}

void horner_rows_begin(struct horner_rows *h, struct ir_trace *tr, const struct chain_trace *t)
{
    *h = (struct horner_rows){.tr = tr, .t = t, .table = ir_table_find(tr->system, "horner"),
                              .length = t->n_bytes};
    mpz_inits(h->z, h->v, NULL);
    mpz_init_set_str(h->r, BLOB_ORDER_HEX, 16);
    blob_number(h->z, t->blob.z);
    struct ir_trace_table *tt = &tr->tables[h->table];
    for (uint32_t c = 0; c < tt->n_columns; c++)
        memset(tt->columns[c], 0, sizeof(uint32_t) << tt->log_height);
}

/* Carries of v z + taken - q r - v', limb by limb; the number is k p 2^(16 at), which the equation of
 * limb `at` does not see modulo p. */
static void put_carries(const struct horner_rows *h, const mpz_t v, const mpz_t z,
                        const mpz_t taken, const mpz_t q, const mpz_t next, int32_t k, uint32_t at)
{
    const mpz_t *x[6];
    x[0] = (const mpz_t *)v, x[1] = (const mpz_t *)z, x[2] = (const mpz_t *)q;
    x[3] = (const mpz_t *)h->r, x[4] = (const mpz_t *)taken, x[5] = (const mpz_t *)next;
    uint8_t b[6][32];
    int64_t sum[64] = {0}, carry = 0;
    for (uint32_t i = 0; i < 6; i++)
        blob_bytes(b[i], *x[i]);
    for (uint32_t i = 0; i < 32; i++) {
        sum[i] += (int64_t)b[4][31 - i] - b[5][31 - i];
        for (uint32_t j = 0; j < 32; j++)
            sum[i + j] += b[0][31 - i] * b[1][31 - j] - b[2][31 - i] * b[3][31 - j];
    }
    for (uint32_t u = 0; u < 32; u++) {
        int64_t s = sum[2 * u] + 256 * sum[2 * u + 1] + carry;
        if (u == at) s -= k * (int64_t)IR_P;
        REQUIRE(s % 65536 == 0);
        carry = s / 65536;
        if (u < 16) *cell(h, "carry", u) = (uint32_t)((carry + (int64_t)IR_P) % (int64_t)IR_P);
    }
    REQUIRE(carry == 0);
}

static void begin_chain(struct horner_rows *h, bool b)
{
    blob_number(h->v, b ? h->t->blob.b_before : h->t->blob.a_before);
}

void horner_rows_add(struct horner_rows *h, const struct horner_row *row)
{
    mpz_t taken, q, next, wrap;
    mpz_inits(taken, q, next, wrap, NULL);
    if (row->begins) begin_chain(h, row->b);
    *cell(h, "on", 0) = 1;
    *cell(h, "b", 0) = row->b;
    *cell(h, "closes", 0) = row->closes;
    *cell(h, "begins", 0) = row->begins;
    *cell(h, "first", 0) = row->first;
    *cell(h, "L", 0) = h->length;
    if (row->first) {
        mpz_setbit(taken, 248);
        mpz_add_ui(taken, taken, h->length);
    } else if (!row->closes) {
        if (row->taken != NULL)
            mpz_set(taken, *row->taken);
        else
            blob_element(taken, h->t, row->element);
        put_number(h, "d", taken, 31);
    }
    put_number(h, "v", h->v, 32);
    put_number(h, "z", row->z != NULL ? *row->z : h->z, 32);
    if (row->closes) {
        uint8_t be[32];
        blob_bytes(be, h->v);
        put_public(h->tr->publics, HORNER_PUBLIC + (row->b ? 64 : 48), be);
        goto out;
    }
    mpz_mul(next, h->v, row->z != NULL ? *row->z : h->z);
    mpz_add(next, next, taken);
    mpz_set_ui(wrap, IR_P);
    mpz_mul_2exp(wrap, wrap, 16 * row->wrap_at);
    mpz_mul_si(wrap, wrap, row->wrap_sign);
    mpz_sub(next, next, wrap);
    REQUIRE(mpz_sgn(next) >= 0);
    mpz_fdiv_qr(q, next, next, h->r);
    for (int32_t i = 0; i < row->more; i++) {
        REQUIRE(mpz_sgn(q) > 0);
        mpz_sub_ui(q, q, 1);
        mpz_add(next, next, h->r);
    }
    put_number(h, "q", q, 32);
    put_carries(h, h->v, row->z != NULL ? *row->z : h->z, taken, q, next, row->wrap_sign,
                row->wrap_at);
    mpz_set(h->v, next);
out:
    mpz_clears(taken, q, next, wrap, NULL);
    h->row++;
}

void horner_rows_honest(struct horner_rows *h, uint32_t head)
{
    horner_rows_add(h, &(struct horner_row){.begins = true, .first = true});
    for (uint32_t j = 0; j < head; j++)
        horner_rows_add(h, &(struct horner_row){.element = j});
    horner_rows_add(h, &(struct horner_row){.closes = true});
    const uint32_t n = blob_elements(h->t);
    for (uint32_t j = head; j < n; j++)
        horner_rows_add(h, &(struct horner_row){.b = true, .begins = j == head, .element = j});
    horner_rows_add(h, &(struct horner_row){.b = true, .closes = true, .begins = head == n});
}

/* SEGMENT_BYTE is asked for the positions of the rows that take elements, LENGTH by all that are on and by
 * bytes. */
static void recount_answers(struct horner_rows *h)
{
    const struct ir_system *s = h->tr->system;
    const struct ir_table *t = s->tables[h->table];
    uint32_t bytes = ir_table_find(s, "bytes");
    static const char *const asked[4] = {"asked 0", "asked 1", "asked 2", "asked 3"};
    const uint32_t rows = 16u << HORNER_LOG_BLOCKS;
    uint32_t count[4 * (16 << HORNER_LOG_BLOCKS)] = {0}, lengths = rows;
    for (uint32_t row = 0; row < 1u << HORNER_LOG; row++)
        for (uint32_t i = 0; i < t->n_messages; i++) {
            const struct ir_message *m = &t->messages[i];
            if (m->tag != BUS_SEGMENT_BYTE && m->tag != BUS_LENGTH) continue;
            uint32_t mult = ir_eval_row(t, &h->tr->tables[h->table], m->mult, row);
            uint32_t pos = ir_eval_row(t, &h->tr->tables[h->table], m->fields[0], row);
            if (m->tag == BUS_LENGTH)
                lengths += pos == h->t->n_bytes ? mult : 0;
            else if (pos < 4 * rows)
                count[pos] += mult;
        }
    for (uint32_t pos = 0; pos < 4 * rows; pos++) {
        uint32_t c = ir_column_find(s->tables[bytes], asked[pos % 4]);
        h->tr->tables[bytes].columns[c][pos / 4] = count[pos];
    }
    const uint32_t length = ir_table_find(s, "length");
    h->tr->tables[length].columns[ir_column_find(s->tables[length], "asked")][0] = lengths;
}

void horner_rows_end(struct horner_rows *h)
{
    recount_answers(h);
    faults_recount_range16(h->tr);
    mpz_clears(h->z, h->v, h->r, NULL);
}

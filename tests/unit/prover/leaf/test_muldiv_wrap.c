/* Each of muldiv's 26 range checks of carries is needed: for each there is a row that states a
 * false division and breaks nothing else. The false row is off by p 2^(16 u) as an integer, which
 * equation u does not see modulo p: its carry alone is far from what small products can carry. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "prover/air/op_row.h"
#include "prover/air/op_tables.h"
#include "tests/support/check_main.h"

enum { BYTES = 14, LONG = 32, EQUATIONS = 14 };

struct number { /* little-endian */
    uint8_t b[LONG];
};

/* k 2^shift */
static struct number shifted(uint32_t k, uint32_t shift)
{
    struct number n = {{0}};
    for (uint32_t i = 0; i < 32; i++)
        if (k >> i & 1) n.b[(i + shift) / 8] |= (uint8_t)(1u << ((i + shift) % 8));
    return n;
}

static int compare(const struct number *a, const struct number *b)
{
    for (uint32_t i = LONG; i-- > 0;)
        if (a->b[i] != b->b[i]) return a->b[i] < b->b[i] ? -1 : 1;
    return 0;
}

static void subtract(struct number *a, const struct number *b)
{
    int32_t borrow = 0;
    for (uint32_t i = 0; i < LONG; i++) {
        int32_t d = a->b[i] - b->b[i] + borrow;
        a->b[i] = (uint8_t)(d & 255);
        borrow = d < 0 ? -1 : 0;
    }
}

/* n = q c + rem, bit by bit. */
static void divide(const struct number *n, const struct number *c, struct number *q,
                   struct number *rem)
{
    memset(q, 0, sizeof *q);
    memset(rem, 0, sizeof *rem);
    for (uint32_t bit = 8 * LONG; bit-- > 0;) {
        uint32_t in = n->b[bit / 8] >> (bit % 8) & 1;
        for (uint32_t i = 0; i < LONG; i++) {
            uint32_t out = rem->b[i] >> 7;
            rem->b[i] = (uint8_t)((uint32_t)rem->b[i] << 1 | in);
            in = out;
        }
        if (compare(rem, c) < 0) continue;
        subtract(rem, c);
        q->b[bit / 8] |= (uint8_t)(1u << (bit % 8));
    }
}

static struct ir_system *sys;
static struct ir_trace *tr;

static void setup(void)
{
    sys = ir_system_new("muldiv-alone", 1, 0);
    muldiv_table_build(sys, 4);
    ir_system_finish(sys);
    tr = ir_trace_new(sys);
    ck_assert_ptr_nonnull(tr);
}

static void teardown(void)
{
    ir_trace_free(tr);
    ir_system_free(sys);
}

static uint32_t *cell(const char *name, uint32_t i)
{
    char text[32];
    snprintf(text, sizeof text, "%s[%u]", name, (unsigned)i);
    return &tr->tables[0].columns[ir_column_find(sys->tables[0], text)][0];
}

static void put(const char *name, const struct number *n)
{
    for (uint32_t i = 0; i < LONG; i++) {
        if (i < BYTES)
            *cell(name, i) = n->b[i];
        else
            ck_assert_uint_eq(n->b[i], 0);
    }
}

static int64_t product_at(const struct number *x, const struct number *y, uint32_t at)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < BYTES; i++)
        if (at >= i && at - i < BYTES) sum += (int64_t)x->b[i] * y->b[at - i];
    return sum;
}

struct division {
    struct number a, b, c, q, rem;
};

/* Carries as the equations want them modulo p; equation u is off by `off` (0 or +-p) as integers. */
static void fill(const struct division *d, uint32_t u, int64_t off)
{
    int64_t carry = 0, borrow = 0;
    put("a", &d->a);
    put("b", &d->b);
    put("c", &d->c);
    put("q", &d->q);
    put("rem", &d->rem);
    tr->tables[0].columns[ir_column_find(sys->tables[0], "on")][0] = 1;
    for (uint32_t i = 0; i < EQUATIONS; i++) {
        int64_t sum = product_at(&d->a, &d->b, 2 * i) + 256 * product_at(&d->a, &d->b, 2 * i + 1) -
                      product_at(&d->q, &d->c, 2 * i) - 256 * product_at(&d->q, &d->c, 2 * i + 1);
        if (i < AIR_AMOUNT) sum -= d->rem.b[2 * i] + 256 * d->rem.b[2 * i + 1];
        sum += carry - (i == u ? off : 0);
        ck_assert_int_eq(sum % 65536, 0);
        carry = sum / 65536;
        if (i + 1 < EQUATIONS) *cell("carry", i) = (uint32_t)((carry + IR_P) % IR_P);
    }
    ck_assert_int_eq(carry, 0);
    for (uint32_t i = 0; i + 1 < AIR_AMOUNT; i++) { /* c - 1 - rem */
        int64_t limb = d->c.b[2 * i] + 256 * d->c.b[2 * i + 1] - d->rem.b[2 * i] -
                       256 * d->rem.b[2 * i + 1] - (i == 0) - borrow;
        borrow = limb < 0;
        *cell("rem_borrow", i) = (uint32_t)borrow;
    }
}

/* All constraints hold, all numbers looked up are in range but that of one lookup: its name. */
static const char *only_fault(void)
{
    const struct ir_table *t = sys->tables[0];
    const char *fault = NULL;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        ck_assert_msg(ir_eval_row(t, &tr->tables[0], t->constraints[i].x, 0) == 0, "%s",
                      t->constraints[i].name);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        if (m->tag != BUS_RANGE16 && m->tag != BUS_BYTE2) continue;
        for (uint32_t f = 0; f < m->n_fields; f++) {
            uint32_t v = ir_eval_row(t, &tr->tables[0], m->fields[f], 0);
            if (v < (m->tag == BUS_BYTE2 ? 256u : 65536u)) continue;
            ck_assert_msg(fault == NULL, "%s and %s", fault, m->name);
            fault = m->name;
        }
    }
    return fault;
}

START_TEST(a_true_division_has_no_fault)
{
    struct division d = {
        shifted(1000003, 60), shifted(77777, 31), shifted(0xfedcb, 20), {{0}}, {{0}}};
    struct number n = {{0}};
    uint64_t k = 1000003ull * 77777ull;
    struct number lo = shifted((uint32_t)k, 91), hi = shifted((uint32_t)(k >> 32), 123);
    for (uint32_t i = 0; i < LONG; i++)
        n.b[i] = lo.b[i] | hi.b[i];
    divide(&n, &d.c, &d.q, &d.rem);
    fill(&d, 0, 0);
    ck_assert_ptr_null(only_fault());
}
END_TEST

START_TEST(without_one_range_check_a_false_division_passes)
{
    for (uint32_t u = 0; u + 1 < EQUATIONS; u++) {
        char name[32];
        struct number n = shifted(IR_P, 16 * u);
        /* 0 * 0 = q c + rem - p 2^(16 u): q as large as its 14 bytes allow */
        struct division d = {{{0}}, {{0}}, shifted(3, 0), {{0}}, {{0}}};
        if (u > 4) memset(d.c.b, 255, BYTES);
        divide(&n, &d.c, &d.q, &d.rem);
        fill(&d, u, -(int64_t)IR_P);
        snprintf(name, sizeof name, "carry from above %u", (unsigned)u);
        ck_assert_str_eq(only_fault(), name);
        /* p 2^(16 u) / 1 = 0 */
        uint32_t s = 16 * u < 81 ? 16 * u : 81;
        d = (struct division){
            shifted(IR_P, s), shifted(1, 16 * u - s), shifted(1, 0), {{0}}, {{0}}};
        fill(&d, u, IR_P);
        snprintf(name, sizeof name, "carry from below %u", (unsigned)u);
        ck_assert_str_eq(only_fault(), name);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("leaf muldiv");
    TCase *tc = tcase_create("muldiv");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_true_division_has_no_fault);
    tcase_add_test(tc, without_one_range_check_a_false_division_passes);
    suite_add_tcase(s, tc);
    return check_main(s);
}

/* MULDIV(ceil, a, b, c, q): a b = q c + rem (floor) or a b = q c - rem (ceil), 0 <= rem < c.
 * All numbers as 14 bytes, so every limb of the answer is in its only form. Products by columns of
 * 2^16: |sum| < 14 * 2^16 * 257 < 2^28 and |carry| < 2^12, so no equation wraps around p. */
#include "prover/air/op_row.h"

enum { BYTES = 14, CARRY_OFFSET = 1 << 12, POSITIONS = 2 * BYTES };

struct number {
    ir_x byte[BYTES], limb[AIR_AMOUNT];
};

static void number_columns(struct op_row *o, struct number *n, const char *name)
{
    struct ir_table *t = o->t;
    air_new_cols(t, n->byte, name, BYTES);
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        char label[48];
        op_name_number(label, sizeof label, name, i);
        air_byte2(t, o->on, n->byte[2 * i], n->byte[2 * i + 1], label);
        n->limb[i] = ir_pack(t, n->byte + 2 * i, 2, 8);
    }
}

/* sum over i + k = at of x_i y_k */
static ir_x product_at(struct ir_table *t, const struct number *x, const struct number *y,
                       uint32_t at)
{
    ir_x sum = ir_const(t, 0);
    for (uint32_t i = 0; i < BYTES; i++)
        if (at >= i && at - i < BYTES) sum = ir_add(t, sum, ir_mul(t, x->byte[i], y->byte[at - i]));
    return sum;
}

static void product_equation(struct op_row *o, const struct number *a, const struct number *b,
                             const struct number *c, const struct number *q,
                             const struct number *rem, ir_x ceil)
{
    struct ir_table *t = o->t;
    ir_x carry[BYTES - 1], low[BYTES - 1], high[BYTES - 1];
    air_new_cols(t, carry, "carry", BYTES - 1);
    ir_x sign = air_not(t, ir_scale(t, 2, ceil));
    for (uint32_t u = 0; u < BYTES; u++) {
        ir_x left =
            ir_add(t, product_at(t, a, b, 2 * u), ir_scale(t, 256, product_at(t, a, b, 2 * u + 1)));
        ir_x right =
            ir_add(t, product_at(t, q, c, 2 * u), ir_scale(t, 256, product_at(t, q, c, 2 * u + 1)));
        ir_x sum = ir_sub(t, left, right);
        if (u < AIR_AMOUNT) sum = ir_sub(t, sum, ir_mul(t, sign, rem->limb[u]));
        if (u > 0) sum = ir_add(t, sum, carry[u - 1]);
        if (u + 1 < BYTES) {
            sum = ir_sub(t, sum, ir_scale(t, 1u << 16, carry[u]));
            low[u] = air_plus(t, carry[u], CARRY_OFFSET);
            high[u] = air_plus(t, carry[u], 65536 - CARRY_OFFSET);
        }
        char label[48];
        op_name_number(label, sizeof label, "product", u);
        ir_assert_zero(t, sum, label);
    }
    air_range16_n(t, o->on, low, BYTES - 1, "carry from below");
    air_range16_n(t, o->on, high, BYTES - 1, "carry from above");
}

void muldiv_table_build(struct ir_system *s, uint32_t log_height)
{
    struct op_row o;
    op_table(&o, s, "muldiv", log_height);
    struct ir_table *t = o.t;
    ir_x ceil = air_flag(t, "ceil");
    struct number a, b, c, q, rem;
    number_columns(&o, &a, "a");
    number_columns(&o, &b, "b");
    number_columns(&o, &c, "c");
    number_columns(&o, &q, "q");
    number_columns(&o, &rem, "rem");
    product_equation(&o, &a, &b, &c, &q, &rem, ceil);

    /* c - 1 - rem >= 0 */
    ir_x rem_next[AIR_AMOUNT];
    for (uint32_t i = 0; i < AIR_AMOUNT; i++)
        rem_next[i] = i == 0 ? air_plus(t, rem.limb[0], 1) : rem.limb[i];
    op_limbs_order(&o, o.on, c.limb, rem_next, ir_const(t, 1), "rem_borrow");

    ir_x f[1 + 4 * AIR_AMOUNT] = {ceil};
    for (uint32_t i = 0; i < AIR_AMOUNT; i++) {
        f[1 + i] = a.limb[i];
        f[8 + i] = b.limb[i];
        f[15 + i] = c.limb[i];
        f[22 + i] = q.limb[i];
    }
    ir_receive(t, BUS_MULDIV, o.on, f, 1 + 4 * AIR_AMOUNT, "muldiv");
}

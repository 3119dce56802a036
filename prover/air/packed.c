#include <stdio.h>
#include <string.h>

#include "prover/air/leaf.h"

enum { Q = 5, P = 13, V = AIR_AMOUNT, C = Q + P - 1 };

/* ---- pow10: row e says what 10^e is, in bytes ---- */
static void add_pow10(struct ir_system *s)
{
    uint32_t bytes[P][32] = {{0}};
    unsigned __int128 power = 1;
    for (uint32_t e = 0; e < 32; e++, power *= 10)
        for (uint32_t i = 0; i < P; i++)
            bytes[i][e] = (uint32_t)(power >> (8 * i)) & 0xff;
    struct ir_table *t = ir_table_new(s, "pow10", 5);
    ir_x asked = air_col(t, "asked"), f[1 + P];
    f[0] = ir_idx(t, 0, 5);
    for (uint32_t i = 0; i < P; i++)
        f[1 + i] = ir_fixed(t, 5, bytes[i]);
    ir_receive(t, BUS_POW10, asked, f, 1 + P, "power");
}

/* ---- packed: a 40-bit packed amount 32 m + e and its value m 10^e < 2^112 (REQ-AMT-1) ----
 * (bytes of the packed number, less e) * (bytes of 10^e) = 32 * value, limb by limb with carries.
 * A limb sum is below 5 * 255^2 * 257 < 2^27; 32 * value's limb below 2^21; so a carry lies in
 * (-32, 2^11); carry + 32 is looked up twice (itself and times 16: below 2^12), so that no
 * equation can wrap around p. The top of the product beyond the 7 limbs must be carried away to 0.
 * e < 32 by pow10; q0 - e is a multiple of 32 because its 32nd part is looked up.
 * Determinacy: the packed number is free (the asker's), e and value follow. Every row is a true
 * statement (padding: 0 = 0), so `asked` is advice. */
void air_add_packed(struct ir_system *s, uint32_t log_height)
{
    add_pow10(s);
    struct ir_table *t = ir_table_new(s, "packed", log_height);
    ir_x q[Q], power[P], value[V], carry[V + 1], coefficient[C + 1];
    ir_x one = ir_const(t, 1), zero = ir_const(t, 0);
    air_new_cols(t, q, "packed", Q);
    ir_x e = air_col(t, "e");
    air_new_cols(t, power, "power", P);
    air_new_cols(t, value, "value", V);
    carry[0] = zero;
    air_new_cols(t, carry + 1, "carry", V);
    ir_x asked = air_col(t, "asked");

    air_byte2(t, one, q[0], q[1], "bytes 0 1");
    air_byte2(t, one, q[2], q[3], "bytes 2 3");
    air_byte2(t, one, q[4], zero, "byte 4");
    ir_x f[1 + P] = {e};
    memcpy(f + 1, power, sizeof power);
    ir_send(t, BUS_POW10, one, f, 1 + P, "power of ten");
    const uint32_t part32 = IR_P - (IR_P - 1) / 32; /* 1 / 32 */
    ir_x low = ir_sub(t, q[0], e);
    air_range16(t, one, ir_scale(t, part32, low), "mantissa is whole");

    for (uint32_t k = 0; k <= C; k++)
        coefficient[k] = zero;
    for (uint32_t i = 0; i < Q; i++)
        for (uint32_t k = 0; k < P; k++)
            coefficient[i + k] =
                ir_add(t, coefficient[i + k], ir_mul(t, i == 0 ? low : q[i], power[k]));
    for (uint32_t l = 0; l < V; l++) {
        char name[32];
        snprintf(name, sizeof name, "limb %u", (unsigned)l);
        ir_x sum = ir_add(t, coefficient[2 * l], ir_scale(t, 256, coefficient[2 * l + 1]));
        ir_x want = ir_add(t, ir_scale(t, 32, value[l]), ir_scale(t, 1u << 16, carry[l + 1]));
        ir_assert_eq(t, ir_add(t, sum, carry[l]), want, name);
        ir_x shifted = air_plus(t, carry[l + 1], 32);
        snprintf(name, sizeof name, "carry %u", (unsigned)l);
        air_range16(t, one, shifted, name);
        snprintf(name, sizeof name, "carry times 16 %u", (unsigned)l);
        air_range16(t, one, ir_scale(t, 16, shifted), name);
    }
    air_range16_n(t, one, value, V, "value");
    ir_x top = ir_add(t, coefficient[2 * V], ir_scale(t, 256, coefficient[2 * V + 1]));
    ir_assert_zero(t, ir_add(t, top, carry[V]), "nothing above the seven limbs");
    ir_assert_zero(t, coefficient[C - 1], "nothing in the top product");

    ir_x m[3 + V] = {ir_add(t, q[0], ir_scale(t, 256, q[1])),
                     ir_add(t, q[2], ir_scale(t, 256, q[3])), q[4]};
    memcpy(m + 3, value, sizeof value);
    ir_receive(t, BUS_PACKED, asked, m, 3 + V, "packed");
}

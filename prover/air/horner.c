/* horner: the segment's elements of 31 bytes as two values at a point z, modulo r, the order of
 * BLS12-381's scalar field (docs/protocol/blobs.md sections 1 to 3). A row takes one element:
 * v' = v z + d - q r, all over bytes.
 *
 * Rows that are on: chain a from row 0 (2^248 + L, then elements 0 .. h - 1), its closing row, chain b
 * (elements h ..), its closing row. So the element of a row is row - 1 in chain a and row - 2 in b, and
 * h, which is free, is where a closes. A closing row takes nothing; it gives its v to the public values.
 *
 * Which rows are on, and why each message exists once:
 * - The public values send two BEFOREs (chain 0 and 1) and one Z. Only a row that begins receives
 *   BEFORE, so one row begins chain a (`first`, which is row 0) and one begins chain b.
 * - LINK: each row that is on but the first receives z under its row number, which only the row before
 *   sends, if it is on and does not close chain b. So the rows that are on are 0 .. t, t closes chain b,
 *   no other row does, and all have the z of row 0, which is that of Z.
 * - VALUE: each row that is on and does not begin receives v under its row number and chain; the row
 *   before sends it if it is of this chain and does not close. So chain a is rows 0 .. k: what a row
 *   sends must be taken, thus k closes and no row before it; chain b likewise from the row where it
 *   begins up to t. That row has one before it that is on, and the only row of chain a whose next is
 *   not of chain a is k: b begins at k + 1.
 * - The end: row t has 31 (t - 3) < L <= 31 (t - 2) by range checks, so t - 2 elements are all there are.
 *
 * What fixes each column. L: LENGTH. z, v: bytes (BYTE2) of the limbs that LINK, VALUE, Z, BEFORE
 * bring; a limb has one pair of bytes. d: SEGMENT_BYTE under the position in the segment; 0 past L.
 * q and the carries: v' must be 16-bit limbs (it is v of the next row, where it is bytes), so that
 * v z + d = q r + v' holds over the integers with 0 <= q, v' < 2^256. v' need not be below r: up to
 * three v' are possible; all are the same modulo r, and L1 takes the one below r alone.
 * A closing row sends no v': its q, carries and d say nothing, as the first row's d. A row that is off
 * says nothing at all.
 *
 * No equation wraps around p. Two coefficients of bytes make one of 2^16: S = sum of v_i z_k less
 * those of q_i r_k, |S| <= 32 * 255^2 * 257 < 534.8 * 10^6; element and v' limbs below 2^16, carries in
 * -2^13 .. 2^13 - 1: less than 1.08 * 10^9 < p in absolute value, and an honest carry is at most
 * (534.8 * 10^6 + 2^16 + 2^13) / 2^16 < 8163. */
#include "prover/air/leaf.h"

enum {
    BYTES = 32,
    LIMBS = 16,
    ELEMENT = 31, /* bytes */
    CARRY_OFFSET = 1 << 13,
    INVERSE_2_16 = 2130673921 /* 2^16 * 2130673921 = 1 mod p: p - 32512, as p = 2^16 * 32512 + 1 */
};

/* r, least significant byte first (EIP-4844 BLS_MODULUS). */
const uint8_t AIR_BLS_ORDER[BYTES] = {
    0x01, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xfe, 0x5b, 0xfe, 0xff, 0x02, 0xa4, 0xbd, 0x53,
    0x05, 0xd8, 0xa1, 0x09, 0x08, 0xd8, 0x39, 0x33, 0x48, 0x7d, 0x9d, 0x29, 0x53, 0xa7, 0xed, 0x73};

struct horner {
    struct ir_table *t;
    ir_x on, b, closes, begins, first; /* flags */
    ir_x takes;                        /* an element or 2^248 + L */
    ir_x takes_bytes;                  /* an element */
    ir_x row, total;
    ir_x v[BYTES], z[BYTES], q[BYTES], d[ELEMENT], carry[LIMBS];
    ir_x v_limb[LIMBS], z_limb[LIMBS], next_limb[LIMBS]; /* v, z, v' */
};

static void flags(struct horner *h)
{
    struct ir_table *t = h->t;
    h->on = air_flag(t, "on");
    h->b = air_flag(t, "b");
    h->closes = air_flag(t, "closes");
    h->begins = air_flag(t, "begins");
    h->first = air_flag(t, "first");
    h->total = air_col(t, "L");
    h->row = ir_idx(t, 0, t->log_height);
    h->takes = ir_sub(t, h->on, h->closes);
    h->takes_bytes = ir_sub(t, h->takes, h->first);
    air_when_zero(t, h->b, air_not(t, h->on), "chain b only in a row that is on");
    ir_assert_bool(t, h->takes, "closes only a row that is on");
    ir_assert_eq(t, h->first, ir_mul(t, h->begins, air_not(t, h->b)), "first begins chain a");
    ir_assert_bool(t, h->takes_bytes, "the first row takes");
    air_when_zero(t, h->first, h->row, "first is row 0");
    ir_send(t, BUS_LENGTH, h->on, &h->total, 1, "L");
}

static void byte_columns(struct horner *h, ir_x when, ir_x *byte, ir_x *limb, const char *name)
{
    struct ir_table *t = h->t;
    air_new_cols(t, byte, name, BYTES);
    for (uint32_t i = 0; i < LIMBS; i++) {
        air_byte2(t, when, byte[2 * i], byte[2 * i + 1], air_name_number(name, i).text);
        if (limb != NULL) limb[i] = ir_pack(t, byte + 2 * i, 2, 8);
    }
}

/* d of an element: byte i of it at 31 element + i in the segment, most significant first. */
static void element_bytes(struct horner *h)
{
    struct ir_table *t = h->t;
    air_new_cols(t, h->d, "d", ELEMENT);
    ir_x element = ir_sub(t, ir_sub(t, h->row, ir_const(t, 1)), h->b);
    ir_x pos = ir_scale(t, ELEMENT, element);
    for (uint32_t i = 0; i < ELEMENT; i++) {
        ir_x f[2] = {air_plus(t, pos, i), h->d[ELEMENT - 1 - i]};
        ir_send(t, BUS_SEGMENT_BYTE, h->takes_bytes, f, 2, air_name_number("element byte", i).text);
    }
}

/* Limb u of what the row takes; d is its bytes, least significant first. */
static ir_x taken_limb(struct horner *h, uint32_t u)
{
    struct ir_table *t = h->t;
    ir_x limb = ir_mul(t, h->takes_bytes, ir_pack(t, h->d + 2 * u, u + 1 < LIMBS ? 2 : 1, 8));
    if (u == 0) limb = ir_add(t, limb, ir_mul(t, h->first, h->total));
    if (u + 1 == LIMBS) limb = ir_add(t, limb, ir_scale(t, 256, h->first)); /* 2^248 */
    return limb;
}

/* x[k] + 256 x[k + 1]; k = -1 .. 31 */
static ir_x pair_at(struct ir_table *t, const ir_x *x, int32_t k)
{
    ir_x low = k < 0 ? ir_const(t, 0) : x[k];
    return k + 1 < BYTES ? ir_add(t, low, ir_scale(t, 256, x[k + 1])) : low;
}

static uint32_t order_pair_at(int32_t k)
{
    uint32_t low = k < 0 ? 0 : AIR_BLS_ORDER[k];
    return k + 1 < BYTES ? low + 256u * AIR_BLS_ORDER[k + 1] : low;
}

/* The coefficient of 2^(16 u) in v z - q r: sum over i of v_i (z_k + 256 z_(k+1)), k = 2 u - i. */
static ir_x products_at(struct horner *h, const ir_x *z_pair, int32_t u)
{
    struct ir_table *t = h->t;
    ir_x plus = ir_const(t, 0), minus = ir_const(t, 0);
    for (int32_t i = 0; i < BYTES; i++) {
        int32_t k = 2 * u - i;
        if (k < -1 || k >= BYTES) continue;
        plus = ir_add(t, plus, ir_mul(t, h->v[i], z_pair[k + 1]));
        minus = ir_add(t, minus, ir_scale(t, order_pair_at(k), h->q[i]));
    }
    return ir_sub(t, plus, minus);
}

/* v z + taken - q r = v' + 0 2^256: limb by limb. Below 2^256 the carry is a column and v' what is
 * left; above nothing is left, so that the carry is an expression. */
static void equation(struct horner *h)
{
    struct ir_table *t = h->t;
    ir_x z_pair[BYTES + 1], carry = ir_const(t, 0);
    for (int32_t k = -1; k < BYTES; k++)
        z_pair[k + 1] = pair_at(t, h->z, k);
    air_new_cols(t, h->carry, "carry", LIMBS);
    for (uint32_t u = 0; u < 2 * LIMBS; u++) {
        ir_x sum = ir_add(t, products_at(h, z_pair, (int32_t)u), carry);
        if (u + 1 == 2 * LIMBS) {
            air_when_zero(t, h->takes, sum, "nothing above 2^512");
            break;
        }
        if (u < LIMBS) {
            carry = h->carry[u];
            sum = ir_add(t, sum, taken_limb(h, u));
            h->next_limb[u] = ir_sub(t, sum, ir_scale(t, 1u << 16, carry));
        } else {
            carry = ir_scale(t, INVERSE_2_16, sum);
        }
        air_range16(t, h->takes, air_plus(t, carry, CARRY_OFFSET),
                    air_name_number("carry from below", u).text);
        air_range16(t, h->takes, air_plus(t, carry, 65536 - CARRY_OFFSET),
                    air_name_number("carry from above", u).text);
    }
}

/* One or two fields, then 16 limbs. */
static void limb_message(struct horner *h, bool send, uint16_t bus, ir_x mult, const ir_x *head,
                         uint32_t n, const ir_x *limb, const char *name)
{
    ir_x f[2 + LIMBS];
    for (uint32_t i = 0; i < n; i++)
        f[i] = head[i];
    for (uint32_t i = 0; i < LIMBS; i++)
        f[n + i] = limb[i];
    if (send)
        ir_send(h->t, bus, mult, f, n + LIMBS, name);
    else
        ir_receive(h->t, bus, mult, f, n + LIMBS, name);
}

static void links(struct horner *h)
{
    struct ir_table *t = h->t;
    ir_x end = ir_mul(t, h->closes, h->b);
    ir_x here[2] = {h->row, h->b}, next[2] = {air_plus(t, h->row, 1), h->b};
    limb_message(h, false, BUS_HORNER_Z, h->first, NULL, 0, h->z_limb, "point");
    limb_message(h, false, BUS_HORNER_LINK, ir_mul(t, h->on, air_not(t, h->first)), here, 1,
                 h->z_limb, "row before");
    limb_message(h, true, BUS_HORNER_LINK, ir_mul(t, h->on, air_not(t, end)), next, 1, h->z_limb,
                 "next row");
    limb_message(h, false, BUS_HORNER_BEFORE, h->begins, &h->b, 1, h->v_limb, "value before");
    limb_message(h, false, BUS_HORNER_VALUE, ir_mul(t, h->on, air_not(t, h->begins)), here, 2,
                 h->v_limb, "value");
    limb_message(h, true, BUS_HORNER_VALUE, h->takes, next, 2, h->next_limb, "next value");
    limb_message(h, true, BUS_HORNER_AFTER, h->closes, &h->b, 1, h->v_limb, "value after");
    /* row = elements + 2: L - 1 - 31 (elements - 1) in 0 .. 30 */
    ir_x rest = ir_sub(t, air_plus(t, h->total, 3 * ELEMENT - 1), ir_scale(t, ELEMENT, h->row));
    air_range16(t, end, rest, "no element past L");
    air_range16(t, end, ir_sub(t, ir_const(t, ELEMENT - 1), rest), "all elements up to L");
}

/* A public value: 16 limbs, most significant first. */
static void public_value(struct ir_system *s, bool send, uint16_t bus, const uint32_t *chain,
                         uint32_t first, const char *name)
{
    struct ir_public_field f[1 + LIMBS] = {{.is_const = true}};
    uint32_t n = 0;
    if (chain != NULL) f[n++].value = *chain;
    for (uint32_t i = 0; i < LIMBS; i++)
        f[n++] = (struct ir_public_field){.is_const = false, .value = first + LIMBS - 1 - i};
    if (send)
        ir_public_send(s, bus, f, n, name);
    else
        ir_public_receive(s, bus, f, n, name);
}

void air_add_horner(struct ir_system *s, uint32_t log_height, uint32_t public_first)
{
    struct horner h = {.t = ir_table_new(s, "horner", log_height)};
    flags(&h);
    byte_columns(&h, h.on, h.v, h.v_limb, "v");
    byte_columns(&h, h.on, h.z, h.z_limb, "z");
    byte_columns(&h, h.takes, h.q, NULL, "q");
    element_bytes(&h);
    equation(&h);
    links(&h);
    const uint32_t chain[2] = {0, 1};
    public_value(s, true, BUS_HORNER_Z, NULL, public_first, "point");
    for (uint32_t c = 0; c < 2; c++) {
        public_value(s, true, BUS_HORNER_BEFORE, &chain[c], public_first + (1 + c) * LIMBS,
                     c == 0 ? "a before" : "b before");
        public_value(s, false, BUS_HORNER_AFTER, &chain[c], public_first + (3 + c) * LIMBS,
                     c == 0 ? "a after" : "b after");
    }
}

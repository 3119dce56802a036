#include <string.h>

#include "common/base/require.h"
#include "common/base/u256.h"
#include "prover/air/leaf.h"
#include "prover/trace/witness_internal.h"

enum { BYTES = 32, LIMBS = 16, ELEMENT = 31 };

/* Bytes are least significant first here. */
struct step {
    uint8_t v[BYTES], z[BYTES], q[BYTES], taken[BYTES], next[BYTES];
    int64_t carry[LIMBS]; /* out of limbs 0 .. 15 */
};
struct horner {
    struct witness *w;
    uint32_t table, length, n_elements, row;
    struct u256 order;
    uint8_t z[BYTES];
};

static void reversed(uint8_t out[BYTES], const uint8_t in[BYTES])
{
    for (uint32_t i = 0; i < BYTES; i++)
        out[i] = in[BYTES - 1 - i];
}

static void bytes_of(uint8_t out[BYTES], const struct u256 *x)
{
    uint8_t be[BYTES];
    u256_to_be(be, x);
    reversed(out, be);
}

static struct u256 number_of(const uint8_t bytes[BYTES])
{
    uint8_t be[BYTES];
    struct u256 x;
    reversed(be, bytes);
    REQUIRE(u256_from_be(&x, be, BYTES) == ERR_OK);
    return x;
}

/* next and carries of v z + taken - q r = next + 2^256 top, 0 <= next < 2^256. Returns top. */
static int64_t step_limbs(struct step *s)
{
    int64_t sum[2 * BYTES] = {0}, carry = 0;
    for (uint32_t i = 0; i < BYTES; i++) {
        sum[i] += s->taken[i];
        for (uint32_t k = 0; k < BYTES; k++)
            sum[i + k] += (int64_t)s->v[i] * s->z[k] - (int64_t)s->q[i] * AIR_BLS_ORDER[k];
    }
    for (uint32_t u = 0; u < 2 * LIMBS; u++) {
        int64_t x = sum[2 * u] + 256 * sum[2 * u + 1] + carry;
        int64_t limb = u < LIMBS ? x & 0xffff : 0;
        if (u >= LIMBS && x % 65536 != 0) return x; /* not 0 above: the quotient is another */
        carry = (x - limb) / 65536;
        if (u >= LIMBS) continue;
        s->next[2 * u] = (uint8_t)(limb & 0xff);
        s->next[2 * u + 1] = (uint8_t)(limb >> 8);
        s->carry[u] = carry;
    }
    return carry;
}

/* q = (v z + taken) / r; taken < r, so it is that of v z or one more. */
static enum err step_divide(const struct horner *h, struct step *s)
{
    const struct u256 v = number_of(s->v), z = number_of(s->z), one = u256_from_u64(1);
    struct u256 q;
    ERR_TRY(u256_mul_div_floor(&q, &v, &z, &h->order));
    bytes_of(s->q, &q);
    int64_t top = step_limbs(s);
    const struct u256 next = number_of(s->next);
    if (top == 0 && u256_cmp(&next, &h->order) < 0) return ERR_OK;
    ERR_TRY(u256_add(&q, &q, &one));
    bytes_of(s->q, &q);
    return step_limbs(s) == 0 ? ERR_OK : ERR_RANGE;
}

static void put_bytes(const struct horner *h, const char *column, const uint8_t *bytes, uint32_t n)
{
    uint32_t x[BYTES];
    for (uint32_t i = 0; i < n; i++)
        x[i] = bytes[i];
    w_put_n(h->w, h->table, h->row, column, x, n);
}

/* What all rows of a chain have. */
static void fill_row(struct horner *h, const uint8_t v[BYTES], bool is_b)
{
    w_put(h->w, h->table, h->row, "on", 1);
    w_put(h->w, h->table, h->row, "b", is_b);
    w_put(h->w, h->table, h->row, "L", h->length);
    put_bytes(h, "v", v, BYTES);
    put_bytes(h, "z", h->z, BYTES);
}

/* The step of v and what the row takes; v becomes the value after it. */
static void fill_step(struct horner *h, uint8_t v[BYTES], const uint8_t taken[BYTES])
{
    struct step s;
    memcpy(s.v, v, BYTES);
    memcpy(s.z, h->z, BYTES);
    memcpy(s.taken, taken, BYTES);
    if (step_divide(h, &s) != ERR_OK) {
        w_fail(h->w, ERR_MISMATCH, "table horner row %u: values not below the order",
               (unsigned)h->row);
        return;
    }
    put_bytes(h, "q", s.q, BYTES);
    for (uint32_t i = 0; i < LIMBS; i++) {
        const uint32_t carry = (uint32_t)(s.carry[i] < 0 ? (int64_t)IR_P + s.carry[i] : s.carry[i]);
        w_set(h->w, h->table, h->row, w_column(h->w, h->table, "carry[0]") + i, carry);
    }
    memcpy(v, s.next, BYTES);
}

/* One chain: in a 2^248 + L first; elements from .. to - 1; the closing row. */
static void fill_chain(struct horner *h, const struct chain_trace *t, bool is_b, uint32_t from,
                       uint32_t to)
{
    const struct trace_blob *blob = &t->blob;
    uint8_t v[BYTES], want[BYTES], taken[BYTES] = {0};
    reversed(v, is_b ? blob->b_before : blob->a_before);
    reversed(want, is_b ? blob->b_after : blob->a_after);
    w_put(h->w, h->table, h->row, "begins", 1);
    if (!is_b) {
        taken[0] = (uint8_t)(h->length & 0xff);
        taken[1] = (uint8_t)(h->length >> 8);
        taken[ELEMENT] = 1; /* 2^248 */
        w_put(h->w, h->table, h->row, "first", 1);
        fill_row(h, v, is_b);
        fill_step(h, v, taken);
        h->row++;
    }
    for (uint32_t j = from; j < to; j++, h->row++) {
        memset(taken, 0, sizeof taken);
        for (uint32_t i = 0; i < ELEMENT && ELEMENT * j + i < h->length; i++)
            taken[ELEMENT - 1 - i] = t->bytes[ELEMENT * j + i];
        put_bytes(h, "d", taken, ELEMENT);
        fill_row(h, v, is_b);
        fill_step(h, v, taken);
    }
    if (memcmp(v, want, BYTES) != 0)
        w_fail(h->w, ERR_MISMATCH, "table horner: the trace names another value %s after the segment",
               is_b ? "b" : "a");
    fill_row(h, v, is_b);
    w_put(h->w, h->table, h->row, "closes", 1);
    h->row++;
}

void fill_horner(struct witness *w, const struct chain_trace *trace)
{
    struct horner h = {.w = w, .table = w_table(w, "horner"), .length = trace->n_bytes};
    if (h.table == NO_TABLE) return;
    const uint32_t rows = 1u << w->system->tables[h.table]->log_height;
    h.n_elements = (h.length + ELEMENT - 1) / ELEMENT;
    if (!trace->blob.on || trace->blob.head > h.n_elements || h.length == 0) {
        w_fail(w, ERR_MISMATCH, "table horner: a segment without a blob, or a head past its end");
        return;
    }
    if (h.n_elements + 3 > rows) {
        w_fail(w, ERR_FULL, "table horner: %u elements and 3 rows exceed %u", (unsigned)h.n_elements,
               (unsigned)rows);
        return;
    }
    h.order = number_of(AIR_BLS_ORDER);
    reversed(h.z, trace->blob.z);
    fill_chain(&h, trace, false, 0, trace->blob.head);
    fill_chain(&h, trace, true, trace->blob.head, h.n_elements);
}

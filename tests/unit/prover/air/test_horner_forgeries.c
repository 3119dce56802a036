/* What a prover could try against horner: each forgery is a whole witness, consistent but for one lie,
 * and names the one rule that refuses it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check_main.h"
#include "tests/unit/prover/air/faults.h"
#include "tests/unit/prover/air/horner_rows.h"

static const uint64_t SEED = 20261122;
enum { BYTES_N = 130, HEAD = 2, ELEMENTS = 5 }; /* the last element has 6 bytes */

static struct ir_system *sys;
static struct chain_trace *trace;
static struct ir_trace *tr;
static struct horner_rows rows;

static void setup(void)
{
    sys = horner_system();
    trace = horner_example(SEED, BYTES_N, HEAD);
    tr = horner_fill(sys, trace);
    ck_assert_ptr_nonnull(tr);
    horner_rows_begin(&rows, tr, trace);
}

static void teardown(void)
{
    ir_trace_free(tr);
    test_trace_free(trace);
    ir_system_free(sys);
}

/* No constraint fails and one bus alone does not balance; 0: nothing is wrong. */
static void ck_only_bus(uint16_t bus)
{
    struct faults f;
    faults_find(&f, tr);
    const bool as_said = f.n_constraints == 0 && f.n_buses == (bus != 0);
    for (uint32_t i = 0; i < f.n_constraints && !as_said; i++)
        printf("constraint %s %s\n", f.constraint[i][0], f.constraint[i][1]);
    for (uint32_t i = 0; i < f.n_buses && !as_said; i++)
        printf("bus %u\n", (unsigned)f.bus[i]);
    fflush(stdout);
    ck_assert(as_said);
    if (bus != 0) ck_assert_uint_eq(f.bus[0], bus);
}

/* Lookups out of range: their number, and the name of the last. */
static uint32_t out_of_range(const char **name)
{
    const struct ir_table *t = sys->tables[rows.table];
    uint32_t n = 0;
    for (uint32_t row = 0; row < 1u << HORNER_LOG; row++)
        for (uint32_t i = 0; i < t->n_messages; i++) {
            const struct ir_message *m = &t->messages[i];
            if (m->tag != BUS_RANGE16 && m->tag != BUS_BYTE2) continue;
            if (ir_eval_row(t, &tr->tables[rows.table], m->mult, row) == 0) continue;
            for (uint32_t f = 0; f < m->n_fields; f++) {
                uint32_t v = ir_eval_row(t, &tr->tables[rows.table], m->fields[f], row);
                if (v < (m->tag == BUS_BYTE2 ? 256u : 65536u)) continue;
                *name = m->name;
                n++;
            }
        }
    return n;
}

static void first_row(void)
{
    horner_rows_add(&rows, &(struct horner_row){.begins = true, .first = true});
}

static void close_a(void)
{
    horner_rows_add(&rows, &(struct horner_row){.closes = true});
}

static void close_b(bool begins)
{
    horner_rows_add(&rows, &(struct horner_row){.b = true, .closes = true, .begins = begins});
}

/* Elements from .. to - 1, in chain b from the one that begins it. */
static void elements(uint32_t from, uint32_t to, bool b)
{
    for (uint32_t j = from; j < to; j++)
        horner_rows_add(&rows, &(struct horner_row){.b = b, .begins = b && j == HEAD, .element = j});
}

/* The honest rows, but element `at` is `taken`. */
static void with_element(uint32_t at, const mpz_t taken)
{
    const mpz_t *x = (const mpz_t *)taken;
    first_row();
    elements(0, HEAD, false);
    close_a();
    elements(HEAD, at, true);
    horner_rows_add(&rows, &(struct horner_row){
                               .b = true, .begins = at == HEAD, .element = at, .taken = x});
    elements(at + 1, ELEMENTS, true);
    close_b(false);
    horner_rows_end(&rows);
}

START_TEST(another_element_is_refused)
{
    mpz_t x;
    mpz_init(x);
    const uint32_t at = _i < 2 ? 3 : 4;
    blob_element(x, trace, _i == 1 ? 4 : at);        /* 1: element 4 in place of 3 */
    if (_i == 0) mpz_add_ui(x, x, 1);                /* one bit */
    if (_i == 2) mpz_add_ui(x, x, 1);                /* padding that is not zero */
    if (_i == 3) mpz_setbit(x, 8 * (30 - 6) + 7);    /* SHA-256's 0x80 behind the last byte */
    if (_i == 4) mpz_fdiv_q_2exp(x, x, 8 * (31 - 6)); /* the bytes at the low end */
    with_element(at, x);
    ck_only_bus(BUS_SEGMENT_BYTE);
    mpz_clear(x);
}
END_TEST

START_TEST(exchanged_elements_are_refused)
{
    mpz_t x, y;
    mpz_inits(x, y, NULL);
    blob_element(x, trace, 0);
    blob_element(y, trace, 1);
    first_row();
    horner_rows_add(&rows, &(struct horner_row){.taken = (const mpz_t *)y, .element = 0});
    horner_rows_add(&rows, &(struct horner_row){.taken = (const mpz_t *)x, .element = 1});
    close_a();
    elements(HEAD, ELEMENTS, true);
    close_b(false);
    horner_rows_end(&rows);
    ck_only_bus(BUS_SEGMENT_BYTE);
    mpz_clears(x, y, NULL);
}
END_TEST

/* The last, partial element left out; an element of zeros behind it; two. */
START_TEST(all_elements_up_to_L_and_no_more)
{
    const char *name = "";
    first_row();
    elements(0, HEAD, false);
    close_a();
    elements(HEAD, _i == 0 ? ELEMENTS - 1 : ELEMENTS + (uint32_t)_i, true);
    close_b(false);
    horner_rows_end(&rows);
    ck_only_bus(BUS_RANGE16);
    ck_assert_uint_eq(out_of_range(&name), 1);
    ck_assert_str_eq(name, _i == 0 ? "all elements up to L" : "no element past L");
}
END_TEST

/* Any h is a true statement about its own values, and about no other's. */
START_TEST(another_head_has_other_values)
{
    first_row();
    elements(0, (uint32_t)_i, false);
    close_a();
    for (uint32_t j = (uint32_t)_i; j < ELEMENTS; j++)
        horner_rows_add(&rows, &(struct horner_row){.b = true, .begins = j == (uint32_t)_i, .element = j});
    close_b((uint32_t)_i == ELEMENTS);
    horner_rows_end(&rows);
    ck_only_bus(0);
    uint8_t a[32], b[32];
    memcpy(a, trace->blob.a_after, 32);
    memcpy(b, trace->blob.b_after, 32);
    for (uint32_t i = 0; i < 16; i++) {
        tr->publics[HORNER_PUBLIC + 48 + i] = (uint32_t)a[2 * i] << 8 | a[2 * i + 1];
        tr->publics[HORNER_PUBLIC + 64 + i] = (uint32_t)b[2 * i] << 8 | b[2 * i + 1];
    }
    ck_only_bus(_i == HEAD ? 0 : BUS_HORNER_AFTER);
}
END_TEST

START_TEST(another_length_is_refused)
{
    rows.length = BYTES_N + 1;
    horner_rows_honest(&rows, HEAD);
    horner_rows_end(&rows);
    uint32_t *total =
        tr->tables[rows.table].columns[ir_column_find(sys->tables[rows.table], "L")];
    for (uint32_t row = 1; _i == 1 && row < rows.row; row++)
        total[row] = BYTES_N; /* only the first row lies */
    faults_recount_range16(tr);
    ck_only_bus(BUS_LENGTH);
}
END_TEST

/* Values of 32 bytes that are not below r state the same number modulo r: the leaf takes them, inside
 * and as public values; the batch's reader compares with canonical ones. */
START_TEST(a_value_plus_r_is_allowed_and_means_the_same)
{
    first_row();
    horner_rows_add(&rows, &(struct horner_row){.element = 0, .more = 1});
    horner_rows_add(&rows, &(struct horner_row){.element = 1, .more = 0});
    close_a();
    elements(HEAD, ELEMENTS - 1, true);
    horner_rows_add(&rows, &(struct horner_row){.b = true, .element = ELEMENTS - 1, .more = 1});
    close_b(false);
    horner_rows_end(&rows);
    ck_only_bus(0);
    uint8_t be[32];
    mpz_t b, want, r;
    mpz_inits(b, want, NULL);
    mpz_init_set_str(r, BLOB_ORDER_HEX, 16);
    for (uint32_t i = 0; i < 16; i++) {
        be[2 * i] = (uint8_t)(tr->publics[HORNER_PUBLIC + 64 + i] >> 8);
        be[2 * i + 1] = (uint8_t)(tr->publics[HORNER_PUBLIC + 64 + i] & 255);
    }
    blob_number(b, be);
    blob_number(want, trace->blob.b_after);
    mpz_add(want, want, r);
    ck_assert_int_eq(mpz_cmp(b, want), 0);
    mpz_clears(b, want, r, NULL);
}
END_TEST

/* A public value that differs in one limb; z, before and after. */
START_TEST(every_public_limb_is_bound)
{
    horner_rows_honest(&rows, HEAD);
    horner_rows_end(&rows);
    for (uint32_t i = 0; i < 80; i++) {
        uint32_t *p = &tr->publics[HORNER_PUBLIC + i], was = *p;
        *p = _i == 0 ? was ^ 1 : (was + 65536) % IR_P;
        ck_only_bus(i < 16 ? BUS_HORNER_Z : i < 48 ? BUS_HORNER_BEFORE : BUS_HORNER_AFTER);
        *p = was;
    }
}
END_TEST

START_TEST(another_point_in_some_row_is_refused)
{
    mpz_t z;
    mpz_init(z);
    mpz_add_ui(z, rows.z, 1);
    first_row();
    elements(0, HEAD, false);
    close_a();
    elements(HEAD, 3, true);
    horner_rows_add(&rows, &(struct horner_row){.b = true, .element = 3, .z = (const mpz_t *)z});
    elements(4, ELEMENTS, true);
    close_b(false);
    horner_rows_end(&rows);
    ck_only_bus(BUS_HORNER_LINK);
    mpz_clear(z);
}
END_TEST

/* 0: a value is exchanged between two rows; 1: chain b goes on from the value of a. */
START_TEST(another_running_value_is_refused)
{
    mpz_t v;
    mpz_init(v);
    first_row();
    elements(0, 1, false);
    if (_i == 0) mpz_add_ui(rows.v, rows.v, 1);
    elements(1, HEAD, false);
    mpz_set(v, rows.v);
    close_a();
    if (_i == 0) {
        elements(HEAD, ELEMENTS, true);
    } else {
        memset(trace->blob.b_before, 0, 32);
        blob_bytes(trace->blob.b_before, v); /* what the row that begins takes */
        elements(HEAD, ELEMENTS, true);
    }
    close_b(false);
    horner_rows_end(&rows);
    ck_only_bus(_i == 0 ? BUS_HORNER_VALUE : BUS_HORNER_BEFORE);
    mpz_clear(v);
}
END_TEST

/* v z + d = q r + v' + sign p 2^(16 at), which no equation sees modulo p: each of the range checks of
 * carries is needed. "carry from above 30" refuses nothing by itself: q r + v' < 2^511 - 2^507 has no
 * room for p 2^480 more. */
START_TEST(a_carry_that_wraps_is_refused)
{
    horner_rows_end(&rows);
    for (int32_t sign = -1; sign <= 1; sign += 2)
        for (uint32_t at = 0; at < 31; at++) {
            if (sign < 0 && at == 30) continue;
            mpz_t z, n;
            mpz_inits(z, n, NULL);
            horner_rows_begin(&rows, tr, trace);
            first_row();
            mpz_set_ui(rows.v, 0); /* any v and z will do: they are another's business */
            if (sign > 0) {
                mpz_setbit(rows.v, 256);
                mpz_sub_ui(rows.v, rows.v, 1);
                mpz_set_ui(n, IR_P);
                mpz_mul_2exp(n, n, 16 * at);
                mpz_fdiv_q(z, n, rows.v);
                mpz_add_ui(z, z, 1);
            }
            horner_rows_add(&rows, &(struct horner_row){.element = 0, .wrap_sign = sign,
                                                        .wrap_at = at, .z = (const mpz_t *)z});
            horner_rows_end(&rows);
            const char *name = "";
            char want[32];
            ck_assert_uint_eq(out_of_range(&name), 1);
            snprintf(want, sizeof want, "carry from %s %u", sign > 0 ? "below" : "above",
                     (unsigned)at);
            ck_assert_str_eq(name, want);
            struct faults f;
            faults_find(&f, tr);
            ck_assert_uint_eq(f.n_constraints, 0);
            mpz_clears(z, n, NULL);
        }
}
END_TEST

/* ---- every layout of eight rows ---- */

enum { ROWS_LOG = 3, ROWS = 8, FLAGS = 5, CHOICES = 16 };
static const char *const flag_names[FLAGS] = {"on", "b", "closes", "begins", "first"};

struct choice {
    uint32_t flags;
    uint64_t said;
};
struct layouts {
    struct choice at[ROWS][CHOICES];
    uint32_t n[ROWS], found, length;
    uint32_t flags[ROWS];
    uint64_t publics;
    uint8_t heads[ROWS];
    bool any; /* only count */
};

/* Of a linking message only the keys (row, chain), not the values: these may coincide. */
static uint64_t key_hash(uint16_t tag, const uint32_t *f)
{
    const uint32_t n = tag == BUS_HORNER_Z ? 0 : tag == BUS_HORNER_VALUE ? 2 : 1;
    uint64_t h = tag * 0x9e3779b97f4a7c15u;
    for (uint32_t i = 0; i < n; i++) {
        h ^= f[i] + ((uint64_t)(i + 1) << 40);
        h *= 0xff51afd7ed558ccdu;
        h ^= h >> 29;
    }
    return h | 1;
}

/* The row with these flags: every rule of one row (but the one named so), and what it says; false if a
 * rule refuses. */
static bool row_says(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                     const char *without, uint64_t *said)
{
    *said = 0;
    for (uint32_t i = 0; i < t->n_constraints; i++)
        if (strcmp(t->constraints[i].name, without) != 0 &&
            ir_eval_row(t, tt, t->constraints[i].x, row) != 0)
            return false;
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        uint32_t mult = ir_eval_row(t, tt, m->mult, row), f[2] = {0};
        if (mult == 0 || strcmp(m->name, without) == 0) continue;
        for (uint32_t k = 0; k < 2 && k < m->n_fields; k++)
            f[k] = ir_eval_row(t, tt, m->fields[k], row);
        if (m->tag == BUS_RANGE16 && f[0] > 0xffff) return false;
        if (m->tag < BUS_HORNER_Z || m->tag > BUS_HORNER_VALUE) continue;
        const uint64_t h = key_hash(m->tag, f) * mult;
        *said += m->sign > 0 ? h : 0u - h;
    }
    return true;
}

static void layouts_search(struct layouts *l, uint32_t row, uint64_t said)
{
    if (row < ROWS) {
        for (uint32_t i = 0; i < l->n[row]; i++) {
            l->flags[row] = l->at[row][i].flags;
            layouts_search(l, row + 1, said + l->at[row][i].said);
        }
        return;
    }
    if (said + l->publics != 0) return;
    l->found++;
    if (l->any) return;
    /* on 1, b 2, closes 4, begins 8, first 16 */
    const uint32_t n = (l->length + 30) / 31;
    uint32_t head = 0;
    while (!(l->flags[1 + head] & 4))
        head++;
    ck_assert_uint_le(head, n);
    for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t want = r == 0 ? 1 | 8 | 16 : r <= head ? 1 : r == head + 1 ? 1 | 4 : 0;
        if (r >= head + 2 && r <= n + 2)
            want = 1 | 2 | (r == n + 2 ? 4u : 0) | (r == head + 2 ? 8u : 0);
        ck_assert_uint_eq(l->flags[r], want);
    }
    l->heads[head] = 1;
}

static void layouts_find(struct layouts *l, const char *without)
{
    struct ir_system *s = ir_system_new("horner-alone", 1, 80);
    air_add_horner(s, ROWS_LOG, 0);
    ir_system_finish(s);
    struct ir_trace *alone = ir_trace_new(s);
    ck_assert_ptr_nonnull(alone);
    const struct ir_table *t = s->tables[0];
    struct ir_trace_table *tt = &alone->tables[0];
    const uint32_t total = ir_column_find(t, "L");
    for (uint32_t i = 0; i < s->n_public_messages; i++) {
        const struct ir_public_message *m = &s->public_messages[i];
        uint64_t h = key_hash(m->tag, &m->fields[0].value);
        l->publics += m->sign > 0 ? h : 0u - h;
    }
    for (uint32_t row = 0; row < ROWS; row++)
        for (uint32_t flags = 0; flags < 1u << FLAGS; flags++) {
            struct choice c = {.flags = flags};
            for (uint32_t i = 0; i < FLAGS; i++)
                tt->columns[ir_column_find(t, flag_names[i])][row] = flags >> i & 1;
            tt->columns[total][row] = l->length;
            if (!row_says(t, tt, row, without, &c.said)) continue;
            ck_assert_uint_lt(l->n[row], CHOICES);
            l->at[row][l->n[row]++] = c;
        }
    layouts_search(l, 0, 0);
    ir_trace_free(alone);
    ir_system_free(s);
}

START_TEST(eight_rows_have_one_layout_for_each_head)
{
    static const uint32_t lengths[] = {1, 31, 32, 93, 94, 124, 155, 156};
    struct layouts l = {.length = lengths[_i]};
    layouts_find(&l, "");
    const uint32_t n = (l.length + 30) / 31;
    ck_assert_uint_eq(l.found, n <= 5 ? n + 1 : 0); /* six elements do not fit */
    for (uint32_t h = 0; n <= 5 && h <= n; h++)
        ck_assert(l.heads[h]);
}
END_TEST

/* Without one of these rules there are other layouts: each is needed. ("first begins chain a" follows
 * from the links; it says in the row itself what `first` is.) */
START_TEST(without_one_rule_there_are_other_layouts)
{
    static const char *const rules[] = {"first is row 0", "chain b only in a row that is on",
                                        "the first row takes", "no element past L",
                                        "all elements up to L"};
    struct layouts l = {.length = 93, .any = true};
    layouts_find(&l, rules[_i]);
    printf("without %s: %u layouts\n", rules[_i], (unsigned)l.found);
    fflush(stdout);
    ck_assert_uint_gt(l.found, 4);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("air_horner_forgeries");
    TCase *c = tcase_create("rows"), *l = tcase_create("layouts");
    printf("seed %llu\n", (unsigned long long)SEED);
    fflush(stdout);
    tcase_set_timeout(c, 60);
    tcase_set_timeout(l, 60);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, another_element_is_refused, 0, 5);
    tcase_add_test(c, exchanged_elements_are_refused);
    tcase_add_loop_test(c, all_elements_up_to_L_and_no_more, 0, 3);
    tcase_add_loop_test(c, another_head_has_other_values, 0, ELEMENTS + 1);
    tcase_add_loop_test(c, another_length_is_refused, 0, 2);
    tcase_add_test(c, a_value_plus_r_is_allowed_and_means_the_same);
    tcase_add_loop_test(c, every_public_limb_is_bound, 0, 2);
    tcase_add_test(c, another_point_in_some_row_is_refused);
    tcase_add_loop_test(c, another_running_value_is_refused, 0, 2);
    tcase_add_test(c, a_carry_that_wraps_is_refused);
    tcase_add_loop_test(l, eight_rows_have_one_layout_for_each_head, 0, 8);
    tcase_add_loop_test(l, without_one_rule_there_are_other_layouts, 0, 5);
    suite_add_tcase(s, c);
    suite_add_tcase(s, l);
    return check_main(s);
}

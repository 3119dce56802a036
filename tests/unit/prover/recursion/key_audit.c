#include "key_audit.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prover/recursion/rec_internal.h"

/* ck_assert tells the test's parent process of every single one; these are millions. */
#define HOLDS(condition, ...)                                                                      \
    do {                                                                                           \
        if (!(condition)) ck_abort_msg(__VA_ARGS__);                                               \
    } while (0)

enum { N_BUSES = 3, N_WRITERS = REC_W_END + 1, MAX_READS = 5, NOBODY = UINT32_MAX };

/* One address of one bus. */
struct place {
    uint32_t writes, reads; /* how often */
    uint32_t table, row;    /* who writes; table NOBODY: nobody */
    bool advice;            /* what is written depends on no read of the row */
    uint8_t state;          /* of the walk: 0 new, 1 open, 2 done */
};

struct row_reads {
    uint32_t n, place[MAX_READS];
};

struct audit {
    const struct ir_system *system;
    const uint32_t *const *const *pre;
    uint32_t row_bits, n_places;
    struct place *places;
    struct row_reads *reads[REC_N_TABLES];
    struct key_audit out;
};

/* ---- values of nodes, as far as the key alone gives them ---- */

struct known {
    uint32_t v;
    bool is;
};

static uint32_t add_p(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static struct known known_op(const struct ir_node *n, struct known a, struct known b)
{
    const bool both = a.is && b.is;
    if (n->op == IR_ADD) return (struct known){both ? add_p(a.v, b.v) : 0, both};
    if (n->op == IR_SUB) return (struct known){both ? add_p(a.v, IR_P - b.v) : 0, both};
    if ((a.is && a.v == 0) || (b.is && b.v == 0)) return (struct known){0, true};
    return (struct known){both ? (uint32_t)((uint64_t)a.v * b.v % IR_P) : 0, both};
}

static void known_row(const struct ir_table *t, const uint32_t *const *pre, uint32_t row,
                      const uint32_t *needed, uint32_t n_needed, struct known *x)
{
    for (uint32_t k = 0; k < n_needed; k++) {
        const uint32_t i = needed[k];
        const struct ir_node *n = &t->nodes[i];
        switch (n->op) {
        case IR_CONST:
            x[i] = (struct known){n->a, true};
            break;
        case IR_PRE:
            x[i] = (struct known){pre[n->a][row], true};
            break;
        case IR_IDX:
            x[i] = (struct known){(row >> n->a) & ((1u << n->b) - 1u), true};
            break;
        case IR_ADD:
        case IR_SUB:
        case IR_MUL:
            x[i] = known_op(n, x[n->a], x[n->b]);
            break;
        default: /* columns */
            x[i] = (struct known){0, false};
        }
    }
}

/* Multiplicities and addresses, and what they are made of. */
static uint32_t *needed_nodes(const struct ir_table *t, uint32_t *n_needed)
{
    bool *needed = calloc(t->n_nodes, sizeof *needed);
    uint32_t *list = calloc(t->n_nodes, sizeof *list);
    ck_assert(needed != NULL && list != NULL);
    for (uint32_t m = 0; m < t->n_messages; m++)
        needed[t->messages[m].mult] = needed[t->messages[m].fields[0]] = true;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *n = &t->nodes[i];
        if (!needed[i] || (n->op != IR_ADD && n->op != IR_SUB && n->op != IR_MUL)) continue;
        needed[n->a] = needed[n->b] = true;
    }
    *n_needed = 0;
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (needed[i]) list[(*n_needed)++] = i;
    free(needed);
    return list;
}

/* ---- who speaks ---- */

static uint32_t place_of(const struct audit *a, uint32_t bus, uint32_t address)
{
    const uint32_t writer = address >> REC_ADDRESS_LOG;
    const uint32_t row = address & ((1u << REC_ADDRESS_LOG) - 1);
    HOLDS(writer < N_WRITERS && row < 1u << a->row_bits, "no address: %x", (unsigned)address);
    return ((bus - REC_WORD) * N_WRITERS + writer) << a->row_bits | row;
}

static void writes(struct audit *a, uint32_t at, uint32_t times, uint32_t table, uint32_t row,
                   bool advice)
{
    struct place *p = &a->places[at];
    HOLDS(p->table == NOBODY, "two write at %x", (unsigned)at);
    *p = (struct place){
        .writes = times, .reads = p->reads, .table = table, .row = row, .advice = advice};
    a->out.values++;
}

static void speaks(struct audit *a, uint32_t table, uint32_t row, const struct ir_message *m,
                   const struct known *x)
{
    struct known mult = x[m->mult], address = x[m->fields[0]];
    const char *name = a->system->tables[table]->name;
    if (m->tag == REC_RANGE) {
        a->out.multiplicities++;
        return;
    }
    HOLDS(mult.is, "%s, %s, row %u: the trace chooses how often", name, m->name, (unsigned)row);
    if (m->sign < 0) mult.v = (IR_P - mult.v) % IR_P;
    if (mult.v == 0) return;
    HOLDS(address.is, "%s, %s, row %u: the trace chooses where", name, m->name, (unsigned)row);
    const uint32_t at = place_of(a, m->tag, address.v);
    if (mult.v > IR_P / 2) {
        HOLDS(mult.v == IR_P - 1, "%s reads %u times", name, (unsigned)mult.v);
        struct row_reads *r = &a->reads[table][row];
        HOLDS(r->n < MAX_READS, "%s reads too much", name);
        r->place[r->n++] = at;
        a->places[at].reads++;
        a->out.reads++;
        a->out.multiplicities++;
        return;
    }
    const bool advice = table == REC_PACK || table == REC_CONST ||
                        (table == REC_POSEIDON && strcmp(m->name, "right") == 0);
    a->out.multiplicities += mult.v;
    writes(a, at, mult.v, table, row, advice);
}

static void table_speaks(struct audit *a, uint32_t table)
{
    const struct ir_table *t = a->system->tables[table];
    uint32_t n_needed, *needed = needed_nodes(t, &n_needed);
    struct known *x = calloc(t->n_nodes, sizeof *x);
    a->reads[table] = calloc((size_t)1 << t->log_height, sizeof *a->reads[table]);
    ck_assert(x != NULL && a->reads[table] != NULL);
    for (uint32_t row = 0; row < 1u << t->log_height; row++) {
        known_row(t, a->pre[table], row, needed, n_needed, x);
        for (uint32_t m = 0; m < t->n_messages; m++)
            speaks(a, table, row, &t->messages[m], x);
    }
    free(needed);
    free(x);
}

static void publics_speak(struct audit *a)
{
    for (uint32_t i = 0; i < a->system->n_public_messages; i++) {
        const struct ir_public_message *m = &a->system->public_messages[i];
        ck_assert(m->sign > 0 && m->fields[0].is_const);
        writes(a, place_of(a, m->tag, m->fields[0].value), 1, REC_N_TABLES, i, true);
        a->out.multiplicities++;
    }
}

/* ---- nothing depends on itself ---- */

static const struct row_reads *depends(const struct audit *a, const struct place *p)
{
    static const struct row_reads none;
    return p->advice ? &none : &a->reads[p->table][p->row];
}

struct step {
    uint32_t place, next;
};

/* stack: one step for each value. */
static void walk(struct audit *a, uint32_t from, struct step *stack)
{
    uint32_t n = 0;
    stack[n++] = (struct step){from, 0};
    a->places[from].state = 1;
    while (n > 0) {
        struct step *s = &stack[n - 1];
        struct place *p = &a->places[s->place];
        const struct row_reads *r = depends(a, p);
        if (s->next == r->n) {
            p->state = 2;
            n--;
            continue;
        }
        const uint32_t at = r->place[s->next++];
        struct place *q = &a->places[at];
        if (q == p && p->table == REC_POW && p->reads == 1) continue; /* past the end */
        HOLDS(q->state != 1, "table %u row %u depends on itself", (unsigned)p->table,
              (unsigned)p->row);
        if (q->state == 2) continue;
        q->state = 1;
        HOLDS(n < a->out.values, "more steps than values");
        stack[n++] = (struct step){at, 0};
    }
}

/* ---- advice ---- */

static void rows_of_poseidon(struct audit *a)
{
    const uint32_t *const *pre = a->pre[REC_POSEIDON];
    for (uint32_t i = 0; i < 1u << a->system->tables[REC_POSEIDON]->log_height; i++) {
        const uint32_t right = pre[POSEIDON_RIGHT_MULT][i];
        const bool expects = pre[POSEIDON_EXPECT][i] != 0;
        HOLDS(pre[POSEIDON_EXPECT][i] <= 1, "expect is no flag");
        HOLDS(right == 0 || (!expects && pre[POSEIDON_KAPPA][i] == 0), "row %u", (unsigned)i);
        const bool writes_right = right != 0 && right != IR_P - 1;
        a->out.floating += writes_right && !expects && pre[POSEIDON_OUT_MULT][i] == 0;
    }
}

static void rows_of_pack(struct audit *a)
{
    const uint32_t *const *pre = a->pre[REC_PACK];
    for (uint32_t i = 0; i < 1u << a->system->tables[REC_PACK]->log_height; i++)
        for (uint32_t k = 0; k < 3; k++) {
            const uint32_t mult = pre[PACK_E_MULT + k][i];
            if (mult == 0 || mult == IR_P - 1) continue;
            const bool in_a = k == 2 || pre[PACK_A_MULT][i] != 0;
            const bool in_b = k == 0 || pre[PACK_B_MULT][i] != 0;
            a->out.unhashed += !in_a || !in_b;
        }
}

struct key_audit key_audit(const struct rec *r)
{
    struct audit a = {.pre = rec_preprocessed(r)};
    a.system = r->system;
    for (uint32_t t = 0; t < REC_N_TABLES; t++)
        if (a.system->tables[t]->log_height > a.row_bits)
            a.row_bits = a.system->tables[t]->log_height;
    a.n_places = (uint32_t)(N_BUSES * N_WRITERS) << a.row_bits;
    a.places = calloc(a.n_places, sizeof *a.places);
    ck_assert_ptr_nonnull(a.places);
    for (uint32_t i = 0; i < a.n_places; i++)
        a.places[i].table = NOBODY;
    publics_speak(&a);
    for (uint32_t t = 0; t < REC_N_TABLES; t++)
        table_speaks(&a, t);
    for (uint32_t i = 0; i < a.n_places; i++) {
        const struct place *p = &a.places[i];
        HOLDS(p->writes == p->reads, "%u written %u times, read %u times", (unsigned)i,
              (unsigned)p->writes, (unsigned)p->reads);
    }
    struct step *stack = malloc(a.out.values * sizeof *stack);
    ck_assert_ptr_nonnull(stack);
    for (uint32_t i = 0; i < a.n_places; i++)
        if (a.places[i].table != NOBODY && a.places[i].state == 0) walk(&a, i, stack);
    free(stack);
    rows_of_poseidon(&a);
    rows_of_pack(&a);
    ck_assert_uint_lt(a.out.multiplicities, IR_P);
    for (uint32_t t = 0; t < REC_N_TABLES; t++)
        free(a.reads[t]);
    free(a.places);
    return a.out;
}

/* Proofs verified by a layer; words that enter from outside: K (unless it is a constant), the children's
 * facts or digests, keys; the sibling that stands left of a claim's half of K, and the copy of the node. */
void key_audit_layer(const struct rec *r, enum layer layer)
{
    static const uint8_t proofs[LAYER_COUNT] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 1,
                                                1, 1, 1, 1, 2, 2, 2, 1, 1};
    static const uint8_t outside[LAYER_COUNT] = {[LAYER_LIFT1] = 1,
                                                 [LAYER_LIFT2] = 1,
                                                 [LAYER_LIFT_LARGE] = 1,
                                                 [LAYER_LIFT_BLOB] = 1,
                                                 [LAYER_LIFT_LARGE_BLOB] = 1,
                                                 [LAYER_PAIR] = 1 + 1,
                                                 [LAYER_PAIR_LARGE] = 1 + 1,
                                                 [LAYER_FACTS] = 1 + 2 * 2,
                                                 [LAYER_JOIN_BATCH] = 1 + 2 + 4,
                                                 [LAYER_RANGE] = 1 + 6 + 2 * 3,
                                                 [LAYER_SHRINK] = 4 + 3,
                                                 [LAYER_TERMINAL] = 4};
    struct key_audit a = key_audit(r);
    printf("layer %2d: %u values, %u reads, %u elements unhashed, %u words from outside, "
           "multiplicities %llu\n",
           (int)layer, (unsigned)a.values, (unsigned)a.reads, (unsigned)a.unhashed,
           (unsigned)a.floating, (unsigned long long)a.multiplicities);
    ck_assert_uint_eq(a.unhashed, 2u * proofs[layer]); /* the inverses of two denominators */
    ck_assert_uint_eq(a.floating, outside[layer]);
}

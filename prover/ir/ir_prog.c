#include "prover/ir/ir_prog.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/ir/ir_internal.h"

/* ---- compiling ---- */

#define NONE UINT32_MAX

uint32_t ir_leaf_value(const struct ir_table *t, ir_x leaf, uint32_t row)
{
    const struct ir_node *n = &t->nodes[leaf];
    if (n->op == IR_IDX) return ir_idx_value(n->a, n->b, row);
    REQUIRE(n->op == IR_FIXED);
    const struct ir_fixed *f = &t->fixed[n->a];
    return f->values[row & ((1u << f->log_period) - 1u)];
}

static void mark_live(const struct ir_table *t, const ir_x *outs, uint32_t n, uint32_t *uses)
{
    for (uint32_t i = 0; i < n; i++)
        uses[outs[i]]++;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *x = &t->nodes[i];
        if (uses[i] == 0 || (x->op != IR_ADD && x->op != IR_SUB && x->op != IR_MUL)) continue;
        uses[x->a]++;
        uses[x->b]++;
    }
}

struct compile {
    struct ir_prog *p;
    const struct ir_table *t;
    uint32_t *uses;  /* left, by node */
    uint32_t *place; /* operand, by node */
    uint32_t *free_regs;
    uint32_t n_free;
};

/* A register is given back after the last use of its node. */
static void release(struct compile *c, ir_x x)
{
    if (--c->uses[x] > 0) return;
    if (c->place[x] != NONE && c->place[x] >= c->p->n_inputs)
        c->free_regs[c->n_free++] = c->place[x] - c->p->n_inputs;
}

static void emit(struct compile *c, ir_x x, enum ir_prog_code code, uint32_t a, uint32_t b)
{
    uint32_t reg = c->n_free > 0 ? c->free_regs[--c->n_free] : c->p->n_regs++;
    c->p->ops[c->p->n_ops++] = (struct ir_prog_op){.code = code, .dst = reg, .a = a, .b = b};
    c->place[x] = c->p->n_inputs + reg;
}

static void compile_node(struct compile *c, ir_x x)
{
    const struct ir_node *n = &c->t->nodes[x];
    const struct ir_node *na = &c->t->nodes[n->a], *nb = &c->t->nodes[n->b];
    uint32_t pa = c->place[n->a], pb = c->place[n->b];
    bool ca = na->op == IR_CONST, cb = nb->op == IR_CONST;
    REQUIRE(!(ca && cb)); /* the builder folded it */
    /* Released first: an operation may overwrite its own operand, element by element. */
    release(c, n->a);
    release(c, n->b);
    switch (n->op) {
    case IR_ADD:
        if (ca)
            emit(c, x, IRP_ADDC, pb, na->a);
        else if (cb)
            emit(c, x, IRP_ADDC, pa, nb->a);
        else
            emit(c, x, IRP_ADD, pa, pb);
        return;
    case IR_SUB:
        if (ca)
            emit(c, x, IRP_RSUBC, pb, na->a);
        else if (cb)
            emit(c, x, IRP_ADDC, pa, ir_sub_p(0, nb->a));
        else
            emit(c, x, IRP_SUB, pa, pb);
        return;
    case IR_MUL:
        if (ca)
            emit(c, x, IRP_MULC, pb, na->a);
        else if (cb)
            emit(c, x, IRP_MULC, pa, nb->a);
        else
            emit(c, x, IRP_MUL, pa, pb);
        return;
    default:
        UNREACHABLE("leaf");
    }
}

void ir_prog_init(struct ir_prog *p, const struct ir_table *t, const ir_x *outs, uint32_t n)
{
    memset(p, 0, sizeof *p);
    p->table = t;
    p->n_outs = n;
    p->first_derived = t->n_columns + t->n_pre;
    size_t nodes = t->n_nodes + 1u;
    struct compile c = {.p = p, .t = t};
    c.uses = calloc(nodes, sizeof *c.uses);
    c.place = malloc(nodes * sizeof *c.place);
    c.free_regs = malloc(nodes * sizeof *c.free_regs);
    p->derived = malloc(nodes * sizeof *p->derived);
    p->ops = malloc(nodes * sizeof *p->ops);
    p->outs = calloc(n + 1u, sizeof *p->outs);
    REQUIRE(c.uses != NULL && c.place != NULL && c.free_regs != NULL);
    REQUIRE(p->derived != NULL && p->ops != NULL && p->outs != NULL);
    mark_live(t, outs, n, c.uses);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *x = &t->nodes[i];
        c.place[i] = NONE;
        if (c.uses[i] == 0) continue;
        if (x->op == IR_COL) c.place[i] = x->a;
        if (x->op == IR_PRE) c.place[i] = t->n_columns + x->a;
        if (x->op == IR_IDX || x->op == IR_FIXED) {
            c.place[i] = p->first_derived + p->n_derived;
            p->derived[p->n_derived++] = i;
        }
    }
    p->n_inputs = p->first_derived + p->n_derived;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        uint8_t op = t->nodes[i].op;
        if (c.uses[i] > 0 && (op == IR_ADD || op == IR_SUB || op == IR_MUL)) compile_node(&c, i);
    }
    for (uint32_t i = 0; i < n; i++) {
        const struct ir_node *x = &t->nodes[outs[i]];
        bool k = x->op == IR_CONST;
        p->outs[i] = (struct ir_prog_out){.is_const = k, .v = k ? x->a : c.place[outs[i]]};
    }
    free(c.uses);
    free(c.place);
    free(c.free_regs);
}

void ir_prog_deinit(struct ir_prog *p)
{
    free(p->derived);
    free(p->ops);
    free(p->outs);
    memset(p, 0, sizeof *p);
}

/* ---- running: Montgomery arithmetic, written so that the compiler vectorises the loops ---- */

#define MONT_PINV 0x81000001u /* p^-1 mod 2^32 */
#define MONT_R2   402124772u  /* 2^64 mod p */

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}
static inline uint32_t m_add(uint32_t a, uint32_t b)
{
    uint32_t s = a + b;
    return min_u32(s, s - IR_P);
}
static inline uint32_t m_sub(uint32_t a, uint32_t b)
{
    uint32_t d = a - b;
    return min_u32(d, d + IR_P);
}
static inline uint32_t m_mul(uint32_t a, uint32_t b)
{
    uint64_t t = (uint64_t)a * b;
    uint32_t q = (uint32_t)t * MONT_PINV;
    uint32_t d = (uint32_t)(t >> 32) - (uint32_t)(((uint64_t)q * IR_P) >> 32);
    return min_u32(d, d + IR_P);
}

uint32_t ir_from_mont(uint32_t v)
{
    return m_mul(v, 1);
}

static inline __attribute__((always_inline)) void
run_body(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs, uint32_t n)
{
    for (uint32_t k = 0; k < p->n_ops; k++) {
        const struct ir_prog_op o = p->ops[k];
        uint32_t *d = regs + (size_t)o.dst * IR_BLOCK;
        const uint32_t *a =
            o.a < p->n_inputs ? in[o.a] : regs + (size_t)(o.a - p->n_inputs) * IR_BLOCK;
        if (o.code >= IRP_ADDC) {
            uint32_t c = m_mul(o.b, MONT_R2);
            if (o.code == IRP_ADDC)
                for (uint32_t i = 0; i < n; i++)
                    d[i] = m_add(a[i], c);
            else if (o.code == IRP_RSUBC)
                for (uint32_t i = 0; i < n; i++)
                    d[i] = m_sub(c, a[i]);
            else
                for (uint32_t i = 0; i < n; i++)
                    d[i] = m_mul(a[i], c);
            continue;
        }
        const uint32_t *b =
            o.b < p->n_inputs ? in[o.b] : regs + (size_t)(o.b - p->n_inputs) * IR_BLOCK;
        if (o.code == IRP_ADD)
            for (uint32_t i = 0; i < n; i++)
                d[i] = m_add(a[i], b[i]);
        else if (o.code == IRP_SUB)
            for (uint32_t i = 0; i < n; i++)
                d[i] = m_sub(a[i], b[i]);
        else
            for (uint32_t i = 0; i < n; i++)
                d[i] = m_mul(a[i], b[i]);
    }
}

void ir_prog_run_portable(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs,
                          uint32_t n)
{
    REQUIRE(n <= IR_BLOCK);
    run_body(p, in, regs, n);
}

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2"))) static void
run_avx2(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs, uint32_t n)
{
    run_body(p, in, regs, n);
}

#ifdef __clang__
#define TARGET_AVX512 "avx512f,avx512dq,avx512bw,avx512vl"
#else
#define TARGET_AVX512 "avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"
#endif
__attribute__((target(TARGET_AVX512))) static void
run_avx512(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs, uint32_t n)
{
    run_body(p, in, regs, n);
}
#endif

void ir_prog_run(const struct ir_prog *p, const uint32_t *const *in, uint32_t *regs, uint32_t n)
{
    REQUIRE(n <= IR_BLOCK);
#if defined(__x86_64__) && defined(__GNUC__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
        run_avx512(p, in, regs, n);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        run_avx2(p, in, regs, n);
        return;
    }
#endif
    ir_prog_run_portable(p, in, regs, n);
}

void ir_block_to_mont(uint32_t *out, const uint32_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = m_mul(in[i], MONT_R2);
}

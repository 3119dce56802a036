/* IDX and FIXED at the point of the zerocheck: proof.md section 4, step 6. */
#include "common/base/require.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/lanes.h"

/* sum_i 2^i s_{H - lo - i}, Horner from the last bit; the coordinates are reduced. */
static void emit_idx(struct emit *e, uint32_t lo, uint32_t n)
{
    struct text *o = e->defs;
    uint64_t bound = LANE_RED;
    text_line(o, "x := mload(%u)", e->s + 32 * (e->p->log_height - lo - n));
    for (uint32_t i = n - 1; i-- > 0;) {
        if (2 * bound + LANE_RED > LANE_TOP) {
            text_line(o, "x := f_red(x)");
            bound = LANE_RED;
        }
        text_line(o, "x := add(shl(1, x), mload(%u))", e->s + 32 * (e->p->log_height - lo - i - 1));
        bound = 2 * bound + LANE_RED;
    }
    text_line(o, "mstore(%u, f_red(x))", e->idx[lo][n]);
}

/* sum of the pattern times eq(last coordinates, row), eq from the tables at fixed_eq. */
static void emit_fixed(struct emit *e, uint32_t table, uint32_t index)
{
    struct text *o = e->defs;
    const struct ir_fixed *f = &e->p->system->tables[table]->fixed[index];
    const uint32_t eq = e->fixed_eq[f->log_period];
    uint64_t bound = 0;
    text_line(o, "x := 0");
    for (uint32_t i = 0; i < 1u << f->log_period; i++) {
        uint32_t k = f->values[i];
        if (k == 0) continue;
        bool small = k < 1u << 14;
        uint64_t term = small ? k * LANE_RED : LANE_RED;
        if (bound + term > LANE_TOP) {
            text_line(o, "x := f_red(x)");
            bound = LANE_RED;
        }
        if (k == 1)
            text_line(o, "x := add(x, mload(%u))", eq + 32 * i);
        else if (small)
            text_line(o, "x := add(x, mul(mload(%u), %u))", eq + 32 * i, k);
        else
            text_line(o, "x := add(x, f_scale(mload(%u), %u))", eq + 32 * i, k);
        bound += term;
    }
    text_line(o, "mstore(%u, f_red(x))", e->fixed + 32 * (e->first_fixed[table] + index));
}

void emit_leaves_memory(struct emit *e)
{
    const struct ir_system *s = e->p->system;
    uint32_t n_fixed = 0;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        for (ir_x x = 0; x < t->n_nodes; x++) {
            const struct ir_node *d = &t->nodes[x];
            if (d->op == IR_IDX && d->b > 0 && e->idx[d->a][d->b] == 0)
                e->idx[d->a][d->b] = emit_memory(e, 1);
        }
        e->first_fixed[i] = n_fixed;
        n_fixed += t->n_fixed;
        for (uint32_t j = 0; j < t->n_fixed; j++) {
            uint32_t log = t->fixed[j].log_period;
            if (e->fixed_eq[log] == 0) e->fixed_eq[log] = emit_memory(e, 1u << log);
        }
    }
    e->fixed = emit_memory(e, n_fixed);
}

void emit_leaves(struct emit *e)
{
    const struct ir_system *s = e->p->system;
    text_line(e->defs, "/// the row number's bits and the fixed columns at the point");
    text_line(e->defs, "function row_values() {");
    e->defs->indent += 4;
    text_line(e->defs, "let x");
    for (uint32_t log = 0; log <= IR_MAX_FIXED_LOG; log++)
        if (e->fixed_eq[log] != 0)
            text_line(e->defs, "f_eq_table(%u, %u, %u)", e->fixed_eq[log],
                      e->s + 32 * (e->p->log_height - log), log);
    for (uint32_t lo = 0; lo <= IR_MAX_LOG_HEIGHT; lo++)
        for (uint32_t n = 1; n <= IR_MAX_LOG_HEIGHT; n++)
            if (e->idx[lo][n] != 0) emit_idx(e, lo, n);
    for (uint32_t i = 0; i < s->n_tables; i++)
        for (uint32_t j = 0; j < s->tables[i]->n_fixed; j++)
            emit_fixed(e, i, j);
    e->defs->indent -= 4;
    text_line(e->defs, "}");
}

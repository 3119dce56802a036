/* The bound of docs/protocol/proof.md section 4: messages balance modulo p, so all multiplicities
 * together must stay below p. */
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/verify/program.h"

static uint64_t at_most_p(uint64_t n)
{
    return n < IR_P ? n : IR_P;
}

/* |x| of an element as an integer in -p/2 .. p/2. */
static uint64_t absolute(uint32_t x)
{
    return x < IR_P - x ? x : IR_P - x;
}

static bool is_op(const struct ir_node *n)
{
    return n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL;
}

static uint64_t fixed_bound(const struct ir_fixed *f)
{
    uint64_t bound = 0;
    for (uint32_t k = 0; k < 1u << f->log_period; k++)
        if (f->values[k] > bound) bound = f->values[k];
    return bound;
}

/* |x| of a node as an integer, at most p, when every column is a flag and the preprocessed ones have
 * the values of this row. An advice column belongs to the table that answers (ir_lint); it is what
 * the askers make it, so it counts as one as well. */
static uint64_t node_bound(const struct ir_table *t, uint32_t i, const uint64_t *bound,
                           const uint32_t *const *pre, size_t row)
{
    const struct ir_node *n = &t->nodes[i];
    switch (n->op) {
    case IR_CONST:
        return absolute(n->a);
    case IR_COL:
        return 1;
    case IR_PRE:
        return pre == NULL ? 0 : absolute(pre[n->a][row]);
    case IR_IDX:
        return ((uint64_t)1 << n->b) - 1;
    case IR_FIXED:
        return fixed_bound(&t->fixed[n->a]);
    case IR_ADD:
    case IR_SUB:
        return at_most_p(bound[n->a] + bound[n->b]);
    case IR_MUL:
        return at_most_p(bound[n->a] * bound[n->b]); /* both <= p < 2^31 */
    default:
        UNREACHABLE("op");
    }
}

/* What the nodes are needed for: bit 0 by some multiplicity, bit 1: holds a preprocessed column. */
enum { NEEDED = 1, KEYED = 2 };

static void mark_nodes(const struct ir_table *t, uint8_t *mark)
{
    for (uint32_t k = 0; k < t->n_messages; k++)
        mark[t->messages[k].mult] |= NEEDED;
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *n = &t->nodes[i];
        if (!(mark[i] & NEEDED) || !is_op(n)) continue;
        mark[n->a] |= NEEDED;
        mark[n->b] |= NEEDED;
    }
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        if (n->op == IR_PRE || (is_op(n) && ((mark[n->a] | mark[n->b]) & KEYED))) mark[i] |= KEYED;
    }
}

static uint64_t table_total(const struct ir_table *t, const uint32_t *const *pre, uint64_t *bound,
                            uint8_t *mark)
{
    uint64_t total = 0;
    bool keyed = false;
    mark_nodes(t, mark);
    for (uint32_t i = 0; i < t->n_nodes; i++)
        if (mark[i] & NEEDED) bound[i] = node_bound(t, i, bound, NULL, 0);
    for (uint32_t k = 0; k < t->n_messages; k++) {
        const ir_x mult = t->messages[k].mult;
        if (mark[mult] & KEYED)
            keyed = true;
        else
            total = at_most_p(total + (bound[mult] << t->log_height));
    }
    if (!keyed || pre == NULL) return total;
    for (size_t row = 0; row < (size_t)1 << t->log_height && total < IR_P; row++) {
        for (uint32_t i = 0; i < t->n_nodes; i++)
            if (mark[i] == (NEEDED | KEYED)) bound[i] = node_bound(t, i, bound, pre, row);
        for (uint32_t k = 0; k < t->n_messages; k++)
            if (mark[t->messages[k].mult] & KEYED)
                total = at_most_p(total + bound[t->messages[k].mult]);
    }
    return total;
}

enum err program_multiplicities(const struct ir_system *s, const uint32_t *const *const *pre)
{
    uint64_t total = s->n_public_messages;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        uint64_t *bound = malloc((t->n_nodes + 1u) * sizeof *bound);
        uint8_t *mark = calloc(t->n_nodes + 1u, 1);
        if (bound != NULL && mark != NULL)
            total = at_most_p(total + table_total(t, pre == NULL ? NULL : pre[i], bound, mark));
        const bool memory = bound != NULL && mark != NULL;
        free(bound);
        free(mark);
        if (!memory) return ERR_NOMEM;
    }
    return total < IR_P ? ERR_OK : ERR_TOO_LARGE;
}

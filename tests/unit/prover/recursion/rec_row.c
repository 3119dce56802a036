#include "rec_row.h"

#include <check.h>
#include <stdlib.h>

uint32_t p_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}

static uint32_t p_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}

void row_eval(struct row *r)
{
    const struct ir_table *t = r->t;
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        const struct ir_node *n = &t->nodes[i];
        uint32_t *v = r->value;
        switch (n->op) {
        case IR_CONST:
            v[i] = n->a;
            break;
        case IR_COL:
            v[i] = r->cell[n->a];
            break;
        case IR_PRE:
            v[i] = r->cell[t->n_columns + n->a];
            break;
        case IR_IDX:
            v[i] = (r->number >> n->a) & ((1u << n->b) - 1u);
            break;
        case IR_ADD:
            v[i] = p_add(v[n->a], v[n->b]);
            break;
        case IR_SUB:
            v[i] = p_add(v[n->a], IR_P - v[n->b]);
            break;
        case IR_MUL:
            v[i] = p_mul(v[n->a], v[n->b]);
            break;
        default:
            ck_abort_msg("op");
        }
    }
}

bool row_constraints_hold(const struct row *r)
{
    for (uint32_t i = 0; i < r->t->n_constraints; i++)
        if (r->value[r->t->constraints[i].x] != 0) return false;
    return true;
}

uint64_t row_says(const struct row *r)
{
    uint32_t sum[2] = {0, 0};
    for (uint32_t i = 0; i < r->t->n_messages; i++) {
        const struct ir_message *m = &r->t->messages[i];
        uint32_t mult = r->value[m->mult], n = m->n_fields;
        if (mult == 0) continue;
        if (m->sign < 0) mult = IR_P - mult;
        while (n > 0 && r->value[m->fields[n - 1]] == 0)
            n--;
        uint64_t h = m->tag * 0x9e3779b97f4a7c15u;
        for (uint32_t k = 0; k < n; k++) {
            h ^= r->value[m->fields[k]] + ((uint64_t)(k + 1) << 40);
            h *= 0xff51afd7ed558ccdu;
            h ^= h >> 29;
        }
        sum[0] = p_add(sum[0], p_mul(mult, (uint32_t)(h & 0x3fffffff)));
        sum[1] = p_add(sum[1], p_mul(mult, (uint32_t)(h >> 34)));
    }
    return (uint64_t)sum[0] << 32 | sum[1];
}

void row_load(struct row *r, const struct ir_trace *tr, uint32_t table, uint32_t number)
{
    const struct ir_trace_table *tt = &tr->tables[table];
    r->t = tr->system->tables[table];
    r->number = number;
    r->cell = malloc((r->t->n_columns + r->t->n_pre) * sizeof *r->cell);
    r->value = malloc(r->t->n_nodes * sizeof *r->value);
    ck_assert(r->cell != NULL && r->value != NULL);
    for (uint32_t c = 0; c < r->t->n_columns; c++)
        r->cell[c] = tt->columns[c][number];
    for (uint32_t c = 0; c < r->t->n_pre; c++)
        r->cell[r->t->n_columns + c] = tt->pre[c][number];
    row_eval(r);
}

void row_drop(struct row *r)
{
    free(r->cell);
    free(r->value);
}

void make_program(struct fx *f)
{
    fx_init(f, &FX_SHAPE, 1000);
    struct rec *r = f->r;
    rec_check(r, "sample");
    uint32_t(*nodes)[8] = fx_tree(f, 7), w[8];
    fx_random_word(f, w);
    w[3] = 0x5a5a5a5a;
    rec_word word = fx_word(f, w), root = fx_word(f, nodes[1]);
    rec_base v = rec_element_base(r, word, 3);
    rec_word leaf = fx_word(f, nodes[128 + (w[3] & 127)]);
    rec_end end = rec_path(r, leaf, rec_index_of(r, v, 7), root);
    fx_put_path(f, nodes, 7, w[3] & 127);
    rec_ext e[3], z[3], c = rec_challenge(r, word);
    rec_word packed[2];
    rec_pack(r, e, (bool[3]){true, true, true}, 99, packed);
    for (int i = 0; i < 15; i++)
        fx_put(f, &(uint32_t){fx_random(f)}, 1);
    rec_word sum = rec_compress(r, rec_compress(r, root, packed[0]), packed[1]);
    z[0] = c;
    z[1] = e[1];
    z[2] = rec_lerp(r, e[0], e[1], e[2]);
    rec_ext p = rec_pow(r, end, z, 3), q = rec_fold8(r, word, c, e[0], e[1]);
    rec_assert_eq(r, rec_mul(r, p, q), rec_mul(r, q, p));
    rec_mul(r, rec_inverse(r, rec_mac(r, p, q, c)), rec_end_y(r, end));
    rec_assert_low_bits_zero(r, fx_base(f, 1u << 20, 0), 20);
    rec_assert_low_bits_zero(r, fx_base(f, 3u << 5, 1), 5);
    /* slot 5 = 101 of a tree of depth 3, bit 1 free */
    uint32_t(*keys)[8] = fx_tree(f, 3);
    rec_word key = fx_word(f, keys[8 + 5]), k_root = fx_word(f, keys[1]);
    rec_path_slots(r, key, 3, 5, 2, k_root);
    for (uint32_t s = 0, at = 13; s < 3; s++, at /= 2) {
        fx_put(f, keys[at ^ 1], 8);
        if (s == 1) fx_put(f, &(uint32_t){at & 1}, 1);
    }
    rec_public(r, 4, sum);
    f->public_done[4] = true;
    fx_finish(f);
    free(nodes);
    free(keys);
}

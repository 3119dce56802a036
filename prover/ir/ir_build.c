#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/ir/ir.h"
#include "prover/ir/ir_internal.h"

/* Names are copied into blocks that live as long as the system. */
struct ir_name_block {
    struct ir_name_block *next;
    size_t used;
    char text[4096];
};

static struct ir_table_own *own(struct ir_table *t)
{
    REQUIRE(t != NULL);
    return (struct ir_table_own *)(void *)t;
}

static struct ir_table_own *building(struct ir_table *t)
{
    struct ir_table_own *o = own(t);
    REQUIRE(!o->system->s.finished);
    return o;
}

/* Makes room for one more element; sizes double. */
static void *grow(void *array, uint32_t *cap, uint32_t used, size_t elem)
{
    if (used < *cap) return array;
    uint32_t next = *cap == 0 ? 16 : *cap * 2;
    void *bigger = realloc(array, next * elem);
    REQUIRE(bigger != NULL);
    *cap = next;
    return bigger;
}

static const char *name_keep(struct ir_system_own *s, const char *name)
{
    REQUIRE(name != NULL);
    size_t len = strlen(name) + 1;
    REQUIRE(len <= sizeof s->names->text);
    if (s->names == NULL || s->names->used + len > sizeof s->names->text) {
        struct ir_name_block *b = calloc(1, sizeof *b);
        REQUIRE(b != NULL);
        b->next = s->names;
        s->names = b;
    }
    char *copy = s->names->text + s->names->used;
    memcpy(copy, name, len);
    s->names->used += len;
    return copy;
}

struct ir_system *ir_system_new(const char *name, uint32_t version, uint32_t n_public)
{
    REQUIRE(n_public <= IR_MAX_PUBLIC);
    struct ir_system_own *s = calloc(1, sizeof *s);
    REQUIRE(s != NULL);
    s->s.tables = calloc(IR_MAX_TABLES, sizeof *s->s.tables);
    REQUIRE(s->s.tables != NULL);
    s->s.name = name_keep(s, name);
    s->s.version = version;
    s->s.n_public = n_public;
    return &s->s;
}

void ir_system_free(struct ir_system *system)
{
    if (system == NULL) return;
    struct ir_system_own *s = (struct ir_system_own *)(void *)system;
    for (uint32_t i = 0; i < s->s.n_tables; i++) {
        struct ir_table_own *o = own(s->s.tables[i]);
        for (uint32_t f = 0; f < o->t.n_fixed; f++)
            free(o->t.fixed[f].values);
        free(o->t.fixed);
        free(o->t.column_names);
        free(o->t.pre_names);
        free(o->t.nodes);
        free(o->t.constraints);
        free(o->t.messages);
        free(o->hash);
        free(o);
    }
    while (s->names != NULL) {
        struct ir_name_block *next = s->names->next;
        free(s->names);
        s->names = next;
    }
    free(s->s.tables);
    free(s->s.public_messages);
    free(s);
}

struct ir_table *ir_table_new(struct ir_system *system, const char *name, uint32_t log_height)
{
    REQUIRE(system != NULL);
    REQUIRE(!system->finished);
    REQUIRE(system->n_tables < IR_MAX_TABLES);
    REQUIRE(log_height <= IR_MAX_LOG_HEIGHT);
    struct ir_system_own *s = (struct ir_system_own *)(void *)system;
    struct ir_table_own *o = calloc(1, sizeof *o);
    REQUIRE(o != NULL);
    o->system = s;
    o->t.name = name_keep(s, name);
    o->t.log_height = log_height;
    system->tables[system->n_tables++] = &o->t;
    return &o->t;
}

uint32_t ir_column(struct ir_table *t, const char *name)
{
    struct ir_table_own *o = building(t);
    REQUIRE(t->n_columns < IR_MAX_COLUMNS);
    void *names = (void *)t->column_names;
    t->column_names = grow(names, &o->cap_columns, t->n_columns, sizeof *t->column_names);
    t->column_names[t->n_columns] = name_keep(o->system, name);
    return t->n_columns++;
}

uint32_t ir_pre(struct ir_table *t, const char *name)
{
    struct ir_table_own *o = building(t);
    REQUIRE(t->n_pre < IR_MAX_COLUMNS);
    void *names = (void *)t->pre_names;
    t->pre_names = grow(names, &o->cap_pre, t->n_pre, sizeof *t->pre_names);
    t->pre_names[t->n_pre] = name_keep(o->system, name);
    return t->n_pre++;
}

static void add_many(struct ir_table *t, const char *name, uint32_t n,
                     uint32_t (*add)(struct ir_table *t, const char *name))
{
    for (uint32_t i = 0; i < n; i++) {
        char text[128];
        int len = snprintf(text, sizeof text, "%s[%u]", name, (unsigned)i);
        REQUIRE(len > 0 && (size_t)len < sizeof text);
        add(t, text);
    }
}

uint32_t ir_columns(struct ir_table *t, const char *name, uint32_t n)
{
    uint32_t first = t->n_columns;
    add_many(t, name, n, ir_column);
    return first;
}

uint32_t ir_pres(struct ir_table *t, const char *name, uint32_t n)
{
    uint32_t first = t->n_pre;
    add_many(t, name, n, ir_pre);
    return first;
}

/* ---- nodes: equal nodes are one node ---- */

static uint32_t node_hash(uint8_t op, uint32_t a, uint32_t b)
{
    uint64_t h = (uint64_t)op * 0x9e3779b97f4a7c15u;
    h = (h ^ a) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 29) ^ b) * 0x94d049bb133111ebu;
    return (uint32_t)(h >> 32);
}

static void hash_rebuild(struct ir_table_own *o, uint32_t size)
{
    free(o->hash);
    o->hash = calloc(size, sizeof *o->hash);
    REQUIRE(o->hash != NULL);
    o->hash_size = size;
    for (uint32_t i = 0; i < o->t.n_nodes; i++) {
        const struct ir_node *n = &o->t.nodes[i];
        uint32_t slot = node_hash(n->op, n->a, n->b) & (size - 1);
        while (o->hash[slot] != 0)
            slot = (slot + 1) & (size - 1);
        o->hash[slot] = i + 1;
    }
}

static ir_x node_make(struct ir_table_own *o, uint8_t op, uint32_t degree, uint32_t a, uint32_t b)
{
    if (o->hash_size == 0 || o->t.n_nodes * 2 >= o->hash_size)
        hash_rebuild(o, o->hash_size == 0 ? 256 : o->hash_size * 2);
    uint32_t slot = node_hash(op, a, b) & (o->hash_size - 1);
    while (o->hash[slot] != 0) {
        const struct ir_node *n = &o->t.nodes[o->hash[slot] - 1];
        if (n->op == op && n->a == a && n->b == b) return o->hash[slot] - 1;
        slot = (slot + 1) & (o->hash_size - 1);
    }
    REQUIRE(o->t.n_nodes < IR_MAX_NODES);
    o->t.nodes = grow(o->t.nodes, &o->cap_nodes, o->t.n_nodes, sizeof *o->t.nodes);
    uint8_t d = (uint8_t)(degree > 255 ? 255 : degree);
    o->t.nodes[o->t.n_nodes] = (struct ir_node){.op = op, .degree = d, .a = a, .b = b};
    o->hash[slot] = ++o->t.n_nodes;
    return o->t.n_nodes - 1;
}

static const struct ir_node *node_at(const struct ir_table *t, ir_x x)
{
    REQUIRE(x < t->n_nodes);
    return &t->nodes[x];
}

static bool is_const(const struct ir_table *t, ir_x x, uint32_t *value)
{
    const struct ir_node *n = node_at(t, x);
    *value = n->a;
    return n->op == IR_CONST;
}

ir_x ir_const(struct ir_table *t, uint32_t value)
{
    REQUIRE(value < IR_P);
    return node_make(building(t), IR_CONST, 0, value, 0);
}

ir_x ir_const_neg(struct ir_table *t, uint32_t value)
{
    REQUIRE(value < IR_P);
    return ir_const(t, ir_sub_p(0, value));
}

ir_x ir_col(struct ir_table *t, uint32_t column)
{
    REQUIRE(column < t->n_columns);
    return node_make(building(t), IR_COL, 1, column, 0);
}

ir_x ir_prec(struct ir_table *t, uint32_t pre)
{
    REQUIRE(pre < t->n_pre);
    return node_make(building(t), IR_PRE, 1, pre, 0);
}

ir_x ir_idx(struct ir_table *t, uint32_t lo, uint32_t n)
{
    REQUIRE(lo <= t->log_height);
    REQUIRE(n <= t->log_height - lo);
    if (n == 0) return ir_const(t, 0);
    return node_make(building(t), IR_IDX, 1, lo, n);
}

ir_x ir_fixed(struct ir_table *t, uint32_t log_period, const uint32_t *values)
{
    struct ir_table_own *o = building(t);
    REQUIRE(log_period <= IR_MAX_FIXED_LOG);
    REQUIRE(log_period <= t->log_height);
    size_t n = (size_t)1 << log_period;
    for (size_t i = 0; i < n; i++)
        REQUIRE(values[i] < IR_P);
    if (n == 1) return ir_const(t, values[0]);
    for (uint32_t f = 0; f < t->n_fixed; f++)
        if (t->fixed[f].log_period == log_period &&
            memcmp(t->fixed[f].values, values, n * sizeof *values) == 0)
            return node_make(o, IR_FIXED, 1, f, 0);
    t->fixed = grow(t->fixed, &o->cap_fixed, t->n_fixed, sizeof *t->fixed);
    struct ir_fixed *f = &t->fixed[t->n_fixed];
    f->log_period = log_period;
    f->values = malloc(n * sizeof *values);
    REQUIRE(f->values != NULL);
    memcpy(f->values, values, n * sizeof *values);
    return node_make(o, IR_FIXED, 1, t->n_fixed++, 0);
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

ir_x ir_add(struct ir_table *t, ir_x a, ir_x b)
{
    struct ir_table_own *o = building(t);
    uint32_t va, vb;
    bool ca = is_const(t, a, &va), cb = is_const(t, b, &vb);
    if (ca && cb) return ir_const(t, ir_add_p(va, vb));
    if (ca && va == 0) return b;
    if (cb && vb == 0) return a;
    uint32_t degree = max_u32(t->nodes[a].degree, t->nodes[b].degree);
    return a <= b ? node_make(o, IR_ADD, degree, a, b) : node_make(o, IR_ADD, degree, b, a);
}

ir_x ir_sub(struct ir_table *t, ir_x a, ir_x b)
{
    struct ir_table_own *o = building(t);
    uint32_t va, vb;
    bool ca = is_const(t, a, &va), cb = is_const(t, b, &vb);
    if (ca && cb) return ir_const(t, ir_sub_p(va, vb));
    if (a == b) return ir_const(t, 0);
    if (cb && vb == 0) return a;
    return node_make(o, IR_SUB, max_u32(t->nodes[a].degree, t->nodes[b].degree), a, b);
}

ir_x ir_mul(struct ir_table *t, ir_x a, ir_x b)
{
    struct ir_table_own *o = building(t);
    uint32_t va, vb;
    bool ca = is_const(t, a, &va), cb = is_const(t, b, &vb);
    if (ca && cb) return ir_const(t, ir_mul_p(va, vb));
    if ((ca && va == 0) || (cb && vb == 0)) return ir_const(t, 0);
    if (ca && va == 1) return b;
    if (cb && vb == 1) return a;
    uint32_t degree = (uint32_t)t->nodes[a].degree + t->nodes[b].degree;
    return a <= b ? node_make(o, IR_MUL, degree, a, b) : node_make(o, IR_MUL, degree, b, a);
}

ir_x ir_scale(struct ir_table *t, uint32_t k, ir_x a)
{
    return ir_mul(t, ir_const(t, k), a);
}

ir_x ir_sum(struct ir_table *t, const ir_x *xs, uint32_t n)
{
    ir_x sum = ir_const(t, 0);
    for (uint32_t i = 0; i < n; i++)
        sum = ir_add(t, sum, xs[i]);
    return sum;
}

ir_x ir_pack(struct ir_table *t, const ir_x *xs, uint32_t n, uint32_t bits)
{
    REQUIRE(bits < 31);
    ir_x sum = ir_const(t, 0);
    uint32_t weight = 1;
    for (uint32_t i = 0; i < n; i++) {
        sum = ir_add(t, sum, ir_scale(t, weight, xs[i]));
        weight = ir_mul_p(weight, 1u << bits);
    }
    return sum;
}

/* ---- constraints and messages ---- */

void ir_assert_zero(struct ir_table *t, ir_x x, const char *name)
{
    struct ir_table_own *o = building(t);
    REQUIRE(x < t->n_nodes);
    REQUIRE(t->n_constraints < IR_MAX_CONSTRAINTS);
    t->constraints =
        grow(t->constraints, &o->cap_constraints, t->n_constraints, sizeof *t->constraints);
    t->constraints[t->n_constraints++] =
        (struct ir_constraint){.x = x, .name = name_keep(o->system, name)};
}

void ir_assert_eq(struct ir_table *t, ir_x a, ir_x b, const char *name)
{
    ir_assert_zero(t, ir_sub(t, a, b), name);
}

void ir_assert_bool(struct ir_table *t, ir_x x, const char *name)
{
    ir_assert_zero(t, ir_mul(t, x, ir_sub(t, x, ir_const(t, 1))), name);
}

static void message_add(struct ir_table *t, int8_t sign, uint16_t tag, ir_x mult,
                        const ir_x *fields, uint32_t n, const char *name)
{
    struct ir_table_own *o = building(t);
    REQUIRE(tag != 0);
    REQUIRE(n <= IR_MAX_FIELDS);
    REQUIRE(mult < t->n_nodes);
    REQUIRE(t->n_messages < IR_MAX_MESSAGES);
    t->messages = grow(t->messages, &o->cap_messages, t->n_messages, sizeof *t->messages);
    struct ir_message *m = &t->messages[t->n_messages++];
    *m = (struct ir_message){.sign = sign, .tag = tag, .n_fields = (uint8_t)n, .mult = mult};
    for (uint32_t i = 0; i < n; i++) {
        REQUIRE(fields[i] < t->n_nodes);
        m->fields[i] = fields[i];
    }
    m->name = name_keep(o->system, name);
}

void ir_send(struct ir_table *t, uint16_t tag, ir_x mult, const ir_x *fields, uint32_t n,
             const char *name)
{
    message_add(t, 1, tag, mult, fields, n, name);
}

void ir_receive(struct ir_table *t, uint16_t tag, ir_x mult, const ir_x *fields, uint32_t n,
                const char *name)
{
    message_add(t, -1, tag, mult, fields, n, name);
}

static void public_message_add(struct ir_system *s, int8_t sign, uint16_t tag,
                               const struct ir_public_field *fields, uint32_t n, const char *name)
{
    REQUIRE(!s->finished);
    REQUIRE(tag != 0);
    REQUIRE(n <= IR_MAX_FIELDS);
    REQUIRE(s->n_public_messages < IR_MAX_MESSAGES);
    struct ir_public_message *all =
        realloc(s->public_messages, (s->n_public_messages + 1u) * sizeof *all);
    REQUIRE(all != NULL);
    s->public_messages = all;
    struct ir_public_message *m = &all[s->n_public_messages++];
    *m = (struct ir_public_message){.sign = sign, .tag = tag, .n_fields = (uint8_t)n};
    for (uint32_t i = 0; i < n; i++) {
        REQUIRE(fields[i].value < (fields[i].is_const ? IR_P : s->n_public));
        m->fields[i] = fields[i];
    }
    m->name = name_keep((struct ir_system_own *)(void *)s, name);
}

void ir_public_send(struct ir_system *s, uint16_t tag, const struct ir_public_field *fields,
                    uint32_t n, const char *name)
{
    public_message_add(s, 1, tag, fields, n, name);
}

void ir_public_receive(struct ir_system *s, uint16_t tag, const struct ir_public_field *fields,
                       uint32_t n, const char *name)
{
    public_message_add(s, -1, tag, fields, n, name);
}

uint32_t ir_table_find(const struct ir_system *s, const char *name)
{
    for (uint32_t i = 0; i < s->n_tables; i++)
        if (strcmp(s->tables[i]->name, name) == 0) return i;
    return UINT32_MAX;
}

uint32_t ir_column_find(const struct ir_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->column_names[i], name) == 0) return i;
    return UINT32_MAX;
}

uint32_t ir_pre_find(const struct ir_table *t, const char *name)
{
    for (uint32_t i = 0; i < t->n_pre; i++)
        if (strcmp(t->pre_names[i], name) == 0) return i;
    return UINT32_MAX;
}

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "prover/ir/ir.h"
#include "prover/ir/ir_internal.h"

/* ---- canonical serialisation ----
 * "HAWSER-IR-2" | name | version | n_public | n_tables | tables | n_public_messages | public
 * messages. text = u32 length | bytes. table = name | log_height | n_columns | n_pre |
 * n_fixed | (log_period | values)* | n_nodes | (op | a | b)* | n_constraints | x* | n_messages |
 * (sign: 1 or 2 | tag | mult | n_fields | x*)*. public message = sign | tag | n_fields |
 * (is_const | value)*. All numbers u32 big-endian. */

struct writer {
    uint8_t *out;
    size_t size, at;
};

static void put_bytes(struct writer *w, const void *data, size_t len)
{
    if (w->out != NULL) {
        REQUIRE(len <= w->size - w->at);
        if (len > 0) memcpy(w->out + w->at, data, len);
    }
    w->at += len;
}

static void put(struct writer *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    put_bytes(w, b, sizeof b);
}

static void put_text(struct writer *w, const char *s)
{
    put(w, (uint32_t)strlen(s));
    put_bytes(w, s, strlen(s));
}

static uint32_t sign_code(int8_t sign)
{
    return sign > 0 ? 1 : 2;
}

static void put_table(struct writer *w, const struct ir_table *t)
{
    put_text(w, t->name);
    put(w, t->log_height);
    put(w, t->n_columns);
    put(w, t->n_pre);
    put(w, t->n_fixed);
    for (uint32_t i = 0; i < t->n_fixed; i++) {
        put(w, t->fixed[i].log_period);
        for (uint32_t j = 0; j < 1u << t->fixed[i].log_period; j++)
            put(w, t->fixed[i].values[j]);
    }
    put(w, t->n_nodes);
    for (uint32_t i = 0; i < t->n_nodes; i++) {
        put(w, t->nodes[i].op);
        put(w, t->nodes[i].a);
        put(w, t->nodes[i].b);
    }
    put(w, t->n_constraints);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        put(w, t->constraints[i].x);
    put(w, t->n_messages);
    for (uint32_t i = 0; i < t->n_messages; i++) {
        const struct ir_message *m = &t->messages[i];
        put(w, sign_code(m->sign));
        put(w, m->tag);
        put(w, m->mult);
        put(w, m->n_fields);
        for (uint32_t j = 0; j < m->n_fields; j++)
            put(w, m->fields[j]);
    }
}

size_t ir_serialise(const struct ir_system *s, uint8_t *out, size_t out_size)
{
    struct writer w = {.out = out, .size = out_size};
    put_bytes(&w, "HAWSER-IR-2", 11);
    put_text(&w, s->name);
    put(&w, s->version);
    put(&w, s->n_public);
    put(&w, s->n_tables);
    for (uint32_t i = 0; i < s->n_tables; i++)
        put_table(&w, s->tables[i]);
    put(&w, s->n_public_messages);
    for (uint32_t i = 0; i < s->n_public_messages; i++) {
        const struct ir_public_message *m = &s->public_messages[i];
        put(&w, sign_code(m->sign));
        put(&w, m->tag);
        put(&w, m->n_fields);
        for (uint32_t j = 0; j < m->n_fields; j++) {
            put(&w, m->fields[j].is_const ? 1 : 0);
            put(&w, m->fields[j].value);
        }
    }
    return w.at;
}

/* ---- finish ---- */

static uint32_t checked_degree(const struct ir_table *t, const char *what, ir_x x)
{
    uint32_t d = t->nodes[x].degree;
    if (d > IR_MAX_DEGREE)
        fprintf(stderr, "ir: table %s: %s has degree %u, limit %d\n", t->name, what, (unsigned)d,
                IR_MAX_DEGREE);
    REQUIRE(d <= IR_MAX_DEGREE);
    return d;
}

void ir_system_finish(struct ir_system *s)
{
    REQUIRE(!s->finished);
    REQUIRE(s->n_tables > 0);
    uint32_t max = 1;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        REQUIRE(t->n_columns + t->n_pre > 0);
        for (uint32_t k = 0; k < t->n_constraints; k++) {
            uint32_t d = checked_degree(t, t->constraints[k].name, t->constraints[k].x);
            if (d > max) max = d;
        }
        for (uint32_t k = 0; k < t->n_messages; k++) {
            const struct ir_message *m = &t->messages[k];
            uint32_t d = checked_degree(t, m->name, m->mult);
            if (d > max) max = d;
            for (uint32_t j = 0; j < m->n_fields; j++) {
                d = checked_degree(t, m->name, m->fields[j]);
                if (d > max) max = d;
            }
        }
    }
    s->max_degree = (uint8_t)max;
    size_t len = ir_serialise(s, NULL, 0);
    uint8_t *bytes = malloc(len);
    REQUIRE(bytes != NULL);
    ir_serialise(s, bytes, len);
    sha256(s->digest, bytes, len);
    free(bytes);
    s->finished = true;
}

/* ---- lint ---- */

struct text_out {
    char *text;
    size_t size, at;
    uint32_t count;
};

static void finding(struct text_out *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void finding(struct text_out *o, const char *format, ...)
{
    o->count++;
    if (o->at + 1 >= o->size) return;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(o->text + o->at, o->size - o->at, format, args);
    va_end(args);
    if (n > 0) o->at += (size_t)n;
    if (o->at >= o->size) o->at = o->size - 1;
}

/* Is x proven 0 or 1: constant, or x*(x-1) is a constraint of the table, or a product of such. */
static bool is_boolean(const struct ir_table *t, ir_x x)
{
    const struct ir_node *n = &t->nodes[x];
    if (n->op == IR_CONST) return true;
    if (n->op == IR_IDX && n->b == 1) return true;
    if (n->op == IR_FIXED) {
        const struct ir_fixed *f = &t->fixed[n->a];
        bool all = true;
        for (uint32_t i = 0; i < 1u << f->log_period; i++)
            all = all && f->values[i] <= 1;
        if (all) return true;
    }
    if (n->op == IR_MUL && is_boolean(t, n->a) && is_boolean(t, n->b)) return true;
    /* 1 - b */
    if (n->op == IR_SUB && t->nodes[n->a].op == IR_CONST && t->nodes[n->a].a == 1 &&
        is_boolean(t, n->b))
        return true;
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        const struct ir_node *c = &t->nodes[t->constraints[i].x];
        if (c->op != IR_MUL) continue;
        for (int side = 0; side < 2; side++) {
            ir_x one = side == 0 ? c->a : c->b, two = side == 0 ? c->b : c->a;
            const struct ir_node *m = &t->nodes[two];
            if (one != x) continue;
            bool minus_one = m->op == IR_SUB && m->a == x && t->nodes[m->b].op == IR_CONST &&
                             t->nodes[m->b].a == 1;
            bool from_one = m->op == IR_SUB && m->b == x && t->nodes[m->a].op == IR_CONST &&
                            t->nodes[m->a].a == 1;
            if (minus_one || from_one) return true;
        }
    }
    return false;
}

/* Made of preprocessed columns, constants and flags: the maker of the key answers for its size. */
static bool is_bounded_by_key(const struct ir_table *t, ir_x x)
{
    const struct ir_node *n = &t->nodes[x];
    if (n->op == IR_PRE || is_boolean(t, x)) return true;
    if (n->op != IR_ADD && n->op != IR_SUB && n->op != IR_MUL) return false;
    return is_bounded_by_key(t, n->a) && is_bounded_by_key(t, n->b);
}

static bool uses_pre(const struct ir_table *t, ir_x x)
{
    const struct ir_node *n = &t->nodes[x];
    if (n->op != IR_ADD && n->op != IR_SUB && n->op != IR_MUL) return n->op == IR_PRE;
    return uses_pre(t, n->a) || uses_pre(t, n->b);
}

static void lint_names(const struct ir_table *t, struct text_out *o)
{
    for (uint32_t i = 0; i < t->n_pre; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->pre_names[i], t->pre_names[j]) == 0)
                finding(o, "%s: two preprocessed columns named %s\n", t->name, t->pre_names[i]);
    for (uint32_t i = 0; i < t->n_columns; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->column_names[i], t->column_names[j]) == 0)
                finding(o, "%s: two columns named %s\n", t->name, t->column_names[i]);
    for (uint32_t i = 0; i < t->n_constraints; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->constraints[i].name, t->constraints[j].name) == 0)
                finding(o, "%s: two constraints named %s\n", t->name, t->constraints[i].name);
    for (uint32_t i = 0; i < t->n_messages; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->messages[i].name, t->messages[j].name) == 0)
                finding(o, "%s: two messages named %s\n", t->name, t->messages[i].name);
}

static void lint_unused(const struct ir_table *t, struct text_out *o)
{
    uint8_t *used = calloc(t->n_nodes + 1u, 1);
    uint8_t *column = calloc(t->n_columns + t->n_pre + 1u, 1);
    REQUIRE(used != NULL);
    REQUIRE(column != NULL);
    for (uint32_t i = 0; i < t->n_constraints; i++) {
        used[t->constraints[i].x] = 1;
        if (t->nodes[t->constraints[i].x].op == IR_CONST)
            finding(o, "%s: constraint %s is a constant\n", t->name, t->constraints[i].name);
    }
    for (uint32_t i = 0; i < t->n_messages; i++) {
        used[t->messages[i].mult] = 1;
        for (uint32_t j = 0; j < t->messages[i].n_fields; j++)
            used[t->messages[i].fields[j]] = 1;
    }
    for (uint32_t i = t->n_nodes; i-- > 0;) {
        const struct ir_node *n = &t->nodes[i];
        if (!used[i]) continue;
        if (n->op == IR_COL) column[n->a] = 1;
        if (n->op == IR_PRE) column[t->n_columns + n->a] = 1;
        if (n->op == IR_ADD || n->op == IR_SUB || n->op == IR_MUL) used[n->a] = used[n->b] = 1;
    }
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (!column[i]) finding(o, "%s: column %s is unused\n", t->name, t->column_names[i]);
    for (uint32_t i = 0; i < t->n_pre; i++)
        if (!column[t->n_columns + i])
            finding(o, "%s: preprocessed column %s is unused\n", t->name, t->pre_names[i]);
    free(used);
    free(column);
}

struct tag_use {
    uint16_t tag;
    uint8_t n_fields;
    const char *who;
    bool sent, received;
};

static void tag_see(struct tag_use *uses, uint32_t *n, struct text_out *o, struct tag_use u)
{
    for (uint32_t i = 0; i < *n; i++) {
        if (uses[i].tag != u.tag) continue;
        if (uses[i].n_fields != u.n_fields)
            finding(o, "tag %u: %s has %u fields, %s has %u\n", (unsigned)u.tag, u.who,
                    (unsigned)u.n_fields, uses[i].who, (unsigned)uses[i].n_fields);
        uses[i].sent |= u.sent;
        uses[i].received |= u.received;
        return;
    }
    uses[(*n)++] = u;
}

static void lint_tags(const struct ir_system *s, struct text_out *o)
{
    uint32_t total = s->n_public_messages, n = 0;
    for (uint32_t i = 0; i < s->n_tables; i++)
        total += s->tables[i]->n_messages;
    struct tag_use *uses = calloc(total + 1u, sizeof *uses);
    REQUIRE(uses != NULL);
    for (uint32_t i = 0; i < s->n_tables; i++)
        for (uint32_t k = 0; k < s->tables[i]->n_messages; k++) {
            const struct ir_message *m = &s->tables[i]->messages[k];
            tag_see(uses, &n, o,
                    (struct tag_use){m->tag, m->n_fields, m->name, m->sign > 0, m->sign < 0});
        }
    for (uint32_t k = 0; k < s->n_public_messages; k++) {
        const struct ir_public_message *m = &s->public_messages[k];
        tag_see(uses, &n, o,
                (struct tag_use){m->tag, m->n_fields, m->name, m->sign > 0, m->sign < 0});
    }
    for (uint32_t i = 0; i < n; i++)
        if (!uses[i].sent || !uses[i].received)
            finding(o, "tag %u (%s) is never %s\n", (unsigned)uses[i].tag, uses[i].who,
                    uses[i].sent ? "received" : "sent");
    free(uses);
}

uint32_t ir_lint(const struct ir_system *s, const struct ir_lint_allow *allow, uint32_t n_allow,
                 char *text, size_t text_size)
{
    struct text_out o = {.text = text, .size = text_size};
    if (text_size > 0) text[0] = 0;
    uint8_t *allow_used = calloc(n_allow + 1u, 1);
    REQUIRE(allow_used != NULL);
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(t->name, s->tables[j]->name) == 0)
                finding(&o, "two tables named %s\n", t->name);
        lint_names(t, &o);
        lint_unused(t, &o);
        for (uint32_t k = 0; k < t->n_messages; k++) {
            bool allowed = false;
            for (uint32_t a = 0; a < n_allow; a++)
                if (strcmp(allow[a].table, t->name) == 0 &&
                    strcmp(allow[a].message, t->messages[k].name) == 0) {
                    allowed = true;
                    allow_used[a] = 1;
                }
            const ir_x mult = t->messages[k].mult;
            allowed = allowed || is_boolean(t, mult);
            if (!allowed && !(is_bounded_by_key(t, mult) && uses_pre(t, mult)))
                finding(&o, "%s: multiplicity of message %s is not boolean\n", t->name,
                        t->messages[k].name);
        }
    }
    for (uint32_t a = 0; a < n_allow; a++)
        if (!allow_used[a])
            finding(&o, "allowance %s/%s matches no message\n", allow[a].table, allow[a].message);
    free(allow_used);
    lint_tags(s, &o);
    return o.count;
}

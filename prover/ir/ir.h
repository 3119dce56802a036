#ifndef PROVER_IR_IR_H
#define PROVER_IR_IR_H
/* Constraint systems as data: tables of columns, polynomial constraints over one row, and bus
 * messages that link rows of all tables. One source for the mock checker, the prover's kernels,
 * the verifier, the generated Solidity and (later) the recursion program.
 *
 * A system has no "next row": rows are linked by bus messages that carry an index or a counter.
 *
 * Threads:   building is single-threaded; a finished system is immutable and may be shared.
 * Lifetime:  ir_system_new -> tables, constraints, messages -> ir_system_finish -> use -> free.
 * Limits:    the IR_MAX_* below; a builder call past a limit or with a bad id aborts (REQUIRE),
 *            since a system is a constant of the program, never input.
 *
 * Normative text: docs/protocol/proof.md. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum {
    IR_MAX_TABLES = 64,
    IR_MAX_COLUMNS = 1024, /* per table; as many preprocessed ones */
    IR_MAX_DEGREE = 5,     /* of a constraint, a message field or a multiplicity */
    IR_MAX_FIELDS = 31,    /* message fields beside the tag: a message has at most 32 values */
    IR_MAX_LOG_HEIGHT = 22,
    IR_MAX_FIXED_LOG = 6,      /* a fixed column repeats a pattern of at most 2^6 values */
    IR_MAX_PUBLIC = 256,       /* public field elements */
    IR_MAX_NODES = 1 << 20,    /* per table */
    IR_MAX_MESSAGES = 1024,    /* per table */
    IR_MAX_CONSTRAINTS = 65536 /* per table */
};

#define IR_P 2130706433u /* KoalaBear: 2^31 - 2^24 + 1 */

enum ir_op {
    IR_CONST, /* a = value, canonical, < p */
    IR_COL,   /* a = committed column of this table */
    IR_PRE,   /* a = preprocessed column of this table: its values belong to the program's key */
    IR_IDX,   /* a = lo, b = n: the integer in bits [lo, lo+n) of the row number */
    IR_FIXED, /* a = fixed column of this table: pattern[row mod 2^log] */
    IR_ADD,   /* a, b = nodes */
    IR_SUB,
    IR_MUL,
};

struct ir_node {
    uint8_t op;     /* enum ir_op */
    uint8_t degree; /* as a polynomial in the columns of one row; PRE, IDX, FIXED count 1 */
    uint32_t a, b;
};

/* An expression: index of a node in its table. Equal expressions may share a node. */
typedef uint32_t ir_x;

struct ir_fixed {
    uint32_t log_period; /* <= IR_MAX_FIXED_LOG and <= log_height */
    uint32_t *values;    /* 2^log_period canonical elements, owned by the table */
};

struct ir_constraint {
    ir_x x;           /* must be 0 on every row */
    const char *name; /* static or owned by the system; unique within the table */
};

/* One fraction sign * mult / (c - fingerprint(tag, fields)) for every row. The sums of all
 * fractions of all tables and of the public messages must cancel: as multisets over the field,
 * what is sent (+) is what is received (-). */
struct ir_message {
    int8_t sign;      /* +1 send, -1 receive */
    uint16_t tag;     /* bus, enum of prover/air/bus.h, never 0 */
    uint8_t n_fields; /* <= IR_MAX_FIELDS */
    ir_x mult;        /* how often; a flag, or an advice count on a table side (see ir_lint) */
    ir_x fields[IR_MAX_FIELDS];
    const char *name;
};

/* A message with constant multiplicity 1 whose fields are public values or constants. */
struct ir_public_field {
    bool is_const;
    uint32_t value; /* the constant, or the index of the public value */
};
struct ir_public_message {
    int8_t sign;
    uint16_t tag;
    uint8_t n_fields;
    struct ir_public_field fields[IR_MAX_FIELDS];
    const char *name;
};

struct ir_table {
    const char *name;
    uint32_t log_height; /* fixed for the program: padding rows are valid rows that say nothing */
    uint32_t n_columns; /* committed in every proof; may be 0 if n_pre is not */
    uint32_t n_pre;     /* preprocessed: committed in the key (docs/protocol/recursion.md section 2) */
    const char **column_names, **pre_names;
    uint32_t n_nodes, n_constraints, n_messages, n_fixed;
    struct ir_node *nodes; /* operands before users */
    struct ir_constraint *constraints;
    struct ir_message *messages;
    struct ir_fixed *fixed;
};

struct ir_system {
    const char *name; /* also the role: "leaf", "pairing", "toy-..." */
    uint32_t version;
    uint32_t n_public;
    uint32_t n_tables, n_public_messages;
    struct ir_table **tables;
    struct ir_public_message *public_messages;
    bool finished;
    uint8_t max_degree; /* set by finish: max over constraints and message parts */
    uint8_t digest[32]; /* set by finish: SHA-256 of the canonical serialisation (ir_serialise) */
};

/* ---- building ---- */
struct ir_system *ir_system_new(const char *name, uint32_t version, uint32_t n_public);
void ir_system_free(struct ir_system *s);
struct ir_table *ir_table_new(struct ir_system *s, const char *name, uint32_t log_height);

/* Adds one column / n consecutive columns (named name[0..n)); returns the (first) column number. */
uint32_t ir_column(struct ir_table *t, const char *name);
uint32_t ir_columns(struct ir_table *t, const char *name, uint32_t n);
/* The same for preprocessed columns, which are numbered apart. */
uint32_t ir_pre(struct ir_table *t, const char *name);
uint32_t ir_pres(struct ir_table *t, const char *name, uint32_t n);

ir_x ir_const(struct ir_table *t, uint32_t value);     /* value < p */
ir_x ir_const_neg(struct ir_table *t, uint32_t value); /* p - value */
ir_x ir_col(struct ir_table *t, uint32_t column);
ir_x ir_prec(struct ir_table *t, uint32_t pre); /* a preprocessed column */
ir_x ir_idx(struct ir_table *t, uint32_t lo, uint32_t n); /* lo + n <= log_height; n = 0 gives 0 */
ir_x ir_fixed(struct ir_table *t, uint32_t log_period, const uint32_t *values);
ir_x ir_add(struct ir_table *t, ir_x a, ir_x b);
ir_x ir_sub(struct ir_table *t, ir_x a, ir_x b);
ir_x ir_mul(struct ir_table *t, ir_x a, ir_x b);
ir_x ir_scale(struct ir_table *t, uint32_t k, ir_x a); /* k * a, k < p */
ir_x ir_sum(struct ir_table *t, const ir_x *xs, uint32_t n);
/* sum_i 2^(bits*i) * xs[i]; the caller sees to it that this stays below p. */
ir_x ir_pack(struct ir_table *t, const ir_x *xs, uint32_t n, uint32_t bits);

void ir_assert_zero(struct ir_table *t, ir_x x, const char *name);
void ir_assert_eq(struct ir_table *t, ir_x a, ir_x b, const char *name);
void ir_assert_bool(struct ir_table *t, ir_x x, const char *name);

/* Sends / receives (tag, fields...) mult times on every row. */
void ir_send(struct ir_table *t, uint16_t tag, ir_x mult, const ir_x *fields, uint32_t n,
             const char *name);
void ir_receive(struct ir_table *t, uint16_t tag, ir_x mult, const ir_x *fields, uint32_t n,
                const char *name);
void ir_public_send(struct ir_system *s, uint16_t tag, const struct ir_public_field *fields,
                    uint32_t n, const char *name);
void ir_public_receive(struct ir_system *s, uint16_t tag, const struct ir_public_field *fields,
                       uint32_t n, const char *name);

/* Checks degrees and limits, computes max_degree and digest. Nothing may be added afterwards. */
void ir_system_finish(struct ir_system *s);

/* The bytes the digest is taken of: everything a verifier evaluates (roles, versions, heights, nodes,
 * constraints, messages, public messages), no names of columns or constraints. Big-endian u32 throughout;
 * layout in ir_finish.c. out == NULL only counts. Returns the number of bytes. */
size_t ir_serialise(const struct ir_system *s, uint8_t *out, size_t out_size);

/* Index of the table or column with this name, UINT32_MAX if there is none. For tests and tools. */
uint32_t ir_table_find(const struct ir_system *s, const char *name);
uint32_t ir_column_find(const struct ir_table *t, const char *name);
uint32_t ir_pre_find(const struct ir_table *t, const char *name);

/* ---- witness: one array per column, canonical elements, column-major per table ---- */
struct ir_trace_table {
    uint32_t log_height, n_columns;
    uint32_t **columns;           /* columns[c][row], 64-byte aligned */
    const uint32_t *const *pre;   /* pre[c][row], canonical, borrowed; NULL without any */
};
struct ir_trace {
    const struct ir_system *system;
    struct ir_trace_table *tables; /* in the order of the system */
    uint32_t *publics;             /* n_public canonical elements */
};
/* All cells zero. NULL only when memory is short. For systems without preprocessed columns. */
struct ir_trace *ir_trace_new(const struct ir_system *s);
/* pre[table][column][row]: the values of the key, borrowed for the life of the trace; the entry of a
 * table without preprocessed columns is not read. */
struct ir_trace *ir_trace_new_pre(const struct ir_system *s,
                                  const uint32_t *const *const *pre);
void ir_trace_free(struct ir_trace *tr);

/* ---- mock checker: every constraint on every row, then exact multiset equality of every bus ----
 * Returns ERR_OK, or ERR_PROOF with text naming table, row, constraint (or the unbalanced message
 * with its values and count, and a table and row that speaks it). */
MUST_CHECK enum err ir_mock_check(const struct ir_trace *tr, char *text, size_t text_size);

/* Value of one expression on one row, base field (canonical). */
uint32_t ir_eval_row(const struct ir_table *t, const struct ir_trace_table *tt, ir_x x,
                     uint32_t row);

/* How many rows of message `name` of the table have a multiplicity other than 0 (a test helper: did
 * the witness use this message at all?). */
uint64_t ir_message_count(const struct ir_table *t, const struct ir_trace_table *tt,
                          const char *name);

/* ---- lint: prints findings (multiplicity that is neither boolean, constant nor listed as a
 * table side, nor made of preprocessed columns; a column no constraint or message uses; duplicate
 * names). Returns their number. */
struct ir_lint_allow {
    const char *table, *message;
};
uint32_t ir_lint(const struct ir_system *s, const struct ir_lint_allow *allow, uint32_t n_allow,
                 char *text, size_t text_size);

#endif

#ifndef TESTS_UNIT_PROVER_DETERMINACY_DETERMINACY_H
#define TESTS_UNIT_PROVER_DETERMINACY_DETERMINACY_H
/* Which columns of a table are fixed by what comes in from outside? Read off the constraints and
 * messages alone, no trace needed.
 *
 * A row is looked at case by case: a case gives every flag that is a multiplicity (or listed as a
 * split) and every fixed column a value. In a case a column is *derived* if it follows from the
 * columns that are given, by these steps:
 *   linear     a constraint, or a message field whose value is known, is k c + known, k a constant
 *              other than 0 (or k known and the rest a constant other than 0, so k is not 0)
 *   limbs      the same with several columns of small ranges, if only one choice can add up
 *   together   the same for a few columns in several equations, by trying all values
 *   carry      known + k c is looked up in a range that fits only one c
 *   flag       c = 0 and c = 1 contradict one another: one makes an expression 0, the other shows
 *              that it is not, or ranges exclude one another
 *   bus        a message names the columns it fixes (struct determinacy_bus), e.g. memory: the cell
 *              read at a time and place; a hash: its output by the input, and the other way round
 *   sponge     a digest by its chunks and the chunks by their digest
 * A flag is split on only once it is derived, so cases are no assumption. A column that no message
 * of the case says and that is not derived is a *hint* (the inverse of an x that may be 0): it
 * concerns nobody. All other columns must be in the list of given ones, each with its reason.
 *
 * Identities between expressions are judged by their values at three random points: wrong with a
 * probability below 2^-60.
 *
 * Threads: none (static state). Limits: aborts past those of det_search.c. */
#include "prover/ir/ir.h"

/* Field number(s) as a mask. */
#define DET_F(i)         (1u << (i))
#define DET_FS(from, to) ((uint32_t)(((uint64_t)1 << (to)) - ((uint64_t)1 << (from))))

struct determinacy_bus {
    const char *table; /* NULL: all */
    uint16_t tag;
    int8_t sign;       /* the side that learns: +1 who sends, -1 who receives */
    int8_t mode_field; /* only if this field is the constant `mode`; -1: always */
    uint32_t mode;
    uint32_t keys, values; /* fields: when all keys are known, the values are fixed */
    const char *reason;
};
/* What is sent on tag `tag`: field is below size. */
struct determinacy_range {
    uint16_t tag;
    uint8_t field;
    uint32_t size;
};
/* A column (name, or name[..]; a last * stands for anything) that is given, and why. */
struct determinacy_given {
    const char *table, *column, *reason;
    uint8_t
        in_row; /* 0: all rows; else only where the number modulo the fixed period is in_row - 1 */
};
/* A column to split on although it is no multiplicity. */
struct determinacy_split {
    const char *table, *column;
};
struct determinacy_spec {
    const struct determinacy_bus *buses;
    const struct determinacy_range *ranges;
    const struct determinacy_given *given;
    const struct determinacy_split *splits;
    uint32_t n_buses, n_ranges, n_given, n_splits;
    uint16_t sponge, sponge_in; /* tags; 0: no sponges */
    /* As if this constraint or message of the table were not there: its number + 1; 0: none. */
    uint32_t without_constraint, without_message;
};

struct determinacy_counts {
    uint32_t columns;
    uint32_t derived; /* in every case where they matter to a message */
    uint32_t hints;   /* derived in no case, said by no message */
    uint32_t given;   /* by the list */
    uint32_t missing; /* neither */
    uint32_t cases;
};

/* The number of columns that are missing, nothing printed. */
uint32_t determinacy_missing(const struct ir_table *t, const struct determinacy_spec *spec);
/* What becomes of a table without the spec's constraint or message. */
enum determinacy_dropped {
    DROPPED_UNDECIDED,
    DROPPED_FREES_COLUMN, /* a column is missing then */
    DROPPED_OPENS_CASE,   /* there is a case then in which it is a constant other than 0 */
    DROPPED_IMPLIED       /* the constraint is 0 in every case nevertheless */
};
enum determinacy_dropped determinacy_drop(const struct ir_table *t,
                                          const struct determinacy_spec *spec);
/* Prints every missing column with the first case (the flags that are 1) it is missing in. */
void determinacy_table(const struct ir_table *t, const struct determinacy_spec *spec,
                       struct determinacy_counts *counts);
/* Entries of the list that name no column of the system, or only such as would be derived or hints
 * without the entry; prints them and returns their number. */
uint32_t determinacy_stale(const struct ir_system *s, const struct determinacy_spec *spec);

#endif

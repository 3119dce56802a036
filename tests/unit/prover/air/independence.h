#ifndef TESTS_UNIT_PROVER_AIR_INDEPENDENCE_H
#define TESTS_UNIT_PROVER_AIR_INDEPENDENCE_H
/* What would open if one constraint or lookup were dropped? At a row of a clean trace take the
 * gradients of what ties the row's cells to one another: its constraints, and the lookups whose answer
 * is a function of the question (a hash, a packed amount, a fact of the header: out = F(in), F with
 * arbitrary derivatives). One of them is *needed* at this row if its gradient is no linear combination
 * of the others': without it the cells can move in a direction that nothing else notices. Range
 * lookups are needed if the number looked up is not fixed by the constraints and those lookups.
 * Messages that link rows one to one are not judged: without one side, honest traces fail. */
#include "prover/ir/ir.h"

enum speaker_kind { SPEAKER_CONSTRAINT, SPEAKER_LOOKUP, SPEAKER_RANGE, SPEAKER_LINK };

struct independence {
    const struct ir_table *t;
    uint32_t n_speakers; /* constraints, then messages */
    uint8_t *kind;       /* enum speaker_kind */
    uint8_t *spoke;      /* at some row: a gradient that is not zero */
    uint8_t *needed;     /* at some row */
};

void independence_init(struct independence *d, const struct ir_table *t);
void independence_deinit(struct independence *d);
void independence_row(struct independence *d, const struct ir_trace_table *tt, uint32_t row);
/* Flags are discrete: a constraint is also needed if some change of one or two of the cells it speaks
 * of (to 0, 1, 2 or a random element) breaks no other constraint of the row. */
void independence_flips(struct independence *d, struct ir_trace_table *tt, uint32_t row);
/* Both for rows of a table with different flags, up to two of each, from both ends inwards. */
void independence_table(struct independence *d, struct ir_trace_table *tt);
const char *independence_name(const struct independence *d, uint32_t speaker);

/* The other question: what does a row still leave open when it is told everything that it does not
 * decide? Fields of its messages are given, answers (functions of the message's fields before them),
 * results, or of no interest. Lookups of functions need not be named. Ranges are not used. */
enum field_kind { FIELD_IGNORED, FIELD_GIVEN, FIELD_ANSWER, FIELD_RESULT };
/* v: the values of the message's fields at this row. */
typedef enum field_kind (*field_kind_of)(const struct ir_message *m, const uint32_t *v,
                                         uint32_t field);
/* Calls `moves` for every result that can move while all that is given stays; field UINT32_MAX: the
 * multiplicity of a message that is sent. To first order: flags are for other tests. */
void independence_results(const struct ir_table *t, const struct ir_trace_table *tt, uint32_t row,
                          field_kind_of kind,
                          void (*moves)(const struct ir_table *t, const struct ir_message *m,
                                        uint32_t field));
#endif

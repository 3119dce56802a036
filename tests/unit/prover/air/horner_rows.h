#ifndef TESTS_UNIT_PROVER_AIR_HORNER_ROWS_H
#define TESTS_UNIT_PROVER_AIR_HORNER_ROWS_H
/* A small system of bytes, sha256 and horner, and rows of horner written one by one with GMP: honest
 * ones and forged ones, with everything that follows from them (public values, multiplicities). */
#include "common/base/rng.h"
#include "prover/air/leaf.h"
#include "tests/support/blob_values.h"
#include "tests/unit/prover/air/support.h"

enum {
    HORNER_LOG = 4,
    HORNER_LOG_BLOCKS = 2,
    HORNER_ROOM = (64 << HORNER_LOG_BLOCKS) - 9,
    HORNER_PUBLIC = 16 /* behind the digest of the bytes: z, a and b before, a and b after */
};

struct ir_system *horner_system(void); /* owner: ir_system_free */
/* n random bytes, random z and values before; test_trace_free. */
struct chain_trace *horner_example(uint64_t seed, uint32_t n_bytes, uint32_t head);
/* The prover's witness of t->bytes and t->blob, found clean; NULL with the reason printed. */
struct ir_trace *horner_fill(const struct ir_system *s, const struct chain_trace *t);

/* What the next row is and does. */
struct horner_row {
    bool b, closes, begins, first;
    const mpz_t *z;      /* NULL: t->blob.z */
    const mpz_t *taken;  /* of an element; NULL: element `element` of the segment */
    uint32_t element;
    int32_t more;        /* v' is larger by this many r */
    int32_t wrap_sign;   /* v z + d = q r + v' + sign p 2^(16 wrap_at), hidden in carry wrap_at */
    uint32_t wrap_at;
};
struct horner_rows {
    struct ir_trace *tr;
    const struct chain_trace *t;
    uint32_t table, row, length; /* length: L as horner has it */
    mpz_t z, r, v;               /* v: the running value */
};
/* Clears horner in tr; the other tables stay. */
void horner_rows_begin(struct horner_rows *h, struct ir_trace *tr, const struct chain_trace *t);
/* Writes the row and moves on; v becomes v'. A row that begins takes v from t->blob; one that closes
 * writes v to the public values after. */
void horner_rows_add(struct horner_rows *h, const struct horner_row *row);
void horner_rows_honest(struct horner_rows *h, uint32_t head);
/* Counts all lookups anew. */
void horner_rows_end(struct horner_rows *h);
#endif

#ifndef PROVER_RECURSION_REC_INTERNAL_H
#define PROVER_RECURSION_REC_INTERNAL_H
/* What a recording holds: one entry for each row of each table, in the order of the calls, which is
 * also the order of rows (but for split). Only prover/recursion includes this file. */
#include <string.h>

#include "prover/recursion/machine.h"

enum { REC_NONE = UINT32_MAX, REC_CHECKS = 256, REC_CHECK_NAME = 64 };

/* A value: who writes it, and how often it is read. */
struct rec_value {
    uint8_t writer; /* enum rec_writer */
    uint32_t row, reads;
};

enum rec_right { RIGHT_READ, RIGHT_ADVICE, RIGHT_ZERO, RIGHT_SAME, RIGHT_COPY };
enum rec_turn { TURN_NONE, TURN_BIT, TURN_ADVICE };

struct rec_hash {            /* poseidon */
    uint32_t left, right;    /* words; right: what is read, or copied (RIGHT_COPY) */
    uint32_t out, right_out; /* words written, or none */
    uint32_t expect;         /* the word that the output must be, or none */
    uint32_t advice;         /* of right */
    uint32_t turn;           /* element whose bit it is, or advice */
    uint32_t ends;           /* how often END is read */
    uint8_t right_from, turn_from, bit;
    uint8_t domain_log; /* 0: no step; else the step's w has this order */
    bool derived;       /* expect follows from this row: nothing to compare */
    uint16_t check;
};
struct rec_mac_row { /* ext; out none: c must be 0 */
    uint32_t a, b, d, out;
    bool lerp;
    uint16_t check;
};
struct rec_pow_row {
    uint32_t bits, prev; /* the row of bits that begins, or the pow row before */
    uint32_t z, out;     /* out: none but in the last row */
};
struct rec_fold_row {
    uint32_t x, r[3], out;
};
enum rec_packed { PACKED_SILENT, PACKED_ADVICE, PACKED_CONST, PACKED_COPY, PACKED_INVERSE };
struct rec_pack_row {
    uint8_t from[3];
    uint32_t source[3]; /* advice, constant, or element */
    uint32_t e[3];      /* elements written, or none */
    uint32_t word[2];   /* written, or none */
    uint32_t last;
};
struct rec_split_row {
    uint32_t word, out, row;
    uint8_t element; /* 8: all */
};
struct rec_bits_row {
    uint32_t v, hash, starts; /* hash: the path's last row; none: idx = 0 */
    uint8_t bits, zeros; /* the path has `bits` steps; zeros: so many low bits of v must be 0 */
    uint16_t check;
};
struct rec_constant { /* const */
    uint32_t v[5];
    uint32_t id; /* the element, or none: sent once to `at` */
    uint32_t at; /* that address */
};

enum rec_op_kind {
    OP_HASH,
    OP_MAC,
    OP_POW,
    OP_FOLD,
    OP_PACK, /* a whole row */
    OP_OWN,  /* arg = 4 row + element of a pack row */
    OP_SPLIT,
    OP_BITS,
    OP_PUBLIC, /* arg = number of the public word */
};
struct rec_op {
    uint32_t kind, arg;
};

#define REC_LIST(type)                                                                             \
    struct {                                                                                       \
        type *at;                                                                                  \
        uint32_t n, cap;                                                                           \
    }

struct rec {
    struct rec_shape shape;
    const struct ir_system *system;
    bool finished;
    REC_LIST(struct rec_op) ops;
    REC_LIST(struct rec_value) ext;
    REC_LIST(struct rec_value) word;
    REC_LIST(struct rec_hash) hash;
    REC_LIST(struct rec_mac_row) mac;
    REC_LIST(struct rec_pow_row) pow;
    REC_LIST(struct rec_fold_row) fold;
    REC_LIST(struct rec_pack_row) pack;
    REC_LIST(struct rec_split_row) split;
    REC_LIST(struct rec_bits_row) bits;
    REC_LIST(struct rec_constant) constant;
    uint32_t *const_index; /* open addressing by value: number of the constant + 1 */
    uint32_t const_index_size;
    struct {
        uint32_t v[8], word;
    } * const_words;
    uint32_t n_const_words;
    uint32_t n_elements[8];     /* rows of split by element; [i] rows are i, 8 + i, .. */
    uint32_t own_row, own_used; /* pack row that takes elements that stand alone */
    uint32_t zero, one, minus_one, zero_word;
    uint32_t zero_end; /* a row of poseidon whose END is (0, 1) */
    uint32_t public_word[REC_PUBLIC_WORDS], public_source[REC_PUBLIC_WORDS];
    size_t n_advice;
    char checks[REC_CHECKS][REC_CHECK_NAME];
    uint32_t n_checks, check; /* check: the current one */
    uint32_t ***pre;          /* [table][column][row] */
};

uint32_t rec_address(const struct rec_value *v);

/* ---- recording: what rec.c and rec_path.c share ---- */
void *rec_grown(void *at, uint32_t n, uint32_t *cap, size_t size);
/* Appends one zeroed entry; the value is its number. */
#define REC_PUSH(list)                                                                             \
    ((list).at = rec_grown((list).at, (list).n, &(list).cap, sizeof *(list).at),                   \
     memset(&(list).at[(list).n], 0, sizeof *(list).at), (list).n++)
void rec_op_add(struct rec *r, enum rec_op_kind kind, uint32_t arg);
/* New values of a row; readers count themselves. */
uint32_t rec_new_ext(struct rec *r, enum rec_writer writer, uint32_t row);
uint32_t rec_new_word(struct rec *r, enum rec_writer writer, uint32_t row);
uint32_t rec_read_ext(struct rec *r, uint32_t id);
uint32_t rec_read_word(struct rec *r, uint32_t id);
uint32_t rec_take_advice(struct rec *r, uint32_t n);
uint16_t rec_check_now(const struct rec *r);
/* A row of poseidon; right: a word for RIGHT_READ and RIGHT_COPY. Valid until the next row. */
struct rec_hash *rec_hash_row(struct rec *r, uint32_t left, enum rec_right from, uint32_t right);
/* That row must have `expected` as its output. */
void rec_hash_expect(struct rec *r, uint32_t row, uint32_t expected);
/* The same where the output is no other by construction: nothing to compare. */
void rec_hash_derived(struct rec *r, uint32_t row, uint32_t expected);
/* The end of a path: an assertion. */
void rec_hash_root(struct rec *r, uint32_t row, uint32_t root);
/* A word that is R of a row made for it. */
uint32_t rec_word_row(struct rec *r, enum rec_right from, uint32_t source);

/* A test library is compiled with VERIFY_MUTANT_HOOK (as prover/verify/system_parts.h): there the test is
 * asked once for each assertion, in the order of the recording, and those it says so of are left out.
 * Product code never defines it. */
#ifdef VERIFY_MUTANT_HOOK
bool rec_leaves_out(struct rec *r);
#else
static inline bool rec_leaves_out(const struct rec *r)
{
    (void)r;
    return false;
}
#endif

/* For tests: the trace that a cheating prover would have, as if no assertion had failed. */
MUST_CHECK enum err rec_run_forced(const struct rec *r, const uint32_t *advice, size_t n_advice,
                                   struct ir_trace **out);

#endif

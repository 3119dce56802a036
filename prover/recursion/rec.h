#ifndef PROVER_RECURSION_REC_H
#define PROVER_RECURSION_REC_H
/* Builder of straight-line programs for the recursion machine: each call records rows; the recording
 * becomes the key (preprocessed columns), and running it over a stream of advice fills the trace.
 *
 * Use:       rec_new, record, rec_finish -> preprocessed values; rec_run for every proof.
 * Handles:   addresses of values on the machine's buses; written once, read any number of times.
 * Advice:    taken from the input stream in the order of the calls that are marked "advice".
 * Threads:   recording is single-threaded; a finished rec is immutable and may be run by many.
 * Limits:    rows per table are the shape's; a call beyond them aborts (REQUIRE): programs are
 *            constants, never input.
 * Source:    docs/protocol/recursion.md section 3. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/field/kb5.h"
#include "prover/ir/ir.h"

typedef struct {
    uint32_t a;
} rec_ext; /* an element of F */
typedef struct {
    uint32_t a;
} rec_word; /* 8 base elements */
typedef struct {
    uint32_t a;
} rec_base; /* one base element */
typedef struct {
    uint32_t a;
} rec_end; /* where a Merkle path ended: its domain point y */

/* log2 of the rows of each table; split at least 3. */
struct rec_shape {
    uint8_t poseidon, ext, pow, fold, pack, split, bits, constant;
};
extern const struct rec_shape REC_SHAPE_JOIN, REC_SHAPE_SHRINK, REC_SHAPE_TERMINAL;

/* The system `machine` of a shape (cached, never freed; any thread). 48 publics. */
const struct ir_system *rec_system(const struct rec_shape *shape);

struct rec;
struct rec *rec_new(const struct rec_shape *shape);
void rec_free(struct rec *r);

/* Names the check that the following assertions belong to (enum verify_check and the program's own);
 * rec_run reports it when an assertion fails. */
void rec_check(struct rec *r, const char *name);

/* ---- field ---- */
rec_ext rec_const(struct rec *r, uint32_t base); /* < p; equal constants share an address */
rec_ext rec_mac(struct rec *r, rec_ext a, rec_ext b, rec_ext d); /* a b + d */
rec_ext rec_mul(struct rec *r, rec_ext a, rec_ext b);
rec_ext rec_add(struct rec *r, rec_ext a, rec_ext b);
rec_ext rec_sub(struct rec *r, rec_ext a, rec_ext b);
rec_ext rec_lerp(struct rec *r, rec_ext at0, rec_ext at1, rec_ext x); /* at0 + x (at1 - at0) */
rec_ext rec_inverse(struct rec *r, rec_ext a); /* proves a != 0; advice of its own */
void rec_assert_eq(struct rec *r, rec_ext a, rec_ext b);
void rec_assert_zero(struct rec *r, rec_ext a);

/* ---- hashing ---- */
rec_word rec_const_word(struct rec *r, const uint32_t v[8]);
rec_word rec_compress(struct rec *r, rec_word left, rec_word right);
/* The right word is advice (8 elements). */
rec_word rec_compress_advice(struct rec *r, rec_word left, rec_word *right);
/* Costs two rows: equal words hash equally. */
void rec_assert_word_eq(struct rec *r, rec_word a, rec_word b);
/* compress(left, right) must be `expected`; three rows. */
void rec_compress_expect(struct rec *r, rec_word left, rec_word right, rec_word expected);

/* ---- between words and elements ---- */
/* Three elements, each read or advice (advice[i], 5 base elements; the stream has coefficient X^0
 * first), packed with `last` as absorb_ext says. Handles of advice come back in e. An element that is
 * read costs an ext row more, unless it is a constant. */
void rec_pack(struct rec *r, rec_ext e[3], const bool advice[3], uint32_t last, rec_word out[2]);
rec_ext rec_challenge(struct rec *r, rec_word w);           /* elements 0..4 as one of F */
rec_ext rec_element(struct rec *r, rec_word w, uint32_t i); /* base-valued */
rec_base rec_element_base(struct rec *r, rec_word w, uint32_t i);

/* ---- queries ---- */
/* v mod 2^bits = 0 (grinding), bits <= 24; 7 - bits poseidon rows if bits < 7. */
void rec_assert_low_bits_zero(struct rec *r, rec_base v, uint32_t bits);
/* The index v mod 2^bits, 7 <= bits <= 24; it starts rec_path, as often as wanted, with paths of
 * `bits` steps. */
typedef struct {
    uint32_t a;
    uint32_t bits;
} rec_index;
rec_index rec_index_of(struct rec *r, rec_base v, uint32_t bits);
/* Walks from `leaf` with index.bits siblings (advice, 8 elements each, from the leaf upwards) and
 * requires `root`; y = w^index for the domain of 2^bits points. Paths of one index end in equal y. */
rec_end rec_path(struct rec *r, rec_word leaf, rec_index index, rec_word root);
/* A path of constant bits where `free_mask` is 0 and any bits where it is 1 (keys in K). Siblings and
 * free bits are advice: per step 8 elements, then the bit if it is free. */
void rec_path_slots(struct rec *r, rec_word leaf, uint32_t depth, uint32_t bits, uint32_t free_mask,
                    rec_word root);
rec_ext rec_end_y(struct rec *r, rec_end end); /* y as an element of F */
/* prod over i < n of (1 - z_{n-1-i} + z_{n-1-i} y^(2^i)): the weight pow(y) at z_0 .. z_{n-1}. */
rec_ext rec_pow(struct rec *r, rec_end end, const rec_ext *z, uint32_t n);
/* Multilinear value of 8 base elements: r1 binds the last (lowest) index bit, r3 the highest. */
rec_ext rec_fold8(struct rec *r, rec_word x, rec_ext r1, rec_ext r2, rec_ext r3);

/* ---- statement ---- */
enum { REC_PUBLIC_WORDS = 6 };
/* Word i of the publics is w; each of the six exactly once. */
void rec_public(struct rec *r, uint32_t i, rec_word w);

/* Ends recording, after all six publics; counts reads. pre[table][column][row], canonical, owned by r. */
void rec_finish(struct rec *r);
const uint32_t *const *const *rec_preprocessed(const struct rec *r);
struct rec_counts {
    uint32_t poseidon, ext, pow, fold, pack, split, bits, constant;
    size_t advice;
};
struct rec_counts rec_rows(const struct rec *r);

/* Runs the recording. advice: exactly rec_rows().advice canonical elements. ERR_OK: *out is a
 * complete trace (publics set; ir_trace_free). ERR_PROOF: an assertion fails, its check in `check`
 * (>= 64 bytes). ERR_RANGE: advice not canonical or of the wrong number. ERR_NOMEM. */
MUST_CHECK enum err rec_run(const struct rec *r, const uint32_t *advice, size_t n_advice,
                            struct ir_trace **out, char *check, size_t check_size);

#endif

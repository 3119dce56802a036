#ifndef PROVER_TRACE_OP_TRACE_H
#define PROVER_TRACE_OP_TRACE_H
/* Filling the tables of records (prover/air/op_*.c): private to prover/trace.
 *
 * Every filler puts its own row, asks its helpers for theirs (preamble, fee, shares, muldiv) and moves
 * the running memory as the operation does. Values that break a rule are put as they are: the mock
 * checker or the prover finds them. */
#include "core/batch/chain_trace.h"
#include "prover/trace/witness.h"

struct op_fill {
    struct witness *w;
    const struct ir_system *system;
    const struct chain_trace *trace;
    uint32_t dep[8];
    /* SEQ before the current record */
    uint32_t j, pos, n_priority, priority_pos, n_withdrawals, withdrawal_pos, last, n_tuples;
};
struct op_line { /* one row under construction */
    struct op_fill *f;
    uint32_t table, row;
};

/* ---- rows ---- */
/* New row of the table with on = 1. */
struct op_line op_line_new(struct op_fill *f, const char *table);
/* The same with the SEQ columns. */
struct op_line op_line_record(struct op_fill *f, const char *table);
void op_put(struct op_line *l, const char *column, uint32_t value);
void op_put_n(struct op_line *l, const char *column, const uint32_t *values, uint32_t n);
void op_put_amount(struct op_line *l, const char *column, struct amount a); /* 7 limbs */
void op_put_owner(struct op_line *l, const char *column, const struct owner *owner);
void op_put_root(struct op_line *l, const char *column, const struct key_root *root);
/* n published bytes from pos on; past the end of the segment: zeros. */
void op_put_bytes(struct op_line *l, const char *column, uint32_t pos, uint32_t n);
/* Inverse of v (0 for 0). */
void op_put_inverse(struct op_line *l, const char *column, uint32_t v);
void op_put_amount_inverse(struct op_line *l, const char *column,
                           struct amount a); /* of the limb sum */
/* Carries of a + b, or borrows of a - b, out of the lower six limbs. */
void op_put_carries(struct op_line *l, const char *column, struct amount a, struct amount b,
                    bool subtract);
/* Weights w with sum w_i (a_i - b_i) = 1 at the first difference. */
void op_put_weights(struct op_line *l, const char *column, const uint32_t *a, const uint32_t *b,
                    uint32_t n);
/* own_token .. pool_cap */
void op_put_pool(struct op_line *l, const struct pool_half *pool);
void op_put_digest(struct op_line *l, const char *column, const uint32_t digest[8]);

uint32_t field_sub(uint32_t a, uint32_t b);
uint32_t field_inverse(uint32_t a);

/* ---- running memory ---- */
struct cell op_cell(struct op_fill *f, uint32_t account, uint32_t slot);
void op_cell_set(struct op_fill *f, uint32_t account, uint32_t slot, const struct cell *value);
struct amount op_cell_amount(const struct cell *c);
struct cell op_cell_of(uint32_t first, struct amount a);
void op_credit(struct op_fill *f, uint32_t account, uint32_t slot, uint32_t token, struct amount a);
void op_debit(struct op_fill *f, uint32_t account, uint32_t slot, struct amount a);
/* Preimage of (account, 0); NULL if it is unknown or the cell is empty. */
const struct slot0_preimage *op_preimage(struct op_fill *f, uint32_t account);
/* Like it, but the user is required: a missing one is recorded as ERR_MISMATCH (zeros given). */
struct user_cell op_user(struct op_fill *f, uint32_t account);
uint32_t op_new_id(struct op_fill *f, const uint32_t digest[8]); /* takes the counter */

/* ---- parts of records ---- */
/* Columns of a signed record, its preamble row, signature and key counters; moves f->pos behind an
 * ESCAPE. Returns the owner of the account. */
struct owner op_put_signed(struct op_line *l, const struct op_auth *auth,
                           const struct digest8 *order);
void op_fill_preamble(struct op_fill *f, uint32_t k, uint32_t deadline);
void op_fill_fee(struct op_fill *f, uint32_t account, uint32_t slot, uint32_t token,
                 struct packed_fee fee);
void op_fill_muldiv(struct op_fill *f, bool ceil, struct amount a, struct amount b, struct amount c,
                    struct amount q);
/* Returns what moves on the pool's side; writes its cells. */
struct amount op_fill_shares(struct op_fill *f, bool remove, const struct pool_half *pool,
                             struct amount shares);
/* x columns; moves last and n_tuples. */
void op_put_x(struct op_line *l, uint32_t x, uint32_t role);

/* ---- records ---- */
void op_fill_open(struct op_fill *f, const struct op_open *op);
void op_fill_transfer(struct op_fill *f, const struct op_transfer *op);
void op_fill_withdraw(struct op_fill *f, const struct op_withdraw *op);
void op_fill_change_key(struct op_fill *f, const struct op_change_key *op);
void op_fill_create(struct op_fill *f, const struct op_create *op);
void op_fill_swap_in(struct op_fill *f, const struct op_swap_in *op);
void op_fill_swap_out(struct op_fill *f, const struct op_swap_out *op);
void op_fill_liquidity(struct op_fill *f, uint8_t code, const struct op_liquidity *op);
void op_fill_priority(struct op_fill *f, const struct op_priority *op);
/* The header's row; f holds SEQ after the last record. */
void op_fill_header(struct op_fill *f);

#endif

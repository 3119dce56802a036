#ifndef PROVER_AIR_BUILD_H
#define PROVER_AIR_BUILD_H
/* How tables ask: one helper per bus, so that asker and answerer agree on the order of fields.
 *
 * mult is the row's flag (boolean, or a product of booleans); name must be unique in the table and
 * is extended by the helpers that emit several messages. Nothing has to be told to the witness:
 * prover/trace evaluates every sent message and fills the answering tables.
 *
 * Threads: as prover/ir (building is single-threaded). */
#include "prover/air/bus.h"
#include "prover/ir/ir.h"

enum { AIR_AMOUNT = 7, AIR_OWNER = 10, AIR_ROOT = 5, AIR_DIGEST = 8 };

/* "<name> <text>", "<name> <i>": names of constraints, messages and columns. */
struct air_name {
    char text[128];
};
struct air_name air_name(const char *name, const char *text);
struct air_name air_name_number(const char *name, uint32_t i);

/* ---- expressions ---- */
/* Columns first .. first + n - 1 as expressions. */
void air_cols(struct ir_table *t, ir_x *out, uint32_t first, uint32_t n);
/* New column(s), at once as expressions. */
ir_x air_col(struct ir_table *t, const char *name);
void air_new_cols(struct ir_table *t, ir_x *out, const char *name, uint32_t n);
/* New column constrained to be 0 or 1 (constraint "<name> is boolean"). */
ir_x air_flag(struct ir_table *t, const char *name);
ir_x air_not(struct ir_table *t, ir_x flag);                    /* 1 - flag */
ir_x air_plus(struct ir_table *t, ir_x a, uint32_t k);          /* a + k */
ir_x air_select(struct ir_table *t, ir_x flag, ir_x a, ir_x b); /* flag ? a : b */
/* flag * (a - b) = 0 / flag * a = 0. */
void air_when_eq(struct ir_table *t, ir_x flag, ir_x a, ir_x b, const char *name);
void air_when_zero(struct ir_table *t, ir_x flag, ir_x a, const char *name);
/* The boolean column "x != 0", with an advice column for the inverse. */
ir_x air_nonzero(struct ir_table *t, ir_x x, const char *name);

/* ---- lookups ---- */
void air_range16(struct ir_table *t, ir_x mult, ir_x x, const char *name);
void air_range16_n(struct ir_table *t, ir_x mult, const ir_x *xs, uint32_t n, const char *name);
void air_byte2(struct ir_table *t, ir_x mult, ir_x lo, ir_x hi, const char *name);
void air_poseidon(struct ir_table *t, ir_x mult, const ir_x left[8], const ir_x right[8],
                  const ir_x out[8], const char *name);
void air_packed(struct ir_table *t, ir_x mult, const ir_x packed[3], const ir_x value[7],
                const char *name);

/* digest = H_tag(xs[0..n)); the id must be used by this message alone (bus.h). */
void air_sponge(struct ir_table *t, ir_x mult, ir_x id, uint32_t tag, const ir_x *xs, uint32_t n,
                const ir_x digest[8], const char *name);
/* The same with any start state; n a multiple of 8 after padding by the caller. */
void air_sponge_from(struct ir_table *t, ir_x mult, ir_x id, const ir_x start[8], const ir_x *xs,
                     uint32_t n, const ir_x digest[8], const char *name);

/* ---- memory ---- */
void air_cell(struct ir_table *t, ir_x mult, ir_x time, ir_x account, ir_x slot, const ir_x old[8],
              const ir_x now[8], const char *name);
/* mode: enum air_balance_mode, or an expression of that value. */
void air_balance(struct ir_table *t, ir_x mult, ir_x time, ir_x account, ir_x slot, ir_x token,
                 ir_x mode, const ir_x delta[7], const char *name);
struct air_user {
    ir_x auth, height, owner[AIR_OWNER], root[AIR_ROOT];
};
void air_user_hash(struct ir_table *t, ir_x mult, const struct air_user *user, const ir_x digest[8],
                   const char *name);
void air_user(struct ir_table *t, ir_x mult, ir_x time, ir_x account, const struct air_user *user,
              const char *name);
struct air_pool {
    ir_x own_chain, own_id, own_token, other_chain, other_id, other_token, fee, cap, flags;
};
void air_pool_hash(struct ir_table *t, ir_x mult, const struct air_pool *pool, const ir_x digest[8],
                   const char *name);
/* Reads the pool's own account: account = pool->own_id. */
void air_pool(struct ir_table *t, ir_x mult, ir_x time, const struct air_pool *pool,
              const char *name);

/* ---- signatures ---- */
struct air_auth {
    ir_x j, account, change_key, changes, lane, leaf, digest[8], owner[AIR_OWNER];
    ir_x step_byte, pos_before, pos_after;
};
void air_auth(struct ir_table *t, ir_x mult, const struct air_auth *auth, const char *name);
void air_auth_answer(struct ir_table *t, ir_x mult, const struct air_auth *auth, const char *name);
void air_auth_new_key(struct ir_table *t, ir_x mult, ir_x j, const ir_x old_root[AIR_ROOT],
                      const ir_x digest[8], const char *name);

/* ---- published bytes ---- */
void air_byte(struct ir_table *t, ir_x mult, ir_x pos, ir_x value, const char *name);
/* bytes[i] at pos + i. */
void air_bytes(struct ir_table *t, ir_x mult, ir_x pos, const ir_x *bytes, uint32_t n,
               const char *name);
#endif

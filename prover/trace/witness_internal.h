#ifndef PROVER_TRACE_WITNESS_INTERNAL_H
#define PROVER_TRACE_WITNESS_INTERNAL_H
/* What the files of prover/trace share. Only prover/trace includes this file. */
#include "prover/air/bus.h"
#include "prover/trace/witness.h"

enum {
    WITNESS_TEXT = 256,
    WITNESS_SIGNATURES = BATCH_SIGNATURES_MAX,
    WITNESS_COUNTED = 32,
    NO_TABLE = UINT32_MAX
};

/* One message sent by one row. */
struct ask {
    uint16_t tag;
    uint8_t n;
    uint32_t table, row, mult;
    uint32_t f[IR_MAX_FIELDS];
};
struct ask_list {
    struct ask *at;
    uint32_t n, cap;
};

struct mem_cell {
    uint32_t account, slot, value[8], time; /* time of the last access, 0 before the first */
    bool used;
};
/* Open addressing over (account, slot). */
struct memory {
    struct mem_cell *cells;
    uint32_t size, n; /* size is a power of two */
};

struct witness_signature {
    uint32_t j;
    struct xmss_signature signature;
};

struct witness {
    const struct ir_system *system;
    struct ir_trace *tr;
    uint32_t *used; /* rows handed out, per table */
    struct memory running;
    uint32_t n_signatures, n_counted;
    struct witness_signature signatures[WITNESS_SIGNATURES];
    uint16_t counted[WITNESS_COUNTED];
    enum err err;
    char text[WITNESS_TEXT];
};

/* ---- memory ---- */
void memory_free(struct memory *m);
/* The cell, made with zeros if it is new. */
struct mem_cell *memory_at(struct memory *m, uint32_t account, uint32_t slot);
void memory_load(struct memory *m, const struct chain_trace *trace);

/* ---- asks ---- */
/* Appends what rows of the table send on the buses that `wanted` accepts (all if NULL). */
void asks_collect(struct witness *w, uint32_t table, bool (*wanted)(uint16_t tag),
                  struct ask_list *out);
void asks_free(struct ask_list *l);

/* ---- tables ---- */
/* Number of the table, NO_TABLE if the system lacks it. */
uint32_t w_table(const struct witness *w, const char *name);
uint32_t w_column(const struct witness *w, uint32_t table, const char *name);

static inline uint32_t f_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}
static inline uint32_t f_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}
uint32_t f_inv(uint32_t a); /* 0 for 0 */

/* ---- the stages of witness_answer ---- */
/* Replays CELL, BALANCE, USER, POOL and AUTH asks in the order of time. */
void fill_events(struct witness *w, const struct chain_trace *trace, const struct ask_list *asks);
void fill_tree(struct witness *w, const struct chain_trace *trace, const struct memory *m);
/* auth, wots, step, path of one AUTH ask. */
void fill_auth(struct witness *w, const struct chain_trace *trace, struct memory *m,
               const struct ask *auth, const uint32_t *new_key);
/* An access row; checks old against the memory. */
void fill_access(struct witness *w, struct memory *m, uint32_t time, uint32_t account,
                 uint32_t slot, const uint32_t old[8], const uint32_t now[8]);
void fill_user_hash(struct witness *w, const struct ask_list *asks);
void fill_pool_hash(struct witness *w, const struct ask_list *asks);
void fill_packed(struct witness *w, const struct ask_list *asks);
void fill_sponge(struct witness *w, const struct ask_list *asks);
void fill_bytes(struct witness *w, const struct chain_trace *trace);
/* From trace->blob; ERR_MISMATCH if it names other values after the segment than the bytes give. */
void fill_horner(struct witness *w, const struct chain_trace *trace);
void fill_poseidon(struct witness *w, const struct ask_list *asks);
void fill_range16(struct witness *w, const struct ask_list *asks);
/* Sets the multiplicity columns of the tables that answer on these buses. */
void fill_counts(struct witness *w, const struct ask_list *asks, const uint16_t *buses, uint32_t n);

/* ---- SHA-256: the tables sha256 and blocks ---- */
enum { SHA_FILL_ROUNDS = 4 };
struct sha_fill {
    struct witness *w;
    uint32_t table, blocks, n_blocks, per_row;
    /* first columns: working variables -4 .. of a row, words, what the schedule received, carries */
    uint32_t a[4 + SHA_FILL_ROUNDS], e[4 + SHA_FILL_ROUNDS], word[SHA_FILL_ROUNDS];
    uint32_t got[SHA_FILL_ROUNDS][4], carry[SHA_FILL_ROUNDS][3];
    uint32_t before, after, carry_out;
};
/* False if the system lacks the tables. */
bool sha_fill_init(struct sha_fill *s, struct witness *w);
void sha_fill_initial(uint32_t hash[8]);
/* The rounds of one block and its 8 rows in blocks (all but their flags); hash becomes the value
 * after it. */
void sha_fill_block(const struct sha_fill *s, uint32_t block, const uint32_t words[16],
                    uint32_t hash[8]);

#endif

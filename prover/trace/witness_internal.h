#ifndef PROVER_TRACE_WITNESS_INTERNAL_H
#define PROVER_TRACE_WITNESS_INTERNAL_H
/* What the files of prover/trace share. Only prover/trace includes this file. */
#include "prover/air/bus.h"
#include "prover/prove/parallel.h"
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
/* How often each 16-bit number and each pair of bytes was looked up, mod p. */
struct lookups {
    uint32_t words[1 << 16], bytes[1 << 16];
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
    struct parallel *threads; /* borrowed; NULL: the caller alone */
    uint32_t n_signatures, n_counted;
    struct witness_signature signatures[WITNESS_SIGNATURES];
    uint16_t counted[WITNESS_COUNTED];
    enum err err;
    char text[WITNESS_TEXT];
};

/* ---- threads ---- */
/* fn over [0, n) on the witness's workers. It may write cells of rows that are its own, nothing else
 * of the witness: no w_row, w_fail, w_public. */
void w_parallel(const struct witness *w, size_t n, size_t grain, parallel_fn fn, void *ctx);

/* ---- memory ---- */
void memory_free(struct memory *m);
/* The cell, made with zeros if it is new. */
struct mem_cell *memory_at(struct memory *m, uint32_t account, uint32_t slot);
/* The cell, NULL if there is none. */
const struct mem_cell *memory_find(const struct memory *m, uint32_t account, uint32_t slot);
void memory_load(struct memory *m, const struct chain_trace *trace);

/* ---- asks ---- */
/* Appends what rows of the table send on the buses that `wanted` accepts (all if NULL). With lookups:
 * valid asks of BUS_RANGE16 and BUS_BYTE2, most of all asks, are counted there instead. Only reads the
 * witness. */
void asks_collect(const struct witness *w, uint32_t table, bool (*wanted)(uint16_t tag),
                  struct ask_list *out, struct lookups *lookups);
void asks_free(struct ask_list *l);

/* ---- tables ---- */
/* Number of the table, NO_TABLE if the system lacks it. */
uint32_t w_table(const struct witness *w, const char *name);
uint32_t w_column(const struct witness *w, uint32_t table, const char *name);
/* The first of the columns name[0], name[1], .. */
uint32_t w_columns(const struct witness *w, uint32_t table, const char *name);
/* The first of the next n unused rows; ERR_FULL and row 0 when there are fewer. */
uint32_t w_rows(struct witness *w, uint32_t table, uint32_t n);

static inline uint32_t f_add(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b) % IR_P);
}
static inline uint32_t f_mul(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % IR_P);
}
uint32_t f_inv(uint32_t a); /* 0 for 0 */

/* What the rows of one signature share. */
struct sig_facts {
    const struct xmss_signature *sig;
    uint32_t j, key_leaf, height, chain;
    uint32_t digest[8], owner[5], dep[8], pp[8], e[8], d[8];
    uint32_t auth_row, wots_row, step_row, path_row;
};
struct sig_list {
    uint32_t n;
    struct sig_facts at[WITNESS_SIGNATURES];
};

/* ---- the stages of witness_answer ---- */
/* Replays CELL, BALANCE, USER, POOL and AUTH asks in the order of time. */
void fill_events(struct witness *w, const struct chain_trace *trace, const struct ask_list *asks);
void fill_tree(struct witness *w, const struct chain_trace *trace, const struct memory *m);
/* One AUTH ask: its accesses, its row of auth as far as no hash is needed, an entry of the list. */
void fill_auth(struct witness *w, const struct chain_trace *trace, struct memory *m,
               const struct ask *auth, const uint32_t *new_key, struct sig_list *list);
/* wots, step, path and what auth lacks, for all signatures at once. */
void fill_signatures(struct witness *w, struct sig_list *list);
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
/* Adds the counts to range16; what is left in asks on its buses is an error. */
void fill_range16(struct witness *w, const struct ask_list *asks, const struct lookups *lookups);
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

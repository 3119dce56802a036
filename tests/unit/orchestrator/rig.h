#ifndef TESTS_UNIT_ORCHESTRATOR_RIG_H
#define TESTS_UNIT_ORCHESTRATOR_RIG_H
/* A sequencer over a real SQLite file, fed with valid random traffic of a known seed.
 *
 * The script comes from tests/support/random_batch: requests as bytes, in batches, with the state
 * roots that core gives after each batch; the rig plays it through the sequencer. Threads: one. */
#include "core/op/request.h"
#include "orchestrator/sequencer.h"
#include "tests/support/check_main.h"
#include "tests/support/random_batch.h"

enum { SCRIPT_STEPS_MAX = 2000, SCRIPT_BATCHES_MAX = 60, RIG_SEALS_MAX = 128 };

struct step {
    uint32_t batch; /* from 0 */
    bool is_priority;
    uint16_t chain;
    uint8_t kind;
    uint32_t n_ops;
    uint16_t op_chain[2];
    uint32_t record[2];
    uint8_t *bytes;
    size_t len;
};
struct script {
    struct world *world;
    struct step steps[SCRIPT_STEPS_MAX];
    size_t n;
    uint32_t n_batches;
    uint32_t times[SCRIPT_BATCHES_MAX];
    struct digest8 roots[SCRIPT_BATCHES_MAX][WORLD_CHAINS]; /* after each batch */
    uint32_t fee_account[WORLD_CHAINS];
};
/* sign: real signatures (slower). Aborts on surprises. */
struct script *script_new(uint64_t seed, uint32_t batches, uint32_t per_batch, bool sign);
/* Batches of up to slices_max slices of these limits (they must outlive the script); the rig's
 * sequencer then has the same. */
struct script *script_new_sliced(uint64_t seed, uint32_t batches, uint32_t per_batch, bool sign,
                                 uint32_t slices_max, const struct batch_limits *limits);
void script_free(struct script *s);

struct seal {
    uint32_t k, n_requests;
    uint8_t final_root[32], statement[32], digest[32];
    struct digest8 roots[WORLD_CHAINS];
};
struct rig {
    char dir[64], path[96];
    char where[256]; /* instead of the file, when not empty: a database that is not the rig's */
    struct loop loop;
    struct deployment deployment;
    struct manual_clock clock;
    struct sequencer *sequencer;
    struct store *store;
    struct seal seals[RIG_SEALS_MAX]; /* as announced by on_sealed, in order */
    size_t n_seals;
    uint64_t next_priority[WORLD_CHAINS];
    uint32_t seal_slices; /* 0: all */
    bool blobs[WORLD_CHAINS]; /* data in blobs, from the next opening on */
    char text[300];
    /* For what is built around the sequencer (house.h); each may be NULL. */
    void (*made)(void *ctx); /* sequencer made, nothing read */
    enum err (*outbox)(void *ctx, const struct outbox_entry *e);
    enum err (*job)(void *ctx, const struct job_row *row);
    void (*opened)(void *ctx); /* store open, before the start */
    void (*sealed)(void *ctx, struct seq_batch *b);
    void *ctx;
};
/* A new folder and loop; deployment and fee accounts as the script says. */
void rig_init(struct rig *r, const struct script *s);
/* Opens (again) what is in the folder: replay, then start. */
enum err rig_open(struct rig *r, const struct script *s);
void rig_must_open(struct rig *r, const struct script *s);
/* Waits until everything is written, closes store and sequencer. */
void rig_close(struct rig *r);
void rig_deinit(struct rig *r); /* removes the folder */
void rig_wait(struct rig *r);   /* until the store is idle */
/* Copies the database files as they are now (a power cut) to `to`, which rig_init made. */
void rig_copy(struct rig *to, const struct rig *from);
/* Submits one step; REQUIREs that it is taken. */
void rig_step(struct rig *r, const struct step *s);
enum err rig_submit(struct rig *r, const uint8_t *bytes, size_t len, enum rule_error *rule);
/* Plays batches from..to-1, sealing after each. */
void rig_play(struct rig *r, const struct script *s, uint32_t from, uint32_t to);
void rig_seal(struct rig *r);
void step_id(uint8_t id[32], const struct step *s);
#endif

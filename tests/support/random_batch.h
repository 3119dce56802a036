#ifndef TESTS_SUPPORT_RANDOM_BATCH_H
#define TESTS_SUPPORT_RANDOM_BATCH_H
/* Random valid traffic for tests: two chains (indices 0 and 1) or more, a few users with keys on all,
 * tokens 1..4, pools within and across the chains. Everything follows from the seed.
 *
 * Use:   struct world *w = world_new(seed, true);
 *        struct sealed_batch b;
 *        REQUIRE(world_seal_random(w, 20, &b));   ... b.traces[0], b.traces[1] ...
 *        sealed_batch_deinit(&b); world_free(w);
 * The first batches bring deposits and pools; later ones are mixed. Aborts on any surprise. */
#include "common/base/rng.h"
#include "core/batch/batch.h"
#include "tests/support/test_key.h"

enum {
    WORLD_CHAINS = 2, /* unless world_new_chains says more */
    WORLD_CHAINS_MAX = BATCH_CHAINS_MAX,
    WORLD_USERS = 6,
    WORLD_TOKENS = 4,
    WORLD_POOLS = 6,
    WORLD_NEVER = 40, /* kinds of traffic counted */
};

struct world_user {
    struct owner owner;
    uint32_t account[WORLD_CHAINS_MAX]; /* 0 = none yet */
    uint32_t generation[WORLD_CHAINS_MAX];
    struct test_key *key[WORLD_CHAINS_MAX]; /* of the account's present key; NULL = keyless */
    struct test_key *next[WORLD_CHAINS_MAX]; /* being set by the request under way */
};
struct world_pool { /* side 0 = the smaller (chain, token) */
    uint16_t chain[2];
    uint32_t id[2], token[2];
    uint32_t fee_bps, cap_bps;
};
struct world {
    struct rng rng;
    bool sign; /* real signatures; else trust_signatures */
    uint8_t deployment_id[32];
    uint32_t dep[8];
    uint32_t n_chains;
    struct chain_state state[WORLD_CHAINS_MAX];
    struct world_user users[WORLD_USERS];
    struct world_pool pools[WORLD_POOLS];
    uint32_t n_pools;
    uint32_t k, time;
    uint32_t slices_max;               /* of a batch; 1 unless set: one segment a chain */
    uint32_t participants_max;         /* 0: all */
    const struct batch_limits *limits; /* of a slice; NULL: standard */
    uint32_t n_kind[WORLD_NEVER];     /* accepted requests by request kind (priority: 16 + kind) */
    uint32_t n_refused;               /* random requests the rules refused */
    enum rule_error last_refusal;
};

struct world *world_new(uint64_t seed, bool sign);
struct world *world_new_chains(uint64_t seed, bool sign, uint32_t n_chains);
void world_free(struct world *w);
/* Opens the next batch (k and time go on). */
struct batch *world_begin(struct world *w);
/* One random request: builds, signs, pushes, follows what became of it. False if it was refused
 * (capacity: *full is set). request and result (may be NULL) show what was tried. */
bool world_push_random(struct world *w, struct batch *b, bool *full, struct request *request,
                       struct push_result *result);
/* Opens, pushes until n requests are accepted or the batch is full, seals. */
bool world_seal_random(struct world *w, uint32_t n, struct sealed_batch *out);
/* Small capacities of a slice that hold any one request. */
void world_limits_random(struct rng *rng, struct batch_limits *out);
/* Worlds with accounts and pools in place: several batches, thrown away. */
void world_warm_up(struct world *w);

/* ---- for tests that write their own requests ---- */
/* Fresh (lane, leaf) for the user's account on the chain, as the open batch stands. False when the
 * key is used up. */
bool world_leaf(const struct world *w, const struct batch *b, uint32_t user, uint16_t chain,
                uint32_t *lane, uint32_t *leaf);
/* Signs every side with the key of the account it names. */
void world_sign(const struct world *w, const struct batch *b, struct request *r);
/* Slot where the worlds keep a token, or the shares of pool p. */
uint8_t world_token_slot(uint32_t token);
uint8_t world_share_slot(uint32_t pool);
/* Balance cell of a user's slot in the open batch. */
struct amount world_balance(const struct world *w, const struct batch *b, uint32_t user,
                            uint16_t chain, uint8_t slot);
void world_deposit(struct world *w, struct request *r, uint32_t user, uint16_t chain,
                   uint32_t token, struct amount amount);
/* After a push that was accepted: account ids, keys and pools follow. */
void world_follow(struct world *w, const struct request *r, const struct push_result *result);
#endif

#ifndef TESTS_SIM_L1_CONTRACT_H
#define TESTS_SIM_L1_CONTRACT_H
/* A model of the Hawser contract (docs/protocol/settlement.md section 3, contracts/src): what it stores,
 * what it refuses, what it emits. Written from these; shares no code with core/ or the orchestrator, reads
 * calls with the auditor's decoder. A proof is taken iff it is the mock proof of what the contract asks.
 *
 * Value type: a state is copied before a transaction and put back when it reverts. Threads: one. */
#include "audit/l1_abi.h"
#include "common/deployment/deployment.h"

enum {
    CONTRACT_BATCHES_MAX = 128,
    CONTRACT_REQUESTS_MAX = 160,
    CONTRACT_TOKENS = 4,
    CONTRACT_OWED_MAX = 64,
    CONTRACT_MARKS_MAX = 64,
    CONTRACT_EVENTS_MAX = 256,
    CONTRACT_PROOF_BYTES = 40,
};

struct contract_batch {
    uint8_t statement[32], final_root[32], before[32], digest[32], regions_hash[32];
    uint64_t time;
    uint32_t n_priority, n_withdrawals, priority_bytes;
};
struct contract_request {
    uint8_t hash[32], payer[20];
    unsigned __int128 amount;
    uint32_t token;
};
struct contract_owed {
    uint32_t token;
    uint8_t owner[20];
    unsigned __int128 amount;
};
struct contract {
    uint64_t committed, proven, agreed, executed, first_open, committed_requests, total_requests;
    struct contract_batch batch[CONTRACT_BATCHES_MAX + 1];
    struct contract_request request[CONTRACT_REQUESTS_MAX];
    struct {
        uint64_t k, time;
    } marks[CONTRACT_MARKS_MAX];
    uint32_t n_marks, next_mark;
    unsigned __int128 held[CONTRACT_TOKENS + 1];    /* by token */
    unsigned __int128 balance[CONTRACT_TOKENS + 1]; /* what the chain says is there */
    unsigned __int128 deposited[CONTRACT_TOKENS + 1], paid[CONTRACT_TOKENS + 1]; /* totals */
    struct contract_owed owed[CONTRACT_OWED_MAX];
    uint32_t n_owed;
};

struct contract_event {
    uint8_t topics[2][32], data[320];
    size_t n_topics, len;
};
struct contract_env {
    const struct deployment *deployment;
    uint16_t chain;
    uint8_t operator_address[20];
    const uint32_t *keys_root; /* K */
    uint64_t time;             /* of the block */
    uint8_t from[20];
};
struct contract_effects {
    struct contract_event list[CONTRACT_EVENTS_MAX];
    size_t n;
    const char *why; /* of a revert */
};

void contract_init(struct contract *c, const struct contract_env *env,
                   struct contract_effects *effects);
/* False: reverted, the caller restores the state. */
bool contract_call(struct contract *c, const struct contract_env *env, struct span input,
                   struct contract_effects *effects);
/* A deposit, key or exit as its record; owner pays. */
bool contract_request(struct contract *c, const struct contract_env *env, struct span record,
                      struct contract_effects *effects);
/* A view: the answer's bytes. False: no such view. */
bool contract_view(const struct contract *c, const struct contract_env *env, struct span input,
                   struct bytes_buf *out);
/* What an oracle signs (REQ-L1-5). */
void contract_agreement_hash(uint8_t out[32], const struct deployment *d, uint64_t k,
                             const uint8_t digest[32]);
/* The mock proof that a terminal of D_from .. D_to has. */
void contract_terminal(uint8_t proof[CONTRACT_PROOF_BYTES], const uint32_t keys_root[8],
                       const uint8_t from[32], const uint8_t to[32]);

#endif

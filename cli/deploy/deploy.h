#ifndef CLI_DEPLOY_DEPLOY_H
#define CLI_DEPLOY_DEPLOY_H
/* `hawser deploy`: contracts on every chain, deployment.json at the end. Idempotent: it plans the
 * addresses from (deployer, nonce), writes the plan, reads each chain before each step and does only
 * what is missing; after an interruption it goes on with the same plan.
 *
 * Per chain and in this order from the planned nonce on: leaf verifier, pairing verifier, Hawser,
 * one contract for every token given as "test". Then the tokens are registered.
 * Threads: one, blocking. */
#include "common/base/err.h"
#include "common/deployment/deployment.h"

enum { DEPLOY_TOKENS_MAX = 16 };

struct deploy_token_config {
    char symbol[16];
    char address[48]; /* 0x..., or "test": deploy a mintable test token */
    uint64_t decimals;
};
struct deploy_chain_config {
    uint64_t chain_id;
    char name[32], rpc_url[512];
    char finality[16]; /* "finalized", "safe" or a number */
    struct deploy_token_config tokens[DEPLOY_TOKENS_MAX];
    size_t n_tokens;
};
struct deploy_oracle_config {
    uint8_t address[20];
};
struct deploy_config {
    char out[512], artifacts[512], key_file[512];
    uint8_t operator_address[20];
    uint8_t salt[32];
    uint64_t execution_delay; /* ms */
    uint64_t base_fee;        /* wei */
    uint64_t threshold;
    struct deploy_oracle_config oracles[DEPLOYMENT_ORACLES_MAX];
    size_t n_oracles;
    struct deploy_chain_config chains[DEPLOYMENT_CHAINS_MAX];
    size_t n_chains;
};
MUST_CHECK enum err deploy_config_load(struct deploy_config *out, const char *path, char *text,
                                       size_t text_size);
/* say: told before each step (may be NULL). text: why not. */
MUST_CHECK enum err deploy_run(const struct deploy_config *config, struct deployment *out,
                               void (*say)(const char *line), char *text, size_t text_size);
#endif

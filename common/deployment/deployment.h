#ifndef COMMON_DEPLOYMENT_DEPLOYMENT_H
#define COMMON_DEPLOYMENT_DEPLOYMENT_H
/* The public facts of one deployment, as `hawser deploy` writes them and every process reads them
 * (deployment.json): ids, chains, contracts, tokens, oracle set. No secrets, no RPC URLs.
 *
 * {"version": 4, "deployment_id": "0x..", "salt": "0x..", "genesis_root": "0x.. (8 x u32)",
 *  "terminal_program": "0x.. (key id)", "execution_delay": 3,
 *  "oracles": {"m": 3, "members": ["0x..", ..]},
 *  "chains": [{"index": 0, "chain_id": 31001, "name": "anvil-a", "contract": "0x..",
 *              "verifier": "0x..", "verifier_parts": ["0x..", ..],
 *              "finality": "finalized" | "safe" | 12, "deploy_block": 1,
 *              "tokens": [{"id": 1, "symbol": "ETH", "address": "0x00..", "decimals": 18}, ..]}]}
 *
 * Versions 1 (three proofs for each batch), 2 (one segment a chain) and 3 (no blobs) are refused:
 * ERR_VERSION.
 * The reader checks form and order only; who needs to trust the ids recomputes them (deploy, audit).
 * Threads: pure apart from the file. Limits: the constants below. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

enum { DEPLOYMENT_CHAINS_MAX = 16, DEPLOYMENT_TOKENS_MAX = 64, DEPLOYMENT_ORACLES_MAX = 64,
       DEPLOYMENT_VERSION = 4, DEPLOYMENT_PARTS_MAX = 16 };

#define DEPLOYMENT_FINALITY_FINALIZED UINT32_C(0xffffffff) /* = CHAIN_FINALITY_* */
#define DEPLOYMENT_FINALITY_SAFE      UINT32_C(0xfffffffe)

struct deployment_token {
    uint32_t id;
    char symbol[16];
    uint8_t address[20];
    uint8_t decimals;
};
struct deployment_chain {
    uint16_t index;
    uint64_t chain_id;
    char name[32];
    uint8_t contract[20], verifier[20];
    size_t n_verifier_parts; /* contracts that the verifier calls */
    uint8_t verifier_parts[DEPLOYMENT_PARTS_MAX][20];
    uint32_t finality;
    uint64_t deploy_block;
    size_t n_tokens;
    struct deployment_token tokens[DEPLOYMENT_TOKENS_MAX];
};
struct deployment {
    uint8_t id[32], salt[32], genesis_root[32];
    uint8_t terminal_program[32]; /* key id */
    uint64_t execution_delay; /* seconds */
    uint16_t oracles_m;
    size_t n_oracles;
    uint8_t oracles[DEPLOYMENT_ORACLES_MAX][20];
    size_t n_chains; /* ascending chain_id, index = position */
    struct deployment_chain chains[DEPLOYMENT_CHAINS_MAX];
};

/* ERR_NOT_FOUND, ERR_PARSE, ERR_VERSION; text says file and place. */
MUST_CHECK enum err deployment_load(struct deployment *out, const char *path, char *text,
                                    size_t text_size);
/* Writes through a temporary file and rename. */
MUST_CHECK enum err deployment_save(const struct deployment *d, const char *path);
/* NULL if absent. */
const struct deployment_chain *deployment_chain_by_id(const struct deployment *d,
                                                      uint64_t chain_id);
const struct deployment_token *deployment_token(const struct deployment_chain *chain, uint32_t id);
#endif

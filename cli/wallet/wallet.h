#ifndef CLI_WALLET_WALLET_H
#define CLI_WALLET_WALLET_H
/* A user's side: keys derived from an Ethereum key, deposits and requests on L1, signed operations
 * through the public API. Used by `hawser wallet` and by the traffic clients.
 *
 * Threads:   one thread per wallet; blocking calls.
 * Lifetime:  open -> calls -> close; secrets are wiped at close.
 * Files:     dir/leaves.json (which key leaves were used: written and synced before a signature
 *            leaves the process), dir/lock (one process at a time), dir/xmss-*.tree (cached public
 *            trees).
 * Errors:    every call fills w->error with what and where; ERR_REJECTED: the sequencer refused, its
 *            code is in w->code. A call that failed with ERR_NET or ERR_TIMEOUT may have been accepted: send
 *            again with wallet_resend (same bytes), never sign anew before the deadline has passed. */
#include "chain_adapters/evm/evm_sync.h"
#include "common/codec/json.h"
#include "common/deployment/deployment.h"
#include "common/net/http_client.h"
#include "common/xmss/xmss.h"
#include "core/op/request.h"

enum {
    WALLET_KEYS_MAX = 64,
    WALLET_LEAVES_MAX = 1024,
    WALLET_LANE = 0, /* this client's lane */
    WALLET_DEADLINE_S = 600,
    WALLET_LOCK_WAIT_S = 10,
    WALLET_NUMBERS_TRIED = 32, /* L1 key numbers looked through for an account's key */
};

struct wallet_config {
    char deployment[512], api[256], key_file[512], dir[512];
    struct {
        uint64_t chain_id;
        char rpc_url[512];
    } chains[DEPLOYMENT_CHAINS_MAX];
    size_t n_chains;
};
/* YAML; text says what is wrong where. */
MUST_CHECK enum err wallet_config_load(struct wallet_config *out, const char *path, char *text,
                                       size_t text_size);

struct wallet_key {
    uint16_t chain;
    uint8_t root[20];
    struct xmss_key *key;
};
/* By the key's root, not by what an API says about accounts: a leaf of a key signs once, whatever
 * account or number of key changes the answer of a wrong server connects it with. */
struct wallet_leaf {
    uint16_t chain;
    uint8_t root[20];
    uint32_t next;
};
struct wallet_balance {
    uint8_t slot;
    uint32_t token;
    struct amount amount;
};
struct wallet_account {
    uint16_t chain;
    uint32_t id, changes, height;
    uint8_t auth;
    uint8_t root[20];
    uint32_t next; /* counter of our lane */
    struct owner owner;
    size_t n_balances;
    struct wallet_balance balances[254];
};
struct wallet {
    struct wallet_config config;
    struct deployment deployment;
    uint8_t secret[32];
    uint8_t address[20];
    uint32_t dep[8];
    struct evm_sync *l1[DEPLOYMENT_CHAINS_MAX]; /* opened on first use */
    struct wallet_key keys[WALLET_KEYS_MAX];
    size_t n_keys;
    struct wallet_leaf leaves[WALLET_LEAVES_MAX];
    size_t n_leaves;
    int lock_fd;         /* of dir/lock */
    struct http_session *api; /* opened on first use */
    struct request last; /* last signed request, for wallet_resend */
    /* last answer */
    char error[1024], code[48];
    uint8_t id[32];
    uint32_t batch;
};

MUST_CHECK enum err wallet_open(struct wallet **out, const struct wallet_config *config, char *text,
                                size_t text_size);
void wallet_close(struct wallet *w);

/* ---- keys ---- */
/* The key's 20-byte root; makes and caches the key. */
MUST_CHECK enum err wallet_key_derive(struct wallet *w, uint16_t chain, uint8_t origin,
                                      uint64_t number, uint32_t height, struct wallet_key **out);
/* The key whose root the account has: known, or found by trying L1 numbers. */
MUST_CHECK enum err wallet_key_of(struct wallet *w, const struct wallet_account *a,
                                  struct wallet_key **out);
/* Takes the next unused leaf of our lane, persists that it is used. */
MUST_CHECK enum err wallet_leaf_take(struct wallet *w, const struct wallet_account *a,
                                     uint32_t *leaf);

/* ---- questions to the API ---- */
MUST_CHECK enum err wallet_get(struct wallet *w, const char *path, json_t **out);
/* First account of this wallet's owner on the chain; ERR_NOT_FOUND. */
MUST_CHECK enum err wallet_account_find(struct wallet *w, uint16_t chain,
                                        struct wallet_account *out);
MUST_CHECK enum err wallet_account_get(struct wallet *w, uint16_t chain, uint32_t id,
                                       struct wallet_account *out);
/* A slot of the account for the token: the one that holds it, else a free one below 128. ERR_FULL. */
MUST_CHECK enum err wallet_slot_for(const struct wallet_account *a, uint32_t token, uint8_t *slot);
struct amount wallet_balance_of(const struct wallet_account *a, uint32_t token, uint8_t *slot);

/* ---- L1 ---- */
struct wallet_deposit {
    uint16_t chain;
    uint32_t token;
    struct amount amount;
    uint32_t account; /* ACCOUNT_NEW or an id */
    uint8_t slot;
    bool with_key;     /* new key for our own account */
    uint8_t owner[20]; /* without key: whose */
};
MUST_CHECK enum err wallet_deposit(struct wallet *w, const struct wallet_deposit *d);
MUST_CHECK enum err wallet_request_exit(struct wallet *w, uint16_t chain, uint32_t account,
                                        uint8_t slot);
/* Registers a fresh key of `height` for an account of ours by an L1 call. */
MUST_CHECK enum err wallet_set_key(struct wallet *w, uint16_t chain, uint32_t account,
                                   uint32_t height);

/* ---- signed operations: r->u is filled but for the op_auth's; accounts[i] signs side i ---- */
/* Only signs; the leaf is used up whether or not the request is ever sent. */
MUST_CHECK enum err wallet_sign(struct wallet *w, struct request *r,
                                const struct wallet_account *const accounts[2]);
MUST_CHECK enum err wallet_submit(struct wallet *w, struct request *r,
                                  const struct wallet_account *const accounts[2]);
MUST_CHECK enum err wallet_resend(struct wallet *w);
/* Posts request bytes as they are. */
MUST_CHECK enum err wallet_post(struct wallet *w, const uint8_t *bytes, size_t n);
#endif

#ifndef AUDIT_L1_RPC_H
#define AUDIT_L1_RPC_H
/* The JSON-RPC questions that the auditor asks a node, blocking, with errors that say which one
 * failed. Retries nothing: the caller looks again later.
 *
 * Threads: one per object. Errors: ERR_NET, ERR_TIMEOUT, ERR_RPC, ERR_HTTP, ERR_PROTOCOL,
 * ERR_TOO_LARGE; the text names the method and the node's words, never the URL. */
#include <jansson.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

enum { L1_RPC_TEXT = 400, L1_RPC_ANSWER_MAX = 32 * 1024 * 1024 };

struct l1_rpc;
struct l1_block {
    uint64_t number;
    uint8_t hash[32];
};
struct l1_log {
    uint64_t block, index;
    uint8_t transaction[32];
    uint8_t topics[4][32];
    size_t n_topics;
    struct bytes_buf data;
};

MUST_CHECK enum err l1_rpc_new(struct l1_rpc **out, const char *url, uint64_t timeout_ms);
void l1_rpc_free(struct l1_rpc *r);
/* What went wrong last. */
const char *l1_rpc_text(const struct l1_rpc *r);
void l1_rpc_say(struct l1_rpc *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

MUST_CHECK enum err l1_rpc_chain_id(struct l1_rpc *r, uint64_t *out);
/* tag: "finalized", "safe", "latest". ERR_NOT_FOUND if the node has none yet. */
MUST_CHECK enum err l1_rpc_block_by_tag(struct l1_rpc *r, struct l1_block *out, const char *tag);
MUST_CHECK enum err l1_rpc_block(struct l1_rpc *r, struct l1_block *out, uint64_t number);
/* parentBeaconBlockRoot of a block; zeros if it has none. ERR_NOT_FOUND: no such block yet. */
MUST_CHECK enum err l1_rpc_beacon_root(struct l1_rpc *r, uint8_t out[32], uint64_t number);
/* Code at an address in a block: its length. */
MUST_CHECK enum err l1_rpc_code_size(struct l1_rpc *r, size_t *out, const uint8_t address[20],
                                     uint64_t block);
MUST_CHECK enum err l1_rpc_balance(struct l1_rpc *r, uint8_t out[32], const uint8_t address[20],
                                   uint64_t block);
/* eth_call; the answer is appended to out. */
MUST_CHECK enum err l1_rpc_call(struct l1_rpc *r, struct bytes_buf *out, const uint8_t to[20],
                                struct span input, uint64_t block);
/* Every log of a contract in from..to, in order, checked for form and range. */
MUST_CHECK enum err l1_rpc_logs(struct l1_rpc *r, const uint8_t contract[20], uint64_t from,
                                uint64_t to, enum err (*each)(void *ctx, const struct l1_log *log),
                                void *ctx);
/* Input of a mined transaction to `to` in `block`, and the versioned hash of its first blob and the number
 * of them. ERR_PROTOCOL if it is another transaction. */
struct l1_blobs {
    size_t n;
    uint8_t versioned_hash[32];
};
MUST_CHECK enum err l1_rpc_transaction(struct l1_rpc *r, struct bytes_buf *input,
                                       struct l1_blobs *blobs, const uint8_t hash[32],
                                       const uint8_t to[20], uint64_t block);
#endif

#ifndef CHAIN_ADAPTERS_EVM_HAWSER_ABI_H
#define CHAIN_ADAPTERS_EVM_HAWSER_ABI_H
/* Calls, return values, events and errors of contracts/src/Hawser.sol, typed.
 *
 * Threads:   pure.
 * Lifetime:  spans in decoded values borrow from the input.
 * Limits:    HAWSER_PARTICIPANTS_MAX, HAWSER_CHAINS_MAX.
 * Errors:    encoders: ERR_TOO_LARGE, ERR_NOMEM of the buffer. Decoders: ERR_PARSE, ERR_RANGE.
 * Source:    docs/protocol/settlement.md section 3. */

#include <stdbool.h>

#include "chain_adapters/chain_adapter.h"
#include "chain_adapters/evm/abi.h"

enum hawser_abi_limits {
    HAWSER_PARTICIPANTS_MAX = 16,
    HAWSER_CHAINS_MAX = 16,
    HAWSER_ORACLES_MAX = 64,
    HAWSER_SEGMENTS_MAX = 64,
    HAWSER_PRIORITY_RECORD_MAX = 62,
    HAWSER_OPENING_BYTES = 128, /* b 32 | KZG commitment 48 | KZG proof 48 */
};

struct hawser_statement {
    uint64_t k;
    uint64_t time; /* T_k, seconds */
    uint8_t prev_final_root[32];
    uint8_t final_root[32];
    size_t participant_count;
    uint64_t participants[HAWSER_PARTICIPANTS_MAX]; /* L1 chain ids, ascending */
    uint8_t pubdata_hashes[HAWSER_PARTICIPANTS_MAX][32];
};

/* A segment whose rest lies in the transaction's blob (docs/protocol/blobs.md). */
struct hawser_blob_segment {
    uint8_t hash[32]; /* SHA-256 of the whole segment */
    uint32_t length;
    struct span head;
};

/* Calls: selector and arguments are appended to out. Amounts in the token's smallest unit. */
MUST_CHECK enum err hawser_encode_deposit(struct bytes_buf *out, uint32_t token, abi_u128 amount,
                                          uint32_t account, uint8_t slot, const uint8_t owner[20]);
MUST_CHECK enum err hawser_encode_deposit_with_key(struct bytes_buf *out, uint32_t token,
                                                   abi_u128 amount, uint32_t account, uint8_t slot,
                                                   const uint8_t key_root[20], uint64_t key_nonce);
MUST_CHECK enum err hawser_encode_set_key(struct bytes_buf *out, uint32_t account, uint8_t auth,
                                          uint8_t height, const uint8_t key_root[20],
                                          uint64_t key_nonce);
MUST_CHECK enum err hawser_encode_request_exit(struct bytes_buf *out, uint32_t account,
                                               uint8_t slot);
MUST_CHECK enum err hawser_encode_register_token(struct bytes_buf *out, const uint8_t token[20]);
/* segments: this chain's part of the batch in order; n = 0 iff it takes no part. */
MUST_CHECK enum err hawser_encode_commit_batch(struct bytes_buf *out,
                                               const struct hawser_statement *s,
                                               const struct span *segments, size_t n,
                                               uint64_t epoch);
/* n >= 1: the same with the segments' rest in the one blob of the transaction. */
MUST_CHECK enum err hawser_encode_commit_blob_batch(struct bytes_buf *out,
                                                    const struct hawser_statement *s,
                                                    const struct hawser_blob_segment *segments,
                                                    size_t n,
                                                    const uint8_t opening[HAWSER_OPENING_BYTES],
                                                    uint64_t epoch);
MUST_CHECK enum err hawser_encode_revert_batches(struct bytes_buf *out, uint64_t from_k);
/* The batches after the last proven one up to to_k, by one proof of the terminal program. */
MUST_CHECK enum err hawser_encode_prove_batches(struct bytes_buf *out, uint64_t to_k,
                                                struct span proof);
/* signatures: n x 65 bytes r | s | v, ascending by signer. */
MUST_CHECK enum err hawser_encode_submit_agreement(struct bytes_buf *out, uint32_t set, uint64_t k,
                                                   const uint8_t digest[32],
                                                   struct span signatures);
/* regions: priority regions of all segments in order | their withdrawal regions in order. */
MUST_CHECK enum err hawser_encode_execute_batch(struct bytes_buf *out, uint64_t k,
                                                struct span regions);
MUST_CHECK enum err hawser_encode_withdraw_pending(struct bytes_buf *out, uint32_t token,
                                                   const uint8_t owner[20]);
MUST_CHECK enum err hawser_encode_hand_over(struct bytes_buf *out, const uint8_t to[20],
                                            uint64_t epoch);
/* ERC-20 approve(spender, amount), which a deposit of tokens needs before. */
MUST_CHECK enum err erc20_encode_approve(struct bytes_buf *out, const uint8_t spender[20],
                                         const struct u256 *amount);
MUST_CHECK enum err erc20_encode_transfer(struct bytes_buf *out, const uint8_t to[20],
                                          const struct u256 *amount);
MUST_CHECK enum err erc20_encode_balance_of(struct bytes_buf *out, const uint8_t owner[20]);

/* Calldata of commitBatch back into its arguments (segments borrow from it). ERR_NOT_FOUND if it is
 * a call of another function. */
MUST_CHECK enum err hawser_decode_commit_batch(struct hawser_statement *s,
                                               struct span segments[HAWSER_SEGMENTS_MAX], size_t *n,
                                               uint64_t *epoch, struct span calldata);

/* The same of commitBlobBatch (heads borrow); ERR_PARSE for an opening of another length. */
MUST_CHECK enum err hawser_decode_commit_blob_batch(
    struct hawser_statement *s, struct hawser_blob_segment segments[HAWSER_SEGMENTS_MAX], size_t *n,
    uint8_t opening[HAWSER_OPENING_BYTES], uint64_t *epoch, struct span calldata);

/* Views. Arguments: appended after the selector. */
enum hawser_view {
    HAWSER_VIEW_COMMITTED_K,       /* u64 */
    HAWSER_VIEW_PROVEN_K,          /* u64 */
    HAWSER_VIEW_AGREED_K,          /* u64 */
    HAWSER_VIEW_EXECUTED_K,        /* u64 */
    HAWSER_VIEW_FIRST_OPEN_REQUEST,   /* u64 */
    HAWSER_VIEW_COMMITTED_REQUESTS,   /* u64 */
    HAWSER_VIEW_TOTAL_REQUESTS,       /* u64 */
    HAWSER_VIEW_EPOCH,             /* u64 */
    HAWSER_VIEW_EXECUTION_DELAY,   /* u64, seconds */
    HAWSER_VIEW_REQUEST_FEE,       /* u256, wei: of a request made now */
    HAWSER_VIEW_TOKEN_COUNT,       /* u64, highest token id */
    HAWSER_VIEW_THRESHOLD,         /* u64 */
    HAWSER_VIEW_DEPLOYMENT_ID,     /* 32 bytes */
    HAWSER_VIEW_CHAINS_DIGEST,     /* 32 bytes */
    HAWSER_VIEW_PROGRAMS_DIGEST,   /* 32 bytes */
    HAWSER_VIEW_OPERATOR,          /* address */
    HAWSER_VIEW_REGISTRAR,         /* address */
    HAWSER_VIEW_VERIFIER,          /* address */
    HAWSER_VIEW_STATEMENT_VERSION,
    HAWSER_VIEW_COUNT_
};
/* Views without arguments. */
MUST_CHECK enum err hawser_encode_view(struct bytes_buf *out, enum hawser_view view);
MUST_CHECK enum err hawser_encode_batches(struct bytes_buf *out, uint64_t k);
MUST_CHECK enum err hawser_encode_requests(struct bytes_buf *out, uint64_t index);
MUST_CHECK enum err hawser_encode_pending(struct bytes_buf *out, uint32_t token,
                                          const uint8_t owner[20]);
MUST_CHECK enum err hawser_encode_held(struct bytes_buf *out, uint32_t token);
MUST_CHECK enum err hawser_encode_key_nonce(struct bytes_buf *out, const uint8_t owner[20]);
MUST_CHECK enum err hawser_encode_tokens(struct bytes_buf *out, uint32_t id);
MUST_CHECK enum err hawser_encode_token_ids(struct bytes_buf *out, const uint8_t token[20]);
MUST_CHECK enum err hawser_encode_is_oracle(struct bytes_buf *out, const uint8_t address[20]);

/* Return data of views with one value: keyNonce, tokenIds, held, pending, and those above. */
MUST_CHECK enum err hawser_decode_u64(uint64_t *out, struct span result);
MUST_CHECK enum err hawser_decode_u256(struct u256 *out, struct span result);
MUST_CHECK enum err hawser_decode_hash(uint8_t out[32], struct span result);
MUST_CHECK enum err hawser_decode_address(uint8_t out[20], struct span result);

enum hawser_batch_state {
    HAWSER_BATCH_NONE,
    HAWSER_BATCH_COMMITTED,
    HAWSER_BATCH_PROVEN,
    HAWSER_BATCH_AGREED,
    HAWSER_BATCH_EXECUTED,
};

struct hawser_batch {
    uint8_t stmt[32];
    uint8_t final_root[32];
    uint8_t prev_final_root[32];
    uint8_t digest[32]; /* D_k */
    enum hawser_batch_state state;
    uint64_t time; /* T_k */
    uint64_t committed_at, proven_at, executed_at; /* seconds of the block, 0 if not yet */
    uint16_t priority_count, withdrawal_count;
};
MUST_CHECK enum err hawser_decode_batch(struct hawser_batch *out, struct span result);

struct hawser_request {
    uint8_t hash[32];
    uint8_t payer[20];
    abi_u128 fee;    /* wei */
    abi_u128 amount; /* deposits */
    uint32_t token;
    uint64_t expires_at;
};
MUST_CHECK enum err hawser_decode_request(struct hawser_request *out, struct span result);

/* Events. */
enum hawser_event_kind {
    HAWSER_EVENT_PRIORITY_REQUEST,
    HAWSER_EVENT_TOKEN_REGISTERED,
    HAWSER_EVENT_BATCH_COMMITTED,
    HAWSER_EVENT_BATCH_REVERTED,
    HAWSER_EVENT_BATCH_PROVEN,
    HAWSER_EVENT_BATCH_AGREED,   /* every batch up to k is agreed */
    HAWSER_EVENT_BATCH_EXECUTED,
    HAWSER_EVENT_PAID,           /* k = 0: taken from the pending balances */
    HAWSER_EVENT_PAYMENT_PENDING,
    HAWSER_EVENT_REFUNDED,
    HAWSER_EVENT_OPERATOR_CHANGED,
    HAWSER_EVENT_COUNT_
};

struct hawser_event {
    enum hawser_event_kind kind;
    uint64_t k;          /* BATCH_*, PAID, PAYMENT_PENDING */
    uint64_t index;      /* PRIORITY_REQUEST, REFUNDED: number in the queue */
    uint8_t request_kind; /* PRIORITY_REQUEST: 1..4 */
    struct span request; /* PRIORITY_REQUEST: the record with outcome 0 */
    uint64_t expires_at; /* PRIORITY_REQUEST, seconds */
    uint32_t token;      /* TOKEN_REGISTERED, PAID, PAYMENT_PENDING, REFUNDED */
    uint8_t address[20]; /* payer, token, receiver, operator */
    abi_u128 amount;     /* PAID, PAYMENT_PENDING, REFUNDED */
    uint8_t stmt[32];    /* BATCH_COMMITTED */
    uint8_t final_root[32]; /* BATCH_COMMITTED, _PROVEN, _EXECUTED */
    uint8_t digest[32];  /* BATCH_COMMITTED, _AGREED */
    uint64_t epoch;      /* OPERATOR_CHANGED */
};
/* ERR_NOT_FOUND for an event that is not in the list. */
MUST_CHECK enum err hawser_decode_event(struct hawser_event *out, const struct chain_log *log);
const char *hawser_event_name(enum hawser_event_kind kind);

/* EIP-712 digest that oracles sign for (set, k, D_k): Hawser.agreementHash. */
void hawser_agreement_hash(uint8_t out[32], const uint8_t deployment_id[32], uint32_t set,
                           uint64_t k, const uint8_t digest[32]);

/* Constructor. */
struct hawser_chain_entry {
    uint16_t index;
    uint64_t chain_id;
    uint8_t hawser[20];
    uint32_t finality;
};
struct hawser_deployment {
    size_t chain_count;
    struct hawser_chain_entry chains[HAWSER_CHAINS_MAX];
    uint8_t genesis_root[32];
    uint8_t program_id[32]; /* key id of the terminal program */
    uint8_t verifier[20];
    uint16_t threshold;
    size_t oracle_count;
    uint8_t oracles[HAWSER_ORACLES_MAX][20]; /* ascending */
    uint8_t salt[32];
    uint8_t operator_address[20];
    uint8_t registrar[20];
    uint64_t execution_delay; /* seconds */
    abi_u128 base_fee;        /* wei */
};
/* Arguments only; they follow the creation code. */
MUST_CHECK enum err hawser_encode_constructor(struct bytes_buf *out,
                                              const struct hawser_deployment *d);

/* Revert data as text: "WrongBatch(3, 2)", "Error(text)", "Panic(17)", or hex if unknown; "no data"
 * when empty. Always ends with a zero byte. */
#define HAWSER_REVERT_TEXT 256
void hawser_revert_text(char out[HAWSER_REVERT_TEXT], struct span data);

#endif

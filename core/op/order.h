#ifndef CORE_OP_ORDER_H
#define CORE_OP_ORDER_H
/* What a user signs: element lists and digests of every order (table of REQ-SIG in
 * docs/protocol/state.md). The digest is the XMSS message.
 *
 * Threads: pure. Callers give valid fields (slots, tokens < 2^25, chains u16, deadline u32). */
#include "core/op/op.h"

enum {
    ORDER_PREAMBLE = 14,
    ORDER_TRANSFER_LEN = 34,
    ORDER_WITHDRAW_LEN = 36,
    ORDER_CHANGE_KEY_LEN = 26,
    ORDER_SWAP_LEN = 44,
    ORDER_LIQUIDITY_LEN = 42,
    ORDER_CREATE_LEN = 35,
    ORDER_HALF_LEN = 22,
    ORDER_LEN_MAX = 44,
};

/* Owner as 10 elements: bytes 2i, 2i+1 big-endian. */
void owner_elements(uint32_t out[10], const struct owner *owner);

/* The preimage elements; each returns its length. auth->changes must be set. `kind` is the op code
 * of the record that carries the signature. */
uint32_t order_preamble(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                        const struct op_auth *auth, uint8_t kind);
uint32_t order_transfer_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                 const struct op_transfer *op);
uint32_t order_withdraw_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                 const struct op_withdraw *op);
uint32_t order_change_key_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                                   const struct op_change_key *op);
uint32_t order_swap_elements(uint32_t *out, const uint32_t dep[8], const struct swap_order *order);
uint32_t order_liquidity_elements(uint32_t *out, const uint32_t dep[8],
                                  const struct liquidity_order *order);
uint32_t order_create_elements(uint32_t *out, const uint32_t dep[8],
                               const struct create_order *order);
/* common = the digest of the liquidity or create order; kind OP_CREATE, OP_ADD or OP_REMOVE. */
uint32_t order_half_elements(uint32_t *out, const uint32_t dep[8], uint16_t chain,
                             const struct op_auth *auth, uint8_t kind,
                             const struct digest8 *common);

void order_transfer_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                           const struct op_transfer *op);
void order_withdraw_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                           const struct op_withdraw *op);
void order_change_key_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                             const struct op_change_key *op);
void order_swap_digest(struct digest8 *out, const uint32_t dep[8], const struct swap_order *order);
void order_liquidity_digest(struct digest8 *out, const uint32_t dep[8],
                            const struct liquidity_order *order);
void order_create_digest(struct digest8 *out, const uint32_t dep[8],
                         const struct create_order *order);
void order_half_digest(struct digest8 *out, const uint32_t dep[8], uint16_t chain,
                       const struct op_auth *auth, uint8_t kind, const struct digest8 *common);

/* Slot-0 digests (REQ-CELL-3, -4). */
struct user_cell;
void user_cell_digest(struct cell *out, const struct user_cell *user);
void pool_cell_digest(struct cell *out, const struct pool_half *pool);
#endif

#ifndef COMMON_MSG_MSG_H
#define COMMON_MSG_MSG_H
/* What travels between our processes: a framed, versioned, signed message.
 *
 *   magic "HWM1" | channel (4) | version (2) | type (2) | sequence (8) | body length (4) | body
 *   | signature (65)
 *
 * Integers big endian. The signature is secp256k1 over SHA-256("hawser message 1" || everything
 * before the signature); the signer is recovered from it and must be on the receiver's list.
 * channel names the link and direction (MSG_CHANNEL_*), so that a message cannot be moved to
 * another one. sequence grows per signer and channel; receivers of non-idempotent messages check it
 * with msg_sequence_accept.
 *
 * Threads:   pure, apart from the objects' own state.
 * Limits:    MSG_BODY_MAX. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"
#include "common/crypto/secp256k1_sign.h"

#define MSG_BODY_MAX    (64u * 1024 * 1024)
#define MSG_OVERHEAD    (24 + ECDSA_SIGNATURE_SIZE)
#define MSG_SIGNERS_MAX 64

enum msg_channel {
    MSG_CHANNEL_API_TO_ORCHESTRATOR = 1,
    MSG_CHANNEL_ORCHESTRATOR_TO_API = 2,
    MSG_CHANNEL_PROVER_TO_ORCHESTRATOR = 3,
    MSG_CHANNEL_ORCHESTRATOR_TO_PROVER = 4,
    MSG_CHANNEL_ORCHESTRATOR_TO_AUDIT = 5,
    MSG_CHANNEL_AUDIT_TO_ORCHESTRATOR = 6,
    MSG_CHANNEL_ORACLE_TO_ORACLE = 7,
    MSG_CHANNEL_ORACLE_TO_ORCHESTRATOR = 8,
};

/* Decoded; body borrows from the received bytes. */
struct msg {
    enum msg_channel channel;
    uint16_t version;
    uint16_t type;
    uint64_t sequence;
    struct span body;
};

/* Who signs: one per process. Holds a secret; wiped by msg_signer_deinit. */
struct msg_signer {
    uint8_t key[ECDSA_KEY_SIZE];
    uint8_t address[ETH_ADDRESS_SIZE];
    uint64_t sequence; /* of the last message sealed */
};

/* first_sequence: e.g. wall clock in microseconds, so that a restart goes on above. */
MUST_CHECK enum err msg_signer_init(struct msg_signer *signer, const uint8_t key[ECDSA_KEY_SIZE],
                                    uint64_t first_sequence);
void msg_signer_deinit(struct msg_signer *signer);

/* Whose messages are accepted. */
struct msg_trust {
    uint8_t address[MSG_SIGNERS_MAX][ETH_ADDRESS_SIZE];
    size_t count;
};

MUST_CHECK enum err msg_trust_add(struct msg_trust *trust, const uint8_t address[ETH_ADDRESS_SIZE]);

/* Appends the signed frame to out; msg->sequence is ignored, the signer's next one is used. */
MUST_CHECK enum err msg_seal(struct bytes_buf *out, struct msg_signer *signer,
                             const struct msg *msg);
/* ERR_PARSE: malformed or longer or shorter than it says; ERR_PROTOCOL: other channel than expected;
 * ERR_AUTH: signature bad or signer not trusted. *signer_index: position in the trust list. */
MUST_CHECK enum err msg_open(struct msg *out, size_t *signer_index, struct span bytes,
                             enum msg_channel expected, const struct msg_trust *trust);

/* Last sequence seen per trusted signer. */
struct msg_replay {
    uint64_t last[MSG_SIGNERS_MAX];
};

/* ERR_CONFLICT unless sequence is above the signer's last one; then it becomes the last one. */
MUST_CHECK enum err msg_sequence_accept(struct msg_replay *replay, size_t signer_index,
                                        uint64_t sequence);

#endif

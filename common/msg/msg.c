#include "common/msg/msg.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/secret.h"
#include "common/crypto/sha256.h"

#define HEADER_SIZE 24

static const uint8_t magic[4] = {'H', 'W', 'M', '1'};
static const char domain[] = "hawser message 1";

static void digest_of(uint8_t digest[SHA256_SIZE], const uint8_t *bytes, size_t len)
{
    sha256_two(digest, domain, sizeof domain - 1, bytes, len);
}

enum err msg_signer_init(struct msg_signer *signer, const uint8_t key[ECDSA_KEY_SIZE],
                         uint64_t first_sequence)
{
    struct msg_signer fresh = {.sequence = first_sequence};
    ERR_TRY(ecdsa_key_address(fresh.address, key));
    memcpy(fresh.key, key, ECDSA_KEY_SIZE);
    *signer = fresh;
    secret_wipe(&fresh, sizeof fresh);
    return ERR_OK;
}

void msg_signer_deinit(struct msg_signer *signer)
{
    secret_wipe(signer, sizeof *signer);
}

enum err msg_trust_add(struct msg_trust *trust, const uint8_t address[ETH_ADDRESS_SIZE])
{
    for (size_t i = 0; i < trust->count; i++) {
        if (memcmp(trust->address[i], address, ETH_ADDRESS_SIZE) == 0) return ERR_EXISTS;
    }
    if (trust->count == MSG_SIGNERS_MAX) return ERR_FULL;
    memcpy(trust->address[trust->count++], address, ETH_ADDRESS_SIZE);
    return ERR_OK;
}

enum err msg_seal(struct bytes_buf *out, struct msg_signer *signer, const struct msg *msg)
{
    if (msg->body.len > MSG_BODY_MAX) return ERR_TOO_LARGE;
    if (signer->sequence == UINT64_MAX) return ERR_OVERFLOW;
    size_t start = out->len;
    ERR_TRY(bytes_buf_reserve(out, MSG_OVERHEAD + msg->body.len));
    uint8_t *p = out->data + start;
    memcpy(p, magic, sizeof magic);
    put_be32(p + 4, (uint32_t)msg->channel);
    put_be16(p + 8, msg->version);
    put_be16(p + 10, msg->type);
    put_be64(p + 12, signer->sequence + 1);
    put_be32(p + 20, (uint32_t)msg->body.len);
    if (msg->body.len > 0) memcpy(p + HEADER_SIZE, msg->body.data, msg->body.len);
    size_t signed_len = HEADER_SIZE + msg->body.len;
    uint8_t digest[SHA256_SIZE];
    digest_of(digest, p, signed_len);
    ERR_TRY(ecdsa_sign(p + signed_len, signer->key, digest));
    signer->sequence++;
    out->len = start + signed_len + ECDSA_SIGNATURE_SIZE;
    return ERR_OK;
}

enum err msg_open(struct msg *out, size_t *signer_index, struct span bytes,
                  enum msg_channel expected, const struct msg_trust *trust)
{
    if (bytes.len < MSG_OVERHEAD) return ERR_PARSE;
    const uint8_t *p = bytes.data;
    uint32_t body_len = get_be32(p + 20);
    if (memcmp(p, magic, sizeof magic) != 0) return ERR_PARSE;
    if (body_len > MSG_BODY_MAX || bytes.len - MSG_OVERHEAD != body_len) return ERR_PARSE;
    if (get_be32(p + 4) != (uint32_t)expected) return ERR_PROTOCOL;
    size_t signed_len = HEADER_SIZE + (size_t)body_len;
    uint8_t digest[SHA256_SIZE];
    uint8_t signer[ETH_ADDRESS_SIZE];
    digest_of(digest, p, signed_len);
    if (ecdsa_recover_address(signer, p + signed_len, digest) != ERR_OK) return ERR_AUTH;
    for (size_t i = 0; i < trust->count; i++) {
        if (memcmp(trust->address[i], signer, ETH_ADDRESS_SIZE) != 0) continue;
        *out = (struct msg){
            .channel = expected,
            .version = get_be16(p + 8),
            .type = get_be16(p + 10),
            .sequence = get_be64(p + 12),
            .body = span_make(p + HEADER_SIZE, body_len),
        };
        *signer_index = i;
        return ERR_OK;
    }
    return ERR_AUTH;
}

enum err msg_sequence_accept(struct msg_replay *replay, size_t signer_index, uint64_t sequence)
{
    if (signer_index >= MSG_SIGNERS_MAX) return ERR_ARG;
    if (sequence <= replay->last[signer_index]) return ERR_CONFLICT;
    replay->last[signer_index] = sequence;
    return ERR_OK;
}

/* Proofs of the layers as bytes. */
#include "prover/recursion/layers.h"

enum { HEAD_BYTES = 3 };

size_t layer_proof_wire_len(enum layer layer)
{
    const struct program *p = layer_program(layer);
    return HEAD_BYTES + 4 * (size_t)p->system->n_public + p->proof_len;
}

enum err layer_proof_encode(const struct layer_proof *p, struct bytes_buf *out)
{
    ERR_TRY(bytes_buf_append_u8(out, (uint8_t)p->layer));
    ERR_TRY(bytes_buf_append_be16(out, (uint16_t)p->n_publics));
    for (uint32_t i = 0; i < p->n_publics; i++)
        ERR_TRY(bytes_buf_append_be32(out, p->publics[i]));
    return bytes_buf_append(out, p->proof.data, p->proof.len);
}

enum err layer_proof_decode(struct layer_proof *out, const uint8_t *data, size_t len)
{
    layer_proof_init(out, LAYER_LEAF);
    if (len < HEAD_BYTES || data[0] >= LAYER_COUNT) return ERR_PARSE;
    out->layer = (enum layer)data[0];
    const uint32_t n = layer_program(out->layer)->system->n_public;
    if (len != layer_proof_wire_len(out->layer)) return ERR_PARSE;
    if (((uint32_t)data[1] << 8 | data[2]) != n) return ERR_PARSE;
    out->n_publics = n;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *b = data + HEAD_BYTES + 4 * (size_t)i;
        out->publics[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        if (out->publics[i] >= IR_P) return ERR_PARSE;
    }
    const size_t at = HEAD_BYTES + 4 * (size_t)n;
    return bytes_buf_append(&out->proof, data + at, len - at);
}

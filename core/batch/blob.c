#include "core/batch/blob.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "core/batch/statement.h"
#include "core/op/codec.h"

enum { ELEMENT_BYTES = 31 };

static uint32_t elements_of(uint32_t bytes) { return (bytes + ELEMENT_BYTES - 1) / ELEMENT_BYTES; }

uint32_t blob_head_elements(const struct chain_trace *t)
{
    uint32_t withdrawals = get_be16(t->bytes + 18), priority = get_be32(t->bytes + 20);
    return elements_of(SEGMENT_HEADER_BYTES + priority + withdrawals * RECORD_WITHDRAW_BYTES);
}

uint32_t blob_head_bytes(const struct chain_trace *t)
{
    uint32_t n = ELEMENT_BYTES * blob_head_elements(t);
    return n < t->n_bytes ? n : t->n_bytes;
}

uint32_t blob_rest_elements(struct chain_trace *const *segments, uint32_t n)
{
    uint32_t rest = 0;
    for (uint32_t i = 0; i < n; i++)
        rest += elements_of(segments[i]->n_bytes) - blob_head_elements(segments[i]);
    return rest;
}

/* Element j of a segment. */
static void element(uint8_t out[32], const struct chain_trace *t, uint32_t j)
{
    uint32_t at = ELEMENT_BYTES * j, n = t->n_bytes - at;
    memset(out, 0, 32);
    memcpy(out + 1, t->bytes + at, n < ELEMENT_BYTES ? n : ELEMENT_BYTES);
}

enum err blob_part_bytes(uint8_t blob[KZG_BLOB_BYTES], struct chain_trace *const *segments,
                         uint32_t n)
{
    uint32_t rest = blob_rest_elements(segments, n), left = rest;
    if (rest == 0 || rest > KZG_ELEMENTS) return ERR_ARG;
    uint8_t(*coefficients)[32] = malloc(rest * sizeof *coefficients);
    if (!coefficients) return ERR_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t end = elements_of(segments[i]->n_bytes);
        for (uint32_t j = blob_head_elements(segments[i]); j < end; j++)
            element(coefficients[--left], segments[i], j); /* d_0 belongs to the highest power */
    }
    enum err err = kzg_blob_from_coefficients(blob, (const uint8_t(*)[32])coefficients, rest);
    free(coefficients);
    return err;
}

static enum err versioned_hash_compute(uint8_t out[32], struct chain_trace *const *segments,
                                       uint32_t n)
{
    uint8_t commitment[48], *blob = malloc(KZG_BLOB_BYTES);
    if (!blob) return ERR_NOMEM;
    enum err err = blob_part_bytes(blob, segments, n);
    if (err == ERR_OK) err = kzg_commit(commitment, blob);
    if (err == ERR_OK) kzg_versioned_hash(out, commitment);
    free(blob);
    return err;
}

static void point_draw(uint8_t z[32], const uint8_t versioned_hash[32],
                       struct chain_trace *const *segments, uint32_t n)
{
    static const uint8_t tag[16] = "HAWSER-BLOB-1";
    struct sha256 s;
    uint8_t count = (uint8_t)n, digest[32];
    sha256_init(&s);
    sha256_update(&s, tag, sizeof tag);
    sha256_update(&s, versioned_hash, 32);
    sha256_update(&s, &count, 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct chain_trace *t = segments[i];
        uint8_t length[4], head[32];
        put_be32(length, t->n_bytes);
        sha256(head, t->bytes, blob_head_bytes(t));
        sha256_update(&s, t->segment_hash, 32);
        sha256_update(&s, length, sizeof length);
        sha256_update(&s, head, sizeof head);
    }
    sha256_final(&s, digest);
    kzg_reduce(z, digest);
}

/* Both values through one segment; fills its .blob. */
static void values_run(struct chain_trace *t, struct blob_part *part)
{
    struct trace_blob *out = &t->blob;
    uint8_t v[32] = {1}; /* 2^248 + L */
    uint32_t n = elements_of(t->n_bytes);
    out->on = true;
    out->head = blob_head_elements(t);
    memcpy(out->z, part->z, 32);
    memcpy(out->a_before, part->a, 32);
    memcpy(out->b_before, part->b, 32);
    put_be32(v + 28, t->n_bytes);
    kzg_horner(part->a, part->z, v);
    for (uint32_t j = 0; j < n; j++) {
        element(v, t, j);
        kzg_horner(j < out->head ? part->a : part->b, part->z, v);
    }
    memcpy(out->a_after, part->a, 32);
    memcpy(out->b_after, part->b, 32);
}

enum err blob_part_make(struct blob_part *out, struct chain_trace *const *segments, uint32_t n,
                        const uint8_t *versioned_hash)
{
    uint8_t hashes[BATCH_SEGMENTS_MAX][32];
    struct blob_part part = {.n_elements = blob_rest_elements(segments, n)};
    if (n == 0 || n > BATCH_SEGMENTS_MAX || part.n_elements == 0 ||
        part.n_elements > KZG_ELEMENTS)
        return ERR_ARG;
    if (versioned_hash)
        memcpy(part.versioned_hash, versioned_hash, 32);
    else
        ERR_TRY(versioned_hash_compute(part.versioned_hash, segments, n));
    point_draw(part.z, part.versioned_hash, segments, n);
    for (uint32_t i = 0; i < n; i++) {
        values_run(segments[i], &part);
        memcpy(hashes[i], segments[i]->segment_hash, 32);
    }
    ERR_TRY(blob_pubdata_hash(part.pubdata, hashes[0], n, part.z, part.a, part.b));
    *out = part;
    return ERR_OK;
}

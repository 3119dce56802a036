#include "audit/blob.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"

enum {
    CHUNK = 31, /* bytes of an element */
    HEADER = 44,
    HEADER_WITHDRAWALS = 18, /* REQ-PUB-1: counts in the header, and bytes of a record */
    HEADER_PRIORITY_BYTES = 20,
    WITHDRAWAL = 44,
};
typedef uint8_t element[32];

static size_t chunks(size_t bytes)
{
    return (bytes + CHUNK - 1) / CHUNK;
}

/* Bytes of a segment that the contract must see: header and regions. `start` has the header. */
static uint64_t seen_bytes(const uint8_t *start)
{
    return HEADER + (uint64_t)get_be32(start + HEADER_PRIORITY_BYTES) +
           (uint64_t)WITHDRAWAL * get_be16(start + HEADER_WITHDRAWALS);
}

static void element_of(element out, const uint8_t *bytes, size_t n)
{
    memset(out, 0, 32);
    memcpy(out + 1, bytes, n < CHUNK ? n : CHUNK);
}

/* z of the part. */
static void point(element z, const uint8_t versioned_hash[32], const struct blob_segment *s, size_t n)
{
    uint8_t start[16] = "HAWSER-BLOB-1";
    uint8_t digest[32];
    uint8_t count = (uint8_t)n;
    struct sha256 h;
    sha256_init(&h);
    sha256_update(&h, start, sizeof start);
    sha256_update(&h, versioned_hash, 32);
    sha256_update(&h, &count, 1);
    for (size_t i = 0; i < n; i++) {
        uint8_t row[32 + 4 + 32];
        memcpy(row, s[i].hash, 32);
        put_be32(row + 32, s[i].length);
        sha256(row + 36, s[i].head.data, s[i].head.len);
        sha256_update(&h, row, sizeof row);
    }
    sha256_final(&h, digest);
    kzg_reduce(z, digest);
}

/* What stands in the statement. coefficients: of the rest, the last element of the part first. */
static void hash_of(uint8_t out[32], const uint8_t versioned_hash[32], const struct blob_segment *s,
                    size_t n, const element *coefficients, size_t n_rest)
{
    element z;
    element a = {0};
    element b = {0};
    uint8_t form = (uint8_t)(0x80 + n);
    struct sha256 h;
    point(z, versioned_hash, s, n);
    for (size_t i = 0; i < n; i++) {
        element v = {1}; /* 2^248 + length */
        put_be32(v + 28, s[i].length);
        kzg_horner(a, z, v);
        for (size_t at = 0; at < s[i].head.len; at += CHUNK) {
            element_of(v, s[i].head.data + at, s[i].head.len - at);
            kzg_horner(a, z, v);
        }
    }
    for (size_t i = n_rest; i > 0; i--)
        kzg_horner(b, z, coefficients[i - 1]);
    sha256_init(&h);
    sha256_update(&h, &form, 1);
    for (size_t i = 0; i < n; i++)
        sha256_update(&h, s[i].hash, 32);
    sha256_update(&h, z, 32);
    sha256_update(&h, a, 32);
    sha256_update(&h, b, 32);
    sha256_final(&h, out);
}

static enum err hash_of_blob(uint8_t out[32], const uint8_t blob[KZG_BLOB_BYTES])
{
    uint8_t commitment[48];
    ERR_TRY(kzg_commit(commitment, blob));
    kzg_versioned_hash(out, commitment);
    return ERR_OK;
}

enum err blob_is(const uint8_t blob[KZG_BLOB_BYTES], const uint8_t versioned_hash[32])
{
    uint8_t own[32];
    enum err err = hash_of_blob(own, blob);
    if (err == ERR_ARG) return ERR_MISMATCH; /* no field elements: nobody could commit to it */
    ERR_TRY(err);
    return memcmp(own, versioned_hash, 32) == 0 ? ERR_OK : ERR_MISMATCH;
}

/* ---- writing: what the operator will publish ---- */

static enum err heads_choose(struct blob_segment *s, const struct span *segments, size_t n,
                             size_t *n_rest, const char **why)
{
    *n_rest = 0;
    for (size_t i = 0; i < n; i++) {
        *why = "a segment is shorter than its header and regions";
        if (segments[i].len < HEADER || segments[i].len > UINT32_MAX) return ERR_AUDIT;
        uint64_t seen = seen_bytes(segments[i].data);
        if (seen > segments[i].len) return ERR_AUDIT;
        size_t head = CHUNK * chunks((size_t)seen);
        if (head > segments[i].len) head = segments[i].len;
        s[i].length = (uint32_t)segments[i].len;
        s[i].head = (struct span){segments[i].data, head};
        sha256(s[i].hash, segments[i].data, segments[i].len);
        *n_rest += chunks(segments[i].len) - chunks(head);
    }
    *why = "nothing of the part would lie in the blob";
    if (*n_rest == 0) return ERR_AUDIT;
    *why = "the part is larger than a blob";
    return *n_rest <= KZG_ELEMENTS ? ERR_OK : ERR_AUDIT;
}

enum err blob_pubdata(uint8_t out[32], const struct span *segments, size_t n, const char **why)
{
    struct blob_segment s[BLOB_SEGMENTS_MAX];
    size_t n_rest = 0;
    *why = "no segment, or more than 64";
    if (n == 0 || n > BLOB_SEGMENTS_MAX) return ERR_AUDIT;
    ERR_TRY(heads_choose(s, segments, n, &n_rest, why));
    element *coefficients = malloc(n_rest * sizeof *coefficients);
    uint8_t *blob = malloc(KZG_BLOB_BYTES);
    uint8_t versioned_hash[32];
    enum err err = coefficients == NULL || blob == NULL ? ERR_NOMEM : ERR_OK;
    size_t at = n_rest;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        for (size_t from = s[i].head.len; from < segments[i].len; from += CHUNK)
            element_of(coefficients[--at], segments[i].data + from, segments[i].len - from);
    }
    if (err == ERR_OK)
        err = kzg_blob_from_coefficients(blob, (const uint8_t(*)[32])coefficients, n_rest);
    if (err == ERR_OK) err = hash_of_blob(versioned_hash, blob);
    if (err == ERR_OK)
        hash_of(out, versioned_hash, s, n, (const element *)coefficients, n_rest);
    free(blob);
    free(coefficients);
    return err;
}

/* ---- reading: what the operator has published ---- */

static enum err refuse(struct blob_fault *fault, size_t segment, const char *why)
{
    *fault = (struct blob_fault){segment, why};
    return ERR_AUDIT;
}

/* Elements of every head and of the rest, as the transaction says. */
static enum err heads_check(const struct blob_segment *s, size_t n, size_t *n_rest,
                            struct blob_fault *fault)
{
    uint64_t rest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t head = s[i].head.len;
        if (head < HEADER || head > s[i].length || (head < s[i].length && head % CHUNK != 0))
            return refuse(fault, i, "the head has a length that is not allowed");
        if (seen_bytes(s[i].head.data) > head)
            return refuse(fault, i, "header and regions do not lie in the head");
        rest += chunks(s[i].length) - chunks(head);
    }
    if (rest == 0) return refuse(fault, n, "no data behind the heads");
    if (rest > KZG_ELEMENTS) return refuse(fault, n, "more data than a blob holds");
    *n_rest = (size_t)rest;
    return ERR_OK;
}

/* The bytes of segment i, from its head and the coefficients below *left. */
static enum err segment_join(struct bytes_buf *whole, const struct blob_segment *s, size_t i,
                             const element *coefficients, size_t *left, struct blob_fault *fault)
{
    static const uint8_t zeros[CHUNK];
    size_t start = whole->len;
    size_t done = s[i].head.len;
    uint8_t hash[32];
    ERR_TRY(bytes_buf_append(whole, s[i].head.data, s[i].head.len));
    while (done < s[i].length) {
        const uint8_t *e = coefficients[--*left];
        size_t n = s[i].length - done < CHUNK ? s[i].length - done : CHUNK;
        if (e[0] != 0) return refuse(fault, i, "an element of the blob has more than 31 bytes");
        if (memcmp(e + 1 + n, zeros, CHUNK - n) != 0)
            return refuse(fault, i, "the padding of the segment is not zero");
        ERR_TRY(bytes_buf_append(whole, e + 1, n));
        done += n;
    }
    sha256(hash, whole->data + start, s[i].length);
    if (memcmp(hash, s[i].hash, 32) != 0)
        return refuse(fault, i, "head and blob do not give the segment's hash");
    return ERR_OK;
}

static enum err all_join(struct bytes_buf *whole, const struct blob_segment *s, size_t n,
                         const element *coefficients, size_t n_rest, struct blob_fault *fault)
{
    static const element zero;
    size_t left = n_rest;
    for (size_t i = n_rest; i < KZG_ELEMENTS; i++) {
        if (memcmp(coefficients[i], zero, 32) != 0)
            return refuse(fault, n, "the blob holds more than the segments");
    }
    for (size_t i = 0; i < n; i++)
        ERR_TRY(segment_join(whole, s, i, coefficients, &left, fault));
    return ERR_OK;
}

enum err blob_segments(struct bytes_buf *whole, struct span segments[BLOB_SEGMENTS_MAX],
                       uint8_t pubdata[32], const struct blob_segment *s, size_t n,
                       const uint8_t versioned_hash[32], const uint8_t blob[KZG_BLOB_BYTES],
                       struct blob_fault *fault)
{
    size_t n_rest = 0;
    size_t start = whole->len;
    *fault = (struct blob_fault){n, "no segment, or more than 64"};
    if (n == 0 || n > BLOB_SEGMENTS_MAX) return ERR_AUDIT;
    ERR_TRY(heads_check(s, n, &n_rest, fault));
    element *coefficients = malloc(KZG_ELEMENTS * sizeof *coefficients);
    if (coefficients == NULL) return ERR_NOMEM;
    enum err err = kzg_coefficients_from_blob(coefficients, blob);
    if (err == ERR_ARG) err = refuse(fault, n, "the blob holds no field elements");
    if (err == ERR_OK)
        err = all_join(whole, s, n, (const element *)coefficients, n_rest, fault);
    if (err == ERR_OK)
        hash_of(pubdata, versioned_hash, s, n, (const element *)coefficients, n_rest);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        segments[i] = (struct span){whole->data + start, s[i].length};
        start += s[i].length;
    }
    free(coefficients);
    return err;
}

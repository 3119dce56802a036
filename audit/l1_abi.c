#include "audit/l1_abi.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/keccak256.h"

#define COMMIT_SIGNATURE                                                                           \
    "commitBatch((uint64,uint64,bytes32,bytes32,uint64[],bytes32[]),bytes[],uint64)"

#define COMMIT_BLOB_SIGNATURE                                                                      \
    "commitBlobBatch((uint64,uint64,bytes32,bytes32,uint64[],bytes32[]),(bytes32,uint32,bytes)[]," \
    "bytes,uint64)"

void l1_abi_topic(uint8_t out[32], const char *signature)
{
    keccak256(out, signature, strlen(signature));
}

void l1_abi_selector(uint8_t out[4], const char *signature)
{
    uint8_t hash[32];
    l1_abi_topic(hash, signature);
    memcpy(out, hash, 4);
}

enum err l1_abi_word(uint8_t out[32], struct span data, size_t at)
{
    if (data.len < 32 || at > data.len - 32) return ERR_PARSE;
    memcpy(out, data.data + at, 32);
    return ERR_OK;
}

enum err l1_abi_u64(uint64_t *out, struct span data, size_t at)
{
    uint8_t w[32];
    ERR_TRY(l1_abi_word(w, data, at));
    if (!bytes_are_zero(w, 24)) return ERR_PARSE;
    *out = get_be64(w + 24);
    return ERR_OK;
}

enum err l1_abi_u128(unsigned __int128 *out, struct span data, size_t at)
{
    uint8_t w[32];
    ERR_TRY(l1_abi_word(w, data, at));
    if (!bytes_are_zero(w, 16)) return ERR_PARSE;
    *out = (unsigned __int128)get_be64(w + 16) << 64 | get_be64(w + 24);
    return ERR_OK;
}

enum err l1_abi_address(uint8_t out[20], struct span data, size_t at)
{
    uint8_t w[32];
    ERR_TRY(l1_abi_word(w, data, at));
    if (!bytes_are_zero(w, 12)) return ERR_PARSE;
    memcpy(out, w + 12, 20);
    return ERR_OK;
}

/* data from the offset that the word at `at` names. */
static enum err tail(struct span *out, struct span data, size_t at)
{
    uint64_t offset = 0;
    ERR_TRY(l1_abi_u64(&offset, data, at));
    if (offset > data.len) return ERR_PARSE;
    *out = (struct span){data.data + offset, data.len - (size_t)offset};
    return ERR_OK;
}

enum err l1_abi_bytes(struct span *out, struct span data, size_t at)
{
    struct span t;
    uint64_t n = 0;
    ERR_TRY(tail(&t, data, at));
    ERR_TRY(l1_abi_u64(&n, t, 0));
    if (n > t.len - 32) return ERR_PARSE;
    *out = (struct span){t.data + 32, (size_t)n};
    return ERR_OK;
}

/* ---- commitBatch: one value has one encoding, which is read from the first byte to the last ---- */

struct calldata {
    struct span bytes;
    size_t at;    /* next byte */
    size_t start; /* of the arguments: offsets of the outermost tuple count from here */
    struct l1_abi_fault *fault;
};

static enum err refuse(struct calldata *c, size_t at, const char *what)
{
    *c->fault = (struct l1_abi_fault){at, what};
    return ERR_PARSE;
}

static enum err next_word(struct calldata *c, uint8_t out[32])
{
    if (c->bytes.len - c->at < 32) return refuse(c, c->at, "the calldata ends here");
    memcpy(out, c->bytes.data + c->at, 32);
    c->at += 32;
    return ERR_OK;
}

static enum err next_u64(struct calldata *c, uint64_t *out, const char *what)
{
    uint8_t w[32];
    ERR_TRY(next_word(c, w));
    if (!bytes_are_zero(w, 24)) return refuse(c, c->at - 32, what);
    *out = get_be64(w + 24);
    return ERR_OK;
}

/* A number that nothing but `expected` may be. */
static enum err next_is(struct calldata *c, uint64_t expected, const char *what)
{
    uint64_t v = 0;
    ERR_TRY(next_u64(c, &v, what));
    return v == expected ? ERR_OK : refuse(c, c->at - 32, what);
}

static enum err statement_read(struct calldata *c, struct statement_facts *s)
{
    enum { HEAD = 6 * 32 };
    uint64_t n = 0;
    uint64_t hashes_at = 0;
    size_t offset_word = 0;
    ERR_TRY(next_u64(c, &s->k, "k is no u64"));
    ERR_TRY(next_u64(c, &s->time, "the time is no u64"));
    ERR_TRY(next_word(c, s->final_root_before));
    ERR_TRY(next_word(c, s->final_root_after));
    ERR_TRY(next_is(c, HEAD, "the participants do not follow the statement's head"));
    offset_word = c->at;
    ERR_TRY(next_u64(c, &hashes_at, "the offset of the hashes is no u64"));
    ERR_TRY(next_u64(c, &n, "the number of participants is no u64"));
    if (n > DEPLOYMENT_CHAINS_MAX) return refuse(c, c->at - 32, "more than 16 participants");
    if (hashes_at != HEAD + 32 + 32 * n)
        return refuse(c, offset_word, "the hashes do not follow the participants");
    s->n_participants = (size_t)n;
    for (size_t i = 0; i < n; i++)
        ERR_TRY(next_u64(c, &s->participants[i], "a chain id is no u64"));
    ERR_TRY(next_is(c, n, "not one hash for each participant"));
    for (size_t i = 0; i < n; i++)
        ERR_TRY(next_word(c, s->pubdata[i]));
    return ERR_OK;
}

/* Length, bytes, padding. */
static enum err bytes_next(struct calldata *c, struct span *out)
{
    uint64_t len = 0;
    ERR_TRY(next_u64(c, &len, "the length of a segment is no u64"));
    if (len > c->bytes.len - c->at)
        return refuse(c, c->at - 32, "a segment is longer than the calldata");
    size_t padding = (32 - len % 32) % 32;
    *out = (struct span){c->bytes.data + c->at, (size_t)len};
    c->at += (size_t)len;
    if (padding > c->bytes.len - c->at) return refuse(c, c->at, "the calldata ends here");
    if (!bytes_are_zero(c->bytes.data + c->at, padding))
        return refuse(c, c->at, "the padding of a segment is not zero");
    c->at += padding;
    return ERR_OK;
}

static enum err blob_segment_next(struct calldata *c, struct blob_segment *out)
{
    uint64_t length = 0;
    ERR_TRY(next_word(c, out->hash));
    ERR_TRY(next_u64(c, &length, "the length of a segment is no u32"));
    if (length > UINT32_MAX) return refuse(c, c->at - 32, "the length of a segment is no u32");
    out->length = (uint32_t)length;
    ERR_TRY(next_is(c, 3 * 32, "a head does not follow its segment's words"));
    return bytes_next(c, &out->head);
}

static enum err segments_read(struct calldata *c, struct l1_commit *out)
{
    uint64_t n = 0;
    ERR_TRY(next_u64(c, &n, "the number of segments is no u64"));
    if (n > L1_SEGMENTS_MAX) return refuse(c, c->at - 32, "more than 64 segments");
    size_t offsets = c->at; /* one word each; they count from here */
    if (c->bytes.len - c->at < 32 * n) return refuse(c, c->at, "the calldata ends here");
    c->at += 32 * (size_t)n;
    for (size_t i = 0; i < n; i++) {
        struct calldata word = *c;
        word.at = offsets + 32 * i;
        ERR_TRY(next_is(&word, c->at - offsets, "a segment does not follow the one before"));
        ERR_TRY(out->has_blob ? blob_segment_next(c, &out->blob_segments[i])
                              : bytes_next(c, &out->segments[i]));
    }
    out->n_segments = (size_t)n;
    return ERR_OK;
}

enum err l1_abi_commit_batch(struct l1_commit *out, struct span input, struct l1_abi_fault *fault)
{
    enum { OPENING = 128 };
    uint8_t selector[2][4];
    uint64_t segments_at = 0;
    uint64_t opening_at = 0;
    struct calldata c = {input, 4, 4, fault};
    *fault = (struct l1_abi_fault){0};
    memset(out, 0, sizeof *out);
    l1_abi_selector(selector[0], COMMIT_SIGNATURE);
    l1_abi_selector(selector[1], COMMIT_BLOB_SIGNATURE);
    out->has_blob = input.len >= 4 && memcmp(input.data, selector[1], 4) == 0;
    if (input.len < 4 || memcmp(input.data, selector[out->has_blob ? 1 : 0], 4) != 0)
        return refuse(&c, 0, "a call of another function");
    ERR_TRY(next_is(&c, out->has_blob ? 4 * 32 : 3 * 32, "the statement does not follow the head"));
    ERR_TRY(next_u64(&c, &segments_at, "the offset of the segments is no u64"));
    if (out->has_blob) ERR_TRY(next_u64(&c, &opening_at, "the offset of the opening is no u64"));
    ERR_TRY(next_u64(&c, &out->epoch, "the epoch is no u64"));
    ERR_TRY(statement_read(&c, &out->statement));
    if (segments_at != c.at - c.start)
        return refuse(&c, c.start + 32, "the segments do not follow the statement");
    ERR_TRY(segments_read(&c, out));
    if (out->has_blob) {
        struct span opening;
        if (opening_at != c.at - c.start)
            return refuse(&c, c.start + 64, "the opening does not follow the segments");
        ERR_TRY(bytes_next(&c, &opening));
        if (opening.len != OPENING) return refuse(&c, c.at, "the opening has another length");
    }
    return c.at == input.len ? ERR_OK : refuse(&c, c.at, "bytes after the last segment");
}

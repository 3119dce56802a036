#include "prover/verify/proof_codec.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/verify/poseidon_chain.h"

static enum err reader_fail(struct proof_reader *r)
{
    r->failed = true;
    return ERR_PROOF;
}

enum err proof_reader_init(struct proof_reader *r, const uint8_t *data, size_t len,
                           size_t expected)
{
    *r = (struct proof_reader){.data = data, .len = len, .pos = 0};
    return len == expected ? ERR_OK : reader_fail(r);
}

enum err proof_read_bytes(struct proof_reader *r, const uint8_t **out, size_t len)
{
    if (r->failed) return ERR_PROOF;
    if (len > r->len - r->pos) return reader_fail(r);
    *out = r->data + r->pos;
    r->pos += len;
    return ERR_OK;
}

enum err proof_read_ext(struct proof_reader *r, kb5 *out, size_t n)
{
    const uint8_t *in;
    REQUIRE(n <= PROOF_BYTES_MAX);
    ERR_TRY(proof_read_bytes(r, &in, n * KB5_BYTES));
    for (size_t i = 0; i < n; i++)
        if (!kb5_from_bytes(&out[i], in + i * KB5_BYTES)) return reader_fail(r);
    return ERR_OK;
}

enum err proof_read_base(struct proof_reader *r, kb *out, size_t n)
{
    const uint8_t *in;
    REQUIRE(n <= PROOF_BYTES_MAX);
    ERR_TRY(proof_read_bytes(r, &in, n * 4));
    for (size_t i = 0; i < n; i++)
        if (!kb_from_bytes(&out[i], in + 4 * i)) return reader_fail(r);
    return ERR_OK;
}

enum err proof_read_u64(struct proof_reader *r, uint64_t *out)
{
    const uint8_t *in;
    ERR_TRY(proof_read_bytes(r, &in, 8));
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x = x << 8 | in[i];
    *out = x;
    return ERR_OK;
}

enum err proof_absorb_ext(struct proof_reader *r, struct transcript *t, uint32_t label, kb5 *out,
                          size_t n)
{
    size_t start = r->pos;
    ERR_TRY(proof_read_ext(r, out, n));
    if (t->profile == PROFILE_KECCAK) /* the bytes as they stand */
        transcript_absorb_bytes(t, label, r->data + start, n * KB5_BYTES);
    else
        transcript_absorb_ext(t, label, out, n);
    return ERR_OK;
}

enum err proof_absorb_digests(struct proof_reader *r, struct transcript *t, uint32_t label,
                              const uint8_t **out, size_t n)
{
    REQUIRE(n <= PROOF_BYTES_MAX);
    ERR_TRY(proof_read_bytes(r, out, 32 * n));
    for (size_t i = 0; t->profile == PROFILE_POSEIDON && i < n; i++) {
        uint32_t digest[POSEIDON_DIGEST];
        if (!poseidon_digest_read(digest, *out + 32 * i)) return reader_fail(r);
    }
    transcript_absorb_digests(t, label, *out, n);
    return ERR_OK;
}

enum err proof_grind(struct proof_reader *r, struct transcript *t, uint32_t bits)
{
    uint64_t nonce;
    if (bits == 0) return ERR_OK;
    if (t->profile == PROFILE_POSEIDON) {
        kb element;
        ERR_TRY(proof_read_base(r, &element, 1));
        nonce = kb_to_u32(element);
    } else {
        ERR_TRY(proof_read_u64(r, &nonce));
    }
    return transcript_grind_verify(t, bits, nonce) ? ERR_OK : reader_fail(r);
}

enum err proof_reader_end(const struct proof_reader *r)
{
    return !r->failed && r->pos == r->len ? ERR_OK : ERR_PROOF;
}

void proof_writer_init(struct proof_writer *w)
{
    *w = (struct proof_writer){0};
}

/* Room for len more bytes, or NULL after remembering the failure. */
static uint8_t *writer_extend(struct proof_writer *w, size_t len)
{
    if (w->failed) return NULL;
    REQUIRE(len <= PROOF_BYTES_MAX);
    REQUIRE(w->len + len <= PROOF_BYTES_MAX);
    if (w->len + len > w->cap) {
        size_t cap = w->cap == 0 ? 4096 : w->cap;
        while (cap < w->len + len)
            cap *= 2;
        uint8_t *data = realloc(w->data, cap);
        if (data == NULL) {
            w->failed = true;
            return NULL;
        }
        w->data = data;
        w->cap = cap;
    }
    uint8_t *at = w->data + w->len;
    w->len += len;
    return at;
}

void proof_write_bytes(struct proof_writer *w, const uint8_t *data, size_t len)
{
    uint8_t *at = writer_extend(w, len);
    if (at != NULL && len > 0) memcpy(at, data, len);
}

void proof_write_ext(struct proof_writer *w, const kb5 *v, size_t n)
{
    uint8_t *at = writer_extend(w, n * KB5_BYTES);
    if (at == NULL) return;
    for (size_t i = 0; i < n; i++)
        kb5_to_bytes(at + i * KB5_BYTES, v[i]);
}

void proof_write_base(struct proof_writer *w, const kb *v, size_t n)
{
    uint8_t *at = writer_extend(w, n * 4);
    if (at == NULL) return;
    for (size_t i = 0; i < n; i++)
        kb_to_bytes(at + 4 * i, v[i]);
}

void proof_write_u64(struct proof_writer *w, uint64_t x)
{
    uint8_t *at = writer_extend(w, 8);
    if (at == NULL) return;
    for (int i = 0; i < 8; i++)
        at[i] = (uint8_t)(x >> (56 - 8 * i));
}

void proof_say_ext(struct proof_writer *w, struct transcript *t, uint32_t label, const kb5 *v,
                   size_t n)
{
    proof_write_ext(w, v, n);
    transcript_absorb_ext(t, label, v, n);
}

void proof_say_digests(struct proof_writer *w, struct transcript *t, uint32_t label,
                       const uint8_t *data, size_t n)
{
    proof_write_bytes(w, data, 32 * n);
    transcript_absorb_digests(t, label, data, n);
}

void proof_write_nonce(struct proof_writer *w, const struct transcript *t, uint64_t nonce)
{
    if (t->profile == PROFILE_POSEIDON) {
        const kb element = kb_from_u64(nonce);
        proof_write_base(w, &element, 1);
    } else {
        proof_write_u64(w, nonce);
    }
}

enum err proof_take(struct proof_writer *w, uint8_t **data, size_t *len)
{
    if (w->failed) {
        proof_writer_free(w);
        return ERR_NOMEM;
    }
    *data = w->data;
    *len = w->len;
    *w = (struct proof_writer){0};
    return ERR_OK;
}

void proof_writer_free(struct proof_writer *w)
{
    free(w->data);
    *w = (struct proof_writer){0};
}

#include "prover/verify/transcript.h"

#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "prover/verify/transcript_poseidon.h"

static void put_u32(uint8_t out[4], uint32_t x)
{
    out[0] = (uint8_t)(x >> 24);
    out[1] = (uint8_t)(x >> 16);
    out[2] = (uint8_t)(x >> 8);
    out[3] = (uint8_t)x;
}

static uint64_t get_u64(const uint8_t in[8])
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x = x << 8 | in[i];
    return x;
}

static void observe(const struct transcript *t, enum transcript_event event, uint32_t label,
                    const uint8_t *data, size_t len)
{
    uint8_t state[32];
    if (t->observer == NULL) return;
    if (t->profile == PROFILE_POSEIDON)
        poseidon_digest_write(state, t->s);
    else
        memcpy(state, t->state, 32);
    t->observer->step(t->observer->ctx, event, label, data, len, state);
}

void transcript_init(struct transcript *t, enum proof_profile profile,
                     const uint8_t program_id[32])
{
    struct keccak256 k;
    memset(t, 0, sizeof *t);
    t->profile = (uint8_t)profile;
    if (profile == PROFILE_POSEIDON) {
        transcript_poseidon_init(t, program_id);
        return;
    }
    keccak256_init(&k);
    keccak256_update(&k, TRANSCRIPT_DOMAIN, strlen(TRANSCRIPT_DOMAIN));
    keccak256_update(&k, program_id, 32);
    keccak256_final(&k, t->state);
}

/* Label and length; the data follow. */
static void absorb_begin(struct keccak256 *k, const struct transcript *t, uint32_t label,
                         size_t len)
{
    uint8_t head[8];
    REQUIRE(len > 0);
    REQUIRE(len <= UINT32_MAX);
    put_u32(head, label);
    put_u32(head + 4, (uint32_t)len);
    keccak256_init(k);
    keccak256_update(k, t->state, 32);
    keccak256_update(k, head, 8);
}

void transcript_absorb_bytes(struct transcript *t, uint32_t label, const uint8_t *data,
                             size_t len)
{
    struct keccak256 k;
    REQUIRE(t->profile == PROFILE_KECCAK);
    absorb_begin(&k, t, label, len);
    keccak256_update(&k, data, len);
    keccak256_final(&k, t->state);
    t->counter = 0;
    observe(t, TRANSCRIPT_ABSORB, label, data, len);
}

void transcript_absorb_digests(struct transcript *t, uint32_t label, const uint8_t *data,
                               size_t n)
{
    if (t->profile == PROFILE_KECCAK) {
        transcript_absorb_bytes(t, label, data, 32 * n);
        return;
    }
    transcript_poseidon_digests(t, label, data, n);
    observe(t, TRANSCRIPT_ABSORB, label, data, 32 * n);
}

enum { ABSORB_BATCH = 32 }; /* elements encoded at a time */

/* An observer sees long absorbs without their data. */
static void observe_ext(const struct transcript *t, uint32_t label, const kb5 *v, size_t n)
{
    uint8_t bytes[ABSORB_BATCH * KB5_BYTES];
    if (t->observer == NULL) return;
    for (size_t i = 0; i < n && n <= ABSORB_BATCH; i++)
        kb5_to_bytes(bytes + i * KB5_BYTES, v[i]);
    observe(t, TRANSCRIPT_ABSORB, label, n <= ABSORB_BATCH ? bytes : NULL, n * KB5_BYTES);
}

static void observe_base(const struct transcript *t, uint32_t label, const kb *v, size_t n)
{
    uint8_t bytes[ABSORB_BATCH * 4];
    if (t->observer == NULL) return;
    for (size_t i = 0; i < n && n <= ABSORB_BATCH; i++)
        kb_to_bytes(bytes + 4 * i, v[i]);
    observe(t, TRANSCRIPT_ABSORB, label, n <= ABSORB_BATCH ? bytes : NULL, n * 4);
}

static void keccak_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n)
{
    uint8_t bytes[ABSORB_BATCH * KB5_BYTES];
    struct keccak256 k;
    absorb_begin(&k, t, label, n * KB5_BYTES);
    for (size_t i = 0; i < n;) {
        size_t m = n - i < ABSORB_BATCH ? n - i : ABSORB_BATCH;
        for (size_t j = 0; j < m; j++)
            kb5_to_bytes(bytes + j * KB5_BYTES, v[i + j]);
        keccak256_update(&k, bytes, m * KB5_BYTES);
        i += m;
    }
    keccak256_final(&k, t->state);
    t->counter = 0;
}

static void keccak_base(struct transcript *t, uint32_t label, const kb *v, size_t n)
{
    uint8_t bytes[ABSORB_BATCH * 4];
    struct keccak256 k;
    absorb_begin(&k, t, label, n * 4);
    for (size_t i = 0; i < n;) {
        size_t m = n - i < ABSORB_BATCH ? n - i : ABSORB_BATCH;
        for (size_t j = 0; j < m; j++)
            kb_to_bytes(bytes + 4 * j, v[i + j]);
        keccak256_update(&k, bytes, 4 * m);
        i += m;
    }
    keccak256_final(&k, t->state);
    t->counter = 0;
}

void transcript_absorb_ext(struct transcript *t, uint32_t label, const kb5 *v, size_t n)
{
    if (t->profile == PROFILE_POSEIDON)
        transcript_poseidon_ext(t, label, v, n);
    else
        keccak_ext(t, label, v, n);
    observe_ext(t, label, v, n);
}

void transcript_absorb_base(struct transcript *t, uint32_t label, const kb *v, size_t n)
{
    if (t->profile == PROFILE_POSEIDON)
        transcript_poseidon_base(t, label, v, n);
    else
        keccak_base(t, label, v, n);
    observe_base(t, label, v, n);
}

static void squeeze(struct transcript *t, uint8_t out[32])
{
    uint8_t in[36];
    memcpy(in, t->state, 32);
    put_u32(in + 32, t->counter);
    keccak256(out, in, sizeof in);
    REQUIRE(t->counter < UINT32_MAX);
    t->counter++;
}

static kb5 keccak_sample(struct transcript *t)
{
    uint8_t digest[32];
    uint64_t limb[4]; /* limb[0] the least significant */
    kb5 r;
    squeeze(t, digest);
    for (int i = 0; i < 4; i++)
        limb[i] = get_u64(digest + 24 - 8 * i);
    for (uint32_t i = 0; i < KB5_DEGREE; i++) { /* bits 51 i .. 51 i + 50 */
        uint32_t word = 51 * i / 64, shift = 51 * i % 64;
        uint64_t x = limb[word] >> shift;
        if (shift > 64 - 51) x |= limb[word + 1] << (64 - shift);
        r.c[i] = kb_from_u64(x & (((uint64_t)1 << 51) - 1));
    }
    return r;
}

kb5 transcript_sample_ext(struct transcript *t)
{
    uint8_t bytes[KB5_BYTES];
    const kb5 r =
        t->profile == PROFILE_POSEIDON ? transcript_poseidon_sample(t) : keccak_sample(t);
    if (t->observer != NULL) {
        kb5_to_bytes(bytes, r);
        observe(t, TRANSCRIPT_EXT, 0, bytes, KB5_BYTES);
    }
    return r;
}

static void keccak_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n)
{
    uint8_t digest[32];
    for (size_t i = 0; i < n; i++) {
        if (i % 8 == 0) squeeze(t, digest);
        const uint8_t *b = digest + 28 - 4 * (i % 8); /* bits 32 j .. 32 j + 31 */
        uint32_t x = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
        out[i] = x & (((uint32_t)1 << bits) - 1);
    }
}

void transcript_sample_indices(struct transcript *t, uint32_t bits, uint32_t *out, size_t n)
{
    REQUIRE(bits <= TRANSCRIPT_INDEX_BITS_MAX);
    REQUIRE(n > 0);
    if (t->profile == PROFILE_POSEIDON)
        transcript_poseidon_indices(t, bits, out, n);
    else
        keccak_indices(t, bits, out, n);
    for (size_t i = 0; t->observer != NULL && i < n; i++) {
        uint8_t one[4];
        put_u32(one, out[i]);
        observe(t, TRANSCRIPT_INDICES, bits, one, 4);
    }
}

bool transcript_grind_holds(const struct transcript *t, uint32_t bits, uint64_t nonce)
{
    uint8_t in[40], digest[32];
    REQUIRE(bits > 0);
    if (t->profile == PROFILE_POSEIDON) {
        struct transcript copy = *t;
        REQUIRE(bits <= TRANSCRIPT_GRIND_BITS_MAX_POSEIDON);
        return nonce < KB_P && transcript_poseidon_grind(&copy, bits, (uint32_t)nonce);
    }
    REQUIRE(bits <= TRANSCRIPT_GRIND_BITS_MAX);
    memcpy(in, t->state, 32);
    put_u32(in + 32, (uint32_t)(nonce >> 32));
    put_u32(in + 36, (uint32_t)nonce);
    keccak256(digest, in, sizeof in);
    return get_u64(digest) >> (64 - bits) == 0;
}

bool transcript_grind_verify(struct transcript *t, uint32_t bits, uint64_t nonce)
{
    uint8_t bytes[8];
    if (bits == 0) return true;
    if (!transcript_grind_holds(t, bits, nonce)) return false;
    put_u32(bytes, (uint32_t)(nonce >> 32));
    put_u32(bytes + 4, (uint32_t)nonce);
    if (t->profile == PROFILE_POSEIDON) {
        observe(t, TRANSCRIPT_GRIND, bits, bytes + 4, 4);
        const bool holds = transcript_poseidon_grind(t, bits, (uint32_t)nonce);
        observe(t, TRANSCRIPT_ABSORB, LABEL_POW, bytes + 4, 4);
        return holds;
    }
    observe(t, TRANSCRIPT_GRIND, bits, bytes, 8);
    transcript_absorb_bytes(t, LABEL_POW, bytes, 8);
    return true;
}

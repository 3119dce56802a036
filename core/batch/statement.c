#include "core/batch/statement.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"

enum { TAG_BYTES = 16 };

static void add_tag(struct sha256 *s, const char *tag)
{
    uint8_t padded[TAG_BYTES] = {0};
    memcpy(padded, tag, strlen(tag));
    sha256_init(s);
    sha256_update(s, padded, sizeof padded);
}

static void add_u16(struct sha256 *s, uint16_t v)
{
    uint8_t b[2];
    put_be16(b, v);
    sha256_update(s, b, sizeof b);
}

static void add_u32(struct sha256 *s, uint32_t v)
{
    uint8_t b[4];
    put_be32(b, v);
    sha256_update(s, b, sizeof b);
}

static void add_u64(struct sha256 *s, uint64_t v)
{
    uint8_t b[8];
    put_be64(b, v);
    sha256_update(s, b, sizeof b);
}

static void add_digest8(struct sha256 *s, const struct digest8 *d)
{
    for (int i = 0; i < 8; i++) add_u32(s, d->e[i]);
}

enum err chains_digest(uint8_t out[32], const struct chain_entry *chains, size_t n)
{
    static const uint8_t pad[12] = {0};
    struct sha256 s;
    if (n == 0 || n > STATEMENT_CHAINS_MAX) return ERR_ARG;
    add_tag(&s, "HAWSER-CHAINS-1");
    add_u16(&s, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && chains[i].chain_id <= chains[i - 1].chain_id) return ERR_ARG;
        add_u16(&s, chains[i].index);
        add_u64(&s, chains[i].chain_id);
        sha256_update(&s, pad, sizeof pad);
        sha256_update(&s, chains[i].address, 20);
        add_u32(&s, chains[i].finality);
    }
    sha256_final(&s, out);
    return ERR_OK;
}

void programs_digest(uint8_t out[32], const uint8_t terminal[32])
{
    struct sha256 s;
    add_tag(&s, "HAWSER-PROGS-1");
    add_u16(&s, 1);
    sha256_update(&s, terminal, 32);
    sha256_final(&s, out);
}

enum err deployment_id_compute(uint8_t out[32], const struct deployment_input *in)
{
    struct sha256 s;
    if (in->oracles_n == 0 || in->oracles_m == 0 || in->oracles_m > in->oracles_n) return ERR_ARG;
    add_tag(&s, "HAWSER-DEPLOY-1");
    sha256_update(&s, in->chains_digest, 32);
    sha256_update(&s, in->programs_digest, 32);
    add_digest8(&s, &in->genesis_root);
    add_u16(&s, in->oracles_m);
    add_u16(&s, in->oracles_n);
    sha256_update(&s, in->oracles, 20 * (size_t)in->oracles_n);
    sha256_update(&s, in->salt, 32);
    sha256_final(&s, out);
    return ERR_OK;
}

enum err pubdata_hash(uint8_t out[32], const uint8_t *segment_hashes, size_t n)
{
    struct sha256 s;
    uint8_t count = (uint8_t)n;
    if (n == 0 || n > UINT8_MAX) return ERR_ARG;
    sha256_init(&s);
    sha256_update(&s, &count, 1);
    sha256_update(&s, segment_hashes, 32 * n);
    sha256_final(&s, out);
    return ERR_OK;
}

enum err blob_pubdata_hash(uint8_t out[32], const uint8_t *segment_hashes, size_t n,
                           const uint8_t z[32], const uint8_t a[32], const uint8_t b[32])
{
    struct sha256 s;
    uint8_t count = (uint8_t)(128 + n); /* bit 7: the form */
    if (n == 0 || n > 64) return ERR_ARG;
    sha256_init(&s);
    sha256_update(&s, &count, 1);
    sha256_update(&s, segment_hashes, 32 * n);
    sha256_update(&s, z, 32);
    sha256_update(&s, a, 32);
    sha256_update(&s, b, 32);
    sha256_final(&s, out);
    return ERR_OK;
}

enum err final_root_hash(uint8_t out[32], uint64_t k, const struct chain_root *roots, size_t n)
{
    struct sha256 s;
    if (n == 0 || n > STATEMENT_CHAINS_MAX) return ERR_ARG;
    add_tag(&s, "HAWSER-ROOT-1");
    add_u64(&s, k);
    add_u16(&s, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && roots[i].chain_id <= roots[i - 1].chain_id) return ERR_ARG;
        add_u64(&s, roots[i].chain_id);
        add_digest8(&s, &roots[i].root);
    }
    sha256_final(&s, out);
    return ERR_OK;
}

enum err statement_hash(uint8_t out[32], const struct statement *st)
{
    struct sha256 s;
    if (st->n_participants > STATEMENT_CHAINS_MAX) return ERR_ARG;
    add_tag(&s, "HAWSER-STMT-1");
    sha256_update(&s, st->deployment_id, 32);
    add_u32(&s, STATEMENT_VERSION);
    add_u64(&s, st->k);
    sha256_update(&s, st->final_root_before, 32);
    sha256_update(&s, st->final_root_after, 32);
    add_u64(&s, st->time);
    sha256_update(&s, st->chains_digest, 32);
    sha256_update(&s, st->programs_digest, 32);
    add_u16(&s, (uint16_t)st->n_participants);
    for (size_t i = 0; i < st->n_participants; i++) {
        const struct chain_pubdata *p = &st->participants[i];
        if (i > 0 && p->chain_id <= st->participants[i - 1].chain_id) return ERR_ARG;
        add_u64(&s, p->chain_id);
        sha256_update(&s, p->hash, 32);
    }
    sha256_final(&s, out);
    return ERR_OK;
}

void digest_genesis(uint8_t d0[32], const uint8_t deployment_id[32], const uint8_t final_root_0[32])
{
    struct sha256 s;
    add_tag(&s, "HAWSER-D0-1");
    sha256_update(&s, deployment_id, 32);
    sha256_update(&s, final_root_0, 32);
    sha256_final(&s, d0);
}

void digest_next(uint8_t dk[32], const uint8_t d_before[32], const uint8_t stmt[32])
{
    struct sha256 s;
    add_tag(&s, "HAWSER-DK-1");
    sha256_update(&s, d_before, 32);
    sha256_update(&s, stmt, 32);
    sha256_final(&s, dk);
}

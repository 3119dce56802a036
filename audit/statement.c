#include "audit/statement.h"

#include <stdio.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"

static void hash_tag(struct sha256 *s, const char *name)
{
    char tag[17] = {0};
    (void)snprintf(tag, sizeof tag, "%s", name);
    sha256_init(s);
    sha256_update(s, tag, 16);
}

static void hash_u16(struct sha256 *s, size_t v)
{
    uint8_t b[2];
    put_be16(b, (uint16_t)v);
    sha256_update(s, b, 2);
}

static void hash_u32(struct sha256 *s, uint32_t v)
{
    uint8_t b[4];
    put_be32(b, v);
    sha256_update(s, b, 4);
}

static void hash_u64(struct sha256 *s, uint64_t v)
{
    uint8_t b[8];
    put_be64(b, v);
    sha256_update(s, b, 8);
}

void digests_compute(struct deployment_digests *out, const struct deployment *d)
{
    struct sha256 s;
    static const uint8_t zeros[12];
    hash_tag(&s, "HAWSER-CHAINS-1");
    hash_u16(&s, d->n_chains);
    for (size_t i = 0; i < d->n_chains; i++) {
        hash_u16(&s, d->chains[i].index);
        hash_u64(&s, d->chains[i].chain_id);
        sha256_update(&s, zeros, 12);
        sha256_update(&s, d->chains[i].contract, 20);
        hash_u32(&s, d->chains[i].finality);
    }
    sha256_final(&s, out->chains);
    hash_tag(&s, "HAWSER-PROGS-1");
    hash_u16(&s, 1);
    sha256_update(&s, d->terminal_program, 32);
    sha256_final(&s, out->programs);
}

void deployment_id_derive(uint8_t out[32], const struct deployment *d,
                          const struct deployment_digests *digests, const uint8_t genesis[32])
{
    struct sha256 s;
    hash_tag(&s, "HAWSER-DEPLOY-1");
    sha256_update(&s, digests->chains, 32);
    sha256_update(&s, digests->programs, 32);
    sha256_update(&s, genesis, 32);
    hash_u16(&s, d->oracles_m);
    hash_u16(&s, d->n_oracles);
    for (size_t i = 0; i < d->n_oracles; i++)
        sha256_update(&s, d->oracles[i], 20);
    sha256_update(&s, d->salt, 32);
    sha256_final(&s, out);
}

void final_root_compute(uint8_t out[32], const struct deployment *d, uint64_t k,
                        const uint8_t roots[][32])
{
    struct sha256 s;
    hash_tag(&s, "HAWSER-ROOT-1");
    hash_u64(&s, k);
    hash_u16(&s, d->n_chains);
    for (size_t i = 0; i < d->n_chains; i++) {
        hash_u64(&s, d->chains[i].chain_id);
        sha256_update(&s, roots[i], 32);
    }
    sha256_final(&s, out);
}

void statement_compute(uint8_t out[32], const uint8_t deployment_id[32],
                       const struct deployment_digests *digests, const struct statement_facts *f)
{
    struct sha256 s;
    hash_tag(&s, "HAWSER-STMT-1");
    sha256_update(&s, deployment_id, 32);
    hash_u32(&s, AUDIT_STATEMENT_VERSION);
    hash_u64(&s, f->k);
    sha256_update(&s, f->final_root_before, 32);
    sha256_update(&s, f->final_root_after, 32);
    hash_u64(&s, f->time);
    sha256_update(&s, digests->chains, 32);
    sha256_update(&s, digests->programs, 32);
    hash_u16(&s, f->n_participants);
    for (size_t i = 0; i < f->n_participants; i++) {
        hash_u64(&s, f->participants[i]);
        sha256_update(&s, f->pubdata[i], 32);
    }
    sha256_final(&s, out);
}

void pubdata_compute(uint8_t out[32], const struct span *segments, size_t n)
{
    struct sha256 s;
    uint8_t count = (uint8_t)n;
    sha256_init(&s);
    sha256_update(&s, &count, 1);
    for (size_t i = 0; i < n; i++) {
        uint8_t hash[32];
        sha256(hash, segments[i].data, segments[i].len);
        sha256_update(&s, hash, 32);
    }
    sha256_final(&s, out);
}

void digest_chain_first(uint8_t out[32], const uint8_t deployment_id[32],
                        const uint8_t final_root[32])
{
    struct sha256 s;
    hash_tag(&s, "HAWSER-D0-1");
    sha256_update(&s, deployment_id, 32);
    sha256_update(&s, final_root, 32);
    sha256_final(&s, out);
}

void digest_chain_next(uint8_t out[32], const uint8_t before[32], const uint8_t statement[32])
{
    struct sha256 s;
    hash_tag(&s, "HAWSER-DK-1");
    sha256_update(&s, before, 32);
    sha256_update(&s, statement, 32);
    sha256_final(&s, out);
}

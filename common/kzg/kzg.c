#include "common/kzg/kzg.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto/sha256.h"
#include "common/kzg/kzg_setup.h"

_Static_assert(KZG_BLOB_BYTES == BYTES_PER_BLOB && KZG_CELLS == CELLS_PER_EXT_BLOB, "c-kzg");

const uint8_t KZG_MODULUS[32] = {0x73, 0xed, 0xa7, 0x53, 0x29, 0x9d, 0x7d, 0x48, 0x33, 0x39, 0xd8,
                                 0x08, 0x09, 0xa1, 0xd8, 0x05, 0x53, 0xbd, 0xa4, 0x02, 0xff, 0xfe,
                                 0x5b, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01};

static enum err err_of(C_KZG_RET ret)
{
    switch (ret) {
    case C_KZG_OK: return ERR_OK;
    case C_KZG_BADARGS: return ERR_ARG;
    case C_KZG_MALLOC: return ERR_NOMEM;
    case C_KZG_ERROR: break;
    }
    return ERR_INTERNAL;
}

/* Any 32 bytes, reduced. */
static fr_t fr_from_bytes(const uint8_t in[32])
{
    blst_scalar s;
    fr_t out;
    (void)blst_scalar_from_be_bytes(&s, in, 32); /* false: it is zero */
    blst_fr_from_scalar(&out, &s);
    return out;
}

static void fr_to_bytes(uint8_t out[32], const fr_t *in)
{
    blst_scalar s;
    blst_scalar_from_fr(&s, in);
    blst_bendian_from_scalar(out, &s);
}

static enum err fr_parse(fr_t *out, const uint8_t in[32])
{
    Bytes32 b;
    memcpy(b.bytes, in, sizeof b.bytes);
    return err_of(bytes_to_bls_field(out, &b));
}

void kzg_warm_up(void)
{
    (void)kzg_setup();
}

void kzg_reduce(uint8_t out[32], const uint8_t in[32])
{
    fr_t v = fr_from_bytes(in);
    fr_to_bytes(out, &v);
}

void kzg_horner(uint8_t acc[32], const uint8_t z[32], const uint8_t v[32])
{
    fr_t a = fr_from_bytes(acc), x = fr_from_bytes(z), w = fr_from_bytes(v);
    blst_fr_mul(&a, &a, &x);
    blst_fr_add(&a, &a, &w);
    fr_to_bytes(acc, &a);
}

enum err kzg_blob_from_coefficients(uint8_t blob[KZG_BLOB_BYTES],
                                    const uint8_t (*coefficients)[32], size_t n)
{
    if (n > KZG_ELEMENTS) return ERR_ARG;
    fr_t *in = malloc(2 * KZG_ELEMENTS * sizeof *in), *out = in + KZG_ELEMENTS;
    enum err err = ERR_OK;
    if (!in) return ERR_NOMEM;
    for (size_t i = 0; i < KZG_ELEMENTS && err == ERR_OK; i++) {
        in[i] = FR_ZERO;
        if (i < n) err = fr_parse(&in[i], coefficients[i]);
    }
    if (err == ERR_OK) err = err_of(fr_fft(out, in, KZG_ELEMENTS, kzg_setup()));
    if (err == ERR_OK) err = err_of(bit_reversal_permutation(out, sizeof *out, KZG_ELEMENTS));
    for (size_t i = 0; i < KZG_ELEMENTS && err == ERR_OK; i++) fr_to_bytes(blob + 32 * i, &out[i]);
    free(in);
    return err;
}

enum err kzg_coefficients_from_blob(uint8_t (*coefficients)[32],
                                    const uint8_t blob[KZG_BLOB_BYTES])
{
    fr_t *in = malloc(2 * KZG_ELEMENTS * sizeof *in), *out = in + KZG_ELEMENTS;
    enum err err = ERR_OK;
    if (!in) return ERR_NOMEM;
    for (size_t i = 0; i < KZG_ELEMENTS && err == ERR_OK; i++) err = fr_parse(&in[i], blob + 32 * i);
    if (err == ERR_OK) err = err_of(bit_reversal_permutation(in, sizeof *in, KZG_ELEMENTS));
    if (err == ERR_OK) err = err_of(fr_ifft(out, in, KZG_ELEMENTS, kzg_setup()));
    for (size_t i = 0; i < KZG_ELEMENTS && err == ERR_OK; i++) fr_to_bytes(coefficients[i], &out[i]);
    free(in);
    return err;
}

/* c-kzg takes a blob as a struct of just these bytes. */
static const Blob *as_blob(const uint8_t blob[KZG_BLOB_BYTES])
{
    return (const Blob *)(const void *)blob;
}

enum err kzg_commit(uint8_t commitment[48], const uint8_t blob[KZG_BLOB_BYTES])
{
    KZGCommitment c;
    ERR_TRY(err_of(blob_to_kzg_commitment(&c, as_blob(blob), kzg_setup())));
    memcpy(commitment, c.bytes, sizeof c.bytes);
    return ERR_OK;
}

void kzg_versioned_hash(uint8_t out[32], const uint8_t commitment[48])
{
    sha256(out, commitment, 48);
    out[0] = 0x01;
}

enum err kzg_open(uint8_t proof[48], uint8_t y[32], const uint8_t blob[KZG_BLOB_BYTES],
                  const uint8_t z[32])
{
    Bytes32 point, value;
    KZGProof p;
    memcpy(point.bytes, z, sizeof point.bytes);
    ERR_TRY(err_of(compute_kzg_proof(&p, &value, as_blob(blob), &point, kzg_setup())));
    memcpy(proof, p.bytes, sizeof p.bytes);
    memcpy(y, value.bytes, sizeof value.bytes);
    return ERR_OK;
}

enum err kzg_check(const uint8_t commitment[48], const uint8_t z[32], const uint8_t y[32],
                   const uint8_t proof[48])
{
    Bytes48 c, p;
    Bytes32 point, value;
    bool ok = false;
    memcpy(c.bytes, commitment, sizeof c.bytes);
    memcpy(p.bytes, proof, sizeof p.bytes);
    memcpy(point.bytes, z, sizeof point.bytes);
    memcpy(value.bytes, y, sizeof value.bytes);
    ERR_TRY(err_of(verify_kzg_proof(&ok, &c, &point, &value, &p, kzg_setup())));
    return ok ? ERR_OK : ERR_MISMATCH;
}

enum err kzg_cell_proofs(uint8_t (*proofs)[48], const uint8_t blob[KZG_BLOB_BYTES])
{
    const KZGSettings *setup = kzg_setup_cells();
    if (!setup) return ERR_NOMEM;
    return err_of(compute_cells_and_kzg_proofs(NULL, (KZGProof *)(void *)proofs, as_blob(blob),
                                               setup));
}

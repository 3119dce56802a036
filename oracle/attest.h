#ifndef ORACLE_ATTEST_H
#define ORACLE_ATTEST_H
/* Attestations: what oracles sign, persist and send each other.
 *
 * One digest per batch number, ever: attest_book refuses a second one, and the first is durable
 * before its signature exists anywhere else (REQ: settlement.md section 4).
 * Threads: one thread per book. Limits: ATTEST_OPEN_MAX batches with collected signatures. */
#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/bytes.h"
#include "common/deployment/deployment.h"

enum { ATTEST_SET = 0, ATTEST_OPEN_MAX = 64, ATTEST_BYTES = 4 + 8 + 32 + 65 };

struct attestation {
    uint32_t set;
    uint64_t k;
    uint8_t digest[32];
    uint8_t signature[65];
    uint8_t signer[20]; /* recovered, not sent */
};
void attestation_write(uint8_t out[ATTEST_BYTES], const struct attestation *a);
/* Recovers the signer; ERR_PARSE, ERR_SIGNATURE; ERR_AUTH if it is no member of the set. */
MUST_CHECK enum err attestation_read(struct attestation *out, const struct deployment *d,
                                     struct span bytes);

struct attest_book;
/* path: file of (k, digest) lines signed by this oracle; read back at start. ERR_BUSY: another
 * process has it open; ERR_CORRUPT: damaged, nothing may be signed until a person has looked. */
MUST_CHECK enum err attest_book_open(struct attest_book **out, const struct deployment *d,
                                     const char *path, char *text, size_t text_size);
void attest_book_close(struct attest_book *b);
/* Highest k signed by us, 0 if none. */
uint64_t attest_book_last(const struct attest_book *b);
/* Signs D_k with `key` and persists first. ERR_CONFLICT if another digest for k was signed. Signing
 * the same again gives the same signature. ERR_IO: not persisted, not signed. */
MUST_CHECK enum err attest_book_sign(struct attest_book *b, const uint8_t key[32], uint64_t k,
                                     const uint8_t digest[32], struct attestation *out);
/* Keeps a peer's (or our own) attestation. ERR_EXISTS: known; ERR_CONFLICT: this signer has signed
 * another digest for k (evidence, logged by the caller); ERR_FULL. */
MUST_CHECK enum err attest_book_add(struct attest_book *b, const struct attestation *a);
/* Signatures for (k, digest), ascending by signer, appended to out (65 bytes each); their number. */
size_t attest_book_collect(const struct attest_book *b, uint64_t k, const uint8_t digest[32],
                           struct bytes_buf *out);
/* Whether we signed anything for k. */
bool attest_book_signed(const struct attest_book *b, uint64_t k);
/* The highest k in from+1 .. from+n for which `digests` (one per k from there) was signed by at least
 * `members` of the set; 0: none. */
uint64_t attest_book_highest(const struct attest_book *b, uint64_t from,
                             const uint8_t digests[][32], size_t n, size_t members);
/* The i-th of our own attestations that are not agreed everywhere yet, for sending again. */
const struct attestation *attest_book_own(const struct attest_book *b, size_t i);
/* Forgets collected signatures up to k (agreed everywhere). */
void attest_book_forget(struct attest_book *b, uint64_t k);
#endif

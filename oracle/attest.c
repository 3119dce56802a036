#include "oracle/attest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/endian.h"
#include "common/codec/hex.h"
#include "common/crypto/secp256k1_sign.h"

struct open_batch {
    uint64_t k;
    size_t n;
    struct attestation list[DEPLOYMENT_ORACLES_MAX];
};
struct signed_digest {
    uint64_t k;
    uint8_t digest[32];
};
struct attest_book {
    const struct deployment *deployment;
    int fd;                            /* append-only file of what we signed */
    off_t end;                         /* of its good lines */
    struct signed_digest *signed_list; /* one per k, in the order of signing */
    size_t n_signed, cap_signed;
    uint64_t last; /* highest k signed */
    struct open_batch open[ATTEST_OPEN_MAX];
    size_t n_open;
    struct attestation own[ATTEST_OPEN_MAX];
    size_t n_own;
};

void attestation_write(uint8_t out[ATTEST_BYTES], const struct attestation *a)
{
    put_be32(out, a->set);
    put_be64(out + 4, a->k);
    memcpy(out + 12, a->digest, 32);
    memcpy(out + 44, a->signature, 65);
}

static bool is_member(const struct deployment *d, const uint8_t address[20])
{
    for (size_t i = 0; i < d->n_oracles; i++) {
        if (memcmp(d->oracles[i], address, 20) == 0) return true;
    }
    return false;
}

enum err attestation_read(struct attestation *out, const struct deployment *d, struct span bytes)
{
    if (bytes.len != ATTEST_BYTES) return ERR_PARSE;
    struct attestation a;
    uint8_t hash[32];
    a.set = get_be32(bytes.data);
    a.k = get_be64(bytes.data + 4);
    memcpy(a.digest, bytes.data + 12, 32);
    memcpy(a.signature, bytes.data + 44, 65);
    if (a.set != ATTEST_SET || a.k == 0) return ERR_PARSE;
    hawser_agreement_hash(hash, d->id, a.set, a.k, a.digest);
    ERR_TRY(ecdsa_recover_address(a.signer, a.signature, hash));
    if (!is_member(d, a.signer)) return ERR_AUTH;
    *out = a;
    return ERR_OK;
}

/* ---- what we signed ---- */

static enum err signed_add(struct attest_book *b, uint64_t k, const uint8_t digest[32])
{
    if (b->n_signed == b->cap_signed) {
        size_t cap = b->cap_signed == 0 ? 64 : 2 * b->cap_signed;
        struct signed_digest *grown = realloc(b->signed_list, cap * sizeof *grown);
        if (grown == NULL) return ERR_NOMEM;
        b->signed_list = grown;
        b->cap_signed = cap;
    }
    b->signed_list[b->n_signed].k = k;
    memcpy(b->signed_list[b->n_signed].digest, digest, 32);
    b->n_signed++;
    if (k > b->last) b->last = k;
    return ERR_OK;
}

static const struct signed_digest *signed_find(const struct attest_book *b, uint64_t k)
{
    for (size_t i = b->n_signed; i > 0; i--) {
        if (b->signed_list[i - 1].k == k) return &b->signed_list[i - 1];
    }
    return NULL;
}

/* Lines "k hex\n". A last line without its newline was never acted upon and is cut off; anything
 * else that is no such line is damage. */
static enum err signed_read(struct attest_book *b, const char *path, char *text, size_t text_size)
{
    FILE *f = fdopen(dup(b->fd), "r");
    if (f == NULL) return ERR_IO;
    char line[128];
    off_t good = 0;
    enum err err = ERR_OK;
    while (err == ERR_OK && fgets(line, sizeof line, f) != NULL) {
        size_t n = strlen(line);
        bool whole = n > 0 && line[n - 1] == '\n';
        if (!whole && feof(f) && n < sizeof line - 1) break;
        unsigned long long k = 0;
        int at = 0;
        uint8_t digest[32];
        bool ok = whole && sscanf(line, "%llu %n", &k, &at) == 1 && at > 0 && n - 1 > (size_t)at &&
                  hex_decode_fixed(digest, 32, line + at, n - 1 - (size_t)at) == ERR_OK && k > 0 &&
                  signed_find(b, k) == NULL;
        if (!ok) {
            (void)snprintf(text, text_size, "%s: line %zu is damaged", path, b->n_signed + 1);
            err = ERR_CORRUPT;
        } else {
            err = signed_add(b, k, digest);
        }
        good = ftello(f);
    }
    if (err == ERR_OK && ferror(f)) err = ERR_IO;
    (void)fclose(f);
    if (err == ERR_OK && ftruncate(b->fd, good) != 0) err = ERR_IO;
    /* A process that was killed before its sync left lines that a power cut could still take away. */
    if (err == ERR_OK && fdatasync(b->fd) != 0) err = ERR_IO;
    b->end = good;
    return err;
}

/* A new file is there after a power cut only if its folder was synced. */
static enum err folder_sync(const char *path)
{
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) *slash = '\0';
    int fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ERR_IO;
    enum err err = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    (void)close(fd);
    return err;
}

enum err attest_book_open(struct attest_book **out, const struct deployment *d, const char *path,
                          char *text, size_t text_size)
{
    struct attest_book *b = calloc(1, sizeof *b);
    if (b == NULL) return ERR_NOMEM;
    b->deployment = d;
    b->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum err err = b->fd < 0 ? ERR_IO : ERR_OK;
    text[0] = '\0';
    if (err == ERR_OK && flock(b->fd, LOCK_EX | LOCK_NB) != 0)
        err = errno == EWOULDBLOCK ? ERR_BUSY : ERR_IO;
    if (err == ERR_OK) err = folder_sync(path);
    if (err == ERR_OK) err = signed_read(b, path, text, text_size);
    if (err != ERR_OK) {
        if (text[0] == '\0') (void)snprintf(text, text_size, "%s: %s", path, err_text(err));
        attest_book_close(b);
        return err;
    }
    *out = b;
    return ERR_OK;
}

void attest_book_close(struct attest_book *b)
{
    if (b == NULL) return;
    if (b->fd >= 0) (void)close(b->fd);
    free(b->signed_list);
    free(b);
}

uint64_t attest_book_last(const struct attest_book *b)
{
    return b->last;
}

static enum err persist(struct attest_book *b, uint64_t k, const uint8_t digest[32])
{
    char line[128];
    char hex[67];
    hex_encode_0x(hex, digest, 32);
    int n = snprintf(line, sizeof line, "%llu %s\n", (unsigned long long)k, hex);
    if (pwrite(b->fd, line, (size_t)n, b->end) != n || fdatasync(b->fd) != 0) {
        (void)!ftruncate(b->fd, b->end); /* and the next line is written over what is left */
        return ERR_IO;
    }
    ERR_TRY(signed_add(b, k, digest));
    b->end += n;
    return ERR_OK;
}

enum err attest_book_sign(struct attest_book *b, const uint8_t key[32], uint64_t k,
                          const uint8_t digest[32], struct attestation *out)
{
    const struct signed_digest *old = signed_find(b, k);
    if (k == 0) return ERR_ARG;
    if (old != NULL && memcmp(old->digest, digest, 32) != 0) return ERR_CONFLICT;
    if (old == NULL) {
        if (b->n_own == ATTEST_OPEN_MAX) return ERR_FULL;
        ERR_TRY(persist(b, k, digest));
    }
    struct attestation a = {.set = ATTEST_SET, .k = k};
    uint8_t hash[32];
    memcpy(a.digest, digest, 32);
    hawser_agreement_hash(hash, b->deployment->id, a.set, k, digest);
    ERR_TRY(ecdsa_sign(a.signature, key, hash));
    ERR_TRY(ecdsa_key_address(a.signer, key));
    bool listed = false;
    for (size_t i = 0; i < b->n_own; i++)
        listed = listed || b->own[i].k == k;
    if (!listed && b->n_own < ATTEST_OPEN_MAX) b->own[b->n_own++] = a;
    *out = a;
    return ERR_OK;
}

/* ---- what everybody signed ---- */

enum err attest_book_add(struct attest_book *b, const struct attestation *a)
{
    struct open_batch *o = NULL;
    for (size_t i = 0; i < b->n_open; i++) {
        if (b->open[i].k == a->k) o = &b->open[i];
    }
    if (o == NULL) {
        if (b->n_open == ATTEST_OPEN_MAX) return ERR_FULL;
        o = &b->open[b->n_open++];
        o->k = a->k;
        o->n = 0;
    }
    size_t at = 0;
    while (at < o->n && memcmp(o->list[at].signer, a->signer, 20) < 0)
        at++;
    if (at < o->n && memcmp(o->list[at].signer, a->signer, 20) == 0)
        return memcmp(o->list[at].digest, a->digest, 32) == 0 ? ERR_EXISTS : ERR_CONFLICT;
    if (o->n == DEPLOYMENT_ORACLES_MAX) return ERR_FULL;
    memmove(&o->list[at + 1], &o->list[at], (o->n - at) * sizeof o->list[0]);
    o->list[at] = *a;
    o->n++;
    return ERR_OK;
}

size_t attest_book_collect(const struct attest_book *b, uint64_t k, const uint8_t digest[32],
                           struct bytes_buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_open; i++) {
        if (b->open[i].k != k) continue;
        for (size_t j = 0; j < b->open[i].n; j++) {
            const struct attestation *a = &b->open[i].list[j];
            if (memcmp(a->digest, digest, 32) != 0) continue;
            if (bytes_buf_append(out, a->signature, 65) != ERR_OK) return 0;
            n++;
        }
    }
    return n;
}

bool attest_book_signed(const struct attest_book *b, uint64_t k)
{
    return signed_find(b, k) != NULL;
}

static size_t signers(const struct attest_book *b, uint64_t k, const uint8_t digest[32])
{
    size_t n = 0;
    for (size_t i = 0; i < b->n_open; i++) {
        for (size_t j = 0; b->open[i].k == k && j < b->open[i].n; j++)
            n += memcmp(b->open[i].list[j].digest, digest, 32) == 0 ? 1 : 0;
    }
    return n;
}

uint64_t attest_book_highest(const struct attest_book *b, uint64_t from,
                             const uint8_t digests[][32], size_t n, size_t members)
{
    for (size_t i = n; i > 0; i--) {
        if (signers(b, from + i, digests[i - 1]) >= members) return from + i;
    }
    return 0;
}

const struct attestation *attest_book_own(const struct attest_book *b, size_t i)
{
    return i < b->n_own ? &b->own[i] : NULL;
}

void attest_book_forget(struct attest_book *b, uint64_t k)
{
    size_t keep = 0;
    for (size_t i = 0; i < b->n_open; i++) {
        if (b->open[i].k > k) b->open[keep++] = b->open[i];
    }
    b->n_open = keep;
    keep = 0;
    for (size_t i = 0; i < b->n_own; i++) {
        if (b->own[i].k > k) b->own[keep++] = b->own[i];
    }
    b->n_own = keep;
}

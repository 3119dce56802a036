#include "audit/l1_abi.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/keccak256.h"

#define COMMIT_SIGNATURE                                                                           \
    "commitBatch((uint64,uint64,bytes32,bytes32,uint64[],bytes32[]),bytes,uint64)"

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

/* Elements of a word[] argument; *n of them, at most DEPLOYMENT_CHAINS_MAX. */
static enum err word_list(struct span *out, size_t *n, struct span data, size_t at)
{
    struct span t;
    uint64_t count = 0;
    ERR_TRY(tail(&t, data, at));
    ERR_TRY(l1_abi_u64(&count, t, 0));
    if (count > DEPLOYMENT_CHAINS_MAX || count * 32 > t.len - 32) return ERR_PARSE;
    *out = (struct span){t.data + 32, (size_t)count * 32};
    *n = (size_t)count;
    return ERR_OK;
}

enum err l1_abi_commit_batch(struct statement_facts *s, struct span *segment, struct span input)
{
    uint8_t selector[4];
    struct span tuple;
    struct span ids;
    struct span hashes;
    size_t n_hashes = 0;
    l1_abi_selector(selector, COMMIT_SIGNATURE);
    if (input.len < 4 || memcmp(input.data, selector, 4) != 0) return ERR_PARSE;
    struct span args = {input.data + 4, input.len - 4};
    memset(s, 0, sizeof *s);
    ERR_TRY(tail(&tuple, args, 0));
    ERR_TRY(l1_abi_bytes(segment, args, 32));
    ERR_TRY(l1_abi_u64(&s->k, tuple, 0));
    ERR_TRY(l1_abi_u64(&s->time, tuple, 32));
    ERR_TRY(l1_abi_word(s->final_root_before, tuple, 64));
    ERR_TRY(l1_abi_word(s->final_root_after, tuple, 96));
    ERR_TRY(word_list(&ids, &s->n_participants, tuple, 128));
    ERR_TRY(word_list(&hashes, &n_hashes, tuple, 160));
    if (n_hashes != s->n_participants) return ERR_PARSE;
    for (size_t i = 0; i < n_hashes; i++) {
        ERR_TRY(l1_abi_u64(&s->participants[i], ids, 32 * i));
        ERR_TRY(l1_abi_word(s->pubdata[i], hashes, 32 * i));
    }
    return ERR_OK;
}

/* Encoders of calls and of the constructor. */
#include "chain_adapters/evm/hawser_abi.h"

#include <string.h>

#include "common/base/require.h"
#include "common/crypto/keccak256.h"

enum { WORD = 32, STATEMENT_HEAD = 6, DEPLOYMENT_HEAD = 11, BLOB_SEGMENT_HEAD = 3 };

#define STATEMENT_TYPE "(uint64,uint64,bytes32,bytes32,uint64[],bytes32[])"
#define COMMIT_SIGNATURE "commitBatch(" STATEMENT_TYPE ",bytes[],uint64)"
#define COMMIT_BLOB_SIGNATURE                                                                      \
    "commitBlobBatch(" STATEMENT_TYPE ",(bytes32,uint32,bytes)[],bytes,uint64)"

enum err hawser_encode_deposit(struct bytes_buf *out, uint32_t token, abi_u128 amount,
                               uint32_t account, uint8_t slot, const uint8_t owner[20])
{
    ERR_TRY(abi_put_selector(out, "deposit(uint32,uint128,uint32,uint8,address)"));
    ERR_TRY(abi_put_u64(out, token));
    ERR_TRY(abi_put_u128(out, amount));
    ERR_TRY(abi_put_u64(out, account));
    ERR_TRY(abi_put_u64(out, slot));
    return abi_put_address(out, owner);
}

enum err hawser_encode_deposit_with_key(struct bytes_buf *out, uint32_t token, abi_u128 amount,
                                        uint32_t account, uint8_t slot, const uint8_t key_root[20],
                                        uint64_t key_nonce)
{
    ERR_TRY(abi_put_selector(out, "depositWithKey(uint32,uint128,uint32,uint8,bytes20,uint64)"));
    ERR_TRY(abi_put_u64(out, token));
    ERR_TRY(abi_put_u128(out, amount));
    ERR_TRY(abi_put_u64(out, account));
    ERR_TRY(abi_put_u64(out, slot));
    ERR_TRY(abi_put_fixed(out, key_root, 20));
    return abi_put_u64(out, key_nonce);
}

enum err hawser_encode_set_key(struct bytes_buf *out, uint32_t account, uint8_t auth,
                               uint8_t height, const uint8_t key_root[20], uint64_t key_nonce)
{
    ERR_TRY(abi_put_selector(out, "setKey(uint32,uint8,uint8,bytes20,uint64)"));
    ERR_TRY(abi_put_u64(out, account));
    ERR_TRY(abi_put_u64(out, auth));
    ERR_TRY(abi_put_u64(out, height));
    ERR_TRY(abi_put_fixed(out, key_root, 20));
    return abi_put_u64(out, key_nonce);
}

enum err hawser_encode_request_exit(struct bytes_buf *out, uint32_t account, uint8_t slot)
{
    ERR_TRY(abi_put_selector(out, "requestExit(uint32,uint8)"));
    ERR_TRY(abi_put_u64(out, account));
    return abi_put_u64(out, slot);
}

static enum err encode_address_call(struct bytes_buf *out, const char *signature,
                                    const uint8_t address[20])
{
    ERR_TRY(abi_put_selector(out, signature));
    return abi_put_address(out, address);
}

static enum err encode_u64_call(struct bytes_buf *out, const char *signature, uint64_t v)
{
    ERR_TRY(abi_put_selector(out, signature));
    return abi_put_u64(out, v);
}

enum err hawser_encode_register_token(struct bytes_buf *out, const uint8_t token[20])
{
    return encode_address_call(out, "registerToken(address)", token);
}

/* The tail of a Statement argument. */
static enum err put_statement(struct bytes_buf *out, const struct hawser_statement *s)
{
    size_t n = s->participant_count;
    REQUIRE(n <= HAWSER_PARTICIPANTS_MAX);
    ERR_TRY(abi_put_u64(out, s->k));
    ERR_TRY(abi_put_u64(out, s->time));
    ERR_TRY(abi_put_word(out, s->prev_final_root));
    ERR_TRY(abi_put_word(out, s->final_root));
    ERR_TRY(abi_put_u64(out, STATEMENT_HEAD * WORD));
    ERR_TRY(abi_put_u64(out, (STATEMENT_HEAD + 1 + n) * WORD));
    ERR_TRY(abi_put_u64(out, n));
    for (size_t i = 0; i < n; i++) ERR_TRY(abi_put_u64(out, s->participants[i]));
    ERR_TRY(abi_put_u64(out, n));
    for (size_t i = 0; i < n; i++) ERR_TRY(abi_put_word(out, s->pubdata_hashes[i]));
    return ERR_OK;
}

/* Writes at head word `index` of the arguments that start at `base` the offset of what follows. */
static void patch_offset(struct bytes_buf *out, size_t base, size_t index)
{
    abi_patch_u64(out, base + index * WORD, out->len - base);
}

/* A bytes[]: count, offsets from behind the count, the elements. */
static enum err put_bytes_list(struct bytes_buf *out, const struct span *list, size_t n)
{
    size_t offset = n * WORD;
    ERR_TRY(abi_put_u64(out, n));
    for (size_t i = 0; i < n; i++) {
        ERR_TRY(abi_put_u64(out, offset));
        offset += abi_bytes_size(list[i].len);
    }
    for (size_t i = 0; i < n; i++) ERR_TRY(abi_put_bytes(out, list[i]));
    return ERR_OK;
}

enum err hawser_encode_commit_batch(struct bytes_buf *out, const struct hawser_statement *s,
                                    const struct span *segments, size_t n, uint64_t epoch)
{
    REQUIRE(n <= HAWSER_SEGMENTS_MAX);
    ERR_TRY(abi_put_selector(out, COMMIT_SIGNATURE));
    size_t base = out->len;
    ERR_TRY(bytes_buf_append_zeros(out, 2 * WORD));
    ERR_TRY(abi_put_u64(out, epoch));
    patch_offset(out, base, 0);
    ERR_TRY(put_statement(out, s));
    patch_offset(out, base, 1);
    return put_bytes_list(out, segments, n);
}

/* A BlobSegment[]: as put_bytes_list, each element a tuple whose head goes to its own tail. */
static enum err put_blob_segments(struct bytes_buf *out, const struct hawser_blob_segment *list,
                                  size_t n)
{
    size_t offset = n * WORD;
    ERR_TRY(abi_put_u64(out, n));
    for (size_t i = 0; i < n; i++) {
        ERR_TRY(abi_put_u64(out, offset));
        offset += BLOB_SEGMENT_HEAD * WORD + abi_bytes_size(list[i].head.len);
    }
    for (size_t i = 0; i < n; i++) {
        ERR_TRY(abi_put_word(out, list[i].hash));
        ERR_TRY(abi_put_u64(out, list[i].length));
        ERR_TRY(abi_put_u64(out, BLOB_SEGMENT_HEAD * WORD));
        ERR_TRY(abi_put_bytes(out, list[i].head));
    }
    return ERR_OK;
}

enum err hawser_encode_commit_blob_batch(struct bytes_buf *out, const struct hawser_statement *s,
                                         const struct hawser_blob_segment *segments, size_t n,
                                         const uint8_t opening[HAWSER_OPENING_BYTES],
                                         uint64_t epoch)
{
    REQUIRE(n <= HAWSER_SEGMENTS_MAX);
    ERR_TRY(abi_put_selector(out, COMMIT_BLOB_SIGNATURE));
    size_t base = out->len;
    ERR_TRY(bytes_buf_append_zeros(out, 3 * WORD));
    ERR_TRY(abi_put_u64(out, epoch));
    patch_offset(out, base, 0);
    ERR_TRY(put_statement(out, s));
    patch_offset(out, base, 1);
    ERR_TRY(put_blob_segments(out, segments, n));
    patch_offset(out, base, 2);
    return abi_put_bytes(out, span_make(opening, HAWSER_OPENING_BYTES));
}

enum err hawser_encode_revert_batches(struct bytes_buf *out, uint64_t from_k)
{
    return encode_u64_call(out, "revertBatches(uint64)", from_k);
}

enum err hawser_encode_prove_batches(struct bytes_buf *out, uint64_t to_k, struct span proof)
{
    ERR_TRY(abi_put_selector(out, "proveBatches(uint64,bytes)"));
    ERR_TRY(abi_put_u64(out, to_k));
    ERR_TRY(abi_put_u64(out, 2 * WORD));
    return abi_put_bytes(out, proof);
}

enum err hawser_encode_submit_agreement(struct bytes_buf *out, uint32_t set, uint64_t k,
                                        const uint8_t digest[32], struct span signatures)
{
    ERR_TRY(abi_put_selector(out, "submitAgreement(uint32,uint64,bytes32,bytes)"));
    ERR_TRY(abi_put_u64(out, set));
    ERR_TRY(abi_put_u64(out, k));
    ERR_TRY(abi_put_word(out, digest));
    ERR_TRY(abi_put_u64(out, 4 * WORD));
    return abi_put_bytes(out, signatures);
}

enum err hawser_encode_execute_batch(struct bytes_buf *out, uint64_t k, struct span regions)
{
    ERR_TRY(abi_put_selector(out, "executeBatch(uint64,bytes)"));
    ERR_TRY(abi_put_u64(out, k));
    ERR_TRY(abi_put_u64(out, 2 * WORD));
    return abi_put_bytes(out, regions);
}

enum err hawser_encode_withdraw_pending(struct bytes_buf *out, uint32_t token,
                                        const uint8_t owner[20])
{
    ERR_TRY(abi_put_selector(out, "withdrawPending(uint32,address)"));
    ERR_TRY(abi_put_u64(out, token));
    return abi_put_address(out, owner);
}

enum err hawser_encode_hand_over(struct bytes_buf *out, const uint8_t to[20], uint64_t epoch)
{
    ERR_TRY(abi_put_selector(out, "handOver(address,uint64)"));
    ERR_TRY(abi_put_address(out, to));
    return abi_put_u64(out, epoch);
}

enum err erc20_encode_approve(struct bytes_buf *out, const uint8_t spender[20],
                              const struct u256 *amount)
{
    ERR_TRY(abi_put_selector(out, "approve(address,uint256)"));
    ERR_TRY(abi_put_address(out, spender));
    return abi_put_u256(out, amount);
}

enum err erc20_encode_transfer(struct bytes_buf *out, const uint8_t to[20],
                               const struct u256 *amount)
{
    ERR_TRY(abi_put_selector(out, "transfer(address,uint256)"));
    ERR_TRY(abi_put_address(out, to));
    return abi_put_u256(out, amount);
}

enum err erc20_encode_balance_of(struct bytes_buf *out, const uint8_t owner[20])
{
    return encode_address_call(out, "balanceOf(address)", owner);
}

enum err hawser_encode_view(struct bytes_buf *out, enum hawser_view view)
{
    static const char *const signatures[HAWSER_VIEW_COUNT_] = {
        [HAWSER_VIEW_COMMITTED_K] = "committedK()",
        [HAWSER_VIEW_PROVEN_K] = "provenK()",
        [HAWSER_VIEW_AGREED_K] = "agreedK()",
        [HAWSER_VIEW_EXECUTED_K] = "executedK()",
        [HAWSER_VIEW_FIRST_OPEN_REQUEST] = "firstOpenRequest()",
        [HAWSER_VIEW_COMMITTED_REQUESTS] = "committedRequests()",
        [HAWSER_VIEW_TOTAL_REQUESTS] = "totalRequests()",
        [HAWSER_VIEW_EPOCH] = "epoch()",
        [HAWSER_VIEW_EXECUTION_DELAY] = "executionDelay()",
        [HAWSER_VIEW_REQUEST_FEE] = "requestFee()",
        [HAWSER_VIEW_TOKEN_COUNT] = "tokenCount()",
        [HAWSER_VIEW_THRESHOLD] = "threshold()",
        [HAWSER_VIEW_DEPLOYMENT_ID] = "deploymentId()",
        [HAWSER_VIEW_CHAINS_DIGEST] = "chainsDigest()",
        [HAWSER_VIEW_PROGRAMS_DIGEST] = "programsDigest()",
        [HAWSER_VIEW_OPERATOR] = "operator()",
        [HAWSER_VIEW_REGISTRAR] = "registrar()",
        [HAWSER_VIEW_VERIFIER] = "verifier()",
        [HAWSER_VIEW_STATEMENT_VERSION] = "statementVersion()",
    };
    REQUIRE(view >= 0 && view < HAWSER_VIEW_COUNT_);
    return abi_put_selector(out, signatures[view]);
}

enum err hawser_encode_batches(struct bytes_buf *out, uint64_t k)
{
    return encode_u64_call(out, "batches(uint64)", k);
}

enum err hawser_encode_requests(struct bytes_buf *out, uint64_t index)
{
    return encode_u64_call(out, "requests(uint64)", index);
}

enum err hawser_encode_pending(struct bytes_buf *out, uint32_t token, const uint8_t owner[20])
{
    ERR_TRY(encode_u64_call(out, "pending(uint32,address)", token));
    return abi_put_address(out, owner);
}

enum err hawser_encode_held(struct bytes_buf *out, uint32_t token)
{
    return encode_u64_call(out, "held(uint32)", token);
}

enum err hawser_encode_key_nonce(struct bytes_buf *out, const uint8_t owner[20])
{
    return encode_address_call(out, "keyNonce(address)", owner);
}

enum err hawser_encode_tokens(struct bytes_buf *out, uint32_t id)
{
    return encode_u64_call(out, "tokens(uint32)", id);
}

enum err hawser_encode_token_ids(struct bytes_buf *out, const uint8_t token[20])
{
    return encode_address_call(out, "tokenIds(address)", token);
}

enum err hawser_encode_is_oracle(struct bytes_buf *out, const uint8_t address[20])
{
    return encode_address_call(out, "isOracle(address)", address);
}

enum err hawser_encode_constructor(struct bytes_buf *out, const struct hawser_deployment *d)
{
    REQUIRE(d->chain_count <= HAWSER_CHAINS_MAX);
    REQUIRE(d->oracle_count <= HAWSER_ORACLES_MAX);
    ERR_TRY(abi_put_u64(out, WORD)); /* one dynamic argument */
    size_t base = out->len;
    ERR_TRY(bytes_buf_append_zeros(out, WORD)); /* chains */
    ERR_TRY(abi_put_word(out, d->genesis_root));
    ERR_TRY(abi_put_word(out, d->program_id));
    ERR_TRY(abi_put_address(out, d->verifier));
    ERR_TRY(abi_put_u64(out, d->threshold));
    ERR_TRY(bytes_buf_append_zeros(out, WORD)); /* oracles */
    ERR_TRY(abi_put_word(out, d->salt));
    ERR_TRY(abi_put_address(out, d->operator_address));
    ERR_TRY(abi_put_address(out, d->registrar));
    ERR_TRY(abi_put_u64(out, d->execution_delay));
    ERR_TRY(abi_put_u128(out, d->base_fee));
    REQUIRE(out->len - base == DEPLOYMENT_HEAD * WORD);
    patch_offset(out, base, 0);
    ERR_TRY(abi_put_u64(out, d->chain_count));
    for (size_t i = 0; i < d->chain_count; i++) {
        ERR_TRY(abi_put_u64(out, d->chains[i].index));
        ERR_TRY(abi_put_u64(out, d->chains[i].chain_id));
        ERR_TRY(abi_put_address(out, d->chains[i].hawser));
        ERR_TRY(abi_put_u64(out, d->chains[i].finality));
    }
    patch_offset(out, base, 5);
    ERR_TRY(abi_put_u64(out, d->oracle_count));
    for (size_t i = 0; i < d->oracle_count; i++) ERR_TRY(abi_put_address(out, d->oracles[i]));
    return ERR_OK;
}

static enum err get_statement(struct hawser_statement *s, struct span in)
{
    struct hawser_statement r;
    size_t n, hash_count;
    struct span ids, hashes;
    memset(&r, 0, sizeof r);
    ERR_TRY(abi_get_u64(&r.k, in, 0, UINT64_MAX));
    ERR_TRY(abi_get_u64(&r.time, in, 1, UINT64_MAX));
    ERR_TRY(abi_get_hash(r.prev_final_root, in, 2));
    ERR_TRY(abi_get_hash(r.final_root, in, 3));
    ERR_TRY(abi_get_array(&n, &ids, in, 4, HAWSER_PARTICIPANTS_MAX));
    ERR_TRY(abi_get_array(&hash_count, &hashes, in, 5, HAWSER_PARTICIPANTS_MAX));
    if (n != hash_count) return ERR_PARSE;
    for (size_t i = 0; i < n; i++) {
        ERR_TRY(abi_get_u64(&r.participants[i], ids, i, UINT64_MAX));
        ERR_TRY(abi_get_hash(r.pubdata_hashes[i], hashes, i));
    }
    r.participant_count = n;
    *s = r;
    return ERR_OK;
}

enum err hawser_decode_commit_batch(struct hawser_statement *s,
                                    struct span segments[HAWSER_SEGMENTS_MAX], size_t *n,
                                    uint64_t *epoch, struct span calldata)
{
    uint8_t selector[4];
    abi_selector(selector, COMMIT_SIGNATURE);
    if (calldata.len < 4 || memcmp(calldata.data, selector, 4) != 0) return ERR_NOT_FOUND;
    struct span args = span_make(calldata.data + 4, calldata.len - 4);
    struct span tail, list;
    struct hawser_statement statement;
    size_t count;
    uint64_t e;
    ERR_TRY(abi_get_tail(&tail, args, 0));
    ERR_TRY(get_statement(&statement, tail));
    ERR_TRY(abi_get_array(&count, &list, args, 1, HAWSER_SEGMENTS_MAX));
    for (size_t i = 0; i < count; i++) ERR_TRY(abi_get_bytes(&segments[i], list, i));
    ERR_TRY(abi_get_u64(&e, args, 2, UINT64_MAX));
    *s = statement;
    *n = count;
    *epoch = e;
    return ERR_OK;
}

static enum err get_blob_segment(struct hawser_blob_segment *s, struct span list, size_t i)
{
    struct span tuple;
    uint64_t length;
    ERR_TRY(abi_get_tail(&tuple, list, i));
    ERR_TRY(abi_get_hash(s->hash, tuple, 0));
    ERR_TRY(abi_get_u64(&length, tuple, 1, UINT32_MAX));
    s->length = (uint32_t)length;
    return abi_get_bytes(&s->head, tuple, 2);
}

enum err hawser_decode_commit_blob_batch(struct hawser_statement *s,
                                         struct hawser_blob_segment segments[HAWSER_SEGMENTS_MAX],
                                         size_t *n, uint8_t opening[HAWSER_OPENING_BYTES],
                                         uint64_t *epoch, struct span calldata)
{
    uint8_t selector[4];
    abi_selector(selector, COMMIT_BLOB_SIGNATURE);
    if (calldata.len < 4 || memcmp(calldata.data, selector, 4) != 0) return ERR_NOT_FOUND;
    struct span args = span_make(calldata.data + 4, calldata.len - 4);
    struct span tail, list, given;
    struct hawser_statement statement;
    size_t count;
    uint64_t e;
    ERR_TRY(abi_get_tail(&tail, args, 0));
    ERR_TRY(get_statement(&statement, tail));
    ERR_TRY(abi_get_array(&count, &list, args, 1, HAWSER_SEGMENTS_MAX));
    for (size_t i = 0; i < count; i++) ERR_TRY(get_blob_segment(&segments[i], list, i));
    ERR_TRY(abi_get_bytes(&given, args, 2));
    if (given.len != HAWSER_OPENING_BYTES) return ERR_PARSE;
    ERR_TRY(abi_get_u64(&e, args, 3, UINT64_MAX));
    memcpy(opening, given.data, HAWSER_OPENING_BYTES);
    *s = statement;
    *n = count;
    *epoch = e;
    return ERR_OK;
}

void hawser_agreement_hash(uint8_t out[32], const uint8_t deployment_id[32], uint32_t set,
                           uint64_t k, const uint8_t digest[32])
{
    static const char domain_type[] = "EIP712Domain(string name,string version,bytes32 salt)";
    static const char type[] = "Agreement(uint32 set,uint64 k,bytes32 digest)";
    uint8_t words[4 * WORD] = {0};
    uint8_t message[2 + 2 * WORD] = {0x19, 0x01};

    keccak256(words, domain_type, sizeof domain_type - 1);
    keccak256(words + WORD, "Hawser", 6);
    keccak256(words + 2 * WORD, "1", 1);
    memcpy(words + 3 * WORD, deployment_id, WORD);
    keccak256(message + 2, words, sizeof words);

    memset(words, 0, sizeof words);
    keccak256(words, type, sizeof type - 1);
    for (int i = 0; i < 4; i++) words[2 * WORD - 1 - i] = (uint8_t)(set >> (8 * i));
    for (int i = 0; i < 8; i++) words[3 * WORD - 1 - i] = (uint8_t)(k >> (8 * i));
    memcpy(words + 3 * WORD, digest, WORD);
    keccak256(message + 2 + WORD, words, sizeof words);
    keccak256(out, message, sizeof message);
}

/* Decoders of return values, events and revert data. */
#include <stdio.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/codec/hex.h"

enum { WORD = 32, BATCH_WORDS = 11, REQUEST_WORDS = 6 };

enum err hawser_decode_u64(uint64_t *out, struct span result)
{
    if (result.len != WORD) return ERR_PARSE;
    return abi_get_u64(out, result, 0, UINT64_MAX);
}

enum err hawser_decode_u256(struct u256 *out, struct span result)
{
    if (result.len != WORD) return ERR_PARSE;
    return abi_get_u256(out, result, 0);
}

enum err hawser_decode_hash(uint8_t out[32], struct span result)
{
    if (result.len != WORD) return ERR_PARSE;
    return abi_get_hash(out, result, 0);
}

enum err hawser_decode_address(uint8_t out[20], struct span result)
{
    if (result.len != WORD) return ERR_PARSE;
    return abi_get_address(out, result, 0);
}

enum err hawser_decode_batch(struct hawser_batch *out, struct span result)
{
    struct hawser_batch b;
    uint64_t state, priority, withdrawals;
    if (result.len != BATCH_WORDS * WORD) return ERR_PARSE;
    ERR_TRY(abi_get_hash(b.stmt, result, 0));
    ERR_TRY(abi_get_hash(b.final_root, result, 1));
    ERR_TRY(abi_get_hash(b.prev_final_root, result, 2));
    ERR_TRY(abi_get_hash(b.digest, result, 3));
    ERR_TRY(abi_get_u64(&state, result, 4, HAWSER_BATCH_EXECUTED));
    ERR_TRY(abi_get_u64(&b.time, result, 5, UINT64_MAX));
    ERR_TRY(abi_get_u64(&b.committed_at, result, 6, UINT64_MAX));
    ERR_TRY(abi_get_u64(&b.proven_at, result, 7, UINT64_MAX));
    ERR_TRY(abi_get_u64(&b.executed_at, result, 8, UINT64_MAX));
    ERR_TRY(abi_get_u64(&priority, result, 9, UINT16_MAX));
    ERR_TRY(abi_get_u64(&withdrawals, result, 10, UINT16_MAX));
    b.state = (enum hawser_batch_state)state;
    b.priority_count = (uint16_t)priority;
    b.withdrawal_count = (uint16_t)withdrawals;
    *out = b;
    return ERR_OK;
}

enum err hawser_decode_request(struct hawser_request *out, struct span result)
{
    struct hawser_request r;
    uint64_t token;
    if (result.len != REQUEST_WORDS * WORD) return ERR_PARSE;
    ERR_TRY(abi_get_hash(r.hash, result, 0));
    ERR_TRY(abi_get_address(r.payer, result, 1));
    ERR_TRY(abi_get_u128(&r.fee, result, 2));
    ERR_TRY(abi_get_u128(&r.amount, result, 3));
    ERR_TRY(abi_get_u64(&token, result, 4, UINT32_MAX));
    ERR_TRY(abi_get_u64(&r.expires_at, result, 5, UINT64_MAX));
    r.token = (uint32_t)token;
    *out = r;
    return ERR_OK;
}

static const char *const event_signatures[HAWSER_EVENT_COUNT_] = {
    [HAWSER_EVENT_PRIORITY_REQUEST] = "PriorityRequest(uint64,uint8,bytes,address,uint64)",
    [HAWSER_EVENT_TOKEN_REGISTERED] = "TokenRegistered(uint32,address)",
    [HAWSER_EVENT_BATCH_COMMITTED] = "BatchCommitted(uint64,bytes32,bytes32,bytes32)",
    [HAWSER_EVENT_BATCH_REVERTED] = "BatchReverted(uint64)",
    [HAWSER_EVENT_BATCH_PROVEN] = "BatchProven(uint64,bytes32)",
    [HAWSER_EVENT_BATCH_AGREED] = "BatchAgreed(uint64,bytes32)",
    [HAWSER_EVENT_BATCH_EXECUTED] = "BatchExecuted(uint64,bytes32)",
    [HAWSER_EVENT_PAID] = "Paid(uint64,uint32,address,uint128)",
    [HAWSER_EVENT_PAYMENT_PENDING] = "PaymentPending(uint64,uint32,address,uint128)",
    [HAWSER_EVENT_REFUNDED] = "Refunded(uint64,uint32,address,uint128)",
    [HAWSER_EVENT_OPERATOR_CHANGED] = "OperatorChanged(address,uint64)",
};

const char *hawser_event_name(enum hawser_event_kind kind)
{
    static const char *const names[HAWSER_EVENT_COUNT_] = {
        [HAWSER_EVENT_PRIORITY_REQUEST] = "PriorityRequest",
        [HAWSER_EVENT_TOKEN_REGISTERED] = "TokenRegistered",
        [HAWSER_EVENT_BATCH_COMMITTED] = "BatchCommitted",
        [HAWSER_EVENT_BATCH_REVERTED] = "BatchReverted",
        [HAWSER_EVENT_BATCH_PROVEN] = "BatchProven",
        [HAWSER_EVENT_BATCH_AGREED] = "BatchAgreed",
        [HAWSER_EVENT_BATCH_EXECUTED] = "BatchExecuted",
        [HAWSER_EVENT_PAID] = "Paid",
        [HAWSER_EVENT_PAYMENT_PENDING] = "PaymentPending",
        [HAWSER_EVENT_REFUNDED] = "Refunded",
        [HAWSER_EVENT_OPERATOR_CHANGED] = "OperatorChanged",
    };
    return kind >= 0 && kind < HAWSER_EVENT_COUNT_ ? names[kind] : "?";
}

static enum err event_kind(enum hawser_event_kind *out, const uint8_t topic[32])
{
    for (int kind = 0; kind < HAWSER_EVENT_COUNT_; kind++) {
        uint8_t expected[32];
        abi_topic(expected, event_signatures[kind]);
        if (memcmp(expected, topic, sizeof expected) == 0) {
            *out = (enum hawser_event_kind)kind;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* Paid and PaymentPending carry the same words; Refunded the same ones after its index. */
static enum err get_payment(struct hawser_event *e, struct span data, size_t first)
{
    uint64_t token;
    ERR_TRY(abi_get_u64(&token, data, first, UINT32_MAX));
    e->token = (uint32_t)token;
    ERR_TRY(abi_get_address(e->address, data, first + 1));
    return abi_get_u128(&e->amount, data, first + 2);
}

static enum err get_priority_request(struct hawser_event *e, struct span data)
{
    uint64_t kind;
    ERR_TRY(abi_get_u64(&kind, data, 0, UINT8_MAX));
    ERR_TRY(abi_get_bytes(&e->request, data, 1));
    ERR_TRY(abi_get_address(e->address, data, 2));
    ERR_TRY(abi_get_u64(&e->expires_at, data, 3, UINT64_MAX));
    if (e->request.len > HAWSER_PRIORITY_RECORD_MAX) return ERR_RANGE;
    e->request_kind = (uint8_t)kind;
    return ERR_OK;
}

enum err hawser_decode_event(struct hawser_event *out, const struct chain_log *log)
{
    struct hawser_event e;
    struct span data = log->data;
    memset(&e, 0, sizeof e);
    if (log->topic_count == 0) return ERR_NOT_FOUND;
    ERR_TRY(event_kind(&e.kind, log->topics[0]));
    struct span indexed = span_make(log->topics[1], WORD);
    bool has_index = e.kind != HAWSER_EVENT_TOKEN_REGISTERED && e.kind != HAWSER_EVENT_REFUNDED &&
                     e.kind != HAWSER_EVENT_OPERATOR_CHANGED;
    if (log->topic_count != (has_index ? 2 : 1)) return ERR_PARSE;
    if (e.kind == HAWSER_EVENT_PRIORITY_REQUEST) {
        ERR_TRY(abi_get_u64(&e.index, indexed, 0, UINT64_MAX));
    } else if (has_index) {
        ERR_TRY(abi_get_u64(&e.k, indexed, 0, UINT64_MAX));
    }
    uint64_t token;
    switch (e.kind) {
    case HAWSER_EVENT_PRIORITY_REQUEST:
        ERR_TRY(get_priority_request(&e, data));
        break;
    case HAWSER_EVENT_TOKEN_REGISTERED:
        ERR_TRY(abi_get_u64(&token, data, 0, UINT32_MAX));
        e.token = (uint32_t)token;
        ERR_TRY(abi_get_address(e.address, data, 1));
        break;
    case HAWSER_EVENT_BATCH_COMMITTED:
        ERR_TRY(abi_get_hash(e.stmt, data, 0));
        ERR_TRY(abi_get_hash(e.final_root, data, 1));
        ERR_TRY(abi_get_hash(e.digest, data, 2));
        break;
    case HAWSER_EVENT_BATCH_REVERTED:
        break;
    case HAWSER_EVENT_BATCH_PROVEN:
    case HAWSER_EVENT_BATCH_EXECUTED:
        ERR_TRY(abi_get_hash(e.final_root, data, 0));
        break;
    case HAWSER_EVENT_BATCH_AGREED:
        ERR_TRY(abi_get_hash(e.digest, data, 0));
        break;
    case HAWSER_EVENT_PAID:
    case HAWSER_EVENT_PAYMENT_PENDING:
        ERR_TRY(get_payment(&e, data, 0));
        break;
    case HAWSER_EVENT_REFUNDED:
        ERR_TRY(abi_get_u64(&e.index, data, 0, UINT64_MAX));
        ERR_TRY(get_payment(&e, data, 1));
        break;
    case HAWSER_EVENT_OPERATOR_CHANGED:
        ERR_TRY(abi_get_address(e.address, data, 0));
        ERR_TRY(abi_get_u64(&e.epoch, data, 1, UINT64_MAX));
        break;
    case HAWSER_EVENT_COUNT_:
        UNREACHABLE("event kind");
    }
    *out = e;
    return ERR_OK;
}

/* contracts/src/HawserTypes.sol and contracts/src/verifier/IProofVerifier.sol; a test compares the
 * list with the compiled ABI. */
static const char *const errors[] = {
    "NotOperator(address)",
    "NotRegistrar(address)",
    "NotTopLevelCall()",
    "WrongEpoch(uint64,uint64)",
    "Reentered()",
    "BadDeployment(string)",
    "TokenUnknown(uint32)",
    "TokenHasNoCode(address)",
    "TokenRegisteredAlready(address,uint32)",
    "TokensFull()",
    "AmountOutOfRange(uint256)",
    "TokenCapReached(uint32)",
    "AccountInvalid(uint32)",
    "SlotNotAllowed(uint8)",
    "OwnerInvalid()",
    "KeyInvalid()",
    "KeyNonceWrong(uint64,uint64)",
    "FeeTooLow(uint256,uint256)",
    "QueueFull()",
    "WrongBatch(uint64,uint64)",
    "WrongPreviousRoot(bytes32,bytes32)",
    "TimeWentBack(uint64,uint64)",
    "TimeOutsideWindow(uint64,uint64)",
    "BadParticipants()",
    "UnexpectedSegment()",
    "BadSegmentCount(uint256)",
    "BadHeader(uint256)",
    "SegmentTooShort(uint256)",
    "TooMuchToExecute(uint256,uint256)",
    "NotOneBlob()",
    "NothingInBlob()",
    "BadHead(uint256)",
    "TooManyBytes(uint256,uint256)",
    "BadOpening()",
    "OpeningRefused()",
    "PubdataMismatch(bytes32,bytes32)",
    "PriorityQueueMismatch(uint64)",
    "OutcomeNotAllowed(uint64,uint8)",
    "PriorityRegionLength()",
    "TooManyPriorityRecords(uint256,uint256)",
    "NotRevertible(uint64)",
    "NothingToProve(uint64,uint64)",
    "RangeTooLong(uint64,uint64)",
    "ProofRefused()",
    "UnknownOracleSet(uint32)",
    "NotProven(uint64)",
    "AgreedAlready(uint64)",
    "DigestMismatch(bytes32,bytes32)",
    "BadSignatures()",
    "TooFewSignatures(uint256,uint256)",
    "NotAgreed(uint64)",
    "TooEarly(uint256)",
    "RegionsMismatch()",
    "GasTooLow()",
    "NothingPending()",
    "PaymentFailed()",
    "PublicsLength()",
    "PublicsRange()",
    "ProofLength()",
    "NotCanonical()",
    "Grinding()",
    "LogUpDenominator()",
    "LogUpSum()",
    "GkrLayer()",
    "Constraints()",
    "MerklePath()",
    "FinalPolynomial()",
    "OpeningSum()",
    "Error(string)",
    "Panic(uint256)",
};

/* One argument of a type from the list above. */
static void argument_text(char *out, size_t size, const char *type, size_t type_len,
                          struct span args, size_t index)
{
    const uint8_t *word;
    struct span text;
    struct u256 v;
    char number[U256_DECIMAL_MAX + 1];
    char hex[2 * WORD + 3];
    if (abi_get_word(&word, args, index) != ERR_OK) {
        snprintf(out, size, "?");
    } else if (strncmp(type, "string", type_len) == 0) {
        if (abi_get_bytes(&text, args, index) != ERR_OK) text = span_make(NULL, 0);
        size_t n = text.len < 120 ? text.len : 120;
        size_t used = 0;
        for (size_t i = 0; i < n && used + 1 < size; i++) {
            uint8_t c = text.data[i];
            out[used++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
        }
        out[used] = 0;
    } else if (strncmp(type, "uint", 4) == 0 && u256_from_be(&v, word, WORD) == ERR_OK) {
        u256_to_decimal(number, &v);
        snprintf(out, size, "%s", number);
    } else {
        bool is_address = strncmp(type, "address", type_len) == 0;
        hex_encode_0x(hex, is_address ? word + 12 : word, is_address ? 20 : WORD);
        snprintf(out, size, "%s", hex);
    }
}

static void error_text(char out[HAWSER_REVERT_TEXT], const char *signature, struct span args)
{
    const char *open = strchr(signature, '(');
    REQUIRE(open != NULL);
    size_t used = (size_t)snprintf(out, HAWSER_REVERT_TEXT, "%.*s(", (int)(open - signature),
                                   signature);
    const char *type = open + 1;
    for (size_t index = 0; *type != ')'; index++) {
        char text[128];
        size_t len = strcspn(type, ",)");
        argument_text(text, sizeof text, type, len, args, index);
        if (used < HAWSER_REVERT_TEXT) {
            used += (size_t)snprintf(out + used, HAWSER_REVERT_TEXT - used, "%s%s",
                                     index > 0 ? ", " : "", text);
        }
        type += len;
        if (*type == ',') type++;
    }
    if (used < HAWSER_REVERT_TEXT) snprintf(out + used, HAWSER_REVERT_TEXT - used, ")");
}

void hawser_revert_text(char out[HAWSER_REVERT_TEXT], struct span data)
{
    char hex[2 * 64 + 3];
    if (data.len == 0) {
        snprintf(out, HAWSER_REVERT_TEXT, "no data");
        return;
    }
    for (size_t i = 0; data.len >= 4 && i < ARRAY_LEN(errors); i++) {
        uint8_t selector[4];
        abi_selector(selector, errors[i]);
        if (memcmp(selector, data.data, 4) == 0) {
            error_text(out, errors[i], span_make(data.data + 4, data.len - 4));
            return;
        }
    }
    hex_encode_0x(hex, data.data, data.len < 64 ? data.len : 64);
    snprintf(out, HAWSER_REVERT_TEXT, "%s%s", hex, data.len > 64 ? "..." : "");
}

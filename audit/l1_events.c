/* What each event of the settlement contract means for the view (docs/protocol/settlement.md
 * section 3). Whatever does not follow from what came before is ERR_AUDIT. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/l1_view_internal.h"
#include "common/base/endian.h"

enum { HEADER_BYTES = 44, HEADER_PRIORITY = 16 }; /* of a segment: REQ-PUB-1 */
enum event {
    EVENT_REQUEST,
    EVENT_TOKEN,
    EVENT_COMMITTED,
    EVENT_REVERTED,
    EVENT_PROVEN,
    EVENT_AGREED,
    EVENT_EXECUTED,
    EVENT_PAID,
    EVENT_PENDING,
    EVENT_REFUNDED,
};
static const char *const signatures[] = {
    "PriorityRequest(uint64,uint8,bytes,address,uint64)",
    "TokenRegistered(uint32,address)",
    "BatchCommitted(uint64,bytes32,bytes32,bytes32)",
    "BatchReverted(uint64)",
    "BatchProven(uint64,bytes32)",
    "BatchAgreed(uint64,bytes32)",
    "BatchExecuted(uint64,bytes32)",
    "Paid(uint64,uint32,address,uint128)",
    "PaymentPending(uint64,uint32,address,uint128)",
    "Refunded(uint64,uint32,address,uint128)",
};

void view_topics(struct l1_view *v)
{
    for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
        l1_abi_topic(v->topics[i], signatures[i]);
}

static enum err wrong(struct l1_view *v, const struct l1_log *log, const char *what)
{
    l1_rpc_say(v->rpc, "block %" PRIu64 " log %" PRIu64 ": %s", log->block, log->index, what);
    return ERR_AUDIT;
}

static struct l1_batch *batch_of(struct l1_view *v, uint64_t k)
{
    return k >= 1 && k <= v->n_batches ? &v->batches[k - 1] : NULL;
}

static enum err on_request(struct l1_view *v, const struct l1_log *log, uint64_t index)
{
    struct span data = bytes_buf_span(&log->data);
    struct span record;
    uint64_t kind = 0;
    static const size_t sizes[] = {0, 42, 62, 46, 42};
    if (l1_abi_u64(&kind, data, 0) != ERR_OK || l1_abi_bytes(&record, data, 32) != ERR_OK ||
        kind < 1 || kind > 4 || record.len != sizes[kind] || record.data[0] != kind << 4)
        return wrong(v, log, "priority request is malformed");
    if (index != v->n_requests) return wrong(v, log, "priority request out of order");
    ERR_TRY(view_grow((void **)&v->requests, &v->cap_requests, v->n_requests, sizeof *v->requests,
                      VIEW_REQUESTS_MAX));
    uint8_t *copy = malloc(record.len);
    if (copy == NULL) return ERR_NOMEM;
    memcpy(copy, record.data, record.len);
    v->requests[v->n_requests++] = (struct span){copy, record.len};
    return ERR_OK;
}

static enum err on_token(struct l1_view *v, const struct l1_log *log)
{
    struct span data = bytes_buf_span(&log->data);
    struct view_token t = {0};
    uint64_t id = 0;
    if (l1_abi_u64(&id, data, 0) != ERR_OK || l1_abi_address(t.address, data, 32) != ERR_OK ||
        id != v->n_tokens + 2)
        return wrong(v, log, "token registration out of order");
    t.id = (uint32_t)id;
    ERR_TRY(view_grow((void **)&v->tokens, &v->cap_tokens, v->n_tokens, sizeof *v->tokens,
                      VIEW_TOKENS_MAX));
    v->tokens[v->n_tokens++] = t;
    return ERR_OK;
}

/* Participants are chains of the deployment, ascending; *own: this chain's place or n. */
static bool participants_known(const struct l1_view *v, const struct statement_facts *s,
                               size_t *own)
{
    *own = s->n_participants;
    for (size_t i = 0; i < s->n_participants; i++) {
        if (i > 0 && s->participants[i] <= s->participants[i - 1]) return false;
        if (deployment_chain_by_id(v->options.deployment, s->participants[i]) == NULL) return false;
        if (s->participants[i] == v->chain->chain_id) *own = i;
    }
    return s->n_participants > 0;
}

static void digest_before(const struct l1_view *v, uint8_t out[32])
{
    const struct deployment *d = v->options.deployment;
    if (v->n_batches > 0) {
        memcpy(out, v->batches[v->n_batches - 1].digest, 32);
        return;
    }
    uint8_t roots[DEPLOYMENT_CHAINS_MAX][32];
    uint8_t final_root[32];
    for (size_t i = 0; i < d->n_chains; i++)
        memcpy(roots[i], d->genesis_root, 32);
    final_root_compute(final_root, d, 0, (const uint8_t(*)[32])roots);
    digest_chain_first(out, d->id, final_root);
}

/* The part from its blob: commit->segments then borrow from `whole`, and b->pubdata is their hash. */
static enum err blob_open(struct l1_view *v, const struct l1_log *log, struct l1_batch *b,
                          struct l1_commit *commit, const struct l1_blobs *blobs,
                          struct bytes_buf *whole)
{
    struct blob_fault fault;
    if (commit->statement.n_participants == 0 || commit->n_segments == 0)
        return wrong(v, log, "commitBlobBatch without segments");
    if (blobs->n != 1) return wrong(v, log, "commitBlobBatch without exactly one blob");
    uint8_t *blob = malloc(KZG_BLOB_BYTES);
    if (blob == NULL) return ERR_NOMEM;
    enum err err =
        l1_blob_fetch(&v->options.source, v->rpc, log->block, blobs->versioned_hash, blob);
    char seen[L1_RPC_TEXT];
    if (err != ERR_OK && err != ERR_NOMEM) { /* the chain is named by the caller */
        (void)snprintf(seen, sizeof seen, "%s", l1_rpc_text(v->rpc));
        l1_rpc_say(v->rpc, "batch %" PRIu64 ": %s", b->k, seen);
    }
    if (err == ERR_OK)
        err = blob_segments(whole, commit->segments, b->pubdata, commit->blob_segments,
                            commit->n_segments, blobs->versioned_hash, blob, &fault);
    free(blob);
    if (err == ERR_AUDIT)
        l1_rpc_say(v->rpc, "batch %" PRIu64 " blob 0x%02x%02x%02x%02x..: segment %zu of %zu: %s", b->k,
                   blobs->versioned_hash[0], blobs->versioned_hash[1], blobs->versioned_hash[2],
                   blobs->versioned_hash[3], fault.segment, commit->n_segments, fault.why);
    b->has_blob = err == ERR_OK;
    return err;
}

/* Copies: the list, then the bytes it points to. */
static enum err segments_keep(struct l1_batch *b, const struct l1_commit *commit)
{
    size_t size = 0;
    for (size_t i = 0; i < commit->n_segments; i++)
        size += commit->segments[i].len;
    if (commit->n_segments == 0) return ERR_OK;
    b->segments = malloc(commit->n_segments * sizeof *b->segments + size);
    if (b->segments == NULL) return ERR_NOMEM;
    uint8_t *p = (uint8_t *)(b->segments + commit->n_segments);
    for (size_t i = 0; i < commit->n_segments; i++) {
        struct span s = commit->segments[i];
        memcpy(p, s.data, s.len);
        b->segments[i] = (struct span){p, s.len};
        b->n_priority += get_be16(p + HEADER_PRIORITY);
        p += s.len;
    }
    b->n_segments = commit->n_segments;
    return ERR_OK;
}

/* Segments of a participant that the statement's hash covers; of nobody else. */
static bool segments_fit(const struct l1_commit *commit, size_t own, const struct l1_batch *b)
{
    uint8_t hash[32];
    if (own == commit->statement.n_participants) return commit->n_segments == 0;
    if (commit->n_segments == 0) return false;
    for (size_t i = 0; i < commit->n_segments; i++) {
        if (commit->segments[i].len < HEADER_BYTES) return false;
    }
    if (b->has_blob)
        memcpy(hash, b->pubdata, 32);
    else
        pubdata_compute(hash, commit->segments, commit->n_segments);
    return memcmp(hash, commit->statement.pubdata[own], 32) == 0;
}

/* Statement and segments from the transaction itself: everything emitted must follow from them. */
static enum err commit_check(struct l1_view *v, const struct l1_log *log, struct l1_batch *b,
                             const uint8_t emitted_root[32], struct span input,
                             const struct l1_blobs *blobs)
{
    struct l1_commit commit;
    struct l1_abi_fault fault;
    uint8_t hash[32];
    size_t own = 0;
    if (l1_abi_commit_batch(&commit, input, &fault) != ERR_OK) {
        l1_rpc_say(v->rpc,
                   "block %" PRIu64 " log %" PRIu64
                   ": BatchCommitted from a transaction that is no commitBatch: byte %zu: %s",
                   log->block, log->index, fault.offset, fault.what);
        return ERR_AUDIT;
    }
    const struct statement_facts s = commit.statement;
    statement_compute(hash, v->options.deployment->id, &v->digests, &s);
    if (s.k != b->k || memcmp(hash, b->statement, 32) != 0)
        return wrong(v, log, "the statement emitted is not that of the calldata");
    if (memcmp(s.final_root_after, emitted_root, 32) != 0)
        return wrong(v, log, "the final_root emitted is not that of the calldata");
    digest_before(v, hash);
    digest_chain_next(hash, hash, b->statement);
    if (memcmp(hash, b->digest, 32) != 0) return wrong(v, log, "D_k does not follow from D_{k-1}");
    if (!participants_known(v, &s, &own)) return wrong(v, log, "participants are not allowed");
    struct bytes_buf whole;
    bytes_buf_init(&whole, L1_RPC_ANSWER_MAX);
    enum err err = commit.has_blob ? blob_open(v, log, b, &commit, blobs, &whole) : ERR_OK;
    if (err == ERR_OK && !segments_fit(&commit, own, b))
        err = wrong(v, log, "the segments are not what the statement says");
    if (err == ERR_OK) err = segments_keep(b, &commit);
    bytes_buf_deinit(&whole);
    ERR_TRY(err);
    b->time = s.time;
    memcpy(b->final_root_before, s.final_root_before, 32);
    memcpy(b->final_root_after, s.final_root_after, 32);
    b->n_participants = s.n_participants;
    memcpy(b->participants, s.participants, sizeof b->participants);
    return ERR_OK;
}

static enum err on_committed(struct l1_view *v, const struct l1_log *log, uint64_t k)
{
    struct l1_batch b = {.k = k};
    struct span data = bytes_buf_span(&log->data);
    uint8_t root[32];
    if (k != v->n_batches + 1) return wrong(v, log, "batch committed out of order");
    if (l1_abi_word(b.statement, data, 0) != ERR_OK || l1_abi_word(root, data, 32) != ERR_OK ||
        l1_abi_word(b.digest, data, 64) != ERR_OK)
        return wrong(v, log, "BatchCommitted is malformed");
    ERR_TRY(view_grow((void **)&v->batches, &v->cap_batches, v->n_batches, sizeof *v->batches,
                      VIEW_BATCHES_MAX));
    struct bytes_buf input;
    struct l1_blobs blobs;
    bytes_buf_init(&input, L1_RPC_ANSWER_MAX);
    enum err err = l1_rpc_transaction(v->rpc, &input, &blobs, log->transaction, v->chain->contract,
                                      log->block);
    if (err == ERR_OK) err = commit_check(v, log, &b, root, bytes_buf_span(&input), &blobs);
    bytes_buf_deinit(&input);
    if (err == ERR_OK)
        v->batches[v->n_batches++] = b;
    else
        view_batch_clear(&b);
    return err;
}

static enum err on_reverted(struct l1_view *v, const struct l1_log *log, uint64_t k)
{
    if (k != v->n_batches || k <= v->proven) return wrong(v, log, "batch reverted out of order");
    view_batch_clear(&v->batches[--v->n_batches]);
    return ERR_OK;
}

/* The one word of proven, agreed and executed: a root or D_k of batch k. */
static enum err on_mark(struct l1_view *v, const struct l1_log *log, enum event event, uint64_t k)
{
    struct l1_batch *b = batch_of(v, k);
    uint8_t word[32];
    if (b == NULL || l1_abi_word(word, bytes_buf_span(&log->data), 0) != ERR_OK)
        return wrong(v, log, "progress of a batch that is not committed");
    const uint8_t *expected = event == EVENT_AGREED ? b->digest : b->final_root_after;
    if (memcmp(word, expected, 32) != 0) return wrong(v, log, "progress of another batch");
    switch (event) {
    case EVENT_PROVEN:
        if (k != v->proven + 1) return wrong(v, log, "batch proven out of order");
        v->proven = k;
        b->proven = true;
        return ERR_OK;
    case EVENT_AGREED:
        if (k <= v->agreed || k > v->proven) return wrong(v, log, "batch agreed out of order");
        v->agreed = k;
        return ERR_OK;
    default:
        if (k != v->executed + 1 || k > v->agreed)
            return wrong(v, log, "batch executed out of order");
        v->executed = k;
        b->executed = true;
        return ERR_OK;
    }
}

/* at: offset of the word with the token in the data. */
static enum err on_pending(struct l1_view *v, const struct l1_log *log, size_t at, bool more)
{
    struct span data = bytes_buf_span(&log->data);
    struct pending_key key;
    struct pending_entry *e = NULL;
    unsigned __int128 amount = 0;
    uint64_t token = 0;
    memset(&key, 0, sizeof key);
    if (l1_abi_u64(&token, data, at) != ERR_OK || token > UINT32_MAX ||
        l1_abi_address(key.owner, data, at + 32) != ERR_OK ||
        l1_abi_u128(&amount, data, at + 64) != ERR_OK)
        return wrong(v, log, "payment event is malformed");
    key.token = (uint32_t)token;
    HASH_FIND(hh, v->pending, &key, sizeof key, e);
    if (e == NULL) {
        if (!more) return wrong(v, log, "pays more than was pending");
        e = calloc(1, sizeof *e);
        if (e == NULL) return ERR_NOMEM;
        e->key = key;
        HASH_ADD(hh, v->pending, key, sizeof e->key, e);
    }
    if (!more && amount > e->amount) return wrong(v, log, "pays more than was pending");
    e->amount = more ? e->amount + amount : e->amount - amount;
    return ERR_OK;
}

enum err view_event(struct l1_view *v, const struct l1_log *log)
{
    struct span topic = {log->topics[1], 32};
    uint64_t k = 0;
    size_t event = 0;
    if (log->n_topics == 0) return ERR_OK;
    while (event < ARRAY_LEN(signatures) && memcmp(v->topics[event], log->topics[0], 32) != 0)
        event++;
    bool indexed = event != EVENT_TOKEN && event != EVENT_REFUNDED;
    if (event == ARRAY_LEN(signatures)) return ERR_OK; /* none that moves anything */
    if (indexed && (log->n_topics != 2 || l1_abi_u64(&k, topic, 0) != ERR_OK))
        return wrong(v, log, "event is malformed");
    switch ((enum event)event) {
    case EVENT_REQUEST:
        return on_request(v, log, k);
    case EVENT_TOKEN:
        return on_token(v, log);
    case EVENT_COMMITTED:
        return on_committed(v, log, k);
    case EVENT_REVERTED:
        return on_reverted(v, log, k);
    case EVENT_PROVEN:
    case EVENT_AGREED:
    case EVENT_EXECUTED:
        return on_mark(v, log, (enum event)event, k);
    case EVENT_PAID:
        return k == 0 ? on_pending(v, log, 0, false) : ERR_OK;
    case EVENT_PENDING:
        return on_pending(v, log, 0, true);
    case EVENT_REFUNDED:
        return on_pending(v, log, 32, true);
    }
    return ERR_OK;
}

#include "audit/l1_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/l1_view_internal.h"
#include "common/base/endian.h"

enum { RANGE_FIRST = 2000 };

/* ---- memory ---- */

enum err view_grow(void **list, size_t *cap, size_t n, size_t size, size_t max)
{
    if (n < *cap) return ERR_OK;
    if (n >= max) return ERR_FULL;
    size_t more = *cap == 0 ? 64 : 2 * *cap;
    void *grown = realloc(*list, more * size);
    if (grown == NULL) return ERR_NOMEM;
    *list = grown;
    *cap = more;
    return ERR_OK;
}

void view_batch_clear(struct l1_batch *b)
{
    free(b->segments);
    memset(b, 0, sizeof *b);
}

/* As if nothing had been read. */
static void forget(struct l1_view *v)
{
    struct pending_entry *e = NULL;
    struct pending_entry *next = NULL;
    while (v->n_batches > 0)
        view_batch_clear(&v->batches[--v->n_batches]);
    while (v->n_requests > 0)
        free((uint8_t *)(uintptr_t)v->requests[--v->n_requests].data);
    HASH_ITER(hh, v->pending, e, next)
    {
        HASH_DEL(v->pending, e);
        free(e);
    }
    v->n_tokens = 0;
    v->proven = v->agreed = v->executed = 0;
    v->final = (struct l1_block){0};
    v->next_block = v->chain->deploy_block;
    v->next_log = 0;
}

enum err l1_view_open(struct l1_view **out, const struct l1_view_options *options, char *text,
                      size_t text_size)
{
    struct l1_view *v = calloc(1, sizeof *v);
    if (v == NULL) return ERR_NOMEM;
    v->options = *options;
    if (v->options.source.blob_url == NULL || v->options.source.blob_url[0] == '\0')
        v->options.source.blob_url = v->options.source.rpc_url;
    v->chain = &options->deployment->chains[options->chain];
    v->range = RANGE_FIRST;
    digests_compute(&v->digests, options->deployment);
    view_topics(v);
    forget(v);
    char why[L1_RPC_TEXT] = "";
    enum err err = l1_blob_archive_check(options->source.blob_archive, why, sizeof why);
    if (err == ERR_OK) err = l1_rpc_new(&v->rpc, options->source.rpc_url, options->timeout_ms);
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "chain %s: %s", v->chain->name,
                       why[0] != '\0' ? why : err_text(err));
        l1_view_close(v);
        return err;
    }
    *out = v;
    return ERR_OK;
}

void l1_view_close(struct l1_view *v)
{
    if (v == NULL) return;
    forget(v);
    free(v->batches);
    free(v->requests);
    free(v->tokens);
    l1_rpc_free(v->rpc);
    free(v);
}

/* ---- asking the contract ---- */

enum err view_call(struct l1_view *v, struct bytes_buf *out, const char *signature,
                   const uint8_t *words, size_t n_words, uint64_t block)
{
    uint8_t input[4 + 3 * 32];
    l1_abi_selector(input, signature);
    if (n_words > 0) memcpy(input + 4, words, 32 * n_words);
    enum err err =
        l1_rpc_call(v->rpc, out, v->chain->contract, (struct span){input, 4 + 32 * n_words}, block);
    if (err == ERR_OK && out->len < 32) {
        l1_rpc_say(v->rpc, "%s: empty answer", signature);
        err = ERR_PROTOCOL;
    }
    return err;
}

enum err view_call_u128(struct l1_view *v, unsigned __int128 *out, const char *signature,
                        const uint8_t *words, size_t n_words, uint64_t block)
{
    struct bytes_buf answer;
    bytes_buf_init(&answer, 4096);
    enum err err = view_call(v, &answer, signature, words, n_words, block);
    if (err == ERR_OK && l1_abi_u128(out, bytes_buf_span(&answer), 0) != ERR_OK) {
        l1_rpc_say(v->rpc, "%s: the answer is no amount", signature);
        err = ERR_PROTOCOL;
    }
    bytes_buf_deinit(&answer);
    return err;
}

/* A contract that proves batches one by one has no such view. */
static enum err version_check(struct l1_view *v, uint64_t block)
{
    unsigned __int128 version = 0;
    enum err err = view_call_u128(v, &version, "statementVersion()", NULL, 0, block);
    if (err != ERR_OK && err != ERR_RPC && err != ERR_PROTOCOL && err != ERR_CHAIN) return err;
    if (err == ERR_OK && version == AUDIT_STATEMENT_VERSION) return ERR_OK;
    l1_rpc_say(v->rpc, "the contract does not make statements of version %d",
               AUDIT_STATEMENT_VERSION);
    return ERR_VERSION;
}

static enum err contract_check(struct l1_view *v)
{
    struct l1_block latest;
    struct bytes_buf answer;
    uint64_t id = 0;
    size_t code = 0;
    ERR_TRY(l1_rpc_chain_id(v->rpc, &id));
    if (id != v->chain->chain_id) {
        l1_rpc_say(v->rpc, "the node's chain id is %" PRIu64 ", not %" PRIu64, id,
                   v->chain->chain_id);
        return ERR_CHAIN;
    }
    ERR_TRY(l1_rpc_block_by_tag(v->rpc, &latest, "latest"));
    ERR_TRY(l1_rpc_code_size(v->rpc, &code, v->chain->contract, latest.number));
    if (code == 0) {
        l1_rpc_say(v->rpc, "no code at the contract's address");
        return ERR_CHAIN;
    }
    bytes_buf_init(&answer, 4096);
    enum err err = view_call(v, &answer, "deploymentId()", NULL, 0, latest.number);
    if (err == ERR_OK && memcmp(answer.data, v->options.deployment->id, 32) != 0) {
        l1_rpc_say(v->rpc, "the contract belongs to another deployment");
        err = ERR_CHAIN;
    }
    bytes_buf_deinit(&answer);
    if (err == ERR_OK) err = version_check(v, latest.number);
    if (err == ERR_OK) v->checked = true;
    return err;
}

/* ---- reading on ---- */

static enum err final_block(struct l1_view *v, struct l1_block *out)
{
    uint32_t finality = v->chain->finality;
    if (finality == DEPLOYMENT_FINALITY_FINALIZED || finality == DEPLOYMENT_FINALITY_SAFE) {
        const char *tag = finality == DEPLOYMENT_FINALITY_SAFE ? "safe" : "finalized";
        enum err err = l1_rpc_block_by_tag(v->rpc, out, tag);
        return err == ERR_NOT_FOUND ? ERR_UNAVAILABLE : err;
    }
    ERR_TRY(l1_rpc_block_by_tag(v->rpc, out, "latest"));
    if (finality == 0) return ERR_OK;
    return l1_rpc_block(v->rpc, out, out->number > finality ? out->number - finality : 0);
}

static enum err on_log(void *ctx, const struct l1_log *log)
{
    struct l1_view *v = ctx;
    if (log->block < v->next_block || (log->block == v->next_block && log->index < v->next_log))
        return ERR_OK; /* read before an interruption */
    ERR_TRY(view_event(v, log));
    v->next_block = log->block;
    v->next_log = log->index + 1;
    return ERR_OK;
}

static enum err read_to(struct l1_view *v, uint64_t last)
{
    while (v->next_block <= last) {
        uint64_t to = last - v->next_block < v->range ? last : v->next_block + v->range - 1;
        enum err err = l1_rpc_logs(v->rpc, v->chain->contract, v->next_block, to, on_log, v);
        bool too_much = err == ERR_RPC || err == ERR_TOO_LARGE || err == ERR_TIMEOUT;
        if (too_much && v->range > 1) {
            v->range /= 2; /* nodes limit what one answer holds */
            if (err == ERR_TIMEOUT) return err;
            continue;
        }
        ERR_TRY(err);
        v->next_block = to + 1;
        v->next_log = 0;
        if (v->range < RANGE_FIRST) v->range *= 2;
    }
    return ERR_OK;
}

/* The contract's own counters at the same block: no event was left out. */
static enum err counters_check(struct l1_view *v, uint64_t block)
{
    const struct {
        const char *signature;
        uint64_t told;
    } counters[] = {{"committedK()", v->n_batches},     {"provenK()", v->proven},
                    {"agreedK()", v->agreed},           {"executedK()", v->executed},
                    {"totalRequests()", v->n_requests}, {"tokenCount()", v->n_tokens + 1}};
    for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
        unsigned __int128 value = 0;
        ERR_TRY(view_call_u128(v, &value, counters[i].signature, NULL, 0, block));
        if (value == counters[i].told) continue;
        l1_rpc_say(v->rpc, "%s is %" PRIu64 ", but the events tell %" PRIu64, counters[i].signature,
                   (uint64_t)value, counters[i].told);
        forget(v);
        return ERR_PROTOCOL;
    }
    return ERR_OK;
}

static enum err still_there(struct l1_view *v)
{
    struct l1_block again;
    if (v->final.number == 0) return ERR_OK;
    ERR_TRY(l1_rpc_block(v->rpc, &again, v->final.number));
    if (memcmp(again.hash, v->final.hash, 32) == 0) return ERR_OK;
    l1_rpc_say(v->rpc, "block %" PRIu64 " was final and is another one now", v->final.number);
    return ERR_REORG;
}

static enum err refresh(struct l1_view *v)
{
    struct l1_block last;
    if (!v->checked) ERR_TRY(contract_check(v));
    ERR_TRY(final_block(v, &last));
    if (last.number < v->chain->deploy_block) {
        l1_rpc_say(v->rpc, "the contract's deployment is not final yet");
        return ERR_UNAVAILABLE;
    }
    if (last.number < v->final.number) return ERR_OK; /* a node that lags behind */
    ERR_TRY(still_there(v));
    if (last.number == v->final.number) return ERR_OK;
    enum err err = read_to(v, last.number);
    if (err == ERR_AUDIT) forget(v); /* contract or node: everything is read again */
    ERR_TRY(err);
    ERR_TRY(counters_check(v, last.number));
    v->final = last;
    return ERR_OK;
}

enum err l1_view_refresh(struct l1_view *v, char *text, size_t text_size)
{
    enum err err = refresh(v);
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "chain %s: %s", v->chain->name, l1_rpc_text(v->rpc));
    return err;
}

/* ---- what was read ---- */

uint64_t l1_view_committed(const struct l1_view *v)
{
    return v->n_batches;
}
uint64_t l1_view_proven(const struct l1_view *v)
{
    return v->proven;
}
uint64_t l1_view_agreed(const struct l1_view *v)
{
    return v->agreed;
}
uint64_t l1_view_executed(const struct l1_view *v)
{
    return v->executed;
}
size_t l1_view_tokens(const struct l1_view *v)
{
    return v->n_tokens + 1;
}
uint64_t l1_view_final_block(const struct l1_view *v)
{
    return v->final.number;
}

const struct l1_batch *l1_view_batch(const struct l1_view *v, uint64_t k)
{
    return k >= 1 && k <= v->n_batches ? &v->batches[k - 1] : NULL;
}

const struct span *l1_view_request(const struct l1_view *v, uint64_t index)
{
    return index < v->n_requests ? &v->requests[index] : NULL;
}

static enum err stored_read(struct l1_stored *out, struct span data)
{
    ERR_TRY(l1_abi_word(out->statement, data, 0));
    ERR_TRY(l1_abi_word(out->final_root, data, 32));
    ERR_TRY(l1_abi_word(out->final_root_before, data, 64));
    ERR_TRY(l1_abi_word(out->digest, data, 96));
    return l1_abi_u64(&out->state, data, 128);
}

enum err l1_view_stored(struct l1_view *v, uint64_t k, struct l1_stored *out, char *text,
                        size_t text_size)
{
    struct bytes_buf answer;
    uint8_t word[32] = {0};
    put_be64(word + 24, k);
    bytes_buf_init(&answer, 4096);
    enum err err = view_call(v, &answer, "batches(uint64)", word, 1, v->final.number);
    if (err == ERR_OK && stored_read(out, bytes_buf_span(&answer)) != ERR_OK) {
        l1_rpc_say(v->rpc, "batches(%" PRIu64 "): the answer is malformed", k);
        err = ERR_PROTOCOL;
    }
    bytes_buf_deinit(&answer);
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "chain %s: %s", v->chain->name, l1_rpc_text(v->rpc));
    return err;
}

/* Start-up of the sequencer: journal bodies, replay, views. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "core/op/request.h"
#include "orchestrator/sequencer_internal.h"

size_t seq_open_write(uint8_t *out, const struct seq_batch *b,
                      const struct sequencer_chain_config *fees, size_t n_chains)
{
    uint8_t *p = out;
    put_be32(p, b->k);
    put_be32(p + 4, b->time);
    put_be16(p + 8, (uint16_t)n_chains);
    p += 10;
    for (size_t i = 0; i < n_chains; i++) {
        put_be32(p, fees[i].fee_account);
        p += 4;
        for (int j = 0; j < BATCH_FEE_TOKENS; j++) {
            put_be32(p, fees[i].fees[j].token);
            p[4] = fees[i].fees[j].slot;
            p += 5;
        }
    }
    return (size_t)(p - out);
}

static enum err open_replay(struct sequencer *s, struct span body)
{
    struct byte_reader r = byte_reader_make(body);
    uint32_t k = 0;
    uint32_t time = 0;
    uint16_t n = 0;
    ERR_TRY(byte_reader_be32(&r, &k));
    ERR_TRY(byte_reader_be32(&r, &time));
    ERR_TRY(byte_reader_be16(&r, &n));
    if (s->open != NULL && batch_count_all_ops(s->batch) == 0) seq_open_drop(s);
    if (n != s->n_chains || k != s->sealed_k + 1 || s->open != NULL) return ERR_CORRUPT;
    struct sequencer_chain_config fees[DEPLOYMENT_CHAINS_MAX];
    memset(fees, 0, sizeof fees);
    for (uint16_t i = 0; i < n; i++) {
        ERR_TRY(byte_reader_be32(&r, &fees[i].fee_account));
        for (int j = 0; j < BATCH_FEE_TOKENS; j++) {
            ERR_TRY(byte_reader_be32(&r, &fees[i].fees[j].token));
            ERR_TRY(byte_reader_u8(&r, &fees[i].fees[j].slot));
        }
    }
    ERR_TRY(byte_reader_end(&r));
    return seq_batch_open(s, k, time, fees);
}

size_t seq_seal_write(uint8_t out[SEQ_SEAL_MAX], const struct seq_batch *b)
{
    put_be32(out, b->k);
    memcpy(out + 4, b->final_root, 32);
    memcpy(out + 36, b->statement, 32);
    memcpy(out + 68, b->digest, 32);
    uint8_t *p = out + SEQ_SEAL_BYTES;
    for (uint32_t i = 0; i < b->n_blobs; i++) {
        put_be16(p, b->blobs[i].chain);
        memcpy(p + 2, b->blobs[i].versioned_hash, 32);
        p += SEQ_SEAL_BLOB_BYTES;
    }
    return (size_t)(p - out);
}

static enum err seal_replay(struct sequencer *s, struct span body)
{
    if (body.len < SEQ_SEAL_BYTES || body.len > SEQ_SEAL_MAX || s->open == NULL) return ERR_CORRUPT;
    if ((body.len - SEQ_SEAL_BYTES) % SEQ_SEAL_BLOB_BYTES != 0) return ERR_CORRUPT;
    struct seq_batch *b = s->open;
    b->n_blobs = (uint32_t)((body.len - SEQ_SEAL_BYTES) / SEQ_SEAL_BLOB_BYTES);
    for (uint32_t i = 0; i < b->n_blobs; i++) {
        const uint8_t *p = body.data + SEQ_SEAL_BYTES + i * SEQ_SEAL_BLOB_BYTES;
        b->blobs[i].chain = get_be16(p);
        memcpy(b->blobs[i].versioned_hash, p + 2, 32);
    }
    ERR_TRY(seq_batch_seal(s));
    uint8_t now[SEQ_SEAL_MAX];
    size_t n = seq_seal_write(now, b);
    return n == body.len && memcmp(now, body.data, n) == 0 ? ERR_OK : ERR_MISMATCH;
}

size_t seq_priority_write(uint8_t *out, uint16_t chain, uint64_t index, struct span record)
{
    REQUIRE(record.len <= SEQ_PRIORITY_MAX);
    put_be16(out, chain);
    put_be64(out + 2, index);
    memcpy(out + 10, record.data, record.len);
    return 10 + record.len;
}

static enum err priority_replay(struct sequencer *s, struct span body)
{
    if (body.len < 10) return ERR_CORRUPT;
    uint16_t chain = get_be16(body.data);
    uint64_t index = get_be64(body.data + 2);
    if (chain >= s->n_chains || index != s->priority_next[chain]) return ERR_CORRUPT;
    return seq_apply_priority(s, chain, index, (struct span){body.data + 10, body.len - 10}, false);
}

size_t seq_reject_write(uint8_t *out, size_t size, uint32_t k, const uint8_t id[32],
                        const char *text)
{
    put_be32(out, k);
    memcpy(out + 4, id, 32);
    size_t n = strnlen(text, size - 36);
    memcpy(out + 36, text, n);
    return 36 + n;
}

static enum err reject_replay(struct sequencer *s, struct span body)
{
    if (body.len < 36 || body.len > 36 + 96) return ERR_CORRUPT;
    char text[97] = {0};
    memcpy(text, body.data + 36, body.len - 36);
    return seq_replay_reject(s, get_be32(body.data), body.data + 4, text);
}

static enum err settled_replay(struct sequencer *s, struct span body)
{
    if (body.len != 4) return ERR_CORRUPT;
    sequencer_settled(s, get_be32(body.data));
    return ERR_OK;
}

enum err sequencer_replay(struct sequencer *s, const struct journal_record *record, char *text,
                          size_t text_size)
{
    REQUIRE(s->store == NULL);
    enum err err;
    switch (record->kind) {
    case JOURNAL_OPEN:
        err = open_replay(s, record->body);
        break;
    case JOURNAL_REQUEST:
        err = seq_apply_replayed(s, record->body, record->seq);
        break;
    case JOURNAL_PRIORITY:
        err = priority_replay(s, record->body);
        break;
    case JOURNAL_SEAL:
        err = seal_replay(s, record->body);
        break;
    case JOURNAL_SETTLED:
        err = settled_replay(s, record->body);
        break;
    case JOURNAL_REJECT:
        err = reject_replay(s, record->body);
        break;
    default:
        err = ERR_VERSION;
        break;
    }
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "journal record %llu (kind %u) does not replay: %s",
                       (unsigned long long)record->seq, record->kind, err_text(err));
    return err;
}

static enum err digests_init(struct sequencer *s)
{
    const struct deployment *d = s->options.deployment;
    struct chain_entry list[DEPLOYMENT_CHAINS_MAX];
    for (size_t i = 0; i < s->n_chains; i++) {
        list[i].index = d->chains[i].index;
        list[i].chain_id = d->chains[i].chain_id;
        memcpy(list[i].address, d->chains[i].contract, 20);
        list[i].finality = d->chains[i].finality;
    }
    ERR_TRY(chains_digest(s->chains_digest, list, s->n_chains));
    programs_digest(s->programs_digest, d->terminal_program);
    struct digest8 roots[DEPLOYMENT_CHAINS_MAX];
    for (size_t i = 0; i < s->n_chains; i++)
        ERR_TRY(cells_root(s->states[i].cells, &roots[i]));
    ERR_TRY(seq_final_root(s, 0, roots, s->final_root));
    digest_genesis(s->digest, d->id, s->final_root);
    memcpy(s->settled_digest, s->digest, 32);
    return ERR_OK;
}

enum err sequencer_new(struct sequencer **out, const struct sequencer_options *options)
{
    struct sequencer *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->options = *options;
    s->n_chains = options->deployment->n_chains;
    deployment_elements(s->dep, options->deployment->id);
    enum err err = ERR_OK;
    for (size_t i = 0; i < s->n_chains && err == ERR_OK; i++)
        err = chain_state_init(&s->states[i], (uint16_t)i);
    if (err == ERR_OK) err = digests_init(s);
    if (err != ERR_OK) {
        sequencer_free(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void sequencer_free(struct sequencer *s)
{
    if (s == NULL) return;
    if (s->batch != NULL) batch_free(s->batch);
    if (s->open != NULL) seq_batch_free(s->open);
    while (s->sealed != NULL) {
        struct seq_batch *b = s->sealed;
        s->sealed = b->next;
        seq_batch_free(b);
    }
    struct receipt *r = NULL;
    struct receipt *next = NULL;
    HASH_ITER(hh, s->receipts, r, next)
    {
        HASH_DEL(s->receipts, r);
        free(r);
    }
    for (size_t i = 0; i < s->n_chains; i++) {
        if (s->states[i].cells != NULL) chain_state_deinit(&s->states[i]);
    }
    free(s->taken);
    free(s);
}

void sequencer_start(struct sequencer *s, struct store *store)
{
    s->store = store;
    if (s->batch != NULL) batch_check_signatures(s->batch); /* it was opened by the replay */
    if (s->open != NULL) s->open->opened_ms = clock_mono_ms(&s->options.clock);
    uint64_t generation = s->generation;
    struct seq_batch *b = s->sealed;
    while (b != NULL && generation == s->generation) {
        struct seq_batch *next = b->next; /* on_sealed may settle b */
        s->options.on_sealed(s->options.ctx, b);
        b = next;
    }
}

/* ---- views ---- */

const struct receipt *sequencer_receipt(const struct sequencer *s, const uint8_t id[32])
{
    struct receipt *r = NULL;
    HASH_FIND(hh, s->receipts, id, 32, r);
    return r;
}

void sequencer_peek(const struct sequencer *s, uint16_t chain, uint32_t account, uint8_t slot,
                    struct cell *out)
{
    REQUIRE(chain < s->n_chains);
    if (s->batch != NULL) {
        batch_peek(s->batch, chain, account, slot, out);
    } else {
        cells_get(s->states[chain].cells, account, slot, out);
    }
}

static const struct slot0_preimage *identity(const struct sequencer *s, uint16_t chain,
                                             uint32_t account, uint8_t kind)
{
    struct cell digest;
    if (chain >= s->n_chains || account >= ACCOUNT_NEW) return NULL;
    sequencer_peek(s, chain, account, SLOT_IDENTITY, &digest);
    const struct slot0_preimage *p = preimages_find(s->states[chain].preimages, &digest);
    return p != NULL && p->kind == kind ? p : NULL;
}

bool sequencer_user(const struct sequencer *s, uint16_t chain, uint32_t account,
                    struct user_cell *user, uint32_t *changes, uint32_t next[XMSS_LANES])
{
    const struct slot0_preimage *p = identity(s, chain, account, PREIMAGE_USER);
    if (p == NULL) return false;
    struct cell keys;
    sequencer_peek(s, chain, account, SLOT_KEYS, &keys);
    *user = p->user;
    *changes = keys.e[0];
    for (int i = 0; i < XMSS_LANES; i++)
        next[i] = keys.e[1 + i];
    return true;
}

bool sequencer_pool(const struct sequencer *s, uint16_t chain, uint32_t account,
                    struct pool_half *pool)
{
    const struct slot0_preimage *p = identity(s, chain, account, PREIMAGE_POOL);
    if (p == NULL) return false;
    *pool = p->pool;
    return true;
}

uint32_t sequencer_next_account(const struct sequencer *s, uint16_t chain)
{
    struct cell c;
    sequencer_peek(s, chain, ACCOUNT_SYSTEM, SYSTEM_SLOT_NEXT, &c);
    return c.e[0];
}

uint32_t sequencer_open_batch(const struct sequencer *s)
{
    return s->sealed_k + 1;
}
uint32_t sequencer_sealed_batch(const struct sequencer *s)
{
    return s->sealed_k;
}
uint32_t sequencer_time(const struct sequencer *s)
{
    return s->open != NULL ? s->open->time : s->last_time;
}
const uint32_t *sequencer_deployment_elements(const struct sequencer *s)
{
    return s->dep;
}
const uint8_t *sequencer_programs_digest(const struct sequencer *s)
{
    return s->programs_digest;
}
uint64_t sequencer_accepted(const struct sequencer *s)
{
    return s->accepted;
}
uint32_t sequencer_open_operations(const struct sequencer *s)
{
    return s->batch == NULL ? 0 : batch_count_all_ops(s->batch);
}

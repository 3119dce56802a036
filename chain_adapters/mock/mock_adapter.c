#include "chain_adapters/mock/mock_adapter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/tx.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"

/* --- what is stored ---------------------------------------------------------------------------- */

struct mock_log {
    struct chain_log log;
    uint8_t *data;
};

struct mock_answer {
    struct bytes_buf data, result;
    enum err err;
};

struct mock_known_tx {
    uint8_t hash[32], from[20], to[20];
    uint8_t *data;
    size_t len;
};

/* Signed once; submitted when tx.submissions > 0. */
struct mock_sent {
    struct mock_tx tx;
    uint8_t raw_hash[32]; /* keccak256 of what is submitted */
    struct bytes_buf data;
    struct chain_blob *blob; /* what tx.blob points to */
    struct chain_block block;
    struct chain_fault fault;
    bool is_mined, is_dropped;
};

/* A callback that waits for its turn of the loop. */
struct mock_pending {
    void (*fire)(struct mock_adapter *m, struct mock_pending *p);
    union {
        chain_done_cb done;
        chain_call_cb call;
        chain_block_cb block;
        chain_u256_cb u256;
        chain_sign_cb sign;
        chain_status_cb status;
        chain_tx_data_cb tx_data;
    } cb;
    void *ctx;
    enum err err;
    struct chain_fault fault;
    struct chain_block block;
    struct u256 value;
    struct chain_tx_status status;
    struct chain_signed_tx signed_tx;
    struct chain_tx_data tx_data;
    struct bytes_buf bytes;
    struct mock_pending *next;
};

struct mock_adapter {
    struct chain_adapter base;
    struct loop *loop;
    struct loop_timer timer;
    uint8_t key[32];
    bool is_open, is_closing, is_watching, is_paused, is_halted, was_in_trouble;
    void (*closed)(void *ctx);
    void *closed_ctx;
    struct mock_pending *first, **last;
    size_t pending_count;

    struct chain_block blocks[MOCK_BLOCKS_MAX];
    size_t block_count;
    uint64_t salt; /* of block hashes: changes with every reorganisation */
    struct mock_log logs[MOCK_LOGS_MAX];
    size_t log_count;
    struct mock_answer answers[MOCK_ANSWERS_MAX];
    size_t answer_count;
    struct mock_known_tx known[MOCK_TXS_MAX];
    size_t known_count;
    struct mock_sent sent[MOCK_TXS_MAX];
    size_t sent_count;
    size_t order[MOCK_TXS_MAX]; /* of first submission: indices of sent */
    size_t order_count;
    enum err trouble;

    struct chain_watcher watcher;
    uint64_t next;
    bool has_last;
    uint8_t last_hash[32];
};

static struct mock_adapter *mock_of(struct chain_adapter *base)
{
    return (struct mock_adapter *)base;
}

struct chain_adapter *mock_adapter_base(struct mock_adapter *m)
{
    return &m->base;
}

/* --- turns of the loop ------------------------------------------------------------------------- */

static void wake(struct mock_adapter *m)
{
    if (!m->is_closing) loop_timer_start(&m->timer, 0, 0);
}

static enum err pending_new(struct mock_adapter *m, struct mock_pending **out, void *ctx,
                            void (*fire)(struct mock_adapter *m, struct mock_pending *p))
{
    if (m->is_closing) return ERR_CLOSED;
    if (m->pending_count >= CHAIN_CALLS_MAX) return ERR_FULL;
    struct mock_pending *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    p->fire = fire;
    p->ctx = ctx;
    p->err = m->trouble;
    bytes_buf_init(&p->bytes, EVM_TX_RAW_MAX);
    *m->last = p;
    m->last = &p->next;
    m->pending_count++;
    wake(m);
    *out = p;
    return ERR_OK;
}

static void fire_all(struct mock_adapter *m)
{
    while (m->first != NULL) {
        struct mock_pending *p = m->first;
        m->first = p->next;
        if (m->first == NULL) m->last = &m->first;
        m->pending_count--;
        if (m->is_closing) p->err = ERR_CANCELLED;
        p->fire(m, p);
        bytes_buf_deinit(&p->bytes);
        free(p);
    }
}

/* Number of the last final block; false if there is none. */
static bool final_number(const struct mock_adapter *m, uint64_t *out)
{
    uint64_t finality = m->base.options.finality;
    if (finality >= CHAIN_FINALITY_SAFE) finality = 0;
    if (m->block_count - 1 < finality) return false;
    *out = m->block_count - 1 - finality;
    return true;
}

static void halt(struct mock_adapter *m)
{
    struct chain_fault fault = {.what = "a block that was final is no longer in the chain"};
    m->is_halted = true;
    m->watcher.on_halt(m->watcher.ctx, ERR_REORG, &fault);
}

/* One delivery of everything that is final and new. */
static void deliver(struct mock_adapter *m)
{
    uint64_t to;
    static const struct chain_fault none;
    if (!m->is_watching || m->is_paused || m->is_halted || m->is_closing) return;
    if (m->trouble != ERR_OK || m->was_in_trouble) {
        m->was_in_trouble = m->trouble != ERR_OK;
        if (m->watcher.on_trouble != NULL) {
            m->watcher.on_trouble(m->watcher.ctx, m->trouble, &none);
        }
        if (m->trouble != ERR_OK || m->is_closing) return;
    }
    if (m->has_last && m->next <= m->block_count &&
        memcmp(m->blocks[m->next - 1].hash, m->last_hash, 32) != 0) {
        halt(m);
        return;
    }
    if (!final_number(m, &to) || to < m->next) return;
    struct chain_log *logs = calloc(m->log_count + 1, sizeof *logs);
    REQUIRE(logs != NULL);
    size_t n = 0;
    for (size_t i = 0; i < m->log_count; i++) {
        const struct chain_log *log = &m->logs[i].log;
        if (log->block_number >= m->next && log->block_number <= to) logs[n++] = *log;
    }
    struct chain_block block = m->blocks[to];
    m->next = to + 1;
    m->has_last = true;
    memcpy(m->last_hash, block.hash, 32);
    m->watcher.on_logs(m->watcher.ctx, logs, n, &block);
    free(logs);
}

static void on_timer(void *ctx)
{
    struct mock_adapter *m = ctx;
    fire_all(m);
    deliver(m);
}

/* --- the script -------------------------------------------------------------------------------- */

uint64_t mock_push_block(struct mock_adapter *m, uint64_t time)
{
    uint8_t preimage[24];
    REQUIRE(m->block_count < MOCK_BLOCKS_MAX);
    struct chain_block *b = &m->blocks[m->block_count];
    memset(b, 0, sizeof *b);
    b->number = m->block_count;
    b->time = time;
    put_be64(preimage, m->base.options.chain_id);
    put_be64(preimage + 8, m->salt);
    put_be64(preimage + 16, b->number);
    keccak256(b->hash, preimage, sizeof preimage);
    if (m->block_count > 0) memcpy(b->parent_hash, b[-1].hash, 32);
    m->block_count++;
    wake(m);
    return b->number;
}

void mock_push_log(struct mock_adapter *m, const uint8_t tx_hash[32], const uint8_t (*topics)[32],
                   uint32_t topic_count, struct span data)
{
    REQUIRE(m->log_count < MOCK_LOGS_MAX);
    REQUIRE(topic_count <= 4);
    struct mock_log *l = &m->logs[m->log_count];
    const struct chain_block *b = &m->blocks[m->block_count - 1];
    memset(l, 0, sizeof *l);
    l->data = malloc(data.len + 1);
    REQUIRE(l->data != NULL);
    if (data.len > 0) memcpy(l->data, data.data, data.len);
    l->log.block_number = b->number;
    l->log.block_time = b->time;
    memcpy(l->log.block_hash, b->hash, 32);
    memcpy(l->log.tx_hash, tx_hash, 32);
    l->log.log_index = (uint32_t)m->log_count;
    memcpy(l->log.address, m->base.options.contract, 20);
    l->log.topic_count = topic_count;
    for (uint32_t i = 0; i < topic_count; i++) memcpy(l->log.topics[i], topics[i], 32);
    l->log.data = span_make(l->data, data.len);
    m->log_count++;
}

void mock_reorg(struct mock_adapter *m, uint64_t number)
{
    REQUIRE(number > 0 && number < m->block_count);
    m->block_count = number;
    m->salt++;
    size_t kept = 0;
    for (size_t i = 0; i < m->log_count; i++) {
        if (m->logs[i].log.block_number < number)
            m->logs[kept++] = m->logs[i];
        else
            free(m->logs[i].data);
    }
    m->log_count = kept;
    for (size_t i = 0; i < m->sent_count; i++) {
        struct mock_sent *s = &m->sent[i];
        if (s->is_mined && s->block.number >= number) {
            s->is_mined = false;
            s->tx.state = CHAIN_TX_PENDING;
        }
    }
}

void mock_set_call(struct mock_adapter *m, struct span data, enum err err, struct span result)
{
    struct mock_answer *a = NULL;
    for (size_t i = 0; i < m->answer_count; i++) {
        if (span_equal(bytes_buf_span(&m->answers[i].data), data)) a = &m->answers[i];
    }
    if (a == NULL) {
        REQUIRE(m->answer_count < MOCK_ANSWERS_MAX);
        a = &m->answers[m->answer_count++];
        bytes_buf_init(&a->data, CHAIN_CALLDATA_MAX);
        bytes_buf_init(&a->result, CHAIN_CALLDATA_MAX);
        enum err stored = bytes_buf_append(&a->data, data.data, data.len);
        REQUIRE(stored == ERR_OK);
    }
    bytes_buf_clear(&a->result);
    enum err stored = bytes_buf_append(&a->result, result.data, result.len);
    REQUIRE(stored == ERR_OK);
    a->err = err;
}

void mock_set_tx_data(struct mock_adapter *m, const uint8_t tx_hash[32], const uint8_t from[20],
                      const uint8_t to[20], struct span data)
{
    REQUIRE(m->known_count < MOCK_TXS_MAX);
    struct mock_known_tx *k = &m->known[m->known_count++];
    memcpy(k->hash, tx_hash, 32);
    memcpy(k->from, from, 20);
    memcpy(k->to, to, 20);
    k->data = malloc(data.len + 1);
    REQUIRE(k->data != NULL);
    if (data.len > 0) memcpy(k->data, data.data, data.len);
    k->len = data.len;
}

void mock_set_trouble(struct mock_adapter *m, enum err err)
{
    m->trouble = err;
    wake(m);
}

size_t mock_tx_count(const struct mock_adapter *m)
{
    return m->order_count;
}

static struct mock_sent *submitted_at(struct mock_adapter *m, size_t index)
{
    REQUIRE(index < m->order_count);
    return &m->sent[m->order[index]];
}

const struct mock_tx *mock_tx_at(const struct mock_adapter *m, size_t index)
{
    REQUIRE(index < m->order_count);
    return &m->sent[m->order[index]].tx;
}

void mock_mine_tx(struct mock_adapter *m, size_t index, bool succeeded, struct span revert)
{
    struct mock_sent *s = submitted_at(m, index);
    s->is_mined = true;
    s->is_dropped = false;
    s->block = m->blocks[m->block_count - 1];
    s->tx.state = succeeded ? CHAIN_TX_MINED : CHAIN_TX_FAILED;
    s->fault.revert_len = revert.len < CHAIN_REVERT_MAX ? revert.len : CHAIN_REVERT_MAX;
    if (s->fault.revert_len > 0) memcpy(s->fault.revert, revert.data, s->fault.revert_len);
}

void mock_drop_tx(struct mock_adapter *m, size_t index)
{
    struct mock_sent *s = submitted_at(m, index);
    s->is_dropped = true;
    s->is_mined = false;
    s->tx.state = CHAIN_TX_UNKNOWN;
}

/* --- the interface ----------------------------------------------------------------------------- */

static void fire_open(struct mock_adapter *m, struct mock_pending *p)
{
    if (p->err == ERR_OK) m->is_open = true;
    p->cb.done(p->ctx, p->err, &p->fault);
}

static void fire_done(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->cb.done(p->ctx, p->err, &p->fault);
}

static enum err mock_open(struct chain_adapter *base, chain_done_cb cb, void *ctx)
{
    struct mock_pending *p;
    ERR_TRY(pending_new(mock_of(base), &p, ctx, fire_open));
    p->cb.done = cb;
    return ERR_OK;
}

static enum err mock_watch(struct chain_adapter *base, uint64_t from_block,
                           const uint8_t *parent_hash, const struct chain_watcher *watcher)
{
    struct mock_adapter *m = mock_of(base);
    if (!m->is_open || m->is_closing || m->is_watching) return ERR_BAD_STATE;
    if (parent_hash != NULL && from_block == 0) return ERR_ARG;
    m->is_watching = true;
    m->watcher = *watcher;
    m->next = from_block;
    m->has_last = parent_hash != NULL;
    if (parent_hash != NULL) memcpy(m->last_hash, parent_hash, 32);
    wake(m);
    return ERR_OK;
}

static void mock_pause(struct chain_adapter *base, bool paused)
{
    mock_of(base)->is_paused = paused;
    wake(mock_of(base));
}

static void fire_call(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    struct span result = p->err == ERR_OK ? bytes_buf_span(&p->bytes) : span_make(NULL, 0);
    p->cb.call(p->ctx, p->err, result, &p->fault);
}

static enum err mock_call(struct chain_adapter *base, const uint8_t *to, struct span data,
                          enum chain_block_tag at, chain_call_cb cb, void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    (void)to;
    (void)at;
    ERR_TRY(pending_new(m, &p, ctx, fire_call));
    p->cb.call = cb;
    if (p->err != ERR_OK) return ERR_OK;
    p->err = ERR_RPC;
    for (size_t i = 0; i < m->answer_count; i++) {
        const struct mock_answer *a = &m->answers[i];
        if (!span_equal(bytes_buf_span(&a->data), data)) continue;
        p->err = a->err;
        if (a->err == ERR_CHAIN) {
            p->fault.revert_len = a->result.len < CHAIN_REVERT_MAX ? a->result.len
                                                                   : CHAIN_REVERT_MAX;
            if (p->fault.revert_len > 0) {
                memcpy(p->fault.revert, a->result.data, p->fault.revert_len);
            }
        } else if (a->err == ERR_OK) {
            p->err = bytes_buf_append(&p->bytes, a->result.data, a->result.len);
        }
    }
    return ERR_OK;
}

static void fire_block(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->cb.block(p->ctx, p->err, p->err == ERR_OK ? &p->block : NULL, &p->fault);
}

static enum err mock_block(struct chain_adapter *base, enum chain_block_tag tag, chain_block_cb cb,
                           void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    uint64_t number = m->block_count - 1;
    ERR_TRY(pending_new(m, &p, ctx, fire_block));
    p->cb.block = cb;
    if (tag == CHAIN_BLOCK_FINAL && !final_number(m, &number)) {
        if (p->err == ERR_OK) p->err = ERR_NOT_FOUND;
    } else {
        p->block = m->blocks[number];
    }
    return ERR_OK;
}

static void fire_u256(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->cb.u256(p->ctx, p->err, p->err == ERR_OK ? &p->value : NULL, &p->fault);
}

static enum err mock_balance(struct chain_adapter *base, const uint8_t address[20],
                             chain_u256_cb cb, void *ctx)
{
    struct mock_pending *p;
    (void)address;
    ERR_TRY(pending_new(mock_of(base), &p, ctx, fire_u256));
    p->cb.u256 = cb;
    p->value = u256_from_u64(UINT64_C(1000000000000000000));
    return ERR_OK;
}

/* Transactions that are mined (or, for the next nonce, known to the node). */
static uint64_t nonce_now(const struct mock_adapter *m, bool with_pending)
{
    uint64_t n = 0;
    for (size_t i = 0; i < m->order_count; i++) {
        const struct mock_sent *s = &m->sent[m->order[i]];
        if (s->is_mined || (with_pending && !s->is_dropped)) n++;
    }
    return n;
}

static enum err mock_nonce(struct chain_adapter *base, enum chain_block_tag tag, chain_u256_cb cb,
                           void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    (void)tag;
    ERR_TRY(pending_new(m, &p, ctx, fire_u256));
    p->cb.u256 = cb;
    p->value = u256_from_u64(nonce_now(m, false));
    return ERR_OK;
}

static void fire_tx_data(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->cb.tx_data(p->ctx, p->err, p->err == ERR_OK ? &p->tx_data : NULL, &p->fault);
}

static enum err mock_tx_data(struct chain_adapter *base, const uint8_t tx_hash[32],
                             chain_tx_data_cb cb, void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    ERR_TRY(pending_new(m, &p, ctx, fire_tx_data));
    p->cb.tx_data = cb;
    if (p->err != ERR_OK) return ERR_OK;
    p->err = ERR_NOT_FOUND;
    for (size_t i = 0; i < m->known_count; i++) {
        const struct mock_known_tx *k = &m->known[i];
        if (memcmp(k->hash, tx_hash, 32) != 0) continue;
        p->err = ERR_OK;
        p->tx_data = (struct chain_tx_data){.is_mined = true, .data = span_make(k->data, k->len)};
        memcpy(p->tx_data.from, k->from, 20);
        memcpy(p->tx_data.to, k->to, 20);
    }
    return ERR_OK;
}

static void fire_sign(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->signed_tx.raw = bytes_buf_span(&p->bytes);
    p->cb.sign(p->ctx, p->err, p->err == ERR_OK ? &p->signed_tx : NULL, &p->fault);
}

static struct mock_sent *sent_by_hash(struct mock_adapter *m, const uint8_t hash[32])
{
    for (size_t i = 0; i < m->sent_count; i++) {
        if (memcmp(m->sent[i].tx.hash, hash, 32) == 0) return &m->sent[i];
    }
    return NULL;
}

static void remember_signed(struct mock_adapter *m, const struct chain_signed_tx *signed_tx,
                            const struct chain_tx *tx, struct span raw)
{
    if (sent_by_hash(m, signed_tx->hash) != NULL) return;
    REQUIRE(m->sent_count < MOCK_TXS_MAX);
    struct mock_sent *s = &m->sent[m->sent_count++];
    bytes_buf_init(&s->data, CHAIN_CALLDATA_MAX);
    enum err err = bytes_buf_append(&s->data, tx->data.data, tx->data.len);
    REQUIRE(err == ERR_OK);
    memcpy(s->tx.hash, signed_tx->hash, 32);
    keccak256(s->raw_hash, raw.data, raw.len);
    if (tx->blob != NULL) {
        s->blob = malloc(sizeof *s->blob);
        REQUIRE(s->blob != NULL);
        *s->blob = *tx->blob;
    }
    s->tx.blob = s->blob;
    s->tx.nonce = signed_tx->nonce;
    memcpy(s->tx.to, tx->to, 20);
    s->tx.data = bytes_buf_span(&s->data);
}

static enum err mock_sign(struct chain_adapter *base, const struct chain_tx *tx, chain_sign_cb cb,
                          void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    ERR_TRY(pending_new(m, &p, ctx, fire_sign));
    p->cb.sign = cb;
    struct evm_tx_fields f = {
        .chain_id = base->options.chain_id,
        .nonce = tx->has_nonce ? tx->nonce : nonce_now(m, true),
        .gas_limit = tx->gas_limit > 0 ? tx->gas_limit : 1000000,
        .max_fee_per_gas = tx->max_fee_per_gas > 0 ? tx->max_fee_per_gas : 2000000000,
        .max_priority_fee_per_gas =
            tx->max_priority_fee_per_gas > 0 ? tx->max_priority_fee_per_gas : 1000000000,
        .max_fee_per_blob_gas = tx->max_fee_per_blob_gas > 0 ? tx->max_fee_per_blob_gas : 2,
    };
    struct chain_signed_tx *s = &p->signed_tx;
    enum err err = evm_tx_sign(&p->bytes, s->hash, tx, &f, m->key);
    if (p->err == ERR_OK) p->err = err;
    s->nonce = f.nonce;
    s->gas_limit = f.gas_limit;
    s->max_fee_per_gas = f.max_fee_per_gas;
    s->max_priority_fee_per_gas = f.max_priority_fee_per_gas;
    if (tx->blob != NULL) s->max_fee_per_blob_gas = f.max_fee_per_blob_gas;
    if (p->err == ERR_OK) remember_signed(m, s, tx, bytes_buf_span(&p->bytes));
    return ERR_OK;
}

static enum err mock_submit(struct chain_adapter *base, struct span raw, chain_done_cb cb,
                            void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    uint8_t hash[32];
    ERR_TRY(pending_new(m, &p, ctx, fire_done));
    p->cb.done = cb;
    if (p->err != ERR_OK) return ERR_OK;
    keccak256(hash, raw.data, raw.len);
    struct mock_sent *s = NULL;
    for (size_t i = 0; i < m->sent_count; i++) {
        if (memcmp(m->sent[i].raw_hash, hash, 32) == 0) s = &m->sent[i];
    }
    if (s == NULL) {
        p->err = ERR_RPC;
        snprintf(p->fault.what, sizeof p->fault.what, "not signed by this adapter");
        return ERR_OK;
    }
    if (s->tx.submissions++ == 0) m->order[m->order_count++] = (size_t)(s - m->sent);
    s->is_dropped = false;
    if (!s->is_mined) s->tx.state = CHAIN_TX_PENDING;
    return ERR_OK;
}

static void fire_status(struct mock_adapter *m, struct mock_pending *p)
{
    (void)m;
    p->cb.status(p->ctx, p->err, p->err == ERR_OK ? &p->status : NULL, &p->fault);
}

static enum err mock_status(struct chain_adapter *base, const uint8_t tx_hash[32],
                            chain_status_cb cb, void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    struct mock_pending *p;
    uint64_t final;
    ERR_TRY(pending_new(m, &p, ctx, fire_status));
    p->cb.status = cb;
    const struct mock_sent *s = sent_by_hash(m, tx_hash);
    if (s == NULL || s->tx.submissions == 0 || s->is_dropped) return ERR_OK; /* UNKNOWN */
    p->status.state = s->tx.state;
    if (!s->is_mined) return ERR_OK;
    p->status.block_number = s->block.number;
    p->status.block_time = s->block.time;
    memcpy(p->status.block_hash, s->block.hash, 32);
    p->status.fault = s->fault;
    p->status.gas_used = 100000;
    p->status.is_final = final_number(m, &final) && final >= s->block.number;
    if (p->status.is_final && s->tx.state == CHAIN_TX_MINED) p->status.state = CHAIN_TX_FINAL;
    return ERR_OK;
}

/* --- life -------------------------------------------------------------------------------------- */

static void release(void *ctx)
{
    struct mock_adapter *m = ctx;
    fire_all(m);
    for (size_t i = 0; i < m->log_count; i++) free(m->logs[i].data);
    for (size_t i = 0; i < m->answer_count; i++) {
        bytes_buf_deinit(&m->answers[i].data);
        bytes_buf_deinit(&m->answers[i].result);
    }
    for (size_t i = 0; i < m->known_count; i++) free(m->known[i].data);
    for (size_t i = 0; i < m->sent_count; i++) {
        bytes_buf_deinit(&m->sent[i].data);
        free(m->sent[i].blob);
    }
    void (*closed)(void *) = m->closed;
    void *closed_ctx = m->closed_ctx;
    free(m);
    if (closed != NULL) closed(closed_ctx);
}

static void mock_close(struct chain_adapter *base, void (*closed)(void *ctx), void *ctx)
{
    struct mock_adapter *m = mock_of(base);
    if (m->is_closing) return;
    m->is_closing = true;
    m->closed = closed;
    m->closed_ctx = ctx;
    loop_timer_close(&m->timer, release, m);
}

static const struct chain_adapter_ops mock_ops = {
    .open = mock_open,
    .watch = mock_watch,
    .pause = mock_pause,
    .call = mock_call,
    .block = mock_block,
    .balance = mock_balance,
    .nonce = mock_nonce,
    .tx_data = mock_tx_data,
    .sign = mock_sign,
    .submit = mock_submit,
    .status = mock_status,
    .close = mock_close,
};

enum err mock_adapter_new(struct mock_adapter **out, struct loop *loop,
                          const struct chain_options *options)
{
    struct mock_adapter *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_NOMEM;
    m->base.ops = &mock_ops;
    m->base.options = *options;
    m->base.can_send = true;
    m->loop = loop;
    m->last = &m->first;
    put_be64(m->key + 24, options->chain_id);
    enum err err = ecdsa_key_address(m->base.sender, m->key);
    if (err != ERR_OK) {
        free(m);
        return err;
    }
    loop_timer_open(&m->timer, loop, on_timer, m);
    mock_push_block(m, 1);
    *out = m;
    return ERR_OK;
}

#include "orchestrator/l1_link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/require.h"
#include "common/log/log.h"

enum {
    RETRY_TICKS = 8,
    REQUEST_BYTES = 64,  /* the longest record of the queue has 62 */
    WAITING_MAX = 65536, /* requests; the contract's fee has doubled 65 times by then */
    AGREED_MAX = SEQUENCER_UNSETTLED_MAX,
};

/* A final request that the sequencer cannot take yet. */
struct waiting {
    uint64_t index;
    size_t len;
    uint8_t bytes[REQUEST_BYTES];
};
struct agreed { /* an agreement on k and what is before, since `time` */
    uint64_t k, time;
};

struct outstanding {
    enum outbox_stage stage;
    uint64_t k, nonce;
    uint8_t hash[32];
    uint8_t *raw;
    size_t raw_len;
    bool is_mined, asked; /* asked: a status or submit call is under way */
};

struct l1_link {
    struct l1_options options;
    struct store *store;
    struct l1_marks marks;
    uint64_t sent[L1_STAGES];
    struct l1_gas gas[L1_STAGES];
    struct outstanding out[L1_OUTSTANDING_MAX];
    size_t n_out;
    struct waiting *waiting; /* in queue order, from first_waiting on */
    size_t first_waiting, n_waiting, cap_waiting;
    struct agreed agreed[AGREED_MAX]; /* ascending, of batches not executed yet */
    size_t n_agreed;
    uint64_t next_nonce;
    bool has_nonce, is_open, is_sending, head_asked, closing, is_deaf;
    unsigned wait_ticks; /* before the next attempt to send */
    char halted[400], trouble[900];
    struct outstanding sending;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void halt(struct l1_link *l, const char *what, const char *text)
{
    if (l->halted[0] != '\0') return;
    (void)snprintf(l->halted, sizeof l->halted, "%s: %s: %s", l->options.chain->name, what, text);
    log_broken("l1", "halted", LOG_STR("chain", l->options.chain->name), LOG_STR("what", what),
               LOG_STR("text", text));
    l->options.on_change(l->options.ctx, l->options.index);
}

static void trouble(struct l1_link *l, const char *what, enum err err,
                    const struct chain_fault *fault)
{
    char revert[HAWSER_REVERT_TEXT] = "";
    if (fault != NULL && fault->revert_len > 0)
        hawser_revert_text(revert, (struct span){fault->revert, fault->revert_len});
    (void)snprintf(l->trouble, sizeof l->trouble, "%s: %s %s %s", what, err_text(err),
                   fault == NULL ? "" : fault->what, revert);
    log_unusual("l1", "trouble", LOG_STR("chain", l->options.chain->name), LOG_STR("what", what),
                LOG_ERR(err), LOG_STR("fault", fault == NULL ? "" : fault->what),
                LOG_STR("revert", revert));
}

/* ---- what is final ---- */

/* Hands waiting requests over, in order, as far as the sequencer takes them now. */
static enum err requests_pass_on(struct l1_link *l)
{
    enum err err = ERR_OK;
    while (l->first_waiting < l->n_waiting && err == ERR_OK) {
        const struct waiting *w = &l->waiting[l->first_waiting];
        err = sequencer_priority(l->options.sequencer, l->options.index, w->index,
                                 (struct span){w->bytes, w->len});
        if (err == ERR_OK) l->first_waiting++;
    }
    if (l->first_waiting == l->n_waiting) l->first_waiting = l->n_waiting = 0;
    /* Full, or another chain was not seen yet: events behind this one are needed to change that. */
    return err == ERR_BUSY || err == ERR_UNAVAILABLE ? ERR_OK : err;
}

static enum err request_add(struct l1_link *l, uint64_t index, struct span record)
{
    if (record.len > REQUEST_BYTES) return ERR_TOO_LARGE;
    if (l->n_waiting == WAITING_MAX && l->first_waiting > 0) {
        l->n_waiting -= l->first_waiting;
        memmove(l->waiting, l->waiting + l->first_waiting, l->n_waiting * sizeof l->waiting[0]);
        l->first_waiting = 0;
    }
    if (l->n_waiting == WAITING_MAX) return ERR_FULL;
    if (l->n_waiting == l->cap_waiting) {
        size_t cap = l->cap_waiting == 0 ? 64 : 2 * l->cap_waiting;
        struct waiting *grown = realloc(l->waiting, cap * sizeof *grown);
        if (grown == NULL) return ERR_NOMEM;
        l->waiting = grown;
        l->cap_waiting = cap;
    }
    struct waiting *w = &l->waiting[l->n_waiting++];
    w->index = index;
    w->len = record.len;
    memcpy(w->bytes, record.data, record.len);
    return requests_pass_on(l);
}

static void agreed_add(struct l1_link *l, uint64_t k, uint64_t time)
{
    size_t n = 0;
    while (n < l->n_agreed && l->agreed[n].k <= l->marks.executed)
        n++;
    l->n_agreed -= n;
    memmove(l->agreed, l->agreed + n, l->n_agreed * sizeof l->agreed[0]);
    if (l->n_agreed == AGREED_MAX) l->n_agreed--; /* later than needed, never earlier */
    l->agreed[l->n_agreed++] = (struct agreed){k, time};
}

uint64_t l1_link_agreed_time(const struct l1_link *l, uint64_t k)
{
    for (size_t i = 0; i < l->n_agreed; i++) {
        if (l->agreed[i].k >= k) return l->agreed[i].time;
    }
    return UINT64_MAX;
}

static enum err event_apply(struct l1_link *l, const struct hawser_event *e, uint64_t block_time)
{
    enum err err;
    switch (e->kind) {
    case HAWSER_EVENT_PRIORITY_REQUEST:
        ERR_TRY(request_add(l, e->index, e->request));
        l->marks.requests = e->index + 1;
        return ERR_OK;
    case HAWSER_EVENT_BATCH_COMMITTED:
        err = l->options.check_commit(l->options.ctx, l->options.index, e->k, e->stmt, e->digest);
        if (err == ERR_CONFLICT) return ERR_OK; /* its revert follows */
        if (err == ERR_OK) l->marks.committed = e->k;
        return err;
    case HAWSER_EVENT_BATCH_REVERTED:
        if (l->marks.committed >= e->k) l->marks.committed = e->k - 1;
        return ERR_OK;
    case HAWSER_EVENT_BATCH_PROVEN:
        l->marks.proven = e->k;
        return ERR_OK;
    case HAWSER_EVENT_BATCH_AGREED:
        l->marks.agreed = e->k;
        agreed_add(l, e->k, block_time);
        return ERR_OK;
    case HAWSER_EVENT_BATCH_EXECUTED:
        l->marks.executed = e->k;
        return ERR_OK;
    case HAWSER_EVENT_PAID:
        l->marks.paid++;
        return ERR_OK;
    case HAWSER_EVENT_PAYMENT_PENDING:
        l->marks.pending_payments++;
        return ERR_OK;
    case HAWSER_EVENT_TOKEN_REGISTERED:
    case HAWSER_EVENT_REFUNDED:
    case HAWSER_EVENT_OPERATOR_CHANGED:
    case HAWSER_EVENT_COUNT_:
        return ERR_OK;
    }
    return ERR_OK;
}

static void on_logs(void *ctx, const struct chain_log *logs, size_t count,
                    const struct chain_block *up_to)
{
    struct l1_link *l = ctx;
    for (size_t i = 0; i < count && l->halted[0] == '\0'; i++) {
        struct hawser_event event;
        enum err err = hawser_decode_event(&event, &logs[i]);
        if (err == ERR_NOT_FOUND) continue;
        if (err == ERR_OK) err = event_apply(l, &event, logs[i].block_time);
        if (err == ERR_OK) continue;
        char text[120];
        (void)snprintf(text, sizeof text, "event %s in block %llu: %s",
                       hawser_event_name(event.kind), (unsigned long long)logs[i].block_number,
                       err_text(err));
        halt(l, "final event does not fit", text);
    }
    l->marks.final_block = up_to->number;
    l->marks.final_time = up_to->time;
    if (up_to->time > l->marks.latest_time) l->marks.latest_time = up_to->time;
    if (count > 0) l->options.on_change(l->options.ctx, l->options.index);
}

static void on_halt(void *ctx, enum err err, const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    halt(l, err_text(err), fault->what);
}

static void on_trouble(void *ctx, enum err err, const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    l->is_deaf = err != ERR_OK;
    if (err == ERR_OK) {
        l->trouble[0] = '\0';
        return;
    }
    trouble(l, "poll", err, fault);
}

static void on_block(void *ctx, enum err err, const struct chain_block *block,
                     const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    (void)fault;
    l->head_asked = false;
    if (err != ERR_OK) return; /* the watcher reports trouble */
    if (block->time > l->marks.latest_time) l->marks.latest_time = block->time;
    sequencer_set_chain_time(l->options.sequencer, l->options.index, block->time);
}

/* ---- outbox ---- */

static void forget(struct l1_link *l, size_t i)
{
    free(l->out[i].raw);
    memmove(&l->out[i], &l->out[i + 1], (l->n_out - i - 1) * sizeof l->out[0]);
    l->n_out--;
}

static size_t find_out(const struct l1_link *l, uint64_t nonce)
{
    for (size_t i = 0; i < l->n_out; i++) {
        if (l->out[i].nonce == nonce) return i;
    }
    return SIZE_MAX;
}

struct out_ref {
    struct l1_link *l;
    uint64_t nonce;
};

static void out_submitted(void *ctx, enum err err, const struct chain_fault *fault)
{
    struct out_ref *ref = ctx;
    size_t i = find_out(ref->l, ref->nonce);
    if (i != SIZE_MAX) ref->l->out[i].asked = false;
    if (err != ERR_OK && err != ERR_CANCELLED) trouble(ref->l, "broadcast", err, fault);
    free(ref);
}

static void out_submit(struct l1_link *l, struct outstanding *o)
{
    struct out_ref *ref = malloc(sizeof *ref);
    if (ref == NULL) return;
    *ref = (struct out_ref){l, o->nonce};
    o->asked = true;
    struct span raw = {o->raw, o->raw_len};
    if (chain_adapter_submit(l->options.adapter, raw, out_submitted, ref) != ERR_OK) {
        o->asked = false;
        free(ref);
    }
}

/* A reverted transaction is harmless if its purpose was reached by somebody else's. */
static bool purpose_reached(const struct l1_link *l, const struct outstanding *o)
{
    switch (o->stage) {
    case OUTBOX_COMMIT:
        return l->marks.committed >= o->k;
    case OUTBOX_PROVE:
        return l->marks.proven >= o->k;
    case OUTBOX_AGREE:
        return l->marks.agreed >= o->k;
    case OUTBOX_EXECUTE:
        return l->marks.executed >= o->k;
    case OUTBOX_REVERT:
        return l->marks.committed < o->k;
    }
    return false;
}

static void out_failed(struct l1_link *l, size_t i, const struct chain_tx_status *status)
{
    const struct outstanding *o = &l->out[i];
    if (purpose_reached(l, o)) {
        l->out[i].is_mined = true; /* the next one may go; the nonce is ours until this is final */
        if (status->is_final && store_outbox_final(l->store, l->options.index, o->nonce) == ERR_OK)
            forget(l, i);
        return;
    }
    if (!status->is_final) return;
    /* What reached the purpose may lie in a final block whose events are still to come. */
    if (l->marks.final_block < status->block_number) return;
    if (o->stage == OUTBOX_COMMIT && l->options.is_dead(l->options.ctx, o->k)) {
        if (store_outbox_final(l->store, l->options.index, o->nonce) == ERR_OK) forget(l, i);
        return; /* the pipeline takes the batch back on the other chains */
    }
    if (o->stage == OUTBOX_PROVE &&
        l->options.is_overtaken(l->options.ctx, l->options.index, o->k)) {
        log_unusual("l1", "overtaken", LOG_STR("chain", l->options.chain->name),
                    LOG_U64("batch", o->k), LOG_U64("proven", l->marks.proven));
        if (store_outbox_overtaken(l->store, l->options.index, o->nonce) != ERR_OK) return;
        l->sent[OUTBOX_PROVE] = l->marks.proven;
        forget(l, i);
        return;
    }
    char revert[HAWSER_REVERT_TEXT];
    hawser_revert_text(revert, (struct span){status->fault.revert, status->fault.revert_len});
    char text[HAWSER_REVERT_TEXT + 64];
    (void)snprintf(text, sizeof text, "stage %d of batch %llu: %s", o->stage,
                   (unsigned long long)o->k, revert);
    halt(l, "our transaction reverted", text);
}

static void out_status(void *ctx, enum err err, const struct chain_tx_status *status,
                       const struct chain_fault *fault)
{
    struct out_ref *ref = ctx;
    struct l1_link *l = ref->l;
    size_t i = find_out(l, ref->nonce);
    (void)fault;
    free(ref);
    if (i == SIZE_MAX) return;
    struct outstanding *o = &l->out[i];
    o->asked = false;
    if (err != ERR_OK) return;
    switch (status->state) {
    case CHAIN_TX_UNKNOWN:
        out_submit(l, o);
        break;
    case CHAIN_TX_PENDING:
        break;
    case CHAIN_TX_MINED:
    case CHAIN_TX_FINAL:
        if (!o->is_mined) {
            o->is_mined = true;
            l->gas[o->stage].transactions++;
            l->gas[o->stage].gas += status->gas_used;
            log_info("l1", "mined", LOG_STR("chain", l->options.chain->name),
                     LOG_U64("stage", o->stage), LOG_U64("batch", o->k),
                     LOG_U64("gas", status->gas_used));
            l->options.on_change(l->options.ctx, l->options.index);
        }
        if (status->state == CHAIN_TX_FINAL) {
            enum err stored = store_outbox_final(l->store, l->options.index, o->nonce);
            if (stored == ERR_OK) forget(l, i);
        }
        break;
    case CHAIN_TX_FAILED:
        out_failed(l, i, status);
        break;
    }
}

static void out_poll(struct l1_link *l)
{
    for (size_t i = 0; i < l->n_out; i++) {
        struct outstanding *o = &l->out[i];
        if (o->asked) continue;
        struct out_ref *ref = malloc(sizeof *ref);
        if (ref == NULL) return;
        *ref = (struct out_ref){l, o->nonce};
        o->asked = true;
        if (chain_adapter_status(l->options.adapter, o->hash, out_status, ref) != ERR_OK) {
            o->asked = false;
            free(ref);
        }
    }
}

/* Reverts come in any order of k, everything else in ascending order. */
static void sent_raise(struct l1_link *l, enum outbox_stage stage, uint64_t k)
{
    if (stage == OUTBOX_REVERT || k > l->sent[stage]) l->sent[stage] = k;
}

static enum err out_add(struct l1_link *l, const struct outstanding *o)
{
    if (l->n_out == L1_OUTSTANDING_MAX) return ERR_FULL;
    l->out[l->n_out++] = *o;
    sent_raise(l, o->stage, o->k);
    if (o->nonce + 1 > l->next_nonce) l->next_nonce = o->nonce + 1;
    return ERR_OK;
}

static void sent_durable(void *ctx)
{
    struct l1_link *l = ctx;
    l->is_sending = false;
    if (l->closing) {
        free(l->sending.raw);
        l->sending.raw = NULL;
        return;
    }
    struct outstanding o = l->sending;
    l->sending.raw = NULL;
    REQUIRE(out_add(l, &o) == ERR_OK); /* l1_link_is_free saw room */
    log_info("l1", "sent", LOG_STR("chain", l->options.chain->name), LOG_U64("stage", o.stage),
             LOG_U64("batch", o.k), LOG_U64("nonce", o.nonce), LOG_HEX("hash", o.hash, 32));
    out_submit(l, &l->out[l->n_out - 1]);
}

static void on_signed(void *ctx, enum err err, const struct chain_signed_tx *tx,
                      const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    struct outstanding *o = &l->sending;
    if (err == ERR_OK) {
        o->raw = malloc(tx->raw.len);
        if (o->raw == NULL) err = ERR_NOMEM;
    }
    if (err != ERR_OK) {
        l->is_sending = false;
        l->wait_ticks = RETRY_TICKS;
        if (err != ERR_CANCELLED) trouble(l, "sign", err, fault);
        return;
    }
    memcpy(o->raw, tx->raw.data, tx->raw.len);
    o->raw_len = tx->raw.len;
    memcpy(o->hash, tx->hash, 32);
    o->nonce = tx->nonce;
    struct outbox_entry entry = {
        .chain = l->options.index, .nonce = o->nonce, .stage = (uint8_t)o->stage, .k = o->k};
    memcpy(entry.hash, o->hash, 32);
    entry.raw = (struct span){o->raw, o->raw_len};
    err = store_outbox(l->store, &entry, sent_durable, l);
    if (err != ERR_OK) {
        free(o->raw);
        o->raw = NULL;
        l->is_sending = false;
        trouble(l, "outbox", err, NULL);
    }
}

enum err l1_link_send(struct l1_link *l, enum outbox_stage stage, uint64_t k, struct span data,
                      const struct chain_blob *blob)
{
    if (stage == OUTBOX_REVERT ? l->sent[stage] == k : l->sent[stage] >= k) return ERR_OK;
    if (!l1_link_is_free(l)) return ERR_BUSY;
    struct chain_tx tx = {.data = data, .has_nonce = true, .nonce = l->next_nonce, .blob = blob};
    memcpy(tx.to, l->options.chain->contract, 20);
    l->sending = (struct outstanding){.stage = stage, .k = k};
    l->is_sending = true;
    enum err err = chain_adapter_sign(l->options.adapter, &tx, on_signed, l);
    if (err != ERR_OK) l->is_sending = false;
    return err;
}

bool l1_link_is_free(const struct l1_link *l)
{
    if (!l->is_open || !l->has_nonce || l->is_sending || l->closing) return false;
    if (l->halted[0] != '\0' || l->wait_ticks > 0 || l->n_out == L1_OUTSTANDING_MAX) return false;
    for (size_t i = 0; i < l->n_out; i++) {
        if (!l->out[i].is_mined) return false;
    }
    return true;
}

bool l1_link_is_well(const struct l1_link *l)
{
    return l->is_open && l->has_nonce && !l->is_deaf && l->halted[0] == '\0' &&
           l->wait_ticks == 0 && l->n_out < L1_OUTSTANDING_MAX;
}

/* ---- life ---- */

static void on_nonce(void *ctx, enum err err, const struct u256 *value,
                     const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    uint64_t nonce = 0;
    if (err == ERR_OK) err = u256_to_u64(&nonce, value);
    if (err != ERR_OK) {
        if (err != ERR_CANCELLED) trouble(l, "nonce", err, fault);
        return;
    }
    if (nonce > l->next_nonce) l->next_nonce = nonce;
    l->has_nonce = true;
}

static void on_open(void *ctx, enum err err, const struct chain_fault *fault)
{
    struct l1_link *l = ctx;
    if (err == ERR_CANCELLED) return;
    if (err != ERR_OK) {
        if (err == ERR_CHAIN) {
            halt(l, "wrong chain or contract", fault->what);
        } else {
            trouble(l, "open", err, fault);
            l->wait_ticks = RETRY_TICKS; /* tick opens again */
        }
        return;
    }
    l->is_open = true;
    struct chain_watcher watcher = {on_logs, on_halt, on_trouble, l};
    err = chain_adapter_watch(l->options.adapter, l->options.chain->deploy_block, NULL, &watcher);
    if (err == ERR_OK)
        err = chain_adapter_nonce(l->options.adapter, CHAIN_BLOCK_LATEST, on_nonce, l);
    if (err != ERR_OK) halt(l, "cannot watch", err_text(err));
}

enum err l1_link_new(struct l1_link **out, const struct l1_options *options)
{
    struct l1_link *l = calloc(1, sizeof *l);
    if (l == NULL) return ERR_NOMEM;
    l->options = *options;
    *out = l;
    return ERR_OK;
}

enum err l1_link_restore(struct l1_link *l, const struct outbox_entry *e)
{
    if (e->stage < OUTBOX_COMMIT || e->stage > OUTBOX_REVERT) return ERR_CORRUPT;
    if (e->nonce + 1 > l->next_nonce) l->next_nonce = e->nonce + 1;
    if (e->state == OUTBOX_VOID) return ERR_OK;
    sent_raise(l, e->stage, e->k);
    if (e->state == OUTBOX_FINAL) return ERR_OK;
    struct outstanding o = {.stage = e->stage, .k = e->k, .nonce = e->nonce};
    memcpy(o.hash, e->hash, 32);
    o.raw = malloc(e->raw.len);
    if (o.raw == NULL) return ERR_NOMEM;
    memcpy(o.raw, e->raw.data, e->raw.len);
    o.raw_len = e->raw.len;
    enum err err = out_add(l, &o);
    if (err != ERR_OK) free(o.raw);
    return err;
}

void l1_link_set_store(struct l1_link *l, struct store *store)
{
    l->store = store;
}

enum err l1_link_start(struct l1_link *l)
{
    return chain_adapter_open(l->options.adapter, on_open, l);
}

void l1_link_tick(struct l1_link *l)
{
    if (l->closing) return;
    if (l->wait_ticks > 0 && --l->wait_ticks == 0 && !l->is_open && l->halted[0] == '\0') {
        enum err err = chain_adapter_open(l->options.adapter, on_open, l);
        if (err != ERR_OK) l->wait_ticks = RETRY_TICKS;
    }
    if (!l->is_open) return;
    if (l->halted[0] == '\0') {
        enum err err = requests_pass_on(l);
        if (err != ERR_OK) halt(l, "request does not fit", err_text(err));
    }
    if (!l->head_asked) {
        l->head_asked = true;
        enum err err = chain_adapter_block(l->options.adapter, CHAIN_BLOCK_LATEST, on_block, l);
        if (err != ERR_OK) l->head_asked = false;
    }
    if (!l->has_nonce) {
        enum err err = chain_adapter_nonce(l->options.adapter, CHAIN_BLOCK_LATEST, on_nonce, l);
        if (err != ERR_OK) trouble(l, "nonce", err, NULL);
    }
    out_poll(l);
}

static void adapter_closed(void *ctx)
{
    struct l1_link *l = ctx;
    void (*closed)(void *) = l->closed;
    void *closed_ctx = l->closed_ctx;
    while (l->n_out > 0)
        forget(l, l->n_out - 1);
    free(l->waiting);
    free(l);
    if (closed != NULL) closed(closed_ctx);
}

void l1_link_close(struct l1_link *l, void (*closed)(void *ctx), void *ctx)
{
    if (l->closing) return;
    l->closing = true;
    l->closed = closed;
    l->closed_ctx = ctx;
    chain_adapter_close(l->options.adapter, adapter_closed, l);
}

const struct l1_marks *l1_link_marks(const struct l1_link *l)
{
    return &l->marks;
}
uint64_t l1_link_sent(const struct l1_link *l, enum outbox_stage stage)
{
    const uint64_t marks[L1_STAGES] = {
        0, l->marks.committed, l->marks.proven, l->marks.agreed, l->marks.executed, 0};
    if (l->is_sending && l->sending.stage == stage && l->sending.k > l->sent[stage])
        return l->sending.k;
    return l->sent[stage] > marks[stage] ? l->sent[stage] : marks[stage];
}
static bool is_commit_from(enum outbox_stage stage, uint64_t at, uint64_t k)
{
    return (stage == OUTBOX_COMMIT || stage == OUTBOX_REVERT) && at >= k;
}

bool l1_link_is_out(const struct l1_link *l, uint64_t k)
{
    if (l->is_sending && is_commit_from(l->sending.stage, l->sending.k, k)) return true;
    for (size_t i = 0; i < l->n_out; i++) {
        if (is_commit_from(l->out[i].stage, l->out[i].k, k)) return true;
    }
    return false;
}

void l1_link_taken_back(struct l1_link *l, uint64_t k)
{
    REQUIRE(!l1_link_is_out(l, k) && l->marks.committed < k);
    if (l->sent[OUTBOX_COMMIT] >= k) l->sent[OUTBOX_COMMIT] = k - 1;
    l->sent[OUTBOX_REVERT] = 0;
}

const char *l1_link_halted(const struct l1_link *l)
{
    return l->halted[0] == '\0' ? NULL : l->halted;
}
const char *l1_link_trouble(const struct l1_link *l)
{
    return l->trouble;
}
const struct l1_gas *l1_link_gas(const struct l1_link *l, enum outbox_stage stage)
{
    return &l->gas[stage];
}

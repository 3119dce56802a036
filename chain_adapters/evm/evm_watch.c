/* Looks for new final blocks and delivers the contract's logs. One poll: the final number; the
 * parent hash of the first new block; the header of the last one; the logs between; the header of
 * every block with a log. Nothing is delivered unless all of it fits together. */
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/evm_adapter_internal.h"

void evm_watch_free(struct evm_adapter *a)
{
    free(a->watch.logs);
    a->watch.logs = NULL;
    bytes_buf_deinit(&a->watch.data);
}

static void poll_clear(struct evm_watch *w)
{
    free(w->logs);
    w->logs = NULL;
    w->log_count = 0;
    w->stamped = 0;
    bytes_buf_clear(&w->data);
}

static bool is_fatal(enum err err)
{
    return err == ERR_REORG || err == ERR_TOO_LARGE;
}

static void poll_finish(struct evm_op *op, enum err err)
{
    struct evm_adapter *a = op->a;
    struct evm_watch *w = &a->watch;
    w->is_polling = false;
    poll_clear(w);
    if (a->is_closing || err == ERR_CANCELLED) return;
    if (is_fatal(err)) {
        w->is_halted = true;
        w->watcher.on_halt(w->watcher.ctx, err, &op->fault);
        return;
    }
    if (err != ERR_OK || w->in_trouble) {
        w->in_trouble = err != ERR_OK;
        if (w->watcher.on_trouble != NULL) {
            w->watcher.on_trouble(w->watcher.ctx, err, &op->fault);
        }
        if (a->is_closing) return;
    }
    /* More is there already: go on at once. */
    bool more = err == ERR_OK && !w->is_paused && w->next <= w->final_number;
    loop_timer_start(&w->timer, more ? 0 : a->base.options.poll_ms, 0);
}

static enum err reorg(struct evm_op *op, uint64_t number)
{
    evm_fault_set(&op->fault,
                  "%s: block %llu, which was final, is no longer in the chain: halted",
                  op->a->base.options.name, (unsigned long long)number);
    return ERR_REORG;
}

static enum err inconsistent(struct evm_op *op, const char *what)
{
    evm_fault_set(&op->fault, "%s: %s", op->a->base.options.name, what);
    return ERR_PROTOCOL;
}

static enum err deliver(struct evm_op *op)
{
    struct evm_watch *w = &op->a->watch;
    op->is_done = true;
    if (w->is_paused) return ERR_OK; /* read again later */
    for (size_t i = 0, offset = 0; i < w->log_count; i++) {
        w->logs[i].data.data = w->data.data + offset;
        offset += w->logs[i].data.len;
    }
    w->next = w->to + 1;
    w->has_last = true;
    memcpy(w->last_hash, w->to_block.hash, sizeof w->last_hash);
    /* Back to large ranges after one had to be cut. */
    uint64_t range_max = op->a->base.options.log_range_max;
    w->range = w->range < range_max / 2 ? 2 * w->range : range_max;
    w->watcher.on_logs(w->watcher.ctx, w->logs, w->log_count, &w->to_block);
    return ERR_OK;
}

static enum err stamp_next(struct evm_op *op);

static enum err stamp_block(struct evm_op *op, const json_t *result)
{
    struct evm_watch *w = &op->a->watch;
    struct evm_block b;
    ERR_TRY(evm_parse_block(&b, result, &op->fault));
    uint64_t number = w->logs[w->stamped].block_number;
    for (; w->stamped < w->log_count && w->logs[w->stamped].block_number == number; w->stamped++) {
        struct chain_log *log = &w->logs[w->stamped];
        if (b.block.number != number || memcmp(b.block.hash, log->block_hash, 32) != 0) {
            return inconsistent(op, "logs and headers of a block differ");
        }
        log->block_time = b.block.time;
    }
    return stamp_next(op);
}

/* Asks for the header of the next block that has logs. */
static enum err stamp_next(struct evm_op *op)
{
    struct evm_watch *w = &op->a->watch;
    if (w->stamped == w->log_count) return deliver(op);
    struct evm_block_ref ref = {NULL, w->logs[w->stamped].block_number};
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), stamp_block);
}

static enum err ask_logs(struct evm_op *op);

/* Fewer blocks at once, if that is possible. */
static enum err cut_range(struct evm_op *op, enum err err)
{
    struct evm_watch *w = &op->a->watch;
    if (w->to == w->next) return err;
    w->range = (w->to - w->next + 1) / 2;
    op->is_done = true; /* poll_finish starts the next poll at once */
    return ERR_OK;
}

static enum err logs_error(struct evm_op *op, enum err err)
{
    /* Nodes limit ranges or sizes in their own ways. */
    return err == ERR_RPC || err == ERR_TOO_LARGE ? cut_range(op, err) : err;
}

static enum err logs_result(struct evm_op *op, const json_t *result)
{
    struct evm_watch *w = &op->a->watch;
    size_t i;
    json_t *item;
    if (!json_is_array(result)) return inconsistent(op, "eth_getLogs: expected an array");
    size_t n = json_array_size(result);
    if (n > CHAIN_LOGS_MAX) {
        evm_fault_set(&op->fault, "block %llu has %zu logs", (unsigned long long)w->next, n);
        return cut_range(op, ERR_TOO_LARGE);
    }
    w->logs = calloc(n > 0 ? n : 1, sizeof *w->logs);
    if (w->logs == NULL) return ERR_NOMEM;
    json_array_foreach(result, i, item)
    {
        struct chain_log *log = &w->logs[i];
        enum err err = evm_parse_log(log, &w->data, item, &op->fault);
        /* A node that is in the middle of a reorganisation: look again. */
        if (err != ERR_OK) return err == ERR_REORG ? ERR_PROTOCOL : err;
        if (memcmp(log->address, op->a->base.options.contract, 20) != 0 ||
            log->block_number < w->next || log->block_number > w->to) {
            return inconsistent(op, "eth_getLogs: a log that was not asked for");
        }
        if (i > 0 && (log->block_number < log[-1].block_number ||
                      (log->block_number == log[-1].block_number &&
                       log->log_index <= log[-1].log_index))) {
            return inconsistent(op, "eth_getLogs: logs out of order");
        }
    }
    w->log_count = n;
    return stamp_next(op);
}

static enum err ask_logs(struct evm_op *op)
{
    struct evm_watch *w = &op->a->watch;
    json_t *params = evm_params_logs(op->a->base.options.contract, w->next, w->to);
    op->on_error = logs_error;
    return evm_op_rpc(op, "eth_getLogs", params, logs_result);
}

static enum err to_header(struct evm_op *op, const json_t *result)
{
    struct evm_watch *w = &op->a->watch;
    struct evm_block b;
    ERR_TRY(evm_parse_block(&b, result, &op->fault));
    if (b.block.number != w->to) return inconsistent(op, "asked for one block, got another");
    w->to_block = b.block;
    return ask_logs(op);
}

static enum err first_header(struct evm_op *op, const json_t *result)
{
    struct evm_watch *w = &op->a->watch;
    struct evm_block b;
    ERR_TRY(evm_parse_block(&b, result, &op->fault));
    if (b.block.number != w->next) return inconsistent(op, "asked for one block, got another");
    if (w->has_last && memcmp(b.block.parent_hash, w->last_hash, 32) != 0) {
        return reorg(op, w->next - 1);
    }
    if (w->to == w->next) {
        w->to_block = b.block;
        return ask_logs(op);
    }
    struct evm_block_ref ref = {NULL, w->to};
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), to_header);
}

/* Nothing new: is the block that was delivered last still there? */
static enum err last_header(struct evm_op *op, const json_t *result)
{
    struct evm_watch *w = &op->a->watch;
    struct evm_block b;
    op->is_done = true;
    /* A node that is behind, or a chain that was cut back: wait until it has a block there. */
    if (json_is_null(result)) return inconsistent(op, "the node is behind what was delivered");
    ERR_TRY(evm_parse_block(&b, result, &op->fault));
    if (memcmp(b.block.hash, w->last_hash, 32) != 0) return reorg(op, w->next - 1);
    return ERR_OK;
}

static enum err final_known(struct evm_op *op, uint64_t number)
{
    struct evm_watch *w = &op->a->watch;
    w->final_number = number;
    if (number < w->next) {
        if (w->has_last) {
            struct evm_block_ref ref = {NULL, w->next - 1};
            return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), last_header);
        }
        op->is_done = true;
        return ERR_OK;
    }
    w->to = number - w->next < w->range ? number : w->next + w->range - 1;
    struct evm_block_ref ref = {NULL, w->next};
    return evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), first_header);
}

static enum err final_number(struct evm_op *op, const json_t *result)
{
    uint64_t latest;
    bool exists;
    ERR_TRY(evm_parse_quantity(&latest, result, op->method, &op->fault));
    struct evm_block_ref ref = evm_final_ref(op->a->base.options.finality, latest, &exists);
    if (exists) return final_known(op, ref.number);
    op->is_done = true;
    return ERR_OK;
}

static enum err final_header(struct evm_op *op, const json_t *result)
{
    struct evm_block b;
    if (json_is_null(result)) {
        op->is_done = true;
        return ERR_OK;
    }
    ERR_TRY(evm_parse_block(&b, result, &op->fault));
    return final_known(op, b.block.number);
}

void evm_watch_poll(void *ctx)
{
    struct evm_adapter *a = ctx;
    struct evm_watch *w = &a->watch;
    uint32_t finality = a->base.options.finality;
    enum err err;
    bool exists;
    if (!w->is_on || w->is_paused || w->is_polling || w->is_halted || a->is_closing) return;
    w->final_number = 0;
    struct evm_op *op = evm_op_new(a, &err, poll_finish);
    if (op == NULL) { /* too many calls, no memory: look again later */
        loop_timer_start(&w->timer, a->base.options.poll_ms, 0);
        return;
    }
    w->is_polling = true;
    if (finality < CHAIN_FINALITY_SAFE) {
        err = evm_op_rpc(op, "eth_blockNumber", json_array(), final_number);
    } else {
        struct evm_block_ref ref = evm_final_ref(finality, 0, &exists);
        err = evm_op_rpc(op, "eth_getBlockByNumber", evm_params_block(ref), final_header);
    }
    if (err == ERR_OK) return;
    poll_finish(op, err);
    evm_op_free(op);
}

enum err evm_watch(struct chain_adapter *base, uint64_t from_block, const uint8_t *parent_hash,
                   const struct chain_watcher *watcher)
{
    struct evm_adapter *a = (struct evm_adapter *)base;
    struct evm_watch *w = &a->watch;
    if (!a->is_open || a->is_closing || w->is_on) return ERR_BAD_STATE;
    if (parent_hash != NULL && from_block == 0) return ERR_ARG;
    w->is_on = true;
    w->watcher = *watcher;
    w->next = from_block;
    w->range = a->base.options.log_range_max;
    w->has_last = parent_hash != NULL;
    if (parent_hash != NULL) memcpy(w->last_hash, parent_hash, sizeof w->last_hash);
    loop_timer_start(&w->timer, 0, 0);
    return ERR_OK;
}

void evm_pause(struct chain_adapter *base, bool paused)
{
    struct evm_adapter *a = (struct evm_adapter *)base;
    bool resumes = a->watch.is_paused && !paused;
    a->watch.is_paused = paused;
    if (resumes && a->watch.is_on && !a->is_closing) loop_timer_start(&a->watch.timer, 0, 0);
}

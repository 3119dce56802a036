#include "prover/trace/leaf_trace.h"

#include <stdio.h>
#include <string.h>

#include "core/op/codec.h"
#include "prover/air/op_row.h"
#include "prover/trace/op_trace.h"

static void fill_record(struct op_fill *f, const struct op *op)
{
    switch (op->code) {
    case OP_OPEN:
        op_fill_open(f, &op->u.open);
        break;
    case OP_TRANSFER:
        op_fill_transfer(f, &op->u.transfer);
        break;
    case OP_WITHDRAW:
        op_fill_withdraw(f, &op->u.withdraw);
        break;
    case OP_CHANGE_KEY:
        op_fill_change_key(f, &op->u.change_key);
        break;
    case OP_CREATE:
        op_fill_create(f, &op->u.create);
        break;
    case OP_SWAP_IN:
        op_fill_swap_in(f, &op->u.swap_in);
        break;
    case OP_SWAP_OUT:
        op_fill_swap_out(f, &op->u.swap_out);
        break;
    case OP_ADD:
    case OP_REMOVE:
        op_fill_liquidity(f, op->code, &op->u.liquidity);
        break;
    case OP_PRIORITY:
        op_fill_priority(f, &op->u.priority);
        break;
    default:
        w_fail(f->w, ERR_MISMATCH, "operation %u: code 0x%02x", f->j, op->code);
    }
}

static uint32_t be32(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* State of SEQ before the first record, from the header's bytes. */
static void fill_begin(struct op_fill *f)
{
    const struct chain_trace *t = f->trace;
    uint32_t priority_bytes = be32(t->bytes + 20);
    uint32_t withdrawals = (uint32_t)t->bytes[18] << 8 | t->bytes[19];
    f->j = 1;
    f->priority_pos = SEGMENT_HEADER_BYTES;
    f->withdrawal_pos = SEGMENT_HEADER_BYTES + priority_bytes;
    f->pos = f->withdrawal_pos + withdrawals * RECORD_WITHDRAW_BYTES;
}

static void public_be(struct witness *w, uint32_t first, const uint8_t bytes[32])
{
    for (uint32_t i = 0; i < 16; i++)
        w_public(w, first + i, (uint32_t)bytes[2 * i] << 8 | bytes[2 * i + 1]);
}

static void fill_publics(struct witness *w, const struct op_fill *f)
{
    const struct chain_trace *t = f->trace;
    w_public(w, LEAF_CHAIN, t->chain);
    w_public(w, LEAF_K, t->k & 0xffff);
    w_public(w, LEAF_K + 1, t->k >> 16);
    w_public(w, LEAF_TIME, t->time & 0xffff);
    w_public(w, LEAF_TIME + 1, t->time >> 16);
    w_public(w, LEAF_SEGMENT, t->segment);
    w_public(w, LEAF_OF, t->of);
    for (uint32_t i = 0; i < 8; i++) {
        w_public(w, LEAF_DEP + i, f->dep[i]);
        w_public(w, LEAF_ROOT_OLD + i, t->root_before.e[i]);
        w_public(w, LEAF_ROOT_NEW + i, t->root_after.e[i]);
        w_public(w, LEAF_TUPLE_DIGEST + i, t->tuple_digest.e[i]);
    }
    public_be(w, LEAF_SHA, t->segment_hash);
    w_public(w, LEAF_TUPLE_COUNT, t->n_tuples);
    if (f->system->n_public != LEAF_BLOB_N_PUBLIC) return;
    public_be(w, LEAF_BLOB_Z, t->blob.z);
    public_be(w, LEAF_BLOB_A_BEFORE, t->blob.a_before);
    public_be(w, LEAF_BLOB_B_BEFORE, t->blob.b_before);
    public_be(w, LEAF_BLOB_A_AFTER, t->blob.a_after);
    public_be(w, LEAF_BLOB_B_AFTER, t->blob.b_after);
}

enum err leaf_trace_fill(struct ir_trace **out, const struct ir_system *leaf,
                         const struct chain_trace *t, char *text, size_t n)
{
    return leaf_trace_fill_threads(out, leaf, t, 1, text, n);
}

enum err leaf_trace_fill_threads(struct ir_trace **out, const struct ir_system *leaf,
                                 const struct chain_trace *t, size_t threads, char *text, size_t n)
{
    struct witness *w;
    if (text != NULL && n > 0) text[0] = 0;
    if (t->n_bytes < SEGMENT_HEADER_BYTES || t->n_ops > BATCH_RECORDS_MAX) return ERR_ARG;
    ERR_TRY(witness_new(&w, leaf));
    struct parallel *par = threads > 1 ? parallel_new(threads) : NULL;
    witness_threads(w, par);
    struct op_fill f = {.w = w, .system = leaf, .trace = t};
    deployment_elements(f.dep, t->deployment_id);
    w_mem_load(w, t);
    fill_publics(w, &f);
    fill_begin(&f);
    for (uint32_t i = 0; i < t->n_ops && !w_failed(w); i++) {
        fill_record(&f, &t->ops[i]);
        f.j++;
    }
    op_fill_header(&f);
    witness_count(w, BUS_DAY);
    enum err err = witness_answer(w, t);
    if (err == ERR_OK) err = witness_take(w, out);
    if (err != ERR_OK && text != NULL) snprintf(text, n, "%s", witness_error_text(w));
    witness_free(w);
    parallel_free(par);
    return err;
}

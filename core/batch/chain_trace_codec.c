#include "core/batch/chain_trace_codec.h"

#include <stdlib.h>
#include <string.h>

#include "common/field/kb.h"
#include "common/kzg/kzg.h"
#include "core/batch/tuple.h"
#include "core/op/codec.h"

/* One walk over the fields serves both directions. */
struct codec {
    struct bytes_buf *out;
    struct byte_reader *in;
    struct chain_trace *trace; /* being read: owns the signatures */
    enum err err;
};

static bool writing(const struct codec *c) { return c->out != NULL; }

static void fail(struct codec *c, enum err err)
{
    if (c->err == ERR_OK) c->err = err;
}

static void raw(struct codec *c, void *p, size_t n)
{
    if (c->err != ERR_OK) return;
    enum err err = writing(c) ? bytes_buf_append(c->out, p, n) : byte_reader_copy(c->in, p, n);
    if (err != ERR_OK) fail(c, err);
}

static void f64(struct codec *c, uint64_t *v)
{
    uint8_t b[8];
    for (int i = 0; i < 8; i++) b[i] = (uint8_t)(*v >> (56 - 8 * i));
    raw(c, b, 8);
    if (c->err != ERR_OK || writing(c)) return;
    *v = 0;
    for (int i = 0; i < 8; i++) *v = *v << 8 | b[i];
}

static void f32(struct codec *c, uint32_t *v)
{
    uint8_t b[4] = {(uint8_t)(*v >> 24), (uint8_t)(*v >> 16), (uint8_t)(*v >> 8), (uint8_t)*v};
    raw(c, b, 4);
    if (c->err != ERR_OK || writing(c)) return;
    *v = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static void f16(struct codec *c, uint16_t *v)
{
    uint32_t t = *v;
    f32(c, &t);
    if (t > UINT16_MAX) fail(c, ERR_PARSE);
    *v = (uint16_t)t;
}

static void f8(struct codec *c, uint8_t *v) { raw(c, v, 1); }

static void fbool(struct codec *c, bool *v)
{
    uint8_t b = *v ? 1 : 0;
    f8(c, &b);
    if (b > 1) fail(c, ERR_PARSE);
    *v = b == 1;
}

/* n field elements, canonical. */
static void elements(struct codec *c, uint32_t *e, size_t n)
{
    for (size_t i = 0; i < n && c->err == ERR_OK; i++) {
        f32(c, &e[i]);
        if (e[i] >= KB_P) fail(c, ERR_PARSE);
    }
}

static void count(struct codec *c, uint32_t *n, uint32_t max)
{
    f32(c, n);
    if (*n > max) {
        fail(c, ERR_PARSE);
        *n = 0;
    }
}

static void amount(struct codec *c, struct amount *a)
{
    f64(c, &a->hi);
    f64(c, &a->lo);
    if (a->hi >> 48 != 0) fail(c, ERR_PARSE);
}

static void packed(struct codec *c, struct packed_amount *p)
{
    f64(c, &p->bits);
    if (p->bits >> 40 != 0) fail(c, ERR_PARSE);
}

static void owner(struct codec *c, struct owner *o) { raw(c, o->bytes, sizeof o->bytes); }

static void signature(struct codec *c, const struct xmss_signature **sig)
{
    bool present = *sig != NULL;
    fbool(c, &present);
    if (c->err != ERR_OK || !present) return;
    struct xmss_signature copy, *s = &copy;
    if (writing(c)) {
        copy = **sig;
    } else {
        struct chain_trace *t = c->trace;
        if (t->n_signatures == BATCH_SIGNATURES_MAX) {
            fail(c, ERR_PARSE);
            return;
        }
        s = &t->signatures[t->n_signatures++];
        *sig = s;
    }
    elements(c, s->rho, XMSS_RHO);
    elements(c, &s->tips[0][0], XMSS_CHAINS * XMSS_DIGEST);
    elements(c, &s->path[0][0], XMSS_HEIGHT_MAX * XMSS_DIGEST);
}

static void auth(struct codec *c, struct op_auth *a)
{
    f32(c, &a->account);
    f32(c, &a->changes);
    f8(c, &a->lane);
    f32(c, &a->leaf);
    f32(c, &a->next);
    f32(c, &a->deadline);
    signature(c, &a->signature);
}

static void half(struct codec *c, struct pool_half *p)
{
    uint32_t *f[9] = {&p->own_chain,   &p->own_id, &p->own_token, &p->other_chain, &p->other_id,
                      &p->other_token, &p->fee_bps, &p->cap_bps,   &p->flags};
    for (int i = 0; i < 9; i++) f32(c, f[i]);
}

static void op_transfer(struct codec *c, struct op_transfer *t)
{
    auth(c, &t->auth);
    f32(c, &t->to);
    owner(c, &t->to_owner);
    f8(c, &t->slot_from);
    f8(c, &t->slot_to);
    f32(c, &t->token);
    packed(c, &t->amount);
    f16(c, &t->fee.bits);
}

static void op_withdraw(struct codec *c, struct op_withdraw *w)
{
    auth(c, &w->auth);
    f8(c, &w->slot);
    f32(c, &w->token);
    owner(c, &w->to);
    amount(c, &w->amount);
    f16(c, &w->fee.bits);
}

static void op_change_key(struct codec *c, struct op_change_key *k)
{
    auth(c, &k->auth);
    f8(c, &k->new_auth);
    f8(c, &k->new_height);
    elements(c, k->new_root.e, XMSS_DIGEST);
    f8(c, &k->fee_slot);
    f32(c, &k->fee_token);
    f16(c, &k->fee.bits);
}

static void op_swap_in(struct codec *c, struct op_swap_in *s)
{
    struct swap_order *o = &s->order;
    auth(c, &o->auth);
    f16(c, &o->chain);
    f8(c, &o->slot_in);
    f32(c, &o->pool_in);
    f32(c, &o->token_in);
    f32(c, &o->token_out);
    packed(c, &o->amount);
    f16(c, &o->fee.bits);
    f16(c, &o->to_chain);
    owner(c, &o->to_owner);
    f32(c, &o->to_account);
    f8(c, &o->to_slot);
    amount(c, &o->minimum);
    f32(c, &s->x);
    half(c, &s->pool);
    amount(c, &s->reserve);
}

static void op_swap_out(struct codec *c, struct op_swap_out *s)
{
    f32(c, &s->pool_id);
    f32(c, &s->to);
    f32(c, &s->x);
    f8(c, &s->slot);
    amount(c, &s->amount);
    elements(c, s->order_hash.e, 8);
    half(c, &s->pool);
    owner(c, &s->to_owner);
    amount(c, &s->reserve);
}

static void op_liquidity(struct codec *c, struct op_liquidity *l)
{
    auth(c, &l->auth);
    f8(c, &l->role);
    f32(c, &l->x);
    f8(c, &l->order.kind);
    for (int i = 0; i < 2; i++) {
        struct liquidity_side *s = &l->order.side[i];
        f16(c, &s->chain);
        f32(c, &s->pool_id);
        f32(c, &s->account);
        f32(c, &s->token);
        f8(c, &s->slot);
        f8(c, &s->share_slot);
        f16(c, &s->fee.bits);
        amount(c, &s->limit);
    }
    packed(c, &l->order.shares);
    f32(c, &l->order.deadline);
    half(c, &l->pool);
    amount(c, &l->amount);
    amount(c, &l->reserve);
    amount(c, &l->supply);
}

static void op_create(struct codec *c, struct op_create *k)
{
    auth(c, &k->auth);
    f8(c, &k->role);
    f32(c, &k->x);
    for (int i = 0; i < 2; i++) {
        struct create_side *s = &k->order.side[i];
        f16(c, &s->chain);
        f32(c, &s->account);
        f32(c, &s->token);
        f8(c, &s->slot);
        f8(c, &s->share_slot);
        f16(c, &s->fee.bits);
        packed(c, &s->amount);
    }
    packed(c, &k->order.shares);
    f32(c, &k->order.fee_bps);
    f32(c, &k->order.cap_bps);
    f32(c, &k->order.flags);
    f32(c, &k->order.deadline);
    f32(c, &k->id);
    f32(c, &k->other_id);
}

static void op_priority(struct codec *c, struct op_priority *p)
{
    f8(c, &p->kind);
    f8(c, &p->outcome);
    f32(c, &p->id);
    f32(c, &p->new_id);
    f8(c, &p->slot);
    f32(c, &p->token);
    amount(c, &p->amount);
    owner(c, &p->owner);
    f8(c, &p->auth);
    f8(c, &p->height);
    elements(c, p->root.e, XMSS_DIGEST);
}

static void op_walk(struct codec *c, struct op *op)
{
    f8(c, &op->code);
    if (c->err != ERR_OK) return;
    switch (op->code) {
    case OP_PRIORITY: op_priority(c, &op->u.priority); break;
    case OP_WITHDRAW: op_withdraw(c, &op->u.withdraw); break;
    case OP_TRANSFER: op_transfer(c, &op->u.transfer); break;
    case OP_OPEN:
        owner(c, &op->u.open.owner);
        f32(c, &op->u.open.id);
        break;
    case OP_CHANGE_KEY: op_change_key(c, &op->u.change_key); break;
    case OP_CREATE: op_create(c, &op->u.create); break;
    case OP_SWAP_IN: op_swap_in(c, &op->u.swap_in); break;
    case OP_SWAP_OUT: op_swap_out(c, &op->u.swap_out); break;
    case OP_ADD:
    case OP_REMOVE: op_liquidity(c, &op->u.liquidity); break;
    default: fail(c, ERR_PARSE);
    }
}

static void cell_walk(struct codec *c, struct touched_cell *t)
{
    f32(c, &t->account);
    f8(c, &t->slot);
    elements(c, t->before.e, 8);
    elements(c, t->after.e, 8);
}

static void preimage_walk(struct codec *c, struct slot0_preimage *p)
{
    f8(c, &p->kind);
    elements(c, p->digest.e, 8);
    f8(c, &p->user.auth);
    f8(c, &p->user.height);
    owner(c, &p->user.owner);
    elements(c, p->user.root.e, XMSS_DIGEST);
    half(c, &p->pool);
}

static void row_walk(struct codec *c, struct tree_row *r)
{
    f8(c, &r->level);
    f32(c, &r->prefix);
    elements(c, r->left_before.e, 8);
    elements(c, r->right_before.e, 8);
    elements(c, r->left_after.e, 8);
    elements(c, r->right_after.e, 8);
    fbool(c, &r->left_touched);
    fbool(c, &r->right_touched);
}

/* When reading, allocates the array that *n announces (bounded by max). */
static void *array(struct codec *c, uint32_t *n, uint32_t max, void *old, size_t size)
{
    count(c, n, max);
    if (writing(c)) return old;
    void *p = calloc(*n == 0 ? 1 : *n, size);
    if (p == NULL) fail(c, ERR_NOMEM);
    return p;
}

/* 32 bytes below r. */
static void blob_value(struct codec *c, uint8_t v[32])
{
    raw(c, v, 32);
    if (memcmp(v, KZG_MODULUS, 32) >= 0) fail(c, ERR_PARSE);
}

static void blob_walk(struct codec *c, struct trace_blob *b)
{
    fbool(c, &b->on);
    if (c->err != ERR_OK || !b->on) return;
    count(c, &b->head, BATCH_BYTES_MAX / 31 + 1);
    blob_value(c, b->z);
    blob_value(c, b->a_before);
    blob_value(c, b->b_before);
    blob_value(c, b->a_after);
    blob_value(c, b->b_after);
}

static void trace_walk(struct codec *c, struct chain_trace *t)
{
    uint8_t version = CHAIN_TRACE_CODEC_VERSION;
    f8(c, &version);
    if (version != CHAIN_TRACE_CODEC_VERSION) fail(c, ERR_VERSION);
    raw(c, t->deployment_id, 32);
    f16(c, &t->chain);
    f8(c, &t->slice);
    fbool(c, &t->large);
    f8(c, &t->segment);
    f8(c, &t->of);
    if (!segment_number_ok(t->segment, t->of)) fail(c, ERR_PARSE);
    f32(c, &t->k);
    f32(c, &t->time);
    f32(c, &t->fee_account);
    for (int i = 0; i < BATCH_FEE_TOKENS; i++) {
        f32(c, &t->fee_slots[i].token);
        f8(c, &t->fee_slots[i].slot);
    }
    elements(c, t->root_before.e, 8);
    elements(c, t->root_after.e, 8);
    count(c, &t->n_ops, BATCH_RECORDS_MAX);
    for (uint32_t i = 0; i < t->n_ops; i++) op_walk(c, &t->ops[i]);
    count(c, &t->n_cells, BATCH_CELLS_MAX);
    for (uint32_t i = 0; i < t->n_cells; i++) cell_walk(c, &t->cells[i]);
    t->preimages = array(c, &t->n_preimages, BATCH_CELLS_MAX * 2, t->preimages,
                         sizeof *t->preimages);
    if (t->preimages == NULL) return;
    for (uint32_t i = 0; i < t->n_preimages; i++) preimage_walk(c, &t->preimages[i]);
    t->tree_rows = array(c, &t->n_tree_rows, BATCH_TREE_ROWS_MAX, t->tree_rows,
                         sizeof *t->tree_rows);
    if (t->tree_rows == NULL) return;
    for (uint32_t i = 0; i < t->n_tree_rows; i++) row_walk(c, &t->tree_rows[i]);
    count(c, &t->n_bytes, BATCH_BYTES_MAX);
    raw(c, t->bytes, t->n_bytes);
    raw(c, t->segment_hash, 32);
    blob_walk(c, &t->blob);
    elements(c, t->tuple_digest.e, 8);
    count(c, &t->n_tuples, BATCH_TUPLES_MAX);
}

enum err chain_trace_write(struct bytes_buf *out, const struct chain_trace *trace)
{
    struct chain_trace *copy = malloc(sizeof *copy);
    if (copy == NULL) return ERR_NOMEM;
    *copy = *trace; /* shallow: the walk only reads when writing */
    struct codec c = {.out = out};
    trace_walk(&c, copy);
    free(copy);
    return c.err;
}

enum err chain_trace_write_halves(struct bytes_buf *out, const struct chain_trace *trace)
{
    struct chain_trace *copy = malloc(sizeof *copy);
    if (copy == NULL) return ERR_NOMEM;
    *copy = *trace;
    copy->n_tree_rows = copy->n_bytes = copy->n_ops = 0;
    copy->blob.on = false;
    for (uint32_t i = 0; i < trace->n_ops; i++) {
        struct op *op = &copy->ops[copy->n_ops];
        if (!op_has_tuple(trace->ops[i].code)) continue;
        *op = trace->ops[i];
        copy->n_ops++;
        switch (op->code) {
        case OP_SWAP_IN: op->u.swap_in.order.auth.signature = NULL; break;
        case OP_CREATE: op->u.create.auth.signature = NULL; break;
        case OP_ADD:
        case OP_REMOVE: op->u.liquidity.auth.signature = NULL; break;
        default: break;
        }
    }
    enum err err = chain_trace_write(out, copy);
    free(copy);
    return err;
}

enum err chain_trace_read(struct chain_trace **out, struct span bytes)
{
    if (bytes.len > CHAIN_TRACE_BYTES_MAX) return ERR_TOO_LARGE;
    struct chain_trace *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    t->signatures = calloc(BATCH_SIGNATURES_MAX, sizeof *t->signatures);
    struct byte_reader in = byte_reader_make(bytes);
    struct codec c = {.in = &in, .trace = t, .err = t->signatures ? ERR_OK : ERR_NOMEM};
    if (t->signatures) trace_walk(&c, t);
    if (c.err == ERR_OK && byte_reader_end(&in) != ERR_OK) c.err = ERR_PARSE;
    if (c.err != ERR_OK) {
        chain_trace_free(t);
        return c.err;
    }
    *out = t;
    return ERR_OK;
}

#include "core/batch/tuple.h"

#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/op/amount.h"
#include "core/op/order.h"
#include "core/op/packed.h"
#include "core/state/cells.h"
#include "core/tags.h"

bool op_has_tuple(uint8_t code)
{
    return code == OP_SWAP_IN || code == OP_SWAP_OUT || code == OP_CREATE || code == OP_ADD ||
           code == OP_REMOVE;
}

static void put_pool(struct tuple *t, const struct pool_half *p)
{
    const uint32_t fields[9] = {p->own_chain,   p->own_id,      p->own_token,
                                p->other_chain, p->other_id,    p->other_token,
                                p->fee_bps,     p->cap_bps,     p->flags};
    memcpy(t->e + TUPLE_OWN, fields, sizeof fields);
}

static struct amount packed_known(struct packed_amount p)
{
    struct amount a;
    REQUIRE(packed_amount_value(&a, p) == ERR_OK); /* the operation was executed */
    return a;
}

static void tuple_create(struct tuple *t, const uint32_t dep[8], uint16_t chain,
                         const struct op_create *c)
{
    const struct create_side *own = &c->order.side[c->role];
    const struct create_side *other = &c->order.side[1 - c->role];
    struct pool_half pool = {chain,    c->id,           own->token,
                             other->chain, c->other_id, other->token,
                             c->order.fee_bps, c->order.cap_bps, c->order.flags};
    struct digest8 common;
    put_pool(t, &pool);
    order_create_digest(&common, dep, &c->order);
    memcpy(t->e + TUPLE_ORDER, common.e, sizeof common.e);
    amount_to_limbs(t->e + TUPLE_AMOUNT, packed_known(own->amount));
    amount_to_limbs(t->e + TUPLE_READ, packed_known(c->order.shares));
}

void tuple_from_op(struct tuple *out, const uint32_t dep[8], uint16_t chain, const struct op *op,
                   const struct owner *signer)
{
    struct tuple t;
    struct digest8 hash;
    memset(&t, 0, sizeof t);
    t.e[TUPLE_KIND] = op->code;
    switch (op->code) {
    case OP_SWAP_IN: {
        const struct op_swap_in *s = &op->u.swap_in;
        t.e[TUPLE_X] = s->x;
        put_pool(&t, &s->pool);
        order_swap_digest(&hash, dep, &s->order);
        memcpy(t.e + TUPLE_ORDER, hash.e, sizeof hash.e);
        amount_to_limbs(t.e + TUPLE_AMOUNT, packed_known(s->order.amount));
        amount_to_limbs(t.e + TUPLE_READ, s->reserve);
        break;
    }
    case OP_SWAP_OUT: {
        const struct op_swap_out *s = &op->u.swap_out;
        t.e[TUPLE_X] = s->x;
        t.e[TUPLE_KIND] = OP_SWAP_IN; /* one kind for both halves */
        t.e[TUPLE_ROLE] = 1;
        put_pool(&t, &s->pool);
        memcpy(t.e + TUPLE_ORDER, s->order_hash.e, sizeof s->order_hash.e);
        amount_to_limbs(t.e + TUPLE_AMOUNT, s->amount);
        amount_to_limbs(t.e + TUPLE_READ, s->reserve);
        owner_elements(t.e + TUPLE_CREDITED, &s->to_owner);
        t.e[TUPLE_CREDITED_ACCOUNT] = s->to;
        t.e[TUPLE_CREDITED_SLOT] = s->slot;
        break;
    }
    case OP_CREATE:
        t.e[TUPLE_X] = op->u.create.x;
        t.e[TUPLE_ROLE] = op->u.create.role;
        tuple_create(&t, dep, chain, &op->u.create);
        break;
    case OP_ADD:
    case OP_REMOVE: {
        const struct op_liquidity *l = &op->u.liquidity;
        t.e[TUPLE_X] = l->x;
        t.e[TUPLE_ROLE] = l->role;
        put_pool(&t, &l->pool);
        order_liquidity_digest(&hash, dep, &l->order);
        memcpy(t.e + TUPLE_ORDER, hash.e, sizeof hash.e);
        amount_to_limbs(t.e + TUPLE_AMOUNT, l->amount);
        amount_to_limbs(t.e + TUPLE_READ, packed_known(l->order.shares));
        break;
    }
    default: UNREACHABLE("operation without a tuple");
    }
    if (op->code != OP_SWAP_OUT) owner_elements(t.e + TUPLE_DEBITED, signer);
    *out = t;
}

static uint32_t signer_account(const struct op *op)
{
    switch (op->code) {
    case OP_SWAP_IN: return op->u.swap_in.order.auth.account;
    case OP_CREATE: return op->u.create.auth.account;
    case OP_ADD:
    case OP_REMOVE: return op->u.liquidity.auth.account;
    default: return 0;
    }
}

/* An account's owner never changes, so its slot 0 after the batch tells it. */
static void owner_find(struct owner *out, const struct chain_trace *trace, uint32_t account)
{
    for (uint32_t i = 0; i < trace->n_cells; i++) {
        const struct touched_cell *c = &trace->cells[i];
        if (c->account != account || c->slot != SLOT_IDENTITY) continue;
        for (uint32_t j = 0; j < trace->n_preimages; j++) {
            const struct slot0_preimage *p = &trace->preimages[j];
            if (p->kind != PREIMAGE_USER || !cell_equal(&p->digest, &c->after)) continue;
            *out = p->user.owner;
            return;
        }
    }
    UNREACHABLE("owner of a signing account");
}

uint32_t tuples_of_trace(struct tuple out[BATCH_TUPLES_MAX], const struct chain_trace *trace)
{
    uint32_t dep[8], n = 0;
    deployment_elements(dep, trace->deployment_id);
    for (uint32_t i = 0; i < trace->n_ops; i++) {
        const struct op *op = &trace->ops[i];
        struct owner signer = {{0}};
        if (!op_has_tuple(op->code)) continue;
        if (op->code != OP_SWAP_OUT) owner_find(&signer, trace, signer_account(op));
        REQUIRE(n < BATCH_TUPLES_MAX);
        tuple_from_op(&out[n++], dep, trace->chain, op, &signer);
    }
    return n;
}

void tuples_digest(struct digest8 *out, const struct tuple *tuples, uint32_t n)
{
    uint32_t all[BATCH_TUPLES_MAX * TUPLE_LEN];
    REQUIRE(n <= BATCH_TUPLES_MAX);
    for (uint32_t i = 0; i < n; i++) memcpy(all + i * TUPLE_LEN, tuples[i].e, sizeof tuples[i].e);
    poseidon_sponge(TAG_TUPLES, all, (size_t)n * TUPLE_LEN, out->e);
}

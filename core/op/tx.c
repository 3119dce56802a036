#include "core/op/tx.h"

#include <string.h>

#include "common/crypto/sha256.h"
#include "core/op/amount.h"

/* One walk over the fields serves both directions, so that they cannot drift apart. */
struct codec {
    struct bytes_buf *out;       /* writing */
    struct byte_reader *in;      /* reading */
    enum err err;                /* first failure */
    const char *what;            /* field of the first failure */
};

static bool writing(const struct codec *c) { return c->out != NULL; }

static void fail(struct codec *c, enum err err, const char *what)
{
    if (c->err != ERR_OK) return;
    c->err = err;
    c->what = what;
}

/* n big-endian bytes of *v, at most max. */
static void field(struct codec *c, uint64_t *v, unsigned n, uint64_t max, const char *what)
{
    uint8_t b[8];
    if (c->err != ERR_OK) return;
    enum err err;
    if (writing(c)) {
        if (*v > max) {
            fail(c, ERR_RANGE, what);
            return;
        }
        for (unsigned i = 0; i < n; i++) b[i] = (uint8_t)(*v >> (8 * (n - 1 - i)));
        err = bytes_buf_append(c->out, b, n);
    } else {
        err = byte_reader_copy(c->in, b, n);
        uint64_t r = 0;
        for (unsigned i = 0; err == ERR_OK && i < n; i++) r = r << 8 | b[i];
        if (err == ERR_OK && r > max) err = ERR_PARSE;
        if (err == ERR_OK) *v = r;
    }
    if (err != ERR_OK) fail(c, err, what);
}

static void u8_field(struct codec *c, uint8_t *v, uint8_t max, const char *what)
{
    uint64_t t = *v;
    field(c, &t, 1, max, what);
    *v = (uint8_t)t;
}
static void u16_field(struct codec *c, uint16_t *v, const char *what)
{
    uint64_t t = *v;
    field(c, &t, 2, UINT16_MAX, what);
    *v = (uint16_t)t;
}
static void u32_field(struct codec *c, uint32_t *v, unsigned n, uint64_t max, const char *what)
{
    uint64_t t = *v;
    field(c, &t, n, max, what);
    *v = (uint32_t)t;
}
static void account_field(struct codec *c, uint32_t *v, const char *what)
{
    u32_field(c, v, 3, 0xfffffe, what);
}
static void token_field(struct codec *c, uint32_t *v, const char *what)
{
    u32_field(c, v, 4, (1u << 25) - 1, what);
}
static void owner_field(struct codec *c, struct owner *o, const char *what)
{
    if (c->err != ERR_OK) return;
    enum err err = writing(c) ? bytes_buf_append(c->out, o->bytes, sizeof o->bytes)
                              : byte_reader_copy(c->in, o->bytes, sizeof o->bytes);
    if (err != ERR_OK) fail(c, err, what);
}
static void packed_field(struct codec *c, struct packed_amount *p, const char *what)
{
    field(c, &p->bits, 5, ((uint64_t)1 << 40) - 1, what);
}
static void fee_field(struct codec *c, struct packed_fee *f) { u16_field(c, &f->bits, "fee"); }
static void amount_field(struct codec *c, struct amount *a, const char *what)
{
    uint64_t hi = a->hi;
    field(c, &hi, 6, ((uint64_t)1 << 48) - 1, what);
    a->hi = hi;
    field(c, &a->lo, 8, UINT64_MAX, what);
}
static void auth_field(struct codec *c, struct op_auth *a)
{
    account_field(c, &a->account, "account");
    u32_field(c, &a->changes, 3, 0xffffff, "key changes");
    u8_field(c, &a->lane, XMSS_LANES - 1, "lane");
    u32_field(c, &a->leaf, 3, (1u << (XMSS_HEIGHT_MAX - 2)) - 1, "leaf");
    u32_field(c, &a->deadline, 4, UINT32_MAX, "deadline");
}

static void transfer_body(struct codec *c, struct op_transfer *t)
{
    auth_field(c, &t->auth);
    account_field(c, &t->to, "to");
    owner_field(c, &t->to_owner, "owner of to");
    u8_field(c, &t->slot_from, UINT8_MAX, "slot from");
    u8_field(c, &t->slot_to, UINT8_MAX, "slot to");
    token_field(c, &t->token, "token");
    packed_field(c, &t->amount, "amount");
    fee_field(c, &t->fee);
}

static void withdraw_body(struct codec *c, struct op_withdraw *w)
{
    auth_field(c, &w->auth);
    u8_field(c, &w->slot, UINT8_MAX, "slot");
    token_field(c, &w->token, "token");
    owner_field(c, &w->to, "to");
    amount_field(c, &w->amount, "amount");
    fee_field(c, &w->fee);
}

static void change_key_body(struct codec *c, struct op_change_key *k)
{
    auth_field(c, &k->auth);
    u8_field(c, &k->new_auth, 1, "new auth");
    u8_field(c, &k->new_height, XMSS_HEIGHT_MAX, "new height");
    for (int i = 0; i < XMSS_DIGEST; i++)
        u32_field(c, &k->new_root.e[i], 4, 0x7f000000, "new root");
    u8_field(c, &k->fee_slot, UINT8_MAX, "fee slot");
    token_field(c, &k->fee_token, "fee token");
    fee_field(c, &k->fee);
}

static void swap_body(struct codec *c, struct swap_order *s)
{
    u16_field(c, &s->chain, "chain");
    auth_field(c, &s->auth);
    u8_field(c, &s->slot_in, UINT8_MAX, "slot in");
    account_field(c, &s->pool_in, "pool");
    token_field(c, &s->token_in, "token in");
    token_field(c, &s->token_out, "token out");
    packed_field(c, &s->amount, "amount");
    fee_field(c, &s->fee);
    u16_field(c, &s->to_chain, "recipient chain");
    owner_field(c, &s->to_owner, "recipient owner");
    account_field(c, &s->to_account, "recipient account");
    u8_field(c, &s->to_slot, UINT8_MAX, "recipient slot");
    amount_field(c, &s->minimum, "minimum");
}

static void liquidity_body(struct codec *c, struct tx_liquidity *l)
{
    for (int i = 0; i < 2; i++) {
        struct liquidity_side *s = &l->order.side[i];
        u16_field(c, &s->chain, "chain");
        auth_field(c, &l->auth[i]);
        account_field(c, &s->pool_id, "pool");
        token_field(c, &s->token, "token");
        u8_field(c, &s->slot, UINT8_MAX, "slot");
        u8_field(c, &s->share_slot, UINT8_MAX, "share slot");
        fee_field(c, &s->fee);
        amount_field(c, &s->limit, "limit");
        s->account = l->auth[i].account;
    }
    packed_field(c, &l->order.shares, "shares");
    u32_field(c, &l->order.deadline, 4, UINT32_MAX, "deadline");
}

static void create_body(struct codec *c, struct tx_create *k)
{
    for (int i = 0; i < 2; i++) {
        struct create_side *s = &k->order.side[i];
        u16_field(c, &s->chain, "chain");
        auth_field(c, &k->auth[i]);
        token_field(c, &s->token, "token");
        u8_field(c, &s->slot, UINT8_MAX, "slot");
        u8_field(c, &s->share_slot, UINT8_MAX, "share slot");
        fee_field(c, &s->fee);
        packed_field(c, &s->amount, "amount");
        s->account = k->auth[i].account;
    }
    packed_field(c, &k->order.shares, "shares");
    u32_field(c, &k->order.fee_bps, 2, 9999, "pool fee");
    u32_field(c, &k->order.cap_bps, 2, 10000, "outflow cap");
    u32_field(c, &k->order.flags, 2, 0, "flags");
    u32_field(c, &k->order.deadline, 4, UINT32_MAX, "deadline");
}

static void tx_walk(struct codec *c, struct tx *tx)
{
    uint8_t version = TX_VERSION;
    u8_field(c, &version, UINT8_MAX, "version");
    if (c->err == ERR_OK && version != TX_VERSION) fail(c, ERR_VERSION, "version");
    u8_field(c, &tx->kind, UINT8_MAX, "kind");
    if (c->err != ERR_OK) return;
    switch (tx->kind) {
    case OP_OPEN:
        u16_field(c, &tx->chain, "chain");
        owner_field(c, &tx->u.open.owner, "owner");
        break;
    case OP_TRANSFER:
        u16_field(c, &tx->chain, "chain");
        transfer_body(c, &tx->u.transfer);
        break;
    case OP_WITHDRAW:
        u16_field(c, &tx->chain, "chain");
        withdraw_body(c, &tx->u.withdraw);
        break;
    case OP_CHANGE_KEY:
        u16_field(c, &tx->chain, "chain");
        change_key_body(c, &tx->u.change_key);
        break;
    case OP_SWAP_IN: swap_body(c, &tx->u.swap); break;
    case OP_CREATE: create_body(c, &tx->u.create); break;
    case OP_ADD:
    case OP_REMOVE:
        tx->u.liquidity.order.kind = tx->kind;
        liquidity_body(c, &tx->u.liquidity);
        break;
    default: fail(c, ERR_PARSE, "kind");
    }
}

static void signature_walk(struct codec *c, uint8_t *height, struct xmss_signature *sig)
{
    u8_field(c, height, XMSS_HEIGHT_MAX, "key height");
    if (c->err != ERR_OK) return;
    if (*height != XMSS_HEIGHT_SMALL && *height != XMSS_HEIGHT_LARGE) {
        fail(c, writing(c) ? ERR_ARG : ERR_PARSE, "key height");
        return;
    }
    size_t n = xmss_signature_size(*height);
    enum err err;
    if (writing(c)) {
        uint8_t b[XMSS_SIGNATURE_SIZE_MAX];
        xmss_signature_write(b, sig, *height);
        err = bytes_buf_append(c->out, b, n);
    } else {
        struct span b;
        err = byte_reader_span(c->in, &b, n);
        if (err == ERR_OK) err = xmss_signature_read(sig, *height, b.data, b.len);
    }
    if (err != ERR_OK) fail(c, err, "signature");
}

int tx_signature_count(uint8_t kind)
{
    switch (kind) {
    case OP_OPEN: return 0;
    case OP_TRANSFER:
    case OP_WITHDRAW:
    case OP_CHANGE_KEY:
    case OP_SWAP_IN: return 1;
    case OP_CREATE:
    case OP_ADD:
    case OP_REMOVE: return 2;
    default: return -1;
    }
}

enum err tx_encode(struct bytes_buf *out, const struct tx *tx)
{
    int n = tx_signature_count(tx->kind);
    if (n < 0) return ERR_ARG;
    struct tx copy = *tx;
    struct codec c = {.out = out};
    tx_walk(&c, &copy);
    for (int i = 0; i < n; i++) signature_walk(&c, &copy.heights[i], &copy.signatures[i]);
    return c.err;
}

void tx_link(struct tx *tx)
{
    switch (tx->kind) {
    case OP_TRANSFER: tx->u.transfer.auth.signature = &tx->signatures[0]; break;
    case OP_WITHDRAW: tx->u.withdraw.auth.signature = &tx->signatures[0]; break;
    case OP_CHANGE_KEY: tx->u.change_key.auth.signature = &tx->signatures[0]; break;
    case OP_SWAP_IN: tx->u.swap.auth.signature = &tx->signatures[0]; break;
    case OP_CREATE:
        for (int i = 0; i < 2; i++) tx->u.create.auth[i].signature = &tx->signatures[i];
        break;
    case OP_ADD:
    case OP_REMOVE:
        for (int i = 0; i < 2; i++) tx->u.liquidity.auth[i].signature = &tx->signatures[i];
        break;
    default: break;
    }
}

enum err tx_decode(struct tx *out, struct span bytes, const char **what)
{
    *what = "";
    if (bytes.len > TX_BYTES_MAX) {
        *what = "length";
        return ERR_TOO_LARGE;
    }
    struct byte_reader in = byte_reader_make(bytes);
    struct codec c = {.in = &in};
    memset(out, 0, sizeof *out);
    tx_walk(&c, out);
    int n = c.err == ERR_OK ? tx_signature_count(out->kind) : 0;
    for (int i = 0; i < n; i++) signature_walk(&c, &out->heights[i], &out->signatures[i]);
    if (c.err == ERR_OK && byte_reader_end(&in) != ERR_OK) fail(&c, ERR_PARSE, "end");
    if (c.err != ERR_OK) {
        *what = c.what;
        return c.err;
    }
    tx_link(out);
    return ERR_OK;
}

void tx_hash(uint8_t out[32], struct span bytes) { sha256(out, bytes.data, bytes.len); }

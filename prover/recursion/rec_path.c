/* Recording of Merkle paths, indices and what follows from where a path ends. */
#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_internal.h"

static void bits_row(struct rec *r, uint32_t v, uint32_t hash, uint32_t bits, uint32_t zeros)
{
    uint32_t row = REC_PUSH(r->bits);
    REQUIRE(row < 1u << r->shape.bits);
    r->bits.at[row] = (struct rec_bits_row){.v = rec_read_ext(r, v),
                                            .hash = hash,
                                            .bits = (uint8_t)bits,
                                            .zeros = (uint8_t)zeros,
                                            .check = rec_check_now(r)};
    if (hash != REC_NONE) r->hash.at[hash].ends++;
    rec_op_add(r, OP_BITS, row);
}

rec_index rec_index_of(struct rec *r, rec_base v, uint32_t bits)
{
    REQUIRE(v.a < r->ext.n);
    REQUIRE(bits >= REC_PATH_LOG_MIN && bits <= REC_PATH_LOG_MAX);
    return (rec_index){.a = v.a, .bits = bits};
}

rec_end rec_path(struct rec *r, rec_word leaf, rec_index index, rec_word root)
{
    uint32_t node = leaf.a;
    for (uint32_t s = 0; s < index.bits; s++) {
        struct rec_hash *h = rec_hash_row(r, node, RIGHT_ADVICE, REC_NONE);
        h->turn_from = TURN_BIT;
        h->turn = index.a;
        h->bit = (uint8_t)s;
        h->domain_log = (uint8_t)(index.bits - s);
        node = h->out;
    }
    uint32_t last = r->hash.n - 1;
    rec_hash_root(r, last, root.a);
    bits_row(r, index.a, last, index.bits, 0);
    return (rec_end){r->bits.n - 1};
}

void rec_assert_low_bits_zero(struct rec *r, rec_base v, uint32_t bits)
{
    REQUIRE(bits <= REC_PATH_LOG_MAX);
    if (bits == 0 || rec_leaves_out(r)) return;
    if (bits >= REC_PATH_LOG_MIN) {
        bits_row(r, v.a, REC_NONE, bits, bits);
        return;
    }
    /* the low bits are none of this path's; its nodes are hashes of equal halves, so any bits do */
    uint32_t node = r->zero_word, t[8] = {0};
    for (uint32_t s = bits; s < REC_PATH_LOG_MIN; s++) {
        struct rec_hash *h = rec_hash_row(r, node, RIGHT_SAME, REC_NONE);
        h->turn_from = TURN_BIT;
        h->turn = v.a;
        h->bit = (uint8_t)s;
        h->domain_log = (uint8_t)(REC_PATH_LOG_MIN - s);
        node = h->out;
        poseidon_compress(t, t, t);
    }
    uint32_t last = r->hash.n - 1;
    rec_hash_derived(r, last, rec_const_word(r, t).a);
    bits_row(r, v.a, last, REC_PATH_LOG_MIN, bits);
}

void rec_path_slots(struct rec *r, rec_word leaf, uint32_t depth, uint32_t bits, uint32_t free_mask,
                    rec_word root)
{
    REQUIRE(depth > 0 && depth <= REC_PATH_LOG_MAX);
    uint32_t node = leaf.a;
    bool plain = true; /* the node's word has no idx and y, so that R may read it */
    for (uint32_t s = 0; s < depth; s++) {
        bool is_free = free_mask >> s & 1;
        if (!is_free && (bits >> s & 1)) {
            if (!plain) {
                uint32_t copy = rec_word_row(r, RIGHT_COPY, node);
                /* the row of `node` expects its copy, so its own output is not read */
                uint32_t row = r->word.at[node].row;
                rec_hash_derived(r, row, copy);
                node = copy;
                plain = true;
            }
            uint32_t sibling = rec_word_row(r, RIGHT_ADVICE, REC_NONE);
            node = rec_hash_row(r, sibling, RIGHT_READ, node)->out;
            continue;
        }
        struct rec_hash *h = rec_hash_row(r, node, RIGHT_ADVICE, REC_NONE);
        if (is_free) {
            h->turn_from = TURN_ADVICE;
            h->turn = rec_take_advice(r, 1);
            h->domain_log = 1;
            plain = false;
        }
        node = h->out;
    }
    uint32_t last = r->hash.n - 1;
    if (r->hash.at[last].right_from == RIGHT_READ)
        rec_assert_word_eq(r, root, (rec_word){node});
    else
        rec_hash_root(r, last, root.a);
}

rec_ext rec_pow(struct rec *r, rec_end end, const rec_ext *z, uint32_t n)
{
    REQUIRE(end.a < r->bits.n);
    if (n == 0) return (rec_ext){r->one};
    r->bits.at[end.a].starts++;
    uint32_t out = REC_NONE;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = REC_PUSH(r->pow);
        REQUIRE(row < 1u << r->shape.pow);
        if (i + 1 == n) out = rec_new_ext(r, REC_W_POW, row);
        r->pow.at[row] = (struct rec_pow_row){.bits = end.a,
                                              .prev = i == 0 ? REC_NONE : row - 1,
                                              .z = rec_read_ext(r, z[n - 1 - i].a),
                                              .out = out};
        rec_op_add(r, OP_POW, row);
    }
    return (rec_ext){out};
}

rec_ext rec_end_y(struct rec *r, rec_end end)
{
    return rec_pow(r, end, &(rec_ext){r->one}, 1);
}

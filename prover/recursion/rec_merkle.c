/* Leaves of the Merkle trees: hashing them and folding them (read_leaf of whir_verify.c). */
#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/recursion/rec_parts.h"

static rec_word leaf_start(struct rec *r, enum proof_tag tag, uint32_t log_lanes)
{
    const uint32_t v[POSEIDON_DIGEST] = {tag, 1u << log_lanes};
    return rec_const_word(r, v);
}

/* Pairs of neighbours, one challenge after the other. */
static rec_ext fold_pairs(struct rec *r, rec_ext *values, uint32_t log_n, const rec_ext *fold)
{
    for (uint32_t j = 0; j < log_n; j++)
        for (uint32_t i = 0; i < 1u << (log_n - 1 - j); i++)
            values[i] = rec_lerp(r, values[2 * i], values[2 * i + 1], fold[j]);
    return values[0];
}

rec_word rec_leaf_base(struct rec *r, uint32_t log_lanes, const rec_ext *fold, rec_ext *value)
{
    rec_ext values[1 << (WHIR_MAX_FOLD - 3)];
    REQUIRE(log_lanes >= 3 && log_lanes <= WHIR_MAX_FOLD);
    rec_word s = leaf_start(r, TAG_MERKLE_LEAF, log_lanes);
    for (uint32_t i = 0; i < 1u << (log_lanes - 3); i++) {
        rec_word lanes;
        s = rec_compress_advice(r, s, &lanes);
        values[i] = rec_fold8(r, lanes, fold[0], fold[1], fold[2]);
    }
    *value = fold_pairs(r, values, log_lanes - 3, fold + 3);
    return s;
}

rec_word rec_leaf_ext(struct rec *r, uint32_t log_lanes, const rec_ext *fold, rec_ext *value)
{
    rec_ext lanes[1 << WHIR_MAX_FOLD];
    REQUIRE(log_lanes <= WHIR_MAX_FOLD);
    rec_word s = leaf_start(r, TAG_MERKLE_LEAF_EXT, log_lanes);
    s = rec_chain_ext(r, s, lanes, (size_t)1 << log_lanes, 0);
    *value = fold_pairs(r, lanes, log_lanes, fold);
    return s;
}

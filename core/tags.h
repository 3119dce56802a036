#ifndef CORE_TAGS_H
#define CORE_TAGS_H
/* Domain tags of every Poseidon sponge of the rollup; docs/protocol/state.md. All distinct. */
enum hawser_tag {
    TAG_USER = 1,
    TAG_POOL = 2,
    TAG_PP = 3,
    TAG_XMSS_LEAF = 4,
    TAG_ORDER_TRANSFER = 16,
    TAG_ORDER_WITHDRAW = 17,
    TAG_ORDER_CHANGE_KEY = 18,
    TAG_ORDER_SWAP = 19,
    TAG_LIQUIDITY = 20,
    TAG_CREATE = 21,
    TAG_ORDER_HALF = 22,
    TAG_TUPLES = 32,
};
#endif

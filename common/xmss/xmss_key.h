#ifndef COMMON_XMSS_XMSS_KEY_H
#define COMMON_XMSS_XMSS_KEY_H
/* Inside of struct xmss_key, shared by the files of this folder only. */
#include "common/xmss/xmss.h"

/* What a hash call is for (REQ-SIG-1). */
enum {
    TWEAK_MESSAGE = 0,
    TWEAK_STEP = 1 << 20,
    TWEAK_LEAF = 1 << 21,
    TWEAK_NODE = 1 << 22,
};
/* Digits of the encoding D; false if it is invalid (sum, or an element p - 1). */
bool xmss_digits(uint8_t digits[XMSS_CHAINS], const uint32_t d[8]);

struct xmss_key {
    uint32_t height, leaves_done;
    bool complete;
    uint8_t seed[XMSS_SEED_SIZE];
    uint32_t pp[XMSS_PP];
    uint32_t (*nodes)[XMSS_DIGEST]; /* 2^(height+1); [0] is unused */
};
#endif

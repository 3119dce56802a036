#ifndef COMMON_XMSS_XMSS_KEY_H
#define COMMON_XMSS_XMSS_KEY_H
/* Inside of struct xmss_key, shared by the files of this folder only. */
#include "common/xmss/xmss.h"

struct xmss_key {
    uint32_t height, leaves_done;
    bool complete;
    uint8_t seed[XMSS_SEED_SIZE];
    uint32_t pp[XMSS_PP];
    uint32_t (*nodes)[XMSS_DIGEST]; /* 2^(height+1); [0] is unused */
};
#endif

#ifndef BENCH_SEQ_TRAFFIC_H
#define BENCH_SEQ_TRAFFIC_H
/* Signed traffic for the sequencer, made before anything is measured: two chains, SEQ_TRAFFIC_USERS users
 * with a key (height 12) on each, one pool between the chains; then operations in an order that the rules
 * accept: four transfers to one swap, drawn at random, each with a fee, each signed with the next key leaf.
 *
 * Everything follows from the seed. The same traffic can be played into any number of new stores, and
 * written to a file for another program. Aborts on any surprise. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"

enum {
    SEQ_TRAFFIC_CHAINS = 2,
    SEQ_TRAFFIC_USERS = 512,
    SEQ_TRAFFIC_TOKEN = 1,
    SEQ_TRAFFIC_SLOT = 2,
    SEQ_TRAFFIC_FEE_ACCOUNT = 1, /* of user 0, on both chains */
    SEQ_TRAFFIC_MAX = SEQ_TRAFFIC_USERS * SEQ_TRAFFIC_CHAINS * 38,
};

struct seq_item {
    uint16_t chain; /* of a priority record */
    uint32_t len;
    uint8_t *bytes;
};
struct seq_traffic {
    uint8_t deployment_id[32];
    /* In this order, a batch sealed after each: L1 requests, requests that make the pool, operations. */
    struct seq_item *deposits, *pools, *ops;
    uint32_t n_deposits, n_pools, n_ops;
};
/* n_ops <= SEQ_TRAFFIC_MAX. Two threads sign. */
void seq_traffic_make(struct seq_traffic *t, uint64_t seed, uint32_t n_ops);
void seq_traffic_write(const struct seq_traffic *t, const char *path);
void seq_traffic_read(struct seq_traffic *t, const char *path);
void seq_traffic_free(struct seq_traffic *t);
#endif

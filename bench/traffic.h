#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H
/* Real batches for the benchmarks: two chains, TRAFFIC_USERS users with a signed account on each,
 * pools across the chains. Every operation is signed with XMSS (height 12) and goes through the rules
 * of the sequencer; batches are sealed as the sequencer seals them.
 *
 *   payments: a transfer on chain 0 between two users drawn at random, with a fee
 *   swaps:    a swap between the chains through one of the pools, either way, with a fee
 *
 * Lifetime: traffic_new (deposits and pools are sealed in batches that nobody proves), then any number
 * of traffic_seal, traffic_free. Everything follows from the seed. Aborts on any surprise. */
#include "core/batch/batch.h"

enum traffic_mix { TRAFFIC_PAYMENTS, TRAFFIC_SWAPS, TRAFFIC_MIXES };
enum { TRAFFIC_USERS = 1000, TRAFFIC_CHAINS = 2, TRAFFIC_POOLS = 4 };

const char *traffic_mix_name(enum traffic_mix mix);

struct traffic;
/* limits: of the leaf program the batches are for. */
struct traffic *traffic_new(uint64_t seed, const struct batch_limits *limits);
void traffic_free(struct traffic *t);
/* One batch of up to n operations; returns how many it holds (fewer when a limit closed it), at least
 * one. *limit: the fullest limit of chain 0. seconds: sequencing (rules, signatures checked, sealing)
 * is added to it. */
uint32_t traffic_seal(struct traffic *t, enum traffic_mix mix, uint32_t n,
                      struct sealed_batch *out, const char **limit, double *seconds);

#endif

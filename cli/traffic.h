#ifndef CLI_TRAFFIC_H
#define CLI_TRAFFIC_H
/* The users that one traffic client plays: shared by random traffic (traffic.c) and by traffic that is
 * signed ahead and sent later (traffic_signed.c).
 *
 * Threads: one. Lifetime: zeroed -> traffic_open -> traffic_join -> ... -> traffic_close. */
#include "cli/args.h"
#include "cli/wallet/wallet.h"
#include "common/base/rng.h"

enum {
    TRAFFIC_USERS_MAX = 64,
    TRAFFIC_CHAINS = 2, /* the traffic plays on the first two chains of a deployment */
    TRAFFIC_WAIT_MS = 200,
};

enum traffic_kind { SWAP, TRANSFER, ADD, REMOVE, WITHDRAW, KINDS };

struct user {
    struct wallet *w;
    struct wallet_account account[TRAFFIC_CHAINS];
};
struct traffic {
    struct rng rng;
    struct user users[TRAFFIC_USERS_MAX];
    size_t n_users;
    uint32_t pool[TRAFFIC_CHAINS]; /* pool half on each chain */
    uint32_t token[TRAFFIC_CHAINS];
    uint64_t accepted[KINDS], cross[TRAFFIC_CHAINS], refused, unexpected, deposits;
    char surprise[600];
};

/* Options config, keys, users and first-user. */
MUST_CHECK enum err traffic_open(struct traffic *t, const struct arg *args);
void traffic_close(struct traffic *t);
/* Finds the pool across the chains; every user that has no account yet deposits `units` with a key. */
MUST_CHECK enum err traffic_join(struct traffic *t, uint64_t units);
/* An answer that must not happen: counted and told. */
void traffic_surprise(struct traffic *t, const char *what, const struct user *u);
void traffic_pause(unsigned ms);
/* Requests without signature, good for lifetime_s seconds. */
MUST_CHECK enum err traffic_swap(const struct traffic *t, const struct user *u, uint16_t chain,
                                 uint32_t lifetime_s, struct request *r);
MUST_CHECK enum err traffic_transfer(const struct traffic *t, const struct user *u,
                                     const struct user *to, uint16_t chain, uint32_t lifetime_s,
                                     struct request *r);

/* `hawser traffic --sign FILE` and `--send FILE`: exit status. */
int traffic_sign(struct traffic *t, const struct arg *args);
int traffic_send(struct traffic *t, const struct arg *args);
#endif

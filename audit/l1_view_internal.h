#ifndef AUDIT_L1_VIEW_INTERNAL_H
#define AUDIT_L1_VIEW_INTERNAL_H
/* Shared by l1_view.c (reading on), l1_events.c (what each event means) and l1_ledger.c. */
#include <uthash.h>

#include "audit/l1_abi.h"
#include "audit/l1_rpc.h"
#include "audit/l1_view.h"

enum { VIEW_EVENTS = 10 };

struct pending_key {
    uint32_t token;
    uint8_t owner[20];
};
struct pending_entry { /* what a token's receiver did not take */
    struct pending_key key;
    unsigned __int128 amount;
    UT_hash_handle hh;
};
struct view_token {
    uint32_t id;
    uint8_t address[20];
};
struct l1_view {
    struct l1_view_options options;
    const struct deployment_chain *chain;
    struct deployment_digests digests;
    struct l1_rpc *rpc;
    uint8_t topics[VIEW_EVENTS][32];
    bool checked;                  /* chain id and contract are what they should be */
    struct l1_block final;         /* everything up to here is read; number 0: nothing */
    uint64_t next_block, next_log; /* first log not read */
    uint64_t range;                /* blocks asked for at once */
    struct l1_batch *batches;      /* k - 1 */
    size_t n_batches, cap_batches;
    uint64_t proven, agreed, executed;
    struct span *requests; /* owned bytes */
    size_t n_requests, cap_requests;
    struct view_token *tokens;
    size_t n_tokens, cap_tokens;
    struct pending_entry *pending;
};

/* Room for one more element; ERR_FULL past max. */
MUST_CHECK enum err view_grow(void **list, size_t *cap, size_t n, size_t size, size_t max);
void view_topics(struct l1_view *v);
void view_batch_clear(struct l1_batch *b);
MUST_CHECK enum err view_event(struct l1_view *v, const struct l1_log *log);
/* eth_call of a view without or with one u64 argument at a block; the answer into out. */
MUST_CHECK enum err view_call(struct l1_view *v, struct bytes_buf *out, const char *signature,
                              const uint8_t *words, size_t n_words, uint64_t block);
MUST_CHECK enum err view_call_u128(struct l1_view *v, unsigned __int128 *out, const char *signature,
                                   const uint8_t *words, size_t n_words, uint64_t block);
#endif

#ifndef ORCHESTRATOR_API_H
#define ORCHESTRATOR_API_H
/* The public HTTP interface of the orchestrator: JSON under /api/v1 (docs/api.md).
 *
 *   POST /transactions {"request": "0x.."}     200 accepted and durable, 4xx with a rule's name
 *   GET  /transactions/{id}                    receipt, signed by the operator (receipt_hash)
 *   GET  /status  /chains  /batches  /pools    what stands where
 *   GET  /accounts/{chain}/{id}                one account: owner, key, counters, balances
 *   GET  /accounts?chain=C&owner=0x..          ids of an owner
 *   GET  /quote?chain=C&pool=P&amount=A        output of a swap into that pool half, now
 *
 * Threads: the loop's thread. Limits: API_BODY_MAX, API_CONNECTIONS_MAX, API_ACCOUNTS_SCAN_MAX. */
#include "common/net/http_server.h"
#include "orchestrator/intake.h"
#include "orchestrator/pipeline.h"
#include "orchestrator/sequencer.h"

enum { API_BODY_MAX = 16 * 1024, API_CONNECTIONS_MAX = 512, API_ACCOUNTS_SCAN_MAX = 1 << 20 };

struct api_options {
    struct loop *loop;
    const char *bind_address;
    uint16_t port;
    const struct deployment *deployment;
    struct sequencer *sequencer;
    struct intake *intake; /* over that sequencer */
    struct pipeline *pipeline;
    struct l1_link *const *links;
    const struct msg_signer *signer; /* signs receipts */
};
struct api;
MUST_CHECK enum err api_open(struct api **out, const struct api_options *options);
uint16_t api_port(const struct api *a);
void api_close(struct api *a, void (*closed)(void *ctx), void *ctx);
#endif

#ifndef ORCHESTRATOR_API_VIEWS_H
#define ORCHESTRATOR_API_VIEWS_H
/* JSON of what the orchestrator knows. Each returns a new reference, NULL without memory. */
#include <jansson.h>

#include "orchestrator/api.h"

json_t *api_view_status(const struct api_options *o);
json_t *api_view_chains(const struct api_options *o);
json_t *api_view_batches(const struct api_options *o);
json_t *api_view_pools(const struct api_options *o);
/* NULL also if there is no such user account. */
json_t *api_view_account(const struct api_options *o, uint16_t chain, uint32_t id);
json_t *api_view_owner(const struct api_options *o, uint16_t chain, const uint8_t owner[20]);
/* With the operator's signature over receipt_hash: a promise, or a refusal with its reason, that can
 * be shown to others. */
json_t *api_view_receipt(const struct api_options *o, const struct receipt *r);
/* SHA-256("HAWSER-RECEIPT-1" | deployment id | id | status u8 (1 accepted, 2 rejected) | position u64
 * | batch u64 | SHA-256(reason)). */
void receipt_hash(uint8_t out[32], const uint8_t deployment_id[32], const struct receipt *r);
#endif

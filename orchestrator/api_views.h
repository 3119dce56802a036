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
json_t *api_view_receipt(const struct receipt *r);
#endif

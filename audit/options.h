#ifndef AUDIT_OPTIONS_H
#define AUDIT_OPTIONS_H
/* audit.yaml, for the gate and for `run` (configs/audit.yaml). Threads: pure apart from files. */
#include "audit/l1_blob.h"
#include "common/config/config.h"
#include "common/deployment/deployment.h"

struct audit_chain_options {
    uint64_t chain_id;
    char rpc_url[512], blob_url[512];
};
struct audit_options {
    char deployment[512], message_key_file[512], listen[256], log_level[16], blob_archive[512];
    uint8_t orchestrator_address[20];
    uint64_t rpc_timeout, interval;
    struct audit_chain_options chains[DEPLOYMENT_CHAINS_MAX];
    size_t n_chains;
};
extern const struct config_field audit_option_fields[];

/* Reads the file and the deployment that it names, checks that both list the same chains, sets the
 * log level. ERR_CONFIG, ERR_NOT_FOUND, ERR_PARSE with text. */
MUST_CHECK enum err audit_options_load(struct audit_options *out, struct deployment *d,
                                       const char *path, char *text, size_t text_size);
/* One per chain of the options; borrow from them. */
void audit_options_sources(struct l1_source *out, const struct audit_options *o);
#endif

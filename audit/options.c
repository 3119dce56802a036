#include "audit/options.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/log/log.h"

static const struct config_field chain_fields[] = {
    CONFIG_U64(struct audit_chain_options, chain_id, NULL, 1, INT64_MAX, "EIP-155 chain id"),
    CONFIG_STRING(struct audit_chain_options, rpc_url, NULL,
                  "JSON-RPC endpoint of the auditor's own node"),
    CONFIG_STRING(struct audit_chain_options, blob_url, "",
                  "base of the beacon API that has this chain's blobs; empty: that of rpc_url"),
    CONFIG_END};
const struct config_field audit_option_fields[] = {
    CONFIG_STRING(struct audit_options, deployment, NULL, "deployment.json"),
    CONFIG_STRING(struct audit_options, message_key_file, "",
                  "gate: file (mode 0600) with the key that signs its answers"),
    CONFIG_HEX(struct audit_options, orchestrator_address,
               "0x0000000000000000000000000000000000000000", "gate: whose questions are answered"),
    CONFIG_STRING(struct audit_options, listen, "", "gate: nng address for the orchestrator"),
    CONFIG_DURATION(struct audit_options, rpc_timeout, "10s", 100, 600000,
                    "longest wait for one answer of a node"),
    CONFIG_DURATION(struct audit_options, interval, "10s", 100, 86400000,
                    "run: pause between two looks"),
    CONFIG_STRING(struct audit_options, blob_archive, "",
                  "folder that keeps every blob that was read; chains with blobs need one"),
    CONFIG_STRING(struct audit_options, log_level, "info", "debug, info, unusual or broken"),
    CONFIG_SECTION_LIST(struct audit_options, chains, n_chains, 1, chain_fields,
                        "every chain of the deployment, ascending"),
    CONFIG_END};

void audit_options_sources(struct l1_source *out, const struct audit_options *o)
{
    for (size_t i = 0; i < o->n_chains; i++)
        out[i] = (struct l1_source){o->chains[i].rpc_url, o->chains[i].blob_url, o->blob_archive};
}

enum err audit_options_load(struct audit_options *out, struct deployment *d, const char *path,
                            char *text, size_t text_size)
{
    struct config_error error;
    enum log_level level = LOG_LEVEL_INFO;
    enum err err = config_load_file(out, audit_option_fields, path, &error);
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "%s", error.text);
        return err;
    }
    if (log_level_parse(&level, out->log_level) != ERR_OK) {
        (void)snprintf(text, text_size, "%s: log_level: unknown", path);
        return ERR_CONFIG;
    }
    log_set_level(level);
    ERR_TRY(deployment_load(d, out->deployment, text, text_size));
    bool same = out->n_chains == d->n_chains;
    for (size_t i = 0; same && i < d->n_chains; i++)
        same = out->chains[i].chain_id == d->chains[i].chain_id;
    if (same) return ERR_OK;
    (void)snprintf(text, text_size, "%s: chains: not those of %s, ascending", path,
                   out->deployment);
    return ERR_CONFIG;
}

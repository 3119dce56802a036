#include "orchestrator/config.h"

#include "core/batch/batch.h"

static const struct config_field fee_fields[] = {
    CONFIG_U64(struct orchestrator_fee_config, token, NULL, 1, (1u << 24) - 1, "token id"),
    CONFIG_U64(struct orchestrator_fee_config, slot, NULL, 2, 127,
               "slot of the fee account that takes fees in this token"),
    CONFIG_END};
static const struct config_field chain_fields[] = {
    CONFIG_U64(struct orchestrator_chain_config, chain_id, NULL, 1, INT64_MAX, "EIP-155 chain id"),
    CONFIG_STRING(struct orchestrator_chain_config, rpc_url, NULL, "JSON-RPC endpoint"),
    CONFIG_STRING(struct orchestrator_chain_config, key_file, NULL,
                  "file (mode 0600) with the operator's key on this chain"),
    CONFIG_U64(struct orchestrator_chain_config, blob_fee_max, "500", 1, 1000000,
               "gwei per blob gas at most: above it no commit in a blob is signed"),
    CONFIG_DURATION(struct orchestrator_chain_config, poll, "1s", 50, 60000,
                    "time between two looks for new blocks"),
    CONFIG_STRING(struct orchestrator_chain_config, data, "calldata",
                  "where this chain's data is published: calldata, or blobs (EIP-4844)"),
    CONFIG_U64(struct orchestrator_chain_config, fee_account, "0", 0, 0xfffffe,
               "account id that takes the fees, 0: no fees"),
    CONFIG_SECTION_LIST(struct orchestrator_chain_config, fees, n_fees, 0, fee_fields,
                        "tokens in which fees are taken"),
    CONFIG_END};
static const struct config_field peer_fields[] = {
    CONFIG_HEX(struct orchestrator_peer, address, NULL,
               "address of the worker's message key, one for each worker"),
    CONFIG_END};

const struct config_field orchestrator_config_fields[] = {
    CONFIG_STRING(struct orchestrator_config, deployment, NULL, "deployment.json"),
    CONFIG_STRING(struct orchestrator_config, database, NULL,
                  "SQLite file, or postgresql://host1,host2/name"),
    CONFIG_STRING(struct orchestrator_config, message_key_file, NULL,
                  "file (mode 0600) with the key that signs messages to our processes"),
    CONFIG_STRING(struct orchestrator_config, api_bind, "127.0.0.1", "address of the API"),
    CONFIG_U64(struct orchestrator_config, api_port, "8545", 1, 65535, "port of the API"),
    CONFIG_STRING(struct orchestrator_config, gate_url, NULL, "nng address of the audit gate"),
    CONFIG_HEX(struct orchestrator_config, gate_address, NULL, "address of the gate's message key"),
    CONFIG_STRING(struct orchestrator_config, prover_url, NULL,
                  "nng address where prover workers ask for jobs"),
    CONFIG_SECTION(struct orchestrator_config, prover_tls, link_tls_server_fields,
                   "certificates, when workers are on other hosts (docs/operator.md)"),
    CONFIG_SECTION_LIST(struct orchestrator_config, provers, n_provers, 1, peer_fields,
                        "workers that may ask"),
    CONFIG_DURATION(struct orchestrator_config, prover_lease, "5m", 1000, 86400000,
                    "time of a worker for one proof"),
    CONFIG_DURATION(struct orchestrator_config, range_wait, "30s", 0, 3600000,
                    "how long a batch waits for others to share its proof on L1"),
    CONFIG_U64(struct orchestrator_config, seal_ops, "4096", 1, 32768,
               "records (all chains) that seal a batch"),
    CONFIG_U64(struct orchestrator_config, seal_slices, "32", 1, BATCH_SLICES_MAX,
               "slices (a proof for each chain and one for the pairs) of a batch, at most"),
    CONFIG_U64(struct orchestrator_config, seal_chains, "16", 1, BATCH_PARTICIPANTS_MAX,
               "chains with records in one batch, at most"),
    CONFIG_DURATION(struct orchestrator_config, seal_age, "30s", 100, 1800000,
                    "age that seals a batch"),
    CONFIG_U64(struct orchestrator_config, operator_epoch, "0", 0, INT64_MAX,
               "operator epoch on the contracts"),
    CONFIG_STRING(struct orchestrator_config, log_level, "info", "debug, info, unusual or broken"),
    CONFIG_SECTION_LIST(struct orchestrator_config, chains, n_chains, 1, chain_fields,
                        "every chain of the deployment"),
    CONFIG_END};

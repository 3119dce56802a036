#ifndef ORCHESTRATOR_CONFIG_H
#define ORCHESTRATOR_CONFIG_H
/* orchestrator.yaml: one table is parser, check and reference (configs/orchestrator.yaml). */
#include "common/config/config.h"
#include "common/loop/link_tls.h"

enum { ORCHESTRATOR_CHAINS_MAX = 16, ORCHESTRATOR_PEERS_MAX = 16 };

struct orchestrator_fee_config {
    uint64_t token, slot;
};
struct orchestrator_chain_config {
    uint64_t chain_id;
    char rpc_url[512];
    char key_file[512];
    uint64_t blob_fee_max; /* gwei per blob gas */
    uint64_t poll;
    char data[16];
    uint64_t fee_account;
    struct orchestrator_fee_config fees[4];
    size_t n_fees;
};
struct orchestrator_peer {
    uint8_t address[20];
};
struct orchestrator_config {
    char deployment[512], database[512], message_key_file[512];
    char api_bind[64];
    uint64_t api_port;
    char gate_url[256], prover_url[256];
    struct link_tls_files prover_tls;
    uint8_t gate_address[20];
    struct orchestrator_peer provers[ORCHESTRATOR_PEERS_MAX];
    size_t n_provers;
    uint64_t prover_lease, range_wait, seal_ops, seal_slices, seal_chains, seal_age,
        operator_epoch;
    char log_level[16];
    struct orchestrator_chain_config chains[ORCHESTRATOR_CHAINS_MAX];
    size_t n_chains;
};
extern const struct config_field orchestrator_config_fields[];
#endif

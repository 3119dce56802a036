#ifndef CHAIN_ADAPTERS_EVM_EVM_ADAPTER_H
#define CHAIN_ADAPTERS_EVM_EVM_ADAPTER_H
/* chain_adapter.h over an Ethereum JSON-RPC node (HTTP).
 *
 * Threads, lifetime, errors: chain_adapter.h. */

#include "chain_adapters/chain_adapter.h"
#include "common/loop/loop.h"

/* Reads the key file when options->key_path is not empty (ERR_AUTH, ERR_NOT_FOUND, ERR_PARSE as
 * common/crypto/secret.h); the key is wiped at close. options are copied. ERR_CONFIG on an empty
 * URL or chain id 0. */
MUST_CHECK enum err evm_adapter_new(struct chain_adapter **out, struct loop *loop,
                                    const struct chain_options *options);

#endif

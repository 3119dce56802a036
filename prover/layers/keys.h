#ifndef PROVER_LAYERS_KEYS_H
#define PROVER_LAYERS_KEYS_H
/* The keys of the product's family, constants that hawser-keys makes from the programs in the build.
 * prover/recursion/keys.txt lists them; `./dev verify-keys` remakes both. */
#include "prover/recursion/family.h"

extern const struct family_keys LAYER_KEYS;
#endif

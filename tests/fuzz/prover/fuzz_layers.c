/* layer_proof_decode and layer_verify with the product's programs. An input is the head of a wire: with an
 * odd last byte it is decoded as it stands, else it is repeated up to the length that its layer asks for.
 * Nothing made so convinces. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/recursion/layers.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layer_proof p;
    struct bytes_buf again;
    enum verify_check failed;
    if (size == 0) return 0;
    size_t len = size;
    if (data[size - 1] % 2 == 0 && data[0] < LAYER_COUNT)
        len = layer_proof_wire_len((enum layer)data[0]);
    uint8_t *wire = malloc(len);
    REQUIRE(wire != NULL);
    for (size_t i = 0; i < len; i++)
        wire[i] = data[i % size];
    const enum err err = layer_proof_decode(&p, wire, len);
    REQUIRE(err == ERR_OK || err == ERR_PARSE);
    if (err == ERR_OK) {
        fuzz_accept();
        bytes_buf_init(&again, len);
        REQUIRE(layer_proof_encode(&p, &again) == ERR_OK);
        REQUIRE(again.len == len);
        REQUIRE(memcmp(again.data, wire, len) == 0);
        bytes_buf_deinit(&again);
        REQUIRE(layer_verify(&p, &failed) == ERR_PROOF);
        REQUIRE(failed != VERIFY_NONE);
    }
    layer_proof_deinit(&p);
    free(wire);
    return 0;
}

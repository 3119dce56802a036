/* dump_proof [LOG_FIB]: proves the Fibonacci toy and prints what its verifier sees, one line each:
 *   public I VALUE | absorb LABEL HEX -> STATE | sample HEX | indices BITS HEX | grind BITS NONCE
 *   value NAME I HEX        (a number the verifier computes; 20 bytes big-endian as in proofs)
 * For comparing another verifier step by step. */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"
#include "tests/unit/prover/system/toy.h"

static void hex(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", data[i]);
}

static void step(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                 size_t len, const uint8_t state[32])
{
    static const char *const names[] = {"absorb", "sample", "indices", "grind"};
    (void)ctx;
    printf("%s %u ", names[event], (unsigned)label);
    hex(data, len);
    printf(" -> ");
    hex(state, 32);
    printf("\n");
}

static void value(void *ctx, const char *label, const kb5 *v, size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        uint8_t b[KB5_BYTES];
        kb5_to_bytes(b, v[i]);
        printf("value %s %zu ", label, i);
        hex(b, sizeof b);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    uint32_t log_fib = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 4;
    if (log_fib < 2 || log_fib > 16) {
        fprintf(stderr, "dump_proof: LOG_FIB is 2..16\n");
        return EXIT_FAILURE;
    }
    struct toy y = toy_fib(log_fib);
    struct program *p = NULL;
    REQUIRE(program_new_test(y.s, &p) == ERR_OK);
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    REQUIRE(system_prove(p, y.tr, &proof, NULL) == ERR_OK);
    for (uint32_t i = 0; i < y.s->n_public; i++)
        printf("public %u %u\n", (unsigned)i, (unsigned)y.tr->publics[i]);
    struct transcript_observer observer = {.step = step};
    struct verify_report r = {.value = value, .observer = &observer};
    REQUIRE(system_verify(p, y.tr->publics, proof.data, proof.len, &r) == ERR_OK);
    bytes_buf_deinit(&proof);
    program_free(p);
    toy_free(&y);
    return EXIT_SUCCESS;
}

/* layer_proof_decode and layer_verify with the product's programs. Three kinds of input:
 *
 *   0x80, then changes of 4 bytes (change.h): an honest proof of the pairing layer, changed. It is proven
 *        when the target starts, so a corpus never grows old.
 *   the head of a wire with an even last byte: repeated up to the length that its layer asks for
 *   anything else: decoded as it stands
 *
 * Claims: what decodes is encoded as the same bytes; nothing convinces but the honest wire. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/layers.h"
#include "prover/trace/pairing_trace.h"
#include "tests/fuzz/prover/change.h"
#include "tests/support/fuzz.h"
#include "tests/support/random_batch.h"

enum { HONEST = 0x80, CHANGES_MAX = 16, SIDES = 2, ROOM = 256 };

static struct bytes_buf honest;

static void tidy(void)
{
    bytes_buf_deinit(&honest);
}

/* Of a random batch with half operations on both chains. */
static void honest_pairing(struct layer_proof *out)
{
    struct pairing_side *sides = malloc(SIDES * sizeof *sides);
    struct world *w = world_new(8, false);
    struct sealed_batch b;
    struct ir_trace *tr;
    struct pairing_slice in = {.sides = sides};
    REQUIRE(sides != NULL);
    world_warm_up(w);
    for (;;) {
        REQUIRE(world_seal_random(w, 16, &b));
        in.n_sides = 0;
        for (uint32_t i = 0; i < b.n_segments; i++) {
            pairing_side_from_trace(&sides[in.n_sides], b.traces[i]);
            in.n_sides += sides[in.n_sides].n_tuples > 0;
        }
        if (in.n_sides == SIDES) break;
        sealed_batch_deinit(&b);
    }
    deployment_elements(in.dep, b.traces[0]->deployment_id);
    in.time = b.traces[0]->time;
    const struct program *p = layer_program(LAYER_PAIRING);
    REQUIRE(pairing_slice_fill(&tr, p->system, &in, NULL, 0) == ERR_OK);
    layer_proof_init(out, LAYER_PAIRING);
    out->n_publics = p->system->n_public;
    memcpy(out->publics, tr->publics, out->n_publics * sizeof *out->publics);
    REQUIRE(system_prove(p, tr, &out->proof, NULL) == ERR_OK);
    ir_trace_free(tr);
    sealed_batch_deinit(&b);
    world_free(w);
    free(sides);
}

static void prepare(void)
{
    struct layer_proof p;
    honest_pairing(&p);
    bytes_buf_init(&honest, layer_proof_wire_len(LAYER_PAIRING));
    REQUIRE(layer_proof_encode(&p, &honest) == ERR_OK);
    layer_proof_deinit(&p);
    REQUIRE(atexit(tidy) == 0);
}

/* The wire that the input says; owner: the caller. */
static uint8_t *wire_of(const uint8_t *data, size_t size, size_t *len)
{
    uint8_t *wire;
    if (data[0] == HONEST) {
        *len = honest.len;
        wire = malloc(honest.len + ROOM);
        REQUIRE(wire != NULL);
        memcpy(wire, honest.data, honest.len);
        for (size_t i = 1; i + CHANGE_BYTES <= size && i < CHANGE_BYTES * CHANGES_MAX;
             i += CHANGE_BYTES)
            *len = change_bytes(wire, *len, honest.len + ROOM, data + i);
        wire = realloc(wire, *len > 0 ? *len : 1); /* so that ASan sees a read past the end */
        REQUIRE(wire != NULL);
        return wire;
    }
    *len = size;
    if (data[size - 1] % 2 == 0 && data[0] < LAYER_COUNT)
        *len = layer_proof_wire_len((enum layer)data[0]);
    wire = malloc(*len);
    REQUIRE(wire != NULL);
    for (size_t i = 0; i < *len; i++)
        wire[i] = data[i % size];
    return wire;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layer_proof p;
    struct bytes_buf again;
    enum verify_check failed = VERIFY_NONE;
    size_t len;
    if (honest.len == 0) prepare();
    if (size == 0) return 0;
    uint8_t *wire = wire_of(data, size, &len);
    const bool convinces = len == honest.len && memcmp(wire, honest.data, len) == 0;
    enum err err = layer_proof_decode(&p, wire, len);
    REQUIRE(err == ERR_OK || (err == ERR_PARSE && !convinces));
    if (err == ERR_OK) {
        fuzz_accept();
        bytes_buf_init(&again, len);
        REQUIRE(layer_proof_encode(&p, &again) == ERR_OK);
        REQUIRE(again.len == len);
        REQUIRE(memcmp(again.data, wire, len) == 0);
        bytes_buf_deinit(&again);
        err = layer_verify(&p, &failed);
        REQUIRE(err == (convinces ? ERR_OK : ERR_PROOF));
        REQUIRE((err == ERR_OK) == (failed == VERIFY_NONE));
    }
    layer_proof_deinit(&p);
    free(wire);
    return 0;
}

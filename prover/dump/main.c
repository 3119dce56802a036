/* hawser-proof-dump: the annotated transcript of a proof file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "prover/dump/dump.h"
#include "prover/recursion/layers.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, WIRE_MAX = 17 << 20 };

static void usage(FILE *out)
{
    fputs(
        "usage: hawser-proof-dump [--json] FILE      (FILE - : standard input)\n\n"
        "Prints what the verifier of a proof sees, step by step: what it absorbs, samples,\n"
        "grinds, opens and computes, with the bytes of the proof that each step reads.\n"
        "FILE is a proof in wire form (layer u8 | n u16 | n public values u32 | proof), of any\n"
        "layer: leaf, pairing, batch, lift1 .. range, shrink, terminal.\n\n"
        "  12 absorb GKR_ROUND @4096+40 -> STATE   elements at offset 4096 of the proof, 40 bytes\n"
        "    [0] 0a1b..                            each value, as encoded in the proof\n"
        "  13 sample after GKR_ROUND -> STATE      a challenge\n"
        "  40 grind bits 16 @5000+4 -> STATE       a nonce; the state is the one it was found for\n"
        "  41 open round 0 query 3 index 77 @..    a leaf and its path, as SHA-256 of each\n"
        "                                          (then those of the key, where there is one)\n"
        "  50 value gkr.point                      numbers the verifier computed\n\n"
        "To find where two proofs, or two verifiers, part:\n"
        "  diff <(hawser-proof-dump A) <(hawser-proof-dump B) | head\n"
        "The first line that differs is the first step that does. A dump ends at the first check\n"
        "that fails. What the steps are: docs/protocol/proof.md sections 3 to 5, recursion.md.\n\n"
        "Exit status: 0 the proof verifies under this build's keys, 1 it does not, 2 no proof.\n",
        out);
}

static int unreadable(const char *file, const char *why)
{
    fprintf(stderr, "hawser-proof-dump: %s: %s\n", file, why);
    return EXIT_USAGE;
}

/* False: no memory, longer than any proof, or a read error. */
static bool file_read(FILE *f, struct bytes_buf *out)
{
    uint8_t part[65536];
    size_t n;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        if (bytes_buf_append(out, part, n) != ERR_OK) return false;
    return !ferror(f);
}

/* Why the decoder refuses, for a person. */
static void refusal(const uint8_t *data, size_t len, char why[160])
{
    if (len < 3) {
        snprintf(why, 160, "%zu bytes; a proof begins with layer u8 and number of publics u16",
                 len);
        return;
    }
    if (data[0] >= LAYER_COUNT) {
        snprintf(why, 160, "layer %u; layers are 0 (leaf) to %d (terminal)", data[0],
                 LAYER_COUNT - 1);
        return;
    }
    const enum layer layer = (enum layer)data[0];
    const uint32_t n = (uint32_t)data[1] << 8 | data[2];
    const uint32_t want = layer_program(layer)->system->n_public;
    if (n != want)
        snprintf(why, 160, "%u public values; layer %s has %u", (unsigned)n, layer_name(layer),
                 (unsigned)want);
    else if (len != layer_proof_wire_len(layer))
        snprintf(why, 160, "%zu bytes; a proof of layer %s has %zu", len, layer_name(layer),
                 layer_proof_wire_len(layer));
    else
        snprintf(why, 160, "a public value is not below p");
}

static int dump_wire(const char *file, const struct bytes_buf *wire, bool json)
{
    struct layer_proof p;
    char why[160];
    enum verify_check failed;
    if (layer_proof_decode(&p, wire->data, wire->len) != ERR_OK) {
        refusal(wire->data, wire->len, why);
        layer_proof_deinit(&p);
        return unreadable(file, why);
    }
    const struct dump_request q = {.layer = layer_name(p.layer),
                                   .program = layer_program(p.layer),
                                   .key = layer_key(p.layer),
                                   .publics = p.publics,
                                   .n_publics = p.n_publics,
                                   .proof = p.proof.data,
                                   .len = p.proof.len,
                                   .json = json};
    enum err err = proof_dump(&q, stdout, &failed);
    if (err == ERR_OK) {
        err = layer_verify(&p, NULL);
        if (err != ERR_OK)
            fprintf(stderr,
                    "hawser-proof-dump: %s: the statement is not of this build's K or not "
                    "of this layer's kind\n",
                    file);
    }
    layer_proof_deinit(&p);
    if (fflush(stdout) != 0) return unreadable("standard output", "cannot write");
    if (err != ERR_OK && err != ERR_PROOF) return unreadable(file, err_text(err));
    return err == ERR_OK ? EXIT_SUCCESS : EXIT_REFUSED;
}

int main(int argc, char **argv)
{
    bool json = false;
    const char *file = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            usage(stdout);
            return EXIT_SUCCESS;
        }
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (file == NULL && (argv[i][0] != '-' || argv[i][1] == 0)) {
            file = argv[i];
        } else {
            fprintf(stderr, "hawser-proof-dump: '%s' is one argument too many\n", argv[i]);
            return EXIT_USAGE;
        }
    }
    if (file == NULL) {
        usage(stderr);
        return EXIT_USAGE;
    }
    const bool standard = strcmp(file, "-") == 0;
    FILE *f = standard ? stdin : fopen(file, "rb");
    if (f == NULL) return unreadable(file, "cannot be opened");
    struct bytes_buf wire;
    bytes_buf_init(&wire, WIRE_MAX);
    const bool read = file_read(f, &wire);
    if (!standard) fclose(f);
    const int status = read ? dump_wire(file, &wire, json)
                            : unreadable(file, "cannot be read, or is longer than any proof");
    bytes_buf_deinit(&wire);
    return status;
}

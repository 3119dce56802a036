/* hawser-solgen WHAT [FILE]: writes a contract to FILE, which is left untouched when it already has
 * that text, or to stdout.
 *   leaf       the verifier of the leaf program
 *   pairing    the verifier of the pairing program
 *   harness    the field harness of contracts/test/verifier */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prover/programs/programs.h"
#include "prover/solgen/solgen.h"

struct product {
    const char *name, *contract;
    const struct program *(*program)(void);
};

static const struct product products[] = {
    {"leaf", "LeafVerifier", leaf_program},
    {"pairing", "PairingVerifier", pairing_program},
};

static void write_product(const struct product *product, struct text *t)
{
    const struct program *program = product->program();
    const struct solgen_options options = {.contract = product->contract,
                                           .interface_path = "../verifier/IProofVerifier.sol"};
    struct plan plan;
    plan_init(&plan, program->system, &program->params, program->id, NULL);
    solgen_contract(&plan, &options, t);
    plan_free(&plan);
}

/* Whether the file has exactly this text. */
static bool is_current(const char *path, const struct text *t)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) return false;
    char *old = malloc(t->length + 1);
    bool same = false;
    if (old != NULL) same = fread(old, 1, t->length + 1, f) == t->length;
    if (same) same = memcmp(old, t->data, t->length) == 0;
    free(old);
    fclose(f);
    return same;
}

/* By a temporary file and rename, so that nobody reads half a contract. */
static bool write_to(const char *path, const struct text *t)
{
    char temporary[4096];
    int n = snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof temporary) return false;
    FILE *f = fopen(temporary, "wb");
    if (f == NULL) return false;
    bool ok = fwrite(t->data, 1, t->length, f) == t->length;
    if (fclose(f) != 0) ok = false;
    if (ok) ok = rename(temporary, path) == 0;
    if (!ok) remove(temporary);
    return ok;
}

int main(int argc, char **argv)
{
    struct text t;
    const char *what = argc == 2 || argc == 3 ? argv[1] : "";
    text_init(&t);
    if (strcmp(what, "harness") == 0) {
        solgen_names(&t);
        solgen_harness(&t);
    }
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        if (strcmp(what, products[i].name) == 0) write_product(&products[i], &t);
    int rc = 0;
    if (t.length == 0) {
        fprintf(stderr, "usage: hawser-solgen leaf|pairing|harness [FILE]\n");
        rc = 2;
    } else if (argc == 2) {
        if (fputs(t.data, stdout) < 0 || fflush(stdout) != 0) rc = 1;
    } else if (!is_current(argv[2], &t) && !write_to(argv[2], &t)) {
        rc = 1;
    }
    if (rc == 1) perror("hawser-solgen");
    text_free(&t);
    return rc;
}

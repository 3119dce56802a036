/* hawser-solgen harness [FILE]: writes the field harness of contracts/test/verifier to FILE, which is left
 * untouched when it already has that text, or to stdout.
 * hawser-solgen terminal DIR: the verifier of the terminal program, one file per contract and
 * TerminalVerifier.parts with the names of its parts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/endian.h"
#include "prover/recursion/layers.h"
#include "prover/solgen/solgen.h"

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

static const char terminal_contract[] = "TerminalVerifier";

static bool write_in(const char *dir, const char *name, const char *ending, const struct text *t)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s%s", dir, name, ending);
    if (n < 0 || (size_t)n >= sizeof path) return false;
    return is_current(path, t) || write_to(path, t);
}

/* A verifier of fewer parts than the last one leaves none of them behind. */
static bool remove_rest(const char *dir, const struct solgen_files *files)
{
    char path[4096];
    uint32_t tables = 0;
    for (uint32_t i = 0; i < files->n; i++)
        tables += strstr(files->file[i].name, "Tables") != NULL;
    for (uint32_t i = tables; i < SOLGEN_MAX_FILES; i++) {
        int n = snprintf(path, sizeof path, "%s/%sTables%u.sol", dir, terminal_contract, i);
        if (n < 0 || (size_t)n >= sizeof path) return false;
        if (remove(path) != 0 && errno != ENOENT) return false;
    }
    return true;
}

static bool write_terminal(const char *dir)
{
    const struct program *program = layer_program(LAYER_TERMINAL);
    uint8_t key_id[32];
    uint8_t key_set[32];
    program_key_id(program, layer_key(LAYER_TERMINAL), key_id);
    for (int i = 0; i < 8; i++) put_be32(key_set + 4 * i, layer_keys_root()[i]);
    const struct solgen_options options = {.contract = terminal_contract,
                                           .interface_path = "../verifier/ITerminalVerifier.sol",
                                           .key_id = key_id,
                                           .key_set = key_set,
                                           .part_bytes = SOLGEN_PART_BYTES};
    struct solgen_files files;
    struct plan plan;
    struct text names;
    plan_init(&plan, program->system, &program->params, program->id,
              layer_key(LAYER_TERMINAL)->cap);
    solgen_contracts(&plan, &options, &files);
    text_init(&names);
    bool ok = remove_rest(dir, &files);
    for (uint32_t i = 0; ok && i < files.n; i++) {
        ok = write_in(dir, files.file[i].name, ".sol", &files.file[i].text);
        if (i > 0) text_line(&names, "%s", files.file[i].name);
    }
    if (ok) ok = write_in(dir, terminal_contract, ".parts", &names);
    text_free(&names);
    solgen_files_free(&files);
    plan_free(&plan);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "terminal") == 0) {
        if (write_terminal(argv[2])) return 0;
        perror("hawser-solgen");
        return 1;
    }
    if (argc < 2 || argc > 3 || strcmp(argv[1], "harness") != 0) {
        fprintf(stderr, "usage: hawser-solgen harness [FILE]\n"
                        "       hawser-solgen terminal DIR\n");
        return 2;
    }
    struct text t;
    int rc = 0;
    text_init(&t);
    solgen_names(&t);
    solgen_harness(&t);
    if (argc == 2) {
        if (fputs(t.data, stdout) < 0 || fflush(stdout) != 0) rc = 1;
    } else if (!is_current(argv[2], &t) && !write_to(argv[2], &t)) {
        rc = 1;
    }
    if (rc == 1) perror("hawser-solgen");
    text_free(&t);
    return rc;
}

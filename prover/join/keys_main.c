/* hawser-keys: the keys of the recursion's programs.
 *
 *   hawser-keys constants LIST OUT.c   writes them as C constants; a key that LIST has for the same
 *                                      program and the same preprocessed values is not made again
 *   hawser-keys list                   makes all keys and prints the list
 *   hawser-keys rows                   prints the rows that each program uses
 *
 * A line of the list: layer, program id, SHA-256 of the preprocessed values, key id, key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/codec/hex.h"
#include "common/crypto/sha256.h"
#include "prover/join/join.h"
#include "prover/recursion/slots.h"

struct entry {
    char program[65], values[65];
    struct program_key key;
};

static void values_digest(const struct ir_system *s, const uint32_t *const *const *pre,
                          char out[65])
{
    struct sha256 h;
    uint8_t digest[32];
    sha256_init(&h);
    for (uint32_t t = 0; t < s->n_tables; t++)
        for (uint32_t c = 0; c < s->tables[t]->n_pre; c++)
            sha256_update(&h, pre[t][c], sizeof(uint32_t) << s->tables[t]->log_height);
    sha256_final(&h, digest);
    hex_encode(out, digest, sizeof digest);
}

enum { FIELDS = 5 }; /* of a line: layer, program, values, key id, key */

/* A line of the list, cut at blanks. */
static bool line_parse(char *line, const char **name, struct entry *e)
{
    const char *field[FIELDS];
    char *save = NULL;
    int n = 0;
    for (char *f = strtok_r(line, " \n", &save); f != NULL; f = strtok_r(NULL, " \n", &save)) {
        if (n == FIELDS) return false;
        field[n++] = f;
    }
    if (n != FIELDS || strlen(field[1]) != 64 || strlen(field[2]) != 64) return false;
    const size_t digits = strlen(field[4]);
    *e = (struct entry){.key = {.len = digits / 2}};
    if (e->key.len > sizeof e->key.cap) return false;
    if (hex_decode_fixed(e->key.cap, e->key.len, field[4], digits) != ERR_OK) return false;
    memcpy(e->program, field[1], sizeof e->program);
    memcpy(e->values, field[2], sizeof e->values);
    *name = field[0];
    return true;
}

/* What the list says of each layer; an entry that is not there stays empty. */
static void list_read(const char *path, struct entry known[LAYER_COUNT])
{
    char *line = NULL;
    size_t size = 0;
    FILE *f = fopen(path, "r");
    if (f == NULL) return;
    while (getline(&line, &size, f) > 0) {
        const char *name;
        struct entry e;
        if (line[0] == '#' || !line_parse(line, &name, &e)) continue;
        for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++)
            if (strcmp(name, layer_name((enum layer)layer)) == 0) known[layer] = e;
    }
    free(line);
    fclose(f);
}

/* Keys of all layers, those of `known` taken over where the program is the same. */
static void keys_make(struct entry known[LAYER_COUNT], struct family_keys *keys,
                      struct entry out[LAYER_COUNT], struct rec_counts rows[LAYER_COUNT])
{
    const struct family *f = family_product();
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++) {
        const struct program *p = f->program[layer];
        if (layer == LAYER_SHRINK) family_keys_root(keys, keys->root);
        struct rec *r = slot_record(f, keys, (enum layer)layer);
        struct entry *e = &out[layer];
        hex_encode(e->program, p->id, sizeof p->id);
        values_digest(p->system, rec_preprocessed(r), e->values);
        rows[layer] = rec_rows(r);
        const struct entry *k = &known[layer];
        if (strcmp(k->program, e->program) == 0 && strcmp(k->values, e->values) == 0 &&
            k->key.len == program_key_len(p)) {
            e->key = k->key;
        } else {
            struct proving_key *key = NULL;
            REQUIRE(proving_key_new(p, rec_preprocessed(r), 2, &key) == ERR_OK);
            e->key = key->verify;
            proving_key_free(key);
        }
        keys->key[layer] = e->key;
        rec_free(r);
    }
}

static int constants_write(const char *path, const struct family_keys *keys)
{
    FILE *f = fopen(path, "w");
    if (f == NULL) return EXIT_FAILURE;
    fprintf(f, "/* Made by hawser-keys. */\n#include \"prover/layers/keys.h\"\n\n"
               "const struct family_keys LAYER_KEYS = {\n    .key = {\n");
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++) {
        const struct program_key *k = &keys->key[layer];
        fprintf(f, "        [%d] = {.len = %zu, .cap = {", layer, k->len);
        for (size_t i = 0; i < k->len; i++)
            fprintf(f, "%u,", (unsigned)k->cap[i]);
        fprintf(f, "}},\n");
    }
    fprintf(f, "    },\n    .root = {");
    for (int i = 0; i < 8; i++)
        fprintf(f, "%uu,", (unsigned)keys->root[i]);
    fprintf(f, "},\n};\n");
    return fclose(f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void list_print(const struct family_keys *keys, const struct entry entries[LAYER_COUNT])
{
    const struct family *f = family_product();
    printf("# Keys of the recursion's programs: layer, program id, SHA-256 of the preprocessed "
           "values,\n"
           "# key id, key. Made by `hawser-keys list`; `./dev verify-keys` remakes and compares "
           "it.\n");
    for (int layer = LAYER_LEAF; layer < LAYER_COUNT; layer++) {
        char id[65], key_id[65], key[2 * sizeof keys->key[0].cap + 1];
        uint8_t digest[32];
        hex_encode(id, f->program[layer]->id, 32);
        if (layer < LAYER_LIFT1) {
            printf("%s %s\n", layer_name((enum layer)layer), id);
            continue;
        }
        const struct program_key *k = &keys->key[layer];
        program_key_id(f->program[layer], k, digest);
        hex_encode(key_id, digest, 32);
        hex_encode(key, k->cap, k->len);
        printf("%s %s %s %s %s\n", layer_name((enum layer)layer), id, entries[layer].values, key_id,
               key);
    }
    printf("# K");
    for (int i = 0; i < 8; i++)
        printf(" %08x", (unsigned)keys->root[i]);
    printf("\n");
}

static void rows_print(const struct rec_counts rows[LAYER_COUNT])
{
    for (int layer = LAYER_LIFT1; layer < LAYER_COUNT; layer++) {
        const struct rec_counts *n = &rows[layer];
        const struct program *p = family_product()->program[layer];
        printf("%-10s m %u rate 1/%u proof %zu: poseidon %u ext %u pow %u fold %u pack %u split %u "
               "bits %u constant %u advice %zu\n",
               layer_name((enum layer)layer), (unsigned)p->log_stack,
               1u << p->params.rounds[0].log_inv_rate, p->proof_len, (unsigned)n->poseidon,
               (unsigned)n->ext, (unsigned)n->pow, (unsigned)n->fold, (unsigned)n->pack,
               (unsigned)n->split, (unsigned)n->bits, (unsigned)n->constant, n->advice);
    }
}

int main(int argc, char **argv)
{
    static struct entry known[LAYER_COUNT], entries[LAYER_COUNT];
    static struct family_keys keys;
    static struct rec_counts rows[LAYER_COUNT];
    const bool constants = argc == 4 && strcmp(argv[1], "constants") == 0;
    const bool list = argc == 2 && strcmp(argv[1], "list") == 0;
    if (!constants && !list && !(argc == 2 && strcmp(argv[1], "rows") == 0)) {
        fprintf(stderr, "usage: hawser-keys constants LIST OUT.c | list | rows\n");
        return EXIT_FAILURE;
    }
    if (constants) list_read(argv[2], known);
    keys_make(known, &keys, entries, rows);
    if (constants) return constants_write(argv[3], &keys);
    if (list)
        list_print(&keys, entries);
    else
        rows_print(rows);
    return EXIT_SUCCESS;
}

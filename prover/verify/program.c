#include "prover/verify/program.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "common/field/kb5.h"
#include "prover/verify/labels.h"

static uint32_t ceil_log2(uint64_t n)
{
    uint32_t log = 0;
    while (((uint64_t)1 << log) < n)
        log++;
    return log;
}

static int chunk_order(const void *pa, const void *pb)
{
    const struct program_chunk *a = pa, *b = pb;
    uint32_t sa = a->log_columns + a->log_height, sb = b->log_columns + b->log_height;
    if (sa != sb) return sa > sb ? -1 : 1;
    if (a->table != b->table) return a->table < b->table ? -1 : 1;
    return a->first_column < b->first_column ? -1 : a->first_column > b->first_column;
}

static int block_order(const void *pa, const void *pb)
{
    const struct program_block *a = pa, *b = pb;
    if (a->log_height != b->log_height) return a->log_height > b->log_height ? -1 : 1;
    if (a->table != b->table) return a->table < b->table ? -1 : 1;
    return a->message < b->message ? -1 : a->message > b->message;
}

static uint64_t stack_cells(const struct ir_system *s)
{
    uint64_t cells = 0;
    for (uint32_t i = 0; i < s->n_tables; i++)
        cells += (uint64_t)s->tables[i]->n_columns << s->tables[i]->log_height;
    return cells;
}

uint32_t program_stack_log(const struct ir_system *s)
{
    REQUIRE(s->finished);
    return ceil_log2(stack_cells(s));
}

static uint64_t pre_cells(const struct ir_system *s)
{
    uint64_t cells = 0;
    for (uint32_t i = 0; i < s->n_tables; i++)
        cells += (uint64_t)s->tables[i]->n_pre << s->tables[i]->log_height;
    return cells;
}

/* k_g for the rows of these parameters: the least that holds all cells of g. */
static uint32_t pre_lanes(const struct ir_system *s, const struct whir_params *p)
{
    const uint32_t log = ceil_log2(pre_cells(s)), rows = whir_round_vars(p, 1);
    uint32_t lanes = WHIR_MIN_PRE_LANES;
    if (log > rows + lanes) lanes = log - rows;
    if (lanes == 4 && p->profile == PROFILE_KECCAK) lanes++; /* a leaf never has 64 bytes */
    return lanes;
}

enum err program_params_add_pre(const struct ir_system *s, struct whir_params *p, uint32_t pre_cap)
{
    REQUIRE(s->finished);
    ERR_TRY(whir_params_check(p));
    if (pre_cells(s) == 0) return ERR_OK;
    return whir_params_add_pre(p, pre_lanes(s, p), pre_cap);
}

/* Chunks of one table by the binary expansion of its number of columns, largest first. */
static void add_chunks(struct program *p, uint32_t table, uint32_t n_columns,
                       struct program_chunk *chunks, uint32_t *n_chunks)
{
    uint32_t column = 0;
    for (uint32_t g = 31; g-- > 0;) {
        if (!(n_columns >> g & 1)) continue;
        chunks[(*n_chunks)++] =
            (struct program_chunk){.table = table, .first_column = column, .log_columns = g,
                                   .log_height = p->system->tables[table]->log_height};
        column += 1u << g;
        if (g > p->log_columns) p->log_columns = g;
    }
}

/* Sorts the chunks and lays them one after the other; returns the cells used. */
static uint64_t place_chunks(struct program_chunk *chunks, uint32_t n_chunks)
{
    if (n_chunks > 1) qsort(chunks, n_chunks, sizeof *chunks, chunk_order);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < n_chunks; i++) {
        chunks[i].offset = (uint32_t)offset;
        offset += (uint64_t)1 << (chunks[i].log_columns + chunks[i].log_height);
    }
    return offset;
}

static void lay_columns(struct program *p)
{
    const struct ir_system *s = p->system;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        const struct ir_table *t = s->tables[i];
        add_chunks(p, i, t->n_columns, p->chunks, &p->n_chunks);
        add_chunks(p, i, t->n_pre, p->pre_chunks, &p->n_pre_chunks);
        p->first_column[i] = p->n_columns;
        p->n_columns += t->n_columns + t->n_pre;
        p->first_constraint[i] = p->n_constraints;
        p->n_constraints += t->n_constraints;
        if (t->log_height > p->log_height) p->log_height = t->log_height;
    }
    p->stack_cells = place_chunks(p->chunks, p->n_chunks);
    p->pre_cells = place_chunks(p->pre_chunks, p->n_pre_chunks);
}

static void lay_messages(struct program *p)
{
    const struct ir_system *s = p->system;
    for (uint32_t i = 0; i < s->n_tables; i++)
        for (uint32_t k = 0; k < s->tables[i]->n_messages; k++)
            p->blocks[p->n_blocks++] = (struct program_block){
                .table = i, .message = k, .log_height = s->tables[i]->log_height};
    if (p->n_blocks > 1) qsort(p->blocks, p->n_blocks, sizeof *p->blocks, block_order);
    uint64_t offset = 0;
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        p->blocks[i].offset = (uint32_t)offset;
        offset += (uint64_t)1 << p->blocks[i].log_height;
    }
    p->fractions = offset;
    p->log_fractions = ceil_log2(offset);
    if (p->log_fractions < PROGRAM_MIN_LOG_FRACTIONS) p->log_fractions = PROGRAM_MIN_LOG_FRACTIONS;
    if (p->log_fractions < p->log_height) p->log_fractions = p->log_height;
}

static void compute_id(struct program *p)
{
    uint8_t params[WHIR_PARAMS_BYTES_MAX];
    size_t params_len = whir_params_bytes(&p->params, params);
    uint32_t n = (uint32_t)strlen(p->system->name);
    uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    struct sha256 h;
    sha256_init(&h);
    sha256_update(&h, PROGRAM_DOMAIN, sizeof PROGRAM_DOMAIN - 1);
    sha256_update(&h, len, sizeof len);
    sha256_update(&h, p->system->name, n);
    sha256_update(&h, p->system->digest, sizeof p->system->digest);
    sha256_update(&h, params, params_len);
    sha256_final(&h, p->id);
}

size_t program_key_len(const struct program *p)
{
    return p->params.pre > 0 ? (size_t)32 << p->params.pre_cap : 0;
}

enum err program_key_set(const struct program *p, const uint8_t *bytes, size_t len,
                         struct program_key *key)
{
    if (len == 0 || len != program_key_len(p)) return ERR_ARG;
    for (size_t i = 0; i < len && p->params.profile == PROFILE_POSEIDON; i += 4) {
        kb element;
        if (!kb_from_bytes(&element, bytes + i)) return ERR_ARG;
    }
    key->len = len;
    memcpy(key->cap, bytes, len);
    return ERR_OK;
}

void program_key_id(const struct program *p, const struct program_key *key, uint8_t id[32])
{
    struct sha256 h;
    REQUIRE(key->len == program_key_len(p));
    sha256_init(&h);
    sha256_update(&h, KEY_DOMAIN, sizeof KEY_DOMAIN - 1);
    sha256_update(&h, p->id, sizeof p->id);
    sha256_update(&h, key->cap, key->len);
    sha256_final(&h, id);
}

size_t program_section_len(const struct program *p, enum program_section section)
{
    size_t n = 0;
    switch (section) {
    case SECTION_COMMIT:
        return whir_commit_size(&p->params);
    case SECTION_LOGUP:
        return p->params.logup_grind > 0 ? whir_nonce_size(&p->params) : 0;
    case SECTION_GKR:
        n = (size_t)2 << PROGRAM_TOP_LOG;
        for (uint32_t l = PROGRAM_TOP_LOG; l < p->log_fractions; l++)
            n += 2 * (size_t)l + 4;
        return n * KB5_BYTES;
    case SECTION_ZERO:
        return (size_t)p->log_height * p->degree * KB5_BYTES;
    case SECTION_COLUMNS:
        return (size_t)p->n_columns * KB5_BYTES;
    case SECTION_WHIR:
        return whir_open_size(&p->params);
    case SECTION_COUNT:
        break;
    }
    UNREACHABLE("section");
}

const char *program_section_name(enum program_section section)
{
    static const char *const names[SECTION_COUNT] = {"commit", "logup",   "gkr",
                                                     "zero",   "columns", "whir"};
    REQUIRE(section < SECTION_COUNT);
    return names[section];
}

static enum err build(const struct ir_system *s, const struct whir_params *params,
                      struct program **out)
{
    REQUIRE(s->finished);
    ERR_TRY(whir_params_check(params));
    if (whir_stack_vars(params) < program_stack_log(s)) return ERR_ARG;
    if ((pre_cells(s) > 0) != (params->pre > 0)) return ERR_ARG;
    if (params->pre > 0 && params->pre != pre_lanes(s, params) + 1) return ERR_ARG;
    struct program *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    p->system = s;
    p->params = *params;
    p->log_stack = whir_stack_vars(params);
    p->log_pre = params->pre > 0 ? whir_pre_vars(params) : 0;
    p->degree = s->max_degree;
    size_t messages = 0;
    for (uint32_t i = 0; i < s->n_tables; i++)
        messages += s->tables[i]->n_messages;
    p->chunks = calloc((size_t)s->n_tables * 32, sizeof *p->chunks);
    p->pre_chunks = calloc((size_t)s->n_tables * 32, sizeof *p->pre_chunks);
    p->blocks = calloc(messages + 1, sizeof *p->blocks);
    p->first_column = calloc(s->n_tables, sizeof *p->first_column);
    p->first_constraint = calloc(s->n_tables, sizeof *p->first_constraint);
    if (p->chunks == NULL || p->pre_chunks == NULL || p->blocks == NULL ||
        p->first_column == NULL || p->first_constraint == NULL) {
        program_free(p);
        return ERR_NOMEM;
    }
    lay_columns(p);
    lay_messages(p);
    compute_id(p);
    for (int k = 0; k < SECTION_COUNT; k++)
        p->proof_len += program_section_len(p, (enum program_section)k);
    if (p->log_fractions > PROGRAM_MAX_LOG_FRACTIONS) {
        program_free(p);
        return ERR_TOO_LARGE;
    }
    *out = p;
    return ERR_OK;
}

struct soundness_input program_soundness(const struct program *p)
{
    struct soundness_input in = {.params = &p->params,
                                 .log_fractions = p->log_fractions,
                                 .message_width = 1,
                                 .log_height = p->log_height,
                                 .max_degree = p->degree,
                                 .n_constraints = p->n_constraints,
                                 .n_messages = p->n_blocks + p->system->n_public_messages,
                                 .n_claims = p->n_chunks + p->n_pre_chunks,
                                 .log_chunk_columns = p->log_columns};
    for (uint32_t i = 0; i < p->n_blocks; i++) {
        const struct program_block *u = &p->blocks[i];
        uint32_t width = 1u + p->system->tables[u->table]->messages[u->message].n_fields;
        if (width > in.message_width) in.message_width = width;
    }
    for (uint32_t i = 0; i < p->system->n_public_messages; i++) {
        uint32_t width = 1u + p->system->public_messages[i].n_fields;
        if (width > in.message_width) in.message_width = width;
    }
    return in;
}

enum err program_new(const struct ir_system *s, const struct whir_params *params,
                     struct program **out)
{
    struct program *p;
    REQUIRE(s->finished);
    ERR_TRY(program_multiplicities(s, NULL));
    ERR_TRY(build(s, params, &p));
    struct soundness_input in = program_soundness(p);
    struct soundness_report report;
    enum err err = soundness_check(&in, &report);
    if (err != ERR_OK) {
        program_free(p);
        return err;
    }
    *out = p;
    return ERR_OK;
}

/* With the least LogUp grinding: only the fractions can ask for more than a named set has. */
static enum err new_with_grinding(const struct ir_system *s, struct whir_params params,
                                  struct program **out)
{
    enum err err = program_new(s, &params, out);
    while (err == ERR_REJECTED && params.logup_grind < 16) {
        params.logup_grind++;
        err = program_new(s, &params, out);
    }
    return err;
}

enum err program_new_l1(const struct ir_system *s, struct program **out)
{
    uint32_t m = program_stack_log(s);
    struct whir_params params;
    ERR_TRY(whir_params_l1(m < 18 ? 18 : m, &params));
    ERR_TRY(program_params_add_pre(s, &params, params.rounds[0].cap_log));
    return new_with_grinding(s, params, out);
}

enum err program_new_recursion(const struct ir_system *s, uint32_t n_vars, uint32_t log_inv_rate,
                               enum proof_profile profile, struct program **out)
{
    uint32_t m = program_stack_log(s);
    struct whir_params params;
    if (m < n_vars) m = n_vars;
    if (m < 18) m = 18;
    ERR_TRY(whir_params_recursion(m, log_inv_rate, profile, WHIR_JOHNSON, pre_cells(s) > 0,
                                  &params));
    /* the key's cap is in no proof: the larger, the shorter are the paths */
    ERR_TRY(program_params_add_pre(s, &params,
                                   profile == PROFILE_KECCAK ? WHIR_MAX_PRE_CAP_LOG : 0));
    return new_with_grinding(s, params, out);
}

enum err program_new_untargeted(const struct ir_system *s, const struct whir_params *params,
                                struct program **out)
{
    if (params->target_bits != 0) return ERR_ARG;
    return build(s, params, out);
}

enum err program_new_test_poseidon(const struct ir_system *s, struct program **out)
{
    uint32_t m = program_stack_log(s);
    struct whir_params params;
    ERR_TRY(whir_params_test_poseidon(m < 10 ? 10 : m, &params));
    ERR_TRY(program_params_add_pre(s, &params, 0));
    return program_new_untargeted(s, &params, out);
}

enum err program_new_test(const struct ir_system *s, struct program **out)
{
    uint32_t m = program_stack_log(s);
    struct whir_params params;
    ERR_TRY(whir_params_test(m < 10 ? 10 : m, &params));
    ERR_TRY(program_params_add_pre(s, &params, 1));
    return program_new_untargeted(s, &params, out);
}

void program_free(struct program *p)
{
    if (p == NULL) return;
    free(p->chunks);
    free(p->pre_chunks);
    free(p->blocks);
    free(p->first_column);
    free(p->first_constraint);
    free(p);
}

#include "prover/dump/dump.h"

#include <string.h>

#include "common/base/require.h"
#include "common/crypto/sha256.h"

enum part {
    PART_START,
    PART_COMMIT,
    PART_BUS,
    PART_GKR,
    PART_ZERO,
    PART_COLUMNS,
    PART_ROUND,                                /* + number of the WHIR round */
    PART_FINAL = PART_ROUND + WHIR_MAX_ROUNDS, /* sumcheck after the last queries */
    PART_COUNT
};

struct dump {
    const struct dump_request *q;
    FILE *out;
    enum part section;
    bool printed[PART_COUNT];
    size_t first[PART_COUNT], bytes[PART_COUNT];
    size_t pos;     /* of the proof's bytes */
    uint32_t steps; /* written so far */
    uint32_t label; /* of the last absorb */
    uint32_t round,
        queries; /* of WHIR: rounds whose queries are all seen, queries seen of this one */
};

static const char *label_name(uint32_t label)
{
    static const char *const names[] = {[LABEL_PUBLIC] = "PUBLIC",
                                        [LABEL_ROOT] = "ROOT",
                                        [LABEL_OOD] = "OOD",
                                        [LABEL_GKR_TOP] = "GKR_TOP",
                                        [LABEL_GKR_ROUND] = "GKR_ROUND",
                                        [LABEL_GKR_LAYER] = "GKR_LAYER",
                                        [LABEL_ZERO_ROUND] = "ZERO_ROUND",
                                        [LABEL_COLUMNS] = "COLUMNS",
                                        [LABEL_WHIR_ROUND] = "WHIR_ROUND",
                                        [LABEL_FINAL_POLY] = "FINAL_POLY",
                                        [LABEL_POW] = "POW",
                                        [LABEL_KEY] = "KEY"};
    const bool known = label < sizeof names / sizeof *names && names[label] != NULL;
    return known ? names[label] : "START";
}

static void section_name(enum part s, char name[32])
{
    static const char *const names[] = {"statement",     "commitment", "bus challenges",
                                        "fraction tree", "zerocheck",  "columns"};
    if (s < PART_ROUND)
        snprintf(name, 32, "%s", names[s]);
    else if (s == PART_FINAL)
        snprintf(name, 32, "final sumcheck");
    else
        snprintf(name, 32, "WHIR round %u", (unsigned)(s - PART_ROUND));
}

static void put_hex(struct dump *d, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(d->out, "%02x", data[i]);
}

/* ---- a step: begin, numbers, values, end ---- */

static void section_enter(struct dump *d, enum part s)
{
    char name[32];
    d->section = s;
    if (d->printed[s]) return;
    d->printed[s] = true;
    d->first[s] = d->pos;
    section_name(s, name);
    if (!d->q->json) fprintf(d->out, "## %s @%zu\n", name, d->pos);
}

static void step_begin(struct dump *d, const char *kind)
{
    char name[32];
    section_name(d->section, name);
    if (d->q->json)
        fprintf(d->out, "%s\n{\"step\": %u, \"kind\": \"%s\", \"section\": \"%s\"",
                d->steps == 0 ? "" : ",", (unsigned)d->steps, kind, name);
    else
        fprintf(d->out, "%u %s", (unsigned)d->steps, kind);
    d->steps++;
}

static void step_text(struct dump *d, const char *json_key, const char *text, const char *value)
{
    if (d->q->json)
        fprintf(d->out, ", \"%s\": \"%s\"", json_key, value);
    else
        fprintf(d->out, " %s%s", text, value);
}

static void step_number(struct dump *d, const char *json_key, const char *text, uint32_t value)
{
    fprintf(d->out, d->q->json ? ", \"%s\": %u" : " %s%u", d->q->json ? json_key : text,
            (unsigned)value);
}

/* The step reads the next len bytes of the proof. */
static const uint8_t *step_take(struct dump *d, size_t len)
{
    REQUIRE(len <= d->q->len - d->pos); /* the verifier read them */
    fprintf(d->out, d->q->json ? ", \"offset\": %zu, \"bytes\": %zu" : " @%zu+%zu", d->pos, len);
    const uint8_t *at = d->q->proof + d->pos;
    d->pos += len;
    d->bytes[d->section] += len;
    return at;
}

static void step_state(struct dump *d, const uint8_t state[32])
{
    fprintf(d->out, d->q->json ? ", \"state\": \"" : " -> ");
    put_hex(d, state, 32);
    if (d->q->json) fputc('"', d->out);
}

/* n values of `size` bytes each; ends the step. */
static void step_values(struct dump *d, const uint8_t *data, size_t n, size_t size)
{
    fprintf(d->out, d->q->json ? ", \"values\": [" : "\n");
    for (size_t i = 0; i < n; i++) {
        if (d->q->json)
            fprintf(d->out, "%s\"", i == 0 ? "" : ", ");
        else
            fprintf(d->out, "  [%zu] ", i);
        put_hex(d, data + size * i, size);
        fputc(d->q->json ? '"' : '\n', d->out);
    }
    if (d->q->json) fprintf(d->out, "]}");
}

/* ---- what the verifier shows ---- */

static enum part section_of(const struct dump *d, uint32_t label)
{
    const struct whir_params *w = &d->q->program->params;
    switch (label) {
    case LABEL_KEY:
    case LABEL_PUBLIC:
        return PART_START;
    case LABEL_GKR_TOP:
    case LABEL_GKR_ROUND:
    case LABEL_GKR_LAYER:
        return PART_GKR;
    case LABEL_ZERO_ROUND:
        return PART_ZERO;
    case LABEL_COLUMNS:
        return PART_COLUMNS;
    case LABEL_ROOT:
    case LABEL_OOD:
        if (d->section < PART_COLUMNS) return PART_COMMIT;
        break;
    default:
        break;
    }
    if (d->section < PART_COLUMNS) return d->section;
    return d->round < w->n_rounds ? (enum part)(PART_ROUND + d->round) : PART_FINAL;
}

static void publics_put(struct dump *d)
{
    uint8_t bytes[4 * IR_MAX_PUBLIC];
    for (uint32_t i = 0; i < d->q->n_publics; i++)
        for (int j = 0; j < 4; j++)
            bytes[4 * i + (uint32_t)j] = (uint8_t)(d->q->publics[i] >> (24 - 8 * j));
    step_values(d, bytes, d->q->n_publics, 4);
}

static void absorb_show(struct dump *d, uint32_t label, const uint8_t *data, size_t len,
                        const uint8_t state[32])
{
    d->label = label;
    section_enter(d, section_of(d, label));
    step_begin(d, "absorb");
    step_text(d, "label", "", label_name(label));
    if (label == LABEL_KEY || label == LABEL_PUBLIC || label == LABEL_POW) {
        step_state(d, state);
        if (label == LABEL_PUBLIC)
            publics_put(d);
        else if (label == LABEL_KEY)
            step_values(d, d->q->key->cap, d->q->key->len / 32, 32);
        else
            step_values(d, data, 1, len);
        return;
    }
    const size_t size = label == LABEL_ROOT ? 32 : KB5_BYTES;
    const uint8_t *at = step_take(d, len);
    step_state(d, state);
    step_values(d, at, len / size, size);
}

/* One leaf and its path. */
static void opened(uint32_t lanes, bool ext, uint32_t path_len, uint8_t digest[2][32],
                   const uint8_t **at)
{
    const size_t leaf = ((size_t)1 << lanes) * (ext ? KB5_BYTES : 4), path = 32 * (size_t)path_len;
    sha256(digest[0], *at, leaf);
    sha256(digest[1], *at + leaf, path);
    *at += leaf + path;
}

/* An index was sampled; the verifier will read its opening. */
static void opening_show(struct dump *d, uint32_t bits, const uint8_t index[4])
{
    const struct whir_params *w = &d->q->program->params;
    const uint32_t round = d->round;
    REQUIRE(round < w->n_rounds);
    const struct whir_round *r = &w->rounds[round];
    const uint32_t leaf_log = whir_leaf_log(w, round);
    const uint32_t lanes = round == 0 ? whir_stack_lanes(w) : r->fold;
    const bool key = round == 0 && w->pre > 0;
    size_t len =
        ((size_t)1 << lanes) * (round > 0 ? KB5_BYTES : 4) + 32 * (size_t)(leaf_log - r->cap_log);
    if (key) len += ((size_t)4 << (w->pre - 1u)) + 32 * (size_t)(leaf_log - w->pre_cap);
    REQUIRE(bits == leaf_log);
    section_enter(d, section_of(d, 0));
    step_begin(d, "open");
    step_number(d, "round", "round ", round);
    step_number(d, "query", "query ", d->queries);
    step_number(d, "index", "index ",
                (uint32_t)index[0] << 24 | (uint32_t)index[1] << 16 | (uint32_t)index[2] << 8 |
                    index[3]);
    uint8_t digest[4][32];
    const uint8_t *at = step_take(d, len);
    opened(lanes, round > 0, leaf_log - r->cap_log, digest, &at);
    if (key) opened(w->pre - 1u, false, leaf_log - w->pre_cap, digest + 2, &at);
    step_values(d, digest[0], key ? 4 : 2, 32);
    d->queries++;
    if (d->queries == r->queries) {
        d->queries = 0;
        d->round++;
    }
}

static void on_step(void *ctx, enum transcript_event event, uint32_t label, const uint8_t *data,
                    size_t len, const uint8_t state[32])
{
    struct dump *d = ctx;
    switch (event) {
    case TRANSCRIPT_ABSORB:
        absorb_show(d, label, data, len, state);
        return;
    case TRANSCRIPT_EXT:
        step_begin(d, "sample");
        step_text(d, "after", "after ", label_name(d->label));
        step_state(d, state);
        step_values(d, data, 1, len);
        return;
    case TRANSCRIPT_INDICES:
        opening_show(d, label, data);
        return;
    case TRANSCRIPT_GRIND:
        /* the first grinding comes before the challenges of the buses */
        if (d->section == PART_COMMIT) section_enter(d, PART_BUS);
        step_begin(d, "grind");
        step_number(d, "bits", "bits ", label);
        step_take(d, len);
        step_state(d, state);
        step_values(d, data, 1, len);
        return;
    }
}

static void on_value(void *ctx, const char *name, const kb5 *v, size_t n)
{
    struct dump *d = ctx;
    step_begin(d, "value");
    step_text(d, "name", "", name);
    fprintf(d->out, d->q->json ? ", \"values\": [" : "\n");
    for (size_t i = 0; i < n; i++) {
        uint8_t b[KB5_BYTES];
        kb5_to_bytes(b, v[i]);
        if (d->q->json)
            fprintf(d->out, "%s\"", i == 0 ? "" : ", ");
        else
            fprintf(d->out, "  [%zu] ", i);
        put_hex(d, b, sizeof b);
        fputc(d->q->json ? '"' : '\n', d->out);
    }
    if (d->q->json) fprintf(d->out, "]}");
}

/* ---- head and end ---- */

static void head_put(struct dump *d)
{
    const struct program *p = d->q->program;
    const char *profile = p->params.profile == PROFILE_POSEIDON ? "poseidon" : "keccak";
    if (d->q->json)
        fprintf(d->out, "{\"layer\": \"%s\", \"program\": \"%s\", \"id\": \"", d->q->layer,
                p->system->name);
    else
        fprintf(d->out, "layer %s\nprogram %s\nid ", d->q->layer, p->system->name);
    put_hex(d, p->id, 32);
    if (d->q->json)
        fprintf(d->out, "\", \"profile\": \"%s\", \"target_bits\": %u, \"proof_bytes\": %zu, ",
                profile, (unsigned)p->params.target_bits, p->proof_len);
    else
        fprintf(d->out, "\nprofile %s\ntarget %u bits\nproof %zu bytes\n", profile,
                (unsigned)p->params.target_bits, p->proof_len);
    if (d->q->json) fprintf(d->out, "\"steps\": [");
}

static void sections_put(struct dump *d)
{
    bool first = true;
    if (d->q->json) fprintf(d->out, "\n], \"sections\": [");
    for (int s = PART_START; s < PART_COUNT; s++) {
        char name[32];
        if (!d->printed[s]) continue;
        section_name((enum part)s, name);
        fprintf(d->out,
                d->q->json ? "%s{\"name\": \"%s\", \"offset\": %zu, \"bytes\": %zu}"
                           : "%ssection %s @%zu+%zu\n",
                d->q->json && !first ? ", " : "", name, d->first[s], d->bytes[s]);
        first = false;
    }
    if (d->q->json) fprintf(d->out, "], ");
}

enum err proof_dump(const struct dump_request *q, FILE *out, enum verify_check *failed)
{
    struct dump d = {.q = q, .out = out};
    const struct transcript_observer observer = {.step = on_step, .ctx = &d};
    struct verify_report report = {.value = on_value, .observer = &observer, .ctx = &d};
    REQUIRE(q->n_publics == q->program->system->n_public);
    head_put(&d);
    const enum err err =
        system_verify_key(q->program, q->key, q->publics, q->proof, q->len, &report);
    REQUIRE(err != ERR_OK || d.pos == q->len);
    sections_put(&d);
    *failed = report.failed;
    const char *name = err == ERR_OK ? "verifies" : verify_check_name(report.failed);
    const char *text = err == ERR_OK ? "every check holds" : verify_check_text(report.failed);
    if (err != ERR_OK && err != ERR_PROOF) name = text = err_text(err);
    if (q->json)
        fprintf(out, "\"result\": \"%s\", \"text\": \"%s\", \"steps_seen\": %u}\n", name, text,
                (unsigned)d.steps);
    else
        fprintf(out, "result %s: %s, after %u steps\n", name, text, (unsigned)d.steps);
    return err;
}

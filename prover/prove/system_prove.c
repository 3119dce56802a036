#include "prover/prove/system_prove.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/require.h"
#include "prover/prove/grind.h"
#include "prover/prove/prove_parts.h"
#include "prover/prove/whir_prove.h"

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the witness in Montgomery form ---- */

struct copy_job {
    struct prover *pr;
    const struct program_chunk *chunk;
    bool refused[PARALLEL_MAX];
};

static void copy_columns(void *ctx, size_t worker, size_t from, size_t to)
{
    struct copy_job *job = ctx;
    const struct program_chunk *k = job->chunk;
    const struct ir_trace_table *tt = &job->pr->trace->tables[k->table];
    const size_t n = (size_t)1 << k->log_height;
    for (size_t c = from; c < to; c++) {
        const uint32_t *in = tt->columns[k->first_column + c];
        kb *out = job->pr->stack + k->offset + (c << k->log_height);
        bool refused = false; /* no early end: the loop is for vectors */
        for (size_t i = 0; i < n; i++)
            refused |= !kb_is_canonical(in[i]);
        job->refused[worker] |= refused;
        job->pr->field->from_u32(out, in, n);
        job->pr->tables[k->table].columns[k->first_column + c] = out;
    }
}

static bool copy_chunk(struct prover *pr, const struct program_chunk *k)
{
    struct copy_job job = {.pr = pr, .chunk = k};
    bool refused = false;
    parallel_run(pr->par, (size_t)1 << k->log_columns, 1, copy_columns, &job);
    for (size_t i = 0; i < PARALLEL_MAX; i++)
        refused |= job.refused[i];
    return !refused;
}

/* Preprocessed columns are read where the key has them. */
static void point_chunk(struct prover *pr, const struct program_chunk *k)
{
    struct prover_table *pt = &pr->tables[k->table];
    for (uint32_t c = 0; c < 1u << k->log_columns; c++)
        pt->columns[pt->t->n_columns + k->first_column + c] =
            pr->key->cells + k->offset + ((size_t)c << k->log_height);
}

static bool leaf_fill(struct prover_table *pt, ir_x x)
{
    size_t n = (size_t)1 << pt->t->log_height;
    pt->leaf[x] = calloc(n + KERNEL_LANES, sizeof **pt->leaf);
    if (pt->leaf[x] == NULL) return false;
    for (size_t i = 0; i < n; i++)
        pt->leaf[x][i] = kb_from_u32(ir_leaf_value(pt->t, x, (uint32_t)i));
    return true;
}

static enum err witness_load(struct prover *pr)
{
    const struct program *p = pr->p;
    const struct ir_system *s = p->system;
    size_t cells = (size_t)1 << p->log_stack;
    pr->tables = calloc(s->n_tables, sizeof *pr->tables);
    pr->stack = prove_alloc((cells + KERNEL_LANES) * sizeof *pr->stack);
    if (pr->tables == NULL || pr->stack == NULL) return ERR_NOMEM;
    memset(pr->stack + p->stack_cells, 0,
           (cells - p->stack_cells + KERNEL_LANES) * sizeof *pr->stack);
    for (uint32_t i = 0; i < s->n_tables; i++) {
        struct prover_table *pt = &pr->tables[i];
        pt->t = s->tables[i];
        pt->columns = calloc(pt->t->n_columns + pt->t->n_pre, sizeof *pt->columns);
        pt->leaf = calloc(pt->t->n_nodes + 1u, sizeof *pt->leaf);
        if (pt->columns == NULL || pt->leaf == NULL) return ERR_NOMEM;
        for (uint32_t x = 0; x < pt->t->n_nodes; x++) {
            uint8_t op = pt->t->nodes[x].op;
            if ((op == IR_IDX || op == IR_FIXED) && !leaf_fill(pt, x)) return ERR_NOMEM;
        }
    }
    for (uint32_t i = 0; i < p->n_chunks; i++)
        if (!copy_chunk(pr, &p->chunks[i])) return ERR_RANGE;
    for (uint32_t i = 0; i < p->n_pre_chunks; i++)
        point_chunk(pr, &p->pre_chunks[i]);
    return ERR_OK;
}

static void witness_free(struct prover *pr)
{
    for (uint32_t i = 0; pr->tables != NULL && i < pr->p->system->n_tables; i++) {
        struct prover_table *pt = &pr->tables[i];
        for (uint32_t x = 0; pt->leaf != NULL && x < pt->t->n_nodes; x++)
            free(pt->leaf[x]);
        free(pt->leaf);
        free((void *)pt->columns);
    }
    free(pr->tables);
    prove_free(pr->stack);
}

/* ---- steps ---- */

struct session {
    struct prover pr;
    struct prove_env env;
    struct whir_prover *whir;
    struct prove_report *report;
    double started;
    size_t written;
    int section; /* the one under way, -1 before the first */
};

static void section_end(struct session *s)
{
    if (s->section < 0) return;
    double t = now();
    s->report->seconds[s->section] += t - s->started;
    s->report->bytes[s->section] += s->pr.w.len - s->written;
}

static void section_begin(struct session *s, enum program_section section)
{
    section_end(s);
    s->section = (int)section;
    s->started = now();
    s->written = s->pr.w.len;
    if (s->report->progress != NULL) s->report->progress(s->report->ctx, section);
}

static enum err commit(struct session *s)
{
    struct prover *pr = &s->pr;
    const struct program *p = pr->p;
    kb publics[IR_MAX_PUBLIC];
    for (uint32_t i = 0; i < p->system->n_public; i++) {
        if (!kb_is_canonical(pr->trace->publics[i])) return ERR_RANGE;
        publics[i] = kb_from_u32(pr->trace->publics[i]);
    }
    ERR_TRY(witness_load(pr));
    if (pr->key != NULL)
        transcript_absorb_digests(&pr->t, LABEL_KEY, pr->key->verify.cap,
                                  pr->key->verify.len / 32);
    if (p->system->n_public > 0)
        transcript_absorb_base(&pr->t, LABEL_PUBLIC, publics, p->system->n_public);
    ERR_TRY(whir_prover_new(&s->whir, &p->params, pr->stack, pr->key == NULL ? NULL : &pr->key->code,
                            &s->env));
    return whir_prove_commit(s->whir, &pr->t, &pr->w);
}

/* Steps 7 and 8. */
static enum err open_stack(struct session *s, const kb5 *point, const kb5 *columns)
{
    const struct program *p = s->pr.p;
    const size_t n_claims = (size_t)p->n_chunks + p->n_pre_chunks;
    kb5 *points = malloc(n_claims * p->log_stack * sizeof *points);
    kb5 *scratch = malloc(sizeof *scratch << p->log_columns);
    struct whir_claim *claims = calloc(n_claims, sizeof *claims);
    enum err err = ERR_NOMEM;
    if (points != NULL && scratch != NULL && claims != NULL) {
        chunk_claims(p, &s->pr.t, point, columns, scratch, points, claims);
        err = whir_prove_open(s->whir, claims, n_claims, &s->pr.t, &s->pr.w);
    }
    free(points);
    free(scratch);
    free(claims);
    return err;
}

static enum err steps(struct session *s, kb5 *columns)
{
    struct prover *pr = &s->pr;
    section_begin(s, SECTION_COMMIT);
    ERR_TRY(commit(s));
    section_begin(s, SECTION_LOGUP);
    grind_step(&pr->t, &pr->w, GRIND_QUERY, pr->p->params.logup_grind, &s->env);
    section_begin(s, SECTION_GKR);
    struct bus_challenges bus;
    bus_sample(&pr->t, &bus);
    struct gkr_claim gkr;
    ERR_TRY(gkr_prove(pr, &bus, &gkr));
    section_begin(s, SECTION_ZERO);
    kb5 point[IR_MAX_LOG_HEIGHT + 1];
    ERR_TRY(zero_prove(pr, &bus, &gkr, point, columns));
    section_begin(s, SECTION_WHIR);
    ERR_TRY(open_stack(s, point, columns));
    section_end(s);
    return ERR_OK;
}

enum err system_prove(const struct program *p, const struct ir_trace *trace,
                      struct bytes_buf *proof, struct prove_report *report)
{
    return system_prove_key(p, NULL, trace, proof, report);
}

enum err system_prove_key(const struct program *p, const struct proving_key *key,
                          const struct ir_trace *trace, struct bytes_buf *proof,
                          struct prove_report *report)
{
    REQUIRE(trace->system == p->system);
    REQUIRE((key != NULL) == (p->params.pre > 0));
    if (key != NULL) REQUIRE(key->program == p);
    struct prove_report own = {0};
    struct session s = {.report = report == NULL ? &own : report, .section = -1};
    for (int i = 0; i < SECTION_COUNT; i++) {
        s.report->seconds[i] = 0;
        s.report->bytes[i] = 0;
    }
    double begun = now();
    prove_pool_hold();
    unsigned threads = s.report->threads == 0 ? 2 : s.report->threads;
    s.pr = (struct prover){.p = p, .trace = trace, .key = key, .k = kernels_best()};
    s.pr.run_base = ir_prog_run;
    if (s.report->portable) {
        s.pr.k = kernels_all()[0];
        s.pr.run_base = ir_prog_run_portable;
    }
    proof_writer_init(&s.pr.w);
    transcript_init(&s.pr.t, (enum proof_profile)p->params.profile, p->id);
    s.pr.par = parallel_new(threads);
    s.env = s.report->portable ? prove_env_isa(KBV_PORTABLE, s.pr.par) : prove_env_best(s.pr.par);
    s.pr.field = s.env.field;
    kb5 *columns = malloc(p->n_columns * sizeof *columns);
    enum err err = ERR_NOMEM;
    if (s.pr.par != NULL && columns != NULL) err = steps(&s, columns);
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (err == ERR_OK) err = proof_take(&s.pr.w, &bytes, &len);
    if (err == ERR_OK) {
        REQUIRE(len == p->proof_len);
        err = bytes_buf_append(proof, bytes, len);
    }
    /* the columns are written with the zerocheck; tell their bytes apart */
    s.report->bytes[SECTION_COLUMNS] = program_section_len(p, SECTION_COLUMNS);
    if (s.report->bytes[SECTION_ZERO] >= s.report->bytes[SECTION_COLUMNS])
        s.report->bytes[SECTION_ZERO] -= s.report->bytes[SECTION_COLUMNS];
    s.report->seconds_total = now() - begun;
    free(bytes);
    free(columns);
    whir_prover_free(s.whir);
    witness_free(&s.pr);
    parallel_free(s.pr.par);
    prove_pool_release();
    proof_writer_free(&s.pr.w);
    return err;
}

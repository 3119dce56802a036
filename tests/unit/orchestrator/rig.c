#include "tests/unit/orchestrator/rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/require.h"
#include "core/op/codec.h"

enum { SEAL_AGE_MS = 1000 };

/* ---- script ---- */

static void step_record(struct script *s, const struct request *r, const struct push_result *result)
{
    REQUIRE(s->n < SCRIPT_STEPS_MAX);
    struct step *t = &s->steps[s->n++];
    t->batch = s->n_batches;
    t->kind = r->kind;
    t->chain = r->chain;
    t->n_ops = result->n_ops;
    memcpy(t->op_chain, result->chain, sizeof t->op_chain);
    memcpy(t->record, result->record, sizeof t->record);
    t->is_priority = r->kind == REQUEST_PRIORITY;
    t->bytes = malloc(REQUEST_BYTES_MAX);
    REQUIRE(t->bytes != NULL);
    if (t->is_priority) {
        t->len = priority_record_size(r->u.priority.kind);
        priority_record_write(t->bytes, &r->u.priority);
    } else {
        REQUIRE(request_encode(r, true, t->bytes, REQUEST_BYTES_MAX, &t->len) == ERR_OK);
    }
}

struct script *script_new(uint64_t seed, uint32_t batches, uint32_t per_batch, bool sign)
{
    return script_new_sliced(seed, batches, per_batch, sign, 1, NULL);
}

struct script *script_new_sliced(uint64_t seed, uint32_t batches, uint32_t per_batch, bool sign,
                                 uint32_t slices_max, const struct batch_limits *limits)
{
    struct script *s = calloc(1, sizeof *s);
    struct request *request = malloc(sizeof *request);
    struct push_result *result = malloc(sizeof *result);
    REQUIRE(s != NULL && request != NULL && result != NULL && batches <= SCRIPT_BATCHES_MAX);
    s->world = world_new(seed, sign);
    s->world->slices_max = slices_max;
    s->world->limits = limits;
    for (; s->n_batches < batches; s->n_batches++) {
        struct batch *b = world_begin(s->world);
        struct sealed_batch sealed;
        bool full = false;
        uint32_t n = 0;
        for (uint32_t tries = 0; n < per_batch && !full && tries < 50 * per_batch; tries++) {
            if (!world_push_random(s->world, b, &full, request, result)) continue;
            step_record(s, request, result);
            n++;
        }
        REQUIRE(n > 0 && !full && batch_seal(b, &sealed) == ERR_OK);
        batch_free(b);
        sealed_batch_deinit(&sealed);
        s->times[s->n_batches] = s->world->time;
        for (int c = 0; c < WORLD_CHAINS; c++)
            REQUIRE(cells_root(s->world->state[c].cells, &s->roots[s->n_batches][c]) == ERR_OK);
    }
    for (int c = 0; c < WORLD_CHAINS; c++)
        s->fee_account[c] = s->world->users[0].account[c];
    free(request);
    free(result);
    return s;
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->steps[i].bytes);
    world_free(s->world);
    free(s);
}

void step_id(uint8_t id[32], const struct step *s)
{
    struct request *r = malloc(sizeof *r);
    REQUIRE(r != NULL && request_decode(r, s->bytes, s->len) == ERR_OK);
    request_id(id, r);
    free(r);
}

/* ---- rig ---- */

static void on_sealed(void *ctx, struct seq_batch *b)
{
    struct rig *r = ctx;
    REQUIRE(r->n_seals < RIG_SEALS_MAX);
    struct seal *s = &r->seals[r->n_seals++];
    *s = (struct seal){.k = b->k, .n_requests = (uint32_t)b->n_requests};
    memcpy(s->final_root, b->final_root, 32);
    memcpy(s->statement, b->statement, 32);
    memcpy(s->digest, b->digest, 32);
    memcpy(s->roots, b->roots, sizeof s->roots);
    if (r->sealed != NULL) r->sealed(r->ctx, b);
}

void rig_init(struct rig *r, const struct script *s)
{
    memset(r, 0, sizeof *r);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/hawser-test-orchestrator-XXXXXX");
    REQUIRE(mkdtemp(r->dir) != NULL);
    (void)snprintf(r->path, sizeof r->path, "%s/o.db", r->dir);
    REQUIRE(loop_init(&r->loop) == ERR_OK);
    struct deployment *d = &r->deployment;
    memcpy(d->id, s->world->deployment_id, 32);
    d->n_chains = WORLD_CHAINS;
    for (uint16_t i = 0; i < WORLD_CHAINS; i++) {
        d->chains[i].index = i;
        d->chains[i].chain_id = 31001u + i;
        (void)snprintf(d->chains[i].name, sizeof d->chains[i].name, "test-%u", i);
        memset(d->chains[i].contract, 0xc0 + i, 20);
    }
}

static enum err read_outbox(void *ctx, const struct outbox_entry *e)
{
    struct rig *r = ctx;
    return r->outbox == NULL ? ERR_OK : r->outbox(r->ctx, e);
}

static enum err read_job(void *ctx, const struct job_row *row)
{
    struct rig *r = ctx;
    return r->job == NULL ? ERR_OK : r->job(r->ctx, row);
}

static enum err replay(void *ctx, const struct journal_record *record)
{
    struct rig *r = ctx;
    return sequencer_replay(r->sequencer, record, r->text, sizeof r->text);
}

enum err rig_open(struct rig *r, const struct script *s)
{
    struct sequencer_options o = {
        .deployment = &r->deployment,
        .seal_ops = 10000,
        .seal_slices = r->seal_slices == 0 ? BATCH_SLICES_MAX : r->seal_slices,
        .seal_chains = BATCH_PARTICIPANTS_MAX,
        .limits = s->world->limits,
        .seal_age_ms = SEAL_AGE_MS,
        .clock = clock_manual(&r->clock),
        .on_sealed = on_sealed,
        .ctx = r,
    };
    for (uint32_t c = 0; c < WORLD_CHAINS; c++) {
        o.chains[c].fee_account = s->fee_account[c];
        o.chains[c].blobs = r->blobs[c];
        for (uint32_t t = 0; t < 3; t++)
            o.chains[c].fees[t] = (struct fee_slot){t + 1, world_token_slot(t + 1)};
    }
    char text[300] = "";
    r->text[0] = '\0';
    r->n_seals = 0;
    REQUIRE(sequencer_new(&r->sequencer, &o) == ERR_OK);
    if (r->made != NULL) r->made(r->ctx);
    struct store_reader reader = {.journal = replay, .outbox = read_outbox, .job = read_job, .ctx = r};
    const char *where = r->where[0] == '\0' ? r->path : r->where;
    enum err err = store_open(&r->store, &r->loop, where, &reader, text, sizeof text);
    if (err != ERR_OK) {
        if (r->text[0] == '\0') (void)snprintf(r->text, sizeof r->text, "%s", text);
        sequencer_free(r->sequencer);
        r->sequencer = NULL;
        return err;
    }
    if (r->opened != NULL) r->opened(r->ctx);
    sequencer_start(r->sequencer, r->store);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        r->next_priority[c] = sequencer_priority_next(r->sequencer, c);
    return ERR_OK;
}

void rig_must_open(struct rig *r, const struct script *s)
{
    enum err err = rig_open(r, s);
    if (err != ERR_OK) fprintf(stderr, "open: %s\n", r->text);
    REQUIRE(err == ERR_OK);
}

void rig_wait(struct rig *r)
{
    for (int i = 0; i < 100000; i++) {
        (void)loop_run_once(&r->loop);
        if (store_is_idle(r->store)) return;
        (void)usleep(100);
    }
    REQUIRE(!"the store never became idle");
}

void rig_close(struct rig *r)
{
    rig_wait(r);
    store_close(r->store);
    sequencer_free(r->sequencer);
    r->store = NULL;
    r->sequencer = NULL;
}

void rig_deinit(struct rig *r)
{
    static const char *ends[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[120];
        (void)snprintf(name, sizeof name, "%s%s", r->path, ends[i]);
        (void)unlink(name);
    }
    REQUIRE(rmdir(r->dir) == 0);
    REQUIRE(loop_deinit(&r->loop) == ERR_OK);
}

static void copy_file(const char *from, const char *to)
{
    char buf[65536];
    FILE *in = fopen(from, "rb");
    if (in == NULL) return;
    FILE *out = fopen(to, "wb");
    REQUIRE(out != NULL);
    for (size_t n; (n = fread(buf, 1, sizeof buf, in)) > 0;)
        REQUIRE(fwrite(buf, 1, n, out) == n);
    fclose(in);
    REQUIRE(fclose(out) == 0);
}

void rig_copy(struct rig *to, const struct rig *from)
{
    static const char *ends[] = {"", "-wal"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char a[120];
        char b[120];
        (void)snprintf(a, sizeof a, "%s%s", from->path, ends[i]);
        (void)snprintf(b, sizeof b, "%s%s", to->path, ends[i]);
        copy_file(a, b);
    }
}

enum err rig_submit(struct rig *r, const uint8_t *bytes, size_t len, enum rule_error *rule)
{
    const struct receipt *receipt = NULL;
    bool known = false;
    return sequencer_submit(r->sequencer, span_make(bytes, len), &receipt, &known, rule, NULL,
                            NULL);
}

void rig_step(struct rig *r, const struct step *s)
{
    enum rule_error rule = RULE_OK;
    enum err err = s->is_priority
                       ? sequencer_priority(r->sequencer, s->chain, r->next_priority[s->chain]++,
                                            span_make(s->bytes, s->len))
                       : rig_submit(r, s->bytes, s->len, &rule);
    if (err != ERR_OK)
        fprintf(stderr, "request of kind %u: %s %s\n", s->kind, err_text(err),
                rule_error_text(rule));
    REQUIRE(err == ERR_OK);
}

void rig_seal(struct rig *r)
{
    manual_clock_advance(&r->clock, SEAL_AGE_MS);
    sequencer_tick(r->sequencer);
    rig_wait(r);
}

void rig_play(struct rig *r, const struct script *s, uint32_t from, uint32_t to)
{
    for (uint32_t b = from; b < to; b++) {
        for (uint16_t c = 0; c < WORLD_CHAINS; c++)
            sequencer_set_chain_time(r->sequencer, c, s->times[b]);
        for (size_t i = 0; i < s->n; i++) {
            if (s->steps[i].batch == b) rig_step(r, &s->steps[i]);
        }
        rig_seal(r);
    }
}

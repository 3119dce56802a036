#include "prover/worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/config/config.h"
#include "common/crypto/secret.h"
#include "common/log/log.h"
#include "common/loop/nng_inbox.h"
#include "common/loop/worker_pool.h"
#include "common/msg/job.h"
#include "common/msg/msg.h"
#include "prover/prove/kernels.h"
#include "prover/prove/prove_env.h"
#include "prover/worker/prove_job.h"

enum {
    ASK_TIMEOUT_MS = 15000,
    IDLE_MS = 300,
    RESULT_TRIES = 20, /* then the proof is dropped: the lease is over, somebody else made it */
    MESSAGE_MAX = 17 * 1024 * 1024 /* as the orchestrator's PROVER_MESSAGE_MAX, rounded up */
};

struct worker_config {
    char orchestrator_url[256], message_key_file[512], log_level[16];
    uint8_t orchestrator_address[20];
    uint64_t threads, nice;
    struct link_tls_files tls;
};
static const struct config_field worker_fields[] = {
    CONFIG_STRING(struct worker_config, orchestrator_url, NULL,
                  "nng address where the orchestrator hands out jobs"),
    CONFIG_HEX(struct worker_config, orchestrator_address, NULL,
               "address of the orchestrator's message key"),
    CONFIG_STRING(struct worker_config, message_key_file, NULL,
                  "file (mode 0600) with the key that signs our messages"),
    CONFIG_SECTION(struct worker_config, tls, link_tls_client_fields,
                   "certificates, when the orchestrator is on another host (docs/operator.md)"),
    CONFIG_U64(struct worker_config, threads, "2", 1, 64, "threads of one proof"),
    CONFIG_U64(struct worker_config, nice, "10", 1, 19,
               "niceness: proving never starves the processes that answer people"),
    CONFIG_STRING(struct worker_config, log_level, "info", "debug, info, unusual or broken"),
    CONFIG_END};

struct worker {
    struct worker_config config;
    struct loop loop;
    struct loop_timer timer;
    struct worker_pool pool;
    struct nng_link *link;
    struct msg_signer signer;
    struct msg_trust trust;
    struct link_tls tls;
    uint8_t session[JOB_SESSION_BYTES]; /* the orchestrator's, as far as we know */
    struct proof_work work;
    struct bytes_buf result; /* until it is taken */
    unsigned result_tries;   /* left; 0: there is none */
    bool busy, stopping;
    bool gave_up; /* the result says "cannot": the next job may wait, it is often the same one */
};

static void ask(struct worker *w);
static void deliver(struct worker *w);

static void again(void *ctx)
{
    struct worker *w = ctx;
    if (w->stopping) return;
    if (w->result_tries > 0)
        deliver(w);
    else
        ask(w);
}

static void request(struct worker *w, uint16_t type, struct span body,
                    void (*cb)(void *ctx, enum err err, struct span message))
{
    struct bytes_buf whole;
    struct bytes_buf frame;
    struct job_envelope envelope = {.body = body};
    memcpy(envelope.session, w->session, sizeof envelope.session);
    bytes_buf_init(&whole, body.len + JOB_ENVELOPE_BYTES);
    bytes_buf_init(&frame, body.len + JOB_ENVELOPE_BYTES + MSG_OVERHEAD);
    enum err err = job_envelope_write(&whole, &envelope);
    struct msg msg = {.channel = MSG_CHANNEL_PROVER_TO_ORCHESTRATOR,
                      .version = JOB_MSG_VERSION,
                      .type = type,
                      .body = bytes_buf_span(&whole)};
    if (err == ERR_OK) err = msg_seal(&frame, &w->signer, &msg);
    if (err == ERR_OK)
        err = nng_link_request(w->link, bytes_buf_span(&frame), ASK_TIMEOUT_MS, cb, w);
    if (err != ERR_OK) {
        log_unusual("worker", "request", LOG_ERR(err));
        loop_timer_start(&w->timer, IDLE_MS, 0);
    }
    bytes_buf_deinit(&frame);
    bytes_buf_deinit(&whole);
}

/* An answer counts if the orchestrator signed it and it is to our last request. */
static enum err answer_open(struct worker *w, struct span message, uint16_t *type,
                            struct span *body)
{
    struct msg msg;
    size_t signer = 0;
    struct job_envelope envelope;
    ERR_TRY(msg_open(&msg, &signer, message, MSG_CHANNEL_ORCHESTRATOR_TO_PROVER, &w->trust));
    if (msg.version != JOB_MSG_VERSION) return ERR_VERSION;
    ERR_TRY(job_envelope_read(&envelope, msg.body));
    if (envelope.answers != w->signer.sequence) return ERR_PROTOCOL;
    memcpy(w->session, envelope.session, sizeof w->session);
    *type = msg.type;
    *body = envelope.body;
    return ERR_OK;
}

static void on_taken(void *ctx, enum err err, struct span message)
{
    struct worker *w = ctx;
    uint16_t type = 0;
    struct span body;
    if (err == ERR_CANCELLED || w->stopping) return;
    if (err == ERR_OK) err = answer_open(w, message, &type, &body);
    w->result_tries--;
    if (err != ERR_OK) log_unusual("worker", "result_not_taken", LOG_ERR(err));
    if (type == JOB_MSG_TAKEN) w->result_tries = 0;
    loop_timer_start(&w->timer, err == ERR_OK && !w->gave_up ? 1 : IDLE_MS, 0);
}

static void deliver(struct worker *w)
{
    request(w, JOB_MSG_RESULT, bytes_buf_span(&w->result), on_taken);
}

static void proof_run(void *ctx)
{
    struct worker *w = ctx;
    proof_work_run(&w->work);
}

static void proof_done(void *ctx)
{
    struct worker *w = ctx;
    struct proof_work *p = &w->work;
    w->busy = false;
    w->gave_up = p->err != ERR_OK;
    const char *layer = layer_name((enum layer)p->id.layer);
    struct job_result result = {.id = p->id,
                                .ok = p->err == ERR_OK,
                                .prove_ms = p->ms,
                                .proof = bytes_buf_span(&p->out.proof)};
    if (p->err != ERR_OK) {
        log_broken("worker", "cannot_prove", LOG_U64("batch", p->id.from), LOG_U64("to", p->id.to),
                   LOG_STR("layer", layer), LOG_ERR(p->err), LOG_STR("text", p->text));
        result.proof = span_of_str(p->text);
    } else {
        log_info("worker", "proved", LOG_U64("batch", p->id.from), LOG_U64("to", p->id.to),
                 LOG_STR("layer", layer), LOG_U64("ms", p->ms),
                 LOG_U64("bytes", p->out.proof.len));
    }
    bytes_buf_deinit(&w->result);
    bytes_buf_init(&w->result, p->out.proof.len + 4096);
    enum err err = job_result_write(&w->result, &result);
    proof_work_deinit(p);
    if (w->stopping) return;
    w->result_tries = err == ERR_OK ? RESULT_TRIES : 0;
    again(w);
}

static void on_answer(void *ctx, enum err err, struct span message)
{
    struct worker *w = ctx;
    struct job job;
    uint16_t type = 0;
    struct span body;
    if (err == ERR_CANCELLED || w->stopping) return;
    if (err == ERR_OK) err = answer_open(w, message, &type, &body);
    if (err != ERR_OK || type != JOB_MSG_WORK) {
        if (err != ERR_OK) log_unusual("worker", "no_answer", LOG_ERR(err));
        loop_timer_start(&w->timer, type == JOB_MSG_SESSION ? 1 : IDLE_MS, 0);
        return;
    }
    err = job_read(&job, body);
    if (err == ERR_OK) err = proof_work_init(&w->work, &job, (unsigned)w->config.threads);
    if (err == ERR_OK) err = worker_pool_submit(&w->pool, proof_run, proof_done, w);
    if (err == ERR_OK) {
        w->busy = true;
        return;
    }
    log_unusual("worker", "job", LOG_ERR(err));
    loop_timer_start(&w->timer, IDLE_MS, 0);
}

static void ask(struct worker *w)
{
    static const uint8_t holds = 0;
    request(w, JOB_MSG_ASK, span_make(&holds, 1), on_answer);
}

static void on_signal(void *ctx, int signum)
{
    struct worker *w = ctx;
    if (w->stopping) return;
    w->stopping = true;
    log_info("worker", "stopping", LOG_U64("signal", (unsigned)signum));
    if (w->busy) exit(0); /* a proof under way is given up: the lease ends by itself */
    loop_timer_close(&w->timer, NULL, NULL);
    nng_link_close(w->link, NULL, NULL);
    loop_close_signals(&w->loop);
}

static enum err start(struct worker *w, const char *path, struct config_error *error)
{
    uint8_t key[32];
    ERR_TRY(config_load_file(&w->config, worker_fields, path, error));
    /* Before there is a second thread: threads inherit it. */
    if (setpriority(PRIO_PROCESS, 0, (int)w->config.nice) != 0)
        log_unusual("worker", "nice", LOG_ERR(ERR_IO));
    static const struct link_tls_names names = {"orchestrator_url", "tls"};
    ERR_TRY(link_tls_open(&w->tls, LINK_TLS_CLIENT, &w->config.tls, &names,
                          w->config.orchestrator_url, error->text, sizeof error->text));
    enum log_level level = LOG_LEVEL_INFO;
    enum err err = log_level_parse(&level, w->config.log_level);
    if (err == ERR_OK) {
        log_set_level(level);
        err = secret_file_read_key(key, w->config.message_key_file);
    }
    if (err != ERR_OK) {
        (void)snprintf(error->text, sizeof error->text, "%.80s: log_level or %.120s: %s", path,
                       w->config.message_key_file, err_text(err));
        return err;
    }
    struct clock clock = clock_system();
    err = msg_signer_init(&w->signer, key, clock_wall_ms(&clock) * 1000);
    secret_wipe(key, sizeof key);
    if (err == ERR_OK) err = msg_trust_add(&w->trust, w->config.orchestrator_address);
    struct nng_link_options options = {
        .kind = NNG_LINK_REQ, .message_max = MESSAGE_MAX, .slots = 2, .tls = w->tls};
    if (err == ERR_OK) err = nng_link_open(&w->link, &w->loop, &options);
    if (err == ERR_OK) err = nng_link_dial(w->link, w->config.orchestrator_url);
    if (err == ERR_OK) err = loop_open_signals(&w->loop, on_signal, w);
    if (err != ERR_OK)
        (void)snprintf(error->text, sizeof error->text, "%s: %s", w->config.orchestrator_url,
                       err_text(err));
    return err;
}

int worker_run(const char *config_path)
{
    struct worker *w = calloc(1, sizeof *w);
    struct config_error error = {""};
    if (w == NULL || loop_init(&w->loop) != ERR_OK) {
        fprintf(stderr, "hawser prover: out of memory\n");
        free(w);
        return 1;
    }
    worker_pool_init(&w->pool, &w->loop, 1);
    bytes_buf_init(&w->result, 1);
    enum err err = start(w, config_path, &error);
    const int status = err == ERR_OK ? 0 : err == ERR_CONFIG ? 2 : 1;
    if (err == ERR_OK) {
        loop_timer_open(&w->timer, &w->loop, again, w);
        loop_timer_start(&w->timer, 1, 0);
        log_info("worker", "up", LOG_STR("orchestrator", w->config.orchestrator_url),
                 LOG_STR("isa", kernels_best()->name));
        prove_pool_hold(); /* proof after proof in the same memory */
        loop_run(&w->loop);
        prove_pool_release();
    } else {
        fprintf(stderr, "hawser prover: %s (%s)\n", error.text, err_text(err));
        if (w->link != NULL) nng_link_close(w->link, NULL, NULL);
    }
    worker_pool_deinit(&w->pool);
    msg_signer_deinit(&w->signer);
    link_tls_close(&w->tls);
    bytes_buf_deinit(&w->result);
    err = loop_deinit(&w->loop);
    if (err != ERR_OK) log_broken("worker", "loop", LOG_ERR(err));
    free(w);
    return status;
}

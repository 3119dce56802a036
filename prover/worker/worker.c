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
#include "prover/prove/prove_env.h"
#include "prover/worker/prove_job.h"

enum {
    ASK_TIMEOUT_MS = 15000,
    IDLE_MS = 300,
    NICE = 5,
    MESSAGE_MAX = 17 * 1024 * 1024 /* as the orchestrator's PROVER_MESSAGE_MAX, rounded up */
};

struct worker_config {
    char orchestrator_url[256], message_key_file[512], log_level[16];
    uint8_t orchestrator_address[20];
    uint64_t threads;
};
static const struct config_field worker_fields[] = {
    CONFIG_STRING(struct worker_config, orchestrator_url, NULL,
                  "nng address where the orchestrator hands out jobs"),
    CONFIG_HEX(struct worker_config, orchestrator_address, NULL,
               "address of the orchestrator's message key"),
    CONFIG_STRING(struct worker_config, message_key_file, NULL,
                  "file (mode 0600) with the key that signs our messages"),
    CONFIG_U64(struct worker_config, threads, "2", 1, 64, "threads of one proof"),
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
    struct proof_work work;
    bool busy, stopping;
};

static void ask(struct worker *w);

static void again(void *ctx)
{
    struct worker *w = ctx;
    if (!w->stopping) ask(w);
}

static void request(struct worker *w, uint16_t type, struct span body,
                    void (*cb)(void *ctx, enum err err, struct span message))
{
    struct bytes_buf frame;
    bytes_buf_init(&frame, body.len + MSG_OVERHEAD);
    struct msg msg = {.channel = MSG_CHANNEL_PROVER_TO_ORCHESTRATOR,
                      .version = JOB_MSG_VERSION,
                      .type = type,
                      .body = body};
    enum err err = msg_seal(&frame, &w->signer, &msg);
    if (err == ERR_OK)
        err = nng_link_request(w->link, bytes_buf_span(&frame), ASK_TIMEOUT_MS, cb, w);
    if (err != ERR_OK) {
        log_unusual("worker", "request", LOG_ERR(err));
        loop_timer_start(&w->timer, IDLE_MS, 0);
    }
    bytes_buf_deinit(&frame);
}

static void on_taken(void *ctx, enum err err, struct span message)
{
    struct worker *w = ctx;
    (void)message;
    if (err == ERR_CANCELLED || w->stopping) return;
    if (err != ERR_OK) log_unusual("worker", "result_not_taken", LOG_ERR(err));
    loop_timer_start(&w->timer, 1, 0);
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
    struct bytes_buf body;
    bytes_buf_init(&body, p->out.proof.len + 4096);
    enum err err = job_result_write(&body, &result);
    if (!w->stopping && err == ERR_OK) request(w, JOB_MSG_RESULT, bytes_buf_span(&body), on_taken);
    bytes_buf_deinit(&body);
    proof_work_deinit(p);
}

static void on_answer(void *ctx, enum err err, struct span message)
{
    struct worker *w = ctx;
    struct msg msg;
    size_t signer = 0;
    struct job job;
    if (err == ERR_CANCELLED || w->stopping) return;
    if (err == ERR_OK)
        err = msg_open(&msg, &signer, message, MSG_CHANNEL_ORCHESTRATOR_TO_PROVER, &w->trust);
    if (err == ERR_OK && msg.version != JOB_MSG_VERSION) err = ERR_VERSION;
    if (err != ERR_OK || msg.type != JOB_MSG_WORK) {
        if (err != ERR_OK) log_unusual("worker", "no_answer", LOG_ERR(err));
        loop_timer_start(&w->timer, IDLE_MS, 0);
        return;
    }
    err = job_read(&job, msg.body);
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
    request(w, JOB_MSG_ASK, (struct span){NULL, 0}, on_answer);
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
        .kind = NNG_LINK_REQ, .message_max = MESSAGE_MAX, .slots = 2};
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
    enum err err = start(w, config_path, &error);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser prover: %s (%s)\n", error.text, err_text(err));
        return err == ERR_CONFIG ? 2 : 1;
    }
    /* Proving must never starve the processes that answer people. */
    if (setpriority(PRIO_PROCESS, 0, NICE) != 0) log_unusual("worker", "nice", LOG_ERR(ERR_IO));
    loop_timer_open(&w->timer, &w->loop, again, w);
    loop_timer_start(&w->timer, 1, 0);
    log_info("worker", "up", LOG_STR("orchestrator", w->config.orchestrator_url));
    prove_pool_hold(); /* proof after proof in the same memory */
    loop_run(&w->loop);
    worker_pool_deinit(&w->pool);
    prove_pool_release();
    msg_signer_deinit(&w->signer);
    err = loop_deinit(&w->loop);
    if (err != ERR_OK) log_broken("worker", "loop", LOG_ERR(err));
    free(w);
    return 0;
}

#include "audit/serve.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/gate.h"
#include "common/crypto/secret.h"
#include "common/log/log.h"
#include "common/loop/nng_inbox.h"
#include "common/loop/worker_pool.h"
#include "common/msg/msg.h"

enum {
    MESSAGE_MAX = GATE_ASK_MAX + MSG_OVERHEAD,
    SLOTS = 8,
    REPLY_TIMEOUT_MS = 60000,
    START_RETRY_MS = 1000
};

struct server {
    struct loop loop;
    struct loop_timer timer; /* reads the L1s until the gate has caught up once */
    struct worker_pool pool;
    struct nng_link *link;
    struct msg_signer signer;
    struct msg_trust trust;
    struct gate *gate;
    /* the one judgement under way */
    bool busy, stopping, is_up;
    bool is_question; /* else: catching up */
    struct bytes_buf body;
    struct nng_request_id id;
    struct gate_answer answer;
    uint64_t k;
    char text[GATE_TEXT_MAX];
};

static void reply(struct server *s, struct nng_request_id id, const struct gate_answer *answer)
{
    struct bytes_buf body;
    struct bytes_buf frame;
    bytes_buf_init(&body, 4096);
    bytes_buf_init(&frame, 4096 + MSG_OVERHEAD);
    enum err err = gate_answer_write(&body, answer);
    struct msg msg = {.channel = MSG_CHANNEL_AUDIT_TO_ORCHESTRATOR,
                      .version = GATE_MSG_VERSION,
                      .type = GATE_MSG_ANSWER,
                      .body = bytes_buf_span(&body)};
    if (err == ERR_OK) err = msg_seal(&frame, &s->signer, &msg);
    if (err == ERR_OK) err = nng_link_reply(s->link, id, bytes_buf_span(&frame));
    if (err != ERR_OK) log_unusual("gate", "reply", LOG_ERR(err));
    bytes_buf_deinit(&body);
    bytes_buf_deinit(&frame);
}

/* On the worker thread. */
static void work(void *ctx)
{
    struct server *s = ctx;
    s->text[0] = '\0';
    if (!s->is_question) {
        if (gate_catch_up(s->gate, &s->k, s->text, sizeof s->text) == ERR_OK) s->text[0] = '\0';
        return;
    }
    struct gate_ask ask;
    if (gate_ask_read(&ask, bytes_buf_span(&s->body)) == ERR_OK) {
        gate_judge(s->gate, &ask, &s->answer);
        gate_ask_deinit(&ask);
        return;
    }
    s->answer = (struct gate_answer){.verdict = GATE_CANNOT_SEE,
                                     .chain = 0xFFFF,
                                     .record = UINT32_MAX,
                                     .text = "the question is malformed"};
}

static void after(void *ctx)
{
    struct server *s = ctx;
    s->busy = false;
    if (s->stopping) return;
    if (!s->is_question) {
        if (s->text[0] != '\0') {
            log_unusual("gate", "cannot_see", LOG_STR("why", s->text));
            return;
        }
        s->is_up = true;
        loop_timer_stop(&s->timer);
        log_info("gate", "caught_up", LOG_U64("batch", s->k));
        return;
    }
    const struct gate_answer *a = &s->answer;
    static const char *const names[] = {"", "approved", "refused", "cannot_see", "expects"};
    if (a->verdict == GATE_APPROVED || a->verdict == GATE_EXPECTS)
        log_info("gate", names[a->verdict], LOG_U64("batch", a->k));
    else
        log_unusual("gate", names[a->verdict], LOG_U64("batch", a->k), LOG_U64("chain", a->chain),
                    LOG_U64("record", a->record), LOG_STR("text", a->text));
    s->is_up = true;
    reply(s, s->id, a);
}

static void start_work(struct server *s, bool is_question)
{
    s->is_question = is_question;
    s->busy = worker_pool_submit(&s->pool, work, after, s) == ERR_OK;
}

static void on_timer(void *ctx)
{
    struct server *s = ctx;
    if (!s->busy && !s->stopping && !s->is_up) start_work(s, false);
}

static void on_request(void *ctx, struct nng_link *link, struct nng_request_id id,
                       struct span message)
{
    struct server *s = ctx;
    struct msg msg;
    size_t signer = 0;
    (void)link;
    if (s->stopping) return;
    enum err err = msg_open(&msg, &signer, message, MSG_CHANNEL_ORCHESTRATOR_TO_AUDIT, &s->trust);
    if (err == ERR_OK && (msg.version != GATE_MSG_VERSION || msg.type != GATE_MSG_ASK))
        err = ERR_PROTOCOL;
    struct gate_answer busy = {.verdict = GATE_CANNOT_SEE,
                               .chain = 0xFFFF,
                               .record = UINT32_MAX,
                               .text = "busy with another question"};
    if (err != ERR_OK) { /* answered all the same, or it would hold a slot until it times out */
        log_unusual("gate", "message_refused", LOG_ERR(err));
        (void)snprintf(busy.text, sizeof busy.text, "not a question of the orchestrator");
        reply(s, id, &busy);
        return;
    }
    bytes_buf_clear(&s->body);
    if (!s->busy && bytes_buf_append(&s->body, msg.body.data, msg.body.len) == ERR_OK) {
        s->id = id;
        start_work(s, true);
        if (s->busy) return;
    }
    reply(s, id, &busy);
}

static void on_signal(void *ctx, int signum)
{
    struct server *s = ctx;
    if (s->stopping) return;
    s->stopping = true;
    log_info("gate", "stopping", LOG_U64("signal", (unsigned)signum));
    loop_timer_close(&s->timer, NULL, NULL);
    nng_link_close(s->link, NULL, NULL);
    loop_close_signals(&s->loop);
}

static enum err start(struct server *s, const struct audit_options *o, const struct deployment *d,
                      char *text, size_t size)
{
    uint8_t key[32];
    struct clock clock = clock_system();
    struct l1_source sources[DEPLOYMENT_CHAINS_MAX];
    audit_options_sources(sources, o);
    (void)snprintf(text, size, "message_key_file %.300s", o->message_key_file);
    enum err err = secret_file_read_key(key, o->message_key_file);
    if (err == ERR_OK) err = msg_signer_init(&s->signer, key, clock_wall_ms(&clock) * 1000);
    secret_wipe(key, sizeof key);
    ERR_TRY(err);
    ERR_TRY(msg_trust_add(&s->trust, o->orchestrator_address));
    ERR_TRY(gate_new(&s->gate, d, sources, o->rpc_timeout, text, size));
    struct nng_link_options link = {.kind = NNG_LINK_REP,
                                    .message_max = MESSAGE_MAX,
                                    .slots = SLOTS,
                                    .reply_timeout_ms = REPLY_TIMEOUT_MS,
                                    .on_request = on_request,
                                    .ctx = s};
    (void)snprintf(text, size, "listen %.250s", o->listen);
    ERR_TRY(nng_link_open(&s->link, &s->loop, &link));
    ERR_TRY(nng_link_listen(s->link, o->listen));
    return loop_open_signals(&s->loop, on_signal, s);
}

int serve_gate(const struct audit_options *options, const struct deployment *d)
{
    static const uint8_t nobody[20];
    char text[600] = "";
    if (options->listen[0] == '\0' || options->message_key_file[0] == '\0' ||
        memcmp(options->orchestrator_address, nobody, 20) == 0) {
        fprintf(stderr, "hawser-audit gate: listen, message_key_file and orchestrator_address "
                        "are needed\n");
        return 2;
    }
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL || loop_init(&s->loop) != ERR_OK) {
        fprintf(stderr, "hawser-audit gate: out of memory\n");
        free(s);
        return 1;
    }
    bytes_buf_init(&s->body, MESSAGE_MAX);
    enum err err = start(s, options, d, text, sizeof text);
    if (err != ERR_OK) { /* the process ends: sockets go with it */
        fprintf(stderr, "hawser-audit gate: %s (%s)\n", text, err_text(err));
        return 1;
    }
    worker_pool_init(&s->pool, &s->loop, 1);
    loop_timer_open(&s->timer, &s->loop, on_timer, s);
    loop_timer_start(&s->timer, 1, START_RETRY_MS);
    log_info("gate", "up", LOG_HEX("address", s->signer.address, 20));
    loop_run(&s->loop);
    worker_pool_deinit(&s->pool);
    gate_free(s->gate);
    bytes_buf_deinit(&s->body);
    msg_signer_deinit(&s->signer);
    err = loop_deinit(&s->loop);
    if (err != ERR_OK) log_broken("gate", "loop", LOG_ERR(err));
    free(s);
    return 0;
}

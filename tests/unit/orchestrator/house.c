#include "tests/unit/orchestrator/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/abi.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"

enum { FRAME_MAX = GATE_ASK_MAX + MSG_OVERHEAD };

/* ---- the scripted gate ---- */

static void gate_asked(void *ctx, struct nng_link *link, struct nng_request_id id,
                       struct span message)
{
    struct house *h = ctx;
    struct msg msg;
    size_t signer = 0;
    struct gate_ask ask;
    REQUIRE(msg_open(&msg, &signer, message, MSG_CHANNEL_ORCHESTRATOR_TO_AUDIT, &h->own_trust) ==
            ERR_OK);
    REQUIRE(gate_ask_read(&ask, msg.body) == ERR_OK);
    struct request *request = malloc(sizeof *request);
    REQUIRE(request != NULL && ask.n_requests > 0);
    for (uint32_t i = 0; i < ask.n_requests; i++) /* REQ-RQ, those of the queues too */
        REQUIRE(request_decode(request, ask.requests[i].bytes.data, ask.requests[i].bytes.len) ==
                ERR_OK);
    free(request);
    gate_ask_deinit(&ask);
    h->n_asked++;
    h->asked_k = ask.k;
    struct gate_answer answer = h->answer;
    answer.k = ask.k;
    memcpy(answer.statement, ask.statement, 32);
    if (h->refuse_once != 0 && ask.k == h->refuse_once) {
        answer.verdict = GATE_REFUSED;
        h->refuse_once = 0;
    }
    if (h->expects_once != 0) {
        answer.verdict = GATE_EXPECTS;
        answer.k = h->expects_once;
        h->expects_once = 0;
    }
    struct bytes_buf body;
    struct bytes_buf frame;
    bytes_buf_init(&body, FRAME_MAX);
    bytes_buf_init(&frame, FRAME_MAX);
    REQUIRE(gate_answer_write(&body, &answer) == ERR_OK);
    struct msg out = {.channel = MSG_CHANNEL_AUDIT_TO_ORCHESTRATOR,
                      .version = GATE_MSG_VERSION,
                      .type = GATE_MSG_ANSWER,
                      .body = bytes_buf_span(&body)};
    REQUIRE(msg_seal(&frame, &h->gate_signer, &out) == ERR_OK);
    REQUIRE(nng_link_reply(link, id, bytes_buf_span(&frame)) == ERR_OK);
    bytes_buf_deinit(&body);
    bytes_buf_deinit(&frame);
}

/* ---- the scripted worker ---- */

static void worker_answered(void *ctx, enum err err, struct span message)
{
    struct house *h = ctx;
    struct msg msg;
    size_t signer = 0;
    if (err != ERR_OK) {
        h->n_failures++;
        return;
    }
    struct job_envelope envelope;
    REQUIRE(msg_open(&msg, &signer, message, MSG_CHANNEL_ORCHESTRATOR_TO_PROVER, &h->own_trust) ==
            ERR_OK);
    REQUIRE(job_envelope_read(&envelope, msg.body) == ERR_OK);
    REQUIRE(envelope.answers == h->worker_signer.sequence);
    memcpy(h->session, envelope.session, sizeof h->session);
    h->reply_type = msg.type;
    if (msg.type == JOB_MSG_WORK) {
        REQUIRE(job_read(&h->job, envelope.body) == ERR_OK);
        memset(h->job.inputs, 0, sizeof h->job.inputs);
    }
    h->n_replies++;
}

void house_worker_frame(struct house *h, struct bytes_buf *frame, uint16_t type, struct span body)
{
    struct bytes_buf whole;
    struct job_envelope envelope = {.body = body};
    memcpy(envelope.session, h->session, sizeof envelope.session);
    bytes_buf_init(&whole, FRAME_MAX);
    bytes_buf_init(frame, FRAME_MAX);
    REQUIRE(job_envelope_write(&whole, &envelope) == ERR_OK);
    struct msg out = {.channel = MSG_CHANNEL_PROVER_TO_ORCHESTRATOR,
                      .version = JOB_MSG_VERSION,
                      .type = type,
                      .body = bytes_buf_span(&whole)};
    REQUIRE(msg_seal(frame, &h->worker_signer, &out) == ERR_OK);
    bytes_buf_deinit(&whole);
}

void house_worker_send(struct house *h, struct span frame)
{
    unsigned before = h->n_replies + h->n_failures;
    REQUIRE(nng_link_request(h->worker, frame, 5000, worker_answered, h) == ERR_OK);
    HOUSE_UNTIL(h, h->n_replies + h->n_failures > before);
}

static void worker_send(struct house *h, uint16_t type, struct span body)
{
    struct bytes_buf frame;
    unsigned failures = h->n_failures;
    do { /* a second time when the session was an old one */
        house_worker_frame(h, &frame, type, body);
        house_worker_send(h, bytes_buf_span(&frame));
        bytes_buf_deinit(&frame);
    } while (h->n_failures == failures && h->reply_type == JOB_MSG_SESSION);
}

static void worker_ask(struct house *h, uint8_t holds)
{
    worker_send(h, JOB_MSG_ASK, span_make(&holds, 1));
}

void house_worker_ask(struct house *h)
{
    worker_ask(h, 1);
}

void house_worker_ask_idle(struct house *h)
{
    worker_ask(h, 0);
}

void house_worker_result(struct house *h, const struct job_id *id, const void *proof, size_t n)
{
    struct job_result r = {.id = *id, .ok = 1, .proof = span_make(proof, n)};
    struct bytes_buf body;
    bytes_buf_init(&body, FRAME_MAX);
    REQUIRE(job_result_write(&body, &r) == ERR_OK);
    worker_send(h, JOB_MSG_RESULT, bytes_buf_span(&body));
    bytes_buf_deinit(&body);
}

void house_proof(uint8_t out[HOUSE_PROOF_BYTES], const struct job_id *id)
{
    memset(out, id->layer, HOUSE_PROOF_BYTES);
    memcpy(out, id->content, sizeof id->content);
}

void house_worker_prove(struct house *h, const struct job_id *id)
{
    uint8_t proof[HOUSE_PROOF_BYTES];
    uint64_t before = pipeline_totals(h->pipeline)->proofs;
    house_proof(proof, id);
    house_worker_result(h, id, proof, sizeof proof);
    HOUSE_UNTIL(h, pipeline_totals(h->pipeline)->proofs > before);
}

unsigned house_prove_all(struct house *h)
{
    for (unsigned n = 0;; n++) {
        house_worker_ask(h);
        if (h->reply_type != JOB_MSG_WORK) return n;
        struct job_id id = h->job.id;
        house_worker_prove(h, &id);
    }
}

/* ---- the scripted proof system: a proof is the hash of what it states ---- */

static const uint32_t keys_root[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static enum err verify(const struct layer_proof *p, enum verify_check *failed)
{
    uint8_t bytes[1 + 4 * PROOF_PUBLICS_MAX];
    struct job_id id = {.layer = (uint8_t)p->layer};
    uint8_t right[HOUSE_PROOF_BYTES];
    REQUIRE(p->n_publics <= PROOF_PUBLICS_MAX);
    bytes[0] = id.layer;
    for (uint32_t i = 0; i < p->n_publics; i++)
        put_be32(bytes + 1 + 4 * i, p->publics[i]);
    sha256(id.content, bytes, 1 + 4 * p->n_publics);
    house_proof(right, &id);
    if (p->proof.len == sizeof right && memcmp(p->proof.data, right, sizeof right) == 0)
        return ERR_OK;
    if (failed != NULL) *failed = VERIFY_LENGTH;
    return ERR_PROOF;
}

/* ---- building ---- */

static void on_change(void *ctx, uint16_t index)
{
    (void)ctx;
    (void)index;
}

static enum err check_commit(void *ctx, uint16_t index, uint64_t k, const uint8_t statement[32],
                             const uint8_t digest[32])
{
    struct house *h = ctx;
    return pipeline_check_commit(h->pipeline, index, k, statement, digest);
}

static bool is_dead(void *ctx, uint64_t k)
{
    const struct house *h = ctx;
    return pipeline_is_dead(h->pipeline, k);
}

static bool is_overtaken(void *ctx, uint16_t index, uint64_t k)
{
    const struct house *h = ctx;
    return pipeline_is_overtaken(h->pipeline, index, k);
}

static enum err job_read_back(void *ctx, const struct job_row *row)
{
    struct house *h = ctx;
    return pipeline_restore_job(h->pipeline, row);
}

static void sequencer_made(void *ctx)
{
    struct house *h = ctx;
    char text[200];
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        const struct deployment_chain *d = &h->rig.deployment.chains[c];
        struct chain_options options = {.chain_id = d->chain_id};
        memcpy(options.contract, d->contract, 20);
        REQUIRE(mock_adapter_new(&h->mock[c], &h->rig.loop, &options) == ERR_OK);
        struct l1_options link = {
            .loop = &h->rig.loop,
            .index = c,
            .chain = d,
            .adapter = mock_adapter_base(h->mock[c]),
            .sequencer = h->rig.sequencer,
            .on_change = on_change,
            .check_commit = check_commit,
            .is_dead = is_dead,
            .is_overtaken = is_overtaken,
            .ctx = h,
        };
        REQUIRE(l1_link_new(&h->links[c], &link) == ERR_OK);
    }
    struct pipeline_options options = {
        .loop = &h->rig.loop,
        .deployment = &h->rig.deployment,
        .sequencer = h->rig.sequencer,
        .gate_url = h->gate_url,
        .prover_url = h->prover_url,
        .prover_tls = h->prover_tls,
        .lease_ms = HOUSE_LEASE_MS,
        .range_wait_ms = 20000,
        .signer = &h->signer,
        .gate_trust = &h->gate_trust,
        .prover_trust = &h->worker_trust,
        .clock = clock_manual(&h->rig.clock),
        .verify = verify,
        .keys_root = keys_root,
    };
    memcpy(options.links, h->links, sizeof h->links);
    enum err err = pipeline_new(&h->pipeline, &options, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "pipeline: %s\n", text);
    REQUIRE(err == ERR_OK);
}

static enum err outbox_read_back(void *ctx, const struct outbox_entry *e)
{
    struct house *h = ctx;
    return l1_link_restore(h->links[e->chain], e);
}

static void store_opened(void *ctx)
{
    struct house *h = ctx;
    pipeline_set_store(h->pipeline, h->rig.store);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        l1_link_set_store(h->links[c], h->rig.store);
}

static void batch_sealed(void *ctx, struct seq_batch *b)
{
    struct house *h = ctx;
    pipeline_add(h->pipeline, b);
    if (h->is_opening) pipeline_tick(h->pipeline); /* as the orchestrator does; later there are rounds */
}

static void signer_make(struct msg_signer *signer, struct msg_trust *trust, uint8_t fill)
{
    uint8_t key[32];
    memset(key, fill, sizeof key);
    REQUIRE(msg_signer_init(signer, key, 1) == ERR_OK);
    REQUIRE(msg_trust_add(trust, signer->address) == ERR_OK);
}

void house_init(struct house *h, const struct script *s)
{
    memset(h, 0, sizeof *h);
    rig_init(&h->rig, s);
    h->script = s;
    h->rig.made = sequencer_made;
    h->rig.outbox = outbox_read_back;
    h->rig.job = job_read_back;
    h->rig.opened = store_opened;
    h->rig.sealed = batch_sealed;
    h->rig.ctx = h;
    (void)snprintf(h->gate_url, sizeof h->gate_url, "inproc://gate-%s", h->rig.dir + 30);
    (void)snprintf(h->prover_url, sizeof h->prover_url, "inproc://prover-%s", h->rig.dir + 30);
    signer_make(&h->signer, &h->own_trust, 1);
    signer_make(&h->gate_signer, &h->gate_trust, 2);
    signer_make(&h->worker_signer, &h->worker_trust, 3);
    h->answer.verdict = GATE_APPROVED;
    struct nng_link_options gate = {.kind = NNG_LINK_REP,
                                    .message_max = FRAME_MAX,
                                    .slots = 4,
                                    .on_request = gate_asked,
                                    .reply_timeout_ms = 5000,
                                    .ctx = h};
    struct nng_link_options worker = {.kind = NNG_LINK_REQ, .message_max = FRAME_MAX, .slots = 2};
    REQUIRE(nng_link_open(&h->gate, &h->rig.loop, &gate) == ERR_OK);
    REQUIRE(nng_link_listen(h->gate, h->gate_url) == ERR_OK);
    REQUIRE(nng_link_open(&h->worker, &h->rig.loop, &worker) == ERR_OK);
    REQUIRE(nng_link_dial(h->worker, h->prover_url) == ERR_OK);
}

void house_open(struct house *h)
{
    h->is_opening = true;
    rig_must_open(&h->rig, h->script);
    h->is_opening = false;
    pipeline_start(h->pipeline);
    if (h->before_start != NULL) h->before_start(h);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        REQUIRE(l1_link_start(h->links[c]) == ERR_OK);
    REQUIRE(intake_new(&h->intake, &h->rig.loop, h->rig.sequencer) == ERR_OK);
    struct api_options api = {
        .loop = &h->rig.loop,
        .bind_address = "127.0.0.1",
        .port = 0,
        .deployment = &h->rig.deployment,
        .sequencer = h->rig.sequencer,
        .intake = h->intake,
        .pipeline = h->pipeline,
        .links = h->links,
        .signer = &h->signer,
    };
    REQUIRE(api_open(&h->api, &api) == ERR_OK);
}

static void one_closed(void *ctx)
{
    struct house *h = ctx;
    h->n_open--;
}

static void run_until_closed(struct house *h)
{
    for (int i = 0; h->n_open > 0; i++) {
        REQUIRE(i < 100000);
        (void)loop_run_once(&h->rig.loop);
        (void)usleep(50);
    }
}

void house_close(struct house *h)
{
    rig_wait(&h->rig);
    h->n_open = 2 + WORLD_CHAINS;
    api_close(h->api, one_closed, h);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        l1_link_close(h->links[c], one_closed, h);
    pipeline_close(h->pipeline, one_closed, h);
    run_until_closed(h);
    intake_free(h->intake);
    rig_close(&h->rig);
}

void house_deinit(struct house *h)
{
    h->n_open = 2;
    nng_link_close(h->gate, one_closed, h);
    nng_link_close(h->worker, one_closed, h);
    run_until_closed(h);
    msg_signer_deinit(&h->signer);
    msg_signer_deinit(&h->gate_signer);
    msg_signer_deinit(&h->worker_signer);
    rig_deinit(&h->rig);
}

/* ---- running ---- */

void house_round(struct house *h)
{
    manual_clock_advance(&h->rig.clock, 100);
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        l1_link_tick(h->links[c]);
    pipeline_tick(h->pipeline);
    for (int i = 0; i < 5; i++) {
        (void)loop_run_once(&h->rig.loop);
        (void)usleep(100);
    }
}

void house_rounds(struct house *h, int n)
{
    for (int i = 0; i < n; i++)
        house_round(h);
}

void house_play(struct house *h, uint32_t batch)
{
    rig_play(&h->rig, h->script, batch, batch + 1);
}

void house_event(struct house *h, uint16_t c, const char *signature, uint64_t k, struct span data)
{
    uint8_t topics[2][32] = {{0}};
    static const uint8_t tx_hash[32] = {0};
    abi_topic(topics[0], signature);
    put_be64(topics[1] + 24, k);
    mock_push_log(h->mock[c], tx_hash, (const uint8_t(*)[32])topics, 2, data);
}

void house_mine(struct house *h, uint16_t c)
{
    (void)mock_push_block(h->mock[c], h->script->times[0] + 1000);
    for (size_t i = 0; i < mock_tx_count(h->mock[c]); i++) {
        const struct mock_tx *tx = mock_tx_at(h->mock[c], i);
        if (tx->state != CHAIN_TX_PENDING) continue;
        mock_mine_tx(h->mock[c], i, true, span_make(NULL, 0));
    }
}

void house_commit_event(struct house *h, uint16_t c, const struct seq_batch *b)
{
    uint8_t words[96];
    memcpy(words, b->statement, 32);
    memcpy(words + 32, b->final_root, 32);
    memcpy(words + 64, b->digest, 32);
    house_event(h, c, "BatchCommitted(uint64,bytes32,bytes32,bytes32)", b->k, span_make(words, 96));
}

void house_commit(struct house *h, uint32_t from, uint32_t to)
{
    for (uint32_t k = from; k <= to; k++) {
        for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
            HOUSE_UNTIL(h, mock_tx_count(h->mock[c]) == k);
            const struct pipe_batch *b = NULL;
            for (size_t i = 0; i < pipeline_count(h->pipeline); i++) {
                if (pipeline_at(h->pipeline, i)->k == k) b = pipeline_at(h->pipeline, i);
            }
            ck_assert_ptr_nonnull(b);
            (void)mock_push_block(h->mock[c], b->batch->time + 1);
            mock_mine_tx(h->mock[c], k - 1, true, span_make(NULL, 0));
            house_commit_event(h, c, b->batch);
            HOUSE_UNTIL(h, l1_link_marks(h->links[c])->committed == k);
        }
    }
}

void house_proven_events(struct house *h, uint16_t c, uint64_t from, uint64_t to)
{
    uint8_t root[32] = {0};
    for (uint64_t k = from; k <= to; k++)
        house_event(h, c, "BatchProven(uint64,bytes32)", k, span_make(root, 32));
}

void house_mine_proof(struct house *h, uint16_t c, uint64_t from, uint64_t to)
{
    (void)mock_push_block(h->mock[c], l1_link_marks(h->links[c])->latest_time + 1);
    mock_mine_tx(h->mock[c], mock_tx_count(h->mock[c]) - 1, true, span_make(NULL, 0));
    house_proven_events(h, c, from, to);
    HOUSE_UNTIL(h, l1_link_marks(h->links[c])->proven == to);
}

void house_mine_proofs(struct house *h)
{
    for (uint16_t c = 0; c < WORLD_CHAINS; c++) {
        const struct l1_marks *m = l1_link_marks(h->links[c]);
        uint64_t sent = l1_link_sent(h->links[c], OUTBOX_PROVE);
        if (sent > m->proven && mock_tx_at(h->mock[c], mock_tx_count(h->mock[c]) - 1)->state ==
                                    CHAIN_TX_PENDING)
            house_mine_proof(h, c, m->proven + 1, sent);
    }
}

struct house *house_new(const struct script *s)
{
    struct house *h = malloc(sizeof *h);
    REQUIRE(h != NULL);
    house_init(h, s);
    return h;
}

void house_free(struct house *h)
{
    house_close(h);
    house_deinit(h);
    free(h);
}

struct house *house_with_batches(const struct script *s, uint32_t n)
{
    struct house *h = house_new(s);
    house_open(h);
    for (uint32_t b = 0; b < n; b++)
        house_play(h, b);
    house_commit(h, 1, n);
    return h;
}

bool house_same_job(const struct job_id *a, const struct job_id *b)
{
    return a->from == b->from && a->to == b->to && a->layer == b->layer && a->index == b->index &&
           memcmp(a->content, b->content, sizeof a->content) == 0;
}

/* hawser-oracle: one member of the agreement network. Reads and re-executes every chain by itself,
 * signs D_k, exchanges signatures with its peers, submits agreements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chain_adapters/evm/evm_sync.h"
#include "common/config/config.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"
#include "common/log/log.h"
#include "common/loop/nng_inbox.h"
#include "common/loop/worker_pool.h"
#include "common/msg/msg.h"
#include "oracle/plan.h"

enum {
    PEERS_MAX = DEPLOYMENT_ORACLES_MAX,
    LOOK_MS = 500,
    RESEND_LOOKS = 4, /* our open attestations go out again every so many looks */
    TURN_LOOKS = 6,   /* looks that each oracle waits for those whose turn is before its own */
    MINED_MS = 30000,
    MSG_ATTESTATION = 1,
    MSG_VERSION = 1,
};

struct chain_conf {
    uint64_t chain_id;
    char rpc_url[512], blob_url[512];
};
struct peer_conf {
    char url[256];
};
struct oracle_config {
    char deployment[512], key_file[512], state_dir[512], listen[256], log_level[16],
        blob_archive[512];
    struct peer_conf peers[PEERS_MAX];
    size_t n_peers;
    struct chain_conf chains[DEPLOYMENT_CHAINS_MAX];
    size_t n_chains;
};
static const struct config_field chain_fields[] = {
    CONFIG_U64(struct chain_conf, chain_id, NULL, 1, INT64_MAX, "EIP-155 chain id"),
    CONFIG_STRING(struct chain_conf, rpc_url, NULL, "JSON-RPC endpoint of this oracle's own node"),
    CONFIG_STRING(struct chain_conf, blob_url, "",
                  "base of the beacon API that has this chain's blobs; empty: that of rpc_url"),
    CONFIG_END};
static const struct config_field peer_fields[] = {
    CONFIG_STRING(struct peer_conf, url, NULL, "nng address of another oracle"), CONFIG_END};
static const struct config_field fields[] = {
    CONFIG_STRING(struct oracle_config, deployment, NULL, "deployment.json"),
    CONFIG_STRING(struct oracle_config, key_file, NULL,
                  "file (mode 0600) with the key that attests, sends and signs messages"),
    CONFIG_STRING(struct oracle_config, state_dir, NULL, "folder that remembers what was signed"),
    CONFIG_STRING(struct oracle_config, listen, NULL, "nng address where peers reach us"),
    CONFIG_STRING(struct oracle_config, blob_archive, "",
                  "folder that keeps every blob that was read; chains with blobs need one"),
    CONFIG_STRING(struct oracle_config, log_level, "info", "debug, info, unusual or broken"),
    CONFIG_SECTION_LIST(struct oracle_config, peers, n_peers, 0, peer_fields, "the other oracles"),
    CONFIG_SECTION_LIST(struct oracle_config, chains, n_chains, 1, chain_fields, "every chain"),
    CONFIG_END};

/* One submission of an agreement, run on the worker thread. */
struct submission {
    uint16_t chain;
    uint64_t k;
    uint8_t digest[32];
    struct bytes_buf signatures;
    enum err err;
    char text[300];
};

struct oracle {
    struct oracle_config config;
    struct deployment deployment;
    struct loop loop;
    struct loop_timer timer;
    struct worker_pool pool;
    struct nng_link *mesh;
    struct msg_signer signer;
    struct msg_trust trust;
    uint8_t key[32];
    uint8_t address[20];
    size_t index; /* in the set */
    struct attest_book *book;
    struct watch *watch;
    struct evm_sync *l1[DEPLOYMENT_CHAINS_MAX];
    struct watch_result look; /* last finished */
    struct watch_result next; /* being written by the thread */
    struct submission submission;
    uint64_t looks;
    uint64_t ready_k, ready_looks; /* since when a quorum for ready_k is there */
    bool busy, has_submission, stopping;
    char said[WATCH_TEXT_MAX]; /* last reason logged */
    char text[600];
};

/* ---- signatures ---- */

static void send_attestation(struct oracle *o, const struct attestation *a)
{
    uint8_t body[ATTEST_BYTES];
    struct bytes_buf frame;
    bytes_buf_init(&frame, ATTEST_BYTES + MSG_OVERHEAD);
    attestation_write(body, a);
    struct msg msg = {.channel = MSG_CHANNEL_ORACLE_TO_ORACLE,
                      .version = MSG_VERSION,
                      .type = MSG_ATTESTATION,
                      .body = {body, sizeof body}};
    enum err err = msg_seal(&frame, &o->signer, &msg);
    if (err == ERR_OK) err = nng_link_send(o->mesh, bytes_buf_span(&frame));
    if (err != ERR_OK) log_unusual("oracle", "send", LOG_ERR(err));
    bytes_buf_deinit(&frame);
}

static void take(struct oracle *o, const struct attestation *a)
{
    enum err err = attest_book_add(o->book, a);
    if (err == ERR_CONFLICT)
        log_broken("oracle", "equivocation", LOG_U64("batch", a->k),
                   LOG_HEX("signer", a->signer, 20), LOG_HEX("digest", a->digest, 32));
    else if (err != ERR_OK && err != ERR_EXISTS)
        log_unusual("oracle", "attestation", LOG_ERR(err));
}

static void on_message(void *ctx, struct nng_link *link, struct span message)
{
    struct oracle *o = ctx;
    struct msg msg;
    size_t signer = 0;
    struct attestation a;
    (void)link;
    enum err err = msg_open(&msg, &signer, message, MSG_CHANNEL_ORACLE_TO_ORACLE, &o->trust);
    if (err == ERR_OK && (msg.version != MSG_VERSION || msg.type != MSG_ATTESTATION))
        err = ERR_PROTOCOL;
    if (err == ERR_OK) err = attestation_read(&a, &o->deployment, msg.body);
    if (err != ERR_OK) {
        log_unusual("oracle", "message_refused", LOG_ERR(err));
        return;
    }
    /* Outside of what can be agreed next; peers send again. It also bounds what one member can make
     * us keep. */
    if (o->looks == 0 || a.k <= o->look.least_agreed ||
        a.k > o->look.least_agreed + ATTEST_OPEN_MAX)
        return;
    take(o, &a);
}

static void explain(struct oracle *o, const struct watch_result *r)
{
    if (strcmp(o->said, r->text) == 0) return;
    (void)snprintf(o->said, sizeof o->said, "%s", r->text);
    if (r->text[0] == '\0') return;
    if (r->refuses)
        log_unusual("oracle", "does_not_sign", LOG_STR("why", r->text));
    else
        log_unusual("oracle", "cannot_see", LOG_STR("why", r->text));
}

static void sign_one(struct oracle *o, uint64_t k, const uint8_t digest[32])
{
    struct attestation a;
    bool known = attest_book_signed(o->book, k);
    enum err err = attest_book_sign(o->book, o->key, k, digest, &a);
    if (err != ERR_OK) {
        log_broken("oracle", "sign", LOG_U64("batch", k), LOG_ERR(err));
        return;
    }
    if (!known) {
        log_info("oracle", "signed", LOG_U64("batch", a.k), LOG_HEX("digest", a.digest, 32));
        send_attestation(o, &a);
    }
    take(o, &a);
}

static void sign(struct oracle *o)
{
    const struct watch_result *r = &o->look;
    uint64_t ks[WATCH_DIGESTS_MAX];
    explain(o, r);
    size_t n = plan_signatures(o->book, r, ks);
    for (size_t i = 0; i < n; i++)
        sign_one(o, ks[i], r->digests[ks[i] - r->least_agreed - 1]);
}

/* ---- submitting: anyone may; we take turns ---- */

static void plan_submission(struct oracle *o)
{
    const struct watch_result *r = &o->look;
    if (!r->can_sign || o->has_submission || r->k <= r->least_agreed) return;
    uint64_t k = plan_agreement(o->book, r, o->deployment.oracles_m);
    if (k == 0) return;
    const uint8_t *digest = r->digests[k - r->least_agreed - 1];
    if (o->ready_k != k) {
        o->ready_k = k;
        o->ready_looks = o->looks;
    }
    size_t turn = (o->index + o->deployment.n_oracles - (size_t)(k % o->deployment.n_oracles)) %
                  o->deployment.n_oracles;
    bool due = o->looks - o->ready_looks >= turn * TURN_LOOKS;
    for (uint16_t c = 0; due && c < o->deployment.n_chains; c++) {
        if (r->agreed[c] >= k) continue;
        /* the next chain first on every other look, so that one dead chain blocks no other */
        uint16_t chain = (uint16_t)((c + o->looks) % o->deployment.n_chains);
        if (r->agreed[chain] >= k) chain = c;
        o->submission = (struct submission){.chain = chain, .k = k};
        memcpy(o->submission.digest, digest, 32);
        bytes_buf_init(&o->submission.signatures, 65 * DEPLOYMENT_ORACLES_MAX);
        o->has_submission = attest_book_collect(o->book, k, digest, &o->submission.signatures) >=
                            o->deployment.oracles_m;
        if (!o->has_submission) bytes_buf_deinit(&o->submission.signatures);
        return;
    }
}

static enum err l1_open(struct oracle *o, uint16_t chain, struct chain_fault *fault)
{
    const struct deployment_chain *d = &o->deployment.chains[chain];
    struct chain_options options = {.chain_id = d->chain_id, .finality = d->finality};
    if (o->l1[chain] != NULL) return ERR_OK;
    (void)snprintf(options.name, sizeof options.name, "%.31s", d->name);
    (void)snprintf(options.rpc_url, sizeof options.rpc_url, "%.511s",
                   o->config.chains[chain].rpc_url);
    (void)snprintf(options.key_path, sizeof options.key_path, "%.511s", o->config.key_file);
    return evm_sync_open(&o->l1[chain], &options, fault);
}

/* On the worker thread. */
static void submit(struct oracle *o, struct submission *s)
{
    struct chain_fault fault = {0};
    struct chain_tx_status status;
    struct bytes_buf data;
    struct bytes_buf answer;
    uint64_t agreed = 0;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    bytes_buf_init(&answer, 4096);
    const uint8_t *contract = o->deployment.chains[s->chain].contract;
    s->err = l1_open(o, s->chain, &fault);
    /* Somebody else's may be mined but not final: look before paying for a revert. */
    if (s->err == ERR_OK) s->err = hawser_encode_view(&data, HAWSER_VIEW_AGREED_K);
    if (s->err == ERR_OK)
        s->err = evm_sync_call(o->l1[s->chain], &answer, contract, bytes_buf_span(&data),
                               CHAIN_BLOCK_LATEST, &fault);
    if (s->err == ERR_OK) s->err = hawser_decode_u64(&agreed, bytes_buf_span(&answer));
    if (s->err == ERR_OK && agreed < s->k) {
        bytes_buf_clear(&data);
        s->err = hawser_encode_submit_agreement(&data, ATTEST_SET, s->k, s->digest,
                                                bytes_buf_span(&s->signatures));
        struct chain_tx tx = {.data = bytes_buf_span(&data)};
        memcpy(tx.to, contract, 20);
        if (s->err == ERR_OK)
            s->err = evm_sync_send(o->l1[s->chain], &status, &tx, MINED_MS, &fault);
    }
    if (s->err != ERR_OK) {
        char revert[HAWSER_REVERT_TEXT] = "";
        if (fault.revert_len > 0)
            hawser_revert_text(revert, (struct span){fault.revert, fault.revert_len});
        (void)snprintf(s->text, sizeof s->text, "%.120s %.150s", fault.what, revert);
    }
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
}

/* ---- the beat: look (thread), then decide (loop) ---- */

static void work(void *ctx)
{
    struct oracle *o = ctx;
    if (o->has_submission) submit(o, &o->submission);
    watch_look(o->watch, &o->next);
}

static void after(void *ctx)
{
    struct oracle *o = ctx;
    o->busy = false;
    if (o->has_submission) {
        struct submission *s = &o->submission;
        const char *chain = o->deployment.chains[s->chain].name;
        if (s->err == ERR_OK)
            log_info("oracle", "submitted", LOG_STR("chain", chain), LOG_U64("batch", s->k));
        else
            log_unusual("oracle", "submit", LOG_STR("chain", chain), LOG_U64("batch", s->k),
                        LOG_ERR(s->err), LOG_STR("text", s->text));
        bytes_buf_deinit(&s->signatures);
        o->has_submission = false;
    }
    if (o->stopping) return;
    if (o->next.cannot_see) {
        explain(o, &o->next);
    } else {
        o->look = o->next;
        o->looks++;
        attest_book_forget(o->book, o->look.least_agreed);
        sign(o);
        plan_submission(o);
        for (size_t i = 0; o->looks % RESEND_LOOKS == 0; i++) {
            const struct attestation *a = attest_book_own(o->book, i);
            if (a == NULL) break;
            send_attestation(o, a);
        }
    }
}

static void on_tick(void *ctx)
{
    struct oracle *o = ctx;
    if (o->busy || o->stopping) return;
    o->busy = worker_pool_submit(&o->pool, work, after, o) == ERR_OK;
}

/* ---- start and stop ---- */

static enum err load(struct oracle *o, const char *path)
{
    struct config_error error;
    enum err err = config_load_file(&o->config, fields, path, &error);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "%s", error.text);
        return err;
    }
    enum log_level level = LOG_LEVEL_INFO;
    ERR_TRY(log_level_parse(&level, o->config.log_level));
    log_set_level(level);
    ERR_TRY(deployment_load(&o->deployment, o->config.deployment, o->text, sizeof o->text));
    if (o->config.n_chains != o->deployment.n_chains) {
        (void)snprintf(o->text, sizeof o->text, "%.300s: chains: the deployment has %zu", path,
                       o->deployment.n_chains);
        return ERR_CONFIG;
    }
    for (size_t i = 0; i < o->deployment.n_chains; i++) {
        if (o->config.chains[i].chain_id == o->deployment.chains[i].chain_id) continue;
        (void)snprintf(o->text, sizeof o->text, "%.300s: chains[%zu].chain_id: expected %llu", path,
                       i, (unsigned long long)o->deployment.chains[i].chain_id);
        return ERR_CONFIG;
    }
    return ERR_OK;
}

static enum err load_key(struct oracle *o)
{
    struct clock clock = clock_system();
    enum err err = secret_file_read_key(o->key, o->config.key_file);
    if (err == ERR_OK) err = ecdsa_key_address(o->address, o->key);
    if (err == ERR_OK) err = msg_signer_init(&o->signer, o->key, clock_wall_ms(&clock) * 1000);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "key_file %.400s: %s", o->config.key_file,
                       err_text(err));
        return err;
    }
    bool member = false;
    for (size_t i = 0; i < o->deployment.n_oracles; i++) {
        if (memcmp(o->deployment.oracles[i], o->address, 20) == 0) {
            member = true;
            o->index = i;
        }
        ERR_TRY(msg_trust_add(&o->trust, o->deployment.oracles[i]));
    }
    if (member) return ERR_OK;
    (void)snprintf(o->text, sizeof o->text, "key_file %.400s: not a member of the oracle set",
                   o->config.key_file);
    return ERR_AUTH;
}

static enum err start(struct oracle *o, const char *path)
{
    ERR_TRY(load(o, path));
    ERR_TRY(load_key(o));
    char file[600];
    (void)mkdir(o->config.state_dir, 0700); /* the open below tells if it cannot be used */
    (void)snprintf(file, sizeof file, "%s/signed", o->config.state_dir);
    ERR_TRY(attest_book_open(&o->book, &o->deployment, file, o->text, sizeof o->text));
    struct l1_source sources[DEPLOYMENT_CHAINS_MAX];
    for (size_t i = 0; i < o->config.n_chains; i++)
        sources[i] = (struct l1_source){o->config.chains[i].rpc_url, o->config.chains[i].blob_url,
                                        o->config.blob_archive};
    ERR_TRY(watch_open(&o->watch, &o->deployment, sources, o->text, sizeof o->text));
    struct nng_link_options mesh = {.kind = NNG_LINK_BUS,
                                    .message_max = 4096,
                                    .send_queue_max = 1024,
                                    .on_message = on_message,
                                    .ctx = o};
    ERR_TRY(nng_link_open(&o->mesh, &o->loop, &mesh));
    (void)snprintf(o->text, sizeof o->text, "listen %.250s", o->config.listen);
    ERR_TRY(nng_link_listen(o->mesh, o->config.listen));
    for (size_t i = 0; i < o->config.n_peers; i++) {
        (void)snprintf(o->text, sizeof o->text, "peers[%zu] %.250s", i, o->config.peers[i].url);
        ERR_TRY(nng_link_dial(o->mesh, o->config.peers[i].url));
    }
    o->text[0] = '\0';
    return ERR_OK;
}

static void on_signal(void *ctx, int signum)
{
    struct oracle *o = ctx;
    if (o->stopping) return;
    o->stopping = true;
    log_info("oracle", "stopping", LOG_U64("signal", (unsigned)signum));
    loop_timer_close(&o->timer, NULL, NULL);
    nng_link_close(o->mesh, NULL, NULL);
    loop_close_signals(&o->loop);
}

static int run(const char *path)
{
    struct oracle *o = calloc(1, sizeof *o);
    if (o == NULL || loop_init(&o->loop) != ERR_OK) {
        fprintf(stderr, "hawser-oracle: out of memory\n");
        free(o);
        return 1;
    }
    enum err err = start(o, path);
    if (err == ERR_OK) err = loop_open_signals(&o->loop, on_signal, o);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser-oracle: %s (%s)\n", o->text[0] != '\0' ? o->text : path,
                err_text(err));
        return err == ERR_CONFIG ? 2 : 1;
    }
    worker_pool_init(&o->pool, &o->loop, 1);
    loop_timer_open(&o->timer, &o->loop, on_tick, o);
    loop_timer_start(&o->timer, 1, LOOK_MS);
    log_info("oracle", "up", LOG_HEX("address", o->address, 20), LOG_U64("number", o->index));
    loop_run(&o->loop);
    worker_pool_deinit(&o->pool);
    watch_close(o->watch);
    attest_book_close(o->book);
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        if (o->l1[i] != NULL) evm_sync_close(o->l1[i]);
    }
    msg_signer_deinit(&o->signer);
    secret_wipe(o->key, sizeof o->key);
    err = loop_deinit(&o->loop);
    if (err != ERR_OK) log_broken("oracle", "loop", LOG_ERR(err));
    free(o);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--config") == 0) return run(argv[2]);
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;
    fprintf(help ? stdout : stderr,
            "usage: hawser-oracle --config FILE\n"
            "Runs one oracle: reads and re-executes every chain by itself, signs the digest of a\n"
            "batch that all chains have proven, exchanges signatures, submits agreements.\n");
    return help ? 0 : 2;
}

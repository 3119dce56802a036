/*~ Wires the parts: store -> sequencer -> pipeline -> L1 links -> intake -> API. Read this file first. */
#include "orchestrator/orchestrator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain_adapters/evm/evm_adapter.h"
#include "common/base/require.h"
#include "common/crypto/secret.h"
#include "common/kzg/kzg.h"
#include "common/log/log.h"
#include "orchestrator/api.h"
#include "orchestrator/config.h"
#include "prover/recursion/layers.h"

enum { TICK_MS = 200 };

struct orchestrator {
    struct orchestrator_config config;
    struct deployment deployment;
    struct loop loop;
    struct loop_timer timer;
    struct store *store;
    struct sequencer *sequencer;
    struct intake *intake;
    struct pipeline *pipeline;
    struct l1_link *links[DEPLOYMENT_CHAINS_MAX];
    struct api *api;
    struct msg_signer signer;
    struct msg_trust gate_trust, prover_trust;
    struct link_tls prover_tls;
    bool stopping, announced;
    char text[600];
};

/* ---- callbacks between the parts ---- */

static void on_sealed(void *ctx, struct seq_batch *batch)
{
    struct orchestrator *o = ctx;
    pipeline_add(o->pipeline, batch);
    pipeline_tick(o->pipeline);
}

static void on_change(void *ctx, uint16_t index)
{
    struct orchestrator *o = ctx;
    (void)index;
    if (o->pipeline != NULL && o->announced) pipeline_tick(o->pipeline);
}

static enum err check_commit(void *ctx, uint16_t index, uint64_t k, const uint8_t statement[32],
                             const uint8_t digest[32])
{
    struct orchestrator *o = ctx;
    return pipeline_check_commit(o->pipeline, index, k, statement, digest);
}

static bool is_dead(void *ctx, uint64_t k)
{
    const struct orchestrator *o = ctx;
    return pipeline_is_dead(o->pipeline, k);
}

static bool is_overtaken(void *ctx, uint16_t index, uint64_t k)
{
    const struct orchestrator *o = ctx;
    return pipeline_is_overtaken(o->pipeline, index, k);
}

static void on_tick(void *ctx)
{
    struct orchestrator *o = ctx;
    if (o->stopping) return;
    for (size_t i = 0; i < o->deployment.n_chains; i++)
        l1_link_tick(o->links[i]);
    sequencer_tick(o->sequencer);
    pipeline_tick(o->pipeline);
}

/* ---- start-up: read everything back, then run ---- */

static enum err read_journal(void *ctx, const struct journal_record *record)
{
    struct orchestrator *o = ctx;
    return sequencer_replay(o->sequencer, record, o->text, sizeof o->text);
}

static enum err read_outbox(void *ctx, const struct outbox_entry *entry)
{
    struct orchestrator *o = ctx;
    if (entry->chain >= o->deployment.n_chains) return ERR_CORRUPT;
    return l1_link_restore(o->links[entry->chain], entry);
}

static enum err read_job(void *ctx, const struct job_row *row)
{
    struct orchestrator *o = ctx;
    return pipeline_restore_job(o->pipeline, row);
}

static enum err load(struct orchestrator *o, const char *path)
{
    struct config_error error;
    enum err err = config_load_file(&o->config, orchestrator_config_fields, path, &error);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "%s", error.text);
        return err;
    }
    ERR_TRY(deployment_load(&o->deployment, o->config.deployment, o->text, sizeof o->text));
    enum log_level level = LOG_LEVEL_INFO;
    if (log_level_parse(&level, o->config.log_level) != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "%s: log_level: unknown level \"%s\"", path,
                       o->config.log_level);
        return ERR_CONFIG;
    }
    log_set_level(level);
    if (o->config.n_chains != o->deployment.n_chains) {
        (void)snprintf(o->text, sizeof o->text, "%s: chains: %zu given, the deployment has %zu",
                       path, o->config.n_chains, o->deployment.n_chains);
        return ERR_CONFIG;
    }
    for (size_t i = 0; i < o->config.n_chains; i++) {
        const char *data = o->config.chains[i].data;
        if (strcmp(data, "calldata") == 0 || strcmp(data, "blobs") == 0) continue;
        (void)snprintf(o->text, sizeof o->text, "%s: chains[%zu].data: \"%s\" is neither calldata nor blobs",
                       path, i, data);
        return ERR_CONFIG;
    }
    return ERR_OK;
}

static enum err load_keys(struct orchestrator *o)
{
    uint8_t key[32];
    enum err err = secret_file_read_key(key, o->config.message_key_file);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "message_key_file %s: %s",
                       o->config.message_key_file, err_text(err));
        return err;
    }
    struct clock clock = clock_system();
    err = msg_signer_init(&o->signer, key, clock_wall_ms(&clock) * 1000);
    secret_wipe(key, sizeof key);
    if (err == ERR_OK) err = msg_trust_add(&o->gate_trust, o->config.gate_address);
    for (size_t i = 0; i < o->config.n_provers && err == ERR_OK; i++) {
        err = msg_trust_add(&o->prover_trust, o->config.provers[i].address);
        if (err == ERR_EXISTS)
            (void)snprintf(o->text, sizeof o->text,
                           "provers[%zu].address: listed before; each worker has its own key", i);
    }
    if (err != ERR_OK) return err;
    static const struct link_tls_names names = {"prover_url", "prover_tls"};
    return link_tls_open(&o->prover_tls, LINK_TLS_SERVER, &o->config.prover_tls, &names,
                         o->config.prover_url, o->text, sizeof o->text);
}

static enum err check_programs(struct orchestrator *o)
{
    uint8_t id[32];
    program_key_id(layer_program(LAYER_TERMINAL), layer_key(LAYER_TERMINAL), id);
    if (memcmp(id, o->deployment.terminal_program, 32) == 0) return ERR_OK;
    (void)snprintf(o->text, sizeof o->text,
                   "%s: the deployment's programs are not those of this build",
                   o->config.deployment);
    return ERR_VERSION;
}

static enum err make_sequencer(struct orchestrator *o)
{
    struct sequencer_options options = {
        .deployment = &o->deployment,
        .seal_ops = (uint32_t)o->config.seal_ops,
        .seal_slices = (uint32_t)o->config.seal_slices,
        .seal_chains = (uint32_t)o->config.seal_chains,
        .seal_age_ms = o->config.seal_age,
        .clock = clock_system(),
        .on_sealed = on_sealed,
        .ctx = o,
    };
    for (size_t i = 0; i < o->config.n_chains; i++) {
        const struct orchestrator_chain_config *c = &o->config.chains[i];
        options.chains[i].fee_account = (uint32_t)c->fee_account;
        options.chains[i].blobs = strcmp(c->data, "blobs") == 0;
        if (options.chains[i].blobs) kzg_warm_up(); /* not while the first batch is sealed */
        for (size_t j = 0; j < c->n_fees; j++)
            options.chains[i].fees[j] =
                (struct fee_slot){(uint32_t)c->fees[j].token, (uint8_t)c->fees[j].slot};
    }
    return sequencer_new(&o->sequencer, &options);
}

static enum err make_link(struct orchestrator *o, size_t i)
{
    const struct orchestrator_chain_config *c = &o->config.chains[i];
    const struct deployment_chain *d = &o->deployment.chains[i];
    if (c->chain_id != d->chain_id) {
        (void)snprintf(o->text, sizeof o->text,
                       "chains[%zu].chain_id: %llu, but the deployment has %llu there", i,
                       (unsigned long long)c->chain_id, (unsigned long long)d->chain_id);
        return ERR_CONFIG;
    }
    struct chain_options options = {
        .chain_id = d->chain_id, .finality = d->finality, .poll_ms = c->poll,
        .max_fee_per_blob_gas = c->blob_fee_max * UINT64_C(1000000000)};
    (void)snprintf(options.name, sizeof options.name, "%.31s", d->name);
    (void)snprintf(options.rpc_url, sizeof options.rpc_url, "%.511s", c->rpc_url);
    (void)snprintf(options.key_path, sizeof options.key_path, "%.511s", c->key_file);
    memcpy(options.contract, d->contract, 20);
    struct l1_options link = {
        .loop = &o->loop,
        .index = (uint16_t)i,
        .chain = d,
        .sequencer = o->sequencer,
        .on_change = on_change,
        .check_commit = check_commit,
        .is_dead = is_dead,
        .is_overtaken = is_overtaken,
        .ctx = o,
    };
    enum err err = evm_adapter_new(&link.adapter, &o->loop, &options);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "chains[%zu]: %s", i, err_text(err));
        return err;
    }
    return l1_link_new(&o->links[i], &link);
}

static enum err make_pipeline(struct orchestrator *o)
{
    struct pipeline_options options = {
        .loop = &o->loop,
        .deployment = &o->deployment,
        .sequencer = o->sequencer,
        .verify = layer_verify,
        .keys_root = layer_keys_root(),
        .gate_url = o->config.gate_url,
        .prover_url = o->config.prover_url,
        .prover_tls = o->prover_tls,
        .lease_ms = o->config.prover_lease,
        .range_wait_ms = o->config.range_wait,
        .epoch = o->config.operator_epoch,
        .signer = &o->signer,
        .gate_trust = &o->gate_trust,
        .prover_trust = &o->prover_trust,
        .clock = clock_system(),
    };
    memcpy(options.links, o->links, sizeof options.links);
    return pipeline_new(&o->pipeline, &options, o->text, sizeof o->text);
}

static enum err start(struct orchestrator *o, const char *path)
{
    ERR_TRY(load(o, path));
    ERR_TRY(load_keys(o));
    ERR_TRY(check_programs(o));
    ERR_TRY(make_sequencer(o));
    for (size_t i = 0; i < o->deployment.n_chains; i++)
        ERR_TRY(make_link(o, i));
    ERR_TRY(make_pipeline(o));
    struct store_reader reader = {read_journal, read_outbox, read_job, o};
    char text[300];
    enum err err = store_open(&o->store, &o->loop, o->config.database, &reader, text, sizeof text);
    if (err != ERR_OK) {
        if (o->text[0] == '\0') (void)snprintf(o->text, sizeof o->text, "%s", text);
        return err;
    }
    pipeline_set_store(o->pipeline, o->store);
    for (size_t i = 0; i < o->deployment.n_chains; i++)
        l1_link_set_store(o->links[i], o->store);
    o->announced = true;
    sequencer_start(o->sequencer, o->store);
    pipeline_start(o->pipeline);
    for (size_t i = 0; i < o->deployment.n_chains; i++)
        ERR_TRY(l1_link_start(o->links[i]));
    ERR_TRY(intake_new(&o->intake, &o->loop, o->sequencer));
    struct api_options api = {
        .loop = &o->loop,
        .bind_address = o->config.api_bind,
        .port = (uint16_t)o->config.api_port,
        .deployment = &o->deployment,
        .sequencer = o->sequencer,
        .intake = o->intake,
        .pipeline = o->pipeline,
        .links = o->links,
        .signer = &o->signer,
    };
    err = api_open(&o->api, &api);
    if (err != ERR_OK) {
        (void)snprintf(o->text, sizeof o->text, "api: %s:%llu: %s", o->config.api_bind,
                       (unsigned long long)o->config.api_port, err_text(err));
        return err;
    }
    loop_timer_open(&o->timer, &o->loop, on_tick, o);
    loop_timer_start(&o->timer, TICK_MS, TICK_MS);
    log_info("orchestrator", "up", LOG_U64("port", api_port(o->api)),
             LOG_U64("batch", sequencer_open_batch(o->sequencer)),
             LOG_U64("operations", sequencer_accepted(o->sequencer)));
    return ERR_OK;
}

/* ---- stop: no intake, wait for the store, close what sends, end ---- */

static void stop_wait(void *ctx)
{
    struct orchestrator *o = ctx;
    if (!intake_is_idle(o->intake) || !store_is_idle(o->store)) return;
    loop_timer_close(&o->timer, NULL, NULL);
    for (size_t i = 0; i < o->deployment.n_chains; i++)
        l1_link_close(o->links[i], NULL, NULL);
    pipeline_close(o->pipeline, NULL, NULL);
    loop_close_signals(&o->loop);
}

static void on_signal(void *ctx, int signum)
{
    struct orchestrator *o = ctx;
    if (o->stopping) return;
    o->stopping = true;
    log_info("orchestrator", "stopping", LOG_U64("signal", (unsigned)signum));
    api_close(o->api, NULL, NULL);
    sequencer_set_halted(o->sequencer, "shutting down");
    o->timer.cb = stop_wait;
}

int orchestrator_run(const char *config_path)
{
    struct orchestrator *o = calloc(1, sizeof *o);
    if (o == NULL || loop_init(&o->loop) != ERR_OK) {
        fprintf(stderr, "hawser up: out of memory\n");
        free(o);
        return 1;
    }
    enum err err = start(o, config_path);
    if (err == ERR_OK) err = loop_open_signals(&o->loop, on_signal, o);
    if (err != ERR_OK) {
        fprintf(stderr, "hawser up: %s (%s)\n", o->text[0] != '\0' ? o->text : config_path,
                err_text(err));
        return err == ERR_CONFIG ? 2 : 1; /* the process ends: its sockets and memory go with it */
    }
    loop_run(&o->loop);
    intake_free(o->intake);
    store_close(o->store);
    sequencer_free(o->sequencer);
    msg_signer_deinit(&o->signer);
    link_tls_close(&o->prover_tls);
    err = loop_deinit(&o->loop);
    if (err != ERR_OK) log_broken("orchestrator", "loop", LOG_ERR(err));
    free(o);
    return 0;
}

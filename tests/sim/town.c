#include "tests/sim/town.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/options.h"
#include "audit/serve.h"
#include "common/base/require.h"
#include "common/codec/hex.h"
#include "common/log/log.h"
#include "orchestrator/orchestrator.h"
#include "prover/recursion/layers.h"
#include "prover/worker/worker.h"
#include "tests/sim/check.h"
#include "tests/sim/client.h"
#include "tests/sim/disk_sim.h"
#include "tests/sim/faults.h"
#include "tests/sim/rpc_sim.h"
#include "tests/sim/stranger.h"

enum {
    FINALITY = 4,
    BLOCK_MS = 2500,
    FAULTS_FROM_MS = 5000,
    FAULTS_LEAST_MS = 90000,
    FAULTS_MORE_MS = 90000,
    DOWN_MS = 8000,
    HALT_LOOK_MS = 4000,
    PROGRESS_MS = 1500000, /* after the faults */
    CUT_MS = 25000,
};

int oracle_main(int argc, char **argv);

static struct {
    const struct town_plan *plan;
    struct town_options options;
    struct l1 l1[TOWN_CHAINS];
    struct sim_node *orchestrator;
    uint64_t restarts, halts;
    bool is_calm, audited;
} t;

struct l1 *town_l1(unsigned chain)
{
    return &t.l1[chain];
}
struct sim_node *town_orchestrator(void)
{
    return t.orchestrator;
}
const struct town_plan *town_plan_now(void)
{
    return t.plan;
}

/* ---- the programs ---- */

static int run_orchestrator(void *arg)
{
    (void)arg;
    return orchestrator_run("../orchestrator.yaml");
}

static int run_gate(void *arg)
{
    char text[600] = "";
    struct audit_options *options = calloc(1, sizeof *options);
    struct deployment *d = calloc(1, sizeof *d);
    (void)arg;
    REQUIRE(options != NULL && d != NULL);
    if (audit_options_load(options, d, "../gate.yaml", text, sizeof text) != ERR_OK)
        sim_fail("gate: %s", text);
    return serve_gate(options, d);
}

static int run_worker(void *arg)
{
    char path[40];
    (void)snprintf(path, sizeof path, "../worker-%d.yaml", *(const int *)arg);
    return worker_run(path);
}

static int run_oracle(void *arg)
{
    char path[40];
    char name[] = "hawser-oracle", option[] = "--config";
    (void)snprintf(path, sizeof path, "../oracle-%d.yaml", *(const int *)arg);
    char *argv[] = {name, option, path, NULL};
    return oracle_main(3, argv);
}

/* ---- death and restart ---- */

static void restart(void *arg)
{
    struct sim_node *node = arg;
    if (node->is_up) return;
    t.restarts++;
    sim_node_start(node);
    if (node == t.orchestrator) client_audit_start();
}

static void on_death(struct sim_node *node)
{
    sim_timers_of_dead(node);
    sim_links_of_dead(node);
    sim_http_of_dead(node);
    sim_disk_of_dead(node);
    sim_at(NULL, 200 + sim_below(DOWN_MS), restart, node);
}

/* ---- blocks ---- */

static uint64_t block_time(void)
{
    return (SIM_EPOCH_MS + sim_now_ms()) / 1000;
}

static void on_block(void *arg)
{
    struct l1 *l = arg;
    l1_mine(l, block_time());
    sim_at(NULL, BLOCK_MS / 2 + sim_below(BLOCK_MS), on_block, l);
}

/* ---- what goes wrong at moments of its own ---- */

static void crash(void *arg)
{
    (void)arg;
    if (!faults_on()) return;
    struct sim_node *node = sim_chance(400) ? t.orchestrator
                                            : sim_node_at((unsigned)sim_below(sim_node_count()));
    if (node->is_up) {
        bool lost = sim_chance(500);
        fault_happened(lost ? FAULT_POWER : FAULT_KILL, node->name);
        sim_disk_power(node, lost);
        sim_node_kill(node);
    }
    sim_at(NULL, 10000 + sim_below(60000), crash, NULL);
}

static void reorg(void *arg)
{
    (void)arg;
    if (!faults_on()) return;
    struct l1 *l = &t.l1[sim_below(TOWN_CHAINS)];
    uint64_t depth = 1 + sim_below(FINALITY - 1);
    if (l->head > l->deployment->chains[l->chain].deploy_block + depth + 1) {
        fault_happened(FAULT_REORG, "");
        l1_reorganise(l, depth, block_time());
    }
    sim_at(NULL, 3000 + sim_below(40000), reorg, NULL);
}

static unsigned endpoint(void)
{
    uint64_t i = sim_below(sim_node_count() + 1 + TOWN_CHAINS);
    if (i < sim_node_count()) return (unsigned)i;
    i -= sim_node_count();
    return i == 0 ? FAULT_ENDPOINT_CLIENT : FAULT_ENDPOINT_L1 + (unsigned)i - 1;
}

/* One pair, one direction of a pair, or one endpoint from all others. */
static void partition(void *arg)
{
    (void)arg;
    if (!faults_on()) return;
    unsigned a = endpoint(), b = endpoint();
    uint64_t ms = 1000 + sim_below(CUT_MS);
    uint64_t how = sim_below(3);
    for (unsigned i = 0; i < FAULT_ENDPOINTS; i++) {
        if (how < 2 && i != b) continue;
        fault_cut(a, i, ms);
        if (how > 0) fault_cut(i, a, ms);
    }
    fault_happened(FAULT_PARTITION, "");
    sim_at(NULL, 5000 + sim_below(40000), partition, NULL);
}

static void clock_jump(void *arg)
{
    (void)arg;
    if (!faults_on()) return;
    struct sim_node *node = sim_node_at((unsigned)sim_below(sim_node_count()));
    int64_t by = (int64_t)sim_below(2 * 3600000) - 3600000;
    node->skew_ms += sim_chance(500) ? by : by / 3600;
    fault_happened(FAULT_CLOCK, node->name);
    sim_at(NULL, 10000 + sim_below(60000), clock_jump, NULL);
}

static void stranger(void *arg)
{
    (void)arg;
    if (!faults_on()) return;
    if (stranger_acts(&t.l1[sim_below(TOWN_CHAINS)])) fault_happened(FAULT_STRANGER, "");
    sim_at(NULL, 2000 + sim_below(15000), stranger, NULL);
}

static void calm(void *arg)
{
    (void)arg;
    t.is_calm = true;
    faults_end();
}

/* A person looks at what is halted and starts it again; without doubt nothing may halt. */
static void operator_looks(void *arg)
{
    (void)arg;
    if (client_halted()[0] != '\0') {
        t.halts++;
        if (fault_count(FAULT_RPC_NO_LOGS) + fault_count(FAULT_RPC_GARBAGE) == 0)
            sim_fail("halted without a reason for doubt: %s", client_halted());
        if (t.halts > 20) sim_fail("halts again and again: %s", client_halted());
        client_forget_halted();
        sim_node_kill(t.orchestrator);
    }
    sim_at(NULL, HALT_LOOK_MS, operator_looks, NULL);
}

static void faults_start(void *arg)
{
    (void)arg;
    faults_begin();
    sim_at(NULL, sim_below(40000), crash, NULL);
    sim_at(NULL, sim_below(30000), reorg, NULL);
    sim_at(NULL, sim_below(30000), partition, NULL);
    sim_at(NULL, sim_below(40000), clock_jump, NULL);
    bool has_stranger = sim_chance(500);
    if (has_stranger || t.options.twin[0] != 0) sim_at(NULL, sim_below(60000), stranger, NULL);
    sim_at(NULL, FAULTS_LEAST_MS + sim_below(FAULTS_MORE_MS), calm, NULL);
}

/* ---- the run ---- */

static void on_book(const struct sim_node *node, const char *line)
{
    unsigned long long k = 0;
    char hex[80] = "";
    uint8_t digest[32];
    REQUIRE(sscanf(line, "%llu %79s", &k, hex) == 2);
    REQUIRE(hex_decode_fixed(digest, 32, hex, strlen(hex)) == ERR_OK);
    unsigned oracle = (unsigned)(node->name[strlen(node->name) - 1] - '0');
    check_book(oracle, k, digest);
}

static void on_line(void *ctx, enum log_level level, const char *line)
{
    (void)ctx;
    if (level == LOG_LEVEL_DEBUG) return;
    sim_note("%s", strlen(line) > 25 ? line + 25 : line); /* without the time */
}

static bool is_settled(void *ctx)
{
    (void)ctx;
    if (!t.is_calm || !client_is_done()) return false;
    uint64_t executed = check_executed();
    if (executed < TOWN_BATCHES_LEAST || executed < client_last_batch()) return false;
    if (!t.audited) {
        t.audited = true;
        client_audit_start();
    }
    return client_audit_is_done() && executed >= client_last_batch();
}

static void nodes_make(void)
{
    static int numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    char name[SIM_NAME_MAX];
    t.orchestrator = sim_node_new("orch", run_orchestrator, NULL);
    (void)sim_node_new("gate", run_gate, NULL);
    for (int i = 0; i < TOWN_WORKERS; i++) {
        (void)snprintf(name, sizeof name, "worker%d", i);
        (void)sim_node_new(name, run_worker, &numbers[i]);
    }
    for (int i = 0; i < TOWN_ORACLES; i++) {
        (void)snprintf(name, sizeof name, "oracle%d", i);
        (void)sim_node_new(name, run_oracle, &numbers[i]);
    }
    for (unsigned i = 0; i < sim_node_count(); i++)
        sim_node_start(sim_node_at(i));
}

static void stuck(void)
{
    for (unsigned i = 0; i < TOWN_CHAINS; i++) {
        const struct contract *s = l1_contract_at(&t.l1[i], t.l1[i].head);
        printf("chain %u: head %llu requests %llu committed %llu proven %llu agreed %llu executed %llu\n", i,
               (unsigned long long)t.l1[i].head, (unsigned long long)s->total_requests,
               (unsigned long long)s->committed, (unsigned long long)s->proven,
               (unsigned long long)s->agreed, (unsigned long long)s->executed);
    }
    sim_fail("no progress: script %s, last acknowledged batch %llu, executed %llu, halted: %s",
             client_is_done() ? "done" : "not done", (unsigned long long)client_last_batch(),
             (unsigned long long)check_executed(), client_halted());
}

void town_run(const struct town_plan *plan, const struct town_options *options,
              struct town_result *result)
{
    memset(&t, 0, sizeof t);
    t.plan = plan;
    t.options = *options;
    sim_init(options->seed);
    fault_twin_set(options->twin);
    stranger_init();
    sim_set_verbose(options->verbose);
    disk_sim_init();
    log_set_sink(on_line, NULL);
    sim_on_death(on_death);
    disk_sim_on_book(on_book);
    for (uint16_t i = 0; i < TOWN_CHAINS; i++) {
        l1_init(&t.l1[i], &plan->deployment, i, plan->operator_address, layer_keys_root(), FINALITY);
        t.l1[i].on_raw = check_raw;
        rpc_sim_chain(i, &t.l1[i]);
        sim_at(NULL, sim_below(BLOCK_MS), on_block, &t.l1[i]);
    }
    check_init(plan);
    sim_on_step(check_step);
    nodes_make();
    client_start(plan);
    sim_at(NULL, HALT_LOOK_MS, operator_looks, NULL);
    if (options->calm)
        t.is_calm = true;
    else
        sim_at(NULL, FAULTS_FROM_MS, faults_start, NULL);
    if (!sim_run(is_settled, NULL, PROGRESS_MS)) stuck();
    *result = (struct town_result){.batches = check_executed(),
                                   .acknowledged = client_acknowledged(),
                                   .refused = client_refused(),
                                   .restarts = t.restarts,
                                   .halts = t.halts,
                                   .events = sim_events(),
                                   .virtual_ms = sim_now_ms()};
    sim_digest(result->digest);
}

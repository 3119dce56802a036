#include "tests/sim/faults.h"

#include <stdio.h>
#include <string.h>

#include "common/base/require.h"

enum { BOUNDARIES_MAX = 32, WAY_MS = 2, LATE_MS = 4000 };

static struct {
    bool on;
    uint32_t rate[FAULT_COUNT]; /* per million */
    uint64_t count[FAULT_COUNT];
    struct {
        uint64_t until;
    } cut[FAULT_ENDPOINTS][FAULT_ENDPOINTS];
    struct {
        char name[24];
        uint64_t passed, died;
    } boundary[BOUNDARIES_MAX];
    unsigned n_boundaries;
} f;

/* Per million of occasions; 0: somebody else decides when. */
static const uint32_t rates[FAULT_COUNT] = {
    [FAULT_BOUNDARY] = 2500,   [FAULT_LOST] = 20000,       [FAULT_TWICE] = 20000,
    [FAULT_LATE] = 30000,      [FAULT_SLOW_DISK] = 20000,  [FAULT_DISK_ERROR] = 700,
    [FAULT_TX_LATE] = 100000,  [FAULT_TX_FORGOTTEN] = 300000,
    [FAULT_RPC_LOST] = 1500,   [FAULT_RPC_ERROR] = 3000,   [FAULT_RPC_LAG] = 300,
    [FAULT_RPC_NO_LOGS] = 2000, [FAULT_RPC_GARBAGE] = 800, [FAULT_PROOF_WRONG] = 20000,
    [FAULT_PROOF_FAILS] = 20000, [FAULT_PROOF_SLOW] = 30000,
};

static const char *twin = "";

void fault_twin_set(const char *name)
{
    twin = name;
}

bool fault_twin(const char *name)
{
    return strcmp(twin, name) == 0;
}

void faults_begin(void)
{
    f.on = true;
    for (int i = 0; i < FAULT_COUNT; i++) { /* a seed has some kinds often, some not at all */
        uint64_t weight = sim_below(4);
        f.rate[i] = (uint32_t)(rates[i] * weight / 2);
    }
}

void faults_end(void)
{
    f.on = false;
    memset(f.cut, 0, sizeof f.cut);
    for (unsigned i = 0; i < sim_node_count(); i++)
        sim_node_at(i)->skew_ms = 0;
    sim_note("faults end");
}

bool faults_on(void)
{
    return f.on;
}

const char *fault_name(enum fault fault)
{
    static const char *const names[] = {
#define X(name, text) text,
        FAULT_LIST(X)
#undef X
    };
    return names[fault];
}

uint64_t fault_count(enum fault fault)
{
    return f.count[fault];
}

void fault_happened(enum fault fault, const char *what)
{
    f.count[fault]++;
    sim_note("fault %s %s", fault_name(fault), what);
}

bool fault_draw(enum fault fault, const char *what)
{
    if (!f.on || f.rate[fault] == 0 || sim_below(1000000) >= f.rate[fault]) return false;
    fault_happened(fault, what);
    return true;
}

void fault_cut(unsigned from, unsigned to, uint64_t for_ms)
{
    f.cut[from][to].until = sim_now_ms() + for_ms;
}

bool fault_is_cut(unsigned from, unsigned to)
{
    if (!f.on || sim_now_ms() >= f.cut[from][to].until) return false;
    f.count[FAULT_CUT]++;
    return true;
}

bool fault_message(unsigned from, unsigned to, uint64_t *delay_ms, bool *twice)
{
    *delay_ms = WAY_MS + sim_below(5 * WAY_MS);
    *twice = false;
    if (fault_is_cut(from, to) || fault_draw(FAULT_LOST, "")) return false;
    if (fault_draw(FAULT_LATE, "")) *delay_ms += sim_below(LATE_MS);
    *twice = fault_draw(FAULT_TWICE, "");
    return true;
}

void fault_boundary(const char *what)
{
    struct sim_node *node = sim_current();
    unsigned i = 0;
    if (node == NULL) return;
    while (i < f.n_boundaries && strcmp(f.boundary[i].name, what) != 0)
        i++;
    if (i == f.n_boundaries) {
        REQUIRE(i < BOUNDARIES_MAX);
        (void)snprintf(f.boundary[i].name, sizeof f.boundary[i].name, "%s", what);
        f.n_boundaries++;
    }
    f.boundary[i].passed++;
    if (!fault_draw(FAULT_BOUNDARY, what)) return;
    f.boundary[i].died++;
    sim_disk_power(node, sim_chance(500));
    sim_node_kill(node);
}

void fault_boundaries_print(void)
{
    for (unsigned i = 0; i < f.n_boundaries; i++)
        printf("boundary %s passed %llu died %llu\n", f.boundary[i].name,
               (unsigned long long)f.boundary[i].passed, (unsigned long long)f.boundary[i].died);
}

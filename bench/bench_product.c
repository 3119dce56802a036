/* bench_product [--sizes 256,512,..] [--mixes payments,swaps] [--runs N] [--recursion 0]
 *
 * The proving layers of the product on real, signed traffic (bench/traffic.h): batches of the given
 * numbers of operations, cut into segments as the sequencer cuts them, each segment's leaf (of the size
 * that takes it) filled, proven on two threads and verified. Then a trace of permutations alone,
 * and the layers above the leaf. One `name value unit` per line; run.sh makes the report of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/layers.h"
#include "bench/traffic.h"
#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/batch/publics.h"
#include "prover/prove/grind.h"
#include "prover/prove/prove_env.h"
#include "prover/prove/prove_parts.h"
#include "prover/prove/system_prove.h"
#include "prover/recursion/layers.h"
#include "prover/trace/leaf_trace.h"
#include "prover/trace/poseidon_fill.h"
#include "prover/verify/soundness.h"
#include "prover/verify/system_verify.h"

enum { SIZES_MAX = 16, THREADS = 2, SEED = 256 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double cpu_now(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void line(const char *name, double value, const char *unit)
{
    printf("%s %.6g %s\n", name, value, unit);
    fflush(stdout);
}

/* ---- one mix at one size ---- */

struct totals {
    uint32_t operations, leaves, large;
    double sequence, fill, prove, prove_cpu, verify;
    double sections[SECTION_COUNT], grind[GRIND_KINDS];
};

static void leaf(const struct chain_trace *t, struct totals *sum)
{
    const struct program *p = layer_program(t->large ? LAYER_LEAF_LARGE : LAYER_LEAF);
    struct ir_trace *tr;
    char text[256];
    double start = now(), cpu = cpu_now();
    const enum err err = leaf_trace_fill_threads(&tr, p->system, t, THREADS, text, sizeof text);
    if (err != ERR_OK) fprintf(stderr, "leaf: %s: %s\n", err_name(err), text);
    REQUIRE(err == ERR_OK);
    sum->fill += now() - start;
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    struct prove_report report = {.threads = THREADS};
    for (int k = 0; k < GRIND_KINDS; k++)
        sum->grind[k] -= grind_seconds((enum grind_kind)k);
    start = now();
    REQUIRE(system_prove(p, tr, &proof, &report) == ERR_OK);
    sum->prove += now() - start;
    for (int k = 0; k < GRIND_KINDS; k++)
        sum->grind[k] += grind_seconds((enum grind_kind)k);
    sum->prove_cpu += cpu_now() - cpu;
    for (int i = 0; i < SECTION_COUNT; i++)
        sum->sections[i] += report.seconds[i];
    ir_trace_free(tr);
    uint32_t publics[LEAF_PUBLICS];
    leaf_publics(publics, t);
    start = now();
    REQUIRE(system_verify(p, publics, proof.data, proof.len, NULL) == ERR_OK);
    sum->verify += now() - start;
    bytes_buf_deinit(&proof);
    sum->leaves++;
    sum->large += t->large;
}

static void mix_run(struct traffic *t, enum traffic_mix mix, uint32_t size)
{
    struct totals sum = {0};
    while (sum.operations < size) {
        struct sealed_batch b;
        const char *limit;
        sum.operations += traffic_seal(t, mix, size - sum.operations, &b, &limit, &sum.sequence);
        for (uint32_t i = 0; i < b.n_segments; i++)
            leaf(b.traces[i], &sum);
        sealed_batch_deinit(&b);
    }
    char name[96];
#define OUT(key, value, unit)                                                                      \
    snprintf(name, sizeof name, "mix.%s.%u.%s", traffic_mix_name(mix), (unsigned)size, key);       \
    line(name, value, unit)
    OUT("operations", sum.operations, "operations");
    OUT("leaves", sum.leaves, "leaves");
    OUT("leaves_large", sum.large, "leaves");
    OUT("sequence", sum.sequence, "s");
    OUT("witness", sum.fill, "s");
    OUT("prove", sum.prove, "s");
    OUT("seconds_per_leaf", (sum.fill + sum.prove) / sum.leaves, "s");
    OUT("cpu", sum.prove_cpu, "s");
    OUT("grind_query", sum.grind[GRIND_QUERY], "s");
    OUT("grind_fold", sum.grind[GRIND_FOLD], "s");
    for (int i = 0; i < SECTION_COUNT; i++) {
        if (sum.sections[i] <= 0) continue;
        OUT(program_section_name((enum program_section)i), sum.sections[i], "s");
    }
    OUT("verify", sum.verify, "s");
    OUT("operations_per_second", sum.operations / (sum.fill + sum.prove), "1/s");
    OUT("operations_per_cpu_second", sum.operations / sum.prove_cpu, "1/s");
#undef OUT
}

/* ---- permutations alone ---- */

/* Poseidon tables whose rows fill 2^24 cells to 99.8 %: nobody asks, every row is a compression. */
static const uint32_t LOGS[] = {16, 15, 13, 12, 10, 9, 8};

static void permutations_run(uint32_t runs)
{
    struct ir_system *s = ir_system_new("permutations", 1, 0);
    double rows = 0;
    for (uint32_t i = 0; i < sizeof LOGS / sizeof LOGS[0]; i++) {
        air_add_poseidon(s, LOGS[i]);
        rows += (double)(1u << LOGS[i]);
    }
    ir_system_finish(s);
    struct program *p = layers_leaf_program(s);
    struct ir_trace *tr = ir_trace_new(s);
    REQUIRE(tr != NULL);
    uint64_t x = 88172645463325252u;
    for (uint32_t i = 0; i < s->n_tables; i++) {
        uint32_t *const *columns = tr->tables[i].columns;
        const uint32_t n = 1u << s->tables[i]->log_height;
        for (uint32_t k = 0; k < 16; k++)
            for (uint32_t row = 0; row < n; row++) {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                columns[k][row] = (uint32_t)(x % IR_P);
            }
        poseidon_fill((const uint32_t *const *)columns, columns + 16, NULL, n);
    }
    double best = 1e9, verify = 0;
    for (uint32_t i = 0; i < runs; i++) {
        struct bytes_buf proof;
        bytes_buf_init(&proof, 1u << 24);
        struct prove_report report = {.threads = THREADS};
        double start = now();
        REQUIRE(system_prove(p, tr, &proof, &report) == ERR_OK);
        if (now() - start < best) best = now() - start;
        start = now();
        REQUIRE(system_verify(p, tr->publics, proof.data, proof.len, NULL) == ERR_OK);
        verify = now() - start;
        bytes_buf_deinit(&proof);
    }
    line("permutations.rows", rows, "permutations");
    line("permutations.prove", best, "s");
    line("permutations.per_second", rows / best, "1/s");
    line("permutations.cells_per_second", (double)p->stack_cells / best, "1/s");
    line("permutations.verify", verify, "s");
    ir_trace_free(tr);
    program_free(p);
    ir_system_free(s);
}

/* Permutations per second without a proof, the product's kernel on two threads. */
static void native_share(void *ctx, size_t worker, size_t from, size_t to)
{
    enum { MANY = 1024 };
    uint32_t (*states)[POSEIDON_STATE] = ctx;
    for (size_t i = from; i < to; i++)
        poseidon16_permute_many(states + worker * MANY, MANY);
}

static void native_run(void)
{
    enum { MANY = 1024, TIMES = 400 };
    uint32_t (*states)[POSEIDON_STATE] = calloc(THREADS * MANY, sizeof *states);
    struct parallel *par = parallel_new(THREADS);
    REQUIRE(states != NULL && par != NULL);
    double best = 1e9;
    for (int i = 0; i < 3; i++) {
        const double start = now();
        parallel_run(par, TIMES, 1, native_share, states);
        if (now() - start < best) best = now() - start;
    }
    line("native.permutations", TIMES * MANY / best, "1/s");
    parallel_free(par);
    free(states);
}

static void recursion_run(void)
{
    struct layers_recursion r;
    layers_recursion(&r);
    line("recursion.leaf", r.leaf_seconds, "s");
    line("recursion.leaf_large", r.leaf_large_seconds, "s");
    line("recursion.child", r.child_seconds, "s");
    line("recursion.lift_large", r.lift_large_seconds, "s");
    line("recursion.batch", r.batch_seconds, "s");
    line("recursion.shrink", r.shrink_seconds, "s");
    line("recursion.terminal", r.terminal_seconds, "s");
    line("recursion.verify", r.verify_seconds, "s");
    for (int k = 0; k < 2; k++) {
        const double *g = k == 0 ? r.child_grind : r.terminal_grind;
        line(k == 0 ? "recursion.child.grind_query" : "recursion.terminal.grind_query",
             g[GRIND_QUERY], "s");
        line(k == 0 ? "recursion.child.grind_fold" : "recursion.terminal.grind_fold",
             g[GRIND_FOLD], "s");
    }
    line("recursion.terminal_proof", r.calldata_bytes, "B");
}

/* ---- everything ---- */

static void about(const struct program *p)
{
    struct soundness_report report;
    const struct soundness_input in = program_soundness(p);
    REQUIRE(soundness_check(&in, &report) == ERR_OK);
    printf("isa %s -\n", kernels_best()->name);
    line("security_bits", report.bits, "bits");
    line("leaf.stack_log", p->log_stack, "bits");
    line("leaf.cells", (double)p->stack_cells, "cells");
    line("leaf.fractions", (double)p->fractions, "fractions");
    line("leaf.columns", p->n_columns, "columns");
    line("leaf.proof", (double)p->proof_len, "B");
}

static uint32_t sizes_read(const char *text, uint32_t sizes[SIZES_MAX])
{
    uint32_t n = 0;
    while (n < SIZES_MAX && *text != 0) {
        char *end;
        const unsigned long v = strtoul(text, &end, 10);
        if (end == text || v == 0 || v > 1u << 20) return 0;
        sizes[n++] = (uint32_t)v;
        text = *end == ',' ? end + 1 : end;
    }
    return n;
}

int main(int argc, char **argv)
{
    const char *sizes_text = "256,512,1024", *mixes = "payments,swaps";
    uint32_t sizes[SIZES_MAX], runs = 3, recursion = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--sizes") == 0) sizes_text = argv[i + 1];
        else if (strcmp(argv[i], "--mixes") == 0) mixes = argv[i + 1];
        else if (strcmp(argv[i], "--runs") == 0) runs = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--recursion") == 0) recursion = strcmp(argv[i + 1], "0") != 0;
        else argc = 0;
    }
    const uint32_t n = sizes_read(sizes_text, sizes);
    if (argc % 2 == 0 || n == 0 || runs == 0) {
        fprintf(stderr, "bench_product [--sizes N,N..] [--mixes payments,swaps] [--runs N] "
                        "[--recursion 0]\n");
        return EXIT_FAILURE;
    }
    prove_pool_hold(); /* as a prover worker does */
    about(layer_program(LAYER_LEAF_LARGE));
    native_run();
    permutations_run(runs);
    struct traffic *t = traffic_new(SEED, &batch_limits_large); /* its keys take seconds */
    for (uint32_t m = 0; m < TRAFFIC_MIXES; m++)
        for (uint32_t i = 0; i < n; i++)
            if (strstr(mixes, traffic_mix_name((enum traffic_mix)m)) != NULL)
                mix_run(t, (enum traffic_mix)m, sizes[i]);
    traffic_free(t);
    if (recursion) recursion_run();
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    line("peak_rss", (double)u.ru_maxrss / 1024, "MiB");
    prove_pool_release();
    return EXIT_SUCCESS;
}

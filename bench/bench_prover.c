/* bench_prover [LOG_HEIGHT TABLES COLUMNS MESSAGES [THREADS [LOG_INV_RATE [PRE]]]]
 *
 * Measures the proof system on a synthetic program: TABLES tables of 2^LOG_HEIGHT rows and COLUMNS
 * columns, a third of them products of degree 2 or 3, MESSAGES messages of 8 fields sent and received
 * per row, PRE preprocessed columns added to the products (default 0). The default has the size of a
 * leaf: 2^22 stacked cells, 1,000 columns, 2^20 fractions. Parameters: those of L1 (Keccak, 100 bits;
 * LOG_INV_RATE 0), or with a LOG_INV_RATE those of recursion (128 bits; 1 .. 4 Poseidon, 6 Keccak).
 * Output: one `name value unit` per line; best of three proofs. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "prover/prove/system_prove.h"
#include "prover/verify/system_verify.h"

enum { RUNS = 3 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void line(const char *name, double value, const char *unit)
{
    printf("%s %.6g %s\n", name, value, unit);
}

struct shape {
    uint32_t log_height, tables, columns, messages, pre;
};

/* c[i+2] = (c[i] + 3) c[i+1] + i + preprocessed columns; every fourth product has (c[i] + 3) once
 * more. Preprocessed column j belongs to product j modulo their number. */
static uint32_t n_products(struct shape b)
{
    return b.columns / 3;
}

static struct ir_system *bulk_system(struct shape b)
{
    struct ir_system *s = ir_system_new("bench", 1, 0);
    char name[32];
    for (uint32_t k = 0; k < b.tables; k++) {
        snprintf(name, sizeof name, "t%u", (unsigned)k);
        struct ir_table *t = ir_table_new(s, name, b.log_height);
        uint32_t c = ir_columns(t, "c", b.columns), pre = ir_pres(t, "p", b.pre);
        for (uint32_t i = 0; i + 2 < b.columns; i += 3) {
            snprintf(name, sizeof name, "product %u", (unsigned)i);
            ir_x x = ir_add(t, ir_col(t, c + i), ir_const(t, 3));
            ir_x xy = ir_mul(t, x, ir_col(t, c + i + 1));
            if (i % 4 == 0) xy = ir_mul(t, xy, x);
            xy = ir_add(t, xy, ir_const(t, i));
            for (uint32_t j = i / 3; j < b.pre; j += n_products(b))
                xy = ir_add(t, xy, ir_prec(t, pre + j));
            ir_assert_eq(t, ir_col(t, c + i + 2), xy, name);
        }
        for (uint32_t i = 0; i < b.messages; i++) {
            ir_x f[8];
            for (uint32_t j = 0; j < 8; j++)
                f[j] = ir_col(t, c + (i * 8 + j) % b.columns);
            snprintf(name, sizeof name, "send %u", (unsigned)i);
            ir_send(t, 1, ir_const(t, 1), f, 8, name);
            snprintf(name, sizeof name, "receive %u", (unsigned)i);
            ir_receive(t, 1, ir_const(t, 1), f, 8, name);
        }
    }
    ir_system_finish(s);
    return s;
}

static void bulk_fill(struct ir_trace *tr, struct shape b)
{
    uint64_t x = 88172645463325252u;
    for (uint32_t k = 0; k < b.tables; k++) {
        uint32_t **col = tr->tables[k].columns;
        for (uint32_t row = 0; row < 1u << b.log_height; row++)
            for (uint32_t i = 0; i < b.columns; i++) {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                col[i][row] = (uint32_t)(x % IR_P);
                if (i % 3 != 2) continue;
                uint64_t a = (col[i - 2][row] + 3ull) % IR_P, ab = a * col[i - 1][row] % IR_P;
                if ((i - 2) % 4 == 0) ab = ab * a % IR_P;
                for (uint32_t j = (i - 2) / 3; j < b.pre; j += n_products(b))
                    ab += tr->tables[k].pre[j][row];
                col[i][row] = (uint32_t)((ab + i - 2) % IR_P);
            }
    }
}

/* Random preprocessed values; tables share them: the key does not care. */
struct pre_values {
    const uint32_t **columns;
    const uint32_t *const **tables;
};

static struct pre_values pre_fill(struct shape b)
{
    struct pre_values v = {calloc(b.pre + 1, sizeof *v.columns), calloc(b.tables, sizeof *v.tables)};
    uint64_t x = 2463534242u;
    REQUIRE(v.columns != NULL && v.tables != NULL);
    for (uint32_t j = 0; j < b.pre; j++) {
        uint32_t *column = malloc(sizeof *column << b.log_height);
        REQUIRE(column != NULL);
        for (uint32_t row = 0; row < 1u << b.log_height; row++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            column[row] = (uint32_t)(x % IR_P);
        }
        v.columns[j] = column;
    }
    for (uint32_t k = 0; k < b.tables; k++)
        v.tables[k] = v.columns;
    return v;
}

static void pre_free(struct pre_values v, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++)
        free((void *)(uintptr_t)v.columns[j]);
    free((void *)v.columns);
    free((void *)v.tables);
}

static void bench_poseidon(void)
{
    enum { MANY = 4096, SINGLE = 20000 };
    static uint32_t s[MANY][POSEIDON_STATE];
    double start = now();
    for (int i = 0; i < SINGLE; i++)
        poseidon16_permute(s[0]);
    line("poseidon.single", (now() - start) / SINGLE * 1e9, "ns");
    start = now();
    for (int i = 0; i < 8; i++)
        poseidon16_permute_many(s, MANY);
    line("poseidon.many", (now() - start) / (8 * MANY) * 1e9, "ns");
}

static void bench_proof(const struct program *p, const struct proving_key *key,
                        const struct ir_trace *tr, unsigned threads)
{
    struct prove_report best = {.seconds_total = 1e9};
    struct bytes_buf proof;
    bytes_buf_init(&proof, 1u << 24);
    for (int i = 0; i < RUNS; i++) {
        struct prove_report r = {.threads = threads};
        bytes_buf_clear(&proof);
        REQUIRE(system_prove_key(p, key, tr, &proof, &r) == ERR_OK);
        if (r.seconds_total < best.seconds_total) best = r;
    }
    line("prove.total", best.seconds_total, "s");
    for (int i = 0; i < SECTION_COUNT; i++) {
        char name[64];
        const char *section = program_section_name((enum program_section)i);
        snprintf(name, sizeof name, "prove.%s", section);
        line(name, best.seconds[i], "s");
        snprintf(name, sizeof name, "proof.%s", section);
        line(name, (double)best.bytes[i], "B");
    }
    line("proof.total", (double)proof.len, "B");
    double start = now();
    const struct program_key *verify = key == NULL ? NULL : &key->verify;
    REQUIRE(system_verify_key(p, verify, tr->publics, proof.data, proof.len, NULL) == ERR_OK);
    line("verify", now() - start, "s");
    bytes_buf_deinit(&proof);
}

static uint32_t arg(int argc, char **argv, int i, uint32_t otherwise)
{
    return i < argc ? (uint32_t)strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    struct shape b = {arg(argc, argv, 1, 12), arg(argc, argv, 2, 10), arg(argc, argv, 3, 100),
                      arg(argc, argv, 4, 12), arg(argc, argv, 7, 0)};
    const unsigned threads = arg(argc, argv, 5, 2);
    if (b.log_height > 18 || b.tables == 0 || b.tables > 64 || b.columns < 8 || b.columns > 1024 ||
        b.messages > 400 || b.pre > 1024) {
        fprintf(stderr, "bench_prover: LOG_HEIGHT <= 18, TABLES <= 64, COLUMNS 8..1024\n");
        return EXIT_FAILURE;
    }
    bench_poseidon();
    struct ir_system *s = bulk_system(b);
    struct pre_values pre = pre_fill(b);
    struct ir_trace *tr = ir_trace_new_pre(s, pre.tables);
    REQUIRE(tr != NULL);
    bulk_fill(tr, b);
    char text[256];
    double start = now();
    REQUIRE(ir_mock_check(tr, text, sizeof text) == ERR_OK);
    line("mock", now() - start, "s");
    struct program *p = NULL;
    const uint32_t rate = arg(argc, argv, 6, 0);
    const enum proof_profile profile = rate == 6 ? PROFILE_KECCAK : PROFILE_POSEIDON;
    REQUIRE((rate == 0 ? program_new_l1(s, &p)
                       : program_new_recursion(s, 0, rate, profile, &p)) == ERR_OK);
    struct proving_key *key = NULL;
    start = now();
    if (b.pre > 0) REQUIRE(proving_key_new(p, pre.tables, threads, &key) == ERR_OK);
    line("key", now() - start, "s");
    line("pre.cells", (double)p->pre_cells, "cells");
    line("stack.log", p->log_stack, "bits");
    line("stack.cells", (double)p->stack_cells, "cells");
    line("fractions", (double)p->fractions, "fractions");
    line("columns", p->n_columns, "columns");
    bench_proof(p, key, tr, threads);
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    line("peak", (double)u.ru_maxrss / 1024, "MiB");
    proving_key_free(key);
    program_free(p);
    ir_trace_free(tr);
    pre_free(pre, b.pre);
    ir_system_free(s);
    return EXIT_SUCCESS;
}

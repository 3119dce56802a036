#include "tests/unit/prover/batch/forge.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"

const struct batch_size *const forge_size = &BATCH_SIZE_SMALL;
struct ir_system *forge_sys;
struct batch_case forge_honest, forge_case;
struct ir_trace *forge_trace;

/* Chain 0 has segments in three pairings, chain 3 takes no part. */
static const char *const PLAN[3] = {"ttp-", "tt--", "t-t-"};

void forge_setup(void)
{
    struct rng rng;
    rng_seed(&rng, 20261125);
    forge_sys = batch_system_new(forge_size);
    batch_case_plan(&forge_honest, &rng, 4, PLAN, 3);
    REQUIRE(forge_honest.in.n_pairings == 3 && forge_honest.in.n_segments == 7);
    batch_case_copy(&forge_case, &forge_honest);
}

void forge_teardown(void)
{
    ir_trace_free(forge_trace);
    forge_trace = NULL;
    ir_system_free(forge_sys);
}

void forge_fill(void (*edit)(struct witness *))
{
    struct witness *w;
    uint16_t *halves = batch_free_halves(forge_size, &forge_case.in);
    struct ir_trace *taken = NULL;
    REQUIRE(halves != NULL && witness_new(&w, forge_sys) == ERR_OK);
    batch_fill_rows(w, forge_size, &forge_case.in);
    if (edit) edit(w);
    ck_assert_msg(!w_failed(w), "%s", witness_error_text(w));
    batch_fill_tape(w, forge_size, halves);
    ck_assert_msg(!w_failed(w), "%s", witness_error_text(w));
    enum err err = batch_fill_answers(w, &taken);
    ck_assert_msg(err == ERR_OK || err == ERR_RANGE || err == ERR_MISMATCH, "%s",
                  witness_error_text(w));
    ir_trace_free(forge_trace);
    forge_trace = err == ERR_OK ? taken : w->tr;
    if (err != ERR_OK) w->tr = NULL;
    witness_free(w);
    free(halves);
}

uint32_t *forge_column(const char *table, const char *name)
{
    uint32_t t = ir_table_find(forge_sys, table);
    REQUIRE(t != UINT32_MAX && ir_column_find(forge_sys->tables[t], name) != UINT32_MAX);
    return forge_trace->tables[t].columns[ir_column_find(forge_sys->tables[t], name)];
}

uint32_t *forge_cell(struct witness *w, const char *table, const char *name, uint32_t row)
{
    uint32_t t = w_table(w, table);
    return &w->tr->tables[t].columns[w_column(w, t, name)][row];
}

/* The faults are a constraint "table: name" (or NULL) and these buses (ended by 0), nothing else. */
void forge_only(const char *what, const char *constraint, ...)
{
    struct faults f;
    char text[4096], name[160] = "", buses[128] = "";
    va_list args;
    uint32_t n = 0;
    faults_recount_range16(forge_trace);
    faults_find(&f, forge_trace);
    ck_assert_msg(ir_mock_check(forge_trace, text, sizeof text) != ERR_OK, "%s is accepted", what);
    if (f.n_constraints > 0)
        snprintf(name, sizeof name, "%s: %s", f.constraint[0][0], f.constraint[0][1]);
    for (uint32_t i = 0; i < f.n_buses && i < 8; i++)
        snprintf(buses + strlen(buses), sizeof buses - strlen(buses), " %u", f.bus[i]);
    bool right = f.n_constraints == (constraint != NULL) &&
                 (constraint == NULL || strcmp(name, constraint) == 0);
    va_start(args, constraint);
    for (int bus = va_arg(args, int); bus != 0; bus = va_arg(args, int), n++) {
        bool found = false;
        for (uint32_t i = 0; i < f.n_buses; i++)
            found = found || f.bus[i] == bus;
        right = right && found;
    }
    va_end(args);
    ck_assert_msg(right && f.n_buses == n, "%s: %u constraints (%s), buses%s: %s", what,
                  (unsigned)f.n_constraints, name, buses, text);
}

uint32_t *forge_seg(uint32_t chain, uint32_t number)
{
    struct batch_segment *s = batch_case_segment(&forge_case, chain, number);
    REQUIRE(s != NULL);
    return s->publics;
}

uint32_t forge_row_of(uint32_t chain, uint32_t number) /* in table segment */
{
    return (uint32_t)(batch_case_segment(&forge_case, chain, number) - forge_case.segments);
}

uint32_t *forge_half(uint32_t pos)
{
    return &forge_column("words", pos % 2 == 0 ? "half[0]" : "half[1]")[pos / 2];
}

void forge_hash_block(const struct sha_fill *s, uint32_t block, uint32_t hash[8])
{
    uint32_t words[16];
    for (uint32_t i = 0; i < 16; i++)
        words[i] = *forge_half(32 * block + 2 * i) << 16 | *forge_half(32 * block + 2 * i + 1);
    sha_fill_block(s, block, words, hash);
}

/* All messages from the tape as it is; digests to where they go. */
void forge_hash_again(void)
{
    struct witness w = {.system = forge_sys, .tr = forge_trace};
    struct sha_fill s;
    uint32_t hash[8];
    ck_assert(sha_fill_init(&s, &w));
    for (uint32_t b = s.n_blocks; b-- > 0;) {
        sha_fill_initial(hash);
        if (!forge_column("blocks", "used")[8 * b]) forge_hash_block(&s, b, hash);
        if (!forge_column("blocks", "first")[8 * b]) continue;
        const uint32_t to = forge_column("blocks", "to")[8 * b];
        for (uint32_t at = b; at == b || !forge_column("blocks", "last")[8 * (at - 1)]; at++)
            forge_hash_block(&s, at, hash);
        for (uint32_t i = 0; i < 16; i++) {
            uint32_t v = i % 2 == 0 ? hash[i / 2] >> 16 : hash[i / 2] & 0xffff;
            *(to == batch_tape_end(forge_size) ? &forge_trace->publics[BATCH_PUBLIC_D_TO + i]
                                               : forge_half(to + i)) = v;
        }
    }
}

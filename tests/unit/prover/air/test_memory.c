/* tree, access, balance, user, pool: random histories of a small state against a plain model. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/poseidon16.h"
#include "core/tags.h"
#include "tests/support/check_main.h"
#include "tests/unit/prover/air/mutants.h"
#include "tests/unit/prover/air/support.h"

static const uint64_t SEED = 20260102;
enum { USERS = 5, POOLS = 2, SLOTS = 4, EVENTS = 60, CELLS_MAX = 64, OLD = 0, NEW = 8, PUBLICS = 16 };

typedef unsigned __int128 u128;

struct user {
    uint32_t account, content[17], digest[8]; /* auth, height, owner 10, root 5 */
};
struct pool {
    uint32_t account, half[9], digest[8];
};
struct model {
    struct rng rng;
    struct ir_system *s;
    struct witness *w;
    struct user user[USERS];
    struct pool pool[POOLS];
    struct test_cell cell[CELLS_MAX];
    uint32_t n_cells, time;
};

static uint32_t below(struct model *m, uint32_t n)
{
    return (uint32_t)rng_below(&m->rng, n);
}

static struct test_cell *cell_at(struct model *m, uint32_t account, uint32_t slot)
{
    for (uint32_t i = 0; i < m->n_cells; i++)
        if (m->cell[i].account == account && m->cell[i].slot == slot) return &m->cell[i];
    REQUIRE(m->n_cells < CELLS_MAX);
    struct test_cell *c = &m->cell[m->n_cells++];
    *c = (struct test_cell){.account = account, .slot = slot};
    return c;
}

static struct ir_system *make_system(uint32_t log_tree)
{
    struct ir_system *s = ir_system_new("memory", 1, PUBLICS);
    air_add_range16(s);
    air_add_poseidon(s, log_tree + 1);
    air_add_tree(s, log_tree, OLD, NEW);
    air_add_access(s, 7);
    air_add_balance(s, 7);
    air_add_user(s, 4, 6);
    air_add_pool(s, 3, 6);
    add_asker(s, "ask cell", BUS_CELL, 19, 7);
    add_asker(s, "ask balance", BUS_BALANCE, 12, 7);
    add_asker(s, "ask user", BUS_USER, 19, 7);
    add_asker(s, "ask pool", BUS_POOL, 10, 7);
    ir_system_finish(s);
    return s;
}

static void make_accounts(struct model *m)
{
    for (uint32_t i = 0; i < USERS; i++) {
        struct user *u = &m->user[i];
        u->account = i == 0 ? 0xfffffe : 1 + below(m, 1 << (4 * (1 + i))); /* also far apart */
        bool key = i % 2 == 1;
        u->content[0] = key;
        u->content[1] = key ? (i == 1 ? 12 : 18) : 0;
        for (uint32_t k = 0; k < 10; k++)
            u->content[2 + k] = below(m, 1 << 16);
        for (uint32_t k = 0; k < 5; k++)
            u->content[12 + k] = key ? below(m, IR_P) : 0;
        uint32_t list[18] = {1};
        memcpy(list + 1, u->content, sizeof u->content);
        poseidon_sponge(TAG_USER, list, 18, u->digest);
        struct test_cell *c = cell_at(m, u->account, 0);
        memcpy(c->before, u->digest, sizeof c->before);
        memcpy(c->after, u->digest, sizeof c->after);
    }
    for (uint32_t i = 0; i < POOLS; i++) {
        struct pool *p = &m->pool[i];
        p->account = 0x800000 + i;
        uint32_t half[9] = {7, p->account, 1 + i, 8, below(m, 1 << 24), 5, 30, 9000, 0};
        memcpy(p->half, half, sizeof half);
        uint32_t list[10] = {2};
        memcpy(list + 1, half, sizeof half);
        poseidon_sponge(TAG_POOL, list, 10, p->digest);
        struct test_cell *c = cell_at(m, p->account, 0);
        memcpy(c->before, p->digest, sizeof c->before);
        memcpy(c->after, p->digest, sizeof c->after);
    }
}

static u128 amount_of(const uint32_t cell[8])
{
    u128 v = 0;
    for (uint32_t i = 7; i >= 1; i--)
        v = v << 16 | cell[i];
    return v;
}

static void limbs_of(u128 v, uint32_t limbs[7])
{
    for (uint32_t i = 0; i < 7; i++)
        limbs[i] = (uint32_t)(v >> (16 * i)) & 0xffff;
}

static u128 random_amount(struct model *m, u128 max)
{
    u128 v = (u128)rng_u64(&m->rng) << 64 | rng_u64(&m->rng);
    v >>= 16 + below(m, 111);
    return v <= max ? v : max == 0 ? 0 : v % max + 1;
}

static void balance_event(struct model *m)
{
    struct user *u = &m->user[below(m, USERS)];
    uint32_t slot = below(m, 2) ? 255 - below(m, 2) : 2 + below(m, SLOTS - 2);
    struct test_cell *c = cell_at(m, u->account, slot);
    c->touched = true;
    u128 have = amount_of(c->after), top = ((u128)1 << 112) - 1;
    uint32_t token = c->after[0] != 0 ? c->after[0] : 1 + below(m, (1 << 25) - 1);
    uint32_t kind = below(m, 4);
    uint32_t f[12] = {m->time, u->account, slot, token};
    u128 next, delta;
    if (kind <= 1) {
        f[4] = BALANCE_CREDIT;
        delta = below(m, 8) == 0 ? top - have : random_amount(m, top - have);
        next = have + delta;
    } else if (kind == 2 && have > 0) {
        f[4] = BALANCE_DEBIT;
        delta = below(m, 3) == 0 ? have : random_amount(m, have);
        next = have - delta;
    } else {
        f[4] = BALANCE_TAKE_ALL;
        f[3] = c->after[0];
        delta = have;
        next = 0;
    }
    limbs_of(delta, f + 5);
    memset(c->after, 0, sizeof c->after);
    if (next > 0) {
        c->after[0] = token;
        limbs_of(next, c->after + 1);
    }
    ask_row(m->w, m->s, "ask balance", f, 12);
}

static void event(struct model *m)
{
    m->time += 1 + below(m, 20);
    uint32_t kind = below(m, 8);
    if (kind < 4) {
        balance_event(m);
    } else if (kind == 4) { /* a raw cell, e.g. a counter */
        struct test_cell *c = cell_at(m, below(m, 2) ? 0 : m->pool[below(m, POOLS)].account, 2);
        uint32_t f[19] = {m->time, c->account, c->slot};
        memcpy(f + 3, c->after, sizeof c->after);
        for (uint32_t i = 0; i < 8; i++)
            c->after[i] = below(m, 3) == 0 ? 0 : below(m, IR_P);
        c->touched = true;
        memcpy(f + 11, c->after, sizeof c->after);
        ask_row(m->w, m->s, "ask cell", f, 19);
    } else if (kind < 7) {
        struct user *u = &m->user[below(m, USERS)];
        uint32_t f[19] = {m->time, u->account};
        memcpy(f + 2, u->content, sizeof u->content);
        cell_at(m, u->account, 0)->touched = true;
        ask_row(m->w, m->s, "ask user", f, 19);
    } else {
        struct pool *p = &m->pool[below(m, POOLS)];
        uint32_t f[10] = {m->time, p->account, p->half[0]};
        memcpy(f + 3, p->half + 2, 7 * sizeof *f);
        cell_at(m, p->account, 0)->touched = true;
        ask_row(m->w, m->s, "ask pool", f, 10);
    }
}

static struct ir_trace *run_history(struct model *m, uint64_t seed, uint32_t events)
{
    memset(m, 0, sizeof *m);
    rng_seed(&m->rng, seed);
    m->s = make_system(11);
    ck_assert_int_eq(witness_new(&m->w, m->s), ERR_OK);
    make_accounts(m);
    for (uint32_t i = 0; i < 6; i++) /* neighbours that nobody touches */
        limbs_of(i + 1, cell_at(m, m->user[i % USERS].account, 100 + i)->before + 1);
    for (uint32_t i = 0; i < m->n_cells; i++)
        memcpy(m->cell[i].after, m->cell[i].before, sizeof m->cell[i].after);
    for (uint32_t i = 0; i < events; i++)
        event(m);
    struct chain_trace *trace = test_trace(m->cell, m->n_cells);
    set_roots(m->w, trace, OLD, NEW);
    struct ir_trace *tr = clean_trace(m->w, trace);
    test_trace_free(trace);
    return tr;
}

static void end_history(struct model *m, struct ir_trace *tr)
{
    ir_trace_free(tr);
    witness_free(m->w);
    ir_system_free(m->s);
}

START_TEST(random_histories_are_accepted)
{
    for (uint64_t k = 0; k < 10; k++) {
        struct model m;
        struct ir_trace *tr = run_history(&m, SEED + k, EVENTS);
        ck_assert_ptr_nonnull(tr);
        end_history(&m, tr);
    }
}
END_TEST

START_TEST(a_batch_without_any_access_keeps_its_root)
{
    struct model m;
    struct ir_trace *tr = run_history(&m, SEED, 0);
    ck_assert_ptr_nonnull(tr);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_uint_eq(tr->publics[OLD + i], tr->publics[NEW + i]);
    char text[256];
    tr->publics[NEW] ^= 1;
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_PROOF);
    end_history(&m, tr);
}
END_TEST

START_TEST(every_changed_cell_of_a_trace_is_noticed)
{
    struct model m;
    struct ir_trace *tr = run_history(&m, SEED + 1, EVENTS);
    ck_assert_ptr_nonnull(tr);
    static const char *const tables[] = {"tree", "access", "balance", "userhash", "user",
                                         "poolhash", "pool"};
    uint32_t used[ARRAY_LEN(tables)];
    for (uint32_t i = 0; i < ARRAY_LEN(tables); i++)
        used[i] = w_rows_used(m.w, ir_table_find(m.s, tables[i]));
    static const struct mutant_allow allow[] = {
        {"tree", "", ROWS_PADDING, "an inactive row says nothing"},
        {"access", "", ROWS_PADDING, "an inactive row says nothing"},
        {"balance", "", ROWS_PADDING, "an inactive row says nothing"},
        {"user", "", ROWS_PADDING, "an inactive row says nothing"},
        {"pool", "", ROWS_PADDING, "an inactive row says nothing"},
        {"tree", "turn", ROWS_ALL, "level 23 only"},
        {"tree", "left time", ROWS_ALL, "used at level 31 with a touched child only"},
        {"tree", "right time", ROWS_ALL, "used at level 31 with a touched child only"},
        {"tree", "left touched", ROWS_ALL, "a cell may be put in and taken out without access"},
        {"tree", "right touched", ROWS_ALL, "a cell may be put in and taken out without access"},
        {"balance", "stays inverse", ROWS_ALL, "free when the new amount is 0"},
        {"balance", "filled", ROWS_ALL, "free when the cell is empty and the token is 0"},
    };
    struct mutant_report r = mutants_run(tr, tables, ARRAY_LEN(tables), used, 40, allow,
                                         ARRAY_LEN(allow), false);
    mutants_print("memory", &r);
    ck_assert_uint_eq(r.survivors, 0);
    ck_assert_uint_gt(r.killed, 10000);
    end_history(&m, tr);
}
END_TEST

/* One cell read and written at the same time by two askers, or out of order, finds no chain. */
START_TEST(times_of_one_cell_must_grow)
{
    struct model m = {.time = 0};
    m.s = make_system(11);
    ck_assert_int_eq(witness_new(&m.w, m.s), ERR_OK);
    struct test_cell cell = {.account = 5, .slot = 3, .touched = true, .after = {2}};
    uint32_t f[2][19] = {{16, 5, 3}, {16, 5, 3}};
    f[0][11] = 1;
    f[1][3] = 1;
    f[1][11] = 2;
    ask_row(m.w, m.s, "ask cell", f[0], 19);
    ask_row(m.w, m.s, "ask cell", f[1], 19);
    struct chain_trace *trace = test_trace(&cell, 1);
    set_roots(m.w, trace, OLD, NEW);
    ck_assert_int_eq(witness_answer(m.w, trace), ERR_MISMATCH);
    test_trace_free(trace);
    witness_free(m.w);
    ir_system_free(m.s);
}
END_TEST

static uint32_t *cell_of(struct ir_trace *tr, const char *table, const char *column, uint32_t row)
{
    uint32_t t = ir_table_find(tr->system, table);
    return &tr->tables[t].columns[ir_column_find(tr->system->tables[t], column)][row];
}

/* Amount attacks on the balance table alone: each consistent in itself, each refused. */
START_TEST(balances_can_not_be_forged)
{
    struct ir_system *s = ir_system_new("balance", 1, 0);
    air_add_range16(s);
    air_add_balance(s, 3);
    add_asker(s, "ask", BUS_BALANCE, 12, 2);
    add_taker(s, "cell", BUS_CELL, 19, 2);
    ir_system_finish(s);
    struct witness *w;
    ck_assert_int_eq(witness_new(&w, s), ERR_OK);
    /* credit of 5 to an empty cell, written down by hand so that it can be made wrong */
    uint32_t ask[12] = {17, 9, 2, 77, BALANCE_CREDIT, 5};
    uint32_t cell[19] = {17, 9, 2, [11] = 77, [12] = 5};
    ask_row(w, s, "ask", ask, 12);
    ask_row(w, s, "cell", cell, 19);
    struct test_cell none = {.account = 9, .slot = 2, .touched = true, .after = {77, 5}};
    struct chain_trace *trace = test_trace(&none, 1);
    struct ir_trace *tr = clean_trace(w, trace);
    ck_assert_ptr_nonnull(tr);
    char text[256];
    static const struct {
        const char *what;
        struct {
            const char *table, *column;
            uint32_t value;
        } set[6];
    } attack[] = {
        {"a debit reads as a credit", {{"balance", "debit", 1}, {"ask", "f[4]", 1}}},
        {"more is written", {{"balance", "new[0]", 6}, {"cell", "f[12]", 6}}},
        {"slot 1", {{"balance", "slot", 1}, {"ask", "f[2]", 1}, {"cell", "f[2]", 1}}},
        {"slot 0", {{"balance", "slot", 0}, {"ask", "f[2]", 0}, {"cell", "f[2]", 0}}},
        {"another token is written", {{"cell", "f[11]", 78}}},
        {"the token is kept though nothing stays",
         {{"balance", "delta[0]", 0}, {"ask", "f[5]", 0}, {"balance", "new[0]", 0},
          {"cell", "f[12]", 0}}},
        {"a limb of 2^16",
         {{"balance", "delta[0]", 65536}, {"ask", "f[5]", 65536}, {"balance", "new[0]", 65536},
          {"cell", "f[12]", 65536}}},
        {"a negative limb",
         {{"balance", "delta[0]", IR_P - 1}, {"ask", "f[5]", IR_P - 1},
          {"balance", "new[0]", IR_P - 1}, {"cell", "f[12]", IR_P - 1}}},
        {"the carry invents 2^16",
         {{"balance", "carry 0", 1}, {"balance", "new[1]", 1}, {"cell", "f[13]", 1}}},
        {"mode 3",
         {{"balance", "debit", 1}, {"balance", "take all", 1}, {"ask", "f[4]", 3}}},
    };
    for (uint32_t i = 0; i < ARRAY_LEN(attack); i++) {
        uint32_t old[6];
        for (uint32_t k = 0; k < 6 && attack[i].set[k].table != NULL; k++) {
            uint32_t *c = cell_of(tr, attack[i].set[k].table, attack[i].set[k].column, 0);
            old[k] = *c;
            *c = attack[i].set[k].value;
        }
        ck_assert_msg(ir_mock_check(tr, text, sizeof text) == ERR_PROOF, "%s", attack[i].what);
        for (uint32_t k = 6; k-- > 0;)
            if (attack[i].set[k].table != NULL)
                *cell_of(tr, attack[i].set[k].table, attack[i].set[k].column, 0) = old[k];
    }
    ck_assert_int_eq(ir_mock_check(tr, text, sizeof text), ERR_OK);
    ir_trace_free(tr);
    witness_free(w);
    test_trace_free(trace);
    ir_system_free(s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("air_memory");
    TCase *c = tcase_create("all");
    tcase_set_timeout(c, 60);
    printf("seed %llu\n", (unsigned long long)SEED);
    tcase_add_test(c, random_histories_are_accepted);
    tcase_add_test(c, a_batch_without_any_access_keeps_its_root);
    tcase_add_test(c, every_changed_cell_of_a_trace_is_noticed);
    tcase_add_test(c, times_of_one_cell_must_grow);
    tcase_add_test(c, balances_can_not_be_forged);
    suite_add_tcase(s, c);
    return s;
}

int main(void)
{
    return check_main(suite());
}

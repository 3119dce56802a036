#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/trace/witness_internal.h"

/* Tables that witness_answer fills itself; all others are the op tables. */
static const char *const INFRASTRUCTURE[] = {
    "range16", "poseidon", "poseidon2", "sponge", "absorb", "tree", "access",
    "balance", "userhash", "user",      "poolhash", "pool", "packed", "pow10",
    "auth",    "wots",     "step",      "path",     "bytes", "sha256", "blocks", "horner"};

static bool is_infrastructure(const char *name)
{
    for (uint32_t i = 0; i < ARRAY_LEN(INFRASTRUCTURE); i++)
        if (strcmp(name, INFRASTRUCTURE[i]) == 0) return true;
    return false;
}

static bool is_event(uint16_t tag)
{
    return tag == BUS_CELL || tag == BUS_BALANCE || tag == BUS_USER || tag == BUS_POOL ||
           tag == BUS_AUTH || tag == BUS_AUTH_NEW_KEY;
}

static bool is_content(uint16_t tag)
{
    return tag == BUS_USER_HASH || tag == BUS_POOL_HASH || tag == BUS_PACKED || tag == BUS_SPONGE ||
           tag == BUS_SPONGE_IN;
}

static bool is_poseidon(uint16_t tag)
{
    return tag == BUS_POSEIDON;
}

static bool is_count(uint16_t tag)
{
    bool rounds = tag >= BUS_SHA_STATE && tag <= BUS_SHA_SIGMA1;
    return tag != BUS_POSEIDON && !is_event(tag) && tag != BUS_TREE && tag != BUS_MEM &&
           tag != BUS_CHAIN && !rounds;
}

/* What all tables of the system (or only the op tables) send on the wanted buses. Workers take table
 * after table; the list is in the order of the tables all the same. */
struct collection {
    struct witness *w;
    bool (*wanted)(uint16_t tag);
    bool only_ops;
    struct lookups *lookups[PARALLEL_MAX]; /* by worker; NULL: not counted apart */
    atomic_uint next;
    struct ask_list list[IR_MAX_TABLES];
};

static void collect_tables(void *ctx, size_t worker, size_t from, size_t to)
{
    struct collection *c = ctx;
    const struct ir_system *s = c->w->system;
    (void)from;
    (void)to;
    for (unsigned i; (i = atomic_fetch_add(&c->next, 1)) < s->n_tables;)
        if (!c->only_ops || !is_infrastructure(s->tables[i]->name))
            asks_collect(c->w, i, c->wanted, &c->list[i], c->lookups[worker]);
}

static size_t workers_of(const struct witness *w)
{
    return w->threads == NULL ? 1 : parallel_workers(w->threads);
}

static struct ask_list collect_all(struct collection *c)
{
    struct ask_list all = {.at = NULL};
    w_parallel(c->w, workers_of(c->w), 1, collect_tables, c);
    for (uint32_t i = 0; i < IR_MAX_TABLES; i++)
        all.cap += c->list[i].n;
    all.at = calloc(all.cap + 1u, sizeof *all.at);
    REQUIRE(all.at != NULL);
    for (uint32_t i = 0; i < IR_MAX_TABLES; i++) {
        if (c->list[i].n > 0)
            memcpy(all.at + all.n, c->list[i].at, c->list[i].n * sizeof *all.at);
        all.n += c->list[i].n;
        asks_free(&c->list[i]);
    }
    return all;
}

static struct ask_list collect(struct witness *w, bool (*wanted)(uint16_t), bool only_ops)
{
    struct collection c = {.w = w, .wanted = wanted, .only_ops = only_ops};
    return collect_all(&c);
}

/* Multiplicities of everything that is looked up. */
static void fill_multiplicities(struct witness *w)
{
    static const uint16_t buses[] = {BUS_USER_HASH, BUS_POOL_HASH, BUS_PACKED, BUS_POW10,
                                     BUS_HEADER,    BUS_FEE_SLOT,  BUS_DEP,    BUS_LENGTH,
                                     BUS_SEGMENT_BYTE};
    struct collection c = {.w = w, .wanted = is_count};
    const size_t workers = workers_of(w);
    struct lookups *lookups = calloc(workers, sizeof *lookups);
    REQUIRE(lookups != NULL);
    for (size_t i = 0; i < workers; i++)
        c.lookups[i] = &lookups[i];
    struct ask_list asks = collect_all(&c);
    for (size_t i = 1; i < workers; i++)
        for (uint32_t v = 0; v < 1u << 16; v++) {
            lookups->words[v] = f_add(lookups->words[v], lookups[i].words[v]);
            lookups->bytes[v] = f_add(lookups->bytes[v], lookups[i].bytes[v]);
        }
    fill_counts(w, &asks, buses, ARRAY_LEN(buses));
    fill_counts(w, &asks, w->counted, w->n_counted);
    fill_range16(w, &asks, lookups);
    asks_free(&asks);
    free(lookups);
}

enum err witness_answer(struct witness *w, const struct chain_trace *trace)
{
    if (w->err != ERR_OK) return w->err;
    struct ask_list events = collect(w, is_event, true);
    fill_events(w, trace, &events);
    asks_free(&events);
    if (w->err != ERR_OK) return w->err;
    struct ask_list content = collect(w, is_content, false);
    fill_user_hash(w, &content);
    fill_pool_hash(w, &content);
    fill_packed(w, &content);
    fill_sponge(w, &content);
    asks_free(&content);
    fill_bytes(w, trace);
    fill_horner(w, trace);
    if (w->err != ERR_OK) return w->err;

    struct ask_list poseidon = collect(w, is_poseidon, false);
    fill_poseidon(w, &poseidon);
    asks_free(&poseidon);
    fill_multiplicities(w);
    return w->err;
}

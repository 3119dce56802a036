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

/* What all tables of the system (or only the op tables) send on the wanted buses. */
static struct ask_list collect(struct witness *w, bool (*wanted)(uint16_t), bool only_ops)
{
    struct ask_list l = {.at = NULL};
    for (uint32_t i = 0; i < w->system->n_tables; i++)
        if (!only_ops || !is_infrastructure(w->system->tables[i]->name))
            asks_collect(w, i, wanted, &l);
    return l;
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
    struct ask_list counts = collect(w, is_count, false);
    static const uint16_t buses[] = {BUS_USER_HASH, BUS_POOL_HASH, BUS_PACKED, BUS_POW10,
                                     BUS_HEADER,    BUS_FEE_SLOT,  BUS_DEP,    BUS_LENGTH,
                                     BUS_SEGMENT_BYTE};
    fill_counts(w, &counts, buses, ARRAY_LEN(buses));
    fill_counts(w, &counts, w->counted, w->n_counted);
    fill_range16(w, &counts);
    asks_free(&counts);
    return w->err;
}

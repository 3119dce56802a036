#include "tests/sim/l1_chain.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "tests/sim/faults.h"
#include "tests/sim/sim.h"

static const uint8_t users[20] = {0x55}; /* sends all requests, so that their order is kept */

static struct l1_state *state_copy(const struct l1_state *from)
{
    struct l1_state *s = malloc(sizeof *s);
    REQUIRE(s != NULL);
    *s = *from;
    return s;
}

static uint64_t *nonce_of(struct l1_state *s, const uint8_t address[20])
{
    for (uint32_t i = 0; i < s->n_senders; i++) {
        if (memcmp(s->senders[i].address, address, 20) == 0) return &s->senders[i].nonce;
    }
    REQUIRE(s->n_senders < L1_SENDERS_MAX);
    memcpy(s->senders[s->n_senders].address, address, 20);
    s->senders[s->n_senders].nonce = 0;
    return &s->senders[s->n_senders++].nonce;
}

static void block_hash(struct l1 *l, struct sim_block *b)
{
    uint8_t bytes[32 + 4 * 8];
    memcpy(bytes, b->parent, 32);
    put_be64(bytes + 32, b->number);
    put_be64(bytes + 40, b->time);
    put_be64(bytes + 48, l->forks);
    put_be64(bytes + 56, l->chain);
    sha256(b->hash, bytes, sizeof bytes);
}

static struct sim_block *block_new(struct l1 *l, uint64_t time)
{
    struct sim_block *b = calloc(1, sizeof *b);
    REQUIRE(b != NULL && l->head + 1 < L1_BLOCKS_MAX);
    b->number = l->head + 1;
    const struct sim_block *parent = l->blocks[l->head];
    b->time = time > parent->time ? time : parent->time + 1;
    memcpy(b->parent, parent->hash, 32);
    b->after = state_copy(parent->after);
    block_hash(l, b);
    return b;
}

static void logs_add(struct sim_block *b, uint32_t tx, uint32_t tx_index,
                     const struct contract_effects *e)
{
    b->logs = realloc(b->logs, (b->n_logs + e->n + 1) * sizeof *b->logs);
    REQUIRE(b->logs != NULL);
    for (size_t i = 0; i < e->n; i++)
        b->logs[b->n_logs++] = (struct sim_log){tx, tx_index, e->list[i]};
}

void l1_init(struct l1 *l, const struct deployment *d, uint16_t chain,
             const uint8_t operator_address[20], const uint32_t *keys_root, uint64_t finality)
{
    static struct contract_effects effects;
    memset(l, 0, sizeof *l);
    l->deployment = d;
    l->chain = chain;
    l->finality = finality;
    l->env = (struct contract_env){.deployment = d, .chain = chain, .keys_root = keys_root};
    memcpy(l->env.operator_address, operator_address, 20);
    struct sim_block *genesis = calloc(1, sizeof *genesis);
    REQUIRE(genesis != NULL);
    genesis->time = SIM_EPOCH_MS / 1000 - 100;
    genesis->after = calloc(1, sizeof *genesis->after);
    REQUIRE(genesis->after != NULL);
    block_hash(l, genesis);
    l->blocks[0] = genesis;
    while (l->head < d->chains[chain].deploy_block) {
        struct sim_block *b = block_new(l, genesis->time + l->head + 1);
        if (b->number == d->chains[chain].deploy_block) {
            effects.n = 0;
            contract_init(&b->after->contract, &l->env, &effects);
            logs_add(b, UINT32_MAX, 0, &effects);
        }
        l->blocks[++l->head] = b;
    }
}

/* Runs the transaction on top of the block; a revert uses up the nonce and nothing else. */
static void tx_run(struct l1 *l, struct sim_block *b, uint32_t number)
{
    static struct contract_effects effects;
    struct l1_tx *tx = l->txs[number];
    struct l1_state *before = state_copy(b->after);
    struct contract_env env = l->env;
    env.time = b->time;
    memcpy(env.from, tx->from, 20);
    effects.n = 0;
    effects.why = "";
    struct span input = {tx->data, tx->len};
    tx->ok = tx->is_request ? contract_request(&b->after->contract, &env, input, &effects)
                            : contract_call(&b->after->contract, &env, input, &effects);
    tx->why = tx->ok ? "" : effects.why;
    if (!tx->ok) *b->after = *before;
    free(before);
    *nonce_of(b->after, tx->from) += 1;
    tx->block = b->number;
    tx->index = b->n_txs++;
    if (tx->ok) logs_add(b, number, tx->index, &effects);
    if (!tx->is_request)
        sim_note("l1-%u block %llu: %02x%02x nonce %llu %s", l->chain,
                 (unsigned long long)b->number, tx->hash[0], tx->hash[1],
                 (unsigned long long)tx->nonce, tx->ok ? "done" : tx->why);
}

void l1_mine(struct l1 *l, uint64_t time)
{
    struct sim_block *b = block_new(l, time);
    bool again = true;
    bool late = fault_draw(FAULT_TX_LATE, "");
    while (again && !late) {
        again = false;
        for (uint32_t i = 0; i < l->n_txs; i++) {
            struct l1_tx *tx = l->txs[i];
            if (!tx->is_known || tx->block != 0 || *nonce_of(b->after, tx->from) != tx->nonce)
                continue;
            tx_run(l, b, i);
            again = true;
        }
    }
    l->blocks[++l->head] = b;
}

void l1_reorganise(struct l1 *l, uint64_t depth, uint64_t time)
{
    uint64_t keep = l->head - depth;
    sim_note("l1-%u reorganises %llu blocks above %llu", l->chain, (unsigned long long)depth,
             (unsigned long long)keep);
    for (uint32_t i = 0; i < l->n_txs; i++) {
        struct l1_tx *tx = l->txs[i];
        if (tx->block <= keep) continue;
        tx->block = 0;
        tx->is_checked = false;
        bool ours = !tx->is_request && tx->from[0] != 0x77;
        if (ours && fault_draw(FAULT_TX_FORGOTTEN, "")) tx->is_known = false;
    }
    for (; l->head > keep; l->head--) {
        struct sim_block *b = l->blocks[l->head];
        free(b->after);
        free(b->logs);
        free(b);
        l->blocks[l->head] = NULL;
    }
    l->forks++;
    for (uint64_t i = 0; i <= depth; i++)
        l1_mine(l, time - depth + i);
}

static struct l1_tx *tx_new(struct l1 *l)
{
    REQUIRE(l->n_txs < L1_TXS_MAX);
    struct l1_tx *tx = calloc(1, sizeof *tx);
    REQUIRE(tx != NULL);
    l->txs[l->n_txs++] = tx;
    tx->is_known = true;
    return tx;
}

bool l1_request(struct l1 *l, struct span record)
{
    static struct contract_effects effects;
    struct l1_state *scratch = state_copy(l->blocks[l->head]->after);
    effects.n = 0;
    bool ok = contract_request(&scratch->contract, &l->env, record, &effects);
    free(scratch);
    if (!ok) return false;
    struct l1_tx *tx = tx_new(l);
    tx->is_request = true;
    memcpy(tx->from, users, 20);
    tx->nonce = l->n_requests_made++;
    tx->data = malloc(record.len);
    REQUIRE(tx->data != NULL);
    memcpy(tx->data, record.data, record.len);
    tx->len = record.len;
    memcpy(tx->to, l->deployment->chains[l->chain].contract, 20);
    put_be64(tx->hash, 0x7e9e000000000000u + tx->nonce);
    tx->hash[31] = (uint8_t)l->chain;
    return true;
}

void l1_stranger(struct l1 *l, struct span input)
{
    struct l1_tx *tx = tx_new(l);
    memset(tx->from, 0x77, 20);
    tx->nonce = l->n_strangers++;
    tx->data = malloc(input.len);
    REQUIRE(tx->data != NULL);
    memcpy(tx->data, input.data, input.len);
    tx->len = input.len;
    memcpy(tx->to, l->deployment->chains[l->chain].contract, 20);
    put_be64(tx->hash, 0x57a6000000000000u + tx->nonce);
    tx->hash[31] = (uint8_t)l->chain;
}

const struct contract *l1_contract_at(const struct l1 *l, uint64_t number)
{
    return &l->blocks[number]->after->contract;
}

uint64_t l1_final(const struct l1 *l)
{
    return l->head > l->finality ? l->head - l->finality : 0;
}

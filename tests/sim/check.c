#include "tests/sim/check.h"

#include <stdlib.h>
#include <string.h>

#include "audit/replica.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/secp256k1_sign.h"
#include "tests/sim/faults.h"
#include "tests/sim/stranger.h"

enum { COMMITS_MAX = 512, RAWS_MAX = 2048, K_MAX = CONTRACT_BATCHES_MAX, SIGNATURE = 65 };

struct commit {
    const struct l1_tx *tx;
    uint64_t k;
    uint32_t n_priority;
};

static struct {
    const struct town_plan *plan;
    struct replica *replica;
    uint64_t changed; /* of the L1s, at the last look */
    uint8_t proven[K_MAX + 1][32];
    uint64_t n_proven;
    struct replica_sum sums[K_MAX + 1][TOWN_CHAINS][CONTRACT_TOKENS];
    struct commit commits[TOWN_CHAINS][COMMITS_MAX];
    size_t n_commits[TOWN_CHAINS];
    struct {
        unsigned chain;
        uint64_t nonce;
        uint8_t hash[32];
    } raws[RAWS_MAX];
    size_t n_raws;
    struct {
        bool has;
        uint8_t digest[32];
    } books[TOWN_ORACLES][K_MAX + 1];
    struct span request; /* of request_at */
} c;

void check_init(const struct town_plan *plan)
{
    memset(&c, 0, sizeof c);
    c.plan = plan;
    REQUIRE(replica_new(&c.replica, &plan->deployment) == ERR_OK);
    replica_digest(c.replica, c.proven[0]);
}

/* ---- what was sent ---- */

static bool is_call(const struct l1_tx *tx, const char *signature)
{
    uint8_t selector[4];
    l1_abi_selector(selector, signature);
    return tx->len > 4 && memcmp(tx->data, selector, 4) == 0;
}

static void check_agreement(struct l1 *l, const struct l1_tx *tx)
{
    struct span args = {tx->data + 4, tx->len - 4}, signatures;
    uint64_t k = 0;
    uint8_t digest[32], signer[20], hash[32];
    if (l1_abi_u64(&k, args, 32) != ERR_OK || l1_abi_word(digest, args, 64) != ERR_OK ||
        l1_abi_bytes(&signatures, args, 96) != ERR_OK || k == 0 || k > K_MAX)
        sim_fail("a malformed agreement was sent");
    contract_agreement_hash(hash, l->deployment, k, digest);
    for (size_t i = 0; i + SIGNATURE <= signatures.len; i += SIGNATURE) {
        REQUIRE(ecdsa_recover_address(signer, signatures.data + i, hash) == ERR_OK);
        for (unsigned o = 0; o < TOWN_ORACLES; o++) {
            if (memcmp(signer, l->deployment->oracles[o], 20) != 0) continue;
            if (!c.books[o][k].has || memcmp(c.books[o][k].digest, digest, 32) != 0)
                sim_fail("I9: a signature of oracle %u for batch %llu is out and not in its book", o,
                         (unsigned long long)k);
        }
    }
}

void check_book(unsigned oracle, uint64_t k, const uint8_t digest[32])
{
    REQUIRE(oracle < TOWN_ORACLES && k >= 1 && k <= K_MAX);
    if (c.books[oracle][k].has && memcmp(c.books[oracle][k].digest, digest, 32) != 0)
        sim_fail("I9: oracle %u holds two digests for batch %llu", oracle, (unsigned long long)k);
    c.books[oracle][k].has = true;
    memcpy(c.books[oracle][k].digest, digest, 32);
}

static void check_commit(struct l1 *l, const struct l1_tx *tx, const struct l1_commit *m)
{
    uint32_t n = 0;
    uint64_t before = 0, k = m->statement.k;
    for (size_t i = 0; i < m->n_segments; i++)
        n += get_be16(m->segments[i].data + 16);
    for (uint64_t j = 1; j < k; j++) { /* the last commit that was sent for each batch before */
        for (size_t i = c.n_commits[l->chain]; i > 0; i--) {
            if (c.commits[l->chain][i - 1].k != j) continue;
            before += c.commits[l->chain][i - 1].n_priority;
            break;
        }
    }
    uint64_t final = l1_contract_at(l, l1_final(l))->total_requests;
    if (before + n > final)
        sim_fail("I6: batch %llu serves %llu requests of chain %u, %llu are final",
                 (unsigned long long)k, (unsigned long long)(before + n), l->chain,
                 (unsigned long long)final);
    REQUIRE(c.n_commits[l->chain] < COMMITS_MAX);
    c.commits[l->chain][c.n_commits[l->chain]++] = (struct commit){tx, k, n};
}

void check_raw(struct l1 *l, const struct l1_tx *tx)
{
    static struct l1_commit m;
    struct l1_abi_fault fault;
    stranger_sees(tx);
    if (is_call(tx, "submitAgreement(uint32,uint64,bytes32,bytes)")) check_agreement(l, tx);
    if (memcmp(tx->from, c.plan->operator_address, 20) != 0) return;
    for (size_t i = 0; i < c.n_raws; i++) {
        if (c.raws[i].chain == l->chain && c.raws[i].nonce == tx->nonce &&
            memcmp(c.raws[i].hash, tx->hash, 32) != 0)
            sim_fail("I9: two payloads signed for chain %u nonce %llu", l->chain,
                     (unsigned long long)tx->nonce);
    }
    REQUIRE(c.n_raws < RAWS_MAX);
    c.raws[c.n_raws].chain = l->chain;
    c.raws[c.n_raws].nonce = tx->nonce;
    memcpy(c.raws[c.n_raws++].hash, tx->hash, 32);
    if (l1_abi_commit_batch(&m, (struct span){tx->data, tx->len}, &fault) == ERR_OK)
        check_commit(l, tx, &m);
}

/* ---- re-execution of what is proven ---- */

static const struct span *request_at(void *ctx, uint16_t chain, uint64_t index)
{
    const struct l1 *l = town_l1(chain);
    (void)ctx;
    /* Their order in the queue is the order of the users' nonces. */
    for (uint32_t i = 0; i < l->n_txs; i++) {
        const struct l1_tx *tx = l->txs[i];
        if (!tx->is_request || tx->block == 0 || !tx->ok || tx->block > l1_final(l)) continue;
        if (index-- > 0) continue;
        c.request = (struct span){tx->data, tx->len};
        return &c.request;
    }
    return NULL;
}

static const struct l1_tx *commit_of(unsigned chain, uint64_t k)
{
    const struct l1 *l = town_l1(chain);
    for (size_t i = c.n_commits[chain]; i > 0; i--) {
        const struct commit *m = &c.commits[chain][i - 1];
        if (m->k == k && m->tx->ok && m->tx->block != 0 && m->tx->block <= l1_final(l)) return m->tx;
    }
    sim_fail("I3: chain %u has committed batch %llu in no transaction of the operator", chain,
             (unsigned long long)k);
}

/* Batch k is proven on some chain for good: it must follow from its data. */
static void apply(uint64_t k)
{
    static struct l1_commit m[TOWN_CHAINS];
    struct replica_batch b = {.k = k, .request_at = request_at};
    struct replica_finding finding;
    for (uint16_t i = 0; i < TOWN_CHAINS; i++) {
        struct l1_abi_fault fault;
        const struct l1_tx *tx = commit_of(i, k);
        REQUIRE(l1_abi_commit_batch(&m[i], (struct span){tx->data, tx->len}, &fault) == ERR_OK);
        if (m[i].n_segments == 0) continue;
        b.parts[b.n_parts++] = (struct replica_part){
            .chain = i, .segments = m[i].segments, .n_segments = m[i].n_segments};
    }
    b.time = m[0].statement.time;
    memcpy(b.final_root_before, m[0].statement.final_root_before, 32);
    memcpy(b.final_root_after, m[0].statement.final_root_after, 32);
    if (replica_apply(c.replica, &b, &finding) != ERR_OK)
        sim_fail("I5: batch %llu is proven and its re-execution says: chain %u record %lld: %s",
                 (unsigned long long)k, finding.chain, (long long)finding.record, finding.text);
    replica_digest(c.replica, c.proven[k]);
    for (uint16_t i = 0; i < TOWN_CHAINS; i++) {
        struct replica_sum others;
        replica_sums(c.replica, i, c.sums[k][i], CONTRACT_TOKENS, &others);
        if (others.users != 0 || others.pools != 0)
            sim_fail("I1: batch %llu leaves a token on chain %u that nobody registered",
                     (unsigned long long)k, i);
    }
    c.n_proven = k;
}

static void apply_proven(void)
{
    uint64_t proven = 0, committed = UINT64_MAX;
    for (unsigned i = 0; i < TOWN_CHAINS; i++) {
        const struct contract *s = l1_contract_at(town_l1(i), l1_final(town_l1(i)));
        if (s->proven > proven) proven = s->proven;
        if (s->committed < committed) committed = s->committed;
    }
    if (proven > committed)
        sim_fail("I11: batch %llu is proven on one chain and not committed on all",
                 (unsigned long long)proven);
    while (c.n_proven < proven)
        apply(c.n_proven + 1);
}

/* ---- by what right a chain took a step ---- */

/* The proof is one of the digests that re-execution gives. */
static void check_proof(const struct l1 *l, struct span args)
{
    uint64_t to = 0;
    struct span proof;
    uint8_t right[CONTRACT_PROOF_BYTES];
    if (l1_abi_u64(&to, args, 0) == ERR_OK && l1_abi_bytes(&proof, args, 32) == ERR_OK) {
        for (uint64_t from = 0; from < to && to <= c.n_proven; from++) {
            contract_terminal(right, l->env.keys_root, c.proven[from], c.proven[to]);
            if (proof.len == sizeof right && memcmp(proof.data, right, sizeof right) == 0) return;
        }
    }
    sim_fail("I11: chain %u took batch %llu as proven without a proof of it", l->chain,
             (unsigned long long)to);
}

static void check_quorum(const struct l1 *l, struct span args)
{
    uint64_t k = 0;
    uint8_t digest[32], hash[32], signer[20];
    struct span list = {NULL, 0};
    bool has[TOWN_ORACLES] = {false};
    unsigned n = 0;
    REQUIRE(l1_abi_u64(&k, args, 32) == ERR_OK && l1_abi_word(digest, args, 64) == ERR_OK &&
            l1_abi_bytes(&list, args, 96) == ERR_OK);
    contract_agreement_hash(hash, l->deployment, k, digest);
    for (size_t i = 0; i + SIGNATURE <= list.len; i += SIGNATURE) {
        if (ecdsa_recover_address(signer, list.data + i, hash) != ERR_OK) continue;
        for (unsigned o = 0; o < TOWN_ORACLES; o++)
            has[o] = has[o] || memcmp(signer, l->deployment->oracles[o], 20) == 0;
    }
    for (unsigned o = 0; o < TOWN_ORACLES; o++)
        n += has[o] ? 1 : 0;
    if (n < l->deployment->oracles_m)
        sim_fail("I11: chain %u took batch %llu as agreed by %u oracles", l->chain,
                 (unsigned long long)k, n);
}

static void check_rights(struct l1 *l)
{
    for (uint32_t i = 0; i < l->n_txs; i++) {
        struct l1_tx *tx = l->txs[i];
        if (tx->is_request || tx->is_checked || !tx->ok || tx->block == 0) continue;
        struct span args = {tx->data + 4, tx->len > 4 ? tx->len - 4 : 0};
        if (is_call(tx, "proveBatches(uint64,bytes)")) {
            if (tx->block > l1_final(l)) continue; /* re-executed when it is final */
            check_proof(l, args);
        }
        if (is_call(tx, "submitAgreement(uint32,uint64,bytes32,bytes)")) check_quorum(l, args);
        tx->is_checked = true;
    }
}

/* ---- one chain ---- */

static void check_money(unsigned chain, const struct contract *s)
{
    for (uint32_t t = 1; t <= CONTRACT_TOKENS; t++) {
        const struct replica_sum *sum = &c.sums[s->executed][chain][t - 1];
        unsigned __int128 owed = sum->users + sum->pools;
        for (uint32_t i = 0; i < s->n_owed; i++)
            owed += s->owed[i].token == t ? s->owed[i].amount : 0;
        for (uint64_t i = s->first_open; i < s->total_requests; i++)
            owed += s->request[i].token == t ? s->request[i].amount : 0;
        if (owed != s->held[t])
            sim_fail("I1: chain %u token %u: held is not what is owed, after batch %llu", chain, t,
                     (unsigned long long)s->executed);
        if (s->balance[t] < s->held[t])
            sim_fail("I1: chain %u token %u: less is there than held", chain, t);
        if (s->held[t] + s->paid[t] != s->deposited[t])
            sim_fail("I7: chain %u token %u: held + paid is not what was deposited", chain, t);
    }
}

static void check_chain(unsigned chain)
{
    const struct l1 *l = town_l1(chain);
    const struct contract *s = l1_contract_at(l, l->head);
    if (s->executed > s->agreed || s->agreed > s->proven || s->proven > s->committed)
        sim_fail("I4: chain %u: executed %llu agreed %llu proven %llu committed %llu", chain,
                 (unsigned long long)s->executed, (unsigned long long)s->agreed,
                 (unsigned long long)s->proven, (unsigned long long)s->committed);
    if (s->agreed > c.n_proven)
        sim_fail("I11: chain %u: batch %llu is agreed, proven for good everywhere are %llu", chain,
                 (unsigned long long)s->agreed, (unsigned long long)c.n_proven);
    for (uint64_t k = 1; k <= s->committed && k <= c.n_proven; k++) {
        if (memcmp(s->batch[k].digest, c.proven[k], 32) != 0)
            sim_fail("I3: chain %u holds another batch %llu than was proven", chain,
                     (unsigned long long)k);
    }
    check_money(chain, s);
}

void check_step(void)
{
    uint64_t changed = 0;
    for (unsigned i = 0; i < TOWN_CHAINS; i++)
        changed += town_l1(i)->head + town_l1(i)->forks * 100003 + (uint64_t)town_l1(i)->n_txs * 10007;
    if (changed == c.changed) return;
    c.changed = changed;
    apply_proven();
    for (unsigned i = 0; i < TOWN_CHAINS; i++) {
        check_rights(town_l1(i));
        check_chain(i);
    }
}

uint64_t check_executed(void)
{
    uint64_t executed = UINT64_MAX;
    for (unsigned i = 0; i < TOWN_CHAINS; i++) {
        uint64_t k = l1_contract_at(town_l1(i), l1_final(town_l1(i)))->executed;
        if (k < executed) executed = k;
    }
    return executed;
}

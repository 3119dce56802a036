#include "tests/sim/l1_contract.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"
#include "prover/recursion/layers.h"
#include "tests/sim/faults.h"

enum {
    HEADER = 44,
    WITHDRAWAL = 44,
    NEW_ACCOUNT = 0xffffff,
    TIME_BEHIND = 3600,
    TIME_AHEAD = 300,
    COST_MAX = 360,
    TERMINAL = LAYER_TERMINAL,
    SIGNATURE = 65,
    EXPIRY = 7 * 86400,
};
typedef unsigned __int128 u128;
#define AMOUNT_LIMIT ((u128)1 << 112)

/* ---- events ---- */

static void word_put(uint8_t *p, u128 v)
{
    memset(p, 0, 16);
    put_be64(p + 16, (uint64_t)(v >> 64));
    put_be64(p + 24, (uint64_t)v);
}

static struct contract_event *event(struct contract_effects *e, const char *signature, bool indexed,
                                    uint64_t number)
{
    REQUIRE(e->n < CONTRACT_EVENTS_MAX);
    struct contract_event *out = &e->list[e->n++];
    memset(out, 0, sizeof *out);
    keccak256(out->topics[0], signature, strlen(signature));
    word_put(out->topics[1], number);
    out->n_topics = indexed ? 2 : 1;
    return out;
}

static void add(struct contract_event *e, u128 v)
{
    REQUIRE(e->len + 32 <= sizeof e->data);
    word_put(e->data + e->len, v);
    e->len += 32;
}

static void add_word(struct contract_event *e, const uint8_t w[32])
{
    REQUIRE(e->len + 32 <= sizeof e->data);
    memcpy(e->data + e->len, w, 32);
    e->len += 32;
}

static void add_address(struct contract_event *e, const uint8_t a[20])
{
    uint8_t w[32] = {0};
    memcpy(w + 12, a, 20);
    add_word(e, w);
}

static bool refuse(struct contract_effects *e, const char *why)
{
    e->why = why;
    return false;
}

/* ---- numbers in records ---- */

static uint32_t be24(const uint8_t *p)
{
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static u128 be112(const uint8_t *p)
{
    u128 v = 0;
    for (int i = 0; i < 14; i++)
        v = v << 8 | p[i];
    return v;
}

static bool is_token(uint32_t token)
{
    return token >= 1 && token <= CONTRACT_TOKENS;
}

static size_t record_size(uint8_t first)
{
    switch (first >> 4) {
    case 1:
    case 4:
        return 42;
    case 2:
        return 62;
    case 3:
        return 46;
    default:
        return 0;
    }
}

/* ---- birth ---- */

void contract_init(struct contract *c, const struct contract_env *env,
                   struct contract_effects *effects)
{
    uint8_t roots[DEPLOYMENT_CHAINS_MAX][32];
    const struct deployment *d = env->deployment;
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < d->n_chains; i++)
        memcpy(roots[i], d->genesis_root, 32);
    final_root_compute(c->batch[0].final_root, d, 0, (const uint8_t(*)[32])roots);
    digest_chain_first(c->batch[0].digest, d->id, c->batch[0].final_root);
    for (uint32_t t = 2; t <= CONTRACT_TOKENS; t++) {
        uint8_t address[20];
        memset(address, (int)(0xe0 + t), 20);
        struct contract_event *e = event(effects, "TokenRegistered(uint32,address)", false, 0);
        add(e, t);
        add_address(e, address);
    }
}

/* ---- requests ---- */

bool contract_request(struct contract *c, const struct contract_env *env, struct span r,
                      struct contract_effects *effects)
{
    if (r.len == 0 || record_size(r.data[0]) != r.len || (r.data[0] & 15) != 0)
        return refuse(effects, "AccountInvalid");
    uint8_t kind = r.data[0] >> 4;
    struct contract_request q = {.token = 0};
    const uint8_t *owner = r.data + (kind <= 2 ? 22 : kind == 3 ? 6 : 5);
    if (kind >= 3 && be24(r.data + 1) == NEW_ACCOUNT) return refuse(effects, "AccountInvalid");
    if (kind != 3 && r.data[4] < 2) return refuse(effects, "SlotNotAllowed");
    if (kind <= 2) {
        q.token = be24(r.data + 5);
        q.amount = be112(r.data + 8);
        if (!is_token(q.token)) return refuse(effects, "TokenUnknown");
        if (q.amount == 0) return refuse(effects, "AmountOutOfRange");
        if (c->held[q.token] + q.amount >= AMOUNT_LIMIT) return refuse(effects, "TokenCapReached");
        c->held[q.token] += q.amount;
        c->balance[q.token] += q.amount;
        c->deposited[q.token] += q.amount;
    }
    if (c->total_requests == CONTRACT_REQUESTS_MAX) return refuse(effects, "QueueFull");
    sha256(q.hash, r.data, r.len);
    memcpy(q.payer, owner, 20);
    struct contract_event *e = event(
        effects, "PriorityRequest(uint64,uint8,bytes,address,uint64)", true, c->total_requests);
    add(e, kind);
    add(e, 4 * 32);
    add_address(e, owner);
    add(e, env->time + EXPIRY);
    add(e, r.len);
    for (size_t i = 0; i < r.len; i += 32) {
        uint8_t w[32] = {0};
        memcpy(w, r.data + i, r.len - i < 32 ? r.len - i : 32);
        add_word(e, w);
    }
    c->request[c->total_requests++] = q;
    return true;
}

/* ---- commit ---- */

static bool participants_right(const struct deployment *d, const struct statement_facts *s,
                               uint16_t chain, size_t *own)
{
    *own = SIZE_MAX;
    if (s->n_participants == 0 || s->n_participants > 16) return false;
    for (size_t i = 0; i < s->n_participants; i++) {
        if (i > 0 && s->participants[i] <= s->participants[i - 1]) return false;
        bool known = false;
        for (size_t j = 0; j < d->n_chains; j++)
            known = known || d->chains[j].chain_id == s->participants[i];
        if (!known) return false;
        if (s->participants[i] == d->chains[chain].chain_id) *own = i;
    }
    return true;
}

static bool outcome_allowed(const uint8_t *p)
{
    unsigned kind = p[0] >> 4, outcome = p[0] & 15;
    bool fresh = be24(p + 1) == NEW_ACCOUNT;
    static const unsigned codes[5][2] = {
        {0, 0}, {0x0e, 0x18}, {0x2e, 0x18}, {0x26, 0x26}, {0x0e, 0x0e}};
    if (outcome == 0) return true;
    if ((codes[kind][fresh ? 1 : 0] >> outcome & 1) == 0) return false;
    return kind != 4 || (be24(p + 25) == 0 && be112(p + 28) == 0);
}

/* One record of the region is the next request of the queue. */
static bool record_fits(const struct contract *c, const uint8_t *p, size_t size, uint64_t index)
{
    uint8_t masked[62], hash[32];
    if (index >= c->total_requests) return false;
    memcpy(masked, p, size);
    masked[0] &= 0xf0;
    if (masked[0] == 0x40) memset(masked + 25, 0, 17);
    sha256(hash, masked, size);
    return memcmp(hash, c->request[index].hash, 32) == 0;
}

static bool segment_read(const struct contract *c, struct contract_batch *b, struct span s,
                         struct bytes_buf *priority, struct bytes_buf *withdrawals, uint32_t *cost)
{
    uint32_t n_priority = get_be16(s.data + 16), n_withdrawals = get_be16(s.data + 18);
    size_t bytes = get_be32(s.data + 20), at = HEADER;
    if (s.len < HEADER + bytes + (size_t)WITHDRAWAL * n_withdrawals) return false;
    for (uint32_t i = 0; i < n_priority; i++) {
        const uint8_t *p = s.data + at;
        size_t size = at < HEADER + bytes ? record_size(p[0]) : 0;
        if (size == 0 || at + size > HEADER + bytes) return false;
        if (!record_fits(c, p, size, c->committed_requests + b->n_priority + i)) return false;
        if (!outcome_allowed(p)) return false;
        if (p[0] >> 4 == 4 && be112(p + 28) > 0 && !is_token(be24(p + 25))) return false;
        *cost += p[0] >> 4 == 4 ? 5 : 1;
        at += size;
    }
    if (at != HEADER + bytes) return false;
    for (uint32_t i = 0; i < n_withdrawals; i++) {
        if (!is_token(be24(s.data + at + WITHDRAWAL * i + 5))) return false;
    }
    *cost += 5 * n_withdrawals;
    b->n_priority += n_priority;
    b->n_withdrawals += n_withdrawals;
    b->priority_bytes += (uint32_t)bytes;
    return bytes_buf_append(priority, s.data + HEADER, bytes) == ERR_OK &&
           bytes_buf_append(withdrawals, s.data + at, (size_t)WITHDRAWAL * n_withdrawals) == ERR_OK;
}

static bool header_fits(const struct contract_env *env, const struct l1_commit *m, size_t i)
{
    struct span s = m->segments[i];
    return s.len >= HEADER && s.data[0] == 2 && get_be16(s.data + 1) == env->chain &&
           get_be32(s.data + 3) == m->statement.k && s.data[7] == i && s.data[8] == m->n_segments &&
           get_be32(s.data + 9) == m->statement.time;
}

static const char *segments_read(const struct contract *c, const struct contract_env *env,
                                 struct contract_batch *b, const struct l1_commit *m)
{
    struct bytes_buf regions, withdrawals;
    uint32_t cost = 0;
    const char *why = NULL;
    bytes_buf_init(&regions, 1 << 20);
    bytes_buf_init(&withdrawals, 1 << 20);
    for (size_t i = 0; i < m->n_segments && why == NULL; i++) {
        if (!header_fits(env, m, i))
            why = "BadHeader";
        else if (!segment_read(c, b, m->segments[i], &regions, &withdrawals, &cost))
            why = "PriorityQueueMismatch";
    }
    if (cost > COST_MAX) why = "TooMuchToExecute";
    if (bytes_buf_append(&regions, withdrawals.data, withdrawals.len) != ERR_OK) why = "BadHeader";
    keccak256(b->regions_hash, regions.data, regions.len);
    bytes_buf_deinit(&regions);
    bytes_buf_deinit(&withdrawals);
    return why;
}

static bool commit(struct contract *c, const struct contract_env *env, struct span input,
                   struct contract_effects *e)
{
    struct l1_commit m;
    struct l1_abi_fault fault;
    if (memcmp(env->from, env->operator_address, 20) != 0) return refuse(e, "NotOperator");
    if (l1_abi_commit_batch(&m, input, &fault) != ERR_OK) return refuse(e, "BadCalldata");
    const struct statement_facts *s = &m.statement;
    const struct contract_batch *last = &c->batch[c->committed];
    struct contract_batch b = {.time = s->time};
    size_t own = 0;
    if (m.epoch != 0) return refuse(e, "WrongEpoch");
    if (s->k != c->committed + 1 || s->k > CONTRACT_BATCHES_MAX) return refuse(e, "WrongBatch");
    if (memcmp(s->final_root_before, last->final_root, 32) != 0)
        return refuse(e, "WrongPreviousRoot");
    if (s->time < last->time) return refuse(e, "TimeWentBack");
    if (s->time > env->time + TIME_AHEAD) return refuse(e, "TimeOutsideWindow");
    if (!participants_right(env->deployment, s, env->chain, &own))
        return refuse(e, "BadParticipants");
    if (own == SIZE_MAX) {
        if (m.n_segments != 0) return refuse(e, "UnexpectedSegment");
        keccak256(b.regions_hash, "", 0);
    } else {
        uint8_t pubdata[32];
        if (s->time + TIME_BEHIND < env->time) return refuse(e, "TimeOutsideWindow");
        if (m.n_segments == 0) return refuse(e, "BadSegmentCount");
        pubdata_compute(pubdata, m.segments, m.n_segments);
        if (memcmp(pubdata, s->pubdata[own], 32) != 0) return refuse(e, "PubdataMismatch");
        const char *why = segments_read(c, env, &b, &m);
        if (why != NULL) return refuse(e, why);
    }
    struct deployment_digests digests;
    digests_compute(&digests, env->deployment);
    statement_compute(b.statement, env->deployment->id, &digests, s);
    digest_chain_next(b.digest, last->digest, b.statement);
    memcpy(b.final_root, s->final_root_after, 32);
    memcpy(b.before, s->final_root_before, 32);
    c->batch[++c->committed] = b;
    c->committed_requests += b.n_priority;
    struct contract_event *v =
        event(e, "BatchCommitted(uint64,bytes32,bytes32,bytes32)", true, s->k);
    add_word(v, b.statement);
    add_word(v, b.final_root);
    add_word(v, b.digest);
    return true;
}

static bool revert(struct contract *c, const struct contract_env *env, struct span args,
                   struct contract_effects *e)
{
    uint64_t from = 0;
    if (memcmp(env->from, env->operator_address, 20) != 0) return refuse(e, "NotOperator");
    if (l1_abi_u64(&from, args, 0) != ERR_OK || from > c->committed || from <= c->proven)
        return refuse(e, "NotRevertible");
    for (; c->committed >= from; c->committed--) {
        c->committed_requests -= c->batch[c->committed].n_priority;
        (void)event(e, "BatchReverted(uint64)", true, c->committed);
    }
    return true;
}

/* ---- prove ---- */

void contract_terminal(uint8_t proof[CONTRACT_PROOF_BYTES], const uint32_t keys_root[8],
                       const uint8_t from[32], const uint8_t to[32])
{
    uint8_t bytes[1 + 4 * 48] = {TERMINAL};
    for (size_t i = 0; i < 8; i++)
        put_be32(bytes + 1 + 4 * i, keys_root[i]);
    for (size_t i = 0; i < 16; i++) {
        put_be32(bytes + 1 + 4 * (16 + i), get_be16(from + 2 * i));
        put_be32(bytes + 1 + 4 * (32 + i), get_be16(to + 2 * i));
    }
    memset(proof, TERMINAL, CONTRACT_PROOF_BYTES);
    sha256(proof, bytes, sizeof bytes);
}

static bool prove(struct contract *c, const struct contract_env *env, struct span args,
                  struct contract_effects *e)
{
    uint64_t to = 0;
    struct span proof;
    uint8_t right[CONTRACT_PROOF_BYTES];
    if (l1_abi_u64(&to, args, 0) != ERR_OK || l1_abi_bytes(&proof, args, 32) != ERR_OK)
        return refuse(e, "BadCalldata");
    if (to <= c->proven) return refuse(e, "NothingToProve");
    if (to > c->committed) return refuse(e, "WrongBatch");
    if (to - c->proven > 64) return refuse(e, "RangeTooLong");
    contract_terminal(right, env->keys_root, c->batch[c->proven].digest, c->batch[to].digest);
    bool is_right = proof.len == sizeof right && memcmp(proof.data, right, sizeof right) == 0;
    if (!is_right && !fault_twin("proof"))
        return refuse(e, "ProofRefused");
    while (c->proven < to) {
        c->proven++;
        add_word(event(e, "BatchProven(uint64,bytes32)", true, c->proven),
                 c->batch[c->proven].final_root);
    }
    return true;
}

/* ---- agree ---- */

static void keccak_word(uint8_t *out, const char *text)
{
    keccak256(out, text, strlen(text));
}

/* REQ-L1-5, EIP-712. */
void contract_agreement_hash(uint8_t out[32], const struct deployment *d, uint64_t k,
                             const uint8_t digest[32])
{
    uint8_t domain[4 * 32], message[4 * 32], whole[2 + 64] = {0x19, 0x01};
    keccak_word(domain, "EIP712Domain(string name,string version,bytes32 salt)");
    keccak_word(domain + 32, "Hawser");
    keccak_word(domain + 64, "1");
    memcpy(domain + 96, d->id, 32);
    keccak256(whole + 2, domain, sizeof domain);
    keccak_word(message, "Agreement(uint32 set,uint64 k,bytes32 digest)");
    word_put(message + 32, 0);
    word_put(message + 64, k);
    memcpy(message + 96, digest, 32);
    keccak256(whole + 34, message, sizeof message);
    keccak256(out, whole, sizeof whole);
}

static bool signatures_right(const struct deployment *d, const uint8_t hash[32], struct span s)
{
    uint8_t previous[20] = {0}, signer[20];
    if (s.len % SIGNATURE != 0 || s.len / SIGNATURE < d->oracles_m) return false;
    for (size_t i = 0; i < s.len; i += SIGNATURE) {
        bool member = false;
        if (ecdsa_recover_address(signer, s.data + i, hash) != ERR_OK) return false;
        for (size_t j = 0; j < d->n_oracles; j++)
            member = member || memcmp(d->oracles[j], signer, 20) == 0;
        if (!member || memcmp(signer, previous, 20) <= 0) return false;
        memcpy(previous, signer, 20);
    }
    return true;
}

static bool agree(struct contract *c, const struct contract_env *env, struct span args,
                  struct contract_effects *e)
{
    uint64_t set = 0, k = 0;
    uint8_t digest[32], hash[32];
    struct span signatures;
    if (l1_abi_u64(&set, args, 0) != ERR_OK || l1_abi_u64(&k, args, 32) != ERR_OK ||
        l1_abi_word(digest, args, 64) != ERR_OK || l1_abi_bytes(&signatures, args, 96) != ERR_OK)
        return refuse(e, "BadCalldata");
    if (set != 0) return refuse(e, "UnknownOracleSet");
    if (k == 0 || k > c->proven) return refuse(e, "NotProven");
    if (k <= c->agreed) return refuse(e, "AgreedAlready");
    if (memcmp(digest, c->batch[k].digest, 32) != 0) return refuse(e, "DigestMismatch");
    contract_agreement_hash(hash, env->deployment, k, digest);
    if (!fault_twin("quorum") && !signatures_right(env->deployment, hash, signatures))
        return refuse(e, "BadSignatures");
    REQUIRE(c->n_marks < CONTRACT_MARKS_MAX);
    c->agreed = k;
    c->marks[c->n_marks].k = k;
    c->marks[c->n_marks++].time = env->time;
    add_word(event(e, "BatchAgreed(uint64,bytes32)", true, k), digest);
    return true;
}

/* ---- execute ---- */

static void owe(struct contract *c, uint32_t token, const uint8_t owner[20], u128 amount)
{
    uint32_t i = 0;
    while (i < c->n_owed && (c->owed[i].token != token || memcmp(c->owed[i].owner, owner, 20) != 0))
        i++;
    REQUIRE(i < CONTRACT_OWED_MAX);
    if (i == c->n_owed) {
        c->owed[i] = (struct contract_owed){.token = token};
        memcpy(c->owed[i].owner, owner, 20);
        c->n_owed++;
    }
    c->owed[i].amount += amount;
}

/* Receivers whose address ends in three ones take nothing: what they should get becomes pending. */
static void pay(struct contract *c, uint64_t k, uint32_t token, const uint8_t to[20], u128 amount,
                struct contract_effects *e)
{
    if (amount == 0) return;
    REQUIRE(is_token(token) && c->held[token] >= amount);
    bool takes = (to[19] & 7) != 7;
    struct contract_event *v = event(e,
                                     takes ? "Paid(uint64,uint32,address,uint128)"
                                           : "PaymentPending(uint64,uint32,address,uint128)",
                                     true, k);
    add(v, token);
    add_address(v, to);
    add(v, amount);
    if (!takes) {
        owe(c, token, to, amount);
        return;
    }
    c->held[token] -= fault_twin("money") ? 0 : amount;
    c->balance[token] -= amount;
    c->paid[token] += amount;
}

static void serve(struct contract *c, uint64_t k, const uint8_t *p, uint32_t n,
                  struct contract_effects *e)
{
    for (; n > 0; n--, p += record_size(p[0])) {
        const struct contract_request *q = &c->request[c->first_open];
        if (p[0] >> 4 == 4) {
            pay(c, k, be24(p + 25), p + 5, be112(p + 28), e);
        } else if (q->amount > 0 && (p[0] & 15) != 0) {
            owe(c, q->token, q->payer, q->amount);
            struct contract_event *v =
                event(e, "Refunded(uint64,uint32,address,uint128)", false, 0);
            add(v, c->first_open);
            add(v, q->token);
            add_address(v, q->payer);
            add(v, q->amount);
        }
        c->first_open++;
    }
}

static bool execute(struct contract *c, const struct contract_env *env, struct span args,
                    struct contract_effects *e)
{
    uint64_t k = 0;
    struct span regions;
    uint8_t hash[32];
    if (l1_abi_u64(&k, args, 0) != ERR_OK || l1_abi_bytes(&regions, args, 32) != ERR_OK)
        return refuse(e, "BadCalldata");
    if (k != c->executed + 1) return refuse(e, "WrongBatch");
    if (k > c->proven) return refuse(e, "NotProven");
    if (k > c->agreed) return refuse(e, "NotAgreed");
    if (c->marks[c->next_mark].k < k) c->next_mark++;
    if (env->time < c->marks[c->next_mark].time + env->deployment->execution_delay)
        return refuse(e, "TooEarly");
    const struct contract_batch *b = &c->batch[k];
    keccak256(hash, regions.data, regions.len);
    if (memcmp(hash, b->regions_hash, 32) != 0) return refuse(e, "RegionsMismatch");
    c->executed = k;
    add_word(event(e, "BatchExecuted(uint64,bytes32)", true, k), b->final_root);
    serve(c, k, regions.data, b->n_priority, e);
    const uint8_t *p = regions.data + b->priority_bytes;
    for (uint32_t i = 0; i < b->n_withdrawals; i++, p += WITHDRAWAL)
        pay(c, k, be24(p + 5), p + 8, be112(p + 28), e);
    return true;
}

/* ---- dispatch ---- */

static bool is_selector(struct span input, const char *signature)
{
    uint8_t hash[4];
    l1_abi_selector(hash, signature);
    return input.len >= 4 && memcmp(hash, input.data, 4) == 0;
}

bool contract_call(struct contract *c, const struct contract_env *env, struct span input,
                   struct contract_effects *effects)
{
    static const struct {
        const char *signature;
        bool (*run)(struct contract *c, const struct contract_env *env, struct span args,
                    struct contract_effects *e);
    } calls[] = {{"revertBatches(uint64)", revert},
                 {"proveBatches(uint64,bytes)", prove},
                 {"submitAgreement(uint32,uint64,bytes32,bytes)", agree},
                 {"executeBatch(uint64,bytes)", execute}};
    effects->n = 0;
    effects->why = "";
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (is_selector(input, calls[i].signature))
            return calls[i].run(c, env, (struct span){input.data + 4, input.len - 4}, effects);
    }
    return commit(c, env, input, effects);
}

static enum err answer(struct bytes_buf *out, u128 v)
{
    uint8_t w[32];
    word_put(w, v);
    return bytes_buf_append(out, w, 32);
}

static enum err batch_view(const struct contract *c, uint64_t k, struct bytes_buf *out)
{
    uint8_t words[11 * 32] = {0};
    if (k >= 1 && k <= c->committed) {
        const struct contract_batch *b = &c->batch[k];
        memcpy(words, b->statement, 32);
        memcpy(words + 32, b->final_root, 32);
        memcpy(words + 64, b->before, 32);
        memcpy(words + 96, b->digest, 32);
        word_put(words + 128, k <= c->executed ? 4 : k <= c->agreed ? 3 : k <= c->proven ? 2 : 1);
    }
    return bytes_buf_append(out, words, sizeof words);
}

bool contract_view(const struct contract *c, const struct contract_env *env, struct span input,
                   struct bytes_buf *out)
{
    const struct {
        const char *signature;
        uint64_t value;
    } counters[] = {{"committedK()", c->committed},
                    {"provenK()", c->proven},
                    {"agreedK()", c->agreed},
                    {"executedK()", c->executed},
                    {"statementVersion()", AUDIT_STATEMENT_VERSION},
                    {"totalRequests()", c->total_requests},
                    {"committedRequests()", c->committed_requests},
                    {"tokenCount()", CONTRACT_TOKENS},
                    {"firstOpenRequest()", c->first_open}};
    uint64_t k = 0;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        if (is_selector(input, counters[i].signature))
            return answer(out, counters[i].value) == ERR_OK;
    }
    if (is_selector(input, "deploymentId()"))
        return bytes_buf_append(out, env->deployment->id, 32) == ERR_OK;
    if (is_selector(input, "batches(uint64)") &&
        l1_abi_u64(&k, (struct span){input.data + 4, input.len - 4}, 0) == ERR_OK)
        return batch_view(c, k, out) == ERR_OK;
    return false;
}

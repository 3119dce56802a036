/* Batches from L1 deposits to an L1 payment, on two real nodes with Osaka's limits, with the product's
 * contracts, generated verifier and real proofs of every layer: keyed deposits on both chains, a pool
 * across them, a swap from A to B, a withdrawal on B; committed, proven by one terminal proof, agreed
 * and executed on both. The jobs are those of the orchestrator, done by the worker's code. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "cli/deploy/deploy.h"
#include "common/base/endian.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/sha256.h"
#include "core/batch/batch.h"
#include "core/batch/statement.h"
#include "core/op/amount.h"
#include "core/op/packed.h"
#include "orchestrator/proof_set.h"
#include "prover/worker/prove_job.h"
#include "tests/support/anvil.h"
#include "tests/support/check_main.h"
#include "tests/support/test_key.h"

enum { CHAINS = 2, ORACLES = 4, QUORUM = 3, WAIT_MS = 300000,
       TX_GAS = 16777216 /* EIP-7825 */, GAS_BAR = 12000000, BYTES_BAR = 110 * 1024 };
#define ETHER UINT64_C(1000000000000000000)
#define DEPOSIT (5 * ETHER)
#define LIQUIDITY ETHER
#define SWAP (ETHER / 10)
#define WITHDRAWAL (ETHER / 2)
#define BASE_FEE 1000

static struct anvil node[CHAINS];
static char key_path[3][64], folder[64], text[1024];
static struct deploy_config config;
static struct deployment d;
static uint8_t oracle_key[ORACLES][32];
static struct evm_sync *op[CHAINS], *user[CHAINS]; /* the operator and the user on each chain */
static struct test_key *xmss[CHAINS];
static struct chain_state state[CHAINS];
static struct sealed_batch sealed;
static uint64_t last_gas; /* of send_tx */
static uint32_t dep[8];
static const uint8_t receiver[20] = {0xca, 0xfe, [19] = 1};

/* --- small helpers ----------------------------------------------------------------------------- */

static void must(enum err err, const struct chain_fault *fault, const char *what)
{
    char revert[HAWSER_REVERT_TEXT] = "";
    if (err != ERR_OK && fault->revert_len > 0) {
        hawser_revert_text(revert, span_make(fault->revert, fault->revert_len));
    }
    ck_assert_msg(err == ERR_OK, "%s: %s: %s %s", what, err_name(err), fault->what, revert);
}

/* Sends and must succeed; prints the gas. */
static void send_tx(struct evm_sync *e, size_t chain, struct bytes_buf *data, uint64_t value,
                 const char *what)
{
    struct chain_fault fault = {0};
    struct chain_tx_status status;
    struct chain_tx tx = {.data = bytes_buf_span(data), .value = u256_from_u64(value),
                          .gas_limit = TX_GAS};
    memcpy(tx.to, d.chains[chain].contract, 20);
    must(evm_sync_send(e, &status, &tx, WAIT_MS, &fault), &fault, what);
    last_gas = status.gas_used;
    printf("chain %zu %s: %llu gas, %zu bytes\n", chain, what, (unsigned long long)status.gas_used,
           data->len);
    fflush(stdout);
    bytes_buf_clear(data);
}

static void ask(size_t chain, struct bytes_buf *data, struct bytes_buf *answer)
{
    struct chain_fault fault = {0};
    bytes_buf_clear(answer);
    must(evm_sync_call(user[chain], answer, d.chains[chain].contract, bytes_buf_span(data),
                       CHAIN_BLOCK_LATEST, &fault),
         &fault, "call");
    bytes_buf_clear(data);
}

static uint64_t ask_u64(size_t chain, enum hawser_view view)
{
    struct bytes_buf data, answer;
    uint64_t v;
    bytes_buf_init(&data, 256);
    bytes_buf_init(&answer, 256);
    ck_assert_ok(hawser_encode_view(&data, view));
    ask(chain, &data, &answer);
    ck_assert_ok(hawser_decode_u64(&v, bytes_buf_span(&answer)));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    return v;
}

static struct evm_sync *connect_to(size_t chain, const char *key)
{
    struct evm_sync *e;
    struct chain_fault fault = {0};
    struct chain_options o = {.chain_id = node[chain].chain_id, .timeout_ms = WAIT_MS};
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", node[chain].url);
    snprintf(o.key_path, sizeof o.key_path, "%s", key);
    must(evm_sync_open(&e, &o, &fault), &fault, "connect");
    return e;
}

/* --- set up ------------------------------------------------------------------------------------ */

static int by_address(const void *a, const void *b)
{
    uint8_t x[20], y[20];
    ck_assert_ok(ecdsa_key_address(x, a));
    ck_assert_ok(ecdsa_key_address(y, b));
    return memcmp(x, y, 20);
}

static void deploy_all(void)
{
    snprintf(folder, sizeof folder, "/tmp/hawser-settle-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(config.out, sizeof config.out, "%s/deployment.json", folder);
    snprintf(config.artifacts, sizeof config.artifacts, "contracts/out");
    snprintf(config.key_file, sizeof config.key_file, "%s", key_path[0]);
    memset(config.salt, 7, 32);
    config.base_fee = BASE_FEE;
    config.threshold = QUORUM;
    config.n_oracles = ORACLES;
    for (size_t i = 0; i < ORACLES; i++) ck_assert_ok(ecdsa_key_generate(oracle_key[i]));
    qsort(oracle_key, ORACLES, 32, by_address);
    for (size_t i = 0; i < ORACLES; i++) {
        ck_assert_ok(ecdsa_key_address(config.oracles[i].address, oracle_key[i]));
    }
    config.n_chains = CHAINS;
    for (size_t i = 0; i < CHAINS; i++) {
        config.chains[i].chain_id = node[i].chain_id;
        snprintf(config.chains[i].name, sizeof config.chains[i].name, "chain-%zu", i);
        snprintf(config.chains[i].rpc_url, sizeof config.chains[i].rpc_url, "%s", node[i].url);
        snprintf(config.chains[i].finality, sizeof config.chains[i].finality, "1");
        op[i] = connect_to(i, key_path[1]);
        user[i] = connect_to(i, key_path[2]);
    }
    memcpy(config.operator_address, evm_sync_sender(op[0]), 20);
    enum err err = deploy_run(&config, &d, NULL, text, sizeof text);
    ck_assert_msg(err == ERR_OK, "%s", text);
    deployment_elements(dep, d.id);
}

/* --- L1 deposits, as the sequencer will find them ---------------------------------------------- */

static void deposit(size_t chain)
{
    struct bytes_buf data;
    uint32_t pp[XMSS_PP], root[XMSS_DIGEST];
    uint8_t root20[20];
    const uint8_t *owner = evm_sync_sender(user[chain]);
    xmss_public_parameter(pp, dep, (uint32_t)chain, owner);
    xmss[chain] = test_key_new(12, 100 + chain, pp);
    test_key_root(xmss[chain], root);
    for (int i = 0; i < XMSS_DIGEST; i++) put_be32(root20 + 4 * i, root[i]);
    bytes_buf_init(&data, 1024);
    ck_assert_ok(
        hawser_encode_deposit_with_key(&data, 1, DEPOSIT, ACCOUNT_NEW, 2, root20, 0));
    send_tx(user[chain], chain, &data, DEPOSIT + BASE_FEE, "depositWithKey");
    bytes_buf_deinit(&data);
}

/* The priority request out of the event's bytes (state.md REQ-PUB-2, DEPOSIT_WITH_KEY). */
static enum err read_request(void *ctx, const struct chain_log *log)
{
    struct request *r = ctx;
    struct hawser_event e;
    if (hawser_decode_event(&e, log) != ERR_OK || e.kind != HAWSER_EVENT_PRIORITY_REQUEST) {
        return ERR_OK;
    }
    const uint8_t *p = e.request.data;
    ck_assert_uint_eq(e.request.len, 62);
    r->kind = REQUEST_PRIORITY;
    struct op_priority *q = &r->u.priority;
    q->kind = p[0] >> 4;
    q->id = get_be24(p + 1);
    q->slot = p[4];
    q->token = get_be24(p + 5);
    amount_from_be(&q->amount, p + 8);
    memcpy(q->owner.bytes, p + 22, 20);
    q->auth = 1;
    q->height = 12;
    for (int i = 0; i < 5; i++) q->root.e[i] = get_be32(p + 42 + 4 * i);
    return ERR_OK;
}

/* --- the batch --------------------------------------------------------------------------------- */

static void sign_side(struct request *r, uint32_t side, size_t chain, const struct op_auth *auth)
{
    struct digest8 digest;
    ck_assert_ok(request_digest(&digest, dep, r, side, 0));
    test_key_sign(xmss[chain], auth->lane, auth->leaf, digest.e, &r->signatures[side]);
    r->signature_height[side] = 12;
}

static struct packed_amount packed(uint64_t v)
{
    struct packed_amount p;
    ck_assert_ok(packed_amount_exact(&p, amount_from_u64(v)));
    return p;
}

static void push(struct batch *b, const struct request *r, struct push_result *result)
{
    enum rule_error e = batch_push(b, r, result);
    ck_assert_msg(e == RULE_OK, "request of kind %u: rule %d", r->kind, (int)e);
}

static void push_pool(struct batch *b, uint32_t deadline, uint32_t pool[CHAINS])
{
    static struct request r;
    struct push_result result;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_CREATE;
    for (uint16_t i = 0; i < CHAINS; i++) {
        r.u.create.order.side[i] = (struct create_side){.chain = i, .account = 1, .token = 1,
                                                        .slot = 2, .share_slot = 3,
                                                        .amount = packed(LIQUIDITY)};
        r.u.create.auth[i] = (struct op_auth){.account = 1, .deadline = deadline};
    }
    r.u.create.order.shares = packed(1000000000);
    r.u.create.order.fee_bps = 30;
    r.u.create.order.cap_bps = 2000;
    r.u.create.order.deadline = deadline;
    r.n_signatures = 2;
    for (uint32_t i = 0; i < CHAINS; i++) sign_side(&r, i, i, &r.u.create.auth[i]);
    push(b, &r, &result);
    for (uint32_t i = 0; i < 2; i++) pool[result.chain[i]] = result.op[i].u.create.id;
}

static void push_swap(struct batch *b, uint32_t deadline, uint32_t pool)
{
    static struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_SWAP;
    r.chain = 0;
    struct swap_order *s = &r.u.swap;
    *s = (struct swap_order){.auth = {.account = 1, .leaf = 1, .deadline = deadline},
                             .chain = 0, .slot_in = 2, .pool_in = pool, .token_in = 1,
                             .token_out = 1, .amount = packed(SWAP), .to_chain = 1,
                             .to_account = 1, .to_slot = 2, .minimum = amount_from_u64(1)};
    memcpy(s->to_owner.bytes, evm_sync_sender(user[1]), 20);
    r.n_signatures = 1;
    sign_side(&r, 0, 0, &s->auth);
    push(b, &r, NULL);
}

static void push_withdrawal(struct batch *b, uint32_t deadline)
{
    static struct request r;
    memset(&r, 0, sizeof r);
    r.kind = REQUEST_WITHDRAW;
    r.chain = 1;
    struct op_withdraw *w = &r.u.withdraw;
    *w = (struct op_withdraw){.auth = {.account = 1, .leaf = 1, .deadline = deadline}, .slot = 2,
                              .token = 1, .amount = amount_from_u64(WITHDRAWAL)};
    memcpy(w->to.bytes, receiver, 20);
    r.n_signatures = 1;
    sign_side(&r, 0, 1, &w->auth);
    push(b, &r, NULL);
}

static void seal_batch(void)
{
    static struct batch_config c;
    struct batch *b;
    struct chain_fault fault = {0};
    struct chain_block now;
    must(evm_sync_block(user[0], &now, CHAIN_BLOCK_LATEST, &fault), &fault, "block");
    memcpy(c.deployment_id, d.id, 32);
    c.k = 1;
    c.time = (uint32_t)now.time;
    c.n_chains = CHAINS;
    c.slices_max = 1;
    for (uint16_t i = 0; i < CHAINS; i++) {
        ck_assert_ok(chain_state_init(&state[i], i));
        c.chains[i].state = &state[i];
    }
    ck_assert_ok(batch_begin(&b, &c));
    for (uint16_t i = 0; i < CHAINS; i++) {
        static struct request r;
        struct chain_block last;
        memset(&r, 0, sizeof r);
        r.chain = i;
        must(evm_sync_block(user[i], &last, CHAIN_BLOCK_LATEST, &fault), &fault, "block");
        must(evm_sync_logs(user[i], d.chains[i].contract, d.chains[i].deploy_block, last.number,
                           read_request, &r, &fault),
             &fault, "logs");
        ck_assert_uint_eq(r.kind, REQUEST_PRIORITY);
        push(b, &r, NULL);
    }
    uint32_t pool[CHAINS], deadline = c.time + 3600;
    push_pool(b, deadline, pool);
    push_swap(b, deadline, pool[0]);
    push_withdrawal(b, deadline);
    ck_assert_ok(batch_seal(b, &sealed));
    batch_free(b);
    ck_assert_uint_eq(sealed.n_segments, CHAINS);
}

/* --- statement, proofs, settlement ------------------------------------------------------------- */

static struct hawser_statement statement;
static struct seq_batch batch1; /* as the sequencer would hold it */

/* Everything that follows from the sealed batch. */
static void make_statement(void)
{
    struct chain_root list[2][CHAINS];
    struct chain_entry entries[CHAINS];
    struct chain_pubdata participants[CHAINS];
    struct statement st = {.k = 1, .time = sealed.time, .participants = participants,
                           .n_participants = CHAINS};
    statement = (struct hawser_statement){.k = 1, .time = sealed.time, .participant_count = CHAINS};
    batch1 = (struct seq_batch){.k = 1, .time = sealed.time, .sealed = sealed};
    for (size_t i = 0; i < CHAINS; i++) {
        const struct chain_trace *t = sealed.traces[i];
        uint64_t id = node[i].chain_id;
        list[0][i] = (struct chain_root){id, t->root_before};
        list[1][i] = (struct chain_root){id, t->root_after};
        batch1.roots_before[i] = t->root_before;
        batch1.roots[i] = t->root_after;
        participants[i].chain_id = statement.participants[i] = id;
        ck_assert_ok(pubdata_hash(participants[i].hash, t->segment_hash, 1));
        memcpy(statement.pubdata_hashes[i], participants[i].hash, 32);
        entries[i] = (struct chain_entry){.index = (uint16_t)i, .chain_id = id,
                                          .finality = d.chains[i].finality};
        memcpy(entries[i].address, d.chains[i].contract, 20);
    }
    ck_assert_ok(final_root_hash(statement.prev_final_root, 0, list[0], CHAINS));
    ck_assert_ok(final_root_hash(statement.final_root, 1, list[1], CHAINS));
    memcpy(st.deployment_id, d.id, 32);
    memcpy(st.final_root_before, statement.prev_final_root, 32);
    memcpy(st.final_root_after, statement.final_root, 32);
    ck_assert_ok(chains_digest(st.chains_digest, entries, CHAINS));
    programs_digest(st.programs_digest, d.terminal_program);
    ck_assert_ok(statement_hash(batch1.statement, &st));
    digest_genesis(batch1.digest_before, d.id, statement.prev_final_root);
    digest_next(batch1.digest, batch1.digest_before, batch1.statement);
}

/* One job as it goes to a worker and back. */
static void do_job(struct proof_job *j)
{
    struct bytes_buf body;
    struct job job;
    uint8_t programs[32];
    static struct proof_work work;
    programs_digest(programs, d.terminal_program);
    bytes_buf_init(&body, 2 * PROOF_BYTES_MAX + 65536);
    ck_assert_ok(proof_job_write(&body, j, &d, programs, &batch1));
    ck_assert_ok(job_read(&job, bytes_buf_span(&body)));
    ck_assert_ok(proof_work_init(&work, &job, 2));
    proof_work_run(&work);
    ck_assert_msg(work.err == ERR_OK, "%s: %s", layer_name((enum layer)j->id.layer), work.text);
    ck_assert_uint_eq(work.out.n_publics, j->n_publics);
    ck_assert_mem_eq(work.out.publics, j->publics, j->n_publics * sizeof j->publics[0]);
    uint8_t *proof = malloc(work.out.proof.len);
    ck_assert_ptr_nonnull(proof);
    memcpy(proof, work.out.proof.data, work.out.proof.len);
    printf("%s: proof of %zu bytes in %.1f s\n", layer_name((enum layer)j->id.layer),
           work.out.proof.len, (double)work.ms / 1000);
    fflush(stdout);
    proof_job_done(j, proof, work.out.proof.len, work.ms, NULL, NULL);
    proof_work_deinit(&work);
    bytes_buf_deinit(&body);
}

static struct proof_set batch_jobs, range_jobs;

static void prove_all(struct bytes_buf *proof)
{
    struct proof_job *j;
    ck_assert_ok(proof_set_batch(&batch_jobs, &batch1, layer_keys_root()));
    while ((j = proof_set_ready(&batch_jobs)) != NULL) do_job(j);
    struct proof_job *join = proof_set_last(&batch_jobs);
    ck_assert_int_eq(join->state, PROOF_DONE);
    ck_assert_ok(proof_set_range(&range_jobs, &join, 1));
    while ((j = proof_set_ready(&range_jobs)) != NULL) do_job(j);
    const struct proof_job *terminal = proof_set_last(&range_jobs);
    ck_assert_int_eq(terminal->state, PROOF_DONE);
    bytes_buf_init(proof, PROOF_BYTES_MAX);
    ck_assert_ok(bytes_buf_append(proof, terminal->proof, terminal->proof_len));
}

/* A changed byte of the terminal proof is refused by the contract, wherever it lies. */
static void changed_proofs_are_refused(struct bytes_buf *proof, struct bytes_buf *data)
{
    for (int i = 0; i < 8; i++) {
        struct chain_fault fault = {0};
        struct bytes_buf answer;
        size_t place = (proof->len - 1) * (size_t)i / 7;
        bytes_buf_init(&answer, 1024);
        proof->data[place] ^= 1;
        ck_assert_ok(hawser_encode_prove_batches(data, 1, bytes_buf_span(proof)));
        enum err err = evm_sync_call(user[0], &answer, d.chains[0].contract, bytes_buf_span(data),
                                     CHAIN_BLOCK_LATEST, &fault);
        ck_assert_err(err, ERR_CHAIN);
        hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
        printf("byte %zu changed: %s\n", place, text);
        proof->data[place] ^= 1;
        bytes_buf_clear(data);
        bytes_buf_deinit(&answer);
    }
}

static void agree(struct bytes_buf *data, size_t chain)
{
    struct bytes_buf answer, list;
    struct hawser_batch batch;
    uint8_t hash[32], signature[65];
    bytes_buf_init(&answer, 1024);
    bytes_buf_init(&list, 1024);
    ck_assert_ok(hawser_encode_batches(data, 1));
    ask(chain, data, &answer);
    ck_assert_ok(hawser_decode_batch(&batch, bytes_buf_span(&answer)));
    hawser_agreement_hash(hash, d.id, 0, 1, batch.digest);
    for (int i = 0; i < QUORUM; i++) {
        ck_assert_ok(ecdsa_sign(signature, oracle_key[i], hash));
        ck_assert_ok(bytes_buf_append(&list, signature, sizeof signature));
    }
    ck_assert_ok(hawser_encode_submit_agreement(data, 0, 1, batch.digest, bytes_buf_span(&list)));
    bytes_buf_deinit(&answer);
    bytes_buf_deinit(&list);
    send_tx(user[chain], chain, data, 0, "submitAgreement");
}

/* Priority region and withdrawal region: what lies between the header and the stream. */
static struct span regions_of(const struct chain_trace *t)
{
    size_t n_priority = get_be16(t->bytes + 16), withdrawals = get_be16(t->bytes + 18);
    ck_assert_uint_eq(n_priority, 1);
    return span_make(t->bytes + 44, get_be32(t->bytes + 20) + 44 * withdrawals);
}

static void settle(struct bytes_buf *proof)
{
    struct bytes_buf data;
    bytes_buf_init(&data, CHAIN_CALLDATA_MAX);
    for (size_t i = 0; i < CHAINS; i++) {
        const struct chain_trace *t = sealed.traces[i];
        struct span segment = span_make(t->bytes, t->n_bytes);
        ck_assert_ok(hawser_encode_commit_batch(&data, &statement, &segment, 1, 0));
        send_tx(op[i], i, &data, 0, "commitBatch");
    }
    changed_proofs_are_refused(proof, &data);
    for (size_t i = 0; i < CHAINS; i++) {
        ck_assert_ok(hawser_encode_prove_batches(&data, 1, bytes_buf_span(proof)));
        ck_assert_uint_le(data.len, BYTES_BAR);
        send_tx(user[i], i, &data, 0, "proveBatches");
        ck_assert_uint_le(last_gas, GAS_BAR);
        ck_assert_uint_eq(ask_u64(i, HAWSER_VIEW_PROVEN_K), 1);
    }
    for (size_t i = 0; i < CHAINS; i++) {
        agree(&data, i);
        ck_assert_ok(hawser_encode_execute_batch(&data, 1, regions_of(sealed.traces[i])));
        send_tx(user[i], i, &data, 0, "executeBatch");
        ck_assert_uint_eq(ask_u64(i, HAWSER_VIEW_EXECUTED_K), 1);
        ck_assert_uint_eq(ask_u64(i, HAWSER_VIEW_FIRST_OPEN_REQUEST), 1);
    }
    bytes_buf_deinit(&data);
}

static uint64_t held_on(size_t chain)
{
    struct bytes_buf data, answer;
    struct u256 v;
    uint64_t n;
    bytes_buf_init(&data, 256);
    bytes_buf_init(&answer, 256);
    ck_assert_ok(hawser_encode_held(&data, 1));
    ask(chain, &data, &answer);
    ck_assert_ok(hawser_decode_u256(&v, bytes_buf_span(&answer)));
    ck_assert_ok(u256_to_u64(&n, &v));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    return n;
}

START_TEST(a_batch_goes_from_deposits_to_a_payment_with_real_proofs)
{
    struct bytes_buf proof;
    struct chain_fault fault = {0};
    struct u256 balance;
    for (unsigned i = 0; i < 3; i++) anvil_key_file(key_path[i], i);
    for (size_t i = 0; i < CHAINS; i++) anvil_start(&node[i], 31001 + i);
    deploy_all();
    for (size_t i = 0; i < CHAINS; i++) deposit(i);
    seal_batch();
    make_statement();
    prove_all(&proof);
    settle(&proof);
    must(evm_sync_balance(user[1], &balance, receiver, &fault), &fault, "balance");
    ck_assert_uint_eq(balance.limb[0], WITHDRAWAL);
    ck_assert_uint_eq(held_on(0), DEPOSIT);
    ck_assert_uint_eq(held_on(1), DEPOSIT - WITHDRAWAL);

    bytes_buf_deinit(&proof);
    proof_set_deinit(&batch_jobs);
    proof_set_deinit(&range_jobs);
    sealed_batch_deinit(&sealed);
    for (size_t i = 0; i < CHAINS; i++) {
        chain_state_deinit(&state[i]);
        test_key_free(xmss[i]);
        evm_sync_close(op[i]);
        evm_sync_close(user[i]);
        anvil_stop(&node[i]);
    }
    for (unsigned i = 0; i < 3; i++) unlink(key_path[i]);
    static const char *const endings[] = {"", ".plan"};
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", config.out, endings[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settlement");
    TCase *tc = tcase_create("two nodes");
    tcase_set_timeout(tc, 900);
    tcase_add_test(tc, a_batch_goes_from_deposits_to_a_payment_with_real_proofs);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}

/* hawser deploy on two real nodes (anvil, chain ids 31001 and 31002) with the generated verifiers:
 * the id that C computes is the contracts' own, a second run changes nothing, a run that is killed
 * anywhere is completed by the next. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "cli/deploy/deploy.h"
#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "core/batch/statement.h"
#include "tests/support/anvil.h"
#include "tests/support/check_main.h"

static struct anvil a, b;
static char key_path[64], folder[64];
static struct deploy_config config;
static struct deployment first, second;
static char text[1024];
static unsigned said, die_at;

static void setup(void)
{
    struct stat info;
    ck_assert_msg(stat("contracts/out/TerminalVerifier.json", &info) == 0,
                  "contracts/out has no verifiers: build the target hawser_contracts");
    anvil_start(&a, 31001);
    anvil_start(&b, 31002);
    anvil_key_file(key_path, 0);
    snprintf(folder, sizeof folder, "/tmp/hawser-deploy-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    memset(&config, 0, sizeof config);
    snprintf(config.out, sizeof config.out, "%s/deployment.json", folder);
    snprintf(config.artifacts, sizeof config.artifacts, "contracts/out");
    snprintf(config.key_file, sizeof config.key_file, "%s", key_path);
    memset(config.operator_address, 0x77, 20);
    memset(config.salt, 5, 32);
    config.execution_delay = 3000;
    config.base_fee = 1000;
    config.threshold = 3;
    config.n_oracles = 4;
    /* not sorted: deploy sorts */
    for (unsigned i = 0; i < 4; i++) memset(config.oracles[i].address, 0x90 - (int)i, 20);
    config.n_chains = 2;
    for (unsigned i = 0; i < 2; i++) {
        struct deploy_chain_config *c = &config.chains[i];
        c->chain_id = 31001 + i;
        snprintf(c->name, sizeof c->name, "anvil-%u", i);
        snprintf(c->rpc_url, sizeof c->rpc_url, "%s", i == 0 ? a.url : b.url);
        snprintf(c->finality, sizeof c->finality, "%u", 1 + i);
        c->n_tokens = 2 - i;
        for (unsigned t = 0; t < c->n_tokens; t++) {
            snprintf(c->tokens[t].symbol, sizeof c->tokens[t].symbol, "TK%u", t);
            snprintf(c->tokens[t].address, sizeof c->tokens[t].address, "test");
            c->tokens[t].decimals = 6 + t;
        }
    }
}

static void teardown(void)
{
    static const char *const endings[] = {"", ".plan", ".plan.new"};
    anvil_stop(&a);
    anvil_stop(&b);
    unlink(key_path);
    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", config.out, endings[i]);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}

static void count(const char *line)
{
    (void)line;
    said++;
    if (die_at > 0 && said == die_at) _exit(9);
}

static enum err run(struct deployment *out)
{
    said = 0;
    enum err err = deploy_run(&config, out, count, text, sizeof text);
    return err;
}

static struct evm_sync *connect_to(const struct anvil *chain)
{
    struct evm_sync *e;
    struct chain_fault fault;
    struct chain_options o = {.chain_id = chain->chain_id};
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", chain->url);
    ck_assert_ok(evm_sync_open(&e, &o, &fault));
    return e;
}

static void view(const struct anvil *chain, const uint8_t to[20], enum hawser_view which,
                 uint8_t word[32])
{
    struct bytes_buf data, answer;
    struct chain_fault fault;
    struct evm_sync *e = connect_to(chain);
    bytes_buf_init(&data, 64);
    bytes_buf_init(&answer, 64);
    ck_assert_ok(hawser_encode_view(&data, which));
    ck_assert_ok(evm_sync_call(e, &answer, to, bytes_buf_span(&data), CHAIN_BLOCK_LATEST, &fault));
    ck_assert_ok(hawser_decode_hash(word, bytes_buf_span(&answer)));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    evm_sync_close(e);
}

/* The contracts of both chains say what the deployment says. */
static void check_chains(const struct deployment *d)
{
    uint8_t word[32], other[32];
    const struct anvil *chains[2] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        const struct deployment_chain *c = &d->chains[i];
        view(chains[i], c->contract, HAWSER_VIEW_DEPLOYMENT_ID, word);
        ck_assert_mem_eq(word, d->id, 32);
        view(chains[i], c->contract, HAWSER_VIEW_OPERATOR, word);
        ck_assert_mem_eq(word + 12, config.operator_address, 20);
        view(chains[i], c->contract, HAWSER_VIEW_VERIFIER, word);
        ck_assert_mem_eq(word + 12, c->verifier, 20);
        view(chains[i], c->contract, HAWSER_VIEW_TOKEN_COUNT, word);
        ck_assert_uint_eq(word[31], 1 + config.chains[i].n_tokens);
        ck_assert_uint_eq(c->n_tokens, 1 + config.chains[i].n_tokens);
        for (size_t t = 0; t < c->n_tokens; t++) ck_assert_uint_eq(c->tokens[t].id, 1 + t);
    }
    view(&a, d->chains[0].contract, HAWSER_VIEW_CHAINS_DIGEST, word);
    view(&b, d->chains[1].contract, HAWSER_VIEW_CHAINS_DIGEST, other);
    ck_assert_mem_eq(word, other, 32);
}

static uint64_t nonce_of(const struct anvil *chain)
{
    /* account 0 of anvil's mnemonic */
    static const uint8_t deployer[20] = {0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88, 0xf6, 0xf4, 0xce,
                                         0x6a, 0xb8, 0x82, 0x72, 0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66};
    struct chain_fault fault;
    uint64_t nonce;
    struct evm_sync *e = connect_to(chain);
    ck_assert_ok(evm_sync_nonce(e, &nonce, deployer, &fault));
    evm_sync_close(e);
    return nonce;
}

START_TEST(both_contracts_have_the_id_that_c_computes_and_a_second_run_does_nothing)
{
    ck_assert_msg(run(&first) == ERR_OK, "%s", text);
    check_chains(&first);
    uint64_t na = nonce_of(&a), nb = nonce_of(&b);
    uint64_t contracts = first.chains[0].n_verifier_parts + 2; /* parts, verifier, Hawser */
    ck_assert_uint_eq(na, contracts + 2 + 2);
    ck_assert_uint_eq(nb, contracts + 1 + 1);
    for (int i = 1; i < 4; i++) ck_assert_int_lt(memcmp(first.oracles[i - 1], first.oracles[i], 20), 0);
    ck_assert_msg(run(&second) == ERR_OK, "%s", text);
    ck_assert_uint_eq(said, 0);
    ck_assert_uint_eq(nonce_of(&a), na);
    ck_assert_uint_eq(nonce_of(&b), nb);
    ck_assert_mem_eq(&first, &second, sizeof first);
    ck_assert_ok(deployment_load(&second, config.out, text, sizeof text));
    ck_assert_mem_eq(first.id, second.id, 32);
    ck_assert_uint_eq(second.chains[1].deploy_block, first.chains[1].deploy_block);
    ck_assert_uint_gt(second.chains[1].deploy_block, 0);
}
END_TEST

/* Killed before its n-th step, for every n: the next run completes the same deployment. */
START_TEST(a_run_that_is_killed_at_any_step_is_completed_by_the_next)
{
    for (unsigned step = 1; step <= 40; step++) {
        fflush(NULL);
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            die_at = 2;
            _exit(run(&first) == ERR_OK ? 0 : 1);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        ck_assert_int_ne(WEXITSTATUS(status), 1);
        if (WEXITSTATUS(status) == 0) break;
    }
    ck_assert_msg(run(&first) == ERR_OK, "%s", text);
    check_chains(&first);
    ck_assert_uint_eq(nonce_of(&a), first.chains[0].n_verifier_parts + 6);
    ck_assert_uint_eq(nonce_of(&b), first.chains[1].n_verifier_parts + 4);
}
END_TEST

START_TEST(a_nonce_that_something_else_used_is_said_and_nothing_is_deployed)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        die_at = 1; /* the plan is written, nothing is sent */
        _exit(run(&first) == ERR_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    struct chain_fault fault;
    struct chain_tx_status sent;
    struct evm_sync *e;
    struct chain_options o = {.chain_id = 31001};
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", a.url);
    snprintf(o.key_path, sizeof o.key_path, "%s", key_path);
    ck_assert_ok(evm_sync_open(&e, &o, &fault));
    struct chain_tx tx = {.value = u256_from_u64(1)};
    ck_assert_ok(evm_sync_send(e, &sent, &tx, 20000, &fault));
    evm_sync_close(e);
    ck_assert_err(run(&first), ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(text, " was planned for nonce 0"));
    ck_assert_uint_eq(said, 0);
}
END_TEST

START_TEST(other_facts_at_the_same_addresses_are_refused)
{
    ck_assert_msg(run(&first) == ERR_OK, "%s", text);
    config.salt[0] ^= 1;
    ck_assert_err(run(&second), ERR_MISMATCH);
    config.salt[0] ^= 1;
    config.chains[0].chain_id = 31003;
    config.chains[1].chain_id = 31004;
    ck_assert_err(run(&second), ERR_CHAIN);
    ck_assert_ptr_nonnull(strstr(text, "the node is on chain 31001, the configuration says 31003"));
}
END_TEST

/* --- the contract and core compute alike ------------------------------------------------------- */

static struct hawser_batch batch_of(struct evm_sync *e, const uint8_t contract[20], uint64_t k)
{
    struct bytes_buf data, answer;
    struct chain_fault fault;
    struct hawser_batch batch;
    bytes_buf_init(&data, 64);
    bytes_buf_init(&answer, 1024);
    ck_assert_ok(hawser_encode_batches(&data, k));
    ck_assert_ok(
        evm_sync_call(e, &answer, contract, bytes_buf_span(&data), CHAIN_BLOCK_LATEST, &fault));
    ck_assert_ok(hawser_decode_batch(&batch, bytes_buf_span(&answer)));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    return batch;
}

static struct digest8 digest_of(const uint8_t bytes[32])
{
    struct digest8 d;
    for (int i = 0; i < 8; i++) d.e[i] = get_be32(bytes + 4 * i);
    return d;
}

static void roots_of(struct chain_root roots[2], const struct digest8 *on_a,
                     const struct digest8 *on_b)
{
    roots[0] = (struct chain_root){31001, *on_a};
    roots[1] = (struct chain_root){31002, *on_b};
}

/* A header without records, docs/protocol/state.md REQ-PUB-1. */
static void empty_segment(uint8_t segment[44], uint32_t k, uint32_t time)
{
    memset(segment, 0, 44);
    segment[0] = 2;
    put_be32(segment + 3, k);
    segment[8] = 1;
    put_be32(segment + 9, time);
}

START_TEST(a_committed_statement_is_the_one_that_core_computes)
{
    struct chain_fault fault;
    struct chain_block now;
    struct chain_tx_status sent;
    struct evm_sync *e;
    char operator_path[64];
    /* account 1 of anvil's mnemonic commits */
    static const uint8_t operator_address[20] = {0x70, 0x99, 0x79, 0x70, 0xc5, 0x18, 0x12,
                                                 0xdc, 0x3a, 0x01, 0x0c, 0x7d, 0x01, 0xb5,
                                                 0x0e, 0x0d, 0x17, 0xdc, 0x79, 0xc8};
    memcpy(config.operator_address, operator_address, 20);
    ck_assert_msg(run(&first) == ERR_OK, "%s", text);
    anvil_key_file(operator_path, 1);
    struct chain_options o = {.chain_id = 31001};
    snprintf(o.rpc_url, sizeof o.rpc_url, "%s", a.url);
    snprintf(o.key_path, sizeof o.key_path, "%s", operator_path);
    ck_assert_ok(evm_sync_open(&e, &o, &fault));
    unlink(operator_path);
    ck_assert_ok(evm_sync_block(e, &now, CHAIN_BLOCK_LATEST, &fault));

    /* what core says */
    struct digest8 genesis = digest_of(first.genesis_root);
    struct digest8 after = {{1, 2, 3, 4, 5, 6, 7, 8}};
    struct chain_root roots[2];
    uint8_t root_before[32], root_after[32], d0[32], d1[32], stmt[32], segment[44];
    uint8_t hashes[2][32];
    roots_of(roots, &genesis, &genesis);
    ck_assert_ok(final_root_hash(root_before, 0, roots, 2));
    roots_of(roots, &after, &genesis);
    ck_assert_ok(final_root_hash(root_after, 1, roots, 2));
    empty_segment(segment, 1, (uint32_t)now.time);
    sha256(hashes[0], segment, sizeof segment);
    memset(hashes[1], 0x5a, 32);
    struct chain_pubdata participants[2] = {{.chain_id = 31001}, {.chain_id = 31002}};
    for (int i = 0; i < 2; i++) ck_assert_ok(pubdata_hash(participants[i].hash, hashes[i], 1));
    struct statement s = {.k = 1, .time = now.time, .participants = participants,
                          .n_participants = 2};
    memcpy(s.deployment_id, first.id, 32);
    memcpy(s.final_root_before, root_before, 32);
    memcpy(s.final_root_after, root_after, 32);
    programs_digest(s.programs_digest, first.terminal_program);
    struct chain_entry list[2];
    for (int i = 0; i < 2; i++) {
        list[i] = (struct chain_entry){.index = (uint16_t)i, .chain_id = 31001u + (unsigned)i,
                                       .finality = first.chains[i].finality};
        memcpy(list[i].address, first.chains[i].contract, 20);
    }
    ck_assert_ok(chains_digest(s.chains_digest, list, 2));
    ck_assert_ok(statement_hash(stmt, &s));
    digest_genesis(d0, first.id, root_before);
    digest_next(d1, d0, stmt);

    /* what the contract says */
    struct hawser_batch batch = batch_of(e, first.chains[0].contract, 0);
    ck_assert_mem_eq(batch.final_root, root_before, 32);
    ck_assert_mem_eq(batch.digest, d0, 32);
    struct hawser_statement h = {.k = 1, .time = now.time, .participant_count = 2,
                                 .participants = {31001, 31002}};
    memcpy(h.prev_final_root, root_before, 32);
    memcpy(h.final_root, root_after, 32);
    for (int i = 0; i < 2; i++) memcpy(h.pubdata_hashes[i], participants[i].hash, 32);
    struct bytes_buf data;
    bytes_buf_init(&data, 4096);
    struct span one = span_make(segment, sizeof segment);
    ck_assert_ok(hawser_encode_commit_batch(&data, &h, &one, 1, 0));
    struct chain_tx tx = {.data = bytes_buf_span(&data)};
    memcpy(tx.to, first.chains[0].contract, 20);
    enum err err = evm_sync_send(e, &sent, &tx, 20000, &fault);
    if (err != ERR_OK) hawser_revert_text(text, span_make(fault.revert, fault.revert_len));
    ck_assert_msg(err == ERR_OK, "%s %s", fault.what, text);
    bytes_buf_deinit(&data);
    batch = batch_of(e, first.chains[0].contract, 1);
    ck_assert_int_eq(batch.state, HAWSER_BATCH_COMMITTED);
    ck_assert_mem_eq(batch.stmt, stmt, 32);
    ck_assert_mem_eq(batch.digest, d1, 32);
    ck_assert_mem_eq(batch.final_root, root_after, 32);
    printf("commitBatch of an empty segment: %llu gas\n", (unsigned long long)sent.gas_used);
    evm_sync_close(e);
}
END_TEST

START_TEST(oracles_sign_what_the_contract_checks)
{
    struct bytes_buf data, answer;
    struct chain_fault fault;
    uint8_t digest[32], here[32];
    memset(digest, 0x3c, 32);
    ck_assert_msg(run(&first) == ERR_OK, "%s", text);
    struct evm_sync *e = connect_to(&a);
    bytes_buf_init(&data, 256);
    bytes_buf_init(&answer, 64);
    ck_assert_ok(abi_put_selector(&data, "agreementHash(uint32,uint64,bytes32)"));
    ck_assert_ok(abi_put_u64(&data, 0));
    ck_assert_ok(abi_put_u64(&data, 77));
    ck_assert_ok(abi_put_word(&data, digest));
    ck_assert_ok(evm_sync_call(e, &answer, first.chains[0].contract, bytes_buf_span(&data),
                               CHAIN_BLOCK_LATEST, &fault));
    hawser_agreement_hash(here, first.id, 0, 77, digest);
    ck_assert_uint_eq(answer.len, 32);
    ck_assert_mem_eq(answer.data, here, 32);
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    evm_sync_close(e);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("deploy");
    TCase *tc = tcase_create("deploy");
    tcase_set_timeout(tc, 240);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, both_contracts_have_the_id_that_c_computes_and_a_second_run_does_nothing);
    tcase_add_test(tc, a_run_that_is_killed_at_any_step_is_completed_by_the_next);
    tcase_add_test(tc, a_nonce_that_something_else_used_is_said_and_nothing_is_deployed);
    tcase_add_test(tc, other_facts_at_the_same_addresses_are_refused);
    tcase_add_test(tc, a_committed_statement_is_the_one_that_core_computes);
    tcase_add_test(tc, oracles_sign_what_the_contract_checks);
    suite_add_tcase(suite, tc);
    return check_main(suite);
}

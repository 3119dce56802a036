/* What many seeds share: deployment, keys, signed requests, configuration files. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/statement.h"
#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/codec/hex.h"
#include "common/crypto/secp256k1_sign.h"
#include "core/batch/statement.h"
#include "core/op/codec.h"
#include "core/op/request.h"
#include "tests/sim/town.h"
#include "tests/support/random_batch.h"

enum {
    BATCHES = 6,
    PER_BATCH = 9,
    KEY_OPERATOR = 0x21,
    KEY_MESSAGES,
    KEY_GATE,
    KEY_WORKER, /* and the next */
    KEY_ORACLE = 0x31
};

static void key_of(uint8_t key[32], int number)
{
    memset(key, number, 32);
}

static void address_of(uint8_t out[20], int number)
{
    uint8_t key[32];
    key_of(key, number);
    REQUIRE(ecdsa_key_address(out, key) == ERR_OK);
}

/* Key numbers of the oracles in the order of their addresses. */
static void oracles_sort(int numbers[TOWN_ORACLES])
{
    for (int i = 0; i < TOWN_ORACLES; i++)
        numbers[i] = KEY_ORACLE + i;
    for (int i = 0; i < TOWN_ORACLES; i++) {
        for (int j = i + 1; j < TOWN_ORACLES; j++) {
            uint8_t a[20], b[20];
            address_of(a, numbers[i]);
            address_of(b, numbers[j]);
            if (memcmp(a, b, 20) <= 0) continue;
            int swap = numbers[i];
            numbers[i] = numbers[j];
            numbers[j] = swap;
        }
    }
}

static void deployment_fill(struct deployment *d, const int oracles[TOWN_ORACLES])
{
    struct deployment_digests digests;
    struct chain_state genesis;
    struct digest8 root;
    d->n_chains = TOWN_CHAINS;
    for (uint16_t i = 0; i < TOWN_CHAINS; i++) {
        struct deployment_chain *c = &d->chains[i];
        c->index = i;
        c->chain_id = 31001u + i;
        c->deploy_block = 2;
        c->finality = i == 0 ? DEPLOYMENT_FINALITY_FINALIZED : 4;
        memset(c->contract, 0xc0 + i, 20);
        memset(c->verifier, 0xd0 + i, 20);
        (void)snprintf(c->name, sizeof c->name, "sim-%u", i);
    }
    memset(d->terminal_program, 0x1e, 32);
    memset(d->salt, 0x5a, 32);
    d->execution_delay = 3;
    d->oracles_m = 3;
    d->n_oracles = TOWN_ORACLES;
    for (int i = 0; i < TOWN_ORACLES; i++)
        address_of(d->oracles[i], oracles[i]);
    REQUIRE(chain_state_init(&genesis, 0) == ERR_OK);
    REQUIRE(cells_root(genesis.cells, &root) == ERR_OK);
    chain_state_deinit(&genesis);
    for (int i = 0; i < 8; i++)
        put_be32(d->genesis_root + 4 * i, root.e[i]);
    digests_compute(&digests, d);
    deployment_id_derive(d->id, d, &digests, d->genesis_root);
}

/* ---- script ---- */

static void step_add(struct town_plan *p, const struct request *r)
{
    REQUIRE(p->n_steps < TOWN_STEPS_MAX);
    struct town_step *s = &p->steps[p->n_steps++];
    s->is_priority = r->kind == REQUEST_PRIORITY;
    s->chain = r->chain;
    s->bytes = malloc(REQUEST_BYTES_MAX);
    REQUIRE(s->bytes != NULL);
    if (s->is_priority) {
        s->len = priority_record_size(r->u.priority.kind);
        priority_record_write(s->bytes, &r->u.priority);
    } else {
        REQUIRE(request_encode(r, true, s->bytes, REQUEST_BYTES_MAX, &s->len) == ERR_OK);
    }
}

static void script_make(struct town_plan *p, uint64_t script)
{
    struct world *w = world_new_chains(0x51a0000 + script, true, TOWN_CHAINS);
    struct request *r = malloc(sizeof *r);
    struct push_result *result = malloc(sizeof *result);
    REQUIRE(r != NULL && result != NULL);
    memcpy(w->deployment_id, p->deployment.id, 32);
    deployment_elements(w->dep, w->deployment_id);
    for (int k = 0; k < BATCHES; k++) {
        struct batch *b = world_begin(w);
        struct sealed_batch sealed;
        bool full = false;
        for (int n = 0, tries = 0; n < PER_BATCH && !full && tries < 500; tries++) {
            if (!world_push_random(w, b, &full, r, result)) continue;
            step_add(p, r);
            n++;
        }
        REQUIRE(batch_seal(b, &sealed) == ERR_OK);
        batch_free(b);
        sealed_batch_deinit(&sealed);
    }
    for (int c = 0; c < TOWN_CHAINS; c++)
        p->fee_account[c] = w->users[0].account[c];
    free(r);
    free(result);
    world_free(w);
}

/* ---- files ---- */

static FILE *file_open(const struct town_plan *p, const char *name, mode_t mode)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", p->dir, name);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL && chmod(path, mode) == 0);
    return f;
}

static void key_write(const struct town_plan *p, const char *name, int number)
{
    uint8_t key[32];
    char text[67];
    FILE *f = file_open(p, name, 0600);
    key_of(key, number);
    hex_encode_0x(text, key, 32);
    fprintf(f, "%s\n", text);
    REQUIRE(fclose(f) == 0);
}

static void address_line(FILE *f, const char *before, int number)
{
    uint8_t address[20];
    char text[43];
    address_of(address, number);
    hex_encode_0x(text, address, 20);
    fprintf(f, "%s\"%s\"\n", before, text);
}

static void chains_lines(FILE *f, const struct town_plan *p, bool is_orchestrator)
{
    fprintf(f, "chains:\n");
    for (int c = 0; c < TOWN_CHAINS; c++) {
        fprintf(f, "  - chain_id: %d\n    rpc_url: \"sim://%d\"\n", 31001 + c, c);
        if (!is_orchestrator) continue;
        fprintf(f, "    key_file: ../operator.key\n    poll: 1s\n    fee_account: %u\n    fees:\n",
                p->fee_account[c]);
        for (uint32_t t = 1; t <= 3; t++)
            fprintf(f, "      - token: %u\n        slot: %u\n", t, world_token_slot(t));
    }
}

static void configs_write(const struct town_plan *p, const int oracles[TOWN_ORACLES])
{
    static const char head[] = "deployment: ../deployment.json\nlog_level: info\n";
    FILE *f = file_open(p, "orchestrator.yaml", 0644);
    fprintf(f,
            "%sdatabase: orchestrator.db\nmessage_key_file: ../messages.key\n"
            "gate_url: \"inproc://gate\"\nprover_url: \"inproc://prover\"\nprover_lease: 20s\n"
            "range_wait: 5s\nseal_age: 12s\n",
            head);
    address_line(f, "gate_address: ", KEY_GATE);
    fprintf(f, "provers:\n");
    for (int i = 0; i < TOWN_WORKERS; i++)
        address_line(f, "  - address: ", KEY_WORKER + i);
    chains_lines(f, p, true);
    REQUIRE(fclose(f) == 0);
    f = file_open(p, "gate.yaml", 0644);
    fprintf(f, "%smessage_key_file: ../gate.key\nlisten: \"inproc://gate\"\n", head);
    address_line(f, "orchestrator_address: ", KEY_MESSAGES);
    chains_lines(f, p, false);
    REQUIRE(fclose(f) == 0);
    for (int i = 0; i < TOWN_WORKERS; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "worker-%d.yaml", i);
        f = file_open(p, name, 0644);
        fprintf(f,
                "log_level: info\norchestrator_url: \"inproc://prover\"\n"
                "message_key_file: ../worker-%d.key\n",
                i);
        address_line(f, "orchestrator_address: ", KEY_MESSAGES);
        REQUIRE(fclose(f) == 0);
        (void)snprintf(name, sizeof name, "worker-%d.key", i);
        key_write(p, name, KEY_WORKER + i);
    }
    for (int i = 0; i < TOWN_ORACLES; i++) {
        char name[40];
        (void)snprintf(name, sizeof name, "oracle-%d.yaml", i);
        f = file_open(p, name, 0644);
        fprintf(f,
                "%skey_file: ../oracle-%d.key\nstate_dir: oracle-%d\n"
                "listen: \"inproc://oracle-%d\"\npeers:\n",
                head, i, i, i);
        for (int j = 0; j < TOWN_ORACLES; j++) {
            if (j != i) fprintf(f, "  - url: \"inproc://oracle-%d\"\n", j);
        }
        chains_lines(f, p, false);
        REQUIRE(fclose(f) == 0);
        (void)snprintf(name, sizeof name, "oracle-%d.key", i);
        key_write(p, name, oracles[i]);
    }
    key_write(p, "operator.key", KEY_OPERATOR);
    key_write(p, "messages.key", KEY_MESSAGES);
    key_write(p, "gate.key", KEY_GATE);
}

struct town_plan *town_prepare(const char *dir, uint64_t script)
{
    int oracles[TOWN_ORACLES];
    char path[160];
    struct town_plan *p = calloc(1, sizeof *p);
    REQUIRE(p != NULL);
    (void)snprintf(p->dir, sizeof p->dir, "%s", dir);
    oracles_sort(oracles);
    deployment_fill(&p->deployment, oracles);
    address_of(p->operator_address, KEY_OPERATOR);
    script_make(p, script);
    (void)snprintf(path, sizeof path, "%s/deployment.json", dir);
    REQUIRE(deployment_save(&p->deployment, path) == ERR_OK);
    configs_write(p, oracles);
    return p;
}

#include "cli/deploy/deploy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain_adapters/evm/evm_sync.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "chain_adapters/evm/tx.h"
#include "common/base/endian.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/config/config.h"
#include "core/batch/statement.h"
#include "core/state/cells.h"
#include "prover/recursion/layers.h"

enum {
    CODE_MAX = 1024 * 1024,
    MINED_MS = 120000,
    LINE = 320,
};

#define VERIFIER "TerminalVerifier"

static const struct config_field token_fields[] = {
    CONFIG_STRING(struct deploy_token_config, symbol, NULL, "name in displays"),
    CONFIG_STRING(struct deploy_token_config, address, NULL,
                  "address of the ERC-20, or test: deploy a mintable one"),
    CONFIG_U64(struct deploy_token_config, decimals, "18", 0, 77, "decimals in displays"),
    CONFIG_END};
static const struct config_field chain_fields[] = {
    CONFIG_U64(struct deploy_chain_config, chain_id, NULL, 1, INT64_MAX, "EIP-155 chain id"),
    CONFIG_STRING(struct deploy_chain_config, name, NULL, "name in displays"),
    CONFIG_STRING(struct deploy_chain_config, rpc_url, NULL, "JSON-RPC endpoint"),
    CONFIG_STRING(struct deploy_chain_config, finality, "finalized",
                  "finalized, safe, or a number of confirmations"),
    CONFIG_SECTION_LIST(struct deploy_chain_config, tokens, n_tokens, 0, token_fields,
                        "ERC-20 tokens; ETH is always token 1"),
    CONFIG_END};
static const struct config_field oracle_fields[] = {
    CONFIG_HEX(struct deploy_oracle_config, address, NULL, "address of an oracle"), CONFIG_END};
static const struct config_field fields[] = {
    CONFIG_STRING(struct deploy_config, out, NULL, "deployment.json to write"),
    CONFIG_STRING(struct deploy_config, artifacts, "contracts/out", "folder of compiled contracts"),
    CONFIG_STRING(struct deploy_config, key_file, NULL,
                  "file (mode 0600) with the deployer's key; it becomes the token registrar"),
    CONFIG_HEX(struct deploy_config, operator_address, NULL, "address that may commit batches"),
    CONFIG_HEX(struct deploy_config, salt, NULL, "32 random bytes: makes the deployment id unique"),
    CONFIG_DURATION(struct deploy_config, execution_delay, "1h", 0, 2592000000u,
                    "time between agreed and executed"),
    CONFIG_U64(struct deploy_config, base_fee, "100000000000000", 0, INT64_MAX,
               "wei of a priority request while fewer than 1,000 are open"),
    CONFIG_U64(struct deploy_config, threshold, NULL, 1, DEPLOYMENT_ORACLES_MAX,
               "signatures that make an agreement (m)"),
    CONFIG_SECTION_LIST(struct deploy_config, oracles, n_oracles, 1, oracle_fields, "oracle set"),
    CONFIG_SECTION_LIST(struct deploy_config, chains, n_chains, 1, chain_fields,
                        "chains, ascending by chain_id"),
    CONFIG_END};

struct deploying {
    const struct deploy_config *config;
    struct deployment *d;
    struct evm_sync *l1[DEPLOYMENT_CHAINS_MAX];
    uint64_t first_nonce[DEPLOYMENT_CHAINS_MAX];
    uint8_t sender[20];
    size_t n_parts; /* contracts that the verifier calls */
    char parts[DEPLOYMENT_PARTS_MAX][64];
    void (*say)(const char *line);
    char *text;
    size_t text_size;
    const char *chain; /* being worked on, for errors */
};

static enum err fail(struct deploying *p, enum err err, const char *what,
                     const struct chain_fault *fault)
{
    char revert[HAWSER_REVERT_TEXT] = "";
    if (fault != NULL && fault->revert_len > 0)
        hawser_revert_text(revert, (struct span){fault->revert, fault->revert_len});
    (void)snprintf(p->text, p->text_size, "%s: %s: %s %s %s", p->chain == NULL ? "" : p->chain,
                   what, err_text(err), fault == NULL ? "" : fault->what, revert);
    return err;
}

static void tell(struct deploying *p, const char *what)
{
    char line[LINE];
    if (p->say == NULL) return;
    (void)snprintf(line, sizeof line, "%.40s: %.250s", p->chain, what);
    p->say(line);
}

enum err deploy_config_load(struct deploy_config *out, const char *path, char *text,
                            size_t text_size)
{
    struct config_error error;
    enum err err = config_load_file(out, fields, path, &error);
    if (err != ERR_OK) (void)snprintf(text, text_size, "%s", error.text);
    return err;
}

/* ---- plan: which nonces, hence which addresses ---- */

static void plan_path(const struct deploying *p, char *out, size_t size)
{
    (void)snprintf(out, size, "%s.plan", p->config->out);
}

/* The plan of an earlier run, or an empty one. A plan that cannot be read is an error: contracts may
 * stand where it said. */
static enum err plan_read(struct deploying *p, const char *path, json_t **out)
{
    json_error_t error;
    if (access(path, F_OK) != 0) {
        *out = json_object();
        return *out == NULL ? ERR_NOMEM : ERR_OK;
    }
    *out = json_load_file(path, 0, &error);
    return *out != NULL ? ERR_OK : fail(p, ERR_CORRUPT, path, NULL);
}

/* By a temporary file and rename: an interruption leaves the old plan or the new one. */
static enum err plan_write(struct deploying *p, const char *path, const json_t *plan)
{
    char temporary[640];
    (void)snprintf(temporary, sizeof temporary, "%s.new", path);
    if (json_dump_file(plan, temporary, JSON_INDENT(1)) != 0 || rename(temporary, path) != 0)
        return fail(p, ERR_IO, path, NULL);
    return ERR_OK;
}

static enum err plan_make(struct deploying *p)
{
    char path[600];
    json_t *o;
    bool changed = false;
    plan_path(p, path, sizeof path);
    enum err err = plan_read(p, path, &o);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < p->d->n_chains && err == ERR_OK; i++) {
        char key[24];
        struct chain_fault fault = {0};
        (void)snprintf(key, sizeof key, "%llu", (unsigned long long)p->d->chains[i].chain_id);
        p->chain = p->d->chains[i].name;
        const json_t *known = json_object_get(o, key);
        if (json_is_integer(known)) {
            p->first_nonce[i] = (uint64_t)json_integer_value(known);
            continue;
        }
        err = evm_sync_nonce(p->l1[i], &p->first_nonce[i], p->sender, &fault);
        if (err != ERR_OK) err = fail(p, err, "nonce", &fault);
        json_object_set_new(o, key, json_integer((json_int_t)p->first_nonce[i]));
        changed = true;
    }
    if (err == ERR_OK && changed) err = plan_write(p, path, o);
    json_decref(o);
    return err;
}

static void plan_addresses(struct deploying *p)
{
    for (size_t i = 0; i < p->d->n_chains; i++) {
        struct deployment_chain *c = &p->d->chains[i];
        uint64_t n = p->first_nonce[i];
        c->n_verifier_parts = p->n_parts;
        for (size_t v = 0; v < p->n_parts; v++)
            evm_create_address(c->verifier_parts[v], p->sender, n++);
        evm_create_address(c->verifier, p->sender, n++);
        evm_create_address(c->contract, p->sender, n++);
        uint64_t test = n;
        for (size_t t = 0; t < p->config->chains[i].n_tokens; t++) {
            if (strcmp(p->config->chains[i].tokens[t].address, "test") == 0)
                evm_create_address(c->tokens[1 + t].address, p->sender, test++);
        }
    }
}

/* ---- facts that follow from the configuration ---- */

static enum err finality_parse(const char *text, uint32_t *out)
{
    char *end = NULL;
    if (strcmp(text, "finalized") == 0)
        *out = DEPLOYMENT_FINALITY_FINALIZED;
    else if (strcmp(text, "safe") == 0)
        *out = DEPLOYMENT_FINALITY_SAFE;
    else {
        unsigned long v = strtoul(text, &end, 10);
        if (end == text || *end != '\0' || v > 100000) return ERR_CONFIG;
        *out = (uint32_t)v;
    }
    return ERR_OK;
}

static int address_order(const void *a, const void *b)
{
    return memcmp(a, b, 20);
}

static enum err facts(struct deploying *p)
{
    const struct deploy_config *c = p->config;
    struct deployment *d = p->d;
    memset(d, 0, sizeof *d);
    memcpy(d->salt, c->salt, 32);
    d->execution_delay = c->execution_delay / 1000;
    d->oracles_m = (uint16_t)c->threshold;
    d->n_oracles = c->n_oracles;
    for (size_t i = 0; i < c->n_oracles; i++)
        memcpy(d->oracles[i], c->oracles[i].address, 20);
    qsort(d->oracles, d->n_oracles, 20, address_order);
    if (c->threshold > c->n_oracles) return fail(p, ERR_CONFIG, "threshold above the set", NULL);
    program_key_id(layer_program(LAYER_TERMINAL), layer_key(LAYER_TERMINAL), d->terminal_program);
    d->n_chains = c->n_chains;
    for (size_t i = 0; i < c->n_chains; i++) {
        struct deployment_chain *x = &d->chains[i];
        const struct deploy_chain_config *y = &c->chains[i];
        x->index = (uint16_t)i;
        x->chain_id = y->chain_id;
        memcpy(x->name, y->name, sizeof x->name);
        p->chain = x->name;
        if (i > 0 && x->chain_id <= d->chains[i - 1].chain_id)
            return fail(p, ERR_CONFIG, "chains must ascend by chain_id", NULL);
        if (finality_parse(y->finality, &x->finality) != ERR_OK)
            return fail(p, ERR_CONFIG, "finality", NULL);
        x->n_tokens = 1 + y->n_tokens;
        x->tokens[0] = (struct deployment_token){.id = 1, .symbol = "ETH", .decimals = 18};
        for (size_t t = 0; t < y->n_tokens; t++) {
            struct deployment_token *k = &x->tokens[1 + t];
            k->id = (uint32_t)(2 + t);
            memcpy(k->symbol, y->tokens[t].symbol, sizeof k->symbol);
            k->decimals = (uint8_t)y->tokens[t].decimals;
            const char *address = y->tokens[t].address;
            if (strcmp(address, "test") != 0 &&
                hex_decode_fixed(k->address, 20, address, strlen(address)) != ERR_OK)
                return fail(p, ERR_CONFIG, "token address", NULL);
        }
    }
    return ERR_OK;
}

static enum err identify(struct deploying *p)
{
    struct deployment *d = p->d;
    struct chain_entry list[DEPLOYMENT_CHAINS_MAX];
    struct deployment_input in;
    memset(&in, 0, sizeof in);
    for (size_t i = 0; i < d->n_chains; i++) {
        list[i].index = d->chains[i].index;
        list[i].chain_id = d->chains[i].chain_id;
        memcpy(list[i].address, d->chains[i].contract, 20);
        list[i].finality = d->chains[i].finality;
    }
    ERR_TRY(chains_digest(in.chains_digest, list, d->n_chains));
    programs_digest(in.programs_digest, d->terminal_program);
    struct cells *cells = cells_new_genesis();
    if (cells == NULL) return ERR_NOMEM;
    enum err err = cells_root(cells, &in.genesis_root);
    cells_free(cells);
    if (err != ERR_OK) return err;
    for (int i = 0; i < 8; i++)
        put_be32(d->genesis_root + 4 * i, in.genesis_root.e[i]);
    in.oracles_m = d->oracles_m;
    in.oracles_n = (uint16_t)d->n_oracles;
    in.oracles = d->oracles[0];
    memcpy(in.salt, d->salt, 32);
    return deployment_id_compute(d->id, &in);
}

/* ---- steps ---- */

/* The names of the contracts that the verifier calls: in its artifact, as the compiler step wrote. */
static enum err parts_read(struct deploying *p)
{
    char path[700];
    json_error_t error;
    (void)snprintf(path, sizeof path, "%s/%s.json", p->config->artifacts, VERIFIER);
    json_t *o = json_load_file(path, 0, &error);
    const json_t *list = json_object_get(o, "parts");
    size_t n = json_array_size(list);
    enum err err = o == NULL ? ERR_NOT_FOUND : n > DEPLOYMENT_PARTS_MAX ? ERR_RANGE : ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || strlen(name) >= sizeof p->parts[i])
            err = ERR_PARSE;
        else
            memcpy(p->parts[i], name, strlen(name) + 1);
    }
    p->n_parts = n;
    json_decref(o);
    return err == ERR_OK ? ERR_OK : fail(p, err, path, NULL);
}

static enum err creation_code(struct deploying *p, const char *name, struct bytes_buf *out)
{
    char path[700];
    json_error_t error;
    (void)snprintf(path, sizeof path, "%s/%s.json", p->config->artifacts, name);
    json_t *o = json_load_file(path, 0, &error);
    const char *hex = json_string_value(json_object_get(o, "bytecode"));
    enum err err = hex == NULL ? ERR_NOT_FOUND : hex_decode(out, hex, strlen(hex));
    json_decref(o);
    return err == ERR_OK ? ERR_OK : fail(p, err, path, NULL);
}

static enum err has_code(struct deploying *p, size_t i, const uint8_t address[20], bool *yes)
{
    struct bytes_buf code;
    struct chain_fault fault = {0};
    bytes_buf_init(&code, CODE_MAX);
    enum err err = evm_sync_code(p->l1[i], &code, address, &fault);
    *yes = code.len > 0;
    bytes_buf_deinit(&code);
    return err == ERR_OK ? ERR_OK : fail(p, err, "code", &fault);
}

static enum err transact(struct deploying *p, size_t i, struct chain_tx *tx, const char *what)
{
    struct chain_fault fault = {0};
    struct chain_tx_status status;
    enum err err = evm_sync_send(p->l1[i], &status, tx, MINED_MS, &fault);
    return err == ERR_OK ? ERR_OK : fail(p, err, what, &fault);
}

/* The planned nonce must be the deployer's next one: a used one can never create the contract. */
static enum err nonce_is_free(struct deploying *p, size_t i, uint64_t nonce, const char *name)
{
    uint64_t next;
    char what[LINE];
    struct chain_fault fault = {0};
    enum err err = evm_sync_nonce(p->l1[i], &next, p->sender, &fault);
    if (err != ERR_OK) return fail(p, err, "nonce", &fault);
    if (next == nonce) return ERR_OK;
    (void)snprintf(what, sizeof what,
                   "%s was planned for nonce %llu of the deployer, which stands at %llu: use a key "
                   "that does nothing else and another output file",
                   name, (unsigned long long)nonce, (unsigned long long)next);
    return fail(p, ERR_CONFLICT, what, NULL);
}

/* Creates the contract with exactly this nonce unless it is there. */
static enum err create(struct deploying *p, size_t i, uint64_t nonce, const uint8_t address[20],
                       const char *name, struct span arguments)
{
    bool there = false;
    char what[LINE];
    struct bytes_buf code;
    ERR_TRY(has_code(p, i, address, &there));
    if (there) return ERR_OK;
    (void)snprintf(what, sizeof what, "deploying %s", name);
    ERR_TRY(nonce_is_free(p, i, nonce, name));
    tell(p, what);
    bytes_buf_init(&code, CODE_MAX);
    enum err err = creation_code(p, name, &code);
    if (err == ERR_OK) err = bytes_buf_append(&code, arguments.data, arguments.len);
    if (err == ERR_OK) {
        struct chain_tx tx = {
            .is_create = true, .data = bytes_buf_span(&code), .has_nonce = true, .nonce = nonce};
        err = transact(p, i, &tx, what);
    }
    bytes_buf_deinit(&code);
    if (err != ERR_OK) return err;
    ERR_TRY(has_code(p, i, address, &there));
    return there ? ERR_OK : fail(p, ERR_CHAIN, "no code where it was planned", NULL);
}

/* The parts, then the verifier, whose constructor takes their addresses and checks their code. */
static enum err deploy_verifier(struct deploying *p, size_t i, uint64_t *nonce)
{
    const struct deployment_chain *c = &p->d->chains[i];
    uint8_t words[DEPLOYMENT_PARTS_MAX][32] = {{0}};
    for (size_t v = 0; v < p->n_parts; v++) {
        struct span none = {NULL, 0};
        ERR_TRY(create(p, i, (*nonce)++, c->verifier_parts[v], p->parts[v], none));
        memcpy(words[v] + 12, c->verifier_parts[v], 20);
    }
    struct span arguments = {words[0], 32 * p->n_parts};
    return create(p, i, (*nonce)++, c->verifier, VERIFIER, arguments);
}

static enum err hawser_arguments(struct deploying *p, size_t i, struct bytes_buf *out)
{
    const struct deployment *d = p->d;
    struct hawser_deployment *h = calloc(1, sizeof *h);
    if (h == NULL) return ERR_NOMEM;
    h->chain_count = d->n_chains;
    for (size_t c = 0; c < d->n_chains; c++) {
        h->chains[c].index = d->chains[c].index;
        h->chains[c].chain_id = d->chains[c].chain_id;
        h->chains[c].finality = d->chains[c].finality;
        memcpy(h->chains[c].hawser, d->chains[c].contract, 20);
    }
    memcpy(h->genesis_root, d->genesis_root, 32);
    memcpy(h->program_id, d->terminal_program, 32);
    memcpy(h->verifier, d->chains[i].verifier, 20);
    h->threshold = d->oracles_m;
    h->oracle_count = d->n_oracles;
    memcpy(h->oracles, d->oracles, sizeof h->oracles[0] * d->n_oracles);
    memcpy(h->salt, d->salt, 32);
    memcpy(h->operator_address, p->config->operator_address, 20);
    memcpy(h->registrar, p->sender, 20);
    h->execution_delay = d->execution_delay;
    h->base_fee = p->config->base_fee;
    enum err err = hawser_encode_constructor(out, h);
    free(h);
    return err;
}

static enum err check_id(struct deploying *p, size_t i)
{
    struct bytes_buf data;
    struct bytes_buf answer;
    struct chain_fault fault = {0};
    uint8_t id[32] = {0};
    bytes_buf_init(&data, 4096);
    bytes_buf_init(&answer, 4096);
    enum err err = hawser_encode_view(&data, HAWSER_VIEW_DEPLOYMENT_ID);
    if (err == ERR_OK)
        err = evm_sync_call(p->l1[i], &answer, p->d->chains[i].contract, bytes_buf_span(&data),
                            CHAIN_BLOCK_LATEST, &fault);
    if (err == ERR_OK) err = hawser_decode_hash(id, bytes_buf_span(&answer));
    if (err == ERR_OK && memcmp(id, p->d->id, 32) != 0) err = ERR_MISMATCH;
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    return err == ERR_OK ? ERR_OK : fail(p, err, "deployment id of the contract", &fault);
}

static enum err token_id(struct deploying *p, size_t i, const uint8_t token[20], uint64_t *id)
{
    struct bytes_buf data;
    struct bytes_buf answer;
    struct chain_fault fault = {0};
    bytes_buf_init(&data, 4096);
    bytes_buf_init(&answer, 4096);
    enum err err = hawser_encode_token_ids(&data, token);
    if (err == ERR_OK)
        err = evm_sync_call(p->l1[i], &answer, p->d->chains[i].contract, bytes_buf_span(&data),
                            CHAIN_BLOCK_LATEST, &fault);
    if (err == ERR_OK) err = hawser_decode_u64(id, bytes_buf_span(&answer));
    bytes_buf_deinit(&data);
    bytes_buf_deinit(&answer);
    return err == ERR_OK ? ERR_OK : fail(p, err, "tokenIds", &fault);
}

static enum err register_token(struct deploying *p, size_t i, struct deployment_token *t)
{
    uint64_t id = 0;
    ERR_TRY(token_id(p, i, t->address, &id));
    if (id == 0) {
        struct bytes_buf data;
        char what[LINE];
        (void)snprintf(what, sizeof what, "registering %s", t->symbol);
        tell(p, what);
        bytes_buf_init(&data, 4096);
        enum err err = hawser_encode_register_token(&data, t->address);
        struct chain_tx tx = {.data = bytes_buf_span(&data)};
        memcpy(tx.to, p->d->chains[i].contract, 20);
        if (err == ERR_OK) err = transact(p, i, &tx, what);
        bytes_buf_deinit(&data);
        if (err != ERR_OK) return err;
        ERR_TRY(token_id(p, i, t->address, &id));
    }
    if (id == 0 || id >= 1u << 24) return fail(p, ERR_CHAIN, "token id", NULL);
    t->id = (uint32_t)id;
    return ERR_OK;
}

/* Test tokens are created by (name, symbol, decimals): three words and two short strings. */
static enum err test_token_arguments(const struct deployment_token *t, struct bytes_buf *out)
{
    uint8_t words[7][32] = {{0}};
    size_t n = strnlen(t->symbol, sizeof t->symbol);
    words[0][31] = 96;
    words[1][31] = 160;
    words[2][31] = t->decimals;
    words[3][31] = (uint8_t)n;
    memcpy(words[4], t->symbol, n);
    words[5][31] = (uint8_t)n;
    memcpy(words[6], t->symbol, n);
    return bytes_buf_append(out, words, sizeof words);
}

static enum err deploy_chain(struct deploying *p, size_t i)
{
    struct deployment_chain *c = &p->d->chains[i];
    uint64_t nonce = p->first_nonce[i];
    struct bytes_buf arguments;
    struct chain_fault fault = {0};
    struct chain_block block;
    p->chain = c->name;
    ERR_TRY(deploy_verifier(p, i, &nonce));
    enum err err = evm_sync_block(p->l1[i], &block, CHAIN_BLOCK_LATEST, &fault);
    if (err != ERR_OK) return fail(p, err, "block", &fault);
    bool there = false;
    ERR_TRY(has_code(p, i, c->contract, &there));
    /* After an interruption just there it is not known: then readers start at the first block. */
    c->deploy_block = there ? 1 : block.number;
    bytes_buf_init(&arguments, 65536);
    err = hawser_arguments(p, i, &arguments);
    if (err == ERR_OK)
        err = create(p, i, nonce, c->contract, "Hawser", bytes_buf_span(&arguments));
    uint64_t next = nonce + 1;
    for (size_t t = 1; t < c->n_tokens && err == ERR_OK; t++) {
        if (strcmp(p->config->chains[i].tokens[t - 1].address, "test") != 0) continue;
        bytes_buf_clear(&arguments);
        err = test_token_arguments(&c->tokens[t], &arguments);
        if (err == ERR_OK)
            err =
                create(p, i, next++, c->tokens[t].address, "TestToken", bytes_buf_span(&arguments));
    }
    bytes_buf_deinit(&arguments);
    if (err == ERR_OK) err = check_id(p, i);
    for (size_t t = 1; t < c->n_tokens && err == ERR_OK; t++)
        err = register_token(p, i, &c->tokens[t]);
    return err;
}

static enum err connect_chain(struct deploying *p, size_t i)
{
    const struct deploy_chain_config *c = &p->config->chains[i];
    struct chain_options options = {.chain_id = c->chain_id, .finality = p->d->chains[i].finality};
    struct chain_fault fault = {0};
    p->chain = c->name;
    (void)snprintf(options.name, sizeof options.name, "%.31s", c->name);
    (void)snprintf(options.rpc_url, sizeof options.rpc_url, "%.511s", c->rpc_url);
    (void)snprintf(options.key_path, sizeof options.key_path, "%.511s", p->config->key_file);
    enum err err = evm_sync_open(&p->l1[i], &options, &fault);
    if (err != ERR_OK) return fail(p, err, "connect", &fault);
    memcpy(p->sender, evm_sync_sender(p->l1[i]), 20);
    return ERR_OK;
}

/* What an earlier complete run wrote about the blocks is better than what a later one can know. */
static enum err keep_deploy_blocks(struct deploying *p)
{
    char text[256];
    struct deployment *old = calloc(1, sizeof *old);
    if (old == NULL) return ERR_NOMEM;
    if (deployment_load(old, p->config->out, text, sizeof text) == ERR_OK &&
        memcmp(old->id, p->d->id, sizeof old->id) == 0) {
        for (size_t i = 0; i < p->d->n_chains; i++)
            p->d->chains[i].deploy_block = old->chains[i].deploy_block;
    }
    free(old);
    return ERR_OK;
}

enum err deploy_run(const struct deploy_config *config, struct deployment *out,
                    void (*say)(const char *line), char *text, size_t text_size)
{
    struct deploying p = {
        .config = config, .d = out, .say = say, .text = text, .text_size = text_size};
    text[0] = '\0';
    enum err err = facts(&p);
    if (err == ERR_OK) err = parts_read(&p);
    for (size_t i = 0; i < config->n_chains && err == ERR_OK; i++)
        err = connect_chain(&p, i);
    if (err == ERR_OK) err = plan_make(&p);
    if (err == ERR_OK) {
        plan_addresses(&p);
        err = identify(&p);
    }
    for (size_t i = 0; i < config->n_chains && err == ERR_OK; i++)
        err = deploy_chain(&p, i);
    if (err == ERR_OK) err = keep_deploy_blocks(&p);
    if (err == ERR_OK) err = deployment_save(out, config->out);
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        if (p.l1[i] != NULL) evm_sync_close(p.l1[i]);
    }
    if (err != ERR_OK && text[0] == '\0') (void)snprintf(text, text_size, "%s", err_text(err));
    return err;
}

#include "common/deployment/deployment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/codec/json.h"

enum { DEPLOYMENT_FILE_MAX = 1024 * 1024 };

struct place {
    struct json_error error;
    char where[64];
};

static enum err read_file(struct bytes_buf *buf, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    char chunk[4096];
    enum err err = ERR_OK;
    size_t n;
    while (err == ERR_OK && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        err = bytes_buf_append(buf, chunk, n);
    if (ferror(f)) err = ERR_IO;
    (void)fclose(f);
    return err;
}

static enum err get_text(char *out, size_t size, const json_t *o, const char *key, struct place *p)
{
    const char *s = NULL;
    ERR_TRY(json_get_string(&s, o, p->where, key, &p->error));
    if (strlen(s) >= size) {
        json_error_set(&p->error, "%s.%s: too long", p->where, key);
        return ERR_PARSE;
    }
    memcpy(out, s, strlen(s) + 1);
    return ERR_OK;
}

static enum err token_read(struct deployment_token *t, const json_t *o, struct place *p)
{
    uint64_t v = 0;
    ERR_TRY(json_get_u64(&v, o, p->where, "id", (1u << 24) - 1, &p->error));
    t->id = (uint32_t)v;
    ERR_TRY(get_text(t->symbol, sizeof t->symbol, o, "symbol", p));
    ERR_TRY(json_get_hex_fixed(t->address, 20, o, p->where, "address", &p->error));
    ERR_TRY(json_get_u64(&v, o, p->where, "decimals", 77, &p->error));
    t->decimals = (uint8_t)v;
    return ERR_OK;
}

static enum err finality_read(uint32_t *out, const json_t *o, struct place *p)
{
    const json_t *f = json_object_get(o, "finality");
    if (json_is_string(f)) {
        if (strcmp(json_string_value(f), "finalized") == 0) {
            *out = DEPLOYMENT_FINALITY_FINALIZED;
            return ERR_OK;
        }
        if (strcmp(json_string_value(f), "safe") == 0) {
            *out = DEPLOYMENT_FINALITY_SAFE;
            return ERR_OK;
        }
    }
    uint64_t v = 0;
    ERR_TRY(json_get_u64(&v, o, p->where, "finality", 100000, &p->error));
    *out = (uint32_t)v;
    return ERR_OK;
}

static enum err address_read(uint8_t out[20], const json_t *value, const char *where,
                             struct place *p)
{
    json_t *wrapped = json_pack("{s:O}", "address", value);
    if (wrapped == NULL) return ERR_NOMEM;
    enum err err = json_get_hex_fixed(out, 20, wrapped, where, "address", &p->error);
    json_decref(wrapped);
    return err;
}

static enum err chain_read(struct deployment_chain *c, const json_t *o, struct place *p)
{
    uint64_t v = 0;
    json_t *tokens = NULL;
    ERR_TRY(json_get_u64(&v, o, p->where, "index", DEPLOYMENT_CHAINS_MAX - 1, &p->error));
    c->index = (uint16_t)v;
    ERR_TRY(json_get_u64(&c->chain_id, o, p->where, "chain_id", INT64_MAX, &p->error));
    ERR_TRY(get_text(c->name, sizeof c->name, o, "name", p));
    ERR_TRY(json_get_hex_fixed(c->contract, 20, o, p->where, "contract", &p->error));
    ERR_TRY(json_get_hex_fixed(c->verifier, 20, o, p->where, "verifier", &p->error));
    json_t *parts = NULL;
    ERR_TRY(
        json_get_array(&parts, o, p->where, "verifier_parts", DEPLOYMENT_PARTS_MAX, &p->error));
    c->n_verifier_parts = json_array_size(parts);
    for (size_t i = 0; i < c->n_verifier_parts; i++)
        ERR_TRY(address_read(c->verifier_parts[i], json_array_get(parts, i), "verifier_parts", p));
    ERR_TRY(finality_read(&c->finality, o, p));
    ERR_TRY(json_get_u64(&c->deploy_block, o, p->where, "deploy_block", INT64_MAX, &p->error));
    ERR_TRY(json_get_array(&tokens, o, p->where, "tokens", DEPLOYMENT_TOKENS_MAX, &p->error));
    c->n_tokens = json_array_size(tokens);
    for (size_t i = 0; i < c->n_tokens; i++)
        ERR_TRY(token_read(&c->tokens[i], json_array_get(tokens, i), p));
    return ERR_OK;
}

static enum err root_read(struct deployment *d, const json_t *o, struct place *p)
{
    uint64_t v = 0;
    json_t *oracles = NULL;
    json_t *list = NULL;
    ERR_TRY(json_get_u64(&v, o, "", "version", INT64_MAX, &p->error));
    if (v != DEPLOYMENT_VERSION) {
        json_error_set(&p->error,
                       "a deployment of version %llu%s; this program serves version %d: deploy again",
                       (unsigned long long)v, v == 1   ? " (three proofs for each batch)"
                       : v == 2 ? " (one segment a chain)"
                       : v == 3 ? " (no blobs)"
                                : "",
                       DEPLOYMENT_VERSION);
        return ERR_VERSION;
    }
    ERR_TRY(json_get_hex_fixed(d->id, 32, o, "", "deployment_id", &p->error));
    ERR_TRY(json_get_hex_fixed(d->salt, 32, o, "", "salt", &p->error));
    ERR_TRY(json_get_hex_fixed(d->genesis_root, 32, o, "", "genesis_root", &p->error));
    ERR_TRY(json_get_hex_fixed(d->terminal_program, 32, o, "", "terminal_program", &p->error));
    ERR_TRY(json_get_u64(&d->execution_delay, o, "", "execution_delay", UINT32_MAX, &p->error));
    ERR_TRY(json_get_object(&oracles, o, "", "oracles", &p->error));
    ERR_TRY(json_get_u64(&v, oracles, "oracles", "m", DEPLOYMENT_ORACLES_MAX, &p->error));
    d->oracles_m = (uint16_t)v;
    ERR_TRY(
        json_get_array(&list, oracles, "oracles", "members", DEPLOYMENT_ORACLES_MAX, &p->error));
    d->n_oracles = json_array_size(list);
    for (size_t i = 0; i < d->n_oracles; i++)
        ERR_TRY(address_read(d->oracles[i], json_array_get(list, i), "oracles.members", p));
    ERR_TRY(json_get_array(&list, o, "", "chains", DEPLOYMENT_CHAINS_MAX, &p->error));
    d->n_chains = json_array_size(list);
    for (size_t i = 0; i < d->n_chains; i++) {
        (void)snprintf(p->where, sizeof p->where, "chains[%zu]", i);
        ERR_TRY(chain_read(&d->chains[i], json_array_get(list, i), p));
        bool ordered = i == 0 || d->chains[i].chain_id > d->chains[i - 1].chain_id;
        if (d->chains[i].index != i || !ordered) {
            json_error_set(&p->error, "%s: chains must ascend by chain_id, index = position",
                           p->where);
            return ERR_PARSE;
        }
    }
    return ERR_OK;
}

enum err deployment_load(struct deployment *out, const char *path, char *text, size_t text_size)
{
    struct bytes_buf buf;
    bytes_buf_init(&buf, DEPLOYMENT_FILE_MAX);
    struct place p = {.where = ""};
    static const struct json_limits limits = {.size_max = DEPLOYMENT_FILE_MAX, .depth_max = 8};
    json_t *o = NULL;
    struct deployment *d = calloc(1, sizeof *d);
    enum err err = d == NULL ? ERR_NOMEM : read_file(&buf, path);
    json_error_set(&p.error, "%s", err == ERR_OK ? "" : err_text(err));
    if (err == ERR_OK) err = json_parse(&o, (const char *)buf.data, buf.len, &limits, &p.error);
    if (err == ERR_OK) err = root_read(d, o, &p);
    if (err == ERR_OK) {
        *out = *d;
    } else {
        (void)snprintf(text, text_size, "%s: %s", path, p.error.text);
    }
    if (o != NULL) json_decref(o);
    bytes_buf_deinit(&buf);
    free(d);
    return err;
}

static json_t *finality_json(uint32_t finality)
{
    if (finality == DEPLOYMENT_FINALITY_FINALIZED) return json_string("finalized");
    if (finality == DEPLOYMENT_FINALITY_SAFE) return json_string("safe");
    return json_integer(finality);
}

static json_t *chain_json(const struct deployment_chain *c)
{
    json_t *tokens = json_array();
    for (size_t i = 0; i < c->n_tokens; i++) {
        const struct deployment_token *t = &c->tokens[i];
        json_array_append_new(tokens,
                              json_pack("{s:I,s:s,s:o,s:i}", "id", (json_int_t)t->id, "symbol",
                                        t->symbol, "address", json_new_hex(t->address, 20),
                                        "decimals", (int)t->decimals));
    }
    json_t *parts = json_array();
    for (size_t i = 0; i < c->n_verifier_parts; i++)
        json_array_append_new(parts, json_new_hex(c->verifier_parts[i], 20));
    return json_pack("{s:i,s:I,s:s,s:o,s:o,s:o,s:o,s:I,s:o}", "index", (int)c->index, "chain_id",
                     (json_int_t)c->chain_id, "name", c->name, "contract",
                     json_new_hex(c->contract, 20), "verifier", json_new_hex(c->verifier, 20),
                     "verifier_parts", parts, "finality", finality_json(c->finality),
                     "deploy_block", (json_int_t)c->deploy_block, "tokens", tokens);
}

enum err deployment_save(const struct deployment *d, const char *path)
{
    json_t *members = json_array();
    json_t *chains = json_array();
    for (size_t i = 0; i < d->n_oracles; i++)
        json_array_append_new(members, json_new_hex(d->oracles[i], 20));
    for (size_t i = 0; i < d->n_chains; i++)
        json_array_append_new(chains, chain_json(&d->chains[i]));
    json_t *o = json_pack(
        "{s:i,s:o,s:o,s:o,s:o,s:I,s:{s:i,s:o},s:o}", "version", DEPLOYMENT_VERSION, "deployment_id",
        json_new_hex(d->id, 32), "salt", json_new_hex(d->salt, 32), "genesis_root",
        json_new_hex(d->genesis_root, 32), "terminal_program", json_new_hex(d->terminal_program, 32),
        "execution_delay", (json_int_t)d->execution_delay, "oracles", "m", (int)d->oracles_m,
        "members", members, "chains", chains);
    if (o == NULL) return ERR_NOMEM;
    char temporary[1024];
    int n = snprintf(temporary, sizeof temporary, "%s.new", path);
    enum err err = n > 0 && (size_t)n < sizeof temporary ? ERR_OK : ERR_TOO_LARGE;
    if (err == ERR_OK && json_dump_file(o, temporary, JSON_INDENT(2)) != 0) err = ERR_IO;
    if (err == ERR_OK && rename(temporary, path) != 0) err = ERR_IO;
    json_decref(o);
    return err;
}

const struct deployment_chain *deployment_chain_by_id(const struct deployment *d, uint64_t chain_id)
{
    for (size_t i = 0; i < d->n_chains; i++) {
        if (d->chains[i].chain_id == chain_id) return &d->chains[i];
    }
    return NULL;
}

const struct deployment_token *deployment_token(const struct deployment_chain *chain, uint32_t id)
{
    for (size_t i = 0; i < chain->n_tokens; i++) {
        if (chain->tokens[i].id == id) return &chain->tokens[i];
    }
    return NULL;
}

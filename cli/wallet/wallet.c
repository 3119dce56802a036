#include "cli/wallet/wallet.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/endian.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/config/config.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"
#include "core/batch/chain_trace.h"

/* ---- configuration ---- */

struct raw_chain {
    uint64_t chain_id;
    char rpc_url[512];
};
struct raw_config {
    char deployment[512], api[256], key_file[512], dir[512];
    struct raw_chain chains[DEPLOYMENT_CHAINS_MAX];
    size_t n_chains;
};
static const struct config_field chain_fields[] = {
    CONFIG_U64(struct raw_chain, chain_id, NULL, 1, INT64_MAX, "EIP-155 chain id"),
    CONFIG_STRING(struct raw_chain, rpc_url, NULL, "JSON-RPC endpoint"), CONFIG_END};
static const struct config_field fields[] = {
    CONFIG_STRING(struct raw_config, deployment, NULL, "deployment.json"),
    CONFIG_STRING(struct raw_config, api, "http://127.0.0.1:8545", "API of the operator"),
    CONFIG_STRING(struct raw_config, key_file, NULL, "file (mode 0600) with the Ethereum key"),
    CONFIG_STRING(struct raw_config, dir, NULL, "folder for used leaves and cached key trees"),
    CONFIG_SECTION_LIST(struct raw_config, chains, n_chains, 0, chain_fields,
                        "L1 endpoints, for deposits and requests"),
    CONFIG_END};

enum err wallet_config_load(struct wallet_config *out, const char *path, char *text,
                            size_t text_size)
{
    struct raw_config *raw = calloc(1, sizeof *raw);
    if (raw == NULL) return ERR_NOMEM;
    struct config_error error;
    enum err err = config_load_file(raw, fields, path, &error);
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "%s", error.text);
    } else {
        memset(out, 0, sizeof *out);
        memcpy(out->deployment, raw->deployment, sizeof out->deployment);
        memcpy(out->api, raw->api, sizeof out->api);
        memcpy(out->key_file, raw->key_file, sizeof out->key_file);
        memcpy(out->dir, raw->dir, sizeof out->dir);
        out->n_chains = raw->n_chains;
        for (size_t i = 0; i < raw->n_chains; i++) {
            out->chains[i].chain_id = raw->chains[i].chain_id;
            memcpy(out->chains[i].rpc_url, raw->chains[i].rpc_url, sizeof raw->chains[i].rpc_url);
        }
    }
    free(raw);
    return err;
}

/* ---- used leaves: durable before a signature leaves ---- */

static void leaves_path(const struct wallet *w, char *out, size_t size, const char *suffix)
{
    (void)snprintf(out, size, "%s/leaves.json%s", w->config.dir, suffix);
}

static enum err dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ERR_IO;
    enum err err = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    (void)close(fd);
    return err;
}

static enum err leaves_save(struct wallet *w)
{
    char path[600];
    char temporary[600];
    leaves_path(w, path, sizeof path, "");
    leaves_path(w, temporary, sizeof temporary, ".new");
    json_t *list = json_array();
    for (size_t i = 0; i < w->n_leaves; i++) {
        const struct wallet_leaf *l = &w->leaves[i];
        char root[43];
        hex_encode_0x(root, l->root, 20);
        json_array_append_new(list, json_pack("[i,s,I]", (int)l->chain, root, (json_int_t)l->next));
    }
    FILE *f = fopen(temporary, "w");
    enum err err = f == NULL || list == NULL ? ERR_IO : ERR_OK;
    if (err == ERR_OK && json_dumpf(list, f, JSON_COMPACT) != 0) err = ERR_IO;
    if (err == ERR_OK && (fflush(f) != 0 || fsync(fileno(f)) != 0)) err = ERR_IO;
    if (f != NULL && fclose(f) != 0) err = ERR_IO;
    if (err == ERR_OK && rename(temporary, path) != 0) err = ERR_IO;
    if (err == ERR_OK)
        err = dir_sync(w->config.dir); /* else a power cut brings the old file back */
    json_decref(list);
    if (err != ERR_OK) (void)snprintf(w->error, sizeof w->error, "%s: cannot be written", path);
    return err;
}

static enum err leaves_load(struct wallet *w)
{
    char path[600];
    leaves_path(w, path, sizeof path, "");
    if (access(path, F_OK) != 0) return ERR_OK;
    json_t *list = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    enum err err =
        json_is_array(list) && json_array_size(list) <= WALLET_LEAVES_MAX ? ERR_OK : ERR_PARSE;
    for (size_t i = 0; err == ERR_OK && i < json_array_size(list); i++) {
        int chain = 0;
        const char *root = NULL;
        json_int_t next = 0;
        struct wallet_leaf *l = &w->leaves[w->n_leaves];
        if (json_unpack(json_array_get(list, i), "[i,s,I!]", &chain, &root, &next) != 0 ||
            chain < 0 || chain > UINT16_MAX || next < 0 || next > UINT32_MAX ||
            hex_decode_fixed(l->root, 20, root, strlen(root)) != ERR_OK) {
            err = ERR_PARSE;
            break;
        }
        l->chain = (uint16_t)chain;
        l->next = (uint32_t)next;
        w->n_leaves++;
    }
    json_decref(list);
    if (err != ERR_OK) (void)snprintf(w->error, sizeof w->error, "%s: damaged", path);
    return err;
}

enum err wallet_leaf_take(struct wallet *w, const struct wallet_account *a, uint32_t *leaf)
{
    struct wallet_leaf *l = NULL;
    for (size_t i = 0; i < w->n_leaves; i++) {
        struct wallet_leaf *c = &w->leaves[i];
        if (c->chain == a->chain && memcmp(c->root, a->root, 20) == 0) l = c;
    }
    if (l == NULL) {
        if (w->n_leaves == WALLET_LEAVES_MAX) return ERR_FULL;
        l = &w->leaves[w->n_leaves++];
        *l = (struct wallet_leaf){.chain = a->chain, .next = a->next};
        memcpy(l->root, a->root, 20);
    }
    if (l->next < a->next) l->next = a->next;
    uint32_t end = (1u << (a->height - 2)) - 1; /* the last one signs key changes only */
    if (l->next >= end) {
        (void)snprintf(w->error, sizeof w->error,
                       "account %u on chain %u: the key's leaves are used up; change the key",
                       a->id, a->chain);
        return ERR_FULL;
    }
    *leaf = l->next++;
    return leaves_save(w);
}

/* ---- keys ---- */

/* EIP-712: what the wallet signs to derive a key. */
static void key_message(const struct wallet *w, uint8_t out[32], uint16_t chain, uint8_t origin,
                        uint64_t number)
{
    static const char domain_type[] = "EIP712Domain(string name,string version,bytes32 salt)";
    static const char key_type[] =
        "HawserKey(string purpose,uint16 chain,uint8 origin,uint64 number)";
    static const char purpose[] =
        "This signature creates a key that controls my money on Hawser. Only sign it in software "
        "that I trust.";
    uint8_t domain[128];
    uint8_t body[160] = {0};
    uint8_t both[66] = {0x19, 0x01};
    keccak256(domain, domain_type, sizeof domain_type - 1);
    keccak256(domain + 32, "Hawser", 6);
    keccak256(domain + 64, "1", 1);
    memcpy(domain + 96, w->deployment.id, 32);
    keccak256(both + 2, domain, sizeof domain);
    keccak256(body, key_type, sizeof key_type - 1);
    keccak256(body + 32, purpose, sizeof purpose - 1);
    put_be16(body + 94, chain);
    body[127] = origin;
    put_be64(body + 152, number);
    keccak256(both + 34, body, sizeof body);
    keccak256(out, both, sizeof both);
}

static void tree_path(const struct wallet *w, char *out, size_t size, uint16_t chain,
                      uint8_t origin, uint64_t number, uint32_t height)
{
    (void)snprintf(out, size, "%s/xmss-%u-%u-%llu-%u.tree", w->config.dir, chain, origin,
                   (unsigned long long)number, height);
}

static enum err tree_load(struct xmss_key **out, const char *path, const uint8_t seed[32],
                          const uint32_t pp[XMSS_PP], size_t size)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) return ERR_NOT_FOUND;
    uint8_t *bytes = malloc(size + 1);
    enum err err = bytes == NULL ? ERR_NOMEM : ERR_OK;
    if (err == ERR_OK && fread(bytes, 1, size + 1, f) != size) err = ERR_CORRUPT;
    if (err == ERR_OK) err = xmss_key_load(out, seed, pp, bytes, size);
    free(bytes);
    (void)fclose(f);
    return err;
}

static void tree_save(const struct xmss_key *key, const char *path, size_t size)
{
    uint8_t *bytes = malloc(size);
    FILE *f = bytes == NULL ? NULL : fopen(path, "wb");
    bool ok = f != NULL && xmss_key_store(key, bytes, size) == ERR_OK &&
              fwrite(bytes, 1, size, f) == size;
    if (f != NULL && fclose(f) != 0) ok = false;
    if (!ok) (void)unlink(path); /* only a cache */
    free(bytes);
}

enum err wallet_key_derive(struct wallet *w, uint16_t chain, uint8_t origin, uint64_t number,
                           uint32_t height, struct wallet_key **out)
{
    if (w->n_keys == WALLET_KEYS_MAX) return ERR_FULL;
    uint8_t digest[32];
    uint8_t signature[65];
    uint8_t seed[XMSS_SEED_SIZE];
    uint32_t pp[XMSS_PP];
    char path[640];
    key_message(w, digest, chain, origin, number);
    ERR_TRY(ecdsa_sign(signature, w->secret, digest));
    signature[64] = (uint8_t)(27 + signature[64]); /* as wallets return it */
    struct xmss_seed_input in = {signature, w->deployment.id, chain, origin, number};
    enum err err = xmss_seed_derive(seed, &in);
    secret_wipe(signature, sizeof signature);
    xmss_public_parameter(pp, w->dep, chain, w->address);
    struct xmss_key *key = NULL;
    size_t size = xmss_key_stored_size(height);
    tree_path(w, path, sizeof path, chain, origin, number, height);
    if (err == ERR_OK && tree_load(&key, path, seed, pp, size) != ERR_OK) {
        err = xmss_key_new(&key, height, seed, pp);
        bool done = false;
        while (err == ERR_OK && !done)
            err = xmss_key_build(key, 4096, &done);
        if (err == ERR_OK) tree_save(key, path, size);
    }
    secret_wipe(seed, sizeof seed);
    if (err != ERR_OK) {
        if (key != NULL) xmss_key_free(key);
        return err;
    }
    struct wallet_key *k = &w->keys[w->n_keys++];
    uint32_t root[XMSS_DIGEST];
    xmss_key_root(key, root);
    k->chain = chain;
    k->key = key;
    for (int i = 0; i < XMSS_DIGEST; i++)
        put_be32(k->root + 4 * i, root[i]);
    *out = k;
    return ERR_OK;
}

enum err wallet_key_of(struct wallet *w, const struct wallet_account *a, struct wallet_key **out)
{
    for (size_t i = 0; i < w->n_keys; i++) {
        if (w->keys[i].chain == a->chain && memcmp(w->keys[i].root, a->root, 20) == 0) {
            *out = &w->keys[i];
            return ERR_OK;
        }
    }
    uint64_t change = (uint64_t)a->id << 24 | a->changes;
    for (uint64_t n = 0; n <= WALLET_NUMBERS_TRIED; n++) {
        struct wallet_key *k = NULL;
        bool l2 = n == WALLET_NUMBERS_TRIED;
        if (l2 && a->changes == 0) break;
        uint8_t origin = l2 ? XMSS_ORIGIN_L2 : XMSS_ORIGIN_L1;
        ERR_TRY(wallet_key_derive(w, a->chain, origin, l2 ? change : n, a->height, &k));
        if (memcmp(k->root, a->root, 20) == 0) {
            *out = k;
            return ERR_OK;
        }
        xmss_key_free(k->key);
        w->n_keys--;
    }
    (void)snprintf(w->error, sizeof w->error,
                   "account %u on chain %u: no key of this wallet has its root", a->id, a->chain);
    return ERR_NOT_FOUND;
}

/* ---- life ---- */

/* Two processes that read the same leaves.json would sign with the same leaf. */
static enum err dir_lock(struct wallet *w)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/lock", w->config.dir);
    w->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool locked = false;
    for (int i = 0; w->lock_fd >= 0 && !locked && i <= 10 * WALLET_LOCK_WAIT_S; i++) {
        locked = flock(w->lock_fd, LOCK_EX | LOCK_NB) == 0;
        if (!locked) (void)usleep(100000);
    }
    if (locked) return ERR_OK;
    (void)snprintf(w->error, sizeof w->error, "%.500s: %s", path,
                   w->lock_fd < 0 ? "cannot be opened" : "another process uses this wallet");
    return w->lock_fd < 0 ? ERR_IO : ERR_BUSY;
}

enum err wallet_open(struct wallet **out, const struct wallet_config *config, char *text,
                     size_t text_size)
{
    struct wallet *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->config = *config;
    w->lock_fd = -1;
    enum err err = deployment_load(&w->deployment, config->deployment, w->error, sizeof w->error);
    if (err == ERR_OK) {
        err = secret_file_read_key(w->secret, config->key_file);
        if (err != ERR_OK)
            (void)snprintf(w->error, sizeof w->error, "%.400s: %s", config->key_file,
                           err_text(err));
    }
    if (err == ERR_OK) err = ecdsa_key_address(w->address, w->secret);
    if (err == ERR_OK && mkdir(config->dir, 0700) != 0 && access(config->dir, W_OK) != 0) {
        (void)snprintf(w->error, sizeof w->error, "%.400s: cannot be used", config->dir);
        err = ERR_IO;
    }
    if (err == ERR_OK) err = dir_lock(w);
    if (err == ERR_OK) err = leaves_load(w);
    if (err != ERR_OK) {
        (void)snprintf(text, text_size, "%s", w->error[0] != '\0' ? w->error : err_text(err));
        wallet_close(w);
        return err;
    }
    deployment_elements(w->dep, w->deployment.id);
    *out = w;
    return ERR_OK;
}

void wallet_close(struct wallet *w)
{
    if (w == NULL) return;
    for (size_t i = 0; i < w->n_keys; i++)
        xmss_key_free(w->keys[i].key);
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        if (w->l1[i] != NULL) evm_sync_close(w->l1[i]);
    }
    if (w->lock_fd >= 0) (void)close(w->lock_fd);
    if (w->api != NULL) http_session_free(w->api);
    secret_wipe(w->secret, sizeof w->secret);
    free(w);
}

#include "audit/l1_blob.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/blob.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/net/http_client.h"

enum { NAME_BYTES = 67, PATH_BYTES = 1024, URL_BYTES = 1024, FETCH_MS = 60000 };

static bool given(const char *s)
{
    return s != NULL && s[0] != '\0';
}

/* ---- archive ---- */

enum err l1_blob_archive_check(const char *folder, char *text, size_t text_size)
{
    if (!given(folder)) return ERR_OK;
    struct stat st;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        (void)snprintf(text, text_size, "blob_archive %.300s: %s", folder, strerror(errno));
        return ERR_IO;
    }
    if (stat(folder, &st) == 0 && S_ISDIR(st.st_mode) && access(folder, W_OK | X_OK) == 0)
        return ERR_OK;
    (void)snprintf(text, text_size, "blob_archive %.300s: no folder that can be written", folder);
    return ERR_IO;
}

static bool path_of(char out[PATH_BYTES], const char *folder, const char *name, const char *end)
{
    int n = snprintf(out, PATH_BYTES, "%s/%s%s", folder, name, end);
    return n > 0 && n < PATH_BYTES;
}

static bool archive_read(const char *folder, const char *name, uint8_t *blob)
{
    char path[PATH_BYTES];
    uint8_t more = 0;
    if (!path_of(path, folder, name, "")) return false;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return false;
    bool whole = fread(blob, 1, KZG_BLOB_BYTES, f) == KZG_BLOB_BYTES && fread(&more, 1, 1, f) == 0;
    (void)fclose(f);
    return whole;
}

static bool bytes_write(const char *path, const uint8_t *blob)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    size_t done = 0;
    while (done < KZG_BLOB_BYTES) {
        ssize_t n = write(fd, blob + done, KZG_BLOB_BYTES - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    bool good = done == KZG_BLOB_BYTES && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static bool folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    bool good = fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static enum err archive_write(const char *folder, const char *name, const uint8_t *blob,
                              struct l1_rpc *rpc)
{
    char path[PATH_BYTES];
    char other[PATH_BYTES];
    char end[32];
    (void)snprintf(end, sizeof end, ".%ld.new", (long)getpid());
    if (path_of(path, folder, name, "") && path_of(other, folder, name, end) &&
        bytes_write(other, blob) && rename(other, path) == 0 && folder_sync(folder))
        return ERR_OK;
    l1_rpc_say(rpc, "blob %s: cannot be written to the archive: %s", name, strerror(errno));
    return ERR_IO;
}

/* ---- beacon API ---- */

/* Block 0x.. of the beacon chain, or the number where the node knows no beacon chain (a development
 * node that answers for both). */
static enum err block_name(char out[NAME_BYTES], struct l1_rpc *rpc, uint64_t block)
{
    uint8_t root[32];
    ERR_TRY(l1_rpc_beacon_root(rpc, root, block));
    if (bytes_are_zero(root, 32)) {
        (void)snprintf(out, NAME_BYTES, "%" PRIu64, block);
        return ERR_OK;
    }
    /* The next block names the beacon block before its own: the one that carries `block`. */
    enum err err = l1_rpc_beacon_root(rpc, root, block + 1);
    if (err == ERR_OK) hex_encode_0x(out, root, 32);
    return err == ERR_NOT_FOUND ? ERR_UNAVAILABLE : err;
}

/* The blob of the answer's list that is the right one. */
static enum err answer_search(struct span answer, const uint8_t versioned_hash[32], uint8_t *blob)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)answer.data, answer.len, 0, &error);
    const json_t *list = json_object_get(root, "data");
    enum err err = ERR_NOT_FOUND;
    for (size_t i = 0; i < json_array_size(list) && err == ERR_NOT_FOUND; i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item) ||
            hex_decode_fixed(blob, KZG_BLOB_BYTES, json_string_value(item),
                             json_string_length(item)) != ERR_OK)
            continue;
        err = blob_is(blob, versioned_hash);
        if (err == ERR_MISMATCH) err = ERR_NOT_FOUND;
    }
    json_decref(root);
    return err;
}

static enum err beacon_fetch(const char *base, struct l1_rpc *rpc, uint64_t block, const char *name,
                             const uint8_t versioned_hash[32], uint8_t *blob)
{
    char id[NAME_BYTES];
    char url[URL_BYTES];
    char what[256] = "";
    struct bytes_buf answer;
    unsigned status = 0;
    size_t n = strlen(base);
    ERR_TRY(block_name(id, rpc, block));
    if (n > 0 && base[n - 1] == '/') n--;
    int len = snprintf(url, sizeof url, "%.*s/eth/v1/beacon/blobs/%s?versioned_hashes=%s", (int)n,
                       base, id, name);
    if (len < 0 || len >= (int)sizeof url) return ERR_CONFIG;
    struct http_request request = {
        .url = url, .headers = {"Accept: application/json"}, .timeout_ms = FETCH_MS};
    bytes_buf_init(&answer, L1_RPC_ANSWER_MAX);
    enum err err = http_fetch(&request, &status, &answer, what);
    if (err == ERR_OK && status != 200) {
        (void)snprintf(what, sizeof what, "HTTP status %u", status);
        err = ERR_NOT_FOUND;
    }
    if (err == ERR_OK) {
        err = answer_search(bytes_buf_span(&answer), versioned_hash, blob);
        (void)snprintf(what, sizeof what, "it is not in the answer");
    }
    bytes_buf_deinit(&answer);
    if (err != ERR_OK)
        l1_rpc_say(rpc, "blob %s of block %" PRIu64 ": no source has it; beacon API: %s", name, block,
                   what);
    return err == ERR_OK || err == ERR_NOMEM ? err : ERR_UNAVAILABLE;
}

enum err l1_blob_fetch(const struct l1_source *source, struct l1_rpc *rpc, uint64_t block,
                       const uint8_t versioned_hash[32], uint8_t blob[KZG_BLOB_BYTES])
{
    char name[NAME_BYTES];
    hex_encode_0x(name, versioned_hash, 32);
    if (given(source->blob_archive) && archive_read(source->blob_archive, name, blob)) {
        enum err err = blob_is(blob, versioned_hash);
        if (err != ERR_MISMATCH) return err; /* a damaged file is replaced below */
    }
    ERR_TRY(beacon_fetch(source->blob_url, rpc, block, name, versioned_hash, blob));
    return given(source->blob_archive) ? archive_write(source->blob_archive, name, blob, rpc) : ERR_OK;
}

#include "common/loop/link_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <stdio.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/crypto/secret.h"

#define FILE_FIELDS                                                                                \
    CONFIG_STRING(struct link_tls_files, ca_file, "", "PEM: who signs the certificates of both"),  \
        CONFIG_STRING(struct link_tls_files, cert_file, "", "PEM: our certificate"),               \
        CONFIG_STRING(struct link_tls_files, key_file, "", "PEM, mode 0600: its private key")

const struct config_field link_tls_server_fields[] = {FILE_FIELDS, CONFIG_END};
const struct config_field link_tls_client_fields[] = {
    FILE_FIELDS,
    CONFIG_STRING(struct link_tls_files, server_name, "",
                  "name in the other side's certificate; empty: the host of the url"),
    CONFIG_END};

struct where { /* of errors */
    const struct link_tls_names *names;
    char *text;
    size_t size;
};

static enum err refuse_file(const struct where *w, const char *key, const char *path,
                            const char *why)
{
    (void)snprintf(w->text, w->size, "%s.%s: %.200s: %s", w->names->section, key, path, why);
    return ERR_CONFIG;
}

static enum err refuse_url(const struct where *w, const char *url, const char *why)
{
    (void)snprintf(w->text, w->size, "%s: %.100s: %s %s", w->names->url, url, why,
                   w->names->section);
    return ERR_CONFIG;
}

/* ---- the url ---- */

static bool has_scheme(const char *url, const char *scheme)
{
    return strncmp(url, scheme, strlen(scheme)) == 0;
}

/* The host of scheme://host:port, without the brackets of IPv6. */
static bool url_host(const char *url, char *host, size_t size)
{
    const char *at = strstr(url, "://") + 3;
    const char *end = *at == '[' ? strchr(at++, ']') : strrchr(at, ':');
    if (end == NULL || (size_t)(end - at) >= size) return false;
    memcpy(host, at, (size_t)(end - at));
    host[end - at] = '\0';
    return true;
}

static bool is_loopback(const char *url)
{
    char host[256];
    struct in_addr v4;
    struct in6_addr v6;
    if (!url_host(url, host, sizeof host)) return false;
    if (strcmp(host, "localhost") == 0) return true;
    if (inet_pton(AF_INET, host, &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_given(const struct link_tls_files *f)
{
    return f->ca_file[0] != '\0' || f->cert_file[0] != '\0' || f->key_file[0] != '\0' ||
           f->server_name[0] != '\0';
}

static enum err check_plain(const struct where *w, const struct link_tls_files *files,
                            const char *url)
{
    bool local = has_scheme(url, "ipc://") || has_scheme(url, "inproc://") ||
                 (has_scheme(url, "tcp://") && is_loopback(url));
    if (!local)
        return refuse_url(w, url, "leaves this host; that needs tls+tcp:// and the files in");
    if (is_given(files))
        return refuse_url(w, url, "does not encrypt; write tls+tcp://HOST:PORT or leave out");
    return ERR_OK;
}

/* ---- the files ---- */

static enum err read_pem(const struct where *w, const char *key, const char *path,
                         struct bytes_buf *out)
{
    bytes_buf_init(out, LINK_TLS_FILE_MAX + 1);
    if (path[0] == '\0') return refuse_file(w, key, "(not given)", "tls+tcp:// needs this file");
    FILE *f = fopen(path, "rb");
    if (f == NULL) return refuse_file(w, key, path, strerror(errno));
    enum err err = ERR_OK;
    char part[4096];
    for (size_t n; err == ERR_OK && (n = fread(part, 1, sizeof part, f)) > 0;)
        err = bytes_buf_append(out, part, n);
    bool failed = ferror(f) != 0; /* a directory, for instance */
    (void)fclose(f);
    if (failed) return refuse_file(w, key, path, "cannot be read");
    if (err == ERR_OK) err = bytes_buf_append_u8(out, 0);
    return err == ERR_OK ? ERR_OK : refuse_file(w, key, path, "too large for a certificate");
}

static enum err read_key(const struct where *w, const char *path, struct bytes_buf *out)
{
    struct bytes_buf secret;
    bytes_buf_init(out, SECRET_FILE_MAX + 1);
    if (path[0] == '\0')
        return refuse_file(w, "key_file", "(not given)", "tls+tcp:// needs this file");
    enum err err = secret_file_read(&secret, path);
    if (err == ERR_AUTH)
        return refuse_file(w, "key_file", path, "must be ours alone (mode 0600) and readable");
    if (err != ERR_OK) return refuse_file(w, "key_file", path, err_text(err));
    err = bytes_buf_append(out, secret.data, secret.len);
    if (err == ERR_OK) err = bytes_buf_append_u8(out, 0);
    bytes_buf_deinit_secret(&secret);
    return err == ERR_OK ? ERR_OK : refuse_file(w, "key_file", path, err_text(err));
}

static enum err load_ca(const struct where *w, nng_tls_config *config, const char *path)
{
    struct bytes_buf ca;
    enum err err = read_pem(w, "ca_file", path, &ca);
    if (err == ERR_OK && nng_tls_config_ca_chain(config, (const char *)ca.data, NULL) != 0)
        err = refuse_file(w, "ca_file", path, "holds no certificate in PEM");
    bytes_buf_deinit(&ca);
    return err;
}

static enum err load_own(const struct where *w, nng_tls_config *config,
                         const struct link_tls_files *files)
{
    struct bytes_buf cert;
    struct bytes_buf key;
    bytes_buf_init(&key, 1);
    enum err err = read_pem(w, "cert_file", files->cert_file, &cert);
    if (err == ERR_OK) err = read_key(w, files->key_file, &key);
    if (err == ERR_OK && nng_tls_config_own_cert(config, (const char *)cert.data,
                                                 (const char *)key.data, NULL) != 0) {
        bool looks = strstr((const char *)key.data, "PRIVATE KEY-----") != NULL;
        err = looks ? refuse_file(w, "cert_file", files->cert_file,
                                  "no certificate in PEM, or the key in key_file is damaged")
                    : refuse_file(w, "key_file", files->key_file, "holds no private key in PEM");
    }
    bytes_buf_deinit(&cert);
    bytes_buf_deinit_secret(&key);
    return err;
}

static enum err set_name(const struct where *w, nng_tls_config *config,
                         const struct link_tls_files *files, const char *url)
{
    char host[256];
    const char *name = files->server_name;
    if (name[0] == '\0') {
        if (!url_host(url, host, sizeof host)) return refuse_url(w, url, "has no port; see");
        name = host;
    }
    return nng_tls_config_server_name(config, name) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err link_tls_open(struct link_tls *out, enum link_tls_side side,
                       const struct link_tls_files *files, const struct link_tls_names *names,
                       const char *url, char *text, size_t text_size)
{
    struct where w = {names, text, text_size};
    *out = (struct link_tls){.side = side};
    if (!has_scheme(url, "tls+tcp://")) return check_plain(&w, files, url);
    nng_tls_config *config = NULL;
    nng_tls_mode mode = side == LINK_TLS_SERVER ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT;
    if (nng_tls_config_alloc(&config, mode) != 0) return ERR_NOMEM;
    enum err err = load_ca(&w, config, files->ca_file);
    if (err == ERR_OK) err = load_own(&w, config, files);
    if (err == ERR_OK && side == LINK_TLS_CLIENT) err = set_name(&w, config, files, url);
    /* The defaults take TLS 1.0, and as a server ask nobody for a certificate. */
    if (err == ERR_OK &&
        (nng_tls_config_version(config, NNG_TLS_1_2, NNG_TLS_1_2) != 0 ||
         nng_tls_config_auth_mode(config, NNG_TLS_AUTH_MODE_REQUIRED) != 0))
        err = refuse_url(&w, url, "TLS 1.2 with certificates on both sides is not there; see");
    if (err != ERR_OK) {
        nng_tls_config_free(config);
        return err;
    }
    out->config = config;
    return ERR_OK;
}

void link_tls_close(struct link_tls *tls)
{
    if (tls->config != NULL) nng_tls_config_free(tls->config);
    tls->config = NULL;
}

uint64_t link_tls_failures(enum link_tls_side side, int endpoint_id)
{
    static const char *const names[] = {"auth", "proto", "reject", "refused"};
    const char *kind = side == LINK_TLS_SERVER ? "listener" : "dialer";
    nng_stat *all = NULL;
    uint64_t sum = 0;
    if (nng_stats_get(&all) != 0) return 0;
    nng_stat *at = nng_stat_child(all);
    for (; at != NULL; at = nng_stat_next(at)) {
        /* nng_stat_find_listener and _dialer of nng 1.5.2 give the first one whatever is asked. */
        if (strcmp(nng_stat_name(at), kind) != 0) continue;
        nng_stat *id = nng_stat_find(at, "id");
        if (id != NULL && nng_stat_value(id) == (uint64_t)endpoint_id) break;
    }
    for (size_t i = 0; i < ARRAY_LEN(names) && at != NULL; i++) {
        nng_stat *s = nng_stat_find(at, names[i]);
        if (s != NULL) sum += nng_stat_value(s);
    }
    nng_stats_free(all);
    return sum;
}

#ifndef COMMON_LOOP_LINK_TLS_H
#define COMMON_LOOP_LINK_TLS_H
/* Mutual TLS for nng links: what the configuration names, checked and loaded, and the rule that a link
 * which leaves the host uses it. Both sides must show a certificate of ca_file; TLS 1.2.
 *
 *   CONFIG_SECTION(struct conf, prover_tls, link_tls_server_fields, "..."),
 *   ERR_TRY(link_tls_open(&tls, LINK_TLS_SERVER, &conf.prover_tls, &names, conf.url, text, size));
 *   options.tls = tls; nng_link_open(...); link_tls_close(&tls);
 *
 * Threads:   the loop's thread.
 * Lifetime:  open -> any number of nng_link_open with it -> close; links keep what they need.
 * Secrets:   key_file has mode 0600; its content is wiped here and is in nobody's log.
 * Limits:    LINK_TLS_FILE_MAX bytes per certificate file, SECRET_FILE_MAX for the key. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/config/config.h"

enum { LINK_TLS_FILE_MAX = 64 * 1024 };
enum link_tls_side { LINK_TLS_SERVER, LINK_TLS_CLIENT };

struct link_tls_files { /* all "": no TLS */
    char ca_file[512], cert_file[512], key_file[512];
    char server_name[256]; /* client: name in the server's certificate; "": the host of the url */
};
extern const struct config_field link_tls_server_fields[], link_tls_client_fields[];

struct nng_tls_config;
struct link_tls {
    struct nng_tls_config *config; /* NULL: the link stays on the host and is not encrypted */
    enum link_tls_side side;
};
struct link_tls_names { /* keys of the configuration, for errors */
    const char *url, *section;
};

/* ERR_CONFIG with a text that names key and file: the url leaves the host (anything but ipc://,
 * inproc:// and tcp:// to a loopback address) without tls+tcp://; a file is missing, unreadable, open
 * to others or no PEM; files are given for a link that does not use them. */
MUST_CHECK enum err link_tls_open(struct link_tls *out, enum link_tls_side side,
                                  const struct link_tls_files *files,
                                  const struct link_tls_names *names, const char *url, char *text,
                                  size_t text_size);
void link_tls_close(struct link_tls *tls);
/* Connections that failed so far at nng's listener or dialer of this id: refused, no TLS, a handshake
 * that broke off. For nng_inbox, which logs them. */
uint64_t link_tls_failures(enum link_tls_side side, int endpoint_id);
#endif

#ifndef COMMON_CRYPTO_SECRET_H
#define COMMON_CRYPTO_SECRET_H
/* Reading and wiping secrets. They come from files that only their owner can read, never from argv
 * or the environment.
 *
 * Threads:   any. */

#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/err.h"

#define SECRET_FILE_MAX 4096

/* Overwrites in a way the compiler keeps. */
void secret_wipe(void *data, size_t len);
/* The file's bytes into out (initialised by the callee, wiped with bytes_buf_deinit_secret by the
 * caller). ERR_AUTH unless it is a regular file, owned by this user (or root), with no permission
 * for group and others; ERR_NOT_FOUND, ERR_TOO_LARGE (> SECRET_FILE_MAX), ERR_IO. */
MUST_CHECK enum err secret_file_read(struct bytes_buf *out, const char *path);
/* A 32-byte key written as 64 hex digits, "0x" and trailing white space allowed. ERR_PARSE else. */
MUST_CHECK enum err secret_file_read_key(uint8_t key[32], const char *path);
/* Writes a new file with mode 0600, synced; ERR_EXISTS if there is one already. */
MUST_CHECK enum err secret_file_write_key(const char *path, const uint8_t key[32]);

#endif

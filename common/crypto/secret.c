#include "common/crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/codec/hex.h"

void secret_wipe(void *data, size_t len)
{
    OPENSSL_cleanse(data, len);
}

static enum err check_file(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return ERR_IO;
    if (!S_ISREG(st.st_mode)) return ERR_AUTH;
    if (st.st_uid != geteuid() && st.st_uid != 0) return ERR_AUTH;
    if ((st.st_mode & 077) != 0) return ERR_AUTH;
    if (st.st_size > SECRET_FILE_MAX) return ERR_TOO_LARGE;
    return ERR_OK;
}

static enum err read_all(struct bytes_buf *out, int fd)
{
    uint8_t chunk[512];
    enum err err = ERR_OK;
    while (err == ERR_OK) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0) break;
        if (got < 0) {
            if (errno != EINTR) err = ERR_IO;
            continue;
        }
        err = bytes_buf_append(out, chunk, (size_t)got);
    }
    secret_wipe(chunk, sizeof chunk);
    return err;
}

enum err secret_file_read(struct bytes_buf *out, const char *path)
{
    bytes_buf_init(out, SECRET_FILE_MAX);
    /* O_NONBLOCK: a pipe in the file's place must not hang us before fstat refuses it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ENOENT) return ERR_NOT_FOUND;
        return errno == EACCES || errno == EPERM ? ERR_AUTH : ERR_IO;
    }
    enum err err = check_file(fd);
    if (err == ERR_OK) err = read_all(out, fd);
    close(fd);
    if (err != ERR_OK) bytes_buf_deinit_secret(out);
    return err;
}

enum err secret_file_read_key(uint8_t key[32], const char *path)
{
    struct bytes_buf text;
    ERR_TRY(secret_file_read(&text, path));
    size_t len = text.len;
    while (len > 0 && text.data[len - 1] != 0 && strchr(" \t\r\n", text.data[len - 1]) != NULL) {
        len--;
    }
    enum err err = len == 0 ? ERR_PARSE : hex_decode_fixed(key, 32, (const char *)text.data, len);
    bytes_buf_deinit_secret(&text);
    return err;
}

enum err secret_file_write_key(const char *path, const uint8_t key[32])
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return errno == EEXIST ? ERR_EXISTS : ERR_IO;
    char text[32 * 2 + 4];
    hex_encode_0x(text, key, 32);
    text[66] = '\n';
    size_t done = 0;
    enum err err = ERR_OK;
    while (done < 67 && err == ERR_OK) {
        ssize_t n = write(fd, text + done, 67 - done);
        if (n > 0)
            done += (size_t)n;
        else if (n < 0 && errno != EINTR)
            err = ERR_IO;
    }
    secret_wipe(text, sizeof text);
    if (err == ERR_OK && fsync(fd) != 0) err = ERR_IO;
    if (close(fd) != 0 && err == ERR_OK) err = ERR_IO;
    if (err != ERR_OK) unlink(path);
    return err;
}

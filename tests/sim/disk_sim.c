#include "tests/sim/disk_sim.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/require.h"
#include "tests/sim/faults.h"
#include "tests/sim/sim.h"

enum { FILES_MAX = 32, NAME_MAX_BYTES = 128, SECTOR = 512, SHM_MAX = 16, SLOW_MS = 3000, BOOKS_MAX = 16 };

/* ---- files in memory ---- */

struct write {
    uint64_t offset;
    size_t len; /* SIZE_MAX: truncation to offset */
    uint8_t *bytes;
};
struct image {
    uint8_t *data;
    size_t size, cap;
};
struct disk_file {
    char name[NAME_MAX_BYTES];
    bool exists;
    const struct sim_node *node;
    struct image now, durable;
    struct write *unsynced;
    size_t n_unsynced, cap_unsynced;
};

static struct disk_file files[FILES_MAX];
static bool is_lost[SIM_NODES_MAX]; /* at the next death */

static void image_grow(struct image *m, size_t size)
{
    if (size <= m->size) return;
    if (size > m->cap) {
        m->cap = size < 65536 ? 131072 : 2 * size;
        m->data = realloc(m->data, m->cap);
        REQUIRE(m->data != NULL);
    }
    memset(m->data + m->size, 0, size - m->size);
    m->size = size;
}

static void image_write(struct image *m, uint64_t offset, const uint8_t *bytes, size_t len)
{
    image_grow(m, offset + len);
    memcpy(m->data + offset, bytes, len);
}

static void image_copy(struct image *to, const struct image *from)
{
    to->size = 0;
    image_grow(to, from->size);
    if (from->size > 0) memcpy(to->data, from->data, from->size);
}

static struct disk_file *file_find(const char *name, bool create)
{
    struct disk_file *unused = NULL;
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (files[i].name[0] != '\0' && strcmp(files[i].name, name) == 0) {
            if (!files[i].exists && !create) return NULL;
            files[i].exists = true;
            return &files[i];
        }
        if (files[i].name[0] == '\0' && unused == NULL) unused = &files[i];
    }
    if (!create) return NULL;
    REQUIRE(unused != NULL && strlen(name) < NAME_MAX_BYTES);
    memcpy(unused->name, name, strlen(name) + 1);
    unused->exists = true;
    unused->node = sim_current();
    return unused;
}

static void unsynced_add(struct disk_file *d, uint64_t offset, const void *bytes, size_t len)
{
    if (d->n_unsynced == d->cap_unsynced) {
        d->cap_unsynced = d->cap_unsynced == 0 ? 64 : 2 * d->cap_unsynced;
        d->unsynced = realloc(d->unsynced, d->cap_unsynced * sizeof *d->unsynced);
        REQUIRE(d->unsynced != NULL);
    }
    struct write *w = &d->unsynced[d->n_unsynced++];
    *w = (struct write){offset, len, NULL};
    if (len == SIZE_MAX) return;
    w->bytes = malloc(len + 1);
    REQUIRE(w->bytes != NULL);
    memcpy(w->bytes, bytes, len);
}

static void unsynced_clear(struct disk_file *d)
{
    for (size_t i = 0; i < d->n_unsynced; i++)
        free(d->unsynced[i].bytes);
    d->n_unsynced = 0;
}

static void synced(struct disk_file *d)
{
    /* Cheaper than a copy of all: the writes are put into the durable image. */
    for (size_t i = 0; i < d->n_unsynced; i++) {
        const struct write *w = &d->unsynced[i];
        if (w->len != SIZE_MAX)
            image_write(&d->durable, w->offset, w->bytes, w->len);
        else if (w->offset < d->durable.size)
            d->durable.size = w->offset;
    }
    unsynced_clear(d);
}

/* The power goes: of what was not synced each write is there, or not, or a part of its sectors. */
static void power_cut(struct disk_file *d)
{
    for (size_t i = 0; i < d->n_unsynced; i++) {
        const struct write *w = &d->unsynced[i];
        uint64_t fate = sim_below(4);
        if (w->len == SIZE_MAX) {
            if (fate >= 2 && w->offset < d->durable.size) d->durable.size = w->offset;
        } else if (fate == 0 && w->len > SECTOR) {
            fault_happened(FAULT_TORN, d->name);
            for (size_t at = 0; at < w->len; at += SECTOR) {
                size_t n = w->len - at < SECTOR ? w->len - at : SECTOR;
                if (sim_chance(500)) image_write(&d->durable, w->offset + at, w->bytes + at, n);
            }
        } else if (fate <= 1) {
            fault_happened(FAULT_GONE, d->name);
        } else {
            image_write(&d->durable, w->offset, w->bytes, w->len);
        }
    }
    unsynced_clear(d);
    image_copy(&d->now, &d->durable);
}

void sim_disk_power(const struct sim_node *node, bool lost)
{
    is_lost[node->id] = lost;
}

/* ---- SQLite's view ---- */

struct vfs_file {
    sqlite3_file base;
    struct disk_file *d;
    void *shm[SHM_MAX];
};

static struct disk_file *disk_of(sqlite3_file *file)
{
    return ((struct vfs_file *)file)->d;
}

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 offset)
{
    const struct image *m = &disk_of(file)->now;
    size_t at = (size_t)offset, len = (size_t)n;
    size_t have = at >= m->size ? 0 : m->size - at < len ? m->size - at : len;
    if (have > 0) memcpy(out, m->data + at, have);
    memset((uint8_t *)out + have, 0, len - have);
    return have == len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 offset)
{
    struct disk_file *d = disk_of(file);
    if (fault_draw(FAULT_DISK_ERROR, "write")) return SQLITE_FULL;
    image_write(&d->now, (uint64_t)offset, bytes, (size_t)n);
    unsynced_add(d, (uint64_t)offset, bytes, (size_t)n);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct disk_file *d = disk_of(file);
    if ((size_t)size < d->now.size) d->now.size = (size_t)size;
    unsynced_add(d, (uint64_t)size, NULL, SIZE_MAX);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct disk_file *d = disk_of(file);
    (void)flags;
    if (fault_draw(FAULT_SLOW_DISK, d->name)) sim_sleep_ms(sim_below(SLOW_MS));
    fault_boundary("sync");
    if (fault_draw(FAULT_DISK_ERROR, "sync")) return SQLITE_IOERR_FSYNC;
    if (!fault_twin("sync")) synced(d);
    fault_boundary("synced");
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)disk_of(file)->now.size;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int file_traits(sqlite3_file *file)
{
    (void)file;
    return 0;
}

/* The shared memory of WAL mode dies with its process, and there is one connection. */
static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    struct vfs_file *v = (struct vfs_file *)file;
    *out = NULL;
    if (region >= SHM_MAX) return SQLITE_FULL;
    if (v->shm[region] == NULL && extend) v->shm[region] = calloc(1, (size_t)size);
    *out = v->shm[region];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    (void)file;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int shm_unmap(sqlite3_file *file, int remove)
{
    (void)file;
    (void)remove;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct vfs_file *v = (struct vfs_file *)file;
    static unsigned temporary;
    char text[32];
    (void)vfs;
    memset(v, 0, sizeof *v);
    if (name == NULL) {
        (void)snprintf(text, sizeof text, "temporary-%u", ++temporary);
        name = text;
    }
    v->d = file_find(name, (flags & SQLITE_OPEN_CREATE) != 0 || name == text);
    if (v->d == NULL) return SQLITE_CANTOPEN;
    v->base.pMethods = &methods;
    if (out != NULL) *out = flags;
    return SQLITE_OK;
}

/* A removal is durable at once: the folder is synced with it. */
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk_file *d = file_find(name, false);
    (void)vfs;
    (void)sync;
    if (d == NULL) return SQLITE_IOERR_DELETE_NOENT;
    unsynced_clear(d);
    d->now.size = d->durable.size = 0;
    d->exists = false;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    (void)flags;
    *out = 0;
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (strcmp(files[i].name, name) == 0 && files[i].exists && files[i].now.size > 0) *out = 1;
    }
    return SQLITE_OK;
}

static int vfs_full(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)sim_below(256);
    return n;
}

static int vfs_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    sim_sleep_ms((uint64_t)us / 1000 + 1);
    return us;
}

static int vfs_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2460000.5;
    return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    if (n > 0) out[0] = '\0';
    return 0;
}

void disk_sim_init(void)
{
    static sqlite3_vfs vfs = {.iVersion = 1,
                              .szOsFile = (int)sizeof(struct vfs_file),
                              .mxPathname = NAME_MAX_BYTES,
                              .zName = "sim",
                              .xOpen = vfs_open,
                              .xDelete = vfs_delete,
                              .xAccess = vfs_access,
                              .xFullPathname = vfs_full,
                              .xRandomness = vfs_random,
                              .xSleep = vfs_sleep,
                              .xCurrentTime = vfs_time,
                              .xGetLastError = vfs_error};
    REQUIRE(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

/* ---- the oracles' books: real files, but what was not synced can be lost ---- */

static struct {
    int fd; /* + 1; 0: none */
    const struct sim_node *node;
    off_t durable, end;
} books[BOOKS_MAX];
static void (*on_book)(const struct sim_node *node, const char *line);

void disk_sim_on_book(void (*cb)(const struct sim_node *node, const char *line))
{
    on_book = cb;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_pwrite(int fd, const void *data, size_t n, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t offset);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __real_close(int fd);
int __wrap_close(int fd);

static size_t book_of(int fd)
{
    size_t i = 0;
    while (i < BOOKS_MAX && books[i].fd != fd + 1)
        i++;
    return i;
}

/* All lines of the book are durable now. */
static void book_tell(size_t i)
{
    char text[16384], *rest = NULL;
    ssize_t n = pread(books[i].fd - 1, text, sizeof text - 1, 0);
    REQUIRE(n >= 0);
    text[n] = '\0';
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        on_book(books[i].node, line);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(args, int) : 0;
    va_end(args);
    int fd = __real_open(path, flags, mode);
    const char *slash = strrchr(path, '/');
    if (fd < 0 || sim_current() == NULL || slash == NULL || strcmp(slash, "/signed") != 0) return fd;
    size_t i = 0;
    while (i < BOOKS_MAX && books[i].fd != 0)
        i++;
    REQUIRE(i < BOOKS_MAX);
    books[i].fd = fd + 1;
    books[i].node = sim_current();
    books[i].durable = books[i].end = lseek(fd, 0, SEEK_END);
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t offset)
{
    size_t i = book_of(fd);
    if (i == BOOKS_MAX) return __real_pwrite(fd, data, n, offset);
    if (fault_draw(FAULT_DISK_ERROR, "book")) return -1;
    books[i].end = offset + (off_t)n;
    ssize_t done = __real_pwrite(fd, data, n, offset);
    fault_boundary("book_write");
    return done;
}

int __wrap_fdatasync(int fd)
{
    size_t i = book_of(fd);
    if (i == BOOKS_MAX) return __real_fdatasync(fd);
    if (fault_draw(FAULT_DISK_ERROR, "book sync")) return -1;
    if (fault_twin("book")) return 0;
    books[i].durable = books[i].end;
    book_tell(i);
    fault_boundary("book_synced");
    return 0;
}

int __wrap_close(int fd)
{
    size_t i = book_of(fd);
    if (i < BOOKS_MAX) books[i].fd = 0;
    return __real_close(fd);
}

void sim_disk_of_dead(const struct sim_node *node)
{
    bool lost = is_lost[node->id];
    is_lost[node->id] = false;
    for (size_t i = 0; i < FILES_MAX && lost; i++) {
        if (files[i].node == node) power_cut(&files[i]);
    }
    for (size_t i = 0; i < BOOKS_MAX; i++) {
        if (books[i].fd == 0 || books[i].node != node) continue;
        off_t extra = books[i].end > books[i].durable ? books[i].end - books[i].durable : 0;
        if (lost && extra > 0) {
            fault_happened(FAULT_GONE, "book");
            REQUIRE(ftruncate(books[i].fd - 1, books[i].durable + (off_t)sim_below((uint64_t)extra)) == 0);
        }
        (void)__real_close(books[i].fd - 1);
        books[i].fd = 0;
    }
}

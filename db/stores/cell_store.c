#include "db/stores/cell_store.h"

#include <string.h>

#include "common/base/endian.h"

static const char batch_name[] = "batch";

enum err cell_put(struct db *db, uint32_t chain, uint32_t account, uint8_t slot,
                  const struct cell *value)
{
    static const struct cell zero;
    bool empty = memcmp(value, &zero, sizeof zero) == 0;
    uint8_t bytes[32];
    for (int i = 0; i < 8; i++)
        put_be32(bytes + 4 * i, value->e[i]);
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       empty ? "DELETE FROM cells WHERE chain=$1 AND account=$2 AND slot=$3"
                             : "INSERT INTO cells(chain, account, slot, value) VALUES($1,$2,$3,$4)"
                               " ON CONFLICT(chain, account, slot)"
                               " DO UPDATE SET value=excluded.value"));
    enum err err = db_bind_i64(s, 1, chain);
    if (err == ERR_OK) err = db_bind_i64(s, 2, account);
    if (err == ERR_OK) err = db_bind_i64(s, 3, slot);
    if (err == ERR_OK && !empty) err = db_bind_bytes(s, 4, bytes, sizeof bytes);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err cell_read(struct db *db,
                   enum err (*each)(void *ctx, uint32_t chain, uint32_t account, uint8_t slot,
                                    const struct cell *value),
                   void *ctx)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "SELECT chain, account, slot, value FROM cells"
                       " ORDER BY chain, account, slot"));
    enum err err = ERR_OK;
    for (;;) {
        bool row = false;
        err = db_step(s, &row);
        if (err != ERR_OK || !row) break;
        struct span bytes = db_column_bytes(s, 3);
        if (bytes.len != 32) {
            err = ERR_CORRUPT;
            break;
        }
        struct cell value;
        for (int i = 0; i < 8; i++)
            value.e[i] = get_be32(bytes.data + 4 * i);
        err = each(ctx, (uint32_t)db_column_i64(s, 0), (uint32_t)db_column_i64(s, 1),
                   (uint8_t)db_column_i64(s, 2), &value);
        if (err != ERR_OK) break;
    }
    db_finalize(s);
    return err;
}

enum err cell_batch_get(struct db *db, uint64_t *k)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s, "SELECT value FROM projection WHERE name = $1"));
    bool row = false;
    enum err err = db_bind_bytes(s, 1, batch_name, sizeof batch_name - 1);
    if (err == ERR_OK) err = db_step(s, &row);
    if (err == ERR_OK) *k = row ? (uint64_t)db_column_i64(s, 0) : 0;
    db_finalize(s);
    return err;
}

enum err cell_batch_set(struct db *db, uint64_t k)
{
    struct db_stmt *s = NULL;
    ERR_TRY(db_prepare(db, &s,
                       "INSERT INTO projection(name, value) VALUES($1,$2)"
                       " ON CONFLICT(name) DO UPDATE SET value=excluded.value"));
    enum err err = db_bind_bytes(s, 1, batch_name, sizeof batch_name - 1);
    if (err == ERR_OK) err = db_bind_i64(s, 2, (int64_t)k);
    if (err == ERR_OK) err = db_run(s);
    db_finalize(s);
    return err;
}

enum err cell_clear(struct db *db)
{
    ERR_TRY(db_exec(db, "DELETE FROM cells"));
    return db_exec(db, "DELETE FROM projection");
}

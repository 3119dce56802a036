#ifndef DB_STORES_WRITER_STORE_H
#define DB_STORES_WRITER_STORE_H
/* Who writes the store, and how many groups (transactions) were written: the fence of a process that
 * has been replaced, and the idempotency key of a group whose COMMIT was not answered.
 *
 * One row: (epoch, number). Who opens the store raises epoch; every group begins by raising number
 * from the value its writer knows, under the writer's epoch. Both wrong: the database refuses the
 * row (NULL in a NOT NULL column) and with it the whole group.
 *
 * Threads: as the connection. */
#include "db/engine/db.h"

struct writer_mark {
    uint64_t epoch, number;
};

/* Takes the store over: epoch + 1, committed. From here on the former writer's groups are refused. */
MUST_CHECK enum err writer_take(struct db *db, struct writer_mark *out);
/* First statement of a group, inside its transaction. mark: as of the group before; moves on. */
MUST_CHECK enum err writer_advance(struct db *db, struct writer_mark *mark);
/* What is durably there. A committed write itself: it waits for a group that is still being decided,
 * and its own commit comes after that group's on every synchronous standby. */
MUST_CHECK enum err writer_read(struct db *db, struct writer_mark *out);
#endif

#include <stdlib.h>
#include <string.h>

#include "db/migrations/migrations.h"
#include "tests/unit/orchestrator/house.h"

static enum err take_row(void *ctx, const struct outbox_entry *e)
{
    struct house_outbox *rows = ctx;
    ck_assert_uint_lt(rows->n, 64);
    struct house_outbox_row *r = &rows->row[rows->n++];
    *r = (struct house_outbox_row){.chain = e->chain,
                                   .nonce = e->nonce,
                                   .k = e->k,
                                   .stage = e->stage,
                                   .state = e->state,
                                   .len = e->raw.len};
    memcpy(r->hash, e->hash, 32);
    ck_assert_uint_le(e->raw.len, sizeof r->raw);
    memcpy(r->raw, e->raw.data, e->raw.len);
    return ERR_OK;
}

struct house_outbox *house_outbox_now(const struct house *h)
{
    struct house_outbox *rows = calloc(1, sizeof *rows);
    struct rig *cut = malloc(sizeof *cut);
    struct db *db = NULL;
    ck_assert(rows != NULL && cut != NULL);
    rig_init(cut, h->script);
    rig_copy(cut, &h->rig);
    char text[200];
    ck_assert_ok(db_open(&db, &db_driver_sqlite, cut->path, text, sizeof text));
    ck_assert_ok(outbox_read(db, take_row, rows));
    db_close(db);
    rig_deinit(cut);
    free(cut);
    return rows;
}

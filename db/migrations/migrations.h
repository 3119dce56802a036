#ifndef DB_MIGRATIONS_MIGRATIONS_H
#define DB_MIGRATIONS_MIGRATIONS_H
/* The orchestrator's schema: an append-only list. Never edit an entry that has shipped. */
#include "db/engine/db.h"

extern const struct db_migration orchestrator_migrations[];
extern const size_t orchestrator_migration_count;
#endif

#ifndef ORCHESTRATOR_DB_ADMIN_H
#define ORCHESTRATOR_DB_ADMIN_H
/* What an operator does with the orchestrator's database while it stands still, or (status, backup) beside
 * a running one. Each function reads the configuration, does its work, tells it on stdout or what is
 * wrong on stderr, and returns an exit status: 0 done, 1 failed, 2 configuration, 3 refused or not current.
 *
 * Threads: blocking; not for a process that runs a loop. file is NULL where there is none. */

/* Changes nothing; 3 when the schema is not the one of this program. */
int db_admin_status(const char *config, const char *file);
int db_admin_migrate(const char *config, const char *file);
/* file must not exist; it is there whole and durable, or not at all. */
int db_admin_backup(const char *config, const char *file);
/* Migrates first; 3 when the database has rows or the backup is damaged. */
int db_admin_restore(const char *config, const char *file);
#endif

#include "db/migrations/migrations.h"

const struct db_migration orchestrator_migrations[] = {
    {"0001_init",
     /* The truth: hash-chained, append-only. */
     "CREATE TABLE journal(seq BIGINT PRIMARY KEY, kind BIGINT NOT NULL, body BYTEA NOT NULL,"
     " hash BYTEA NOT NULL);"
     /* Projection of the journal: current cells of each chain at the last sealed batch. */
     "CREATE TABLE cells(chain BIGINT NOT NULL, account BIGINT NOT NULL, slot BIGINT NOT NULL,"
     " value BYTEA NOT NULL, PRIMARY KEY(chain, account, slot));"
     /* Write-ahead outbox of L1 transactions: signed bytes are stored before they are sent. */
     "CREATE TABLE outbox(chain BIGINT NOT NULL, nonce BIGINT NOT NULL, stage BIGINT NOT NULL,"
     " k BIGINT NOT NULL, raw BYTEA NOT NULL, hash BYTEA NOT NULL, state BIGINT NOT NULL,"
     " PRIMARY KEY(chain, nonce), UNIQUE(chain, stage, k));"
     "CREATE TABLE proofs(k BIGINT NOT NULL, part BIGINT NOT NULL, bytes BYTEA NOT NULL,"
     " PRIMARY KEY(k, part));"
     /* Small facts of the projection: the number of the last projected batch. */
     "CREATE TABLE projection(name BYTEA PRIMARY KEY, value BIGINT NOT NULL);"},
    {"0002_take_back",
     /* A batch that is taken back on the L1s is committed again: its old transactions are void
      * (state 3), and a step has one transaction that is not. */
     "CREATE TABLE outbox_new(chain BIGINT NOT NULL, nonce BIGINT NOT NULL, stage BIGINT NOT NULL,"
     " k BIGINT NOT NULL, raw BYTEA NOT NULL, hash BYTEA NOT NULL, state BIGINT NOT NULL,"
     " PRIMARY KEY(chain, nonce));"
     "INSERT INTO outbox_new SELECT chain, nonce, stage, k, raw, hash, state FROM outbox;"
     "DROP TABLE outbox;"
     "ALTER TABLE outbox_new RENAME TO outbox;"
     "CREATE UNIQUE INDEX outbox_step ON outbox(chain, stage, k) WHERE state <> 3;"
     /* Nothing read the cells, and a batch taken back left them wrong: the journal is the truth. */
     "DROP TABLE cells;"
     "DROP TABLE projection;"},
    {"0003_jobs",
     /* Proofs of all layers, with who has which job until when. */
     "CREATE TABLE jobs(k_from BIGINT NOT NULL, k_to BIGINT NOT NULL, layer BIGINT NOT NULL,"
     " idx BIGINT NOT NULL, content BYTEA NOT NULL, state BIGINT NOT NULL, owner BYTEA NOT NULL,"
     " deadline BIGINT NOT NULL, tries BIGINT NOT NULL, prove_ms BIGINT NOT NULL,"
     " proof BYTEA NOT NULL, PRIMARY KEY(k_from, k_to, layer, idx));"
     "DROP TABLE proofs;"},
    {"0004_writer",
     /* Who writes, and the number of the last group: fence and idempotency key. */
     "CREATE TABLE writer(id BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, number BIGINT NOT NULL);"
     "INSERT INTO writer(id, epoch, number) VALUES(1, 0, 0);"},
};
const size_t orchestrator_migration_count =
    sizeof orchestrator_migrations / sizeof orchestrator_migrations[0];

#ifndef AUDIT_L1_BLOB_H
#define AUDIT_L1_BLOB_H
/* Where the auditor takes blobs from: its archive folder, then a beacon API. What a source gives is
 * believed only if it is the blob of the versioned hash; what was fetched is kept in the archive.
 *
 * Archive:   one file of 131,072 bytes a blob, named by its versioned hash ("0x01.."); written as another
 *            file, synced and renamed, so that several processes may share the folder.
 * Threads:   one per rpc; blocks on network and disk.
 * Errors:    ERR_UNAVAILABLE: no source has it (the rpc's text says so); ERR_IO: the archive cannot be
 *            written; those of l1_rpc.h. */
#include "audit/l1_rpc.h"
#include "common/kzg/kzg.h"

/* Where one chain is read. */
struct l1_source {
    const char *rpc_url;
    const char *blob_url;     /* base of a beacon API; NULL or "": the same as rpc_url */
    const char *blob_archive; /* folder; NULL or "": none */
};
/* block: the one that holds the blob's transaction. source->rpc_url is not used. */
MUST_CHECK enum err l1_blob_fetch(const struct l1_source *source, struct l1_rpc *rpc, uint64_t block,
                                  const uint8_t versioned_hash[32], uint8_t blob[KZG_BLOB_BYTES]);
/* Creates the folder if it is missing; ERR_IO with errno's words in text. "" and NULL are fine. */
MUST_CHECK enum err l1_blob_archive_check(const char *folder, char *text, size_t text_size);
#endif

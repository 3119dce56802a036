/* Calldata of commitBatch (and commitBlobBatch) as the auditor takes it: read, encoded again (one batch,
 * one encoding), and its segments executed on the genesis of chain 0. A refused batch leaves the replica
 * as it was. */
#include <stdlib.h>
#include <string.h>

#include "audit/l1_abi.h"
#include "audit/replica.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/require.h"
#include "tests/support/fuzz.h"
#include "tests/unit/audit/pair.h"

static struct replica *replica;
static struct deployment deployment;

static void must_be_the_encoding(const struct l1_commit *c, struct span input)
{
    const struct statement_facts *f = &c->statement;
    struct hawser_statement s = {
        .k = f->k, .time = f->time, .participant_count = f->n_participants};
    struct bytes_buf again;
    memcpy(s.prev_final_root, f->final_root_before, 32);
    memcpy(s.final_root, f->final_root_after, 32);
    memcpy(s.participants, f->participants, sizeof s.participants);
    memcpy(s.pubdata_hashes, f->pubdata, sizeof s.pubdata_hashes);
    bytes_buf_init(&again, 1 << 20);
    if (c->has_blob) {
        struct hawser_blob_segment segments[L1_SEGMENTS_MAX];
        for (size_t i = 0; i < c->n_segments; i++) {
            segments[i] = (struct hawser_blob_segment){.length = c->blob_segments[i].length,
                                                       .head = c->blob_segments[i].head};
            memcpy(segments[i].hash, c->blob_segments[i].hash, 32);
        }
        if (c->n_segments > 0) /* nobody writes that; the auditor refuses it later */
            REQUIRE(hawser_encode_commit_blob_batch(&again, &s, segments, c->n_segments,
                                                    input.data + input.len - HAWSER_OPENING_BYTES,
                                                    c->epoch) == ERR_OK);
        REQUIRE(c->n_segments == 0 || span_equal(bytes_buf_span(&again), input));
        bytes_buf_deinit(&again);
        return;
    }
    REQUIRE(hawser_encode_commit_batch(&again, &s, c->segments, c->n_segments, c->epoch) ==
            ERR_OK);
    REQUIRE(span_equal(bytes_buf_span(&again), input));
    bytes_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct l1_commit c;
    struct l1_abi_fault fault;
    struct replica_finding f;
    uint8_t before[32];
    uint8_t after[32];
    if (replica == NULL) {
        deployment_make(&deployment, WORLD_CHAINS);
        REQUIRE(replica_new(&replica, &deployment) == ERR_OK);
    }
    if (l1_abi_commit_batch(&c, (struct span){data, size}, &fault) != ERR_OK) {
        REQUIRE(fault.offset <= size && fault.what != NULL);
        return 0;
    }
    must_be_the_encoding(&c, (struct span){data, size});
    if (c.has_blob) {
        static uint8_t blob[KZG_BLOB_BYTES]; /* of no data: no part of a corpus has that */
        struct span segments[BLOB_SEGMENTS_MAX];
        struct bytes_buf whole;
        struct blob_fault why;
        bytes_buf_init(&whole, 1 << 20);
        enum err read = blob_segments(&whole, segments, before, c.blob_segments, c.n_segments, blob, blob,
                                      &why);
        REQUIRE(read == ERR_AUDIT && why.segment <= c.n_segments && why.why != NULL);
        bytes_buf_deinit(&whole);
        fuzz_accept();
        return 0;
    }
    struct replica_batch b = {.k = c.statement.k, .time = c.statement.time, .n_parts = 1};
    b.parts[0] = (struct replica_part){.segments = c.segments, .n_segments = c.n_segments};
    replica_final_root(replica, b.final_root_before);
    memcpy(b.final_root_after, c.statement.final_root_after, 32);
    replica_root(replica, 0, before);
    enum err err = replica_apply(replica, &b, &f);
    REQUIRE(err == ERR_OK || err == ERR_AUDIT);
    if (err == ERR_OK) REQUIRE(replica_undo(replica) == ERR_OK);
    if (err == ERR_OK || f.record > 0 || f.segment > 0) fuzz_accept(); /* records were executed */
    replica_root(replica, 0, after);
    REQUIRE(memcmp(before, after, 32) == 0 && replica_k(replica) == 0);
    return 0;
}

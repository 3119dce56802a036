/* make_audit_corpus COMMIT_FOLDER GATE_FOLDER: first batches of random worlds as commitBatch of chain 0
 * and as questions to the gate, small enough for fuzz_main.c. Run by hand after a change of the formats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/statement.h"
#include "chain_adapters/evm/hawser_abi.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "tests/unit/audit/pair.h"

static void file_write(const char *folder, uint64_t number, struct span s)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%llu", folder, (unsigned long long)number);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(s.data, 1, s.len, f) == s.len);
    REQUIRE(fclose(f) == 0);
}

static void commit_write(const char *folder, uint64_t number, const struct pair *p,
                         const struct published *b)
{
    const struct replica_batch *r = &b->batch;
    struct hawser_statement s = {.k = r->k, .time = r->time, .participant_count = r->n_parts};
    struct bytes_buf out;
    const struct replica_part *own = NULL;
    memcpy(s.prev_final_root, r->final_root_before, 32);
    memcpy(s.final_root, r->final_root_after, 32);
    for (size_t i = 0; i < r->n_parts; i++) {
        s.participants[i] = p->deployment.chains[r->parts[i].chain].chain_id;
        pubdata_compute(s.pubdata_hashes[i], r->parts[i].segments, r->parts[i].n_segments);
        if (r->parts[i].chain == 0) own = &r->parts[i];
    }
    REQUIRE(own != NULL);
    bytes_buf_init(&out, 8192);
    REQUIRE(hawser_encode_commit_batch(&out, &s, own->segments, own->n_segments, 0) == ERR_OK);
    file_write(folder, number, bytes_buf_span(&out));
    /* the same as if the rest lay in a blob; 100 + number */
    struct hawser_blob_segment segments[REPLICA_SEGMENTS_MAX];
    uint8_t opening[HAWSER_OPENING_BYTES] = {(uint8_t)number};
    for (size_t i = 0; i < own->n_segments; i++) {
        size_t len = own->segments[i].len;
        segments[i].length = (uint32_t)len;
        segments[i].head = (struct span){own->segments[i].data, len < 62 ? len : 62};
        sha256(segments[i].hash, own->segments[i].data, len);
    }
    bytes_buf_clear(&out);
    REQUIRE(hawser_encode_commit_blob_batch(&out, &s, segments, own->n_segments, opening, 0) == ERR_OK);
    file_write(folder, 100 + number, bytes_buf_span(&out));
    bytes_buf_deinit(&out);
}

int main(int argc, char **argv)
{
    static struct gate_ask ask;
    REQUIRE(argc == 3);
    for (uint64_t number = 1; number <= 6; number++) {
        struct batch_limits limits = batch_limits_standard;
        struct pair p;
        struct published b;
        struct bytes_buf out;
        limits.records = (uint32_t)(1 + 3 * number);
        pair_init_chains(&p, number, WORLD_CHAINS, BATCH_SLICES_MAX);
        p.world->limits = &limits;
        pair_publish(&p, 24, &b);
        commit_write(argv[1], number, &p, &b);
        published_ask(&b, &ask);
        bytes_buf_init(&out, 8192);
        REQUIRE(gate_ask_write(&out, &ask) == ERR_OK);
        file_write(argv[2], number, bytes_buf_span(&out));
        bytes_buf_deinit(&out);
        gate_ask_deinit(&ask);
        published_free(&b);
        pair_free(&p);
    }
    return 0;
}

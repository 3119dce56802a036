/* Chains whose data goes in blobs: statements, journal, question to the gate and transaction, each against
 * the auditor's own code (audit/blob.h), which shares nothing with core but the arithmetic. */
#include <stdlib.h>
#include <string.h>

#include "audit/blob.h"
#include "audit/l1_abi.h"
#include "common/base/endian.h"
#include "tests/unit/orchestrator/house.h"

/* The seed is fixed: its batches 3 and 4 have data behind the heads on both chains. */
enum { BATCHES = 4, PER_BATCH = 20, SEED = 7 };

static struct script *script;

static void setup(void)
{
    script = script_new(SEED, BATCHES, PER_BATCH, true);
}

static void teardown(void)
{
    script_free(script);
}

/* What a sealed batch says of its parts is what the auditor computes; counts blobs of each chain. */
struct seen {
    unsigned blobs[WORLD_CHAINS], calldata[WORLD_CHAINS];
};

static void check_parts(void *ctx, struct seq_batch *b)
{
    struct seen *seen = ctx;
    uint32_t blobs = 0;
    for (uint32_t i = 0; i < b->n_chains; i++) {
        struct chain_trace *traces[BATCH_SEGMENTS_MAX];
        struct span segments[BATCH_SEGMENTS_MAX];
        uint32_t n = sealed_batch_of_chain(&b->sealed, b->chains[i], traces);
        const char *why = "";
        uint8_t expected[32];
        for (uint32_t j = 0; j < n; j++)
            segments[j] = (struct span){traces[j]->bytes, traces[j]->n_bytes};
        bool is_blob = seq_batch_blob(b, b->chains[i]) != NULL;
        for (uint32_t j = 0; j < n; j++)
            ck_assert(traces[j]->blob.on == is_blob);
        enum err err = blob_pubdata(expected, segments, n, &why);
        if (is_blob) {
            ck_assert_msg(err == ERR_OK, "%s", why);
            seen->blobs[b->chains[i]]++;
            blobs++;
        } else {
            pubdata_compute(expected, segments, n);
            seen->calldata[b->chains[i]]++;
        }
        ck_assert_mem_eq(b->pubdata[i], expected, 32);
    }
    ck_assert_uint_eq(blobs, b->n_blobs);
}

static struct seen seen;

static struct rig *rig_new(bool first, bool second)
{
    struct rig *r = calloc(1, sizeof *r);
    ck_assert_ptr_nonnull(r);
    rig_init(r, script);
    r->blobs[0] = first;
    r->blobs[1] = second;
    r->sealed = check_parts;
    r->ctx = &seen;
    memset(&seen, 0, sizeof seen);
    return r;
}

static void must_be_same(const struct rig *a, const struct rig *b)
{
    ck_assert_uint_eq(a->n_seals, b->n_seals);
    for (size_t i = 0; i < a->n_seals; i++) {
        ck_assert_mem_eq(a->seals[i].statement, b->seals[i].statement, 32);
        ck_assert_mem_eq(a->seals[i].digest, b->seals[i].digest, 32);
    }
}

START_TEST(how_a_part_was_published_is_in_the_journal_and_not_in_the_configuration_of_the_day)
{
    struct rig *r = rig_new(true, false);
    struct rig *first = malloc(sizeof *first);
    ck_assert_ptr_nonnull(first);
    rig_must_open(r, script);
    rig_play(r, script, 0, BATCHES);
    ck_assert_uint_gt(seen.blobs[0], 0);
    ck_assert_uint_eq(seen.blobs[1], 0);
    *first = *r;
    for (int turn = 0; turn < 3; turn++) { /* as it was, the other way round, none */
        rig_close(r);
        struct seen before = seen;
        r->blobs[0] = turn == 0;
        r->blobs[1] = turn == 1;
        memset(&seen, 0, sizeof seen);
        rig_must_open(r, script);
        must_be_same(first, r);
        ck_assert_mem_eq(&seen, &before, sizeof seen);
    }
    rig_close(r);
    rig_deinit(r);
    free(first);
    free(r);
}
END_TEST

START_TEST(a_change_of_the_configuration_counts_from_the_next_batch_on)
{
    struct rig *r = rig_new(false, false);
    rig_must_open(r, script);
    rig_play(r, script, 0, BATCHES / 2);
    rig_close(r);
    ck_assert_uint_eq(seen.blobs[0] + seen.blobs[1], 0);
    r->blobs[0] = r->blobs[1] = true;
    rig_must_open(r, script);
    memset(&seen, 0, sizeof seen);
    rig_play(r, script, BATCHES / 2, BATCHES);
    ck_assert_uint_gt(seen.blobs[0], 0);
    ck_assert_uint_gt(seen.blobs[1], 0);
    rig_close(r);
    memset(&seen, 0, sizeof seen);
    rig_must_open(r, script); /* both kinds in one journal */
    ck_assert_uint_gt(seen.calldata[0], 0);
    ck_assert_uint_gt(seen.blobs[0], 0);
    rig_close(r);
    rig_deinit(r);
    free(r);
}
END_TEST

/* ---- transactions ---- */

static void must_be_published(const struct seq_batch *b, const struct mock_tx *tx)
{
    static struct l1_commit commit;
    struct l1_abi_fault where;
    struct blob_fault fault;
    struct bytes_buf whole;
    uint8_t vh[32];
    uint8_t pubdata[32];
    ck_assert_ptr_nonnull(tx->blob);
    ck_assert_msg(l1_abi_commit_batch(&commit, tx->data, &where) == ERR_OK, "%s", where.what);
    ck_assert(commit.has_blob);
    kzg_versioned_hash(vh, tx->blob->commitment);
    ck_assert_ok(blob_is(tx->blob->blob, vh));
    ck_assert_mem_eq(vh, seq_batch_blob(b, 0)->versioned_hash, 32);
    bytes_buf_init(&whole, 1 << 20);
    enum err err = blob_segments(&whole, commit.segments, pubdata, commit.blob_segments,
                                 commit.n_segments, vh, tx->blob->blob, &fault);
    ck_assert_msg(err == ERR_OK, "segment %zu: %s", fault.segment, fault.why);
    ck_assert_mem_eq(pubdata, commit.statement.pubdata[0], 32);
    struct chain_trace *traces[BATCH_SEGMENTS_MAX];
    ck_assert_uint_eq(sealed_batch_of_chain(&b->sealed, 0, traces), commit.n_segments);
    for (size_t i = 0; i < commit.n_segments; i++)
        ck_assert(span_equal(commit.segments[i], span_make(traces[i]->bytes, traces[i]->n_bytes)));
    /* the opening, as the contract gives it to the precompile */
    const uint8_t *opening = tx->data.data + tx->data.len - 128;
    ck_assert_mem_eq(opening + 32, tx->blob->commitment, 48);
    ck_assert_ok(kzg_check(opening + 32, traces[0]->blob.z, opening, opening + 80));
    bytes_buf_deinit(&whole);
}

/* A batch of the script whose part of chain 0 has data behind its heads. */
static uint32_t batch_with_data(void)
{
    struct rig *r = rig_new(true, false);
    rig_must_open(r, script);
    uint32_t found = BATCHES;
    for (uint32_t i = 0; i < BATCHES && found == BATCHES; i++) {
        rig_play(r, script, i, i + 1);
        if (seen.blobs[0] > 0) found = i;
    }
    rig_close(r);
    rig_deinit(r);
    free(r);
    ck_assert_uint_lt(found, BATCHES);
    return found;
}

START_TEST(a_commit_carries_the_blob_of_its_statement)
{
    static uint8_t blob[KZG_BLOB_BYTES], proofs[KZG_CELLS][48];
    uint32_t at = batch_with_data();
    ck_assert_ok(kzg_cell_proofs(proofs, blob)); /* loads the setup: seconds, not rounds of the house */
    struct house *h = house_new(script);
    h->rig.blobs[0] = true;
    house_open(h);
    for (uint32_t i = 0; i <= at; i++) {
        house_play(h, i);
        size_t n = i + 1;
        HOUSE_UNTIL(h, mock_tx_count(h->mock[0]) == n && mock_tx_count(h->mock[1]) == n);
        const struct seq_batch *b = pipeline_at(h->pipeline, pipeline_count(h->pipeline) - 1)->batch;
        const struct mock_tx *tx = mock_tx_at(h->mock[0], i);
        ck_assert(seq_batch_blob(b, 0) != NULL ? tx->blob != NULL : tx->blob == NULL);
        if (tx->blob != NULL) must_be_published(b, tx);
        ck_assert_ptr_null(mock_tx_at(h->mock[1], i)->blob);
        house_mine(h, 0);
        house_mine(h, 1);
        house_rounds(h, 10);
    }
    house_free(h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orchestrator blobs");
    TCase *t = tcase_create("blobs");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, how_a_part_was_published_is_in_the_journal_and_not_in_the_configuration_of_the_day);
    tcase_add_test(t, a_change_of_the_configuration_counts_from_the_next_batch_on);
    tcase_add_test(t, a_commit_carries_the_blob_of_its_statement);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

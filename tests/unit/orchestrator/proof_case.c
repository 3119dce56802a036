#include "tests/unit/orchestrator/proof_case.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/err.h"
#include "core/batch/blob.h"
#include "core/batch/statement.h"
#include "tests/support/check_main.h"

struct proof_case *proof_case;

static void deployment_fill(const struct world *w, struct deployment *d)
{
    memcpy(d->id, w->deployment_id, 32);
    d->n_chains = w->n_chains;
    for (uint16_t c = 0; c < w->n_chains; c++) {
        d->chains[c].index = c;
        d->chains[c].chain_id = 1000 + 3u * c;
        d->chains[c].finality = 12;
        memset(d->chains[c].contract, c + 1, 20);
    }
}

/* What the sequencer writes beside the traces. */
static void statement_fill(const struct world *w, const struct deployment *d,
                           struct seq_batch *b, uint32_t blobs)
{
    struct chain_root list[2][WORLD_CHAINS_MAX];
    struct chain_pubdata parts[BATCH_PARTICIPANTS_MAX];
    struct chain_entry entries[WORLD_CHAINS_MAX];
    struct statement st = {.k = b->k, .time = b->time, .participants = parts};
    for (uint16_t c = 0; c < w->n_chains; c++) {
        struct chain_trace *own[BATCH_SEGMENTS_MAX];
        uint8_t hashes[BATCH_SEGMENTS_MAX * 32];
        uint32_t n = sealed_batch_of_chain(&b->sealed, c, own);
        uint64_t id = d->chains[c].chain_id;
        ck_assert_ok(cells_root(w->state[c].cells, &b->roots[c]));
        b->roots_before[c] = n > 0 ? own[0]->root_before : b->roots[c];
        list[0][c] = (struct chain_root){id, b->roots_before[c]};
        list[1][c] = (struct chain_root){id, b->roots[c]};
        entries[c] = (struct chain_entry){.index = c, .chain_id = id, .finality = 12};
        memcpy(entries[c].address, d->chains[c].contract, 20);
        if (n == 0) continue;
        parts[st.n_participants].chain_id = id;
        if (st.n_participants < blobs) {
            struct blob_part part;
            ck_assert_ok(blob_part_make(&part, own, n, NULL));
            memcpy(parts[st.n_participants++].hash, part.pubdata, 32);
            continue;
        }
        for (uint32_t i = 0; i < n; i++) memcpy(hashes + 32 * i, own[i]->segment_hash, 32);
        ck_assert_ok(pubdata_hash(parts[st.n_participants++].hash, hashes, n));
    }
    memcpy(st.deployment_id, d->id, 32);
    ck_assert_ok(final_root_hash(st.final_root_before, b->k - 1, list[0], w->n_chains));
    ck_assert_ok(final_root_hash(st.final_root_after, b->k, list[1], w->n_chains));
    ck_assert_ok(chains_digest(st.chains_digest, entries, w->n_chains));
    programs_digest(proof_case->programs, d->terminal_program);
    memcpy(st.programs_digest, proof_case->programs, 32);
    ck_assert_ok(statement_hash(b->statement, &st));
    memset(b->digest_before, 0x3c, 32);
    digest_next(b->digest, b->digest_before, b->statement);
}

void proof_case_make(uint64_t seed, bool sign, uint32_t n_chains, uint32_t slices_max,
                     const struct batch_limits *limits, const uint32_t keys_root[8])
{
    proof_case_make_blobs(seed, sign, n_chains, slices_max, limits, keys_root, 0);
}

void proof_case_make_blobs(uint64_t seed, bool sign, uint32_t n_chains, uint32_t slices_max,
                           const struct batch_limits *limits, const uint32_t keys_root[8],
                           uint32_t blobs)
{
    proof_case = calloc(1, sizeof *proof_case);
    ck_assert_ptr_nonnull(proof_case);
    struct seq_batch *b = &proof_case->b;
    struct world *w = world_new_chains(seed, sign, n_chains);
    bool full = false;
    world_warm_up(w);
    w->limits = limits;
    w->slices_max = slices_max;
    struct batch *open = world_begin(w);
    b->k = w->k;
    b->time = w->time;
    while (!full) (void)world_push_random(w, open, &full, NULL, NULL);
    ck_assert_ok(batch_seal(open, &b->sealed));
    batch_free(open);
    deployment_fill(w, &proof_case->d);
    statement_fill(w, &proof_case->d, b, blobs);
    world_free(w);
    ck_assert_ok(proof_set_batch(&proof_case->set, b, keys_root));
}

void proof_case_free(void)
{
    proof_set_deinit(&proof_case->set);
    sealed_batch_deinit(&proof_case->b.sealed);
    free(proof_case);
    proof_case = NULL;
}

struct proof_work *proof_case_work(const struct proof_job *j)
{
    struct proof_work *work = calloc(1, sizeof *work);
    struct bytes_buf body;
    struct job job;
    ck_assert_ptr_nonnull(work);
    bytes_buf_init(&body, 2 * PROOF_BYTES_MAX + 65536);
    ck_assert_ok(proof_job_write(&body, j, &proof_case->d, proof_case->programs, &proof_case->b));
    ck_assert_ok(job_read(&job, bytes_buf_span(&body)));
    ck_assert_ok(proof_work_init(work, &job, 1));
    bytes_buf_deinit(&body);
    return work;
}

void proof_case_work_free(struct proof_work *work)
{
    proof_work_deinit(work);
    free(work);
}

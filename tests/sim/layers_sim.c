/* In the places of prover/layers/layers.c and prover/worker/prove_job.c: a proof is a hash of what it
 * states. The worker and everything that hands proofs around is the product's. */
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "common/crypto/sha256.h"
#include "orchestrator/proof_set.h"
#include "prover/prove/prove_env.h"
#include "prover/recursion/layers.h"
#include "prover/worker/prove_job.h"
#include "tests/sim/faults.h"
#include "tests/sim/l1_contract.h"

enum { PROVE_MS = 400, SLOW_MS = 40000 };

static const uint32_t keys_root[8] = {1, 2, 3, 4, 5, 6, 7, 8};

const uint32_t *layer_keys_root(void)
{
    return keys_root;
}

const struct program *layer_program(enum layer layer)
{
    (void)layer;
    return NULL;
}

const struct program_key *layer_key(enum layer layer)
{
    (void)layer;
    return NULL;
}

void __wrap_program_key_id(const struct program *p, const struct program_key *key, uint8_t id[32]);
void __wrap_program_key_id(const struct program *p, const struct program_key *key, uint8_t id[32])
{
    (void)p;
    (void)key;
    memset(id, 0x1e, 32); /* the deployment's terminal program */
}

static void proof_of(uint8_t out[CONTRACT_PROOF_BYTES], uint8_t layer, const uint8_t content[32])
{
    memset(out, layer, CONTRACT_PROOF_BYTES);
    memcpy(out, content, 32);
}

enum err layer_verify(const struct layer_proof *p, enum verify_check *failed)
{
    uint8_t bytes[1 + 4 * PROOF_PUBLICS_MAX], content[32], right[CONTRACT_PROOF_BYTES];
    REQUIRE(p->n_publics <= PROOF_PUBLICS_MAX);
    bytes[0] = (uint8_t)p->layer;
    for (uint32_t i = 0; i < p->n_publics; i++)
        put_be32(bytes + 1 + 4 * i, p->publics[i]);
    sha256(content, bytes, 1 + 4 * (size_t)p->n_publics);
    proof_of(right, (uint8_t)p->layer, content);
    if (p->proof.len == sizeof right && memcmp(p->proof.data, right, sizeof right) == 0)
        return ERR_OK;
    if (failed != NULL) *failed = VERIFY_LENGTH;
    return ERR_PROOF;
}

/* ---- the worker's part ---- */

enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads)
{
    memset(w, 0, sizeof *w);
    w->id = job->id;
    w->threads = threads;
    bytes_buf_init(&w->out.proof, CONTRACT_PROOF_BYTES);
    return ERR_OK;
}

void proof_work_run(struct proof_work *w)
{
    uint8_t proof[CONTRACT_PROOF_BYTES];
    w->ms = PROVE_MS + sim_below(PROVE_MS);
    if (fault_draw(FAULT_PROOF_SLOW, "")) w->ms += sim_below(SLOW_MS);
    sim_sleep_ms(w->ms);
    proof_of(proof, w->id.layer, w->id.content);
    if (fault_draw(FAULT_PROOF_WRONG, "")) proof[sim_below(sizeof proof)] ^= 1;
    w->err = fault_draw(FAULT_PROOF_FAILS, "") ? ERR_NOMEM
                                               : bytes_buf_append(&w->out.proof, proof, sizeof proof);
}

void proof_work_deinit(struct proof_work *w)
{
    bytes_buf_deinit(&w->out.proof);
}

void prove_pool_hold(void)
{
}

void prove_pool_release(void)
{
}

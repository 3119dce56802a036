/* In the place of prover/worker/prove_job.c in the program mock_prover, which is otherwise the real
 * worker: "proves" what the house's verifier takes (house_proof), after HAWSER_MOCK_MS milliseconds;
 * with HAWSER_MOCK_LIES set, something else; with HAWSER_MOCK_FAILS set it cannot prove. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prover/prove/prove_env.h"
#include "prover/worker/prove_job.h"

enum { PROOF_BYTES = 40 };

enum err proof_work_init(struct proof_work *w, const struct job *job, unsigned threads)
{
    memset(w, 0, sizeof *w);
    w->id = job->id;
    w->threads = threads;
    bytes_buf_init(&w->out.proof, PROOF_BYTES);
    return ERR_OK;
}

void proof_work_run(struct proof_work *w)
{
    const char *ms = getenv("HAWSER_MOCK_MS");
    uint8_t proof[PROOF_BYTES];
    w->ms = ms == NULL ? 1 : strtoul(ms, NULL, 10);
    (void)usleep((useconds_t)(w->ms * 1000));
    memset(proof, w->id.layer, sizeof proof);
    memcpy(proof, w->id.content, sizeof w->id.content);
    if (getenv("HAWSER_MOCK_LIES") != NULL) proof[0] ^= 1;
    w->err = getenv("HAWSER_MOCK_FAILS") != NULL
                 ? ERR_NOMEM
                 : bytes_buf_append(&w->out.proof, proof, sizeof proof);
}

void proof_work_deinit(struct proof_work *w)
{
    bytes_buf_deinit(&w->out.proof);
}

/* No memory is kept for proofs that are not made. */
void prove_pool_hold(void)
{
}

void prove_pool_release(void)
{
}

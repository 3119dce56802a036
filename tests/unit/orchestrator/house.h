#ifndef TESTS_UNIT_ORCHESTRATOR_HOUSE_H
#define TESTS_UNIT_ORCHESTRATOR_HOUSE_H
/* Everything of an orchestrator but its main: sequencer, store, pipeline, L1 links and API, with two
 * scripted chains, a scripted audit gate and a scripted prover worker around it, in one loop. */
#include "chain_adapters/mock/mock_adapter.h"
#include "common/loop/nng_inbox.h"
#include "common/msg/gate.h"
#include "common/msg/job.h"
#include "common/msg/msg.h"
#include "orchestrator/api.h"
#include "tests/unit/orchestrator/rig.h"

/* Far more rounds than a busy machine needs for what must happen within a lease. */
enum { HOUSE_LEASE_MS = 600000 };

struct house {
    struct rig rig; /* first: the rig's functions work on it */
    const struct script *script;
    struct mock_adapter *mock[WORLD_CHAINS];
    struct l1_link *links[WORLD_CHAINS];
    struct pipeline *pipeline;
    struct intake *intake;
    struct api *api;
    struct msg_signer signer, gate_signer, worker_signer;
    bool is_opening;
    struct msg_trust gate_trust, worker_trust, own_trust;
    char gate_url[64], prover_url[64];
    struct link_tls prover_tls; /* none, unless a test sets it before house_open */
    /* scripted gate */
    struct nng_link *gate;
    struct gate_answer answer; /* verdict and place given to every question; k is filled in */
    uint32_t refuse_once;      /* this batch number is refused at answer.chain, answer.record */
    uint64_t expects_once;     /* the next question is answered: send this batch first */
    unsigned n_asked;
    uint64_t asked_k;
    /* scripted worker */
    struct nng_link *worker;
    unsigned n_replies, n_failures;
    uint8_t session[JOB_SESSION_BYTES];
    uint16_t reply_type;
    struct job job; /* last WORK; inputs are not kept */
    unsigned n_open;
    /* called after the mocks exist and before the links start */
    void (*before_start)(struct house *h);
};

void house_init(struct house *h, const struct script *s);
/* Starts (again) what is in the folder. */
void house_open(struct house *h);
void house_close(struct house *h);
void house_deinit(struct house *h);
/* On the heap, not open. house_free closes it. */
struct house *house_new(const struct script *s);
void house_free(struct house *h);
/* Open; batches 0..n-1 of the script are committed everywhere. */
struct house *house_with_batches(const struct script *s, uint32_t n);
bool house_same_job(const struct job_id *a, const struct job_id *b);
/* One round: ticks everything, runs the loop, moves the clock by 100 ms. */
void house_round(struct house *h);
/* Rounds until the condition holds; aborts after many. */
#define HOUSE_UNTIL(h, condition)                                                                  \
    do {                                                                                           \
        int rounds_ = 0;                                                                           \
        while (!(condition)) {                                                                     \
            house_round(h);                                                                        \
            ck_assert_msg(++rounds_ < 20000, "never happened: %s", #condition);                    \
        }                                                                                          \
    } while (0)
void house_rounds(struct house *h, int n);
/* Plays one batch of the script and seals it. */
void house_play(struct house *h, uint32_t batch);
/* The worker asks for a job, or delivers a result; waits for the reply. */
void house_worker_ask(struct house *h);      /* it works on others, too */
void house_worker_ask_idle(struct house *h); /* it holds nothing */
/* In two steps: the frame is initialised here; a frame may be sent again. */
void house_worker_frame(struct house *h, struct bytes_buf *frame, uint16_t type, struct span body);
void house_worker_send(struct house *h, struct span frame);
void house_worker_result(struct house *h, const struct job_id *id, const void *proof, size_t n);
/* The right proof, and until it is taken: verification is on another thread. */
void house_worker_prove(struct house *h, const struct job_id *id);
/* The proof that the house's verifier takes for a job: 40 bytes from its public values. */
enum { HOUSE_PROOF_BYTES = 40 };
void house_proof(uint8_t out[HOUSE_PROOF_BYTES], const struct job_id *id);
/* Asks and delivers until there is nothing more to do; number of proofs made. */
unsigned house_prove_all(struct house *h);
/* A final event of the contract on chain c: signature as in the contract; topic k; data words. */
void house_event(struct house *h, uint16_t c, const char *signature, uint64_t k, struct span data);
/* Mines everything that is out on chain c, with BatchCommitted for commits in order. */
void house_mine(struct house *h, uint16_t c);
void house_commit_event(struct house *h, uint16_t c, const struct seq_batch *b);
/* Commits of batches from..to on both chains, with final events. */
void house_commit(struct house *h, uint32_t from, uint32_t to);
void house_proven_events(struct house *h, uint16_t c, uint64_t from, uint64_t to);
/* Mines the last transaction of the chain as a proof of from..to; or every proof that is out. */
void house_mine_proof(struct house *h, uint16_t c, uint64_t from, uint64_t to);
void house_mine_proofs(struct house *h);

/* ---- the outbox as it is on disk ---- */
struct house_outbox_row {
    uint32_t chain;
    uint64_t nonce, k;
    uint8_t stage, state;
    uint8_t hash[32];
    uint8_t raw[64 * 1024];
    size_t len;
};
struct house_outbox {
    struct house_outbox_row row[64];
    size_t n;
};
/* What a power cut now would leave; owner: free. */
struct house_outbox *house_outbox_now(const struct house *h);
#endif

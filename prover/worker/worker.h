#ifndef PROVER_WORKER_WORKER_H
#define PROVER_WORKER_WORKER_H
/* `hawser prover`: asks an orchestrator for jobs, proves, returns the proofs, until a signal.
 * Holds no state: it may die at any time; its job is handed out again.
 *
 * worker_run returns the exit status; errors are told on stderr. */
int worker_run(const char *config_path);
#endif

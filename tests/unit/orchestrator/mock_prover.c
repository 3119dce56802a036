/* mock_prover CONFIG: the real worker around mock_prove_job.c; started by test_workers.c. */
#include "prover/worker/worker.h"

int main(int argc, char **argv)
{
    return argc == 2 ? worker_run(argv[1]) : 2;
}

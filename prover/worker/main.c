/* hawser-prover CONFIG: what `hawser prover --config CONFIG` runs, and nothing else of the system: for hosts
 * that only prove, and for system tests with sanitizers, whose worker is built without them. */
#include <stdio.h>

#include "prover/worker/worker.h"

int main(int argc, char **argv)
{
    if (argc == 2) return worker_run(argv[1]);
    fprintf(stderr, "usage: hawser-prover CONFIG\n");
    return 2;
}

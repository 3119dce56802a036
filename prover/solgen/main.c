/* hawser-solgen harness            writes the test harness to stdout
 * hawser-solgen PROGRAM            writes the verifier of a program to stdout */
#include <stdio.h>
#include <string.h>

#include "prover/solgen/solgen.h"

int main(int argc, char **argv)
{
    struct text t;
    text_init(&t);
    solgen_names(&t);
    if (argc == 2 && strcmp(argv[1], "harness") == 0) {
        solgen_harness(&t);
    } else {
        fprintf(stderr, "usage: hawser-solgen harness\n");
        text_free(&t);
        return 2;
    }
    int rc = fputs(t.data, stdout) < 0 || fflush(stdout) != 0;
    text_free(&t);
    return rc;
}

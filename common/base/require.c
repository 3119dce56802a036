#include "common/base/require.h"

#include <stdio.h>
#include <stdlib.h>

noreturn void require_failed(const char *file, int line, const char *function, const char *text)
{
    fprintf(stderr, "%s:%d: %s: requirement failed: %s\n", file, line, function, text);
    fflush(stderr);
    abort();
}

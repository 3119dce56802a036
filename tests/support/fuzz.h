#ifndef TESTS_SUPPORT_FUZZ_H
#define TESTS_SUPPORT_FUZZ_H
/* What a fuzz target gives and gets. The same source works with tests/support/fuzz_main.c (every
 * test run: corpus, then seeded mutations for a while) and with clang's -fsanitize=fuzzer.
 *
 * Threads: one. */

#include <stddef.h>
#include <stdint.h>

/* The target: any bytes; must not crash, leak or break its own assertions (abort). Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The target calls it for inputs that got past the decoder. A run in which no input did is a
 * failure: it tested only the first check. */
void fuzz_accept(void);

#endif

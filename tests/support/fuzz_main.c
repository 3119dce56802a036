/* Runs a fuzz target without a fuzzing engine: all files of a corpus folder, then mutations of them
 * for HAWSER_FUZZ_SECONDS (default 2). The target runs in a child process; when it dies, or takes more
 * than 10 seconds for one input or 2 GiB in all, the parent prints the last input and the seed.
 *
 *   fuzz_x CORPUS_FOLDER       HAWSER_TEST_SEED=N repeats the mutations of a run */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/base/require.h"
#include "common/base/rng.h"
#include "tests/support/fuzz.h"

#define INPUT_MAX  8192
#define CORPUS_MAX 256
#define ROUNDS_MAX 2000000
/* What no input may take: time (the first one prepares the target), and memory of the process. */
#define INPUT_SECONDS_MAX 10
#define FIRST_SECONDS_MAX 60
#define RSS_KIB_MAX       (2L << 20)

/* Shared by both processes. */
struct shared {
    size_t len;
    uint64_t runs;
    uint64_t accepted;
    uint8_t input[INPUT_MAX];
};

struct seed_input {
    uint8_t data[INPUT_MAX];
    size_t len;
};

static struct shared *shared;
static struct seed_input *corpus;
static size_t corpus_count;

void fuzz_accept(void)
{
    shared->accepted++;
}

static void run(const uint8_t *data, size_t len)
{
    memcpy(shared->input, data, len);
    shared->len = len;
    shared->runs++;
    /* A heap copy of the exact size, so that ASan sees a read past the end. */
    uint8_t *copy = malloc(len > 0 ? len : 1);
    REQUIRE(copy != NULL);
    memcpy(copy, data, len);
    alarm(shared->runs == 1 ? FIRST_SECONDS_MAX : INPUT_SECONDS_MAX);
    int rc = LLVMFuzzerTestOneInput(copy, len);
    alarm(0);
    REQUIRE(rc == 0);
    free(copy);
}

static void load_corpus(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        exit(EXIT_FAILURE);
    }
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL && corpus_count < CORPUS_MAX) {
        char path[1024];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (file == NULL) continue;
        corpus[corpus_count].len = fread(corpus[corpus_count].data, 1, INPUT_MAX, file);
        corpus_count++;
        fclose(file);
    }
    closedir(dir);
}

/* One random change; len stays within INPUT_MAX. */
static size_t mutate(struct rng *rng, uint8_t *data, size_t len)
{
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', ':', '\n', '-', '0'};
    size_t at = len > 0 ? (size_t)rng_below(rng, len) : 0;
    size_t span = len > at ? (size_t)rng_below(rng, len - at < 32 ? len - at : 32) + 1 : 0;
    switch (rng_below(rng, 7)) {
    case 0:
        if (len > 0) data[at] ^= (uint8_t)(1 << rng_below(rng, 8));
        return len;
    case 1:
        if (len > 0) data[at] = (uint8_t)rng_u64(rng);
        return len;
    case 2:
        if (len > 0) data[at] = odd[rng_below(rng, sizeof odd)];
        return len;
    case 3: /* delete */
        memmove(data + at, data + at + span, len - at - span);
        return len - span;
    case 4: /* repeat */
        if (len + span > INPUT_MAX) return len;
        memmove(data + at + span, data + at, len - at);
        return len + span;
    case 5: /* cut */
        return at;
    default: { /* splice with another input */
        const struct seed_input *other = &corpus[rng_below(rng, corpus_count)];
        size_t from = other->len > 0 ? (size_t)rng_below(rng, other->len) : 0;
        size_t part = other->len - from;
        if (part > INPUT_MAX - at) part = INPUT_MAX - at;
        memcpy(data + at, other->data + from, part);
        return at + part;
    }
    }
}

static void child(uint64_t seed, unsigned seconds)
{
    struct rng rng;
    static uint8_t data[INPUT_MAX];
    for (size_t i = 0; i < corpus_count; i++)
        run(corpus[i].data, corpus[i].len);
    rng_seed(&rng, seed);
    time_t end = time(NULL) + (time_t)seconds;
    for (unsigned round = 0; round < ROUNDS_MAX && (round % 64 != 0 || time(NULL) < end); round++) {
        const struct seed_input *from = &corpus[rng_below(&rng, corpus_count)];
        size_t len = from->len;
        memcpy(data, from->data, len);
        for (uint64_t n = rng_below(&rng, 6) + 1; n > 0; n--)
            len = mutate(&rng, data, len);
        run(data, len);
    }
    struct rusage usage;
    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    REQUIRE(usage.ru_maxrss < RSS_KIB_MAX);
}

static void print_input(void)
{
    fprintf(stderr, "input of %zu bytes:", shared->len);
    for (size_t i = 0; i < shared->len; i++)
        fprintf(stderr, "%s%02x", i % 32 == 0 ? "\n" : "", shared->input[i]);
    fprintf(stderr, "\n");
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    const char *seconds = getenv("HAWSER_FUZZ_SECONDS");
    const char *seed_text = getenv("HAWSER_TEST_SEED");
    uint64_t seed;
    if (seed_text != NULL)
        seed = strtoull(seed_text, NULL, 10);
    else
        REQUIRE(random_secure(&seed, sizeof seed) == ERR_OK);
    corpus = calloc(CORPUS_MAX, sizeof *corpus);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(corpus != NULL);
    REQUIRE(shared != MAP_FAILED);
    load_corpus(argv[1]);
    if (corpus_count == 0) {
        fprintf(stderr, "%s: empty corpus\n", argv[1]);
        return EXIT_FAILURE;
    }
    printf("HAWSER_TEST_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    pid_t pid = fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        child(seed, seconds != NULL ? (unsigned)strtoul(seconds, NULL, 10) : 2);
        free(corpus);
        exit(EXIT_SUCCESS);
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        REQUIRE(errno == EINTR);
    free(corpus);
    bool is_ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_ok) print_input();
    if (is_ok && shared->accepted == 0) {
        fprintf(stderr, "no input got past the decoder\n");
        is_ok = false;
    }
    printf("%llu inputs, %llu accepted\n%d passed, %d failed\n", (unsigned long long)shared->runs,
           (unsigned long long)shared->accepted, is_ok ? 1 : 0, is_ok ? 0 : 1);
    return is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

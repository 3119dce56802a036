/* Worker processes over mutual TLS against everything of an orchestrator but its main: real
 * certificates, signatures, sessions, leases; only proving is mocked (mock_prove_job.c). Strangers are
 * refused; workers that are killed, stopped or lie at random lose nothing and double nothing.
 * HAWSER_TEST_BATCHES: batches of the random run (the long suite runs 20). */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/codec/hex.h"
#include "common/crypto/secret.h"
#include "tests/unit/orchestrator/house.h"

enum { WORKERS = 5, LIAR = WORKERS - 1, PER_BATCH = 10 };
extern char **environ;

static char dir[] = "/tmp/hawser-test-workers-XXXXXX";
static struct script *script;
static struct house *house;
static unsigned port;
static struct rng rng;

/* ---- processes ---- */

static pid_t spawn(const char *const argv[], const char *env, const char *log)
{
    char path[128];
    char *vars[64] = {NULL};
    size_t n = 0;
    pid_t pid = 0;
    posix_spawn_file_actions_t io;
    for (; environ[n] != NULL && n < ARRAY_LEN(vars) - 3; n++)
        vars[n] = environ[n];
    char text[64];
    snprintf(text, sizeof text, "%s", env);
    char *second = strchr(text, ' ');
    if (second != NULL) *second++ = '\0';
    vars[n++] = text;
    vars[n] = second;
    snprintf(path, sizeof path, "%s/%s.log", dir, log);
    ck_assert_int_eq(posix_spawn_file_actions_init(&io), 0);
    ck_assert_int_eq(
        posix_spawn_file_actions_addopen(&io, 2, path, O_WRONLY | O_CREAT | O_APPEND, 0600), 0);
    char *const *args = (char *const *)(uintptr_t)argv; /* it does not write there */
    ck_assert_int_eq(posix_spawnp(&pid, argv[0], &io, NULL, args, vars), 0);
    posix_spawn_file_actions_destroy(&io);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

static const char *read_log(const char *name)
{
    static char all[1024 * 1024];
    char path[128];
    fflush(stderr);
    snprintf(path, sizeof path, "%s/%s.log", dir, name);
    FILE *f = fopen(path, "r");
    all[f == NULL ? 0 : fread(all, 1, sizeof all - 1, f)] = '\0';
    if (f != NULL) fclose(f);
    return all;
}

static void certificates(void)
{
    char command[400];
    snprintf(command, sizeof command,
             ". tests/support/certificates.sh; certificates %s/ours; certificates %s/theirs", dir,
             dir);
    const char *argv[] = {"bash", "-euc", command, NULL};
    ck_assert_int_eq(wait_for(spawn(argv, "A=1", "certificates")), 0);
}

/* ---- a worker's files ---- */

static void key_of(uint8_t key[32], unsigned number)
{
    memset(key, 0, 32);
    key[0] = 7;
    key[31] = (uint8_t)number;
}

/* authority NULL: no TLS. */
static void write_config(unsigned number, unsigned key_number, const char *authority)
{
    char path[128];
    char hex[43];
    uint8_t key[32];
    key_of(key, key_number);
    snprintf(path, sizeof path, "%s/%u.key", dir, number);
    ck_assert_ok(secret_file_write_key(path, key));
    snprintf(path, sizeof path, "%s/%u.yaml", dir, number);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    hex_encode_0x(hex, house->signer.address, 20);
    fprintf(f,
            "orchestrator_url: %s://127.0.0.1:%u\norchestrator_address: \"%s\"\n"
            "message_key_file: %s/%u.key\nnice: 7\n",
            authority == NULL ? "tcp" : "tls+tcp", port, hex, dir, number);
    if (authority != NULL)
        fprintf(f,
                "tls:\n  ca_file: %s/ours/ca.pem\n  cert_file: %s/%s/worker-1.pem\n"
                "  key_file: %s/%s/worker-1.key\n  server_name: orchestrator.example\n",
                dir, dir, authority, dir, authority);
    fclose(f);
}

static pid_t start_worker(unsigned number, const char *env)
{
    char path[128];
    char name[32];
    snprintf(path, sizeof path, "%s/%u.yaml", dir, number);
    snprintf(name, sizeof name, "worker-%u", number);
    const char *argv[] = {MOCK_PROVER, path, NULL};
    return spawn(argv, env, name);
}

/* ---- the house ---- */

static unsigned free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static uint32_t batches(void)
{
    const char *text = getenv("HAWSER_TEST_BATCHES");
    return text == NULL ? 3 : (uint32_t)strtoul(text, NULL, 10);
}

static void trust_worker(unsigned number)
{
    uint8_t key[32];
    struct msg_signer signer;
    key_of(key, number);
    ck_assert_ok(msg_signer_init(&signer, key, 1));
    ck_assert_ok(msg_trust_add(&house->worker_trust, signer.address));
    msg_signer_deinit(&signer);
}

static void setup(void)
{
    static const struct link_tls_names names = {"prover_url", "prover_tls"};
    struct link_tls_files files = {.ca_file = ""};
    char text[300] = "";
    check_seed(&rng);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    script = script_new(rng_u64(&rng), batches(), PER_BATCH, true);
    house = malloc(sizeof *house);
    ck_assert_ptr_nonnull(house);
    house_init(house, script);
    port = free_port();
    snprintf(house->prover_url, sizeof house->prover_url, "tls+tcp://127.0.0.1:%u", port);
    certificates();
    snprintf(files.ca_file, sizeof files.ca_file, "%s/ours/ca.pem", dir);
    snprintf(files.cert_file, sizeof files.cert_file, "%s/ours/orchestrator.pem", dir);
    snprintf(files.key_file, sizeof files.key_file, "%s/ours/orchestrator.key", dir);
    ck_assert_msg(link_tls_open(&house->prover_tls, LINK_TLS_SERVER, &files, &names,
                                house->prover_url, text, sizeof text) == ERR_OK,
                  "%s", text);
    for (unsigned i = 0; i < WORKERS; i++)
        trust_worker(i);
    char log[128];
    snprintf(log, sizeof log, "%s/house.log", dir);
    ck_assert_ptr_nonnull(freopen(log, "w", stderr));
}

static void teardown(void)
{
    house_close(house);
    link_tls_close(&house->prover_tls);
    house_deinit(house);
    free(house);
    script_free(script);
    const char *argv[] = {"rm", "-rf", dir, NULL};
    ck_assert_int_eq(wait_for(spawn(argv, "A=1", "rm")), 0);
}

static void play_all(void)
{
    house_open(house);
    for (uint32_t b = 0; b < batches(); b++)
        house_play(house, b);
    house_commit(house, 1, batches());
}

static const struct pipeline_layer_totals *totals(enum layer layer)
{
    return &pipeline_totals(house->pipeline)->layers[layer];
}

/* Every batch proven on both chains; each proof counted once. */
static bool is_over(void)
{
    house_mine_proofs(house);
    return l1_link_marks(house->links[0])->proven == batches() &&
           l1_link_marks(house->links[1])->proven == batches();
}

static void check_counts(void)
{
    ck_assert_ptr_null(sequencer_halted(house->rig.sequencer));
    ck_assert_uint_eq(totals(LAYER_BATCH)->proofs, batches());
    ck_assert_uint_eq(totals(LAYER_JOIN_BATCH)->proofs, batches());
    ck_assert_uint_ge(totals(LAYER_LEAF)->proofs, batches());
    ck_assert_uint_le(totals(LAYER_LEAF)->proofs, WORLD_CHAINS * batches());
    ck_assert_uint_ge(totals(LAYER_TERMINAL)->proofs, 1);
    ck_assert_uint_eq(totals(LAYER_TERMINAL)->proofs, totals(LAYER_SHRINK)->proofs);
    /* a range of n batches takes n - 1 joins */
    ck_assert_uint_eq(totals(LAYER_RANGE)->proofs, batches() - totals(LAYER_TERMINAL)->proofs);
}

/* Neither the signing key nor a line of the private key of `who`'s certificate. */
static void check_no_secret(const char *log, const char *who)
{
    char path[128];
    char line[128] = "";
    char hex[67];
    uint8_t key[32];
    key_of(key, 0);
    hex_encode_0x(hex, key, 32);
    ck_assert_ptr_null(strstr(read_log(log), hex + 2));
    snprintf(path, sizeof path, "%s/ours/%s.key", dir, who);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < 2; i++) /* the first one of base64 */
        ck_assert_ptr_nonnull(fgets(line, sizeof line, f));
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    ck_assert_uint_ge(strlen(line), 60);
    ck_assert_ptr_null(strstr(read_log(log), line));
}

/* ---- strangers ---- */

START_TEST(only_a_worker_with_our_certificate_and_a_listed_key_proves)
{
    play_all();
    write_config(0, 0, "ours");
    write_config(10, 1, "theirs"); /* a listed key, a certificate of somebody else */
    write_config(11, 1, NULL);     /* no TLS at all */
    write_config(12, 99, "ours");  /* our certificate, a key that is not listed */
    static const char *const env = "HAWSER_MOCK_MS=1";
    pid_t strangers[] = {start_worker(10, env), start_worker(11, env), start_worker(12, env)};
    for (int i = 0; strstr(read_log("house"), "tls_peer_refused") == NULL ||
                    strstr(read_log("house"), "prover message") == NULL;
         i++) {
        ck_assert_int_lt(i, 5000);
        house_round(house);
    }
    house_rounds(house, 1500); /* they go on trying */
    ck_assert_uint_eq(pipeline_totals(house->pipeline)->proofs, 0);
    ck_assert_ptr_null(strstr(read_log("house"), "lease_over")); /* none of them got a job */
    pid_t good = start_worker(0, env);
    for (int i = 0; !is_over(); i++) {
        ck_assert_int_lt(i, 50000);
        house_round(house);
    }
    check_counts();
    ck_assert_uint_eq(pipeline_totals(house->pipeline)->refused_proofs, 0);
    ck_assert_int_eq(kill(good, SIGTERM), 0);
    ck_assert_int_eq(wait_for(good), 0);
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
        ck_assert_int_eq(kill(strangers[i], SIGKILL), 0);
        (void)wait_for(strangers[i]);
    }
    ck_assert_ptr_nonnull(strstr(read_log("worker-10"), "tls_not_connected"));
    ck_assert_ptr_null(strstr(read_log("worker-10"), "worker proved"));
    ck_assert_ptr_null(strstr(read_log("worker-11"), "worker proved"));
    ck_assert_ptr_null(strstr(read_log("worker-12"), "worker proved"));
    check_no_secret("house", "orchestrator");
    check_no_secret("worker-0", "worker-1");
    check_no_secret("worker-10", "worker-1");
}
END_TEST

START_TEST(a_worker_does_not_start_with_a_link_or_files_that_are_wrong)
{
    house_open(house);
    write_config(20, 0, "nobody");
    int status = wait_for(start_worker(20, "A=1"));
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    ck_assert_ptr_nonnull(strstr(read_log("worker-20"), "tls.cert_file: "));
    ck_assert_ptr_nonnull(strstr(read_log("worker-20"), "/nobody/worker-1.pem"));
    write_config(21, 0, NULL);
    char path[128];
    snprintf(path, sizeof path, "%s/21.yaml", dir);
    FILE *f = fopen(path, "r+"); /* the same length as 127.0.0.1 */
    ck_assert_ptr_nonnull(f);
    fputs("orchestrator_url: tcp://192.0.2.1", f);
    fclose(f);
    status = wait_for(start_worker(21, "A=1"));
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 2);
    ck_assert_ptr_nonnull(strstr(read_log("worker-21"), "orchestrator_url: "));
    ck_assert_ptr_nonnull(strstr(read_log("worker-21"), "tls+tcp://"));
}
END_TEST

/* Every thread of a worker at work, as the kernel says it. */
START_TEST(all_threads_of_a_worker_are_niced)
{
    play_all();
    write_config(0, 0, "ours");
    pid_t pid = start_worker(0, "HAWSER_MOCK_MS=1");
    for (int i = 0; totals(LAYER_LEAF)->proofs == 0; i++) {
        ck_assert_int_lt(i, 50000);
        house_round(house);
    }
    char command[200];
    snprintf(command, sizeof command,
             "for t in /proc/%d/task/*; do sed 's/.*) //' $t/stat; done | awk '$17 != 7 {bad = 1} "
             "END {exit bad || NR < 3}' >&2",
             (int)pid);
    const char *argv[] = {"bash", "-c", command, NULL};
    ck_assert_int_eq(wait_for(spawn(argv, "A=1", "nice")), 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    (void)wait_for(pid);
}
END_TEST

static unsigned count_in(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

/* Out of memory, say: it goes on trying, at leisure, and another one proves meanwhile. */
START_TEST(a_worker_that_cannot_prove_stops_nobody_and_does_not_spin)
{
    struct clock clock = clock_system();
    play_all();
    write_config(0, 0, "ours");
    write_config(1, 1, "ours");
    uint64_t from = clock_mono_ms(&clock);
    pid_t bad = start_worker(0, "HAWSER_MOCK_MS=0 HAWSER_MOCK_FAILS=1");
    while (count_in(read_log("worker-0"), "cannot_prove") < 5) {
        ck_assert_uint_lt(clock_mono_ms(&clock) - from, 30000);
        house_round(house);
    }
    ck_assert_uint_ge(clock_mono_ms(&clock) - from, 4 * 300);
    ck_assert_uint_eq(pipeline_totals(house->pipeline)->refused_proofs, 0);
    pid_t good = start_worker(1, "HAWSER_MOCK_MS=1");
    for (int i = 0; !is_over(); i++) {
        ck_assert_int_lt(i, 50000);
        house_round(house);
    }
    check_counts();
    ck_assert_int_eq(kill(bad, SIGKILL), 0);
    (void)wait_for(bad);
    ck_assert_int_eq(kill(good, SIGKILL), 0);
    (void)wait_for(good);
}
END_TEST

/* ---- bad luck ---- */

struct worker {
    pid_t pid; /* 0: dead */
    bool stopped;
};

static void worker_send(struct worker *w, unsigned number, unsigned *kills, unsigned *stops)
{
    static const char *const env[WORKERS] = {
        "HAWSER_MOCK_MS=5", "HAWSER_MOCK_MS=20", "HAWSER_MOCK_MS=20", "HAWSER_MOCK_MS=150",
        "HAWSER_MOCK_MS=20 HAWSER_MOCK_LIES=1"};
    if (w->pid == 0) {
        w->pid = start_worker(number, env[number]);
    } else if (w->stopped) {
        ck_assert_int_eq(kill(w->pid, SIGCONT), 0);
        w->stopped = false;
    } else if (rng_u64(&rng) % 3 == 0) {
        ck_assert_int_eq(kill(w->pid, SIGSTOP), 0);
        w->stopped = true;
        (*stops)++;
    } else {
        ck_assert_int_eq(kill(w->pid, SIGKILL), 0);
        (void)wait_for(w->pid);
        w->pid = 0;
        (*kills)++;
    }
}

START_TEST(workers_killed_stopped_and_lying_at_random_lose_nothing_and_double_nothing)
{
    struct worker workers[WORKERS] = {{0}};
    unsigned kills = 0;
    unsigned stops = 0;
    play_all();
    for (unsigned i = 0; i < WORKERS; i++)
        write_config(i, i, "ours");
    worker_send(&workers[LIAR], LIAR, &kills, &stops); /* the first job goes to the liar */
    HOUSE_UNTIL(house, pipeline_totals(house->pipeline)->refused_proofs > 0);
    for (unsigned i = 0; i < LIAR; i++)
        worker_send(&workers[i], i, &kills, &stops);
    while (kills == 0 || stops == 0) /* each at least once */
        worker_send(&workers[1], 1, &kills, &stops);
    for (int i = 0; !is_over(); i++) {
        ck_assert_msg(i < 200000, "not over after %u kills, %u stops", kills, stops);
        house_round(house);
        /* gentler towards the end: a proof takes several rounds */
        unsigned number = (unsigned)(rng_u64(&rng) % (40 * WORKERS));
        if (number < WORKERS) worker_send(&workers[number], number, &kills, &stops);
    }
    check_counts();
    for (unsigned i = 0; i < WORKERS; i++) {
        if (workers[i].pid == 0) continue;
        ck_assert_int_eq(kill(workers[i].pid, SIGKILL), 0);
        (void)wait_for(workers[i].pid);
    }
    HOUSE_UNTIL(house, pipeline_range_count(house->pipeline) == 0);
    printf("%u batches, %llu proofs taken, %llu refused, %u kills, %u stops\n", batches(),
           (unsigned long long)pipeline_totals(house->pipeline)->proofs,
           (unsigned long long)pipeline_totals(house->pipeline)->refused_proofs, kills, stops);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workers");
    TCase *t = tcase_create("workers");
    tcase_set_timeout(t, 600);
    tcase_add_checked_fixture(t, setup, teardown);
    if (getenv("HAWSER_TEST_BATCHES") == NULL) {
        tcase_add_test(t, only_a_worker_with_our_certificate_and_a_listed_key_proves);
        tcase_add_test(t, a_worker_does_not_start_with_a_link_or_files_that_are_wrong);
        tcase_add_test(t, all_threads_of_a_worker_are_niced);
        tcase_add_test(t, a_worker_that_cannot_prove_stops_nobody_and_does_not_spin);
    }
    tcase_add_test(t, workers_killed_stopped_and_lying_at_random_lose_nothing_and_double_nothing);
    suite_add_tcase(suite, t);
    return check_main(suite);
}

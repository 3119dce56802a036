#include "tests/support/anvil.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto/secret.h"
#include "tests/support/check_main.h"

enum { START_TRIES = 200, START_PAUSE_MS = 25 };

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void run(const struct anvil *a)
{
    char port[8], id[24], program[256];
    struct utsname machine;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setenv("HOME", a->home, 1);
    snprintf(port, sizeof port, "%u", a->port);
    snprintf(id, sizeof id, "%llu", (unsigned long long)a->chain_id);
    bool is_arm = uname(&machine) == 0 && strcmp(machine.machine, "aarch64") == 0;
    snprintf(program, sizeof program, "node_modules/@foundry-rs/anvil-linux-%s/bin/anvil",
             is_arm ? "arm64" : "amd64");
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execl(program, "anvil", "--port", port, "--chain-id", id, "--hardfork", "osaka",
          "--enable-tx-gas-limit", "--silent", "--slots-in-an-epoch", "1", (char *)NULL);
    _exit(127);
}

/* Whether the node answers with its own chain id before it ends or the time is over: another
 * process may have taken the port meanwhile. */
static bool is_up(struct anvil *a)
{
    struct json_rpc_error error;
    json_t *result;
    char expected[24];
    snprintf(expected, sizeof expected, "0x%llx", (unsigned long long)a->chain_id);
    for (int i = 0; i < START_TRIES; i++) {
        if (waitpid(a->pid, NULL, WNOHANG) != 0) {
            a->pid = 0;
            return false;
        }
        if (json_rpc_sync_call(a->rpc, &result, "eth_chainId", NULL, &error) == ERR_OK) {
            bool same = json_is_string(result) && strcmp(json_string_value(result), expected) == 0;
            json_decref(result);
            return same;
        }
        struct timespec pause = {0, START_PAUSE_MS * 1000000L};
        nanosleep(&pause, NULL);
    }
    return false;
}

void anvil_start(struct anvil *a, uint64_t chain_id)
{
    for (int attempt = 0; attempt < 3; attempt++) {
        memset(a, 0, sizeof *a);
        a->chain_id = chain_id;
        a->port = free_port();
        snprintf(a->url, sizeof a->url, "http://127.0.0.1:%u", a->port);
        snprintf(a->home, sizeof a->home, "/tmp/hawser-anvil-home");
        fflush(NULL);
        a->pid = fork();
        ck_assert_int_ge(a->pid, 0);
        if (a->pid == 0) run(a);
        ck_assert_ok(json_rpc_sync_new(&a->rpc, a->url, 20000, 64u << 20));
        if (is_up(a)) return;
        anvil_stop(a);
    }
    ck_abort_msg("anvil does not answer (is node_modules there? ./dev install)");
}

void anvil_stop(struct anvil *a)
{
    if (a->rpc != NULL) json_rpc_sync_free(a->rpc);
    a->rpc = NULL;
    if (a->pid <= 0) return;
    kill(a->pid, SIGKILL);
    waitpid(a->pid, NULL, 0);
    a->pid = 0;
}

json_t *anvil_rpc(struct anvil *a, const char *method, json_t *params)
{
    struct json_rpc_error error;
    json_t *result = NULL;
    enum err err = json_rpc_sync_call(a->rpc, &result, method, params, &error);
    ck_assert_msg(err == ERR_OK, "%s: %s %s", method, err_name(err), error.message);
    return result;
}

void anvil_mine(struct anvil *a, uint64_t blocks)
{
    json_decref(anvil_rpc(a, "anvil_mine", json_pack("[I]", (json_int_t)blocks)));
}

void anvil_key_file(char path[64], unsigned index)
{
    /* The well-known accounts of the mnemonic "test test ... junk", which anvil makes rich. */
    static const char *const keys[] = {
        "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    };
    ck_assert_uint_lt(index, ARRAY_LEN(keys));
    snprintf(path, 64, "/tmp/hawser-key-XXXXXX");
    int fd = mkstemp(path); /* mode 0600 */
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, keys[index], 64), 64);
    close(fd);
}

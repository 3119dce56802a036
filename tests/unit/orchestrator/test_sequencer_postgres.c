/* The sequencer over a real PostgreSQL server whose connections get lost: the states are those of core over
 * the same requests, before and after a restart. */
#include <string.h>
#include <unistd.h>

#include "tests/support/postgres.h"
#include "tests/support/postgres_proxy.h"
#include "tests/unit/orchestrator/rig.h"

enum { BATCHES = 12, PER_BATCH = 8 };

static struct postgres_server server;

START_TEST(states_over_lost_connections_are_those_of_core_over_the_same_requests)
{
    struct rng rng;
    check_seed(&rng);
    struct script *s = script_new(rng_u64(&rng), BATCHES, PER_BATCH, true);
    struct rig *r = calloc(1, sizeof *r);
    char direct[200];
    const char *proxy_dir = NULL;
    postgres_schema(&server, direct, sizeof direct, "sequencer");
    struct postgres_proxy *proxy = postgres_proxy_start(server.dir, &proxy_dir);
    rig_init(r, s);
    (void)snprintf(r->where, sizeof r->where,
                   "postgresql:///postgres?host=%s&user=hawser&options=-csearch_path%%3Dsequencer",
                   proxy_dir);
    rig_must_open(r, s);
    for (uint32_t b = 0; b < BATCHES; b++) {
        /* every way of losing a connection, at some write of the batch */
        postgres_proxy_arm(proxy, (enum proxy_fault)(1 + b % (PROXY_FAULTS - 1)));
        rig_play(r, s, b, b + 1);
        ck_assert(postgres_proxy_fired(proxy));
        if (b % 4 == 3) {
            rig_close(r);
            rig_must_open(r, s);
            ck_assert_uint_eq(r->n_seals, b + 1);
        }
        ck_assert_mem_eq(r->seals[b].roots, s->roots[b], sizeof s->roots[b]);
    }
    rig_close(r);
    postgres_proxy_stop(proxy);
    /* past the proxy: all of it is on the server */
    (void)snprintf(r->where, sizeof r->where, "%s", direct);
    rig_must_open(r, s);
    ck_assert_uint_eq(r->n_seals, BATCHES);
    for (uint32_t b = 0; b < BATCHES; b++)
        ck_assert_mem_eq(r->seals[b].roots, s->roots[b], sizeof s->roots[b]);
    rig_close(r);
    rig_deinit(r);
    free(r);
    script_free(s);
}
END_TEST

int main(void)
{
    postgres_start(&server);
    Suite *suite = suite_create("sequencer on PostgreSQL");
    TCase *tc = tcase_create("lost connections");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, states_over_lost_connections_are_those_of_core_over_the_same_requests);
    suite_add_tcase(suite, tc);
    int rc = check_main(suite);
    postgres_stop(&server);
    return rc;
}

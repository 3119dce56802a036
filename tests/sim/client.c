#include "tests/sim/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/codec/hex.h"
#include "tests/sim/http_sim.h"

enum {
    PACE_MS = 600,
    AGAIN_MS = 3000,
    TRIES = 15,
    TIMEOUT_MS = 8000,
    LOOK_MS = 1000,
    ACKS_MAX = TOWN_STEPS_MAX
};

struct ack {
    char id[67];
    uint64_t batch;
    bool is_final; /* seen in the last audit */
};

static struct {
    const struct town_plan *plan;
    size_t at;
    unsigned tries;
    uint64_t requests[TOWN_CHAINS]; /* made by us */
    uint64_t seen[TOWN_CHAINS];     /* by the orchestrator */
    struct ack acks[ACKS_MAX];
    size_t n_acks, audited;
    uint64_t refused, last_batch;
    bool auditing;
    char halted[200];
} c;

static void step(void *arg);

static void later(uint64_t ms)
{
    sim_at(NULL, ms + sim_below(ms), step, NULL);
}

/* ---- /status: requests seen, halts ---- */

static void look(void *arg);

static void on_status(void *ctx, unsigned status, const json_t *body)
{
    (void)ctx;
    if (status == 200) {
        const json_t *chains = json_object_get(body, "chains");
        const char *halted = json_string_value(json_object_get(body, "halted"));
        for (size_t i = 0; i < TOWN_CHAINS; i++) {
            const json_t *chain = json_array_get(chains, i);
            const char *text = json_string_value(json_object_get(chain, "halted"));
            c.seen[i] = (uint64_t)json_integer_value(json_object_get(chain, "requests"));
            if (text != NULL && halted == NULL) halted = text;
        }
        if (halted != NULL && c.halted[0] == '\0') {
            (void)snprintf(c.halted, sizeof c.halted, "%s", halted);
            sim_note("halted: %s", halted);
        }
    }
    sim_at(NULL, LOOK_MS, look, NULL);
}

static void look(void *arg)
{
    (void)arg;
    http_sim_request(town_orchestrator(), "GET", "/api/v1/status", NULL, TIMEOUT_MS, on_status, NULL);
}

/* ---- the script ---- */

static void acknowledged(const json_t *body)
{
    const char *id = json_string_value(json_object_get(body, "id"));
    if (id == NULL) sim_fail("I8: an acknowledgement without an id");
    if (strcmp(json_string_value(json_object_get(body, "status")), "accepted") != 0) {
        c.refused++; /* taken back by the gate and rejected, signed */
        return;
    }
    struct ack *a = &c.acks[c.n_acks++];
    (void)snprintf(a->id, sizeof a->id, "%s", id);
    a->batch = (uint64_t)json_integer_value(json_object_get(body, "batch"));
    if (a->batch > c.last_batch) c.last_batch = a->batch;
    sim_note("acknowledged %.10s in batch %llu", id, (unsigned long long)a->batch);
}

static void on_posted(void *ctx, unsigned status, const json_t *body)
{
    (void)ctx;
    if (status == 200) {
        acknowledged(body);
        c.at++;
        c.tries = 0;
        later(PACE_MS);
        return;
    }
    const char *code = json_string_value(json_object_get(json_object_get(body, "error"), "code"));
    bool is_refusal = status == 422 || status == 400;
    sim_note("not accepted: step %zu status %u %s", c.at, status, code == NULL ? "" : code);
    if (is_refusal && ++c.tries >= TRIES) {
        c.refused++;
        c.at++;
        c.tries = 0;
    }
    later(is_refusal || status != 0 ? AGAIN_MS : PACE_MS);
}

static void post(const struct town_step *s)
{
    size_t size = 2 * s->len + 40;
    char *body = malloc(size), *hex = malloc(2 * s->len + 3);
    REQUIRE(body != NULL && hex != NULL);
    hex_encode_0x(hex, s->bytes, s->len);
    (void)snprintf(body, size, "{\"request\":\"%s\"}", hex);
    http_sim_request(town_orchestrator(), "POST", "/api/v1/transactions", body, TIMEOUT_MS, on_posted, NULL);
    free(body);
    free(hex);
}

static void step(void *arg)
{
    (void)arg;
    if (client_is_done()) return;
    const struct town_step *s = &c.plan->steps[c.at];
    if (s->is_priority) {
        if (l1_request(town_l1(s->chain), (struct span){s->bytes, s->len}))
            c.requests[s->chain]++;
        else
            c.refused++;
        c.at++;
        later(PACE_MS);
        return;
    }
    for (size_t i = 0; i < TOWN_CHAINS; i++) {
        if (c.seen[i] >= c.requests[i]) continue;
        later(AGAIN_MS / 2);
        return;
    }
    post(s);
}

void client_start(const struct town_plan *plan)
{
    memset(&c, 0, sizeof c);
    c.plan = plan;
    later(PACE_MS);
    sim_at(NULL, LOOK_MS, look, NULL);
}

bool client_is_done(void)
{
    return c.at >= c.plan->n_steps;
}
uint64_t client_acknowledged(void)
{
    return c.n_acks;
}
uint64_t client_refused(void)
{
    return c.refused;
}
uint64_t client_last_batch(void)
{
    return c.last_batch;
}
const char *client_halted(void)
{
    return c.halted;
}
void client_forget_halted(void)
{
    c.halted[0] = '\0';
}

/* ---- is everything that was acknowledged still there? ---- */

static void audit_next(void *arg);

static void on_receipt(void *ctx, unsigned status, const json_t *body)
{
    struct ack *a = ctx;
    if (status == 200) {
        const char *text = json_string_value(json_object_get(body, "status"));
        a->batch = (uint64_t)json_integer_value(json_object_get(body, "batch"));
        if (strcmp(text, "accepted") == 0 && a->batch > c.last_batch) c.last_batch = a->batch;
        c.audited++;
    } else if (status == 404) {
        sim_fail("I8: %s was acknowledged in batch %llu and is gone", a->id,
                 (unsigned long long)a->batch);
    }
    sim_at(NULL, 5, audit_next, NULL);
}

static void audit_next(void *arg)
{
    char path[120];
    (void)arg;
    if (c.audited >= c.n_acks) {
        c.auditing = false;
        return;
    }
    (void)snprintf(path, sizeof path, "/api/v1/transactions/%s", c.acks[c.audited].id);
    http_sim_request(town_orchestrator(), "GET", path, NULL, TIMEOUT_MS, on_receipt,
                     &c.acks[c.audited]);
}

void client_audit_start(void)
{
    c.audited = 0;
    if (c.auditing) return;
    c.auditing = true;
    sim_at(NULL, 0, audit_next, NULL);
}

bool client_audit_is_done(void)
{
    return !c.auditing;
}

/* In the place of common/loop/nng_inbox.c: links between the nodes, with the faults of a network. REQ
 * asks again when question or answer were lost or the other side died, as nng does when a connection
 * breaks. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "common/loop/nng_inbox.h"
#include "tests/sim/faults.h"
#include "tests/sim/sim.h"

enum { LINKS_MAX = 256, DIALS_MAX = 8, SLOTS_MAX = 256, URL_MAX = 128, LOOK_MS = 1000 };

struct question {
    struct nng_link *from;
    uint32_t number;
    uint8_t *bytes;
    size_t len;
    void (*cb)(void *ctx, enum err err, struct span message);
    void *ctx;
    uint64_t deadline;
    struct nng_link *to; /* it was sent there; NULL: it must be sent (again) */
    bool is_over;
};

struct nng_link {
    struct sim_node *node;
    unsigned life;
    struct nng_link_options options;
    char url[URL_MAX];               /* listening there */
    char dials[DIALS_MAX][URL_MAX];
    unsigned n_dials;
    bool is_closed;
    size_t in_flight;
    struct {
        uint32_t generation;
        struct question *question; /* NULL: free */
        uint64_t until;
    } slots[SLOTS_MAX];
};

static struct nng_link *links[LINKS_MAX];
static size_t n_links;
static uint32_t last_question;

struct packet {
    struct nng_link *to;
    struct question *question; /* NULL: a message */
    bool is_reply;
    size_t len;
    uint8_t bytes[];
};

static bool is_alive(const struct nng_link *l)
{
    return l != NULL && !l->is_closed && l->node->is_up && l->node->life == l->life;
}

void sim_links_of_dead(const struct sim_node *node)
{
    for (size_t i = 0; i < n_links; i++) {
        if (links[i]->node == node) links[i]->is_closed = true;
    }
}

static struct nng_link *listener_at(const char *url)
{
    for (size_t i = 0; i < n_links; i++) {
        if (is_alive(links[i]) && strcmp(links[i]->url, url) == 0) return links[i];
    }
    return NULL;
}

static void packet_arrive(void *arg);

static bool send_packet(struct nng_link *from, struct nng_link *to, struct question *q,
                        bool is_reply, const void *bytes, size_t len)
{
    uint64_t delay = 0;
    bool twice = false;
    if (!fault_message(from->node->id, to->node->id, &delay, &twice)) return false;
    for (int i = 0; i < (twice ? 2 : 1); i++) {
        struct packet *p = malloc(sizeof *p + len);
        REQUIRE(p != NULL);
        *p = (struct packet){.to = to, .question = q, .is_reply = is_reply, .len = len};
        if (len > 0) memcpy(p->bytes, bytes, len);
        sim_at(to->node, delay + (uint64_t)i * (1 + sim_below(2000)), packet_arrive, p);
    }
    return true;
}

static void question_end(struct question *q, enum err err, struct span message)
{
    if (q->is_over) return;
    q->is_over = true;
    q->from->in_flight--;
    q->cb(q->ctx, err, message);
}

static void question_try(void *arg)
{
    struct question *q = arg;
    if (q->is_over || q->from->is_closed) return;
    if (sim_now_ms() >= q->deadline) {
        question_end(q, ERR_TIMEOUT, (struct span){NULL, 0});
        return;
    }
    if (q->to != NULL && !is_alive(q->to)) q->to = NULL;
    struct nng_link *to = q->to == NULL ? listener_at(q->from->dials[0]) : NULL;
    if (to != NULL && send_packet(q->from, to, q, false, q->bytes, q->len)) q->to = to;
    uint64_t left = q->deadline - sim_now_ms();
    sim_at(q->from->node, left < LOOK_MS ? left : LOOK_MS, question_try, q);
}

static void question_arrive(struct nng_link *l, struct packet *p)
{
    uint32_t slot = 0;
    for (; slot < l->options.slots; slot++) {
        if (l->slots[slot].question == NULL || sim_now_ms() >= l->slots[slot].until) break;
    }
    if (slot == l->options.slots || p->len > l->options.message_max) return;
    l->slots[slot].generation++;
    l->slots[slot].question = p->question;
    l->slots[slot].until = sim_now_ms() + l->options.reply_timeout_ms;
    struct nng_request_id id = {slot, l->slots[slot].generation};
    l->options.on_request(l->options.ctx, l, id, (struct span){p->bytes, p->len});
}

static void packet_arrive(void *arg)
{
    struct packet *p = arg;
    struct nng_link *l = p->to;
    if (is_alive(l)) {
        if (p->is_reply)
            question_end(p->question, ERR_OK, (struct span){p->bytes, p->len});
        else if (p->question != NULL)
            question_arrive(l, p);
        else if (p->len <= l->options.message_max)
            l->options.on_message(l->options.ctx, l, (struct span){p->bytes, p->len});
    }
    free(p);
}

enum err nng_link_open(struct nng_link **out, struct loop *loop,
                       const struct nng_link_options *options)
{
    (void)loop;
    struct nng_link *l = calloc(1, sizeof *l);
    REQUIRE(l != NULL && n_links < LINKS_MAX && options->slots <= SLOTS_MAX);
    l->node = sim_current();
    l->life = l->node->life;
    l->options = *options;
    links[n_links++] = l;
    *out = l;
    return ERR_OK;
}

enum err nng_link_listen(struct nng_link *l, const char *url)
{
    if (strlen(url) >= URL_MAX || listener_at(url) != NULL) return ERR_NET;
    memcpy(l->url, url, strlen(url) + 1);
    return ERR_OK;
}

enum err nng_link_dial(struct nng_link *l, const char *url)
{
    REQUIRE(l->n_dials < DIALS_MAX && strlen(url) < URL_MAX);
    memcpy(l->dials[l->n_dials++], url, strlen(url) + 1);
    return ERR_OK;
}

enum err nng_link_request(struct nng_link *l, struct span message, uint64_t timeout_ms,
                          void (*cb)(void *ctx, enum err err, struct span message), void *ctx)
{
    if (l->is_closed) return ERR_CLOSED;
    if (l->in_flight >= l->options.slots) return ERR_FULL;
    struct question *q = calloc(1, sizeof *q);
    REQUIRE(q != NULL);
    *q = (struct question){.from = l,
                           .number = ++last_question,
                           .len = message.len,
                           .cb = cb,
                           .ctx = ctx,
                           .deadline = sim_now_ms() + timeout_ms};
    q->bytes = malloc(message.len + 1);
    REQUIRE(q->bytes != NULL);
    memcpy(q->bytes, message.data, message.len);
    l->in_flight++;
    sim_at(l->node, 0, question_try, q);
    return ERR_OK;
}

enum err nng_link_reply(struct nng_link *l, struct nng_request_id id, struct span message)
{
    struct question *q = id.slot < SLOTS_MAX ? l->slots[id.slot].question : NULL;
    if (q == NULL || l->slots[id.slot].generation != id.generation) return ERR_NOT_FOUND;
    l->slots[id.slot].question = NULL;
    if (is_alive(q->from) && !send_packet(l, q->from, q, true, message.data, message.len))
        q->to = NULL;
    return ERR_OK;
}

static bool dials(const struct nng_link *l, const struct nng_link *to)
{
    for (unsigned i = 0; i < l->n_dials; i++) {
        if (to->url[0] != '\0' && strcmp(l->dials[i], to->url) == 0) return true;
    }
    return false;
}

/* BUS only: a message goes once over every connection, whoever made it. */
enum err nng_link_send(struct nng_link *l, struct span message)
{
    REQUIRE(l->options.kind == NNG_LINK_BUS);
    if (message.len > l->options.message_max) return ERR_TOO_LARGE;
    for (size_t i = 0; i < n_links; i++) {
        struct nng_link *to = links[i];
        if (to == l || !is_alive(to)) continue;
        for (int pipe = (dials(l, to) ? 1 : 0) + (dials(to, l) ? 1 : 0); pipe > 0; pipe--)
            (void)send_packet(l, to, NULL, false, message.data, message.len);
    }
    return ERR_OK;
}

void nng_link_close(struct nng_link *l, void (*closed)(void *ctx), void *ctx)
{
    if (l->is_closed) return;
    l->is_closed = true;
    if (closed != NULL) sim_at(l->node, 0, closed, ctx);
}

uint16_t nng_link_port(const struct nng_link *l)
{
    (void)l;
    return 0;
}

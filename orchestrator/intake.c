#include "orchestrator/intake.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "orchestrator/submission.h"

struct item {
    struct item *next;
    struct sequencer *sequencer;
    intake_done done;
    void *ctx;
    struct submission submission; /* its bytes are those at the end */
    uint8_t bytes[];
};
struct group {
    struct intake *in;
    struct submission *list[INTAKE_GROUP_MAX];
    struct item *items[INTAKE_GROUP_MAX];
    size_t n;
    bool checked;
};
/* Groups take turns: 0, 1, .., INTAKE_GROUPS - 1, 0, .. Those from `oldest` on are under way, in order. */
struct intake {
    struct worker_pool pool;
    struct sequencer *sequencer;
    uint32_t dep[8];
    struct item *first, *last; /* waiting for a group */
    size_t waiting;            /* and those in groups */
    struct group groups[INTAKE_GROUPS];
    uint32_t oldest, under_way;
};

static void answer(struct item *item, enum err err, enum rule_error rule,
                   const struct receipt *receipt)
{
    const struct intake_answer a = {err, rule, receipt};
    item->done(item->ctx, &a);
    free(item);
}

static void durable(void *ctx)
{
    struct item *item = ctx;
    answer(item, ERR_OK, RULE_OK, sequencer_receipt(item->sequencer, item->submission.id));
}

/* What the signers' accounts are now; the state may move before the rules run. */
static void claims_make(const struct sequencer *s, struct submission *sub)
{
    for (uint32_t side = 0; side < 2; side++) {
        uint16_t chain = 0;
        uint32_t account = 0;
        uint32_t changes = 0;
        uint32_t next[XMSS_LANES];
        struct user_cell user;
        if (!submission_signer(sub, side, &chain, &account) ||
            !sequencer_user(s, chain, account, &user, &changes, next))
            return;
        submission_claim(sub, side, &user, changes);
        if (sub->checked.n != side + 1) return;
    }
}

static void group_check(void *ctx)
{
    struct group *g = ctx;
    submissions_check(g->list, g->n, g->in->dep);
}

static void group_checked(void *ctx);

/* Hands waiting requests to threads. */
static void kick(struct intake *in)
{
    while (in->under_way < INTAKE_GROUPS && in->first != NULL) {
        struct group *g = &in->groups[(in->oldest + in->under_way++) % INTAKE_GROUPS];
        *g = (struct group){.in = in};
        while (in->first != NULL && g->n < INTAKE_GROUP_MAX) {
            struct item *item = in->first;
            in->first = item->next;
            claims_make(in->sequencer, &item->submission);
            g->items[g->n] = item;
            g->list[g->n++] = &item->submission;
        }
        if (in->first == NULL) in->last = NULL;
        REQUIRE(worker_pool_submit(&in->pool, group_check, group_checked, g) == ERR_OK);
    }
}

static void item_sequence(struct item *item)
{
    const struct receipt *receipt = NULL;
    bool known = false;
    enum rule_error rule = RULE_OK;
    enum err err = sequencer_submit_checked(item->sequencer, &item->submission, &receipt, &known,
                                            &rule, durable, item);
    if (err != ERR_OK) answer(item, err, rule, NULL); /* else durable answers, or did */
}

/* Sequences the groups that are checked, in the order in which they came. */
static void group_checked(void *ctx)
{
    struct group *g = ctx;
    struct intake *in = g->in;
    g->checked = true;
    while (in->under_way > 0 && in->groups[in->oldest].checked) {
        struct item *items[INTAKE_GROUP_MAX];
        g = &in->groups[in->oldest];
        const size_t n = g->n;
        memcpy(items, g->items, n * sizeof items[0]);
        in->oldest = (in->oldest + 1) % INTAKE_GROUPS;
        in->under_way--;
        kick(in); /* threads go on while these are sequenced */
        for (size_t i = 0; i < n; i++)
            item_sequence(items[i]);
        in->waiting -= n;
    }
}

enum err intake_submit(struct intake *in, struct span bytes, intake_done done, void *ctx)
{
    if (in->waiting >= INTAKE_WAITING_MAX) return ERR_BUSY;
    if (bytes.len > REQUEST_BYTES_MAX) return ERR_PARSE;
    struct item *item = malloc(sizeof *item + bytes.len);
    if (item == NULL) return ERR_NOMEM;
    item->next = NULL;
    item->sequencer = in->sequencer;
    item->done = done;
    item->ctx = ctx;
    if (bytes.len > 0) memcpy(item->bytes, bytes.data, bytes.len);
    enum err err = submission_read(&item->submission, (struct span){item->bytes, bytes.len});
    if (err != ERR_OK) {
        free(item);
        return err;
    }
    if (in->last != NULL)
        in->last->next = item;
    else
        in->first = item;
    in->last = item;
    in->waiting++;
    kick(in);
    return ERR_OK;
}

enum err intake_new(struct intake **out, struct loop *loop, struct sequencer *sequencer)
{
    struct intake *in = calloc(1, sizeof *in);
    if (in == NULL) return ERR_NOMEM;
    in->sequencer = sequencer;
    memcpy(in->dep, sequencer_deployment_elements(sequencer), sizeof in->dep);
    worker_pool_init(&in->pool, loop, INTAKE_GROUPS);
    *out = in;
    return ERR_OK;
}

bool intake_is_idle(const struct intake *in)
{
    return in->waiting == 0;
}

void intake_free(struct intake *in)
{
    if (in == NULL) return;
    REQUIRE(intake_is_idle(in));
    worker_pool_deinit(&in->pool);
    free(in);
}

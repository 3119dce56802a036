/* The door before the sequencer: groups change nothing of what is accepted, in which order, and what a
 * refusal leaves. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/intake.h"
#include "tests/unit/orchestrator/rig.h"

enum { BATCHES = 7, PER_BATCH = 30 };

static uint64_t fresh_seed(void)
{
    struct rng rng;
    check_seed(&rng);
    return rng_u64(&rng);
}

struct count {
    unsigned accepted, refused;
    enum rule_error rule; /* of the last refusal */
    uint8_t ids[PER_BATCH * 2][32]; /* in the order of the answers */
};

static void on_answer(void *ctx, const struct intake_answer *answer)
{
    struct count *c = ctx;
    if (answer->err != ERR_OK) {
        ck_assert_err(answer->err, ERR_REJECTED);
        c->refused++;
        c->rule = answer->rule;
        return;
    }
    ck_assert_ptr_nonnull(answer->receipt);
    ck_assert(answer->receipt->durable);
    ck_assert_uint_lt(c->accepted, PER_BATCH * 2);
    memcpy(c->ids[c->accepted++], answer->receipt->id, 32);
}

static void wait_idle(struct rig *r, const struct intake *in)
{
    while (!intake_is_idle(in)) {
        (void)loop_run_once(&r->loop);
        (void)usleep(50);
    }
    rig_wait(r);
}

static void times_set(struct rig *r, const struct script *s, uint32_t batch)
{
    for (uint16_t c = 0; c < WORLD_CHAINS; c++)
        sequencer_set_chain_time(r->sequencer, c, s->times[batch]);
}

/* Keys change and accounts appear in the middle of groups: what was checked with an older key is checked
 * again by the rules. */
START_TEST(what_comes_in_groups_gives_what_comes_one_by_one)
{
    struct script *s = script_new(fresh_seed(), BATCHES, PER_BATCH, true);
    struct rig *r = calloc(2, sizeof *r);
    struct intake *in = NULL;
    rig_init(&r[0], s);
    rig_must_open(&r[0], s);
    rig_play(&r[0], s, 0, BATCHES);
    rig_init(&r[1], s);
    rig_must_open(&r[1], s);
    ck_assert_ok(intake_new(&in, &r[1].loop, r[1].sequencer));
    for (uint32_t b = 0; b < BATCHES; b++) {
        struct count *count = calloc(1, sizeof *count);
        unsigned sent = 0;
        uint8_t ids[PER_BATCH * 2][32];
        times_set(&r[1], s, b);
        for (size_t i = 0; i < s->n; i++) {
            const struct step *t = &s->steps[i];
            if (t->batch != b) continue;
            if (t->is_priority) {
                wait_idle(&r[1], in);
                rig_step(&r[1], t);
                continue;
            }
            ck_assert_ok(intake_submit(in, span_make(t->bytes, t->len), on_answer, count));
            step_id(ids[sent++], t);
        }
        wait_idle(&r[1], in);
        ck_assert_uint_eq(count->accepted, sent);
        ck_assert_uint_eq(count->refused, 0);
        for (unsigned i = 0; i < sent; i++)
            ck_assert_mem_eq(count->ids[i], ids[i], 32);
        rig_seal(&r[1]);
        free(count);
    }
    ck_assert_uint_eq(r[0].n_seals, r[1].n_seals);
    for (size_t i = 0; i < r[0].n_seals; i++) {
        ck_assert_mem_eq(r[0].seals[i].digest, r[1].seals[i].digest, 32);
        ck_assert_uint_eq(r[0].seals[i].n_requests, r[1].seals[i].n_requests);
    }
    intake_free(in);
    for (int i = 0; i < 2; i++) {
        rig_close(&r[i]);
        rig_deinit(&r[i]);
    }
    free(r);
    script_free(s);
}
END_TEST

/* The first element of the first signature's tips gets another value. */
static void signature_spoil(uint8_t *bytes, size_t len)
{
    struct submission *sub = calloc(1, sizeof *sub);
    ck_assert_ok(submission_read(sub, span_make(bytes, len)));
    size_t at = sub->unsigned_len + 2 + 4 * 6 + 3; /* count, height, rho; the lowest byte of a tip */
    bytes[at] ^= 1;
    ck_assert_ok(submission_read(sub, span_make(bytes, len)));
    free(sub);
}

START_TEST(a_wrong_signature_is_refused_and_changes_nothing)
{
    struct script *s = script_new(fresh_seed(), BATCHES, PER_BATCH, true);
    struct rig r;
    struct intake *in = NULL;
    rig_init(&r, s);
    rig_must_open(&r, s);
    rig_play(&r, s, 0, BATCHES - 1);
    times_set(&r, s, BATCHES - 1);
    ck_assert_ok(intake_new(&in, &r.loop, r.sequencer));
    struct count *count = calloc(1, sizeof *count);
    unsigned spoilt = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct step *t = &s->steps[i];
        if (t->batch != BATCHES - 1) continue;
        if (t->is_priority) {
            rig_step(&r, t);
            continue;
        }
        const uint64_t accepted = sequencer_accepted(r.sequencer);
        const uint64_t seq = store_next_seq(r.store);
        if (request_signatures(t->kind) > 0) {
            uint8_t bytes[REQUEST_BYTES_MAX];
            memcpy(bytes, t->bytes, t->len);
            signature_spoil(bytes, t->len);
            ck_assert_ok(intake_submit(in, span_make(bytes, t->len), on_answer, count));
            wait_idle(&r, in);
            spoilt++;
            ck_assert_uint_eq(count->refused, spoilt);
            ck_assert_int_eq(count->rule, RULE_SIGNATURE);
            ck_assert_uint_eq(sequencer_accepted(r.sequencer), accepted);
            ck_assert_uint_le(store_next_seq(r.store), seq + 1); /* at most a batch was opened */
        }
        ck_assert_ok(intake_submit(in, span_make(t->bytes, t->len), on_answer, count));
        wait_idle(&r, in);
        ck_assert_uint_eq(sequencer_accepted(r.sequencer), accepted + 1);
    }
    ck_assert_uint_gt(spoilt, 3);
    rig_seal(&r);
    intake_free(in);
    rig_close(&r);
    rig_deinit(&r);
    free(count);
    script_free(s);
}
END_TEST

START_TEST(what_is_malformed_is_refused_at_once)
{
    struct script *s = script_new(fresh_seed(), 2, PER_BATCH, true);
    struct rig r;
    struct intake *in = NULL;
    static const uint8_t other_version[4] = {9};
    static const uint8_t priority[] = {REQUEST_VERSION, REQUEST_PRIORITY, 0, 0, 0};
    uint8_t *large = calloc(1, REQUEST_BYTES_MAX + 1);
    rig_init(&r, s);
    rig_must_open(&r, s);
    ck_assert_ok(intake_new(&in, &r.loop, r.sequencer));
    ck_assert_err(intake_submit(in, span_make(NULL, 0), on_answer, NULL), ERR_PARSE);
    ck_assert_err(intake_submit(in, span_make(other_version, 4), on_answer, NULL), ERR_VERSION);
    ck_assert_err(intake_submit(in, span_make(priority, sizeof priority), on_answer, NULL), ERR_PARSE);
    ck_assert_err(intake_submit(in, span_make(large, REQUEST_BYTES_MAX + 1), on_answer, NULL), ERR_PARSE);
    ck_assert(intake_is_idle(in));
    intake_free(in);
    free(large);
    rig_close(&r);
    rig_deinit(&r);
    script_free(s);
}
END_TEST

/* ---- what was checked counts only for just what the rules ask ---- */

struct desk {
    struct world *w;
    struct batch *b;
    struct checked_signatures checked;
    struct submission sub;
    uint8_t bytes[REQUEST_BYTES_MAX];
};

/* A fresh batch over the world's states that looks at d->checked. */
static void desk_begin(struct desk *d)
{
    struct batch_config config = {
        .k = d->w->k + 1, .time = d->w->time, .n_chains = WORLD_CHAINS, .checked = &d->checked};
    memcpy(config.deployment_id, d->w->deployment_id, 32);
    for (uint32_t c = 0; c < WORLD_CHAINS; c++)
        config.chains[c].state = &d->w->state[c];
    ck_assert_ok(batch_begin(&d->b, &config));
}

/* A signed key change of a user with a key. */
static void desk_request(struct desk *d)
{
    struct request *r = calloc(1, sizeof *r);
    uint32_t lane = 0, leaf = 0;
    uint32_t user = 0;
    while (user < WORLD_USERS && !world_leaf(d->w, d->b, user, 0, &lane, &leaf)) user++;
    ck_assert_uint_lt(user, WORLD_USERS);
    r->kind = REQUEST_CHANGE_KEY;
    struct op_change_key *o = &r->u.change_key;
    o->auth = (struct op_auth){.account = d->w->users[user].account[0],
                               .lane = (uint8_t)lane,
                               .leaf = leaf,
                               .deadline = UINT32_MAX};
    o->new_auth = 1;
    o->new_height = XMSS_HEIGHT_SMALL;
    o->new_root.e[0] = 5;
    world_sign(d->w, d->b, r);
    size_t n = 0;
    ck_assert_ok(request_encode(r, true, d->bytes, sizeof d->bytes, &n));
    ck_assert_ok(submission_read(&d->sub, span_make(d->bytes, n)));
    struct user_cell cell;
    uint32_t changes = 0;
    ck_assert(rules_peek_user(batch_chain(d->b, 0), o->auth.account, &cell, &changes, NULL));
    free(r);
    submission_claim(&d->sub, 0, &cell, changes);
    struct submission *list = &d->sub;
    submissions_check(&list, 1, d->w->dep);
}

static enum rule_error desk_push(struct desk *d, const struct checked_signatures *checked)
{
    d->checked = *checked;
    enum rule_error e = batch_push(d->b, &d->sub.request, NULL);
    if (e != RULE_OK) return e;
    batch_free(d->b);
    desk_begin(d);
    return e;
}

START_TEST(a_check_counts_for_its_own_question_only)
{
    struct desk *d = calloc(1, sizeof *d);
    struct checked_signatures c;
    const struct checked_signatures none = {.n = 0};
    d->w = world_new(fresh_seed(), true);
    world_warm_up(d->w);
    desk_begin(d);
    desk_request(d);
    const struct checked_signatures checked = d->sub.checked;
    ck_assert_uint_eq(checked.n, 1);
    ck_assert(checked.of[0].good);
    ck_assert_int_eq(desk_push(d, &checked), RULE_OK);
    ck_assert_int_eq(desk_push(d, &none), RULE_OK);
    /* the answer is taken as given where the question is the same */
    c = checked;
    c.of[0].good = false;
    ck_assert_int_eq(desk_push(d, &c), RULE_SIGNATURE);
    /* and not looked at where it is not: the bad answers below do no harm, the good ones no good */
    for (int spoilt = 0; spoilt < 2; spoilt++) {
        const enum rule_error want = spoilt ? RULE_SIGNATURE : RULE_OK;
        struct xmss_signature other = d->sub.request.signatures[0];
        if (spoilt) d->sub.request.signatures[0].tips[3][2] ^= 1;
        for (int i = 0; i < 9; i++) {
            c = checked;
            struct checked_signature *s = &c.of[0];
            s->good = spoilt != 0;
            switch (i) {
            case 0: s->signature = &other; break;
            case 1: s->chain ^= 1; break;
            case 2: s->key_leaf ^= 1; break;
            case 3: s->digest.e[7] ^= 1; break;
            case 4: s->user.root.e[4] ^= 1; break;
            case 5: s->user.owner.bytes[19] ^= 1; break;
            case 6: s->user.height = 18; break;
            case 7: s->user.auth = 0; break;
            default: c.n = 0; break;
            }
            ck_assert_msg(desk_push(d, &c) == want, "spoilt %d, question %d", spoilt, i);
        }
    }
    batch_free(d->b);
    world_free(d->w);
    free(d);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("intake");
    TCase *tc = tcase_create("intake");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, what_comes_in_groups_gives_what_comes_one_by_one);
    tcase_add_test(tc, a_wrong_signature_is_refused_and_changes_nothing);
    tcase_add_test(tc, what_is_malformed_is_refused_at_once);
    tcase_add_test(tc, a_check_counts_for_its_own_question_only);
    suite_add_tcase(s, tc);
    return check_main(s);
}

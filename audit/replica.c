#include "audit/replica.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/ledger.h"
#include "audit/pairing.h"
#include "audit/segment.h"
#include "audit/statement.h"
#include "common/base/endian.h"

enum { PARTICIPANTS_MAX = 16 }; /* REQ-L1-3 */

/* Facts after batch k. */
struct mark {
    uint64_t k, time;
    uint8_t final_root[32], statement[32], digest[32];
};
struct replica {
    const struct deployment *deployment;
    struct ledger *chains[DEPLOYMENT_CHAINS_MAX];
    struct deployment_digests digests;
    struct mark now, before;
    bool can_undo;
};

/* ---- roots and statements ---- */

void replica_root(const struct replica *r, uint16_t chain, uint8_t out[32])
{
    uint32_t root[8];
    tree_root(r->chains[chain]->tree, root);
    for (int i = 0; i < 8; i++)
        put_be32(out + 4 * i, root[i]);
}

static void final_root(const struct replica *r, uint64_t k, uint8_t out[32])
{
    uint8_t roots[DEPLOYMENT_CHAINS_MAX][32];
    for (uint16_t i = 0; i < r->deployment->n_chains; i++)
        replica_root(r, i, roots[i]);
    final_root_compute(out, r->deployment, k, (const uint8_t(*)[32])roots);
}

static void statement(const struct replica *r, const struct replica_batch *b,
                      const uint8_t root_after[32], uint8_t out[32])
{
    struct statement_facts s = {.k = b->k, .time = b->time, .n_participants = b->n_parts};
    memcpy(s.final_root_before, r->now.final_root, 32);
    memcpy(s.final_root_after, root_after, 32);
    for (size_t i = 0; i < b->n_parts; i++) {
        const struct replica_part *p = &b->parts[i];
        s.participants[i] = r->deployment->chains[p->chain].chain_id;
        if (p->pubdata != NULL)
            memcpy(s.pubdata[i], p->pubdata, 32);
        else
            pubdata_compute(s.pubdata[i], p->segments, p->n_segments);
    }
    statement_compute(out, r->deployment->id, &r->digests, &s);
}

/* ---- life ---- */

enum err replica_new(struct replica **out, const struct deployment *d)
{
    struct replica *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    r->deployment = d;
    enum err err = d->n_chains > 0 ? ERR_OK : ERR_MISMATCH;
    for (uint16_t i = 0; i < d->n_chains && err == ERR_OK; i++) {
        r->chains[i] = ledger_new(i);
        if (r->chains[i] == NULL) err = ERR_NOMEM;
    }
    if (err == ERR_OK) {
        uint8_t genesis[32];
        uint8_t id[32];
        replica_root(r, 0, genesis);
        digests_compute(&r->digests, d);
        deployment_id_derive(id, d, &r->digests, genesis);
        if (memcmp(genesis, d->genesis_root, 32) != 0 || memcmp(id, d->id, 32) != 0)
            err = ERR_MISMATCH;
        final_root(r, 0, r->now.final_root);
        digest_chain_first(r->now.digest, d->id, r->now.final_root);
    }
    if (err != ERR_OK) {
        replica_free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

void replica_free(struct replica *r)
{
    if (r == NULL) return;
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++)
        ledger_free(r->chains[i]);
    free(r);
}

static enum err finding(struct replica_finding *f, uint16_t chain, int64_t record, const char *text)
{
    f->chain = chain;
    f->record = record;
    (void)snprintf(f->text, sizeof f->text, "%s", text);
    return ERR_AUDIT;
}

/* ---- applying ---- */

static enum err check_claims(const struct replica *r, const struct replica_batch *b,
                             struct replica_finding *f)
{
    if (b->k != r->now.k + 1)
        return finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD, "not the next batch");
    if (b->time < r->now.time || b->time > UINT32_MAX)
        return finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD, "time runs backwards");
    if (memcmp(b->final_root_before, r->now.final_root, 32) != 0)
        return finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD,
                       "the final_root before is not that of the last batch");
    if (b->n_parts == 0 || b->n_parts > PARTICIPANTS_MAX)
        return finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD, "no participants, or more than 16");
    for (size_t i = 0; i < b->n_parts; i++) {
        const struct replica_part *p = &b->parts[i];
        if (p->chain >= r->deployment->n_chains || (i > 0 && p->chain <= b->parts[i - 1].chain))
            return finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD, "participants out of order");
        if (p->n_segments == 0 || p->n_segments > REPLICA_SEGMENTS_MAX)
            return finding(f, p->chain, REPLICA_NO_RECORD, "no segment, or more than 64");
    }
    return ERR_OK;
}

/* Reads the segments of one participant one after the other. */
struct part_reader {
    struct ledger *ledger;
    const struct replica_part *part;
    size_t segment; /* of the reader */
    struct segment_reader reader;
    struct segment_claim claim;
    struct segment_fault fault;
};

/* Number of the next record, through all segments. */
static uint32_t part_next(const struct part_reader *p)
{
    return p->claim.first_record + p->reader.next;
}

static enum err outcome(enum err err, const struct part_reader *p, struct replica_finding *f)
{
    if (err != ERR_AUDIT) return err;
    f->segment = p->segment;
    f->offset = p->fault.offset;
    return finding(f, p->part->chain, p->fault.record, p->fault.text);
}

static enum err part_begin_segment(struct part_reader *p, size_t segment, struct replica_finding *f)
{
    p->claim.first_record = segment == 0 ? 0 : part_next(p);
    p->claim.segment = (uint8_t)segment;
    p->segment = segment;
    return outcome(
        segment_begin(&p->reader, p->ledger, p->part->segments[segment], &p->claim, &p->fault), p,
        f);
}

/* Goes on to the segment that holds the next record, if there is one. */
static enum err part_seek(struct part_reader *p, struct replica_finding *f)
{
    while (p->reader.next == p->reader.n_records && p->segment + 1 < p->part->n_segments) {
        ERR_TRY(outcome(segment_end(&p->reader), p, f));
        ERR_TRY(part_begin_segment(p, p->segment + 1, f));
    }
    return ERR_OK;
}

static enum err part_read(struct part_reader *p, const struct intent *intent,
                          struct replica_finding *f)
{
    return outcome(segment_next(&p->reader, intent), p, f);
}

/* One request: its records must be the next ones of their chains. */
static enum err apply_intent(struct replica *r, const struct replica_batch *b,
                             struct part_reader *parts, const struct intent_request *q,
                             struct replica_finding *f)
{
    for (size_t j = 0; j < q->n; j++) {
        const struct intent *i = &q->records[j];
        size_t at = 0;
        while (at < b->n_parts && b->parts[at].chain != i->chain)
            at++;
        if (at < b->n_parts) ERR_TRY(part_seek(&parts[at], f));
        if (at == b->n_parts || part_next(&parts[at]) != i->record)
            return finding(f, i->chain, i->record, "a request out of the order of the records");
        ERR_TRY(part_read(&parts[at], i, f));
    }
    if (q->n == 1) return ERR_OK;
    const struct ledger *first = r->chains[q->records[0].chain];
    const struct ledger *second = r->chains[q->records[1].chain];
    const struct half *x = &first->halves[first->n_halves - (first == second ? 2 : 1)];
    const struct half *y = &second->halves[second->n_halves - 1];
    static const char strangers[] = "the two pool halves do not name each other";
    /* a swap's order names the pool of the input half only */
    if (!q->is_swap && !pairing_names(&x->pool, &y->pool))
        return finding(f, q->records[0].chain, x->record, strangers);
    if (!pairing_names(&y->pool, &x->pool))
        return finding(f, q->records[1].chain, y->record, strangers);
    struct pairing_fault fault;
    if (!q->is_swap || pairing_swap_fits(x, y, &fault)) return ERR_OK;
    return finding(f, fault.chain, fault.record, fault.text);
}

static enum err apply_records(struct replica *r, const struct replica_batch *b,
                              struct part_reader *parts, struct replica_finding *f)
{
    for (size_t i = 0; i < b->n_parts; i++) {
        const struct replica_part *part = &b->parts[i];
        parts[i] = (struct part_reader){.ledger = r->chains[part->chain],
                                        .part = part,
                                        .claim = {.chain = part->chain,
                                                  .of = (uint8_t)part->n_segments,
                                                  .k = b->k,
                                                  .time = b->time,
                                                  .request_at = b->request_at,
                                                  .request_ctx = b->request_ctx}};
        ERR_TRY(part_begin_segment(&parts[i], 0, f));
    }
    for (size_t i = 0; b->intents != NULL && i < b->n_intents; i++)
        ERR_TRY(apply_intent(r, b, parts, &b->intents[i], f));
    for (size_t i = 0; i < b->n_parts; i++) {
        struct part_reader *p = &parts[i];
        ERR_TRY(part_seek(p, f));
        while (b->intents == NULL && p->reader.next < p->reader.n_records) {
            ERR_TRY(part_read(p, NULL, f));
            ERR_TRY(part_seek(p, f));
        }
        ERR_TRY(outcome(segment_end(&p->reader), p, f));
    }
    return ERR_OK;
}

static enum err apply_parts(struct replica *r, const struct replica_batch *b,
                            struct replica_finding *f)
{
    struct part_reader parts[PARTICIPANTS_MAX];
    ERR_TRY(apply_records(r, b, parts, f));
    struct pairing_fault fault;
    if (!pairing_check(r->chains, r->deployment->n_chains, &fault))
        return finding(f, fault.chain, fault.record, fault.text);
    for (size_t i = 0; i < b->n_parts; i++) {
        uint8_t root[32];
        replica_root(r, b->parts[i].chain, root);
        if (b->parts[i].root_after != NULL && memcmp(root, b->parts[i].root_after, 32) != 0)
            return finding(f, b->parts[i].chain, REPLICA_NO_RECORD,
                           "the published data gives another root of this chain");
    }
    return ERR_OK;
}

enum err replica_apply(struct replica *r, const struct replica_batch *b, struct replica_finding *f)
{
    memset(f, 0, sizeof *f);
    ERR_TRY(check_claims(r, b, f));
    r->can_undo = false; /* what undoes the last batch is forgotten here */
    for (size_t i = 0; i < r->deployment->n_chains; i++)
        ledger_begin(r->chains[i]);
    uint8_t root[32];
    enum err err = apply_parts(r, b, f);
    if (err == ERR_OK) {
        final_root(r, b->k, root);
        if (memcmp(root, b->final_root_after, 32) != 0)
            err = finding(f, REPLICA_NO_CHAIN, REPLICA_NO_RECORD,
                          "the published data gives another final_root");
    }
    if (err != ERR_OK) {
        for (size_t i = 0; i < r->deployment->n_chains; i++)
            ledger_rollback(r->chains[i]);
        return err;
    }
    struct mark next = {.k = b->k, .time = b->time};
    memcpy(next.final_root, root, 32);
    statement(r, b, root, next.statement);
    digest_chain_next(next.digest, r->now.digest, next.statement);
    r->before = r->now;
    r->now = next;
    r->can_undo = true;
    return ERR_OK;
}

enum err replica_undo(struct replica *r)
{
    if (!r->can_undo) return ERR_BAD_STATE;
    for (size_t i = 0; i < r->deployment->n_chains; i++)
        ledger_rollback(r->chains[i]);
    r->now = r->before;
    r->can_undo = false;
    return ERR_OK;
}

uint64_t replica_k(const struct replica *r)
{
    return r->now.k;
}
void replica_final_root(const struct replica *r, uint8_t out[32])
{
    memcpy(out, r->now.final_root, 32);
}
void replica_statement(const struct replica *r, uint8_t out[32])
{
    memcpy(out, r->now.statement, 32);
}
void replica_digest(const struct replica *r, uint8_t out[32])
{
    memcpy(out, r->now.digest, 32);
}

/* ---- sums ---- */

struct summing {
    const struct ledger *l;
    struct replica_sum *by_token, *others;
    size_t n;
};

static void sum_cell(void *ctx, uint32_t account, uint8_t slot, const uint32_t value[8])
{
    struct summing *s = ctx;
    struct identity i;
    if (slot < 2 || value[0] == 0 || value[0] >= SHARE_TOKEN) return;
    if (!ledger_identity(s->l, account, &i)) return;
    unsigned __int128 v = 0;
    for (int j = 7; j >= 1; j--)
        v = v << 16 | value[j];
    struct replica_sum *sum = value[0] <= s->n ? &s->by_token[value[0] - 1] : s->others;
    if (i.kind == IDENTITY_USER)
        sum->users += v;
    else if (slot == 2)
        sum->pools += v;
}

void replica_sums(const struct replica *r, uint16_t chain, struct replica_sum *by_token, size_t n,
                  struct replica_sum *others)
{
    struct summing s = {r->chains[chain], by_token, others, n};
    memset(by_token, 0, n * sizeof *by_token);
    memset(others, 0, sizeof *others);
    tree_each(r->chains[chain]->tree, sum_cell, &s);
}

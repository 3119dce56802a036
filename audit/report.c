#include "audit/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/assemble.h"
#include "common/codec/json.h"
#include "common/log/log.h"

enum { REASON_MAX = 600, PROGRESS_EVERY = 100 };

struct facts { /* after batch k by our own execution */
    uint8_t statement[32], final_root[32], digest[32];
};
struct sums { /* of a chain's cells after batch k */
    uint64_t k;
    uint16_t chain;
    size_t n;
    struct replica_sum *by_token;
    struct replica_sum others;
    struct sums *next;
};
struct report {
    const struct deployment *deployment;
    struct l1_view *views[DEPLOYMENT_CHAINS_MAX];
    struct replica *replica;
    struct facts *facts; /* k - 1 */
    size_t cap_facts;
    struct sums *sums;
    uint64_t compared[DEPLOYMENT_CHAINS_MAX]; /* proven batches compared with the contract */
    struct l1_ledger *ledgers[DEPLOYMENT_CHAINS_MAX];
    size_t n_ledgers[DEPLOYMENT_CHAINS_MAX];
    enum report_outcome outcome;
    char reason[REASON_MAX];
};

/* ---- life ---- */

enum err report_new(struct report **out, const struct deployment *d,
                    const struct l1_source *sources, uint64_t timeout_ms, char *text, size_t text_size)
{
    struct report *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    r->deployment = d;
    enum err err = replica_new(&r->replica, d);
    if (err != ERR_OK)
        (void)snprintf(text, text_size, "deployment: its id does not follow from its facts (%s)",
                       err_text(err));
    for (size_t i = 0; i < d->n_chains && err == ERR_OK; i++) {
        struct l1_view_options options = {d, (uint16_t)i, sources[i], timeout_ms};
        r->ledgers[i] = calloc(VIEW_TOKENS_MAX + 1, sizeof *r->ledgers[i]);
        if (r->ledgers[i] == NULL) err = ERR_NOMEM;
        if (err == ERR_OK) err = l1_view_open(&r->views[i], &options, text, text_size);
    }
    if (err != ERR_OK) {
        report_free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

static void sums_drop(struct sums **at)
{
    struct sums *s = *at;
    *at = s->next;
    free(s->by_token);
    free(s);
}

void report_free(struct report *r)
{
    if (r == NULL) return;
    while (r->sums != NULL)
        sums_drop(&r->sums);
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        l1_view_close(r->views[i]);
        free(r->ledgers[i]);
    }
    replica_free(r->replica);
    free(r->facts);
    free(r);
}

static bool say(struct report *r, enum report_outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool say(struct report *r, enum report_outcome outcome, const char *format, ...)
{
    va_list args;
    r->outcome = outcome;
    va_start(args, format);
    (void)vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    return false;
}

/* ---- re-execution ---- */

/* Sums are needed at the batch that a chain has executed last, now or later. */
static bool sums_take(struct report *r)
{
    uint64_t k = replica_k(r->replica);
    for (uint16_t c = 0; c < r->deployment->n_chains; c++) {
        if (k < l1_view_executed(r->views[c])) continue;
        struct sums *s = calloc(1, sizeof *s);
        if (s == NULL) return say(r, REPORT_CANNOT_SEE, "out of memory");
        s->k = k;
        s->chain = c;
        s->n = l1_view_tokens(r->views[c]);
        s->by_token = calloc(s->n, sizeof *s->by_token);
        s->next = r->sums;
        r->sums = s;
        if (s->by_token == NULL) return say(r, REPORT_CANNOT_SEE, "out of memory");
        replica_sums(r->replica, c, s->by_token, s->n, &s->others);
    }
    return true;
}

static void sums_prune(struct report *r)
{
    struct sums **at = &r->sums;
    while (*at != NULL) {
        if ((*at)->k < l1_view_executed(r->views[(*at)->chain]))
            sums_drop(at);
        else
            at = &(*at)->next;
    }
}

static bool facts_take(struct report *r)
{
    uint64_t k = replica_k(r->replica);
    if (k > r->cap_facts) {
        size_t cap = r->cap_facts == 0 ? 256 : 2 * r->cap_facts;
        struct facts *grown = realloc(r->facts, cap * sizeof *grown);
        if (grown == NULL) return say(r, REPORT_CANNOT_SEE, "out of memory");
        r->facts = grown;
        r->cap_facts = cap;
    }
    struct facts *f = &r->facts[k - 1];
    replica_statement(r->replica, f->statement);
    replica_final_root(r->replica, f->final_root);
    replica_digest(r->replica, f->digest);
    return true;
}

/* Batches taken back on the L1s after we executed them: from genesis again. */
static bool follow_reverts(struct report *r)
{
    bool same = true;
    for (uint64_t k = 1; same && k <= replica_k(r->replica); k++) {
        for (size_t c = 0; same && c < r->deployment->n_chains; c++) {
            const struct l1_batch *b = l1_view_batch(r->views[c], k);
            same = b != NULL && memcmp(b->statement, r->facts[k - 1].statement, 32) == 0;
        }
    }
    if (same) return true;
    struct replica *fresh = NULL;
    log_unusual("audit", "batches_were_taken_back", LOG_U64("from", replica_k(r->replica)));
    if (replica_new(&fresh, r->deployment) != ERR_OK)
        return say(r, REPORT_CANNOT_SEE, "out of memory");
    replica_free(r->replica);
    r->replica = fresh;
    while (r->sums != NULL)
        sums_drop(&r->sums);
    memset(r->compared, 0, sizeof r->compared);
    return true;
}

static bool reexecute(struct report *r)
{
    if (replica_k(r->replica) == 0 && r->sums == NULL && !sums_take(r)) return false;
    for (;;) {
        struct replica_finding f;
        uint64_t k = replica_k(r->replica) + 1;
        enum err err = assemble_apply(r->replica, r->views, r->deployment->n_chains, k, &f);
        if (err == ERR_NOT_FOUND) return true;
        if (err == ERR_AUDIT && f.chain == REPLICA_NO_CHAIN)
            return say(r, REPORT_MISMATCH, "batch %" PRIu64 ": %s", k, f.text);
        if (err == ERR_AUDIT)
            return say(r, REPORT_MISMATCH,
                       "batch %" PRIu64 " chain %s record %lld (segment %zu byte %zu): %s", k,
                       r->deployment->chains[f.chain].name, (long long)f.record, f.segment,
                       f.offset, f.text);
        if (err != ERR_OK)
            return say(r, REPORT_CANNOT_SEE, "batch %" PRIu64 ": %s", k, err_text(err));
        if (!facts_take(r) || !sums_take(r)) return false;
        if (k % PROGRESS_EVERY == 0) log_info("audit", "re_executed", LOG_U64("batch", k));
    }
}

/* ---- comparing ---- */

static const char *stored_wrong(const struct report *r, uint64_t k, uint16_t chain,
                                const struct l1_stored *s)
{
    const struct l1_view *v = r->views[chain];
    const struct facts *f = &r->facts[k - 1];
    uint64_t state = k <= l1_view_executed(v) ? 4
                     : k <= l1_view_agreed(v) ? 3
                     : k <= l1_view_proven(v) ? 2
                                              : 1;
    if (memcmp(s->statement, f->statement, 32) != 0) return "statement";
    if (memcmp(s->final_root, f->final_root, 32) != 0) return "final_root";
    if (memcmp(s->digest, f->digest, 32) != 0) return "digest";
    if (k > 1 && memcmp(s->final_root_before, r->facts[k - 2].final_root, 32) != 0)
        return "final_root before";
    if (s->state != state) return "state";
    return NULL;
}

static bool compare_contract(struct report *r, uint16_t chain)
{
    struct l1_view *v = r->views[chain];
    const char *name = r->deployment->chains[chain].name;
    uint64_t last =
        l1_view_committed(v) < replica_k(r->replica) ? l1_view_committed(v) : replica_k(r->replica);
    if (l1_view_proven(v) > last)
        return say(r, REPORT_CANNOT_SEE, "chain %s has proven batches that not all chains show",
                   name);
    for (uint64_t k = r->compared[chain] + 1; k <= last; k++) {
        struct l1_stored stored;
        char text[REASON_MAX] = "";
        enum err err = l1_view_stored(v, k, &stored, text, sizeof text);
        if (err != ERR_OK) return say(r, REPORT_CANNOT_SEE, "%s", text);
        const char *wrong = stored_wrong(r, k, chain, &stored);
        if (wrong != NULL)
            return say(r, REPORT_MISMATCH,
                       "chain %s: the contract's %s of batch %" PRIu64 " is not ours", name, wrong,
                       k);
        if (k <= l1_view_executed(v)) r->compared[chain] = k;
    }
    return true;
}

static const struct sums *sums_of(const struct report *r, uint16_t chain)
{
    for (const struct sums *s = r->sums; s != NULL; s = s->next) {
        if (s->chain == chain && s->k == l1_view_executed(r->views[chain])) return s;
    }
    return NULL;
}

static unsigned __int128 cells_of(const struct sums *s, uint32_t token)
{
    return token <= s->n ? s->by_token[token - 1].users + s->by_token[token - 1].pools : 0;
}

static const char *money_wrong(const struct sums *s, const struct l1_ledger *l)
{
    struct u256 balance;
    struct u256 held = u256_from_u128(l->held);
    if (l->pending != l->pending_events) return "pending balances are not those of the events";
    if (cells_of(s, l->token) + l->pending + l->queued != l->held)
        return "cells + pending + queued deposits are not what is held";
    if (u256_from_be(&balance, l->balance, 32) != ERR_OK || u256_cmp(&balance, &held) < 0)
        return "the contract has less than it holds";
    return NULL;
}

static bool compare_money(struct report *r, uint16_t chain)
{
    char text[REASON_MAX] = "";
    const char *name = r->deployment->chains[chain].name;
    const struct sums *s = sums_of(r, chain);
    enum err err = l1_view_ledger(r->views[chain], r->ledgers[chain], VIEW_TOKENS_MAX + 1,
                                  &r->n_ledgers[chain], text, sizeof text);
    if (err != ERR_OK) r->n_ledgers[chain] = 0;
    if (err != ERR_OK)
        return say(r, err == ERR_AUDIT ? REPORT_MISMATCH : REPORT_CANNOT_SEE, "%s", text);
    if (s == NULL)
        return say(r, REPORT_CANNOT_SEE, "chain %s has executed a batch that not all chains show",
                   name);
    if (s->others.users + s->others.pools != 0)
        return say(r, REPORT_MISMATCH, "chain %s: cells hold a token that is not registered", name);
    for (size_t i = 0; i < r->n_ledgers[chain]; i++) {
        const char *wrong = money_wrong(s, &r->ledgers[chain][i]);
        if (wrong != NULL)
            return say(r, REPORT_MISMATCH, "chain %s token %u: %s", name,
                       r->ledgers[chain][i].token, wrong);
    }
    return true;
}

static bool look(struct report *r)
{
    for (size_t c = 0; c < r->deployment->n_chains; c++) {
        char text[REASON_MAX] = "";
        enum err err = l1_view_refresh(r->views[c], text, sizeof text);
        if (err != ERR_OK)
            return say(r, err == ERR_AUDIT ? REPORT_MISMATCH : REPORT_CANNOT_SEE, "%s", text);
    }
    if (!follow_reverts(r) || !reexecute(r)) return false;
    for (uint16_t c = 0; c < r->deployment->n_chains; c++) {
        if (!compare_contract(r, c)) return false;
    }
    bool ok = true;
    for (uint16_t c = 0; c < r->deployment->n_chains; c++) {
        char first[REASON_MAX];
        (void)snprintf(first, sizeof first, "%s", r->reason);
        enum report_outcome outcome = r->outcome;
        if (!compare_money(r, c) && !ok && outcome == REPORT_MISMATCH) {
            r->outcome = outcome; /* the first mismatch is the one to tell */
            (void)snprintf(r->reason, sizeof r->reason, "%s", first);
        }
        ok = r->outcome == REPORT_OK;
    }
    sums_prune(r);
    return ok;
}

enum report_outcome report_look(struct report *r)
{
    r->outcome = REPORT_OK;
    r->reason[0] = '\0';
    memset(r->n_ledgers, 0, sizeof r->n_ledgers);
    (void)look(r);
    return r->outcome;
}

const char *report_reason(const struct report *r)
{
    return r->reason;
}

/* ---- JSON ---- */

static json_t *amount(unsigned __int128 v)
{
    struct u256 x = u256_from_u128(v);
    return json_new_decimal(&x);
}

static json_t *token_json(const struct report *r, uint16_t chain, const struct l1_ledger *l)
{
    const struct sums *s = sums_of(r, chain);
    const struct deployment_chain *c = &r->deployment->chains[chain];
    const struct deployment_token *t = deployment_token(c, l->token);
    struct u256 balance;
    bool known = s != NULL && l->token <= s->n;
    if (u256_from_be(&balance, l->balance, 32) != ERR_OK) return NULL;
    return json_pack(
        "{s:I,s:I,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "chain", (json_int_t)c->chain_id, "token",
        (json_int_t)l->token, "symbol", t != NULL ? t->symbol : "", "address",
        json_new_hex(l->address, 20), "users", amount(known ? s->by_token[l->token - 1].users : 0),
        "pools", amount(known ? s->by_token[l->token - 1].pools : 0), "pending", amount(l->pending),
        "queued", amount(l->queued), "held", amount(l->held), "balance", json_new_decimal(&balance),
        "ok", s != NULL && money_wrong(s, l) == NULL);
}

static json_t *chain_json(const struct report *r, uint16_t chain)
{
    const struct l1_view *v = r->views[chain];
    uint8_t root[32];
    replica_root(r->replica, chain, root);
    return json_pack("{s:i,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "index", (int)chain, "chain_id",
                     (json_int_t)r->deployment->chains[chain].chain_id, "name",
                     r->deployment->chains[chain].name, "final_block",
                     (json_int_t)l1_view_final_block(v), "committed",
                     (json_int_t)l1_view_committed(v), "proven", (json_int_t)l1_view_proven(v),
                     "agreed", (json_int_t)l1_view_agreed(v), "executed",
                     (json_int_t)l1_view_executed(v), "root", json_new_hex(root, 32));
}

json_t *report_json(const struct report *r)
{
    static const char *const names[] = {"ok", "mismatch", "", "cannot_see"};
    uint8_t digest[32];
    uint8_t final_root[32];
    json_t *chains = json_array();
    json_t *tokens = json_array();
    for (uint16_t c = 0; c < r->deployment->n_chains; c++) {
        json_array_append_new(chains, chain_json(r, c));
        for (size_t i = 0; i < r->n_ledgers[c]; i++)
            json_array_append_new(tokens, token_json(r, c, &r->ledgers[c][i]));
    }
    replica_digest(r->replica, digest);
    replica_final_root(r->replica, final_root);
    return json_pack("{s:b,s:s,s:s,s:I,s:o,s:o,s:o,s:o}", "ok", r->outcome == REPORT_OK, "outcome",
                     names[r->outcome], "reason", r->reason, "batches",
                     (json_int_t)replica_k(r->replica), "final_root", json_new_hex(final_root, 32),
                     "digest", json_new_hex(digest, 32), "chains", chains, "tokens", tokens);
}

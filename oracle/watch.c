#include "oracle/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watch {
    const struct deployment *deployment;
    struct replica *replica;
    struct l1_view *views[DEPLOYMENT_CHAINS_MAX];
    bool refused; /* our audit refused a batch: nothing is signed any more */
    char why[WATCH_TEXT_MAX];
};

enum err watch_open(struct watch **out, const struct deployment *d,
                    const struct l1_source *sources, char *text, size_t text_size)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->deployment = d;
    enum err err = replica_new(&w->replica, d);
    if (err != ERR_OK) (void)snprintf(text, text_size, "deployment: %s", err_text(err));
    for (size_t i = 0; i < d->n_chains && err == ERR_OK; i++) {
        struct l1_view_options options = {d, (uint16_t)i, sources[i], 10000};
        err = l1_view_open(&w->views[i], &options, text, text_size);
    }
    if (err != ERR_OK) {
        watch_close(w);
        return err;
    }
    *out = w;
    return ERR_OK;
}

void watch_close(struct watch *w)
{
    if (w == NULL) return;
    for (size_t i = 0; i < DEPLOYMENT_CHAINS_MAX; i++) {
        if (w->views[i] != NULL) l1_view_close(w->views[i]);
    }
    if (w->replica != NULL) replica_free(w->replica);
    free(w);
}

/* The contracts' D_k must all be ours. */
static bool digests_agree(struct watch *w, uint64_t k, const uint8_t digest[32],
                          struct watch_result *out)
{
    for (size_t i = 0; i < w->deployment->n_chains; i++) {
        const struct l1_batch *b = l1_view_batch(w->views[i], k);
        if (b != NULL && memcmp(b->digest, digest, 32) == 0) continue;
        out->refuses = true;
        (void)snprintf(out->text, sizeof out->text,
                       "batch %llu: chain %s shows another digest than our re-execution",
                       (unsigned long long)k, w->deployment->chains[i].name);
        return false;
    }
    return true;
}

void watch_look(struct watch *w, struct watch_result *out)
{
    memset(out, 0, sizeof *out);
    uint64_t proven = UINT64_MAX;
    out->least_agreed = UINT64_MAX;
    for (size_t i = 0; i < w->deployment->n_chains; i++) {
        char text[WATCH_TEXT_MAX] = "";
        enum err err = l1_view_refresh(w->views[i], text, sizeof text);
        if (err != ERR_OK) {
            out->cannot_see = true;
            (void)snprintf(out->text, sizeof out->text, "%.32s: %s %.400s",
                           w->deployment->chains[i].name, err_text(err), text);
            return;
        }
        out->agreed[i] = l1_view_agreed(w->views[i]);
        if (out->agreed[i] < out->least_agreed) out->least_agreed = out->agreed[i];
        if (l1_view_proven(w->views[i]) < proven) proven = l1_view_proven(w->views[i]);
    }
    uint8_t digest[32];
    uint64_t k = replica_k(w->replica);
    bool found = false;
    /* Sign the newest batch that all chains have proven and that we have just re-executed. */
    while (!w->refused && !out->cannot_see && k < proven) {
        struct replica_finding finding;
        enum err err =
            assemble_apply(w->replica, w->views, w->deployment->n_chains, k + 1, &finding);
        if (err == ERR_AUDIT) {
            w->refused = true;
            (void)snprintf(w->why, sizeof w->why, "batch %llu refused: chain %u record %lld: %s",
                           (unsigned long long)(k + 1), finding.chain, (long long)finding.record,
                           finding.text);
        } else if (err != ERR_OK) {
            out->cannot_see = err != ERR_NOT_FOUND;
            break;
        } else {
            k++;
        }
    }
    if (k > 0 && k <= proven && !w->refused) {
        replica_digest(w->replica, digest);
        found = digests_agree(w, k, digest, out);
    }
    out->audited = k;
    if (w->refused) {
        out->refuses = true;
        (void)snprintf(out->text, sizeof out->text, "%s", w->why);
        return;
    }
    if (!found) return;
    out->can_sign = true;
    /* D_k is a hash over all digests before it, so these are ours too. */
    for (uint64_t j = out->least_agreed + 1; j <= k && out->n_digests < WATCH_DIGESTS_MAX; j++) {
        const struct l1_batch *b = l1_view_batch(w->views[0], j);
        if (b == NULL) break;
        memcpy(out->digests[out->n_digests++], b->digest, 32);
    }
    out->k = out->least_agreed + out->n_digests; /* the newest, but for a very long backlog */
    if (out->k > k) out->k = k;
}

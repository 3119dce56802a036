#include "audit/assemble.h"

#include <stdio.h>
#include <string.h>

static enum err whole(struct replica_finding *f, const char *text)
{
    memset(f, 0, sizeof *f);
    f->chain = REPLICA_NO_CHAIN;
    f->record = REPLICA_NO_RECORD;
    (void)snprintf(f->text, sizeof f->text, "%s", text);
    return ERR_AUDIT;
}

struct sources {
    struct l1_view *const *views;
    size_t n;
};

static const struct span *request_at(void *ctx, uint16_t chain, uint64_t index)
{
    const struct sources *s = ctx;
    return chain < s->n ? l1_view_request(s->views[chain], index) : NULL;
}

enum err assemble_apply(struct replica *r, struct l1_view *const *views, size_t n_views, uint64_t k,
                        struct replica_finding *finding)
{
    const struct l1_batch *first = NULL;
    struct sources sources = {views, n_views};
    struct replica_batch batch = {.k = k, .request_at = request_at, .request_ctx = &sources};
    for (size_t i = 0; i < n_views; i++) {
        const struct l1_batch *b = l1_view_batch(views[i], k);
        if (b == NULL) return ERR_NOT_FOUND;
        if (first == NULL) first = b;
        if (memcmp(b->statement, first->statement, 32) != 0)
            return whole(finding, "the chains committed different statements for this batch");
        if (b->n_segments == 0) continue;
        batch.parts[batch.n_parts++] = (struct replica_part){
            .chain = (uint16_t)i,
            .segments = b->segments,
            .n_segments = b->n_segments,
            .pubdata = b->has_blob ? b->pubdata : NULL};
    }
    if (first == NULL) return ERR_NOT_FOUND;
    if (batch.n_parts != first->n_participants)
        return whole(finding, "a participant published no data");
    batch.time = first->time;
    memcpy(batch.final_root_before, first->final_root_before, 32);
    memcpy(batch.final_root_after, first->final_root_after, 32);
    ERR_TRY(replica_apply(r, &batch, finding));
    uint8_t own[32];
    replica_statement(r, own);
    if (memcmp(own, first->statement, 32) == 0) return ERR_OK;
    ERR_TRY(replica_undo(r));
    return whole(finding, "the committed statement does not follow from the published data");
}

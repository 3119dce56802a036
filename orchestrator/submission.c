#include "orchestrator/submission.h"

#include <string.h>

#include "common/base/require.h"

enum { CHECKS_MAX = 128 }; /* side by side; on the stack */

enum err submission_read(struct submission *out, struct span bytes)
{
    out->bytes = bytes;
    out->checked.n = 0;
    ERR_TRY(request_decode(&out->request, bytes.data, bytes.len));
    if (out->request.kind == REQUEST_PRIORITY) return ERR_PARSE; /* those come from L1 only */
    /* The pruned form ends with the number of signatures, 0, where the other has them. */
    size_t signatures = 0;
    for (uint32_t i = 0; i < out->request.n_signatures; i++)
        signatures += 1 + xmss_signature_size(out->request.signature_height[i]);
    REQUIRE(bytes.len > signatures);
    out->unsigned_len = bytes.len - signatures - 1;
    return ERR_OK;
}

/* Authorisation of a side; NULL if the kind has none. */
static const struct op_auth *side_auth(const struct request *r, uint32_t side, uint16_t *chain)
{
    *chain = r->chain;
    switch (r->kind) {
    case REQUEST_TRANSFER: return side == 0 ? &r->u.transfer.auth : NULL;
    case REQUEST_WITHDRAW: return side == 0 ? &r->u.withdraw.auth : NULL;
    case REQUEST_CHANGE_KEY: return side == 0 ? &r->u.change_key.auth : NULL;
    case REQUEST_SWAP: return side == 0 ? &r->u.swap.auth : NULL;
    case REQUEST_ADD:
    case REQUEST_REMOVE:
        *chain = r->u.liquidity.order.side[side].chain;
        return &r->u.liquidity.auth[side];
    case REQUEST_CREATE:
        *chain = r->u.create.order.side[side].chain;
        return &r->u.create.auth[side];
    default: return NULL;
    }
}

bool submission_signer(const struct submission *s, uint32_t side, uint16_t *chain,
                       uint32_t *account)
{
    REQUIRE(side < 2);
    if (side >= s->request.n_signatures) return false;
    const struct op_auth *auth = side_auth(&s->request, side, chain);
    if (auth == NULL) return false;
    *account = auth->account;
    return true;
}

void submission_claim(struct submission *s, uint32_t side, const struct user_cell *user,
                      uint32_t changes)
{
    uint16_t chain = 0;
    const struct op_auth *auth = side_auth(&s->request, side, &chain);
    REQUIRE(auth != NULL && side < 2 && s->checked.n == side);
    if (user->auth != 1) return; /* the rules refuse it before they look at the signature */
    struct checked_signature *c = &s->checked.of[s->checked.n++];
    *c = (struct checked_signature){.signature = &s->request.signatures[side],
                                    .chain = chain,
                                    .user = *user,
                                    .key_leaf = (uint32_t)auth->lane << (user->height - 2) |
                                                auth->leaf};
    s->changes[side] = changes;
}

static void check_make(struct xmss_check *out, struct submission *s, uint32_t side,
                       const uint32_t dep[8])
{
    struct checked_signature *c = &s->checked.of[side];
    memset(out, 0, sizeof *out);
    out->sig = c->signature;
    out->key_leaf = c->key_leaf;
    out->pub.height = c->user.height;
    memcpy(out->pub.root, c->user.root.e, sizeof out->pub.root);
    xmss_public_parameter(out->pub.pp, dep, c->chain, c->user.owner.bytes);
    REQUIRE(request_digest(&c->digest, dep, &s->request, side, s->changes[side]) == ERR_OK);
    memcpy(out->message, c->digest.e, sizeof out->message);
}

void submissions_check(struct submission *const *list, size_t n, const uint32_t dep[8])
{
    struct xmss_check checks[CHECKS_MAX];
    struct checked_signature *of[CHECKS_MAX];
    size_t n_checks = 0;
    for (size_t i = 0; i < n; i++) {
        struct submission *s = list[i];
        request_id(s->id, &s->request);
        for (uint32_t side = 0; side < s->checked.n; side++) {
            check_make(&checks[n_checks], s, side, dep);
            of[n_checks++] = &s->checked.of[side];
        }
        if (n_checks + 2 <= CHECKS_MAX && i + 1 < n) continue;
        xmss_verify_many(KBV_AVX512, checks, n_checks);
        for (size_t j = 0; j < n_checks; j++)
            of[j]->good = checks[j].ok;
        n_checks = 0;
    }
}

/* Verification of many signatures side by side: lane by lane the same hashes as xmss_verify, which stays
 * the reference. Signatures go in groups of sixteen; a lane is one signature, but for the chains, where
 * it is any chain of any signature of the group that takes the step.
 * Lanes left over hash what stands there. */
#include <string.h>

#include "common/field/kb.h"
#include "common/field/poseidon16.h"
#include "common/xmss/xmss_key.h"

enum { LANES = POSEIDON_LANES };

/* What stands in the lanes; `in` points into right. */
struct lanes {
    _Alignas(64) uint32_t left[POSEIDON_DIGEST][LANES];
    _Alignas(64) uint32_t right[POSEIDON_DIGEST][LANES];
};
struct group {
    enum kbv_isa isa;
    struct xmss_check *of[LANES];
    uint32_t n;
    bool encoded[LANES]; /* the digits are those of a valid encoding */
    uint8_t digits[LANES][XMSS_CHAINS];
    uint32_t ends[LANES][XMSS_CHAINS][XMSS_DIGEST];
    uint32_t node[LANES][XMSS_DIGEST];
    struct lanes l;
};

static void lanes_compress(struct group *g, uint32_t n)
{
    const uint32_t *in[POSEIDON_DIGEST];
    for (int k = 0; k < POSEIDON_DIGEST; k++)
        in[k] = g->l.right[k];
    poseidon_compress_lanes_n(g->isa, g->l.left, in, n);
}

static bool all_canonical(const uint32_t *e, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= e[i] >= KB_P;
    return bad == 0;
}

static bool shape_ok(const struct xmss_check *c)
{
    uint32_t h = c->pub.height;
    if (h != XMSS_HEIGHT_SMALL && h != XMSS_HEIGHT_LARGE) return false;
    if (c->key_leaf >> h) return false;
    return all_canonical(c->sig->rho, XMSS_RHO) && all_canonical(c->message, XMSS_MESSAGE) &&
           all_canonical(&c->sig->tips[0][0], XMSS_CHAINS * XMSS_DIGEST) &&
           all_canonical(&c->sig->path[0][0], (size_t)h * XMSS_DIGEST) &&
           all_canonical(c->pub.root, XMSS_DIGEST);
}

/* The digits: E = compress(message, rho | tweak | key leaf), D = compress(E, pp). */
static void messages_encode(struct group *g)
{
    for (uint32_t lane = 0; lane < g->n; lane++) {
        const struct xmss_check *c = g->of[lane];
        for (int e = 0; e < XMSS_MESSAGE; e++)
            g->l.left[e][lane] = c->message[e];
        for (int e = 0; e < XMSS_RHO; e++)
            g->l.right[e][lane] = c->sig->rho[e];
        g->l.right[6][lane] = TWEAK_MESSAGE;
        g->l.right[7][lane] = c->key_leaf;
    }
    lanes_compress(g, g->n);
    memset(g->l.right, 0, sizeof g->l.right);
    for (uint32_t lane = 0; lane < g->n; lane++)
        for (int e = 0; e < XMSS_PP; e++)
            g->l.right[e][lane] = g->of[lane]->pub.pp[e];
    lanes_compress(g, g->n);
    for (uint32_t lane = 0; lane < g->n; lane++) {
        uint32_t d[POSEIDON_DIGEST];
        for (int e = 0; e < POSEIDON_DIGEST; e++)
            d[e] = g->l.left[e][lane];
        g->encoded[lane] = xmss_digits(g->digits[lane], d);
    }
}

/* One chain that takes the step of the round. */
struct step {
    uint8_t lane, chain;
};

static void steps_run(struct group *g, const struct step *steps, uint32_t n, uint32_t k)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct xmss_check *c = g->of[steps[i].lane];
        const uint32_t *value = g->ends[steps[i].lane][steps[i].chain];
        for (int e = 0; e < XMSS_DIGEST; e++)
            g->l.left[e][i] = value[e];
        g->l.left[5][i] = 0;
        g->l.left[6][i] = TWEAK_STEP + 4u * steps[i].chain + k;
        g->l.left[7][i] = c->key_leaf;
        for (int e = 0; e < XMSS_PP; e++)
            g->l.right[e][i] = c->pub.pp[e];
    }
    for (int e = XMSS_PP; e < POSEIDON_DIGEST; e++)
        memset(g->l.right[e], 0, sizeof g->l.right[e]);
    lanes_compress(g, n);
    for (uint32_t i = 0; i < n; i++)
        for (int e = 0; e < XMSS_DIGEST; e++)
            g->ends[steps[i].lane][steps[i].chain][e] = g->l.left[e][i];
}

/* Every chain of every signature from its digit to its end. */
static void chains_finish(struct group *g)
{
    for (uint32_t k = 0; k < XMSS_DIGITS - 1; k++) {
        struct step steps[LANES];
        uint32_t n = 0;
        for (uint32_t lane = 0; lane < g->n; lane++) {
            for (uint32_t j = 0; j < XMSS_CHAINS && g->encoded[lane]; j++) {
                if (g->digits[lane][j] > k) continue;
                steps[n++] = (struct step){(uint8_t)lane, (uint8_t)j};
                if (n < LANES) continue;
                steps_run(g, steps, n, k);
                n = 0;
            }
        }
        if (n > 0) steps_run(g, steps, n, k);
    }
}

static void leaves_hash(struct group *g)
{
    for (uint32_t lane = 0; lane < g->n; lane++) {
        const struct xmss_check *c = g->of[lane];
        g->l.left[0][lane] = TWEAK_LEAF;
        g->l.left[1][lane] = c->key_leaf;
        for (int e = 0; e < XMSS_PP; e++)
            g->l.left[2 + e][lane] = c->pub.pp[e];
        g->l.left[6][lane] = XMSS_CHAINS * XMSS_DIGEST;
        g->l.left[7][lane] = XMSS_TAG_LEAF;
    }
    for (int i = 0; i < XMSS_CHAINS * XMSS_DIGEST; i += POSEIDON_DIGEST) {
        for (uint32_t lane = 0; lane < g->n; lane++)
            for (int e = 0; e < POSEIDON_DIGEST; e++)
                g->l.right[e][lane] = (&g->ends[lane][0][0])[i + e];
        lanes_compress(g, g->n);
    }
    for (uint32_t lane = 0; lane < g->n; lane++)
        for (int e = 0; e < XMSS_DIGEST; e++)
            g->node[lane][e] = g->l.left[e][lane];
}

/* Nodes of level + 1; lanes whose tree is lower keep theirs. */
static void level_hash(struct group *g, uint32_t level)
{
    for (uint32_t lane = 0; lane < g->n; lane++) {
        const struct xmss_check *c = g->of[lane];
        const bool is_right = (c->key_leaf >> level & 1) != 0;
        const uint32_t *path = c->sig->path[level];
        uint32_t in[2 * POSEIDON_DIGEST];
        memcpy(in + (is_right ? XMSS_DIGEST : 0), g->node[lane], sizeof g->node[lane]);
        memcpy(in + (is_right ? 0 : XMSS_DIGEST), path, XMSS_DIGEST * sizeof in[0]);
        in[10] = TWEAK_NODE + level + 1;
        in[11] = c->key_leaf >> (level + 1);
        memcpy(in + 12, c->pub.pp, XMSS_PP * sizeof in[0]);
        for (int e = 0; e < POSEIDON_DIGEST; e++) {
            g->l.left[e][lane] = in[e];
            g->l.right[e][lane] = in[POSEIDON_DIGEST + e];
        }
    }
    lanes_compress(g, g->n);
    for (uint32_t lane = 0; lane < g->n; lane++) {
        if (level >= g->of[lane]->pub.height) continue;
        for (int e = 0; e < XMSS_DIGEST; e++)
            g->node[lane][e] = g->l.left[e][lane];
    }
}

static void group_run(struct group *g)
{
    uint32_t height = 0;
    for (uint32_t lane = 0; lane < g->n; lane++) {
        memcpy(g->ends[lane], g->of[lane]->sig->tips, sizeof g->ends[lane]);
        if (g->of[lane]->pub.height > height) height = g->of[lane]->pub.height;
    }
    messages_encode(g);
    chains_finish(g);
    leaves_hash(g);
    for (uint32_t level = 0; level < height; level++)
        level_hash(g, level);
    for (uint32_t lane = 0; lane < g->n; lane++)
        g->of[lane]->ok =
            g->encoded[lane] &&
            memcmp(g->node[lane], g->of[lane]->pub.root, sizeof g->node[lane]) == 0;
    g->n = 0;
}

void xmss_verify_many(enum kbv_isa isa, struct xmss_check *checks, size_t n)
{
    struct group g;
    memset(&g.l, 0, sizeof g.l); /* lanes that hold no signature hash zeros */
    g.isa = isa;
    g.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct xmss_check *c = &checks[i];
        c->ok = false;
        if (!shape_ok(c)) continue;
        g.of[g.n++] = c;
        if (g.n == LANES) group_run(&g);
    }
    if (g.n > 0) group_run(&g);
}

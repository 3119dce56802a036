#include "prover/verify/soundness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "common/field/kb5.h"

/* The greatest probability of one value of a challenge: 1 / |F|, times (1 + 2^-20)^5 because each
 * coefficient is a 51-bit number mod p (transcript_sample_ext). */
static double field_inverse(void)
{
    return pow((double)KB_P / (1 + 0x1p-20), -5.0);
}

static double bits_of(double error)
{
    return -log2(error);
}

/* What grinding is worth. Poseidon: one residue has one preimage more, since p = 1 mod 2^grind. */
static double ground_bits(uint8_t profile, uint32_t grind)
{
    if (profile != PROFILE_POSEIDON) return grind;
    return log2(KB_P / (floor((KB_P - 1.0) / pow(2, grind)) + 1));
}

static void put_line(struct soundness_report *r, double bits, uint32_t grind, const char *name,
                     uint32_t i, uint32_t j)
{
    REQUIRE(r->n_lines < SOUNDNESS_MAX_LINES);
    struct soundness_line *line = &r->lines[r->n_lines];
    /* The names are constants of this file; the longest with two numbers is below 32 bytes. */
    if (strchr(name, '%') == NULL) {
        snprintf(line->name, sizeof line->name, "%s", name);
    } else if (strcmp(name, "fold %") == 0) {
        snprintf(line->name, sizeof line->name, "fold(i=%u,s=%u)", i, j);
    } else {
        snprintf(line->name, sizeof line->name, "%.*s(i=%u)", (int)(strchr(name, ' ') - name), name,
                 i);
    }
    line->grind = grind;
    line->bits = bits;
    r->n_lines++;
}

static void add_line(struct soundness_report *r, uint8_t profile, double error, uint32_t grind,
                     const char *name, uint32_t i, uint32_t j)
{
    const double bits = bits_of(error) + ground_bits(profile, grind);
    if (r->n_lines == 0 || bits < r->bits) {
        r->bits = bits;
        r->worst = r->n_lines;
    }
    put_line(r, bits, grind, name, i, j);
}

/* ---- one Reed-Solomon code of rate 2^-l in one regime ---- */

struct code {
    double delta; /* radius */
    double list;  /* words within it */
    double rate, multiplicity;
    double bias; /* an index is in a set with its density plus this at most */
    bool johnson;
};

static struct code code_of(const struct whir_params *p, uint32_t log_inv_rate,
                           uint32_t multiplicity)
{
    struct code c = {.rate = pow(2, -(double)log_inv_rate), .johnson = p->regime == WHIR_JOHNSON,
                     .bias = p->profile == PROFILE_POSEIDON ? 1.0 / KB_P : 0,
                     .multiplicity = multiplicity};
    const double root = sqrt(c.rate);
    if (c.johnson) {
        c.delta = 1 - root - root / (2 * c.multiplicity);
        c.list = (c.multiplicity + 0.5) / root;
    } else {
        c.delta = (1 - c.rate) / 2;
        c.list = 1;
    }
    return c;
}

/* Error of combining two words of dimension 2^log_dimension with one random coefficient. */
static double proximity_error(const struct code *c, uint32_t log_dimension)
{
    const double n = pow(2, log_dimension) / c->rate;
    if (!c->johnson) return (c->delta * n + 1) * field_inverse(); /* Cor 1.4 */
    const double root = sqrt(c->rate), m = c->multiplicity + 0.5; /* Thm 4.2 */
    double first = (2 * pow(m, 5) + 3 * m * c->delta * c->rate) * n / (3 * c->rate * root);
    return (first + m / root) * field_inverse();
}

/* Folding challenge s = 1 .. k_i of round i: the sumcheck polynomial has degree 2, but WHIR's
 * theorem counts max(d, 3); the folded words lie in the code of dimension 2^(m_i - s). */
static double fold_error(const struct whir_params *p, const struct code *c, uint32_t i, uint32_t s)
{
    return 3 * c->list * field_inverse() + proximity_error(c, whir_round_vars(p, i) - s);
}

/* Two words of the list agree at all w points: at most L^2/2 pairs, 2^m / |F| each point. As in
 * soundcalc the factor 1/2 stands inside the power. */
static double ood_error(const struct whir_params *p, const struct code *c, uint32_t i)
{
    const double at_point = pow(2, whir_round_vars(p, i)) / 2 * field_inverse();
    return c->list * c->list * pow(at_point, p->rounds[i].ood);
}

static double query_error(const struct code *c, uint32_t queries)
{
    return pow(1 - c->delta + c->bias, queries);
}

/* Combining the t query claims and w OOD claims with powers of one challenge, for each word of the
 * list of the next code. soundcalc counts t + 1; w may be more here. */
static double combine_error(const struct code *next, uint32_t queries, uint32_t ood)
{
    return next->list * (queries + (ood > 1 ? ood : 1)) * field_inverse();
}

/* ---- choice of the multiplicities ---- */

/* The fewest bits among the algebraic lines of round i: they fall as the multiplicity grows. */
static double algebraic_bits(const struct whir_params *p, const struct code *c, uint32_t i)
{
    const struct whir_round *r = &p->rounds[i];
    double bits = INFINITY;
    for (uint32_t s = 1; s <= r->fold; s++)
        bits = fmin(bits, bits_of(fold_error(p, c, i, s)) + ground_bits(p->profile, r->fold_grind));
    if (r->ood > 0) bits = fmin(bits, bits_of(ood_error(p, c, i)));
    if (i > 0) {
        const struct whir_round *before = &p->rounds[i - 1];
        bits = fmin(bits, bits_of(combine_error(c, before->queries, r->ood)) +
                              ground_bits(p->profile, before->query_grind));
    }
    return bits;
}

static uint32_t best_multiplicity(const struct whir_params *p, uint32_t i)
{
    uint32_t best = 1;
    double best_bits = -INFINITY;
    if (p->regime != WHIR_JOHNSON) return 0;
    for (uint32_t m = 1; m <= SOUNDNESS_MAX_MULTIPLICITY; m++) {
        struct code c = code_of(p, p->rounds[i].log_inv_rate, m);
        if (c.delta <= 0) continue;
        double bits = fmin(algebraic_bits(p, &c, i),
                           bits_of(query_error(&c, p->rounds[i].queries)) +
                               ground_bits(p->profile, p->rounds[i].query_grind));
        if (bits > best_bits) {
            best_bits = bits;
            best = m;
        }
    }
    return best;
}

/* ---- reports ---- */

/* What the formulas need; whir_params_check asks for more (leaf sizes, two-adicity). */
static bool shape_is_sound(const struct whir_params *p)
{
    uint32_t sum = 0;
    if (p->n_rounds < 1 || p->n_rounds > WHIR_MAX_ROUNDS || p->n_vars > WHIR_MAX_VARS) return false;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *r = &p->rounds[i];
        if (r->fold < 1 || r->fold > WHIR_MAX_FOLD || r->log_inv_rate < 1) return false;
        sum += r->fold;
    }
    return sum <= p->n_vars;
}

static void whir_lines(const struct whir_params *p, const struct code codes[WHIR_MAX_ROUNDS],
                       struct soundness_report *r)
{
    if (p->rounds[0].ood > 0) add_line(r, p->profile, ood_error(p, &codes[0], 0), 0, "OOD %", 0, 0);
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        const struct whir_round *rp = &p->rounds[i];
        if (i > 0) {
            const struct whir_round *before = &p->rounds[i - 1];
            if (rp->ood > 0) add_line(r, p->profile, ood_error(p, &codes[i], i), 0, "OOD %", i, 0);
            add_line(r, p->profile,
                     query_error(&codes[i - 1], before->queries) +
                         combine_error(&codes[i], before->queries, rp->ood),
                     before->query_grind, "shift %", i, 0);
        }
        for (uint32_t s = 1; s <= rp->fold; s++)
            add_line(r, p->profile, fold_error(p, &codes[i], i, s), rp->fold_grind, "fold %", i, s);
    }
    const struct whir_round *last = &p->rounds[p->n_rounds - 1];
    add_line(r, p->profile, query_error(&codes[p->n_rounds - 1], last->queries),
             last->query_grind, "final", 0, 0);
}

enum err soundness_whir(const struct whir_params *p, const uint32_t *multiplicity,
                        struct soundness_report *report)
{
    struct code codes[WHIR_MAX_ROUNDS];
    memset(report, 0, sizeof *report);
    if (!shape_is_sound(p)) return ERR_ARG;
    for (uint32_t i = 0; i < p->n_rounds; i++) {
        uint32_t m = multiplicity != NULL ? multiplicity[i] : best_multiplicity(p, i);
        codes[i] = code_of(p, p->rounds[i].log_inv_rate, m);
        if (codes[i].delta <= 0) return ERR_ARG;
        report->multiplicity[i] = m;
        report->delta[i] = codes[i].delta;
        report->log_list[i] = log2(codes[i].list);
    }
    whir_lines(p, codes, report);
    return ERR_OK;
}

/* max(1, log2 width) fractions / |F|: a fingerprint in ceil(log2 width) challenges is multilinear. */
static double logup_error(double fractions, uint32_t width)
{
    return fractions * fmax(1, ceil(log2(width))) * field_inverse();
}

double soundness_logup_bits(double fractions, uint32_t width)
{
    return bits_of(logup_error(fractions, width));
}

static void system_lines(const struct soundness_input *in, struct soundness_report *r)
{
    const double f = field_inverse();
    const uint8_t profile = in->params->profile;
    /* Collisions, for roots, paths and the transcript. A Poseidon digest is worth half of its
     * 8 log2 p bits, whatever the parameters: a line beside the target. */
    if (in->params->profile == PROFILE_POSEIDON)
        put_line(r, 4 * log2(KB_P), 0, "hash collisions", 0, 0);
    else
        add_line(r, profile, pow(2, -128), 0, "hash collisions", 0, 0);
    add_line(r, profile, logup_error(pow(2, in->log_fractions), in->message_width),
             in->params->logup_grind, "LogUp", 0, 0);
    add_line(r, profile, 5 * f, 0, "GKR top", 0, 0);         /* point of the layer of 2^5 fractions */
    add_line(r, profile, 1 * f, 0, "GKR layer batch", 0, 0); /* lambda, and b of a layer */
    add_line(r, profile, 3 * f, 0, "GKR sumcheck", 0, 0);
    /* beta: numerators and denominators; a: powers from 1 to the number of constraints. */
    double batch = (double)in->n_constraints > 1 ? in->n_constraints : 1;
    add_line(r, profile, batch * f, 0, "constraint batch", 0, 0);
    add_line(r, profile, 1 * f, 0, "fraction batch", 0, 0);
    add_line(r, profile, fmax(1, in->log_height) * f, 0, "zero test", 0, 0);
    add_line(r, profile, (in->max_degree + 1.0) * f, 0, "zerocheck sumcheck", 0, 0);
    add_line(r, profile, fmax(1, in->log_chunk_columns) * f, 0, "column batch", 0, 0);
    /* gamma of the opening, for every word near the committed one. */
    double claims = in->n_claims + in->params->rounds[0].ood;
    add_line(r, profile, pow(2, r->log_list[0]) * claims * f, 0, "claim batch", 0, 0);
}

enum err soundness_check(const struct soundness_input *in, struct soundness_report *report)
{
    memset(report, 0, sizeof *report);
    ERR_TRY(whir_params_check(in->params));
    ERR_TRY(soundness_whir(in->params, NULL, report));
    if (in->message_width == 0 || in->n_claims == 0 || in->max_degree == 0) return ERR_ARG;
    system_lines(in, report);
    if (in->params->target_bits == 0) return ERR_REJECTED;
    return report->bits >= in->params->target_bits ? ERR_OK : ERR_REJECTED;
}

/* ---- fewest queries ---- */

/* Queries that bring (1 - delta)^t + L (t + w) / |F| with grinding to the target; 0: none does. */
static uint32_t queries_for(const struct code *c, const struct code *next, uint32_t ood,
                            double grind, double target)
{
    for (uint32_t t = 1; t <= WHIR_MAX_QUERIES; t++) {
        double error = query_error(c, t);
        if (next != NULL) error += combine_error(next, t, ood);
        if (bits_of(error) + grind >= target) return t;
    }
    return 0;
}

/* Least fold grinding with which all folds of round i reach the target, or limit + 1. */
static uint32_t fold_grind_for(const struct whir_params *p, const struct code *c, uint32_t i,
                               uint32_t limit)
{
    double worst = 0;
    for (uint32_t s = 1; s <= p->rounds[i].fold; s++)
        worst = fmax(worst, p->target_bits - bits_of(fold_error(p, c, i, s)));
    uint32_t grind = 0;
    while (grind <= limit && ground_bits(p->profile, grind) < worst)
        grind++;
    return grind;
}

enum err soundness_fewest_queries(struct whir_params *p, uint32_t fold_limit)
{
    struct whir_params out = *p;
    struct code next = {0};
    ERR_TRY(whir_params_check(p));
    for (uint32_t i = p->n_rounds; i-- > 0;) { /* backwards: a shift line needs the next list */
        struct whir_round *r = &out.rounds[i];
        struct code chosen = {0};
        uint32_t best = 0, tries = p->regime == WHIR_JOHNSON ? SOUNDNESS_MAX_MULTIPLICITY : 1;
        for (uint32_t m = 1; m <= tries; m++) {
            struct code c = code_of(p, r->log_inv_rate, m);
            if (c.delta <= 0) continue;
            if (fold_grind_for(&out, &c, i, fold_limit) > fold_limit) continue;
            if (r->ood > 0 && bits_of(ood_error(&out, &c, i)) < p->target_bits) continue;
            const bool last = i + 1 == p->n_rounds;
            uint32_t t = queries_for(&c, last ? NULL : &next, last ? 0 : out.rounds[i + 1].ood,
                                     ground_bits(p->profile, r->query_grind), p->target_bits);
            if (t != 0 && (best == 0 || t < best)) { /* the least multiplicity with this t */
                best = t;
                chosen = c;
            }
        }
        if (best == 0) return ERR_RANGE;
        r->queries = (uint16_t)best;
        r->fold_grind = (uint8_t)fold_grind_for(&out, &chosen, i, fold_limit);
        next = chosen;
    }
    *p = out;
    return ERR_OK;
}

int soundness_print(const struct soundness_report *report, char *text, size_t size)
{
    int total = 0;
    for (uint32_t i = 0; i <= report->n_lines; i++) {
        size_t at = (size_t)total < size ? (size_t)total : size;
        int n = i < report->n_lines
                    ? snprintf(text + at, size - at, "%-20s %8.2f bits (%u ground)\n",
                               report->lines[i].name, report->lines[i].bits, report->lines[i].grind)
                    : snprintf(text + at, size - at, "%-20s %8.2f bits, from %s\n", "total",
                               report->bits, report->lines[report->worst].name);
        if (n < 0) return n;
        total += n;
    }
    return total;
}

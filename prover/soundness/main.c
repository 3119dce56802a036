/* hawser-soundness            the security of every product program, line by line; exit status 1
 *                             when one misses its target
 *
 * The layers of the recursion from the leaf to the terminal; the joins share one program. Runs in the
 * build: a program below its target does not build. */
#include <stdio.h>

#include "prover/recursion/family.h"
#include "prover/verify/soundness.h"

enum { TEXT_SIZE = 16384 };

static int report_program(const char *layer, const struct program *p)
{
    static const char *const regimes[] = {"unique decoding", "Johnson"};
    struct soundness_report report;
    char text[TEXT_SIZE];
    const struct whir_params *w = &p->params;
    const struct soundness_input in = program_soundness(p);
    const enum err err = soundness_check(&in, &report);
    printf("%s: program %s, id ", layer, p->system->name);
    for (int i = 0; i < 32; i++)
        printf("%02x", p->id[i]);
    printf("\nstack 2^%u, fractions 2^%u, highest table 2^%u, degree %u, %u constraints, proof %zu "
           "bytes\n",
           p->log_stack, p->log_fractions, p->log_height, p->degree, p->n_constraints,
           p->proof_len);
    printf("target %u bits, %s\n", w->target_bits, regimes[w->regime]);
    for (uint32_t i = 0; i < w->n_rounds; i++)
        printf("round %u: fold %u, rate 2^-%u, %u queries, %u OOD, grinding %u/%u, radius %.4f, "
               "list 2^%.1f, multiplicity %u\n",
               i, w->rounds[i].fold, w->rounds[i].log_inv_rate, w->rounds[i].queries,
               w->rounds[i].ood, w->rounds[i].query_grind, w->rounds[i].fold_grind,
               report.delta[i], report.log_list[i], report.multiplicity[i]);
    const int n = soundness_print(&report, text, sizeof text);
    if (err == ERR_OK && n > 0 && n < TEXT_SIZE) {
        printf("%s\n", text);
        return 0;
    }
    fprintf(stderr, "hawser-soundness: %s: program %s: %s: %.2f bits (%s), target %u\n", layer,
            p->system->name, err_text(err), report.bits, report.lines[report.worst].name,
            w->target_bits);
    return 1;
}

int main(void)
{
    const struct family *f = family_product();
    int programs = 0, failed = 0;
    for (int layer = LAYER_LEAF; layer < LAYER_COUNT; layer++) {
        if (layer > LAYER_LIFT1 && layer <= LAYER_RANGE) continue;
        const bool join = layer == LAYER_LIFT1;
        programs++;
        failed += report_program(join ? "join" : layer_name((enum layer)layer), f->program[layer]);
    }
    printf("programs: %d passed, %d failed\n", programs - failed, failed);
    return failed > 0 || fflush(stdout) != 0;
}

#include "tests/unit/prover/recursion/family_toy.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/prove/system_prove.h"
#include "prover/verify/labels.h"

enum { BUS_SAID = 1, LOG_SAID = 6 };

/* Public value i is what row i of the table holds; a square for something to constrain. */
static struct ir_system *said_system(const char *name, uint32_t n_public)
{
    struct ir_system *s = ir_system_new(name, 1, n_public);
    struct ir_table *t = ir_table_new(s, "said", LOG_SAID);
    ir_x v = ir_col(t, ir_column(t, "v")), w = ir_col(t, ir_column(t, "w"));
    ir_x on = ir_col(t, ir_column(t, "on")), i = ir_idx(t, 0, LOG_SAID), f[2] = {i, v};
    ir_assert_bool(t, on, "on is a flag");
    ir_assert_eq(t, w, ir_mul(t, v, v), "square");
    ir_send(t, BUS_SAID, on, f, 2, "said");
    for (uint32_t k = 0; k < n_public; k++) {
        struct ir_public_field g[2] = {{true, k}, {false, k}};
        ir_public_receive(s, BUS_SAID, g, 2, "said");
    }
    ir_system_finish(s);
    return s;
}

/* Parameters that claim nothing. */
static struct program *untargeted(const struct ir_system *s, enum proof_profile profile,
                                  uint32_t rate, uint32_t first_fold, uint32_t fold,
                                  uint32_t n_rounds)
{
    struct program *p = NULL;
    uint32_t m = program_stack_log(s);
    if (m < 10) m = 10;
    struct whir_params params = {.n_vars = (uint8_t)m,
                                 .n_rounds = (uint8_t)n_rounds,
                                 .regime = WHIR_JOHNSON,
                                 .profile = (uint8_t)profile};
    for (uint32_t i = 0; i < n_rounds; i++) {
        params.rounds[i] = (struct whir_round){.fold = (uint8_t)(i == 0 ? first_fold : fold),
                                               .log_inv_rate = (uint8_t)rate,
                                               .ood = 1,
                                               .queries = (uint16_t)(i == 0 ? 2 : 1)};
        rate += params.rounds[i].fold - 1u;
    }
    REQUIRE(program_params_add_pre(s, &params, 0) == ERR_OK);
    REQUIRE(program_new_untargeted(s, &params, &p) == ERR_OK);
    return p;
}

static const struct rec_shape JOIN = {.poseidon = 11,
                                      .ext = 14,
                                      .pow = 8,
                                      .fold = 6,
                                      .pack = 10,
                                      .split = 10,
                                      .bits = 6,
                                      .constant = 11};
static const struct rec_shape ONE = {.poseidon = 10,
                                     .ext = 13,
                                     .pow = 7,
                                     .fold = 5,
                                     .pack = 9,
                                     .split = 10,
                                     .bits = 6,
                                     .constant = 11};

void family_toy_init(struct family_toy *y)
{
    static const char *const names[4] = {"toy-leaf", "toy-leaf-blob", "toy-pairing", "toy-batch"};
    static const uint32_t n_public[4] = {56, 64, 8, 40};
    memset(y, 0, sizeof *y);
    for (uint32_t i = 0; i < 4; i++)
        y->child[i] = said_system(names[i], n_public[i]);
    for (int layer = LAYER_LEAF; layer <= LAYER_BATCH; layer++) {
        const bool large = layer == LAYER_LEAF_LARGE || layer == LAYER_LEAF_LARGE_BLOB ||
                           layer == LAYER_PAIRING_LARGE;
        y->owned[layer] =
            untargeted(y->child[layer / 2], PROFILE_POSEIDON, large ? 1 : 2, 3, 3, 2);
        y->f.program[layer] = y->owned[layer];
    }
    y->f.join = JOIN;
    y->f.shrink = y->f.terminal = ONE;
    y->owned[LAYER_BATCH + 1] = untargeted(rec_system(&JOIN), PROFILE_POSEIDON, 1, 6, 5, 3);
    y->owned[LAYER_BATCH + 2] = untargeted(rec_system(&ONE), PROFILE_POSEIDON, 2, 6, 5, 3);
    y->owned[LAYER_BATCH + 3] = untargeted(rec_system(&ONE), PROFILE_KECCAK, 2, 6, 5, 3);
    for (int layer = LAYER_LIFT1; layer <= LAYER_RANGE; layer++)
        y->f.program[layer] = y->owned[LAYER_BATCH + 1];
    y->f.program[LAYER_SHRINK] = y->owned[LAYER_BATCH + 2];
    y->f.program[LAYER_TERMINAL] = y->owned[LAYER_BATCH + 3];
    REQUIRE(slots_make_keys(&y->f, 2, &y->keys, y->rows) == ERR_OK);
}

void family_toy_deinit(struct family_toy *y)
{
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        slot_free(&y->slot[layer]);
    for (uint32_t i = 0; i < ARRAY_LEN(y->owned); i++)
        program_free(y->owned[i]);
    for (uint32_t i = 0; i < ARRAY_LEN(y->child); i++)
        ir_system_free(y->child[i]);
}

void family_toy_child(struct family_toy *y, enum layer layer, const uint32_t *publics,
                      struct layer_proof *out)
{
    const struct program *p = y->f.program[layer];
    struct ir_trace *tr = ir_trace_new(p->system);
    REQUIRE(layer <= LAYER_BATCH && tr != NULL);
    layer_proof_init(out, layer);
    out->n_publics = p->system->n_public;
    for (uint32_t i = 0; i < out->n_publics; i++) {
        const uint32_t v = publics[i];
        out->publics[i] = tr->publics[i] = tr->tables[0].columns[0][i] = v;
        tr->tables[0].columns[1][i] = (uint32_t)((uint64_t)v * v % IR_P);
        tr->tables[0].columns[2][i] = 1;
    }
    REQUIRE(system_prove(p, tr, &out->proof, NULL) == ERR_OK);
    ir_trace_free(tr);
    REQUIRE(family_verify(&y->f, &y->keys, out, NULL) == ERR_OK);
}

const struct slot *family_toy_slot(struct family_toy *y, enum layer layer)
{
    if (y->slot[layer].r == NULL)
        REQUIRE(slot_new(&y->f, &y->keys, layer, 2, &y->slot[layer]) == ERR_OK);
    return &y->slot[layer];
}

enum err family_toy_join(struct family_toy *y, enum layer layer, const struct layer_proof *left,
                         const struct layer_proof *right, struct layer_proof *out, char check[64])
{
    const struct layer_proof *c[2] = {left, right};
    enum err err =
        slot_join(&y->f, &y->keys, family_toy_slot(y, layer), layer, c, 2, out, check, 64);
    if (err == ERR_OK) REQUIRE(family_verify(&y->f, &y->keys, out, NULL) == ERR_OK);
    return err;
}

const char *family_toy_run(struct family_toy *y, enum layer layer, const struct layer_proof *left,
                           const struct layer_proof *right, char check[64])
{
    const struct layer_proof *c[2] = {left, right};
    uint32_t *advice = NULL;
    size_t n = 0;
    struct ir_trace *tr = NULL;
    check[0] = 0;
    enum err err = slot_advice(&y->f, &y->keys, layer, c, &advice, &n, check, 64);
    if (err == ERR_OK) err = rec_run(family_toy_slot(y, layer)->r, advice, n, &tr, check, 64);
    REQUIRE((err == ERR_OK) == (check[0] == 0));
    ir_trace_free(tr);
    free(advice);
    return check;
}

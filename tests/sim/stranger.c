#include "tests/sim/stranger.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"
#include "tests/sim/sim.h"

enum { SEEN_MAX = 256, SIGNATURES_AT = 4 + 4 * 32, SIGNATURE = 65 };

static const struct l1_tx *seen[SEEN_MAX];
static size_t n_seen;

void stranger_init(void)
{
    n_seen = 0;
}

void stranger_sees(const struct l1_tx *tx)
{
    if (n_seen < SEEN_MAX) seen[n_seen++] = tx;
}

static bool is_agreement(const struct l1_tx *tx)
{
    uint8_t selector[4];
    l1_abi_selector(selector, "submitAgreement(uint32,uint64,bytes32,bytes)");
    return tx->len > SIGNATURES_AT + 32 + SIGNATURE && memcmp(tx->data, selector, 4) == 0;
}

/* Mostly what was sent last: that is what may still have an effect. */
static const struct l1_tx *choose(void)
{
    size_t back = sim_below(n_seen < 6 ? n_seen : 6);
    return sim_chance(800) ? seen[n_seen - 1 - back] : seen[sim_below(n_seen)];
}

bool stranger_acts(struct l1 *l)
{
    if (n_seen == 0) return false;
    const struct l1_tx *tx = choose();
    uint8_t *copy = malloc(tx->len);
    REQUIRE(copy != NULL);
    memcpy(copy, tx->data, tx->len);
    if (sim_chance(500)) {
        if (is_agreement(tx)) /* one signature only */
            put_be64(copy + SIGNATURES_AT + 24, SIGNATURE);
        else if (tx->len > 4 + 96)
            copy[4 + 96 + sim_below(tx->len - 4 - 96)] ^= (uint8_t)(1 + sim_below(255));
    }
    l1_stranger(l, (struct span){copy, tx->len});
    free(copy);
    return true;
}

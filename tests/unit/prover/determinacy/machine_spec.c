/* The recursion machine: addresses and multiplicities are the key's. */
#include "prover/recursion/machine.h"
#include "tests/unit/prover/determinacy/specs.h"

static const struct determinacy_bus MACHINE_BUSES[] = {
    {NULL, REC_WORD, -1, -1, 0, DET_F(0), DET_FS(1, 11), "the value at the address"},
    {NULL, REC_EXT, -1, -1, 0, DET_F(0), DET_FS(1, 7), "the value at the address"},
    {NULL, REC_END, -1, -1, 0, DET_F(0), DET_FS(1, 3), "the value at the address"},
};
static const struct determinacy_range MACHINE_RANGES[] = {{REC_RANGE, 0, 1u << REC_RANGE_LOG}};
static const struct determinacy_split MACHINE_SPLITS[] = {{"none", "none"}};
static const struct determinacy_given MACHINE_GIVEN[] = {
    {"poseidon", "turn", "advice, 0 or 1/kappa: with a wrong bit the path ends in another root", 0},
    {"poseidon", "in", "L is read, R is read or advice; `turn` says which half is which", 0},
    {"pack", "e1", "advice, bound by the words once they are hashed; or read at its own address",
     0},
    {"pack", "e2", "the same", 0},
    {"pack", "e3", "the same", 0},
    {"bits", "h", "v = size (idx + h): size is not 0 (the key's, 2^n), h in two 12-bit limbs", 0},
    {"bits", "g", "size (h + g) = p - 1, g in two 12-bit limbs", 0},
    {"range", "count", "as often as it is asked", 0},
};

const struct determinacy_spec DETERMINACY_MACHINE = DETERMINACY_SPEC(MACHINE, MACHINE, 0, 0);

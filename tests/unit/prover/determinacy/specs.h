#ifndef TESTS_UNIT_PROVER_DETERMINACY_SPECS_H
#define TESTS_UNIT_PROVER_DETERMINACY_SPECS_H
/* The product's programs for the determinacy pass: what their buses fix, and the reviewed lists of
 * columns that are given. */
#include "tests/unit/prover/determinacy/determinacy.h"

extern const struct determinacy_spec DETERMINACY_LEAF, DETERMINACY_BLOB, DETERMINACY_PAIRING,
    DETERMINACY_BATCH, DETERMINACY_MACHINE;

/* Of the arrays p_GIVEN, p_SPLITS, bus_BUSES, bus_RANGES. */
#define DETERMINACY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define DETERMINACY_SPEC(p, bus, in, first)                                                        \
    {                                                                                              \
        .buses = bus##_BUSES, .n_buses = DETERMINACY_LEN(bus##_BUSES), .ranges = bus##_RANGES,     \
        .n_ranges = DETERMINACY_LEN(bus##_RANGES), .given = p##_GIVEN,                             \
        .n_given = DETERMINACY_LEN(p##_GIVEN), .splits = p##_SPLITS,                               \
        .n_splits = DETERMINACY_LEN(p##_SPLITS), .sponge = (first), .sponge_in = (in)              \
    }

#endif

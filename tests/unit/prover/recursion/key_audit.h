#ifndef TESTS_UNIT_PROVER_RECURSION_KEY_AUDIT_H
#define TESTS_UNIT_PROVER_RECURSION_KEY_AUDIT_H
/* What machine.c says of keys, checked on the key itself: from the system's messages and the preprocessed
 * columns alone, nothing of the recording's own bookkeeping.
 *
 *   - who speaks on WORD, EXT and END, at which address and how often is a function of the key;
 *   - every address is written by one row, as often as it is read; every read is one read;
 *   - values depend on each other without a cycle (a pow row past the end reads itself, and nobody else
 *     reads it);
 *   - multiplicities add up to less than p;
 *   - a step of a path neither writes nor reads R; R and the expected output never share a row. */
#include "prover/recursion/layers.h"
#include "prover/recursion/rec.h"

struct key_audit {
    uint32_t values, reads; /* addresses written, messages that read */
    /* Elements of pack that somebody reads and whose words nobody reads in full: inverses only. */
    uint32_t unhashed;
    /* Words R of poseidon rows whose output nobody reads: advice that enters the program from outside
     * (keys, publics) and siblings that come first. */
    uint32_t floating;
    uint64_t multiplicities;
};

/* Aborts the test (ck_assert) at the first fault. */
struct key_audit key_audit(const struct rec *r);
/* The same for the recording of a layer, whose unhashed elements and words from outside are known; prints
 * the numbers. */
void key_audit_layer(const struct rec *r, enum layer layer);
#endif

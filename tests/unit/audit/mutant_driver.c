/* Runs core's executor (a mutant of it, see mutants.py) beside the audit. Exit status 10: the audit
 * noticed; 0: both agreed to the end; anything else: the mutant did not live that long. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/audit/pair.h"

enum { CAUGHT = 10, WORLDS = 8, BATCHES = 40 };

static bool agrees(struct pair *p, const struct published *b)
{
    struct replica_finding f;
    uint8_t got[32];
    if (replica_apply(p->replica, &b->batch, &f) != ERR_OK) {
        printf("caught: batch %u chain %u record %lld: %s\n", b->sealed.k, f.chain,
               (long long)f.record, f.text);
        return false;
    }
    replica_statement(p->replica, got);
    if (memcmp(got, b->statement, 32) == 0) {
        replica_digest(p->replica, got);
        if (memcmp(got, b->digest, 32) == 0) return true;
    }
    printf("caught: batch %u: statement or digest\n", b->sealed.k);
    return false;
}

int main(void)
{
    for (uint64_t seed = 1; seed <= WORLDS; seed++) {
        struct pair p;
        pair_init(&p, seed);
        p.wild = true;
        for (int i = 0; i < BATCHES; i++) {
            struct published b;
            pair_publish(&p, 30, &b);
            bool ok = agrees(&p, &b);
            published_free(&b);
            if (ok) continue;
            pair_free(&p);
            return CAUGHT;
        }
        pair_free(&p);
    }
    printf("nothing noticed\n");
    return 0;
}

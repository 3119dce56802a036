#include "oracle/plan.h"

size_t plan_signatures(const struct attest_book *b, const struct watch_result *look,
                       uint64_t ks[WATCH_DIGESTS_MAX])
{
    size_t n = 0;
    uint64_t least = look->least_agreed;
    uint64_t last = attest_book_last(b);
    if (!look->can_sign || look->k <= least) return 0;
    bool head = last <= least || last == look->k;
    if (head) last = look->k;
    for (size_t i = 0; i < look->n_digests; i++) {
        uint64_t k = least + 1 + i;
        bool ours = attest_book_signed(b, k) || (head && k == look->k);
        bool asked = k < last && attest_book_highest(b, k - 1, &look->digests[i], 1, 1) == k;
        if (ours || asked) ks[n++] = k;
    }
    return n;
}

uint64_t plan_agreement(const struct attest_book *b, const struct watch_result *look,
                        size_t members)
{
    if (!look->can_sign) return 0;
    return attest_book_highest(b, look->least_agreed, (const uint8_t(*)[32])look->digests,
                               look->n_digests, members);
}

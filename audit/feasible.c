#include "audit/feasible.h"

#include "common/base/endian.h"

enum { HEADER = 44, AT_PRIORITY = 16, AT_WITHDRAWALS = 18, AT_BYTES = 20, AT_RECORDS = 24 };
enum { KIND_EXIT = 4, PAYMENT_COST = 5 };

static bool fault_at(struct feasible_fault *f, uint32_t chain, uint32_t record, const char *text)
{
    *f = (struct feasible_fault){(uint16_t)chain, record, text};
    return false;
}

/* What executing the segment's regions costs; reads no further than the segment goes. */
static uint64_t execution_cost(struct span s)
{
    static const size_t sizes[] = {0, 42, 62, 46, 42};
    if (s.len < HEADER) return 0;
    uint64_t n = get_be16(s.data + AT_PRIORITY);
    uint64_t cost = n + PAYMENT_COST * (uint64_t)get_be16(s.data + AT_WITHDRAWALS);
    size_t at = HEADER;
    for (uint64_t i = 0; i < n && at < s.len; i++) {
        unsigned kind = s.data[at] >> 4;
        if (kind < 1 || kind > KIND_EXIT) break;
        if (kind == KIND_EXIT) cost += PAYMENT_COST - 1;
        at += sizes[kind];
    }
    return cost;
}

static bool part_fits(const struct gate_part *p, struct feasible_fault *f)
{
    size_t bytes = 0;
    uint64_t cost = 0;
    for (uint32_t i = 0; i < p->n_segments; i++) {
        const struct gate_segment *s = &p->segments[i];
        bytes += s->bytes.len;
        cost += execution_cost(s->bytes);
        if (s->slice >= GATE_SLICES_MAX)
            return fault_at(f, p->chain, UINT32_MAX, "a batch has at most 32 slices");
        if (i > 0 && s->slice <= p->segments[i - 1].slice)
            return fault_at(f, p->chain, UINT32_MAX,
                            "two segments of one slice, or slices go back");
    }
    if (bytes > FEASIBLE_CHAIN_BYTES_MAX)
        return fault_at(f, p->chain, UINT32_MAX, "more than 120000 bytes of one chain");
    if (cost > FEASIBLE_EXECUTION_MAX)
        return fault_at(f, p->chain, UINT32_MAX,
                        "more payments and requests than one transaction can execute");
    return true;
}

/* Slice of a record of a chain's part; false if there is no such record. */
static bool slice_of(const struct gate_ask *ask, uint16_t chain, uint32_t record, uint8_t *slice)
{
    uint64_t left = record;
    for (uint32_t i = 0; i < ask->n_parts; i++) {
        const struct gate_part *p = &ask->parts[i];
        if (p->chain != chain) continue;
        for (uint32_t j = 0; j < p->n_segments; j++) {
            struct span s = p->segments[j].bytes;
            uint32_t n = s.len < HEADER ? 0 : get_be32(s.data + AT_RECORDS);
            *slice = p->segments[j].slice;
            if (left < n) return true;
            left -= n;
        }
    }
    return false;
}

static bool request_fits(const struct gate_ask *ask, const struct gate_request *q, uint8_t *last,
                         struct feasible_fault *f)
{
    for (uint32_t i = 0; i < q->n_records; i++) {
        uint8_t slice = 0;
        if (!slice_of(ask, q->chain[i], q->record[i], &slice))
            return true; /* the replica says so */
        if (slice < *last)
            return fault_at(f, q->chain[i], q->record[i], "a record before its slice has begun");
        if (i > 0 && slice != *last)
            return fault_at(f, q->chain[i], q->record[i], "the halves lie in different slices");
        *last = slice;
    }
    return true;
}

bool feasible_check(const struct gate_ask *ask, struct feasible_fault *fault)
{
    uint32_t segments = 0;
    uint32_t blobs = 0;
    uint8_t last = 0;
    for (uint32_t i = 0; i < ask->n_parts; i++) {
        segments += ask->parts[i].n_segments;
        blobs += ask->parts[i].blob ? 1 : 0;
        if (!part_fits(&ask->parts[i], fault)) return false;
    }
    if (segments > FEASIBLE_SEGMENTS_MAX)
        return fault_at(fault, 0xFFFF, UINT32_MAX, "more than 64 segments in the batch");
    if (blobs > FEASIBLE_BLOBS_MAX)
        return fault_at(fault, 0xFFFF, UINT32_MAX, "more than 11 parts in blobs");
    for (uint32_t i = 0; i < ask->n_requests; i++) {
        if (!request_fits(ask, &ask->requests[i], &last, fault)) return false;
    }
    return true;
}

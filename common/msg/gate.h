#ifndef COMMON_MSG_GATE_H
#define COMMON_MSG_GATE_H
/* Orchestrator -> audit gate -> orchestrator: may this sealed batch be committed?
 *
 * Bodies of signed frames (common/msg/msg.h, channels ORCHESTRATOR_TO_AUDIT and back). The gate
 * re-executes the published bytes with its own rules on the state that its own reading of the L1s
 * plus the batches it approved give; it believes nothing else of what it is told.
 *
 * Threads:  pure.
 * Lifetime: a decoded ask borrows bytes from the message and owns its list of requests
 *           (gate_ask_deinit); an ask to be written borrows everything.
 * Limits:   the constants below; who writes more gets ERR_TOO_LARGE or ERR_ARG, who reads more
 *           ERR_PARSE. */
#include "common/base/bytes.h"
#include "common/base/err.h"

enum {
    GATE_MSG_VERSION = 3, /* version 2 had no blobs, version 1 one segment for each participant */
    GATE_MSG_ASK = 1,     /* struct gate_ask */
    GATE_MSG_ANSWER = 2,  /* struct gate_answer */
    GATE_PARTICIPANTS_MAX = 16,
    GATE_CHAINS_MAX = 16,
    GATE_SEGMENTS_MAX = 64, /* of one participant; the gate refuses a batch with more in all */
    GATE_SLICES_MAX = 32,
    GATE_SEGMENT_MAX = 8192, /* bytes of one segment */
    GATE_TEXT_MAX = 400,
    GATE_REQUESTS_MAX = 32768,
    GATE_REQUEST_MAX = 4096,         /* bytes of one request */
    GATE_ASK_MAX = 16 * 1024 * 1024, /* bytes of an ask: for buffers and links on both sides */
};

struct gate_segment {
    uint8_t slice;     /* 0 .. GATE_SLICES_MAX - 1, ascending along a chain */
    struct span bytes; /* decoded: borrows from the message */
};
struct gate_part {
    uint16_t chain;         /* index */
    bool blob;              /* published in a blob (docs/protocol/blobs.md); else calldata */
    uint8_t root_after[32]; /* of the last segment, 8 x u32 big-endian */
    uint32_t n_segments;    /* 1 .. GATE_SEGMENTS_MAX */
    struct gate_segment segments[GATE_SEGMENTS_MAX];
};
/* What was asked for, as the sequencer journals it (signatures included or not: senders leave them
 * out, nobody looks at them): the gate compares every record with it. */
struct gate_request {
    uint8_t n_records; /* 1, or 2 for both halves */
    uint16_t chain[2]; /* index, and number in that chain's part (through all segments), of each */
    uint32_t record[2];
    struct span bytes; /* decoded: borrows from the message */
};
struct gate_ask {
    uint64_t k, time;
    uint8_t final_root_before[32], final_root_after[32];
    uint8_t statement[32];
    uint32_t n_parts;
    struct gate_part parts[GATE_PARTICIPANTS_MAX];
    uint32_t n_requests; /* in the order of execution */
    struct gate_request *requests;
};

enum gate_verdict {
    GATE_APPROVED = 1,
    GATE_REFUSED = 2,    /* the batch is wrong: chain, record, text say where */
    GATE_CANNOT_SEE = 3, /* the gate's own fault or an L1 it cannot read: wait, never bypass */
    GATE_EXPECTS = 4,    /* the gate stands at batch k (answer.k): send that one first */
};
struct gate_answer {
    uint8_t verdict;
    uint64_t k;
    uint16_t chain;  /* REFUSED: chain index, 0xFFFF = the batch as a whole */
    uint32_t record; /* REFUSED: number of the record in that chain's part, UINT32_MAX = none */
    uint8_t statement[32]; /* of the question: an old approval does not fit other content */
    char text[GATE_TEXT_MAX];
};

MUST_CHECK enum err gate_ask_write(struct bytes_buf *out, const struct gate_ask *ask);
/* On failure nothing is left to free. ERR_PARSE, ERR_NOMEM. */
MUST_CHECK enum err gate_ask_read(struct gate_ask *out, struct span body);
void gate_ask_deinit(struct gate_ask *ask);
MUST_CHECK enum err gate_answer_write(struct bytes_buf *out, const struct gate_answer *answer);
MUST_CHECK enum err gate_answer_read(struct gate_answer *out, struct span body);
#endif

/* make_core_corpus FOLDER: writes the corpora of fuzz_core_segment and fuzz_core_request into FOLDER/segment
 * and FOLDER/request: one file for each kind of record and request, and one segment with all kinds. Run by
 * hand after a change of the formats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/op/amount.h"
#include "core/op/codec.h"
#include "core/op/request.h"

static void file_write(const char *folder, const char *kind, const char *name, const uint8_t *data,
                       size_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", folder, kind, name);
    FILE *f = fopen(path, "wb");
    REQUIRE(f != NULL);
    REQUIRE(fwrite(data, 1, n, f) == n);
    REQUIRE(fclose(f) == 0);
}

static void segment_write(const char *folder, const char *name, const struct record *records,
                          uint32_t n)
{
    static struct segment s;
    static uint8_t bytes[BATCH_BYTES_MAX];
    uint32_t len;
    memset(&s, 0, sizeof s);
    s.header.chain = 1;
    s.header.k = 2;
    s.header.time = 1800000000;
    s.header.of = 1;
    s.n_records = n;
    memcpy(s.records, records, n * sizeof *records);
    const enum err err = segment_encode(&s, bytes, &len);
    if (err != ERR_OK) {
        fprintf(stderr, "segment %s: %s\n", name, err_text(err));
        exit(EXIT_FAILURE);
    }
    file_write(folder, "segment", name, bytes, len);
}

static void segments_write(const char *folder)
{
    static const uint8_t codes[] = {OP_OPEN,    OP_WITHDRAW, OP_TRANSFER, OP_CHANGE_KEY, OP_CREATE,
                                    OP_SWAP_IN, OP_ADD,      OP_REMOVE,   OP_SWAP_OUT};
    enum { KINDS = sizeof codes, PRIORITY = 4 };
    struct record r[PRIORITY + 2 * KINDS];
    char name[32];
    memset(r, 0, sizeof r);
    for (uint8_t i = 0; i < PRIORITY; i++) { /* priority records come first */
        r[i].code = OP_PRIORITY;
        r[i].u.priority.kind = (uint8_t)(i + 1);
        snprintf(name, sizeof name, "priority%u", i + 1u);
        segment_write(folder, name, &r[i], 1);
    }
    for (uint32_t i = 0; i < 2 * KINDS; i++) { /* with a published step, then by ESCAPE */
        struct record *q = &r[PRIORITY + i];
        q->code = codes[i / 2];
        q->auth.account = 100 + i;
        q->auth.step = i % 2 == 0 ? 3 : 0;
        q->auth.leaf = i % 2 == 0 ? 0 : 1000;
        if (q->code == OP_SWAP_OUT) q->u.swap_out.amount = amount_from_u64(i % 2 == 0 ? 7 : 70000);
        snprintf(name, sizeof name, "code%u%s", q->code, i % 2 == 0 ? "" : "-escape");
        segment_write(folder, name, q, 1);
    }
    segment_write(folder, "all", r, PRIORITY + 2 * KINDS);
    segment_write(folder, "empty", r, 0);
}

static void requests_write(const char *folder)
{
    static struct request r;
    static uint8_t bytes[REQUEST_BYTES_MAX];
    for (uint8_t kind = REQUEST_OPEN; kind <= REQUEST_PRIORITY; kind++) {
        for (uint32_t is_signed = 0; is_signed <= 1; is_signed++) {
            char name[32];
            size_t n;
            memset(&r, 0, sizeof r);
            r.kind = kind;
            r.chain = 1;
            if (kind == REQUEST_PRIORITY) r.u.priority.kind = 1;
            r.n_signatures = (uint8_t)(is_signed ? request_signatures(kind) : 0);
            r.signature_height[0] = r.signature_height[1] = 12;
            if (is_signed && r.n_signatures == 0) continue;
            const enum err err = request_encode(&r, is_signed, bytes, sizeof bytes, &n);
            snprintf(name, sizeof name, "kind%u%s", kind, is_signed ? "-signed" : "");
            if (err != ERR_OK) {
                fprintf(stderr, "request %s: %s\n", name, err_text(err));
                exit(EXIT_FAILURE);
            }
            file_write(folder, "request", name, bytes, n);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_core_corpus FOLDER\n");
        return EXIT_FAILURE;
    }
    segments_write(argv[1]);
    requests_write(argv[1]);
    return EXIT_SUCCESS;
}

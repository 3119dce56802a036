#include "common/base/require.h"
#include "prover/trace/witness_internal.h"

static void fill_sha256(struct witness *w, const uint32_t *words, uint32_t last_block)
{
    struct sha_fill s;
    if (!sha_fill_init(&s, w)) return;
    uint32_t hash[8];
    sha_fill_initial(hash);
    for (uint32_t b = 0; b < s.n_blocks; b++) {
        sha_fill_block(&s, b, words + 16 * b, hash);
        for (uint32_t i = 0; i < 8; i++) {
            w_put(w, s.blocks, 8 * b + i, "used", b <= last_block);
            w_put(w, s.blocks, 8 * b + i, "last", b == last_block);
        }
    }
}

void fill_bytes(struct witness *w, const struct chain_trace *trace)
{
    uint32_t table = w_table(w, "bytes");
    if (table == NO_TABLE) return;
    uint32_t rows = 1u << w->system->tables[table]->log_height, length = trace->n_bytes;
    if (length + 9 > 4 * rows) {
        w_fail(w, ERR_FULL, "table bytes: %u bytes and their padding exceed %u", (unsigned)length,
               (unsigned)(4 * rows));
        return;
    }
    uint32_t last_block = (length + 8) / 64, words[(BATCH_BYTES_MAX + 9) / 4];
    REQUIRE(rows <= ARRAY_LEN(words));
    for (uint32_t r = 0; r < rows; r++) {
        uint32_t b[4];
        for (uint32_t k = 0; k < 4; k++) {
            uint32_t pos = 4 * r + k;
            b[k] = pos < length ? trace->bytes[pos] : pos == length ? 0x80 : 0;
        }
        bool is_length = r == 16 * last_block + 15;
        if (is_length) {
            b[2] = 8 * length >> 8;
            b[3] = 8 * length & 0xff;
        }
        words[r] = b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
        w_put_n(w, table, r, "byte", b, 4);
        w_put(w, table, r, "full", 4 * r + 4 <= length);
        if (4 * r <= length && length < 4 * r + 4)
            w_set(w, table, r, w_column(w, table, "end 0") + length % 4, 1);
        w_put(w, table, r, "length", is_length);
        w_put(w, table, r, "L", length);
    }
    fill_sha256(w, words, last_block);
}

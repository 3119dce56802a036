/* segment_decode: what it accepts is what segment_encode writes, what it refuses it explains. */
#include <stdlib.h>
#include <string.h>

#include "common/base/require.h"
#include "core/op/codec.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct segment segment;
    static uint8_t again[BATCH_BYTES_MAX];
    struct codec_error why = {.what = NULL};
    uint32_t n = 0;
    const enum err err = segment_decode(&segment, data, size, &why);
    if (err != ERR_OK) {
        REQUIRE(err == ERR_PARSE || err == ERR_VERSION || err == ERR_TOO_LARGE);
        REQUIRE(why.what != NULL && why.at <= size);
        return 0;
    }
    fuzz_accept();
    REQUIRE(segment_encode(&segment, again, &n) == ERR_OK);
    REQUIRE(n == size);
    REQUIRE(memcmp(again, data, size) == 0);
    return 0;
}

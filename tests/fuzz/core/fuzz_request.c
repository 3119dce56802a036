/* request_decode: what it accepts is what request_encode writes. */
#include <string.h>

#include "common/base/require.h"
#include "core/op/request.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct request request;
    static uint8_t again[REQUEST_BYTES_MAX];
    uint8_t id[32];
    size_t n = 0;
    const enum err err = request_decode(&request, data, size);
    if (err != ERR_OK) {
        REQUIRE(err == ERR_PARSE || err == ERR_VERSION);
        return 0;
    }
    fuzz_accept();
    REQUIRE(request_encode(&request, true, again, sizeof again, &n) == ERR_OK);
    REQUIRE(n == size);
    REQUIRE(memcmp(again, data, size) == 0);
    request_id(id, &request);
    return 0;
}

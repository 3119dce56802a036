/* A question to the audit gate: what is read is written again, byte for byte. */
#include "common/base/require.h"
#include "common/msg/gate.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gate_ask ask;
    struct bytes_buf again;
    if (gate_ask_read(&ask, span_make(data, size)) != ERR_OK) {
        REQUIRE(ask.requests == NULL);
        return 0;
    }
    bytes_buf_init(&again, GATE_ASK_MAX);
    REQUIRE(gate_ask_write(&again, &ask) == ERR_OK);
    REQUIRE(span_equal(bytes_buf_span(&again), span_make(data, size)));
    bytes_buf_deinit(&again);
    gate_ask_deinit(&ask);
    fuzz_accept();
    return 0;
}

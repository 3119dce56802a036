/* msg_open on arbitrary bytes, and on a frame sealed over them: that one opens, any change does not. */
#include <string.h>

#include "common/base/require.h"
#include "common/msg/msg.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {[31] = 3};
    struct msg_signer signer;
    struct msg_trust trust = {.count = 0};
    struct msg msg;
    size_t who;
    REQUIRE(msg_signer_init(&signer, key, 0) == ERR_OK);
    REQUIRE(msg_trust_add(&trust, signer.address) == ERR_OK);
    /* Nobody signed it. */
    REQUIRE(msg_open(&msg, &who, span_make(data, size), MSG_CHANNEL_ORACLE_TO_ORACLE, &trust) !=
            ERR_OK);
    struct bytes_buf frame;
    bytes_buf_init(&frame, 1 << 20);
    struct msg sent = {.channel = MSG_CHANNEL_ORACLE_TO_ORACLE,
                       .version = 1,
                       .type = 2,
                       .body = span_make(data, size)};
    REQUIRE(msg_seal(&frame, &signer, &sent) == ERR_OK);
    REQUIRE(msg_open(&msg, &who, bytes_buf_span(&frame), sent.channel, &trust) == ERR_OK);
    REQUIRE(span_equal(msg.body, sent.body));
    fuzz_accept();
    if (size > 0) {
        frame.data[data[0] % frame.len] ^= (uint8_t)(1 << data[size - 1] % 8);
        REQUIRE(msg_open(&msg, &who, bytes_buf_span(&frame), sent.channel, &trust) != ERR_OK);
    }
    bytes_buf_deinit(&frame);
    return 0;
}

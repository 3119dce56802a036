#ifndef TESTS_FUZZ_PROVER_CHANGE_H
#define TESTS_FUZZ_PROVER_CHANGE_H
/* Changes to honest bytes, as an input of a fuzz target says them: kind, place (16 bits), value. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHANGES = 7, CHANGE_BYTES = 4 };

/* Kinds 0 .. CHANGES - 1 (c[0] % 8); returns the new length, at most max. */
static inline size_t change_bytes(uint8_t *bytes, size_t len, size_t max,
                                  const uint8_t c[CHANGE_BYTES])
{
    const size_t place = (size_t)c[1] << 8 | c[2];
    /* 16 bits reach the whole of a long proof */
    const size_t at = len == 0 ? 0 : (len > 65536 ? place * (len / 65536 + 1) : place) % len;
    const size_t room = len - at < 32 ? len - at : 32;
    switch (c[0] % 8) {
    case 0: /* a bit */
        if (len > 0) bytes[at] ^= (uint8_t)(1 << c[3] % 8);
        return len;
    case 1: /* a byte */
        if (len > 0) bytes[at] = c[3];
        return len;
    case 2: /* the prime, or more: not canonical */
        if (len - at >= 4) memcpy(bytes + at, (const uint8_t[4]){0x7f, 0, 0, c[3]}, 4);
        return len;
    case 3: /* zeros or ones */
        memset(bytes + at, c[3] % 2 == 0 ? 0 : 0xff, room);
        return len;
    case 4: /* shorter */
        return at;
    case 5: /* longer */
        if (len + c[3] > max) return len;
        memset(bytes + len, c[1], c[3]);
        return len + c[3];
    default: /* from elsewhere: fields change places */
        memmove(bytes + at, bytes + (size_t)c[3] * (len / 256 + 1) % (len - room + 1), room);
        return len;
    }
}

#endif

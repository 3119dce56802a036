/* SHA-256 preimages of docs/protocol/settlement.md sections 1 and 2, written out byte by byte. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/endian.h"
#include "common/crypto/sha256.h"
#include "core/batch/statement.h"
#include "tests/support/check_main.h"

static uint8_t buf[1024];
static size_t len;

static void add(const void *p, size_t n)
{
    memcpy(buf + len, p, n);
    len += n;
}

static void begin(const char *tag)
{
    memset(buf, 0, sizeof buf);
    memcpy(buf, tag, strlen(tag));
    len = 16;
}

static void check(const uint8_t got[32])
{
    uint8_t want[32];
    sha256(want, buf, len);
    ck_assert_mem_eq(got, want, 32);
}

START_TEST(digests_are_those_of_the_written_layout)
{
    uint8_t out[32];
    struct chain_entry chains[2] = {{.index = 1, .chain_id = 7, .finality = 12},
                                    {.index = 0, .chain_id = 31337, .finality = 0xffffffff}};
    memset(chains[0].address, 0xaa, 20);
    begin("HAWSER-CHAINS-1");
    add("\x00\x02" "\x00\x01" "\0\0\0\0\0\0\0\x07" "\0\0\0\0\0\0\0\0\0\0\0\0", 2 + 2 + 8 + 12);
    add(chains[0].address, 20);
    add("\0\0\0\x0c" "\0\0" "\0\0\0\0\0\0\x7a\x69" "\0\0\0\0\0\0\0\0\0\0\0\0", 4 + 2 + 8 + 12);
    add(chains[1].address, 20);
    add("\xff\xff\xff\xff", 4);
    ck_assert_ok(chains_digest(out, chains, 2));
    check(out);
    chains[1].chain_id = 7;
    ck_assert_err(chains_digest(out, chains, 2), ERR_ARG); /* F12: ascending, no double */

    uint8_t id[32];
    memset(id, 3, 32);
    begin("HAWSER-PROGS-1");
    add("\x00\x01", 2);
    add(id, 32);
    programs_digest(out, id);
    check(out);

    struct chain_root roots[2] = {{.chain_id = 7}, {.chain_id = 8}};
    for (uint32_t i = 0; i < 8; i++) roots[1].root.e[i] = 0x01020304 + i;
    begin("HAWSER-ROOT-1");
    add("\0\0\0\0\0\0\0\x09" "\0\x02" "\0\0\0\0\0\0\0\x07", 18);
    len += 32;
    add("\0\0\0\0\0\0\0\x08", 8);
    for (uint32_t i = 0; i < 8; i++) {
        uint8_t be[4];
        put_be32(be, 0x01020304 + i);
        add(be, 4);
    }
    ck_assert_ok(final_root_hash(out, 9, roots, 2));
    check(out);

    uint8_t segment[32], one = 1;
    memset(segment, 5, 32);
    memset(buf, 0, sizeof buf);
    len = 0;
    add(&one, 1);
    add(segment, 32);
    ck_assert_ok(pubdata_hash(out, segment, 1));
    check(out);

    uint8_t two[64], z[32], a[32], b[32];
    memset(two, 5, 32);
    memset(two + 32, 6, 32);
    memset(z, 7, 32);
    memset(a, 8, 32);
    memset(b, 9, 32);
    memset(buf, 0, sizeof buf);
    len = 0;
    add("\x82", 1);
    add(two, 64);
    add(z, 32);
    add(a, 32);
    add(b, 32);
    ck_assert_ok(blob_pubdata_hash(out, two, 2, z, a, b));
    check(out);
    ck_assert_err(blob_pubdata_hash(out, two, 0, z, a, b), ERR_ARG);
    ck_assert_err(blob_pubdata_hash(out, two, 65, z, a, b), ERR_ARG);

    struct chain_pubdata participants[1] = {{.chain_id = 8}};
    memset(participants[0].hash, 6, 32);
    struct statement s = {.k = 3, .time = 0x0102030405, .participants = participants,
                          .n_participants = 1};
    memset(s.deployment_id, 1, 32);
    memset(s.final_root_before, 2, 32);
    memset(s.final_root_after, 3, 32);
    memset(s.chains_digest, 4, 32);
    memset(s.programs_digest, 5, 32);
    begin("HAWSER-STMT-1");
    add(s.deployment_id, 32);
    add("\0\0\0\x04" "\0\0\0\0\0\0\0\x03", 12);
    add(s.final_root_before, 32);
    add(s.final_root_after, 32);
    add("\0\0\0\x01\x02\x03\x04\x05", 8);
    add(s.chains_digest, 32);
    add(s.programs_digest, 32);
    add("\0\x01" "\0\0\0\0\0\0\0\x08", 10);
    add(participants[0].hash, 32);
    ck_assert_ok(statement_hash(out, &s));
    check(out);

    begin("HAWSER-D0-1");
    add(s.deployment_id, 32);
    add(s.final_root_after, 32);
    digest_genesis(out, s.deployment_id, s.final_root_after);
    check(out);
    begin("HAWSER-DK-1");
    add(s.deployment_id, 32);
    add(s.final_root_after, 32);
    digest_next(out, s.deployment_id, s.final_root_after);
    check(out);

    struct deployment_input d = {.oracles_m = 3, .oracles_n = 4};
    uint8_t oracles[80];
    memset(oracles, 9, sizeof oracles);
    memset(d.salt, 8, 32);
    d.genesis_root.e[7] = 1;
    d.oracles = oracles;
    begin("HAWSER-DEPLOY-1");
    len += 64 + 31;
    add("\x01" "\0\x03" "\0\x04", 5);
    add(oracles, 80);
    add(d.salt, 32);
    ck_assert_ok(deployment_id_compute(out, &d));
    check(out);
    d.oracles_m = 5;
    ck_assert_err(deployment_id_compute(out, &d), ERR_ARG);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("core statements");
    TCase *tc = tcase_create("statements");
    tcase_add_test(tc, digests_are_those_of_the_written_layout);
    suite_add_tcase(s, tc);
    return check_main(s);
}

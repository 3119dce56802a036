/* The segment's header: its 44 bytes, the first and the last state of SEQ, and the facts of the
 * batch that other tables look up. Exactly one row is on, since the public values send one
 * header. */
#include <stdio.h>

#include "core/batch/limits.h"
#include "core/tags.h"
#include "prover/air/op_row.h"

enum {
    HEADER_BYTES = 44,
    HEADER_VERSION = 2,
    WITHDRAWAL_BYTES = 44,
    FEE_TOKENS = BATCH_FEE_TOKENS,
    DAY_SECONDS_LO = 86400 - 65536, /* 86400 = 2^16 + 20864 */
    DAY_CARRY_MAX = DAY_SECONDS_LO + 1
};

struct header {
    struct op_row o;
    ir_x b[HEADER_BYTES];
    ir_x chain, k[2], time[2], fee_account, n_priority, n_withdrawals, priority_bytes, n_ops;
    ir_x token[FEE_TOKENS], slot[FEE_TOKENS];
    ir_x dep[AIR_DIGEST], day, end;
    ir_x tuple_digest[AIR_DIGEST], n_tuples, last;
};

/* Published bytes and the numbers in them. Counts keep their top byte 0: 4 bytes could hold a
 * second form of an element. */
static void header_bytes(struct header *h, const struct batch_limits *limits)
{
    struct op_row *o = &h->o;
    struct ir_table *t = o->t;
    air_new_cols(t, h->b, "byte", HEADER_BYTES);
    air_bytes(t, o->on, ir_const(t, 0), h->b, HEADER_BYTES, "header byte");
    air_when_eq(t, o->on, h->b[0], ir_const(t, HEADER_VERSION), "version is 2");
    h->chain = op_be(o, h->b + 1, 2);
    op_limbs_be(o, h->b + 3, 2, h->k);
    op_limbs_be(o, h->b + 9, 2, h->time);
    h->fee_account = op_be(o, h->b + 13, 3);
    h->n_priority = op_be(o, h->b + 16, 2);
    h->n_withdrawals = op_be(o, h->b + 18, 2);
    air_when_zero(t, o->on, h->b[20], "bytes of the priority region below 2^24");
    h->priority_bytes = op_be(o, h->b + 21, 3);
    air_when_zero(t, o->on, h->b[24], "records below 2^24");
    h->n_ops = op_be(o, h->b + 25, 3);
    air_range16(t, o->on, ir_sub(t, ir_const(t, limits->priority), h->n_priority),
                "priority records within the limit");
    air_range16(t, o->on, ir_sub(t, ir_const(t, limits->withdrawals), h->n_withdrawals),
                "withdrawals within the limit");
    air_range16(t, o->on, ir_sub(t, ir_const(t, limits->records), h->n_ops),
                "records within the limit");
    for (uint32_t i = 0; i < FEE_TOKENS; i++) {
        h->token[i] = op_be(o, h->b + 28 + 4 * i, 3);
        h->slot[i] = h->b[31 + 4 * i];
    }
}

static void header_publics(struct header *h)
{
    struct ir_table *t = h->o.t;
    /* segment and `of` (bytes 7 and 8) are numbered by the batch program */
    ir_x pub[7] = {h->chain,   h->k[0], h->k[1], h->time[0],
                   h->time[1], h->b[7], h->b[8]};
    ir_receive(t, BUS_HEADER_PUBLIC, h->o.on, pub, 7, "header as public");
    ir_x dep[AIR_DIGEST + 1];
    air_new_cols(t, h->dep, "dep", AIR_DIGEST);
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        dep[i] = h->dep[i];
    dep[AIR_DIGEST] = h->chain;
    ir_receive(t, BUS_DEP_PUBLIC, h->o.on, dep, AIR_DIGEST + 1, "deployment as public");
    ir_x tuples[AIR_DIGEST + 1];
    air_new_cols(t, h->tuple_digest, "tuple_digest", AIR_DIGEST);
    h->n_tuples = air_col(t, "n_tuples");
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        tuples[i] = h->tuple_digest[i];
    tuples[AIR_DIGEST] = h->n_tuples;
    ir_send(t, BUS_TUPLES_PUBLIC, h->o.on, tuples, AIR_DIGEST + 1, "tuples as public");
}

/* T = 86400 day + seconds. */
static void header_day(struct header *h)
{
    struct op_row *o = &h->o;
    struct ir_table *t = o->t;
    h->day = air_col(t, "day");
    ir_x sec_lo = air_col(t, "seconds_lo");
    ir_x sec_hi = air_flag(t, "seconds_hi");
    /* Thi = day + sec_hi + carry;  Tlo + 2^16 carry = 20864 day + sec_lo: below 2^31, no wrap */
    ir_x carry = ir_sub(t, h->time[1], ir_add(t, h->day, sec_hi));
    ir_x low = ir_add(t, ir_scale(t, DAY_SECONDS_LO, h->day), sec_lo);
    air_when_eq(t, o->on, low, ir_add(t, h->time[0], ir_scale(t, 1u << 16, carry)),
                "time is day and seconds");
    air_range16(t, o->on, h->day, "day");
    air_range16(t, o->on, carry, "day carry");
    air_range16(t, o->on, air_plus(t, carry, 65535 - DAY_CARRY_MAX), "day carry is small");
    air_range16(t, o->on, sec_lo, "seconds");
    air_range16(t, o->on, ir_add(t, sec_lo, ir_scale(t, 65536 - DAY_SECONDS_LO, sec_hi)),
                "less than a day of seconds");
}

/* Fee tokens are distinct, unused entries are zero, the fee account is a user. */
static void header_fees(struct header *h)
{
    struct op_row *o = &h->o;
    struct ir_table *t = o->t;
    ir_x has = air_nonzero(t, h->fee_account, "has_fee_account");
    ir_x used[FEE_TOKENS];
    for (uint32_t i = 0; i < FEE_TOKENS; i++) {
        char name[48];
        snprintf(name, sizeof name, "fee_used_%u", (unsigned)i);
        used[i] = air_nonzero(t, h->token[i], name);
        snprintf(name, sizeof name, "fee token %u needs an account", (unsigned)i);
        air_when_zero(t, used[i], air_not(t, has), name);
        if (i > 0) {
            snprintf(name, sizeof name, "fee token %u follows another", (unsigned)i);
            air_when_zero(t, used[i], air_not(t, used[i - 1]), name);
        }
        snprintf(name, sizeof name, "unused fee token %u has no slot", (unsigned)i);
        air_when_zero(t, air_not(t, used[i]), h->slot[i], name);
        snprintf(name, sizeof name, "fee slot %u is in 2 .. 127", (unsigned)i);
        air_byte2(t, used[i], ir_sub(t, h->slot[i], ir_const(t, 2)), ir_scale(t, 2, h->slot[i]),
                  name);
        snprintf(name, sizeof name, "fee token %u only in the header row", (unsigned)i);
        air_when_zero(t, air_not(t, o->on), used[i], name);
    }
    for (uint32_t i = 0; i < FEE_TOKENS; i++)
        for (uint32_t k = i + 1; k < FEE_TOKENS; k++) {
            char name[48];
            snprintf(name, sizeof name, "fee_inverse_%u_%u", (unsigned)i, (unsigned)k);
            ir_x inverse = air_col(t, name);
            snprintf(name, sizeof name, "fee tokens %u and %u differ", (unsigned)i, (unsigned)k);
            ir_x product = ir_mul(t, ir_sub(t, h->token[i], h->token[k]), inverse);
            ir_assert_eq(t, product, ir_mul(t, used[i], used[k]),
                         name); /* unused ones may be equal */
        }
    for (uint32_t i = 0; i < FEE_TOKENS; i++) {
        char name[48];
        snprintf(name, sizeof name, "fee_asked_%u", (unsigned)i);
        ir_x asked = air_col(t, name);
        snprintf(name, sizeof name, "unused fee token %u answers nothing", (unsigned)i);
        air_when_zero(t, air_not(t, used[i]), asked, name);
        ir_x f[3] = {h->token[i], h->fee_account, h->slot[i]};
        snprintf(name, sizeof name, "fee slot %u", (unsigned)i);
        ir_receive(t, BUS_FEE_SLOT, asked, f, 3, name);
    }
    struct air_user u = {.auth = air_col(t, "fee_auth"), .height = air_col(t, "fee_height")};
    air_new_cols(t, u.owner, "fee_owner", AIR_OWNER);
    air_new_cols(t, u.root, "fee_root", AIR_ROOT);
    air_when_zero(t, air_not(t, o->on), has, "fee account only in the header row");
    air_user(t, has, ir_const(t, STEP_HEADER), h->fee_account, &u, "fee account is a user");
}

/* SEQ begins behind the regions and ends with everything used up. */
static void header_sequence(struct header *h)
{
    struct op_row *o = &h->o;
    struct ir_table *t = o->t;
    ir_x zero = ir_const(t, 0), one = ir_const(t, 1);
    ir_x withdrawals = air_plus(t, h->priority_bytes, HEADER_BYTES);
    ir_x stream = ir_add(t, withdrawals, ir_scale(t, WITHDRAWAL_BYTES, h->n_withdrawals));
    h->end = air_col(t, "end");
    h->last = air_col(t, "last");
    ir_x first[8] = {one, stream, zero, ir_const(t, HEADER_BYTES), zero, withdrawals, zero, zero};
    ir_send(t, BUS_SEQ, o->on, first, 8, "first record");
    ir_x last[8] = {air_plus(t, h->n_ops, 1), h->end, h->n_priority, withdrawals,
                    h->n_withdrawals,         stream, h->last,       h->n_tuples};
    ir_receive(t, BUS_SEQ, o->on, last, 8, "after the last record");
}

static void header_tuples(struct header *h)
{
    struct ir_table *t = h->o.t;
    ir_x id = ir_const(t, SPONGE_ID_TUPLES);
    ir_x f[10] = {id, ir_const(t, 0), ir_const(t, TAG_TUPLES), ir_scale(t, OP_TUPLE, h->n_tuples),
                  ir_const(t, 1)};
    op_zeros(&h->o, f + 5, 5);
    ir_send(t, BUS_SPONGE, h->o.on, f, 10, "tuples start");
    f[1] = ir_scale(t, OP_TUPLE_CHUNKS, h->n_tuples);
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        f[2 + i] = h->tuple_digest[i];
    ir_receive(t, BUS_SPONGE, h->o.on, f, 10, "tuples digest");
}

/* An answer to any number of askers, given in the header row only. */
static void header_answer(struct header *h, uint16_t bus, const char *column, const ir_x *f,
                          uint32_t n)
{
    struct ir_table *t = h->o.t;
    ir_x asked = air_col(t, column);
    char name[48];
    snprintf(name, sizeof name, "%s only in the header row", column);
    air_when_zero(t, air_not(t, h->o.on), asked, name);
    snprintf(name, sizeof name, "%s answer", column);
    ir_receive(t, bus, asked, f, n, name);
}

void header_table_build(struct ir_system *s, const struct batch_limits *limits)
{
    struct header h;
    op_table(&h.o, s, "header", OP_LOG_HEADER);
    header_bytes(&h, limits);
    header_publics(&h);
    header_day(&h);
    header_fees(&h);
    header_sequence(&h);
    header_tuples(&h);
    ir_x facts[4] = {h.time[0], h.time[1], h.chain, h.fee_account};
    header_answer(&h, BUS_HEADER, "header_asked", facts, 4);
    ir_x day[2] = {h.chain, h.day};
    header_answer(&h, BUS_DAY, "day_asked", day, 2);
    ir_x dep[AIR_DIGEST + 1];
    for (uint32_t i = 0; i < AIR_DIGEST; i++)
        dep[i] = h.dep[i];
    dep[AIR_DIGEST] = h.chain;
    header_answer(&h, BUS_DEP, "dep_asked", dep, AIR_DIGEST + 1);
    header_answer(&h, BUS_LENGTH, "length_asked", &h.end, 1);
}

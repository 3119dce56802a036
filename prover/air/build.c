#include "prover/air/build.h"

#include <stdio.h>
#include <string.h>

#include "common/base/require.h"

void air_cols(struct ir_table *t, ir_x *out, uint32_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = ir_col(t, first + i);
}

ir_x air_col(struct ir_table *t, const char *name)
{
    return ir_col(t, ir_column(t, name));
}

void air_new_cols(struct ir_table *t, ir_x *out, const char *name, uint32_t n)
{
    air_cols(t, out, ir_columns(t, name, n), n);
}

struct air_name air_name(const char *name, const char *text)
{
    struct air_name l;
    int n = snprintf(l.text, sizeof l.text, "%s %s", name, text);
    REQUIRE(n > 0 && (size_t)n < sizeof l.text);
    return l;
}

struct air_name air_name_number(const char *name, uint32_t i)
{
    struct air_name l;
    int n = snprintf(l.text, sizeof l.text, "%s %u", name, (unsigned)i);
    REQUIRE(n > 0 && (size_t)n < sizeof l.text);
    return l;
}

ir_x air_flag(struct ir_table *t, const char *name)
{
    ir_x x = air_col(t, name);
    ir_assert_bool(t, x, air_name(name, "is boolean").text);
    return x;
}

ir_x air_not(struct ir_table *t, ir_x flag)
{
    return ir_sub(t, ir_const(t, 1), flag);
}

ir_x air_plus(struct ir_table *t, ir_x a, uint32_t k)
{
    return ir_add(t, a, ir_const(t, k));
}

ir_x air_select(struct ir_table *t, ir_x flag, ir_x a, ir_x b)
{
    return ir_add(t, b, ir_mul(t, flag, ir_sub(t, a, b)));
}

void air_when_eq(struct ir_table *t, ir_x flag, ir_x a, ir_x b, const char *name)
{
    ir_assert_zero(t, ir_mul(t, flag, ir_sub(t, a, b)), name);
}

void air_when_zero(struct ir_table *t, ir_x flag, ir_x a, const char *name)
{
    ir_assert_zero(t, ir_mul(t, flag, a), name);
}

ir_x air_nonzero(struct ir_table *t, ir_x x, const char *name)
{
    ir_x nz = air_flag(t, name);
    ir_x inv = air_col(t, air_name(name, "inverse").text);
    ir_assert_eq(t, ir_mul(t, x, inv), nz, air_name(name, "is x * inverse").text);
    ir_assert_zero(t, ir_mul(t, air_not(t, nz), x), air_name(name, "or x is zero").text);
    return nz;
}

/* ---- messages: fields are collected in order ---- */

struct fields {
    ir_x x[IR_MAX_FIELDS];
    uint32_t n;
};

static void put(struct fields *f, ir_x x)
{
    REQUIRE(f->n < IR_MAX_FIELDS);
    f->x[f->n++] = x;
}

static void put_n(struct fields *f, const ir_x *xs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        put(f, xs[i]);
}

static void ask(struct ir_table *t, uint16_t tag, ir_x mult, const struct fields *f,
                const char *name)
{
    ir_send(t, tag, mult, f->x, f->n, name);
}

void air_range16(struct ir_table *t, ir_x mult, ir_x x, const char *name)
{
    ir_send(t, BUS_RANGE16, mult, &x, 1, name);
}

void air_range16_n(struct ir_table *t, ir_x mult, const ir_x *xs, uint32_t n, const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        air_range16(t, mult, xs[i], air_name_number(name, i).text);
}

void air_byte2(struct ir_table *t, ir_x mult, ir_x lo, ir_x hi, const char *name)
{
    ir_x f[2] = {lo, hi};
    ir_send(t, BUS_BYTE2, mult, f, 2, name);
}

void air_poseidon(struct ir_table *t, ir_x mult, const ir_x left[8], const ir_x right[8],
                  const ir_x out[8], const char *name)
{
    struct fields f = {.n = 0};
    put_n(&f, left, 8);
    put_n(&f, right, 8);
    put_n(&f, out, 8);
    ask(t, BUS_POSEIDON, mult, &f, name);
}

void air_packed(struct ir_table *t, ir_x mult, const ir_x packed[3], const ir_x value[7],
                const char *name)
{
    struct fields f = {.n = 0};
    put_n(&f, packed, 3);
    put_n(&f, value, 7);
    ask(t, BUS_PACKED, mult, &f, name);
}

void air_sponge_from(struct ir_table *t, ir_x mult, ir_x id, const ir_x start[8], const ir_x *xs,
                     uint32_t n, const ir_x digest[8], const char *name)
{
    uint32_t chunks = (n + 7) / 8;
    struct fields first = {.n = 0};
    put(&first, id);
    put(&first, ir_const(t, 0));
    put_n(&first, start, 8);
    ask(t, BUS_SPONGE, mult, &first, air_name(name, "start").text);
    for (uint32_t c = 0; c < chunks; c++) {
        struct fields f = {.n = 0};
        put(&f, id);
        put(&f, ir_const(t, c));
        for (uint32_t i = 0; i < 8; i++)
            put(&f, 8 * c + i < n ? xs[8 * c + i] : ir_const(t, 0));
        ask(t, BUS_SPONGE_IN, mult, &f, air_name_number(air_name(name, "chunk").text, c).text);
    }
    struct fields last = {.n = 0};
    put(&last, id);
    put(&last, ir_const(t, chunks));
    put_n(&last, digest, 8);
    ir_receive(t, BUS_SPONGE, mult, last.x, last.n, air_name(name, "digest").text);
}

void air_sponge(struct ir_table *t, ir_x mult, ir_x id, uint32_t tag, const ir_x *xs, uint32_t n,
                const ir_x digest[8], const char *name)
{
    ir_x zero = ir_const(t, 0);
    ir_x start[8] = {ir_const(t, tag), ir_const(t, n), ir_const(t, 1), zero, zero, zero, zero,
                     zero};
    air_sponge_from(t, mult, id, start, xs, n, digest, name);
}

void air_cell(struct ir_table *t, ir_x mult, ir_x time, ir_x account, ir_x slot, const ir_x old[8],
              const ir_x now[8], const char *name)
{
    struct fields f = {.n = 0};
    put(&f, time);
    put(&f, account);
    put(&f, slot);
    put_n(&f, old, 8);
    put_n(&f, now, 8);
    ask(t, BUS_CELL, mult, &f, name);
}

void air_balance(struct ir_table *t, ir_x mult, ir_x time, ir_x account, ir_x slot, ir_x token,
                 ir_x mode, const ir_x delta[7], const char *name)
{
    struct fields f = {.n = 0};
    put(&f, time);
    put(&f, account);
    put(&f, slot);
    put(&f, token);
    put(&f, mode);
    put_n(&f, delta, 7);
    ask(t, BUS_BALANCE, mult, &f, name);
}

static void put_user(struct fields *f, const struct air_user *user)
{
    put(f, user->auth);
    put(f, user->height);
    put_n(f, user->owner, AIR_OWNER);
    put_n(f, user->root, AIR_ROOT);
}

void air_user_hash(struct ir_table *t, ir_x mult, const struct air_user *user, const ir_x digest[8],
                   const char *name)
{
    struct fields f = {.n = 0};
    put_user(&f, user);
    put_n(&f, digest, 8);
    ask(t, BUS_USER_HASH, mult, &f, name);
}

void air_user(struct ir_table *t, ir_x mult, ir_x time, ir_x account, const struct air_user *user,
              const char *name)
{
    struct fields f = {.n = 0};
    put(&f, time);
    put(&f, account);
    put_user(&f, user);
    ask(t, BUS_USER, mult, &f, name);
}

void air_pool_hash(struct ir_table *t, ir_x mult, const struct air_pool *p, const ir_x digest[8],
                   const char *name)
{
    struct fields f = {.n = 0};
    ir_x half[9] = {p->own_chain, p->own_id, p->own_token, p->other_chain, p->other_id,
                    p->other_token, p->fee, p->cap, p->flags};
    put_n(&f, half, 9);
    put_n(&f, digest, 8);
    ask(t, BUS_POOL_HASH, mult, &f, name);
}

void air_pool(struct ir_table *t, ir_x mult, ir_x time, const struct air_pool *p, const char *name)
{
    struct fields f = {.n = 0};
    ir_x x[10] = {time, p->own_id, p->own_chain, p->own_token, p->other_chain, p->other_id,
                  p->other_token, p->fee, p->cap, p->flags};
    put_n(&f, x, 10);
    ask(t, BUS_POOL, mult, &f, name);
}

static struct fields auth_fields(const struct air_auth *a)
{
    struct fields f = {.n = 0};
    ir_x head[6] = {a->j, a->account, a->change_key, a->changes, a->lane, a->leaf};
    put_n(&f, head, 6);
    put_n(&f, a->digest, 8);
    put_n(&f, a->owner, AIR_OWNER);
    put(&f, a->step_byte);
    put(&f, a->pos_before);
    put(&f, a->pos_after);
    return f;
}

void air_auth(struct ir_table *t, ir_x mult, const struct air_auth *a, const char *name)
{
    struct fields f = auth_fields(a);
    ask(t, BUS_AUTH, mult, &f, name);
}

void air_auth_answer(struct ir_table *t, ir_x mult, const struct air_auth *a, const char *name)
{
    struct fields f = auth_fields(a);
    ir_receive(t, BUS_AUTH, mult, f.x, f.n, name);
}

void air_auth_new_key(struct ir_table *t, ir_x mult, ir_x j, const ir_x old_root[AIR_ROOT],
                      const ir_x digest[8], const char *name)
{
    struct fields f = {.n = 0};
    put(&f, j);
    put_n(&f, old_root, AIR_ROOT);
    put_n(&f, digest, 8);
    ask(t, BUS_AUTH_NEW_KEY, mult, &f, name);
}

void air_byte(struct ir_table *t, ir_x mult, ir_x pos, ir_x value, const char *name)
{
    ir_x f[2] = {pos, value};
    ir_send(t, BUS_BYTE, mult, f, 2, name);
}

void air_bytes(struct ir_table *t, ir_x mult, ir_x pos, const ir_x *bytes, uint32_t n,
               const char *name)
{
    for (uint32_t i = 0; i < n; i++)
        air_byte(t, mult, air_plus(t, pos, i), bytes[i], air_name_number(name, i).text);
}

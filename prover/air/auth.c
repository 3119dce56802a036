#include <stdio.h>
#include <string.h>

#include "core/tags.h"
#include "prover/air/leaf.h"

enum { CHAINS = 8, PP = 4, NODE = 5 }; /* chains per wots row */
enum { TWEAK_STEP = 1 << 20, TWEAK_LEAF = 1 << 21, TWEAK_NODE = 1 << 22 };

/* ---- step: one step of one WOTS chain, digit k -> k + 1 ----
 * Determinacy: all but out by CHAIN, out by POSEIDON. A chain starts at the digit that its wots row
 * sends and ends at 3 where the same row takes it; k grows by one per row. */
static void add_step(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "step", log_height);
    ir_x active = air_flag(t, "active"), zero = ir_const(t, 0);
    ir_x f[13], out[8];
    f[0] = air_col(t, "j");
    f[1] = air_col(t, "key leaf");
    air_new_cols(t, f + 2, "pp", PP);
    f[6] = air_col(t, "chain");
    f[7] = air_col(t, "k");
    air_new_cols(t, f + 8, "value", NODE);
    air_new_cols(t, out, "out", 8);
    ir_receive(t, BUS_CHAIN, active, f, 13, "value");
    ir_x tweak = ir_add(t, air_plus(t, ir_scale(t, 4, f[6]), TWEAK_STEP), f[7]);
    ir_x left[8] = {f[8], f[9], f[10], f[11], f[12], zero, tweak, f[1]};
    ir_x right[8] = {f[2], f[3], f[4], f[5], zero, zero, zero, zero};
    air_poseidon(t, active, left, right, out, "step");
    f[7] = air_plus(t, f[7], 1);
    memcpy(f + 8, out, NODE * sizeof *f);
    ir_send(t, BUS_CHAIN, active, f, 13, "next value");
}

/* ---- wots: limb g = row mod 8 of the message hash and its eight chains 8 g .. 8 g + 7 ----
 * Determinacy: j, key leaf, pp and the sum so far by WOTS, the limb by LIMB; its split into eight
 * 2-bit digits and hi is unique because the digits are bits and hi <= 0x7eff (p - 1 excluded, so
 * lo + 2^16 hi < p); tips are the prover's (the signature), ends follow by CHAIN.
 * Digit 3: tip and end are the same message and cancel. Ends go to the leaf's sponge, whose chunks
 * 5 g .. 5 g + 4 are exactly this row's 40 elements. */
static void add_wots(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "wots", log_height);
    ir_x active = air_flag(t, "active"), g = ir_idx(t, 0, 3);
    ir_x j = air_col(t, "j"), key_leaf = air_col(t, "key leaf"), pp[PP];
    air_new_cols(t, pp, "pp", PP);
    ir_x sum = air_col(t, "sum"), hi = air_col(t, "hi");
    ir_x bit[16], digit[CHAINS], tip[CHAINS * NODE], end[CHAINS * NODE];
    for (uint32_t i = 0; i < 16; i++) {
        char name[32];
        snprintf(name, sizeof name, "digit %u bit %u", (unsigned)i / 2, (unsigned)i % 2);
        bit[i] = air_flag(t, name);
    }
    air_new_cols(t, tip, "tip", CHAINS * NODE);
    air_new_cols(t, end, "end", CHAINS * NODE);
    for (uint32_t i = 0; i < CHAINS; i++)
        digit[i] = ir_add(t, bit[2 * i], ir_scale(t, 2, bit[2 * i + 1]));

    ir_x f[8] = {j, g, sum, key_leaf};
    memcpy(f + 4, pp, sizeof pp);
    ir_receive(t, BUS_WOTS, active, f, 8, "group");
    f[1] = air_plus(t, g, 1);
    f[2] = ir_add(t, sum, ir_sum(t, digit, CHAINS));
    ir_send(t, BUS_WOTS, active, f, 8, "next group");
    ir_x limb[3] = {j, g, ir_add(t, ir_pack(t, bit, 16, 1), ir_scale(t, 1u << 16, hi))};
    ir_receive(t, BUS_LIMB, active, limb, 3, "limb");
    air_range16(t, active, hi, "hi");
    air_range16(t, active, ir_sub(t, ir_const(t, 0x7eff), hi), "hi below the top");

    for (uint32_t i = 0; i < CHAINS; i++) {
        char name[32];
        ir_x c[13] = {j, key_leaf};
        memcpy(c + 2, pp, sizeof pp);
        c[6] = air_plus(t, ir_scale(t, 8, g), i);
        c[7] = digit[i];
        memcpy(c + 8, tip + NODE * i, NODE * sizeof *c);
        snprintf(name, sizeof name, "tip of chain %u", (unsigned)i);
        ir_send(t, BUS_CHAIN, active, c, 13, name);
        c[7] = ir_const(t, 3);
        memcpy(c + 8, end + NODE * i, NODE * sizeof *c);
        snprintf(name, sizeof name, "end of chain %u", (unsigned)i);
        ir_receive(t, BUS_CHAIN, active, c, 13, name);
    }
    for (uint32_t m = 0; m < NODE; m++) {
        char name[32];
        ir_x c[10] = {air_plus(t, ir_scale(t, SPONGE_IDS_PER_OP, j), SPONGE_K_AUTH),
                      air_plus(t, ir_scale(t, 5, g), m)};
        memcpy(c + 2, end + 8 * m, 8 * sizeof *c);
        snprintf(name, sizeof name, "leaf chunk %u", (unsigned)m);
        ir_send(t, BUS_SPONGE_IN, active, c, 10, name);
    }
}

/* ---- path: one level of the key's tree ----
 * Determinacy: j, level, pp, the node and 2 index + bit by PATH (bit boolean; index must reach 0 at
 * the top, so the bits are those of the key leaf); the sibling is the signature's; out by POSEIDON. */
static void add_path(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "path", log_height);
    ir_x active = air_flag(t, "active"), bit = air_flag(t, "bit");
    ir_x j = air_col(t, "j"), level = air_col(t, "level"), index = air_col(t, "index");
    ir_x pp[PP], node[NODE], sibling[NODE], out[8], in[16];
    air_new_cols(t, pp, "pp", PP);
    air_new_cols(t, node, "node", NODE);
    air_new_cols(t, sibling, "sibling", NODE);
    air_new_cols(t, out, "out", 8);
    ir_x f[12] = {j, level, ir_add(t, ir_scale(t, 2, index), bit)};
    memcpy(f + 3, pp, sizeof pp);
    memcpy(f + 7, node, sizeof node);
    ir_receive(t, BUS_PATH, active, f, 12, "node");
    for (uint32_t i = 0; i < NODE; i++) {
        in[i] = air_select(t, bit, sibling[i], node[i]);
        in[NODE + i] = air_select(t, bit, node[i], sibling[i]);
    }
    in[10] = air_plus(t, level, TWEAK_NODE + 1);
    in[11] = index;
    memcpy(in + 12, pp, sizeof pp);
    air_poseidon(t, active, in, in + 8, out, "parent hash");
    f[1] = air_plus(t, level, 1);
    f[2] = index;
    memcpy(f + 7, out, NODE * sizeof *f);
    ir_send(t, BUS_PATH, active, f, 12, "parent");
}

struct auth_cols {
    struct ir_table *t;
    ir_x active, change_key, escape, short_key, lane[4];
    ir_x j, account, changes, leaf, pos, leaf_low;
    ir_x digest[8], owner[AIR_OWNER], root[AIR_ROOT], slot0_old[8], slot0_new[8], next[4];
    ir_x key_leaf, height, pp[8];
};

/* Public parameter, message hash, chains, leaf, path: REQ-SIG-1. */
static void add_xmss_check(struct auth_cols *a)
{
    struct ir_table *t = a->t;
    ir_x dep[9], rho[6], e[8], d[8], leaf[8], zero = ir_const(t, 0);
    air_new_cols(t, dep, "dep", 8);
    dep[8] = air_col(t, "chain");
    air_new_cols(t, rho, "rho", 6);
    air_new_cols(t, e, "E", 8);
    air_new_cols(t, d, "D", 8);
    air_new_cols(t, leaf, "leaf digest", 8);
    ir_send(t, BUS_DEP, a->active, dep, 9, "deployment");
    ir_x owner[8] = {ir_const(t, TAG_PP), dep[8]};
    for (uint32_t i = 0; i < 5; i++)
        owner[2 + i] = ir_add(t, a->owner[2 * i], ir_scale(t, 1u << 16, a->owner[2 * i + 1]));
    owner[7] = zero;
    air_poseidon(t, a->active, dep, owner, a->pp, "public parameter");
    ir_x salt[8] = {rho[0], rho[1], rho[2], rho[3], rho[4], rho[5], zero, a->key_leaf};
    ir_x key[8] = {a->pp[0], a->pp[1], a->pp[2], a->pp[3], zero, zero, zero, zero};
    air_poseidon(t, a->active, a->digest, salt, e, "message hash 1");
    air_poseidon(t, a->active, e, key, d, "message hash 2");
    ir_x f[8] = {a->j, zero, zero, a->key_leaf, key[0], key[1], key[2], key[3]};
    ir_send(t, BUS_WOTS, a->active, f, 8, "first group");
    f[1] = ir_const(t, 8);
    f[2] = ir_const(t, 123); /* the target sum: without it one signature gives others */
    ir_receive(t, BUS_WOTS, a->active, f, 8, "target sum");
    for (uint32_t g = 0; g < 8; g++) {
        char name[16];
        ir_x limb[3] = {a->j, ir_const(t, g), d[g]};
        snprintf(name, sizeof name, "limb %u", (unsigned)g);
        ir_send(t, BUS_LIMB, a->active, limb, 3, name);
    }
    ir_x id = air_plus(t, ir_scale(t, SPONGE_IDS_PER_OP, a->j), SPONGE_K_AUTH);
    ir_x s[10] = {id, zero, ir_const(t, TWEAK_LEAF), a->key_leaf, key[0], key[1], key[2], key[3],
                  ir_const(t, 320), ir_const(t, TAG_XMSS_LEAF)};
    ir_send(t, BUS_SPONGE, a->active, s, 10, "leaf sponge start");
    s[1] = ir_const(t, 40);
    memcpy(s + 2, leaf, sizeof leaf);
    ir_receive(t, BUS_SPONGE, a->active, s, 10, "leaf digest");
    ir_x p[12] = {a->j, zero, a->key_leaf, key[0], key[1], key[2], key[3]};
    memcpy(p + 7, leaf, NODE * sizeof *p);
    ir_send(t, BUS_PATH, a->active, p, 12, "path start");
    p[1] = a->height;
    p[2] = zero;
    memcpy(p + 7, a->root, sizeof a->root);
    ir_receive(t, BUS_PATH, a->active, p, 12, "path end");
}

/* Slots 0 and 1, the leaf rule and the published step: REQ-SIG-3, -4. */
static ir_x add_counters(struct auth_cols *a)
{
    struct ir_table *t = a->t;
    ir_x zero = ir_const(t, 0), one = ir_const(t, 1), time = ir_scale(t, 16, a->j);
    struct air_user user = {.auth = one, .height = a->height};
    memcpy(user.owner, a->owner, sizeof user.owner);
    memcpy(user.root, a->root, sizeof user.root);
    air_user_hash(t, a->active, &user, a->slot0_old, "key of the account");
    for (uint32_t i = 0; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "slot 0 stays %u", (unsigned)i);
        air_when_eq(t, air_not(t, a->change_key), a->slot0_old[i], a->slot0_new[i], name);
    }
    air_cell(t, a->active, time, a->account, zero, a->slot0_old, a->slot0_new, "slot 0");
    ir_x f[14] = {a->j};
    memcpy(f + 1, a->root, sizeof a->root);
    memcpy(f + 6, a->slot0_new, sizeof a->slot0_new);
    ir_receive(t, BUS_AUTH_NEW_KEY, a->change_key, f, 14, "new key");

    ir_x next_leaf = air_plus(t, a->leaf, 1), keep = air_not(t, a->change_key), next = zero;
    ir_x old[8] = {a->changes, a->next[0], a->next[1], a->next[2], a->next[3], zero, zero, zero};
    ir_x now[8] = {ir_add(t, a->changes, a->change_key), zero, zero, zero, zero, zero, zero, zero};
    for (uint32_t l = 0; l < 4; l++) {
        next = ir_add(t, next, ir_mul(t, a->lane[l], a->next[l]));
        now[1 + l] = ir_mul(t, keep, air_select(t, a->lane[l], next_leaf, a->next[l]));
    }
    air_cell(t, a->active, air_plus(t, time, 1), a->account, one, old, now, "slot 1");

    ir_x skipped = ir_sub(t, a->leaf, next); /* step - 1 */
    air_range16(t, a->active, a->leaf, "leaf");
    air_range16(t, a->active, skipped, "leaf was not used");
    /* leaf < 2^(h-2), and the last leaf is for key changes */
    ir_x limit = ir_sub(t, next_leaf, a->change_key);
    ir_x scale = air_plus(t, ir_scale(t, 63, a->short_key), 1);
    air_range16(t, a->active, ir_mul(t, limit, scale), "leaf below the end of the lane");
    ir_x far = ir_sub(t, skipped, ir_const(t, 63)), near = ir_sub(t, ir_const(t, 62), skipped);
    air_range16(t, a->active, air_select(t, a->escape, far, near), "escape iff the step is long");
    return air_plus(t, skipped, 1);
}

/* ---- auth: one signed operation j ----
 * Determinacy: j, account, change key, changes, lane, leaf, digest, owner, step byte and pos by AUTH
 * (changes, owner are the asker's advice, fixed here by the cells); slot 0 and 1 by the memory; root
 * and height by the user hash; `short key` by height, lanes one-hot by lane; escape by the step; the
 * signature (rho, tips, path) is the prover's, E, D, pp and the leaf digest follow.
 * leaf low: only with escape, by the published bytes. */
static void add_auth(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "auth", log_height);
    struct auth_cols a = {.t = t};
    a.active = air_flag(t, "active");
    a.change_key = air_flag(t, "change key");
    a.escape = air_flag(t, "escape");
    a.short_key = air_flag(t, "short key");
    a.lane[1] = air_flag(t, "lane 1");
    a.lane[2] = air_flag(t, "lane 2");
    a.lane[3] = air_flag(t, "lane 3");
    ir_x lanes = ir_add(t, a.lane[1], ir_add(t, a.lane[2], a.lane[3]));
    a.lane[0] = air_not(t, lanes);
    ir_assert_bool(t, a.lane[0], "one lane");
    air_when_zero(t, a.change_key, air_not(t, a.active), "change key only in active rows");
    air_when_zero(t, a.escape, air_not(t, a.active), "escape only in active rows");
    a.j = air_col(t, "j");
    a.account = air_col(t, "account");
    a.changes = air_col(t, "changes");
    a.leaf = air_col(t, "leaf");
    a.pos = air_col(t, "pos");
    a.leaf_low = air_col(t, "leaf low");
    air_new_cols(t, a.digest, "digest", 8);
    air_new_cols(t, a.owner, "owner", AIR_OWNER);
    air_new_cols(t, a.root, "root", AIR_ROOT);
    air_new_cols(t, a.slot0_old, "slot 0 old", 8);
    air_new_cols(t, a.slot0_new, "slot 0 new", 8);
    air_new_cols(t, a.next, "next", 4);
    air_new_cols(t, a.pp, "pp", 8);

    ir_x lane = ir_add(t, a.lane[1], ir_add(t, ir_scale(t, 2, a.lane[2]),
                                            ir_scale(t, 3, a.lane[3])));
    a.height = ir_sub(t, ir_const(t, 18), ir_scale(t, 6, a.short_key));
    /* lane * 2^(h - 2) + leaf */
    ir_x lane_size = ir_sub(t, ir_const(t, 1u << 16),
                            ir_scale(t, (1u << 16) - (1u << 10), a.short_key));
    a.key_leaf = ir_add(t, ir_mul(t, lane, lane_size), a.leaf);
    add_xmss_check(&a);
    ir_x step = add_counters(&a);

    struct air_auth m = {.j = a.j, .account = a.account, .change_key = a.change_key,
                         .changes = a.changes, .lane = lane, .leaf = a.leaf};
    memcpy(m.digest, a.digest, sizeof m.digest);
    memcpy(m.owner, a.owner, sizeof m.owner);
    m.step_byte = ir_add(t, ir_scale(t, 64, lane), ir_mul(t, air_not(t, a.escape), step));
    m.pos_before = a.pos;
    m.pos_after = ir_add(t, a.pos, ir_scale(t, 4, a.escape));
    air_auth_answer(t, a.active, &m, "auth");
    const uint32_t part256 = IR_P - (IR_P - 1) / 256; /* 1 / 256 */
    ir_x record[4] = {ir_const(t, 0x0f), ir_const(t, 0),
                      ir_scale(t, part256, ir_sub(t, a.leaf, a.leaf_low)), a.leaf_low};
    air_bytes(t, a.escape, a.pos, record, 4, "escape record");
}

void air_add_auth(struct ir_system *s, uint32_t log_auth, uint32_t log_wots, uint32_t log_step,
                  uint32_t log_path)
{
    add_auth(s, log_auth);
    add_wots(s, log_wots);
    add_step(s, log_step);
    add_path(s, log_path);
}

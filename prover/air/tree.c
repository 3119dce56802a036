#include <string.h>

#include "prover/air/leaf.h"

/* ---- tree: one distinct internal node on a path to a touched cell, old and new side by side ----
 * A row receives (phase, level, account prefix, slot prefix, old, new) from its parent (the root
 * from the public values), hashes both children pairs, and hands each touched child on: to a
 * tree row, or at level 31 to the memory as (account, slot, old, time 0) and (.., new, last time).
 *
 * Determinacy: the received fields by the parent; children by the hash (collision resistance);
 * `turn`, `bottom` and the touched flags are the prover's choice within these rules:
 *  - a child that is not touched keeps its value (old = new), so it cannot hide a change;
 *  - a touched child must be received by a further row or by the memory. phase becomes 1 only by
 *    `turn`, which needs level 23, so a path has 24 account bits; a cell is reached only with
 *    phase 1 and level 31, so with 8 slot bits. Paths that miss a turn can never reach a cell and
 *    must end untouched, without effect.
 * Uniqueness: a parent sends each child at most once and the level grows by one, so no two rows
 * have the same (level, prefixes): every cell is initialised and finalised at most once.
 * No range check is needed: prefixes are built bit by bit.
 * last time left/right: free; the memory's balance fixes it (access table). */
void air_add_tree(struct ir_system *s, uint32_t log_height, uint32_t public_old,
                  uint32_t public_new)
{
    struct ir_table *t = ir_table_new(s, "tree", log_height);
    ir_x active = air_flag(t, "active");
    ir_x phase = air_col(t, "phase"), level = air_col(t, "level");
    ir_x account = air_col(t, "account"), slot = air_col(t, "slot");
    ir_x old[8], now[8], child_old[2][8], child_new[2][8];
    air_new_cols(t, old, "old", 8);
    air_new_cols(t, now, "new", 8);
    air_new_cols(t, child_old[0], "left old", 8);
    air_new_cols(t, child_old[1], "right old", 8);
    air_new_cols(t, child_new[0], "left new", 8);
    air_new_cols(t, child_new[1], "right new", 8);
    ir_x touched[2] = {air_flag(t, "left touched"), air_flag(t, "right touched")};
    ir_x turn = air_flag(t, "turn"), bottom = air_flag(t, "bottom");
    ir_x last[2] = {air_col(t, "left time"), air_col(t, "right time")};

    air_when_zero(t, touched[0], air_not(t, active), "left touched only in active rows");
    air_when_zero(t, touched[1], air_not(t, active), "right touched only in active rows");
    air_when_eq(t, turn, level, ir_const(t, 23), "turn at level 23");
    air_when_eq(t, bottom, level, ir_const(t, 31), "bottom at level 31");
    air_when_eq(t, bottom, phase, ir_const(t, 1), "bottom in the slot phase");

    ir_x f[20] = {phase, level, account, slot};
    memcpy(f + 4, old, sizeof old);
    memcpy(f + 12, now, sizeof now);
    ir_receive(t, BUS_TREE, active, f, 20, "node");
    air_poseidon(t, active, child_old[0], child_old[1], old, "old node");
    air_poseidon(t, active, child_new[0], child_new[1], now, "new node");

    static const char *const keep[2][8] = {
        {"left keeps 0", "left keeps 1", "left keeps 2", "left keeps 3", "left keeps 4",
         "left keeps 5", "left keeps 6", "left keeps 7"},
        {"right keeps 0", "right keeps 1", "right keeps 2", "right keeps 3", "right keeps 4",
         "right keeps 5", "right keeps 6", "right keeps 7"}};
    static const char *const names[2][3] = {{"left node", "left before", "left after"},
                                            {"right node", "right before", "right after"}};
    for (uint32_t b = 0; b < 2; b++) {
        for (uint32_t i = 0; i < 8; i++)
            air_when_eq(t, air_not(t, touched[b]), child_old[b][i], child_new[b][i], keep[b][i]);
        /* account' = phase ? account : 2 account + b, slot' = phase ? 2 slot + b : slot */
        ir_x a = ir_add(t, account,
                        ir_mul(t, air_not(t, phase), air_plus(t, account, b)));
        ir_x c = ir_add(t, slot, ir_mul(t, phase, air_plus(t, slot, b)));
        f[0] = ir_add(t, phase, turn);
        f[1] = air_plus(t, level, 1);
        f[2] = a;
        f[3] = c;
        memcpy(f + 4, child_old[b], sizeof old);
        memcpy(f + 12, child_new[b], sizeof now);
        ir_send(t, BUS_TREE, ir_mul(t, touched[b], air_not(t, bottom)), f, 20, names[b][0]);
        ir_x m[11] = {a, c};
        ir_x at_cell = ir_mul(t, touched[b], bottom);
        memcpy(m + 2, child_old[b], sizeof old);
        m[10] = ir_const(t, 0);
        ir_send(t, BUS_MEM, at_cell, m, 11, names[b][1]);
        memcpy(m + 2, child_new[b], sizeof now);
        m[10] = last[b];
        ir_receive(t, BUS_MEM, at_cell, m, 11, names[b][2]);
    }

    struct ir_public_field root[20];
    for (uint32_t i = 0; i < 4; i++)
        root[i] = (struct ir_public_field){.is_const = true, .value = 0};
    for (uint32_t i = 0; i < 8; i++) {
        root[4 + i] = (struct ir_public_field){.is_const = false, .value = public_old + i};
        root[12 + i] = (struct ir_public_field){.is_const = false, .value = public_new + i};
    }
    ir_public_send(s, BUS_TREE, root, 20, "roots");
}

/* ---- access: one access to a raw cell at time t ----
 * Determinacy: (t, account, slot, old, new) by CELL, the time before by the memory's balance.
 * For one cell: one (old, 0) is put in and one (new, last) is taken out by its only tree row; each
 * access takes (old, t before) and puts (new, t) with t before < t (t - t before - 1 is a 16-bit
 * number and all times are below 2^11 or 0), so the accesses form one chain in the order of time:
 * a cycle would need a time that does not grow. Padding: active = 0. */
void air_add_access(struct ir_system *s, uint32_t log_height)
{
    struct ir_table *t = ir_table_new(s, "access", log_height);
    ir_x active = air_flag(t, "active"), time = air_col(t, "t");
    ir_x account = air_col(t, "account"), slot = air_col(t, "slot");
    ir_x old[8], now[8];
    air_new_cols(t, old, "old", 8);
    air_new_cols(t, now, "new", 8);
    ir_x before = air_col(t, "t before");
    ir_x f[19] = {time, account, slot};
    memcpy(f + 3, old, sizeof old);
    memcpy(f + 11, now, sizeof now);
    ir_receive(t, BUS_CELL, active, f, 19, "cell");
    ir_x m[11] = {account, slot};
    memcpy(m + 2, old, sizeof old);
    m[10] = before;
    ir_receive(t, BUS_MEM, active, m, 11, "before");
    memcpy(m + 2, now, sizeof now);
    m[10] = time;
    ir_send(t, BUS_MEM, active, m, 11, "after");
    ir_x gap = ir_sub(t, ir_sub(t, time, before), ir_const(t, 1));
    air_range16(t, active, gap, "time grows");
}

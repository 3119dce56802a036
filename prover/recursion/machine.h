#ifndef PROVER_RECURSION_MACHINE_H
#define PROVER_RECURSION_MACHINE_H
/* The layout of the system `machine`: buses, addresses, tables and columns. Only prover/recursion and
 * its tests include this file.
 *
 * Source: docs/protocol/recursion.md section 3; why it is sound: machine.c. */
#include "prover/recursion/rec.h"

/* A message shorter than another is the same with zeros behind: a word that stands for no node of a
 * path has idx = 0, y - 1 = 0; an element of F that stands for no power has y = 0. */
enum rec_bus {
    REC_WORD = 1,  /* addr, 8 elements, idx, y - 1 */
    REC_EXT = 2,   /* addr, 5 elements, y */
    REC_END = 3,   /* addr, idx, y: what a path's last row has found */
    REC_RANGE = 4, /* v: 0 <= v < 2^REC_RANGE_LOG */
};

/* What writes a value; its address is writer * 2^20 + row. Public word i has address i + 1. */
enum rec_writer {
    REC_W_PUBLIC,
    /* words */
    REC_W_OUT,   /* poseidon */
    REC_W_RIGHT, /* poseidon, advice */
    REC_W_PACK_A,
    REC_W_PACK_B,
    /* elements of F */
    REC_W_EXT,
    REC_W_POW,
    REC_W_FOLD,
    REC_W_PACK_1,
    REC_W_PACK_2,
    REC_W_PACK_3,
    REC_W_SPLIT,
    REC_W_BITS,
    REC_W_CONST,
    /* ends */
    REC_W_END
};
enum { REC_ADDRESS_LOG = 20 }; /* rows of a table at most */

enum rec_table {
    REC_POSEIDON,
    REC_T_EXT,
    REC_POW,
    REC_FOLD,
    REC_PACK,
    REC_SPLIT,
    REC_BITS,
    REC_T_RANGE,
    REC_CONST,
    REC_N_TABLES
};

enum { REC_RANGE_LOG = 12, REC_PATH_LOG_MIN = 7, REC_PATH_LOG_MAX = 24 };

/* Columns and preprocessed columns of each table, in order. */
enum {
    POSEIDON_IN = 0, /* 16 and the steps */
    POSEIDON_TURN = 148,
    POSEIDON_IDX,
    POSEIDON_Y,
    POSEIDON_COLUMNS,
    POSEIDON_LEFT_AT = 0,
    POSEIDON_RIGHT_AT,
    POSEIDON_RIGHT_MULT,
    POSEIDON_OUT_MULT,
    POSEIDON_KAPPA,
    POSEIDON_EXPECT,
    POSEIDON_PRE
};
enum {
    EXT_A = 0,
    EXT_B = 5,
    EXT_D = 10,
    EXT_COLUMNS = 15,
    EXT_A_AT = 0,
    EXT_B_AT,
    EXT_D_AT,
    EXT_LERP,
    EXT_MULT,
    EXT_PRE
};
enum {
    POW_Y = 0,
    POW_ACC = 1,
    POW_Z = 6,
    POW_COLUMNS = 11,
    POW_IN_AT = 0,
    POW_Z_AT,
    POW_MULT,
    POW_LAST,
    POW_PRE
};
enum {
    FOLD_X = 0,
    FOLD_R1 = 8,
    FOLD_R2 = 13,
    FOLD_R3 = 18,
    FOLD_LOW = 23,
    FOLD_HIGH = 28,
    FOLD_COLUMNS = 33,
    FOLD_X_AT = 0,
    FOLD_R1_AT,
    FOLD_R2_AT,
    FOLD_R3_AT,
    FOLD_MULT,
    FOLD_PRE
};
enum {
    PACK_E = 0,
    PACK_COLUMNS = 15,
    PACK_E_MULT = 0, /* 3 */
    PACK_A_MULT = 3,
    PACK_B_MULT,
    PACK_LAST,
    PACK_PRE
};
enum {
    SPLIT_W = 0,
    SPLIT_LOW = 8,
    SPLIT_HIGH,
    SPLIT_COLUMNS,
    SPLIT_AT = 0,
    SPLIT_ALL,
    SPLIT_MULT,
    SPLIT_PRE
};
enum {
    BITS_IDX,
    BITS_Y,
    BITS_H,     /* 2 */
    BITS_G = 4, /* 2 */
    BITS_INV = 6,
    BITS_COLUMNS,
    BITS_V_AT = 0,
    BITS_END_AT,
    BITS_SIZE,
    BITS_MULT,
    BITS_PRE
};
enum { RANGE_COUNT, RANGE_COLUMNS };
enum { CONST_AT, CONST_V, CONST_MULT = 6, CONST_PRE };

#define REC_INV2 1065353217u /* 1/2 */

#endif

#ifndef PROVER_VERIFY_LABELS_H
#define PROVER_VERIFY_LABELS_H
/* The labels of the transcript and other numbers of docs/protocol/proof.md section 3 that the C
 * verifier and the generated Solidity share. Changing one changes every proof. */

#define TRANSCRIPT_DOMAIN "HAWSER-TRANSCRIPT-1"
#define PROGRAM_DOMAIN "HAWSER-PROGRAM-1"

enum transcript_label {
    LABEL_PUBLIC = 1,
    LABEL_ROOT = 2,
    LABEL_OOD = 3,
    LABEL_GKR_TOP = 4,
    LABEL_GKR_ROUND = 5,
    LABEL_GKR_LAYER = 6,
    LABEL_ZERO_ROUND = 7,
    LABEL_COLUMNS = 8,
    LABEL_WHIR_ROUND = 9,
    LABEL_FINAL_POLY = 10,
    LABEL_POW = 11,
};

#endif

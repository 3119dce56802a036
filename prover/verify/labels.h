#ifndef PROVER_VERIFY_LABELS_H
#define PROVER_VERIFY_LABELS_H
/* The labels of the transcript and other numbers of docs/protocol/proof.md section 3 and
 * recursion.md section 1 that the C verifier, the generated Solidity and the recursion programs
 * share. Changing one changes every proof. */

#define TRANSCRIPT_DOMAIN "HAWSER-TRANSCRIPT-1"
#define PROGRAM_DOMAIN "HAWSER-PROGRAM-1"
#define KEY_DOMAIN "HAWSER-KEY-1"

/* What a proof hashes with. */
enum proof_profile {
    PROFILE_KECCAK = 0,   /* verified on L1: docs/protocol/proof.md */
    PROFILE_POSEIDON = 1, /* verified by recursion: docs/protocol/recursion.md section 1 */
};

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
    LABEL_KEY = 12,     /* recursion.md section 2 */
    LABEL_SQUEEZE = 13, /* Poseidon profile only */
};

/* First elements of Poseidon chains of the proof system; distinct from core/tags.h. */
enum proof_tag {
    TAG_TRANSCRIPT = 1 << 20,
    TAG_MERKLE_LEAF,     /* of base elements */
    TAG_MERKLE_LEAF_EXT, /* of extension elements */
    TAG_FACT_LEAF,
    TAG_FACTS,
    TAG_FACT_PAIRING,
    TAG_FACT_LEAF_BLOB,
};

#endif

#ifndef PROVER_SOLGEN_TEMPLATES_H
#define PROVER_SOLGEN_TEMPLATES_H
/* The files of prover/solgen/yul, compiled in by embed.cmake. */
#include <stddef.h>

extern const size_t yul_field_size, yul_transcript_size, yul_harness_size, yul_gkr_size,
    yul_whir_size, yul_linear_size, yul_table_size, yul_call_size, yul_wide_size, yul_pre_size,
    yul_query_size, yul_final_size, yul_trace_size;
extern const unsigned char yul_field[], yul_transcript[], yul_harness[], yul_gkr[], yul_whir[],
    yul_linear[], yul_table[], yul_call[], yul_wide[], yul_pre[],
    yul_query[], yul_final[], yul_trace[];

#endif

/* Contracts made of the steps and functions of a verifier: an entry and its parts. A part has no
 * functions in the sense of the ABI: its calldata is the memory handed over (and the proof). */
#include <stdio.h>
#include <string.h>

#include "common/base/require.h"
#include "prover/solgen/emit.h"
#include "prover/solgen/templates.h"

static void contract_head(const struct emit *e, struct text *out)
{
    text_share_names(out, &((struct emit *)e)->part[0].defs);
    out->disabled = e->options->disabled;
    out->trace = e->options->trace;
    out->indent = 0;
    text_line(out, "// SPDX-License-Identifier: Apache-2.0");
    text_line(out, "// Written by hawser-solgen; do not edit. Text of the protocol: "
                   "docs/protocol/proof.md.");
    text_line(out, "pragma solidity ^0.8.24;");
    text_line(out, "%s", "");
}

/* Closes n blocks. */
static void close_blocks(struct text *out, uint32_t n)
{
    while (n-- > 0) {
        out->indent -= 4;
        text_line(out, "}");
    }
    REQUIRE(out->indent == 0);
}

/* The functions that the steps of a contract of this kind use besides their own. */
static void add_library(struct emit *e, const struct emit_part *part, struct text *defs)
{
    if (part->kind == EMIT_TABLES) text_template(defs, (const char *)yul_table, yul_table_size);
    text_template(defs, (const char *)yul_linear, yul_linear_size);
    text_template(defs, (const char *)yul_field, yul_field_size);
    if (part->kind != EMIT_TABLES)
        text_template(defs, (const char *)yul_transcript, yul_transcript_size);
    if (part->kind == EMIT_ENTRY) {
        text_line(defs, "function t_init() {");
        text_line(defs, "    mstore($TS, $START)");
        if (e->p->key != NULL) text_line(defs, "    //@trace trace_push($START)");
        text_line(defs, "}");
    }
    if (e->options->trace) text_template(defs, (const char *)yul_trace, yul_trace_size);
}

/* TABLES_0 for <contract>Tables0. */
static void constant_name(const struct emit *e, uint32_t part, char name[EMIT_NAME_SIZE])
{
    const char *s = e->part[part].name + strlen(e->options->contract);
    size_t n = 0;
    for (; *s != 0; s++) {
        if (*s >= '0' && *s <= '9') name[n++] = '_';
        name[n++] = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
        REQUIRE(n + 2 < EMIT_NAME_SIZE);
    }
    name[n] = 0;
}

static void write_constructor(const struct emit *e, struct text *out)
{
    char name[EMIT_NAME_SIZE];
    text_line(out, "/// A contract given to the constructor does not have the code of the part.");
    text_line(out, "error WrongPart(address given);");
    text_line(out, "%s", "");
    for (uint32_t i = 1; i < e->n_parts; i++) {
        constant_name(e, i, name);
        text_line(out, "address public immutable %s;", name);
    }
    text_line(out, "%s", "");
    text_line(out, "/// The parts, deployed before: each must have exactly the code it was compiled to.");
    text_line(out, "constructor(address[%u] memory parts) {", e->n_parts - 1);
    for (uint32_t i = 1; i < e->n_parts; i++) {
        constant_name(e, i, name);
        if (e->part[i].kind == EMIT_KEY)
            text_line(out, "    %s = check(parts[%u], $KEY_HASH);", name, i - 1);
        else
            text_line(out, "    %s = check(parts[%u], %sHashes.%s);", name, i - 1,
                      e->options->contract, name);
    }
    text_line(out, "}");
    text_line(out, "%s", "");
    text_line(out, "function check(address part, bytes32 hash) private view returns (address) {");
    text_line(out, "    if (part.codehash != hash) revert WrongPart(part);");
    text_line(out, "    return part;");
    text_line(out, "}");
    text_line(out, "%s", "");
}

/* The statements of the assembly block of `verify`; the functions stand before them. */
static void write_checks(const struct emit *e, struct text *out)
{
    char name[EMIT_NAME_SIZE];
    text_line(out, "if iszero(eq(publics.length, %u)) { fail($E_PublicsLength) }",
              4 * e->p->system->n_public);
    text_line(out, "if iszero(eq(proof.length, %u)) { fail($E_ProofLength) }", e->position);
    for (uint32_t i = 1; i < e->n_parts; i++) {
        constant_name(e, i, name);
        text_line(out, "mstore(%u, %c%s)", e->part_addresses + 32 * (i - 1), 'a', name);
    }
    text_line(out, "verify_at(publics.offset, proof.offset)");
    text_line(out, "//@trace trace_return(0)");
    text_line(out, "mstore(0, 1)");
    text_line(out, "return(0, 32)");
}

static void write_constant(struct text *out, const char *name, const uint8_t value[32])
{
    char hex[65];
    for (int i = 0; i < 32; i++) snprintf(hex + 2 * i, 3, "%02x", value[i]);
    text_line(out, "function %s() external pure returns (bytes32) {", name);
    text_line(out, "    return 0x%s;", hex);
    text_line(out, "}");
    text_line(out, "%s", "");
}

static void write_entry(struct emit *e, struct text *out)
{
    const struct plan *p = e->p;
    struct emit_part *entry = &e->part[0];
    char name[EMIT_NAME_SIZE];
    contract_head(e, out);
    const char *interface = e->options->key_id == NULL ? "IProofVerifier" : "ITerminalVerifier";
    text_line(out, "import {%s} from \"%s\";", interface, e->options->interface_path);
    text_line(out, "import {%sHashes} from \"./%sHashes.sol\";", entry->name, entry->name);
    text_line(out, "%s", "");
    text_line(out,
              "/// @title Verifier of the program \"%s\": %u tables, %u columns, %u constraints,",
              p->system->name, p->system->n_tables, p->n_columns, p->n_constraints);
    text_line(out, "///        2^%u cells, 2^%u fractions; a proof has %u bytes.", p->whir.n_vars,
              p->log_fractions, e->position);
    text_line(out, "contract %s is %s {", entry->name, interface);
    out->indent = 4;
    text_line(out, "uint256 public constant PROOF_LENGTH = %u;", e->position);
    text_line(out, "uint256 public constant PUBLICS_LENGTH = %u;", 4 * p->system->n_public);
    text_line(out, "%s", "");
    write_constructor(e, out);
    text_line(out, "function programId() external pure returns (bytes32) {");
    text_line(out, "    return $PROGRAM_ID;");
    text_line(out, "}");
    text_line(out, "%s", "");
    if (e->options->key_id != NULL) {
        write_constant(out, "keyId", e->options->key_id);
        write_constant(out, "keySet", e->options->key_set);
    }
    text_line(out, "function verify(bytes calldata publics, bytes calldata proof)");
    text_line(out, "    external");
    text_line(out, "    view");
    text_line(out, "    returns (bool)");
    text_line(out, "{");
    out->indent += 4;
    for (uint32_t i = 1; i < e->n_parts; i++) {
        constant_name(e, i, name);
        text_line(out, "address a%s = %s;", name, name);
    }
    text_line(out, "assembly {");
    out->indent += 4;
    text_line(
        out, "/// the steps of docs/protocol/proof.md section 4: public values at pb, proof at pf");
    text_line(out, "function verify_at(pb, pf) {");
    out->indent += 4;
    text_indented(out, entry->body.data);
    out->indent -= 4;
    text_line(out, "}");
    emit_calls(e);
    add_library(e, entry, &entry->defs);
    text_indented(out, entry->defs.data);
    write_checks(e, out);
    close_blocks(out, 3);
}

/* A contract whose code is a STOP and the key's digests: read by EXTCODECOPY, never called. */
static void write_key(struct emit *e, const struct emit_part *part, struct text *out)
{
    contract_head(e, out);
    text_line(out, "/// @title The key of %s: the Merkle cap of its preprocessed columns.",
              e->part[0].name);
    text_line(out, "contract %s {", part->name);
    out->indent = 4;
    text_line(out, "constructor() {");
    out->indent += 4;
    text_line(out, "bytes memory code =");
    text_line(out, "    hex\"00\"");
    for (uint32_t i = 0; i < 1u << e->p->whir.pre_cap; i++) {
        char hex[65] = {0};
        for (uint32_t j = 0; j < 32; j++)
            snprintf(hex + 2 * j, 3, "%02x", e->p->key[32 * i + j]);
        text_line(out, "    hex\"%s\"%s", hex, i + 1 == 1u << e->p->whir.pre_cap ? ";" : "");
    }
    text_line(out, "assembly {");
    text_line(out, "    return(add(code, 32), mload(code))");
    text_line(out, "}");
    close_blocks(out, 2);
}

static void write_part(struct emit *e, struct emit_part *part, struct text *out)
{
    const bool tables = part->kind == EMIT_TABLES, trace = e->options->trace;
    const uint32_t from = trace ? e->trace_from : tables ? e->tables_from : e->values_from;
    contract_head(e, out);
    text_line(out, "/// @title A part of %s, which calls it with its memory from %u to %u%s",
              e->part[0].name, from, e->values_end, tables ? "." : ", and the proof.");
    text_line(out, "contract %s {", part->name);
    out->indent = 4;
    text_line(out, "fallback() external {");
    out->indent += 4;
    text_line(out, "assembly {");
    out->indent += 4;
    text_line(out, "function steps(%s) {", tables ? "" : "pf");
    out->indent += 4;
    text_line(out, "//@trace trace_start()");
    if (!tables) text_line(out, "let sigma");
    text_indented(out, part->body.data);
    out->indent -= 4;
    text_line(out, "}");
    add_library(e, part, &part->defs);
    text_indented(out, part->defs.data);
    text_line(out, "calldatacopy(%u, 0, %u)", from, e->values_end - from);
    if (tables) {
        text_line(out, "steps()");
        text_line(out, "return(%u, %u)", trace ? from : e->back_from,
                  e->back_end - (trace ? from : e->back_from));
    } else {
        text_line(out, "mstore($TS, mload(%u))", e->state);
        text_line(out, "steps(%u)", e->values_end - from);
        text_line(out, "//@trace trace_return(0)");
        text_line(out, "mstore(0, 1)");
        text_line(out, "return(0, 32)");
    }
    close_blocks(out, 3);
}

/* Writes everything; twice, since the first time tells how many words the tables need for their
 * intermediate values. */
static struct emit *write_all(const struct plan *p, const struct solgen_options *options)
{
    struct emit *draft = emit_new(p, options, 0);
    emit_verifier(draft);
    struct emit *e = emit_new(p, options, draft->max_temps);
    emit_free(draft);
    emit_verifier(e);
    REQUIRE(e->max_temps == e->n_temps);
    return e;
}

uint32_t solgen_contracts(const struct plan *p, const struct solgen_options *options,
                          struct solgen_files *files)
{
    REQUIRE(options->part_bytes > 0);
    struct emit *e = write_all(p, options);
    const uint32_t length = e->position;
    files->n = e->n_parts;
    REQUIRE(files->n <= SOLGEN_MAX_FILES);
    for (uint32_t i = 0; i < e->n_parts; i++) {
        snprintf(files->file[i].name, sizeof files->file[i].name, "%s", e->part[i].name);
        struct text *out = &files->file[i].text;
        text_init(out);
        if (i == 0)
            write_entry(e, out);
        else if (e->part[i].kind == EMIT_KEY)
            write_key(e, &e->part[i], out);
        else
            write_part(e, &e->part[i], out);
        out->shared = NULL;
    }
    emit_free(e);
    return length;
}

void solgen_files_free(struct solgen_files *files)
{
    for (uint32_t i = 0; i < files->n; i++)
        text_free(&files->file[i].text);
    files->n = 0;
}

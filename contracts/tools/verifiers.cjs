// The generated verifiers: how they are compiled, and the code hashes of their parts.
//   node contracts/tools/verifiers.cjs DIR
// For every DIR/<Name>.parts (a name of a contract per line, written by hawser-solgen) compiles the
// parts and writes DIR/<Name>Hashes.sol, a library with the hash of each part's code, which the
// constructor of <Name> checks. A file that is as it should be is left alone.
'use strict';
const fs = require('fs');
const path = require('path');

const modules = path.join(__dirname, '..', '..', 'node_modules');
const {keccak256} = require(path.join(modules, 'js-sha3'));

// At a high `runs` the field functions would be inlined everywhere, which doubles the code; with the
// constant optimiser their 256-bit masks would be computed at every use. The Yul optimiser names
// more values than the stack can reach.
const settings = {
    evmVersion: 'prague',
    optimizer: {enabled: true, runs: 200, details: {constantOptimizer: false, yul: false}},
    metadata: {appendCBOR: false, bytecodeHash: 'none'},
    outputSelection: {'*': {'*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']}},
};

function compile(sources) {
    const solc = require(path.join(modules, 'solc'));
    const result = JSON.parse(solc.compile(JSON.stringify({language: 'Solidity', sources, settings})));
    for (const e of result.errors || [])
        if (e.severity === 'error') throw new Error(e.formattedMessage);
    return result.contracts;
}

// TABLES_0 for <name>Tables0, as the entry's constructor calls it.
function constantName(name, part) {
    return part.slice(name.length).replace(/[0-9]/g, '_$&').toUpperCase();
}

function hashesOf(name, parts, sources, stamp) {
    const contracts = compile(sources);
    let text = '// SPDX-License-Identifier: Apache-2.0\n' +
        `// Written by contracts/tools/verifiers.cjs; do not edit. ${stamp}\n` +
        'pragma solidity ^0.8.24;\n\n' +
        `/// The code hash of each part of ${name}.\nlibrary ${name}Hashes {\n`;
    for (const part of parts) {
        const code = contracts[part][part].evm.deployedBytecode.object;
        text += `    // ${code.length / 2} bytes of code\n` +
            `    bytes32 internal constant ${constantName(name, part)} =\n` +
            `        0x${keccak256(Buffer.from(code, 'hex'))};\n`;
    }
    return text + '}\n';
}

function writeHashes(folder) {
    for (const file of fs.readdirSync(folder).sort()) {
        if (!file.endsWith('.parts')) continue;
        const name = file.slice(0, -'.parts'.length);
        // the code of <Name>Key is data, whose hash the entry has from the generator
        const parts = fs.readFileSync(path.join(folder, file), 'utf8').split('\n')
            .filter((part) => part !== '' && part !== name + 'Key');
        const sources = {};
        for (const part of parts)
            sources[part] = {content: fs.readFileSync(path.join(folder, part + '.sol'), 'utf8')};
        const version = require(path.join(modules, 'solc', 'package.json')).version;
        const stamp = keccak256(JSON.stringify([version, settings, sources]));
        const target = path.join(folder, name + 'Hashes.sol');
        if (fs.existsSync(target) && fs.readFileSync(target, 'utf8').includes(stamp)) continue;
        fs.writeFileSync(target + '.new', hashesOf(name, parts, sources, stamp));
        fs.renameSync(target + '.new', target);
    }
}

module.exports = {settings, writeHashes};
if (require.main === module) writeHashes(path.resolve(process.argv[2]));

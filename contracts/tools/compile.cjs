// Compiles contracts/src (and contracts/test/tokens) with the locked solc-js and writes one
// artifact per contract: contracts/out/<Name>.json = {"contractName","source","abi","bytecode"}.
//   node contracts/tools/compile.cjs [--out DIR] [--if-changed]
// With --if-changed nothing is done when every source is the one of the last run.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const root = path.join(__dirname, '..');
const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt >= 0 ? path.resolve(args[outAt + 1]) : path.join(root, 'out');
// Hawser stays below EIP-170's 24,576 bytes; the verifiers stay below the dev L1's 262,144
// (inlining their field functions at a high `runs` would double them).
const groups = [
    {folders: ['src', 'src/verifier', 'test/tokens'], runs: 200},
    // Nor do they compute their 256-bit masks at every use, as the constant optimiser would.
    {folders: ['src/generated', 'src/verifier'], runs: 200, details: {constantOptimizer: false, yul: true}},
];

function readSources(folders) {
    const sources = {};
    for (const folder of folders) {
        const dir = path.join(root, folder);
        if (!fs.existsSync(dir)) continue;
        for (const name of fs.readdirSync(dir).sort()) {
            if (!name.endsWith('.sol') || name.endsWith('.t.sol')) continue;
            const file = folder + '/' + name;
            sources[file] = {content: fs.readFileSync(path.join(root, file), 'utf8')};
        }
    }
    return sources;
}

const solcVersion = require(path.join(root, '..', 'node_modules', 'solc', 'package.json')).version;
const inputs = groups.map(({folders, runs, details}) => JSON.stringify({
    language: 'Solidity',
    sources: readSources(folders),
    settings: {
        evmVersion: 'prague',
        optimizer: {enabled: true, runs, details},
        metadata: {appendCBOR: false, bytecodeHash: 'none'},
        outputSelection: {'*': {'*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']}},
    },
}));
const self = fs.readFileSync(__filename, 'utf8');
const stamp = crypto.createHash('sha256').update(solcVersion + self + inputs.join()).digest('hex');
const stampFile = path.join(out, 'compile.stamp');
if (args.includes('--if-changed') && fs.existsSync(stampFile) &&
    fs.readFileSync(stampFile, 'utf8') === stamp) {
    process.exit(0);
}

const solc = require(path.join(root, '..', 'node_modules', 'solc'));
fs.mkdirSync(out, {recursive: true});
let count = 0;
for (const input of inputs) {
    const result = JSON.parse(solc.compile(input));
    let failed = false;
    for (const e of result.errors || []) {
        if (e.errorCode === '5574') continue; // code size: only verifiers, docs/protocol
        process.stderr.write(e.formattedMessage);
        if (e.severity === 'error') failed = true;
    }
    if (failed) process.exit(1);
    for (const [file, contracts] of Object.entries(result.contracts)) {
        for (const [name, c] of Object.entries(contracts)) {
            const target = path.join(out, name + '.json');
            const artifact = {contractName: name, source: 'contracts/' + file, abi: c.abi,
                              bytecode: '0x' + c.evm.bytecode.object};
            fs.writeFileSync(target + '.new', JSON.stringify(artifact, null, 1) + '\n');
            fs.renameSync(target + '.new', target);
            count++;
            const size = c.evm.deployedBytecode.object.length / 2;
            if (name === 'Hawser' && size > 24576) {
                console.error(`Hawser has ${size} bytes of code, more than 24576 (EIP-170)`);
                process.exit(1);
            }
            if (size > 10000) console.log(`${name}: ${size} bytes of code`);
        }
    }
}
fs.writeFileSync(stampFile, stamp);
console.log(`${count} artifacts in ${out}`);

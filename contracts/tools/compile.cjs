// Compiles contracts/src (and contracts/test/tokens) with the locked solc-js and writes one
// artifact per contract: contracts/out/<Name>.json = {"contractName","source","abi","bytecode"}, for a
// verifier in several contracts also "parts".
//   node contracts/tools/compile.cjs [--out DIR] [--if-changed]
// With --if-changed nothing is done when every source is the one of the last run.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const verifiers = require('./verifiers.cjs');

const root = path.join(__dirname, '..');
const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt >= 0 ? path.resolve(args[outAt + 1]) : path.join(root, 'out');
const settings = {
    evmVersion: 'prague',
    optimizer: {enabled: true, runs: 200},
    metadata: {appendCBOR: false, bytecodeHash: 'none'},
    outputSelection: {'*': {'*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object']}},
};
const groups = [
    {folders: ['src', 'src/verifier', 'test/tokens'], settings},
    {folders: ['src/generated', 'src/verifier'], settings: verifiers.settings},
];
const MAX_CODE = 24576, MAX_INITCODE = 49152; // EIP-170 and EIP-3860

// Of a folder with generated verifiers only those that have their list of parts: what an earlier build
// generated may still lie there.
function readSources(folders) {
    const sources = {};
    for (const folder of folders) {
        const dir = path.join(root, folder);
        if (!fs.existsSync(dir)) continue;
        const names = fs.readdirSync(dir).sort();
        const verifiers = names.filter((n) => n.endsWith('.parts')).map((n) => n.slice(0, -6));
        for (const name of names) {
            if (!name.endsWith('.sol') || name.endsWith('.t.sol')) continue;
            if (verifiers.length > 0 && !verifiers.some((v) => name.startsWith(v))) continue;
            const file = folder + '/' + name;
            sources[file] = {content: fs.readFileSync(path.join(root, file), 'utf8')};
        }
    }
    return sources;
}

const solcVersion = require(path.join(root, '..', 'node_modules', 'solc', 'package.json')).version;
const generated = path.join(root, 'src', 'generated');
if (fs.existsSync(generated)) verifiers.writeHashes(generated);
const inputs = groups.map(({folders, settings}) => JSON.stringify({
    language: 'Solidity',
    sources: readSources(folders),
    settings,
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
            // the contracts whose addresses its constructor takes, in this order
            const parts = path.join(root, file.slice(0, -'.sol'.length) + '.parts');
            if (file.endsWith('/' + name + '.sol') && fs.existsSync(parts))
                artifact.parts = fs.readFileSync(parts, 'utf8').split('\n').filter(Boolean);
            fs.writeFileSync(target + '.new', JSON.stringify(artifact, null, 1) + '\n');
            fs.renameSync(target + '.new', target);
            count++;
            const size = c.evm.deployedBytecode.object.length / 2;
            const initcode = c.evm.bytecode.object.length / 2;
            if (size > MAX_CODE || initcode > MAX_INITCODE) {
                console.error(`${name} has ${size} bytes of code and ${initcode} of initcode, more than ` +
                              `${MAX_CODE} (EIP-170) or ${MAX_INITCODE} (EIP-3860)`);
                process.exit(1);
            }
            if (size > 10000) console.log(`${name}: ${size} bytes of code`);
        }
    }
}
fs.writeFileSync(stampFile, stamp);
console.log(`${count} artifacts in ${out}`);

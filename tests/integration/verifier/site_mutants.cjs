// Every check site of the generated terminal verifier, one by one taken out or turned round: some
// input must then have another outcome than with the verifier as it is.
//   node site_mutants.cjs DIR [RESULTS [SITE]]
// DIR: what hawser-test-verifier-machine and contracts/tools/verifiers.cjs wrote. RESULTS: a file to which
// a line with date, commit and counts is appended. SITE: e.g. MachineOpening:416, only this. The outcome of an input is "accepted" or the first
// four bytes of the error. Inputs: the good proof; lengths off by one; every public value and, spread
// over the whole proof, elements changed by a bit or by p (another form of the same number); each word of
// the first leaves; zeros for the denominators; parts in a wrong place.
// FinalPolynomial and the form of the key's leaf are behind the Merkle paths, which a proof changed after
// the fact never passes: where nothing is noticed the path checks are taken out of the way, in the mutant
// and in what it is compared with.
'use strict';
const {execFileSync} = require('child_process');
const fs = require('fs');
const path = require('path');

const root = path.join(__dirname, '..', '..', '..');
const {settings} = require(path.join(root, 'contracts', 'tools', 'verifiers.cjs'));
const solc = require(path.join(root, 'node_modules', 'solc'));
const {start, rpc, send, hex, callOf, TX_GAS_LIMIT} = require('./chain.cjs');

const P = 2130706433;
const NAME = 'Machine', VECTORS = 'machine';
const [dir, results, only] = process.argv.slice(2);
const read = (f) => fs.readFileSync(path.join(dir, f));

// What no input reaches, with the reason. An entry that is noticed after all is an error.
const LISTED = [
    {file: 'Machine', text: 'if f_is_zero(mload(', how: 'out',
        why: 'the denominator of a public message is 0 for one of 2^154 challenges'},
    {file: 'Machine', text: 'if iszero(eq(returndatasize(), m))', how: 'out',
        why: 'a part has the code of its hash and always answers m bytes'},
];

// ---- sites ----

// {file, line, how, text, with}: `with` replaces the line
function sitesOf(file, lines) {
    const sites = [];
    const add = (line, how, to) => sites.push({file, line, how, text: lines[line].trim(), with: to});
    lines.forEach((text, i) => {
        const check = text.match(/^(\s*)if (.*) \{ (fail\(.*\)|revert\(0, 0\)) \}$/);
        if (check) {
            add(i, 'out', '');
            add(i, 'turned', `${check[1]}if iszero(${check[2]}) { ${check[3]} }`);
        } else if (/^\s*if \(.*\) revert /.test(text)) {
            add(i, 'out', '');
            add(i, 'turned', text.replace('!=', '=='));
        } else if (/^\s*revert\(/.test(text)) {
            add(i, 'out', '');
        } else if (/staticcall\(/.test(text) && /^\s*if /.test(text)) {
            add(i, 'turned', text.replace('if iszero(', 'if iszero(iszero(').replace(/\) \{$/, ')) {'));
        } else if (/fail\(0x|revert/.test(text) && !/^\s*(\/\/|function|error)/.test(text)) {
            throw new Error(`${file}:${i + 1}: a check that is not understood: ${text}`);
        }
    });
    return sites;
}

// Lines of functions that nothing calls: every part has the same arithmetic, used or not.
function deadLines(lines) {
    const owner = [], body = {};
    let inside = null, end = null;
    lines.forEach((text, i) => {
        const start = text.match(/^(\s*)function (\w+)\(/);
        if (start && !inside && !text.trim().startsWith('function verify(')) {
            inside = start[2];
            end = start[1] + '}';
        }
        owner[i] = inside;
        (body[inside] = body[inside] || []).push(inside && start ? text.replace(/function \w+/, '') : text);
        if (inside && text === end) inside = null;
    });
    const live = new Set(), todo = [null];
    while (todo.length > 0) {
        const text = body[todo.pop()].join('\n');
        for (const f of Object.keys(body))
            if (f !== 'null' && !live.has(f) && new RegExp(`\\b${f}\\(`).test(text)) {
                live.add(f);
                todo.push(f);
            }
    }
    return new Set([...lines.keys()].filter((i) => owner[i] !== null && !live.has(owner[i])));
}

// ---- contracts ----

const hashes = () => read(NAME + 'Hashes.sol').toString();
function compile(file, text) {
    const sources = {['src/gen/' + file + '.sol']: {content: text},
        ['src/gen/' + NAME + 'Hashes.sol']: {content: hashes()},
        'src/verifier/IProofVerifier.sol': {content:
            fs.readFileSync(path.join(root, 'contracts/src/verifier/IProofVerifier.sol'), 'utf8')}};
    const out = JSON.parse(solc.compile(JSON.stringify({language: 'Solidity', sources, settings})));
    for (const e of out.errors || []) if (e.severity === 'error') throw new Error(e.formattedMessage);
    return out.contracts['src/gen/' + file + '.sol'][file].evm.bytecode.object;
}
async function deploy(code) {
    const receipt = await send({data: '0x' + code});
    return receipt.status === '0x1' ? receipt.contractAddress : null;
}
const word = (a) => a.slice(2).padStart(64, '0');

// ---- inputs ----

function changed(bytes, change) {
    const b = Buffer.from(bytes);
    change(b);
    return b;
}
const plusP = (at) => (b) => b.writeUInt32BE((b.readUInt32BE(at) + P) >>> 0, at);
const flip = (at) => (b) => { b[at] ^= 1; };

function inputs() {
    const q = read(VECTORS + '.publics'), p = read(VECTORS + '.proof'), layout = read(VECTORS + '.layout');
    const at = (i) => layout.readUInt32BE(4 * i);
    const [, logup, gkr, zero, columns, whir, firstLeaf, lastLeaf, finalPoly, lastRounds] =
        [...Array(10).keys()].map(at);
    const queryBytes = at(11), leafBytes = at(12);
    const list = [['good', q, p]];
    const onProof = (what, change) => list.push([what, q, changed(p, change)]);
    for (const d of [4, -4, 1, -1]) {
        list.push([`publics ${d}`, d > 0 ? Buffer.concat([q, Buffer.alloc(d)]) : q.subarray(0, d), p]);
        list.push([`proof ${d}`, q, d > 0 ? Buffer.concat([p, Buffer.alloc(d)]) : p.subarray(0, d)]);
    }
    for (let i = 0; i < q.length; i += 4) {
        list.push([`public ${i / 4} + p`, changed(q, plusP(i)), p]);
        if (i % 32 === 0) list.push([`public ${i / 4} changed`, changed(q, flip(i + 3)), p]);
    }
    onProof('denominators 0', (b) => b.fill(0, gkr + 640, gkr + 1280));
    for (let i = 0; i < 8; i++) onProof(`nonce ${i}`, (b) => { b[logup + i] ^= 1 + i; });
    const elements = (what, from, to, n) => {
        const count = Math.floor((to - from) / 20), step = Math.max(1, Math.floor(count / n));
        for (let i = 0; i < count; i += step) {
            onProof(`${what} element ${i} + p`, plusP(from + 20 * i));
            onProof(`${what} element ${i} changed`, flip(from + 20 * i + 19));
        }
    };
    elements('gkr', gkr, zero, 12);
    elements('zero', zero, columns, 8);
    elements('columns', columns, whir, 48);
    elements('final', finalPoly, lastRounds > lastLeaf ? lastLeaf : lastRounds, 6);
    elements('last rounds', lastRounds, p.length, 6);
    for (let i = whir; i < firstLeaf; i += 20) onProof(`whir byte ${i - whir}`, flip(i + 19));
    for (let i = whir; i + 4 < firstLeaf; i += 48) onProof(`whir + p ${i - whir}`, plusP(i));
    for (let i = 0; i < leafBytes; i += 32) onProof(`leaf word ${i / 32} + p`, plusP(firstLeaf + i));
    for (let i = 0; i < queryBytes; i += 32) {
        onProof(`query word ${i / 32} changed`, flip(firstLeaf + i + 31));
        if (i >= leafBytes) onProof(`query word ${i / 32} + p`, plusP(firstLeaf + i));
    }
    for (let i = firstLeaf + queryBytes; i < finalPoly; i += 331) onProof(`byte ${i}`, flip(i));
    for (let i = lastLeaf; i < lastRounds; i += 173) onProof(`last query byte ${i}`, flip(i));
    return list.map(([what, publics, proof]) => ({what, data: callOf(publics, proof)}));
}

async function outcome(to, data) {
    try {
        const r = await rpc('eth_call', {to, data, gas: hex(TX_GAS_LIMIT)}, 'latest');
        return Number(r) === 1 ? 'accepted' : 'answer ' + r;
    } catch (e) {
        const m = (e.message + ' ' + JSON.stringify(e.data || '')).match(/0x[0-9a-f]{8}/);
        return m ? m[0] : e.message.slice(0, 40);
    }
}

// ---- main ----

async function main() {
    await start();
    const parts = read(NAME + '.parts').toString().split('\n').filter(Boolean);
    const lines = {};
    for (const f of [NAME, ...parts.filter((n) => n !== NAME + 'Key')])
        lines[f] = read(f + '.sol').toString().split('\n');
    const textOf = (file, ...sites) => {
        const copy = [...lines[file]];
        for (const s of sites) copy[s.line] = s.with;
        return copy.join('\n');
    };
    const all = Object.keys(lines).flatMap((f) => sitesOf(f, lines[f]));
    const dead = Object.fromEntries(Object.keys(lines).map((f) => [f, deadLines(lines[f])]));
    const sites = all.filter((s) => !dead[s.file].has(s.line));
    const wrongPart = sites.find((s) => /revert WrongPart/.test(s.text) && s.how === 'out');

    // parts as they are; the entry takes any part, so that a changed one can be put in
    const code = {}, address = {};
    for (const part of parts) {
        code[part] = compile(part, read(part + '.sol').toString());
        address[part] = await deploy(code[part]);
    }
    const args = (changes) => parts.map((n) => word({...address, ...changes}[n])).join('');
    const open = compile(NAME, textOf(NAME, wrongPart)), closed = compile(NAME, textOf(NAME));

    const corpus = inputs();
    // address of a verifier with these sites changed, all in one file
    const build = async (...changes) => {
        const file = changes.length === 0 ? NAME : changes[0].file;
        if (file === NAME) return deploy(compile(NAME, textOf(NAME, wrongPart, ...changes)) + args({}));
        return deploy(open + args({[file]: await deploy(compile(file, textOf(file, ...changes)))}));
    };
    const baseline = async (to) => {
        const all = [];
        for (const i of corpus) all.push(await outcome(to, i.data));
        return all;
    };
    const base = await baseline(await build());
    if (base[0] !== 'accepted') throw new Error('the good proof has outcome ' + base[0]);
    if (base.indexOf('accepted', 1) >= 0) throw new Error(corpus[base.indexOf('accepted', 1)].what + ' is accepted');
    const kinds = {};
    for (const o of base) kinds[o] = (kinds[o] || 0) + 1;
    console.log(`${sites.length} mutants (${all.length - sites.length} more in functions that their contract ` +
        `does not call), ${corpus.length} inputs, outcomes ${JSON.stringify(kinds)}`);

    // the first input with another outcome; inputs that the site's own error refuses come first
    const noticed = async (to, want, text) => {
        const error = (text.match(/fail\((0x[0-9a-f]{8})\)/) || [])[1];
        const order = [0, ...corpus.keys()].sort((a, b) => (want[b] === error) - (want[a] === error));
        for (const i of [0, ...order]) {
            const got = await outcome(to, corpus[i].data);
            if (got !== want[i]) return `${corpus[i].what}: ${want[i]} -> ${got}`;
        }
        return null;
    };
    const isPath = (s) => s.how === 'out' && /w_root_\d+\(o, index\)|eq\(hash, mload\(0\)\)/.test(s.text);
    let killed = 0, listed = 0, failed = 0, helped = 0;
    for (const s of sites.filter((x) => !only || `${x.file}:${x.line + 1}` === only)) {
        let how = null;
        if (/revert WrongPart/.test(s.text)) { // seen by what the constructor takes
            const other = compile(NAME, textOf(NAME, s));
            for (let k = 0; k < parts.length && !how; k++) {
                const swapped = args({[parts[k]]: address[parts[(k + 1) % parts.length]]});
                const now = await deploy(other + swapped), was = await deploy(closed + swapped);
                if ((now === null) !== (was === null)) how = `part ${k} replaced`;
            }
            if (!how && await deploy(other + args({})) === null) how = 'the right parts are refused';
        } else {
            const to = await build(s);
            how = to === null ? 'cannot be deployed' : await noticed(to, base, s.text);
            if (how === null && s.file !== NAME) { // behind the paths
                const paths = sites.filter((x) => x.file === s.file && isPath(x) && x.line !== s.line);
                const want = await baseline(await build(...paths));
                how = await noticed(await build(...paths, s), want, s.text);
                helped += how !== null;
            }
        }
        const entry = LISTED.find((l) => l.file === s.file && l.how === s.how && s.text.startsWith(l.text));
        const where = `${s.file}:${s.line + 1} ${s.how}: ${s.text.slice(0, 60)}`;
        if (how && entry) { failed++; console.log(`[FAIL] stale entry: ${where}: ${how}`); }
        else if (how) { killed++; console.log(`[PASS] ${where}: ${how}`); }
        else if (entry) { listed++; console.log(`[PASS] ${where}: listed: ${entry.why}`); }
        else { failed++; console.log(`[FAIL] not noticed: ${where}`); }
    }
    const count = `${sites.length} mutants: ${killed} noticed (${helped} with the path checks out of the way), ` +
        `${listed} listed, ${failed} not noticed; ${corpus.length} inputs`;
    console.log(count);
    if (results && !only) {
        const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD']).toString().trim();
        fs.appendFileSync(results, `${new Date().toISOString().slice(0, 16)}Z ${commit}: ${count}\n`);
    }
    console.log(`${killed + listed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
}

main().catch((e) => {
    console.log(`[FAIL] ${e.stack}`);
    console.log('0 passed, 1 failed');
    return 1;
}).then((status) => process.exit(status));

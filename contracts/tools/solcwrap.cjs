// Speaks the part of solc's command line that forge uses: --version and --standard-json.
const path = require('path');
const fs = require('fs');
const solc = require(path.join(__dirname, '..', '..', 'node_modules', 'solc'));
const args = process.argv.slice(2);
if (args.includes('--version')) {
    const v = solc.version().replace('.Emscripten.clang', '.Linux.g++');
    console.log('solc, the solidity compiler commandline interface\nVersion: ' + v);
} else if (args.includes('--standard-json')) {
    fs.writeSync(1, solc.compile(fs.readFileSync(0, 'utf8')));
} else {
    console.error('solcwrap: only --version and --standard-json');
    process.exit(1);
}

// `pnpm bench [PACKAGE…]`: runs the benchmarks of all packages (or of the named ones), one after the other. Prints which machine they ran on, and writes
// everything as Markdown and JSON to reports/; a run of all packages to apps/docs/performance/, where it is part of the documentation. Compare ratios, which come from one run; seconds differ between machines.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const VULNERABILITIES = '/sys/devices/system/cpu/vulnerabilities/';

/** The kernel's mitigations of processor vulnerabilities, which cost time at every system call. */
const mitigations = () =>
  existsSync(VULNERABILITIES)
    ? readdirSync(VULNERABILITIES)
        .map(name => [name, readFileSync(VULNERABILITIES + name, 'utf8').trim()])
        .filter(([, state]) => state !== 'Not affected')
        .map(([name, state]) => `${name}: ${state}`)
    : [];

const machine = {
  processor: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  kernel: release(),
  mitigations: mitigations(),
  node: process.version,
  date: new Date().toISOString(),
};

/** Packages with a benchmark. */
const withBench = readdirSync(`${ROOT}packages`).filter(name => {
  const manifest = `${ROOT}packages/${name}/package.json`;
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).scripts?.bench !== undefined;
});

/** Runs one package's benchmark, shows what it prints, and returns it. */
function run(name) {
  const child = spawn('npx', ['-y', 'pnpm@12.21.0', '--silent', 'run', 'bench'], {
    cwd: `${ROOT}packages/${name}`,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text;
    process.stdout.write(text);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ package: name, code, lines: output.trimEnd().split('\n') }));
  });
}

const named = process.argv.slice(2).filter(word => word !== '--');
const unknown = named.filter(name => !withBench.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark in ${unknown.join(', ')}. Packages with one: ${withBench.join(', ')}`);
  process.exit(2);
}
const about = Object.entries(machine).map(
  ([name, value]) => `${name}: ${Array.isArray(value) ? value.join('; ') : value}`,
);
console.log(about.join('\n'));
const results = [];
for (const name of named.length > 0 ? named : withBench) {
  console.log(`\n== ${name}`);
  results.push(await run(name));
}
const folder = named.length > 0 ? 'reports' : 'apps/docs/performance';
mkdirSync(ROOT + folder, { recursive: true });
writeFileSync(`${ROOT}${folder}/report.json`, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
const sections = results.map(({ package: name, lines }) => `## ${name}\n\n\`\`\`text\n${lines.join('\n')}\n\`\`\`\n`);
writeFileSync(
  `${ROOT}${folder}/report.md`,
  `---\ntitle: Benchmark report\n---\n\n# Benchmark report\n\n${about.map(line => `- ${line}`).join('\n')}\n\n${sections.join('\n')}`,
);
console.log(`\nwritten: ${folder}/report.md, ${folder}/report.json`);
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0;

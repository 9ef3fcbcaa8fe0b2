// Everything that needs no running program: types, lint, format, generated files, laws, surfaces.
//
//   npm run check
//
// All steps run, even after a failure; a failed one shows its output. The last line counts steps.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const node = process.execPath
const jest = [node, 'scripts/jest.mjs', '--colors=false']

/** What must hold, the command that proves it, and what helps. */
const steps = [
  { claim: 'the packages have no type errors', command: ['tsc', '-b'] },
  { claim: 'the tests have no type errors', command: ['tsc', '-p', 'tsconfig.test.json'] },
  {
    claim: 'the page of the console has no type errors',
    command: ['tsc', '-p', 'packages/console/tsconfig.web.json'],
  },
  { claim: 'oxlint finds nothing', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  {
    claim: 'the code is formatted',
    command: ['prettier', '--check', '--log-level=warn', '**/*.{ts,tsx,mjs}'],
    fix: 'npx prettier --write FILE',
  },
  {
    claim: 'the generated files are up to date',
    command: [node, 'scripts/generate.mjs', '--check'],
    fix: 'npm run generate',
  },
  { claim: 'the laws of test/tidy hold', command: [...jest, 'test/tidy'] },
  { claim: 'the claims of test/surface hold', command: [...jest, 'test/surface'] },
]

/** The exit code and what was printed. */
function run([program, ...args]) {
  const PATH = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, PATH } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    }
    child.on('error', (error) => resolve({ code: 127, output: `${program}: ${error.message}\n` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

const count = { passed: 0, failed: 0, skipped: 0 }
for (const { claim, command, fix } of steps) {
  const start = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  count[code === 0 ? 'passed' : 'failed']++
  console.log(`${code === 0 ? '✓' : '✗'} ${claim} (${seconds} s)`)
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '    '))
  if (code !== 0 && fix !== undefined) console.log(`    fix: ${fix}`)
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1

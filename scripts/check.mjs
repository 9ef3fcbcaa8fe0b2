// Everything that needs no running program: types, lint, format, generated files, laws, surfaces.
//
//   npm run check
//
// All steps run, even after a failure; a failed one shows its output. The last line counts steps.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const node = process.execPath
const generator = 'packages/record/scripts/generate.ts'
const jest = [node, 'scripts/jest.mjs', '--colors=false']

/** What must hold, the command that proves it, and the command that helps. */
const steps = [
  ['the packages have no type errors', ['tsc', '-b']],
  ['the tests have no type errors', ['tsc', '-p', 'tsconfig.test.json']],
  ['oxlint finds nothing', ['oxlint', '--type-aware', '--deny-warnings']],
  [
    'the format is prettier’s',
    ['prettier', '--check', '--log-level=warn', '**/*.{ts,mjs}'],
    'npx prettier --write FILE',
  ],
  [
    'generated files are up to date',
    existsSync(join(root, generator)) ? [node, generator, '--check'] : null,
    'npm run generate',
  ],
  ['the laws of test/tidy hold', [...jest, 'test/tidy']],
  ['the claims of test/surface hold', [...jest, 'test/surface']],
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
for (const [claim, command, help] of steps) {
  if (command === null) {
    count.skipped++
    console.log(`- ${claim}: skipped, there is no ${generator} yet`)
    continue
  }
  const start = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  count[code === 0 ? 'passed' : 'failed']++
  console.log(`${code === 0 ? '✓' : '✗'} ${claim} (${seconds} s)`)
  if (code !== 0) console.log(output.trimEnd().replace(/^/gm, '    '))
  if (code !== 0 && help !== undefined) console.log(`    fix: ${help}`)
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = count.failed === 0 ? 0 : 1

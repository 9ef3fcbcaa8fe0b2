// Runs every generator of the workspace; arguments are passed on.
//
//   node scripts/generate.mjs [--check]
//
// --check writes nothing: generators name what differs, and it exits 1.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const generators = [
  'packages/record/scripts/generate.ts',
  'packages/receiver/scripts/generate.ts',
  'packages/receiver/scripts/docs.ts',
  'packages/receiver/scripts/dashboard.ts',
  'packages/ledger/scripts/generate.ts',
  'packages/cli/scripts/docs.ts',
  'packages/cli/scripts/generate.ts',
  'packages/detect/scripts/docs.ts',
  'examples/demo/told/readme-table.ts',
  'test/instrumentation/docs.ts',
]

for (const generator of generators) {
  const args = ['--conditions=@grantlog/source', join(root, generator), ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}

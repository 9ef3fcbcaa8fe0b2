// Runs a package script with the pinned Node and pnpm, installing nothing globally.
//
//   node scripts/run.mjs SCRIPT [-- ARGS…]
//
// Works from Node 20 with npm alone. The Node and pnpm already on PATH are used when they are new
// enough; otherwise npm fetches the pinned ones from its registry into its own cache.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pin = {
  node: readFileSync(join(root, '.node-version'), 'utf8').trim(),
  pnpm: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager.split('@')[1],
}
const [script, ...args] = process.argv.slice(2)
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`

/** pnpm is asked from `/`: inside the workspace it would switch itself to the pinned version. */
const have = (command) => {
  const { status, stdout } = spawnSync(command, ['--version'], { cwd: '/', encoding: 'utf8' })
  return status === 0 ? stdout.trim().replace(/^v/, '') : '0'
}
const atLeast = (version, wanted) =>
  version.localeCompare(wanted, undefined, { numeric: true }) >= 0 ||
  version.split('.')[0] > wanted.split('.')[0]

const nodeIsNew = atLeast(process.versions.node, '24.11.1')
const pnpmIsNew = atLeast(have('pnpm'), '12.0.0')
const wanted = []
if (!nodeIsNew) wanted.push(nodePackage())
if (!pnpmIsNew) wanted.push(`pnpm@${pin.pnpm}`)

function nodePackage() {
  const { platform, arch } = process
  if (platform === 'linux') return `node-linux-${arch}@${pin.node}`
  console.error(
    `GRANTLOG_NODE_TOO_OLD: Node ${process.versions.node} is too old for the workspace.\n` +
      `  fix: install Node 24 (https://nodejs.org) and run the command again.`,
  )
  process.exit(2)
}

const install = existsSync(join(root, 'node_modules/.modules.yaml')) && upToDate() ? '' : 'pnpm install --frozen-lockfile --reporter=append-only >&2 && '
const command = `${install}pnpm --silent run ${[script, ...args].map(quote).join(' ')}`

/** True when the last install is newer than the lock file and every manifest of ours. */
function upToDate() {
  const installed = statSync(join(root, 'node_modules/.modules.yaml')).mtimeMs
  return statSync(join(root, 'pnpm-lock.yaml')).mtimeMs <= installed
}

const [program, programArgs] = wanted.length
  ? ['npx', ['--yes', ...wanted.flatMap((name) => ['-p', name]), '-c', command]]
  : ['sh', ['-c', command]]
const { status, signal } = spawnSync(program, programArgs, { cwd: root, stdio: 'inherit' })
process.exit(signal ? 1 : (status ?? 1))

// Runs a package script with the pinned Node and pnpm, installing nothing globally.
//
//   node scripts/run.mjs SCRIPT [ARGS…]
//
// Works from Node 20 with npm alone. The Node on PATH is used when it is new enough, and so is
// pnpm, which is needed only when node_modules is out of date; otherwise npm fetches the pinned
// ones from its registry into its own cache. A script is a list of plain commands joined by ` && `:
// each runs without a shell in between, so that signals and exit codes arrive, and ARGS go to the
// last. Only the last writes to stdout; all else goes to stderr.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const OLDEST_NODE = '24.11.1'
const OLDEST_PNPM = '12.0.0'
const PARENT_WATCH_INTERVAL_MS = 500
/** stdin, stdout, stderr of a child: nothing to read, and both outputs to our stderr. */
const TO_STDERR = ['ignore', 2, 2]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = (path) => readFileSync(join(root, path), 'utf8')
const manifest = JSON.parse(read('package.json'))
const [script, ...args] = process.argv.slice(2)
const parent = process.ppid

if (!Object.hasOwn(manifest.scripts, script ?? '')) {
  const known = Object.keys(manifest.scripts).filter((name) => !name.startsWith('pre'))
  fail('NO_SUCH_SCRIPT', `There is no script "${script ?? ''}".`, `use one of ${known.join(', ')}`)
}

const env = { ...process.env }
const installed = isInstalled()
addToPath(findTools({ needsPnpm: !installed }))
addToPath([join(root, 'node_modules', '.bin')])

if (!installed) {
  const install = ['install', '--frozen-lockfile', '--config.confirm-modules-purge=false']
  await run('pnpm', [...install, '--reporter=append-only'], TO_STDERR)
}
const commands = manifest.scripts[script].split(' && ').map((command) => command.split(' '))
const last = commands.pop()
for (const [program, ...rest] of commands) await run(program, rest, TO_STDERR)
await run(last[0], [...last.slice(1), ...args], 'inherit')

/** pnpm keeps a copy of the lock file that it installed; a different one means another install. */
function isInstalled() {
  const copy = 'node_modules/.pnpm/lock.yaml'
  return existsSync(join(root, copy)) && read(copy) === read('pnpm-lock.yaml')
}

/** The folders to put on PATH: of this Node, or of what npm had to fetch. */
function findTools({ needsPnpm }) {
  const nodeIsNew = isAtLeast(process.versions.node, OLDEST_NODE)
  const missing = []
  if (!nodeIsNew) missing.push(nodePackage())
  if (needsPnpm && !isAtLeast(pnpmVersion(), OLDEST_PNPM)) missing.push(manifest.packageManager)
  const folders = nodeIsNew ? [dirname(process.execPath)] : []
  return missing.length === 0 ? folders : [...folders, ...fetchTools(missing)]
}

/** npx puts the packages into npm's cache and their programs on the PATH of one command. */
function fetchTools(packages) {
  const print = 'command -v node; command -v pnpm || true'
  const flags = ['--yes', ...packages.flatMap((name) => ['-p', name]), '-c', print]
  const { status, stdout } = spawnSync('npx', flags, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) {
    const fix = 'check that npm reaches its registry, then run the command again'
    fail('TOOLS_NOT_FETCHED', `npm could not fetch ${packages.join(' and ')}.`, fix)
  }
  const paths = stdout.split('\n').filter((line) => line.startsWith('/'))
  return [...new Set(paths.map((path) => dirname(path)))]
}

/** Not `node`: it installs from a script, and where those are off, the old Node stays silently. */
function nodePackage() {
  const { platform, arch } = process
  if (platform === 'linux') return `node-linux-${arch}@${read('.node-version').trim()}`
  const problem = `Node ${process.versions.node} is too old: ${OLDEST_NODE} or newer is needed.`
  return fail('NODE_TOO_OLD', problem, 'install Node 24 (https://nodejs.org) and run it again')
}

/** Asked from `/`: inside the workspace pnpm would first switch itself to the pinned version. */
function pnpmVersion() {
  const { status, stdout } = spawnSync('pnpm', ['--version'], { cwd: '/', encoding: 'utf8' })
  return status === 0 ? stdout.trim() : '0.0.0'
}

function isAtLeast(version, oldest) {
  const [have, want] = [version, oldest].map((text) => text.split('.').map((n) => parseInt(n, 10)))
  const at = want.findIndex((part, index) => part !== have[index])
  return at === -1 || have[at] > want[at]
}

function addToPath(folders) {
  env.PATH = [...folders, env.PATH].join(delimiter)
}

/** Resolves when the program has ended well; anything else ends this process in the same way. */
async function run(program, programArgs, stdio) {
  const child = spawn(program, programArgs, { cwd: root, env, stdio })
  const pass = (signal) => {
    // At a terminal, Ctrl-C has already reached the program, and npm tells us a second time.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, pass)
  const watch = setInterval(() => isOrphaned() && pass('SIGTERM'), PARENT_WATCH_INTERVAL_MS)
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`)
      resolve(127)
    })
    child.once('exit', (status, signal) => resolve(status ?? 128 + constants.signals[signal]))
  })
  for (const signal of signals) process.off(signal, pass)
  clearInterval(watch)
  if (code !== 0) process.exit(code)
}

/** npm passes a signal to the shell between it and us, which ends without telling us. */
function isOrphaned() {
  return process.env.npm_lifecycle_event !== undefined && process.ppid !== parent
}

function fail(code, problem, fix) {
  console.error(`GRANTLOG_${code}: ${problem}\n  fix: ${fix}.`)
  process.exit(2)
}

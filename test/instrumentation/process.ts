// One process of a cell: an application on a library, to its end, with what it said, what its
// clients saw, and which secrets went over its wires.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { secretsIn } from '../flow/wire-secrets.ts'
import type { Exchange } from '../flow/tap.ts'
import { login } from './login.ts'
import type { Way } from './row.ts'

const sdk = join(import.meta.dirname, '../../packages/sdk')
const starter = pathToFileURL(join(import.meta.dirname, 'application', 'start.mjs')).href
/** Shorter secrets are words. */
const lengthMin = 8
/** A process that stands still is killed, and its cell failed; each turn may take some time. */
const [hangMs, turnMs] = [300_000, 20]

export interface Program {
  /** Name of a file of libraries/, without its end; or of `kind`. */
  readonly file: string
  readonly kind?: 'libraries' | 'examples'
  readonly modules: readonly string[]
  readonly version: string
  readonly way: Way
  /** Where the library is installed. */
  readonly folder: string
  /** The program `node`. */
  readonly node: string
  readonly servers: Servers
  /** null: without Grantlog. */
  readonly credentials: string | null
  /** Flags of node before and after the one that starts Grantlog, or in its place. */
  readonly before?: readonly string[]
  readonly instead?: readonly string[]
  readonly after?: readonly string[]
  /** See application/start.mjs. */
  readonly isTakenOut?: boolean
  readonly turns?: number
  readonly env?: Readonly<Record<string, string>>
}

/** What applications talk to. */
export interface Servers {
  readonly issuer: string
  readonly answers: string
  readonly dead: string
}

export interface Ran {
  /** In their order, secrets and everything random masked. */
  readonly answers: readonly string[]
  readonly secrets: ReadonlySet<string>
  /** The modules were ES modules, or what `require` made of one. */
  readonly isNamespace: boolean
  /** What can be seen of the modules: see application/shape.mjs. */
  readonly shape: readonly string[]
  /** After a part of the turns and after all: see application/start.mjs. */
  readonly heap: readonly number[]
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** What it left on the disk, by path. */
  readonly left: ReadonlyMap<string, Buffer>
}

interface Message {
  readonly say?: readonly unknown[]
  readonly secret?: string
  readonly isNamespace?: boolean
  readonly shape?: readonly string[]
  readonly heap?: readonly number[]
  readonly ask?: Asked
  readonly login?: string
}

interface Asked {
  readonly label: string
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** Runs it to its end. */
export async function runProgram(program: Program): Promise<Ran> {
  const state = await mkdtemp(join(tmpdir(), 'grantlog-matrix-state-'))
  const child = await startChild(program, state)
  const said: string[] = []
  const secrets = new Set<string>()
  const exchanges: Exchange[] = []
  let isNamespace = false
  let shape: readonly string[] = []
  let heap: readonly number[] = []
  const answer = async (message: Message): Promise<void> => {
    if (message.say !== undefined) said.push(JSON.stringify(message.say))
    isNamespace ||= message.isNamespace === true
    if (message.shape !== undefined) shape = message.shape
    if (message.heap !== undefined) heap = message.heap
    if ((message.secret?.length ?? 0) >= lengthMin) secrets.add(message.secret!)
    if (message.login !== undefined) {
      const back = await login(program.servers.issuer, message.login, secrets)
      child.send(back)
    }
    if (message.ask === undefined) return
    const exchange = await ask(message.ask)
    exchanges.push(exchange)
    const { status, rawHeaders, answer: body } = exchange
    said.push(JSON.stringify([message.ask.label, status, rawHeaders, body.toString()]))
    child.send({ status, headers: pairs(rawHeaders), body: body.toString() })
  }
  const failures: string[] = []
  child.on('message', (message: Message) => {
    void answer(message).catch((error: unknown) => {
      failures.push(`the matrix itself: ${String(error)}`)
      child.kill('SIGKILL')
    })
  })
  const output = [child.stdout!, child.stderr!].map((stream) => buffer(stream))
  const watchdog = setTimeout(() => child.kill('SIGKILL'), hangMs + turnMs * (program.turns ?? 0))
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(watchdog)
  const [stdout, stderr] = (await Promise.all(output)).map(String) as [string, string]
  for (const values of secretsIn(exchanges).values()) for (const one of values) secrets.add(one)
  for (const [, value] of said.join('\n').matchAll(shown)) secrets.add(value!)
  const masked = [...said, ...failures].map((line) => mask(line, secrets))
  const left = await filesIn(state)
  return { answers: masked, secrets, isNamespace, shape, heap, code, stdout, stderr, left }
}

/** What answers of authorization servers give away. */
const shown = /"(?:\w+_token|\w+_code|auth_req_id)\\?":\\?"([^"\\]{9,})/g

async function startChild(program: Program, state: string) {
  const { modules, version, way, folder, node, servers, credentials } = program
  const file = `${program.kind ?? 'libraries'}/${program.file}`
  const work = await mkdtemp(join(tmpdir(), 'grantlog-matrix-'))
  await symlink(join(folder, 'node_modules'), join(work, 'node_modules'))
  const entry = join(work, way === 'import' ? 'entry.mjs' : 'entry.cjs')
  await writeFile(entry, way === 'import' ? importing(file, modules) : requiring(file, modules))
  const { before = [], after = [], instead, env = {} } = program
  const register = instead ?? ['--import', '@grantlog/sdk/register']
  const ours = credentials === null ? [] : register
  const { isTakenOut = false, turns = 0 } = program
  // Grantlog is found from its own folder, the library from the entry's.
  return spawn(node, [...before, ...ours, ...after, entry], {
    cwd: sdk,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      HOME: await emptyHome(),
      NODE_NO_WARNINGS: '1',
      MATRIX: JSON.stringify({ servers, version, way, isTakenOut, turns }),
      ...(credentials !== null && { GRANTLOG_CREDENTIALS: credentials, GRANTLOG_STATE: state }),
      ...env,
    },
  })
}

function importing(file: string, modules: readonly string[]): string {
  const lines = modules.map((name, i) => `import * as m${i} from ${JSON.stringify(name)}`)
  const given = modules.map((name, i) => `${JSON.stringify(name)}: m${i}`).join()
  const start = `import { start } from ${JSON.stringify(starter)}`
  return [...lines, start, `await start('${file}', { ${given} })`, ''].join('\n')
}

function requiring(file: string, modules: readonly string[]): string {
  const required = (name: string): string => `${name}: require(${name})`
  const given = modules.map((name) => required(JSON.stringify(name))).join()
  const start = `import(${JSON.stringify(starter)})`
  return `const given = { ${given} }\n${start}.then(({ start }) => start('${file}', given))\n`
}

async function ask({ url, method, headers, body }: Asked): Promise<Exchange> {
  const outgoing = httpRequest(url, { agent: false, method, headers: { ...agent, ...headers } })
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const answer = await buffer(response).catch(() => Buffer.from('cut'))
  const { statusCode: status = 0, rawHeaders } = response
  const all = Object.entries(headers).flat()
  const { pathname, search } = new URL(url)
  const request = { line: `${method} ${pathname}${search}`, rawHeaders: all }
  return { request, sent: Buffer.from(body ?? ''), status, rawHeaders, answer }
}

const agent = { 'user-agent': 'matrix/1' }

function pairs(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, i) =>
    i % 2 === 0 ? [[name.toLowerCase(), rawHeaders[i + 1]!]] : [],
  )
}

/** Secrets by the order in which they came, and what else two runs of one program differ in. */
function mask(line: string, secrets: ReadonlySet<string>): string {
  let text = line
  for (const secret of [...secrets].toSorted((a, b) => b.length - a.length)) {
    text = text.replaceAll(secret, 'SECRET').replaceAll(encodeURIComponent(secret), 'SECRET')
  }
  return (
    text
      .replace(/127\.0\.0\.1(?::|%3A)\d+/g, 'HOST')
      .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'DATE')
      // Of a body, which is compared.
      .replace(/W\/\\"[\w+/=-]+\\"/g, 'ETAG')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'DATE')
      .replace(/((?:exp|iat)=)\d{10,13}/g, '$1TIME')
      .replace(/(exp|iat|auth_time|client_id_issued_at|expires_(?:at|in))(\\?"):\d+/g, '$1$2:TIME')
      .replace(/[\w-]+\.[\w-]+\.[\w-]{20,}/g, 'JWT')
      .replace(/(?<![\w-])[\w-]{21,}(?![\w-])/g, (word) => (isRandom(word) ? 'RANDOM' : word))
  )
}

/** Words have no digits, and do not change their case all the time. */
function isRandom(word: string): boolean {
  const isName = /^[A-Z]?[a-z]+(?:[_-][A-Z]?[a-z]+)*$/.test(word)
  const letters = word.replace(/[_-]/g, '')
  return /\d/.test(word) || (!isName && /(?:[a-z]+[A-Z]+){3}/.test(letters))
}

async function filesIn(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const read = files.map(async ({ name, parentPath }): Promise<[string, Buffer]> => {
    const path = join(parentPath, name)
    return [path.slice(folder.length + 1), await readFile(path)]
  })
  return new Map(await Promise.all(read))
}

let home: Promise<string> | undefined

function emptyHome(): Promise<string> {
  home ??= (async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'grantlog-matrix-home-')), 'home')
    await mkdir(folder)
    return folder
  })()
  return home
}

// A service with an access log, a receiver, and comparisons of the two, for reconcile.test.ts.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foldersUnder, openReader } from '@grantlog/ledger'
import { type Reconciled, reconcile, type ReconcileOptions } from '@grantlog/query'

const root = join(import.meta.dirname, '../..')
const main = join(root, 'packages/cli/dist/main.js')

export interface Place {
  readonly folder: string
  readonly data: string
  readonly log: string
  readonly remove: () => void
}

export function newPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-reconciled-'))
  return {
    folder,
    data: join(folder, 'data'),
    log: join(folder, 'access.log'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `grantlog` to its end. */
export async function grantlog(...args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

export interface App {
  readonly url: string
  /** Requests with a token at another address, one after the other. */
  readonly through: (url: string) => (...paths: readonly string[]) => Promise<void>
  /** Requests with a token, one after the other. */
  readonly get: (...paths: readonly string[]) => Promise<void>
  readonly hooks: (state: 'on' | 'off') => Promise<void>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  /** Ends its stream and itself. */
  readonly end: () => Promise<void>
}

/** Enrols the service `api` at a receiver; gives its credentials file. */
export async function enrolApi({ data, folder }: Place, endpoint: string): Promise<string> {
  const file = join(folder, 'credentials.json')
  const scope = ['--service', 'api', '--role', 'resource_server']
  const place = ['--data', data, '--out', file, '--endpoint', endpoint]
  const { code, stderr } = await grantlog('keys', 'new', ...scope, ...place)
  if (code !== 0) throw new Error(stderr)
  return file
}

export async function startApp(
  { folder, log }: Place,
  credentials: string,
  env: Readonly<Record<string, string>> = {},
): Promise<App> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'reconciled-app.mjs')], {
    cwd: root,
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      GRANTLOG_CREDENTIALS: credentials,
      GRANTLOG_STATE: join(folder, 'state'),
      ACCESS_LOG: log,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exited = once(child, 'exit')
  const line = await Promise.race([once(child.stdout, 'data'), exited])
  const url = String(line[0]).trim()
  if (!url.startsWith('http')) throw new Error('the service did not start')
  const ask = async (whole: string, init: RequestInit): Promise<void> => {
    const response = await fetch(whole, init)
    await response.arrayBuffer()
  }
  const authorization = 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'
  const through =
    (base: string) =>
    async (...paths: readonly string[]): Promise<void> => {
      for (const path of paths) await ask(base + path, { headers: { authorization } })
    }
  return {
    url,
    through,
    get: through(url),
    hooks: (state) => ask(`${url}/${state}`, { method: 'POST' }),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    end: async () => {
      child.stdin.end()
      await exited
    },
  }
}

/** Compares what the ledger has of the service `api` with its access log. */
export async function compare(
  { data, log }: Pick<Place, 'data' | 'log'>,
  more: Partial<ReconcileOptions> = {},
): Promise<Reconciled> {
  const reader = await openReader(foldersUnder(data))
  try {
    return await reconcile({
      frames: (from) => reader.frames(from),
      now: Date.now(),
      service: 'api',
      accessLogs: [log],
      audited: [{ method: null, route: '/refunds/:id' }],
      ...more,
    })
  } finally {
    await reader.close()
  }
}

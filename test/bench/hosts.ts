// Services as their users run them, with and without the SDK: the hosts of packages/sdk/bench, each
// in a process of its own.
import { spawn } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folder = join(import.meta.dirname, '../../packages/sdk/bench')

export type HostName = 'api' | 'token'
/** What is imported before the host: nothing, the SDK, or OpenTelemetry's HTTP instrumentation. */
export type How = 'without' | 'with' | 'httpAlone'

export interface HostOptions {
  readonly name: HostName
  readonly how: How
  /** Of the SDK. */
  readonly credentials: string
  /** Below it each host gets a folder for its state. */
  readonly folder: string
  /** Where traces go. */
  readonly traces: string
  /** JWK of the tokens' key pair. */
  readonly jwk: string
  /** Further flags of node. */
  readonly flags?: readonly string[]
}

export interface Host {
  readonly how: How
  readonly pid: number
  readonly port: number
  /** Milliseconds of its CPU until it listened. */
  readonly startUpMs: number
  readonly stop: () => Promise<void>
}

/** A host that serves. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { child, line } = run(options, [])
  const { startUpMs, url } = JSON.parse(await line) as { startUpMs: number; url: string }
  return {
    how: options.how,
    pid: child.pid!,
    port: Number(new URL(url).port),
    startUpMs,
    stop: async () => {
      const exit = once(child, 'exit')
      child.stdin.end()
      await exit
    },
  }
}

/** No collection in so many MiB. */
const unswept = ['--expose-gc', '--min-semi-space-size=128', '--max-semi-space-size=128']

/**
 * Has a host serve this request itself, see paths.mjs: microseconds of its path, or bytes that it
 * allocates; NaN where some were collected meanwhile.
 */
export async function servedBy(
  options: HostOptions,
  what: 'paths' | 'bytes',
  request: string,
): Promise<number> {
  const flags = what === 'bytes' ? unswept : []
  const { child, line } = run({ ...options, flags }, [what], { REQUEST: request })
  const exit = once(child, 'exit')
  const said = JSON.parse(await line) as { p50Us?: number; allocatedBytes?: number | null }
  await exit
  return said.p50Us ?? said.allocatedBytes ?? Number.NaN
}

const preloads: Readonly<Record<How, readonly string[]>> = {
  without: [],
  with: ['--import', '@grantlog/sdk/register'],
  httpAlone: ['--import', './bench/http-alone.mjs'],
}

function run(options: HostOptions, args: readonly string[], env: Record<string, string> = {}) {
  const { credentials, flags = [], how, jwk, name, traces } = options
  const command = [...flags, ...preloads[how], join(folder, 'host.mjs'), name, ...args]
  const child = spawn(process.execPath, command, {
    // As published, the SDK of this workspace: what is built, not the sources.
    cwd: join(folder, '..'),
    // The SDK's notices, and that of oidc-provider about its storage.
    stdio: ['pipe', 'pipe', name === 'token' ? 'ignore' : 'inherit'],
    env: {
      PATH: process.env.PATH,
      JWK: jwk,
      GRANTLOG_CREDENTIALS: credentials,
      GRANTLOG_STATE: mkdtempSync(join(options.folder, 'state-')),
      OTEL_EXPORTER_OTLP_ENDPOINT: traces,
      OTEL_SERVICE_NAME: 'bench',
      ...env,
    },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const line = lines.next().then(({ done, value }) => {
    if (done === true) throw new Error(`the host ${name} ended`)
    return value as string
  })
  return { child, line }
}

/** The key pair of an authorization server, and tokens of many users that it has issued. */
export function newTokens(count: number): { readonly jwk: string; readonly tokens: string[] } {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'key-1' }
  const tokens = Array.from({ length: count }, (_, i) => tokenOf(`user-${i}`, privateKey))
  return { jwk: JSON.stringify(jwk), tokens }
}

function tokenOf(subject: string, key: KeyObject): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://login.example.com',
    aud: 'https://api.example.com',
    sub: subject,
    client_id: 'web',
    scope: 'orders:read profile',
    roles: ['user'],
    jti: randomUUID(),
    sid: `session-of-${subject}`,
    iat: now - 10,
    exp: now + 3600,
  }
  const input = [{ alg: 'ES256', typ: 'at+jwt', kid: 'key-1' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const usual = [
  'accept: application/json',
  'accept-encoding: gzip, deflate',
  'user-agent: web-shop/3.2 (node)',
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
]

/** `GET /orders/:id` with each of the tokens. */
export function apiRequests(tokens: readonly string[]): string[] {
  return tokens.map((token, i) =>
    requestOf(`GET /orders/${i}?page=2`, [`authorization: Bearer ${token}`], ''),
  )
}

/** A token for the client itself. */
export function tokenRequest(): string {
  const basic = Buffer.from('worker:a-secret-of-the-worker-0123456789').toString('base64')
  const resource = encodeURIComponent('https://api.example.com')
  const form = `grant_type=client_credentials&scope=orders%3Aread&resource=${resource}`
  const type = 'content-type: application/x-www-form-urlencoded'
  return requestOf('POST /token', [`authorization: Basic ${basic}`, type], form)
}

function requestOf(line: string, headers: readonly string[], body: string): string {
  const all = [...usual, ...headers, `content-length: ${body.length}`]
  return [`${line} HTTP/1.1`, 'host: api.example.com', ...all, '', body].join('\r\n')
}

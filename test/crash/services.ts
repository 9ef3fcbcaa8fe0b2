// An authorization server, an API and a service that calls itself, each a process with the SDK in
// it, and a receiver behind a valve: for the faults of guarantees.
import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { audit, createLedger, foldersUnder, openReader } from '@grantlog/ledger'
import { recordsIn } from '@grantlog/query'
import { type ServiceOptions, startService } from '../../packages/sdk/test/fixtures/child.ts'
import { newProducer, type Producer } from '../../packages/sdk/test/fixtures/credentials.ts'
import { policyFile } from '../../packages/sdk/test/fixtures/policies.ts'
import { newIssuer } from '../../packages/sdk/test/fixtures/tokens.ts'
import { type Launch, type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import { startValve, type Valve } from './valve.ts'

const { jwk, token } = newIssuer()

export type Kind = 'authorization server' | 'API' | 'service'

const entries: Readonly<Record<Kind, string>> = {
  'authorization server': 'server.mjs',
  API: 'resource-server-import.mjs',
  service: '../../../../test/crash/self-calling.mjs',
}

const basic = Buffer.from('worker:worker-secret-0123456789-0123456789').toString('base64')
const form = 'grant_type=client_credentials&scope=orders'
const bearer = `Authorization: Bearer ${token()}`

/** What a client asks of each. */
const requests: Readonly<Record<Kind, readonly string[]>> = {
  'authorization server': [
    'POST /token HTTP/1.1',
    `Authorization: Basic ${basic}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
  ],
  API: ['GET /orders/4711 HTTP/1.1', bearer],
  service: ['GET /outer HTTP/1.1', bearer],
}

/** `audit.action` of the record of such a request. */
export const recordedAs: Readonly<Record<Kind, string>> = {
  'authorization server': 'oauth.token',
  API: 'oauth.resource_access',
  service: 'oauth.resource_access',
}

/** Status of an answer; 0 if there was none. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1] ?? 0)
}

export interface Asked {
  readonly socket: Socket
  /** What came so far. */
  readonly bytes: () => string
  /** Resolves with all of it when the connection has ended, however. */
  readonly all: Promise<string>
}

export interface Service {
  readonly child: ChildProcess
  /** `path`: of the service that calls itself, another one. */
  readonly ask: (path?: string) => Asked
  readonly stderr: () => string
}

export interface World {
  readonly valve: Valve
  readonly receiver: () => ReceiverProcess
  /** Starts it, or another one on the same folder. */
  readonly startReceiver: () => Promise<void>
  readonly start: (
    kind: Kind,
    guarantee: string,
    env?: Record<string, string>,
    launch?: Launch,
  ) => Promise<Service>
  /** The same application without Grantlog. */
  readonly startPlain: (kind: Kind) => Promise<Service>
  /** Actions of the records in the log, without those of streams. */
  readonly actions: () => Promise<string[]>
  /** The same, once there are so many records of one action. */
  readonly logged: (action: string, count: number) => Promise<string[]>
  /** Nothing in the log is wrong. */
  readonly findings: () => Promise<readonly unknown[]>
  readonly end: () => Promise<void>
}

/** `enrolled`: for which service the receiver knows the key of them all; null: it does not. */
export async function newWorld(enrolled: string | null = 'login'): Promise<World> {
  const data = mkdtempSync(join(tmpdir(), 'grantlog-guarantee-'))
  const state = mkdtempSync(join(tmpdir(), 'grantlog-state-'))
  const folders = foldersUnder(data)
  const keys = await createLedger(folders, 'guarantee.example/log')
  const producer = newProducer()
  const valve = await startValve()
  const credentials = producer.write({ endpoint: valve.endpoint, ...keys })
  const list = enrolled === null ? [] : [enrolmentOf(producer, enrolled)]
  await writeFile(join(folders.keys, 'enrolled.json'), JSON.stringify(list), { mode: 0o600 })
  const children: ChildProcess[] = []
  let receiver: ReceiverProcess | null = null
  const startReceiver = async (): Promise<void> => {
    receiver = await startReceiverProcess(data)
    valve.lead(receiver.endpoint)
  }
  await startReceiver()
  const begin = async (kind: Kind, options: ServiceOptions): Promise<Service> => {
    const env = { FRAMEWORK: 'express', JWK: jwk, ...options.env }
    const { child, issuer } = await startService({ ...options, entry: entries[kind], env })
    children.push(child)
    let stderr = ''
    child.stderr?.on('data', (part: string) => (stderr += part))
    return { child, ask: (path) => ask(kind, issuer, path), stderr: () => stderr }
  }
  const actions = async (): Promise<string[]> => {
    const reader = await openReader(folders)
    const all: string[] = []
    for await (const { attributes } of recordsIn(reader.frames(0))) {
      all.push(String(attributes.get('audit.action')))
    }
    await reader.close()
    return all
  }
  return {
    valve,
    receiver: () => receiver!,
    startReceiver,
    start: (kind, guarantee, env = {}, { env: more, prefix }: Launch = { prefix: [] }) =>
      begin(kind, {
        credentials,
        ...(kind === 'service' && { preload: [] }),
        prefix,
        env: {
          GRANTLOG_STATE: state,
          GRANTLOG_POLICY: policyFile({ guarantee }),
          ...more,
          ...env,
        },
      }),
    startPlain: (kind) => begin(kind, { credentials: null }),
    actions,
    logged: async (action, count) => {
      let all = await actions()
      for (; all.filter((one) => one === action).length < count; all = await actions()) {
        await delay(50)
      }
      return all
    },
    findings: async () => {
      await receiver?.stop()
      return (await audit({ folders, logKey: keys.logKey })).findings
    },
    end: async () => {
      for (const child of children) child.kill('SIGKILL')
      await receiver?.kill()
      await valve.close()
      for (const folder of [data, state]) await rm(folder, { recursive: true, force: true })
    },
  }
}

function enrolmentOf({ publicKey, text }: Producer, service: string): object {
  const sink = { endpoint: 'http://x', logKey: '', receiptKey: '' }
  const { kid } = JSON.parse(text(sink)) as { kid: string }
  return {
    assurance: 'configured',
    audience: 'default',
    issuers: [],
    kid,
    publicKey: publicKey.export({ format: 'jwk' }).x,
    roles: ['authorization_server', 'client', 'resource_server'],
    services: [service],
    validFrom: 0,
    validUntil: 0,
  }
}

/** Over a bare socket, to see each byte when it comes. */
function ask(kind: Kind, url: string, path = '/outer'): Asked {
  const { host, port } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  const parts: Buffer[] = []
  socket.on('data', (part: Buffer) => parts.push(part)).on('error', () => undefined)
  const [first, ...rest] = requests[kind]
  const head = [first?.replace('/outer', path), `Host: ${host}`, 'Connection: close', ...rest].join(
    '\r\n',
  )
  socket.write(`${head}\r\n\r\n${kind === 'authorization server' ? form : ''}`)
  const bytes = (): string => Buffer.concat(parts).toString('latin1')
  return { socket, bytes, all: once(socket, 'close').then(bytes) }
}

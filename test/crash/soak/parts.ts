// The processes of a soak run: services with the SDK, a receiver, a sink. Each can be killed and
// started again in its place, on the port it had.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Service, startService } from '../../../packages/sdk/test/fixtures/child.ts'
import { type Issuer, newIssuer } from '../../../packages/sdk/test/fixtures/tokens.ts'
import { run } from '../data-folder.ts'
import { type ReceiverProcess, startReceiverProcess } from '../receiver-process.ts'
import type { Target } from './load.ts'

const main = join(import.meta.dirname, '../../../packages/cli/dist/main.js')
export type Guarantee = 'buffered' | 'spooled'

/** A part of the run, down or up. */
export interface Part {
  readonly name: string
  readonly pid: number | null
  start(): Promise<void>
  kill(): Promise<void>
  signal(name: NodeJS.Signals): void
}

/** One process of a service, from start to end. */
export interface Life {
  readonly service: string
  readonly number: number
  /** Unix milliseconds; null while it lives or when it ended by itself. */
  killedAt: number | null
}

export interface ServicePart extends Part {
  readonly target: Target | null
  /** Ends it as a service ends that has nothing left to do. */
  end(): Promise<void>
  /** Where its SDK keeps what waits. */
  readonly stateFolder: string
}

export interface World {
  readonly folder: string
  readonly data: string
  readonly issuer: Issuer
  readonly receiver: Part & { readonly adminEndpoint: string; stop(): Promise<void> }
  readonly sink: Part & { readonly file: string }
  readonly services: readonly ServicePart[]
  /** All lives of all services; number 1 is the first. */
  readonly lives: readonly Life[]
  /** Names of services by the kid of their key. */
  readonly kids: ReadonlyMap<string, string>
  readonly logKey: string
}

const frameworks = ['express', 'fastify', 'http', 'koa']

/** Makes keys and folders below `folder`; nothing runs yet. */
export async function newWorld(
  folder: string,
  guarantee: Guarantee,
  serviceCount: number,
): Promise<World> {
  const data = join(folder, 'data')
  const ports = await freePorts(3)
  const [port, adminPort, sinkPort] = ports as [number, number, number]
  const issuer = newIssuer()
  const lives: Life[] = []
  const credentials: string[] = []
  const kids = new Map<string, string>()
  for (let i = 0; i < serviceCount; i++) {
    const keys = await newKeys(data, `api-${i}`, `http://127.0.0.1:${port}`)
    credentials.push(keys.credentials)
    kids.set(keys.kid, `api-${i}`)
  }
  const policy = join(folder, 'policy.json')
  writeFileSync(
    policy,
    JSON.stringify({
      format: 'grantlog-policy-v1',
      queryValues: ['r'],
      ...(guarantee === 'buffered' ? {} : { guarantee }),
    }),
  )
  const services = credentials.map((file, at) => {
    const framework = frameworks[at % frameworks.length]!
    const stateFolder = join(folder, `state-${at}`)
    mkdirSync(stateFolder)
    return servicePart(
      { name: `api-${at}`, framework, credentials: file, stateFolder, policy },
      {
        jwk: issuer.jwk,
        lives,
      },
    )
  })
  const sink = sinkPart(sinkPort, join(folder, 'sink.u32'))
  const receiver = receiverPart(data, { port, adminPort, sinkPort })
  const logKey = readFileSync(join(data, 'keys/log.vkey'), 'utf8').trim().split('\n')[0]!
  return { folder, data, issuer, receiver, sink, services, lives, kids, logKey }
}

interface Keys {
  readonly kid: string
  readonly credentials: string
}

async function newKeys(data: string, service: string, endpoint: string): Promise<Keys> {
  const flags = ['--service', service, '--role', 'resource_server', '--endpoint', endpoint]
  const command = [process.execPath, main, 'keys', 'new', '--data', data, ...flags, '--json']
  const { code, output } = await run(command)
  if (code !== 0) throw new Error(`grantlog keys new: ${output}`)
  const line = output.split('\n').find((text) => text.includes('"credentials"'))!
  return JSON.parse(line) as Keys
}

interface ServiceOptions {
  readonly name: string
  readonly framework: string
  readonly credentials: string
  readonly stateFolder: string
  readonly policy: string
}

function servicePart(
  options: ServiceOptions,
  { jwk, lives }: { readonly jwk: string; readonly lives: Life[] },
): ServicePart {
  const { credentials, framework, name, policy, stateFolder } = options
  let service: Service | null = null
  let life: Life | null = null
  return {
    name,
    stateFolder,
    get pid() {
      return service?.child.pid ?? null
    },
    get target() {
      return service && life ? { url: service.issuer, life: life.number } : null
    },
    async start() {
      const started = await startService({
        credentials,
        entry: 'resource-server-import.mjs',
        env: {
          FRAMEWORK: framework,
          JWK: jwk,
          GRANTLOG_STATE: stateFolder,
          GRANTLOG_POLICY: policy,
        },
      })
      life = { service: name, number: lives.length + 1, killedAt: null }
      lives.push(life)
      service = started
    },
    async kill() {
      const killed = service
      if (killed === null || life === null) return
      const exit = once(killed.child, 'exit')
      life.killedAt = Date.now()
      killed.child.kill('SIGKILL')
      service = null
      await exit
    },
    signal: (signal) => void service?.child.kill(signal),
    async end() {
      const ended = service
      service = null
      await ended?.end()
    },
  }
}

interface Ports {
  readonly port: number
  readonly adminPort: number
  readonly sinkPort: number
}

function receiverPart(data: string, { adminPort, port, sinkPort }: Ports): World['receiver'] {
  let process: ReceiverProcess | null = null
  const ports = ['--port', String(port), '--admin-port', String(adminPort)]
  const args = [...ports, '--forward', `http://127.0.0.1:${sinkPort}`]
  return {
    name: 'receiver',
    adminEndpoint: `http://127.0.0.1:${adminPort}`,
    get pid() {
      return process?.pid ?? null
    },
    async start() {
      process = await startReceiverProcess(data, args)
      const { exited, log } = process
      void exited.then((code) => {
        if (code !== null && code !== 0) globalThis.console.error(`receiver: ${code}: ${log()}`)
      })
    },
    async kill() {
      const killed = process
      process = null
      await killed?.kill()
    },
    signal: (name) => process?.signal(name),
    async stop() {
      const stopped = process
      process = null
      const code = await stopped?.stop()
      if (code !== 0) throw new Error(`the receiver stopped with ${code}: ${stopped?.log()}`)
    },
  }
}

function sinkPart(port: number, file: string): World['sink'] {
  let child: ChildProcess | null = null
  return {
    name: 'sink',
    file,
    get pid() {
      return child?.pid ?? null
    },
    async start() {
      const script = join(import.meta.dirname, 'sink.ts')
      const flags = ['--conditions=@grantlog/source', '--disable-warning=ExperimentalWarning']
      const started = spawn(process.execPath, [...flags, script, String(port), file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await Promise.race([
        once(started.stdout, 'data'),
        once(started, 'exit').then(([code]) => Promise.reject(new Error(`the sink: ${code}`))),
      ])
      child = started
    },
    async kill() {
      const killed = child
      child = null
      if (killed === null) return
      const exit = once(killed, 'exit')
      killed.kill('SIGKILL')
      await exit
    },
    signal: (name) => void child?.kill(name),
  }
}

/** Free now; a process that is restarted finds its own again, as nobody else looks for it. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  for (const server of servers) server.close()
  return ports
}

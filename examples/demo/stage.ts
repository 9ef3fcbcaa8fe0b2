// Builds the stage: receiver, sink, Jaeger and authorization server, each a process of its own, and
// the client in this one.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type Client } from './client.ts'
import { findJaeger, type Jaeger } from './jaeger.ts'
import { type Child, freePort, type Processes } from './processes.ts'

export interface StageOptions {
  readonly processes: Processes
  /** A new folder for everything. */
  readonly folder: string
  readonly jaeger: string | undefined
  /** Told of each span that reaches the sink. */
  readonly onSpan: ((text: string) => void) | undefined
}

export interface Stage {
  readonly folder: string
  readonly data: string
  /** The producer's own folder: it would be on another machine. */
  readonly seen: string
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
  readonly otlpUrl: string
  readonly adminUrl: string
  readonly sinkUrl: string
  readonly jaeger: Jaeger | null
  readonly issuer: string
  readonly redirectUri: string
  readonly webPort: number
  readonly password: string
  readonly client: Client
  readonly authorizationServer: Child
  /** What must run for the demo to go on. */
  readonly children: readonly Child[]
}

interface Ready {
  readonly data: string
  readonly otlpPort: number
  readonly adminPort: number
  readonly origin: string
  readonly logKey: string
}

export async function buildStage(options: StageOptions): Promise<Stage> {
  const { folder, onSpan, processes } = options
  const data = join(folder, 'data')
  const sink = processes.node('sink', ['sink.ts', ...(onSpan ? ['--verbose'] : [])], {
    onLine: (line) => (line.startsWith('{') ? undefined : onSpan?.(line)),
  })
  const jaegerFound = findJaeger(processes, folder, options.jaeger)
  const sinkUrl = `http://127.0.0.1:${(await sink.line<{ port: number }>('port')).port}`
  const jaeger = await jaegerFound
  const forward = [sinkUrl, ...(jaeger ? [jaeger.otlpUrl] : [])]
  const ports = ['--port', '0', '--admin-port', '0']
  const sinks = forward.flatMap((url) => ['--forward', url])
  const args = [processes.grantlogMain, 'receiver', '--json', '--data', data, ...ports, ...sinks]
  const receiver = processes.node('receiver', args)
  const { adminPort, logKey, origin, otlpPort } = await receiver.line<Ready>('data')
  const otlpUrl = `http://127.0.0.1:${otlpPort}`

  const [port, webPort] = [await freePort(), await freePort()]
  const issuer = `http://127.0.0.1:${port}`
  const redirectUri = `http://127.0.0.1:${webPort}/callback`
  const credentials = join(folder, 'service', 'credentials.json')
  await enrol(processes, { data, credentials, issuer, otlpUrl })
  const [secret, password] = [randomSecret(32), randomSecret(6)]
  const server = processes.node(
    'authorization server',
    ['--import', '@grantlog/sdk/register', 'authorization-server.ts'],
    {
      env: {
        GRANTLOG_CREDENTIALS: credentials,
        GRANTLOG_STATE: join(folder, 'service'),
        PORT: String(port),
        CLIENT_SECRET: secret,
        PASSWORD: password,
        REDIRECT_URI: redirectUri,
      },
    },
  )
  await server.line('issuer')
  return {
    folder,
    data,
    seen: join(folder, 'service', 'seen'),
    origin,
    logKey,
    receiptKey: readFileSync(join(data, 'keys', 'receipt.vkey'), 'utf8').trim(),
    otlpUrl,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    sinkUrl,
    jaeger,
    issuer,
    redirectUri,
    webPort,
    password,
    client: await createClient({ issuer, secret, redirectUri }),
    authorizationServer: server,
    children: [sink, receiver, server],
  }
}

async function enrol(
  processes: Processes,
  to: { data: string; credentials: string; issuer: string; otlpUrl: string },
): Promise<void> {
  const scope = ['--service', 'login', '--role', 'authorization_server', '--issuer', to.issuer]
  const place = ['--endpoint', to.otlpUrl, '--data', to.data, '--out', to.credentials]
  const args = ['keys', 'new', ...scope, '--environment', 'demo', ...place]
  const { code, stderr } = await processes.grantlog(args)
  if (code !== 0) throw new Error(`grantlog keys new: ${stderr}`)
}

function randomSecret(bytes: number): string {
  return randomBytes(bytes).toString('base64url')
}

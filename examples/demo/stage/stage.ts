// Builds the stage: receiver, sink, Jaeger and the four applications, each a process of its own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SecurityEvents } from '../apps/security-events.ts'
import { appNames, type AppName, type Apps, type Audit, type Front, startApps } from './apps.ts'
import { copyData } from './copy.ts'
import { findJaeger, type Jaeger } from './jaeger.ts'
import { type Child, type Processes } from './processes.ts'

export interface StageOptions {
  readonly processes: Processes
  /** A new folder for everything. */
  readonly folder: string
  readonly jaeger: string | undefined
  /** Told of each span that reaches the sink. */
  readonly onSpan?: ((text: string) => void) | undefined
  /** Where spans go, instead of to a sink that the stage starts. */
  readonly sinkUrl?: string
  /** Further arguments of the receiver, such as more sinks. */
  readonly receiverArgs?: readonly string[]
  /** Whether the receiver has its console; default: it does not. */
  readonly console?: boolean
  /** Whether rules look at records; default: they do when there are `events`. */
  readonly detect?: boolean
  /** Whose Security Event Tokens the authorization server takes; default: nobody's. */
  readonly events?: Omit<SecurityEvents, 'hashKeys'>
  /** Where the authorization server is to be; default: wherever is room. */
  readonly issuerPort?: number
  /** Something between the applications and the receiver's OTLP endpoint. */
  readonly frontOtlp?: (url: string) => Promise<string>
  readonly front?: Front
}

export interface Stage {
  readonly folder: string
  readonly data: string
  /** The data as it was before anything happened: what a rollback puts back. */
  readonly early: string
  /** The producers' own folders: they would be on other machines. */
  readonly seen: readonly string[]
  credentialsOf(app: AppName): string
  accessLogOf(app: AppName): string
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
  readonly otlpUrl: string
  readonly adminUrl: string
  readonly sinkUrl: string
  readonly jaeger: Jaeger | null
  readonly apps: Apps
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
  const { folder, frontOtlp = (url) => Promise.resolve(url), processes } = options
  const data = join(folder, 'data')
  const jaegerFound = findJaeger(processes, folder, options.jaeger)
  const sink = await startSink(options)
  const jaeger = await jaegerFound
  const forward = [sink.url, ...(jaeger ? [jaeger.otlpUrl] : [])]
  const sinks = forward.flatMap((url) => ['--forward', url])
  const page = options.console === true ? traceArgs(jaeger) : ['--no-console']
  const { detect = options.events !== undefined } = options
  const rules = detect ? [] : ['--no-detect']
  const more = [...page, ...rules, ...(options.receiverArgs ?? [])]
  const receiver = startReceiver(processes, data, [...sinks, ...more])
  const { adminPort, logKey, origin, otlpPort } = await receiver.line<Ready>('data')
  const otlpUrl = `http://127.0.0.1:${otlpPort}`
  const early = join(folder, 'early')
  await copyData(data, early)

  const endpoint = await frontOtlp(otlpUrl)
  const apps = await startApps({
    processes,
    ...(options.front ? { front: options.front } : {}),
    issuerPort: options.issuerPort,
    // Its own credentials have the keys that sessions are hashed by.
    ...(options.events && {
      securityEvents: { ...options.events, hashKeys: credentialsOf(folder, 'login') },
    }),
    audit: (issuer) => enrolAll(processes, { folder, data, endpoint, issuer }),
    accessLogOf: (app) => accessLogOf(folder, app),
  })
  return {
    folder,
    data,
    early,
    seen: appNames.map((app) => join(stateOf(folder, app), 'seen')),
    credentialsOf: (app) => credentialsOf(folder, app),
    accessLogOf: (app) => accessLogOf(folder, app),
    origin,
    logKey,
    receiptKey: readFileSync(join(data, 'keys', 'receipt.vkey'), 'utf8').trim(),
    otlpUrl,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    sinkUrl: sink.url,
    jaeger,
    apps,
    children: [...sink.children, receiver, ...Object.values(apps.children)],
  }
}

/** Where the console leads to for a trace. */
function traceArgs(jaeger: Jaeger | null): string[] {
  return jaeger?.uiUrl ? ['--trace-url', `${jaeger.uiUrl}/trace/{traceId}`] : []
}

async function startSink(options: StageOptions): Promise<{ url: string; children: Child[] }> {
  const { onSpan, processes, sinkUrl } = options
  if (sinkUrl !== undefined) return { url: sinkUrl, children: [] }
  const sink = processes.node('sink', ['stage/sink.ts', ...(onSpan ? ['--verbose'] : [])], {
    onLine: (line) => (line.startsWith('{') ? undefined : onSpan?.(line)),
  })
  const { port } = await sink.line<{ port: number }>('port')
  return { url: `http://127.0.0.1:${port}`, children: [sink] }
}

function startReceiver(processes: Processes, data: string, args: readonly string[]): Child {
  const ports = ['--port', '0', '--admin-port', '0']
  const all = [processes.grantlogMain, 'receiver', '--json', '--data', data, ...ports, ...args]
  return processes.node('receiver', all)
}

/** An API that asks whether a token is active is a client, too. */
const rolesOf: Readonly<Record<AppName, readonly string[]>> = {
  login: ['authorization_server'],
  api: ['resource_server', 'client'],
  web: ['client'],
  worker: ['client'],
}

interface Enrolling {
  readonly folder: string
  readonly data: string
  readonly endpoint: string
  readonly issuer: string
}

/** A key for each application, of one tenant: they hash tokens and people alike. */
async function enrolAll(processes: Processes, to: Enrolling): Promise<Audit> {
  await Promise.all(appNames.map((app) => enrol(processes, app, to)))
  return (app) => ({
    GRANTLOG_CREDENTIALS: credentialsOf(to.folder, app),
    GRANTLOG_STATE: stateOf(to.folder, app),
    // Which route needs what, and which actions are privileged.
    GRANTLOG_POLICY: 'policy.json',
  })
}

async function enrol(processes: Processes, app: AppName, to: Enrolling): Promise<void> {
  const { data, endpoint, folder, issuer } = to
  const roles = rolesOf[app].flatMap((role) => ['--role', role])
  const scope = ['--service', app, ...roles, ...(app === 'login' ? ['--issuer', issuer] : [])]
  const place = ['--endpoint', endpoint, '--data', data, '--out', credentialsOf(folder, app)]
  const args = ['keys', 'new', ...scope, '--environment', 'demo', ...place]
  const { code, stderr } = await processes.grantlog(args)
  if (code !== 0) throw new Error(`grantlog keys new: ${stderr}`)
}

const stateOf = (folder: string, app: AppName): string => join(folder, 'services', app)
const credentialsOf = (folder: string, app: AppName): string =>
  join(stateOf(folder, app), 'credentials.json')
const accessLogOf = (folder: string, app: AppName): string =>
  join(stateOf(folder, app), 'access.log')

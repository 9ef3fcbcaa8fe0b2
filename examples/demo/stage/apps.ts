// Starts the four applications, each a process of its own: with Grantlog by nothing but `--import`,
// or without it.
import { randomBytes } from 'node:crypto'
import type { SecurityEvents } from '../apps/security-events.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { type Child, freePort, type Processes } from './processes.ts'

/** Names of the applications, as they are enrolled. */
export const appNames = ['login', 'api', 'web', 'worker'] as const
export type AppName = (typeof appNames)[number]

/** The environment that makes Grantlog audit an application; null: it runs without. */
export type Audit = ((app: AppName) => Readonly<Record<string, string>>) | null

/** Puts something in front of a server, which has this URL; gives the URL to use instead. */
export type Front = (app: AppName, url: string) => Promise<string>

export interface Apps {
  readonly issuer: string
  readonly api: string
  readonly web: string
  readonly worker: string
  /** Client secrets of web, worker and api; passwords of alice, bob and carol. */
  readonly secrets: Secrets
  readonly balancer: Balancer
  readonly children: Readonly<Record<AppName, Child>>
  /** Ends them; each closes its stream of records. */
  stop(): Promise<void>
}

export interface Secrets {
  readonly web: string
  readonly worker: string
  readonly api: string
  readonly alice: string
  readonly bob: string
  readonly carol: string
}

export interface AppsOptions {
  readonly processes: Processes
  /** Told where the authorization server will be, before anything starts. */
  readonly audit: (issuer: string) => Promise<Audit>
  readonly front?: Front
  /** Where the authorization server is to be; default: wherever is room. */
  readonly issuerPort?: number | undefined
  /** Whose Security Event Tokens the authorization server takes. */
  readonly securityEvents?: SecurityEvents | undefined
  /** Where an application writes its access log; not at all if nothing is said. */
  readonly accessLogOf?: (app: AppName) => string
}

const register = '@grantlog/sdk/register-with-traces'
const files: Readonly<Record<AppName, string>> = {
  login: 'apps/authorization-server.ts',
  api: 'apps/api.ts',
  web: 'apps/web.ts',
  worker: 'apps/worker.ts',
}

/** Resolves when all of them listen. */
export async function startApps(options: AppsOptions): Promise<Apps> {
  const { accessLogOf, front = (_, url) => Promise.resolve(url), processes } = options
  const ports = await Promise.all(appNames.map(() => freePort()))
  const portOf = (app: AppName): number => ports[appNames.indexOf(app)]!
  const own = (app: AppName): string => `http://127.0.0.1:${portOf(app)}`
  const balancer = await startBalancer(await front('login', own('login')), options.issuerPort)
  const issuer = balancer.url
  const [api, web] = [await front('api', own('api')), await front('web', own('web'))]
  const secrets = newSecrets()
  const audit = await options.audit(issuer)

  const start = (app: AppName, env: Record<string, string>): Child => {
    const flags = audit === null ? [] : ['--import', register]
    const log = accessLogOf === undefined ? {} : { ACCESS_LOG: accessLogOf(app) }
    const own = { ISSUER: issuer, PORT: String(portOf(app)), ...log, ...env }
    return processes.node(app, [...flags, files[app]], { env: { ...audit?.(app), ...own } })
  }
  const { securityEvents } = options
  const login = start('login', {
    ...{ API: api, WEB: web, SECRETS: JSON.stringify(secrets) },
    ...(securityEvents && { SECURITY_EVENTS: JSON.stringify(securityEvents) }),
  })
  const resource = start('api', { URL: api, API_SECRET: secrets.api })
  // The clients ask for the authorization server's metadata when they start.
  await login.line('issuer')
  const children = {
    login,
    api: resource,
    web: start('web', { URL: web, API: api, CLIENT_SECRET: secrets.web }),
    worker: start('worker', { API: api, CLIENT_SECRET: secrets.worker }),
  }
  await Promise.all([resource, children.web, children.worker].map((child) => child.line('url')))
  const stop = async (): Promise<void> => {
    await Promise.all(Object.values(children).map((child) => child.stop()))
    balancer.close()
  }
  return { issuer, api, web, worker: own('worker'), secrets, balancer, children, stop }
}

function newSecrets(): Secrets {
  const secret = (bytes: number): string => randomBytes(bytes).toString('base64url')
  return {
    web: secret(32),
    worker: secret(32),
    api: secret(32),
    alice: secret(6),
    bob: secret(6),
    carol: secret(6),
  }
}

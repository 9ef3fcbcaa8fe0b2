// Starts and stops a receiver, in order: what a part needs starts before it and stops after it.
// The edge, which all tenants share, is here: ports open last and close first. What each tenant has
// of its own is in tenant.ts.
import { readServedTile } from '@grantlog/ledger'
import { openAccess } from './access.ts'
import type { AdminOptions } from './admin/app.ts'
import { serveAdmin } from './admin/io/serve.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { observe } from './observe.ts'
import { type Receiver, type ReceiverOptions, type ReceiverStatus, settle } from './options.ts'
import { createAdmission } from './receive/admission.ts'
import type { Connections } from './receive/connections.ts'
import type { Edge } from './receive/edge.ts'
import { listenGrpc } from './receive/io/grpc.ts'
import { listenHttp } from './receive/io/http.ts'
import type { Tenant } from './tenant.ts'
import { createTurns } from './turns.ts'
import { startTenants } from './tenants.ts'
import { signaturesBy } from './verify/signature.ts'

/**
 * Starts a receiver on an open ledger; resolves when all ports listen. What had started before an
 * error is stopped again. Errors: ReceiverError, JournalError; those of the system as they are.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const settled = settle(options)
  await using started = new AsyncDisposableStack()
  started.defer(() => settled.boundedLog.look(true))
  const turns = createTurns()
  const tenants = await startTenants(settled, { ...options, turns }, started)
  const { allowedHosts, limits, log } = settled
  const access = await openAccess(settled, started)
  const { all: ledgers, main } = tenants
  const admission = createAdmission(limits)
  const ports: Pick<Connections, 'open' | 'refused'>[] = []
  const status = (): ReceiverStatus => ({
    ...main.status(),
    inFlightBytes: admission.inFlightBytes,
    ...tenants.status(),
    access: access.status,
    connections: connectionsOf(ports),
  })
  const metrics = settled.metrics ?? ownMetrics(started)
  const { accounts } = main
  const { certificates } = access
  const observed = observe({ settled, metrics, status, ledgers, certificates }, started)
  const edge: Edge = {
    limits,
    log,
    admission,
    turns,
    uptimeMs: settled.uptimeMs,
    onPort: (connections) => void ports.push(connections),
    allowedHosts: access.allowedHosts,
    identify: access.identify,
    mayEnrol: access.mayEnrol,
    tls: access.tls,
    onExport: observed.timed(tenants.onExport),
    onRefused: observed.refused,
    onConsistency: tenants.onConsistency,
    onProducer: tenants.onProducer,
    onEnrol: tenants.onEnrol,
  }
  const otlp = await listenHttp({ ...settled.otlp, edge })
  started.defer(() => otlp.close())
  const grpc = settled.grpc && (await listenGrpc({ ...settled.grpc, edge }))
  started.defer(() => grpc?.close())
  const admin = await serveAdmin({
    ...settled.admin,
    ...adminOf(main),
    allowedHosts,
    limits,
    fallback: settled.adminFallback,
    status: async () => ({ ...status(), streams: await accounts.summary() }),
    metrics: observed.text,
    tenant: (name) => {
      const tenant = tenants.named(name)
      return tenant && { ...adminOf(tenant), allowedHosts }
    },
  })
  started.defer(() => admin.close())
  const numbers = { otlpPort: otlp.port, grpcPort: grpc?.port ?? null, adminPort: admin.port }
  const told = { grpcPort: grpc?.port, signaturesBy: signaturesBy() }
  log({ code: 'RECEIVER_STARTED', level: 'info', ...numbers, ...told })
  const running = started.move()
  return {
    ...numbers,
    status,
    reload: access.reload,
    allow: access.allow,
    addTenant: tenants.add,
    close: () => running.disposeAsync(),
  }
}

function ownMetrics(started: AsyncDisposableStack): Metrics {
  const metrics = createMetrics()
  started.defer(() => metrics.close())
  return metrics
}

function connectionsOf(
  ports: readonly Pick<Connections, 'open' | 'refused'>[],
): ReceiverStatus['connections'] {
  const sum = (name: 'open' | 'refused'): number =>
    ports.reduce((total, port) => total + port[name], 0)
  return { open: sum('open'), refused: sum('refused') }
}

/** What the admin port tells of one tenant's log. */
function adminOf(tenant: Tenant): Omit<AdminOptions, 'allowedHosts'> {
  const { accounts, folders, ledger } = tenant
  return {
    checkpoint: () => ledger.note,
    readTile: (path) => readServedTile(folders.ledger, path),
    status: async () => ({ ...tenant.status(), streams: await accounts.summary() }),
    streams: accounts.page,
  }
}

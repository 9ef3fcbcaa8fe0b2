// What is measured: our receiver as it is started by its users, and Collectors beside it that get
// the same spans.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLedger, type Enrolment, foldersUnder } from '@grantlog/ledger'
import { startReceiverProcess } from '../crash/receiver-process.ts'
import { startCollector } from '../peers/peers.ts'
import { folderBytes } from './processes.ts'
import type { Bench } from './rounds.ts'

/** A running program that takes OTLP and forwards it. */
export interface Subject {
  readonly name: SubjectName
  readonly pid: number
  /** Without `/v1/traces`. */
  readonly endpoint: string
  /** Null: it has none. */
  readonly adminEndpoint: string | null
  /** Path of the sink that it forwards to. */
  readonly path: string
  /** Whether it gets the signed batches, or the same spans without them. */
  readonly isSigned: boolean
  /** Resolves once nothing is left to do of what it took. */
  readonly settled: () => Promise<void>
  /** Bytes that it keeps on the disk; null: it keeps nothing. */
  readonly bytes: () => number | null
  readonly stop: () => Promise<unknown>
}

export type SubjectName = OurName | PeerName
/** `shipped`: with what is on by default, the index and detection. */
export type OurName = 'grantlog' | 'shipped'
export type PeerName = 'durable' | 'unsynced' | 'inMemory'

/** A receiver on a new ledger below the folder: verifies, encrypts, syncs, seals and forwards. */
export async function startGrantlog(
  { folder, launch = { prefix: [] } }: Pick<Bench, 'folder' | 'launch'>,
  { enrolment, sink }: { readonly enrolment: Enrolment; readonly sink: string },
  name: OurName = 'grantlog',
): Promise<Subject> {
  const data = join(folder, name)
  await createData(data, [enrolment])
  const path = `/${name}`
  const isShipped = name === 'shipped'
  const children = isShipped ? 'on' : 'off'
  const env = { GRANTLOG_CONSOLE: children, GRANTLOG_DETECT: children, ...launch.env }
  const forward = ['--forward', `${sink}${path}`]
  const running = await startReceiverProcess(data, forward, { ...launch, env })
  const { adminEndpoint } = running
  return {
    name,
    pid: running.pid,
    endpoint: running.endpoint,
    adminEndpoint,
    path,
    isSigned: true,
    settled: async () => {
      await sealed(adminEndpoint)
      if (isShipped) await detected(adminEndpoint, await indexed(adminEndpoint))
    },
    bytes: () => folderBytes(data),
    stop: () => running.stop(),
  }
}

/** A new ledger, and keys that may write into it. */
export async function createData(data: string, enrolments: readonly Enrolment[]): Promise<void> {
  const folders = foldersUnder(data)
  await createLedger(folders, 'bench.example/log')
  writeFileSync(join(folders.keys, 'enrolled.json'), JSON.stringify(enrolments), { mode: 0o600 })
}

/** The data folder of our receiver. */
export function dataIn(folder: string): string {
  return join(folder, 'grantlog')
}

const pollMs = 100

/** Asks until all leaves are under the published checkpoint. Throws for a span that was refused. */
async function sealed(adminEndpoint: string): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${adminEndpoint}/readyz`)).json()) as Status
    const refused = Object.values(status.refused).reduce((sum, spans) => sum + spans, 0)
    if (refused + status.duplicates > 0) {
      throw new Error(`not all spans are new records: ${JSON.stringify(status)}`)
    }
    if (status.published === status.size) return
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Asks the receiver's child until all commits are indexed; resolves with the records' number. */
async function indexed(adminEndpoint: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${adminEndpoint}/api/v1/health`)
    // It is starting.
    if (answer.ok) {
      const { committed, index } = (await answer.json()) as Health
      if (index.behind === 0 && index.records === committed) return committed
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Asks until rules have looked at so many records, which another child says each second. */
async function detected(adminEndpoint: string, records: number): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${adminEndpoint}/metrics`)).text()
    const [, events] = /^grantlog_detect_events_total (\d+)/m.exec(metrics) ?? []
    if (Number(events) >= records) return
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

interface Health {
  /** Records. */
  readonly committed: number
  readonly index: { readonly behind: number; readonly records: number }
}

interface Status {
  readonly size: number
  readonly published: number
  readonly duplicates: number
  readonly refused: Readonly<Record<string, number>>
}

const queues: Readonly<Record<PeerName, string>> = {
  durable: 'storage: file_storage',
  unsynced: 'storage: file_storage',
  inMemory: 'sizer: requests',
}

/**
 * A Collector with a queue in front of its exporter, as its documentation recommends for what must
 * not be lost; the queue is long enough that nothing is refused, and nothing is compressed, as with
 * us.
 */
export async function startPeer(name: PeerName, sink: string): Promise<Subject> {
  const path = `/${name}`
  const fsync = name === 'durable'
  const storage = `directory: "\${env:WORK_DIR}/queue", create_directory: true, fsync: ${fsync}`
  const isStored = name !== 'inMemory'
  const batch = 'flush_timeout: 200ms, min_size: 512, max_size: 8192, sizer: items'
  const running = await startCollector(`
extensions:
  file_storage: { ${storage} }
receivers:
  otlp: { protocols: { http: { endpoint: "\${env:OTLP_HTTP}" } } }
exporters:
  otlphttp:
    traces_endpoint: ${sink}${path}
    compression: none
    sending_queue: { queue_size: 100000, ${queues[name]}, batch: { ${batch} } }
service:
  extensions: [${isStored ? 'file_storage' : ''}]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlphttp] } }
`)
  return {
    name,
    pid: running.pid,
    endpoint: running.httpUrl,
    adminEndpoint: null,
    path,
    isSigned: false,
    settled: () => Promise.resolve(),
    bytes: () => (isStored ? folderBytes(join(running.dir, 'queue')) : null),
    stop: () => running.stop(),
  }
}

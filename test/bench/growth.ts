// npm run bench -- growth: what a record costs, and a start, while the ledger grows a hundredfold
// and more. A record in a large ledger must cost what it costs in a small one.
import { statfsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { rounded } from './figures.ts'
import { flatness, growthPoints, recordsThatFit } from './growth-points.ts'
import { growBy, type Grower, startGrowers } from './growers.ts'
import { cpuUs, folderBytes, peakMib, residentMib } from './processes.ts'
import type { Benchmark, Result } from './result.ts'
import { type SpanSink, startSpanSink } from './sink.ts'
import { median } from './statistics.ts'
import { createData, dataIn } from './subjects.ts'

/** Records after which code is compiled and caches are full; then some are measured, thrice. */
const warmRecords = 16_384
const probeRecords = 4_096
const probes = 3
/** Of records that are sent before a line says so. */
const toldEvery = 65_536
const pollMs = 50

export interface Point {
  readonly records: number
  /** Of all files but the ballast. */
  readonly bytesPerRecord: number
  /** Of a receiver that has just been started on so many records, once it is warm. */
  readonly cpuUsPerRecord: number
  /** Of the receiver that took the records since the point before. */
  readonly growingCpuUsPerRecord: number
  readonly residentMiB: number
  readonly peakMiB: number
  /** CPU of the process until it is ready: after it was stopped, and after it was killed. */
  readonly restartMs: number
  readonly restartAfterKillMs: number
  /** Leaves that the second of these read again. */
  readonly readAfterKill: number
}

interface World {
  readonly data: string
  readonly sink: SpanSink
  readonly makers: readonly Grower[]
  readonly tell: (line: string) => void
  /** The receiver as it runs now, and records in its ledger. */
  receiver: ReceiverProcess
  records: number
}

export const growth: Benchmark = async ({ folder, tell }, { isFull }) => {
  const { bavail, bsize } = statfsSync(folder)
  const asked = isFull ? 10_000_000 : 200_000
  const most = Math.min(asked, recordsThatFit(bavail * bsize))
  if (most < asked) tell(`growth: the disk has room for ${most} of ${asked} records: ends there`)
  await using started = new AsyncDisposableStack()
  const sink = await startSpanSink()
  started.defer(() => sink.close())
  const makers = await startGrowers(started)
  const data = dataIn(folder)
  await createData(
    data,
    makers.map(({ enrolment }) => enrolment),
  )
  const receiver = await start(data, sink)
  const world: World = { data, sink, makers, tell, receiver, records: 0 }
  const stop = (): void => world.receiver.signal('SIGKILL')
  process.on('exit', stop)
  started.defer(async () => {
    await world.receiver.kill()
    process.off('exit', stop)
  })
  const points: Point[] = []
  for (const records of growthPoints(most)) {
    points.push(await pointAt(world, records))
    tell(`growth: ${JSON.stringify(points.at(-1))}`)
  }
  return resultOf(points)
}

/** Grows the ledger to so many records, and measures. */
async function pointAt(world: World, records: number): Promise<Point> {
  const from = world.records
  const before = cpuUs(world.receiver.pid)
  await grow(world, records - from)
  const { pid } = world.receiver
  const grown = (cpuUs(pid) - before) / (world.records - from)
  const memory = { residentMiB: Math.round(residentMib(pid)), peakMiB: Math.round(peakMib(pid)) }
  const here = world.records
  const bytesPerRecord = folderBytes(world.data) / here

  await world.receiver.kill()
  const killed = await restart(world)
  await world.receiver.stop()
  const stopped = await restart(world)

  await grow(world, warmRecords)
  const costs: number[] = []
  for (let at = 0; at < probes; at++) {
    const warm = cpuUs(world.receiver.pid)
    await grow(world, probeRecords)
    costs.push((cpuUs(world.receiver.pid) - warm) / probeRecords)
  }
  return {
    records: here,
    bytesPerRecord: Math.round(bytesPerRecord),
    cpuUsPerRecord: rounded(median(costs)),
    growingCpuUsPerRecord: rounded(grown),
    ...memory,
    restartMs: Math.round(stopped.cpuMs),
    restartAfterKillMs: Math.round(killed.cpuMs),
    readAfterKill: killed.read,
  }
}

/** Resolves when nothing is left to do of at least so many more records. */
async function grow(world: World, records: number): Promise<void> {
  const url = `${world.receiver.endpoint}/v1/traces`
  const batch = 512 * world.makers.length
  for (let left = Math.ceil(records / batch) * batch; left > 0;) {
    const some = Math.min(left, toldEvery)
    await growBy(world.makers, url, some)
    left -= some
    world.records += some
    if (some === toldEvery) world.tell(`growth: ${world.records} records`)
  }
  await idle(world.receiver)
}

/** Starts it again; gives what that cost it until it was ready. */
async function restart(world: World): Promise<{ cpuMs: number; read: number }> {
  world.receiver = await start(world.data, world.sink)
  const cpuMs = cpuUs(world.receiver.pid) / 1000
  const ready = await world.receiver.event('READY')
  await idle(world.receiver)
  return { cpuMs, read: Number(ready.leavesRead) }
}

function start(data: string, { url }: SpanSink): Promise<ReceiverProcess> {
  return startReceiverProcess(data, ['--forward', `${url}/grantlog`])
}

/** Resolves once all is published and at the sink. Throws for a span that was refused. */
async function idle({ adminEndpoint }: ReceiverProcess): Promise<void> {
  for (;;) {
    const status = (await (await fetch(`${adminEndpoint}/readyz`)).json()) as Status
    const refused = Object.values(status.refused).reduce((sum, spans) => sum + spans, 0)
    if (refused > 0) throw new Error(`spans were refused: ${JSON.stringify(status.refused)}`)
    const isSent = status.sinks.every(({ lag }) => lag.commits === 0)
    if (status.published === status.size && isSent) return
    await delay(pollMs)
  }
}

interface Status {
  readonly size: number
  readonly published: number
  readonly refused: Readonly<Record<string, number>>
  readonly sinks: readonly { readonly lag: { readonly commits: number } }[]
}

function resultOf(points: readonly Point[]): Result {
  const flat = {
    bytes: rounded(flatness(points.map(({ bytesPerRecord }) => bytesPerRecord))),
    cpu: rounded(flatness(points.map(({ cpuUsPerRecord }) => cpuUsPerRecord))),
  }
  const rows = points.map((point) => [
    String(point.records),
    `${point.bytesPerRecord} B`,
    `${point.cpuUsPerRecord} µs (${point.growingCpuUsPerRecord} while it grew)`,
    `${point.residentMiB} MiB, at most ${point.peakMiB}`,
    `${point.restartMs} ms`,
    `${point.restartAfterKillMs} ms, ${point.readAfterKill} leaves read`,
  ])
  const heads = ['records', 'bytes of one', 'CPU of one', 'memory', 'start, CPU', 'after a kill']
  return {
    json: { points, flat },
    ratios: {
      'growth/bytes': { ratio: flat.bytes, noise: 0 },
      'growth/cpu': { ratio: flat.cpu, noise: 0 },
    },
    table: [heads, ...rows, ['most ÷ least', String(flat.bytes), String(flat.cpu), '', '', '']],
  }
}

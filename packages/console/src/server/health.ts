// How the pipeline is, by what the receiver says of itself; and what stands at the top of a page.
import type { Reading } from '@grantlog/query'
import type { Health, State } from '../api/health.ts'
import type { Runs } from './runs.ts'
import { publishedOf } from './published.ts'
import { statusSchema, toldBy } from './receiver-status.ts'

export async function healthOf(
  reading: Reading,
  receiverStatus: () => Promise<unknown>,
): Promise<Health> {
  const found = await toldBy(receiverStatus, statusSchema)
  const indexed = { behind: reading.behind, bytes: reading.index.bytes }
  const building = reading.behind > 0
  const index = { records: reading.index.rows, building, ...indexed }
  const published = publishedOf(reading.reader)
  if (found === null) return { ...silent, size: published, published, index }
  const { clock, disk, quarantine, refused, sinks, ...status } = found
  return {
    ...status,
    receiver: true,
    refused: Object.entries(refused)
      .filter(([, times]) => times > 0)
      .map(([code, times]) => ({ code, count: times })),
    quarantined: Object.values(quarantine.spans).reduce((sum, spans) => sum + spans, 0),
    sinks: sinks.map(({ forwarded, lag, name, reason, refused: dead, retries, stopped, type }) => ({
      ...{ name, type, sent: forwarded, deadLetters: dead },
      state: stopped || retries > 0 ? 'failing' : lag.commits > 100 ? 'behind' : 'ok',
      ...{ lagFrames: lag.commits + lag.logs + lag.passThrough, lastError: reason },
    })),
    clockJumps: clock.jumps ?? 0,
    disk: disk && { freeBytes: disk.freeBytes, totalBytes: totalOf(disk), level: disk.level },
    index,
  }
}

/** The percentage is rounded up, and so is this. */
function totalOf({ freeBytes, usedPercent }: { freeBytes: number; usedPercent: number }): number {
  return Math.round(freeBytes / Math.max(0.005, 1 - usedPercent / 100))
}

const silent = {
  ...{ receiver: false, ready: false, received: 0, committed: 0, duplicates: 0, refused: [] },
  ...{ passedThrough: 0, inFlightBytes: 0, queueBytes: 0, quarantined: 0, sinks: [] },
  ...{ disk: null, clockJumps: 0 },
}

export async function stateOf(
  reading: Reading,
  {
    receiverStatus,
    runs,
    version,
  }: {
    readonly receiverStatus: () => Promise<unknown>
    readonly runs: Runs
    readonly version: string
  },
): Promise<State> {
  const { behind, index, reader } = reading
  const { first, last, rows } = index
  const alive = await receiverStatus().then(
    (status) => status !== null,
    () => false,
  )
  const { standing: run } = runs
  const integrity =
    run?.state === 'passed' ? 'consistent' : run?.state === 'failed' ? 'broken' : 'unknown'
  return {
    ...{ origin: reader.origin, logKey: reader.logKey, published: publishedOf(reader) },
    ...{ records: rows, newestAt: last?.toMs ?? null, oldestAt: first?.fromMs ?? null },
    ...{ behind, receiver: alive, integrity, version, verifiedSize: run?.done ?? 0 },
  }
}

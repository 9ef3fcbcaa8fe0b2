// The queues of all signals. Each has its own: a sink without logs must not hold up its spans.
import { join } from 'node:path'
import { SEGMENT_BYTES_DEFAULT } from '@grantlog/journal'
import type { Log, Signal } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { openPassThrough, type PassThroughQueue } from './pass-through.ts'

export interface QueuesOptions {
  readonly folder: string
  /** Those that some sink takes. */
  readonly signals: readonly Signal[]
  readonly limits: Pick<Limits, 'bodyBytes' | 'queueBytes'>
  readonly log: Log
}

export type Queues = Partial<Record<Signal, PassThroughQueue>>

const folderNames: Readonly<Record<Signal, string>> = {
  traces: 'passthrough',
  logs: 'passthrough-logs',
  metrics: 'passthrough-metrics',
}

/** `started` closes what is open. Errors: those of openJournal. */
export async function openQueues(
  { folder, limits, log, signals }: QueuesOptions,
  started: AsyncDisposableStack,
): Promise<Queues> {
  const { bodyBytes: frameBytes, queueBytes } = limits
  // Whole segments are dropped: of one alone nothing would be.
  const segmentBytes = Math.min(SEGMENT_BYTES_DEFAULT, Math.ceil(queueBytes / 8))
  const options = { frameBytes, queueBytes, segmentBytes, log }
  const queues: Queues = {}
  for (const signal of signals) {
    const directory = join(folder, folderNames[signal])
    const queue = await openPassThrough({ directory, ...options })
    started.defer(() => queue.close())
    queues[signal] = queue
  }
  return queues
}

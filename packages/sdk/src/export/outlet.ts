// From the queue to the receiver, without the world: what is signed when, where it waits, and who
// is told. exporter.ts gives it disk and network, test/crash/model/spool.ts models of both.
import { batchRecordsMax } from '../limits.ts'
import type { SealedRecord } from '../event.ts'
import type { Notify } from '../notice.ts'
import type { Verdict } from './answer.ts'
import type { Outgoing, Source } from './outgoing.ts'
import { createQueue, type QueueLimits } from './queue.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { createSender } from './sender.ts'
import { createTicks } from './timers.ts'
import type { SpoolFolder } from './spool/folder.ts'
import { createSpool, type Spool, type SpoolOptions } from './spool/spool.ts'
import type { Store } from './spool/store.ts'
import { historyRangesMax } from '../limits.ts'
import { createWaits, type Range, type Stage, type Waits } from './waits.ts'
import { SdkError } from '../codes.ts'

export interface OutletOptions {
  readonly queue: QueueLimits
  /** Signs a run of consecutive records off the head of the queue. */
  readonly sign: (waiting: readonly SealedRecord[]) => Outgoing | null
  readonly deliver: (batch: Outgoing) => Promise<Verdict>
  readonly spool: Omit<SpoolOptions, 'main' | 'keep' | 'onAdopted' | 'notify'>
  readonly notify: Notify
  readonly random: () => number
}

/** See Exporter. */
export interface Outlet {
  readonly enqueue: (record: SealedRecord) => void
  readonly lose: (sequence: number | null) => void
  readonly until: (sequence: number, stage: Stage) => Promise<void>
  readonly dropped: () => number
  readonly flush: () => Promise<void>
  /** Once more says that it lives, and looks for what to adopt. */
  readonly renew: () => Promise<void>
  /** Bytes of batches in memory, and on disk. */
  readonly sizes: () => { readonly memory: number; readonly disk: number }
  /** Stops; gives what only memory has, and the folders that are left. */
  readonly close: () => Left
}

export interface Left {
  readonly batches: readonly Outgoing[]
  readonly folders: readonly SpoolFolder[]
  /** Everything has its receipts. */
  readonly isEmpty: boolean
}

/** Timers are unref'd. */
export function createOutlet(options: OutletOptions): Outlet {
  const { notify } = options
  const queue = createQueue(options.queue)
  const waits = createWaits()
  const written = createWritten(waits)
  let dropped = 0
  let isClosed = false

  const spool = createSpool({
    ...options.spool,
    main: {
      mustSync: () => waits.areFor('spooled'),
      onWritten: (batch) => {
        written.add(batch)
        pump()
      },
      onDurable: written.durable,
      onUnavailable: () => waits.rejectAll('SPOOL_UNAVAILABLE', 'spooled'),
    },
    keep: (batch) => refusals.keep(batch),
    onAdopted: () => sender.kick(),
    notify,
  })
  const refusals = createRefusals({
    store: spool.refused,
    onDue: () => sender.kick(),
    random: options.random,
  })
  const own = ownSource({ spool, refusals, waits, onLost: drop, isOwn, onShift: () => pump() })
  const again = againSource(refusals, { waits, isOwn })
  const sender = createSender({
    sources: [own, spool.adoption, again],
    flushed: [own, again],
    deliver: async (batch) => {
      const verdict = await options.deliver(batch)
      if (verdict.kind === 'done') refusals.hint()
      return verdict
    },
    isWaitedFor: () => waits.areFor('receipted'),
    onSent: () => pump(),
    notify,
    random: options.random,
  })
  const ticks = createTicks({ sign: () => signNext() })

  function isOwn({ instance }: Outgoing): boolean {
    return instance === options.spool.instance
  }

  function drop(range: Range, detail: string): void {
    dropped += range.count
    waits.failed(range, 'RECORD_LOST', detail)
  }

  /** Signs one batch, if there is room for it; the next one when others had their turn. */
  function signNext(): void {
    if (isClosed || queue.records.length === 0) return
    if (!spool.main.hasRoom()) return ticks.later()
    signOne()
    if (queue.records.length >= batchRecordsMax) ticks.now()
    else if (queue.records.length > 0) pump()
    sender.kick()
  }

  function signOne(): boolean {
    const batch = options.sign(queue.records)
    if (batch === null) return false
    queue.release(batch.count)
    spool.main.push(batch)
    return true
  }

  /**
   * Somebody waits: what has come while the disk, or the receiver, was busy with others goes
   * together.
   */
  function pump(): void {
    if (isClosed || queue.records.length === 0) return
    const forDisk = waits.areFor('spooled') && !spool.main.isWriting()
    if (forDisk || (waits.areFor('receipted') && !sender.isSending())) ticks.now()
    else ticks.later()
  }

  spool.start()
  return {
    enqueue: (record) => {
      if (!queue.push(record)) {
        drop({ firstSequence: record.sequence, count: 1 }, 'the queue is full')
        notify('QUEUE_FULL', `${dropped} dropped so far`)
      } else if (queue.records.length >= batchRecordsMax) ticks.now()
      else ticks.later()
    },
    lose: (sequence) => {
      if (sequence === null) dropped++
      else drop({ firstSequence: sequence, count: 1 }, '')
    },
    until: (sequence, stage) => {
      if (isClosed) return Promise.reject(new SdkError('EXPORT_CLOSED'))
      const isOut = stage === 'spooled' && !spool.main.isAvailable()
      if (isOut) return Promise.reject(new SdkError('SPOOL_UNAVAILABLE'))
      const reached = waits.until(sequence, stage)
      pump()
      if (stage === 'spooled') spool.main.kick()
      return reached
    },
    dropped: () => dropped,
    flush: async () => {
      while (queue.records.length > 0 && spool.main.hasRoom()) signOne()
      refusals.begin()
      await sender.flush()
    },
    renew: spool.renew,
    sizes: () => ({
      memory: spool.main.memoryBytes() + spool.refused.memoryBytes(),
      disk: spool.main.diskBytes() + spool.refused.diskBytes(),
    }),
    close: () => {
      while (signOne());
      isClosed = true
      ticks.stop()
      spool.stop()
      refusals.stop()
      sender.stop()
      waits.rejectAll('EXPORT_CLOSED')
      const stores: Store[] = [spool.main, spool.refused]
      return {
        batches: stores.flatMap((store) => store.unwritten()),
        folders: spool.held(),
        isEmpty: stores.every((store) => store.isEmpty()),
      }
    },
  }
}

/** What is on disk, and not yet safe from a power cut. */
function createWritten(waits: Waits): { add: (range: Range) => void; durable: () => void } {
  let ranges: Range[] = []
  return {
    add: ({ firstSequence, count }) => {
      ranges.push({ firstSequence, count })
      if (ranges.length > historyRangesMax) ranges.shift()
    },
    durable: () => {
      const all = ranges
      ranges = []
      for (const range of all) waits.reached(range, 'spooled')
    },
  }
}

interface OwnOptions {
  readonly spool: Spool
  readonly refusals: Refusals
  readonly waits: Waits
  readonly isOwn: (batch: Outgoing) => boolean
  readonly onLost: (range: Range, detail: string) => void
  readonly onShift: () => void
}

function ownSource({ spool, refusals, waits, onLost, onShift }: OwnOptions): Source {
  return {
    peek: spool.main.peek,
    done: (batch, refused) => {
      spool.main.shift()
      if (refused > 0) onLost(batch, 'refused')
      else waits.reached(batch, 'receipted')
      onShift()
    },
    refuse: (batch, reason) => {
      spool.main.shift()
      waits.refused(batch, 'receipted', 'RECORD_REFUSED', reason)
      if (!refusals.keep(batch)) onLost(batch, reason)
      onShift()
    },
  }
}

/** The refused batches: of ours, somebody may wait for the receipt. */
function againSource(
  refusals: Refusals,
  { waits, isOwn }: Pick<OwnOptions, 'waits' | 'isOwn'>,
): Source {
  return {
    ...refusals,
    done: (batch, refused) => {
      refusals.done(batch, refused)
      if (isOwn(batch)) waits.reached(batch, 'receipted')
    },
  }
}

// From the queue to the receiver, without the world: what is signed when, where it waits, and who
// is told. exporter.ts gives it disk and network, test/crash/model/spool.ts models of both.
import { SdkError } from '../codes.ts'
import type { SealedRecord } from '../event.ts'
import { batchRecordsMax, historyRangesMax } from '../limits.ts'
import type { Notify } from '../notice.ts'
import type { Verdict } from './answer.ts'
import type { Outgoing, Source } from './outgoing.ts'
import { createQueue, type Queue, type QueueLimits } from './queue.ts'
import { createRefusals, type Refusals } from './refusals.ts'
import { Sender, type SenderOptions } from './sender.ts'
import type { SpoolFolder } from './spool/folder.ts'
import { Spool, type SpoolOptions } from './spool/spool.ts'
import { createTicks, type Ticks } from './timers.ts'
import { createWaits, type Range, type Stage, type Waits } from './waits.ts'

export interface OutletOptions {
  readonly queue: QueueLimits
  /** Signs a run of consecutive records off the head of the queue. */
  readonly sign: (waiting: readonly SealedRecord[]) => Outgoing | null
  /** See SenderOptions. */
  readonly deliver: (batches: readonly Outgoing[]) => Promise<readonly Verdict[]>
  readonly limits: SenderOptions['limits']
  readonly spool: Omit<SpoolOptions, 'main' | 'keep' | 'onAdopted' | 'notify'>
  readonly notify: Notify
  readonly random: () => number
}

export interface Left {
  readonly batches: readonly Outgoing[]
  readonly folders: readonly SpoolFolder[]
  /** Bytes that they may still take on the disk. */
  readonly roomBytes: number
  /** Everything has its receipts. */
  readonly isEmpty: boolean
}

/** See Exporter for what is the same there. Timers are unref'd. */
export class Outlet {
  readonly #options: OutletOptions
  readonly #queue: Queue
  readonly #waits = createWaits()
  readonly #written = createWritten(this.#waits)
  readonly #spool: Spool
  readonly #refusals: Refusals
  readonly #sender: Sender
  readonly #ticks: Ticks
  #dropped = 0
  #emitted = 0
  #exported = 0
  /** Of this stream: with a receipt, or lost though they have a number. */
  #settled = 0
  #isClosed = false

  constructor(options: OutletOptions) {
    const { notify, random } = options
    this.#options = options
    this.#queue = createQueue(options.queue)
    this.#ticks = createTicks({ sign: () => this.#signNext() })
    this.#spool = new Spool({
      ...options.spool,
      main: this.#writing(),
      keep: (batch) => this.#refusals.keep(batch),
      onAdopted: () => this.#sender.kick(),
      notify,
    })
    const store = this.#spool.refused
    this.#refusals = createRefusals({
      store,
      hasRoomFor: (batch) => this.#spool.hasRoomFor(batch),
      onDue: () => this.#sender.kick(),
      random,
    })
    const [own, again] = [this.#ownSource(), this.#againSource()]
    this.#sender = new Sender({
      sources: [own, this.#spool.adoption, again],
      flushed: [own, again],
      deliver: async (batches) => {
        const verdicts = await options.deliver(batches)
        if (verdicts.some(({ kind }) => kind === 'done')) this.#refusals.hint()
        return verdicts
      },
      limits: options.limits,
      isWaitedFor: () => this.#waits.areFor('receipted'),
      onSent: () => this.#pump(),
      onDone: (records) => void (this.#exported += records),
      notify,
      random,
    })
    this.#spool.start()
  }

  /** Records lost so far. */
  get dropped(): number {
    return this.#dropped
  }

  /** Numbers so far, taken by the receiver, without a receipt yet, and not signed yet. */
  get counts(): {
    readonly emitted: number
    readonly exported: number
    readonly missing: number
    readonly queued: number
  } {
    const [emitted, exported] = [this.#emitted, this.#exported]
    return {
      emitted,
      exported,
      missing: emitted - this.#settled,
      queued: this.#queue.records.length,
    }
  }

  /** Bytes of batches in memory, and on disk. */
  get bytes(): { readonly memory: number; readonly disk: number } {
    const { main, refused } = this.#spool
    return {
      memory: main.memoryBytes + refused.memoryBytes,
      disk: main.diskBytes + refused.diskBytes,
    }
  }

  /** false: the queue is full, and it is dropped. */
  enqueue(record: SealedRecord): boolean {
    this.#emitted++
    if (this.#queue.push(record)) {
      if (this.#queue.records.length >= batchRecordsMax) this.#ticks.now()
      else this.#ticks.later()
      return true
    }
    this.#drop({ firstSequence: record.sequence, count: 1 }, 'the queue is full')
    this.#options.notify('QUEUE_FULL', `${this.#dropped} dropped so far`)
    return false
  }

  lose(sequence: number | null): void {
    if (sequence === null) {
      this.#dropped++
      return
    }
    this.#emitted++
    this.#drop({ firstSequence: sequence, count: 1 }, '')
  }

  until(sequence: number, stage: Stage): Promise<void> {
    const { main } = this.#spool
    if (this.#isClosed) return Promise.reject(new SdkError('EXPORT_CLOSED'))
    const isOut = stage === 'spooled' && !main.isAvailable
    if (isOut) return Promise.reject(new SdkError('SPOOL_UNAVAILABLE'))
    const reached = this.#waits.until(sequence, stage)
    this.#pump()
    if (stage === 'receipted') this.#sender.hurry()
    if (stage === 'spooled') main.kick()
    return reached
  }

  async flush(): Promise<void> {
    while (this.#spool.main.hasRoom && this.#signOne());
    this.#refusals.begin()
    await this.#sender.flush()
  }

  /** Once more says that it lives, and looks for what to adopt. */
  renew(): Promise<void> {
    return this.#spool.renew()
  }

  /** Stops; gives what only memory has, and the folders that are left. */
  close(): Left {
    while (this.#signOne());
    this.#isClosed = true
    for (const one of [this.#ticks, this.#spool, this.#refusals, this.#sender]) one.stop()
    this.#waits.rejectAll('EXPORT_CLOSED')
    const stores = [this.#spool.main, this.#spool.refused]
    return {
      batches: stores.flatMap((store) => store.unwritten()),
      folders: this.#spool.held(),
      roomBytes: this.#spool.roomBytes,
      isEmpty: stores.every((store) => store.isEmpty),
    }
  }

  #drop(range: Range, detail: string): void {
    this.#dropped += range.count
    this.#settled += range.count
    this.#waits.failed(range, 'RECORD_LOST', detail)
  }

  #receipted(range: Range): void {
    this.#settled += range.count
    this.#waits.reached(range, 'receipted')
  }

  /** Signs one batch, if there is room for it; the next one when others had their turn. */
  #signNext(): void {
    const { records } = this.#queue
    if (this.#isClosed || records.length === 0) return
    if (!this.#spool.main.hasRoom) return this.#ticks.later()
    this.#signOne()
    if (records.length >= batchRecordsMax) this.#ticks.now()
    else this.#pump()
    this.#sender.kick()
  }

  #signOne(): boolean {
    const batch = this.#options.sign(this.#queue.records)
    if (batch === null) return false
    this.#queue.release(batch.count)
    this.#spool.main.push(batch)
    return true
  }

  /**
   * Somebody waits: what has come while the disk, or the receiver, was busy with others goes
   * together.
   */
  #pump(): void {
    if (this.#isClosed || this.#queue.records.length === 0) return
    const forDisk = this.#waits.areFor('spooled') && !this.#spool.main.isWriting
    const isNow = forDisk || (this.#waits.areFor('receipted') && !this.#sender.isSending)
    if (isNow) this.#ticks.now()
    else this.#ticks.later()
  }

  #writing(): SpoolOptions['main'] {
    return {
      mustSync: () => this.#waits.areFor('spooled'),
      onWritten: (batch) => {
        this.#written.add(batch)
        this.#pump()
      },
      onDurable: () => this.#written.durable(),
      onUnavailable: () => this.#waits.rejectAll('SPOOL_UNAVAILABLE', 'spooled'),
      onLeft: () => this.#written.forget(),
    }
  }

  #ownSource(): Source {
    const { main } = this.#spool
    return {
      peek: () => main.peek(),
      behind: () => main.behind(),
      done: (batch, refused) => {
        main.shift()
        if (refused > 0) this.#drop(batch, 'refused')
        else this.#receipted(batch)
      },
      refuse: (batch, reason) => {
        // First: until it is safe there, what has it here is not removed.
        const isKept = this.#refusals.keep(batch)
        main.shift()
        this.#waits.refused(batch, 'receipted', 'RECORD_REFUSED', reason)
        if (isKept) return
        this.#options.notify('RECORDS_GIVEN_UP', reason)
        this.#drop(batch, reason)
      },
    }
  }

  /** The refused batches: of ours, somebody may wait for the receipt. */
  #againSource(): Source {
    const refusals = this.#refusals
    return {
      ...refusals,
      done: (batch, refused) => {
        refusals.done(batch, refused)
        if (batch.instance === this.#options.spool.instance) {
          this.#receipted(batch)
        }
      },
    }
  }
}

/** What is on disk, and not yet safe from a power cut. */
function createWritten(waits: Waits): {
  readonly add: (range: Range) => void
  readonly durable: () => void
  readonly forget: () => void
} {
  let ranges: Range[] = []
  return {
    forget: () => void (ranges = []),
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

// Batches in order until the receiver has them: the oldest ones in memory, the rest only on disk,
// the newest ones on their way there.
//
//   head (memory, and on disk as soon as written)   middle (disk)   tail (memory, not yet on disk)
//
// Without a disk all is head, and bounded. A batch that comes while nothing waits is written only
// when its receipt does not come at once: a receiver that answers spares the host's disk.
import { SdkError } from '../../codes.ts'
import { requestBatchesMax, spoolRetryMs, storeBytesMax, tailBytesMax } from '../../limits.ts'
import { messageOf, type Notify } from '../../notice.ts'
import type { Outgoing } from '../outgoing.ts'
import { isCode } from './disk.ts'
import type { SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'

export interface StoreOptions {
  readonly lane: Lane
  /** false: all stays in memory. */
  readonly isOn: boolean
  /** A new folder of our own. Runs within the lane. */
  readonly open: () => Promise<SpoolFolder>
  /** Bytes on disk that this store may have now. */
  readonly roomBytes: () => number
  /** How long a batch that finds nothing waiting may do so itself before it is written. */
  readonly patienceMs: number
  /** Of one file; so much was sent before files are removed. */
  readonly segmentBytesMax: number
  /** Whether all that was moved to where refused batches are is safe there. */
  readonly mayPrune: () => boolean
  /** Whether somebody waits for what is written now to be durable. */
  readonly mustSync: () => boolean
  /** The batch is on disk, but not safe from a power cut. */
  readonly onWritten: (batch: Outgoing) => void
  /** All that was written is safe. */
  readonly onDurable: () => void
  /** What is not written stays in memory for now. */
  readonly onUnavailable: () => void
  /** Nothing that was written and not safe yet will be so by `onDurable`. */
  readonly onLeft: () => void
  readonly notify: Notify
  /** Monotonic. */
  readonly nowMs: () => number
}

interface Entry {
  readonly batch: Outgoing
  /** null: not on disk. */
  frame: number | null
}

/** See the head of this file. */
export class Store {
  readonly #options: StoreOptions
  #head: Entry[] = []
  #tail: Entry[] = []
  /** Frames; none: both are equal. */
  #middle = { from: 0, to: 0 }
  #headBytes = 0
  #tailBytes = 0
  #folder: SpoolFolder | null = null
  /** Ours, but not written any more: whoever looks next reads them, often we. */
  #abandoned: SpoolFolder[] = []
  #state: 'off' | 'closed' | 'open' | 'full' | 'failed'
  #failedAtMs = 0
  #takenAtMs = -Infinity
  #isWriting = false
  /** Something came while it wrote. */
  #isAsked = false
  #isDurable = true
  #reading: Promise<void> | null = null
  #sentBytes = 0
  #isPruneDue = false
  #patience: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: StoreOptions) {
    this.#options = options
    this.#state = options.isOn ? 'closed' : 'off'
  }

  /** A write has not come back. */
  get isWriting(): boolean {
    return this.#isWriting
  }

  /** Whether the disk takes what comes. */
  get isAvailable(): boolean {
    return this.#state === 'open' || this.#state === 'closed'
  }

  get isEmpty(): boolean {
    return this.#head.length + this.#tail.length === 0 && this.#isMiddleEmpty()
  }

  /** Whether a batch may come. */
  get hasRoom(): boolean {
    const isShort = this.#isMiddleEmpty() && this.#tail.length === 0
    if (isShort && this.#headBytes < storeBytesMax) return true
    return this.isAvailable && this.#tailBytes < tailBytesMax
  }

  get memoryBytes(): number {
    return this.#headBytes + this.#tailBytes
  }

  get diskBytes(): number {
    return this.#folder?.bytes() ?? 0
  }

  get folder(): SpoolFolder | null {
    return this.#folder
  }

  /** What is not known to be on disk, oldest first. */
  unwritten(): Outgoing[] {
    const entries = [...this.#head, ...this.#tail].filter(({ frame }) => frame === null)
    return entries.map(({ batch }) => batch)
  }

  /** Takes a batch, in any case. */
  push(batch: Outgoing): void {
    const { mustSync, patienceMs } = this.#options
    const isPutOff = this.isEmpty && patienceMs > 0 && !mustSync()
    this.#add({ batch, frame: null })
    if (!isPutOff) return this.kick()
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => this.kick(), patienceMs).unref()
  }

  /** The oldest one; null: none, or it cannot be read now. */
  async peek(): Promise<Outgoing | null> {
    if (this.#head.length === 0 && !this.#isMiddleEmpty()) {
      this.#reading ??= this.#fill().finally(() => (this.#reading = null))
      await this.#reading
    }
    return this.#head[0]?.batch ?? null
  }

  /** Those behind it that need not be read. */
  behind(): Outgoing[] {
    return this.#head.slice(1, 1 + requestBatchesMax).map(({ batch }) => batch)
  }

  /** The oldest one is done. */
  shift(): void {
    const entry = this.#head.shift()
    if (entry === undefined) return
    this.#headBytes -= entry.batch.body.length
    this.#sentBytes += entry.batch.body.length
    this.#moveUp()
    const isMany = this.#sentBytes >= this.#options.segmentBytesMax
    if (isMany || (this.#state === 'full' && this.#isDiskDone())) this.#prune()
  }

  /** What was moved elsewhere is safe there by now. */
  pruneAgain(): void {
    if (this.#isPruneDue) this.#prune()
  }

  /** Something is to be written, or to be made durable. */
  kick(): void {
    this.#isAsked = true
    if (!this.#isWriting && this.#isDue()) void this.#write()
  }

  /** What is put off, or fails now, is left to whoever asks for `unwritten`. */
  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#patience)
  }

  /** To be called now and then: says that we live, and tries again what failed. Never rejects. */
  async renew(): Promise<void> {
    const { lane } = this.#options
    const own = this.#folder
    try {
      if (own !== null) await lane.run(() => own.renew())
      for (const one of this.#abandoned) await lane.run(() => one.release())
      this.#abandoned = []
    } catch (error) {
      if (own !== null && own === this.#folder) this.#goesOn(error)
    }
    this.kick()
  }

  /** Nothing that is on disk is waited for. */
  #isDiskDone(): boolean {
    return this.#isMiddleEmpty() && (this.#head[0]?.frame ?? null) === null
  }

  #isMiddleEmpty(): boolean {
    return this.#middle.from === this.#middle.to
  }

  #add(entry: Entry): void {
    const { length } = entry.batch.body
    const fits = this.#headBytes === 0 || this.#headBytes + length <= storeBytesMax
    const isAlone = this.#state === 'failed' || this.#state === 'off'
    if (this.#isMiddleEmpty() && this.#tail.length === 0 && (fits || isAlone)) {
      this.#head.push(entry)
      this.#headBytes += length
    } else {
      this.#tail.push(entry)
      this.#tailBytes += length
    }
  }

  /** What fits into the head moves up from the tail, in order. */
  #moveUp(): void {
    const waiting = this.#tail
    if (!this.#isMiddleEmpty() || waiting.length === 0) return
    this.#tail = []
    this.#tailBytes = 0
    for (const entry of waiting) this.#add(entry)
  }

  #isDue(): boolean {
    if (this.#state === 'off') return false
    const isWaiting = this.#state === 'failed' || this.#state === 'full'
    return !isWaiting || this.#options.nowMs() - this.#failedAtMs >= spoolRetryMs
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    do {
      this.#isAsked = false
      while (await this.#writeNext());
    } while (this.#isAsked && this.#isDue())
    this.#isWriting = false
    const isWritten = this.unwritten().length === 0
    if (this.#state === 'full' && isWritten) this.#state = 'open'
    this.pruneAgain()
  }

  /** Whether there may be more to do at once. Never rejects. */
  async #writeNext(): Promise<boolean> {
    const entry = this.#head.find(({ frame }) => frame === null) ?? this.#tail[0]
    try {
      if (entry === undefined) return await this.#sync()
      await this.#writeOne(entry)
    } catch (error) {
      return this.#goesOn(error)
    }
    if (entry === this.#tail[0] && entry.frame !== null) this.#sink(entry.batch, entry.frame)
    return true
  }

  async #sync(): Promise<boolean> {
    const { lane, mustSync, onDurable } = this.#options
    const own = this.#folder
    if (own === null || this.#isDurable || !mustSync()) return false
    await lane.run(() => own.sync())
    this.#isDurable = true
    onDurable()
    return true
  }

  async #writeOne(entry: Entry): Promise<void> {
    const { lane, open, roomBytes, onWritten, onDurable } = this.#options
    this.#folder ??= await lane.run(open)
    const own = this.#folder
    if (own.bytes() + entry.batch.body.length > roomBytes()) return await this.#makeRoom(own)
    const mustSync = this.#options.mustSync()
    const frame = await lane.run(() => own.append(entry.batch, mustSync))
    // Left meanwhile: it is written once more, where we are now.
    if (own !== this.#folder) return
    entry.frame = frame
    this.#state = 'open'
    this.#isDurable = mustSync
    onWritten(entry.batch)
    if (mustSync) onDurable()
  }

  /** From the tail to where only the disk has it, unless the head has room. */
  #sink({ body: { length } }: Outgoing, frame: number): void {
    if (this.#isMiddleEmpty() && this.#headBytes + length <= storeBytesMax) return this.#moveUp()
    this.#tail.shift()
    this.#tailBytes -= length
    const from = this.#isMiddleEmpty() ? frame : this.#middle.from
    this.#middle = { from, to: frame + 1 }
  }

  /** Whether to try again at once: only where somebody took our folder, and not over and over. */
  #goesOn(error: unknown): boolean {
    // Its folder may be gone by now.
    if (this.#isStopped) return false
    const now = this.#options.nowMs()
    if (isCode(error, 'SPOOL_TAKEN')) {
      this.#leave('closed')
      const isFirst = now - this.#takenAtMs > spoolRetryMs
      this.#takenAtMs = now
      if (isFirst) return true
    }
    this.#failedAtMs = now
    const isFull = isFullDisk(error)
    if (isFull) this.#state = 'full'
    else this.#leave('failed')
    this.#options.notify(isFull ? 'SPOOL_FULL' : 'SPOOL_UNAVAILABLE', messageOf(error))
    this.#options.onUnavailable()
    return false
  }

  /** Goes on in memory, and in a new folder later. What only the disk has is read from there. */
  #leave(next: 'closed' | 'failed'): void {
    if (this.#folder !== null) this.#abandoned.push(this.#folder)
    this.#folder = null
    this.#isDurable = true
    this.#middle = { from: 0, to: 0 }
    this.#state = next
    for (const entry of [...this.#head, ...this.#tail]) entry.frame = null
    this.#options.onLeft()
    this.#moveUp()
  }

  async #fill(): Promise<void> {
    const own = this.#folder
    if (own === null) return
    try {
      const found = await this.#options.lane.run(() => own.read(this.#middle.from))
      if (own !== this.#folder) return
      for (const { frame, batch } of found.filter((one) => one.frame < this.#middle.to)) {
        this.#head.push({ batch, frame })
        this.#headBytes += batch.body.length
        this.#middle.from = frame + 1
      }
      this.#moveUp()
    } catch (error) {
      if (own === this.#folder) this.#goesOn(error)
    }
  }

  #prune(): void {
    const { lane, mayPrune } = this.#options
    const own = this.#folder
    if (own === null) return
    this.#isPruneDue = !mayPrune()
    if (this.#isPruneDue) return
    this.#sentBytes = 0
    const isDone = this.#isDiskDone()
    // The last file of a journal stays: what is full and of no use makes way as a whole.
    if (isDone && this.#state === 'full') return void this.#empty(own)
    const before = isDone ? own.end() : (this.#head[0]?.frame ?? this.#middle.from)
    const pruned = lane.run(() => own.prune(before))
    pruned.then(
      () => this.#hasMadeRoom(),
      // Not removed now, so with the next.
      () => undefined,
    )
  }

  async #makeRoom(own: SpoolFolder): Promise<void> {
    const isOfUse = own.end() === 0 || !this.#isDiskDone() || !this.#options.mayPrune()
    if (isOfUse) throw full()
    await this.#empty(own)
  }

  /** All of it was sent: what comes goes to a new one. Never rejects. */
  async #empty(own: SpoolFolder): Promise<void> {
    this.#folder = null
    this.#isDurable = true
    await this.#options.lane.run(() => own.remove()).catch(() => void this.#abandoned.push(own))
    this.#hasMadeRoom()
  }

  #hasMadeRoom(): void {
    if (this.#state === 'full') this.#failedAtMs = -Infinity
    this.kick()
  }
}

function full(): SdkError {
  return new SdkError('SPOOL_FULL', 'GRANTLOG_SPOOL_BYTES')
}

function isFullDisk(error: unknown): boolean {
  const codes = ['SPOOL_FULL', 'JOURNAL_FULL', 'JOURNAL_QUOTA', 'ENOSPC', 'EDQUOT']
  return codes.some((code) => isCode(error, code))
}

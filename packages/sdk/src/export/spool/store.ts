// Batches in order until the receiver has them: the oldest ones in memory, the rest only on disk,
// the newest ones on their way there.
//
//   head (memory, and on disk as soon as written)   middle (disk)   tail (memory, not yet on disk)
//
// Without a disk all is head, and bounded.
import { JournalError } from '@grantlog/journal'
import { SdkError } from '../../codes.ts'
import { pruneBytes, spoolRetryMs, storeBytesMax, tailBytesMax } from '../../limits.ts'
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
  /** Whether somebody waits for what is written now to be durable. */
  readonly mustSync: () => boolean
  /** The batch is on disk, but not safe from a power cut. */
  readonly onWritten: (batch: Outgoing) => void
  /** All that was written is safe. */
  readonly onDurable: () => void
  /** What is not written stays in memory for now. */
  readonly onUnavailable: () => void
  readonly notify: Notify
  readonly nowMs: () => number
}

export interface Store {
  /** Whether a batch may come. */
  readonly hasRoom: () => boolean
  /** Takes a batch, in any case. */
  readonly push: (batch: Outgoing) => void
  readonly peek: () => Promise<Outgoing | null>
  /** The oldest one is done. */
  readonly shift: () => void
  readonly isEmpty: () => boolean
  /** A write has not come back. */
  readonly isWriting: () => boolean
  /** Whether the disk takes what comes. */
  readonly isAvailable: () => boolean
  /** Somebody waits for what is written already to be durable. */
  readonly kick: () => void
  /** Bytes held in memory. */
  readonly memoryBytes: () => number
  readonly diskBytes: () => number
  /** What is not known to be on disk, oldest first. */
  readonly unwritten: () => Outgoing[]
  readonly folder: () => SpoolFolder | null
  /** To be called now and then: says that we live, and tries again what failed. */
  readonly renew: () => Promise<void>
}

interface Entry {
  readonly batch: Outgoing
  /** null: not on disk. */
  frame: number | null
}

/** See the head of this file. */
export function createStore(options: StoreOptions): Store {
  const { lane, notify } = options
  let head: Entry[] = []
  let tail: Entry[] = []
  let middle = { from: 0, to: 0 }
  let folder: SpoolFolder | null = null
  let state: 'off' | 'closed' | 'open' | 'full' | 'failed' = options.isOn ? 'closed' : 'off'
  let failedAtMs = 0
  let isWriting = false
  let isDurable = true
  let takenAtMs = -Infinity
  /** Ours, but not written any more: whoever looks next reads them, often we. */
  let abandoned: SpoolFolder[] = []
  let reading: Promise<void> | null = null
  let prunable = 0
  const memory = { head: 0, tail: 0 }

  const isMiddleEmpty = (): boolean => middle.from === middle.to

  function add(entry: Entry): void {
    const { length } = entry.batch.body
    const fits = memory.head === 0 || memory.head + length <= storeBytesMax
    if (isMiddleEmpty() && tail.length === 0 && (fits || state === 'failed' || state === 'off')) {
      head.push(entry)
      memory.head += length
    } else {
      tail.push(entry)
      memory.tail += length
    }
  }

  /** What fits into the head moves up from the tail, in order. */
  function moveUp(): void {
    const waiting = tail
    if (!isMiddleEmpty() || waiting.length === 0) return
    tail = []
    memory.tail = 0
    for (const entry of waiting) add(entry)
  }

  async function write(): Promise<void> {
    isWriting = true
    try {
      while (await writeNext());
    } finally {
      isWriting = false
    }
    if (state === 'full' && head.every(({ frame }) => frame !== null)) state = 'open'
  }

  /** Whether there may be more to do at once. */
  async function writeNext(): Promise<boolean> {
    const entry = head.find((one) => one.frame === null) ?? tail[0]
    try {
      if (entry === undefined) return await sync()
      await writeOne(entry)
    } catch (error) {
      return goesOn(error)
    }
    if (entry === tail[0]) sink(entry)
    return true
  }

  async function sync(): Promise<boolean> {
    const own = folder
    if (own === null || isDurable || !options.mustSync()) return false
    await lane.run(() => own.sync())
    isDurable = true
    options.onDurable()
    return true
  }

  async function writeOne(entry: Entry): Promise<void> {
    folder ??= await lane.run(options.open)
    const own = folder
    if (own.bytes() + entry.batch.body.length > options.roomBytes()) throw full()
    const mustSync = options.mustSync()
    const frame = await lane.run(() => own.append(entry.batch, mustSync))
    entry.frame = frame
    state = 'open'
    isDurable = mustSync
    options.onWritten(entry.batch)
    if (mustSync) options.onDurable()
  }

  /** From the tail to where only the disk has it, unless the head has room. */
  function sink(entry: Entry): void {
    const frame = entry.frame as number
    if (isMiddleEmpty() && memory.head + entry.batch.body.length <= storeBytesMax) return moveUp()
    tail.shift()
    memory.tail -= entry.batch.body.length
    middle = { from: isMiddleEmpty() ? frame : middle.from, to: frame + 1 }
  }

  /** Whether to try again at once: only where somebody took our folder, and not over and over. */
  function goesOn(error: unknown): boolean {
    const now = options.nowMs()
    if (error instanceof SdkError && error.code === 'SPOOL_TAKEN') {
      leave('closed')
      const isFirst = now - takenAtMs > spoolRetryMs
      takenAtMs = now
      if (isFirst) return true
    }
    failedAtMs = now
    const isFull = isFullDisk(error)
    if (isFull) state = 'full'
    else leave('failed')
    notify(isFull ? 'SPOOL_FULL' : 'SPOOL_UNAVAILABLE', messageOf(error))
    options.onUnavailable()
    return false
  }

  /** Goes on in memory, and in a new folder later. What only the disk has is read from there. */
  function leave(next: 'closed' | 'failed'): void {
    if (folder !== null) abandoned.push(folder)
    folder = null
    isDurable = true
    middle = { from: 0, to: 0 }
    state = next
    for (const entry of [...head, ...tail]) entry.frame = null
    moveUp()
  }

  function kick(): void {
    if (isWriting || state === 'off') return
    const isWaiting = state === 'failed' || state === 'full'
    if (isWaiting && options.nowMs() - failedAtMs < spoolRetryMs) return
    void write()
  }

  async function fill(): Promise<void> {
    const from = folder
    if (from === null || isMiddleEmpty()) return
    try {
      const found = await lane.run(() => from.read(middle.from))
      if (from !== folder) return
      for (const { frame, batch } of found.filter((one) => one.frame < middle.to)) {
        head.push({ batch, frame })
        memory.head += batch.body.length
        middle.from = frame + 1
      }
      moveUp()
    } catch (error) {
      notify('SPOOL_UNAVAILABLE', messageOf(error))
      if (from === folder) leave('closed')
    }
  }

  function prune(): void {
    const own = folder
    const oldest = head[0]?.frame ?? (isMiddleEmpty() ? null : middle.from)
    const before = oldest ?? (head.length + tail.length === 0 ? own?.end() : undefined)
    prunable = 0
    if (own === null || before === undefined) return
    lane
      .run(() => own.prune(before))
      .then(
        () => {
          if (state === 'full') failedAtMs = -Infinity
          kick()
        },
        () => undefined,
      )
  }

  return {
    hasRoom: () => {
      if (isMiddleEmpty() && tail.length === 0 && memory.head < storeBytesMax) return true
      return (state === 'open' || state === 'closed') && memory.tail < tailBytesMax
    },
    push: (batch) => {
      add({ batch, frame: null })
      kick()
    },
    peek: async () => {
      if (head.length === 0 && !isMiddleEmpty()) {
        reading ??= fill().finally(() => (reading = null))
        await reading
      }
      return head[0]?.batch ?? null
    },
    shift: () => {
      const entry = head.shift()
      if (entry === undefined) return
      memory.head -= entry.batch.body.length
      prunable += entry.batch.body.length
      moveUp()
      if (prunable > pruneBytes || (state === 'full' && head.length === 0)) prune()
    },
    isEmpty: () => head.length + tail.length === 0 && isMiddleEmpty(),
    isWriting: () => isWriting,
    isAvailable: () => state === 'open' || state === 'closed',
    kick,
    memoryBytes: () => memory.head + memory.tail,
    diskBytes: () => folder?.bytes() ?? 0,
    unwritten: () => [...head, ...tail].filter(({ frame }) => frame === null).map((e) => e.batch),
    folder: () => folder,
    renew: async () => {
      const own = folder
      try {
        if (own !== null) await lane.run(() => own.renew())
        for (const one of abandoned) await lane.run(() => one.release())
        abandoned = []
      } catch (error) {
        if (own !== null && own === folder) goesOn(error)
      }
      kick()
    },
  }
}

function full(): SdkError {
  return new SdkError('SPOOL_FULL', 'GRANTLOG_SPOOL_BYTES')
}

function isFullDisk(error: unknown): boolean {
  if (error instanceof SdkError) return error.code === 'SPOOL_FULL'
  return error instanceof JournalError && ['JOURNAL_FULL', 'JOURNAL_QUOTA'].includes(error.code)
    ? true
    : isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT')
}

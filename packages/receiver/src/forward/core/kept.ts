// What a core receiver signed, kept for good: a journal in `queue/<sink>.receipts`. What a receipt
// is about was durable at the core, so that a record that is lost or changed here can be shown
// there; a refusal says why it is not.
import { join } from 'node:path'
import { type Files, type Journal, openJournal } from '@grantlog/journal'
import { MAX_REFUSALS_REMEMBERED } from '../../limits.ts'
import { type CoreUnit, isLogUnit } from './evidence.ts'
import type { Kept } from './receipts.ts'

/** A note of the core, and the records here that it is about. */
export interface KeptReceipt {
  /** Signed: a receipt (FORMAT.md, 3.5 and 6.6) or a refusal (3.7). */
  readonly note: string
  /** Runs: index here, number in the stream, how many. A log record is alone, and number 0. */
  readonly records: readonly (readonly [index: number, seq: number, count: number])[]
}

export interface KeptReceipts {
  /**
   * Resolves once they are durable. Receipts may come again; a refusal that comes again while the
   * sink waits is kept once. Errors: JournalError.
   */
  keep(kept: Kept): Promise<void>
  /** Of the last `count` times that something was kept, oldest first. Errors: JournalError. */
  last(count: number): AsyncIterable<KeptReceipt>
  close(): Promise<void>
}

export function receiptsFolder(queueFolder: string, sink: string): string {
  return join(queueFolder, `${sink}.receipts`)
}

/** Errors: those of openJournal. */
export async function openKeptReceipts(
  queueFolder: string,
  sink: string,
  files?: Files,
): Promise<KeptReceipts> {
  const directory = receiptsFolder(queueFolder, sink)
  const journal: Journal = await openJournal({ directory, ...(files && { files }) })
  const refused = new Set<number>()
  return {
    async keep(all) {
      const notes = [...all].filter(([note, units]) => {
        return !('parts' in note) || units.some(({ index }) => !refused.has(index))
      })
      const kept = notes.map(([{ note }, units]) => ({ note, records: runsOf(units) }))
      if (kept.length === 0) return
      await journal.append([Buffer.from(JSON.stringify(kept))])
      if (refused.size > MAX_REFUSALS_REMEMBERED) refused.clear()
      for (const [note, units] of notes) {
        if ('parts' in note) for (const { index } of units) refused.add(index)
      }
    },
    last: (count) => readFrom(journal, Math.max(journal.first, journal.next - count)),
    close: () => journal.close(),
  }
}

/** All that were kept, oldest first; none where there is no such sink. Errors: JournalError. */
export async function* readKeptReceipts(
  queueFolder: string,
  sink: string,
): AsyncGenerator<KeptReceipt, void, void> {
  const directory = receiptsFolder(queueFolder, sink)
  const journal = await openJournal({ directory, readOnly: true })
  try {
    yield* readFrom(journal, journal.first)
  } finally {
    await journal.close()
  }
}

async function* readFrom(journal: Journal, from: number): AsyncGenerator<KeptReceipt, void, void> {
  for await (const { payload } of journal.read(from)) {
    yield* JSON.parse(new TextDecoder().decode(payload)) as KeptReceipt[]
  }
}

function runsOf(units: readonly CoreUnit[]): [index: number, seq: number, count: number][] {
  const runs: [number, number, number][] = []
  for (const unit of units) {
    const { index } = unit
    const seq = isLogUnit(unit) ? 0 : unit.record.leaf.seq
    const last = runs.at(-1)
    const isNext = last && index === last[0] + last[2] && seq === last[1] + last[2]
    if (isNext) last[2]++
    else runs.push([index, seq, 1])
  }
  return runs
}

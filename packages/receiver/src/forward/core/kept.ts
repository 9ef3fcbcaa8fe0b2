// Receipts of a core receiver, kept for good: a journal in `queue/<sink>.receipts`. What is in it
// was durable at the core, so that a record that is lost or changed here can be shown there.
import { join } from 'node:path'
import { type Files, type Journal, openJournal } from '@grantlog/journal'
import type { CoreUnit } from './evidence.ts'
import type { Covered } from './receipts.ts'

/** Records here, by index, that a receipt of the core covers. */
export interface KeptReceipt {
  /** A signed note of the core (FORMAT.md, 3.5). */
  readonly note: string
  /** Runs: index here, number in the stream, how many. */
  readonly records: readonly (readonly [index: number, seq: number, count: number])[]
}

export interface KeptReceipts {
  /** Resolves once they are durable. May come again. Errors: JournalError. */
  keep(covered: Covered): Promise<void>
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
  return {
    async keep(covered) {
      const kept = [...covered].map(([{ note }, units]) => ({ note, records: runsOf(units) }))
      if (kept.length > 0) await journal.append([Buffer.from(JSON.stringify(kept))])
    },
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
    for await (const { payload } of journal.read(journal.first)) {
      yield* JSON.parse(new TextDecoder().decode(payload)) as KeptReceipt[]
    }
  } finally {
    await journal.close()
  }
}

function runsOf(units: readonly CoreUnit[]): [index: number, seq: number, count: number][] {
  const runs: [number, number, number][] = []
  for (const { index, record } of units) {
    const { seq } = record.leaf
    const last = runs.at(-1)
    const isNext = last && index === last[0] + last[2] && seq === last[1] + last[2]
    if (isNext) last[2]++
    else runs.push([index, seq, 1])
  }
  return runs
}

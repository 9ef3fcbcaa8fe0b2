// What `grantlog doctor` says of the ledger: what is committed, published, and still to be sealed.
// See ledger-checkup.test.ts.
import { setTimeout } from 'node:timers/promises'
import { type Folders, type LedgerReader, openReader } from '@grantlog/ledger'
import { decodeCheckpoint, decodeNote } from '@grantlog/tlog'
import type { Check } from './check.ts'
import { grouped } from './progress.ts'

/** How long a receiver is given to seal what was committed: several of its intervals. */
const patienceMs = 5_000
const lookMs = 100

export interface Counts {
  readonly origin: string
  readonly committed: number
  readonly published: number
  /** Whether a receiver of this log answers, and has sealed meanwhile what was unpublished. */
  readonly receiver: 'none' | 'seals' | 'does not seal'
}

/** `isServed`: whether a receiver of this log answers. Errors: those of openReader. */
export async function checkLedger(folders: Folders, isServed: boolean): Promise<Check[]> {
  const reader = await openReader(folders)
  try {
    const { origin } = reader
    const published = publishedIn(reader)
    const committed = await committedIn(reader)
    const seals = isServed && (await isSealedTo(reader, committed))
    const receiver = !isServed ? 'none' : seals ? 'seals' : 'does not seal'
    return [tellLedger({ origin, committed, published, receiver })]
  } finally {
    await reader.close()
  }
}

export function tellLedger({ committed, origin, published, receiver }: Counts): Check {
  const what = `ledger ${origin}: ${committed} entries, ${published} published`
  if (committed <= published) return { code: 'LEDGER', status: 'ok', what }
  if (receiver === 'seals') {
    const waited = `${grouped(committed - published)} waited for the next seal`
    return { code: 'LEDGER', status: 'ok', what: `${what}; ${waited}` }
  }
  const fix =
    receiver === 'none'
      ? 'Start the receiver: it seals what is committed.'
      : 'The receiver answers but does not seal what is committed: see its log.'
  return { code: 'LEDGER', status: 'weak', what, fix }
}

async function isSealedTo(reader: LedgerReader, size: number): Promise<boolean> {
  for (let waitedMs = 0; publishedIn(reader) < size; waitedMs += lookMs) {
    if (waitedMs >= patienceMs) return false
    await setTimeout(lookMs)
    await reader.refresh()
  }
  return true
}

function publishedIn({ published }: LedgerReader): number {
  return published ? decodeCheckpoint(decodeNote(published).text).size : 0
}

async function committedIn({ frames, journal }: LedgerReader): Promise<number> {
  // The frame leaf stands behind its entries and is not among them.
  for await (const { entries, first } of frames(Math.max(0, journal.next - 1))) {
    return first + entries.length + 1
  }
  return 0
}

// The queue for who reads it beside the process that detects: what that has kept, and the leaves
// since. Without that process everything is read from the ledger. See start.test.ts.
import { type Folders, LedgerError, type LedgerReader } from '@grantlog/ledger'
import { findingLeaves } from './finding-leaves.ts'
import { createFindingsView, type FindingsView } from './findings/view.ts'
import { type DetectionStore, detectionStore, type KeptFindings } from './io/store.ts'

export interface FindingsReading {
  readonly view: FindingsView
  /** Takes in what was committed since; the reader is refreshed by whoever has it. */
  refresh(): Promise<void>
}

export async function openFindings(
  folders: Folders,
  reader: LedgerReader,
): Promise<FindingsReading> {
  const kept = (await storeOf(folders, reader)?.findings.read()) as KeptFindings | null | undefined
  const view = createFindingsView()
  let next = reader.journal.first
  // Of another time of this ledger, such as before a restore: it is read anew.
  if (kept && kept.frame <= reader.journal.next) {
    view.restore(kept.view)
    next = Math.max(next, kept.frame)
  }
  let reading: Promise<void> | null = null
  async function read(): Promise<void> {
    if (next >= reader.journal.next) return
    const onFrame = (frame: number): void => void (next = frame + 1)
    for await (const { content, index } of findingLeaves(reader, next, onFrame)) {
      view.take(index, content)
    }
  }
  return { view, refresh: () => (reading ??= read().finally(() => (reading = null))) }
}

function storeOf(folders: Folders, reader: LedgerReader): DetectionStore | null {
  try {
    return detectionStore(folders, reader)
  } catch (error) {
    // A ledger that nobody has detected in: it has no key for it.
    if (error instanceof LedgerError && error.code === 'LEDGER_NOT_FOUND') return null
    throw error
  }
}

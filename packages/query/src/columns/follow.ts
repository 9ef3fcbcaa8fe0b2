// Keeps an index in step with its ledger. See follow.test.ts.
import { setImmediate } from 'node:timers/promises'
import type { Frame, PlainFrame } from '@grantlog/ledger'
import { recordAt } from '../records.ts'
import type { RecordIndex } from './record-index.ts'

/** What an index is made of: a `LedgerReader` has it. */
export interface IndexedLedger {
  readonly journal: { readonly first: number; readonly next: number }
  plainFrames(from: number): AsyncIterable<PlainFrame>
  frame(number: number): Promise<Frame>
}

/** Those whose indexes are known to be of them: what is open does not become another log. */
const known = new WeakMap<RecordIndex, IndexedLedger>()

/**
 * Takes in what was committed since; resolves with the number of commits. An index of a log that
 * has become another one, such as after a restore, is made anew.
 */
export async function catchUp(
  ledger: IndexedLedger,
  index: RecordIndex,
  onFrame: (frame: number) => void = () => undefined,
): Promise<number> {
  // Told apart without a look at the ledger: this is asked several times a second.
  if (ledger.journal.next === index.nextFrame) return 0
  if (known.get(index) !== ledger && !(await isOf(ledger, index))) index.clear()
  known.set(index, ledger)
  let frames = 0
  const from = Math.max(index.nextFrame, ledger.journal.first)
  for await (const frame of ledger.plainFrames(from)) {
    index.addFrame(frame)
    frames++
    onFrame(frame.number)
    // Reading is done ahead, so this may be the only turn that others get.
    if (frames % 4 === 0) await setImmediate()
  }
  return frames
}

/** Whether the newest record of the index is where the ledger has it. */
async function isOf({ frame, journal }: IndexedLedger, index: RecordIndex): Promise<boolean> {
  const { last } = index
  if (last === null) return index.nextFrame <= journal.next
  if (index.nextFrame > journal.next || last.lastFrame >= journal.next) return false
  if (last.lastFrame < journal.first) return true
  const { entries } = await frame(last.lastFrame)
  const entry = entries.find((one) => one.index === last.lastIndex)
  return entry !== undefined && recordAt(entry)?.leaf.id === last.lastId
}

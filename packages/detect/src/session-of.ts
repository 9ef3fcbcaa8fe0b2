// The session that a finding is about, as its keyed hash: what its records have in common says it,
// or the record that decided it.
import type { Frame, LedgerReader } from '@grantlog/ledger'
import { recordAt } from '@grantlog/query'
import type { FindingState } from './finding-state.ts'

const attribute = 'session.id'

/** Null: it is about none, or the person's keys are gone. */
export async function sessionOf(
  reader: Pick<LedgerReader, 'frame' | 'journal'>,
  { group, records }: Pick<FindingState, 'group' | 'records'>,
): Promise<string | null> {
  const common = group.find(([name]) => name === attribute)
  if (common !== undefined) return common[1]
  const index = records.at(-1)?.index ?? null
  if (index === null) return null
  const entry = (await frameOf(reader, index))?.entries.find((one) => one.index === index)
  const session = entry && recordAt(entry)?.attributes.get(attribute)
  return typeof session === 'string' ? session : null
}

/** The commit that a leaf is in, by halves. */
async function frameOf(
  { frame, journal }: Pick<LedgerReader, 'frame' | 'journal'>,
  index: number,
): Promise<Frame | null> {
  let [from, until] = [journal.first, journal.next]
  while (from < until) {
    const middle = Math.floor((from + until) / 2)
    const one = await frame(middle)
    if (index < one.first) until = middle
    // The frame leaf itself stands behind its entries.
    else if (index > one.first + one.entries.length) from = middle + 1
    else return one
  }
  return null
}

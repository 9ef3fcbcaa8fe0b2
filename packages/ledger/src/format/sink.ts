// What became of a sink (FORMAT.md 3.9): that a backend gets nothing any more has to stand where
// nobody can take it back. It names the sink as the configuration does, and no address. See
// sink.test.ts.
import { jcsBytes, type JsonValue } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { sinkBytesMax } from '../limits.ts'
import { isCount, readMembers } from './members.ts'

/**
 * It fails: it took nothing for a while. Stopped: the receiver has given it up, and only a restart
 * begins again. Removed: the configuration has it no more. Forwarding: it takes again.
 */
export type SinkCondition = 'failing' | 'forwarding' | 'removed' | 'stopped'

/** The content of a `sink` leaf. */
export interface SinkChange {
  /** Unix milliseconds, by the receiver's clock. */
  readonly at: number
  /** Commits that it did not get yet; 0 when nobody knows. */
  readonly commits: number
  readonly name: string
  readonly state: SinkCondition
}

const members = 'at,commits,name,state'
const states: ReadonlySet<unknown> = new Set<SinkCondition>([
  'failing',
  'forwarding',
  'removed',
  'stopped',
])
const nameForm = /^[a-z0-9-]{1,64}$/

export function encodeSinkChange(change: SinkChange): Uint8Array {
  return jcsBytes(change as unknown as JsonValue)
}

/** Reads it strictly; throws LEDGER_FORMAT. */
export function decodeSinkChange(content: Uint8Array): SinkChange {
  if (content.length > sinkBytesMax) throw malformed('length')
  const json = readMembers(content)
  if (json === null) throw malformed('not canonical JSON')
  if (Object.keys(json).join() !== members) throw malformed('members')
  const { at, commits, name, state } = json
  if (!isCount(at) || !isCount(commits)) throw malformed('counts')
  if (typeof name !== 'string' || !nameForm.test(name)) throw malformed('name')
  if (!states.has(state)) throw malformed('state')
  return json as unknown as SinkChange
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `malformed sink: ${what}`)
}

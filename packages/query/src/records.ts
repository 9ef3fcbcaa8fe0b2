// Records as the ledger's frames have them: the one input of everything in this package.
import {
  type Assurance,
  decodeEnrolment,
  type Frame,
  type FrameEntry,
  isRecordLeaf,
  type Observation,
  type RecordLeaf,
} from '@grantlog/ledger'
import {
  attributeDefinitions,
  type AttributeValue,
  openRecord,
  openSlot,
  type RecordView,
  type SlotName,
} from '@grantlog/record'
import { logRecordOf } from './log-records.ts'

/** What a leaf says of a record; of a log record the stream's members are empty. */
export type RecordName = Pick<RecordLeaf, 'id' | 'instance' | 'kid' | 'receivedAt' | 'seq'>

/** A record of the ledger, decrypted as far as its keys allow. */
export interface LedgerRecord {
  /** The place in the log. */
  readonly index: number
  /** The bytes that the log holds of it. */
  readonly entry: Uint8Array
  readonly leaf: RecordName
  /** The canonical form: what was signed, slots as commitments. */
  readonly view: RecordView
  /** All attributes, those of slots that can be opened too. */
  readonly attributes: ReadonlyMap<string, AttributeValue>
  /** The slots that can be opened, which are those that were not erased or withheld. */
  readonly openings: readonly { readonly slot: SlotName; readonly opening: Uint8Array }[]
  /** Of a log record: who brought it, for no key of ours signed it. Null: it is a record. */
  readonly observed: Observation | null
}

/**
 * The records (not those of streams, and no log records) in order of the log. Nothing is
 * compared with the log: that is the ledger's `audit`. Throws RecordError when stored bytes are no
 * record.
 */
export async function* recordsIn(
  frames: AsyncIterable<Frame>,
): AsyncGenerator<LedgerRecord, void, void> {
  for await (const frame of frames) yield* recordsOf(frame)
}

/** The records of one commit. */
export function* recordsOf({ entries }: Frame): Generator<LedgerRecord, void, void> {
  for (const entry of entries) {
    const record = recordAt(entry)
    if (record?.observed === null) yield record
  }
}

/** The record, or log record, of an entry; null for what is none. */
export function recordAt(entry: FrameEntry): LedgerRecord | null {
  const { leaf, stored } = entry
  if (leaf.type === 'log' && stored.kind === 'log') return logRecordOf(entry, leaf, stored)
  if (!isRecordLeaf(leaf) || leaf.type !== 'record' || stored.kind !== 'record') return null
  return recordOf(entry, leaf, stored.canonical)
}

/** What a stream says of itself: its start, a heartbeat, its stop; null for any other entry. */
export function streamRecordAt(entry: FrameEntry): LedgerRecord | null {
  const { leaf, stored } = entry
  if (!isRecordLeaf(leaf) || leaf.type === 'record' || stored.kind !== 'record') return null
  return recordOf(entry, leaf, stored.canonical)
}

/** Whether an attribute says who it was or from where, otherwise than by pseudonym. */
export function isPersonal(name: string): boolean {
  const definition = attributeDefinitions.get(name)
  // What nobody has looked at may be personal: a log record has such attributes.
  if (definition === undefined) return true
  return definition.slot !== null && definition.slot !== 'pseudonym'
}

function recordOf(
  { entry, index, openings: open }: FrameEntry,
  leaf: RecordLeaf,
  canonical: Uint8Array,
): LedgerRecord {
  const view = openRecord(canonical)
  const openings = open()
  const attributes = new Map(view.attributes)
  for (const { opening } of openings) {
    for (const [name, value] of openSlot(opening).fields) attributes.set(name, value)
  }
  return { index, entry, leaf, view, attributes, openings, observed: null }
}

/** The assurances that each key was ever enrolled with: what a mark of the receiver may say. */
export async function assurancesIn(
  frames: AsyncIterable<Frame>,
): Promise<Map<string, Set<Assurance>>> {
  const assurances = new Map<string, Set<Assurance>>()
  for await (const { entries } of frames) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'key' || stored.kind !== 'content') continue
      const { assurance, kid } = decodeEnrolment(stored.content)
      assurances.set(kid, (assurances.get(kid) ?? new Set()).add(assurance))
    }
  }
  return assurances
}

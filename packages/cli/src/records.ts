// Records as the stored frames have them, and which of them a search wants.
import { type FrameEntry, isRecordLeaf, type LedgerReader, type RecordLeaf } from '@grantlog/ledger'
import { ATTR, type AttributeValue, openRecord, openSlot, type RecordView } from '@grantlog/record'

/** A record found in the ledger. `attributes` has the personal ones that could be opened, too. */
export interface FoundRecord {
  readonly index: number
  readonly leaf: RecordLeaf
  readonly view: RecordView
  readonly attributes: ReadonlyMap<string, AttributeValue>
  /** Names of the attributes that came out of personal slots other than `pseudonym`. */
  readonly personal: ReadonlySet<string>
}

/** What a search asks for; all of it must hold. */
export interface Query {
  readonly client?: string
  readonly action?: string
  readonly outcome?: string
  readonly service?: string
  readonly userHash?: string
  /** Unix milliseconds; received at or after. */
  readonly after?: number
}

/** Which attribute each part of a query is about. */
const asked = {
  client: ATTR.OAUTH_CLIENT_ID,
  action: ATTR.AUDIT_ACTION,
  outcome: ATTR.AUDIT_OUTCOME,
  service: ATTR.AUDIT_PRODUCER_SERVICE,
  userHash: ATTR.USER_HASH,
} as const

/** All records (not stream records) in order of the log, decrypted. */
export async function* readRecords(reader: LedgerReader): AsyncGenerator<FoundRecord, void, void> {
  for await (const { entries } of reader.frames(0)) {
    for (const entry of entries) {
      const { leaf } = entry
      if (isRecordLeaf(leaf) && leaf.type === 'record') yield recordIn(entry, leaf)
    }
  }
}

/** The newest records that match, oldest first. */
export async function searchRecords(
  reader: LedgerReader,
  query: Query,
  limit: number,
): Promise<FoundRecord[]> {
  const found: FoundRecord[] = []
  for await (const record of readRecords(reader)) {
    if (!matches(record, query)) continue
    found.push(record)
    if (found.length > limit) found.shift()
  }
  return found
}

export function matches({ attributes, leaf }: FoundRecord, query: Query): boolean {
  if (query.after !== undefined && leaf.receivedAt < query.after) return false
  return Object.entries(asked).every(([part, name]) => {
    const wanted = query[part as keyof typeof asked]
    return wanted === undefined || attributes.get(name) === wanted
  })
}

function recordIn({ index, openings, stored }: FrameEntry, leaf: RecordLeaf): FoundRecord {
  // A record leaf's stored part is a record: the audit finds it when it is not.
  const canonical = stored.kind === 'record' ? stored.canonical : new Uint8Array()
  const view = openRecord(canonical)
  const attributes = new Map(view.attributes)
  const personal = new Set<string>()
  for (const { slot, opening } of openings()) {
    for (const [name, value] of openSlot(opening).fields) {
      attributes.set(name, value)
      if (slot !== 'pseudonym') personal.add(name)
    }
  }
  return { index, leaf, view, attributes, personal }
}

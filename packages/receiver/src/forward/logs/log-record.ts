// What a sink sees of a sealed log record: what was sealed, slots as the sink may have them, and
// our marks, which are hints and no evidence. See log-sinks.test.ts.
import { type LogLeaf, sha256, type SlotOpening } from '@grantlog/ledger'
import {
  base64url,
  type JsonObject,
  type LogSlotName,
  type LogView,
  openLog,
  openLogSlot,
} from '@grantlog/record'
import { leafHash } from '@grantlog/tlog'
import type { PersonalData } from '../project.ts'

/** A log record as the ledger has it. */
export interface StoredLogRecord {
  readonly index: number
  /** The leaf's bytes. */
  readonly entry: Uint8Array
  readonly leaf: Pick<LogLeaf, 'receivedAt' | 'signature'>
  readonly canonical: Uint8Array
  /** Those that can still be opened; decrypted when they are asked for. */
  readonly openings: () => readonly SlotOpening<LogSlotName>[]
}

export interface LogProjection {
  readonly origin: string
  /** `pseudonymised`: no slot at all, for nobody we know vouches for a pseudonym in it. */
  readonly personalData: PersonalData
}

/** A slot that is shown: its fields, and its salt as an opening has it. */
export interface ShownSlot {
  readonly fields: JsonObject
  readonly salt: string
}

export interface ProjectedLog extends LogView {
  /** The others are behind their commitments. */
  readonly shown: ReadonlyMap<LogSlotName, ShownSlot>
  /** `grantlog.*`. */
  readonly marks: ReadonlyMap<string, string>
  /** Unix milliseconds, by the receiver's clock. */
  readonly receivedAt: number
}

/** Throws RecordError when the stored bytes are no log record: the ledger is damaged. */
export function projectLog(
  { canonical, entry, index, leaf, openings }: StoredLogRecord,
  { origin, personalData }: LogProjection,
): ProjectedLog {
  const opened = personalData === 'full' ? openings() : []
  const marks = new Map([
    ['grantlog.verdict', leaf.signature === 'signed' ? 'signed' : 'observed'],
    ['grantlog.origin', origin],
    ['grantlog.index', String(index)],
    ['grantlog.leaf', base64url(leafHash(sha256, entry))],
  ])
  const shown = new Map(opened.map(({ opening, slot }) => [slot, shownSlot(opening, slot)]))
  return { ...openLog(canonical), shown, marks, receivedAt: leaf.receivedAt }
}

function shownSlot(opening: Uint8Array, slot: LogSlotName): ShownSlot {
  const fields = openLogSlot(opening, slot)
  const { salt } = JSON.parse(new TextDecoder().decode(opening)) as { salt: string }
  return { fields, salt }
}

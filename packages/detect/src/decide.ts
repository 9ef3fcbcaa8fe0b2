// What a person decides of a finding, or of a rule's alerts, on its way to be sealed.
import { randomUUID } from 'node:crypto'
import {
  encodeFinding,
  type FindingContent,
  type FindingGroup,
  type FindingStatus,
  type Folders,
  type HandedOver,
  handOver,
} from '@grantlog/ledger'

export interface Author {
  /** One line of 1 to 128 characters. */
  readonly person: string
  /** At most 2,000 characters. */
  readonly note: string
}

export interface Decision extends Author {
  readonly finding: string
  readonly status: FindingStatus
}

export interface SilenceOrder extends Author {
  /** A rule's id; empty: whatever rule. Not both of rule and group may be empty. */
  readonly rule: string
  readonly group: FindingGroup
  /** Unix ms. */
  readonly until: number
  /** That of a silence to be replaced; absent: a new one. */
  readonly silence?: string
}

/** Where it is handed over: the folders, and the commit that comes next. */
export interface Place {
  readonly folders: Folders
  readonly frame: number
  /** Unix ms. */
  readonly now: number
}

/** Durable when it resolves, sealed by whoever writes the ledger. Throws LEDGER_FORMAT. */
export function decide(place: Place, { finding, note, person, status }: Decision): Promise<string> {
  const { now: madeAt } = place
  return leave(place, { kind: 'status', finding, madeAt, note, person, status })
}

/** As `decide`; resolves to the id of its leaf. */
export function silence(place: Place, order: SilenceOrder): Promise<string> {
  const { group, note, person, rule, silence: id = randomUUID(), until } = order
  const { now: madeAt } = place
  return leave(place, { kind: 'silence', group, madeAt, note, person, rule, silence: id, until })
}

async function leave({ folders, frame }: Place, content: FindingContent): Promise<string> {
  const id = randomUUID()
  const handed: HandedOver = { type: 'finding', id, frame, content: encodeFinding(content) }
  await handOver(folders, handed)
  return id
}

// What a detector says, and what every detector is: Sigma rules, baselines and the policy alike.
import { type FindingLevel, findingLevels } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import type { AuditEvent } from './event.ts'

/** How bad it is, in Sigma's words, the worst last: a finding's leaf takes no other. */
export const levels: typeof findingLevels = findingLevels
export type Level = FindingLevel

/** What a finding says of the rule that made it. */
export interface RuleName {
  /** A UUID in lower-case hex. */
  readonly id: string
  readonly title: string
  readonly level: Level
  /** ATT&CK ids such as `T1528`. */
  readonly attack: readonly string[]
  /** URLs or sections, such as `RFC 9700 4.14`. */
  readonly references: readonly string[]
  /** b64u of SHA-256 of the rule as it stands in force: another text is another rule. */
  readonly hash: string
}

/** A rule has found something. The same events, taken in the same order, give the same. */
export interface Detection {
  readonly rule: RuleName
  /** Event time of the record that decided it, Unix ms. */
  readonly atMs: number
  /** What is common to its records, by attribute: whom or what it is about. Pseudonyms only. */
  readonly group: readonly (readonly [name: string, value: string])[]
  /** The records that show it, the deciding one last; bounded, see limits.ts. */
  readonly records: readonly { readonly id: string; readonly index: number | null }[]
  /** How many there were in all. */
  readonly count: number
  /** What happened, in a sentence; no personal attribute, no value that was typed by somebody. */
  readonly words: string
}

/** Counts of what a detector could not do; none of it stops anything. */
export interface DetectorHealth {
  /** Groups, windows or entities it holds, and how many it has let go for lack of room. */
  readonly held: number
  readonly evicted: number
  /** Events of which it has forgotten what they belong to, as after a long outage. */
  readonly late?: number
  /** Errors by rule id: a rule that throws misses one event, not the next. */
  readonly errors: ReadonlyMap<string, number>
  /** Matches by rule id that lacked a field which the rule counts or groups by. */
  readonly missing?: ReadonlyMap<string, number>
}

/** Some of all events. In others nothing can be found and nothing learned. */
export interface EventBounds {
  /** `audit.action` is one of these; left out: whatever was done. */
  readonly actions?: readonly string[]
  /** `oauth.role` is one of these; left out: whoever tells it. */
  readonly roles?: readonly string[]
  /** `audit.outcome` is one of these; left out: however it ended. */
  readonly outcomes?: readonly string[]
}

/** Looks at events in order of the log. Everything it knows is in its snapshot. */
export interface Detector {
  readonly rules: readonly RuleName[]
  /** It need not be asked of others; left out: it is asked of all. */
  readonly events?: EventBounds
  take(event: AuditEvent): readonly Detection[]
  /** JSON that `restore` of the same rules takes; bounded. */
  snapshot(): JsonValue
  restore(snapshot: JsonValue): void
  health(): DetectorHealth
}

/** What is found in most events. */
export const noDetections: readonly Detection[] = Object.freeze([])

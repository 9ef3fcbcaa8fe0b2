// Findings: what rules found in the records, and what people made of it (FORMAT.md 3.8). No person
// is named but who decided something: groups are pseudonyms, words are a rule's own. See
// finding.test.ts.
import { isObject, jcsBytes, type JsonValue } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import {
  findingAttackMax,
  findingBytesMax,
  findingGroupMax,
  findingNoteCharsMax,
  findingRecordsMax,
} from '../limits.ts'
import { isBytes, isCount, type Members, readMembers } from './members.ts'

export const findingLevels = ['informational', 'low', 'medium', 'high', 'critical'] as const
export const findingStatuses = ['open', 'acknowledged', 'closed', 'false_positive'] as const

/** How bad it is, in Sigma's words. */
export type FindingLevel = (typeof findingLevels)[number]
export type FindingStatus = (typeof findingStatuses)[number]

/** What the records of a finding have in common: attribute names with their values. */
export type FindingGroup = readonly (readonly [name: string, value: string])[]

/** The rule that found it, as it stood in force. */
export interface FindingRule {
  /** ATT&CK ids. */
  readonly attack: readonly string[]
  /** b64u of 32 bytes. */
  readonly hash: string
  /** A UUID in lower-case hex. */
  readonly id: string
  readonly level: FindingLevel
  readonly title: string
}

/** A record that shows it; index null: it has no place in this log. */
export interface FindingRecord {
  readonly id: string
  readonly index: number | null
}

/** A rule found something. Times are Unix milliseconds. */
export interface Found {
  readonly kind: 'found'
  /** Event time of the record that decided it. */
  readonly at: number
  /** How many records there were in all; `records` has some of them. */
  readonly count: number
  readonly group: FindingGroup
  /** That of the leaf. */
  readonly id: string
  /** By the clock of who looked. */
  readonly madeAt: number
  readonly records: readonly FindingRecord[]
  readonly rule: FindingRule
  /** What happened, in a sentence. */
  readonly words: string
}

/** The same was found again, so often in all, the last time then. */
export interface FoundAgain {
  readonly kind: 'again'
  readonly at: number
  /** Records in all, and how often the rule found it. */
  readonly count: number
  readonly finding: string
  readonly madeAt: number
  readonly records: readonly FindingRecord[]
  readonly times: number
}

/** Somebody decided what becomes of a finding. */
export interface FindingChange {
  readonly kind: 'status'
  readonly finding: string
  readonly madeAt: number
  readonly note: string
  /** Who it was, as they name themselves. */
  readonly person: string
  readonly status: FindingStatus
}

/** Somebody wants to hear nothing of a rule, or of a group, for a time. */
export interface FindingSilence {
  readonly kind: 'silence'
  /** All of these are in the finding's group; empty: whatever its group. */
  readonly group: FindingGroup
  readonly madeAt: number
  readonly note: string
  readonly person: string
  /** A rule's id; empty: whatever rule. */
  readonly rule: string
  /** A UUID: a later one with the same replaces it. */
  readonly silence: string
  /** From then on alerts are sent again. */
  readonly until: number
}

/** The content of a `finding` leaf. */
export type FindingContent = Found | FoundAgain | FindingChange | FindingSilence

const shapes: Readonly<Record<FindingContent['kind'], string>> = {
  found: 'at,count,group,id,kind,madeAt,records,rule,words',
  again: 'at,count,finding,kind,madeAt,records,times',
  status: 'finding,kind,madeAt,note,person,status',
  silence: 'group,kind,madeAt,note,person,rule,silence,until',
}
const ruleMembers = 'attack,hash,id,level,title'
const levels: ReadonlySet<unknown> = new Set(findingLevels)
const statuses: ReadonlySet<unknown> = new Set(findingStatuses)
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const attackForm = /^[A-Z]{1,4}[0-9]{4}(\.[0-9]{3})?$/
/** One line: of a title, a person, a name or a value. */
const lineForm = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,256}$/u
const wordsForm = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,1000}$/u
/** Lines, of a note. */
const noteForm = /^[^\p{C}\p{Zl}\p{Zp}]*(\n[^\p{C}\p{Zl}\p{Zp}]*)*$/u

/** Throws LEDGER_FORMAT for what no reader would take. */
export function encodeFinding(content: FindingContent): Uint8Array {
  const bytes = jcsBytes(content as unknown as JsonValue)
  decodeFinding(bytes)
  return bytes
}

/** Reads the content of a `finding` leaf strictly; throws LEDGER_FORMAT. */
export function decodeFinding(content: Uint8Array): FindingContent {
  if (content.length > findingBytesMax) throw malformed('length')
  const json = readMembers(content)
  if (json === null) throw malformed('not canonical JSON')
  const { kind, madeAt } = json
  const shape = shapes[kind as FindingContent['kind']] as string | undefined
  if (typeof kind !== 'string' || shape === undefined) throw malformed('kind')
  if (Object.keys(json).join() !== shape) throw malformed('members')
  if (!isCount(madeAt)) throw malformed('madeAt')
  if (kind === 'found') checkFound(json)
  else if (kind === 'again') checkAgain(json)
  else if (kind === 'status') checkStatus(json)
  else checkSilence(json)
  return json as unknown as FindingContent
}

/** The finding a content is about: its own id, or the one it names; null: it is a silence. */
export function findingOf(content: FindingContent): string | null {
  if (content.kind === 'found') return content.id
  return content.kind === 'silence' ? null : content.finding
}

/** Reads it and holds it to its leaf: a finding has the leaf's id. Throws LEDGER_FORMAT. */
export function decodeFindingOf(id: string, bytes: Uint8Array): FindingContent {
  const content = decodeFinding(bytes)
  if (content.kind === 'found' && content.id !== id) throw malformed('it has another id')
  return content
}

function checkFound({ at, count, group, id, records, rule, words }: Members): void {
  if (!isUuid(id)) throw malformed('id')
  checkOccurrence({ at: at!, count: count!, records: records! })
  checkGroup(group)
  if (rule === undefined || !isRule(rule)) throw malformed('rule')
  if (!isText(words, wordsForm)) throw malformed('words')
}

function checkAgain({ at, count, finding, records, times }: Members): void {
  if (!isUuid(finding)) throw malformed('finding')
  if (!isCount(times)) throw malformed('times')
  checkOccurrence({ at: at!, count: count!, records: records! })
}

function checkStatus({ finding, note, person, status }: Members): void {
  if (!isUuid(finding)) throw malformed('finding')
  if (!statuses.has(status)) throw malformed('status')
  checkAuthor(note, person)
}

function checkSilence({ group, note, person, rule, silence, until }: Members): void {
  if (!isUuid(silence)) throw malformed('silence')
  if (rule !== '' && !isUuid(rule)) throw malformed('rule')
  if (!isCount(until)) throw malformed('until')
  checkGroup(group)
  if (rule === '' && (group as unknown[]).length === 0) throw malformed('it silences everything')
  checkAuthor(note, person)
}

function checkOccurrence({ at, count, records }: Members): void {
  if (!isCount(at)) throw malformed('at')
  if (!isCount(count)) throw malformed('count')
  if (!Array.isArray(records) || records.length > findingRecordsMax) throw malformed('records')
  if (!records.every(isRecord)) throw malformed('records')
}

function checkGroup(group: JsonValue | undefined): void {
  if (!Array.isArray(group) || group.length > findingGroupMax) throw malformed('group')
  if (!group.every(isPair)) throw malformed('group')
}

function checkAuthor(note: JsonValue | undefined, person: JsonValue | undefined): void {
  if (!isText(person, lineForm) || person.length > 128) throw malformed('person')
  if (!isText(note, noteForm) || note.length > findingNoteCharsMax) throw malformed('note')
}

function isRule(rule: JsonValue): boolean {
  if (!isObject(rule) || Object.keys(rule).join() !== ruleMembers) return false
  const { attack, hash, id, level, title } = rule
  if (!Array.isArray(attack) || attack.length > findingAttackMax) return false
  if (!attack.every((one) => isText(one, attackForm))) return false
  return isBytes(hash, 32) && isUuid(id) && levels.has(level) && isText(title, lineForm)
}

function isRecord(record: JsonValue): boolean {
  if (!isObject(record) || Object.keys(record).join() !== 'id,index') return false
  return isUuid(record.id) && (record.index === null || isCount(record.index))
}

function isPair(pair: JsonValue): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((one) => isText(one, lineForm))
}

function isText(value: JsonValue | undefined, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value)
}

function isUuid(value: JsonValue | undefined): value is string {
  return isText(value, uuid)
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `malformed finding: ${what}`)
}

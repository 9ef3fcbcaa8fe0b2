// The form of a bundle: exactly its members, each of its type, none too long (FORMAT.md 4, 6.4).
import type { Bundle, LogBundle } from '../../api/records.ts'
import {
  bundleLengthMax,
  digestsLengthMax,
  openingsMax,
  proofLengthMax,
  textLengthMax,
} from './limits.ts'

/** Members besides `openings`. */
interface Shape {
  readonly format: string
  /** With the most characters of each. */
  readonly texts: Readonly<Record<string, number>>
  readonly counts: readonly string[]
}

const ofBoth = {
  canonical: textLengthMax,
  leaf: textLengthMax,
  proof: proofLengthMax,
  logKey: textLengthMax,
}

const ofRecord: Shape = {
  format: 'grantlog-bundle-v1',
  texts: {
    ...ofBoth,
    jws: textLengthMax,
    digests: digestsLengthMax,
    enrolment: textLengthMax,
    keyLeaf: textLengthMax,
    keyProof: proofLengthMax,
  },
  counts: ['index', 'keyIndex'],
}

/** Of a record whose key was declared compromised: all that it says more, or nothing of it. */
const ofMarkedRecord: Shape = {
  format: ofRecord.format,
  texts: {
    ...ofRecord.texts,
    revocation: textLengthMax,
    revocationLeaf: textLengthMax,
    revocationProof: proofLengthMax,
  },
  counts: [...ofRecord.counts, 'revocationIndex'],
}

const ofLogRecord: Shape = {
  format: 'grantlog-log-bundle-v1',
  texts: { ...ofBoth, observation: textLengthMax },
  counts: ['index'],
}

/** A thing that was read, or why it could not be. */
export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

export function failed(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why }
}

/** What `read` returns; whatever it throws is a reason, never a crash. */
export function attempt<T>(read: () => T): Read<T> {
  try {
    return { ok: true, value: read() }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

/** The bundle of a record, if the value has the form of one. */
export function readBundle(value: unknown): Read<Bundle> {
  const isMarked = isRecord(value) && Object.hasOwn(value, 'revocation')
  return read(value, isMarked ? ofMarkedRecord : ofRecord) as Read<Bundle>
}

/** The bundle of a log record, if the value has the form of one. */
export function readLogBundle(value: unknown): Read<LogBundle> {
  return read(value, ofLogRecord) as Read<LogBundle>
}

function read(value: unknown, { counts, format, texts }: Shape): Read<object> {
  if (!isRecord(value)) return failed('it is no JSON object')
  if (value.format !== format) return failed(`its format is not ${format}`)
  const members = new Set(['format', 'openings', ...counts, ...Object.keys(texts)])
  const strange = Object.keys(value).filter((name) => !members.has(name))
  if (strange.length > 0) return failed('it has a member that no bundle has')
  for (const [name, lengthMax] of Object.entries(texts)) {
    const why = faultOfText(value[name], lengthMax)
    if (why !== null) return failed(`${name} ${why}`)
  }
  for (const name of counts) {
    if (!Number.isSafeInteger(value[name])) return failed(`${name} is not a whole number`)
  }
  const { openings } = value
  if (!isRecord(openings)) return failed('openings is no object')
  if (Object.keys(openings).length > openingsMax) return failed('there are too many openings')
  for (const opening of Object.values(openings)) {
    const why = faultOfText(opening, textLengthMax)
    if (why !== null) return failed(`an opening ${why}`)
  }
  return { ok: true, value }
}

/** The bundle in a text, as a person pastes it or a file has it. */
export function parseBundle(text: string): Read<Bundle> {
  if (text.length > bundleLengthMax) return failed('it is too long for a bundle')
  const json = attempt(() => JSON.parse(text) as unknown)
  return json.ok ? readBundle(json.value) : failed('it is not JSON')
}

function faultOfText(value: unknown, lengthMax: number): string | null {
  if (typeof value !== 'string') return 'is no text'
  if (value.length > lengthMax) return `is longer than ${lengthMax} characters`
  return value.isWellFormed() ? null : 'is not well-formed Unicode'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

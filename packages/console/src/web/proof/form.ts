// The form of a bundle: exactly its members, each of its type, none too long (FORMAT.md 4).
import type { Bundle } from '../../api/records.ts'
import {
  bundleLengthMax,
  digestsLengthMax,
  openingsMax,
  proofLengthMax,
  textLengthMax,
} from './limits.ts'

const textMembers: { readonly [name: string]: number } = {
  canonical: textLengthMax,
  jws: textLengthMax,
  digests: digestsLengthMax,
  enrolment: textLengthMax,
  leaf: textLengthMax,
  proof: proofLengthMax,
  keyLeaf: textLengthMax,
  keyProof: proofLengthMax,
  logKey: textLengthMax,
}
/** Of a record whose key was declared compromised: all of them, or none. */
const revocationMembers: { readonly [name: string]: number } = {
  revocation: textLengthMax,
  revocationLeaf: textLengthMax,
  revocationProof: proofLengthMax,
}
const indexMembers = ['index', 'keyIndex']
const members = new Set(['format', 'openings', ...indexMembers, ...Object.keys(textMembers)])
const allMembers = new Set([...members, 'revocationIndex', ...Object.keys(revocationMembers)])

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

/** The bundle, if the value has the form of one. */
export function readBundle(value: unknown): Read<Bundle> {
  if (!isRecord(value)) return failed('it is no JSON object')
  if (value.format !== 'grantlog-bundle-v1') return failed('its format is not grantlog-bundle-v1')
  const isRevoked = Object.hasOwn(value, 'revocation')
  const [known, texts] = isRevoked
    ? [allMembers, { ...textMembers, ...revocationMembers }]
    : [members, textMembers]
  const strange = Object.keys(value).filter((name) => !known.has(name))
  if (strange.length > 0) return failed('it has a member that no bundle has')
  for (const [name, lengthMax] of Object.entries(texts)) {
    const why = faultOfText(value[name], lengthMax)
    if (why !== null) return failed(`${name} ${why}`)
  }
  for (const name of isRevoked ? [...indexMembers, 'revocationIndex'] : indexMembers) {
    if (!Number.isSafeInteger(value[name])) return failed(`${name} is not a whole number`)
  }
  const { openings } = value
  if (!isRecord(openings)) return failed('openings is no object')
  if (Object.keys(openings).length > openingsMax) return failed('there are too many openings')
  for (const opening of Object.values(openings)) {
    const why = faultOfText(opening, textLengthMax)
    if (why !== null) return failed(`an opening ${why}`)
  }
  return { ok: true, value: value as unknown as Bundle }
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

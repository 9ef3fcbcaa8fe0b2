// What the receiver says of an audit log record that it took in: who brought it, and what the
// signature that came with it said (FORMAT.md 6.3). Nobody else vouches for it. See log.test.ts.
import {
  base64url,
  concat,
  fromBase64url,
  isObject,
  jcsBytes,
  type JsonObject,
  type JsonValue,
  logDigestOf,
  openLog,
  openLogSlot,
  commitmentOf,
  type LogSlotName,
  RecordError,
  utf8,
} from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { callerCharsMax } from '../limits.ts'
import type { LogLeaf, LogSignature } from './leaf.ts'
import { readMembers } from './members.ts'
import type { SlotOpening } from './outline.ts'
import type { StoredLog } from './plaintext.ts'

export interface Observation {
  /** Who brought it, by the receiver's name for it; at most `callerCharsMax` characters. */
  readonly caller: string
  /** How that is known: `address`, `certificate`, `token` or `none`. */
  readonly proof: string
  readonly signature: LogSignature
  /** The configured name of the signer; empty unless `signature` is `signed`. */
  readonly signer: string
  /** What who brought it says: that it observed it first. Its word alone. */
  readonly edge?: EdgeWord
}

/** What another receiver says of a log record that it sealed before; JSON as it is. */
export type EdgeWord = {
  /** Who brought it there, how that was known, and the signature, as in its own observation. */
  readonly caller: string
  readonly proof: string
  readonly signature: LogSignature
  readonly signer: string
  /** Where it has it: b64u of the leaf's digest, index, and the log's origin. */
  readonly digest: string
  readonly index: number
  readonly origin: string
  /** Unix milliseconds by its clock. */
  readonly receivedAt: number
}

const domain = utf8('grantlog-observed-v1\n')
const saltBytes = 16
const hashBytes = 32
const proofs: ReadonlySet<unknown> = new Set(['address', 'certificate', 'token', 'none'])
const signatures: ReadonlySet<unknown> = new Set(['none', 'unverified', 'signed'])
const members = 'caller,proof,salt,signature,signer'
const membersWithEdge = 'caller,edge,proof,salt,signature,signer'
const edgeMembers = 'caller,digest,index,origin,proof,receivedAt,signature,signer'

/** `salt`: 16 random bytes, for names of callers are few. Throws LEDGER_FORMAT. */
export function encodeObservation(observation: Observation, salt: Uint8Array): Uint8Array {
  const { caller, edge, proof, signature, signer } = observation
  const of = edge === undefined ? {} : { edge: { ...edge } }
  const bytes = jcsBytes({ caller, ...of, proof, salt: base64url(salt), signature, signer })
  decodeObservation(bytes)
  return bytes
}

/** Throws LEDGER_FORMAT for what is none. */
export function decodeObservation(bytes: Uint8Array): Observation {
  const json = readMembers(bytes)
  if (json === null) throw malformed()
  const { edge, salt } = json
  const wanted = edge === undefined ? members : membersWithEdge
  const isSalted = typeof salt === 'string' && fromBase64url(salt)?.length === saltBytes
  if (Object.keys(json).join() !== wanted || !isSalted || !isSeen(json)) throw malformed()
  const { caller, proof, signature, signer } = json
  if (edge === undefined) return { caller, proof, signature, signer }
  if (!isEdgeWord(edge)) throw malformed()
  return { caller, proof, signature, signer, edge }
}

type Seen = Pick<Observation, 'caller' | 'proof' | 'signature' | 'signer'>

function isSeen(json: JsonObject): json is JsonObject & Seen {
  const { caller, proof, signature, signer } = json
  const isKnown = proofs.has(proof) && signatures.has(signature)
  return isName(caller) && isName(signer) && isKnown && (signature === 'signed') === (signer !== '')
}

/** Whether JSON is the word of an edge, with nothing besides; members in the order of JCS. */
export function isEdgeWord(json: JsonValue | undefined): json is JsonObject & EdgeWord {
  if (!isObject(json) || Object.keys(json).join() !== edgeMembers || !isSeen(json)) return false
  const { digest, index, origin, receivedAt } = json
  const isPlaced = isName(origin) && origin !== '' && isWhole(index) && isWhole(receivedAt)
  return isPlaced && typeof digest === 'string' && fromBase64url(digest)?.length === hashBytes
}

function isWhole(value: JsonValue | undefined): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** `b64u(SHA-256('grantlog-observed-v1\n' ‖ observation))`. */
export function observedHash(observation: Uint8Array): string {
  return base64url(sha256(concat(domain, observation)))
}

/** Null when a stored log record is what its leaf says, as far as its openings are there. */
export function logBreach(
  leaf: LogLeaf,
  { canonical, observation }: Pick<StoredLog, 'canonical' | 'observation'>,
  openings: readonly SlotOpening<LogSlotName>[],
): string | null {
  try {
    if (base64url(logDigestOf(canonical, sha256)) !== leaf.digest) {
      return "its digest is not the leaf's"
    }
    if (observedHash(observation) !== leaf.observed) return 'who brought it was changed'
    const { signature } = decodeObservation(observation)
    if (signature !== leaf.signature) return 'the leaf says something else of its signature'
    const { commitments, id } = openLog(canonical)
    if (id !== leaf.id) return 'the leaf names another record'
    for (const { opening, slot } of openings) {
      const isItsOwn = commitments.get(slot) === commitmentOf(opening, sha256)
      if (!isItsOwn) return `slot ${slot} does not open its commitment`
      openLogSlot(opening, slot)
    }
    return null
  } catch (error) {
    if (error instanceof RecordError || error instanceof LedgerError) return error.message
    throw error
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= callerCharsMax
}

function malformed(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'malformed observation of a log record')
}

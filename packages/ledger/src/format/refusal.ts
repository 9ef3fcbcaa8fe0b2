// Refusals: the signed word that records were refused for good, and why (FORMAT.md 3.7). Who sent
// them keeps it beside the receipts of the others. See refusal.test.ts.
import { type NoteSigner, type NoteVerifier, openNote, signNote } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { refusedLinesMax } from '../limits.ts'

/** Records that were refused for one reason: of a batch by their numbers, or one log record. */
export type RefusedPart = RefusedRun | RefusedLog

export interface RefusedRun {
  /** The receiver's code. */
  readonly code: string
  /** Standard base64 of the batch root. */
  readonly root: string
  readonly firstSeq: number
  readonly lastSeq: number
}

export interface RefusedLog {
  readonly code: string
  /** Standard base64 of the digest that the edge's leaf of it has. */
  readonly digest: string
}

export interface SignedRefusal {
  readonly origin: string
  /** Unix milliseconds. */
  readonly refusedAt: number
  /** One to `refusedLinesMax`. */
  readonly parts: readonly RefusedPart[]
}

export const refusalTitle = 'grantlog-refusal-v1'

export function signRefusal(
  { origin, parts, refusedAt }: SignedRefusal,
  signer: NoteSigner,
): Uint8Array {
  const lines = [refusalTitle, origin, String(refusedAt), ...parts.map(lineOf)]
  return signNote(`${lines.join('\n')}\n`, [signer])
}

/** Reads and verifies it; throws LEDGER_FORMAT, or a TlogError for its signature. */
export function openRefusal(note: Uint8Array, verifier: NoteVerifier): SignedRefusal {
  const { text } = openNote(note, [verifier])
  const [title, origin = '', at = '', ...lines] = text.split('\n')
  const isWhole = title === refusalTitle && lines.pop() === '' && /^(0|[1-9]\d{0,15})$/.test(at)
  if (!isWhole || lines.length === 0 || lines.length > refusedLinesMax) throw malformed()
  return { origin, refusedAt: Number(at), parts: lines.map(partIn) }
}

function lineOf(part: RefusedPart): string {
  if ('digest' in part) return `${part.code} log ${part.digest}`
  return `${part.code} ${part.firstSeq}-${part.lastSeq} ${part.root}`
}

function partIn(line: string): RefusedPart {
  const [, code, first, last, hash] =
    /^([A-Z_]{1,20}) (?:log|(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})) ([A-Za-z0-9+/]{43}=)$/.exec(
      line,
    ) ?? []
  if (code === undefined || hash === undefined) throw malformed()
  if (first === undefined) return { code, digest: hash }
  const [firstSeq, lastSeq] = [Number(first), Number(last)]
  if (firstSeq > lastSeq) throw malformed()
  return { code, root: hash, firstSeq, lastSeq }
}

function malformed(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'malformed refusal')
}

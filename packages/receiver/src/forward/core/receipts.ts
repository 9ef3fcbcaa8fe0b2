// What a core receiver signs of what it was sent: receipts, receipts for log records, and refusals
// (FORMAT.md, 3.5, 6.6, 3.7). All in an answer is the sender's, whoever that is: only what the
// pinned key signed about these records counts.
import {
  ed25519Verify,
  type LogReceipt,
  openLogReceipt,
  openReceipt,
  openRefusal,
  type Receipt,
  receiptKeyName,
  sha256,
  type SignedRefusal,
} from '@grantlog/ledger'
import { ed25519Verifier, type NoteVerifier, parseVkey } from '@grantlog/tlog'
import { toBase64 } from '../../base64.ts'
import { MAX_CORE_RECEIPTS } from '../../limits.ts'
import { type CoreUnit, isLogUnit, type LogUnit, type RecordUnit } from './evidence.ts'

/** Whose receipts count. */
export interface CoreKey {
  readonly origin: string
  readonly verifier: NoteVerifier
}

/** Of a receipt vkey, `<origin>/receipt+…`. Throws a TlogError, or RangeError for another name. */
export function coreKeyOf(receiptKey: string): CoreKey {
  const { name } = parseVkey(receiptKey, sha256)
  const origin = name.slice(0, -receiptKeyName('').length)
  if (receiptKeyName(origin) !== name) throw new RangeError('no key of receipts')
  return { origin, verifier: ed25519Verifier(receiptKey, sha256, ed25519Verify) }
}

/** A kept receipt, of either kind. Throws for a refusal, and for what the key did not sign. */
export function openKept(note: string, verifier: NoteVerifier): Receipt | LogReceipt {
  const open = note.startsWith('grantlog-log-receipt-') ? openLogReceipt : openReceipt
  return open(Buffer.from(note), verifier)
}

/** What was signed, with its note, for others to check. */
export type Held<Signed> = Signed & { readonly note: string }

/** What the pinned key signed in an answer. */
export interface CoreAnswer {
  readonly receipts: readonly Held<Receipt>[]
  readonly logReceipts: readonly Held<LogReceipt>[]
  readonly refusals: readonly Held<SignedRefusal>[]
  /** Origins of what others signed, as they call themselves. */
  readonly foreign: readonly string[]
}

type Header = string | string[] | undefined

/** Of the headers `Grantlog-Receipt` and `Grantlog-Refusal`; what is no note is left out. */
export function answerIn(
  headers: Readonly<Record<string, Header>>,
  { origin, verifier }: CoreKey,
): CoreAnswer {
  const notes = [...notesIn(headers['grantlog-receipt']), ...notesIn(headers['grantlog-refusal'])]
  const opened = <Signed extends { readonly origin: string }>(
    of: readonly string[],
    open: (note: Uint8Array, verifier: NoteVerifier) => Signed,
  ): Held<Signed>[] =>
    of.flatMap((note) => {
      try {
        const signed = open(Buffer.from(note), verifier)
        return signed.origin === origin ? [{ ...signed, note }] : []
      } catch {
        return []
      }
    })
  const receipts = opened(notes, openReceipt)
  const logReceipts = opened(notes, openLogReceipt)
  const refusals = opened(notes, openRefusal)
  const ours = new Set([...receipts, ...logReceipts, ...refusals].map(({ note }) => note))
  const foreign = notes.flatMap((note) => (ours.has(note) ? [] : (originOf(note) ?? [])))
  return { receipts, logReceipts, refusals, foreign: [...new Set(foreign)] }
}

function notesIn(header: Header): string[] {
  const text = Array.isArray(header) ? header.join() : (header ?? '')
  if (text === '') return []
  const values = text.split(',', MAX_CORE_RECEIPTS)
  return values.map((value) => Buffer.from(value.trim(), 'base64').toString())
}

/** The log that an unverified note is of, if that can be told in a log line. */
function originOf(note: string): string | null {
  const [title = '', origin = ''] = note.split('\n', 2)
  return title.startsWith('grantlog-') && /^[\w.:/-]{1,128}$/.test(origin) ? origin : null
}

type HeldNote = Held<LogReceipt | Receipt | SignedRefusal>

/** Records by the note that is about them. */
export type Kept = ReadonlyMap<HeldNote, readonly CoreUnit[]>

/** What the core signed of records. */
export interface Judged {
  readonly kept: Kept
  /** Of each that it signed something of: that it has it, or the code of its refusal. */
  readonly words: ReadonlyMap<CoreUnit, 'taken' | { readonly refused: string }>
}

/** One statement of a note: about a run of a batch, or one log record. */
interface Statement {
  readonly about: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly note: HeldNote
  readonly word: 'taken' | { readonly refused: string }
}

/**
 * A note is about a record when it names the root of its batch and its number, and about a log
 * record when it names the digest of its leaf here. Who has it does not refuse it: receipts first.
 */
export function judgedBy(units: readonly CoreUnit[], answer: CoreAnswer): Judged {
  const statements = Map.groupBy(statementsIn(answer), ({ about }) => about)
  const roots = new Map<string, string>()
  const rootOfUnit = ({ record: { evidence } }: RecordUnit): string => {
    const root = roots.get(evidence.jws) ?? rootOf(evidence.jws)
    roots.set(evidence.jws, root)
    return root
  }
  const kept = new Map<HeldNote, CoreUnit[]>()
  const words = new Map<CoreUnit, Statement['word']>()
  for (const unit of units) {
    const about = isLogUnit(unit) ? `log ${digestOf(unit)}` : rootOfUnit(unit)
    const seq = isLogUnit(unit) ? 0 : unit.record.leaf.seq
    const found = statements
      .get(about)
      ?.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq)
    if (found === undefined) continue
    words.set(unit, found.word)
    const of = kept.get(found.note) ?? []
    kept.set(found.note, of)
    of.push(unit)
  }
  return { kept, words }
}

function* statementsIn({ logReceipts, receipts, refusals }: CoreAnswer): Generator<Statement> {
  const one = { firstSeq: 0, lastSeq: 0 }
  for (const note of receipts) {
    const { firstSeq, lastSeq, root } = note
    yield { about: root, firstSeq, lastSeq, note, word: 'taken' }
  }
  for (const note of logReceipts) {
    for (const { digest } of note.logs)
      yield { about: `log ${digest}`, ...one, note, word: 'taken' }
  }
  for (const note of refusals) {
    for (const part of note.parts) {
      const word = { refused: part.code }
      if ('root' in part) yield { ...part, about: part.root, note, word }
      else yield { about: `log ${part.digest}`, ...one, note, word }
    }
  }
}

/** The batch's root in base64, as receipts have it. It was verified when the record came. */
export function rootOf(jws: string): string {
  const payload = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()
  const { root } = JSON.parse(payload) as { root: string }
  return toBase64(root)
}

/** Of its leaf here, in base64. */
function digestOf({ log }: LogUnit): string {
  return toBase64(log.leaf.digest)
}

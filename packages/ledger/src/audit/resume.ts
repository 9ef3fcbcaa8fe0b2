// What a verifier keeps of an audit that is not finished, so that the next one goes on where it was
// stopped. It is the verifier's own memory of what it has read: whoever may write it decides what
// was verified, so it belongs where nobody who writes the ledger can reach. See resume.test.ts.
import { createHash } from 'node:crypto'
import { base64url, fromBase64url, utf8 } from '@grantlog/record'
import type { FrontierState } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { Chains, type ChainsMemory } from '../commit/chains.ts'
import { Streams } from '../commit/streams.ts'
import type { Enrolment } from '../format/enrolment.ts'
import { decodeParts, encodeParts } from '../format/parts.ts'
import { readIfThere, removeFile, writeDurable } from '../io/durable.ts'
import { auditStateEveryMs, auditStateShareMax } from '../limits.ts'
import type { SealedValidation, StoredAudit } from './stored.ts'
import type { KnownRoot } from './tree.ts'
import type { WordsMemory } from './words.ts'

/** A file of the verifier's. */
export interface ResumeOptions {
  readonly path: string
  /** Between two writes, ms; default `auditStateEveryMs`, and more where a write takes long. */
  readonly everyMs?: number
  /** Told before anything is read, when nothing of the file can be used. */
  readonly onAnew?: (why: AnewReason) => void
  /** Once aborted, the audit keeps how far it is at the next commit's end, and then stops. */
  readonly signal?: AbortSignal
}

/**
 * Why an audit begins at the first entry although there is a file: an older version of this program
 * wrote it; the log has become shorter; or a root below the place is asked for that was not then.
 */
export type AnewReason = 'older-version' | 'log-shorter' | 'root-unknown'

/** What an audit has to know to go on; nothing was found so far, or there would be none. */
export interface AuditState extends Walked {
  /** Unix ms. */
  readonly startedAt: number
  /** The newest checkpoint that the ledger had: it must still be there. */
  readonly known: KnownRoot
  /** The tree up to the bundle in which the last of these commits ends. */
  readonly frontier: FrontierState
  /** The roots that were asked for below it. */
  readonly roots: ReadonlyMap<number, readonly string[]>
}

/** How far the commits were walked, and what they have told. */
export interface Walked {
  /** Entries in whole commits. */
  readonly size: number
  /** Number of the next commit frame. */
  readonly frame: number
  readonly lastReceivedAt: number
  /** Leaves of type `record`, those of them that verified, and log records. */
  readonly records: number
  readonly verified: number
  readonly logs: number
  readonly streams: Streams
  readonly enrolments: StoredAudit['enrolments']
  readonly declared: StoredAudit['declared']
  readonly chains: Chains
  readonly validations: StoredAudit['validations']
  readonly words: WordsMemory
}

interface Head {
  readonly origin: string
  readonly logKey: string
  readonly startedAt: number
  readonly known: KnownRoot
  readonly hashes: readonly string[]
  readonly frontierSize: number
  readonly roots: readonly (readonly [number, readonly string[]])[]
  readonly size: number
  readonly frame: number
  readonly lastReceivedAt: number
  readonly records: number
  readonly verified: number
  readonly logs: number
  readonly enrolments: readonly (readonly [string, Enrolment])[]
  readonly declared: readonly (readonly [string, number])[]
  readonly validations: readonly (readonly [string, SealedValidation])[]
  readonly words: WordsMemory
  readonly chains: ChainsMemory
  readonly kids: readonly string[]
  readonly minute: number
}

// format/parts.ts: a head of JSON, each stream packed, and SHA-256 of the title and all between.
const version = 3
const title = `grantlog-audit-v${version}\n`

/** One audit's file: what lies in it, and when to write it anew. */
export class Resume {
  /** Null: there is none, and the audit begins. */
  readonly state: AuditState | null
  /** There is a file, of an older version: it is replaced by the first write. */
  readonly isOlder: boolean
  readonly #path: string
  readonly #everyMs: number | undefined
  readonly #signal: AbortSignal | undefined
  readonly #log: Pick<Head, 'origin' | 'logKey'>
  #dueAt: number
  #frontier: FrontierState | null = null
  #parts: Iterable<Uint8Array> | null = null
  #size = 0

  private constructor(
    { everyMs, path, signal }: ResumeOptions,
    log: Pick<Head, 'origin' | 'logKey'>,
    state: AuditState | 'older' | null,
  ) {
    this.#path = path
    this.#everyMs = everyMs
    this.#signal = signal
    this.#log = log
    this.isOlder = state === 'older'
    this.state = state === 'older' ? null : state
    this.#dueAt = performance.now() + (everyMs ?? auditStateEveryMs)
  }

  /**
   * Throws RESUME_UNUSABLE for a file that is none, damaged, of a newer version, or of another log
   * or key.
   */
  static async open(
    options: ResumeOptions,
    log: { readonly origin: string; readonly logKey: string },
  ): Promise<Resume> {
    const bytes = await readIfThere(options.path)
    return new Resume(options, log, bytes && decodeState(bytes, log, options.path))
  }

  /** A write is due: what the walk has told is complete before it. */
  get isDue(): boolean {
    return this.#parts !== null
  }

  /** The walk comes to a bundle. `frontier` is asked only when a write is due. */
  begin(frontier: () => FrontierState): void {
    const isDue = this.#signal?.aborted === true || performance.now() >= this.#dueAt
    this.#frontier = isDue ? frontier() : null
  }

  /** A commit has ended; `now` tells what is known then. */
  ended(now: () => Omit<AuditState, 'frontier'>): void {
    if (!this.#frontier) return
    const state = now()
    this.#size = state.size
    this.#parts = encodeState({ ...state, frontier: this.#frontier }, this.#log)
    this.#frontier = null
  }

  /** Writes what is due, before the walk goes on. Errors: of writing a file; AUDIT_STOPPED. */
  async write(): Promise<void> {
    if (!this.#parts) return
    const began = performance.now()
    await writeDurable(this.#path, this.#parts, { mode: 0o600 })
    this.#parts = null
    if (this.#signal?.aborted) {
      throw new LedgerError('AUDIT_STOPPED', `the audit was stopped at entry ${this.#size}`)
    }
    const now = performance.now()
    const pause = Math.max(auditStateEveryMs, (now - began) / auditStateShareMax)
    this.#dueAt = now + (this.#everyMs ?? pause)
  }

  /** The audit has come to its end: the next one begins. */
  async end(): Promise<void> {
    await removeFile(this.#path)
  }
}

function encodeState(
  state: AuditState,
  log: Pick<Head, 'origin' | 'logKey'>,
): Iterable<Uint8Array> {
  const { frontier, streams } = state
  const { kids, minute, pieces } = streams.memory()
  const head: Head = {
    ...{ origin: log.origin, logKey: log.logKey },
    ...{ startedAt: state.startedAt, known: state.known },
    hashes: frontier.hashes.map((hash) => base64url(hash)),
    frontierSize: frontier.size,
    roots: [...state.roots],
    ...{ size: state.size, frame: state.frame, lastReceivedAt: state.lastReceivedAt },
    ...{ records: state.records, verified: state.verified, logs: state.logs },
    enrolments: [...state.enrolments],
    declared: [...state.declared],
    validations: [...state.validations],
    words: state.words,
    chains: state.chains.memory(),
    ...{ kids, minute },
  }
  const parts = { head: utf8(JSON.stringify(head)), pieces: pieces() }
  return encodeParts(title, parts, createHash('sha256').update(title))
}

function decodeState(
  bytes: Uint8Array,
  log: Pick<Head, 'origin' | 'logKey'>,
  path: string,
): AuditState | 'older' {
  const unusable = (why: string): LedgerError =>
    new LedgerError('RESUME_UNUSABLE', `the state of an audit in ${path} ${why}`)
  // What an older program kept is of no use to this one, and is asked nothing: all is read again.
  const written = versionOf(bytes)
  if (written !== null && written < version) return 'older'
  if (written !== null && written > version) throw unusable('is of a newer version of this program')
  const pieces = decodeParts(title, bytes, createHash('sha256').update(title))
  if (!pieces) throw unusable('is none, or was damaged')
  try {
    const first = pieces.next().value as Uint8Array
    const head = JSON.parse(Buffer.from(first).toString()) as Head
    const { hashes, frontierSize, kids, logKey, minute, origin, ...rest } = head
    if (origin !== log.origin) throw unusable(`is of another log, ${origin}`)
    if (logKey !== log.logKey) throw unusable('was made with another key of the log')
    return {
      ...rest,
      frontier: { size: frontierSize, hashes: hashes.map((hash) => fromBase64url(hash)!) },
      roots: new Map(rest.roots),
      enrolments: new Map(rest.enrolments),
      declared: new Map(rest.declared),
      validations: new Map(rest.validations),
      chains: Chains.from(rest.chains),
      streams: Streams.from({ kids, minute, pieces: () => pieces }),
    }
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code === 'RESUME_UNUSABLE') throw error
    throw unusable('is not whole')
  }
}

/** The version that the title says; null: it is no title of such a file. */
function versionOf(bytes: Uint8Array): number | null {
  const first = Buffer.from(bytes.subarray(0, 32)).toString('latin1')
  const found = /^grantlog-audit-v([1-9][0-9]{0,3})\n/.exec(first)
  return found && Number(found[1])
}

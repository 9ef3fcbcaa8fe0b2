// The ledger as the receiver sees it: every failure of a commit becomes RECEIVER_COMMIT_FAILED,
// which clients answer by coming again, or RECEIVER_UNSTORABLE, where that would not help; and the
// failures after which a process must not go on are told once.
import { type Frame, isRecordLeaf } from '@grantlog/ledger'
import { ReceiverError } from './codes.ts'
import type { EvidenceLog, SignedFrame } from './forward/core/source.ts'
import type { LogCommits } from './forward/logs/log-commits.ts'
import type { LogFrame, LogFrames } from './forward/logs/source.ts'
import type { CommittedFrame, FrameLog } from './forward/records.ts'
import type { ReceiverLedger, Settled } from './options.ts'

/** After these only a restart, with its replay, knows what is on the disk. */
const FATAL = new Set(['LEDGER_POISONED', 'LEDGER_FENCED', 'LEDGER_CLOSED', 'JOURNAL_POISONED'])
/** What was sent can be stored by no ledger: the disk is well, and to come again is of no use. */
const OF_REQUEST = new Set(['LEDGER_LIMIT', 'LEDGER_FORMAT'])

export interface WatchedLedger extends Omit<
  ReceiverLedger,
  | 'checkpoint'
  | 'entry'
  | 'frames'
  | 'isFull'
  | 'keystore'
  | 'leaves'
  | 'nextFrame'
  | 'streams'
  | 'subjectsShared'
  | 'waitForFrame'
  | 'watch'
> {
  /** See Ledger.isFull. */
  readonly isFull: boolean
  /** True after a fatal failure: nothing more will be acknowledged. */
  readonly failed: boolean
  /** Writes that failed so far. */
  readonly failures: number
  /** The latest published checkpoint, a signed note. */
  readonly note: string
  /** Passes a durable write on, with its failure translated. */
  guard<T>(write: T | Promise<T>): Promise<T>
}

/** Errors of its writes: RECEIVER_COMMIT_FAILED; of proveConsistency: RECEIVER_QUERY_MALFORMED. */
export function watchLedger({ ledger, log, onFatal }: Settled): WatchedLedger {
  let failed = false
  let failures = 0

  async function guard<T>(write: T | Promise<T>): Promise<T> {
    try {
      return await write
    } catch (error) {
      const cause = (error as { code?: string }).code ?? 'UNKNOWN'
      if (OF_REQUEST.has(cause))
        throw new ReceiverError('RECEIVER_UNSTORABLE', cause, { cause: error })
      failures++
      log({ code: 'COMMIT_FAILED', level: 'error', cause })
      if (FATAL.has(cause) && !failed) {
        failed = true
        onFatal(error)
      }
      throw new ReceiverError('RECEIVER_COMMIT_FAILED', undefined, { cause: error })
    }
  }

  return {
    get failed() {
      return failed
    },
    get isFull() {
      return ledger.isFull
    },
    get failures() {
      return failures
    },
    get origin() {
      return ledger.origin
    },
    get size() {
      return ledger.size
    },
    get published() {
      return ledger.published
    },
    get note() {
      return ledger.checkpoint.note
    },
    guard,
    commit: (request) => guard(ledger.commit(request)),
    minute: (also) => guard(ledger.minute(also)),
    commitContent: (content) => guard(ledger.commitContent(content)),
    signAnswer: (signingInput) => ledger.signAnswer(signingInput),
    commitLogs: (logs) => guard(ledger.commitLogs(logs)),
    signReceipt: (receipt) => ledger.signReceipt(receipt),
    signRefusal: (parts) => ledger.signRefusal(parts),
    signLogReceipt: (logs) => ledger.signLogReceipt(logs),
    async proveConsistency(from, to) {
      if (from > to || to > ledger.published) throw new ReceiverError('RECEIVER_QUERY_MALFORMED')
      return ledger.proveConsistency(from, to)
    },
  }
}

/** The ledger's commits as sinks read them: of each, only its records. */
export function ledgerFrames(ledger: ReceiverLedger): FrameLog & { readonly next: number } {
  return {
    get next() {
      return ledger.nextFrame
    },
    read: (from) => committedFrames(ledger.frames(from)),
    waitFor: (number, signal) => ledger.waitForFrame(number, signal),
  }
}

/** The ledger's commits as a core gets them: records of streams too, evidence, log records. */
export function ledgerEvidence(ledger: ReceiverLedger): EvidenceLog {
  async function* read(from: number): AsyncGenerator<SignedFrame, void, void> {
    for await (const frame of ledger.frames(from)) yield signedOf(frame)
  }
  return {
    get next() {
      return ledger.nextFrame
    },
    read,
    waitFor: (number, signal) => ledger.waitForFrame(number, signal),
  }
}

function signedOf({ number, entries }: Frame): SignedFrame {
  const records = entries.flatMap(({ entry, evidence, index, leaf, openings, stored }) => {
    if (!isRecordLeaf(leaf) || stored.kind !== 'record' || evidence === undefined) return []
    const { canonical, unsigned } = stored
    const { kid } = leaf
    return [{ index, entry, kid, canonical, unsigned, leaf, evidence, openings: openings() }]
  })
  const logs = entries.flatMap(({ index, leaf, logOpenings: openings, stored }) => {
    if (leaf.type !== 'log' || stored.kind !== 'log') return []
    const { canonical, observation } = stored
    return [{ index, leaf, canonical, observation, openings: openings() }]
  })
  return { number, records, logs }
}

/** The ledger's commits as sinks of log records read them; `commits` is told of each. */
export function ledgerLogs(ledger: ReceiverLedger, commits: LogCommits): LogFrames {
  return { commits, read: (from) => logFrames(ledger.frames(from)) }
}

/** Frames with nothing but their log records. */
export async function* logFrames(
  frames: AsyncIterable<Frame>,
): AsyncGenerator<LogFrame, void, void> {
  for await (const { entries, first, number } of frames) {
    const logs = entries.flatMap(({ entry, index, leaf, logOpenings: openings, stored }) => {
      if (leaf.type !== 'log' || stored.kind !== 'log') return []
      return [{ index, entry, leaf, canonical: stored.canonical, openings }]
    })
    yield { number, first, leaves: entries.length, logs }
  }
}

/** Frames with nothing but their records. */
export async function* committedFrames(
  frames: AsyncIterable<Frame>,
): AsyncGenerator<CommittedFrame, void, void> {
  for await (const frame of frames) yield recordsOf(frame)
}

function recordsOf({ number, entries }: Frame): CommittedFrame {
  const records = entries.flatMap(({ index, entry, leaf, openings, stored }) => {
    if (!isRecordLeaf(leaf) || leaf.type !== 'record' || stored.kind !== 'record') return []
    const { canonical } = stored
    return [{ index, entry, kid: leaf.kid, canonical, openings: openings() }]
  })
  return { number, records }
}

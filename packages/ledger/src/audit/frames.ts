// What is stored against the leaves: every commit frame, every record in it. The log's entries are
// the authority; the frames have to agree with them.
import { JournalError, type Journal } from '@grantlog/journal'
import { openSubjects } from '../commit/subjects.ts'
import { LedgerError } from '../codes.ts'
import { decodeEnrolment, type Enrolment } from '../format/enrolment.ts'
import { decodeFrame, frameHash, openFrame, type SealedFrame } from '../format/frame.ts'
import { contentDigest, decodeLeaf, isRecordLeaf, type Leaf } from '../format/leaf.ts'
import { type CommitPlaintext, decodePlaintext, type StoredRecord } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import type { Findings } from './findings.ts'
import { checkRecord, type VerifiedBatch, verifyBatch, type Verdict } from './record.ts'

/** Keys enrolled so far, by kid: what `key` leaves say, in the log's order. */
export type Enrolments = Map<string, Enrolment>

export interface FramesAudit {
  readonly journal: Journal
  readonly keystore: Keystore
  readonly findings: Findings
  readonly enrolments: Enrolments
  /** Records of type `record` that verified. */
  verified: number
  /** Number of the frame to read next. */
  next: number
}

/** An entry of the log. `suspect`: its tile says it is another one, so it is no authority. */
export interface LogEntry {
  readonly entry: Uint8Array
  readonly suspect: boolean
}

/** Reads the frame that a frame leaf stands for; null, with a finding, when that cannot be. */
async function readPayload(audit: FramesAudit, where: string): Promise<Uint8Array | null> {
  const frame = audit.next++
  const at = { where, frame }
  try {
    return await audit.journal.readFrame(frame)
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    // A broken last frame looks like a torn write, and is left out by the journal.
    const torn = frame >= audit.journal.next && audit.journal.recovered.droppedBytes > 0
    const altered = torn || error.code !== 'JOURNAL_MISSING'
    audit.findings.add(altered ? 'FRAME_ALTERED' : 'RECORD_MISSING', at)
    return null
  }
}

/** The entries of a commit from `first` on, its frame leaf last, and where that is, for people. */
interface Commit {
  readonly first: number
  readonly entries: readonly LogEntry[]
  readonly frame: number
  readonly where: string
}

/** Checks the next commit against the log's entries. What is wrong is in the findings. */
export async function auditCommit(
  audit: FramesAudit,
  first: number,
  entries: readonly LogEntry[],
): Promise<void> {
  const frame = audit.next
  const where = `frame ${frame} (entries ${first} to ${first + entries.length - 1})`
  const opened = await readNext(audit, where)
  if (!opened) return
  if (opened.frame.fields.first > first) {
    // A later commit's frame: this one's was taken out, and the numbers closed up behind it.
    audit.next--
    audit.findings.add('RECORD_MISSING', { where, frame })
    return
  }
  checkOpened(audit, { first, entries, frame, where }, opened)
}

/**
 * Checks the next commit by itself: no checkpoint covers it yet, so there is nothing to compare it
 * with, but it must already be sound. Returns its number of leaves.
 */
export async function auditPendingCommit(audit: FramesAudit): Promise<number> {
  const { next: frame, verified } = audit
  const where = `frame ${frame} (pending)`
  const opened = await readNext(audit, where)
  if (!opened) return 0
  const entries = opened.entries.map((entry) => ({ entry, suspect: false }))
  checkOpened(audit, { first: opened.frame.fields.first, entries, frame, where }, opened)
  // Verified means: under a checkpoint.
  audit.verified = verified
  return entries.length
}

async function readNext(audit: FramesAudit, where: string): Promise<OpenedPayload | null> {
  const frame = audit.next
  const payload = await readPayload(audit, where)
  const opened = payload && openPayload(audit, payload)
  if (payload && !opened) audit.findings.add('FRAME_ALTERED', { where, frame })
  return opened
}

function checkOpened(audit: FramesAudit, commit: Commit, opened: OpenedPayload): void {
  const { entries, first, frame, where } = commit
  compareEntries(audit, { ...commit, stored: opened.entries })
  const last = entries.at(-1)
  const leaf = last && leafOf(last.entry)
  const holds = leaf?.type === 'frame' && leaf.hash === frameHash(opened.frame)
  if (!holds || !opened.plaintext) audit.findings.add('FRAME_ALTERED', { where, frame })
  if (opened.plaintext) auditStored(audit, first, entries.slice(0, -1), opened.plaintext)
}

interface OpenedPayload {
  readonly frame: SealedFrame
  readonly entries: readonly Uint8Array[]
  /** Null when it does not decrypt. */
  readonly plaintext: CommitPlaintext | null
}

function openPayload({ keystore }: FramesAudit, payload: Uint8Array): OpenedPayload | null {
  try {
    const { frame, entries } = decodeFrame(payload)
    return { frame, entries, plaintext: decrypt(frame, keystore) }
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

function decrypt(frame: SealedFrame, keystore: Keystore): CommitPlaintext | null {
  try {
    return decodePlaintext(openFrame(frame, keystore.frameKeyById(frame.fields.key)))
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

/** The frame holds the entries a second time; both must say the same, in the same order. */
function compareEntries(
  { findings }: FramesAudit,
  commit: Commit & { readonly stored: readonly Uint8Array[] },
): void {
  const { first, entries, stored, frame, where } = commit
  const text = (entry: Uint8Array): string => Buffer.from(entry).toString('latin1')
  const differs = entries.flatMap(({ entry, suspect }, i) =>
    suspect || (stored[i] && text(stored[i]) === text(entry)) ? [] : [i],
  )
  if (differs.length === 0 && stored.length === entries.length) return
  const sorted = (list: readonly Uint8Array[]): string => list.map(text).toSorted().join('\0')
  if (sorted(stored) === sorted(entries.map(({ entry }) => entry))) {
    for (const i of differs) {
      findings.add('ORDER_CHANGED', { where: `entry ${first + i}`, index: first + i })
    }
  } else {
    findings.add('FRAME_ALTERED', { where, frame })
  }
}

function auditStored(
  audit: FramesAudit,
  first: number,
  entries: readonly LogEntry[],
  { batches, entries: stored }: CommitPlaintext,
): void {
  const { findings, enrolments } = audit
  const verified = new Map<string, VerifiedBatch | Verdict>()
  for (const [i, { entry, suspect }] of entries.entries()) {
    const index = first + i
    const where = `record ${index}`
    const leaf = leafOf(entry)
    const part = stored[i]
    if (suspect || !leaf || leaf.type === 'frame') continue
    if (!part) findings.add('RECORD_MISSING', { where, index })
    else if (part.kind === 'content') auditContent(audit, index, leaf, part.content)
    else if (isRecordLeaf(leaf)) {
      const enrolment = enrolments.get(leaf.kid)
      const name = `${part.batch} ${leaf.kid}`
      const batch = verified.get(name) ?? verifyBatch(batches[part.batch]!, enrolment)
      verified.set(name, batch)
      const openings = openingsOf(audit.keystore, part)
      const verdict = openings
        ? checkRecord({ leaf, canonical: part.canonical, openings, batch, enrolment })
        : { code: 'RECORD_ALTERED' as const, why: 'its slots cannot be read' }
      if (verdict) findings.add(verdict.code, { where, index }, verdict.why)
      else if (leaf.type === 'record') audit.verified++
    } else findings.add('RECORD_ALTERED', { where, index })
  }
}

/** Null when the decrypted openings are not even of the format: they were changed. */
function openingsOf(
  keystore: Keystore,
  part: StoredRecord,
): ReturnType<typeof openSubjects> | null {
  try {
    return openSubjects(part.subjects, keystore)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

function auditContent(audit: FramesAudit, index: number, leaf: Leaf, content: Uint8Array): void {
  const { enrolments, findings } = audit
  const where = `${leaf.type} ${index}`
  if (
    (leaf.type !== 'key' && leaf.type !== 'refusals') ||
    leaf.digest !== contentDigest(leaf.type, content)
  ) {
    findings.add('RECORD_ALTERED', { where, index })
    return
  }
  if (leaf.type !== 'key') return
  try {
    const enrolment = decodeEnrolment(content)
    if (enrolment.kid === leaf.id) enrolments.set(enrolment.kid, enrolment)
    else findings.add('RECORD_ALTERED', { where, index }, 'the leaf names another key')
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    findings.add('RECORD_ALTERED', { where, index }, error.message)
  }
}

/** The leaf, or null when it is malformed: the walk over the tree has said so already. */
export function leafOf(entry: Uint8Array): Leaf | null {
  try {
    return decodeLeaf(entry)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

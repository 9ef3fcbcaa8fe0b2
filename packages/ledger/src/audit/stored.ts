// What a frame stores against its leaves: each record, its batch, its key, its slots.
import { equalBytes, type LogSlotName, type SlotName } from '@grantlog/record'
import {
  contentDigest,
  isContentLeaf,
  isRecordLeaf,
  type Leaf,
  type LogLeaf,
  type RecordLeaf,
  unclosedContent,
} from '../format/leaf.ts'
import type { Chains } from '../commit/chains.ts'
import { openSubjects } from '../commit/subjects.ts'
import { LedgerError } from '../codes.ts'
import { decodeEnrolment, type Enrolment } from '../format/enrolment.ts'
import { decodeFindingOf } from '../format/finding.ts'
import { type SlotOpening, slotsOf } from '../format/outline.ts'
import { logBreach } from '../format/observation.ts'
import type { CommitPlaintext, StoredLog, StoredRecord } from '../format/plaintext.ts'
import { decodeSinkChange } from '../format/sink.ts'
import { decodeValidation, type Validation } from '../format/validation.ts'
import type { Keystore } from '../io/keystore.ts'
import type { Findings } from './findings.ts'
import { checkRecord, type VerifiedBatch, type Verdict, verifyBatch } from './record.ts'
import type { Words } from './words.ts'

/** A validation with its place in the log. */
export interface SealedValidation extends Validation {
  readonly index: number
  readonly receivedAt: number
}

export interface StoredAudit {
  readonly findings: Findings
  readonly keystore: Keystore
  /** Keys enrolled so far, by kid: what `key` leaves say, in the log's order. */
  readonly enrolments: Map<string, Enrolment>
  /** The earliest moment since when each key was ever declared compromised, Unix seconds. */
  readonly declared: Map<string, number>
  readonly chains: Chains
  /** True once a frame could not be read: keys that it enrolled are then unknown. */
  blind: boolean
  /** Records of type `record` that verified. */
  verified: number
  /** Log records that are what their leaves say. */
  logs: number
  /** What producers say of the log. */
  readonly words: Words
  /** The newest validation of each service. */
  readonly validations: Map<string, SealedValidation>
}

/** Checks the leaves of one commit; null stands for one that is not known. */
export function auditStored(
  audit: StoredAudit,
  first: number,
  leaves: readonly (Leaf | null)[],
  { batches, entries: stored }: CommitPlaintext,
): void {
  const verdicts = new Map<string, VerifiedBatch | Verdict>()
  for (const [i, leaf] of leaves.entries()) {
    const part = stored[i]
    if (!leaf || leaf.type === 'frame') continue
    const index = first + i
    if (!part) {
      audit.findings.add('RECORD_MISSING', { where: `record ${index}`, index })
    } else if (part.kind === 'content') auditContent(audit, index, leaf, part.content)
    else if (isRecordLeaf(leaf) && part.kind === 'record') {
      const name = `${part.batch} ${leaf.kid}`
      const evidence = batches[part.batch]!
      const batch = verdicts.get(name) ?? verifyBatch(evidence, audit.enrolments.get(leaf.kid))
      if (!verdicts.has(name) && 'statement' in batch) auditChain(audit, index, batch)
      verdicts.set(name, batch)
      auditRecord(audit, { index, leaf, part, batch })
    } else if (part.kind === 'log' && leaf.type === 'log') auditLog(audit, index, leaf, part)
    else audit.findings.add('RECORD_ALTERED', { where: `${leaf.type} ${index}`, index })
  }
}

export function auditChain(
  { chains, findings }: StoredAudit,
  index: number,
  batch: VerifiedBatch,
): void {
  if (chains.follows(batch.kid, batch.statement)) return
  findings.add('CHAIN_BROKEN', { where: `the batch of record ${index}`, index })
}

function auditRecord(
  audit: StoredAudit,
  record: {
    readonly index: number
    readonly leaf: RecordLeaf
    readonly part: StoredRecord
    readonly batch: VerifiedBatch | Verdict
  },
): void {
  const { index, leaf, part, batch } = record
  const where = `record ${index}`
  const enrolment = audit.enrolments.get(leaf.kid)
  // Its key may have been enrolled in a frame that cannot be read: that is said there.
  if (!enrolment && audit.blind) return
  const openings = openingsOf(audit.keystore, part)
  const stored = openings && storedSlots(part)
  const verdict = stored
    ? checkRecord({ leaf, canonical: part.canonical, openings, stored, batch, enrolment })
    : { code: 'RECORD_ALTERED' as const, why: 'its slots cannot be read' }
  if (verdict) audit.findings.add(verdict.code, { where, index }, verdict.why)
  else if (part.subjects.some(({ keyId }) => !audit.keystore.subjectKeyById(keyId))) {
    audit.findings.add('SUBJECT_KEY_MISSING', { where, index })
  } else {
    audit.words.tell(part.canonical, index, leaf)
    if (leaf.type === 'record') audit.verified++
  }
}

/** Nobody's signature of ours: it is what the receiver took in, and nothing changed since. */
function auditLog(audit: StoredAudit, index: number, leaf: LogLeaf, part: StoredLog): void {
  const where = `log record ${index}`
  const { findings, keystore } = audit
  const openings = openingsOf(keystore, part) as SlotOpening<LogSlotName>[] | null
  const why = openings ? logBreach(leaf, part, openings) : 'its slots cannot be read'
  if (why !== null) findings.add('RECORD_ALTERED', { where, index }, why)
  else if (part.subjects.some(({ keyId }) => !keystore.subjectKeyById(keyId))) {
    findings.add('SUBJECT_KEY_MISSING', { where, index })
  } else audit.logs++
}

/** Null when the decrypted openings are not even of the format: they were changed. */
export function openingsOf(
  keystore: Keystore,
  part: Pick<StoredRecord, 'subjects'>,
): SlotOpening[] | null {
  try {
    return openSubjects(part.subjects, keystore)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

/** A later leaf may take back a declaration, whoever wrote it; that there was one stays known. */
function noteEnrolment({ declared, enrolments }: StoredAudit, enrolment: Enrolment): void {
  const { kid, since } = enrolment
  enrolments.set(kid, enrolment)
  if (since !== undefined) declared.set(kid, Math.min(since, declared.get(kid) ?? since))
}

/** All slots that are there, also those of persons whose keys are gone; null: likewise. */
function storedSlots({ subjects }: StoredRecord): SlotName[] | null {
  try {
    return subjects.flatMap(({ outline }) => slotsOf(outline))
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

function auditContent(audit: StoredAudit, index: number, leaf: Leaf, content: Uint8Array): void {
  const { findings } = audit
  const at = { where: `${leaf.type} ${index}`, index }
  if (leaf.type === 'unclosed' && equalBytes(unclosedContent(leaf), content)) return
  if (!isContentLeaf(leaf) || leaf.digest !== contentDigest(leaf.type, content)) {
    findings.add('RECORD_ALTERED', at)
    return
  }
  try {
    if (leaf.type === 'validation') {
      const { receivedAt } = leaf
      const validation = decodeValidation(content)
      audit.validations.set(validation.service, { index, receivedAt, ...validation })
    }
    if (leaf.type === 'finding') decodeFindingOf(leaf.id, content)
    if (leaf.type === 'sink') decodeSinkChange(content)
    if (leaf.type !== 'key') return
    const enrolment = decodeEnrolment(content)
    if (enrolment.kid === leaf.id) noteEnrolment(audit, enrolment)
    else findings.add('RECORD_ALTERED', at, 'the leaf names another key')
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error
    findings.add('RECORD_ALTERED', at, error.message)
  }
}

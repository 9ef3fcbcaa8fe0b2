// One record against its leaf, its batch and its key: the checks that need nothing but their bytes
// (FORMAT.md 2.2, 3.2, 3.4, 4). Used by `audit` for every record, and for bundles.
import type { KeyObject } from 'node:crypto'
import { type BatchStatement, readBatch, RecordError, type SlotName } from '@grantlog/record'
import type { SlotOpening } from '../format/outline.ts'
import { base64urlOf, ed25519PublicKey, ed25519Verify, sha256 } from '../crypto.ts'
import { breachOf, type Enrolment, isLate } from '../format/enrolment.ts'
import { type RecordLeaf, recordTypeOf } from '../format/leaf.ts'
import type { BatchEvidence } from '../format/plaintext.ts'
import { commitmentText, digestText, factsOf, type RecordFacts, slotOf } from './facts.ts'

/** A batch whose signature verified under `enrolment`'s key. */
export interface VerifiedBatch {
  readonly kid: string
  readonly statement: BatchStatement
  readonly digests: Uint8Array
}

export type Verdict = {
  readonly code: 'RECORD_ALTERED' | 'RECORD_FORGED' | 'RECORD_LATE'
  readonly why: string
}

/** The batch when its signature verifies under the enrolled key, else why not; see readBatch. */
export function verifyBatch(
  { jws, digests }: BatchEvidence,
  enrolment: Enrolment | undefined,
  rootOf?: (digests: Uint8Array) => Uint8Array,
): VerifiedBatch | Verdict {
  if (!enrolment) return forged('no key was enrolled for it')
  try {
    const { kid, statement, signingInput, signature } = readBatch(jws, digests, sha256, rootOf)
    if (kid !== enrolment.kid) return forged('its batch names another key')
    if (!ed25519Verify(keyOf(enrolment), signingInput, signature))
      return forged('the signature is wrong')
    return { kid, statement, digests }
  } catch (error) {
    if (error instanceof RecordError) return forged(error.message)
    throw error
  }
}

/** Importing a key costs as much as verifying with it. */
const keys = new WeakMap<Enrolment, KeyObject>()

function keyOf(enrolment: Enrolment): KeyObject {
  const known = keys.get(enrolment)
  if (known) return known
  const key = ed25519PublicKey(Buffer.from(enrolment.publicKey, 'base64url'))
  keys.set(enrolment, key)
  return key
}

export interface RecordClaim {
  readonly leaf: RecordLeaf
  readonly canonical: Uint8Array
  readonly openings: readonly SlotOpening[]
  /** Slots that are stored of it, also of persons whose keys are gone; none: not all have to be. */
  readonly stored?: readonly SlotName[]
  readonly batch: VerifiedBatch | Verdict
  readonly enrolment: Enrolment | undefined
}

/** Null when a record is what its leaf says, signed by a key that may; else what is wrong. */
export function checkRecord(claim: RecordClaim): Verdict | null {
  const { leaf, canonical, openings, stored, batch, enrolment } = claim
  const digest = digestText(canonical)
  if (digest !== leaf.digest) return altered("its digest is not the leaf's")
  let facts: RecordFacts
  try {
    facts = factsOf(canonical, openings.map(slotName))
  } catch (error) {
    if (error instanceof RecordError) return altered(error.message)
    throw error
  }
  const { id, seq } = facts
  if (id !== leaf.id || seq !== leaf.seq) return altered('the leaf names another record')
  if (recordTypeOf(facts.action) !== leaf.type) return altered('the leaf names another type')
  const misfit = openings.find((part, i) => !opens(part, facts.commitments[i]))
  if (misfit) return altered(`slot ${misfit.slot} does not open its commitment`)
  const missing = stored && facts.committed.find((slot) => !stored.includes(slot))
  if (missing !== undefined) return altered(`slot ${missing} is not stored`)
  if ('why' in batch) return batch
  const { statement, digests } = batch
  const at = (seq - statement.firstSeq) * 32
  const isInside = at >= 0 && at < digests.length
  if (!isInside || base64urlOf(digests, at, at + 32) !== digest)
    return forged('it is not in the signed batch')
  if (batch.kid !== leaf.kid || statement.instance !== leaf.instance) {
    return forged('its batch is of another stream')
  }
  const breach = breachOf(enrolment!, statement, facts)
  if (breach !== null) return forged(breach)
  const late = isLate(enrolment!, leaf.receivedAt)
  return late ? { code: 'RECORD_LATE', why: 'received long after its key was valid' } : null
}

const slotName = ({ slot }: SlotOpening): SlotOpening['slot'] => slot

function opens({ slot, opening }: SlotOpening, commitment: string | undefined): boolean {
  try {
    return commitmentText(opening) === commitment && slotOf(opening) === slot
  } catch (error) {
    if (error instanceof RecordError) return false
    throw error
  }
}

function altered(why: string): Verdict {
  return { code: 'RECORD_ALTERED', why }
}

function forged(why: string): Verdict {
  return { code: 'RECORD_FORGED', why }
}

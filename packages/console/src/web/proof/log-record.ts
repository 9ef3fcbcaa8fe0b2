// Checks the bundle of a log record step by step (FORMAT.md 6.4), as check.ts does a record's. No
// key of ours signed it: what is proved is that the receiver took in exactly this, and whom it had
// it from. See log-record.test.ts, which holds the verdict against `checkLogBundle` of the ledger.
import {
  base64url,
  commitmentOf,
  isLogSlotName,
  logAttributes,
  logDigestOf,
  type LogView,
  openLog,
  openLogSlot,
  utf8,
} from '@grantlog/record'
import type { LogBundle } from '../../api/records.ts'
import type { Crypto } from './crypto.ts'
import { type LogLeaf, readLogLeaf } from './entries.ts'
import { attempt, type Read, readLogBundle } from './form.ts'
import { checkpointStep, inclusionStep, logKeyStep, type Trust } from './log.ts'
import { type Observation, observedHash, readObservation } from './observation.ts'
import { type PathRead, readPath } from './path.ts'
import { type Shown, shownStepOf } from './shown.ts'
import { slotsStepOf } from './slots.ts'
import {
  type Input,
  notRead,
  type Proof,
  type Step,
  type StepId,
  stepOf,
  verdictOf,
} from './step.ts'

/** What a page shows of a log record. */
export interface ShownLog extends Shown {
  readonly observed: Observation
}

export interface LogProofOptions {
  readonly crypto: Crypto
  /** What vouches for the log's key; null: nothing does yet. */
  readonly trust: Trust | null
  /** What the page shows of it, to be compared with what is proved. */
  readonly shown?: ShownLog
}

interface LogParts {
  readonly bundle: LogBundle
  readonly crypto: Crypto
  readonly view: Read<LogView>
  readonly leaf: Read<LogLeaf>
  readonly observation: Read<Observation>
  readonly path: Read<PathRead>
}

const ids: readonly StepId[] = [
  ...(['form', 'shown', 'digest', 'slots', 'observation'] as const),
  ...(['inclusion', 'checkpoint', 'logKey'] as const),
]

/** The proof of a log record's bundle; never throws, whatever the value is. */
export function logProofOf(value: unknown, { crypto, shown, trust }: LogProofOptions): Proof {
  const read = readLogBundle(value)
  if (!read.ok) {
    return notRead(shown === undefined ? ids.filter((id) => id !== 'shown') : ids, read.why)
  }
  const bundle = read.value
  const parts: LogParts = {
    ...{ bundle, crypto },
    view: attempt(() => openLog(utf8(bundle.canonical))),
    leaf: readLogLeaf(bundle.leaf),
    observation: readObservation(bundle.observation),
    path: readPath(bundle.proof, bundle.leaf, crypto),
  }
  const steps = [
    stepOf('form', ['passed', bundle.format]),
    ...(shown === undefined ? [] : [shownLogStep(parts, shown)]),
    digestStep(parts),
    logSlotsStep(parts),
    observationStep(parts),
    inclusionStep(parts),
    checkpointStep(parts, trust),
    logKeyStep(parts, trust),
  ]
  return { steps, verdict: verdictOf(steps) }
}

function digestStep({ bundle, crypto, leaf, view }: LogParts): Step {
  const digest = base64url(logDigestOf(utf8(bundle.canonical), crypto.sha256))
  const inputs: Input[] = [
    { name: 'Canonical form of the log record', value: bundle.canonical, form: 'block' },
    { name: 'Its SHA-256 digest, computed here', value: digest, form: 'hash' },
    { name: 'Leaf', value: bundle.leaf, form: 'block' },
  ]
  const step = (state: Step['state'], why: string): Step => stepOf('digest', [state, why], inputs)
  if (!leaf.ok) return step('failed', `the leaf is malformed: ${leaf.why}`)
  if (digest !== leaf.value.digest) {
    return step('failed', 'the digest is another than the one in the leaf')
  }
  if (!view.ok) return step('failed', view.why)
  if (view.value.id !== leaf.value.id) return step('failed', 'the leaf names another record')
  return step('passed', 'the digest computed here is the one in the leaf')
}

function logSlotsStep({ bundle, crypto, view }: LogParts): Step {
  if (!view.ok) return stepOf('slots', ['skipped', 'the record cannot be read'])
  const { commitments } = view.value
  const fits = (slot: string, opening: string): boolean => {
    const bytes = utf8(opening)
    if (!isLogSlotName(slot)) return false
    const isItsOwn = commitments.get(slot) === commitmentOf(bytes, crypto.sha256)
    return isItsOwn && attempt(() => openLogSlot(bytes, slot)).ok
  }
  return slotsStepOf({ openings: bundle.openings, commitments, fits })
}

function observationStep({ bundle, crypto, leaf, observation }: LogParts): Step {
  const hash = observedHash(bundle.observation, crypto.sha256)
  const inputs: Input[] = [
    { name: 'What the receiver noted', value: bundle.observation, form: 'block' },
    { name: 'Its hash, computed here', value: hash, form: 'hash' },
  ]
  const step = (state: Step['state'], why: string): Step => {
    return stepOf('observation', [state, why], inputs)
  }
  if (!observation.ok) return step('failed', `it is malformed: ${observation.why}`)
  if (!leaf.ok) return step('skipped', 'the leaf cannot be read')
  if (hash !== leaf.value.observed) return step('failed', 'its hash is another than in the leaf')
  const { caller, signature, signer } = observation.value
  if (signature !== leaf.value.signature) {
    return step('failed', 'the leaf says something else of its signature')
  }
  const signed = signature === 'signed' ? `signed by ${signer}` : signatureWords[signature]
  return step('passed', `${caller === '' ? 'nobody with a name' : caller} brought it, ${signed}`)
}

const signatureWords: Readonly<Record<string, string>> = {
  none: 'without a signature',
  unverified: 'with a signature that nobody could verify',
}

function shownLogStep({ bundle, observation, view }: LogParts, shown: ShownLog): Step {
  if (!view.ok) return stepOf('shown', ['skipped', 'the record cannot be read'])
  if (!observation.ok) return stepOf('shown', ['skipped', 'what was noted of it cannot be read'])
  const noted = observation.value
  const isSame = (['caller', 'proof', 'signature', 'signer'] as const).every(
    (name) => noted[name] === shown.observed[name],
  )
  if (!isSame) return stepOf('shown', ['failed', 'the page says something else of who brought it'])
  const fields = Object.entries(bundle.openings).flatMap(([slot, opening]) => {
    const open = attempt(() => (isLogSlotName(slot) ? [openLogSlot(utf8(opening), slot)] : []))
    return open.ok ? open.value : []
  })
  const { form } = view.value
  const said = { own: logAttributes(form, []), all: logAttributes(form, fields) }
  return shownStepOf(shown, bundle.index, said)
}

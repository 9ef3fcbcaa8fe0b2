// Checks a bundle step by step, in the browser, with no word of the server believed but the bytes
// (FORMAT.md 4). Each step stands for itself, so that a fault shows where it is. See check.test.ts,
// which holds the verdict against `checkBundle` of the ledger on bundles with all kinds of damage.
import type { Bundle } from '../../api/records.ts'
import type { Crypto } from './crypto.ts'
import { readBundle } from './form.ts'
import { checkpointStep, inclusionStep, keyInclusionStep, logKeyStep, type Trust } from './log.ts'
import { partsOf } from './parts.ts'
import { batchStep, enrolmentStep, signatureStep } from './producer.ts'
import { digestStep, shownStep, slotsStep } from './record.ts'
import type { Shown } from './shown.ts'
import { notRead, type Proof, type Step, type StepId, stepOf, verdictOf } from './step.ts'

export interface ProofOptions {
  readonly crypto: Crypto
  /** What vouches for the log's key; null: nothing does yet. */
  readonly trust: Trust | null
  /** What the page shows of the record, to be compared with what is proved. */
  readonly shown?: Shown
}

const ids: readonly StepId[] = [
  ...(['form', 'shown', 'digest', 'slots', 'batch', 'signature', 'enrolment'] as const),
  ...(['inclusion', 'keyInclusion', 'checkpoint', 'logKey'] as const),
]

/** The proof of a bundle; never throws, whatever the value is. */
export function proofOf(value: unknown, options: ProofOptions): Proof {
  const bundle = readBundle(value)
  const { shown, trust } = options
  if (!bundle.ok)
    return notRead(shown === undefined ? ids.filter((id) => id !== 'shown') : ids, bundle.why)
  const parts = partsOf(bundle.value, options.crypto)
  const steps = [
    formStep(bundle.value),
    ...(shown === undefined ? [] : [shownStep(parts, shown)]),
    digestStep(parts),
    slotsStep(parts),
    batchStep(parts),
    signatureStep(parts),
    enrolmentStep(parts),
    inclusionStep(parts),
    keyInclusionStep(parts),
    checkpointStep(parts, trust),
    logKeyStep(parts, trust),
  ]
  return { steps, verdict: verdictOf(steps) }
}

function formStep({ format, openings }: Bundle): Step {
  const count = Object.keys(openings).length
  const disclosed = count === 0 ? 'no personal data' : `${count} slots of personal data`
  return stepOf('form', ['passed', `${format}, with ${disclosed} disclosed`])
}

// The steps of a proof: what each is called and what it proves, in one plain sentence.
import type { MerklePath } from './path.ts'

export const stepTexts = {
  form: {
    title: 'The bundle is whole',
    proves: 'It has exactly the parts that FORMAT.md names, none of them malformed or too long.',
  },
  shown: {
    title: 'This page shows these bytes',
    proves: 'Every attribute shown on this page is in the bytes that are proved, as it is shown.',
  },
  digest: {
    title: 'The record has the digest in its leaf',
    proves: 'Not one byte of the record differs from what the log was given.',
  },
  slots: {
    title: 'Personal data fits its commitments',
    proves: 'What is disclosed is what was committed to; nobody can guess what is withheld.',
  },
  observation: {
    title: 'The log keeps who brought it',
    proves: 'Who brought it, and what came of a signature, is told as the receiver noted it then.',
  },
  batch: {
    title: 'The record stands in a signed batch',
    proves: 'Its digest is at its place among those that hash to the root that was signed.',
  },
  signature: {
    title: 'The producer signed the batch',
    proves: 'Whoever made the record had the private key of the service.',
  },
  enrolment: {
    title: 'That key was enrolled, for this',
    proves: 'The log knew the key before the record, and lets it speak for this service and role.',
  },
  inclusion: {
    title: 'The record is in the log',
    proves: 'Its leaf, hashed with its siblings up the tree, gives the root of the checkpoint.',
  },
  keyInclusion: {
    title: 'The enrolment is in the log',
    proves: 'The leaf of the key is in the tree as well, and cannot be added afterwards.',
  },
  checkpoint: {
    title: 'The log signed the checkpoint',
    proves: 'The log has put its name to this root: it cannot take the record back.',
  },
  logKey: {
    title: 'It is the log that you know',
    proves: 'The key of the log is one that you had before, not one that came with the proof.',
  },
} as const

export type StepId = keyof typeof stepTexts

/** Something that went into a step, to be looked at. */
export interface Input {
  readonly name: string
  readonly value: string
  /** `hash`: shortened in the middle; `block`: lines, or JSON; `text`: as it is. */
  readonly form: 'hash' | 'block' | 'text'
  /** What came of it, where a step is about several things. */
  readonly mark?: 'fits' | 'differs' | 'closed'
}

export interface Step {
  readonly id: StepId
  /**
   * `skipped`: what it needs did not pass; `open`: true as far as it goes, but nobody else vouches
   * for it.
   */
  readonly state: 'passed' | 'failed' | 'skipped' | 'open'
  /** What was found, or why it failed; a sentence. */
  readonly why: string
  readonly inputs: readonly Input[]
  readonly paths: readonly MerklePath[]
}

/** A step without a path. */
export function stepOf(
  id: StepId,
  [state, why]: readonly [Step['state'], string],
  inputs: readonly Input[] = [],
): Step {
  return { id, state, why, inputs, paths: [] }
}

export interface Proof {
  readonly steps: readonly Step[]
  /** `self-consistent`: all holds, under a key that nobody vouches for. */
  readonly verdict: 'proved' | 'self-consistent' | 'broken'
}

export function verdictOf(steps: readonly Step[]): Proof['verdict'] {
  const states = new Set(steps.map(({ state }) => state))
  if (states.has('failed') || states.has('skipped')) return 'broken'
  return states.has('open') ? 'self-consistent' : 'proved'
}

/** Of what is no bundle. */
export function notRead(ids: readonly StepId[], why: string): Proof {
  const steps = ids.map((id) =>
    id === 'form'
      ? stepOf(id, ['failed', why])
      : stepOf(id, ['skipped', 'there is no bundle to look into']),
  )
  return { steps, verdict: verdictOf(steps) }
}

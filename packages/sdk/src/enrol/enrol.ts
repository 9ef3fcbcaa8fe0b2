// Enrols our key, and again before it ends. It never delays the service: what is refused is tried
// again, more and more seldom, and told. See enrol.test.ts.
import { type SdkCode, SdkError } from '../codes.ts'
import { enrolLookMs, enrolSpareS } from '../limits.ts'
import { messageOf, type Notify } from '../notice.ts'
import { type AskOptions, askToEnrol, type Outcome } from './ask.ts'

export interface EnrolOptions extends AskOptions {
  /** When the enrolment that we know of ends, in Unix seconds; null: there is none yet. */
  readonly validUntil: number | null
  /** Told of each enrolment, in Unix seconds. */
  readonly onEnrolled: (validUntil: number) => void
  /** Milliseconds before try number `failures` + 1. */
  readonly waitMs: (
    outcome: Exclude<Outcome, { readonly kind: 'enrolled' }>,
    failures: number,
  ) => number
  readonly notify: Notify
}

export interface Enrolling {
  /** Why it is not enrolled yet, for people; null: it is. */
  readonly pending: () => string | null
  /** Resolves when it is enrolled. */
  readonly enrolled: Promise<void>
  /** One try more, or the one that runs, to its end: a short process is enrolled, too. */
  readonly settle: () => Promise<void>
  readonly stop: () => void
}

/** Begins in the next turn. Its timers never keep the process alive. */
export function keepEnrolled(options: EnrolOptions): Enrolling {
  const { notify, nowMs, onEnrolled, waitMs } = options
  const { promise: enrolled, resolve } = Promise.withResolvers<void>()
  let { validUntil } = options
  let reason = 'it was not asked yet'
  let failures = 0
  let isStopped = false
  if (validUntil !== null) resolve()

  function later(ms: number): NodeJS.Timeout {
    return setTimeout(() => void run(), ms).unref()
  }

  function run(): Promise<void> {
    clearTimeout(timer)
    return (running ??= once().finally(() => (running = undefined)))
  }

  async function once(): Promise<void> {
    const ms = isDue(validUntil, nowMs()) ? await ask() : enrolLookMs
    if (!isStopped) timer = later(ms)
  }

  /** Gives how long to wait. */
  async function ask(): Promise<number> {
    const outcome = await askToEnrol(options).catch((error: unknown) => failed(error, notify))
    if (outcome.kind !== 'enrolled') {
      failures++
      ;({ reason } = outcome)
      const code = outcome.kind === 'refused' ? 'ENROL_REFUSED' : 'ENROL_PENDING'
      // A receiver that is just being restarted answers the second try.
      if (outcome.kind === 'refused' || failures > 1) notify(code, reason)
      return waitMs(outcome, failures)
    }
    failures = 0
    const isFirst = validUntil === null
    ;({ validUntil } = outcome)
    onEnrolled(validUntil)
    if (isFirst) notify('ENROLLED', options.wanted.kid)
    resolve()
    return enrolLookMs
  }

  let running: Promise<void> | undefined
  let timer = later(0)
  return {
    pending: () => (validUntil === null ? reason : null),
    enrolled,
    settle: () => (validUntil === null ? run() : enrolled),
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}

function isDue(validUntil: number | null, nowMs: number): boolean {
  if (validUntil === null) return true
  return validUntil !== 0 && validUntil - nowMs / 1000 < enrolSpareS
}

const accessCodes: readonly SdkCode[] = ['CERTIFICATE_UNREADABLE', 'TOKEN_UNAVAILABLE']

function failed(error: unknown, notify: Notify): Outcome {
  const reason = messageOf(error)
  if (error instanceof SdkError && accessCodes.includes(error.code)) notify(error.code, reason)
  return { kind: 'again', reason, retryAfter: undefined }
}

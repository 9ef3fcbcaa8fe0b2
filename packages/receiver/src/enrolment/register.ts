// The enrolments in force. What enrolled.json says takes effect only after it is a `key` leaf of
// the ledger, so that the proof of every record can show who was allowed to sign it. A crash
// between the leaf and the note of it writes the leaf once more, which is harmless: the last one
// counts. A key that is taken out of the file gets a leaf too, one that ends its validity.
import { join } from 'node:path'
import type { Enrolment } from '@grantlog/ledger'
import { ReceiverError } from '../codes.ts'
import { watchFile } from '../io/watched-file.ts'
import { MAX_ENROLMENT_BYTES } from '../limits.ts'
import { type EnrolledKey, readEnrolments } from './enrolment.ts'
import { createGate } from './gate.ts'
import { type KeyLeavesOptions, openKeyLeaves } from './leaves.ts'

export interface RegisterOptions extends KeyLeavesOptions {
  /** Holds enrolled.json. */
  readonly keysFolder: string
  readonly lookMs: number
  /** All keys of the file, before any of them is in force. Errors: those of who refuses them. */
  readonly claim?: (kids: Iterable<string>) => void
  /** Told of keys that are in force since now. */
  readonly onEnrolled?: (kids: ReadonlySet<string>) => void
  /** Milliseconds of a clock that never goes back: looks go on after the other is set back. */
  readonly uptimeMs: () => number
}

export interface Register {
  /** The enrolment in force; constant while `use` runs. */
  lookup(kid: string): EnrolledKey | undefined
  /** That of the last enrolment, also of a removed key; undefined when it is not known. */
  assuranceOf(kid: string): Enrolment['assurance'] | undefined
  /** By the last enrolment, also of a removed key. */
  isRevoked(kid: string): boolean
  /**
   * Looks whether the file changed: at once for an unknown kid, else when the last look is older
   * than `lookMs`. A file that is gone or cannot be used leaves what is in force, loudly.
   */
  refresh(kids: Iterable<string>): Promise<void>
  /** Looks at once, unless it does already. */
  look(): Promise<void>
  /** Runs `work` with no change of enrolments during it. */
  use<T>(work: () => Promise<T>): Promise<T>
}

/**
 * Looks at an interval, so that a key is revoked in the log when it is in the file, and not only
 * when somebody sends. Gives what ends it, which waits for a look that runs.
 */
export function keepLooking(register: Pick<Register, 'refresh'>, ms: number): () => Promise<void> {
  const timer = setInterval(() => void register.refresh([]), ms)
  return () => {
    clearInterval(timer)
    return register.refresh([])
  }
}

function enrolledIn(keysFolder: string): ReturnType<typeof watchFile> {
  const what = `over ${MAX_ENROLMENT_BYTES} bytes`
  return watchFile(join(keysFolder, 'enrolled.json'), {
    bytesMax: MAX_ENROLMENT_BYTES,
    tooLarge: () => new ReceiverError('RECEIVER_ENROLMENT_MALFORMED', what),
  })
}

/** Reads the file for the first time. Errors: RECEIVER_ENROLMENT_MALFORMED, those of commitKey. */
export async function openRegister(options: RegisterOptions): Promise<Register> {
  const { log, lookMs, uptimeMs } = options
  const file = enrolledIn(options.keysFolder)
  const leaves = await openKeyLeaves(options)
  const gate = createGate()
  let inForce = new Map<string, EnrolledKey>()
  let looking: Promise<void> | undefined
  let lastLook = 0

  async function look(): Promise<void> {
    lastLook = uptimeMs()
    const text = await file.changed()
    if (text === undefined) return
    if (text === null) {
      // A file that was never there enrols nobody; one that is gone takes no key out.
      const { message: detail } = new ReceiverError('RECEIVER_ENROLMENT_MALFORMED', 'no such file')
      if (leaves.current().length > 0)
        log({ code: 'ENROLMENTS_UNREADABLE', level: 'error', detail })
      return
    }
    const read = readEnrolments(text)
    const before = inForce
    try {
      options.claim?.(read.keys())
      await gate.change(async () => {
        for (const { kid, content } of read.values()) await leaves.add(kid, content)
        for (const kid of leaves.current().filter((each) => !read.has(each))) {
          await leaves.end(kid)
          // Off at once, even if a later leaf fails: the log says so already.
          inForce.delete(kid)
        }
        inForce = read
      })
    } catch (error) {
      // The file is good and the ledger was not (a full disk), or another tenant has one of the
      // keys: the next look tries again.
      file.forget()
      throw error
    }
    log({ code: 'ENROLMENTS_READ', level: 'info', enrolments: read.size })
    const added = new Set([...read.keys()].filter((kid) => !before.has(kid)))
    if (added.size > 0) options.onEnrolled?.(added)
  }

  const lookAgain = telling(look, log)
  function lookOnce(): Promise<void> {
    return (looking ??= lookAgain().finally(() => (looking = undefined)))
  }

  await look()
  return {
    lookup: (kid) => inForce.get(kid),
    assuranceOf: leaves.assuranceOf,
    isRevoked: leaves.isRevoked,
    use: gate.use,
    async refresh(kids) {
      const due = uptimeMs() - lastLook >= lookMs || [...kids].some((kid) => !inForce.has(kid))
      if (due) void lookOnce()
      await looking
    },
    look: lookOnce,
  }
}

/** Looks without an error; a fault is told once, as long as it stays the same. */
function telling(look: () => Promise<void>, log: RegisterOptions['log']): () => Promise<void> {
  let told = ''
  return async () => {
    try {
      await look()
      told = ''
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (detail === told) return
      told = detail
      log({ code: 'ENROLMENTS_UNREADABLE', level: 'error', detail })
    }
  }
}

// The enrolments in force. What enrolled.json says takes effect only after it is a `key` leaf of
// the ledger, so that the proof of every record can show who was allowed to sign it. A crash
// between the leaf and the note of it writes the leaf once more, which is harmless: the last one
// counts.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { base64url } from '@grantlog/record'
import type { Log } from '../flow.ts'
import { type EnrolledKey, readEnrolments } from './enrolment.ts'
import { createGate } from './gate.ts'
import { readText, replaceText, watchFile } from './io/file.ts'

export interface RegisterOptions {
  /** Holds enrolled.json. */
  readonly keysFolder: string
  /** Holds the note of what is committed. */
  readonly queueFolder: string
  readonly origin: string
  /** Makes a `key` leaf; resolves once it is durable. */
  readonly commitKey: (kid: string, content: Uint8Array) => Promise<unknown>
  readonly lookMs: number
  readonly now: () => number
  readonly log: Log
}

export interface Register {
  /** The enrolment in force; constant while `use` runs. */
  lookup(kid: string): EnrolledKey | undefined
  /**
   * Looks whether the file changed: at once for an unknown kid, else when the last look is older
   * than `lookMs`. A file that cannot be used leaves the old enrolments in force, loudly.
   */
  refresh(kids: Iterable<string>): Promise<void>
  /** Runs `work` with no change of enrolments during it. */
  use<T>(work: () => Promise<T>): Promise<T>
}

/** Reads the file for the first time. Errors: RECEIVER_ENROLMENT_MALFORMED, those of commitKey. */
export async function openRegister(options: RegisterOptions): Promise<Register> {
  const { commitKey, log, lookMs, now, origin } = options
  const file = watchFile(join(options.keysFolder, 'enrolled.json'))
  const notePath = join(options.queueFolder, 'enrolled.note')
  const gate = createGate()
  const committed = readNote(await readText(notePath), origin)
  let inForce = new Map<string, EnrolledKey>()
  let looking: Promise<void> | undefined
  let lastLook = 0

  async function look(): Promise<void> {
    lastLook = now()
    const text = await file.changed()
    if (text === undefined) return
    const read = text === '' ? new Map<string, EnrolledKey>() : readEnrolments(text)
    try {
      await gate.change(async () => {
        for (const key of read.values()) await announce(key)
        inForce = read
      })
    } catch (error) {
      // The file is good and the ledger was not (a full disk): the next look tries again.
      file.forget()
      throw error
    }
    log({ code: 'ENROLMENTS_READ', level: 'info', enrolments: read.size })
  }

  async function announce({ kid, content }: EnrolledKey): Promise<void> {
    const digest = base64url(createHash('sha256').update(content).digest())
    if (committed.get(kid) === digest) return
    await commitKey(kid, content)
    committed.set(kid, digest)
    await replaceText(notePath, writeNote(committed, origin))
    log({ code: 'KEY_ENROLLED', level: 'info', kid })
  }

  async function lookAgain(): Promise<void> {
    try {
      await look()
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      log({ code: 'ENROLMENTS_UNREADABLE', level: 'error', detail })
    }
  }

  await look()
  return {
    lookup: (kid) => inForce.get(kid),
    use: gate.use,
    async refresh(kids) {
      const due = now() - lastLook >= lookMs || [...kids].some((kid) => !inForce.has(kid))
      if (due) looking ??= lookAgain().finally(() => (looking = undefined))
      await looking
    },
  }
}

/** Another ledger's note says nothing about this one. */
function readNote(text: string | undefined, origin: string): Map<string, string> {
  const [first, ...lines] = text?.trimEnd().split('\n') ?? []
  if (first !== origin) return new Map()
  return new Map(lines.map((line) => line.split(' ') as [string, string]))
}

function writeNote(committed: ReadonlyMap<string, string>, origin: string): string {
  return [origin, ...Array.from(committed, (pair) => pair.join(' ')), ''].join('\n')
}

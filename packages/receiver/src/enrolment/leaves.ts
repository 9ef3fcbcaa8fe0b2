// The `key` leaves of the ledger, and the durable note of them.
import { join } from 'node:path'
import { encodeEnrolment, type Enrolment } from '@grantlog/ledger'
import type { Log } from '../flow.ts'
import { readText, replaceText } from '../io/note.ts'
import { type Noted, readNote, writeNote } from './note.ts'

export interface KeyLeavesOptions {
  /** Holds the note. */
  readonly queueFolder: string
  readonly origin: string
  /** Makes a `key` leaf; resolves once it is durable. */
  readonly commitKey: (kid: string, content: Uint8Array) => Promise<unknown>
  /** Unix milliseconds. */
  readonly now: () => number
  readonly log: Log
}

export interface KeyLeaves {
  /** Makes a leaf of an enrolment, unless the last leaf of the kid is the same. */
  add(kid: string, content: Uint8Array): Promise<void>
  /** Makes a leaf that ends the enrolment of a current kid now. */
  end(kid: string): Promise<void>
  /** Kids that have a leaf and were not ended. */
  current(): string[]
  assuranceOf(kid: string): Enrolment['assurance'] | undefined
  /** What the last leaf of the kid says, if it has one. */
  isRevoked(kid: string): boolean
}

/** Errors of add() and end(): those of commitKey and of the file system. */
export async function openKeyLeaves(options: KeyLeavesOptions): Promise<KeyLeaves> {
  const { commitKey, log, now, origin } = options
  const notePath = join(options.queueFolder, 'enrolled.note')
  const committed = readNote(await readText(notePath), origin)
  let asked: { readonly last: Noted; readonly assurance: Enrolment['assurance'] } | undefined

  async function note(kid: string, what: Noted): Promise<void> {
    committed.set(kid, what)
    await replaceText(notePath, writeNote(committed, origin))
  }

  return {
    async add(kid, content) {
      const last = committed.get(kid)
      if (last?.removed === false && last.content === toText(content)) return
      await commitKey(kid, content)
      await note(kid, { content: toText(content), removed: false })
      const { revoked: reason } = read({ content: toText(content) })
      if (reason === undefined) log({ code: 'KEY_ENROLLED', level: 'info', kid })
      else log({ code: 'KEY_REVOKED', level: 'warn', kid, reason })
    },
    async end(kid) {
      const last = committed.get(kid)
      if (last === undefined) return
      const content = endedAt(read(last), now())
      await commitKey(kid, content)
      await note(kid, { content: toText(content), removed: true })
      log({ code: 'KEY_REMOVED', level: 'warn', kid })
    },
    current: () => [...committed].flatMap(([kid, { removed }]) => (removed ? [] : [kid])),
    assuranceOf(kid) {
      const last = committed.get(kid)
      if (last === undefined) return undefined
      // Asked for each record that is forwarded.
      if (asked?.last !== last) asked = { last, assurance: read(last).assurance }
      return asked.assurance
    },
    isRevoked(kid) {
      const last = committed.get(kid)
      return last !== undefined && read(last).revoked !== undefined
    },
  }
}

/** The assurance of the last leaf of each key, as it was noted; none without a note. */
export async function assurancesIn(
  queueFolder: string,
  origin: string,
): Promise<Map<string, Enrolment['assurance']>> {
  const notes = readNote(await readText(join(queueFolder, 'enrolled.note')), origin)
  return new Map(Array.from(notes, ([kid, noted]) => [kid, read(noted).assurance]))
}

/** The same enrolment, over at `nowMs`. An end in the past stays; 0 would mean no end. */
function endedAt(enrolment: Enrolment, nowMs: number): Uint8Array {
  const { validUntil } = enrolment
  const seconds = Math.max(1, Math.floor(nowMs / 1000))
  const end = validUntil === 0 ? seconds : Math.min(validUntil, seconds)
  return encodeEnrolment({ ...enrolment, validUntil: end })
}

function read({ content }: Pick<Noted, 'content'>): Enrolment {
  return JSON.parse(content) as Enrolment
}

function toText(content: Uint8Array): string {
  return Buffer.from(content).toString()
}

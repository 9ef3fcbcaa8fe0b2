// The quarantine: what was refused is kept for a while, encrypted, so that somebody can look into
// it, and spans whose key was only not enrolled yet are not lost. Nothing here is sealed or
// forwarded, and no stranger can fill the disk: bytes in all, entries, bytes of a sender in a
// minute and days are bounded, and senders who proved nothing get half of it; what is over a bound
// is counted, not kept. See quarantine.test.ts.
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { type Journal, openJournal, openOffset, type Offset } from '@grantlog/journal'
import { streamName } from '@grantlog/ledger'
import { countSpans, type Log, type Refusal } from '../flow.ts'
import { readText } from '../io/note.ts'
import { type Limits, UNPROVEN_SHARE } from '../limits.ts'
import { type EntryFacts, openEntry, sealEntry } from './entry.ts'

export interface QuarantineOptions {
  readonly queueFolder: string
  /** 32 bytes, of the keystore. */
  readonly key: Uint8Array
  readonly limits: Pick<
    Limits,
    'quarantineBytes' | 'quarantineDays' | 'quarantineEntries' | 'quarantineSenderBytes'
  >
  readonly now: () => number
  readonly log: Log
}

/** What /readyz says of it. Spans of requests that lie there, and since the start. */
export interface QuarantineStatus {
  readonly entries: number
  readonly bytes: number
  /** Spans refused in what lies there, by reason. */
  readonly spans: Readonly<Record<string, number>>
  /** Spans that were taken into the log when their key was enrolled, since the start. */
  readonly released: number
  /** Spans refused and not kept, for a bound was reached, since the start. */
  readonly notKept: number
}

export interface Quarantine {
  readonly status: QuarantineStatus
  /** Spans that lie here, by stream, where the signature proves it. */
  readonly byStream: ReadonlyMap<string, number>
  /**
   * Keeps a request of which spans were refused; once, if it comes again while it lies there, as
   * who got no answer sends it. Never rejects.
   */
  keep(body: Uint8Array, facts: Omit<EntryFacts, 'at'>): Promise<void>
  /**
   * Gives each request that was refused for one of these keys to `again`, which takes it as if it
   * came now and says how many spans it took. Never rejects.
   */
  release(kids: ReadonlySet<string>, again: (body: Uint8Array) => Promise<number>): Promise<void>
  /** Each minute: new rates, and what is too old, or was asked to be dropped, goes. */
  minute(): Promise<void>
  close(): Promise<void>
}

/** Names in the queue folder. `drop` asks for all entries before the number in it to go. */
export const quarantineNames = {
  folder: 'quarantine',
  offset: 'quarantine.offset',
  drop: 'quarantine.drop',
} as const

const dayMs = 86_400_000
/** Old segments go whole: so many pieces of the quota. */
const segments = 16

/** What was asked to be dropped is gone before a key can release it. Errors: JournalError. */
export async function openQuarantine(options: QuarantineOptions): Promise<Quarantine> {
  const { key, limits, queueFolder } = options
  const journal = await openJournal({
    directory: join(queueFolder, quarantineNames.folder),
    segmentBytesMax: Math.ceil(limits.quarantineBytes / segments),
  })
  const offset = await openOffset(join(queueFolder, quarantineNames.offset))
  const kept = await readKept(journal, offset.value, key)
  const quarantine = new KeptQuarantine(options, { journal, offset, kept })
  await quarantine.minute()
  return quarantine
}

/** An entry that lies there. */
export interface KeptEntry extends EntryFacts {
  /** As it lies on the disk. */
  readonly bytes: number
  /** Of the request; see digestOf. */
  readonly digest: string
}

/** The entries that lie there: not dropped, and not released. */
export async function readKept(
  journal: Pick<Journal, 'first' | 'read'>,
  from: number,
  key: Uint8Array,
): Promise<Map<number, KeptEntry>> {
  const kept = new Map<number, KeptEntry>()
  for await (const { number, payload } of journal.read(Math.max(from, journal.first))) {
    const entry = openEntry(payload, key)
    if (entry?.kind === 'request') {
      const digest = digestOf(entry.body)
      kept.set(number, { ...entry.facts, bytes: payload.length, digest })
    } else for (const released of entry?.numbers ?? []) kept.delete(released)
  }
  return kept
}

class KeptQuarantine implements Quarantine {
  readonly #options: QuarantineOptions
  readonly #journal: Journal
  readonly #offset: Offset
  readonly #kept: Map<number, KeptEntry>
  /** Of what lies there. */
  readonly #digests = new Set<string>()
  readonly #senders = new Map<string, number>()
  /** Of what lies there, what nobody's signature vouches for. */
  readonly #unproven = { entries: 0, bytes: 0 }
  #released = 0
  #notKept = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    options: QuarantineOptions,
    parts: {
      readonly journal: Journal
      readonly offset: Offset
      readonly kept: Map<number, KeptEntry>
    },
  ) {
    this.#options = options
    this.#journal = parts.journal
    this.#offset = parts.offset
    this.#kept = parts.kept
    for (const entry of this.#kept.values()) {
      this.#countUnproven(entry, 1)
      this.#digests.add(entry.digest)
    }
  }

  get status(): QuarantineStatus {
    const spans: Record<string, number> = {}
    for (const { code, spans: more } of this.#refusals()) spans[code] = (spans[code] ?? 0) + more
    const { bytes } = this.#journal
    const sums = { released: this.#released, notKept: this.#notKept }
    return { entries: this.#kept.size, bytes, spans, ...sums }
  }

  get byStream(): Map<string, number> {
    const streams = new Map<string, number>()
    for (const { instance, sender, spans } of this.#refusals()) {
      if (instance === undefined) continue
      const name = streamName(sender, instance)
      streams.set(name, (streams.get(name) ?? 0) + spans)
    }
    return streams
  }

  keep(body: Uint8Array, facts: Omit<EntryFacts, 'at'>): Promise<void> {
    return this.#inTurn(async () => {
      const { key, now } = this.#options
      const digest = digestOf(body)
      if (this.#digests.has(digest)) return
      if (!this.#hasRoom(body.length, facts.refusals)) {
        this.#countNotKept(facts.refusals)
        return
      }
      const entry = { ...facts, at: now() }
      try {
        const sealed = sealEntry({ kind: 'request', facts: entry, body }, key)
        const number = await this.#journal.append(sealed)
        const kept = { ...entry, bytes: sealed.length, digest }
        this.#kept.set(number, kept)
        this.#digests.add(digest)
        this.#countUnproven(kept, 1)
      } catch (error) {
        this.#countNotKept(facts.refusals, error)
      }
    })
  }

  release(kids: ReadonlySet<string>, again: (body: Uint8Array) => Promise<number>): Promise<void> {
    return this.#inTurn(async () => {
      const { key, log } = this.#options
      const numbers: number[] = []
      for (const [number, { unknownKids }] of this.#kept) {
        if (!unknownKids.some((kid) => kids.has(kid))) continue
        try {
          const taken = await this.#takeAgain(number, again)
          this.#released += taken
          numbers.push(number)
        } catch (error) {
          log({ code: 'QUARANTINE_NOT_RELEASED', level: 'error', detail: String(error) })
        }
      }
      if (numbers.length === 0) return
      for (const number of numbers) this.#forget(number)
      log({ code: 'QUARANTINE_RELEASED', level: 'info', entries: numbers.length })
      // A crash before it releases them once more, when the key is enrolled the next time: then all
      // is a duplicate.
      const released = sealEntry({ kind: 'released', numbers }, key)
      await this.#journal.append(released).catch(() => undefined)
    })
  }

  minute(): Promise<void> {
    return this.#inTurn(async () => {
      this.#senders.clear()
      const { limits, log, now, queueFolder } = this.#options
      const asked = await this.#askedToDrop(join(queueFolder, quarantineNames.drop))
      const oldest = now() - limits.quarantineDays * dayMs
      const gone = [...this.#kept].filter(([number, { at }]) => number < asked || at < oldest)
      for (const [number] of gone) this.#forget(number)
      const [first = this.#journal.next] = this.#kept.keys()
      if (first === this.#offset.value) return
      try {
        await this.#offset.set(first)
        await this.#journal.prune(first)
        if (gone.length > 0)
          log({ code: 'QUARANTINE_DROPPED', level: 'info', entries: gone.length })
      } catch (error) {
        log({ code: 'QUARANTINE_NOT_DROPPED', level: 'error', detail: String(error) })
      }
    })
  }

  /** Entries below this number; 0: none. A file of somebody else's, which may not be readable. */
  async #askedToDrop(path: string): Promise<number> {
    try {
      return Number((await readText(path)) ?? 0)
    } catch (error) {
      const { log } = this.#options
      log({ code: 'QUARANTINE_NOT_DROPPED', level: 'error', detail: String(error) })
      return 0
    }
  }

  async close(): Promise<void> {
    await this.#last
    await this.#journal.close()
  }

  async #takeAgain(number: number, again: (body: Uint8Array) => Promise<number>): Promise<number> {
    for await (const { payload } of this.#journal.read(number)) {
      const entry = openEntry(payload, this.#options.key)
      return entry?.kind === 'request' ? again(entry.body) : 0
    }
    return 0
  }

  /**
   * Counts the bytes for each sender, so that one of them cannot take the place of all. What came
   * together with a proven sender's spans is for that one to answer for.
   */
  #hasRoom(bytes: number, refusals: readonly Refusal[]): boolean {
    const { limits } = this.#options
    if (this.#kept.size >= limits.quarantineEntries) return false
    if (this.#journal.bytes + bytes > limits.quarantineBytes) return false
    if (!isProven(refusals) && !this.#hasRoomForUnproven(bytes)) return false
    const senders = new Set(refusals.filter(isProvenOne).map(({ sender }) => sender))
    if (senders.size === 0) senders.add(UNPROVEN)
    const used = (sender: string): number => (this.#senders.get(sender) ?? 0) + bytes
    if ([...senders].some((sender) => used(sender) > limits.quarantineSenderBytes)) return false
    for (const sender of senders) this.#senders.set(sender, used(sender))
    return true
  }

  #hasRoomForUnproven(more: number): boolean {
    const { quarantineBytes, quarantineEntries } = this.#options.limits
    const { bytes, entries } = this.#unproven
    return (
      entries < UNPROVEN_SHARE * quarantineEntries &&
      bytes + more <= UNPROVEN_SHARE * quarantineBytes
    )
  }

  #forget(number: number): void {
    const entry = this.#kept.get(number)
    if (entry === undefined || !this.#kept.delete(number)) return
    this.#digests.delete(entry.digest)
    this.#countUnproven(entry, -1)
  }

  #countUnproven({ bytes, refusals }: KeptEntry, sign: 1 | -1): void {
    if (isProven(refusals)) return
    this.#unproven.entries += sign
    this.#unproven.bytes += sign * bytes
  }

  #countNotKept(refusals: readonly Refusal[], error?: unknown): void {
    if (this.#notKept === 0 || error !== undefined) {
      const detail = error instanceof Error ? error.message : 'a bound was reached'
      this.#options.log({ code: 'QUARANTINE_NOT_KEPT', level: 'warn', detail })
    }
    this.#notKept += countSpans(refusals)
  }

  *#refusals(): Generator<Refusal> {
    for (const { refusals } of this.#kept.values()) yield* refusals
  }

  /** One after the other; `work` never rejects. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done
    return done
  }
}

/** Tells a request that came before from another one. */
function digestOf(body: Uint8Array): string {
  return hash('sha256', body, 'base64')
}

/** All senders whom no signature proves are one: who only claims an enrolled key is one of them. */
const UNPROVEN = 'unknown'

/** True when a signature of an enrolled key vouches for some of the spans. */
function isProven(refusals: readonly Refusal[]): boolean {
  return refusals.some(isProvenOne)
}

function isProvenOne({ instance }: Refusal): boolean {
  return instance !== undefined
}

// What is forwarded: a log of commits, as a journal on the model, and bodies of pass-through.
import { type Journal, openJournal } from '@grantlog/journal'
import type { MemoryFiles, Random } from '@grantlog/journal/testing'
import { utf8 } from '@grantlog/record'
import type { StoredRecord } from '../../../../packages/receiver/src/forward/project.ts'
import type { CommittedFrame, FrameLog } from '../../../../packages/receiver/src/forward/records.ts'
import { openingsOf, producers } from '../ledger/producers.ts'

/** Records that there can be; their index in the log is their number. */
export const recordsMax = 150

const stored: readonly StoredRecord[] = Array.from({ length: recordsMax }, (_, index) => {
  const { kid, batch } = producers[index % producers.length]!
  const record = batch(Math.floor(index / producers.length), 1, 0).records[0]!
  const { canonical } = record
  return { index, entry: utf8(`leaf ${index}`), kid, canonical, openings: openingsOf(record) }
})

/** The log of one life. A frame is the number of its first record, and how many they are. */
export class Commits implements FrameLog {
  readonly journal: Journal
  readonly #waiting = new Set<() => void>()

  private constructor(journal: Journal) {
    this.journal = journal
  }

  static async open(files: MemoryFiles, random: Random): Promise<Commits> {
    const salt = (): number => random.below(2 ** 32)
    return new Commits(await openJournal({ directory: '/data/commit', files, salt }))
  }

  get next(): number {
    return this.journal.next
  }

  async append(first: number, count: number): Promise<void> {
    await this.journal.append(Uint8Array.of(first, count))
    for (const wake of this.#waiting) wake()
  }

  async *read(from: number): AsyncGenerator<CommittedFrame, void, void> {
    for await (const { number, payload } of this.journal.read(from)) {
      const [first, count] = payload as unknown as [number, number]
      yield { number, records: stored.slice(first, first + count) }
    }
  }

  async waitFor(number: number, signal: AbortSignal): Promise<void> {
    while (this.next <= number && !signal.aborted) {
      const { promise, resolve: wake } = Promise.withResolvers<void>()
      this.#waiting.add(wake)
      signal.addEventListener('abort', () => wake())
      await promise
      this.#waiting.delete(wake)
    }
  }
}

/** A ResourceSpans (field 1 of the request) with the body's number where a sink looks for it. */
export function bodyOf(number: number): Uint8Array {
  const text = utf8(`body ${number};`)
  // ScopeSpans 2 → Span 2 → name 5.
  const span = Uint8Array.of(0x2a, text.length, ...text)
  const scope = Uint8Array.of(0x12, span.length, ...span)
  const resource = Uint8Array.of(0x12, scope.length, ...scope)
  return Uint8Array.of(0x0a, resource.length, ...resource)
}

/** Numbers of the bodies in a request or frame. */
export function bodiesIn(bytes: Uint8Array): number[] {
  return Array.from(latin1(bytes).matchAll(/body (\d+);/g), ([, digits]) => Number(digits))
}

/** Indexes of the records in a request. */
export function recordsIn(bytes: Uint8Array): number[] {
  const found = latin1(bytes).matchAll(/grantlog\.index\x12.\x0a.(\d+)/gs)
  return Array.from(found, ([, digits]) => Number(digits))
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

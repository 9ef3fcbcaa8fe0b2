// The newest commits as requests to sinks of OTLP: each is encoded once, while it becomes durable,
// for all of them. A sink that is further behind reads the ledger. See recent.test.ts and
// test/flow/marks.test.ts.
import type { ShownCommit, ShownRecord } from '@grantlog/ledger'
import { encodeMarked } from './marked.ts'
import { Marks } from './marks.ts'
import type { Projection } from './project.ts'

/**
 * Smaller ones share a collection with so much else that it does not run for them. None is of
 * Node's pool of memory, which may be larger: the ledger's `giveBackAlone` would leave it.
 */
const givenBackBytesMin = 16 * 1024

/**
 * Records of one commit, pseudonymised, as a request; `indexes` of their leaves. Its memory goes
 * back at once, when the commit is driven out and no sink sends it any more: for each 64 MiB that
 * are left to the garbage collector V8 looks at all objects.
 */
export class RecentRequest {
  readonly indexes: readonly number[]
  readonly #bytes: Uint8Array
  #senders = 0
  #isKept = true

  constructor(records: readonly ShownRecord[], marks: Marks) {
    this.#bytes = encodeMarked(records, marks)
    this.indexes = records.map(({ index }) => index)
  }

  get length(): number {
    return this.#bytes.length
  }

  /** For a sink that sends it, until `letGo`. */
  hold(): Uint8Array {
    this.#senders++
    return this.#bytes
  }

  /** The sink has it, and nothing of it is on its way any more. */
  letGo(): void {
    this.#senders--
    this.#giveBack()
  }

  /** No further sink holds it. */
  drop(): void {
    this.#isKept = false
    this.#giveBack()
  }

  #giveBack(): void {
    const { buffer } = this.#bytes
    if (this.#isKept || this.#senders > 0 || buffer.byteLength < givenBackBytesMin) return
    if (buffer instanceof ArrayBuffer) buffer.transfer(0)
  }
}

export interface RecentCommit {
  /** Of its frame. */
  readonly number: number
  /** None where it has no records. */
  readonly requests: readonly RecentRequest[]
  readonly spans: number
}

export interface RecentLimits {
  /** Bytes of all requests that are kept. */
  readonly bytesMax: number
  /** Spans of one request. */
  readonly spansMax: number
}

export interface RecentCommits {
  /** Encodes the commit that follows; what it gives takes it, once it is durable. */
  prepare(commit: ShownCommit): () => void
  /** Undefined when it is older, or did not come whole. */
  get(number: number): RecentCommit | undefined
}

/** What a commit costs besides its requests, about: most commits of a quiet time have none. */
const commitBytes = 256

export function recentCommits(
  projection: Projection,
  { bytesMax, spansMax }: RecentLimits,
): RecentCommits {
  const marks = new Marks(projection)
  const commits = new Map<number, RecentCommit>()
  let bytes = 0
  const take = (commit: RecentCommit): void => {
    commits.set(commit.number, commit)
    bytes += bytesOf(commit)
    // A Map iterates in order of insertion: the oldest go.
    for (const [oldest, old] of commits) {
      if (bytes <= bytesMax) break
      commits.delete(oldest)
      bytes -= bytesOf(old)
      for (const request of old.requests) request.drop()
    }
  }
  return {
    prepare({ number, records }) {
      if (records === null) return () => undefined
      const requests: RecentRequest[] = []
      for (let at = 0; at < records.length; at += spansMax) {
        requests.push(new RecentRequest(records.slice(at, at + spansMax), marks))
      }
      return () => take({ number, requests, spans: records.length })
    },
    get: (number) => commits.get(number),
  }
}

function bytesOf({ requests }: RecentCommit): number {
  return requests.reduce((sum, { length }) => sum + length, commitBytes)
}

// The newest commits as requests to sinks of OTLP: each is encoded once, while it becomes durable,
// for all of them. A sink that is further behind reads the ledger. See recent.test.ts and
// test/flow/marks.test.ts.
import type { ShownCommit, ShownRecord } from '@grantlog/ledger'
import { encodeMarked } from './marked.ts'
import { Marks } from './marks.ts'
import type { Projection } from './project.ts'

/** Records of one commit, pseudonymised, as a request; `indexes` of their leaves. */
export interface RecentRequest {
  readonly bytes: Uint8Array
  readonly indexes: readonly number[]
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
  const requestOf = (records: readonly ShownRecord[]): RecentRequest => ({
    bytes: encodeMarked(records, marks),
    indexes: records.map(({ index }) => index),
  })
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
    }
  }
  return {
    prepare({ number, records }) {
      if (records === null) return () => undefined
      const requests: RecentRequest[] = []
      for (let at = 0; at < records.length; at += spansMax) {
        requests.push(requestOf(records.slice(at, at + spansMax)))
      }
      return () => take({ number, requests, spans: records.length })
    },
    get: (number) => commits.get(number),
  }
}

function bytesOf({ requests }: RecentCommit): number {
  return requests.reduce((sum, { bytes }) => sum + bytes.length, commitBytes)
}

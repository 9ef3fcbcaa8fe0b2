// The newest commits as requests to sinks of OTLP: each is encoded once, when it becomes durable,
// for all of them. A sink that is further behind reads the ledger. See recent.test.ts.
import type { ShownCommit } from '@grantlog/ledger'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { markedSpan } from './marks.ts'
import { groupSpans, type Projection } from './project.ts'

/** The records of one commit, pseudonymised, as a request; `indexes` of their leaves. */
export interface RecentCommit {
  readonly number: number
  readonly request: Uint8Array
  readonly indexes: readonly number[]
}

export interface RecentCommits {
  /** Takes the commit that follows. */
  add(commit: ShownCommit): void
  /** Undefined when it is older, or did not come whole. */
  get(number: number): RecentCommit | undefined
}

/** Keeps at most `bytesMax` bytes of requests. */
export function recentCommits(projection: Projection, bytesMax: number): RecentCommits {
  const commits = new Map<number, RecentCommit>()
  let bytes = 0
  return {
    add({ number, records }) {
      if (records === null) return
      const spans = records.map((record) => ({
        producer: record.shown.producer,
        span: markedSpan(record, record.shown.span, projection),
      }))
      const request = encodeTraceRequest(groupSpans(spans))
      commits.set(number, { number, request, indexes: records.map(({ index }) => index) })
      bytes += request.length
      // A Map iterates in order of insertion: the oldest go.
      for (const [oldest, commit] of commits) {
        if (bytes <= bytesMax) break
        commits.delete(oldest)
        bytes -= commit.request.length
      }
    },
    get: (number) => commits.get(number),
  }
}

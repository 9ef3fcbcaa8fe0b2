// What becomes of sinks, in the log: one that takes nothing any more is what somebody wants who
// does not want to be seen (FORMAT.md 3.9). Looked at several times a minute; a change is sealed,
// then noted, so that a restart tells of it once, and also of a sink that the configuration has no
// more. See sinks.test.ts.
import type { SinkChange, SinkCondition } from '@grantlog/ledger'
import { MAX_SINKS_NOTED, SINK_NOTED_MS } from '../limits.ts'
import type { Note } from './note.ts'

/** What a sink says of itself; see SinkStatus. */
export interface WatchedSink {
  readonly name: string
  readonly forwarded: number
  /** Failed attempts in a row. */
  readonly retries: number
  readonly lag: { readonly commits: number }
  readonly stopped: boolean
}

export interface SinkWatchOptions {
  readonly sinks: () => readonly WatchedSink[]
  /** Durable when it resolves. Rejects when it could not be committed: then it comes again. */
  readonly commit: (change: SinkChange) => Promise<unknown>
  readonly note: Note
  /** How long a sink takes nothing until that is said, ms. */
  readonly failingMs: number
  /** Unix milliseconds. */
  readonly now: () => number
}

export interface SinkWatch {
  /** Looks once. Never rejects: what failed comes again. */
  look(): Promise<void>
  /** Resolves when no look is under way; from then on there are none. */
  close(): Promise<void>
}

/** Of a sink: what was said last, and since when it fails, Unix ms; 0: it does not. */
type Known = { readonly state: SinkCondition; readonly since: number }

const states: ReadonlySet<unknown> = new Set(['failing', 'forwarding', 'stopped'])

export async function watchSinks(options: SinkWatchOptions): Promise<SinkWatch> {
  const { commit, failingMs, note, now } = options
  let written = await note.read().catch(() => undefined)
  const known = knownIn(written)
  let looking: Promise<void> | undefined
  let isClosed = false

  async function tell(name: string, state: SinkCondition, commits: number): Promise<void> {
    await commit({ at: now(), commits, name, state })
  }

  async function lookAt(sink: WatchedSink): Promise<void> {
    const { lag, name } = sink
    const before = known.get(name) ?? { state: 'forwarding', since: 0 }
    const after = next(before, sink, { failingMs, now: now() })
    if (after.state !== before.state) await tell(name, after.state, lag.commits)
    known.set(name, after)
  }

  async function lookAtAll(): Promise<void> {
    try {
      const sinks = options.sinks()
      for (const sink of sinks) await lookAt(sink)
      const there = new Set(sinks.map(({ name }) => name))
      for (const name of known.keys()) {
        if (there.has(name)) continue
        await tell(name, 'removed', 0)
        known.delete(name)
      }
      await keep()
    } catch {
      // Of the commit somebody was told; a note that is older says the same again.
    }
  }

  async function keep(): Promise<void> {
    const rows = Array.from(known, ([name, { since, state }]) => {
      const isLong = now() - since >= SINK_NOTED_MS
      return [name, { state, since: isLong ? since : 0 }] as const
    })
    const text = JSON.stringify(rows.slice(0, MAX_SINKS_NOTED))
    if (text === (written ?? '[]')) return
    await note.write(text)
    written = text
  }

  return {
    async look() {
      if (isClosed) return
      looking ??= lookAtAll().finally(() => (looking = undefined))
      await looking
    },
    async close() {
      isClosed = true
      await looking
    },
  }
}

/** After a restart nothing has failed yet: it takes again only when it took something. */
function next(
  before: Known,
  { forwarded, lag, retries, stopped }: WatchedSink,
  { failingMs, now }: { readonly failingMs: number; readonly now: number },
): Known {
  if (stopped) return { state: 'stopped', since: 0 }
  if (retries === 0) {
    const isWell = forwarded > 0 || lag.commits === 0
    return isWell ? { state: 'forwarding', since: 0 } : before
  }
  // A clock that was put back begins anew.
  const since = before.since === 0 || before.since > now ? now : before.since
  const state = now - since >= failingMs ? 'failing' : before.state
  return { state, since }
}

/** Nothing of what is no note: then all that is configured is new. */
function knownIn(text: string | undefined): Map<string, Known> {
  try {
    const list = JSON.parse(text ?? '[]') as unknown
    return new Map(Array.isArray(list) ? list.filter(isKnown).slice(0, MAX_SINKS_NOTED) : [])
  } catch {
    return new Map()
  }
}

function isKnown(row: unknown): row is [string, Known] {
  if (!Array.isArray(row) || row.length !== 2) return false
  const [name, known] = row as [unknown, Partial<Known> | null]
  return typeof name === 'string' && states.has(known?.state) && Number.isSafeInteger(known?.since)
}

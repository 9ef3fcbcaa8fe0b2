// What became of every stream's records, at any time: for /readyz, the admin port and `grantlog
// doctor`. See account.test.ts.
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import {
  decodeLeaf,
  isRecordLeaf,
  type Ledger,
  LedgerError,
  streamName,
  type Streams,
} from '@grantlog/ledger'
import type { Refusal } from '../flow.ts'
import { MAX_REFUSING_STREAMS, MAX_WORST_STREAMS, STREAMS_PER_TURN } from '../limits.ts'
import {
  accountant,
  type AccountContext,
  type AccountTotals,
  badness,
  exactTotals,
  type StreamAccount,
  totalsOf,
} from './account.ts'
import { countDeadLetters, type DeadLetterCounts } from './io/dead-letters.ts'

/** What the accounts read of a ledger. */
export type AccountedLedger = Pick<
  Ledger,
  'entry' | 'frames' | 'nextFrame' | 'published' | 'size' | 'streams'
>

export interface AccountsOptions {
  readonly ledger: AccountedLedger
  /** Holds the dead-letter files. */
  readonly queueFolder: string
  readonly sinks: () => readonly {
    readonly name: string
    readonly lag: { readonly commits: number }
  }[]
  readonly quarantined: () => ReadonlyMap<string, number>
  /** Unix milliseconds; only where no receiver runs that counts the minutes of silence. */
  readonly now?: () => number
}

export interface StreamsPage {
  readonly streams: readonly StreamAccount[]
  /** Where the next page begins; null: this is the last. */
  readonly next: number | null
}

export interface StreamsSummary extends AccountTotals {
  /** The streams with most to ask about, the worst first. */
  readonly worst: readonly StreamAccount[]
}

export interface StreamAccounts {
  /** Counts refused spans of streams that their signature proves. */
  refused(refusals: readonly Refusal[]): void
  summary(): Promise<StreamsSummary>
  /** Streams in the order they were first seen, from a place on. */
  page(from: number, most: number): Promise<StreamsPage>
}

export function createStreamAccounts(options: AccountsOptions): StreamAccounts {
  const { ledger, queueFolder, quarantined, sinks } = options
  const refused = new Map<string, Record<string, number>>()
  const letters = new Map<string, DeadLetterCounts>()
  /** One for all who ask meanwhile. */
  let summing: Promise<StreamsSummary> | undefined

  async function context(): Promise<AccountContext> {
    const { published, streams } = ledger
    const progress = await Promise.all(
      sinks().map(async ({ lag, name }) => {
        // As the sink's own writer names them (forward/io/dead-letter.ts), the oldest first.
        const files = [`${name}.dead.1.jsonl`, `${name}.dead.jsonl`]
        const paths = files.map((file) => join(queueFolder, file))
        const counts = letters.get(name) ?? countDeadLetters(paths, streamAt)
        letters.set(name, counts)
        await counts.refresh()
        const below = await indexOf(ledger, lag.commits)
        return { name, below, dead: counts.dead, deadTotal: counts.total }
      }),
    )
    const clock = options.now === undefined ? {} : { now: options.now() }
    const known = { streams, published, sinks: progress, refused, quarantined: quarantined() }
    return { ...known, ...clock }
  }

  async function streamAt(index: number): Promise<string | undefined> {
    try {
      const leaf = decodeLeaf(await ledger.entry(index))
      return isRecordLeaf(leaf) ? streamName(leaf.kid, leaf.instance) : undefined
    } catch (error) {
      // A line of another log, or of one that was restored from an older copy.
      if (error instanceof LedgerError) return undefined
      throw error
    }
  }

  return {
    refused(refusals) {
      for (const { code, instance, sender, spans } of refusals) {
        if (instance === undefined) continue
        const name = streamName(sender, instance)
        const reasons = refused.get(name) ?? {}
        reasons[code] = (reasons[code] ?? 0) + spans
        refused.delete(name)
        refused.set(name, reasons)
        if (refused.size > MAX_REFUSING_STREAMS) refused.delete(refused.keys().next().value!)
      }
    },
    summary() {
      summing ??= context()
        .then((known) => sumUp(ledger.streams, known))
        .finally(() => (summing = undefined))
      return summing
    },
    async page(from, most) {
      const streams: StreamAccount[] = []
      for await (const row of inTurns(ledger.streams, await context(), from)) {
        if (streams.length >= most) break
        streams.push(row)
      }
      const next = from + streams.length
      return { streams, next: next < ledger.streams.totals.streams ? next : null }
    },
  }
}

async function sumUp(streams: Streams, known: AccountContext): Promise<StreamsSummary> {
  let sums = totalsOf([])
  let worst: StreamAccount[] = []
  let rows: StreamAccount[] = []
  const addUp = (): void => {
    sums = totalsOf(rows, sums)
    worst = [...worst, ...rows.filter((row) => badness(row) > 0)]
      .sort((a, b) => badness(b) - badness(a))
      .slice(0, MAX_WORST_STREAMS)
    rows = []
  }
  for await (const row of inTurns(streams, known)) {
    rows.push(row)
    if (rows.length === STREAMS_PER_TURN) addUp()
  }
  addUp()
  return { ...exactTotals(sums, known.sinks), worst }
}

/** Many streams take a second: in turns, so that no acknowledgement waits for a probe. */
async function* inTurns(
  streams: Streams,
  known: AccountContext,
  from = 0,
): AsyncGenerator<StreamAccount, void, void> {
  let account = accountant(known)
  let inTurn = 0
  for (const state of streams.states(from)) {
    yield account(state)
    if (++inTurn < STREAMS_PER_TURN) continue
    inTurn = 0
    await setImmediate()
    account = accountant(known)
  }
}

/** Index of the first leaf of the commit that comes `lag` commits before the end. */
async function indexOf(ledger: AccountedLedger, lag: number): Promise<number> {
  const { nextFrame, size } = ledger
  if (lag === 0) return size
  for await (const { first } of ledger.frames(nextFrame - lag)) return first
  return size
}

// From times of acknowledgements and of fdatasync to what is said of them. See ack-result.test.ts.
import { rounded } from './figures.ts'
import type { LoopDelay } from './loop-delay.ts'
import type { Result } from './result.ts'
import { type KeptRatio, noiseOf, percentile, ratioOf } from './statistics.ts'

/** What was measured beside something, or beside nothing: `quiet`. The first is the yardstick. */
export interface Measured {
  readonly name: string
  readonly spans: number
  /** Bytes of a write beside it. */
  readonly bytes: number
  /** Milliseconds: a list for each round. */
  readonly acks: number[][]
  readonly syncs: number[][]
  /** Of the receiver, while it acknowledged: one for each round. */
  readonly loops: LoopDelay[]
}

const parts = { p50: 0.5, p99: 0.99 } as const
type Part = keyof typeof parts
type Times = Readonly<Record<Part, number>>
type Ratios = Readonly<Record<Part, KeptRatio>>

export function resultOf(measured: readonly Measured[]): Result {
  const [quiet, ...others] = measured as [Measured, ...Measured[]]
  const beside = others.filter(({ name }) => name !== quiet.name)
  const sizes = measured.filter(({ name }) => name === quiet.name)
  const ratios: Record<string, KeptRatio> = {}
  const keep = (name: string, found: Ratios): Times => {
    ratios[`${name}/p50`] = found.p50
    ratios[`${name}/p99`] = found.p99
    return { p50: found.p50.ratio, p99: found.p99.ratio }
  }
  const bySpans = sizes.map(({ acks, bytes, spans, syncs }) => {
    const ratio = keep(`ack/${spans}`, ratiosOf(acks, syncs))
    return [spans, { ackMs: timesOf(acks), fdatasyncMs: timesOf(syncs), ratio, bytes }] as const
  })
  const under = beside.map(({ acks, loops, name, syncs }) => {
    const ratioToQuiet = keep(`ack/${name}`, ratiosOf(acks, quiet.acks))
    const fdatasyncMs = timesOf(syncs)
    return [name, { ...timesOf(acks), ratioToQuiet, fdatasyncMs, eventLoopMs: longest(loops) }]
  })
  const { searches, ...more } = Object.fromEntries(under) as Record<string, object>
  return {
    json: {
      ...new Map(bySpans).get(quiet.spans),
      underSearches: searches,
      under: more,
      bySpans: Object.fromEntries(bySpans),
      eventLoopMs: longest(quiet.loops),
      spans: quiet.spans,
    },
    ratios,
    table: [heads, ...measured.map((one) => rowOf(one, quiet))],
  }
}

const heads = [
  'requests of',
  'beside',
  'ack p50, p99',
  'fdatasync p50, p99',
  'ack ÷ fdatasync',
  'ack ÷ quiet ack',
  'event loop p99, at most',
]

function rowOf({ acks, loops, name, spans, syncs }: Measured, quiet: Measured): string[] {
  const both = (times: Times): string => `${times.p50}, ${times.p99}`
  const ratios = ({ p50, p99 }: Ratios): string => both({ p50: p50.ratio, p99: p99.ratio })
  const loop = longest(loops)
  return [
    String(spans),
    name === quiet.name ? '' : name,
    `${both(timesOf(acks))} ms`,
    `${both(timesOf(syncs))} ms`,
    ratios(ratiosOf(acks, syncs)),
    name === quiet.name ? '' : ratios(ratiosOf(acks, quiet.acks)),
    `${loop.p99Ms}, ${loop.maxMs} ms`,
  ]
}

/** Of all rounds together: a p99 needs many. */
function timesOf(rounds: readonly number[][]): Times {
  const all = rounds.flat()
  return { p50: rounded(percentile(all, parts.p50)), p99: rounded(percentile(all, parts.p99)) }
}

/** Of all rounds together, and how far the rounds are apart. */
function ratiosOf(ours: readonly number[][], theirs: readonly number[][]): Ratios {
  const [one, other] = [timesOf(ours), timesOf(theirs)]
  const ratio = (part: Part): KeptRatio => {
    const of = (rounds: readonly number[][]): number[] =>
      rounds.map((times) => percentile(times, parts[part]))
    const noise = noiseOf(ratioOf(of(ours), of(theirs)))
    return { ratio: rounded(one[part] / other[part]), noise: rounded(noise) }
  }
  return { p50: ratio('p50'), p99: ratio('p99') }
}

function longest(loops: readonly LoopDelay[]): LoopDelay {
  const most = (of: keyof LoopDelay): number => rounded(Math.max(...loops.map((loop) => loop[of])))
  return { p99Ms: most('p99Ms'), maxMs: most('maxMs') }
}

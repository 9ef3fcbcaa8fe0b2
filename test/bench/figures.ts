// From rounds to what is said of them.
import type { Run } from './rounds.ts'
import { type KeptRatio, median, noiseOf, ratioOf } from './statistics.ts'
import type { OurName, SubjectName } from './subjects.ts'

/** CPU of ours divided by a peer's, round by round. */
export function ratioTo(peer: SubjectName, { cpuUs }: Run, ours: OurName = 'grantlog'): KeptRatio {
  const spread = ratioOf(cpuUs[ours] ?? [], cpuUs[peer] ?? [])
  return { ratio: rounded(spread.median), noise: rounded(noiseOf(spread)) }
}

/** Microseconds for one span or one request, the median of the rounds. */
export function costOf(name: SubjectName, run: Run, per: 'spans' | 'requests'): number {
  return rounded(median(run.cpuUs[name] ?? []) / run[per])
}

/** What it had before anything was counted. */
export function warmedUp({ warmUpSpans }: Run, name: SubjectName): string {
  return `${warmUpSpans[name]} spans before`
}

export function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

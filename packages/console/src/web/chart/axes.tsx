// The axes of charts: few lines, times in the reader's zone.
import type uPlot from 'uplot'
import { countText } from '../parts/numbers.ts'
import { type Zone, clockText, dayText } from '../parts/times.ts'

const DAY_S = 86_400

export function axes(where: Zone, height: number): uPlot.Axis[] {
  const style = getComputedStyle(document.documentElement)
  const read = (name: string): string => style.getPropertyValue(name)
  const look = { stroke: read('--muted'), font: `11px ${read('--sans')}` }
  const tick = { stroke: read('--line'), width: 1, size: 4 }
  return [
    {
      ...{ ...look, grid: { show: false }, ticks: tick, size: 28, space: 84 },
      values: (_plot, splits) => splits.map((split, at) => tickText(splits, at, where, split)),
    },
    {
      ...{
        ...look,
        grid: { stroke: read('--line'), width: 1 },
        ticks: { show: false },
        space: height < 150 ? 24 : 48,
      },
      size: 48,
      incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7],
      values: (_plot, splits) => splits.map((split) => (split === 0 ? '0' : countText(split))),
    },
  ]
}

/** The day where it changes, else the time of the day. */
function tickText(splits: readonly number[], at: number, where: Zone, split: number): string {
  const before = splits[at - 1]
  const step = (splits[1] ?? split) - (splits[0] ?? split)
  const day = dayText(split * 1_000, where).slice(5)
  if (step >= DAY_S) return day
  const clock = clockText(split * 1_000, where)
  if (before !== undefined && dayText(before * 1_000, where).slice(5) !== day) return day
  if (step >= 60) return clock.slice(0, 5)
  return step < 1 ? clock.slice(3, 12) : clock.slice(0, 8)
}

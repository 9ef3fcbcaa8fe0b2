// What the stream sent and is not shown yet. See waiting.test.ts.
import type { Gap } from '../../api/live.ts'
import type { Row } from '../../api/records.ts'

export interface LiveGap extends Gap {
  readonly isGap: true
}

export type LiveItem = Row | LiveGap

export function isGap(item: LiveItem): item is LiveGap {
  return 'isGap' in item
}

/** Puts it behind the others. Over `most`, the oldest become one gap, in their place. */
export function keep(waiting: LiveItem[], item: LiveItem, most: number): void {
  waiting.push(item)
  if (waiting.length <= most) return
  const lost = waiting.splice(0, waiting.length - most + 1)
  const [first, last] = [lost[0], lost.at(-1)]
  if (first === undefined || last === undefined) return
  const from = isGap(first) ? first.from : first.index
  const to = isGap(last) ? last.to : last.index
  const count = lost.reduce((sum, one) => sum + (isGap(one) ? one.count : 1), 0)
  waiting.unshift({ isGap: true, from, to, count, why: 'away-too-long' })
}

// Times, durations and counts as elements, each with its whole value in the title.
import { type ReactNode, useSyncExternalStore } from 'react'
import { zone } from '../settings/choices.tsx'
import { countText, durationText } from './numbers.ts'
import { agoText, clockText, isoText, listText, timeText, tickMs } from './times.ts'

interface TimeProps {
  /** Unix milliseconds. */
  readonly ms: number | null
  readonly none?: string
  /** How long ago, beside it. */
  readonly ago?: boolean
  /** Without its date. */
  readonly clock?: boolean
  /** Without its year, if that is this year. */
  readonly list?: boolean
}

export function Time({
  ms,
  none = '–',
  ago = false,
  clock = false,
  list = false,
}: TimeProps): ReactNode {
  const where = zone.use()
  if (ms === null || !Number.isFinite(ms)) return <span className="none">{none}</span>
  const iso = isoText(ms)
  return (
    <time dateTime={new Date(ms).toISOString()} title={iso} className="time">
      {clock ? clockText(ms, where) : list ? listText(ms, where, now) : timeText(ms, where)}
      {ago ? <Ago ms={ms} /> : null}
    </time>
  )
}

export function Ago({ ms }: { readonly ms: number }): ReactNode {
  return <span className="ago"> {agoText(ms, useNow())}</span>
}

interface AgoCellProps {
  readonly ms: number | null
  readonly none?: string
  readonly before?: string
}

/** How far away, over the time itself to the second; the rest of it is in the title. */
export function AgoCell({ ms, none = '–', before = '' }: AgoCellProps): ReactNode {
  const now = useNow()
  const where = zone.use()
  if (ms === null) return <span className="none">{none}</span>
  return (
    <time className="two-lines ago-cell" dateTime={new Date(ms).toISOString()} title={isoText(ms)}>
      <span>
        {before}
        {agoText(ms, now)}
      </span>
      <small>{timeText(ms, where).slice(0, 19)}</small>
    </time>
  )
}

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function listen(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const one of listeners) one()
  }, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Unix milliseconds, renewed every few seconds for all at once. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now)
}

export function Duration({ ms }: { readonly ms: number | null }): ReactNode {
  if (ms === null) return <span className="none">–</span>
  return (
    <span className="number" title={`${ms} ms`}>
      {durationText(ms)}
    </span>
  )
}

export function Count({ n }: { readonly n: number }): ReactNode {
  return <span className="number">{countText(n)}</span>
}

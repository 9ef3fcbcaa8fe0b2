// The live tail: what the stream sent, newest first; while it is paused, how much waits.
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Gap } from '../../api/live.ts'
import type { Row } from '../../api/records.ts'
import { listenLive } from '../io/live.tsx'

/** Rows that are kept; a browser would get slow, and nobody reads on. */
const MAX_LIVE_ROWS = 1_000
/** Rows come in bunches: what arrives in this time is shown at once. */
const BUNCH_MS = 200

export interface LiveGap extends Gap {
  readonly isGap: true
}

export type LiveItem = Row | LiveGap

export function isGap(item: LiveItem): item is LiveGap {
  return 'isGap' in item
}

export interface Tail {
  readonly items: readonly LiveItem[]
  readonly waiting: number
  readonly isPaused: boolean
  readonly state: 'connecting' | 'open' | 'lost' | 'over'
  /** Leaves of the log that the stream has not looked at yet. */
  readonly behind: number
  readonly setPaused: (isPaused: boolean) => void
}

export function useTail(q: string, personal: boolean, isOn: boolean): Tail {
  const [items, setItems] = useState<readonly LiveItem[]>([])
  const [isPaused, setPaused] = useState(false)
  const [waiting, setWaiting] = useState(0)
  const [state, setState] = useState<Tail['state']>('connecting')
  const [behind, setBehind] = useState(0)
  const buffer = useRef<LiveItem[]>([])
  const paused = useRef(false)
  paused.current = isPaused

  const flush = useCallback(() => {
    const came = buffer.current
    if (paused.current) return setWaiting(came.length)
    if (came.length === 0) return
    buffer.current = []
    setWaiting(0)
    setItems((before) => [...came.toReversed(), ...before].slice(0, MAX_LIVE_ROWS))
  }, [])

  useEffect(flush, [isPaused, flush])

  useEffect(() => {
    setItems([])
    buffer.current = []
    setWaiting(0)
    setState('connecting')
    if (!isOn) return setPaused(false)
    const take = (item: LiveItem): void => keep(buffer.current, item)
    const end = listenLive(
      { q, personal },
      {
        onOpen: () => setState('open'),
        onRow: take,
        onGap: (gap) => take({ ...gap, isGap: true }),
        onPosition: (position) => setBehind(position.behind),
        onLost: (isOver) => setState(isOver ? 'over' : 'lost'),
      },
    )
    const timer = setInterval(flush, BUNCH_MS)
    return () => {
      end()
      clearInterval(timer)
    }
  }, [q, personal, isOn, flush])

  return { items, waiting, isPaused, state, behind, setPaused }
}

/** While it is paused for long, the oldest that wait become a gap. */
function keep(buffer: LiveItem[], item: LiveItem): void {
  buffer.push(item)
  if (buffer.length <= MAX_LIVE_ROWS) return
  const lost = buffer.splice(0, buffer.length - MAX_LIVE_ROWS + 1)
  const [first, last] = [lost[0], lost.at(-1)]
  if (first === undefined || last === undefined) return
  const from = isGap(first) ? first.from : first.index
  const to = isGap(last) ? last.to : last.index
  const before = lost.reduce((sum, one) => sum + (isGap(one) ? one.count : 1), 0)
  buffer.unshift({ isGap: true, from, to, count: before, why: 'away-too-long' })
}

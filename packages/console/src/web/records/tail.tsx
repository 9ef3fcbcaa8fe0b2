// The live tail: what the stream sent, newest first; while it is paused, how much waits.
import { useCallback, useEffect, useRef, useState } from 'react'
import { listenLive } from '../io/live.tsx'
import { type LiveItem, keep } from './waiting.ts'

/** Rows that are kept; a browser would get slow, and nobody reads on. */
const MAX_LIVE_ROWS = 1_000
/** Rows come in bunches: what arrives in this time is shown at once. */
const BUNCH_MS = 200

export interface Tail {
  readonly items: readonly LiveItem[]
  readonly waiting: number
  readonly isPaused: boolean
  readonly state: 'connecting' | 'open' | 'lost'
  /** Leaves of the log that the stream has not looked at yet. */
  readonly behind: number
  readonly setPaused: (isPaused: boolean) => void
}

/** What the table has without it: the stream begins behind that, and nothing is left out. */
export interface Shown {
  readonly q: string
  readonly personal: boolean
  /** Place in the log up to which was looked; undefined: not known yet. */
  readonly lookedTo: number | undefined
}

export function useTail({ lookedTo, personal, q }: Shown, isOn: boolean): Tail {
  const [items, setItems] = useState<readonly LiveItem[]>([])
  const [isPaused, setPaused] = useState(false)
  const [waiting, setWaiting] = useState(0)
  const [state, setState] = useState<Tail['state']>('connecting')
  const [behind, setBehind] = useState(0)
  const buffer = useRef<LiveItem[]>([])
  const paused = useRef(false)
  paused.current = isPaused
  const place = useRef(lookedTo)
  place.current = lookedTo
  const isReady = isOn && lookedTo !== undefined

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
    if (!isOn) setPaused(false)
    if (!isReady || place.current === undefined) return
    const take = (item: LiveItem): void => keep(buffer.current, item, MAX_LIVE_ROWS)
    const end = listenLive(
      { q, personal, since: place.current },
      {
        onOpen: () => setState('open'),
        onRow: take,
        onGap: (gap) => take({ ...gap, isGap: true }),
        onPosition: (position) => setBehind(position.behind),
        onLost: () => setState('lost'),
      },
    )
    const timer = setInterval(flush, BUNCH_MS)
    return () => {
      end()
      clearInterval(timer)
    }
  }, [q, personal, isOn, isReady, flush])

  return { items, waiting, isPaused, state, behind, setPaused }
}

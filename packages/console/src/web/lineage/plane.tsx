// A plane that is moved by dragging, scaled by wheel and keys, and keeps what is chosen in sight. One
// that is narrow stays as it is: its box scrolls.
import {
  type KeyboardEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'
import type { Rect } from './edge-path.ts'
import type { Layout } from './layout.ts'

interface Spot {
  readonly x: number
  readonly y: number
}

export interface View {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface Plane {
  readonly box: RefObject<HTMLDivElement | null>
  readonly view: View
  readonly zoom: (by: number) => void
  readonly fit: () => void
  /** Whether the key was one of the plane's. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
}

const scaleMin = 0.08
const scaleMax = 2
/** Below it texts cannot be read: a large graph starts at its beginning instead. */
const readableScale = 0.7
const dragMin = 4

const unmoved: View = { x: 0, y: 0, scale: 1 }
const nowhere: Rect = { x: 0, y: 0, width: 0, height: 0 }
const none: RefObject<null> = { current: null }

export function usePlane(layout: Layout, chosen: Rect | undefined): Plane {
  const { isNarrow } = layout
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState<View>(unmoved)
  const middle = useRef(chosen)
  middle.current = chosen
  const fitTo = useCallback(
    (isWhole: boolean): void => {
      const element = box.current
      if (element === null) return
      setView(isNarrow ? unmoved : fitted(element, layout, { isWhole, at: middle.current }))
    },
    [layout, isNarrow],
  )
  useLayoutEffect(() => fitTo(false), [fitTo])
  useLayoutEffect(() => {
    const element = box.current
    if (element === null || chosen === undefined) return
    if (isNarrow) scrollTo(chosen, element)
    else setView((now) => withInSight(now, chosen, element))
  }, [chosen, isNarrow])
  const zoomAt = useCallback((by: number, at?: Spot): void => {
    const element = box.current
    if (element === null) return
    const middle = { x: element.clientWidth / 2, y: element.clientHeight / 2 }
    setView((now) => scaled(now, by, at ?? middle))
  }, [])
  useDragging(isNarrow ? none : box, zoomAt, setView)
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (isNarrow || event.ctrlKey || event.metaKey || event.altKey) return false
    if (event.key === '+' || event.key === '=') zoomAt(1.25)
    else if (event.key === '-') zoomAt(0.8)
    else if (event.key === '0') fitTo(true)
    else return false
    event.preventDefault()
    return true
  }
  return { box, view, zoom: zoomAt, fit: () => fitTo(true), onKeyDown }
}

interface Fit {
  /** All of it, however small; else as wide as there is room, and readable. */
  readonly isWhole: boolean
  /** In the middle, as far as that leaves no room empty. */
  readonly at: Rect | undefined
}

function fitted(element: HTMLElement, layout: Layout, { at, isWhole }: Fit): View {
  const { clientHeight, clientWidth } = element
  const across = Math.min(clientWidth / layout.width, 1)
  const whole = Math.min(across, clientHeight / layout.height)
  const scale = isWhole ? Math.max(whole, scaleMin) : Math.max(across, readableScale)
  const shift = (room: number, size: number, middle: number): number => {
    const left = room - size * scale
    return left >= 0 ? left / 2 : Math.min(0, Math.max(left, room / 2 - middle * scale))
  }
  const { height, width, x, y } = at ?? nowhere
  const shifted = {
    x: shift(clientWidth, layout.width, x + width / 2),
    y: shift(clientHeight, layout.height, y + height / 2),
  }
  return { ...shifted, scale }
}

function scaled({ scale, x, y }: View, by: number, at: Spot): View {
  const next = Math.min(scaleMax, Math.max(scaleMin, scale * by))
  const ratio = next / scale
  return { scale: next, x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio }
}

function withInSight(view: View, { height, width, x, y }: Rect, element: HTMLElement): View {
  const { scale } = view
  const margin = 16
  const shift = (start: number, size: number, room: number): number => {
    if (start < margin) return margin - start
    return start + size > room - margin
      ? Math.min(room - margin - size - start, margin - start + room)
      : 0
  }
  const left = view.x + x * scale
  const top = view.y + y * scale
  return {
    scale,
    x: view.x + shift(left, width * scale, element.clientWidth),
    y: view.y + shift(top, height * scale, element.clientHeight),
  }
}

/** To the first third, unless it is in sight. */
function scrollTo({ height, y }: Rect, element: HTMLElement): void {
  const { clientHeight, scrollTop } = element
  if (y >= scrollTop && y + height <= scrollTop + clientHeight) return
  element.scrollTop = y - clientHeight / 3
}

type Change = (change: (view: View) => View) => void

/** Listeners of our own: React's wheel listeners cannot keep the page from zooming. */
function useDragging(
  box: RefObject<HTMLDivElement | null>,
  zoomAt: (by: number, at: Spot) => void,
  setView: Change,
): void {
  useEffect(() => {
    const element = box.current
    if (element === null) return
    const ending = new AbortController()
    const options = { signal: ending.signal }
    element.addEventListener('wheel', (event) => onWheel(event, element, zoomAt), {
      ...options,
      passive: false,
    })
    element.addEventListener('pointerdown', (event) => startDrag(event, element, setView), options)
    // Focus must not scroll the box: the plane moves instead.
    element.addEventListener('scroll', () => element.scrollTo(0, 0), options)
    return () => ending.abort()
  }, [box, zoomAt, setView])
}

function onWheel(
  event: WheelEvent,
  element: HTMLElement,
  zoomAt: (by: number, at: Spot) => void,
): void {
  if (!event.ctrlKey && !event.metaKey) return
  event.preventDefault()
  const { left, top } = element.getBoundingClientRect()
  zoomAt(Math.exp(-event.deltaY / 240), { x: event.clientX - left, y: event.clientY - top })
}

/** A press that moves is a drag, and no choice of a node. */
function startDrag(down: PointerEvent, element: HTMLElement, setView: Change): void {
  if (down.button !== 0) return
  let last = { x: down.clientX, y: down.clientY }
  let isDragging = false
  const ending = new AbortController()
  const { signal } = ending
  const move = (event: PointerEvent): void => {
    const [dx, dy] = [event.clientX - last.x, event.clientY - last.y]
    if (!isDragging && Math.hypot(dx, dy) < dragMin) return
    isDragging = true
    element.dataset.dragging = 'true'
    last = { x: event.clientX, y: event.clientY }
    setView((now) => ({ ...now, x: now.x + dx, y: now.y + dy }))
  }
  const end = (): void => {
    ending.abort()
    delete element.dataset.dragging
    if (!isDragging) return
    const swallow = (event: MouseEvent): void => event.stopPropagation()
    addEventListener('click', swallow, { capture: true, once: true })
    setTimeout(() => removeEventListener('click', swallow, { capture: true }), 0)
  }
  addEventListener('pointermove', move, { signal })
  addEventListener('pointerup', end, { signal })
  addEventListener('pointercancel', end, { signal })
}

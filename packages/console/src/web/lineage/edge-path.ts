// The ways of edges between nodes that stand in rows of their own. See layout.test.ts.

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Rect extends Point {
  readonly width: number
  readonly height: number
}

export interface TrunkPlace {
  /** Of which side of the lane it runs: that of `from`, or of `to` when it leads up. */
  readonly side: 'left' | 'right'
  /** Counted away from the lane. */
  readonly track: number
}

const trunkStart = 9
const trackWidth = 6
/** As many as fit in half the gap between two lanes; more share the last. */
const tracksMax = 4
const bendRadius = 5
const inset = 12

/** Out of a node's side, along a trunk in the gap, and into the side of the other node. */
export function crossing(from: Rect, to: Rect, { side, track }: TrunkPlace): string {
  const isUp = to.y < from.y
  const lane = isUp ? to : from
  const away = trunkStart + Math.min(track, tracksMax - 1) * trackWidth
  const trunk = side === 'right' ? lane.x + lane.width + away : lane.x - away
  const start = { x: trunk > from.x ? from.x + from.width : from.x, y: middleOf(from) }
  const end = { x: trunk < to.x + to.width / 2 ? to.x : to.x + to.width, y: middleOf(to) }
  const out = Math.sign(trunk - start.x) * bendRadius
  const down = Math.sign(end.y - start.y) * bendRadius
  const into = Math.sign(end.x - trunk) * bendRadius
  return [
    `M${start.x},${start.y}`,
    `H${trunk - out}`,
    `Q${trunk},${start.y} ${trunk},${start.y + down}`,
    `V${end.y - down}`,
    `Q${trunk},${end.y} ${trunk + into},${end.y}`,
    `H${end.x}`,
  ].join(' ')
}

/** Straight down or up, behind what stands between, and into the side of what stands further in. */
export function dropping(from: Rect, to: Rect, isEffect: boolean): string {
  const isUp = to.y < from.y
  const x = isEffect ? from.x + from.width - inset : from.x + inset
  const start = isUp ? from.y : from.y + from.height
  const isBeside = x < to.x || x > to.x + to.width
  if (!isBeside) return `M${x},${start} V${isUp ? to.y + to.height : to.y}`
  const y = middleOf(to)
  const end = x < to.x ? to.x : to.x + to.width
  const into = Math.sign(end - x) * Math.min(bendRadius, Math.abs(end - x))
  const down = isUp ? -bendRadius : bendRadius
  return `M${x},${start} V${y - down} Q${x},${y} ${x + into},${y} H${end}`
}

function middleOf({ height, y }: Rect): number {
  return y + height / 2
}

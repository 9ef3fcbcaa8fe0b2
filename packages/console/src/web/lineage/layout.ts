// Places for the nodes of a drawing: each in its service's lane and in a row of its own, time from
// top to bottom. So an edge leads through the gap beside a lane and along its target's row, and
// crosses no node. Where there is no room, lanes overlap like the steps of a stair. See
// layout.test.ts.
import { crossing, dropping, type Point, type Rect } from './edge-path.ts'
import type { DrawnEdge, Drawing } from './fold.ts'
import { type Lane, laneKey, lanesOf } from './lanes.ts'

export interface PlacedLane extends Lane {
  /** Of its left side. */
  readonly x: number
}

export interface PlacedEdge {
  readonly edge: DrawnEdge
  /** SVG path. */
  readonly path: string
  readonly label: Point & { readonly anchor: 'start' | 'end' }
}

export interface Layout {
  readonly isNarrow: boolean
  readonly width: number
  readonly height: number
  readonly nodeWidth: number
  readonly lanes: readonly PlacedLane[]
  /** By key. */
  readonly places: ReadonlyMap<number, Rect>
  readonly edges: readonly PlacedEdge[]
}

export const nodeHeight = 62
const rowGap = 24
const margin = 24

const wide = { nodeWidth: 208, laneGap: 60 } as const
/** Within a phone of 360 px, and never so small that nothing can be read. */
const narrow = { width: 322, margin: 8, step: 28, stepsWidth: 112 } as const

interface Measures {
  readonly nodeWidth: number
  /** From one lane's left side to the next's. */
  readonly pitch: number
  readonly left: number
}

export function placesOf(
  drawing: Drawing,
  { isNarrow = false }: { readonly isNarrow?: boolean } = {},
): Layout {
  const lanes = lanesOf(drawing.nodes)
  const { left, nodeWidth, pitch } = measuresFor(lanes.length, isNarrow)
  const xs = new Map(lanes.map((lane, n) => [laneKey(lane), left + n * pitch]))
  const places = new Map(
    drawing.nodes.map(({ key, node }, row): [number, Rect] => [
      key,
      {
        x: xs.get(laneKey(node)) ?? left,
        y: margin + row * (nodeHeight + rowGap),
        width: nodeWidth,
        height: nodeHeight,
      },
    ]),
  )
  const tracks = isNarrow ? new Map<string, number>() : tracksOf(drawing.edges, places)
  const last = left + Math.max(0, lanes.length - 1) * pitch + nodeWidth
  return {
    ...{ isNarrow, nodeWidth, places, width: last + left },
    height: 2 * margin + drawing.nodes.length * (nodeHeight + rowGap) - rowGap,
    lanes: lanes.map((lane, n) => ({ ...lane, x: left + n * pitch })),
    edges: drawing.edges.map((edge) => placeEdge(edge, { isNarrow, places, tracks })),
  }
}

function measuresFor(lanes: number, isNarrow: boolean): Measures {
  if (!isNarrow) {
    const { laneGap, nodeWidth } = wide
    return { nodeWidth, pitch: nodeWidth + laneGap, left: laneGap / 2 }
  }
  const steps = Math.max(1, lanes - 1)
  const pitch = Math.min(narrow.step, narrow.stepsWidth / steps)
  const nodeWidth = narrow.width - 2 * narrow.margin - (lanes > 1 ? steps * pitch : 0)
  return { nodeWidth, pitch, left: narrow.margin }
}

interface EdgeContext {
  readonly isNarrow: boolean
  readonly places: ReadonlyMap<number, Rect>
  readonly tracks: ReadonlyMap<string, number>
}

/** What follows says above itself how; what was done to something earlier says it there. */
function placeEdge(edge: DrawnEdge, { isNarrow, places, tracks }: EdgeContext): PlacedEdge {
  const [from, to] = [places.get(edge.from)!, places.get(edge.to)!]
  const side = sideOf(edge, places)
  const track = tracks.get(trunkKey(edge, side)) ?? 0
  const path = isNarrow ? dropping(from, to, edge.isEffect) : crossing(from, to, { side, track })
  const y = to.y - 5
  const label = edge.isEffect
    ? { x: to.x + to.width - 2, y, anchor: 'end' as const }
    : { x: to.x + 2, y, anchor: 'start' as const }
  return { edge, path, label }
}

/** The side of its trunk's lane on which an edge runs. */
function sideOf(edge: DrawnEdge, places: ReadonlyMap<number, Rect>): 'left' | 'right' {
  if (edge.isEffect) return 'right'
  return places.get(edge.to)!.x > places.get(edge.from)!.x ? 'right' : 'left'
}

/** All edges of a node to one side share a trunk, as do all effects on one. */
function trunkKey({ from, isEffect, to }: DrawnEdge, side: string): string {
  return isEffect ? `effects ${to}` : `${from} ${side}`
}

interface Trunk {
  readonly gap: string
  readonly top: number
  readonly bottom: number
}

/** Trunks beside the same lane that run past each other get different tracks. */
function tracksOf(
  edges: readonly DrawnEdge[],
  places: ReadonlyMap<number, Rect>,
): Map<string, number> {
  const trunks = new Map<string, Trunk>()
  for (const edge of edges) {
    const side = sideOf(edge, places)
    const [from, to] = [places.get(edge.from)!, places.get(edge.to)!]
    const key = trunkKey(edge, side)
    const { bottom = -Infinity, top = Infinity } = trunks.get(key) ?? {}
    trunks.set(key, {
      gap: `${side} ${(to.y < from.y ? to : from).x}`,
      top: Math.min(top, from.y, to.y),
      bottom: Math.max(bottom, from.y, to.y),
    })
  }
  const ends = new Map<string, number[]>()
  const tracks = new Map<string, number>()
  for (const [key, { bottom, gap, top }] of [...trunks].toSorted(([, a], [, b]) => a.top - b.top)) {
    const taken = ends.get(gap) ?? []
    ends.set(gap, taken)
    const free = taken.findIndex((end) => end < top)
    const track = free < 0 ? taken.length : free
    taken[track] = bottom
    tracks.set(key, track)
  }
  return tracks
}

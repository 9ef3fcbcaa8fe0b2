// Places for the nodes of a drawing: time from left to right. See fold.test.ts.
import { Graph, layout } from '@dagrejs/dagre'
import type { Drawing, DrawnEdge } from './fold.ts'

export const nodeWidth = 208
export const nodeHeight = 62
const labelHeight = 18
const margin = 24

export interface Point {
  readonly x: number
  readonly y: number
}

export interface PlacedEdge {
  readonly edge: DrawnEdge
  /** SVG path. */
  readonly path: string
  readonly label: Point
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** Centres, by key. */
  readonly places: ReadonlyMap<number, Point>
  readonly edges: readonly PlacedEdge[]
}

export function placesOf(drawing: Drawing): Layout {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 28, marginx: margin, marginy: margin })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { key } of drawing.nodes) {
    graph.setNode(`n${key}`, { width: nodeWidth, height: nodeHeight })
  }
  const tree = drawing.edges.filter(({ isEffect }) => !isEffect)
  for (const { from, kind, to } of tree) {
    const label = { width: kind.length * 7 + 8, height: labelHeight, labelpos: 'c' as const }
    graph.setEdge(`n${from}`, `n${to}`, label)
  }
  // A tree has no crossings to be sorted out: siblings keep the order of time, from top to bottom.
  layout(graph, { disableOptimalOrderHeuristic: true })
  const { height = 0, width = 0 } = graph.graph() as { width?: number; height?: number }
  const places = new Map(
    drawing.nodes.map(({ key }) => {
      const { x, y } = graph.node(`n${key}`) as Point
      return [key, { x, y }]
    }),
  )
  const edges = drawing.edges.map((edge) => placeEdge(edge, places))
  return { width: Math.max(width, 1), height: Math.max(height, 1), places, edges }
}

/**
 * From the right side of one to the left of the other, so that all edges of a node leave together;
 * what is an effect on an earlier node goes back from top to bottom.
 */
function placeEdge(edge: DrawnEdge, places: ReadonlyMap<number, Point>): PlacedEdge {
  const [from, to] = [places.get(edge.from)!, places.get(edge.to)!]
  if (edge.isEffect) {
    const isAbove = to.y <= from.y
    const start = { x: from.x, y: from.y + (isAbove ? -nodeHeight : nodeHeight) / 2 }
    const end = { x: to.x, y: to.y + (isAbove ? nodeHeight : -nodeHeight) / 2 }
    const bend = Math.max(24, Math.abs(end.y - start.y) / 2) * (isAbove ? -1 : 1)
    const out = `${start.x},${start.y + bend}`
    const back = `${end.x},${end.y - bend}`
    const path = `M${start.x},${start.y} C${out} ${back} ${end.x},${end.y}`
    return { edge, path, label: { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 } }
  }
  const start = { x: from.x + nodeWidth / 2, y: from.y }
  const end = { x: to.x - nodeWidth / 2, y: to.y }
  const trunk = start.x + trunkLength
  const label = { x: (trunk + end.x) / 2 + 4, y: end.y }
  if (Math.abs(start.y - end.y) < 1)
    return { edge, path: `M${start.x},${start.y} H${end.x}`, label }
  return { edge, path: trunkPath(start, end, trunk), label }
}

const trunkLength = 14
const bendRadius = 6

/** Right, then up or down along the trunk that all edges of a node have in common, then right. */
function trunkPath(start: Point, end: Point, trunk: number): string {
  const bend = Math.sign(end.y - start.y) * bendRadius
  return [
    `M${start.x},${start.y}`,
    `H${trunk - bendRadius}`,
    `Q${trunk},${start.y} ${trunk},${start.y + bend}`,
    `V${end.y - bend}`,
    `Q${trunk},${end.y} ${trunk + bendRadius},${end.y}`,
    `H${end.x}`,
  ].join(' ')
}

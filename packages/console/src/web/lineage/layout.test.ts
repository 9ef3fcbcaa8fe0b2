// Guarantee: time goes from top to bottom, services stand in lanes, and no edge crosses a node.
import { expect, test } from '@jest/globals'
import type { LineageNode } from '../../api/lineage.ts'
import { fold } from './fold.ts'
import { lanesOf } from './lanes.ts'
import { placesOf } from './layout.ts'

const roles = ['authorization_server', 'resource_server', 'client', 'resource_server']
const services = ['login', 'orders', 'web', 'bills']

function node(index: number, at: number, over: Partial<LineageNode> = {}): LineageNode {
  return {
    ...{ index, id: `id-${index}`, at: '2026-01-01T00:00:00.000000Z', service: services[at]! },
    ...{ role: roles[at]!, action: 'oauth.token', detail: `GET /${index}`, outcome: 'success' },
    ...{ reason: '', revocation: '', client: 'web', userHash: '', session: '', scope: '' },
    ...{ active: null, twinOf: null, privileged: '', expiresAt: '', revokedAt: '' },
    ...{ expired: false, flags: [], ...over },
  }
}

/** Each follows from one before, near or far; every ninth ends something earlier. */
function crowd(count: number) {
  const nodes = Array.from({ length: count }, (_, n) => node(n, (n * 7) % 4))
  const edges = nodes.slice(1).map(({ index }) => {
    return { from: index - 1 - ((index * 5) % Math.min(index, 11)), to: index, kind: 'used' }
  })
  const effects = nodes
    .filter((_, n) => n > 0 && n % 9 === 0)
    .map(({ index }) => {
      return { from: index, to: index - (index % 7) - 1, kind: 'revoked' }
    })
  return fold({ nodes, edges: [...edges, ...effects], reuses: [], cut: false })
}

test('clients left, who issues in the middle, APIs right, in the order of their coming', () => {
  const { nodes } = fold({
    nodes: [node(0, 0), node(1, 3), node(2, 1), node(3, 2), node(4, 0, { role: 'broker' })],
    edges: [],
    reuses: [],
    cut: false,
  })
  expect(lanesOf(nodes).map(({ service }) => service)).toEqual([
    ...['web', 'login', 'bills', 'orders', 'login'],
  ])
})

test.each([false, true])(
  'each node in its lane and in a row of its own (narrow: %s)',
  (isNarrow) => {
    const drawing = crowd(60)
    const { lanes, places, width } = placesOf(drawing, { isNarrow })
    const tops = drawing.nodes.map(({ key }) => places.get(key)!.y)
    expect(tops).toEqual(tops.toSorted((a, b) => a - b))
    expect(new Set(tops).size).toBe(60)
    for (const { key, node: one } of drawing.nodes) {
      const lane = lanes.find(({ role, service }) => role === one.role && service === one.service)
      expect(places.get(key)!.x).toBe(lane!.x)
    }
    if (isNarrow) expect(width).toBeLessThanOrEqual(324)
  },
)

test('no edge crosses a node', () => {
  const drawing = crowd(120)
  expect(drawing.edges.some(({ isEffect }) => isEffect)).toBe(true)
  const { edges, places } = placesOf(drawing)
  for (const { edge, path } of edges) {
    for (const [key, { height, width, x, y }] of places) {
      if (key === edge.from || key === edge.to) continue
      const isCrossed = segmentsOf(path).some(([[ax, ay], [bx, by]]) => {
        const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)]
        const [top, bottom] = [Math.min(ay, by), Math.max(ay, by)]
        return left < x + width && right > x && top < y + height && bottom > y
      })
      expect([edge, key, isCrossed]).toEqual([edge, key, false])
    }
  }
})

type Spot = readonly [x: number, y: number]

/** Straight lines between the points of a path; bends count as their corners. */
function segmentsOf(path: string): (readonly [Spot, Spot])[] {
  const points: Spot[] = []
  for (const [, command = '', numbers = ''] of path.matchAll(/([MHVQ])([-\d., ]+)/g)) {
    const values = numbers.trim().split(/[ ,]+/).map(Number)
    const [lastX, lastY] = points.at(-1) ?? [0, 0]
    if (command === 'H') points.push([values[0]!, lastY])
    else if (command === 'V') points.push([lastX, values[0]!])
    else for (let n = 0; n < values.length; n += 2) points.push([values[n]!, values[n + 1]!])
  }
  return points.slice(1).map((point, n) => [points[n]!, point])
}

test('an edge ends at the node that it leads to, in either layout', () => {
  for (const isNarrow of [false, true]) {
    const { edges, places } = placesOf(crowd(60), { isNarrow })
    for (const { edge, path } of edges) {
      const [x, y] = segmentsOf(path).at(-1)![1]
      const to = places.get(edge.to)!
      expect(x >= to.x && x <= to.x + to.width && y >= to.y && y <= to.y + to.height).toBe(true)
    }
  }
})

test('a lineage of a thousand nodes is laid out with all its edges', () => {
  const drawing = crowd(1_000)
  expect(placesOf(drawing).edges).toHaveLength(drawing.edges.length)
})

import { expect, test } from '@jest/globals'
import type { Lineage, LineageNode } from '../../api/lineage.ts'
import { fold } from './fold.ts'
import { branchesOf, type Direction, step } from './walk.ts'

function node(index: number, over: Partial<LineageNode> = {}): LineageNode {
  return {
    ...{ index, id: `id-${index}`, at: '2026-01-01T00:00:00.000000Z', service: 'api', role: '' },
    ...{ action: 'oauth.resource_access', detail: 'GET /orders', outcome: 'success', reason: '' },
    ...{ revocation: '', client: 'web', userHash: '', session: '', scope: '', active: null },
    ...{ twinOf: null, privileged: '', expiresAt: '', revokedAt: '', expired: false, flags: [] },
    ...over,
  }
}

type Edges = Lineage['edges']

const story = (extra: LineageNode[] = [], edges: Edges = []): Lineage => ({
  nodes: [
    node(1, { action: 'oauth.authorize' }),
    node(2, { action: 'oauth.token' }),
    node(3, { action: 'oauth.token', service: 'web', twinOf: 2 }),
    ...[10, 11, 12, 13, 14].map((index) => node(index)),
    ...extra,
  ],
  edges: [
    { from: 1, to: 2, kind: 'issued' },
    { from: 2, to: 3, kind: 'same-flow' },
    ...[10, 11, 12, 13].map((to) => ({ from: 2, to, kind: 'used' })),
    { from: 3, to: 14, kind: 'used' },
    ...edges,
  ],
  ...{ reuses: [], cut: false },
})

const keys = (lineage: Lineage, opened?: ReadonlySet<number>): number[] => {
  return fold(lineage, opened ? { opened } : {}).nodes.map(({ key }) => key)
}

test('two records of one request are one node, equal uses are one with a count', () => {
  const { edges, nodes } = fold(story())
  expect(nodes.map(({ key }) => key)).toEqual([1, 2, 10])
  expect(nodes[1]!.twins.map(({ index }) => index)).toEqual([3])
  expect(nodes[2]!.run.map(({ index }) => index)).toEqual([10, 11, 12, 13, 14])
  expect(edges.map(({ from, to }) => [from, to])).toEqual([
    [1, 2],
    [2, 10],
  ])
})

test('a run that is opened is drawn one by one', () => {
  expect(keys(story(), new Set([10]))).toEqual([1, 2, 10, 11, 12, 13, 14])
})

test('what is flagged, refused or followed by something stays alone', () => {
  const extra = [
    node(20, { flags: ['use-after-revocation'] }),
    node(21, { outcome: 'denied' }),
    node(22),
    node(23, { action: 'x' }),
  ]
  const edges = [
    ...[20, 21, 22].map((to) => ({ from: 2, to, kind: 'used' })),
    { from: 22, to: 23, kind: 'same-flow' },
  ]
  expect(keys(story(extra, edges))).toEqual([1, 2, 10, 20, 21, 22, 23])
})

test('a revocation is an effect, and makes no circle', () => {
  const revoke = node(30, { action: 'oauth.revoke' })
  const edges = [
    { from: 2, to: 30, kind: 'reuse' },
    { from: 30, to: 2, kind: 'revoked' },
  ]
  const drawing = fold(story([revoke], edges))
  expect(drawing.edges.filter(({ isEffect }) => isEffect).map(({ to }) => to)).toEqual([2])
  expect(branchesOf(drawing).map(({ drawn, depth }) => [drawn.key, depth])).toEqual([
    [1, 0],
    [2, 1],
    [10, 2],
    [30, 2],
  ])
})

test('edges to nodes that are not there, and loops, are harmless', () => {
  const edges = [
    { from: 99, to: 1, kind: 'used' },
    { from: 1, to: 1, kind: 'used' },
    { from: 10, to: 1, kind: 'used' },
  ]
  expect(branchesOf(fold(story([], edges))).length).toBe(fold(story([], edges)).nodes.length)
})

test('arrows lead along the edges, and from row to row', () => {
  const branches = branchesOf(
    fold(story([node(40, { detail: 'other' })], [{ from: 2, to: 40, kind: 'used' }])),
  )
  const order = [1, 2, 40, 10]
  const go = (key: number, direction: Direction): number =>
    step(branches, key, { direction, order })
  expect(go(1, 'right')).toBe(2)
  expect(go(2, 'right')).toBe(10)
  expect(go(40, 'left')).toBe(2)
  expect(go(1, 'left')).toBe(1)
  expect(go(40, 'down')).toBe(10)
  expect(go(10, 'up')).toBe(40)
  expect([go(10, 'down'), go(1, 'up')]).toEqual([10, 1])
  expect(go(7, 'left')).toBe(1)
})

// Makes a lineage small enough to be looked at: two records of one request are one node, and a run
// of equal uses is one node with a count, until somebody opens it. See fold.test.ts.
import type { Lineage, LineageNode } from '../../api/lineage.ts'

/** What is drawn: one record, with those that say the same. */
export interface DrawnNode {
  /** Index of the first record it stands for. */
  readonly key: number
  readonly node: LineageNode
  /** Records of the same request by other processes. */
  readonly twins: readonly LineageNode[]
  /** All records of a run, the first included; one when it is none. */
  readonly run: readonly LineageNode[]
}

export interface DrawnEdge {
  readonly from: number
  readonly to: number
  readonly kind: string
  /** Back to what was before: a revocation of it, which makes no place in a tree. */
  readonly isEffect: boolean
}

export interface Drawing {
  readonly nodes: readonly DrawnNode[]
  readonly edges: readonly DrawnEdge[]
}

/** Equal siblings that are drawn one by one; with more they become a run. */
const runLengthMin = 4

export interface FoldOptions {
  /** Keys of runs that are to be drawn one by one. */
  readonly opened?: ReadonlySet<number>
}

export function fold({ edges, nodes }: Lineage, { opened }: FoldOptions = {}): Drawing {
  const byIndex = new Map(nodes.map((node) => [node.index, node]))
  const hosts = twinHosts(nodes, byIndex)
  const host = (index: number): number => hosts.get(index) ?? index
  const joined = joinEdges(edges, { byIndex, host })
  const kept = nodes.filter(({ index }) => !hosts.has(index))
  const runs = runsIn(kept, joined, opened ?? new Set())
  const twins = Map.groupBy(
    nodes.filter(({ index }) => hosts.has(index)),
    ({ index }) => host(index),
  )
  const drawn = kept
    .filter(({ index }) => (runs.get(index)?.[0] ?? index) === index)
    .map((node): DrawnNode => {
      const run = (runs.get(node.index) ?? [node.index]).map((index) => byIndex.get(index)!)
      return { key: node.index, node, run, twins: run.flatMap((one) => twins.get(one.index) ?? []) }
    })
  const shown = new Set(drawn.map(({ key }) => key))
  return { nodes: drawn, edges: joined.filter(({ from, to }) => shown.has(from) && shown.has(to)) }
}

/** The record that each twin is drawn with. Chains of twins cannot be; a loop ends at itself. */
function twinHosts(
  nodes: readonly LineageNode[],
  byIndex: ReadonlyMap<number, LineageNode>,
): Map<number, number> {
  const hosts = new Map<number, number>()
  for (const { flags, index, twinOf } of nodes) {
    if (twinOf === null || flags.length > 0 || twinOf === index) continue
    const host = byIndex.get(twinOf)
    if (host !== undefined && host.twinOf === null) hosts.set(index, twinOf)
  }
  return hosts
}

function joinEdges(
  edges: Lineage['edges'],
  context: {
    readonly byIndex: ReadonlyMap<number, LineageNode>
    readonly host: (index: number) => number
  },
): DrawnEdge[] {
  const { byIndex, host } = context
  const parents = new Map<number, number>()
  const joined: DrawnEdge[] = []
  for (const edge of edges) {
    const [from, to] = [host(edge.from), host(edge.to)]
    if (from === to || !byIndex.has(from) || !byIndex.has(to)) continue
    const isEffect = parents.has(to) || isAbove(to, from, parents)
    if (!isEffect) parents.set(to, from)
    joined.push({ from, to, kind: edge.kind, isEffect })
  }
  return joined
}

/** Whether `above` is `index` or one of those that it follows from. */
function isAbove(above: number, index: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = index; at !== undefined; at = parents.get(at)) {
    if (at === above) return true
  }
  return false
}

/** Runs by each of their indexes: equal leaves below one node, in order of time. */
function runsIn(
  nodes: readonly LineageNode[],
  edges: readonly DrawnEdge[],
  opened: ReadonlySet<number>,
): Map<number, readonly number[]> {
  const withChildren = new Set(edges.map(({ from }) => from))
  const effects = new Set(edges.filter(({ isEffect }) => isEffect).map(({ to }) => to))
  const parents = new Map(edges.filter((edge) => !edge.isEffect).map((edge) => [edge.to, edge]))
  const groups = Map.groupBy(nodes, (node) => {
    const { index } = node
    const edge = parents.get(index)
    const isPlain = edge !== undefined && node.flags.length === 0
    if (!isPlain || withChildren.has(index) || effects.has(index)) return ''
    const { action, active, detail, outcome, reason, service } = node
    return JSON.stringify([edge.from, edge.kind, service, action, detail, outcome, reason, active])
  })
  const runs = new Map<number, readonly number[]>()
  for (const [name, group] of groups) {
    const indexes = group.map(({ index }) => index)
    if (name === '' || indexes.length < runLengthMin || opened.has(indexes[0]!)) continue
    for (const index of indexes) runs.set(index, indexes)
  }
  return runs
}

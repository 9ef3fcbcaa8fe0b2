// The nodes of a lineage as trees: each below what it follows from, in order of time.
import type { EdgeKind } from './edges.ts'
import type { Lineage } from './lineage.ts'
import type { LineageNode } from './node.ts'

export interface Branch {
  readonly node: LineageNode
  /** null for a node that follows from nothing known. */
  readonly kind: EdgeKind | null
  readonly depth: number
  /** For each level above whether more comes below it; the last: whether of its own level. */
  readonly more: readonly boolean[]
}

/** Depth first. The first edge to a node makes its place; the others are told elsewhere. */
export function branchesOf({ edges, nodes }: Lineage): Branch[] {
  const places = new Map<number, { from: number; kind: EdgeKind }>()
  for (const { from, kind, to } of edges) {
    if (!places.has(to) && !isEffect({ from, to }, places)) places.set(to, { from, kind })
  }
  const below = Map.groupBy(nodes, ({ index }) => places.get(index)?.from ?? null)
  const branches: Branch[] = []
  // A stack of its own: a chain of refreshes is as deep as it is long.
  const stack = (below.get(null) ?? [])
    .toReversed()
    .map((node) => ({ node, more: [] as boolean[] }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { more, node } = next
    branches.push({ node, kind: places.get(node.index)?.kind ?? null, depth: more.length, more })
    const children = below.get(node.index) ?? []
    const level = children.map((child, at) => ({
      node: child,
      more: [...more, at < children.length - 1],
    }))
    stack.push(...level.toReversed())
  }
  return branches
}

/** An edge back to an ancestor tells of an effect, and is no place in a tree. */
function isEffect(
  { from, to }: { from: number; to: number },
  places: ReadonlyMap<number, { from: number }>,
): boolean {
  for (let at: number | undefined = from; at !== undefined; at = places.get(at)?.from) {
    if (at === to) return true
  }
  return false
}

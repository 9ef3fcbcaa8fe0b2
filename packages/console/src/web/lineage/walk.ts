// A drawing as a tree, for the list beside the graph and for the arrow keys. See fold.test.ts.
import type { Drawing, DrawnNode } from './fold.ts'

export interface Branch {
  readonly drawn: DrawnNode
  /** How it follows from what is above; '' for what follows from nothing known. */
  readonly kind: string
  readonly depth: number
  /** Key of the one above; null at the top. */
  readonly above: number | null
}

/** Depth first, siblings in order of time. */
export function branchesOf({ edges, nodes }: Drawing): Branch[] {
  const places = new Map(edges.filter((edge) => !edge.isEffect).map((edge) => [edge.to, edge]))
  const below = Map.groupBy(nodes, ({ key }) => places.get(key)?.from ?? null)
  const branches: Branch[] = []
  const branch = (drawn: DrawnNode, depth: number): Branch => {
    const edge = places.get(drawn.key)
    return { drawn, kind: edge?.kind ?? '', depth, above: edge?.from ?? null }
  }
  // A stack of its own: a chain of refreshes is as deep as it is long.
  const stack = (below.get(null) ?? []).toReversed().map((drawn) => branch(drawn, 0))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    branches.push(next)
    const { depth, drawn } = next
    const children = below.get(drawn.key) ?? []
    stack.push(...children.toReversed().map((child) => branch(child, depth + 1)))
  }
  return branches
}

export type Direction = 'left' | 'right' | 'up' | 'down'

export interface Step {
  readonly direction: Direction
  /** Keys, from top to bottom as they are shown. */
  readonly order: readonly number[]
}

/** Where an arrow leads: right to what follows, left to what it follows from, else by rows. */
export function step(branches: readonly Branch[], key: number, { direction, order }: Step): number {
  const at = branches.findIndex(({ drawn }) => drawn.key === key)
  const here = branches[at]
  if (here === undefined) return branches[0]?.drawn.key ?? key
  if (direction === 'left') return here.above ?? key
  if (direction === 'right') {
    return branches.find(({ above }) => above === key)?.drawn.key ?? key
  }
  return order[order.indexOf(key) + (direction === 'down' ? 1 : -1)] ?? key
}

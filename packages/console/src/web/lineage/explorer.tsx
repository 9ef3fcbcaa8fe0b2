// Graph, list and the record that is chosen, side by side; they always agree on it.
import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import type { Lineage } from '../../api/lineage.ts'
import { Chosen } from './chosen.tsx'
import { useNarrow } from '../settings/choices.tsx'
import { fold } from './fold.ts'
import { Graph } from './graph.tsx'
import { placesOf } from './layout.ts'
import { Tree } from './tree.tsx'
import { branchesOf, type Direction, step } from './walk.ts'

interface ExplorerProps {
  readonly lineage: Lineage
  /** Index of the record that is chosen at first. */
  readonly start: number
}

const arrows: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

export function Explorer({ lineage, start }: ExplorerProps): ReactNode {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const [search, setSearch] = useSearchParams()
  const drawing = useMemo(() => fold(lineage, { opened }), [lineage, opened])
  const branches = useMemo(() => branchesOf(drawing), [drawing])
  const isNarrow = useNarrow()
  const layout = useMemo(() => placesOf(drawing, { isNarrow }), [drawing, isNarrow])
  const inTime = useMemo(() => drawing.nodes.map((drawn) => drawn.key), [drawing])
  const asListed = useMemo(() => branches.map(({ drawn }) => drawn.key), [branches])
  const wanted = Number(search.get('node') ?? start)
  const chosen =
    branches.find(({ drawn: { node, run, twins } }) => {
      return [node, ...run, ...twins].some(({ index }) => index === wanted)
    }) ?? branches[0]
  const key = chosen?.drawn.key ?? start
  const choose = (next: number): void => {
    if (next === key) return
    setSearch(
      (now) => {
        now.set('node', String(next))
        return now
      },
      { replace: true },
    )
  }
  const onKeyDown = (event: KeyboardEvent, order: readonly number[]): void => {
    const direction = arrows[event.key]
    if (direction === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    const next = step(branches, key, { direction, order })
    choose(next)
    const root = event.currentTarget
    requestAnimationFrame(() => root.querySelector<HTMLElement>(`[data-node="${next}"]`)?.focus())
  }
  const toggle = (run: number): void => {
    setOpened((now) =>
      now.has(run) ? new Set([...now].filter((one) => one !== run)) : new Set([...now, run]),
    )
  }
  return (
    <div className="lineage">
      <Graph
        {...{ branches, drawing, layout, chosen: key, onChoose: choose }}
        onKeyDown={(event) => onKeyDown(event, inTime)}
      />
      <div className="lineage-side">
        {chosen === undefined ? null : (
          <Chosen branch={chosen} onToggle={toggle} isOpened={opened.has(key)} />
        )}
        <Tree
          {...{ branches, chosen: key, onChoose: choose }}
          onKeyDown={(event) => onKeyDown(event, asListed)}
        />
      </div>
    </div>
  )
}

// The same as the graph, as a list: each record below what it follows from.
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import { OutcomeBadge } from '../parts/outcome.tsx'
import { Card } from '../parts/page.tsx'
import { Time } from '../parts/time.tsx'
import { visibleText } from '../parts/visible.ts'
import { NodeEnd } from './node-face.tsx'
import type { Branch } from './walk.ts'
import { edgeTone, edgeWord, isOver, servicesOf, titleOf } from './words.ts'

/** Deeper levels are not indented further: a grant may be refreshed a thousand times. */
const deepest = 8

interface TreeProps {
  readonly branches: readonly Branch[]
  readonly chosen: number
  readonly onChoose: (key: number) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

export function Tree({ branches, chosen, onChoose, onKeyDown }: TreeProps): ReactNode {
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-node="${chosen}"]`)
    const box = list.current
    if (!row || !box || box.scrollHeight <= box.clientHeight) return
    const top = row.offsetTop
    if (top < box.scrollTop || top + row.offsetHeight > box.scrollTop + box.clientHeight) {
      box.scrollTop = top - box.clientHeight / 3
    }
  }, [chosen])
  return (
    <Card title="As a list" note="in order of what follows from what">
      <ol ref={list} className="tree" onKeyDown={onKeyDown}>
        {branches.map((branch) => (
          <TreeRow
            key={branch.drawn.key}
            branch={branch}
            isChosen={branch.drawn.key === chosen}
            onChoose={onChoose}
          />
        ))}
      </ol>
    </Card>
  )
}

interface RowProps {
  readonly branch: Branch
  readonly isChosen: boolean
  readonly onChoose: (key: number) => void
}

function TreeRow({ branch, isChosen, onChoose }: RowProps): ReactNode {
  const { depth, drawn, kind } = branch
  const { key, node, run, twins } = drawn
  const title = visibleText(titleOf(node))
  return (
    <li style={{ paddingInlineStart: Math.min(depth, deepest) * 14 }}>
      <button
        type="button"
        className="tree-row"
        data-node={key}
        aria-pressed={isChosen}
        tabIndex={isChosen ? 0 : -1}
        onClick={() => onChoose(key)}
      >
        <span className="tree-what">
          {kind === '' ? null : (
            <span className={`tree-kind ${edgeTone(kind)}`}>
              <span className="unseen">level {depth + 1}, </span>
              {edgeWord(kind)}
            </span>
          )}
          <span className="tree-title">{isOver(node) ? <s>{title}</s> : title}</span>
          {run.length > 1 ? <span className="node-count">×{run.length}</span> : null}
          {node.outcome === 'success' ? null : <OutcomeBadge outcome={node.outcome} />}
          <NodeEnd drawn={drawn} />
        </span>
        <span className="tree-where">
          <span>
            {visibleText(node.service)}
            {twins.length > 0 ? ` ⇄ ${visibleText(servicesOf(twins))}` : ''}
          </span>
          <Time ms={Date.parse(node.at)} clock />
        </span>
      </button>
    </li>
  )
}

// The graph: lanes and edges drawn in SVG below nodes that are buttons, in a plane that moves and
// scales; the lanes' names stay above it.
import { type KeyboardEvent, type ReactNode, useMemo } from 'react'
import { IconButton } from '../parts/button.tsx'
import { visibleText } from '../parts/visible.ts'
import type { Drawing } from './fold.ts'
import { roleWord } from './lanes.ts'
import type { Layout, PlacedEdge } from './layout.ts'
import { NodeFace } from './node-face.tsx'
import { usePlane, type View } from './plane.tsx'
import type { Branch } from './walk.ts'
import { edgeTone, edgeWord, isAlarm, isOver } from './words.ts'

export interface GraphProps {
  readonly branches: readonly Branch[]
  readonly drawing: Drawing
  readonly layout: Layout
  /** Key of the node that is chosen. */
  readonly chosen: number
  readonly onChoose: (key: number) => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

export function Graph(props: GraphProps): ReactNode {
  const { branches, chosen, drawing, layout, onChoose, onKeyDown } = props
  const place = layout.places.get(chosen)
  const plane = usePlane(layout, place)
  const { box, fit, view, zoom } = plane
  const transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`
  const onKey = (event: KeyboardEvent): void => {
    if (plane.onKeyDown(event)) return
    onKeyDown(event)
  }
  const kinds = useMemo(
    () => new Map(branches.map(({ drawn, kind }) => [drawn.key, kind])),
    [branches],
  )
  return (
    <section
      className="graph"
      aria-label={`Graph of ${drawing.nodes.length} nodes, time from top to bottom`}
    >
      <Heads layout={layout} view={view} />
      <div ref={box} className="graph-box" onKeyDown={onKey}>
        <div
          className="graph-plane"
          style={{ transform, width: layout.width, height: layout.height }}
        >
          <Lines layout={layout} />
          {drawing.nodes.map((drawn) => {
            const { key, node } = drawn
            const at = layout.places.get(key)
            if (at === undefined) return null
            return (
              <button
                key={key}
                type="button"
                className="graph-node"
                data-node={key}
                data-tone={node.outcome}
                data-alarm={node.flags.some(isAlarm)}
                data-over={isOver(node)}
                data-run={drawn.run.length > 1}
                aria-pressed={key === chosen}
                tabIndex={key === chosen ? 0 : -1}
                style={{ left: at.x, top: at.y, width: at.width, height: at.height }}
                onClick={() => onChoose(key)}
                onFocus={() => onChoose(key)}
              >
                <NodeFace drawn={drawn} kind={kinds.get(key) ?? ''} />
              </button>
            )
          })}
        </div>
      </div>
      {layout.isNarrow ? null : (
        <>
          <div className="graph-tools" role="toolbar" aria-label="Zoom">
            <IconButton icon="plus" label="Larger (+)" onPress={() => zoom(1.25)} />
            <IconButton icon="minus" label="Smaller (−)" onPress={() => zoom(0.8)} />
            <IconButton icon="columns" label="All of it (0)" onPress={fit} />
          </div>
          <p className="graph-hint">
            Drag to move, Ctrl + wheel to zoom; ↑ ↓ through time, ← → along the edges
          </p>
        </>
      )}
    </section>
  )
}

/** Above the lanes; where these overlap, in a line, with the numbers that the lanes have there. */
function Heads({ layout, view }: { readonly layout: Layout; readonly view: View }): ReactNode {
  const { isNarrow, lanes, nodeWidth } = layout
  return (
    <ol className="lane-heads" aria-label="Lanes, from left to right">
      {lanes.map(({ role, service, x }, n) => {
        const place = { left: view.x + x * view.scale, width: nodeWidth * view.scale }
        return (
          <li key={x} className="lane-head" style={isNarrow ? undefined : place}>
            {isNarrow ? <span className="lane-number">{n + 1}</span> : null}
            <span className="lane-service" title={visibleText(service)}>
              {visibleText(service)}
            </span>
            <span className="lane-role">{visibleText(roleWord(role))}</span>
          </li>
        )
      })}
    </ol>
  )
}

function Lanes({ layout }: { readonly layout: Layout }): ReactNode {
  const { height, isNarrow, lanes, nodeWidth } = layout
  const size = isNarrow ? { width: 2, height } : { width: nodeWidth + 16, height }
  return lanes.map(({ x }, n) => (
    <g key={x}>
      <rect className="lane" x={isNarrow ? x + 5 : x - 8} y={0} {...size} />
      {isNarrow ? (
        <text className="lane-number" x={x + 10} y={14}>
          {n + 1}
        </text>
      ) : null}
    </g>
  ))
}

/** The worst last. */
const tones: readonly ReturnType<typeof edgeTone>[] = ['loose', 'plain', 'end', 'alarm']

function Lines({ layout }: { readonly layout: Layout }): ReactNode {
  const { edges, height, width } = layout
  return (
    <svg className="graph-edges" width={width} height={height} aria-hidden="true">
      <defs>
        {tones.map((tone) => (
          <marker
            key={tone}
            id={`arrow-${tone}`}
            className={`edge-arrow ${tone}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0,0.500 L7.500,4 L0,7.500 z" />
          </marker>
        ))}
      </defs>
      <Lanes layout={layout} />
      {edges.toSorted(alarmsLast).map((edge) => (
        <Edge key={`${edge.edge.from} ${edge.edge.to} ${edge.edge.kind}`} placed={edge} />
      ))}
    </svg>
  )
}

/** What is wrong lies over what is not. */
function alarmsLast(a: PlacedEdge, b: PlacedEdge): number {
  return rankOf(a) - rankOf(b)
}

function rankOf({ edge: { kind } }: PlacedEdge): number {
  return tones.indexOf(edgeTone(kind))
}

function Edge({ placed: { edge, label, path } }: { readonly placed: PlacedEdge }): ReactNode {
  const tone = edgeTone(edge.kind)
  return (
    <g className={`edge ${tone}${edge.isEffect ? ' effect' : ''}`}>
      <path d={path} markerEnd={`url(#arrow-${tone})`} />
      <text x={label.x} y={label.y} textAnchor={label.anchor}>
        {edgeWord(edge.kind)}
      </text>
    </g>
  )
}

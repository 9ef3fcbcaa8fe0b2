// A Merkle path, drawn: two hashes side by side give the one below, down to the root.
import type { ReactNode } from 'react'
import { CopyButton } from '../parts/value.tsx'
import { countText } from '../parts/numbers.ts'
import type { MerklePath } from './path.ts'

const boxWidth = 168
const boxHeight = 26
const rowHeight = 46
const gap = 24
const left = 0
const right = boxWidth + gap
const width = 2 * boxWidth + gap

interface Box {
  readonly x: number
  readonly y: number
  readonly hash: string
  readonly kind: 'own' | 'sibling' | 'root'
}

export function PathView({ path }: { readonly path: MerklePath }): ReactNode {
  const { arrives, index, levels, root, size } = path
  const { boxes, lines } = draw(path)
  const height = levels.length * rowHeight + boxHeight + 2
  const label =
    `Leaf ${index} of ${size}: ${levels.length} siblings, ` +
    (arrives ? 'and the last hash is the root' : 'and the last hash is not the root')
  return (
    <figure className="path">
      <figcaption>
        <span>
          Leaf {countText(index)} of {countText(size)}, with its siblings, to the root.{' '}
          <span className="path-key own">computed here</span>{' '}
          <span className="path-key">from the proof</span>
        </span>
        <CopyButton text={textOf(path)} label="the path as text" />
      </figcaption>
      <div className="path-box" tabIndex={0} role="region" aria-label={`Path of leaf ${index}`}>
        <svg
          width={width + 2}
          height={height}
          viewBox={`-1 -1 ${width + 2} ${height}`}
          role="img"
          aria-label={label}
        >
          <path className="path-lines" d={lines} />
          {boxes.map((box, at) => (
            <HashBox key={at} box={box} />
          ))}
        </svg>
      </div>
      <p className="path-end" data-state={arrives ? 'passed' : 'failed'}>
        {arrives ? 'It is the root of the checkpoint: ' : 'It is not the root of the checkpoint, '}
        <code>{root}</code>
      </p>
    </figure>
  )
}

function HashBox({ box }: { readonly box: Box }): ReactNode {
  const { hash, kind, x, y } = box
  return (
    <g className={`path-hash ${kind}`}>
      <title>{hash}</title>
      <rect x={x} y={y} width={boxWidth} height={boxHeight} rx="4" />
      <text x={x + boxWidth / 2} y={y + 17} textAnchor="middle">
        {`${hash.slice(0, 8)}…${hash.slice(-8)}`}
      </text>
    </g>
  )
}

/** The own hash stands where it belongs, left or right of its sibling; the root in the middle. */
function draw({ leaf, levels }: MerklePath): { boxes: Box[]; lines: string } {
  const boxes: Box[] = []
  const lines: string[] = []
  const own = [leaf, ...levels.map(({ hash }) => hash)]
  const placeOf = (level: number): number => {
    const side = levels[level]?.side
    if (side === undefined) return (width - boxWidth) / 2
    return side === 'left' ? right : left
  }
  for (const [level, hash] of own.entries()) {
    const sibling = levels[level]
    const [x, y] = [placeOf(level), level * rowHeight]
    boxes.push({ x, y, hash, kind: sibling === undefined ? 'root' : 'own' })
    if (sibling === undefined) continue
    const other = sibling.side === 'left' ? left : right
    boxes.push({ x: other, y, hash: sibling.sibling, kind: 'sibling' })
    const end = placeOf(level + 1) + boxWidth / 2
    for (const start of [x, other]) lines.push(lineFrom(start + boxWidth / 2, end, y + boxHeight))
  }
  return { boxes, lines: lines.join(' ') }
}

function lineFrom(start: number, end: number, y: number): string {
  const middle = y + (rowHeight - boxHeight) / 2
  return `M${start},${y} V${middle} H${end} V${y + rowHeight - boxHeight}`
}

function textOf({ index, leaf, levels, root, size }: MerklePath): string {
  return [
    `leaf ${index} of ${size}: ${leaf}`,
    ...levels.map(({ hash, sibling, side }) => `${side} ${sibling} -> ${hash}`),
    `root ${root}`,
    '',
  ].join('\n')
}

// Behind the query: the same text, unseen but for the line under what is wrong.
import type { ReactNode } from 'react'
import type { Problem } from '../../api/problem.ts'

interface EchoProps {
  readonly text: string
  readonly wrong: Problem | undefined
  /** How far the input is scrolled, in pixels. */
  readonly scroll: number
}

export function QueryEcho({ text, wrong, scroll }: EchoProps): ReactNode {
  if (wrong?.at === undefined) return null
  const at = Math.min(wrong.at, Math.max(0, text.length - 1))
  const end = Math.max(at + 1, at + (wrong.length ?? 1))
  return (
    <div className="query-echo" aria-hidden="true">
      <span className="query-echo-text" style={{ transform: `translateX(${-scroll}px)` }}>
        {text.slice(0, at)}
        <span className="query-wrong">{text.slice(at, end) || ' '}</span>
        {text.slice(end)}
      </span>
    </div>
  )
}

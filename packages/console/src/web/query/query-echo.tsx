// Over the query's input, whose own letters are not seen: the same text with its fields and signs
// told apart, and a line under what is wrong. It takes no part in anything else.
import type { ReactNode } from 'react'
import type { Problem } from '../../api/problem.ts'
import { marksOf } from './marks.ts'

interface EchoProps {
  readonly text: string
  readonly wrong: Problem | undefined
  /** How far the input is scrolled, in pixels. */
  readonly scroll: number
}

export function QueryEcho({ text, wrong, scroll }: EchoProps): ReactNode {
  const isAtEnd = wrong?.at !== undefined && wrong.at >= text.length
  return (
    <div className="query-echo" aria-hidden="true">
      <span className="query-echo-text" style={{ transform: `translateX(${-scroll}px)` }}>
        {marksOf(text, placeOf(wrong)).map((mark, at) => (
          <span key={at} className={mark.isWrong ? 'query-wrong' : undefined} data-kind={mark.kind}>
            {mark.text}
          </span>
        ))}
        {isAtEnd ? <span className="query-wrong"> </span> : null}
      </span>
    </div>
  )
}

function placeOf(wrong: Problem | undefined): { at: number; length: number } | undefined {
  return wrong?.at === undefined ? undefined : { at: wrong.at, length: wrong.length ?? 1 }
}

// The list below the query. The focus stays in the input; the active line is told to it by id.
import { type ReactNode, useEffect, useRef } from 'react'
import { countText } from '../parts/numbers.ts'
import { visibleText } from '../parts/visible.ts'
import type { Suggestion } from './accepted.ts'

interface ListProps {
  readonly id: string
  readonly suggestions: readonly Suggestion[]
  readonly active: number | null
  readonly isOpen: boolean
  readonly onChoose: (one: Suggestion) => void
}

export function SuggestionList(props: ListProps): ReactNode {
  const { id, suggestions, active, isOpen, onChoose } = props
  const list = useRef<HTMLUListElement>(null)
  useEffect(() => {
    if (active !== null) list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  return (
    <ul
      ref={list}
      id={`${id}-list`}
      className="suggestions"
      role="listbox"
      aria-label="Suggestions"
      hidden={!isOpen}
    >
      {suggestions.map((one, at) => (
        <li
          key={`${one.kind} ${one.text}`}
          id={`${id}-${at}`}
          className="suggestion"
          role="option"
          aria-selected={at === active}
          // Before the input would lose the focus.
          onMouseDown={(event) => {
            event.preventDefault()
            onChoose(one)
          }}
        >
          <span className="suggestion-text">{visibleText(one.text)}</span>
          <span className="suggestion-brief">{visibleText(one.brief)}</span>
          <span className="suggestion-count">
            {one.count === null ? null : countText(one.count)}
          </span>
        </li>
      ))}
    </ul>
  )
}

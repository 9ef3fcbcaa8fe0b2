// The line that a query is written in: a combobox (ARIA 1.2) with completions, that shows where the
// server says the query is wrong.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { Problem } from '../../api/problem.ts'
import { Icon } from '../parts/icon.tsx'
import { type Suggestion, accepted } from './accepted.ts'
import { remember } from './history.tsx'
import { QueryEcho } from './query-echo.tsx'
import { QueryProblem, isOfQuery } from './query-problem.tsx'
import { SuggestionList } from './suggestion-list.tsx'
import { useSuggestions } from './suggestions.tsx'

interface QueryBarProps {
  /** As it is applied. */
  readonly query: string
  readonly onQuery: (query: string) => void
  /** What the server said of it. */
  readonly problem?: Problem | undefined
  /** Shown where nothing is written: something that finds records here. */
  readonly example?: string
}

const anyRecords = 'client:web outcome:denied after:-24h'

export function QueryBar(props: QueryBarProps): ReactNode {
  const { query, onQuery, problem, example = anyRecords } = props
  const id = useId()
  const bar = useBar(query, onQuery)
  const { text, suggestions, active } = bar
  const wrong = isOfQuery(problem) && text === query ? problem : undefined
  const isOpen = suggestions.length > 0
  return (
    <div className="query" role="search">
      <div className="query-line" data-wrong={wrong !== undefined}>
        <Icon name="search" />
        <div className="query-field">
          <input
            {...bar.handlers}
            ref={bar.input}
            className="query-input"
            data-key="/"
            value={text}
            placeholder={example}
            maxLength={2_000}
            role="combobox"
            aria-label="Query"
            aria-expanded={isOpen}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={active === null ? undefined : `${id}-${active}`}
            aria-invalid={wrong !== undefined}
            aria-describedby={wrong === undefined ? undefined : `${id}-problem`}
            {...{ autoComplete: 'off', autoCapitalize: 'off', spellCheck: false }}
          />
          <QueryEcho text={text} wrong={wrong} scroll={bar.scroll} />
        </div>
        {text === '' ? (
          <kbd className="query-hint">/</kbd>
        ) : (
          <button type="button" className="copy" aria-label="Clear the query" onClick={bar.clear}>
            <Icon name="cross" />
          </button>
        )}
        {text.trim() === query ? null : (
          <button type="button" className="query-run" onClick={bar.run}>
            Run <kbd>Enter</kbd>
          </button>
        )}
        <SuggestionList {...{ id, suggestions, active }} onChoose={bar.accept} isOpen={isOpen} />
      </div>
      {wrong === undefined ? null : (
        <QueryProblem id={`${id}-problem`} problem={wrong} text={text} onQuery={bar.submit} />
      )}
    </div>
  )
}

function useBar(query: string, onQuery: (query: string) => void) {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(query)
  const [caret, setCaret] = useState(query.length)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState<number | null>(null)
  const [scroll, setScroll] = useState(0)
  const suggestions = useSuggestions(text, caret, isOpen)
  useEffect(() => setText(query), [query])
  useEffect(() => setActive(null), [suggestions])

  const submit = (next: string): void => {
    setOpen(false)
    setText(next.trim())
    remember(next.trim())
    onQuery(next.trim())
  }
  const accept = (one: Suggestion): void => {
    const next = accepted(text, one)
    setText(next.text)
    setCaret(next.caret)
    setOpen(one.kind !== 'earlier')
    requestAnimationFrame(() => {
      input.current?.focus()
      input.current?.setSelectionRange(next.caret, next.caret)
    })
    if (one.kind === 'earlier') submit(next.text)
  }
  const clear = (): void => {
    submit('')
    input.current?.focus()
  }
  const keys = { active, setActive, suggestions, accept, run: () => submit(text) }
  const handlers = {
    onChange: ({ target }: { target: HTMLInputElement }): void => {
      setText(target.value)
      setCaret(target.selectionStart ?? target.value.length)
      setOpen(true)
    },
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>): void =>
      onKey(event, { ...keys, isOpen, setOpen }),
    onSelect: ({ currentTarget }: { currentTarget: HTMLInputElement }): void =>
      setCaret(currentTarget.selectionStart ?? 0),
    // What is typed next is a term of its own.
    onFocus: (): void => {
      if (text !== '' && !text.endsWith(' ')) setText(`${text} `)
    },
    onClick: (): void => setOpen(true),
    onBlur: (): void => setOpen(false),
    onScroll: ({ currentTarget }: { currentTarget: HTMLInputElement }): void =>
      setScroll(currentTarget.scrollLeft),
  }
  return {
    ...{ input, text, suggestions, active, scroll, handlers, accept, clear, submit },
    run: keys.run,
  }
}

interface Keyed {
  readonly active: number | null
  readonly setActive: (at: number | null) => void
  readonly suggestions: readonly Suggestion[]
  readonly accept: (one: Suggestion) => void
  readonly run: () => void
  readonly isOpen: boolean
  readonly setOpen: (isOpen: boolean) => void
}

function onKey(event: KeyboardEvent<HTMLInputElement>, keyed: Keyed): void {
  const { active, setActive, suggestions, accept, run, isOpen, setOpen } = keyed
  const chosen = active === null ? undefined : suggestions[active]
  switch (event.key) {
    case 'ArrowDown':
    case 'ArrowUp': {
      event.preventDefault()
      if (!isOpen) return setOpen(true)
      return setActive(moved(active, event.key === 'ArrowDown' ? 1 : -1, suggestions.length))
    }
    case 'Tab':
    case 'Enter':
      if (chosen === undefined) return event.key === 'Enter' ? run() : undefined
      event.preventDefault()
      return accept(chosen)
    case 'Escape':
      event.preventDefault()
      return isOpen && suggestions.length > 0 ? setOpen(false) : event.currentTarget.blur()
    default:
  }
}

/** Beyond either end, none is active: the text itself is. */
function moved(at: number | null, by: 1 | -1, count: number): number | null {
  const next = at === null ? (by === 1 ? 0 : count - 1) : at + by
  return next < 0 || next >= count ? null : next
}

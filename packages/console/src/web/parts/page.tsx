// The frame of every page: its title, which takes the focus when the page is come to, and a place
// for what can be done.
import { type ReactNode, useEffect, useRef } from 'react'
import { cameBack } from './return.tsx'

interface PageProps {
  readonly title: string
  /** One line below the title. */
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

let isFirstPage = true

export function Page({ title, lead, actions, children }: PageProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} – Grantlog`
  }, [title])
  useEffect(() => {
    // Going back, the browser scrolls to where one was, and the row that was left has the focus.
    const isAtRow = cameBack() && document.activeElement?.matches('[data-row]') === true
    if (!isFirstPage && !isAtRow) heading.current?.focus({ preventScroll: true })
    if (!isFirstPage && !cameBack()) scrollTo(0, 0)
    isFirstPage = false
  }, [])
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-titles">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead === undefined ? null : <div className="lead">{lead}</div>}
        </div>
        {actions === undefined ? null : <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

interface CardProps {
  readonly title: string
  readonly note?: ReactNode
  readonly children: ReactNode
}

/** A part of a page with a heading of its own. */
export function Card({ title, note, children }: CardProps): ReactNode {
  return (
    <section className="card" aria-label={title}>
      <header className="card-head">
        <h2>{title}</h2>
        {note === undefined ? null : <div className="card-note">{note}</div>}
      </header>
      {children}
    </section>
  )
}

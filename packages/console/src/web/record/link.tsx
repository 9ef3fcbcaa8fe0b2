// A value that leads to the records that have it.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { searchPath } from './search.ts'

interface SearchLinkProps {
  readonly field: string
  readonly value: string
  readonly mono?: boolean
  readonly wraps?: boolean
  /** Shown in place of the whole value. */
  readonly short?: string
}

export function SearchLink(props: SearchLinkProps): ReactNode {
  const { field, value, mono = false, wraps = false, short } = props
  if (value === '') return <Value text="" />
  return (
    <Link
      href={searchPath([field, value])}
      className="search-link"
      title={`Search ${field}: ${visibleText(value)}`}
    >
      <Value text={short ?? value} mono={mono} wraps={wraps} />
    </Link>
  )
}

/** The ends of a long hash. */
export function endsOf(value: string): string {
  return value.length <= 17 ? value : `${value.slice(0, 8)}…${value.slice(-6)}`
}

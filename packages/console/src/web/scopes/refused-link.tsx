// How many records of a row were refused, and the way to them.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { countText } from '../parts/numbers.ts'
import { refusedTerm, searchPath } from '../record/search.ts'
import { rowField } from './cell.ts'
import type { MatrixRow, Scopes } from './marks.ts'

interface RefusedLinkProps {
  readonly row: MatrixRow['row']
  readonly by: Scopes['by']
}

export function RefusedLink({ row: { name, refused }, by }: RefusedLinkProps): ReactNode {
  if (refused === 0) return null
  return (
    <Link href={searchPath([rowField(by), name], refusedTerm)}>{countText(refused)} refused</Link>
  )
}

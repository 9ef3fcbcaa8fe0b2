// What a cell leads to, and what it says in words. See marks.test.ts.
import { searchPath } from '../record/search.ts'
import { type Cell, type FindingMark, type Mark, markTexts, type Scopes } from './marks.ts'

/** The field of the records that a mark is about. */
const fields: Readonly<Record<Exclude<Mark, 'none'>, string>> = {
  beyond: 'required',
  unallowed: 'requested',
  short: 'missing',
  idle: 'granted',
  used: 'granted',
  own: 'granted',
  ungranted: 'requested',
  spare: 'allowed',
}

export function rowField(by: Scopes['by']): string {
  return by === 'client' ? 'client' : 'userrole'
}

export function cellPath(by: Scopes['by'], name: string, cell: Cell): string {
  const [mark = 'used'] = cell.marks
  return searchPath([rowField(by), name], [mark === 'none' ? 'scope' : fields[mark], cell.scope])
}

/** The mark to be shown: the one that is looked for, else the one that matters most. */
export function mainMark({ marks }: Cell, finding: FindingMark | null): Mark {
  if (finding !== null && marks.includes(finding)) return finding
  return marks[0] ?? 'none'
}

export function titleOf(mark: Mark): string {
  return mark === 'none' ? '' : markTexts[mark].title
}

export function signOf(mark: Mark): string {
  return mark === 'none' ? '' : markTexts[mark].sign
}

// What a scope was to a client or role, as one mark, and what of it somebody should look at.
// See marks.test.ts.
import type { z } from 'zod'
import type { scopesSchema } from '../../api/tokens.ts'

export type Scopes = z.infer<typeof scopesSchema>
type ScopeUse = Scopes['rows'][number]['scopes'][number]

/**
 * `used`: granted, and needed by what was let in. Findings: `idle`, granted and never needed;
 * `unallowed`, asked for though not allowed; `beyond`, let in though never granted; `short`,
 * refused for lack of it. The rest: `own`, granted for what the server itself answers;
 * `ungranted`, asked for and not granted; `spare`, allowed and not asked for.
 */
export type Mark =
  'used' | 'idle' | 'unallowed' | 'beyond' | 'short' | 'own' | 'ungranted' | 'spare' | 'none'

export const findingMarks = ['beyond', 'unallowed', 'short', 'idle'] as const

export type FindingMark = (typeof findingMarks)[number]

export interface MarkText {
  /** A sign that is told apart without colour. */
  readonly sign: string
  readonly title: string
  readonly brief: string
}

export const markTexts: Readonly<Record<Exclude<Mark, 'none'>, MarkText>> = {
  beyond: {
    sign: '✕',
    title: 'Used, never granted',
    brief: 'a request that needs it was let in, and no grant of it is known',
  },
  unallowed: {
    sign: '▲',
    title: 'Requested, not allowed',
    brief: 'asked for, though the registration does not allow it',
  },
  short: { sign: '!', title: 'Missing', brief: 'a request was refused because it was missing' },
  idle: {
    sign: '○',
    title: 'Granted, never used',
    brief: 'nothing that was let in needed it: a candidate for removal',
  },
  used: { sign: '●', title: 'Granted and used', brief: 'as it should be' },
  own: {
    sign: '◦',
    title: 'Granted, of OpenID Connect',
    brief: 'says what the server itself tells of the user; no API needs it',
  },
  ungranted: { sign: '◌', title: 'Requested, not granted', brief: 'allowed, but not given' },
  spare: { sign: '·', title: 'Allowed only', brief: 'never asked for' },
}

/** The marks of a cell, what matters most first; [] for a scope that has nothing to do with it. */
export function marksOf(use: ScopeUse | undefined): Mark[] {
  if (use === undefined) return []
  const { allowed, findings, granted, requested, used } = use
  const marks: Mark[] = [...findings]
  if (granted > 0 && !findings.includes('idle')) marks.push(used > 0 ? 'used' : 'own')
  if (granted > 0) return marks
  if (requested > 0 && !findings.includes('unallowed')) marks.push('ungranted')
  else if (allowed > 0 && marks.length === 0) marks.push('spare')
  return marks
}

export interface Cell {
  readonly scope: string
  readonly use: ScopeUse
  readonly marks: readonly Mark[]
}

export interface MatrixRow {
  readonly row: Scopes['rows'][number]
  readonly cells: ReadonlyMap<string, Cell>
  readonly findings: Readonly<Record<FindingMark, number>>
}

export interface Matrix {
  /** Those with findings first, then the most granted; columns of the whole matrix. */
  readonly scopes: readonly string[]
  readonly rows: readonly MatrixRow[]
  readonly findings: Readonly<Record<FindingMark, number>>
  /** Rows that are left out: no scope has to do with them. */
  readonly without: number
}

const none = (): Record<FindingMark, number> => ({ beyond: 0, unallowed: 0, short: 0, idle: 0 })

/** `only` keeps rows and scopes in which something of that kind was found. */
export function matrixOf({ rows: all }: Scopes, only: FindingMark | null): Matrix {
  const rows = all.map(rowOf).filter(({ cells }) => cells.size > 0)
  const total = none()
  for (const { findings } of rows) {
    for (const mark of findingMarks) total[mark] += findings[mark]
  }
  const kept = only === null ? rows : rows.filter(({ findings }) => findings[only] > 0)
  const weights = new Map<string, number>()
  for (const { cells } of kept) {
    for (const { marks, scope, use } of cells.values()) {
      if (only !== null && !marks.includes(only)) continue
      weights.set(scope, (weights.get(scope) ?? 0) + use.granted + use.requested + 1)
    }
  }
  const scopes = [...weights.keys()].toSorted((a, b) => {
    return weights.get(b)! - weights.get(a)! || (a < b ? -1 : 1)
  })
  const without = all.length - rows.length
  return { scopes, rows: kept.toSorted(byFindings), findings: total, without }
}

function rowOf(row: Scopes['rows'][number]): MatrixRow {
  const findings = none()
  const cells = new Map<string, Cell>()
  for (const use of row.scopes) {
    const marks = marksOf(use)
    cells.set(use.scope, { scope: use.scope, use, marks })
    for (const mark of findingMarks) findings[mark] += Number(marks.includes(mark))
  }
  return { row, cells, findings }
}

/** What was used without a grant weighs more than any number of idle scopes. */
function byFindings(a: MatrixRow, b: MatrixRow): number {
  for (const mark of findingMarks) {
    if (a.findings[mark] !== b.findings[mark]) return b.findings[mark] - a.findings[mark]
  }
  return b.row.records - a.row.records
}

// How often each value occurs, as bars of text. See facet-text.test.ts.
import {
  type Facet,
  isPersonal,
  type QueryField,
  queryFields,
  type Reading,
  shortFields,
} from '@grantlog/query'
import type { AttributeValue } from '@grantlog/record'
import { CliError } from './errors.ts'
import { printable } from './printable.ts'
import { grouped } from './progress.ts'
import type { Terminal } from './terminal.ts'

/** A facet whose values all have a name. */
export interface NamedFacet extends Omit<Facet, 'values'> {
  readonly values: readonly { readonly value: string; readonly count: number }[]
}

/** Values told of each field; what is behind them is counted together. */
export const FACET_VALUES = 10

/** Fields counted at once: more do not fit a screen. */
const fieldsMax = 12

/** Of `outcome,client`. Errors: USAGE. */
export function facetFieldsOf(text: string, showPersonal: boolean): QueryField[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.length > fieldsMax) throw new CliError('USAGE', `--facets: over ${fieldsMax} fields`)
  return names.map((name) => {
    const field = queryFields.get(name)
    if (field === undefined || !field.facet) {
      const known = shortFields.filter(({ facet }) => facet).map((one) => one.name)
      const fix = `Choose of ${known.join(', ')}.`
      throw new CliError('USAGE', `--facets: ${name} is no field that can be counted`, { fix })
    }
    if (!showPersonal && field.columns.every(isPersonal)) {
      throw new CliError('USAGE', `--facets: ${name} says who it was; add --show-personal`)
    }
    return field
  })
}

/** Values that the index knows as a hash only are read from a record that has them. */
export async function namedFacets(
  reading: Reading,
  facets: readonly Facet[],
  showPersonal: boolean,
): Promise<NamedFacet[]> {
  const nameOf = async (field: string, row: number): Promise<string> => {
    const record = await reading.records.record(reading.index.place(row))
    const columns = queryFields.get(field)?.columns ?? []
    const shown = columns.filter((column) => showPersonal || !isPersonal(column))
    const values = shown.map((name): AttributeValue => record?.attributes.get(name) ?? '')
    return String(values.find((value) => value !== '') ?? '(not shown)')
  }
  return Promise.all(
    facets.map(async (facet) => {
      const values = facet.values.map(async ({ count, example, value }) => {
        return { value: value ?? (await nameOf(facet.field, example ?? 0)), count }
      })
      return { ...facet, values: await Promise.all(values) }
    }),
  )
}

const barMax = 30
const nameMax = 40

/** A block for each facet, the values of all in the same columns. */
export function formatFacets(
  facets: readonly NamedFacet[],
  total: number,
  { columns = 80, paint }: Pick<Terminal, 'columns' | 'paint'>,
): string {
  const blocks = facets.map((facet) => ({ facet, rows: rowsOf(facet) }))
  const counts = blocks.flatMap(({ rows }) => rows.map(({ count }) => grouped(count).length))
  const countWidth = Math.max(1, ...counts)
  const names = blocks.flatMap(({ rows }) => rows.map(({ name }) => name.length))
  // Two spaces before the name, the bar and the count; ` 100 %` behind.
  const room = columns - countWidth - 2 * 3 - 6
  const nameWidth = Math.max(4, Math.min(nameMax, room >> 1, Math.max(...names)))
  const barWidth = Math.max(1, Math.min(barMax, room - nameWidth))
  const line = ({ count, name, dim }: FacetRow): string => {
    const part = total === 0 ? 0 : count / total
    const bar = barOf(part, barWidth)
    const text = `  ${fit(name, nameWidth)}  ${bar}  ${grouped(count).padStart(countWidth)}`
    const told = `${text} ${String(Math.round(part * 100)).padStart(3)} %`
    return dim ? paint.dim(told) : told.replace(bar, () => paint.cyan(bar))
  }
  return blocks
    .map(({ facet, rows }) => [paint.bold(facet.field), ...rows.map(line)].join('\n'))
    .join('\n\n')
}

interface FacetRow {
  readonly name: string
  readonly count: number
  /** It is not a value. */
  readonly dim: boolean
}

function rowsOf({ missing, more, moreCount, values }: NamedFacet): FacetRow[] {
  const rows = values.map(({ count, value }) => ({ name: printable(value), count, dim: false }))
  const rest = [
    { name: `(${more} more)`, count: moreCount, dim: true },
    { name: '(none)', count: missing, dim: true },
  ]
  return [...rows, ...rest.filter(({ count }) => count > 0)]
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** To an eighth of a character; something of what is more than none. */
function barOf(part: number, width: number): string {
  const units = Math.round(Math.min(1, part) * width * 8)
  const shown = part > 0 ? Math.max(1, units) : 0
  return ('█'.repeat(shown >> 3) + (eighths[shown & 7] ?? '')).padEnd(width)
}

// Answers about many records: pages, facets, histograms, latencies, completions.
import {
  breakDown,
  complete,
  countFacets,
  countOverTime,
  everything,
  exactly,
  findPage,
  type LedgerRecord,
  measureLatency,
  parseQuery,
  prepare,
  type Prepared,
  type QueryField,
  queryFields,
  type Reading,
  shortFields,
} from '@grantlog/query'
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { Completions, Field } from '../api/language.ts'
import type { Page, Row } from '../api/records.ts'
import type { Breakdown, Facet, Facets, Histogram, Latency } from '../api/summary.ts'
import { ConsoleError } from './codes.ts'
import { MAX_FACETS, MAX_SUGGESTIONS } from './limits.ts'
import { publishedOf } from './published.ts'
import { rowOf } from './rows.ts'

export interface Asked {
  readonly reading: Reading
  readonly now: number
}

export function prepared({ now, reading }: Asked, q: string): Prepared {
  return prepare(parseQuery(q, reading.index.hasWord), reading.index, now)
}

export interface PageAsked {
  readonly q: string
  readonly limit: number
  readonly order: 'newest' | 'oldest'
  readonly cursor: string | undefined
  readonly personal: boolean
}

export async function pageOf(
  asked: Asked,
  { cursor, q, personal, ...page }: PageAsked,
): Promise<Page> {
  const { index } = asked.reading
  const behind = cursor === undefined ? null : rowOfCursor(cursor)
  const lookedTo = index.rows === 0 ? -1 : index.place(index.rows - 1).index
  const found = await findPage(index, prepared(asked, q), { ...page, behind })
  const isAsked = exactly(parseQuery(q))
  const records = await rowsOf(asked.reading, found.rows, { personal, isAsked })
  const last = found.rows.at(-1)
  const next = found.more && last !== undefined ? `r${last}` : null
  return { records, next, total: found.total, lookedTo }
}

/** Rows of the index are numbered as they came, and never again otherwise. */
function rowOfCursor(cursor: string): number {
  const [, row] = /^r(\d{1,15})$/.exec(cursor) ?? []
  if (row === undefined) throw new ConsoleError('CONSOLE_PARAMETER_INVALID', 'cursor')
  return Number(row)
}

export interface RowsShown {
  readonly personal: boolean
  /** False for a record that only shares a fingerprint with what was asked for. */
  readonly isAsked: (record: LedgerRecord) => boolean
}

/** The records of rows, in their order; what the ledger no longer has is left out. */
export async function rowsOf(
  { index, reader, records }: Reading,
  rows: readonly number[],
  { isAsked, personal }: RowsShown,
): Promise<Row[]> {
  const shown = { published: publishedOf(reader), personal }
  const found = await Promise.all(rows.map((row) => records.record(index.place(row))))
  return found.flatMap((record) =>
    record === null || !isAsked(record) ? [] : [rowOf(record, shown)],
  )
}

export async function facetsOf(
  asked: Asked,
  { fields: names, q, top }: { readonly q: string; readonly fields: string; readonly top: number },
): Promise<Facets> {
  const began = performance.now()
  const fields = [...new Set(names.split(','))].map((name) => facetField(name))
  if (fields.length > MAX_FACETS) {
    throw new ConsoleError('CONSOLE_PARAMETER_INVALID', `fields: over ${MAX_FACETS}`)
  }
  const { index } = asked.reading
  const { facets, total } = await countFacets(index, prepared(asked, q), { fields, top })
  const told: Facet[] = []
  for (const [n, { values, ...facet }] of facets.entries()) {
    const named = await Promise.all(
      values.map(async ({ count, example, value }) => {
        return { count, value: value ?? (await valueAt(asked.reading, example, fields[n])) }
      }),
    )
    told.push({ ...facet, values: named.filter(({ value }) => value !== '') })
  }
  return { total, facets: told, tookMs: performance.now() - began }
}

export async function breakdownOf(
  asked: Asked,
  options: { readonly q: string; readonly by: string; readonly into: string; readonly top: number },
): Promise<Breakdown> {
  const { q, top } = options
  const [by, into] = [wordField(options.by), wordField(options.into)]
  const found = await breakDown(asked.reading.index, prepared(asked, q), { by, into, top })
  const groups = found.groups.map(({ parts, ...group }) => ({ ...group, parts: [...parts] }))
  return { total: found.total, groups }
}

function wordField(name: string): QueryField {
  const field = facetField(name)
  if (!['boolean', 'word'].includes(field.type)) {
    throw new ConsoleError('CONSOLE_PARAMETER_INVALID', `${name}: no field of one word`)
  }
  return field
}

/** A pseudonym of one record that has the fingerprint; never who it is. */
async function valueAt(
  { index, records }: Reading,
  row: number | null,
  field: QueryField | undefined,
): Promise<string> {
  if (row === null) return ''
  const record = await records.record(index.place(row))
  const names = field?.name === 'user' ? [ATTR.USER_HASH, ATTR.AUDIT_ACTOR_ID] : field?.columns
  const values = (names ?? []).map((name): AttributeValue => record?.attributes.get(name) ?? '')
  return String(values.find((value) => value !== '') ?? '')
}

export function facetField(name: string): QueryField {
  const field = queryFields.get(name)
  // Addresses are personal whole, and are shown with the record that has them.
  if (field === undefined || !field.facet || (field.type === 'personal' && name !== 'user')) {
    throw new ConsoleError('CONSOLE_PARAMETER_INVALID', `${name}: no field that can be counted`)
  }
  return field
}

export async function histogramOf(
  asked: Asked,
  {
    buckets,
    by,
    q,
  }: { readonly q: string; readonly buckets: number; readonly by?: string | undefined },
): Promise<Histogram> {
  const field = by === undefined || by === '' ? null : wordField(by)
  const { now, reading } = asked
  const counted = await countOverTime(reading.index, prepared(asked, q), {
    buckets,
    by: field,
    now,
  })
  const series = counted.series.map(({ counts, value }) => ({ value, counts: [...counts] }))
  return { ...counted, series }
}

export async function latencyOf(
  asked: Asked,
  { by, q, top }: { readonly q: string; readonly by: string; readonly top: number },
): Promise<Latency> {
  const field = wordField(by)
  const groups = await measureLatency(asked.reading.index, prepared(asked, q), { by: field, top })
  return { groups: [...groups] }
}

export function fieldsOf(): { fields: Field[] } {
  const fields = [...new Set([...shortFields, ...queryFields.values()])]
  return {
    fields: fields.map(({ brief, columns, example, facet, name, title, type, values }) => {
      const isCounted = facet && (type !== 'personal' || name === 'user')
      const told = { name, title, brief, type, example, facet: isCounted }
      return { ...told, attributes: [...columns], values: [...values.keys()] }
    }),
  }
}

export async function completionsOf(
  { reading: { index } }: Asked,
  { at: asked, q }: { readonly q: string; readonly at: number },
): Promise<Completions> {
  const at = Math.min(asked, q.length)
  const all = prepare(everything, index, 0)
  const valuesOf = async (field: QueryField) => {
    if (!field.facet) return []
    const { facets } = await countFacets(index, all, { fields: [field], top: 10_000 })
    const values = facets[0]?.values ?? []
    return values.flatMap(({ count, value }) => (value === null ? [] : [{ value, count }]))
  }
  const found = await complete(q, at, { most: MAX_SUGGESTIONS, valuesOf })
  return { ...found, suggestions: [...found.suggestions] }
}

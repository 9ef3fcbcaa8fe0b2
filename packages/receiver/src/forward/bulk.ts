// A bulk request's body and what its answer means, for each document. Whatever is not plainly about
// the document waits: an index that is closed, full or read-only is repaired, and then takes it.
import { later, type SendOutcome, type UnitOutcome } from './outcome.ts'

export interface SearchDocument {
  readonly id: string
  readonly document: object
}

/** Lines of a bulk request: `create` never overwrites what is there. */
export function bulkLines(documents: readonly SearchDocument[]): object[] {
  return documents.flatMap(({ document, id }) => [{ create: { _id: id } }, document])
}

/** The parts of an answer that are read. */
export const BULK_ANSWER_PARTS = [
  'items.*.status',
  'items.*.error.type',
  'items.*.error.reason',
] as const

/** An answer of HTTP 200 to `count` documents; not one to bulk → later. */
export function outcomeOfBulk(answer: unknown, count: number): SendOutcome {
  const { items } = (answer ?? {}) as { items?: unknown }
  const results = Array.isArray(items) ? items.map(resultOf) : []
  if (results.length !== count || results.includes(undefined)) {
    return later('HTTP 200, but no answer to bulk')
  }
  return { outcome: 'each', units: results.map((result) => outcomeOf(result!)) }
}

interface Result {
  readonly status: number
  readonly type: string
  readonly reason: string
}

function resultOf(item: unknown): Result | undefined {
  const { create } = (item ?? {}) as { create?: { status?: unknown; error?: ErrorJson } }
  if (typeof create?.status !== 'number') return undefined
  return { status: create.status, ...errorOf(create) }
}

interface ErrorJson {
  readonly type?: unknown
  readonly reason?: unknown
}

/** The server's word for an error; the text of one may quote what was sent. */
export function errorOf(answer: unknown): { readonly type: string; readonly reason: string } {
  const { error } = (answer ?? {}) as { error?: ErrorJson | null }
  const { type, reason } = typeof error === 'object' && error !== null ? error : {}
  return {
    type: typeof type === 'string' && /^[a-z_]{1,64}$/.test(type) ? type : '',
    reason: typeof reason === 'string' ? reason : '',
  }
}

/** A document that does not fit the mapping of its index. */
const ABOUT_THE_DOCUMENT = new Set([
  'mapper_parsing_exception',
  'document_parsing_exception',
  'strict_dynamic_mapping_exception',
  'illegal_argument_exception',
])

/** Of these no document is to blame. */
const ABOUT_THE_SERVER = new Set([401, 403, 404, 408, 429])

/** Illegal arguments that no document is to blame for. */
const ABOUT_THE_INDEX = /write index|total fields/

function outcomeOf({ reason, status, type }: Result): UnitOutcome {
  // 409: it is there already, since a load is sent again after a crash.
  if (status === 200 || status === 201 || status === 409) return { outcome: 'taken' }
  if (status === 400 && ABOUT_THE_DOCUMENT.has(type) && !ABOUT_THE_INDEX.test(reason)) {
    const [, field] = /\b(?:field|mapper|mapping for) \[([\w.@]{1,128})\]/.exec(reason) ?? []
    return { outcome: 'refused', status, error: field === undefined ? type : `${type}: ${field}` }
  }
  const waiting = later(`HTTP ${status} ${type}`.trim())
  const isDoubtful = status >= 400 && status < 500 && !ABOUT_THE_SERVER.has(status)
  return isDoubtful
    ? { ...waiting, doubtful: { outcome: 'refused', status, error: type } }
    : waiting
}

// Errors of a query: where in its text they are, and what was probably meant.
import { QueryError, type QueryErrorCode } from '../codes.ts'

/** A part of a query's text, in UTF-16 units. */
export interface Place {
  readonly at: number
  readonly length: number
}

/** QUERY_SYNTAX, QUERY_FIELD_UNKNOWN, QUERY_VALUE_INVALID or QUERY_TOO_LONG. */
export class QuerySyntaxError extends QueryError {
  readonly at: number
  readonly length: number
  /** To take the place of that part. */
  readonly suggestions: readonly string[]

  constructor(
    code: QueryErrorCode,
    detail: string,
    place: Place & { readonly suggestions?: readonly string[] },
  ) {
    super(code, detail)
    this.name = 'QuerySyntaxError'
    this.at = place.at
    this.length = place.length
    this.suggestions = place.suggestions ?? []
  }
}

export function syntax(
  code: QueryErrorCode,
  detail: string,
  { at, length }: Place,
  suggestions: readonly string[] = [],
): QuerySyntaxError {
  return new QuerySyntaxError(code, detail, { at, length, suggestions })
}

// Whether an authorization response says which server it is from (RFC 9207), for the request that
// exchanges its code.
import type { CallFacts } from '../../facts.ts'
import { attempt, record, text } from '../unknown.ts'

type Said = Pick<CallFacts, 'saysIssuer'>

/** `response`: its URL, the request that it came in, or its parameters; others tell nothing. */
export function issuerSaid(response: unknown): Said {
  if (response instanceof URLSearchParams) return said(response)
  const url = response instanceof URL ? response : URL.parse(text(record(response).url) ?? '')
  const query = url && attempt(() => url.searchParams)
  // One that came in a form or a fragment is somewhere else.
  return query instanceof URLSearchParams && query.has('code') ? said(query) : {}
}

/** A JWT says it inside (JARM). */
function said(parameters: URLSearchParams): Said {
  return { saysIssuer: parameters.has('iss') || parameters.has('response') }
}

// What instrumentations of client libraries have in common.
import type { CallErrorFacts } from '../../facts.ts'
import type { Exchange } from '../scopes.ts'

/** Where the last form went; libraries ask for metadata and keys, too. */
export function tokenEndpointsOf(exchanges: readonly Exchange[]): string[] {
  const asked = exchanges.findLast(({ form }) => form !== null)
  return asked === undefined ? [] : [`${asked.url.origin}${asked.url.pathname}`]
}

const codeForm = /^[a-z][a-z0-9_]{0,63}$/

/** What the library refused itself, by its own code; `reason` is one of `oauth.error.reason`. */
export function clientFailure(code: string | null, reason: string | null): CallErrorFacts {
  const type = code !== null && codeForm.test(code) ? code : (reason ?? '_OTHER')
  return { code: null, type, reason, by: 'client' }
}

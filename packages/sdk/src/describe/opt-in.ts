// What is recorded at `full` alone. See level.test.ts.
import { ATTR, type RecordAttributes } from '@grantlog/record'
import type { Facts } from '../facts.ts'
import { queryOf } from './query.ts'

export function describeOptIn(attributes: RecordAttributes, facts: Facts): void {
  if (facts.kind !== 'server' || !facts.known.isRedirectUri) return
  const { redirectUri } = facts.parameters
  const shown = redirectUri === null ? null : withoutValues(redirectUri)
  if (shown !== null) attributes.set(ATTR.OAUTH_REDIRECT_URI_FULL, shown)
}

/** Without a password or a fragment, and with names of parameters alone. */
function withoutValues(uri: string): string | null {
  const url = URL.parse(uri)
  if (url === null) return null
  const { host, pathname, protocol } = url
  const query = queryOf(uri, [])
  const place = `${protocol}${host === '' ? '' : `//${host}`}${pathname}`
  return query === null ? place : `${place}?${query}`
}

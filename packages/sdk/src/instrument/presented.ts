// The token that a request presents (RFC 6750 section 2, RFC 9449 section 7.1). Everything here is
// an attacker's text: it is read in linear time, and a token is whatever stands in its place.
import type { PresentedToken } from '../facts.ts'
import type { ServedRequest } from './scopes.ts'
import { record, text } from './unknown.ts'

const parameter = 'access_token'
const formType = 'application/x-www-form-urlencoded'

/** Of a request's head; null if it presents none. `target` is raw. */
export function presentedInHead(
  authorization: string | undefined,
  target: string,
): PresentedToken | null {
  const inHeader = authorization === undefined ? null : tokenInHeader(authorization)
  return inHeader ?? tokenInQuery(target)
}

/** Of a served request, its form included if the application has read it by now. */
export function presentedBy(served: ServedRequest): PresentedToken | null {
  served.token ??= tokenInForm(served)
  return served.token
}

/** Whether a request of this Content-Type may present a token in its body. */
export function isForm(contentType: string | null): boolean {
  return contentType !== null && contentType.toLowerCase().startsWith(formType)
}

function tokenInHeader(authorization: string): PresentedToken | null {
  const space = authorization.indexOf(' ')
  if (space !== 'dpop'.length && space !== 'bearer'.length) return null
  const scheme = authorization.slice(0, space).toLowerCase()
  if (scheme !== 'bearer' && scheme !== 'dpop') return null
  const value = authorization.slice(space).trim()
  return value === '' ? null : { value, scheme, location: 'header' }
}

function tokenInQuery(target: string): PresentedToken | null {
  // A name may be written with escapes, and all frameworks would read it.
  const isLikely =
    target.includes('?') && (target.includes(`${parameter}=`) || target.includes('%'))
  if (!isLikely) return null
  const bare = target.replace(/#.*$/s, '')
  const parts = bare.slice(bare.indexOf('?') + 1).split('&')
  for (const part of parts) {
    const equals = part.indexOf('=')
    if (equals < 0 || !isParameter(part.slice(0, equals))) continue
    const value = decoded(part.slice(equals + 1))
    return value === '' ? null : { value, scheme: 'bearer', location: 'query' }
  }
  return null
}

function isParameter(name: string): boolean {
  if (name === parameter) return true
  // Each escape takes two characters more.
  const isEscaped = name.length > parameter.length && name.length <= 3 * parameter.length
  return isEscaped && decoded(name) === parameter
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '))
  } catch {
    return value
  }
}

function tokenInForm({ framework, context }: ServedRequest): PresentedToken | null {
  if (framework === undefined || !context) return null
  if (!isForm(text(record(record(context).headers)['content-type']))) return null
  const value = text(record(framework.bodyOf(context))[parameter])
  return value === null ? null : { value, scheme: 'bearer', location: 'body' }
}

// The address of a backend as an operator gives it.
import { QueryError } from '../../codes.ts'

/**
 * The base URL, with a slash at its end. Throws BACKEND_URL_INVALID, which does not repeat it: it
 * may hold a password.
 */
export function baseOf(text: string): URL {
  const url = URL.parse(text)
  if (!/^https?:$/.test(url?.protocol ?? '') || url?.username !== '' || url.password !== '') {
    throw new QueryError('BACKEND_URL_INVALID')
  }
  return new URL(`${url.origin}${url.pathname.replace(/\/*$/, '')}/`)
}

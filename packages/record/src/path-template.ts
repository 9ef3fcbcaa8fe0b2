// Paths without what they may carry: identifiers, names, tokens. A producer tells them so, and a
// reader finds the path of an access log again. See path-template.test.ts.
import { pathSegmentsMax } from './limits.ts'

/** A word as developers name things in paths, or a version. An identifier seldom looks like it. */
const wordForm = /^(?:[a-z]{1,16}(?:[-_][a-z]{1,16}){0,2}|v\d{1,2})$/

/**
 * Words have vowels. Codes that a user types into a device's page have none (RFC 8628 section 6.1),
 * and the letters of a random generator seldom have enough.
 */
const randomForm = /[^aeiouy]{6}/

const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(\/.*)?$/is

/** Raw path of a request target (RFC 9112 section 3.2), without its query; null if it has none. */
export function pathOf(target: string): string | null {
  const end = target.search(/[?#]/)
  const bare = end < 0 ? target : target.slice(0, end)
  if (bare.startsWith('/')) return bare
  // As it came, whatever its scheme: routers take any, and none reads it as a browser would.
  const absolute = absoluteForm.exec(bare)
  return absolute && (absolute[1] ?? '/')
}

/** Segments of a path; a slash at its end adds none. */
export function segmentsOf(path: string): string[] {
  const start = path.startsWith('/') ? 1 : 0
  const bare = path.slice(start, path.length > start && path.endsWith('/') ? -1 : undefined)
  return bare === '' ? [] : bare.split('/')
}

/** Plain lower-case words stay, all other segments read `:id`. */
export function templateOf(path: string): string {
  const segments = segmentsOf(path)
  const told = segments
    .slice(0, pathSegmentsMax)
    .map((segment) => (isWord(segment) ? segment : ':id'))
  return `/${[...told, ...(told.length < segments.length ? ['...'] : [])].join('/')}`
}

function isWord(segment: string): boolean {
  return wordForm.test(segment) && !randomForm.test(segment)
}

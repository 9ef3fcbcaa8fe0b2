// Secrets in the other parts of a URL: `user:password@` in front of its host, and segments of its
// path, such as the `<uid>` of an interaction in `/interaction/<uid>`.
import { encoded } from './encoding.ts'
import { isRandom } from './random-text.ts'
import { REDACTED } from './redacted.ts'

const authority = /(:\/\/)([^\s/?#"<>]+)@/g

/** The same inside a parameter: from `%3A%2F%2F` to the next `%2F`, `%3F` or `%23`. */
const slash = encoded('2f')
const encodedAuthority = new RegExp(
  `(${encoded('3a')}${slash}${slash})((?:[^\\s%&"<>]+|%(?!(?:25){0,3}(?:2f|3f|23)))*)`,
  'gi',
)
const encodedUserinfo = new RegExp(`^.*(?=${encoded('40')})`, 'is')

/** Redacts what stands between `://` and the last `@` before the path (RFC 3986 section 3.2.1). */
export function scrubUserinfo(text: string): string {
  const raw = text.replace(authority, `$1${REDACTED}@`)
  if (!raw.includes('%')) return raw
  return raw.replace(
    encodedAuthority,
    (_all, start: string, rest: string) => start + rest.replace(encodedUserinfo, REDACTED),
  )
}

/** A path: behind the host of a URL (but of a file), or where a word begins with `/`. */
const paths = /(?:(?<!file):\/\/[^\s/"'`<>]*|(?<![^\s"'`(){}<>,;=|[\]]))\/[^\s"'`<>]+/gi

/** A segment as a whole: `chunk-4f3a9bce1d2e3f40.js` and `name@1.2` are no ids. */
const segment = /(?<=\/)[\w-]{16,}(?![\w-]|[.@+~]\w)/g
const encodedSegment = new RegExp(`(?<=${slash})[\\w-]{16,}(?![\\w-]|[.@+~]\\w)`, 'gi')

/** Redacts the segments of paths that are random, also of a URL inside a parameter. */
export function scrubPaths(text: string): string {
  const raw = text.replace(paths, (path) => {
    const host = path.startsWith('://') ? path.indexOf('/', 3) : 0
    return path.slice(0, host) + path.slice(host).replace(segment, redactRandom)
  })
  return raw.includes('%') ? raw.replace(encodedSegment, redactRandom) : raw
}

function redactRandom(text: string): string {
  return isRandom(text) ? REDACTED : text
}

// What the framework that handles a request knows of it: the route that was reached, the address
// behind proxies, the body it has read. All of it is the application's, and is read at the end of
// the request; whatever throws is not known.
import { segmentsOf } from '@grantlog/record'
import { knownRoutesMax } from '../limits.ts'

/** How to read a framework's own object of a request. */
export interface Framework {
  /** Template of the route that was reached; never a raw path. `path` is the raw one. */
  readonly routeOf: (context: object, path: string) => string | null
  /** Address of the client behind the proxies that the application trusts. */
  readonly addressOf: (context: object) => string | null
  /** The body, parsed. */
  readonly bodyOf: (context: object) => unknown
}

const plainForm = /^(?:[A-Za-z0-9._~-]+|:[A-Za-z_][A-Za-z0-9_]*)$/

/** An application has some routes, and each request asks for one of them. */
const known = new Map<string, readonly string[] | null>()

/** The segments of a template of literals and `:parameters`; null for any other syntax. */
export function plainSegments(template: string): readonly string[] | null {
  const found = known.get(template)
  if (found !== undefined) return found
  const segments = segmentsOf(template)
  const own = segments.every((segment) => plainForm.test(segment)) ? segments : null
  if (known.size < knownRoutesMax) known.set(template, own)
  return own
}

/** The template, if it can be about the whole of a path and not only about its end. */
export function wholeRoute(template: string, path: string): string | null {
  const own = plainSegments(template)
  if (own !== null) return fits(own, segmentsOf(path)) ? template : null
  const literal = template.replace(/[^\w/.~-].*$/s, '')
  return path.toLowerCase().startsWith(literal.toLowerCase()) ? template : null
}

function fits(own: readonly string[], segments: readonly string[]): boolean {
  return own.length === segments.length && isPrefix(own, segments)
}

/** Whether a path begins like a template; letters of either case, as routers have it. */
export function isPrefix(template: readonly string[], segments: readonly string[]): boolean {
  return template.every((part, i) => {
    const segment = segments[i]
    if (segment === undefined) return false
    return part.startsWith(':') || part.toLowerCase() === segment.toLowerCase()
  })
}

// Express (and Nest on it) leaves on the request what it knows, so that no hook is needed:
// `route.path` of the route that was reached, and `baseUrl`, where its router is mounted. The
// latter is a raw path: the template is found again among the mounted routers of the application.
import { segmentsOf } from '@grantlog/record'
import { type Framework, isPrefix, plainSegments, wholeRoute } from '../framework.ts'
import { attempt, membersOf, record, text } from '../unknown.ts'

/** Routers in routers, and applications in applications. */
const depthMax = 8

/** A request of Express; of Node alone it knows nothing. */
export const express: Framework = {
  routeOf: (request, path) => {
    const { route, baseUrl, app } = record(request)
    const own = text(record(route).path)
    if (own === null) return null
    // A router restores `baseUrl` when it passes an error on; `route` stays.
    const mount = text(baseUrl) === null ? frontOf(own, path) : segmentsOf(String(baseUrl))
    if (mount === null) return wholeRoute(own, path)
    const base = mountTemplate(app, mount)
    if (base === null) return null
    return `${base}${own === '/' && base !== '' ? '' : own}`
  },
  addressOf: (request) => text(attempt(() => record(request).ip)),
  bodyOf: (request) => attempt(() => record(request).body),
}

/** Raw segments of a path in front of those that a template is about; null if it does not tell. */
function frontOf(template: string, path: string): string[] | null {
  const own = plainSegments(template)
  const all = segmentsOf(path)
  return own === null || own.length > all.length ? null : all.slice(0, all.length - own.length)
}

/** Template of where a router is mounted; null if it is not found. */
function mountTemplate(app: unknown, segments: readonly string[]): string | null {
  if (segments.length === 0) return ''
  const own = appTemplate(app, 0)
  if (own === null) return null
  const rest = matchedRest(own, segments)
  const inner =
    rest &&
    searched(
      attempt(() => membersOf(app).router),
      rest,
      0,
    )
  return inner === null ? null : join(own, inner)
}

/** Where an application is mounted in others. */
function appTemplate(app: unknown, depth: number): string[] | null {
  const { parent, mountpath } = membersOf(app)
  if (parent === undefined || parent === null) return []
  const own = typeof mountpath === 'string' ? plainSegments(mountpath) : null
  const outer = own === null || depth > depthMax ? null : appTemplate(parent, depth + 1)
  return outer === null ? null : [...outer, ...own!]
}

/** The templates of mounted routers that lead to `segments`; the first that fits. */
function searched(router: unknown, segments: readonly string[], depth: number): string[] | null {
  if (segments.length === 0) return []
  const { stack } = membersOf(router)
  if (!Array.isArray(stack) || depth > depthMax) return null
  for (const layer of stack.map(record)) {
    if (layer.route !== undefined || !Array.isArray(membersOf(layer.handle).stack)) continue
    for (const pattern of [layer.rawPath].flat()) {
      const own = typeof pattern === 'string' ? plainSegments(pattern) : null
      const rest = own && matchedRest(own, segments)
      const inner = rest && searched(layer.handle, rest, depth + 1)
      if (inner !== null) return [...own!, ...inner]
    }
  }
  return null
}

/** What is left of a path behind a template; null if it does not begin like it. */
function matchedRest(template: readonly string[], segments: readonly string[]): string[] | null {
  return isPrefix(template, segments) ? segments.slice(template.length) : null
}

function join(...parts: readonly (readonly string[])[]): string {
  return `/${parts.flat().join('/')}`
}

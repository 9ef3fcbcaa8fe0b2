// Route templates of a policy, and which requests they are about.
//
//   /orders/:id      `:id` stands for one segment; names of parameters mean nothing
//   /files/*         `*`, only at the end, stands for one segment or more
//
// A framework's own template is compared by its shape: `/orders/:orderId` is `/orders/:id`,
// `/orders/export` is not. See policy.test.ts.
//
// A guarantee must be known before a router has seen the request: there the raw path counts, as it
// came, and no template. A route that is reached by rewriting is named by what clients send.

/** A request as far as a policy looks at it. */
export interface PolicyRequest {
  /** In capitals. */
  readonly method: string
  /** Route template of the framework; null where none is known. */
  readonly route: string | null
  /** Raw path without a query; looked at only where no template is known. */
  readonly path: string | null
  /** The path may be written otherwise, as far as a router may let it: case, empty segments. */
  readonly isLoose?: boolean
}

/** One segment: a literal, any one (`:`), or all the rest (`*`). */
type Segment = string

const segment = String.raw`(?!\*(?:\/|$))(?:[A-Za-z0-9._~!$&'()+,;=@%-]+|:[A-Za-z_][A-Za-z0-9_]*)`

/** The form told above. */
export const routePattern: RegExp = new RegExp(
  String.raw`^\/(?:\*|${segment}(?:\/${segment})*(?:\/\*)?)?$`,
)

/** Whether a text is a route template in the form told above. */
export function isRoute(text: string): boolean {
  return routePattern.test(text)
}

/** Whether a route template of a policy is about a request; its method apart. */
export function isRouteOf(template: string, request: PolicyRequest): boolean {
  const { route, path, isLoose = false } = request
  const pattern = segmentsOf(template)
  if (route !== null) return hasShape(pattern, segmentsOf(route))
  if (path === null) return false
  if (!isLoose) return hasPath(pattern, path)
  return hasPath(
    pattern.map((segment) => folded(decoded(segment))),
    foldedPath(path),
  )
}

function hasShape(pattern: readonly Segment[], route: readonly Segment[]): boolean {
  if (!hasLength(pattern, route)) return false
  return pattern.every((segment, i) => segment === '*' || segment === route[i])
}

function hasLength(pattern: readonly Segment[], parts: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*'
  return isOpen ? parts.length >= pattern.length : parts.length === pattern.length
}

function segmentsOf(template: string): Segment[] {
  return partsOf(template).map((part) => (/^[:*]/.test(part) ? part.charAt(0) : part))
}

function hasPath(pattern: readonly Segment[], path: string): boolean {
  const parts = partsOf(path)
  if (!hasLength(pattern, parts)) return false
  return pattern.every((segment, i) => {
    const part = parts[i]!
    if (segment === '*' || segment === ':') return part !== ''
    return segment === part || segment === decoded(part)
  })
}

/** Segments of a path; a slash at its end adds none. */
function partsOf(path: string): string[] {
  const bare = path.replace(/^\//, '').replace(/\/$/, '')
  return bare === '' ? [] : bare.split('/')
}

function foldedPath(path: string): string {
  const parts = partsOf(path).filter((part) => part !== '')
  return `/${parts.map((part) => folded(decoded(part))).join('/')}`
}

/** A slash that was escaped stays in its segment. */
function folded(part: string): string {
  return part.toLowerCase().replaceAll('/', '%2f')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

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
  return routeTest(template)(routeInOf(request))
}

/** A request, taken apart once for all templates that it is held against. */
export interface RouteIn {
  /** Number of its segments. */
  readonly count: number
  readonly part: (at: number) => string
  /** The same without its escapes; null: they are a framework's own template. */
  readonly decoded: ((at: number) => string) | null
  readonly isLoose: boolean
}

/**
 * null: it has neither a template nor a path, and no route is about it. Escapes are read where a
 * template comes so far: a path may have thousands, and each wrong one throws.
 */
export function routeInOf({ route, path, isLoose = false }: PolicyRequest): RouteIn | null {
  if (route !== null) {
    const parts = segmentsOf(route)
    return { count: parts.length, part: (at) => parts[at]!, decoded: null, isLoose: false }
  }
  if (path === null) return null
  const all = partsOf(path)
  const parts = isLoose ? all.filter((one) => one !== '') : all
  const part = isLoose ? once((at) => folded(decoded(parts[at]!))) : (at: number) => parts[at]!
  return { count: parts.length, part, decoded: once((at) => decoded(part(at))), isLoose }
}

function once(of: (at: number) => string): (at: number) => string {
  const made: string[] = []
  return (at) => (made[at] ??= of(at))
}

export type RouteTest = (route: RouteIn | null) => boolean

/** isRouteOf, made ready: requests are many, and a policy has some thousand templates at most. */
export function routeTest(template: string): RouteTest {
  const exact = segmentsOf(template)
  const loose = exact.map((segment) => folded(decoded(segment)))
  return (route) => {
    if (route === null) return false
    const { count, decoded, isLoose, part } = route
    const pattern = isLoose ? loose : exact
    const isOpen = pattern.at(-1) === '*'
    if (isOpen ? count < pattern.length : count !== pattern.length) return false
    if (decoded === null) return pattern.every((one, at) => one === '*' || one === part(at))
    return pattern.every((one, at) => {
      if (one === '*' || one === ':') return part(at) !== ''
      return one === part(at) || one === decoded(at)
    })
  }
}

function segmentsOf(template: string): Segment[] {
  return partsOf(template).map((part) => (/^[:*]/.test(part) ? part.charAt(0) : part))
}

/** Segments of a path; a slash at its end adds none. */
function partsOf(path: string): string[] {
  const bare = path.replace(/^\//, '').replace(/\/$/, '')
  return bare === '' ? [] : bare.split('/')
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

// Which route a path of an access log belongs to, and whether requests to it must have a record
// (decisions/012). Routes come from the records themselves, from the policy, and from who asks.
// See routes.test.ts.
import { isRouteOf, pathOf, type RouteRule, segmentsOf, templateOf } from '@grantlog/record'
import { QueryError } from '../codes.ts'
import { MAX_ROUTES } from '../limits.ts'
import { hashOfWords } from './served.ts'
import { shapeOf, type Shape } from './template.ts'

/** A route as somebody names it: `/orders/:id`, `POST /orders`, `/files/*`. */
export interface RoutePattern {
  /** null: any. */
  readonly method: string | null
  readonly route: string
}

/** Why a request must have a record; or that nobody says so. */
export type Due = 'given' | 'policy' | 'endpoint' | 'seen' | 'refused-only' | 'ignored' | 'none'

/** What a record of a served request says of its route. */
export interface SeenRoute {
  readonly method: string
  /** The framework's template; where there is none, hashOfWords of `url.template`. */
  readonly template: string
  readonly isRoute: boolean
  /** Of an authorization server's own endpoints every request has a record. */
  readonly isEndpoint: boolean
  /** The request was answered as it was asked, and not refused. */
  readonly isServed: boolean
}

export interface RouteOptions {
  readonly rules: readonly RouteRule[]
  readonly audited: readonly RoutePattern[]
  readonly ignored: readonly RoutePattern[]
}

/** Where a line belongs. */
export interface Place {
  /** Ids of the templates that its record may have, the most specific first. */
  readonly templates: readonly number[]
  /** What a report may show of the path: a template, never the path. */
  readonly shown: string
}

interface Route {
  readonly id: number
  readonly template: string
  readonly shape: Shape | null
  /** Methods of records that were served, and by whom. */
  readonly served: Map<string, 'endpoint' | 'seen'>
  readonly refused: Set<string>
}

/** All routes of one service. Memory is bounded by MAX_ROUTES. */
export class Routes {
  readonly #options: RouteOptions
  readonly #byName = new Map<string, Route>()
  readonly #all: Route[] = []
  /** Routes by their first segment; those that begin with a parameter under ''. */
  readonly #byFirst = new Map<string, Route[]>()
  #places = new Map<string, Place>()

  constructor(options: RouteOptions) {
    this.#options = options
  }

  /** The id of a record's template; notes what its request tells. Errors: RECONCILE_ROUTES. */
  add({ isEndpoint, isRoute, isServed, method, template }: SeenRoute): number {
    const route = this.#routeOf(template, isRoute)
    if (!isServed) route.refused.add(method)
    else if (isEndpoint || !route.served.has(method)) {
      route.served.set(method, isEndpoint ? 'endpoint' : 'seen')
    }
    return route.id
  }

  /** The id of a template, without noting anything of it. Errors: RECONCILE_ROUTES. */
  idOf(template: string, isRoute: boolean): number {
    return this.#routeOf(template, isRoute).id
  }

  named(id: number): { readonly template: string; readonly isRoute: boolean } {
    const { shape, template } = this.#all[id]!
    return { template, isRoute: shape !== null }
  }

  /** What a report may show of a template. */
  shownOf(id: number): string {
    const { shape, template } = this.#all[id]!
    return shape === null ? withoutRoute : template
  }

  /** What was noted, for the next run. */
  *seen(): Generator<SeenRoute> {
    for (const { refused, served, shape, template } of this.#all) {
      const isRoute = shape !== null
      for (const [method, by] of served) {
        yield { method, template, isRoute, isEndpoint: by === 'endpoint', isServed: true }
      }
      for (const method of refused) {
        yield { method, template, isRoute, isEndpoint: false, isServed: false }
      }
    }
  }

  /** Where the target of a request belongs; null when it has no path. */
  placeOf(target: string): Place | null {
    const path = pathOf(target)
    if (path === null) return null
    const known = this.#places.get(path)
    if (known !== undefined) return known
    const place = this.#find(path)
    if (this.#places.size >= placesKept) this.#places = new Map()
    this.#places.set(path, place)
    return place
  }

  /** Why a request must have a record. */
  dueOf(method: string, target: string, { templates }: Place): Due {
    const path = pathOf(target)
    const { audited, ignored, rules } = this.#options
    const named = ({ method: of, route }: RoutePattern): boolean =>
      (of === null || of === method) && isRouteOf(route, { method, route: null, path })
    if (ignored.some(named)) return 'ignored'
    if (audited.some(named)) return 'given'
    // A server answers HEAD as it does GET; nobody presents a token in a preflight.
    const as = method === 'HEAD' ? 'GET' : method
    const ruled = rules.some(
      ({ methods, route }) =>
        (methods.length === 0 ? as !== 'OPTIONS' : methods.includes(as)) &&
        isRouteOf(route, { method: as, route: null, path }),
    )
    const routes = templates.map((id) => this.#all[id]!)
    const by = routes.flatMap(({ served, shape }) =>
      shape?.isOpen === true ? [] : (served.get(method) ?? served.get(as) ?? []),
    )
    if (by.includes('endpoint')) return 'endpoint'
    if (ruled) return 'policy'
    if (by.length > 0) return 'seen'
    const isKnown = routes.some(
      ({ refused, served, shape }) => shape !== null && (refused.has(as) || served.has(as)),
    )
    return isKnown ? 'refused-only' : 'none'
  }

  #routeOf(template: string, isRoute: boolean): Route {
    const name = `${isRoute ? 'r' : 'u'}${template}`
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    if (this.#all.length >= MAX_ROUTES) throw new QueryError('RECONCILE_ROUTES', `${MAX_ROUTES}`)
    const shape = isRoute ? shapeOf(template) : null
    const served = new Map<string, 'endpoint' | 'seen'>()
    const route = { id: this.#all.length, template, shape, served, refused: new Set<string>() }
    this.#all.push(route)
    this.#byName.set(name, route)
    this.#places.clear()
    if (shape !== null) {
      const first = shape.first ?? ''
      this.#byFirst.set(first, [...(this.#byFirst.get(first) ?? []), route])
    }
    return route
  }

  #find(path: string): Place {
    const segments = segmentsOf(path)
    const first = segments[0]?.toLowerCase() ?? ''
    const near = [...(this.#byFirst.get(first) ?? []), ...((first && this.#byFirst.get('')) || [])]
    const fitting = near
      .filter(({ shape }) => shape!.fits(segments))
      .sort((a, b) => b.shape!.literals - a.shape!.literals || a.id - b.id)
    const plain = this.#byName.get(`u${hashOfWords(templateOf(path))}`)
    const routes = plain === undefined ? fitting : [...fitting, plain]
    const shown = fitting[0]?.template ?? this.#patternOf(path) ?? withoutRoute
    return { templates: routes.map(({ id }) => id), shown }
  }

  /** The pattern of who asks, or of the policy, that a path is of. */
  #patternOf(path: string): string | undefined {
    const { audited, rules } = this.#options
    const request = { method: '', route: null, path }
    return [...audited, ...rules].find(({ route }) => isRouteOf(route, request))?.route
  }
}

/** Words of a path may be names: without a route the number of the line must do. */
const withoutRoute = '(no route)'

/** Paths whose place is remembered: most requests go to few. */
const placesKept = 10_000

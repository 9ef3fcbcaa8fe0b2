import { describe, expect, test } from '@jest/globals'
import { builtInPolicy, type RouteRule } from '@grantlog/record'
import { sha256 } from '@grantlog/ledger'
import { MAX_ROUTES } from '../limits.ts'
import { Routes, type RouteOptions, type SeenRoute } from './routes.ts'
import { hashOfWords } from './served.ts'
import { shapeOf } from './template.ts'

const rule: RouteRule = {
  ...{ methods: ['GET'], route: '/reports/:id', scopes: ['reports'], roles: [] },
  privileged: null,
  guarantee: null,
}
const seen = (method: string, template: string, more: Partial<SeenRoute> = {}): SeenRoute => ({
  ...{ method, template, isRoute: true, isEndpoint: false, isServed: true },
  ...more,
})

function routesWith(options: Partial<RouteOptions> = {}): Routes {
  const routes = new Routes({ rules: [rule], audited: [], ignored: [], ...options })
  routes.add(seen('GET', '/orders/:id'))
  routes.add(seen('POST', '/token', { isEndpoint: true }))
  routes.add(seen('GET', '/admin', { isServed: false }))
  routes.add(seen('POST', hashOfWords('/interaction/:id'), { isRoute: false }))
  routes.add(seen('GET', '/files/*path'))
  return routes
}

function dueOf(routes: Routes, request: string): string {
  const [method = '', target = ''] = request.split(' ')
  const place = routes.placeOf(target)
  return place === null ? 'no path' : routes.dueOf(method, target, place)
}

describe('whether a request must have a record', () => {
  test.each([
    ['GET /orders/7', 'seen'],
    ['GET /Orders/7/?a=b', 'seen'],
    ['HEAD /orders/7', 'seen'],
    ['OPTIONS /orders/7', 'none'],
    ['DELETE /orders/7', 'none'],
    ['GET /orders', 'none'],
    ['POST /token', 'endpoint'],
    ['GET /reports/1', 'policy'],
    ['HEAD /reports/1', 'policy'],
    ['OPTIONS /reports/1', 'none'],
    ['GET /admin', 'refused-only'],
    ['POST /interaction/x7Zk2', 'seen'],
    ['GET /interaction/x7Zk2', 'none'],
    ['GET /files/a/b', 'refused-only'],
    ['GET /', 'none'],
    ['GET http://api.example.com/orders/7', 'seen'],
    ['OPTIONS *', 'no path'],
  ])('%s: %s', (request, due) => {
    expect(dueOf(routesWith(), request)).toBe(due)
  })

  test('who asks knows better', () => {
    const routes = routesWith({
      audited: [{ method: null, route: '/health' }],
      ignored: [{ method: 'GET', route: '/orders/:id' }],
    })
    expect(dueOf(routes, 'GET /health')).toBe('given')
    expect(dueOf(routes, 'GET /orders/7')).toBe('ignored')
    expect(dueOf(routes, 'HEAD /orders/7')).toBe('seen')
  })

  test('what was noted makes the same routes again', () => {
    const again = new Routes({ rules: [], audited: [], ignored: [] })
    for (const one of routesWith().seen()) again.add(one)
    expect([...again.seen()]).toEqual([...routesWith().seen()])
  })
})

test('a path is shown as a template, the most specific first', () => {
  const routes = routesWith()
  const exact = routes.add(seen('GET', '/orders/export'))
  expect(routes.placeOf('/orders/export')).toEqual({
    templates: [exact, 0],
    shown: '/orders/export',
  })
  expect(routes.placeOf('/orders/4711')!.shown).toBe('/orders/:id')
  expect(routes.placeOf('/reset/s3cr3t?token=x')).toEqual({
    templates: [],
    shown: '(no route)',
  })
})

test.each([
  ['/', ['/'], ['/a']],
  ['/a/:b', ['/a/1', '/A/x/'], ['/a', '/a/1/2', '/a//']],
  ['/a/*', ['/a/1', '/a/1/2', '/a'], ['/b']],
  ['/a{/:b}', ['/a', '/x'], []],
  ['/:a/b', ['/1/b'], ['/1/c']],
])('%s is about %j and not about %j', (template, about, notAbout) => {
  const shape = shapeOf(template)
  const segments = (path: string): string[] =>
    path === '/' ? [] : path.replace(/^\/|\/$/g, '').split('/')
  for (const path of about) expect([path, shape.fits(segments(path))]).toEqual([path, true])
  for (const path of notAbout) expect([path, shape.fits(segments(path))]).toEqual([path, false])
})

test('there are not more routes than the limit', () => {
  const routes = new Routes({ rules: builtInPolicy(sha256).routes, audited: [], ignored: [] })
  for (let i = 0; i < MAX_ROUTES; i++) routes.add(seen('GET', `/r${i}`))
  routes.add(seen('POST', '/r0'))
  expect(() => routes.add(seen('GET', '/more'))).toThrow(
    expect.objectContaining({ code: 'RECONCILE_ROUTES' }),
  )
})

test('a word of a path may be a name: it is compared, and neither told nor kept', () => {
  const routes = new Routes({ rules: [], audited: [], ignored: [] })
  const id = routes.add(seen('GET', hashOfWords('/users/ada'), { isRoute: false }))
  expect(routes.placeOf('/users/ada')).toEqual({ templates: [id], shown: '(no route)' })
  expect(routes.shownOf(id)).toBe('(no route)')
  expect(JSON.stringify([...routes.seen()])).not.toContain('ada')
})

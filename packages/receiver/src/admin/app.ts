// The admin listener: the log as a static tlog-tiles log (c2sp.org/tlog-tiles), and how we are.
// Read only; loopback only. Proven by admin.test.ts.
import { Hono } from 'hono'
import { isOwnHost } from '../host.ts'
import { MAX_STREAMS_PER_PAGE } from '../limits.ts'

export interface AdminOptions {
  /** The latest published checkpoint, a signed note; null before the first. */
  readonly checkpoint: () => string | null
  /** A tile or bundle by its path below the log's prefix; null when there is none. */
  readonly readTile: (path: string) => Promise<Uint8Array | null>
  /** What /readyz says; `ready` false answers 503. */
  readonly status: () => Promise<{ readonly ready: boolean }>
  /** Streams from a place on; `next` is where the following page begins. */
  readonly streams: (from: number, most: number) => Promise<{ readonly next: number | null }>
  /** In Prometheus' text format; of the receiver as a whole. */
  readonly metrics?: () => Promise<string>
  readonly allowedHosts: readonly string[]
  /** Another log under /tenants/NAME; undefined when there is none of this name. */
  readonly tenant?: (name: string) => AdminOptions | undefined
}

const TEXT = 'text/plain; charset=utf-8'
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const IMMUTABLE = 'public, max-age=31536000, immutable'

/** The routes. `bindings.localAddress` is the address the connection came in on. */
export function createAdminApp(
  options: AdminOptions,
): Hono<{ Bindings: { localAddress: string | undefined } }> {
  const app = new Hono<{ Bindings: { localAddress: string | undefined } }>()
  app.use(async (context, next) => {
    const host = context.req.header('host')
    const own = isOwnHost(host, context.env.localAddress, options.allowedHosts)
    if (context.req.header('origin') !== undefined || !own) return context.text('forbidden\n', 403)
    if (!['GET', 'HEAD'].includes(context.req.method)) {
      return context.text('method not allowed\n', 405, { allow: 'GET, HEAD' })
    }
    context.header('x-content-type-options', 'nosniff')
    return next()
  })
  app.get('/checkpoint', (context) => {
    const note = options.checkpoint()
    if (note === null) return context.notFound()
    return context.body(note, 200, { 'content-type': TEXT, 'cache-control': 'no-store' })
  })
  app.get('/tile/*', async (context) => {
    // The path as it was sent: a tile path has no escapes, so none are undone.
    const path = new URL(context.req.url).pathname.slice(1)
    const bytes = await options.readTile(path)
    if (bytes === null) return context.notFound()
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': IMMUTABLE }
    return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers)
  })
  app.get('/healthz', (context) =>
    context.text('ok\n', 200, { 'content-type': TEXT, 'cache-control': 'no-store' }),
  )
  app.get('/grantlog/v1/streams', async (context) => {
    const from = Number(context.req.query('from') ?? 0)
    const limit = Number(context.req.query('limit') ?? MAX_STREAMS_PER_PAGE)
    const isRange = [from, limit].every((number) => Number.isSafeInteger(number) && number >= 0)
    if (!isRange || limit < 1) return context.text('from and limit are whole numbers\n', 400)
    const page = await options.streams(from, Math.min(limit, MAX_STREAMS_PER_PAGE))
    return context.json(page, 200, { 'cache-control': 'no-store' })
  })
  app.get('/tenants/:name/*', (context) => {
    const of = options.tenant?.(context.req.param('name'))
    if (of === undefined) return context.notFound()
    const url = new URL(context.req.url)
    url.pathname = url.pathname.replace(/^\/tenants\/[^/]*/, '')
    return createAdminApp(of).fetch(new Request(url, context.req.raw), context.env)
  })
  app.get('/metrics', async (context) => {
    if (options.metrics === undefined) return context.notFound()
    const headers = { 'content-type': PROMETHEUS_TYPE, 'cache-control': 'no-store' }
    return context.body(await options.metrics(), 200, headers)
  })
  app.get('/readyz', async (context) => {
    const status = await options.status()
    return context.json(status, status.ready ? 200 : 503, { 'cache-control': 'no-store' })
  })
  return app
}

// The console's server as a table: who may ask, the API, the page. See server.test.ts.
import { setTimeout } from 'node:timers/promises'
import { OpenAPIHono } from '@hono/zod-openapi'
import { readVerifier } from '@grantlog/ledger'
import { exactly, parseQuery } from '@grantlog/query'
import { streamSSE } from 'hono/streaming'
import type { Context } from 'hono'
import { API_BASE } from '../api/paths.ts'
import { pagePaths } from '../page-paths.ts'
import { openAlive, scopesOf } from './alive.ts'
import { CONSOLE_CODES, ConsoleError } from './codes.ts'
import { decided, findingOf, findingsOf, silenced } from './findings.ts'
import { admission, guard, securityHeaders } from './guard.ts'
import { healthOf, stateOf } from './health.ts'
import { integrityOf } from './integrity.ts'
import { metricsOf } from './metrics.ts'
import { LIVE_POSITION_MS, MAX_LIVE_STREAMS } from './limits.ts'
import { openLive, positionOf } from './live.ts'
import { lineageAt, recordBundle, recordDetail } from './one-record.ts'
import type { ConsoleOptions, PageFile } from './options.ts'
import { isUnforeseen, problemOf } from './problem.ts'
import { rootRoutes, routes, VERIFIER_TYPE } from './routes.ts'
import {
  type Asked,
  breakdownOf,
  completionsOf,
  facetsOf,
  fieldsOf,
  histogramOf,
  latencyOf,
  pageOf,
  prepared,
} from './searches.ts'

const TEXT = 'text/plain; charset=utf-8'
const IMMUTABLE = 'public, max-age=31536000, immutable'
const nobody = (): Promise<null> => Promise.resolve(null)

export function createConsoleApp(
  options: ConsoleOptions & { readonly onError?: (error: unknown) => void },
): OpenAPIHono {
  const app = new OpenAPIHono()
  app.use(securityHeaders())
  app.use(guard(options.allowedHosts ?? []))
  app.use(admission())
  app.onError((error, context) => {
    if (isUnforeseen(error)) options.onError?.(error)
    return problem(context, error)
  })
  app.notFound((context) => problem(context, new ConsoleError('CONSOLE_NOT_FOUND')))
  app.route(API_BASE, createApi(options))
  app.all(`${API_BASE}/*`, (context) => context.notFound())
  forPrograms(app, options)
  for (const path of pagePaths) {
    for (const end of ['', '/']) app.get(`${path}${end}`, (c) => answerPage(c, options))
  }
  app.get('*', (context) => answerFile(context, options))
  return app
}

function createApi(options: ConsoleOptions): OpenAPIHono {
  const api = new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return
      const [issue] = result.error.issues
      const what = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`
      throw new ConsoleError('CONSOLE_PARAMETER_INVALID', what)
    },
  })
  searches(api, options)
  singleRecords(api, options)
  states(api, options)
  jobs(api, options)
  findings(api, options)
  api.get('/live', (context) => answerLive(context, options))
  for (const route of rootRoutes) api.openAPIRegistry.registerPath(route)
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Grantlog console', version: options.version },
    servers: [{ url: API_BASE }],
  })
  return api
}

/** What other programs look for at the root: the log as c2sp.org/tlog-tiles has it, and metrics. */
function forPrograms(app: OpenAPIHono, options: ConsoleOptions): void {
  const { readTile, reading, receiverStatus = nobody, runs, version } = options
  app.get('/checkpoint', (context) => {
    const note = reading.reader.published
    if (note === null) throw new ConsoleError('CONSOLE_NOT_FOUND')
    return context.body(note as Uint8Array<ArrayBuffer>, 200, { 'content-type': TEXT })
  })
  app.get('/tile/*', async (context) => {
    // The path as it was sent: a tile path has no escapes, so none are undone.
    const bytes = await readTile(new URL(context.req.url).pathname.slice(1))
    if (bytes === null) throw new ConsoleError('CONSOLE_NOT_FOUND')
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': IMMUTABLE }
    return context.body(bytes as Uint8Array<ArrayBuffer>, 200, headers)
  })
  app.get('/metrics', async (context) => {
    const { text, type } = await metricsOf({ reading, receiverStatus, runs, version })
    return context.body(text, 200, { 'content-type': type })
  })
}

function askedOf({ now = Date.now, reading }: ConsoleOptions): Asked {
  return { reading, now: now() }
}

function searches(api: OpenAPIHono, options: ConsoleOptions): void {
  const asked = (): Asked => askedOf(options)
  const alive = openAlive(options.reading)
  api.openapi(routes.fields, (c) => c.json(fieldsOf(), 200))
  api.openapi(routes.completions, async (c) =>
    c.json(await completionsOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.records, async (c) => {
    const { cursor, ...query } = c.req.valid('query')
    return c.json(await pageOf(asked(), { ...query, cursor }), 200)
  })
  api.openapi(routes.facets, async (c) =>
    c.json(await facetsOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.breakdown, async (c) =>
    c.json(await breakdownOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.histogram, async (c) =>
    c.json(await histogramOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.latency, async (c) =>
    c.json(await latencyOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.scopes, async (c) =>
    c.json(await scopesOf(asked(), c.req.valid('query')), 200),
  )
  api.openapi(routes.tokens, async (c) => {
    const { cursor, ...query } = c.req.valid('query')
    return c.json(await alive.tokens(asked(), { ...query, cursor }), 200)
  })
  api.openapi(routes.sessions, async (c) => {
    const { cursor, ...query } = c.req.valid('query')
    return c.json(await alive.sessions(asked(), { ...query, cursor }), 200)
  })
}

function singleRecords(api: OpenAPIHono, options: ConsoleOptions): void {
  const { reading, traceUrl = '' } = options
  api.openapi(routes.record, async (c) => {
    const { index } = c.req.valid('param')
    const { personal } = c.req.valid('query')
    return c.json(await recordDetail(reading, index, { personal, traceUrl }), 200)
  })
  api.openapi(routes.bundle, async (c) => {
    const { index } = c.req.valid('param')
    return c.json(await recordBundle(reading, index, c.req.valid('query').disclose), 200)
  })
  api.openapi(routes.verifier, async (c) => {
    c.header('content-disposition', 'attachment; filename="verify.py"')
    const bytes = (await readVerifier()) as Uint8Array<ArrayBuffer>
    return c.body(bytes, 200, { 'content-type': VERIFIER_TYPE })
  })
  api.openapi(routes.recordLineage, async (c) => {
    const { now } = askedOf(options)
    const { index } = c.req.valid('param')
    const { personal } = c.req.valid('query')
    return c.json(await lineageAt(reading, String(index), { now, personal }), 200)
  })
  api.openapi(routes.lineage, async (c) => {
    const { now } = askedOf(options)
    const { personal, target } = c.req.valid('query')
    return c.json(await lineageAt(reading, target, { now, personal }), 200)
  })
}

function states(api: OpenAPIHono, options: ConsoleOptions): void {
  const { comparisons, reading, receiverStatus = nobody, receiverStreams = nobody } = options
  const { runs, version } = options
  api.openapi(routes.state, async (c) =>
    c.json(await stateOf(reading, { receiverStatus, runs, version }), 200),
  )
  api.openapi(routes.health, async (c) => c.json(await healthOf(reading, receiverStatus), 200))
  api.openapi(routes.integrity, async (c) =>
    c.json(await integrityOf({ reading, runs, comparisons, receiverStatus, receiverStreams }), 200),
  )
}

function jobs(api: OpenAPIHono, { comparisons, exports, runs }: ConsoleOptions): void {
  const unknown = (): never => {
    throw new ConsoleError('CONSOLE_RUN_UNKNOWN')
  }
  api.openapi(routes.beginRun, (c) => {
    const { what } = c.req.valid('json')
    return c.json(runs.start({ what, service: '' }, 'console'), 202)
  })
  api.openapi(routes.run, (c) => c.json(runs.get(c.req.valid('param').id) ?? unknown(), 200))
  api.openapi(routes.beginComparison, (c) => {
    const { service } = c.req.valid('json')
    if (!comparisons?.services.includes(service)) throw new ConsoleError('CONSOLE_NOT_COMPARABLE')
    return c.json(comparisons.runs.start({ what: 'comparison', service }, 'console'), 202)
  })
  api.openapi(routes.comparison, (c) =>
    c.json(comparisons?.runs.get(c.req.valid('param').id) ?? unknown(), 200),
  )
  api.openapi(routes.beginExport, (c) => c.json(exports.start(c.req.valid('json')), 202))
  api.openapi(routes.export, (c) => c.json(exports.get(c.req.valid('param').id) ?? unknown(), 200))
  for (const what of ['data', 'manifest'] as const) {
    api.get(`/exports/:id/${what}`, async (c) => {
      const job = exports.get(c.req.param('id')) ?? unknown()
      const stream = (await exports.open(job.id, what)) ?? unknown()
      const file = `grantlog-${job.id.slice(0, 8)}.${job.format.replace('ocsf', 'ocsf.ndjson')}`
      // As `grantlog export --check` looks for it.
      const name = what === 'data' ? file : `${file}.manifest`
      c.header('content-disposition', `attachment; filename="${name}"`)
      return c.body(stream, 200, { 'content-type': 'application/octet-stream' })
    })
  }
}

function findings(api: OpenAPIHono, options: ConsoleOptions): void {
  const { findings: source } = options
  const now = (): number => askedOf(options).now
  api.openapi(routes.findings, async (c) => {
    const { status, ...rest } = c.req.valid('query')
    const chosen = status === 'all' ? [] : status === 'undecided' ? undecided : [status]
    return c.json(await findingsOf(source, { ...rest, status: chosen }, now()), 200)
  })
  api.openapi(routes.finding, async (c) =>
    c.json(await findingOf(source, c.req.valid('param').id, now()), 200),
  )
  api.openapi(routes.decide, async (c) => {
    const { id: finding } = c.req.valid('param')
    return c.json({ leaf: await decided(source, { finding, ...c.req.valid('json') }) }, 202)
  })
  api.openapi(routes.silence, async (c) => {
    const { silence: replaced, ...order } = c.req.valid('json')
    const whole = replaced === undefined ? order : { ...order, silence: replaced }
    return c.json({ leaf: await silenced(source, whole) }, 202)
  })
}

const undecided = ['open', 'acknowledged'] as const

const listening = new WeakMap<ConsoleOptions, number>()

function answerLive(context: Context, options: ConsoleOptions): Response {
  const { reading } = options
  const q = context.req.query('q') ?? ''
  const personal = context.req.query('personal') === 'true'
  const last = context.req.header('last-event-id') ?? context.req.query('since')
  const since = last !== undefined && /^(?:-1|\d{1,15})$/.test(last) ? Number(last) : null
  const open = listening.get(options) ?? 0
  if (open >= MAX_LIVE_STREAMS) throw new ConsoleError('CONSOLE_BUSY', 'live streams')
  const ready = { prepared: prepared(askedOf(options), q), isAsked: exactly(parseQuery(q)) }
  const live = openLive({ reading, ...ready, personal, since })
  listening.set(options, open + 1)
  return streamSSE(context, async (stream) => {
    let wake: () => void = () => undefined
    const end = reading.onGrowth(() => wake())
    stream.onAbort(() => wake())
    try {
      while (!stream.aborted && !stream.closed) {
        // Before the look, so that nothing which comes meanwhile is waited for.
        const waiting = new AbortController()
        wake = () => waiting.abort()
        for (const { data, event } of await live.next()) {
          const id = event === 'record' ? { id: String(data.index) } : {}
          await stream.writeSSE({ event, data: JSON.stringify(data), ...id })
        }
        const position = positionOf(reading, live.index)
        const id = position.index < 0 ? {} : { id: String(position.index) }
        await stream.writeSSE({ event: 'position', data: JSON.stringify(position), ...id })
        const { signal } = waiting
        await setTimeout(LIVE_POSITION_MS, undefined, { signal }).catch(() => undefined)
      }
    } finally {
      end()
      listening.set(options, (listening.get(options) ?? 1) - 1)
    }
  })
}

/** `status`: 404 where the page can only say that nothing is there. */
async function answerPage(
  context: Context,
  { readPage }: ConsoleOptions,
  status: 200 | 404 = 200,
): Promise<Response> {
  const file = await readPage('/index.html')
  if (file !== null) return fileAnswer(context, file, status)
  const text = 'The page is not built: run `npm run build`. The API is at /api/v1/openapi.json\n'
  return context.text(text, 503)
}

/** A file of the page. To a person at an address that has nothing, the page says so itself. */
async function answerFile(context: Context, options: ConsoleOptions): Promise<Response> {
  const { path } = context.req
  const isFile = /\.(css|html|ico|js|json|map|svg|txt)$/.test(path)
  const file = isFile ? await options.readPage(path) : null
  if (file !== null) return fileAnswer(context, file, 200)
  const isNavigation = context.req.header('sec-fetch-mode') === 'navigate'
  if (isNavigation && !isFile) return answerPage(context, options, 404)
  throw new ConsoleError('CONSOLE_NOT_FOUND')
}

function fileAnswer(context: Context, file: PageFile, status: 200 | 404): Response {
  const kept = file.immutable ? IMMUTABLE : 'no-cache'
  const headers = { 'content-type': file.type, 'cache-control': kept }
  return context.body(file.bytes as Uint8Array<ArrayBuffer>, status, headers)
}

function problem(context: Context, error: unknown): Response {
  const told = problemOf(error)
  const { CONSOLE_INTERNAL } = CONSOLE_CODES
  const status = told.status as typeof CONSOLE_INTERNAL.status
  return context.json(told, status, { 'content-type': 'application/problem+json' })
}

// Who may ask: this machine's browser by this console's own address, and no other page in it.
import type { HonoRequest, MiddlewareHandler } from 'hono'
import { API_BASE } from '../api/paths.ts'
import { ConsoleError } from './codes.ts'
import { MAX_BODY_BYTES, MAX_BODY_MS, MAX_REQUESTS } from './limits.ts'

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
const hostForm = /^(\[[0-9a-f:.]+\]|[^:[\]/]+)(?::\d{1,5})?$/i

/**
 * A page that rebinds its name to 127.0.0.1 still sends its own name in `Host`; one that posts from
 * elsewhere sends its `Origin`; one that embeds sends `Sec-Fetch-Site`.
 */
export function guard(allowedHosts: readonly string[]): MiddlewareHandler {
  const allowed = new Set([...loopback, ...allowedHosts])
  return async ({ req }, next) => {
    const host = req.header('host')?.toLowerCase() ?? ''
    const name = hostForm.exec(host)?.[1]
    if (name === undefined || !allowed.has(name)) throw new ConsoleError('CONSOLE_HOST_REFUSED')
    const origin = req.header('origin')?.toLowerCase()
    const isOwn =
      origin === undefined || origin === `http://${host}` || origin === `https://${host}`
    const site = req.header('sec-fetch-site') ?? 'none'
    // A link from elsewhere may lead to a page, not to the API.
    const isNavigation = req.header('sec-fetch-mode') === 'navigate' && !isApi(req.path)
    const isSame = ['same-origin', 'none'].includes(site) || isNavigation
    if (!isOwn || !isSame) throw new ConsoleError('CONSOLE_HOST_REFUSED')
    if (req.method === 'POST') requireBody(req.header('content-type'), req.header('content-length'))
    // A HEAD would make a whole answer and throw it away; of a stream, for ever.
    else if (req.method !== 'GET' && (req.method !== 'HEAD' || isApi(req.path))) {
      throw new ConsoleError('CONSOLE_METHOD_REFUSED')
    }
    await next()
  }
}

function isApi(path: string): boolean {
  return path === API_BASE || path.startsWith(`${API_BASE}/`)
}

/** JSON alone: a form of another page cannot send that without asking first. */
function requireBody(type: string | undefined, length: string | undefined): void {
  const isJson = type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json'
  if (!isJson || !(Number(length) <= MAX_BODY_BYTES)) throw new ConsoleError('CONSOLE_BODY_REFUSED')
}

/**
 * Answers that are being made; those that are more are told to come again. A request whose body is
 * still to come is none: whoever never sends it stands in nobody's way.
 */
export function admission(): MiddlewareHandler {
  let making = 0
  return async ({ req }, next) => {
    if (req.method === 'POST') await bodyOf(req)
    if (making >= MAX_REQUESTS) throw new ConsoleError('CONSOLE_BUSY', 'requests')
    making++
    try {
      await next()
    } finally {
      making--
    }
  }
}

/** Read once, and kept by the request for who asks next. Errors: CONSOLE_BODY_REFUSED. */
async function bodyOf(req: HonoRequest): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new ConsoleError('CONSOLE_BODY_REFUSED')), MAX_BODY_MS)
  try {
    await Promise.race([req.text(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** Of every answer: nothing from elsewhere, nothing inline, no frame around it, nothing kept. */
export function securityHeaders(): MiddlewareHandler {
  const policy = [
    "default-src 'none'",
    ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
    ...["font-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    "require-trusted-types-for 'script'",
  ].join('; ')
  const headers = {
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  }
  return async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store')
  }
}

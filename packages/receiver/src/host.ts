// Who may talk to a loopback port: never a web page. A page's request carries `Origin`; a page that
// rebinds its own name to 127.0.0.1 carries that name in `Host`. See host.test.ts.

import type { IncomingHttpHeaders } from 'node:http'

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether only this machine can reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Whether a browser says that a page made the request; `none` is what a person typed. */
export function isOfPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return headers.origin !== undefined || (site !== undefined && site !== 'none')
}

/**
 * Whether a `Host` header names this receiver: a loopback name, the address the connection came in
 * on, or one of `allowed` (lower-case names without port; `*.` stands for one label).
 */
export function isOwnHost(
  header: string | undefined,
  localAddress: string | undefined,
  allowed: readonly string[] = [],
): boolean {
  if (header === undefined) return false
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(header)?.[1]?.toLowerCase()
  if (name === undefined) return false
  if (LOOPBACK_NAMES.has(name) || isAllowed(name, allowed)) return true
  const own = localAddress?.replace(/^::ffff:/, '')
  return own !== undefined && (name === own || name === `[${own}]`)
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.includes(name) || allowed.includes(name.replace(/^[^.]+\./, '*.'))
}

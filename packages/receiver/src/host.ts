// Who may talk to a loopback port: never a web page. A page's request carries `Origin`; a page that
// rebinds its own name to 127.0.0.1 carries that name in `Host`. See host.test.ts.

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Whether only this machine can reach a listener on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/**
 * Whether a `Host` header names this receiver: a loopback name, the address the connection came in
 * on, or one of `allowed` (lower-case names without port).
 */
export function isOwnHost(
  header: string | undefined,
  localAddress: string | undefined,
  allowed: readonly string[] = [],
): boolean {
  if (header === undefined) return false
  const name = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(header)?.[1]?.toLowerCase()
  if (name === undefined) return false
  if (LOOPBACK_NAMES.has(name) || allowed.includes(name)) return true
  const own = localAddress?.replace(/^::ffff:/, '')
  return own !== undefined && (name === own || name === `[${own}]`)
}

import type { CallFacts } from '../facts.ts'

/** The server that a URL names. */
export function serverOf({ protocol, hostname, port }: URL): NonNullable<CallFacts['server']> {
  const defaultPort = protocol === 'https:' ? 443 : 80
  // The brackets of an IPv6 address belong to the URL.
  const address = hostname.replace(/^\[|\]$/g, '')
  return { address, port: port === '' ? defaultPort : Number(port) }
}

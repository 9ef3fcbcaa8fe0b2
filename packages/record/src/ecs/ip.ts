const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)
const group = /^[0-9a-f]{1,4}$/i

/**
 * Whether a text is an IP address that a field of type `ip` takes: IPv4 in four decimal numbers, or
 * IPv6 (RFC 4291 §2.2) without a zone. A document with any other would be refused as a whole.
 */
export function isIp(text: string): boolean {
  return ipv4.test(text) || isIpv6(text)
}

function isIpv6(text: string): boolean {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  if (tail === undefined) return groupsIn(head, true) === 8
  const [before, after] = [groupsIn(head, false), groupsIn(tail, true)]
  return before + after < 8
}

/** Groups of 16 bits, infinitely many when one is none. An IPv4 address may be the last two. */
function groupsIn(text: string, mayEndInIpv4: boolean): number {
  if (text === '') return 0
  const parts = text.split(':')
  const last = parts.at(-1)!
  const endsInIpv4 = mayEndInIpv4 && ipv4.test(last)
  const plain = endsInIpv4 ? parts.slice(0, -1) : parts
  return plain.every((part) => group.test(part)) ? plain.length + (endsInIpv4 ? 2 : 0) : Infinity
}

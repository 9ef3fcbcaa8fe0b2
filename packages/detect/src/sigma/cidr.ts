// Networks and addresses: `10.0.0.0/8`, `2001:db8::/32` (RFC 4632, RFC 4291). See cidr.test.ts.

/** Whether an address is in the network; null: this is none. What is no address never is. */
export function cidrMatcher(network: string): ((text: string) => boolean) | null {
  const [, address = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? []
  const groups = groupsOf(address)
  const bits = Number(digits)
  if (groups === null || digits === '' || bits > groups.length * 16) return null
  const masks = groups.map((_, i) => maskOf(bits - i * 16))
  // Bits beyond the prefix are a mistake: the author meant another network.
  if (groups.some((group, i) => (group & ~masks[i]!) !== 0)) return null
  return (text) => {
    const found = groupsOf(text)
    if (found?.length !== groups.length) return false
    return found.every((group, i) => (group & masks[i]!) === groups[i])
  }
}

/** The mask of 16 bits of which the first `bits` count. */
function maskOf(bits: number): number {
  const kept = Math.min(16, Math.max(0, bits))
  return (0xffff << (16 - kept)) & 0xffff
}

/** The address in groups of 16 bits: 2 of IPv4, 8 of IPv6. Null: no address. */
function groupsOf(text: string): readonly number[] | null {
  if (text.length > 45) return null
  return text.includes(':') ? groupsOfV6(text) : groupsOfV4(text)
}

function groupsOfV4(text: string): readonly number[] | null {
  const bytes = text.split('.')
  if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte))) return null
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number)
  return Math.max(a, b, c, d) > 255 ? null : [a * 256 + b, c * 256 + d]
}

function groupsOfV6(text: string): readonly number[] | null {
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return null
  const [before, behind] = [hextets(head), tail === undefined ? [] : hextets(tail)]
  if (before === null || behind === null) return null
  const missing = 8 - before.length - behind.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  return [...before, ...Array<number>(missing).fill(0), ...behind]
}

/** `a:b:c`, the last perhaps as an IPv4 address; null when it is not. */
function hextets(text: string): readonly number[] | null {
  if (text === '') return []
  const words = text.split(':')
  const last = words.at(-1)?.includes('.') === true ? groupsOfV4(words.pop() ?? '') : []
  if (last === null || !words.every((word) => /^[\da-f]{1,4}$/i.test(word))) return null
  return [...words.map((word) => Number.parseInt(word, 16)), ...last]
}

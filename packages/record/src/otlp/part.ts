import { type AuditGroup } from './decode.ts'
import { WireCursor, WireWriter } from './wire.ts'

/**
 * The request with nothing but the audit spans of some of its groups, byte for byte, under their
 * resources and scopes. `body` is what they were decoded from.
 */
export function partOfRequest(body: Uint8Array, groups: readonly AuditGroup[]): Uint8Array {
  const offsets = groups.flatMap(({ messages }) => Array.from(messages, (each) => each.byteOffset))
  const wanted = new Set(offsets)
  const part = new WireWriter()
  const resources = new WireCursor(body)
  while (resources.next()) {
    if (resources.number !== 1) continue
    const kept = partOf(resources.bytes, (scope) => partOf(scope, (span) => span, wanted))
    if (kept) part.bytes(1, kept)
  }
  return part.finish()
}

/**
 * A message whose fields 2 are made anew by `keep`, and left out where that gives null or their
 * place is not among the wanted; null when none is left. In resource spans they are the scopes, in
 * these the spans.
 */
function partOf(
  message: Uint8Array,
  keep: (bytes: Uint8Array) => Uint8Array | null,
  wanted?: ReadonlySet<number>,
): Uint8Array | null {
  const part = new WireWriter()
  let hasAny = false
  const field = new WireCursor(message)
  while (field.next()) {
    if (field.number !== 2) {
      part.raw(message.subarray(field.start, field.end))
      continue
    }
    const { bytes } = field
    const kept = wanted && !wanted.has(bytes.byteOffset) ? null : keep(bytes)
    if (!kept) continue
    part.bytes(2, kept)
    hasAny = true
  }
  return hasAny ? part.finish() : null
}

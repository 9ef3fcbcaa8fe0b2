// A record's span with our marks, as a sink of OTLP gets it. project.ts makes the same for others;
// test/flow/marks.test.ts compares them.
import { sha256 } from '@grantlog/ledger'
import { leafHash } from '@grantlog/tlog'
import type { Projection, StoredRecord } from './project.ts'

/** Characters of a leaf hash in base64url. */
const leafLength = 43
const digitsMax = 16

/** The last marks that are the same for all records of a key. */
let common: { readonly verdict: string; readonly origin: string; readonly bytes: Uint8Array } = {
  verdict: '',
  origin: '',
  bytes: new Uint8Array(),
}

/** `shown` with the marks of its leaf. */
export function markedSpan(
  { entry, index, kid }: Pick<StoredRecord, 'entry' | 'index' | 'kid'>,
  shown: Uint8Array,
  { origin, verdictOf }: Pick<Projection, 'origin' | 'verdictOf'>,
): Uint8Array {
  const verdict = verdictOf(kid)
  if (common.verdict !== verdict || common.origin !== origin) {
    const bytes = Buffer.concat([
      attribute('grantlog.verdict', verdict),
      attribute('grantlog.origin', origin),
    ])
    common = { verdict, origin, bytes }
  }
  const digits = String(index)
  const length = shown.length + common.bytes.length + indexHeads[digits.length]!.length
  const span = Buffer.allocUnsafe(length + digits.length + leafHead.length + leafLength)
  span.set(shown)
  let at = shown.length
  span.set(common.bytes, at)
  at += common.bytes.length
  span.set(indexHeads[digits.length]!, at)
  at += indexHeads[digits.length]!.length
  at += span.write(digits, at, 'latin1')
  span.set(leafHead, at)
  at += leafHead.length
  span.write(Buffer.from(leafHash(sha256, entry)).toString('base64url'), at, 'latin1')
  return span
}

/** By the number of digits. */
const indexHeads: readonly Uint8Array[] = Array.from({ length: digitsMax + 1 }, (_, digits) =>
  head('grantlog.index', digits),
)
const leafHead = head('grantlog.leaf', leafLength)

function attribute(name: string, value: string): Uint8Array {
  return Buffer.concat([head(name, Buffer.byteLength(value)), Buffer.from(value)])
}

/** An attribute of a span (field 9) with a text of so many bytes, up to the text. */
function head(name: string, length: number): Uint8Array {
  const value = [0x0a, ...varint(length)]
  const any = [0x12, ...varint(value.length + length), ...value]
  const pair = [0x0a, ...varint(name.length), ...Buffer.from(name, 'latin1'), ...any]
  return Uint8Array.from([0x4a, ...varint(pair.length + length), ...pair])
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

// A record's span with our marks, as a sink of OTLP gets it. Records that are still in memory have
// their bytes as they came; shown.ts makes the same of those that are read from the ledger.
// test/flow/marks.test.ts compares them.
import { sha256, type Shown } from '@grantlog/ledger'
import { leafHash } from '@grantlog/tlog'
import { disclosed, type Projection, type StoredRecord } from './project.ts'
import { shownFrom } from './shown.ts'

/** Characters of a leaf hash in base64url. */
const leafLength = 43
const digitsMax = 16

/** The last marks that are the same for all records of a key. */
let common: { readonly verdict: string; readonly origin: string; readonly bytes: Uint8Array } = {
  verdict: '',
  origin: '',
  bytes: new Uint8Array(),
}

/** Throws SyntaxError or TypeError when stored bytes are no record: the ledger is damaged. */
export function markedSpan(
  record: StoredRecord,
  { origin, personalData, verdictOf }: Projection,
): Shown {
  const { canonical, entry, index, kid, openings } = record
  const shown =
    (personalData === 'full' ? undefined : record.shown) ??
    shownFrom(canonical, disclosed(openings, personalData))
  const verdict = verdictOf(kid)
  if (common.verdict !== verdict || common.origin !== origin) {
    const bytes = Buffer.concat([
      attribute('grantlog.verdict', verdict),
      attribute('grantlog.origin', origin),
    ])
    common = { verdict, origin, bytes }
  }
  const digits = String(index)
  const { span: bytes, producer } = shown
  const length = bytes.length + common.bytes.length + indexHeads[digits.length]!.length
  const span = Buffer.allocUnsafe(length + digits.length + leafHead.length + leafLength)
  span.set(bytes)
  let at = bytes.length
  span.set(common.bytes, at)
  at += common.bytes.length
  span.set(indexHeads[digits.length]!, at)
  at += indexHeads[digits.length]!.length
  at += span.write(digits, at, 'latin1')
  span.set(leafHead, at)
  at += leafHead.length
  span.write(Buffer.from(leafHash(sha256, entry)).toString('base64url'), at, 'latin1')
  return { producer, span }
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

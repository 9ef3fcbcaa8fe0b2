// Which 32 bytes may be an Ed25519 public key. Libraries disagree about small-order points and
// non-canonical encodings (a signature by such a key may verify here and not in an auditor's tool),
// so both are refused when a key is enrolled. Pure bigint arithmetic: it runs once per key.
// RFC 8032 section 5.1; the eight small-order points: "Taming the many EdDSAs" (eprint 2020/1244).
// See ed25519.test.ts.

const P = 2n ** 255n - 19n

/** y of the points of order 1, 2, 4 and 8. Those with x = 0 or both signs share a y. */
const SMALL_ORDER_Y = new Set([
  0n,
  1n,
  P - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  P - 2707385501144840649318225287225658788936804267575313519463743609750303402022n,
])

const D = mod(-121665n * power(121666n, P - 2n))

/** Whether the bytes are the one encoding of a point on the curve that is not of small order. */
export function isSoundPublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false
  const signed = Buffer.from(bytes).reverse()
  const y = BigInt(`0x${signed.toString('hex')}`) & (2n ** 255n - 1n)
  if (y >= P || SMALL_ORDER_Y.has(y)) return false
  // On the curve when x² = (y² - 1) / (dy² + 1) is a square; x = 0 only for y = ±1, refused above.
  const y2 = mod(y * y)
  const x2 = mod((y2 - 1n) * power(mod(D * y2 + 1n), P - 2n))
  return power(x2, (P - 1n) / 2n) === 1n
}

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = mod(base)
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square)
    square = mod(square * square)
  }
  return result
}

// Inputs that are nearly right: those get furthest into a reader. Seeded, so that each can be made
// again from its number.
import type { Random } from '@grantlog/journal/testing'

/** Where readers count, cut and compare: limits of integers, tags, JSON, lines. */
const interesting: readonly Uint8Array[] = [
  ...[[0], [0x7f], [0x80], [0xff], [0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x00]],
  ...[[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], [0x0a], [0x12, 0x00]],
  ...[
    [0xed, 0xa0, 0x80],
    [0xef, 0xbb, 0xbf],
    [0xf4, 0x90, 0x80, 0x80],
    [0xc0, 0x80],
  ],
].map((bytes) => Uint8Array.from(bytes))
const texts: readonly string[] = [
  ...['"', '\\', '\\u0000', '\\ud800', '{', '}', '[', ']', ',', ':', 'null', 'true', '-0', '1e999'],
  ...['9007199254740993', '-1', '0x10', '__proto__', 'constructor', '\n', '\r', ' ', '(', ')', '*'],
  ...['—', 'grantlog.', 'audit.record.id', '%', '%zz', '\u2028', '/', '..', '?', '#', '&', '"":'],
]
const words: readonly Uint8Array[] = [...interesting, ...texts.map((text) => Buffer.from(text))]

/** Bytes of the largest input: readers have limits of their own above it where it matters. */
const bytesMax = 65_536
const stepsMax = 6

/** One of `seeds`, changed in one to a few places. */
export function mutated(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = pick(seeds, random)
  const steps = 1 + random.below(stepsMax)
  for (let step = 0; step < steps; step++) bytes = changed(bytes, seeds, random)
  return bytes.subarray(0, bytesMax)
}

function changed(bytes: Uint8Array, seeds: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1)
  const length = Math.min(1 + random.below(random.oneIn(4) ? 64 : 4), bytes.length - at)
  const before = bytes.subarray(0, at)
  const after = bytes.subarray(at + length)
  switch (random.below(9)) {
    case 0:
      return withByte(bytes, at, (byte) => byte ^ (1 << random.below(8)))
    case 1:
      return withByte(bytes, at, () => random.below(256))
    case 2:
      return withByte(bytes, at, (byte) => byte + (random.oneIn(2) ? 1 : 255))
    case 3:
      return joined(before, after)
    case 4:
      return joined(before, pick(words, random), bytes.subarray(at))
    case 5:
      return joined(before, pick(words, random), after)
    case 6: {
      const part = bytes.subarray(at, at + length)
      const times = 1 + random.below(random.oneIn(8) ? 200 : 3)
      return joined(before, ...Array.from({ length: times }, () => part), bytes.subarray(at))
    }
    case 7:
      return random.oneIn(4) ? before : joined(after, before)
    default: {
      const other = pick(seeds, random)
      return joined(before, other.subarray(random.below(other.length + 1)))
    }
  }
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes
  const copy = Uint8Array.from(bytes)
  copy[at % bytes.length] = change(copy[at % bytes.length]!)
  return copy
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random.below(list.length)]!
}

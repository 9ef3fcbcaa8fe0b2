// Guarantee: what is decompressed is all of what was sent and nothing else, and never more than the
// limits say.
import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { INFLATION_FREE_BYTES, MAX_ZSTD_FRAMES } from '../../limits.ts'
import { createAdmission } from '../admission.ts'
import { type Encoding, encodingOf, inflate } from './inflate.ts'

const text = Buffer.from('what was sent '.repeat(1_000))
const compress: Readonly<Record<Encoding, (bytes: Uint8Array) => Buffer>> = {
  gzip: gzipSync,
  deflate: deflateSync,
  zstd: zstdCompressSync,
}
const all: readonly Encoding[] = ['gzip', 'deflate', 'zstd']

function open(sent: Buffer, encoding: Encoding, change: object = {}): Promise<Buffer> {
  const limits = { bodyBytes: 20_000_000, inflationRatio: 1_000_000, ...change }
  const admission = createAdmission({
    callerInFlightBytes: Infinity,
    callerInflations: 1,
    inFlightBytes: 100_000_000,
    inflations: 1,
  })
  return inflate(sent, encoding, { limits, reservation: admission.enter() })
}

async function codeOf(opened: Promise<Buffer>): Promise<string> {
  return await opened.then(
    () => 'none',
    ({ code }: { code: string }) => code,
  )
}

test.each(all)('%s gives back what was sent', async (encoding) => {
  expect((await open(compress[encoding](text), encoding)).equals(text)).toBe(true)
  expect(await open(compress[encoding](Buffer.alloc(0)), encoding)).toHaveLength(0)
})

test.each(['gzip', 'zstd'] as const)('%s in several parts is one body', async (encoding) => {
  const part = compress[encoding](text)
  const opened = await open(Buffer.concat([part, part, part]), encoding)
  expect(opened.equals(Buffer.concat([text, text, text]))).toBe(true)
})

describe('is malformed', () => {
  const rows = all.flatMap((encoding): [string, Encoding, Buffer][] => {
    const good = compress[encoding](text)
    const behind = (bytes: number[]): Buffer => Buffer.concat([good, Uint8Array.from(bytes)])
    return [
      ['of nothing', encoding, Buffer.alloc(0)],
      ['that is none', encoding, text],
      ['cut off', encoding, good.subarray(0, -1)],
      ['with zeros behind', encoding, behind([0, 0, 0, 0])],
      ['with garbage behind', encoding, behind([1, 2, 3])],
      ['with another cut off behind', encoding, behind([...good.subarray(0, 9)])],
    ]
  })
  test.each(rows)('%s: %s', async (_what, encoding, sent) => {
    expect(await codeOf(open(sent, encoding))).toBe('RECEIVER_BODY_MALFORMED')
  })

  test('deflate without the header of zlib', async () => {
    expect(await codeOf(open(deflateRawSync(text), 'deflate'))).toBe('RECEIVER_BODY_MALFORMED')
  })

  test('zstd that asks for a window of 128 MiB', async () => {
    // RFC 8878, 3.1.1.1: magic, a descriptor without a content size, a window of 2^(10 + 17), and
    // a last block of one byte, raw.
    const frame = (log: number): Buffer =>
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (log - 10) << 3, 0x09, 0, 0, 0x61])
    expect((await open(frame(23), 'zstd')).toString()).toBe('a')
    expect(await codeOf(open(frame(24), 'zstd'))).toBe('RECEIVER_BODY_MALFORMED')
    expect(await codeOf(open(frame(27), 'zstd'))).toBe('RECEIVER_BODY_MALFORMED')
  })
})

describe('limits', () => {
  test.each(all)('the size of %s', async (encoding) => {
    const sent = compress[encoding](text)
    expect(await open(sent, encoding, { bodyBytes: text.length })).toHaveLength(text.length)
    const over = open(sent, encoding, { bodyBytes: text.length - 1 })
    expect(await codeOf(over)).toBe('RECEIVER_BODY_TOO_LARGE')
  })

  test.each(all)('how much %s grows', async (encoding) => {
    const sent = compress[encoding](Buffer.alloc(2 * INFLATION_FREE_BYTES))
    const ratio = (2 * INFLATION_FREE_BYTES) / sent.length
    expect(await codeOf(open(sent, encoding, { inflationRatio: ratio }))).toBe('none')
    const less = open(sent, encoding, { inflationRatio: ratio - 1 })
    expect(await codeOf(less)).toBe('RECEIVER_BODY_TOO_LARGE')
  })

  test('below a MiB it may grow as it likes', async () => {
    const sent = gzipSync(Buffer.alloc(INFLATION_FREE_BYTES))
    expect(await codeOf(open(sent, 'gzip', { inflationRatio: 1 }))).toBe('none')
    const more = gzipSync(Buffer.alloc(INFLATION_FREE_BYTES + 1))
    expect(await codeOf(open(more, 'gzip', { inflationRatio: 1 }))).toBe('RECEIVER_BODY_TOO_LARGE')
  })

  test('frames of zstd', async () => {
    const frames = (count: number): Buffer =>
      Buffer.concat(Array<Buffer>(count).fill(zstdCompressSync(Buffer.from('a'))))
    expect(await open(frames(MAX_ZSTD_FRAMES), 'zstd')).toHaveLength(MAX_ZSTD_FRAMES)
    expect(await codeOf(open(frames(MAX_ZSTD_FRAMES + 1), 'zstd'))).toBe('RECEIVER_BODY_TOO_LARGE')
  })
})

test('the name of one encoding, and no more', () => {
  expect([' GZIP ', 'zstd', 'deflate', 'identity'].map(encodingOf)).toEqual([
    ...['gzip', 'zstd', 'deflate', 'identity'],
  ])
  const others = ['gzip, gzip', 'gzip,identity', 'br', 'snappy', 'x-gzip', '', 'constructor']
  expect(others.map(encodingOf)).toEqual(others.map(() => undefined))
})

import { PassThrough } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { expect, test } from '@jest/globals'
import { LIMITS } from '../../limits.ts'
import { BodyMemory } from '../body-memory.ts'
import { readBody } from './body.ts'

/** A request that brings these pieces. */
function requestOf(pieces: readonly Buffer[]): IncomingMessage {
  const stream = new PassThrough()
  for (const piece of pieces) stream.write(piece)
  stream.end()
  return Object.assign(stream, { headers: {} }) as unknown as IncomingMessage
}

test('a piece that has its memory alone is gone once it is copied, others stay', async () => {
  const alone = Buffer.alloc(64 * 1024, 1)
  const shared = Buffer.alloc(64 * 1024, 2)
  const small = Buffer.alloc(1024, 3)
  const reservation = {
    memory: new BodyMemory(),
    reserve: () => undefined,
    inflate: <T>(work: () => Promise<T>) => work(),
    release: () => undefined,
  }
  const request = requestOf([alone, shared.subarray(0, 32 * 1024), small])
  const body = await readBody(request, { limits: LIMITS, reservation })
  expect([alone.length, shared.length, small.length]).toEqual([0, 64 * 1024, 1024])
  const expected = [Buffer.alloc(64 * 1024, 1), Buffer.alloc(32 * 1024, 2), Buffer.alloc(1024, 3)]
  expect(Buffer.compare(body, Buffer.concat(expected))).toBe(0)
})

import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from '@jest/globals'
import { answerBytesMax } from '../../limits.ts'
import { type AnswerHead, collectAnswer, isWorthReading } from './answer.ts'

const json: AnswerHead = {
  contentType: 'application/json',
  contentEncoding: null,
  contentLength: null,
}

test.each<[Partial<AnswerHead>, boolean]>([
  [{}, true],
  [{ contentType: 'application/problem+json; charset=utf-8' }, true],
  [{ contentType: 'application/x-www-form-urlencoded' }, true],
  [{ contentType: 'text/html' }, false],
  [{ contentType: 'application/jsonx' }, false],
  [{ contentType: null }, false],
  [{ contentLength: `${answerBytesMax}` }, true],
  [{ contentLength: `${answerBytesMax + 1}` }, false],
  [{ contentLength: 'many' }, false],
])('%j is worth reading: %j', (head, expected) => {
  expect(isWorthReading({ ...json, ...head })).toBe(expected)
})

function read(chunks: readonly unknown[], head: Partial<AnswerHead> = {}): unknown {
  const body = collectAnswer({ ...json, ...head })
  for (const chunk of chunks) body.take(chunk)
  return body.read()
}

test('no more is wanted than may be read', () => {
  const body = collectAnswer(json)
  expect(body.take(new Uint8Array(answerBytesMax))).toBe(true)
  expect(body.take(new Uint8Array(1))).toBe(false)
})

describe('an answer', () => {
  const bomb = gzipSync(JSON.stringify({ a: 'x'.repeat(answerBytesMax) }))
  const whole = `{"a":"${'x'.repeat(answerBytesMax - 8)}"}`
  test.each<[string, unknown[], Partial<AnswerHead>, unknown]>([
    ['in parts', [Buffer.from('{"a"'), ':1}'], {}, { a: 1 }],
    ['packed', [gzipSync('{"a":1}')], { contentEncoding: 'GZIP' }, { a: 1 }],
    ['deflated', [deflateSync('{"a":1}')], { contentEncoding: 'deflate' }, { a: 1 }],
    ['packed twice', [gzipSync('{}')], { contentEncoding: 'gzip, gzip' }, null],
    ['not packed at all', ['{"a":1}'], { contentEncoding: 'gzip' }, null],
    ['packed to burst', [bomb], { contentEncoding: 'gzip' }, null],
    [
      'as a form',
      ['a=1&b=2'],
      { contentType: 'application/x-www-form-urlencoded' },
      { a: '1', b: '2' },
    ],
    ['of nothing', [], {}, null],
    ['that is no JSON', ['<html>'], {}, null],
    ['that is a list', ['[1]'], {}, null],
    ['that is cut', ['{"a":'], {}, null],
    ['of strange chunks', [null, 7, {}], {}, null],
    ['of another type', [Buffer.from('{}')], { contentEncoding: 'zstd' }, null],
    ['that is as large as may be', [whole], {}, { a: 'x'.repeat(answerBytesMax - 8) }],
    ['that is larger', [whole, ' '], {}, null],
  ])('%s', (_, chunks, head, expected) => {
    expect(read(chunks, head)).toEqual(expected)
  })
})

import { expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import { recordToCommit, spanOf } from '../../test/producer.ts'
import { wordOf } from './words.ts'

const word = (counts: string | null, dropped: bigint | null) => {
  const attributes = [
    ...(counts === null ? [] : [[ATTR.AUDIT_STREAM_COUNTS, counts] as const]),
    ...(dropped === null ? [] : [[ATTR.AUDIT_STREAM_DROPPED, dropped] as const]),
  ]
  const span = spanOf({ seq: 9, action: 'audit.stream.heartbeat', attributes })
  return wordOf(recordToCommit(span).canonical)
}

test('a heartbeat says how many numbers were assigned, and how many records dropped', () => {
  expect(word('audit.stream.start=1 oauth.token=40', 3n)).toEqual({ assigned: 41, dropped: 3 })
})

test('what is no count is nothing: a producer may say what it likes', () => {
  expect(word(null, null)).toEqual({ assigned: 0, dropped: 0 })
  expect(word('oauth.token=-4 x=1e9 y', -7n)).toEqual({ assigned: 0, dropped: 0 })
  expect(word(null, 2n ** 60n)).toEqual({ assigned: 0, dropped: 0 })
  expect(word('a=999999999999999 b=999999999999999', 0n).assigned).toBe(1_999_999_999_999_998)
})

// A record that shares a fingerprint with what was asked for, and is something else, is told apart.
import { expect, test } from '@jest/globals'
import { recordsOf } from '../../test/producer.ts'
import { fingerprintOf } from '../columns/fingerprint.ts'
import { parseQuery } from '../language/parse.ts'
import { exactly } from './exact.ts'

/** Two names with one fingerprint: among 200,000 there are some. */
function twins(): [string, string] {
  const seen = new Map<number, string>()
  for (let n = 0; ; n++) {
    const name = `p1.user${n}`
    const print = fingerprintOf(name)
    const other = seen.get(print)
    if (other !== undefined) return [other, name]
    seen.set(print, name)
  }
}

const [asked, alike] = twins()

test.each([
  ['user:X', true, false],
  ['user:X client:web', true, false],
  ['user:X OR client:web', true, true],
  ['-user:X', false, true],
  ['-(user:X client:web)', true, true],
  ['user:X,Y', true, true],
  ['user:*', true, true],
  ['session:*', false, false],
  ['client:nobody', true, true],
  ['', true, true],
])('%s', async (text, own, other) => {
  const query = parseQuery(text.replace('X', asked).replace('Y', alike))
  const holds = exactly(query)
  const attributes = { 'oauth.client.id': 'web', 'oauth.token.hash': 't1.a t1.b' }
  const records = await recordsOf(
    [asked, alike].map((hash, at) => {
      return { at, action: 'oauth.token', attributes: { ...attributes, 'user.hash': hash } }
    }),
  )
  expect(records.map(holds)).toEqual([own, other])
})

test('lists, traces and ids are compared whole', async () => {
  const [record] = await recordsOf([
    { at: 0, action: 'oauth.token', attributes: { 'oauth.token.hash': 't1.a t1.b' } },
  ])
  const { id } = record!.leaf
  for (const query of ['token:t1.b', `trace:${record!.view.traceId}`, `id:${id}`]) {
    expect(exactly(parseQuery(query))(record!)).toBe(true)
  }
  expect(exactly(parseQuery('token:t1.c'))(record!)).toBe(false)
})

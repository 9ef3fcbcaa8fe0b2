import { expect, test } from '@jest/globals'
import { createOwners } from './owners.ts'

test('a key has one tenant; a list with a key of another is refused whole', () => {
  const owners = createOwners()
  owners.claim('a', ['1', '2'])
  const elsewhere = { code: 'RECEIVER_KEY_ELSEWHERE', message: expect.stringContaining('2') }
  expect(() => owners.claim('b', ['3', '2'])).toThrow(expect.objectContaining(elsewhere))
  expect(owners.ownerOf('3')).toBeUndefined()
  // Taken out of the one, it can be in the other.
  owners.claim('a', ['1'])
  owners.claim('b', ['3', '2'])
  expect(['1', '2', '3'].map(owners.ownerOf)).toEqual(['a', 'b', 'b'])
  expect(owners.keysOf('b')).toEqual(new Set(['2', '3']))
  owners.release('b')
  expect(owners.ownerOf('2')).toBeUndefined()
})

test('a key that is about to be in a list is kept for its tenant', () => {
  const owners = createOwners()
  const [one, other] = [owners.reserve('a', '1'), owners.reserve('a', '1')]
  expect(owners.reserve('b', '1')).toBeNull()
  expect(() => owners.claim('b', ['1'])).toThrow(
    expect.objectContaining({ code: 'RECEIVER_KEY_ELSEWHERE' }),
  )
  one!()
  expect(owners.reserve('b', '1')).toBeNull()
  other!()
  owners.reserve('b', '1')!()
  owners.claim('a', ['1'])
  expect(owners.reserve('b', '1')).toBeNull()
  expect(owners.reserve('a', '1')).not.toBeNull()
})

// Guarantee: what patchOf gives is a JSON Patch that another implementation applies, and that makes
// the second document of the first.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { applyPatch } from 'rfc6902'
import { jcs } from '../canonical/jcs.ts'
import type { JsonValue } from '../span.ts'
import { patchOf } from './patch.ts'

/** Of this realm: the other implementation asks for constructors. */
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

function patched(before: JsonValue, after: JsonValue): JsonValue {
  // The root itself is replaced through a member.
  const document = { it: copyOf(before) }
  const operations = patchOf(before, after).map((one) => ({ ...one, path: `/it${one.path}` }))
  const errors = applyPatch(document, copyOf(operations) as never)
  expect(errors.filter((error) => error !== null)).toEqual([])
  return document.it
}

test.each<[string, JsonValue, JsonValue, unknown[]]>([
  ['the same, in another order', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
  ['a member more', { a: 1 }, { a: 1, 'b/c~d': [] }, [{ op: 'add', path: '/b~1c~0d', value: [] }]],
  ['a member less', { a: 1, b: 1 }, { b: 1 }, [{ op: 'remove', path: '/a' }]],
  ['a value', { a: { b: 1 } }, { a: { b: 2 } }, [{ op: 'replace', path: '/a/b', value: 2 }]],
  ['another type', { a: [] }, { a: {} }, [{ op: 'replace', path: '/a', value: {} }]],
  ['a rule in front', [1, 2], [0, 1, 2], [{ op: 'add', path: '/0', value: 0 }]],
  ['a rule behind', [1, 2], [1, 2, 3], [{ op: 'add', path: '/2', value: 3 }]],
  ['a rule in between', [1, 2, 3], [1, 3], [{ op: 'remove', path: '/1' }]],
  [
    'rules gone',
    [1, 2, 3, 4],
    [1, 4],
    [
      { op: 'remove', path: '/1' },
      { op: 'remove', path: '/1' },
    ],
  ],
  ['the same items again', [1, 1], [1, 1, 1], [{ op: 'add', path: '/2', value: 1 }]],
])('%s', (_what, before, after, operations) => {
  expect(patchOf(before, after)).toEqual(operations)
  expect(patched(before, after)).toEqual(after)
})

test('whatever two documents are', () => {
  const value = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, true, 0, 1, 'a', 'b'),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c/d', '~', ''), tie('value'), {
        noNullPrototype: true,
      }),
    ),
  })).value
  fc.assert(
    fc.property(value, value, (before, after) => {
      expect(jcs(patched(before, after))).toBe(jcs(after))
    }),
    { numRuns: 300, seed: 6902 },
  )
})

import { expect, test } from '@jest/globals'
import { sha256 } from '../../test/spans.ts'
import { hex } from '../bytes.ts'
import { logsRoot } from './logs-root.ts'

const rootOf = (...ids: string[]): string => hex(logsRoot(ids, sha256))

test('the root over two ids, byte for byte', () => {
  // In Python, with H for hashlib's sha256: H(b'\1' + leaf(b'a') + leaf(b'')), where
  // leaf(i) is H(b'\0' + H(b'grantlog-log-id-v1\n' + i)).
  expect(rootOf('a', '')).toBe('78d3396c1e2a1047d6503bc45ce10f9aa5365bbd51706fbbaca3bcaa2f03bcf5')
})

test('each id counts, and so do their order and their number', () => {
  const roots = [['a'], ['b'], ['a', 'b'], ['b', 'a'], ['a', 'b', ''], ['', 'a', 'b'], ['ab']]
  expect(new Set(roots.map((ids) => rootOf(...ids))).size).toBe(roots.length)
})

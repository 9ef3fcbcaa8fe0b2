import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readVerifier } from './verifier.ts'

test('the verifier that is shipped is that of the format', async () => {
  const original = join(import.meta.dirname, '../../../../test/vectors/verify.py')
  expect(Buffer.from(await readVerifier()).equals(readFileSync(original))).toBe(true)
})

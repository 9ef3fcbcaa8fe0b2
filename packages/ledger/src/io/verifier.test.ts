import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { readVerifier } from './verifier.ts'

test('the verifier that is shipped is that of the format', async () => {
  const original = join(import.meta.dirname, '../../../../test/vectors/verify.py')
  expect(Buffer.from(await readVerifier()).equals(readFileSync(original))).toBe(true)
})

const python = spawnSync('python3', ['-c', 'import cryptography'])
const testWithPython = python.status === 0 ? test : test.skip
testWithPython('what is no key, and no file with one, is wrong usage', () => {
  const program = join(import.meta.dirname, '../../assets/verify.py')
  const args = [program, 'ledger', import.meta.dirname, '--key', 'KEY-KEPT-OUTSIDE']
  const { status, stderr, stdout } = spawnSync('python3', args, { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toBe('verify.py: --key is neither a verifier key nor a file with one\n')
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const folder = join(import.meta.dirname, '..')
const example = join(folder, '../../examples/own-library')
const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

test('what INSTRUMENTATION.md shows is the example that runs', () => {
  const source = read(example, 'aws-jwt-verify.ts')
  const shown = [...read(folder, 'INSTRUMENTATION.md').matchAll(/```ts\n([^]+?)```/g)]
  expect(shown.length).toBeGreaterThan(1)
  for (const [, code] of shown) expect(source).toContain(code)
})

test('a new library with its test has less than a hundred lines', () => {
  const lines = ['aws-jwt-verify.ts', 'aws-jwt-verify.test.ts'].flatMap((name) =>
    read(example, name).trimEnd().split('\n'),
  )
  expect(lines.length).toBeLessThan(100)
})

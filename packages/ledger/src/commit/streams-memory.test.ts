// What is kept for good must be small: streams that ended are told apart years later.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const program = join(import.meta.dirname, '../../test/ended-streams.mjs')

test('an ended stream takes less than 250 bytes of memory', async () => {
  const flags = ['--expose-gc', '--conditions=@grantlog/source']
  const count = 100_000
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, `${count}`])
  const { bytes, streams } = JSON.parse(stdout) as { bytes: number; streams: number }
  console.log(`${streams} streams, ${Math.round(bytes)} bytes for each further one`)
  expect(streams).toBeGreaterThan(count)
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThan(250)
})

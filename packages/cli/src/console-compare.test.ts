// Guarantee: a comparison that breaks off, or prints what is no report, ends as one that failed,
// and takes nobody with it.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import { comparing } from './console-compare.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-compare-'))
const [main] = process.argv.slice(1)
afterEach(() => void (process.argv[1] = main ?? ''))
afterAll(() => rmSync(folder, { recursive: true }))

/** What is told of a comparison whose process is this program. */
async function outcome(program: string): Promise<{ messages: object[]; error: Error | null }> {
  const path = join(folder, 'main.mjs')
  writeFileSync(path, program)
  chmodSync(path, 0o700)
  process.argv[1] = path
  const { start } = comparing({ reconciled: [], args: [] })
  const messages: object[] = []
  const { promise, resolve } = Promise.withResolvers<Error | null>()
  start({ what: 'comparison', service: '' }, { message: (one) => messages.push(one), end: resolve })
  return { error: await promise, messages }
}

test.each([
  ['prints half a report', 'process.stdout.write(\'{"verdict":"agr\')', /JSON/],
  ['prints nothing', '', /JSON/],
  ['is killed', 'process.kill(process.pid, "SIGKILL")', /UNKNOWN/],
  ['fails', 'console.error(\'{"code":"LEDGER_MISSING"}\'); process.exit(4)', /LEDGER_MISSING/],
])('a process that %s', async (_, program, said) => {
  const { error, messages } = await outcome(program)
  expect(messages).toEqual([])
  expect(error?.message).toMatch(said)
})

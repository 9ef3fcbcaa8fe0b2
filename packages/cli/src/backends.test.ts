// Claims on credentials for backends: each gets its own, and none is ever shown.
import { afterAll, expect, test } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backendHeaders } from './backends.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-backends-'))
afterAll(() => rmSync(folder, { recursive: true }))

const variable = 'GRANTLOG_OPENSEARCH_HEADERS'

test('they come from the variable of the backend, and no other', () => {
  const env = { [variable]: 'authorization=Basic%20YTpi,x-scope=a', GRANTLOG_JAEGER_HEADERS: 'b=c' }
  expect(backendHeaders('opensearch', env)).toEqual({
    ...{ authorization: 'Basic YTpi', 'x-scope': 'a' },
  })
  expect(backendHeaders('jaeger', env)).toEqual({ b: 'c' })
  expect(backendHeaders('elasticsearch', env)).toEqual({})
})

test('or from a file, with or without a line end', () => {
  const file = join(folder, 'headers')
  writeFileSync(file, 'authorization=ApiKey SECRET\n')
  const env = { [`${variable}_FILE`]: file }
  expect(backendHeaders('opensearch', env)).toEqual({ authorization: 'ApiKey SECRET' })
  const gone = { [`${variable}_FILE`]: join(folder, 'none') }
  expect(() => backendHeaders('opensearch', gone)).toThrow('ENOENT')
})

test('what is no header is told by its place alone, and two sources are refused', () => {
  const file = join(folder, 'wrong')
  writeFileSync(file, 'a=b,SECRET')
  for (const [env, told] of [
    [{ [variable]: 'SECRET' }, `${variable}: part 1`],
    [{ [`${variable}_FILE`]: file }, `the file of ${variable}_FILE: part 2`],
    [{ [variable]: 'a=SECRET', [`${variable}_FILE`]: file }, 'both'],
  ] as const) {
    const reading = (): unknown => backendHeaders('opensearch', env)
    expect(reading).toThrow(expect.objectContaining({ code: 'FORWARD_HEADERS_INVALID' }))
    expect(reading).toThrow(told)
    expect(reading).not.toThrow('SECRET')
  }
})

import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { journalErrorCodes } from './errors.ts'

const source = import.meta.dirname

async function sources(): Promise<string[]> {
  const names = await readdir(source, { recursive: true })
  return names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
}

test('README, type and code name the same error codes', async () => {
  const readme = await readFile(join(source, '..', 'README.md'), 'utf8')
  const documented = [...readme.matchAll(/^\| `(JOURNAL_\w+)` \|/gm)].map(([, code]) => code)
  expect(documented).toEqual([...journalErrorCodes])
  const texts = await Promise.all(
    (await sources())
      .filter((name) => !name.startsWith('testing') && name !== 'errors.ts')
      .map((name) => readFile(join(source, name), 'utf8')),
  )
  const inErrors = await readFile(join(source, 'errors.ts'), 'utf8')
  const thrown = [inErrors.slice(inErrors.indexOf('export class')), ...texts].join('\n')
  for (const code of journalErrorCodes) expect(thrown).toContain(`'${code}'`)
})

test('only io/ imports node:fs, and only testing/ imports jest', async () => {
  for (const name of await sources()) {
    const text = await readFile(join(source, name), 'utf8')
    const imports = [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => String(from))
    const outside = imports.filter((from) => !from.startsWith('.') && !from.startsWith('node:'))
    expect([name, outside]).toEqual([name, name.startsWith('testing/') ? expect.anything() : []])
    const disk = imports.filter((from) => from.startsWith('node:fs'))
    const isIo = ['io/files.ts', 'io/rest.ts', 'io/sync-files.ts'].includes(name)
    expect([name, disk.length > 0]).toEqual([name, isIo])
  }
})

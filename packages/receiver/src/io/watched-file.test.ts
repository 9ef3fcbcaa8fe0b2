import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { watchFile } from './watched-file.ts'

test('a change is given once; what is too large is said once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-watched-'))
  const path = join(folder, 'file')
  const file = watchFile(path, { bytesMax: 4, tooLarge: () => new Error('too large') })
  expect([await file.changed(), await file.changed()]).toEqual([null, undefined])
  await writeFile(path, 'four')
  expect([await file.changed(), await file.changed()]).toEqual(['four', undefined])
  file.forget()
  expect(await file.changed()).toBe('four')
  await writeFile(path, 'and 5')
  await expect(file.changed()).rejects.toThrow('too large')
  expect(await file.changed()).toBeUndefined()
  await rm(folder, { recursive: true })
})

test('one that changed just now is given when it was found the same twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-watched-'))
  const path = join(folder, 'file')
  const file = watchFile(path, { bytesMax: 9, tooLarge: () => new Error(), freshMs: 600_000 })
  const look = async (): Promise<unknown[]> => [await file.changed(), file.isFresh]
  expect(await look()).toEqual([null, false])
  await writeFile(path, 'one')
  expect(await look()).toEqual([undefined, true])
  await writeFile(path, 'and two')
  expect(await look()).toEqual([undefined, true])
  expect(await look()).toEqual(['and two', false])
  expect(await look()).toEqual([undefined, false])
  await rm(path)
  expect(await look()).toEqual([null, false])
  await rm(folder, { recursive: true })
})

import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createMemoryFiles } from '@grantlog/journal/testing'
import { syncedAtOnceMax } from '../limits.ts'
import { localFiles } from './durable.ts'
import { localWholeFiles, type WholeFiles, wholeFiles } from './whole-files.ts'

let folder: string
let all: WholeFiles[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-whole-'))
  all = []
})
afterEach(async () => {
  for (const one of all) await one.close()
  await rm(folder, { recursive: true, force: true })
})

const opened = (one: WholeFiles): WholeFiles => {
  all.push(one)
  return one
}
const content = (n: number): Uint8Array => new Uint8Array(100 * n).fill(n % 251)
const made = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ path: join(folder, String(n)), bytes: content(n) }))

describe.each([
  ['one by one', () => wholeFiles(localFiles)],
  ['by the thread', () => localWholeFiles(1)],
])('%s', (_, open) => {
  test('each file has its bytes, in place of others, and nothing else is left', async () => {
    const whole = opened(open())
    const count = 2 * syncedAtOnceMax + 1
    await writeFile(join(folder, '3'), 'what was there')
    await writeFile(join(folder, '4.tmp'), 'what a crash left of a longer one'.repeat(100))
    await whole.write(made(count))
    expect((await readdir(folder)).length).toBe(count)
    for (let n = 0; n < count; n++) {
      expect([n, (await readFile(join(folder, String(n)))).equals(content(n))]).toEqual([n, true])
    }
  })

  test('what shares its memory with others leaves that to them', async () => {
    const whole = opened(open())
    const pool = Buffer.from('abcdef')
    const path = join(folder, 'part')
    await whole.write([{ path, bytes: pool.subarray(2, 4) }])
    expect([await readFile(path, 'utf8'), pool.toString()]).toEqual(['cd', 'abcdef'])
  })

  test('what fails is told with its path, takes no space, and harms no other time', async () => {
    const whole = opened(open())
    const files = made(3)
    const nowhere = join(folder, 'nowhere', 'x')
    const failed = whole.write([...files, { path: nowhere, bytes: content(1) }])
    await expect(failed).rejects.toMatchObject({
      code: 'LEDGER_POISONED',
      message: expect.stringContaining(nowhere),
      cause: { code: 'ENOENT' },
    })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await whole.write(made(3))
    expect(await readdir(folder)).toHaveLength(3)
  })

  // On other systems nothing is always full; test/crash fills a disk.
  const onLinux = existsSync('/dev/full') ? test : test.skip
  onLinux('a full disk is told apart from other faults', async () => {
    const whole = opened(open())
    await symlink('/dev/full', join(folder, '1.tmp'))
    await expect(whole.write(made(3))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await whole.write(made(3))
    expect(await readFile(join(folder, '1'))).toEqual(Buffer.from(content(1)))
  })

  test('calls that overlap are all done', async () => {
    const whole = opened(open())
    const parts = [0, 1, 2].map((part) => made(30).filter((_one, n) => n % 3 === part))
    await Promise.all(parts.map((part) => whole.write(part)))
    expect(await readdir(folder)).toHaveLength(30)
  })

  test('closed in the middle, it ends when all is written', async () => {
    const whole = open()
    const writing = whole.write(made(70))
    await whole.close()
    await writing
    expect(await readdir(folder)).toHaveLength(70)
  })
})

test('what is synced is the file that gets the name', async () => {
  const memory = createMemoryFiles()
  await memory.makeDirectory('/data')
  await wholeFiles(memory).write([{ path: '/data/a', bytes: content(9) }])
  await memory.syncDirectory('/data')
  memory.crash()
  expect(memory.contents('/data/a')).toEqual(content(9))
})

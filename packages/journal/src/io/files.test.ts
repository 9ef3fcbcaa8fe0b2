import { constants } from 'node:fs'
import { mkdtemp, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { nodeFiles } from './files.ts'

const linuxTest = process.platform === 'linux' ? test : test.skip
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-files-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The flags of each descriptor of a file in this process. */
async function flagsOf(path: string): Promise<number[]> {
  const flags: number[] = []
  for (const fd of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== path) continue
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'utf8')
    flags.push(Number.parseInt(/^flags:\s+(\d+)$/m.exec(info)![1]!, 8))
  }
  return flags
}

test('what is written and synced at once lies beside what is only written', async () => {
  const path = join(folder, 'file')
  const file = await nodeFiles().open(path, 'create')
  await file.write([Buffer.from('one ')], 0)
  await file.writeAndSync([Buffer.from('two '), Buffer.from('three')], 4)
  await file.writeAndSync([Buffer.from('ONE')], 0)
  await file.close()
  expect(await readFile(path, 'utf8')).toBe('ONE two three')
})

test('a file whose name is another one’s by now is written itself, and synced', async () => {
  const path = join(folder, 'file')
  const file = await nodeFiles().open(path, 'create')
  await rename(path, join(folder, 'renamed'))
  await writeFile(path, 'of somebody else')
  await file.writeAndSync([Buffer.from('own')], 0)
  await file.close()
  expect(await readFile(join(folder, 'renamed'), 'utf8')).toBe('own')
  expect(await readFile(path, 'utf8')).toBe('of somebody else')
})

linuxTest(
  'the system is asked to sync such a write by itself; both descriptors close',
  async () => {
    const path = join(folder, 'file')
    const file = await nodeFiles().open(path, 'create')
    await file.writeAndSync([Buffer.from('synced')], 0)
    const isSynced = (flags: number): boolean => (flags & constants.O_DSYNC) !== 0
    expect((await flagsOf(path)).filter(isSynced)).toHaveLength(1)
    await file.close()
    expect(await flagsOf(path)).toEqual([])
  },
)

import { expect, test } from '@jest/globals'
import { createMemoryFiles } from '../testing/memory-files.ts'

/** Makes `/a/b/c`, and puts a synced file into it. */
async function fill(files: ReturnType<typeof createMemoryFiles>): Promise<void> {
  await files.makeDirectory('/a/b/c')
  const file = await files.open('/a/b/c/file', 'replace')
  await file.write([Uint8Array.of(1)], 0)
  await file.sync()
  await files.syncDirectory('/a/b/c')
}

test('what is put into a folder is not lost with the folder', async () => {
  const files = createMemoryFiles()
  await fill(files)
  files.crash({ torn: false })
  expect(files.contents('/a/b/c/file')).toEqual(Uint8Array.of(1))
})

// A bug once: a folder that was there was taken for durable.
test.each([1, 2, 3, 4, 5, 6])('nor when it was killed at call %i of making it', async (call) => {
  const files = createMemoryFiles()
  files.powerOffIn(call)
  await expect(files.makeDirectory('/a/b/c')).rejects.toMatchObject({ code: 'EPOWER' })
  files.kill()
  await fill(files)
  files.crash({ torn: false })
  expect(files.contents('/a/b/c/file')).toEqual(Uint8Array.of(1))
})

test('a folder without its parent, a file without its folder: as a system answers', async () => {
  const files = createMemoryFiles()
  await expect(files.open('/a/file', 'replace')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(files.list('/a')).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(files.syncDirectory('/a')).rejects.toMatchObject({ code: 'ENOENT' })
  await fill(files)
  await expect(files.read('/a/b')).rejects.toMatchObject({ code: 'EISDIR' })
  expect(await files.read('/a/b/c/file')).toEqual(Uint8Array.of(1))
  await files.removeAll('/a/b')
  await files.removeAll('/a/b')
  expect(await files.list('/a')).toEqual([])
})

// Making folders so that what is put into them cannot be lost with them. Proved by folders.test.ts.
import { dirname } from 'node:path'
import { systemCode } from '../errors.ts'

/** What it takes to make folders. */
export interface FolderCalls {
  /** Makes one folder; EEXIST when it is there, ENOENT when its parent is not. */
  makeOne(directory: string, permissions?: number): Promise<unknown>
  syncDirectory(directory: string): Promise<void>
}

/**
 * Makes `directory` and its missing parents, each durable in its parent before anything is put into
 * it. One that is there is synced too: who made it may have been killed before.
 */
export async function makeFolders(
  calls: FolderCalls,
  directory: string,
  permissions?: number,
): Promise<void> {
  const parent = dirname(directory)
  if (parent === directory) return
  const found = await tryOne(calls, directory, permissions)
  if (found === 'there') return await syncIfMay(calls, parent)
  await makeFolders(calls, parent, permissions)
  if (found === 'orphan' && (await tryOne(calls, directory, permissions)) === 'orphan') {
    throw Object.assign(new Error(`${parent} is not there`), { code: 'ENOENT' })
  }
  await calls.syncDirectory(parent)
}

async function tryOne(
  { makeOne }: FolderCalls,
  directory: string,
  permissions?: number,
): Promise<'made' | 'there' | 'orphan'> {
  try {
    await makeOne(directory, permissions)
    return 'made'
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return 'there'
    if (code === 'ENOENT') return 'orphan'
    throw error
  }
}

/** Of a parent that we may not read, no folder is ours. */
async function syncIfMay({ syncDirectory }: FolderCalls, parent: string): Promise<void> {
  try {
    await syncDirectory(parent)
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'EACCES' && code !== 'EPERM') throw error
  }
}

import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'

/** Login name of a file's owner, or `uid N` of one who does not run this process. */
export async function ownerOf(path: string): Promise<string> {
  const { uid } = await stat(path)
  return uid === process.getuid?.() ? (loginName() ?? `uid ${uid}`) : `uid ${uid}`
}

/** Of who runs this process; null for a user that the system has no name for. */
export function loginName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}

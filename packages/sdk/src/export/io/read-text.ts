import { open } from 'node:fs/promises'

/** Text of a file. Rejects with the system's error, or when it has more than `bytesMax`. */
export async function readText(path: string, bytesMax: number): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size > bytesMax) throw Object.assign(new Error('too large'), { code: 'EFBIG' })
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

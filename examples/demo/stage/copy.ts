// Copies of the data of a receiver that runs.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'

/** All but the folder in which rules write meanwhile: it is no evidence. */
export async function copyData(data: string, to: string): Promise<void> {
  const rules = join(data, 'queue', 'detect')
  await cp(data, to, { recursive: true, filter: (path) => path !== rules })
}

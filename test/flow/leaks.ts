// Looking for secrets in everything that left: in files, on the wire, in what was printed.
import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { foldersUnder, openReader } from '@grantlog/ledger'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)

/** Every file below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  const paths = names.map((name) => join(folder, name))
  const files = await Promise.all(paths.map(async (path) => (await stat(path)).isFile()))
  return paths.filter((_, i) => files[i])
}

/** What `grantlog` prints of a data folder, on both streams; with --json. */
export async function outputOf(data: string, ...args: string[]): Promise<Buffer> {
  const all = [main, ...args, '--data', data, '--json']
  const { stdout, stderr } = await run(process.execPath, all, { maxBuffer: 64 << 20 }).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  return Buffer.from(stdout + stderr)
}

/** Every entry, canonical form, unsigned part and slot, in clear. */
export async function decryptedFrames(data: string): Promise<Buffer> {
  const reader = await openReader(foldersUnder(data))
  const parts: Uint8Array[] = []
  for await (const { entries } of reader.frames(0)) {
    for (const { entry, logOpenings, openings, stored } of entries) {
      parts.push(entry)
      const opened = [...openings(), ...logOpenings()].map(({ opening }) => opening)
      if (stored.kind === 'content') parts.push(stored.content)
      else if (stored.kind === 'log') parts.push(stored.canonical, stored.observation, ...opened)
      else parts.push(stored.canonical, stored.unsigned, ...opened)
    }
  }
  await reader.close()
  return Buffer.concat(parts)
}

const encodings = (secret: string): Buffer[] => {
  const bytes = Buffer.from(secret)
  return [
    bytes,
    Buffer.from(encodeURIComponent(secret)),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('base64').replace(/=+$/, '')),
    Buffer.from(bytes.toString('base64url')),
  ]
}

/** `SECRET in NAME` for each secret that is there, in clear or in another encoding. */
export function leaksOf(secrets: Iterable<string>, all: Map<string, Buffer>): string[] {
  const leaks: string[] = []
  for (const secret of secrets) {
    for (const [name, bytes] of all) {
      if (encodings(secret).some((form) => bytes.includes(form))) leaks.push(`${secret} in ${name}`)
    }
  }
  return leaks
}

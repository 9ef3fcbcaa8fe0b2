// Versions of libraries and of Node, each in a folder of its own, as npm's registry has them. They
// are kept in $GRANTLOG_LIBRARIES, by default ~/.cache/grantlog/libraries. A library's folder is
// what its lock file (locks/) says, so another lock is another folder.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Library, Version } from './row.ts'

const run = promisify(execFile)
const cache = process.env.GRANTLOG_LIBRARIES ?? join(homedir(), '.cache', 'grantlog', 'libraries')
const locks = join(import.meta.dirname, 'locks')

export type Installed = { readonly folder: string } | { readonly missing: string }

/** Of a version and what is beside it; `isWriting`: a lock file that is missing is made. */
export async function installLibrary(
  { name }: Library,
  { version, beside = {} }: Version,
  isWriting: boolean,
): Promise<Installed> {
  const dependencies = { ...(version === 'node' ? {} : { [name]: version }), ...beside }
  return install(lockName(name, version), dependencies, isWriting)
}

/** A folder in which these packages are. */
export async function install(
  name: string,
  dependencies: Readonly<Record<string, string>>,
  isWriting: boolean,
): Promise<Installed> {
  if (Object.keys(dependencies).length === 0) return { folder: await made(join(cache, 'none')) }
  const manifest = JSON.stringify({ name: 'matrix', private: true, dependencies }, null, 2)
  const lock = join(locks, `${name}.json`)
  const failure = isWriting && !existsSync(lock) ? await writeLock(manifest, lock) : null
  if (failure !== null) return { missing: failure }
  if (!existsSync(lock)) return { missing: `there is no locks/${name}.json: run it with --write` }
  const hash = createHash('sha256')
    .update(manifest)
    .update(await readFile(lock))
    .digest('hex')
  const folder = join(cache, `${name}-${hash.slice(0, 12)}`)
  if (existsSync(folder)) return { folder }
  console.error(`installing ${name}`)
  return fill(folder, manifest, ['ci'], lock)
}

/** The program of a Node version; this process's own, where it is that one. */
export async function installNode(version: string): Promise<Installed> {
  if (version === process.versions.node) return { folder: process.execPath }
  if (process.platform !== 'linux') return { missing: `Node ${version} is fetched on Linux only` }
  const name = `node-linux-${process.arch}`
  const folder = join(cache, `${name}-${version}`)
  const program = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(program)) return { folder: program }
  console.error(`installing Node ${version}`)
  const manifest = JSON.stringify({
    name: 'matrix',
    private: true,
    dependencies: { [name]: version },
  })
  const filled = await fill(folder, manifest, ['install'])
  return 'missing' in filled ? filled : { folder: program }
}

export function lockName(name: string, version: string): string {
  return `${name.replace(/^@/, '').replaceAll('/', '-')}-${version}`
}

/** The folder appears when it is whole: another run may be installing it, too. */
async function fill(
  folder: string,
  manifest: string,
  command: readonly string[],
  lock?: string,
): Promise<Installed> {
  const draft = await mkdtemp(join(await made(cache), 'draft-'))
  try {
    await writeFile(join(draft, 'package.json'), manifest)
    if (lock !== undefined) await copyFile(lock, join(draft, 'package-lock.json'))
    await npm(draft, command)
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (!existsSync(folder)) throw error
    })
    return { folder }
  } catch (error) {
    return { missing: lastLine(error) }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** null, or why there is none. */
async function writeLock(manifest: string, lock: string): Promise<string | null> {
  const draft = await mkdtemp(join(await made(cache), 'draft-'))
  try {
    await writeFile(join(draft, 'package.json'), manifest)
    await npm(draft, ['install', '--package-lock-only'])
    await copyFile(join(draft, 'package-lock.json'), lock)
    return null
  } catch (error) {
    return lastLine(error)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** No scripts of packages run. */
async function npm(cwd: string, command: readonly string[]): Promise<void> {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', [...command, ...flags], { cwd, maxBuffer: 16 << 20 })
}

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  return folder
}

function lastLine(error: unknown): string {
  const { stderr = '', message } = error as { stderr?: string; message: string }
  const lines = (stderr || message).split('\n').filter((line) => /npm (?:ERR!|error)/.test(line))
  return lines[0] ?? message.split('\n')[0]!
}

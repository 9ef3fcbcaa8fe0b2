// Who listens on a port, as Linux tells it in /proc. Best effort: elsewhere nobody is named.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename } from 'node:path'

/** A process that listens. */
export interface PortOwner {
  readonly pid: number
  /** Program and script without their folders, as far as they are plain names. */
  readonly name: string
}

const listening = '0A'

/** The process that listens on a TCP port; null when unknown, or another user's. */
export function portOwner(port: number): PortOwner | null {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => socketsOf(table, port)))
  if (inodes.size === 0) return null
  for (const entry of list('/proc').filter((name) => /^[0-9]+$/.test(name))) {
    const holds = list(`/proc/${entry}/fd`).some((fd) => {
      const inode = /^socket:\[([0-9]+)\]$/.exec(link(`/proc/${entry}/fd/${fd}`))?.[1]
      return inode !== undefined && inodes.has(inode)
    })
    if (holds) return { pid: Number(entry), name: nameOf(entry) }
  }
  return null
}

/**
 * Whether a port of 127.0.0.1 is taken, by taking and giving it back; 0 never is. Errors: those of
 * the system, when it cannot be taken for another reason.
 */
export async function isPortTaken(port: number): Promise<boolean> {
  if (port === 0) return false
  const { promise, reject, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') resolve(true)
    else reject(error)
  })
  server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(false)))
  return promise
}

/**
 * The name for people of a command line (proc(5), separated by NUL): `node server.js`. Threads of
 * Node name themselves MainThread, so comm is of no use there. Arguments may hold secrets: only the
 * first is told, and only when it is a plain name.
 */
export function commandName(commandLine: string): string {
  const [program = '', first = ''] = commandLine.split('\0')
  // Some programs write a sentence here, after their name and a colon: `nginx: master process`.
  const script = /^-|[=:@?]/.test(first) ? '' : basename(first)
  const words = [basename(program.split(/[: ]/)[0] ?? ''), script]
  return words.filter((word) => /^[A-Za-z0-9_][\w.+-]{0,63}$/.test(word)).join(' ')
}

function nameOf(pid: string): string {
  return commandName(text(`/proc/${pid}/cmdline`)) || text(`/proc/${pid}/comm`).trim()
}

/** Inodes of the sockets that listen on the port (proc(5), /proc/net/tcp). */
function socketsOf(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  return text(`/proc/net/${table}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hexPort}`) && state === listening)
    .flatMap((fields) => fields[9] ?? [])
}

function text(path: string): string {
  return orElse('', () => readFileSync(path, 'utf8'))
}

function list(path: string): string[] {
  return orElse([], () => readdirSync(path))
}

function link(path: string): string {
  return orElse('', () => readlinkSync(path))
}

/** Processes end while we look, and those of others are closed to us. */
function orElse<T>(other: T, read: () => T): T {
  try {
    return read()
  } catch {
    return other
  }
}

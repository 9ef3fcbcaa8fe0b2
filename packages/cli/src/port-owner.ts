// Who listens on a port, as Linux tells it in /proc. Best effort: elsewhere nobody is named.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A process that listens. */
export interface PortOwner {
  readonly pid: number
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
    if (holds) return { pid: Number(entry), name: text(`/proc/${entry}/comm`).trim() }
  }
  return null
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

// A filesystem in memory that keeps exactly what `Files` promises and, at a crash, nothing more.
import { systemCode } from '../errors.ts'
import type { Files, OpenFile, OpenMode } from '../io/files.ts'
import { makeFolders } from '../io/folders.ts'
import type { SyncFile, SyncFiles } from '../io/sync-files.ts'
import { change, failSync, makeInode, powerOff, sync } from './inode.ts'
import type { Inode } from './inode.ts'
import { folderOf, hasFolder, isReachable } from './names.ts'
import type { NameChange, Names } from './names.ts'
import { createRandom } from './random.ts'
import { secondDescriptor } from './second-descriptor.ts'
import type { Random } from './random.ts'

/** Options of createMemoryFiles. */
export interface MemoryFilesOptions {
  /** Seeds what a crash keeps and how far a failing write gets; default 1. */
  readonly seed?: number
}

/** One call that changes something; `count` counts them from 1. */
export interface FileOperation {
  readonly kind:
    | 'create'
    | 'write'
    | 'truncate'
    | 'sync'
    | 'rename'
    | 'remove'
    | 'makeDirectory'
    | 'syncDirectory'
    | 'commit'
  readonly path: string
  readonly count: number
}

/** See createMemoryFiles. */
export interface MemoryFiles extends Files {
  /** Changing calls so far. */
  readonly operations: number
  /** True from the moment a planned power cut struck until `crash`. */
  readonly isOff: boolean
  /** Ends of the process so far, by `crash` or `kill`. */
  readonly lives: number
  /** The same disk, by synchronous calls. */
  readonly syncFiles: SyncFiles
  /** Bytes of all files together; a write over it fails with ENOSPC. Default: no bound. */
  capacityBytes: number
  /** Asked before each changing call: an error to fail with, or undefined. */
  fault: ((operation: FileOperation) => Error | undefined) | undefined
  /** The power goes during the `count`th changing call from now: it and all later ones reject. */
  powerOffIn(count: number): void
  /**
   * Power cut and reboot: open files die, unsynced bytes and names are lost. With `torn` (default)
   * any part of them is kept: whole changes, single sectors, sizes, names, in any combination.
   */
  crash(options?: { torn?: boolean }): void
  /**
   * kill -9 and restart of the process: open files die, the page cache stays. When a planned power
   * cut struck, the process was killed there instead.
   */
  kill(): void
  /**
   * The commit of a database that keeps its own promise: `apply` makes it durable, at once and
   * whole. `EIO` is an outcome that nobody knows; any other fault keeps nothing of it.
   */
  commit(path: string, apply: () => void): void
  /** Of all files, as a reader sees them. */
  paths(): string[]
  /** The file's bytes as a reader sees them. */
  contents(path: string): Uint8Array
  /** Puts `bytes` there, durably, as if they had always been there: for rot and cut files. */
  place(path: string, bytes: Uint8Array): void
  /** Flips a bit of some file in this folder, or cuts it; says which, or that all are empty. */
  rot(directory: string): 'flipped' | 'cut' | 'nothing'
}

/** An error as the operating system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code })
}

type ModelFile = SyncFile & {
  size(): number
  read(into: Uint8Array, position: number): number
}

type Call = Omit<FileOperation, 'count'>

/** An empty filesystem: there is only the root. Not for data of more than a few MB. */
export function createMemoryFiles(options: MemoryFilesOptions = {}): MemoryFiles {
  return new Model(createRandom(options.seed ?? 1))
}

class Model implements MemoryFiles {
  fault: MemoryFiles['fault']
  capacityBytes: number = Number.POSITIVE_INFINITY
  readonly #random: Random
  #cached: Names = new Map()
  #durable: Names = new Map()
  #unsynced: NameChange[] = []
  #operations = 0
  #offAt = Number.POSITIVE_INFINITY
  #isOff = false
  /** Open files of an earlier life are dead. */
  #life = 0

  constructor(random: Random) {
    this.#random = random
  }

  get operations(): number {
    return this.#operations
  }

  get isOff(): boolean {
    return this.#isOff
  }

  get lives(): number {
    return this.#life
  }

  async list(directory: string): Promise<string[]> {
    this.#mustBeOn()
    if (!hasFolder(this.#cached, directory)) throw systemError('ENOENT')
    const paths = [...this.#cached.keys()].filter((path) => folderOf(path) === directory)
    return paths.map((path) => path.slice(directory.length + 1))
  }

  async makeDirectory(directory: string): Promise<void> {
    const makeOne = async (path: string): Promise<void> => this.#makeOne(path)
    const syncDirectory = (path: string): Promise<void> => this.syncDirectory(path)
    await makeFolders({ makeOne, syncDirectory }, directory)
  }

  #makeOne(path: string): void {
    this.#mustBeOn()
    if (this.#cached.has(path)) throw systemError('EEXIST')
    if (!hasFolder(this.#cached, folderOf(path))) throw systemError('ENOENT')
    const call: Call = { kind: 'makeDirectory', path }
    this.#perform(call, () => this.#rename(path, (names) => names.set(path, null)))
  }

  get syncFiles(): SyncFiles {
    return {
      makeDirectory: (directory) => {
        const parent = folderOf(directory)
        if (!hasFolder(this.#cached, parent)) this.syncFiles.makeDirectory(parent)
        if (!hasFolder(this.#cached, directory)) this.#makeOne(directory)
        this.#syncDirectory(parent === '' ? '/' : parent)
      },
      create: (path) => this.#open(path, 'create'),
      syncDirectory: (directory) => this.#syncDirectory(directory),
    }
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = this.#open(path, mode)
    return {
      size: async () => file.size(),
      read: async (into, position) => file.read(into, position),
      write: async (parts, position) => file.write(parts, position),
      truncate: async (size) => file.truncate(size),
      ...secondDescriptor(file),
      close: async () => file.close(),
    }
  }

  #open(path: string, mode: OpenMode): ModelFile {
    this.#mustBeOn()
    const existing = this.#cached.get(path)
    if (mode === 'read' || mode === 'update') return this.#openFile(path, this.#inode(path))
    if (mode === 'create' && existing !== undefined) throw systemError('EEXIST')
    if (existing === null) throw systemError('EISDIR')
    if (existing !== undefined) {
      const call: Call = { kind: 'truncate', path }
      this.#perform(call, () => change(existing, { kind: 'truncate', size: 0 }))
      return this.#openFile(path, existing)
    }
    if (!hasFolder(this.#cached, folderOf(path))) throw systemError('ENOENT')
    const inode = makeInode()
    const call: Call = { kind: 'create', path }
    if (this.#freeBytes() <= 0) throw systemError('ENOSPC')
    this.#perform(call, () => this.#rename(path, (names) => names.set(path, inode)))
    return this.#openFile(path, inode)
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#inode(path).cache.slice()
  }

  async size(path: string): Promise<number> {
    return this.#inode(path).cache.length
  }

  sizeNow(path: string): number | null {
    this.#mustBeOn()
    return this.#cached.get(path)?.cache.length ?? null
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.#inode(from)
    const apply = (names: Names): void => {
      names.delete(from)
      names.set(to, inode)
    }
    this.#perform({ kind: 'rename', path: to }, () => this.#rename(to, apply))
  }

  async remove(path: string): Promise<void> {
    this.#inode(path)
    this.#perform({ kind: 'remove', path }, () => this.#rename(path, (names) => names.delete(path)))
  }

  async removeAll(path: string): Promise<void> {
    this.#mustBeOn()
    const inside = [...this.#cached.keys()].filter((one) => one.startsWith(`${path}/`))
    for (const one of [...inside.reverse(), path]) {
      if (!this.#cached.has(one)) continue
      const remove = (): void => this.#rename(one, (names) => names.delete(one))
      this.#perform({ kind: 'remove', path: one }, remove)
    }
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#syncDirectory(directory)
  }

  async freeBytes(): Promise<number> {
    return Math.max(0, this.#freeBytes())
  }

  #freeBytes(): number {
    if (this.capacityBytes === Number.POSITIVE_INFINITY) return this.capacityBytes
    let used = 0
    for (const inode of this.#cached.values()) used += inode?.cache.length ?? 0
    return this.capacityBytes - used
  }

  #syncDirectory(directory: string): void {
    this.#mustBeOn()
    if (!hasFolder(this.#cached, directory)) throw systemError('ENOENT')
    this.#perform({ kind: 'syncDirectory', path: directory }, () => {
      const root = directory === '/' ? '' : directory
      const inside = (one: NameChange): boolean => one.directory === root
      for (const { apply } of this.#unsynced.filter(inside)) apply(this.#durable)
      this.#unsynced = this.#unsynced.filter((one) => !inside(one))
    })
  }

  powerOffIn(count: number): void {
    this.#offAt = this.#operations + count
  }

  crash({ torn = true }: { torn?: boolean } = {}): void {
    for (const { apply } of this.#unsynced) {
      if (torn && this.#random.oneIn(2)) apply(this.#durable)
    }
    this.#unsynced = []
    for (const path of this.#durable.keys()) {
      if (!isReachable(this.#durable, path)) this.#durable.delete(path)
    }
    this.#cached = new Map(this.#durable)
    for (const inode of this.#cached.values()) {
      if (inode !== null) powerOff(inode, this.#random, torn)
    }
    this.kill()
  }

  kill(): void {
    this.#isOff = false
    this.#offAt = Number.POSITIVE_INFINITY
    this.#life += 1
  }

  commit(path: string, apply: () => void): void {
    const unknown = (error: Error): void => {
      if (systemCode(error) === 'EIO' && this.#random.oneIn(2)) apply()
    }
    this.#perform({ kind: 'commit', path }, apply, unknown)
  }

  paths(): string[] {
    return [...this.#cached].flatMap(([path, inode]) => (inode === null ? [] : path))
  }

  contents(path: string): Uint8Array {
    return this.#inode(path).cache.slice()
  }

  place(path: string, bytes: Uint8Array): void {
    const inode = makeInode(bytes)
    for (const names of [this.#cached, this.#durable]) {
      for (let up = folderOf(path); up !== ''; up = folderOf(up)) names.set(up, null)
      names.set(path, inode)
    }
  }

  rot(directory: string): 'flipped' | 'cut' | 'nothing' {
    const isIn = (path: string): boolean => folderOf(path) === directory
    const files = [...this.#durable].filter(([path, inode]) => isIn(path) && inode?.cache.length)
    const [, inode] = files[this.#random.below(Math.max(1, files.length))] ?? []
    if (!inode) return 'nothing'
    const at = this.#random.below(inode.cache.length)
    const isCut = this.#random.oneIn(3)
    for (const bytes of [inode.cache, inode.disk]) bytes[at]! ^= 1 << (at % 8)
    if (isCut) inode.cache = inode.cache.slice(0, at)
    if (isCut) inode.disk = inode.disk.slice(0, at)
    return isCut ? 'cut' : 'flipped'
  }

  #openFile(path: string, inode: Inode): ModelFile {
    const born = this.#life
    const whenAlive = <T>(work: () => T): T => {
      if (born !== this.#life) throw systemError('EBADF')
      this.#mustBeOn()
      return work()
    }
    return {
      size: () => whenAlive(() => inode.cache.length),
      read: (into, position) =>
        whenAlive(() => {
          const bytes = inode.cache.subarray(position, position + into.length)
          into.set(bytes)
          return bytes.length
        }),
      write: (parts, position) =>
        whenAlive(() => {
          const bytes = joined(parts)
          const write = (count: number): void =>
            change(inode, { kind: 'write', position, bytes: bytes.subarray(0, count) })
          const part = (): void => write(this.#random.below(bytes.length))
          this.#mustBeOn()
          const room = this.#freeBytes() + inode.cache.length - position
          if (room < bytes.length) {
            write(Math.max(0, room))
            throw systemError('ENOSPC')
          }
          this.#perform({ kind: 'write', path }, () => write(bytes.length), part)
        }),
      truncate: (size) =>
        whenAlive(() => {
          this.#perform({ kind: 'truncate', path }, () => change(inode, { kind: 'truncate', size }))
        }),
      sync: () =>
        whenAlive(() => {
          this.#perform(
            { kind: 'sync', path },
            () => sync(inode),
            () => failSync(inode, this.#random),
          )
        }),
      close: () => undefined,
    }
  }

  /** Runs one changing call under faults and power cuts; `onFault` is what a failing one does. */
  #perform({ kind, path }: Call, apply: () => void, onFault?: (error: Error) => void): void {
    this.#mustBeOn()
    this.#operations += 1
    const error = this.fault?.({ kind, path, count: this.#operations })
    if (error !== undefined) {
      onFault?.(error)
      throw error
    }
    if (this.#operations < this.#offAt) return apply()
    // A sync or a name change cut off may have come to its end or not; a write is torn by `crash`.
    if (kind === 'write' || this.#random.oneIn(2)) apply()
    this.#isOff = true
    throw systemError('EPOWER')
  }

  #rename(path: string, apply: NameChange['apply']): void {
    apply(this.#cached)
    this.#unsynced.push({ directory: folderOf(path), apply })
  }

  #inode(path: string): Inode {
    this.#mustBeOn()
    const inode = this.#cached.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    if (inode === null) throw systemError('EISDIR')
    return inode
  }

  #mustBeOn(): void {
    if (this.#isOff) throw systemError('EPOWER')
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

// Where finished chunks are kept.
import type { Chunk, ChunkFacts, Column } from './chunk.ts'

/** A finished chunk, to be kept. */
export interface ChunkToKeep extends ChunkFacts {
  /** Each with memory of its own, which is the store's from then on. */
  readonly columns: Iterable<readonly [name: string, column: Column]>
  /** Words that came with this chunk, by column: they go behind those that are there. */
  readonly terms: Readonly<Record<string, readonly string[]>>
}

/**
 * Finished chunks by number, from 0 without holes.
 *
 * Ownership: one process. Durability: a chunk whose `keep` returned is there, whole, after a crash;
 * one cut off is not there. What is lost is made again from the ledger, so nothing is synced more
 * than that needs. Failure: QUERY_INDEX_DAMAGED when something is there that cannot be read.
 */
export interface ChunkStore {
  readonly chunks: readonly ChunkFacts[]
  /** Bytes on disk. */
  readonly bytes: number
  /** Whether what is kept outlives the process. */
  readonly isKept: boolean
  /** Words of all chunks, in order. */
  terms(): Iterable<Readonly<Record<string, readonly string[]>>>
  column(chunk: number, name: string): Column | undefined
  columns(chunk: number): Iterable<readonly [name: string, column: Column]>
  /** Keeps a chunk as the last one; in the place of one with the same number. */
  keep(chunk: ChunkToKeep): void
  /** Forgets all chunks. */
  clear(): void
  close(): void
}

/** Nothing outlives the process: for a ledger that may only be read. */
export function memoryStore(): ChunkStore {
  const chunks: ChunkFacts[] = []
  const kept: { columns: Map<string, Column>; terms: ChunkToKeep['terms'] }[] = []
  return {
    chunks,
    isKept: false,
    get bytes() {
      const sizes = kept.flatMap(({ columns }) => [...columns.values()])
      return sizes.reduce((sum, { byteLength }) => sum + byteLength, 0)
    },
    terms: () => kept.map(({ terms }) => terms),
    column: (chunk, name) => kept[chunk]?.columns.get(name),
    columns: (chunk) => kept[chunk]?.columns ?? [],
    keep: ({ columns, terms, ...facts }) => {
      chunks[facts.number] = facts
      kept[facts.number] = { columns: new Map(columns), terms }
    },
    clear: () => {
      chunks.length = 0
      kept.length = 0
    },
    close: () => undefined,
  }
}

/** A finished chunk whose columns are read when they are asked for. */
export function storedChunk(
  facts: ChunkFacts,
  column: (name: string) => Column | undefined,
): Chunk {
  return { ...facts, column, isFinished: true }
}

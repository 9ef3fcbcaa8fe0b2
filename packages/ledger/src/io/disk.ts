// What a ledger lies on. test/crash/model puts one in its place that crashes.
import type { Files } from '@grantlog/journal'
import { type Databases, localDatabases } from './database.ts'
import { localFiles } from './durable.ts'
import { localWholeFiles, type WholeFiles } from './whole-files.ts'

/** Files, and the small databases of the keystore and the lock store. */
export interface Disk {
  readonly files: Files
  readonly databases: Databases
  /** For many files at once; default: by `files`. */
  readonly wholeFiles?: () => WholeFiles
}

/** This machine's. */
export const localDisk: Disk = {
  files: localFiles,
  databases: localDatabases,
  wholeFiles: localWholeFiles,
}

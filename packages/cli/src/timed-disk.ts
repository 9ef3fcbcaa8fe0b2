import { commitFolder, type Disk, type Folders, localDisk } from '@grantlog/ledger'
import { type Metrics, timedFiles } from '@grantlog/receiver'

/** The local disk, with a watch on how long it takes to make a commit of a ledger durable. */
export function timedDisk(folders: Folders, metrics: Metrics, tenant?: string): Disk {
  const synced = (seconds: number): void => metrics.synced(seconds, tenant)
  return { ...localDisk, files: timedFiles(localDisk.files, commitFolder(folders), synced) }
}
